// The http plugin by itself: windows, restated values, and requests in steps.

#include "rules/base/text.hpp"
#include "tests/unit/plugins/connectors/recording.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstdlib>

namespace kpi::test {
namespace {

using nlohmann::ordered_json;

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

TEST(HttpSource, ReadsAgainAfterALongOutageWhatWasNotSettledBefore) {
  const LoadedSource loaded = load_source(kVisits);
  int status = 200;
  FakeHost host([&](const HttpRequest&) { return answer_of(R"({"data":[{"date":"2026-11-20","n":40}]})", status); });
  auto poll = loaded.source->poll(request_at(host), host, {});
  ASSERT_TRUE(poll.has_value());
  const std::string cursor = poll->cursor;
  for (status = 400; host.time < parse_rfc3339("2026-11-27T00:00:00Z"); host.time += std::chrono::hours{24}) {
    ASSERT_FALSE(loaded.source->poll(request_at(host, cursor), host, {}).has_value());
  }
  status = 200;
  poll = loaded.source->poll(request_at(host, cursor), host, {});
  ASSERT_TRUE(poll.has_value());
  EXPECT_EQ(host.requests.back().url, "https://api.example.com/v1/visits?from=2026-11-19&to=2026-11-26");
}

TEST(HttpSource, ComesToTheEndThoughItReadsAgainMoreThanOnePollDoes) {
  const LoadedSource loaded = load_source(R"(plugin: http
grain: hour
window: {lookback_days: 20, first_days: 20}
fan_out: day
request: {url: "https://api.example.com/v1/visits", query: {hour: "{{window.start}}"}}
rows: {kind: scalar, path: /n}
metrics: {visits: {}})");
  ASSERT_NE(loaded.source, nullptr) << loaded.diagnostics;
  FakeHost host([](const HttpRequest&) { return answer_of(R"({"n":1})"); });
  std::string cursor;
  std::vector<std::size_t> asked;
  std::vector<std::string> last;
  for (int i = 0; i < 4; ++i) {
    host.requests.clear();
    const auto poll = loaded.source->poll(request_at(host, cursor), host, {});
    ASSERT_TRUE(poll.has_value()) << poll.error().message;
    cursor = poll->cursor;
    asked.push_back(host.requests.size());
    last.push_back(host.requests.back().url);
  }
  EXPECT_EQ(asked, (std::vector<std::size_t>{400, 80, 400, 80}));
  EXPECT_EQ(last[1], last[3]);
  EXPECT_NE(last[0], last[1]);
}

TEST(HttpSource, AsksOnceMoreForWhatIsWantedAnew) {
  const LoadedSource loaded = load_source(kVisits);
  FakeHost host([&](const HttpRequest&) { return answer_of(R"({"data":[{"date":"2026-11-20","n":1}]})"); });
  const auto first = loaded.source->poll(request_at(host), host, {});
  ASSERT_TRUE(first.has_value());
  ASSERT_TRUE(loaded.source->reads_anew());
  PollRequest request = request_at(host, first->cursor);
  request.anew_from = slot_of(*parse_date("2026-10-01"));
  const auto anew = loaded.source->poll(request, host, {});
  ASSERT_TRUE(anew.has_value());
  EXPECT_EQ(host.requests.back().url, "https://api.example.com/v1/visits?from=2026-10-01&to=2026-11-20");
  EXPECT_EQ(anew->cursor, first->cursor);
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

TEST(HttpSource, AsksAgainForWhatAPartMayHaveLeftOutUntilAWholeAnswerCame) {
  const LoadedSource loaded = load_source(R"(plugin: http
window: {first_days: 3}
request: {url: "https://api.example.com/v1/visits", query: {from: "{{window.start}}", to: "{{window.end}}"}}
rows: {kind: records, path: /data, missing: zero}
outcome: [{when: {json: /part exists}, then: partial}]
metrics: {visits: {column: n}})");
  ASSERT_NE(loaded.source, nullptr) << loaded.diagnostics;
  bool is_part = false;
  FakeHost host(
      [&](const HttpRequest&) { return answer_of(is_part ? R"({"data":[],"part":true})" : R"({"data":[]})"); });
  const auto first = loaded.source->poll(request_at(host), host, {});
  ASSERT_TRUE(first.has_value()) << first.error().message;
  host.time += std::chrono::hours{24};
  is_part = true;
  std::string cursor = first->cursor;
  for (int polls = 0; polls < 2; ++polls) {
    const auto part = loaded.source->poll(request_at(host, cursor), host, {});
    ASSERT_TRUE(part.has_value()) << part.error().message;
    EXPECT_TRUE(part->is_partial);
    EXPECT_EQ(host.requests.back().url, "https://api.example.com/v1/visits?from=2026-11-21&to=2026-11-21");
    cursor = part->cursor;
  }
  is_part = false;
  const auto whole = loaded.source->poll(request_at(host, cursor), host, {});
  ASSERT_TRUE(whole.has_value());
  EXPECT_EQ(host.requests.size(), 4U);
  EXPECT_EQ(host.requests.back().url, "https://api.example.com/v1/visits?from=2026-11-21&to=2026-11-21");
  EXPECT_TRUE(loaded.source->poll(request_at(host, whole->cursor), host, {})->unchanged);

  is_part = true;
  host.time += std::chrono::hours{24 * 90};
  const auto late = loaded.source->poll(request_at(host, whole->cursor), host, {});
  ASSERT_TRUE(late.has_value());
  EXPECT_EQ(host.requests.back().url, "https://api.example.com/v1/visits?from=2026-11-22&to=2027-02-19");
  ASSERT_TRUE(loaded.source->poll(request_at(host, late->cursor), host, {}).has_value());
  EXPECT_EQ(host.requests.back().url, "https://api.example.com/v1/visits?from=2027-01-20&to=2027-02-19");
}

TEST(HttpSource, ComesToTheEndOfALongHistoryOfWhichItGetsParts) {
  const LoadedSource loaded = load_source(R"(plugin: http
window: {first_days: 500}
fan_out: day
request: {url: "https://api.example.com/v1/visits", query: {day: "{{window.start}}"}}
rows: {kind: scalar, path: /n}
outcome: [{when: {json: /part exists}, then: partial}]
metrics: {visits: {}})");
  ASSERT_NE(loaded.source, nullptr) << loaded.diagnostics;
  int answers = 0;
  FakeHost host([&](const HttpRequest&) {
    return ++answers % 10 == 0 ? answer_of("{}", 400) : answer_of(R"({"n":1,"part":true})");
  });
  std::string cursor;
  bool has_more = true;
  for (int polls = 0; has_more && polls < 100; ++polls) {
    const auto poll = loaded.source->poll(request_at(host, cursor), host, {});
    ASSERT_TRUE(poll.has_value()) << poll.error().message;
    cursor = poll->cursor;
    has_more = poll->has_more;
  }
  EXPECT_FALSE(has_more) << "each poll breaks off, and goes on where the one before did";
}

TEST(HttpSource, SaysUntilWhenItHasAskedForWhatIsFinal) {
  const auto asked_until = [](const std::string& window, const std::string& rows, const std::string& answer) {
    const LoadedSource loaded = load_source("plugin: http\nwindow: {first_days: 3" + window + R"(}
request: {url: "https://api.example.com/v1/visits", query: {from: "{{window.start}}", to: "{{window.end}}"}}
rows: {kind: records, path: /data, missing: zero)" +
                                            rows + "}\nmetrics: {visits: {column: n}}");
    EXPECT_NE(loaded.source, nullptr) << loaded.diagnostics;
    FakeHost host([&](const HttpRequest&) { return answer_of(R"({"data":[])" + answer + "}"); });
    std::vector<std::string> days;
    std::string cursor;
    for (int polls = 0; loaded.source != nullptr && polls < 2; ++polls) {
      const auto poll = loaded.source->poll(request_at(host, cursor), host, {});
      if (!poll || !poll->whole_until) {
        return poll ? std::string("nothing is said") : poll.error().message;
      }
      days.push_back(date_text(date_of(*poll->whole_until)) + (poll->unchanged ? " unchanged" : ""));
      cursor = poll->cursor;
    }
    return join(days, ", ");
  };
  EXPECT_EQ(asked_until("", "", ""), "2026-11-21, 2026-11-21 unchanged");
  EXPECT_EQ(asked_until(", end_offset_days: 2", "", ""), "2026-11-20, 2026-11-20 unchanged");
  EXPECT_EQ(asked_until(", mature_after: 48h", "", ""), "2026-11-19, 2026-11-19 unchanged");
  EXPECT_EQ(asked_until("", ", final_before: /final", R"(,"final":"2026-11-19")"), "2026-11-19, 2026-11-19");
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
  EXPECT_EQ(poll->whole_from, std::nullopt) << "what it withholds is not gone";
  EXPECT_TRUE(poll->is_partial) << "nor is it zero";
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

}  // namespace
}  // namespace kpi::test
