// The pages of an answer: how one leads to the next, and what is said where it may not.

#include "tests/unit/plugins/connectors/recording.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <tuple>

namespace kpi::test {
namespace {

using nlohmann::ordered_json;

TEST(HttpPages, DoNotLeadToAnotherHost) {
  const LoadedSource loaded = load_source(R"yaml(plugin: http
auth: {type: bearer, token: abcdef}
request: {url: "https://api.example.com/n"}
paginate: {kind: next_url, from: /next}
rows: {kind: records, path: /data}
metrics: {n: {}})yaml");
  FakeHost host([](const HttpRequest&) {
    return answer_of(R"({"data":[{"date":"2026-11-20","n":1}],"next":"https://evil.example/steal?x=1"})");
  });
  const auto poll = loaded.source->poll(request_at(host), host, {});
  ASSERT_FALSE(poll.has_value());
  EXPECT_EQ(
      poll.error().message,
      "https://api.example.com: the next page is said to be at https://evil.example, another host: it is not asked, "
      "because the credential would go there");
  EXPECT_EQ(host.requests.size(), 1U);
}

TEST(HttpPages, AreFollowedByTheLinksOfTheHeader) {
  const LoadedSource loaded = load_source(R"yaml(plugin: http
request: {url: "https://api.example.com/n"}
paginate: {kind: link_header}
rows: {kind: records, path: /data}
metrics: {n: {kind: flow}})yaml");
  ASSERT_NE(loaded.source, nullptr) << loaded.diagnostics;
  std::vector<std::pair<std::string, std::string>> links;
  FakeHost host([&](const HttpRequest& request) {
    return request.url.ends_with("/n") ? answer_of(R"({"data":[{"date":"2026-11-20","n":100}]})", 200, links)
                                       : answer_of(R"({"data":[{"date":"2026-11-20","n":20}]})");
  });
  const auto text = [&] { return poll_text(loaded.source->poll(request_at(host), host, {}), loaded.settings); };
  links = {{"link", R"(<https://api.example.com/n?ids=1,2&page=2>; rel="next last")"}};
  EXPECT_EQ(text(), "n 2026-11-20 120\n");
  EXPECT_EQ(host.requests.back().url, "https://api.example.com/n?ids=1,2&page=2");
  links = {{"link", "</n>; rel=first"}, {"link", "</n?page=2>; rel=next"}};
  EXPECT_EQ(text(), "n 2026-11-20 120\n");
  links = {{"link", "/n?page=2; rel=next"}};
  EXPECT_EQ(text(),
            "error: s: the header Link (/n?page=2; rel=next) has no <address>, so that nothing says whether there is "
            "another page\n");
}

TEST(HttpPages, ThatAreMissingMakeNoValue) {
  const LoadedSource loaded = load_source(R"yaml(plugin: http
request: {url: "https://api.example.com/n"}
paginate: {kind: offset, at: "query:offset", size: 1, total: /total}
rows: {kind: records, path: /data}
metrics: {n: {}})yaml");
  FakeHost host([](const HttpRequest& request) {
    return answer_of(request.url.ends_with("offset=0") ? R"({"total":2,"data":[{"date":"2026-11-20","n":1}]})"
                                                       : R"({"total":2,"data":[]})");
  });
  const auto poll = loaded.source->poll(request_at(host), host, {});
  EXPECT_EQ(poll_text(poll, loaded.settings), "error: s: the answers hold 1 of 2 rows: the rest did not come\n");
}

TEST(HttpPages, OfUnknownSizeEndWhereNothingIsBehindAShorterOne) {
  for (const char* paging : {R"({kind: page, at: "query:page", start: 1})", R"({kind: offset, at: "query:offset"})"}) {
    const LoadedSource loaded =
        load_source("plugin: http\nrequest: {url: \"https://api.example.com/n\"}\npaginate: " + std::string(paging) +
                    "\nrows: {kind: records, path: /data}\nmetrics: {n: {}}");
    ASSERT_NE(loaded.source, nullptr) << loaded.diagnostics;
    FakeHost host([&](const HttpRequest&) {
      return host.requests.size() == 1
                 ? answer_of(R"({"data":[{"date":"2026-11-18","n":1},{"date":"2026-11-19","n":2}]})")
             : host.requests.size() == 2 ? answer_of(R"({"data":[{"date":"2026-11-20","n":3}]})")
                                         : answer_of("no such page", 404);
    });
    EXPECT_EQ(poll_text(loaded.source->poll(request_at(host), host, {}), loaded.settings),
              "n 2026-11-18 1\nn 2026-11-19 2\nn 2026-11-20 3\n");
  }
}

TEST(HttpPages, ThatComeTwiceAreAnErrorAndNoLargerSum) {
  for (const std::string paging : {R"({kind: page, at: "query:page", size: 1, start: 1})",
                                   R"({kind: page, at: "query:page", size: 1, start: 1, total: /total})",
                                   R"({kind: offset, at: "query:offset", size: 1})",
                                   R"({kind: offset, at: "query:offset", size: 1, total: /total})",
                                   R"({kind: cursor, at: "query:after", from: /next})"}) {
    SCOPED_TRACE(paging);
    const LoadedSource loaded =
        load_source("plugin: http\nrequest: {url: \"https://api.example.com/n\"}\npaginate: " + paging +
                    "\nrows: {kind: records, path: /data}\nmetrics: {n: {}}");
    ASSERT_NE(loaded.source, nullptr) << loaded.diagnostics;
    int cursor = 0;
    FakeHost host([&](const HttpRequest&) {
      return answer_of(R"({"total":2,"data":[{"date":"2026-11-20","n":120}],"next":)" + std::to_string(++cursor) + "}");
    });
    EXPECT_EQ(poll_text(loaded.source->poll(request_at(host), host, {}), loaded.settings),
              "error: s: a page came that is the one before it once more: the other side did not take what asks for "
              "the next one; correct paginate.at\n");
    EXPECT_EQ(host.requests.size(), 2U);
  }
}

TEST(HttpPages, ThatGoRoundInACircleEndWhereACursorComesAgain) {
  for (const auto& [paging, leads_to] :
       {std::pair<std::string, std::string>(R"({kind: cursor, at: "query:after", from: /next})", R"("c1")"),
        {R"({kind: next_url, from: /next_url})", R"("/n?after=c1")"},
        {R"({kind: last_id, at: "query:after", id: id, more: /more})", R"("c1")"}}) {
    SCOPED_TRACE(paging);
    const LoadedSource loaded =
        load_source("plugin: http\nrequest: {url: \"https://api.example.com/n\"}\npaginate: " + paging +
                    "\nrows: {kind: records, path: /data}\nmetrics: {n: {}}");
    ASSERT_NE(loaded.source, nullptr) << loaded.diagnostics;
    int page = 0;
    FakeHost host([&](const HttpRequest&) {
      const std::string next = 'c' + std::to_string(++page % 3);
      return answer_of(R"({"more":true,"data":[{"date":"2026-11-20","n":)" + std::to_string(page) + R"(,"id":")" +
                       next + R"("}],"next":")" + next + R"(","next_url":"/n?after=)" + next + R"("})");
    });
    EXPECT_EQ(poll_text(loaded.source->poll(request_at(host), host, {}), loaded.settings),
              "error: s: page 4 leads to " + leads_to +
                  ", which page 2 was asked for with: the pages go round in a circle; correct paginate.at and "
                  "paginate.from\n");
    EXPECT_EQ(host.requests.size(), 4U);
  }
}

TEST(HttpPages, WithoutRowsDoNotGoOnForEver) {
  const LoadedSource loaded = load_source(R"yaml(plugin: http
request: {url: "https://api.example.com/n"}
paginate: {kind: cursor, at: "query:after", from: /next}
rows: {kind: records, path: /data}
metrics: {n: {}})yaml");
  int page = 0;
  int rows_on = 1;
  FakeHost host([&](const HttpRequest&) {
    const std::string rows = ++page == rows_on ? R"({"date":"2026-11-20","n":7})" : "";
    return answer_of(R"({"data":[)" + rows + "]" + (page == 25 ? "" : R"(,"next":")" + std::to_string(page) + '"') +
                     "}");
  });
  EXPECT_EQ(
      poll_text(loaded.source->poll(request_at(host), host, {}), loaded.settings),
      "error: s: 20 pages in a row had no rows, and the other side says that there are more: correct paginate, or "
      "rows.path\n");
  EXPECT_EQ(host.requests.size(), 21U);
  page = 0;
  rows_on = 10;
  EXPECT_EQ(poll_text(loaded.source->poll(request_at(host), host, {}), loaded.settings), "n 2026-11-20 7\n")
      << "a few empty pages are no fault";
}

TEST(HttpPages, WithMoreRowsThanTheTotalAreAnError) {
  const LoadedSource loaded = load_source(R"yaml(plugin: http
request: {url: "https://api.example.com/n"}
paginate: {kind: page, at: "query:page", start: 1, total: /pages}
rows: {kind: records, path: /data}
metrics: {n: {}})yaml");
  FakeHost host([](const HttpRequest&) {
    return answer_of(R"({"pages":1,"data":[{"date":"2026-11-19","n":1},{"date":"2026-11-20","n":1}]})");
  });
  EXPECT_EQ(poll_text(loaded.source->poll(request_at(host), host, {}), loaded.settings),
            "error: s: the answers hold 2 rows where /pages says 1: correct paginate\n");
}

/// Rows "2026-11-01" to "2026-11-08", at most two of them at once, whatever is asked for.
HttpResponse two_days_at_most(const HttpRequest& request) {
  const int from = std::atoi(request.url.substr(request.url.rfind('=') + 1).c_str());
  ordered_json rows = ordered_json::array();
  for (int day = from + 1; day <= std::min(from + 2, 8); ++day) {
    rows.push_back({{"date", "2026-11-0" + std::to_string(day)}, {"n", day}});
  }
  return answer_of(ordered_json{{"data", rows}}.dump());
}

TEST(HttpPages, ThatAServerCapsGoOnUntilOneIsEmpty) {
  const LoadedSource loaded = load_source(R"yaml(plugin: http
request: {url: "https://api.example.com/n"}
paginate: {kind: offset, at: "query:offset", size: 1000}
rows: {kind: records, path: /data}
metrics: {n: {}})yaml");
  FakeHost host(two_days_at_most);
  const auto poll = loaded.source->poll(request_at(host), host, {});
  ASSERT_TRUE(poll.has_value()) << poll.error().message;
  EXPECT_EQ(poll->samples.size(), 8U);
  EXPECT_EQ(host.requests.size(), 5U);
  // One that refuses what lies beyond the end, or takes no offset, has said all it has.
  for (const int status : {200, 400, 404}) {
    FakeHost other([&](const HttpRequest& request) {
      return request.url.ends_with("=0") || status == 200 ? answer_of(R"({"data":[{"date":"2026-11-20","n":1}]})")
                                                          : answer_of("{}", status);
    });
    EXPECT_EQ(poll_text(loaded.source->poll(request_at(other), other, {}), loaded.settings), "n 2026-11-20 1\n");
    EXPECT_EQ(other.requests.size(), 2U);
  }
  FakeHost broken([](const HttpRequest& request) {
    return request.url.ends_with("=0") ? answer_of(R"({"data":[{"date":"2026-11-20","n":1}]})") : answer_of("", 500);
  });
  EXPECT_FALSE(loaded.source->poll(request_at(broken), broken, {}).has_value());
}

/// A source whose answers are those given, one behind the other; the last one again and again.
std::string read_pages(const std::string& paging, const std::vector<std::string>& answers, std::size_t requests) {
  const LoadedSource loaded =
      load_source("plugin: http\nrequest: {url: \"https://api.example.com/n\"}\npaginate: " + paging +
                  "\nrows: {kind: records, path: /data}\nmetrics: {n: {}}");
  if (loaded.source == nullptr) {
    return loaded.diagnostics;
  }
  std::size_t page = 0;
  FakeHost host([&](const HttpRequest&) {
    const std::string& answer = answers[std::min(page++, answers.size() - 1)];
    return answer.starts_with("4") ? answer_of("{}", std::atoi(answer.c_str())) : answer_of(answer);
  });
  const std::string text = poll_text(loaded.source->poll(request_at(host), host, {}), loaded.settings);
  EXPECT_EQ(host.requests.size(), requests);
  return text;
}

TEST(HttpPages, GoOnWhereTheFlagIsNotThereAndACursorIs) {
  const std::string paging = R"({kind: cursor, from: /next, more: /more, at: "query:after"})";
  const std::string first = R"({"data":[{"date":"2026-11-19","n":1}],"next":"a"})";
  const std::string second = R"({"data":[{"date":"2026-11-20","n":2}],"next":"b"})";
  const std::string both = "n 2026-11-19 1\nn 2026-11-20 2\n";
  EXPECT_EQ(read_pages(paging, {first, second, R"({"data":[],"next":"b"})"}, 3), both) << "until one is empty";
  EXPECT_EQ(read_pages(paging, {first, second, second}, 3), both) << "the same again";
  EXPECT_EQ(read_pages(paging, {first, second, "404"}, 3), both) << "refused";
  EXPECT_EQ(read_pages(paging, {first, R"({"data":[{"date":"2026-11-20","n":2}],"next":"b","more":0})"}, 2), both);
  EXPECT_EQ(read_pages(paging, {first, R"({"data":[{"date":"2026-11-20","n":2}]})"}, 2), both);
  EXPECT_EQ(read_pages(R"({kind: page, at: "query:page", more: /more})", {first, second, R"({"data":[]})"}, 3), both);
  EXPECT_EQ(read_pages(R"({kind: cursor, from: /next, more: /more, at: "query:after", size: 1})", {first, "404"}, 2),
            "error: https://api.example.com: status 404: {} (the request is refused)\n")
      << "a full page is not the last because the next one is refused";
}

TEST(HttpPages, OfALastIdGoOnWhereNothingSaysThatTheyEnd) {
  const std::string first = R"({"data":[{"date":"2026-11-19","n":1,"id":"a"}]})";
  const std::string second = R"({"data":[{"date":"2026-11-20","n":2,"id":"b"}]})";
  for (const std::string size : {"", ", size: 100", ", more: /mroe"}) {
    SCOPED_TRACE(size);
    EXPECT_EQ(
        read_pages(R"({kind: last_id, id: id, at: "query:after")" + size + "}", {first, second, R"({"data":[]})"}, 3),
        "n 2026-11-19 1\nn 2026-11-20 2\n");
  }
  EXPECT_EQ(read_pages(R"({kind: last_id, id: key, at: "query:after"})", {first}, 1),
            "error: s: the last row of a page has no key to ask for the next page with: correct paginate.id\n");
}

TEST(HttpPages, WhosePathIsInNoAnswerAreAnErrorWhereAnotherMayFollow) {
  const std::string full =
      R"({"data":[{"date":"2026-11-19","n":1},{"date":"2026-11-20","n":2}],"meta":{"count":2,"next_token":"x"}})";
  EXPECT_EQ(read_pages(R"({kind: cursor, from: /meta/after, at: "query:after", size: 2})", {full}, 1),
            "error: s: no answer has /meta/after, which leads from a full page (2 rows) to the next: the answer has "
            "/data, /meta/count, /meta/next_token; correct paginate.from, or paginate.size where that page was the "
            "last\n");
  EXPECT_EQ(read_pages(R"({kind: cursor, from: /meta/next_tokn, at: "query:after"})", {full}, 1),
            "error: s: no answer has /meta/next_tokn, which leads from a page to the next; did you mean "
            "\"next_token\"? The answer has /data, /meta/count, /meta/next_token; correct paginate.from\n");
  const std::string said = ", which leads from a page to the next; did you mean \"";
  EXPECT_EQ(read_pages(R"({kind: cursor, from: /next, at: "query:after"})", {full}, 1),
            "error: s: no answer has /next" + said +
                "/meta/next_token\"? The answer has /data, /meta/count, /meta/next_token; correct paginate.from\n");
  for (const auto& [from, answer, like] :
       {std::tuple("/next", R"({"data":[],"next_cursor":"x"})", "/next_cursor"),
        {"/next_cursor", R"({"data":[],"nextCursor":"x"})", "nextCursor"},
        {"/after", R"({"data":[],"paging":{"next":{"after":"1"}}})", "/paging/next/after"},
        {"/paging/next", R"({"data":[],"next":"/n?page=2"})", "/next"}}) {
    EXPECT_EQ(read_pages("{kind: cursor, from: " + std::string(from) + ", at: \"query:after\"}", {answer}, 1)
                  .starts_with("error: s: no answer has " + std::string(from) + said + like + '"'),
              true)
        << from;
  }
  EXPECT_EQ(read_pages(R"({kind: next_url, from: /links/next, size: 2})", {full}, 1).substr(0, 83),
            "error: s: no answer has /links/next, which leads from a full page (2 rows) to the n");
  EXPECT_EQ(read_pages(R"({kind: partition, from: /parts, at: "query:part"})", {full}, 1),
            "error: s: the answer does not say at /parts how many parts there are: correct paginate.from\n");
}

TEST(HttpPages, WhosePathIsNotInTheLastAnswerAreWhole) {
  const std::string paging = R"({kind: cursor, from: /meta/next_token, at: "query:after", size: 2})";
  const std::string rows = R"({"data":[{"date":"2026-11-19","n":1},{"date":"2026-11-20","n":2}],"meta":{)";
  EXPECT_EQ(read_pages(paging, {rows + "\"next_token\":null}}"}, 1), "n 2026-11-19 1\nn 2026-11-20 2\n");
  EXPECT_EQ(
      read_pages(paging,
                 {R"({"data":[{"date":"2026-11-18","n":1},{"date":"2026-11-17","n":2}],"meta":{"next_token":"x"}})",
                  rows + "}}"},
                 2),
      "n 2026-11-17 2\nn 2026-11-18 1\nn 2026-11-19 1\nn 2026-11-20 2\n");
  EXPECT_EQ(read_pages(paging, {R"({"data":[{"date":"2026-11-20","n":2}],"meta":{}})"}, 1), "n 2026-11-20 2\n");
  for (const std::string links :
       {R"({"self":"/n","prev":null})", R"({"next_page":null})", R"({"next_cursor":""})", R"({"has_next":false})"}) {
    EXPECT_EQ(read_pages(R"({kind: next_url, from: /links/next})",
                         {R"({"data":[{"date":"2026-11-20","n":2}],"links":)" + links + "}"},
                         1),
              "n 2026-11-20 2\n");
  }
}

TEST(HttpPages, OfALastIdWantTheId) {
  EXPECT_EQ(read_pages(R"({kind: last_id, at: "query:after"})", {""}, 0).substr(0, 69),
            "kpid.yaml:5:15: error: paginate does not say what the id of a row is\n");
}

}  // namespace
}  // namespace kpi::test
