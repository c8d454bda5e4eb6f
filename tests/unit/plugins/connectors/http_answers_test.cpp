// Answers that are no values: errors under a good status, parts, other encodings, and the outcomes a source names.

#include "rules/base/text.hpp"
#include "tests/unit/plugins/connectors/recording.hpp"

#include <gtest/gtest.h>

namespace kpi::test {
namespace {

TEST(HttpAnswers, ThatSayAnErrorAreNoneWhateverTheirStatus) {
  const LoadedSource loaded = load_source(kVisits);
  std::string said;
  FakeHost host(
      [&](const HttpRequest&) { return answer_of(R"({"data":[{"date":"2026-11-20","n":1}],)" + said + "}"); });
  const auto text = [&] { return poll_text(loaded.source->poll(request_at(host), host, {}), loaded.settings); };
  for (const char* fine : {R"("error":null)", R"("error":"")", R"("error":false)", R"("errors":[])", R"("error":0)"}) {
    said = fine;
    EXPECT_EQ(text(), "visits 2026-11-20 1\n") << said;
  }
  for (const char* wrong :
       {R"("error":"overloaded")", R"("error":{"message":"overloaded"})", R"("errors":[{"message":"overloaded"}])"}) {
    said = wrong;
    EXPECT_EQ(text(), "error: https://api.example.com: status 200: overloaded (the answer holds an error)\n");
  }
  const LoadedSource told = load_source(std::string(kVisits) + "\noutcome: [{when: {status: 200}, then: ok}]");
  EXPECT_EQ(poll_text(told.source->poll(request_at(host), host, {}), told.settings), "visits 2026-11-20 1\n");
}

TEST(HttpAnswers, InLinesEndWithALineThatSaysAnError) {
  const LoadedSource loaded = load_source(
      "plugin: http\nrequest: {url: \"https://api.example.com/n\"}\ndecode: ndjson\nrows: {kind: records}\n"
      "metrics: {n: {}}");
  std::string body;
  FakeHost host([&](const HttpRequest&) { return answer_of(body); });
  const auto text = [&] { return poll_text(loaded.source->poll(request_at(host), host, {}), loaded.settings); };
  body = "{\"date\":\"2026-11-20\",\"n\":1}\n{\"error\":\"terminated early\"}\n";
  EXPECT_EQ(text(), "error: s: a line of the answer holds an error: {\"error\":\"terminated early\"}\n");
  body = "{\"date\":\"2026-11-20\",\"n\":1,\"error\":\"E42\"}\n";  // a column of that name
  EXPECT_EQ(text(), "n 2026-11-20 1\n");
}

TEST(HttpAnswers, OfWhichAPartCameAreNone) {
  const LoadedSource loaded = load_source(kVisits);
  int status = 0;
  FakeHost host([&](const HttpRequest&) { return answer_of(R"({"data":[{"date":"2026-11-20","n":1}]})", status); });
  const auto text = [&] { return poll_text(loaded.source->poll(request_at(host), host, {}), loaded.settings); };
  status = 206;
  EXPECT_NE(
      text().find("(a part of the answer came; where a header Range asks for it, take it out of request.headers)"),
      std::string::npos)
      << text();
  status = 202;
  EXPECT_NE(text().find("(it is accepted and not done yet, so that this is not the answer)"), std::string::npos)
      << text();
  const LoadedSource told = load_source(std::string(kVisits) + "\noutcome: [{when: {status: 202}, then: ok}]");
  EXPECT_EQ(poll_text(told.source->poll(request_at(host), host, {}), told.settings), "visits 2026-11-20 1\n");
}

TEST(HttpAnswers, InAnotherEncodingSayWhatWouldHelp) {
  for (const char* decode : {"csv", "json", "ndjson"}) {
    const LoadedSource loaded =
        load_source("plugin: http\nrequest: {url: \"https://api.example.com/n\"}\ndecode: " + std::string(decode) +
                    "\nrows: {kind: records}\nmetrics: {n: {}}");
    FakeHost host([](const HttpRequest&) {
      return answer_of("date,n,land\n2026-11-20,1,\xD6land\n", 200, {{"content-type", "text/csv; charset=latin1"}});
    });
    EXPECT_EQ(
        poll_text(loaded.source->poll(request_at(host), host, {}), loaded.settings),
        "error: https://api.example.com answer: is not UTF-8 (text/csv; charset=latin1): ask for that, for instance "
        "with request.headers: {accept-charset: utf-8}, or have a program fetch and convert it (plugin: exec)\n");
  }
}

TEST(HttpAnswers, ThatNothingHasChangedWereNotAskedFor) {
  const LoadedSource loaded = load_source(kVisits);
  FakeHost host([](const HttpRequest&) { return answer_of("", 304); });
  EXPECT_EQ(poll_text(loaded.source->poll(request_at(host), host, {}), loaded.settings),
            "error: https://api.example.com: status 304 (it says that nothing has changed, which was not asked: take "
            "If-None-Match and If-Modified-Since out of request.headers)\n");
}

TEST(HttpAnswers, ThatEndWithTheConnectionMustEndTheirLastLine) {
  const LoadedSource loaded = load_source(R"yaml(plugin: http
request: {url: "https://api.example.com/n"}
decode: {kind: csv, delimiter: ";"}
rows: {kind: records}
metrics: {n: {}})yaml");
  ASSERT_NE(loaded.source, nullptr) << loaded.diagnostics;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body = "date;n\n2026-11-20;1270";  // 127000 was sent
  FakeHost host([&](const HttpRequest&) { return answer_of(body, 200, headers); });
  const auto text = [&] { return poll_text(loaded.source->poll(request_at(host), host, {}), loaded.settings); };
  EXPECT_EQ(text(),
            "error: https://api.example.com answer: does not say how long it is, and its last line has no end: what "
            "stands there may be cut off\n");
  for (const char* header : {"content-length", "transfer-encoding"}) {
    headers = {{header, "x"}};
    EXPECT_EQ(text(), "n 2026-11-20 1270\n");
  }
  headers.clear();
  body += "\n";
  EXPECT_EQ(text(), "n 2026-11-20 1270\n");
}

TEST(HttpAnswers, OfWordsWhereATableIsWantedAreNoTableWithoutRows) {
  const LoadedSource loaded = load_source(R"yaml(plugin: http
request: {url: "https://api.example.com/n"}
decode: {kind: csv, delimiter: ";"}
rows: {kind: records}
metrics: {n: {}})yaml");
  ASSERT_NE(loaded.source, nullptr) << loaded.diagnostics;
  std::string body;
  FakeHost host([&](const HttpRequest&) { return answer_of(body); });
  const auto text = [&] { return poll_text(loaded.source->poll(request_at(host), host, {}), loaded.settings); };
  for (const char* words : {"We are down for maintenance.\n", "ERROR 50 :: NOTHING FOUND\n"}) {
    body = words;
    EXPECT_NE(text().find("that is no table"), std::string::npos) << text();
  }
  body = "date;n\n";
  EXPECT_EQ(text().find("error"), std::string::npos) << text();
}

TEST(HttpAnswers, InChunksAreWrongWhenOneOfThemSaysSo) {
  const LoadedSource loaded = load_source(R"yaml(plugin: http
request: {url: "https://api.example.com/n"}
decode: {kind: chunks, path: /results}
rows: {kind: records}
metrics: {n: {}})yaml");
  ASSERT_NE(loaded.source, nullptr) << loaded.diagnostics;
  std::string body;
  FakeHost host([&](const HttpRequest&) { return answer_of(body); });
  const auto text = [&] { return poll_text(loaded.source->poll(request_at(host), host, {}), loaded.settings); };
  body = R"([{"results":[{"date":"2026-11-20","n":1}]},{"requestId":"x"}])";
  EXPECT_EQ(text(), "n 2026-11-20 1\n");
  body = R"([{"results":[{"date":"2026-11-20","n":1}]},{"error":{"message":"boom"}}])";
  EXPECT_NE(text().find("the answer holds an error"), std::string::npos) << text();
}

TEST(HttpAnswers, OfATextThatMayBeCutOffAreNoValue) {
  const LoadedSource loaded = load_source(R"yaml(plugin: http
request: {url: "https://api.example.com/n"}
decode: text
rows: {kind: scalar}
metrics: {n: {}})yaml");
  ASSERT_NE(loaded.source, nullptr) << loaded.diagnostics;
  const auto text = [&](const std::string& body, const std::string& header) {
    FakeHost host([&](const HttpRequest&) { return answer_of(body, 200, {{header, "2"}}); });
    return poll_text(loaded.source->poll(request_at(host), host, {}), loaded.settings);
  };
  EXPECT_EQ(
      text("12", "connection"),
      "error: https://api.example.com answer: does not say how long it is, and the number has no line end: it may "
      "be cut off\n");
  EXPECT_EQ(text("12", "content-encoding"), text("12", "connection")) << "a packed answer may be cut off as any other";
  EXPECT_EQ(text("12\n", "connection"), "n 2026-11-20 12\n");
  EXPECT_EQ(text("12", "content-length"), "n 2026-11-20 12\n");
  EXPECT_EQ(text("12", "transfer-encoding"), "n 2026-11-20 12\n");
}

TEST(HttpAnswers, ThatWarnAreToldInTheirOwnWords) {
  const LoadedSource loaded = load_source(R"yaml(plugin: prometheus
server: "https://prometheus.example.com"
metrics: {n: {query: x}})yaml");
  ASSERT_NE(loaded.source, nullptr) << loaded.diagnostics;
  std::string said;
  FakeHost host([&](const HttpRequest&) {
    return answer_of(R"({"status":"success","data":{"resultType":"matrix","result":[]})" + said + "}");
  });
  said = R"(,"warnings":["remote read: 503"],"infos":["x is no counter"])";
  EXPECT_EQ(poll_text(loaded.source->poll(request_at(host), host, {}), loaded.settings),
            "problem: prometheus: the other side says: remote read: 503; x is no counter\n");
  said = R"(,"infos":["x is no counter"])";
  const auto poll = loaded.source->poll(request_at(host), host, {});
  EXPECT_EQ(poll_text(poll, loaded.settings), "");
  EXPECT_EQ(join(poll->remarks, "; "), "1 request sent; the other side says: x is no counter");
}

TEST(HttpOutcomes, RunOnGoodStatusesToo) {
  const LoadedSource loaded = load_source(R"yaml(plugin: http
request: {url: "https://api.example.com/n"}
rows: {kind: records, path: /data}
outcome:
  - {when: {json: /ok == false}, then: config_error, note: the site is not known}
  - {when: {text_regex: "^ERROR \\d+"}, then: retry}
  - {when: {json: /sampled == true}, then: partial, note: sampled}
metrics: {n: {}})yaml");
  ASSERT_NE(loaded.source, nullptr) << loaded.diagnostics;
  std::string body = R"({"ok":false,"message":"no such site"})";
  FakeHost host([&](const HttpRequest&) { return answer_of(body); });
  EXPECT_EQ(poll_text(loaded.source->poll(request_at(host), host, {}), loaded.settings),
            "error: https://api.example.com: status 200: no such site (the site is not known)\n");
  body = "ERROR 50 :: x";
  EXPECT_EQ(poll_text(loaded.source->poll(request_at(host), host, {}), loaded.settings),
            "error: https://api.example.com: status 200: ERROR 50 :: x (the other side cannot answer now)\n");
  body = R"({"sampled":true,"data":[{"date":"2026-11-20","n":1}]})";
  EXPECT_EQ(poll_text(loaded.source->poll(request_at(host), host, {}), loaded.settings),
            "n 2026-11-20 1\nproblem: s: the other side says: sampled\n");
}

}  // namespace
}  // namespace kpi::test
