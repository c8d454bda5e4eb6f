// The pieces of the http plugin that have a language or a calendar of their own.

#include "plugins/http/condition.hpp"
#include "plugins/http/exchange.hpp"
#include "plugins/http/json_select.hpp"
#include "plugins/http/pages.hpp"
#include "plugins/http/text_pattern.hpp"
#include "plugins/http/text_template.hpp"
#include "plugins/http/window.hpp"
#include "rules/base/text.hpp"
#include "tests/unit/plugins/connectors/recording.hpp"

#include <gtest/gtest.h>

namespace kpi::test {
namespace {

std::string found(const std::string& path, const char* json) {
  const auto select = JsonSelect::parse(path);
  if (!select) {
    return select.error().message;
  }
  const Json root = Json::parse(json);
  std::vector<std::string> texts;
  for (const Json* value : select->all(root)) {
    texts.push_back(json_text_of(*value));
  }
  return join(texts, " ");
}

TEST(JsonSelect, FollowsPointersAndPaths) {
  EXPECT_EQ(found("/a/*/v", R"({"a":[{"v":1},{"w":2},{"v":"x"}]})"), "1 x");
  EXPECT_EQ(found("/a/1", R"({"a":[5,6]})"), "6");
  EXPECT_EQ(found("a[-1].v", R"({"a":[{"v":1},{"v":2}]})"), "2");
  EXPECT_EQ(found("$.a[*].v", R"({"a":[{"v":1},{"v":2}]})"), "1 2");
  EXPECT_EQ(found("m[?metric=='sent'].value", R"({"m":[{"metric":"open","value":1},{"metric":"sent","value":2}]})"),
            "2");
  EXPECT_EQ(found("m[?(@.paid!='false')].v", R"({"m":[{"paid":false,"v":1},{"paid":true,"v":2}]})"), "2");
  EXPECT_EQ(found("/a~1b/c", R"({"a/b":{"c":3}})"), "3");
  EXPECT_EQ(found("a[", "{}"),
            "\"a[\" is no path: write a JSON pointer such as /data/rows, or a JSONPath such as "
            "metrics[?metric=='sent'].value");
}

TEST(JsonSelect, PrefersAMemberOfExactlyThatName) {
  const Json root = Json::parse(R"({"a.b":1,"a":{"b":2}})");
  EXPECT_EQ(*JsonSelect::parse("a.b")->first(root), Json(1));
}

TEST(TimeText, WritesDatesAndMoments) {
  const std::int64_t utc = 1'795'132'800'000;  // 2026-11-20T00:00:00Z
  EXPECT_EQ(time_text("%Y-%m-%d %y%j", utc, utc), "2026-11-20 26j");
  EXPECT_EQ(time_text("%Y-%-m-%-d", 1'767'571'200'000, 1'767'571'200'000), "2026-1-5");
  EXPECT_EQ(time_text("%FT%T%z", utc + 7'200'000, utc), "2026-11-20T02:00:00+02:00");
  EXPECT_EQ(time_text("%s %Q %f 100%", utc, utc), "1795132800 1795132800000 1795132800000000 100%");
}

TEST(Links, LeadToTheNextPage) {
  EXPECT_EQ(next_link("<https://x/1>; rel=\"prev\", <https://x/3>; rel=\"next\"").value(), "https://x/3");
  EXPECT_EQ(next_link("<https://x/1>; rel=\"prev\"").value(), "");
  EXPECT_EQ(resolved_url("https://x.example/a/b?q=1", "/c?p=2"), "https://x.example/c?p=2");
  EXPECT_EQ(resolved_url("https://x.example/a/b?q=1", "c"), "https://x.example/a/c");
  EXPECT_EQ(resolved_url("https://x.example/a/b?q=1", "?p=2"), "https://x.example/a/b?p=2");
  EXPECT_EQ(resolved_url("https://x.example/a", "//evil.example/b"), "https://evil.example/b");
  EXPECT_EQ(origin_of("https://user:pw@X.example:8443/a?b#c"), "https://x.example:8443");
}

/// The next page, or what is wrong behind "error: ".
std::string next_of(std::string_view header) {
  const auto next = next_link(header);
  return next ? *next : "error: " + next.error().message;
}

TEST(Links, AreReadAsTheStandardWritesThem) {
  for (const std::string_view header :
       {R"(<https://x/3?ids=1,2;3>; rel="next")",
        R"(<https://x/1>; title="a, b; rel=\"c\", <https://x/2>"; rel=prev, <https://x/3?ids=1,2;3>; rel=next)",
        R"(<https://x/3?ids=1,2;3>; rel="next last")",
        R"(<https://x/3?ids=1,2;3>; rel="last next")",
        R"(<https://x/3?ids=1,2;3>; rel='next')",
        R"(<https://x/3?ids=1,2;3>; rel='last next'; type=a)",
        R"(<https://x/3?ids=1,2;3>; REL = NEXT)",
        R"(<https://x/3?ids=1,2;3>;rel=next;title="next")",
        R"(, <https://x/1>; rel=prev; crossorigin,, <https://x/3?ids=1,2;3>; Rel="NEXT" ,)",
        R"(<https://x/3?ids=1,2;3>; rel=next, <https://x/3?ids=1,2;3>; rel=next)"}) {
    EXPECT_EQ(next_of(header), "https://x/3?ids=1,2;3") << header;
  }
  for (const std::string_view header : {R"()",
                                        R"(<https://x/3>)",
                                        R"(<https://x/3>; rel=prev; rel=next)",
                                        R"(<https://x/3>; rel="prev"; title="rel=\"next\"")",
                                        R"(<https://x/3>; rel="https://x/rel/next")",
                                        R"(<https://x/3>; xrel=next)"}) {
    EXPECT_EQ(next_of(header), "") << header;
  }
}

TEST(Links, ThatCannotBeReadAreAnErrorAndNoLastPage) {
  const std::string rest = ", so that nothing says whether there is another page";
  EXPECT_EQ(next_of("https://x/3; rel=next"), "error: the header Link (https://x/3; rel=next) has no <address>" + rest);
  EXPECT_EQ(next_of("<https://x/3; rel=next"),
            "error: the header Link (<https://x/3; rel=next) has no <address>" + rest);
  EXPECT_EQ(next_of("<https://x/3>; rel=\"next"),
            "error: the header Link (<https://x/3>; rel=\"next) has quotes that do not end" + rest);
  EXPECT_EQ(next_of("<https://x/3> rel=next"),
            "error: the header Link (<https://x/3> rel=next) goes on with what is neither a parameter nor another "
            "link" +
                rest);
  for (const std::string_view header : {R"(<https://x/1>; rel="prev"x, <https://x/3>; rel=next)",
                                        R"(<https://x/1>; rel=prev <https://x/3>; rel=next)",
                                        R"(<https://x/1>; crossorigin <https://x/3>; rel=next)",
                                        R"(<https://x/1; rel=prev, <https://x/3>; rel=next)",
                                        R"(<https://x/3>; rel=next")"}) {
    EXPECT_TRUE(next_of(header).starts_with("error: ")) << header << ": " << next_of(header);
  }
  EXPECT_EQ(next_of("<>; rel=next"), "error: the header Link (<>; rel=next) names a next page without its address");
  EXPECT_EQ(next_of("<https://x/3>; rel=next, <https://x/4>; rel=next"),
            "error: the header Link (<https://x/3>; rel=next, <https://x/4>; rel=next) names two next pages, and which "
            "one leads on nobody knows");
}

std::string windows_text(const WindowPlan& plan,
                         const SourceSettings& settings,
                         const PollRequest& request,
                         std::optional<PollReach> reach) {
  std::string text;
  for (const PollWindow& window : windows_of(plan, settings, request, reach)) {
    text += (text.empty() ? "" : ", ") + window_text(plan, settings, window, false, "") + ".." +
            window_text(plan, settings, window, true, "");
  }
  return text;
}

TEST(Windows, EndWithTheLastWholePeriodOfTheZone) {
  SourceSettings settings;
  settings.zone = Zone::find("America/Los_Angeles").value();
  WindowPlan plan;
  plan.first_days = 2;
  PollRequest request;
  request.now = parse_rfc3339("2026-11-21T05:00:00Z").value();  // still the 20th over there
  EXPECT_EQ(windows_text(plan, settings, request, std::nullopt), "2026-11-18..2026-11-19");
  plan.end = WindowPlan::End::kExclusive;
  EXPECT_EQ(windows_text(plan, settings, request, std::nullopt), "2026-11-18..2026-11-20");
  plan.end = WindowPlan::End::kInclusive;
  plan.mature_after = std::chrono::hours{36};
  EXPECT_EQ(windows_text(plan, settings, request, std::nullopt), "2026-11-17..2026-11-18");
}

TEST(Windows, AreReadAgainAsFarAsTheSettleOrTheLookback) {
  SourceSettings settings;
  settings.settle.days = 3;
  WindowPlan plan;
  plan.lookback_days = 1;
  PollRequest request;
  request.now = parse_rfc3339("2026-11-21T05:00:00Z").value();
  const Slot end = window_end(plan, settings, request.now);
  EXPECT_EQ(end, slot_of(*parse_date("2026-11-21")));
  const PollReach all{end, end};
  EXPECT_EQ(windows_text(plan, settings, request, all), "2026-11-18..2026-11-20");
  settings.settle.days = 0;
  EXPECT_EQ(windows_text(plan, settings, request, all), "2026-11-20..2026-11-20");
  plan.lookback_days = 0;
  EXPECT_EQ(windows_text(plan, settings, request, all), "");
}

TEST(Windows, AreReadAgainAsFarAsTheyWereNotSettledWhenTheyWereReadLast) {
  const SourceSettings settings;
  WindowPlan plan;
  plan.lookback_days = 3;
  PollRequest request;
  request.now = parse_rfc3339("2026-11-21T05:00:00Z").value();
  const auto day = [](std::string_view text) { return slot_of(*parse_date(text)); };
  EXPECT_EQ(windows_text(plan, settings, request, PollReach{day("2026-11-14"), day("2026-11-14")}),
            "2026-11-11..2026-11-20");
  EXPECT_EQ(windows_text(plan, settings, request, PollReach{day("2026-11-14"), day("2026-11-20")}),
            "2026-11-14..2026-11-20")
      << "what had not come is asked for anyway";
  EXPECT_EQ(windows_text(plan, settings, request, PollReach{day("2026-11-19"), day("2026-11-20"), true}),
            "2026-11-19..2026-11-20")
      << "what a poll has begun is gone on with";
}

TEST(Windows, AreCutBySpanByPeriodAndByMonth) {
  SourceSettings settings;
  WindowPlan plan;
  plan.first_days = 5;
  plan.max_span_days = 2;
  PollRequest request;
  request.now = parse_rfc3339("2026-11-21T05:00:00Z").value();
  EXPECT_EQ(windows_text(plan, settings, request, std::nullopt),
            "2026-11-16..2026-11-17, 2026-11-18..2026-11-19, 2026-11-20..2026-11-20");
  plan.max_span_days = 0;
  plan.fan_out = WindowPlan::FanOut::kPeriod;
  plan.first_days = 2;
  EXPECT_EQ(windows_text(plan, settings, request, std::nullopt), "2026-11-19..2026-11-19, 2026-11-20..2026-11-20");
  settings.grain = parse_grain("month").value();
  plan.first_days = 60;
  EXPECT_EQ(windows_text(plan, settings, request, std::nullopt), "2026-09-01..2026-09-30, 2026-10-01..2026-10-31");
}

constexpr const char* kJob = R"yaml(plugin: http
steps:
  - request: {url: "https://api.example.com/jobs", method: POST}
    capture: {job: /id}
  - request: {url: "https://api.example.com/jobs/{{job}}"}
    until: {json: /state == done}
    fail: {json: /state == failed}
    interval: 5s
    timeout: 20s
    cancel: {method: DELETE, url: "https://api.example.com/jobs/{{job}}/cancel"}
rows: {kind: records, path: /rows}
metrics: {n: {}})yaml";

HttpResponse body_of(std::string body) {
  HttpResponse response;
  response.status = 200;
  response.body = std::move(body);
  return response;
}

TEST(HttpSteps, AskUntilTheJobIsDone) {
  const LoadedSource loaded = load_source(kJob);
  ASSERT_NE(loaded.source, nullptr) << loaded.diagnostics;
  int asked = 0;
  FakeHost host([&](const HttpRequest& request) {
    if (request.method == "POST") {
      return body_of(R"({"id":"j/1"})");
    }
    return ++asked < 3 ? body_of(R"({"state":"running"})")
                       : body_of(R"({"state":"done","rows":[{"date":"2026-11-20","n":4}]})");
  });
  PollRequest request;
  request.now = host.time;
  EXPECT_EQ(poll_text(loaded.source->poll(request, host, {}), loaded.settings), "n 2026-11-20 4\n");
  EXPECT_EQ(host.requests.back().url, "https://api.example.com/jobs/j%2F1");
  EXPECT_EQ(host.waits.size(), 2U);
}

TEST(HttpSteps, GiveAJobUpThatFailsOrLastsTooLong) {
  const LoadedSource loaded = load_source(kJob);
  std::string state = "running";
  FakeHost host([&](const HttpRequest& request) {
    return body_of(request.url.ends_with("/jobs") ? R"({"id":"1"})" : R"({"state":")" + state + "\"}");
  });
  PollRequest request;
  request.now = host.time;
  EXPECT_EQ(poll_text(loaded.source->poll(request, host, {}), loaded.settings),
            "error: https://api.example.com: the job was not done in time; raise steps.timeout\n");
  EXPECT_EQ(host.requests.back().url, "https://api.example.com/jobs/1/cancel");
  EXPECT_EQ(host.requests.back().method, "DELETE");
  state = "failed";
  EXPECT_EQ(poll_text(loaded.source->poll(request, host, {}), loaded.settings),
            "error: https://api.example.com: the other side gave the job up\n");
}

TEST(HttpSession, LogsInAgainWhenItIsRefused) {
  const LoadedSource loaded = load_source(R"yaml(plugin: http
auth:
  type: session
  login: {url: "https://api.example.com/login", json: {user: kpid, password: hunter22}}
  token: /token
  header: X-Session
  export: {site: /site}
request: {url: "https://api.example.com/{{auth.site}}/n"}
rows: {kind: scalar, path: /n}
metrics: {n: {kind: level}})yaml");
  ASSERT_NE(loaded.source, nullptr) << loaded.diagnostics;
  int logins = 0;
  FakeHost host([&](const HttpRequest& request) {
    if (request.url.ends_with("/login")) {
      return body_of(R"({"token":"t)" + std::to_string(++logins) + R"(","site":"s"})");
    }
    const bool is_fresh = request.headers.back().second == "t2";
    HttpResponse response = body_of(R"({"n":7})");
    response.status = is_fresh ? 200 : 401;
    return response;
  });
  PollRequest request;
  request.now = host.time;
  EXPECT_EQ(poll_text(loaded.source->poll(request, host, {}), loaded.settings), "n 2026-11-20 7\n");
  EXPECT_EQ(logins, 2);
  EXPECT_EQ(host.requests.back().url, "https://api.example.com/s/n");
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
