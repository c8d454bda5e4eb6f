// When the http plugin may ask again: waits in every form, rests, and budgets of a credential.

#include "tests/unit/plugins/connectors/recording.hpp"

#include <gtest/gtest.h>

namespace kpi::test {
namespace {

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

}  // namespace
}  // namespace kpi::test
