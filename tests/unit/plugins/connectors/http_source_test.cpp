// The http plugin by itself: windows and restated values, tokens, waits, budgets, pages, and what is said of mistakes.

#include "plugins/http/text_pattern.hpp"
#include "plugins/http/text_template.hpp"
#include "rules/base/text.hpp"
#include "tests/support/rsa_key.hpp"
#include "tests/unit/plugins/connectors/recording.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <fstream>

namespace kpi::test {
namespace {

using nlohmann::ordered_json;

HttpResponse answer_of(std::string body,
                       int status = 200,
                       std::vector<std::pair<std::string, std::string>> headers = {}) {
  HttpResponse response;
  response.status = status;
  response.headers = std::move(headers);
  response.body = std::move(body);
  return response;
}

PollRequest request_at(const FakeHost& host, const std::string& cursor = "") {
  PollRequest request;
  request.now = host.time;
  request.cursor = cursor;
  return request;
}

constexpr const char* kVisits = R"(plugin: http
window: {lookback_days: 2, first_days: 3}
request: {url: "https://api.example.com/v1/visits", query: {from: "{{window.start}}", to: "{{window.end}}"}}
rows: {kind: records, path: /data}
metrics: {visits: {column: n}})";

TEST(HttpSource, AsksAgainForWhatMayHaveBeenRestated) {
  const LoadedSource loaded = load_source(kVisits);
  ASSERT_NE(loaded.source, nullptr) << loaded.diagnostics;
  int value = 100;
  FakeHost host([&](const HttpRequest&) {
    return answer_of(R"({"data":[{"date":"2026-11-20","n":)" + std::to_string(value++) + "}]}");
  });
  std::string cursor;
  for (int i = 0; i < 5; ++i) {
    const auto poll = loaded.source->poll(request_at(host, cursor), host, {});
    ASSERT_TRUE(poll.has_value()) << poll.error().message;
    EXPECT_EQ(join(samples_text(*poll, loaded.settings), ","), "visits 2026-11-20 " + std::to_string(100 + i));
    cursor = poll->cursor;
    host.time += std::chrono::hours{1};
  }
  EXPECT_EQ(host.requests.front().url, "https://api.example.com/v1/visits?from=2026-11-18&to=2026-11-20");
  EXPECT_EQ(host.requests.back().url, "https://api.example.com/v1/visits?from=2026-11-19&to=2026-11-20");
}

TEST(HttpSource, TakesMillisecondsForSecondsAsNoTime) {
  const LoadedSource loaded = load_source(R"(plugin: http
timezone: Europe/Stockholm
request: {url: "https://api.example.com/v1/visits"}
rows: {kind: records, path: /days, date: {field: t, format: epoch_s}}
metrics: {visits: {column: v}})");
  ASSERT_NE(loaded.source, nullptr) << loaded.diagnostics;
  FakeHost host(
      [](const HttpRequest&) { return answer_of(R"({"days":[{"t":1795046400,"v":1},{"t":1795478400000,"v":2}]})"); });
  const auto poll = loaded.source->poll(request_at(host), host, {});
  ASSERT_TRUE(poll.has_value()) << poll.error().message;
  EXPECT_EQ(poll->samples.size(), 1U);
  ASSERT_EQ(poll->problems.size(), 1U);
  EXPECT_EQ(poll->problems.front().message,
            "1795478400000 is no time in seconds: correct the field, or rows.date.format");
}

TEST(HttpSource, HidesASecretThatIsSaidBackInACell) {
  const LoadedSource loaded = load_source(R"(plugin: http
auth: {type: bearer, token: the-token-of-the-shop}
request: {url: "https://api.example.com/v1/visits"}
rows: {kind: records, path: /days, date: {field: d}}
metrics: {visits: {column: v}})");
  ASSERT_NE(loaded.source, nullptr) << loaded.diagnostics;
  FakeHost host([](const HttpRequest&) {
    return answer_of(R"({"days":[{"d":"2026-11-20","v":"no such key the-token-of-the-shop"}]})");
  });
  const auto poll = loaded.source->poll(request_at(host), host, {});
  ASSERT_TRUE(poll.has_value()) << poll.error().message;
  ASSERT_EQ(poll->problems.size(), 1U);
  EXPECT_EQ(poll->problems.front().message.substr(0, 19), "\"no such key ***\" i");
}

TEST(HttpSource, TakesAReferenceInItsAddressAndHidesIt) {
  ASSERT_EQ(setenv("KPID_TEST_KEY", "ab/c&d=efgh", 1), 0);  // NOLINT(concurrency-mt-unsafe)
  const LoadedSource loaded = load_source(R"yaml(plugin: http
params: {site: a b}
request:
  url: "https://api.example.com/{{site}}/${env:KPID_TEST_KEY}?key=${env:KPID_TEST_KEY}&site={{site}}"
  headers: {x-other: "Token ${env:KPID_TEST_KEY}"}
rows: {kind: records, path: /days}
metrics: {visits: {column: v}})yaml");
  ASSERT_NE(loaded.source, nullptr) << loaded.diagnostics;
  EXPECT_EQ(loaded.diagnostics, "");
  FakeHost host([](const HttpRequest& request) { return answer_of("no key " + request.url.substr(23), 400); });
  const auto poll = loaded.source->poll(request_at(host), host, {});
  EXPECT_EQ(host.requests.front().url,
            "https://api.example.com/a%20b/ab%2Fc%26d%3Defgh?key=ab%2Fc%26d%3Defgh&site=a%20b");
  EXPECT_EQ(host.requests.front().headers.front().second, "Token ab/c&d=efgh");
  ASSERT_FALSE(poll.has_value());
  EXPECT_EQ(poll.error().message,
            "https://api.example.com: status 400: no key /a%20b/***?key=***&site=a%20b (the request is refused)");
}

TEST(HttpSource, WarnsOfSecretsThatStandInTheFile) {
  const auto warnings = [](const std::string& request) {
    const std::string text =
        load_source("plugin: http\nrequest: " + request + "\nrows: {kind: scalar}\nmetrics: {v: {}}").diagnostics;
    return text.substr(0, text.find('\n'));
  };
  for (const char* request : {R"({url: "https://x.example.com/?API_Key=abc"})",
                              R"({url: "https://x.example.com/?a=b&access_token=abc"})",
                              R"({url: "https://me:hunter2@x.example.com/"})",
                              R"({url: "https://x.example.com/", query: {token: abc}})",
                              R"({url: "https://x.example.com/", headers: {X-Api-Key: abc}})",
                              R"({url: "https://x.example.com/", form: {password: abc}})"}) {
    EXPECT_NE(warnings(request).find("warning: a secret stands in the file"), std::string::npos) << request;
    EXPECT_EQ(load_source("plugin: http\nrequest: " + std::string(request) + "\nrows: {kind: scalar}\nmetrics: {v: {}}")
                  .diagnostics.find(request),
              std::string::npos)
        << "the line is not shown, for what is printed travels";
  }
  for (const char* request : {R"({url: "https://x.example.com/?key={{site|a}}&monkey=1"})",
                              R"({url: "https://me@x.example.com/?token="})",
                              R"({url: "https://x.example.com/", query: {keyword: abc, key: "{{site|a}}"}})"}) {
    EXPECT_EQ(warnings(request).find("a secret stands"), std::string::npos) << warnings(request);
  }
}

TEST(HttpSource, LosesNoDayWhenPollsFailed) {
  const LoadedSource loaded = load_source(kVisits);
  bool is_up = true;
  FakeHost host([&](const HttpRequest&) { return is_up ? answer_of(R"({"data":[]})") : answer_of("", 400); });
  const auto first = loaded.source->poll(request_at(host), host, {});
  ASSERT_TRUE(first.has_value());
  is_up = false;
  host.time += std::chrono::hours{24 * 6};
  EXPECT_FALSE(loaded.source->poll(request_at(host, first->cursor), host, {}).has_value());
  is_up = true;
  ASSERT_TRUE(loaded.source->poll(request_at(host, first->cursor), host, {}).has_value());
  EXPECT_EQ(host.requests.back().url, "https://api.example.com/v1/visits?from=2026-11-18&to=2026-11-26");
}

TEST(HttpSource, AsksAgainForADayThatHadNotComeYet) {
  const LoadedSource loaded = load_source(R"(plugin: http
window: {first_days: 3}
request: {url: "https://api.example.com/v1/visits", query: {from: "{{window.start}}", to: "{{window.end}}"}}
rows: {kind: records, path: /data}
metrics: {visits: {column: n}})");
  ASSERT_NE(loaded.source, nullptr) << loaded.diagnostics;
  std::string rows = R"({"date":"2026-11-19","n":1})";
  FakeHost host([&](const HttpRequest&) { return answer_of(R"({"data":[)" + rows + "]}"); });
  const auto first = loaded.source->poll(request_at(host), host, {});
  ASSERT_TRUE(first.has_value());
  rows = "";
  const auto empty = loaded.source->poll(request_at(host, first->cursor), host, {});
  ASSERT_TRUE(empty.has_value());
  EXPECT_EQ(host.requests.back().url, "https://api.example.com/v1/visits?from=2026-11-20&to=2026-11-20");
  rows = R"({"date":"2026-11-20","n":2})";
  const auto late = loaded.source->poll(request_at(host, empty->cursor), host, {});
  ASSERT_TRUE(late.has_value());
  EXPECT_EQ(join(samples_text(*late, loaded.settings), ","), "visits 2026-11-20 2");
  const std::size_t asked = host.requests.size();
  EXPECT_TRUE(loaded.source->poll(request_at(host, late->cursor), host, {})->unchanged);
  EXPECT_EQ(host.requests.size(), asked) << "all has come";
}

TEST(HttpSource, DoesNotAskAgainForADayWithoutARowThatMeansZero) {
  const LoadedSource loaded = load_source(R"(plugin: http
window: {first_days: 3}
request: {url: "https://api.example.com/v1/visits", query: {from: "{{window.start}}", to: "{{window.end}}"}}
rows: {kind: records, path: /data, missing: zero}
metrics: {visits: {column: n}})");
  ASSERT_NE(loaded.source, nullptr) << loaded.diagnostics;
  FakeHost host([](const HttpRequest&) { return answer_of(R"({"data":[]})"); });
  const auto first = loaded.source->poll(request_at(host), host, {});
  ASSERT_TRUE(first.has_value());
  EXPECT_TRUE(loaded.source->poll(request_at(host, first->cursor), host, {})->unchanged);
}

TEST(HttpSource, DoesNotWaitForEverForWhatDoesNotCome) {
  const LoadedSource loaded = load_source(kVisits);
  FakeHost host([&](const HttpRequest&) { return answer_of(R"({"data":[]})"); });
  const auto first = loaded.source->poll(request_at(host), host, {});
  ASSERT_TRUE(first.has_value());
  host.time += std::chrono::hours{24 * 90};
  const auto later = loaded.source->poll(request_at(host, first->cursor), host, {});
  ASSERT_TRUE(later.has_value());
  host.requests.clear();
  ASSERT_TRUE(loaded.source->poll(request_at(host, later->cursor), host, {}).has_value());
  EXPECT_EQ(host.requests.front().url, "https://api.example.com/v1/visits?from=2027-01-19&to=2027-02-18");
}

TEST(HttpSource, ReadsALongHistoryInSeveralPolls) {
  const LoadedSource loaded = load_source(R"(plugin: http
window: {lookback_days: 2}
fan_out: day
request: {url: "https://api.example.com/v1/visits", query: {day: "{{window.start}}"}}
rows: {kind: scalar, path: /n}
metrics: {visits: {}})");
  ASSERT_NE(loaded.source, nullptr) << loaded.diagnostics;
  FakeHost host([](const HttpRequest&) { return answer_of(R"({"n":1})"); });
  PollRequest request = request_at(host);
  request.from = slot_of(Date{std::chrono::year{2025}, std::chrono::September, std::chrono::day{1}});
  const auto first = loaded.source->poll(request, host, {});
  ASSERT_TRUE(first.has_value()) << first.error().message;
  EXPECT_EQ(first->samples.size(), 400U);
  EXPECT_EQ(first->remarks.back(), "there is more: the next poll goes on from there");
  request.cursor = first->cursor;
  const auto second = loaded.source->poll(request, host, {});
  ASSERT_TRUE(second.has_value());
  EXPECT_EQ(second->remarks.back(), "46 requests sent");
  EXPECT_EQ(host.requests.back().url, "https://api.example.com/v1/visits?day=2026-11-20");
}

TEST(HttpSource, LetsTheFirstReadingAfterThePeriodsEndStand) {
  const auto yaml = [](const std::string& request, const std::string& grain) {
    return "plugin: http\ngrain: " + grain + "\nwindow: {lookback_days: 1, first_days: 1}\n" + request +
           "\nrows: {kind: scalar, path: /followers, date: window}\nmetrics: {n: {kind: level}}";
  };
  std::string followers;
  FakeHost host([&](const HttpRequest&) { return answer_of("{\"followers\":" + followers + "}"); });
  const auto begin = host.time;
  std::string cursor;
  const auto polled = [&](const LoadedSource& loaded, std::chrono::hours at, const std::string& value) {
    followers = value;
    host.time = begin + at;
    const auto poll = loaded.source->poll(request_at(host, cursor), host, {});
    if (!poll) {
      return poll.error().message;
    }
    cursor = poll->cursor;
    return poll->unchanged ? "unchanged" : join(samples_text(*poll, loaded.settings), ",");
  };
  const std::string url = "url: \"https://api.example.com/me\"";
  const LoadedSource now = load_source(yaml("request: {" + url + "}", "day"));
  ASSERT_NE(now.source, nullptr) << now.diagnostics;
  EXPECT_EQ(polled(now, std::chrono::hours{1}, "null"), "");
  EXPECT_EQ(polled(now, std::chrono::hours{8}, "105"), "n 2026-11-20 105") << "no value is no reading";
  const std::size_t asked = host.requests.size();
  EXPECT_EQ(polled(now, std::chrono::hours{23}, "106"), "unchanged");
  EXPECT_EQ(host.requests.size(), asked);
  EXPECT_EQ(polled(now, std::chrono::hours{25}, "107"), "n 2026-11-21 107");
  EXPECT_EQ(polled(now, std::chrono::hours{26}, "108"), "unchanged");
  cursor.clear();
  EXPECT_EQ(polled(now, std::chrono::hours{27}, "109"), "n 2026-11-21 109") << "everything is wanted again";

  cursor.clear();
  const LoadedSource instant = load_source(yaml("request: {" + url + "}", "instant"));
  EXPECT_NE(polled(instant, std::chrono::hours{1}, "1"), polled(instant, std::chrono::hours{2}, "2"));

  // Where some request names its window, the answer is about that one, and may be restated.
  for (const std::string& request :
       {"fan_out: day\nrequest: {" + url + ", query: {d: \"{{window.start}}\"}}",
        "fan_out: day\nsteps: [{request: {" + url + ", query: {d: \"{{day}}\"}}}, {request: {" + url + "}}]"}) {
    cursor.clear();
    const LoadedSource named = load_source(yaml(request, "day"));
    ASSERT_NE(named.source, nullptr) << named.diagnostics;
    EXPECT_EQ(polled(named, std::chrono::hours{8}, "105"), "n 2026-11-20 105");
    EXPECT_EQ(polled(named, std::chrono::hours{23}, "106"), "n 2026-11-20 106");
  }
}

TEST(HttpSource, LetsNoPartOfAReadingStand) {
  const LoadedSource loaded = load_source(R"(plugin: http
request: {url: "https://api.example.com/me"}
rows: {kind: scalar, path: /n}
outcome: [{when: {json: /busy exists}, then: partial}]
metrics: {n: {kind: level}})");
  ASSERT_NE(loaded.source, nullptr) << loaded.diagnostics;
  bool is_busy = true;
  FakeHost host([&](const HttpRequest&) { return answer_of(is_busy ? R"({"n":1,"busy":true})" : R"({"n":2})"); });
  const auto part = loaded.source->poll(request_at(host), host, {});
  ASSERT_TRUE(part.has_value()) << part.error().message;
  is_busy = false;
  EXPECT_EQ(poll_text(loaded.source->poll(request_at(host, part->cursor), host, {}), loaded.settings),
            "n 2026-11-20 2\n");
}

TEST(HttpSource, NeverDeliversThePeriodThatRuns) {
  const LoadedSource loaded = load_source(kVisits);
  FakeHost host([](const HttpRequest&) {
    return answer_of(R"({"data":[{"date":"2026-11-20","n":5},{"date":"2026-11-21","n":1}]})");
  });
  const auto poll = loaded.source->poll(request_at(host), host, {});
  EXPECT_EQ(poll_text(poll, loaded.settings), "visits 2026-11-20 5\n");
}

TEST(HttpSource, FillsVariablesByTheirPlaces) {
  const LoadedSource loaded = load_source(R"yaml(plugin: http
params: {site: "a/b ?&é", word: "it's \"x\"", none: {optional: true}}
request:
  url: "https://api.example.com/{{site}}/rows"
  query: {q: "{{word}}", raw: {raw: "List({{site}})"}, none: "{{none}}"}
  json: {text: "{{word}}", n: 12, list: ["{{metrics}}"], none: "{{none}}"}
rows: {kind: scalar}
metrics: {a: {}, b: {}})yaml");
  ASSERT_NE(loaded.source, nullptr) << loaded.diagnostics;
  FakeHost host([](const HttpRequest&) { return answer_of(R"({"a":1,"b":"2"})"); });
  const auto poll = loaded.source->poll(request_at(host), host, {});
  EXPECT_EQ(poll_text(poll, loaded.settings), "a 2026-11-20 1\nb 2026-11-20 2\n");
  EXPECT_EQ(host.requests.front().url,
            "https://api.example.com/a%2Fb%20%3F%26%C3%A9/rows?q=it%27s%20%22x%22&raw=List(a%2Fb%20%3F%26%C3%A9)");
  EXPECT_EQ(host.requests.front().body, R"x({"text":"it's \"x\"","n":12,"list":["a","b"]})x");
}

TEST(HttpSource, SaysWhichVariableThereIsNot) {
  const LoadedSource loaded = load_source(R"yaml(plugin: http
params: {site: a}
request: {url: "https://api.example.com/{{sito}}"}
rows: {kind: scalar}
metrics: {a: {}})yaml");
  EXPECT_EQ(loaded.source, nullptr);
  EXPECT_NE(loaded.diagnostics.find("kpid.yaml:5:20: error: there is no variable {{sito}}"), std::string::npos)
      << loaded.diagnostics;
  EXPECT_NE(loaded.diagnostics.find("did you mean \"site\"?"), std::string::npos) << loaded.diagnostics;
}

constexpr const char* kRefreshed = R"(plugin: http
auth: {type: oauth2_refresh, token_url: "https://id.example.com/token", client_id: c, client_secret: s3cret, refresh_token: first}
request: {url: "https://api.example.com/n"}
rows: {kind: scalar, path: /n}
metrics: {n: {kind: level}})";

TEST(HttpTokens, KeepARotatedRefreshTokenOverARestart) {
  int logins = 0;
  const auto answer = [&](const HttpRequest& request) {
    if (request.url.starts_with("https://id")) {
      ++logins;
      return answer_of(R"({"access_token":"t)" + std::to_string(logins) + R"(","expires_in":3600,"refresh_token":"r)" +
                       std::to_string(logins) + "\"}");
    }
    return answer_of(R"({"n":1})");
  };
  const LoadedSource loaded = load_source(kRefreshed);
  ASSERT_NE(loaded.source, nullptr) << loaded.diagnostics;
  FakeHost host(answer);
  ASSERT_TRUE(loaded.source->poll(request_at(host), host, {}).has_value());
  ASSERT_TRUE(loaded.source->poll(request_at(host), host, {}).has_value());
  EXPECT_EQ(logins, 1);
  host.time += std::chrono::minutes{59} + std::chrono::seconds{1};  // a minute before it expires
  ASSERT_TRUE(loaded.source->poll(request_at(host), host, {}).has_value());
  EXPECT_EQ(logins, 2);
  EXPECT_NE(host.requests[3].body.find("refresh_token=r1"), std::string::npos) << host.requests[3].body;

  FakeHost again(answer);
  again.kept_files = host.kept_files;
  again.time = host.time + std::chrono::hours{2};
  ASSERT_TRUE(loaded.source->poll(request_at(again), again, {}).has_value());
  EXPECT_NE(again.requests.front().body.find("refresh_token=r2"), std::string::npos) << again.requests.front().body;
}

TEST(HttpTokens, AreRenewedOnceWhenRefusedAndThenItIsAMistake) {
  const LoadedSource loaded = load_source(kRefreshed);
  FakeHost host([](const HttpRequest& request) {
    return request.url.starts_with("https://id") ? answer_of(R"({"access_token":"abcd"})") : answer_of("", 401);
  });
  const auto poll = loaded.source->poll(request_at(host), host, {});
  ASSERT_FALSE(poll.has_value());
  EXPECT_EQ(poll.error(),
            (Error{ErrorKind::kInvalid,
                   "https://api.example.com: status 401 (the credential is refused: check it, and what it may read)"}));
  EXPECT_EQ(host.requests.size(), 4U);
}

TEST(HttpTokens, ThatWereRevokedAreAMistakeOfTheConfiguration) {
  const LoadedSource loaded = load_source(kRefreshed);
  FakeHost host([](const HttpRequest&) {
    return answer_of(R"({"error":"invalid_grant","error_description":"Token s3cret has been revoked."})", 400);
  });
  const auto poll = loaded.source->poll(request_at(host), host, {});
  ASSERT_FALSE(poll.has_value());
  EXPECT_EQ(poll.error(),
            (Error{ErrorKind::kInvalid,
                   "https://id.example.com: the login is refused, status 400: Token *** has been revoked.: correct the "
                   "credential (a refresh token that was revoked must be made anew)"}));
}

std::string logged_in(const std::string& host) {
  return R"(plugin: http
auth: {type: oauth2_client_credentials, token_url: "https://id.example.com/token", client_id: c, client_secret: s3cret}
request: {url: "https://)" +
         host + R"(/n"}
rows: {kind: scalar, path: /n}
metrics: {n: {kind: level}})";
}

TEST(HttpTokens, AreNotAskedForWhileTheLoginIsHeldBack) {
  int logins = 0;
  HttpResponse of_login = answer_of(R"({"error_description":"slow down, s3cret"})", 429, {{"retry-after", "120"}});
  const auto answer = [&](const HttpRequest& request) {
    logins += request.url.starts_with("https://id") ? 1 : 0;
    return request.url.starts_with("https://id") ? of_login : answer_of(R"({"n":1})");
  };
  std::vector<LoadedSource> sources;
  for (int i = 0; i < 8; ++i) {
    // The token is of one host: the login is not.
    sources.push_back(
        load_source(logged_in(i == 7 ? "other.example.com" : "api.example.com"), "s" + std::to_string(i)));
    ASSERT_NE(sources.back().source, nullptr) << sources.back().diagnostics;
  }
  FakeHost host(answer);
  const auto first = sources[0].source->poll(request_at(host), host, {});
  ASSERT_FALSE(first.has_value());
  EXPECT_EQ(first.error(),
            (Error{ErrorKind::kUnavailable,
                   "https://id.example.com: the login is held back until 2026-11-21T00:02:00Z: status 429: slow down, "
                   "***"}));
  FakeHost again(answer);  // after a restart
  again.kept_files = host.kept_files;
  for (FakeHost* asked : {&host, &again}) {
    asked->time += std::chrono::seconds{119};
    for (std::size_t i = 1; i < sources.size(); ++i) {
      EXPECT_EQ(poll_text(sources[i].source->poll(request_at(*asked), *asked, {}), sources[i].settings),
                "error: https://id.example.com: the login is held back, not asked until 2026-11-21T00:02:00Z: status "
                "429: slow down, ***\n");
    }
  }
  EXPECT_EQ(logins, 1);
  of_login = answer_of(R"({"access_token":"abcdef"})");
  host.time += std::chrono::seconds{1};
  for (const LoadedSource& one : sources) {
    EXPECT_EQ(poll_text(one.source->poll(request_at(host), host, {}), one.settings), "n 2026-11-20 1\n");
  }
  EXPECT_EQ(logins, 3) << "one for each host";
}

TEST(HttpTokens, AreAskedForAgainLaterEachTimeTheLoginFails) {
  for (const bool answers : {true, false}) {
    const LoadedSource one = load_source(logged_in("api.example.com"));
    const LoadedSource other = load_source(logged_in("api.example.com"), "t");
    FakeHost host([&](const HttpRequest&) -> Result<HttpResponse> {
      return answers ? Result<HttpResponse>(answer_of("", 503))
                     : fail(ErrorKind::kTimeout, "https://id.example.com: no answer within 30 s");
    });
    std::vector<std::string> said;
    std::vector<std::size_t> sent;
    for (int i = 0; i < 3; ++i) {
      for (const LoadedSource* source : {&one, &other}) {
        const auto poll = source->source->poll(request_at(host), host, {});
        ASSERT_FALSE(poll.has_value());
        EXPECT_NE(poll.error().kind, ErrorKind::kInvalid);
        said.push_back(poll.error().message.substr(24));
      }
      sent.push_back(host.requests.size());
      host.time += std::chrono::seconds{30};
    }
    if (answers) {
      EXPECT_EQ(sent, (std::vector<std::size_t>{3, 6, 6})) << "a short wait may help, a long one is shared";
      EXPECT_EQ(said.front(), "the login is held back until 2026-11-21T00:00:33Z: status 503");
      EXPECT_EQ(said[1], "the login is held back, not asked until 2026-11-21T00:00:33Z: status 503");
    } else {
      EXPECT_EQ(sent, (std::vector<std::size_t>{1, 2, 2}));
      EXPECT_EQ(said.front(),
                "the login is held back until 2026-11-21T00:00:30Z: https://id.example.com: no answer within 30 s");
      EXPECT_EQ(said[2],
                "the login is held back until 2026-11-21T00:01:30Z: https://id.example.com: no answer within 30 s");
    }
  }
}

TEST(HttpTokens, AreWaitedForWhereTheLoginIsSoonPossible) {
  const LoadedSource loaded = load_source(logged_in("api.example.com"));
  int logins = 0;
  FakeHost host([&](const HttpRequest& request) {
    if (request.url.starts_with("https://id") && ++logins == 1) {
      return answer_of("", 429, {{"retry-after", "7"}});
    }
    return answer_of(R"({"access_token":"abcdef","n":1})");
  });
  EXPECT_EQ(poll_text(loaded.source->poll(request_at(host), host, {}), loaded.settings), "n 2026-11-20 1\n");
  EXPECT_EQ(host.waits, (std::vector<std::chrono::milliseconds>{std::chrono::seconds{7}}));
}

TEST(HttpTokens, ThatAreSignedHereAreHiddenWhereTheyAreSaidBack) {
  for (const char* auth : {R"({type: jwt_direct, key: "${file:KEY_PEM}", issuer: me, subject: s})",
                           R"({type: oauth2_jwt_bearer, key: "${file:KEY_PEM}", issuer: me, audience: a,)"
                           R"( token_url: "https://id.example.com/token"})"}) {
    SCOPED_TRACE(auth);
    const LoadedSource loaded = load_source("plugin: http\nauth: " + std::string(auth) + R"(
request: {url: "https://api.example.com/n"}
rows: {kind: scalar, path: /n}
metrics: {n: {kind: level}})");
    ASSERT_NE(loaded.source, nullptr) << loaded.diagnostics;
    bool is_whole = true;
    FakeHost host([&](const HttpRequest& request) {
      std::string token = request.headers.back().second.substr(7);
      if (request.method == "POST") {
        token = request.body.substr(request.body.find("assertion=") + 10);
      }
      const std::string said = is_whole ? token : token.substr(token.rfind('.') + 1);
      return answer_of("the token " + said + " is none", 400);
    });
    for (const bool whole : {true, false}) {
      is_whole = whole;
      const auto poll = loaded.source->poll(request_at(host), host, {});
      ASSERT_FALSE(poll.has_value());
      EXPECT_NE(poll.error().message.find("status 400: the token *** is none"), std::string::npos)
          << poll.error().message;
    }
  }
}

TEST(HttpTokens, ReadAKeysFileBesideTheFileThatNamesIt) {
  const LoadedSource loaded =
      load_source("plugin: ga4\nproperty: 1\nkey_file: service.json\ntimezone: UTC\nmetrics: {sessions: {}}");
  ASSERT_NE(loaded.source, nullptr) << loaded.diagnostics;
  FakeHost host([](const HttpRequest&) { return answer_of(R"({"access_token":"t"})"); });
  const auto poll = [&] {
    const auto polled = loaded.source->poll(request_at(host), host, {});
    return polled ? "" : polled.error().message;
  };
  const std::string said = poll();
  EXPECT_TRUE(said.starts_with("the key's file that is named in " + loaded.folder + "/kpid")) << said;
  EXPECT_TRUE(said.ends_with(".yaml:5:15: no such file")) << said;
  EXPECT_TRUE(host.requests.empty());
  host.put(loaded.folder + "/service.json", ordered_json{{"private_key", rsa_private_key()}}.dump());
  poll();
  ASSERT_FALSE(host.requests.empty());
  EXPECT_EQ(host.requests.front().url, "https://oauth2.googleapis.com/token");
}

struct WaitCase {
  std::string name;
  std::string wait;
  HttpResponse response;
  std::int64_t seconds;
};

class Waits : public ::testing::TestWithParam<WaitCase> {};

TEST_P(Waits, AreReadInEveryForm) {
  const WaitCase& wait = GetParam();
  const LoadedSource loaded =
      load_source("plugin: http\nrequest: {url: \"https://api.example.com/n\"}\nwait: " + wait.wait +
                  "\nrows: {kind: scalar, path: /n}\nmetrics: {n: {kind: level}}");
  ASSERT_NE(loaded.source, nullptr) << loaded.diagnostics;
  bool is_first = true;
  FakeHost host([&](const HttpRequest&) {
    const bool limits = is_first;
    is_first = false;
    return limits ? wait.response : answer_of(R"({"n":1})");
  });
  const auto poll = loaded.source->poll(request_at(host), host, {});
  ASSERT_TRUE(poll.has_value()) << poll.error().message;
  ASSERT_EQ(host.waits.size(), 1U);
  EXPECT_EQ(std::chrono::floor<std::chrono::seconds>(host.waits.front()).count(), wait.seconds);
}

// The host's clock stands at 2026-11-21T00:00:00Z.
INSTANTIATE_TEST_SUITE_P(
    Forms,
    Waits,
    ::testing::Values(
        WaitCase{"seconds", "[]", answer_of("", 429, {{"retry-after", "7"}}), 7},
        WaitCase{"http_date", "[]", answer_of("", 429, {{"retry-after", "Sat, 21 Nov 2026 00:00:09 GMT"}}), 9},
        WaitCase{
            "zoneless",
            "{header: retry-after, as: local, timezone: Europe/Stockholm}",
            answer_of("", 429, {{"date", "Sat, 21 Nov 2026 00:00:00 GMT"}, {"retry-after", "2026-11-21 01:00:05"}}),
            5},
        WaitCase{"epoch", "{header: x-reset, as: epoch}", answer_of("", 429, {{"x-reset", "1795219206"}}), 6},
        WaitCase{"fraction", "{header: x-after, as: seconds}", answer_of("", 429, {{"x-after", "2.5"}}), 2},
        WaitCase{"in_the_body", "{json: /retry_after, as: seconds}", answer_of(R"({"retry_after":8})", 429), 8},
        WaitCase{"duration",
                 "{json: /error/details/*/retryDelay, as: duration}",
                 answer_of(R"({"error":{"details":[{},{"retryDelay":"12s"}]}})", 429),
                 12},
        WaitCase{"json_in_a_header",
                 "{header: x-usage, json: /*/*/minutes, as: minutes}",
                 answer_of("", 429, {{"x-usage", R"({"1":[{"minutes":0.2}]})"}}),
                 12},
        WaitCase{"cost",
                 "{as: cost, requested: /c/asked, available: /c/left, rate: /c/rate}",
                 answer_of(R"({"c":{"asked":752,"left":402,"rate":50.0}})", 429),
                 7}),
    [](const auto& one) { return one.param.name; });

TEST(HttpBudget, IsSharedByTheSourcesOfOneCredential) {
  const std::string yaml = R"(plugin: http
auth: {type: bearer, token: abcdef}
budget: {requests: 2, per: 1h}
request: {url: "https://api.example.com/n"}
rows: {kind: scalar, path: /n}
metrics: {n: {kind: level}})";
  const LoadedSource a = load_source(yaml);
  const LoadedSource b = load_source(yaml);
  FakeHost host([](const HttpRequest&) { return answer_of(R"({"n":1})"); });
  ASSERT_TRUE(a.source->poll(request_at(host), host, {}).has_value());
  ASSERT_TRUE(b.source->poll(request_at(host), host, {}).has_value());
  const auto poll = a.source->poll(request_at(host), host, {});
  ASSERT_FALSE(poll.has_value());
  EXPECT_EQ(poll.error().message,
            "https://api.example.com: the budget of 2 requests in 1h is used up until 2026-11-21T01:00:00Z");
  EXPECT_EQ(host.requests.size(), 2U);
  host.time += std::chrono::hours{1};
  EXPECT_TRUE(b.source->poll(request_at(host), host, {}).has_value());
}

TEST(HttpBudget, AndRestsOfASourceWithoutACredentialAreItsOwn) {
  const std::string yaml = R"(plugin: http
request: {url: "https://api.example.com/n"}
rows: {kind: scalar, path: /n}
metrics: {n: {kind: level}})";
  const LoadedSource a = load_source(yaml);
  const LoadedSource b = load_source(yaml, "t");
  bool is_up = false;
  FakeHost host([&](const HttpRequest&) {
    return is_up ? answer_of(R"({"n":1})") : answer_of("", 429, {{"retry-after", "600"}});
  });
  ASSERT_FALSE(a.source->poll(request_at(host), host, {}).has_value());
  is_up = true;
  EXPECT_TRUE(b.source->poll(request_at(host), host, {}).has_value());
  const auto again = a.source->poll(request_at(host), host, {});
  ASSERT_FALSE(again.has_value());
  EXPECT_NE(again.error().message.find("not asked until"), std::string::npos);
}

/// Google counts what is asked of each property.
TEST(HttpBudget, AndRestsAreOfWhatTheOtherSideCountsBy) {
  const auto yaml = [](const std::string& site) {
    return "plugin: http\nauth: {type: bearer, token: abcdef}\nparams: {site: " + site +
           "}\nbudget: {requests: 2, per: 1h, of: \"{{site}}\"}\n"
           "request: {url: \"https://api.example.com/{{site}}\"}\nrows: {kind: scalar, path: /n}\n"
           "metrics: {n: {kind: level}}";
  };
  const LoadedSource a = load_source(yaml("a"));
  const LoadedSource b = load_source(yaml("b"), "t");
  const LoadedSource other_a = load_source(yaml("a"), "u");
  FakeHost host([](const HttpRequest& request) {
    return request.url.ends_with("/a") ? answer_of("", 429, {{"retry-after", "600"}}) : answer_of(R"({"n":1})");
  });
  EXPECT_FALSE(a.source->poll(request_at(host), host, {}).has_value());
  EXPECT_TRUE(b.source->poll(request_at(host), host, {}).has_value());
  const auto rests = other_a.source->poll(request_at(host), host, {});
  ASSERT_FALSE(rests.has_value());
  EXPECT_NE(rests.error().message.find("not asked until"), std::string::npos) << rests.error().message;
  EXPECT_EQ(host.requests.size(), 2U);
  EXPECT_EQ(load_source("plugin: http\nauth: {type: bearer, token: abcdef}\nbudget: {of: \"{{sit}}\"}\n"
                        "request: {url: \"https://api.example.com/n\"}\nrows: {kind: scalar}\nmetrics: {n: {}}")
                .source,
            nullptr)
      << "there is no such variable";
}

TEST(HttpBudget, AndRestsSurviveARestart) {
  const LoadedSource loaded = load_source(R"(plugin: http
auth: {type: bearer, token: abcdef}
budget: {requests: 3, per: 1 day}
request: {url: "https://api.example.com/n"}
rows: {kind: scalar, path: /n}
metrics: {n: {kind: level}})");
  bool has_quota = true;
  const auto answer = [&](const HttpRequest&) {
    return has_quota ? answer_of(R"({"n":1})") : answer_of("", 429, {{"retry-after", "7200"}});
  };
  const auto started_again = [&](const FakeHost& before, Duration later) {
    auto host = std::make_unique<FakeHost>(answer);
    host->kept_files = before.kept_files;
    host->time = before.time + later;
    return host;
  };
  FakeHost host(answer);
  ASSERT_TRUE(loaded.source->poll(request_at(host), host, {}).has_value());
  const auto second = started_again(host, std::chrono::hours{1});
  const auto poll = loaded.source->poll(request_at(*second), *second, {});
  ASSERT_TRUE(poll.has_value());
  EXPECT_EQ(poll->remarks.back(), "quota: 2 of 3 requests in 24h used");

  has_quota = false;
  const auto third = started_again(*second, std::chrono::hours{1});
  EXPECT_EQ(poll_text(loaded.source->poll(request_at(*third), *third, {}), loaded.settings),
            "error: https://api.example.com: status 429 (too many requests); not asked again before "
            "2026-11-21T04:00:00.399Z\n");
  has_quota = true;
  const auto fourth = started_again(*third, std::chrono::hours{1});
  EXPECT_EQ(poll_text(loaded.source->poll(request_at(*fourth), *fourth, {}), loaded.settings),
            "error: https://api.example.com: not asked until 2026-11-21T04:00:00.399Z: too many requests\n");
  const auto fifth = started_again(*fourth, std::chrono::hours{2});
  EXPECT_EQ(poll_text(loaded.source->poll(request_at(*fifth), *fifth, {}), loaded.settings),
            "error: https://api.example.com: the budget of 3 requests in 24h is used up until 2026-11-22T00:00:00Z\n");
  EXPECT_TRUE(fourth->requests.empty());
  EXPECT_TRUE(fifth->requests.empty());
  const auto sixth = started_again(*fifth, std::chrono::hours{24});
  EXPECT_TRUE(loaded.source->poll(request_at(*sixth), *sixth, {}).has_value());
}

TEST(HttpBudget, AndTokensAreReadAnewWhereWhatWasKeptIsBroken) {
  const LoadedSource loaded = load_source(std::string(kRefreshed) + "\nbudget: {requests: 9, per: 1 day}");
  ASSERT_NE(loaded.source, nullptr) << loaded.diagnostics;
  const auto answer = [](const HttpRequest& request) {
    return answer_of(request.url.starts_with("https://id") ? R"({"access_token":"t1"})" : R"({"n":1})");
  };
  FakeHost host(answer);
  ASSERT_TRUE(loaded.source->poll(request_at(host), host, {}).has_value());
  EXPECT_EQ(host.kept_files.size(), 3U);  // the token, what is used of the budget, and the rests of the login
  for (const char* text :
       {"{", "[]", R"({"sent":5,"why":[],"rests_until":"x","token":7,"refresh":{},"renew_at":null,"exports":3})"}) {
    FakeHost again(answer);
    for (const auto& [name, kept] : host.kept_files) {
      again.kept_files[name] = text;
    }
    EXPECT_EQ(poll_text(loaded.source->poll(request_at(again), again, {}), loaded.settings), "n 2026-11-20 1\n")
        << text;
  }
}

TEST(HttpBudget, OfManyRequestsStaysSmallWhereItIsKept) {
  const LoadedSource loaded = load_source(R"(plugin: http
auth: {type: bearer, token: abcdef}
budget: {requests: 2000, per: 1 day}
request: {url: "https://api.example.com/n"}
rows: {kind: scalar, path: /n}
metrics: {n: {kind: level}})");
  FakeHost host([](const HttpRequest&) { return answer_of(R"({"n":1})"); });
  std::size_t asked = 0;
  while (asked < 3000 && loaded.source->poll(request_at(host), host, {}).has_value()) {
    ++asked;
    host.time += std::chrono::seconds{20};
  }
  EXPECT_EQ(asked, 2000U);
  ASSERT_EQ(host.kept_files.size(), 1U);
  EXPECT_LT(host.kept_files.begin()->second.size(), 16'000U);
}

TEST(HttpTokens, ThatAnotherProcessHasRenewedAreTakenFromIt) {
  int logins = 0;
  const auto answer = [&](const HttpRequest& request) {
    if (request.url.starts_with("https://id")) {
      ++logins;
      return answer_of(R"({"access_token":"t)" + std::to_string(logins) + R"(","expires_in":3600,"refresh_token":"r)" +
                       std::to_string(logins) + "\"}");
    }
    return answer_of(R"({"n":1})");
  };
  const LoadedSource loaded = load_source(kRefreshed);
  FakeHost daemon(answer);
  ASSERT_TRUE(loaded.source->poll(request_at(daemon), daemon, {}).has_value());
  FakeHost other(answer);
  other.kept_files = daemon.kept_files;
  other.time = daemon.time + std::chrono::minutes{59} + std::chrono::seconds{1};
  ASSERT_TRUE(loaded.source->poll(request_at(other), other, {}).has_value());
  EXPECT_EQ(logins, 2);
  daemon.kept_files = other.kept_files;
  daemon.time = other.time + std::chrono::minutes{1};
  ASSERT_TRUE(loaded.source->poll(request_at(daemon), daemon, {}).has_value());
  EXPECT_EQ(logins, 2);
  daemon.time += std::chrono::hours{2};
  ASSERT_TRUE(loaded.source->poll(request_at(daemon), daemon, {}).has_value());
  EXPECT_NE(daemon.requests[daemon.requests.size() - 2].body.find("refresh_token=r2"), std::string::npos);
}

TEST(HttpAuth, ProvesThatItKnowsTheSecretOfTheApp) {
  const LoadedSource loaded = load_source(R"(plugin: http
auth: {type: bearer, token: "the-token", proof: {name: appsecret_proof, key: "the-secret"}}
request: {url: "https://api.example.com/n"}
rows: {kind: scalar, path: /n}
metrics: {n: {kind: level}})");
  ASSERT_NE(loaded.source, nullptr) << loaded.diagnostics;
  FakeHost host([](const HttpRequest&) { return answer_of(R"({"n":1})"); });
  ASSERT_TRUE(loaded.source->poll(request_at(host), host, {}).has_value());
  // printf the-token | openssl dgst -sha256 -hmac the-secret
  EXPECT_EQ(host.requests.front().url,
            "https://api.example.com/n?appsecret_proof="
            "f5b09c8acdb18571cae3e66edf0f48355330da5a725eb5361f27207a386398f0");
}

TEST(HttpAuth, SignsForAmazon) {
  const LoadedSource loaded = load_source(R"(plugin: http
auth: {type: aws_sigv4, access_key: AKIDEXAMPLE, secret_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", region: eu-north-1}
request: {method: POST, url: "https://Search.example.com:443/a%2Fb/_search", query: {z: "1", a: "x y"}, json: {size: 0}}
rows: {kind: scalar, path: /n}
metrics: {n: {kind: level}})");
  ASSERT_NE(loaded.source, nullptr) << loaded.diagnostics;
  FakeHost host([](const HttpRequest&) { return answer_of(R"({"n":1})"); });
  ASSERT_TRUE(loaded.source->poll(request_at(host), host, {}).has_value());
  std::map<std::string, std::string> headers(host.requests.front().headers.begin(),
                                             host.requests.front().headers.end());
  EXPECT_EQ(headers["x-amz-date"], "20261121T000000Z");
  // As the package aws4 signs it.
  EXPECT_EQ(headers["authorization"],
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261121/eu-north-1/es/aws4_request, "
            "SignedHeaders=content-type;host;x-amz-content-sha256;x-amz-date, "
            "Signature=e3cd109b073a33393ad698fca631a1b47bdac57257c00d40297bd83ed433f4f6");
}

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

TEST(HttpSteps, GoToNoHostThatAnAnswerNames) {
  for (const char* url : {"{{next}}", "https://{{next}}/rows"}) {
    const LoadedSource loaded = load_source(R"yaml(plugin: http
auth: {type: bearer, token: tok-1234567}
steps:
  - {request: {url: "https://api.example.com/jobs/{{window.end}}"}, capture: {next: /next}}
  - {request: {url: ")yaml" + std::string(url) +
                                            R"yaml("}}
rows: {kind: records, path: /data}
metrics: {n: {}})yaml");
    ASSERT_NE(loaded.source, nullptr) << loaded.diagnostics;
    const bool is_whole = std::string(url) == "{{next}}";
    std::string next = is_whole ? "https://api.example.com/rows" : "api.example.com";
    FakeHost host([&](const HttpRequest& request) {
      return answer_of(request.url.find("/jobs/") != std::string::npos ? R"({"next":")" + next + "\"}"
                                                                       : R"({"data":[{"date":"2026-11-20","n":1}]})");
    });
    const auto text = [&] { return poll_text(loaded.source->poll(request_at(host), host, {}), loaded.settings); };
    EXPECT_EQ(text(), "n 2026-11-20 1\n");
    next = is_whole ? "https://evil.example/rows" : "evil.example";
    host.requests.clear();
    EXPECT_EQ(
        text(),
        "error: https://api.example.com: the answer names https://evil.example for the next request, another host: "
        "it is not asked, because the credential would go there\n");
    EXPECT_EQ(host.requests.size(), 1U);
  }
}

TEST(HttpRows, ThatSayASecretBackInALabelAreNotStored) {
  const LoadedSource loaded =
      load_source(std::string(kVisits) + "\nauth: {type: bearer, token: tok-1234567}\nlabels: {land: land}");
  ASSERT_NE(loaded.source, nullptr) << loaded.diagnostics;
  std::string land = "SE";
  FakeHost host([&](const HttpRequest&) {
    return answer_of(R"({"data":[{"date":"2026-11-20","n":1,"land":")" + land + "\"}]}");
  });
  const auto text = [&] { return poll_text(loaded.source->poll(request_at(host), host, {}), loaded.settings); };
  EXPECT_EQ(text(), "visits 2026-11-20 land=SE 1\n");
  land = "Bearer tok-1234567";
  EXPECT_EQ(
      text(),
      "error: the value of label land holds a secret of the source, and would be stored: \"Bearer ***\"; read the "
      "label from another field\n");
}

TEST(HttpRows, OfDaysThatWereNotAskedForAreToldAndLeftOut) {
  const LoadedSource loaded = load_source(kVisits);
  FakeHost host([](const HttpRequest&) {
    return answer_of(R"({"data":[{"date":"2026-11-20","n":1},{"date":"2026-11-21","n":2},{"date":"2030-01-01","n":3},
      {"date":"2026-10-01","n":4}]})");
  });
  const auto poll = loaded.source->poll(request_at(host), host, {});
  EXPECT_EQ(poll_text(poll, loaded.settings), "visits 2026-11-20 1\n");
  EXPECT_EQ(join(poll->remarks, "; "),
            "2 rows are of the future or of days that were not asked for, and left out; the first is s/data/2; "
            "1 request sent");
}

TEST(HttpRows, OfARequestWithoutAWindowAreStoredExceptThoseOfTheFuture) {
  const LoadedSource loaded = load_source(R"yaml(plugin: http
window: {first_days: 3}
request: {url: "https://api.example.com/n"}
rows: {kind: records, path: /data}
metrics: {n: {}})yaml");
  FakeHost host([](const HttpRequest&) {
    return answer_of(R"({"data":[{"date":"2020-01-01","n":1},{"date":"2026-11-20","n":2},{"date":"2026-11-21","n":3},
      {"date":"2026-11-22","n":4}]})");
  });
  EXPECT_EQ(
      poll_text(loaded.source->poll(request_at(host), host, {}), loaded.settings),
      "n 2020-01-01 1\nn 2026-11-20 2\nproblem: s/data/3/date: 2026-11-22 lies in the future, and the row is left "
      "out: correct rows.date, or ask for no such rows\n");
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

TEST(HttpPlan, TakesANoteThatIsATextOrPaths) {
  const auto trouble = [](const std::string& note) {
    const std::string text =
        load_source(
            "plugin: http\nrequest: {url: \"https://x.example.com\"}\nrows: {kind: scalar}\nmetrics: {n: "
            "{}}\noutcome: [{when: {status: 200}, then: ok, note: " +
            note + "}]")
            .diagnostics;
    return text.substr(0, text.find('\n'));
  };
  EXPECT_EQ(trouble("all is well"), "");
  EXPECT_EQ(trouble("/said"), "");
  EXPECT_EQ(trouble("[/said, \"/more/*\"]"), "");
  EXPECT_EQ(trouble("[/said, more]"), "kpid.yaml:7:61: error: outcome.note is a text, or paths such as /warnings");
}

/// What is not of the expected shape would be missing in a sum.
TEST(HttpRows, AreAllThereOrNone) {
  const auto text = [](const std::string& rows, const std::string& body) {
    const LoadedSource loaded = load_source(
        "plugin: http\nrequest: {url: \"https://api.example.com/n\"}\nrows: " + rows + "\nmetrics: {n: {}}");
    if (loaded.source == nullptr) {
      return loaded.diagnostics;
    }
    FakeHost host([&](const HttpRequest&) { return answer_of(body); });
    return poll_text(loaded.source->poll(request_at(host), host, {}), loaded.settings);
  };
  const std::string records = "{kind: records, path: /a/*/days}";
  const std::string day = R"({"date":"2026-11-20","n":7})";
  const std::string help =
      ", though rows.path is /a/*/days: without its rows the sums would be too small; correct the path, or choose the "
      "elements that have rows, as in [?kind=='day']\n";
  EXPECT_EQ(text(records, R"({"a":[{"days":[)" + day + R"(]},{"days":[]}]})"), "n 2026-11-20 7\n");
  for (const char* element : {R"({"error":"down"})", R"({"day":[{"date":"2026-11-20","n":5}]})", "null", "[]"}) {
    EXPECT_EQ(text(records, R"({"a":[{"days":[)" + day + "]}," + element + "]}"), "error: s: /a/1 has no days" + help)
        << element;
  }
  EXPECT_EQ(text("{kind: records, path: \"a[?kind=='day'].days\"}",
                 R"({"a":[{"kind":"day","days":[)" + day + R"(]},{"error":"down"}]})"),
            "n 2026-11-20 7\n");

  const std::string pairs = "{kind: pairs, path: /s, date: {format: epoch_s}, value: value}";
  const std::string whole = R"({"s":[{"values":[[1795132800,"7"]]},)";
  EXPECT_EQ(text(pairs, whole + R"({"values":[]}]})"), "n 2026-11-20 7\n");
  EXPECT_EQ(text(pairs, whole + R"({"values":[[1795132800]]}]})"),
            "error: s/s/1: [1795132800] is no pair [time, value]\n");
  EXPECT_EQ(text(pairs, whole + R"({"values":null}]})"),
            "error: s/s/1/values: null stands where a list of [time, value] is wanted: correct rows.values\n");
  EXPECT_EQ(text(pairs, whole + R"({"vals":[]}]})"),
            "error: s/s/1: has no values, where a list of [time, value] is wanted: correct rows.values\n");
  EXPECT_EQ(text(pairs, whole + R"({"histograms":[[1795132800,{"count":"1"}]]}]})"),
            "error: s/s/1: has histograms, which are no numbers: ask for one of each, as with histogram_sum(…) or "
            "histogram_count(…)\n");

  const std::string entries = "{kind: entries, path: /s, levels: 2}";
  EXPECT_EQ(text(entries, R"({"s":{"n":{"2026-11-20":7},"o":[]}})"), "n 2026-11-20 7\n");
  for (const auto& [value, kind] :
       {std::pair("7", "a number"), std::pair("null", "null"), std::pair("[7]", "a list")}) {
    EXPECT_EQ(text(entries, R"({"s":{"n":{"2026-11-20":7},"o":)" + std::string(value) + "}}"),
              "error: s/s/o: " + std::string(kind) +
                  " stands where an object with dates is wanted: correct rows.path or rows.levels\n");
  }
}

TEST(HttpPreset, OfWholeDaysIsNotReadIntoHours) {
  for (const char* grain : {"hour", "5m"}) {
    const LoadedSource loaded =
        load_source("plugin: prometheus\nserver: \"https://p.example.com\"\ngrain: " + std::string(grain) +
                    "\nmetrics: {n: {query: up}}");
    EXPECT_EQ(loaded.source, nullptr);
    EXPECT_NE(loaded.diagnostics.find("error: the rows of this source are of whole days, and would stand for the first "
                                      "period of grain " +
                                      std::string(grain) + " only\n"),
              std::string::npos)
        << loaded.diagnostics;
  }
  EXPECT_NE(load_source("plugin: prometheus\nserver: \"https://p.example.com\"\ngrain: week\nmetrics: {n: {query: up}}")
                .source,
            nullptr);
}

TEST(HttpRows, OfDaysThatTheOtherSideCutsElsewhereAreNotStored) {
  const LoadedSource loaded = load_source(R"yaml(plugin: http
timezone: Europe/Stockholm
window: {lookback_days: 2, timezone: "from_response:/tz"}
request: {url: "https://api.example.com/n", query: {from: "{{window.start}}"}}
rows: {kind: records, path: /data}
metrics: {n: {}})yaml");
  ASSERT_NE(loaded.source, nullptr) << loaded.diagnostics;
  std::string zone = "America/New_York";
  FakeHost host([&](const HttpRequest&) {
    return answer_of(R"({"tz":")" + zone + R"(","data":[{"date":"2026-11-20","n":7}]})");
  });
  const auto text = [&] { return poll_text(loaded.source->poll(request_at(host), host, {}), loaded.settings); };
  EXPECT_EQ(text(),
            "error: s: the other side cuts its days in America/New_York, this source in Europe/Stockholm, and days are "
            "never cut anew: write timezone: America/New_York\n");
  for (const char* same : {"Europe/Stockholm", "Europe/Berlin"}) {
    zone = same;
    EXPECT_EQ(text(), "n 2026-11-20 7\n") << same;
  }
}

TEST(HttpRows, OfWhichNothingSaysWhereTheirDaysAreCutAreTold) {
  const auto text = [](const std::string& path, const std::string& rows) {
    const LoadedSource loaded = load_source("plugin: http\nwindow: {timezone: \"from_response:" + path +
                                            "\"}\nrequest: {url: \"https://api.example.com/n\"}\n"
                                            "rows: {kind: records, path: /data}\nmetrics: {n: {}}");
    EXPECT_NE(loaded.source, nullptr) << loaded.diagnostics;
    FakeHost host(
        [&](const HttpRequest&) { return answer_of(R"({"meta":{"zone":"UTC","id":7},"data":[)" + rows + "]}"); });
    return poll_text(loaded.source->poll(request_at(host), host, {}), loaded.settings);
  };
  const std::string row = R"({"date":"2026-11-20","n":7})";
  EXPECT_EQ(text("/meta/zone", row), "n 2026-11-20 7\n");
  EXPECT_EQ(text("/meta/zoen", row),
            "n 2026-11-20 7\nproblem: s: no answer has a zone at /meta/zoen, so that nothing says where its days are "
            "cut (did you mean \"zone\"?): correct window.timezone\n");
  EXPECT_EQ(
      text("/meta/id", row),
      "n 2026-11-20 7\nproblem: s: no answer has a zone at /meta/id, so that nothing says where its days are cut: "
      "correct window.timezone\n");
  EXPECT_EQ(text("/timezone", ""), "") << "an answer without rows may lack it";
  const LoadedSource wrong = load_source(
      "plugin: http\nwindow: {timezone: \"from_response:a[?b\"}\nrequest: {url: \"https://api.example.com/n\"}\n"
      "rows: {kind: records}\nmetrics: {n: {}}");
  EXPECT_EQ(wrong.source, nullptr);
}

TEST(HttpRows, ThatNeverHoldAPickedMetricSaySo) {
  const auto source = [](const std::string& missing) {
    return load_source(R"yaml(plugin: http
request: {url: "https://api.example.com/n"}
rows: {kind: pick, path: /data, list: metrics, name: metric, value: value, date: {field: date})yaml" +
                       missing + R"yaml(}
metrics: {sent: {}, opend: {}})yaml");
  };
  FakeHost host([](const HttpRequest&) {
    return answer_of(R"({"data":[{"date":"2026-11-19","metrics":[{"metric":"sent","value":5}]},)"
                     R"({"date":"2026-11-20","metrics":[{"metric":"sent","value":6}]}]})");
  });
  const std::string told =
      "problem: s/data/0: no row has opend for metric opend: correct its name, if it is not that none has come yet\n";
  const LoadedSource null = source("");
  ASSERT_NE(null.source, nullptr) << null.diagnostics;
  EXPECT_EQ(poll_text(null.source->poll(request_at(host), host, {}), null.settings),
            "opend 2026-11-19 null\nopend 2026-11-20 null\nsent 2026-11-19 5\nsent 2026-11-20 6\n" + told);
  const LoadedSource zero = source(", missing: zero");
  ASSERT_NE(zero.source, nullptr) << zero.diagnostics;
  EXPECT_EQ(poll_text(zero.source->poll(request_at(host), host, {}), zero.settings),
            "sent 2026-11-19 5\nsent 2026-11-20 6\n" + told);
}

/// Which of two values counts nobody knows: none is taken for the other, nor left out in silence.
TEST(HttpRows, WithTwoValuesForOneThingHaveNone) {
  const auto text = [](const std::string& rest, const std::string& answer) {
    const LoadedSource loaded = load_source("plugin: http\nrequest: {url: \"https://api.example.com/n\"}\n" + rest);
    FakeHost host([&](const HttpRequest&) { return answer_of(answer, 200, {{"content-length", "1"}}); });
    return loaded.source == nullptr ? loaded.diagnostics
                                    : poll_text(loaded.source->poll(request_at(host), host, {}), loaded.settings);
  };
  const std::string list = R"({"data":[{"date":"2026-11-20","m":[{"k":"sent","v":5},{"k":"sent","v":6}]}]})";
  EXPECT_EQ(text("rows: {kind: pick, path: /data, list: m, name: k, value: v}\nmetrics: {sent: {}}", list),
            "sent 2026-11-20 null\nproblem: s/data/0/sent: is several values, not a number: read a part of it, or "
            "another column\n");
  EXPECT_EQ(text("rows: {kind: records, path: /data}\nmetrics: {sent: {column: \"m[?k=='sent'].v\"}}", list),
            "sent 2026-11-20 null\nproblem: s/data/0/m[?k=='sent'].v: is several values, not a number: read a part of "
            "it, or another column\n");
  EXPECT_EQ(
      text("rows: {kind: records, path: /data}\nmetrics: {n: {}}", R"({"data":[{"date":"2026-11-20","n":1,"n":2}]})"),
      "error: https://api.example.com answer: an object has the key \"n\" twice: which of its values counts "
      "nobody knows\n");
  const std::string zip = R"({"cols":["date","n","n","x","x"],"rows":[["2026-11-20",1,2,3,4]]})";
  EXPECT_EQ(text("rows: {kind: zip, names: /cols, rows: /rows}\nmetrics: {n: {}}", zip),
            "error: s: two columns of the answer are named n: ask for one of them only, or give them other names\n");
  EXPECT_EQ(text("decode: csv\nrows: {kind: records}\nmetrics: {n: {}}", "date,n,n,x,x\n2026-11-20,1,2,3,4\n"),
            "n 2026-11-20 null\nproblem: s/0/n: is a list, not a number: read a part of it, or another column\n");
}

TEST(HttpRows, OfAZipTakeTheirNamesFromAListToo) {
  FakeHost host([](const HttpRequest&) {
    return answer_of(R"({"cols":["date","n"],"rows":[["2026-11-19",5],["2026-11-20",6]]})");
  });
  const auto text = [&](const std::string& rows) {
    const LoadedSource loaded = load_source(
        "plugin: http\nrequest: {url: \"https://api.example.com/n\"}\nrows: " + rows + "\nmetrics: {n: {}}");
    return loaded.source == nullptr ? loaded.diagnostics
                                    : poll_text(loaded.source->poll(request_at(host), host, {}), loaded.settings);
  };
  for (const char* names : {"/cols", "[/cols]", "/cols/*", "[date, n]"}) {
    EXPECT_EQ(text("{kind: zip, names: " + std::string(names) + ", rows: /rows}"), "n 2026-11-19 5\nn 2026-11-20 6\n")
        << names;
  }
  EXPECT_EQ(text("{kind: zip, names: /cols, rows: \"/rows/*\"}"),
            "error: s/rows/*/0: a text stands where a row is wanted: rows leads to the list of the rows, without "
            "/* behind it\n");
}

TEST(HttpRows, WithAnObjectForALabelAreNotStored) {
  const LoadedSource loaded = load_source(R"yaml(plugin: http
request: {url: "https://api.example.com/n"}
rows: {kind: records, path: /data}
metrics: {n: {}}
labels: {shop: shop})yaml");
  ASSERT_NE(loaded.source, nullptr) << loaded.diagnostics;
  FakeHost host([](const HttpRequest&) {
    return answer_of(
        R"({"data":[{"date":"2026-11-20","n":7,"shop":{"id":1}},{"date":"2026-11-20","n":8,"shop":"a"}]})");
  });
  EXPECT_EQ(
      poll_text(loaded.source->poll(request_at(host), host, {}), loaded.settings),
      "n 2026-11-20 shop=a null\nproblem: s/data/0/shop: label shop is an object, not a text: name a part of it, such "
      "as shop/name\n");
}

TEST(HttpRows, TakeALabelFromANamedFieldOnly) {
  for (const char* label : {"{column: shop}", "[shop]", "\"\""}) {
    const LoadedSource loaded = load_source(
        "plugin: http\nrequest: {url: \"https://api.example.com/n\"}\nrows: {kind: "
        "records}\nmetrics: {n: {}}\nlabels: {shop: " +
        std::string(label) + "}");
    EXPECT_NE(loaded.diagnostics.find("error: label shop wants the name of what its values come from"),
              std::string::npos)
        << label << loaded.diagnostics;
  }
}

TEST(HttpRows, ThatAddUpToNoNumberAreUnknown) {
  const LoadedSource loaded = load_source(R"yaml(plugin: http
request: {url: "https://api.example.com/n"}
rows: {kind: records, path: /data, scales: {m: 1000}}
metrics: {n: {}, m: {}})yaml");
  ASSERT_NE(loaded.source, nullptr) << loaded.diagnostics;
  FakeHost host([](const HttpRequest&) {
    return answer_of(R"({"data":[{"date":"2026-11-20","n":1e308,"m":1},{"date":"2026-11-20","n":1e308,"m":1e307}]})");
  });
  EXPECT_EQ(
      poll_text(loaded.source->poll(request_at(host), host, {}), loaded.settings),
      "m 2026-11-20 null\nn 2026-11-20 null\nproblem: s/data/0/n: the rows of 2026-11-20 add up to more than a "
      "number can be: correct them; until then the value is not known\nproblem: s/data/1/m: inf is no value: deliver "
      "a number, or null where there is none\n");
}

TEST(HttpRows, ThatAFilterLeavesOutAreNoFault) {
  const LoadedSource loaded = load_source(R"yaml(plugin: http
request: {url: "https://api.example.com/n"}
rows: {kind: records, path: "/data/[?paid=='true']", missing: zero}
metrics: {n: {}})yaml");
  std::string body = R"({"data":[]})";
  FakeHost host([&](const HttpRequest&) { return answer_of(body); });
  const auto text = [&] { return poll_text(loaded.source->poll(request_at(host), host, {}), loaded.settings); };
  EXPECT_EQ(text(), "");
  body = R"({"data":[{"date":"2026-11-20","paid":false,"n":7}]})";
  EXPECT_EQ(text(), "");
  for (const char* other : {R"({"data":null})", R"({"data":0})", R"({"rows":[]})"}) {
    body = other;
    EXPECT_EQ(text(), "error: s: nothing stands at /data/[?paid=='true'] of the answer: correct rows.path\n");
  }
}

TEST(HttpRows, OfOneValueThatIsNullTakeNothingBack) {
  const LoadedSource loaded = load_source(R"yaml(plugin: http
request: {url: "https://api.example.com/n"}
rows: {kind: scalar}
metrics: {n: {kind: level}, m: {kind: level}})yaml");
  FakeHost host([](const HttpRequest&) { return answer_of(R"({"n":null,"m":3})"); });
  const auto poll = loaded.source->poll(request_at(host), host, {});
  EXPECT_EQ(poll_text(poll, loaded.settings), "m 2026-11-20 3\nproblem: s/n: null stands where a value is wanted\n");
}

TEST(HttpRows, AreNotBelievedWhereACommaMayBeEither) {
  const auto poll_of = [](const std::string& decode, const std::string& first, const std::string& second) {
    const LoadedSource loaded =
        load_source("plugin: http\nrequest: {url: \"https://api.example.com/n\"}\ndecode: " + decode +
                    "\nrows: {kind: records}\nmetrics: {n: {}}");
    EXPECT_NE(loaded.source, nullptr) << loaded.diagnostics;
    FakeHost host([&](const HttpRequest&) {
      return answer_of("date;n\n2026-11-18;" + first + "\n2026-11-19;" + second + "\n", 200, {{"content-length", "9"}});
    });
    const auto poll = loaded.source->poll(request_at(host), host, {});
    if (!poll) {
      return poll.error().message;
    }
    return join(samples_text(*poll, loaded.settings), ",") +
           (poll->problems.empty() ? "" : ": " + poll->problems.front().message);
  };
  const std::string untold = "{kind: csv, delimiter: \";\"}";
  for (const auto& [first, second] : {std::pair("1.234,5", "1,234"), std::pair("1,234", "1,5")}) {
    const std::string said = poll_of(untold, first, second);
    for (const char* part :
         {"metric n is written in two ways", "\"1,234\"", "decimal: \",\" or decimal: \".\" in decode"}) {
      EXPECT_NE(said.find(part), std::string::npos) << said;
    }
  }
  EXPECT_NE(poll_of(untold, "1,234", "7").find("\"1,234\" may be a fraction or thousands"), std::string::npos);
  EXPECT_EQ(poll_of("{kind: csv, delimiter: \";\", decimal: \",\"}", "1.234,5", "1,234"),
            "n 2026-11-18 1234.5,n 2026-11-19 1.234");
  EXPECT_EQ(poll_of("{kind: csv, delimiter: \";\", decimal: \".\"}", "1,234.5", "1,234"),
            "n 2026-11-18 1234.5,n 2026-11-19 1234");
}

TEST(HttpRows, OfInfluxdbMayBeNone) {
  const Recording recording = read_recording("influxdb2");
  const LoadedSource loaded = load_source(recording.source);
  std::string body = "\r\n";
  FakeHost host([&](const HttpRequest&) { return answer_of(body); });
  EXPECT_EQ(poll_text(loaded.source->poll(request_at(host), host, {}), loaded.settings), "");
  body = "";
  EXPECT_EQ(poll_text(loaded.source->poll(request_at(host), host, {}), loaded.settings),
            "error: https://influx.example.com:8086 answer: is empty where CSV is wanted\n");
}

TEST(HttpRows, OfDaysThatAreCutInUtcTakeNoOtherTimezone) {
  for (const char* name : {"prometheus", "influxdb", "influxdb2", "x"}) {
    const std::string source = read_recording(name).source;
    EXPECT_NE(load_source(source + "timezone: UTC\n").source, nullptr);
    const std::string said = load_source(source + "timezone: Europe/Stockholm\n").diagnostics;
    EXPECT_NE(said.find("the days of " + std::string(name) + " are those of UTC, not of Europe/Stockholm"),
              std::string::npos)
        << said;
  }
}

TEST(HttpWaits, ThatAreTooLongToCountAreAsLongAsCanBe) {
  const LoadedSource loaded = load_source(kVisits);
  FakeHost host([](const HttpRequest&) { return answer_of("", 429, {{"retry-after", "99999999999999999999"}}); });
  EXPECT_FALSE(loaded.source->poll(request_at(host), host, {}).has_value());
  EXPECT_EQ(host.waits.size(), 0U);
  host.time += std::chrono::hours{1};
  EXPECT_FALSE(loaded.source->poll(request_at(host), host, {}).has_value());
  EXPECT_EQ(host.requests.size(), 1U);
}

TEST(HttpWaits, UntilMidnightAreUntilThatOfTheSource) {
  for (const auto& [zone, hour] : {std::pair("Europe/Stockholm", 23), {"America/New_York", 5}}) {
    const LoadedSource loaded = load_source("plugin: hubspot\ntoken: hubspot-secret\ntimezone: " + std::string(zone) +
                                            "\nmetrics: {contacts: {}}");
    ASSERT_NE(loaded.source, nullptr) << loaded.diagnostics;
    FakeHost host([](const HttpRequest&) { return answer_of(R"({"policyName":"DAILY","message":"used up"})", 429); });
    host.time += std::chrono::hours{hour == 5 ? 4 : 22};
    const auto poll = loaded.source->poll(request_at(host), host, {});
    ASSERT_FALSE(poll.has_value());
    EXPECT_NE(
        poll.error().message.find("not asked again before 2026-11-21T" + std::string(hour == 5 ? "05" : "23") + ":00"),
        std::string::npos)
        << poll.error().message;
  }
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

TEST(HttpRows, ThatLackAFieldSayWhatTheyHave) {
  const LoadedSource loaded = load_source(kVisits);
  FakeHost host([](const HttpRequest&) { return answer_of(R"({"data":[{"date":"2026-11-20","visits":1}]})"); });
  EXPECT_EQ(poll_text(loaded.source->poll(request_at(host), host, {}), loaded.settings),
            "error: s: no row has n for metric visits: the first one has date, visits\n");
}

TEST(HttpSketch, OfTheReferenceWorksAsItStands) {
  const LoadedSource loaded = load_source(R"yaml(plugin: http
params: {property: 123, metric: sessions, filter: {optional: true}, base: "https://ga.example.com"}
secrets: {ga4: "${file:KEY_FILE}"}
auth: {type: oauth2_jwt_bearer, key_file: "{{secret.ga4}}", scope: https://www.googleapis.com/auth/analytics.readonly}
window: {lookback_days: 4, timezone: from_response:/metadata/timeZone, format: "%Y-%m-%d", end: inclusive}
request:
  method: POST
  url: "{{base|https://analyticsdata.googleapis.com}}/v1beta/properties/{{property}}:runReport"
  json: {dateRanges: [{startDate: "{{window.start}}", endDate: "{{window.end}}"}], dimensions: [{name: date}],
         metrics: [{name: "{{metric}}"}], keepEmptyRows: true, returnPropertyQuota: true, limit: 10000, dimensionFilter: "{{filter}}"}
paginate: {kind: offset, at: body:/offset, size: 10000, total: /rowCount}
rows: {kind: zip, names: [/dimensionHeaders/*/name, /metricHeaders/*/name], rows: /rows, values: [dimensionValues/*/value, metricValues/*/value],
       date: {field: date, format: "%Y%m%d"}, value: {field: "{{metric}}"}, missing: zero}
outcome:
  - {when: {status: 429}, then: rate_limited}
  - {when: {status: 401}, then: reauth}
  - {when: {json: /metadata/subjectToThresholding == true}, then: partial, note: thresholded}
  - {when: {json: /metadata/samplingMetadatas exists}, then: partial, note: sampled}
gauges: {ga4_tokens_left: /propertyQuota/tokensPerDay/remaining}
budget: {concurrency: 4}
timezone: Europe/Riga
metrics: {visits: {}})yaml");
  ASSERT_NE(loaded.source, nullptr) << loaded.diagnostics;
  FakeHost host([](const HttpRequest& request) {
    return request.url.ends_with("/token") ? answer_of(R"({"access_token":"t"})")
                                           : answer_of(R"({"dimensionHeaders":[{"name":"date"}],
      "metricHeaders":[{"name":"sessions"}],"rows":[{"dimensionValues":[{"value":"20261120"}],
      "metricValues":[{"value":"1240"}]}],"rowCount":1,"metadata":{"timeZone":"Europe/Riga","subjectToThresholding":true},
      "propertyQuota":{"tokensPerDay":{"consumed":6,"remaining":199994}}})");
  });
  const auto poll = loaded.source->poll(request_at(host), host, {});
  EXPECT_EQ(poll_text(poll, loaded.settings), "visits 2026-11-20 1240\nproblem: s: the other side says: thresholded\n");
  EXPECT_EQ(join(poll->remarks, "; "), "2 requests sent; quota: ga4_tokens_left is 199994");
  EXPECT_EQ(ordered_json::parse(host.requests.back().body)["metrics"].dump(), R"([{"name":"sessions"}])");
}

TEST(HttpSketch, MayDeclareItsParametersAndNameTheMetric) {
  const LoadedSource loaded = load_source(R"yaml(plugin: http
preset: shop.orders
version: 1
params: {shop: {required: true}, region: {choices: [eu, us], default: eu}, filter: {json: true, optional: true}}
shop: acme
filter: {status: paid}
request: {url: "https://{{region}}.example.com/{{shop}}/orders", json: {fields: ["{{metric}}"], filter: "{{filter}}"}}
rows: {kind: records, path: /rows, date: {field: d}, value: {field: "{{metric}}"}}
metrics: {orders: {}, revenue: {column: total}})yaml");
  ASSERT_NE(loaded.source, nullptr) << loaded.diagnostics;
  FakeHost host(
      [](const HttpRequest&) { return answer_of(R"({"rows":[{"d":"2026-11-20","orders":3,"total":"12.5"}]})"); });
  EXPECT_EQ(poll_text(loaded.source->poll(request_at(host), host, {}), loaded.settings),
            "orders 2026-11-20 3\nrevenue 2026-11-20 12.5\n");
  EXPECT_EQ(host.requests.front().url, "https://eu.example.com/acme/orders");
  EXPECT_EQ(host.requests.front().body, R"({"fields":["orders","total"],"filter":{"status":"paid"}})");
}

TEST(HttpPlan, NamesThePlaceOfEveryMistake) {
  const LoadedSource loaded = load_source(R"yaml(plugin: http
auth: {type: baerer, colour: red}
request: {urll: "https://x"}
paginate: {kind: cursor}
rows: {kind: record}
metrics: {n: {}})yaml");
  EXPECT_EQ(loaded.source, nullptr);
  EXPECT_EQ(loaded.diagnostics.find("type, type"), std::string::npos) << loaded.diagnostics;
  for (const char* said : {"kpid.yaml:4:18: error: auth.type is one of none, header, bearer",
                           "kpid.yaml:5:14: error: the key url is missing in request",
                           "kpid.yaml:5:15: error: request has no key \"urll\"",
                           "kpid.yaml:6:15: error: paginate does not say where the page goes",
                           "kpid.yaml:7:18: error: rows.kind is one of records, scalar, zip, entries, pairs, pick, got "
                           "\"record\"",
                           "did you mean \"records\"?"}) {
    EXPECT_NE(loaded.diagnostics.find(said), std::string::npos) << said << "\n" << loaded.diagnostics;
  }
}

TEST(HttpPlan, HasARequestOrSteps) {
  const LoadedSource loaded = load_source(R"yaml(plugin: http
request: {url: "https://api.example.com/n"}
steps: [{request: {url: "https://api.example.com/login"}}]
rows: {kind: scalar}
metrics: {n: {}})yaml");
  EXPECT_EQ(loaded.source, nullptr);
  EXPECT_EQ(loaded.diagnostics.substr(0, loaded.diagnostics.find('\n')),
            "kpid.yaml:4:14: error: the source has both request and steps");
}

TEST(HttpPlan, HasAnAddressThatCanBeAskedFor) {
  const auto trouble = [](const std::string& request) {
    const std::string text =
        load_source("plugin: http\nparams: {base: \"https://x.example.com\", tld: com}\nrequest: " + request +
                    "\nrows: {kind: scalar}\nmetrics: {n: {}}")
            .diagnostics;
    return text.substr(0, text.find('\n'));
  };
  for (const char* url : {"https://exa mple.com/n", "https://x.example.com/a b?c={{page}}"}) {
    EXPECT_EQ(
        trouble("{url: \"" + std::string(url) + "\"}"),
        "kpid.yaml:5:20: error: request.url: the address \"" + std::string(url) + "\" has a space or a line break");
  }
  for (const char* url : {"", "ftp://example.com/n", "example.com/n"}) {
    const std::string shown = "\"" + std::string(url) + "\" is no http or https address";
    EXPECT_EQ(trouble("{url: \"" + std::string(url) + "\"}"), "kpid.yaml:5:20: error: request.url: " + shown);
    EXPECT_EQ(trouble("\"" + std::string(url) + "\""), "kpid.yaml:5:14: error: request: " + shown);
  }
  for (const char* url : {"{{base}}/n", "https://{{tld}}/n", "http://x.example.{{tld}}/n?a={{page|b c}}"}) {
    EXPECT_EQ(trouble("\"" + std::string(url) + "\""), "") << url;
  }
}

TEST(HttpPlan, WantsToKnowOfWhichMetricACallIs) {
  const auto trouble = [](const std::string& request) {
    const std::string text = load_source("plugin: http\n" + request +
                                         "\nlabels: {country: land}\nrows: {kind: records, path: /data}\nmetrics: "
                                         "{n: {query: x}, m: {}}")
                                 .diagnostics;
    return text.substr(0, text.find('\n'));
  };
  EXPECT_EQ(trouble(R"(request: {url: "https://api.example.com/{{metric}}"})"),
            "kpid.yaml:4:20: error: {{metric}} is of one metric, and nothing says of which");
  EXPECT_EQ(trouble(R"(request: {url: "https://api.example.com/n", json: {a: {b: "{{metric.query}}"}}})"),
            "kpid.yaml:4:63: error: {{metric.query}} is of one metric, and nothing says of which");
  EXPECT_EQ(trouble(R"(request: {url: "https://api.example.com/n", text: "SELECT {{metric.query}}"})"),
            "kpid.yaml:4:55: error: {{metric.query}} is of one metric, and nothing says of which");
  EXPECT_EQ(trouble("fan_out: metric\n"
                    R"(request: {url: "https://api.example.com/n", json: {a: "{{label.name}}"}})"),
            "kpid.yaml:5:59: error: {{label.name}} is of one label, and nothing says of which");
  for (const char* request :
       {R"(request: {url: "https://api.example.com/n", query: {f: "{{metric}}"}})",
        R"(request: {url: "https://api.example.com/n", json: [{f: "{{metric}}"}, "{{label.name}}"]})",
        R"(request: {url: "https://api.example.com/{{metric.query|all}}"})",
        R"(request: {url: "https://api.example.com/n", form: {"f[]": "{{label.column}}"}})",
        "fan_out: [metric, day]\n"
        R"(request: {url: "https://api.example.com/{{metric}}/{{day}}"})",
        "params: {metric: m7}\n"
        R"(request: {url: "https://api.example.com/{{metric}}"})"}) {
    EXPECT_EQ(trouble(request), "") << request;
  }
}

/// One day's answer is no month's, nor that of all days of a window.
TEST(HttpPreset, AsksForADayWhereItIsWhatACallIsFor) {
  const auto trouble = [](const std::string& keys, const std::string& date = "window") {
    const std::string text = load_source("plugin: http\n" + keys +
                                         "\nrequest: {url: \"https://api.example.com/{{day}}\"}\n"
                                         "rows: {kind: records, path: /data, date: " +
                                         date + "}\nmetrics: {n: {}}")
                                 .diagnostics;
    const std::size_t help = text.find("  help: ");
    return help == std::string::npos
               ? text
               : text.substr(0, text.find('\n') + 1) + text.substr(help, text.find('\n', help) - help);
  };
  EXPECT_EQ(
      trouble("grain: month\nfan_out: day"),
      "kpid.yaml:6:20: error: {{day}} is one day, and a period of grain month has several: the others are not asked "
      "for\n  help: write grain: day, or ask from {{window.start}} to {{window.end}}");
  EXPECT_EQ(
      trouble("grain: week\nfan_out: day", "{field: d}"),
      "kpid.yaml:6:20: error: {{day}} is one day, and a period of grain week has several: the others are not asked "
      "for\n  help: write grain: day, or ask from {{window.start}} to {{window.end}}");
  EXPECT_EQ(
      trouble("grain: hour\nfan_out: day"),
      "kpid.yaml:6:20: error: {{day}} is a whole day, and its value would be stored for each period of grain hour\n"
      "  help: write grain: day, or ask from {{window.start}} to {{window.end}}");
  EXPECT_EQ(
      trouble("grain: day", "{field: d}"),
      "kpid.yaml:5:20: error: {{day}} is one day, and a call is for a window of several: the others are not asked "
      "for\n  help: write fan_out: day, or ask from {{window.start}} to {{window.end}}");
  EXPECT_EQ(trouble("fan_out: day"), "");
  EXPECT_EQ(trouble("window: {max_span: 1 day}", "{field: d}"), "");
  const std::string misspelt = trouble("window: {max_span: 1 days}", "{field: d}");
  EXPECT_EQ(misspelt.substr(0, misspelt.find('\n')),
            "kpid.yaml:4:24: error: window.max_span: \"1 days\" is not a length of time: write \"1 day\"");
  EXPECT_EQ(trouble("grain: hour\nfan_out: day", "{field: d}"), "");
  EXPECT_EQ(trouble("grain: month\nfan_out: day\nwindow: {format: \"%Y-%m\"}"), "");
}

TEST(HttpPreset, SaysAllThatIsWrongInOnePass) {
  LoadedSource place = load_source(kVisits);
  std::ofstream(place.folder + "/wrong.yaml") << R"yaml(preset: wrong
version: 1
params: {base: {requird: true}}
window: {lookback_days: two}
request: {url: "{{base}}/n?key={{key}}&metric={{metric.colum}}&from={{window.start}}"}
rowz: {kind: records}
)yaml";
  const LoadedSource loaded = load_source("plugin: http\npreset: wrong.yaml\nbase: \"https://x\"\nmetrics: {n: {}}");
  EXPECT_EQ(loaded.source, nullptr);
  for (const char* said : {"wrong.yaml:3:17: error: params.base has no key \"requird\"",
                           "wrong.yaml:4:25: error: window.lookback_days wants a whole number",
                           "there is no variable {{key}}",
                           "there is no variable {{metric.colum}}",
                           "wrong.yaml:6:1: error: a preset has no key \"rowz\""}) {
    EXPECT_NE(loaded.diagnostics.find(said), std::string::npos) << said << "\n" << loaded.diagnostics;
  }
  EXPECT_EQ(loaded.diagnostics.find("no variable {{base}}"), std::string::npos) << loaded.diagnostics;
}

TEST(HttpPreset, RefusesWhatWouldNeverHoldOrMeanNothing) {
  LoadedSource place = load_source(kVisits);
  std::ofstream(place.folder + "/never.yaml") << R"yaml(preset: never
version: 1
about: {title: Never, bogus: 3}
params: {mode: {choices: [a, b], default: c}}
window: {format: "%Y%K"}
request: {url: "https://x/n?from={{window.start as %Y-%K}}&mode={{mode}}"}
outcome:
  - {when: {json: "/error = boom"}, then: config_error}
  - {when: {header: "x-left =< 0"}, then: rate_limited}
  - {when: {json: "/a is b"}, then: retry}
  - {when: {json: "/n > many"}, then: retry}
  - {when: {json: ["metrics[?metric=='sent'].value", "/a b exists", "/left <= 0", "/code in 4, 17"]}, then: retry}
rows: {kind: scalar}
)yaml";
  const LoadedSource loaded = load_source("plugin: http\npreset: never.yaml\nmetrics: {n: {}}");
  EXPECT_EQ(loaded.source, nullptr);
  for (const char* said : {"never.yaml:3:23: error: about has no key \"bogus\"",
                           "never.yaml:4:43: error: params.mode.default \"c\" is none of its choices",
                           "never.yaml:5:18: error: window.format has %K, which means nothing",
                           "{{window.start as %Y-%K}} has %K, which means nothing: use %Y",
                           "never.yaml:8:19: error: \"/error = boom\" has no operator that is known",
                           "write \"/error == boom\"",
                           "never.yaml:9:21: error: \"x-left =< 0\" has no operator that is known",
                           "write \"x-left <= 0\"",
                           "never.yaml:10:19: error: \"/a is b\" has no operator that is known",
                           "never.yaml:11:19: error: \"/n > many\" compares with what is no number"}) {
    EXPECT_NE(loaded.diagnostics.find(said), std::string::npos) << said << "\n" << loaded.diagnostics;
  }
  EXPECT_EQ(loaded.diagnostics.find("never.yaml:12"), std::string::npos) << loaded.diagnostics;
}

TEST(TextPattern, FitsAndDoesNot) {
  const auto fits = [](const char* pattern, const char* text) {
    return TextPattern::parse(pattern).value().fits(text);
  };
  EXPECT_TRUE(fits("^ERROR 1[23]\\d ::", "ERROR 132 :: X"));
  EXPECT_FALSE(fits("^ERROR", "no ERROR"));
  EXPECT_TRUE(fits("a|b+c?$", "xxbb"));
  EXPECT_TRUE(fits("a.*z", "a---z-"));
  EXPECT_FALSE(fits("a+b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
  EXPECT_FALSE(TextPattern::parse("(a)").has_value());
  EXPECT_FALSE(TextPattern::parse("[a").has_value());
}

}  // namespace
}  // namespace kpi::test
