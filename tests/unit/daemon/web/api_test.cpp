#include "daemon/web/api.hpp"

#include "daemon/engine/action_link.hpp"
#include "daemon/web/status_index.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <string>
#include <utility>

namespace kpi::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kToken = "a token that nobody guesses";

class ApiTest : public testing::Test {
 protected:
  WebReply ask(const std::string& method, const std::string& path, std::map<std::string, std::string> headers = {}) {
    headers.emplace("host", "localhost:8470");
    WebRequest request;
    request.method = method;
    const std::size_t mark = path.find('?');
    request.path = path.substr(0, mark);
    for (std::size_t at = mark; at < path.size();) {
      const std::size_t end = std::min(path.find('&', at + 1), path.size());
      const std::string part = path.substr(at + 1, end - at - 1);
      request.query[part.substr(0, part.find('='))] = part.substr(part.find('=') + 1);
      at = end;
    }
    request.headers = std::move(headers);
    request.body = body;
    request.is_local = is_local;
    return api().handle(request);
  }

  Api& api() {
    if (!api_) {
      ApiGround ground;
      ground.config = [this] { return config; };
      ground.verb = [this](const std::vector<std::string>& words) {
        asked = words;
        if (on_verb) {
          std::exchange(on_verb, nullptr)();
        }
        return result;
      };
      ground.status = [this]() -> Result<StatusSnapshot> {
        ++statuses;
        StatusSnapshot status;
        status.sources = R"([{"name":"web"}])";
        return status;
      };
      ground.ask = [this](Action action) -> Result<ActionAnswer> {
        actions.push_back(std::move(action));
        return ActionAnswer{"done", "id_1"};
      };
      ground.metrics = [] { return std::string("kpid_build_info 1\n"); };
      ground.problem = [this] { return not_ready; };
      ground.config_errors = [] { return std::string("rules.yaml:3:1: error"); };
      ground.step = [this] { return step; };
      ground.now = [this] { return now; };
      ground.links = links;
      api_ = std::make_unique<Api>(
          std::move(ground),
          ApiOptions{
              Secret(token), is_public, {"localhost", "kpi.example.com"}, "/var/h.db", "https://kpi.example.com"});
    }
    return *api_;
  }

  std::string token = kToken;
  bool is_public = false;
  bool is_local = false;
  std::string body;
  std::string not_ready;
  std::shared_ptr<const Config> config = std::make_shared<Config>();
  VerbResult result{0, R"({"now":null,"kpis":[],"sources":[],"channels":[]})", ""};
  std::shared_ptr<LinkSigner> links;
  std::vector<std::string> asked;
  std::function<void()> on_verb;  ///< Called while the next one runs.
  Instant now = parse_rfc3339("2026-03-31T06:00:00Z").value();
  std::uint64_t step = 1;
  int statuses = 0;  ///< How often it was read.
  std::vector<Action> actions;

 private:
  std::unique_ptr<Api> api_;
};

const std::map<std::string, std::string> kBearer{{"authorization", std::string("Bearer ") + kToken},
                                                 {"content-type", "application/json"}};

TEST_F(ApiTest, AnswersWithTheVerbsOfTheProgram) {
  EXPECT_EQ(nlohmann::json::parse(ask("GET", "/api/v1/status").body)["sources"][0]["name"], "web");
  EXPECT_EQ(ask("GET", "/api/v1/alerts").status, 200);
  EXPECT_THAT(asked, ElementsAre("alerts", "--json"));
  EXPECT_EQ(ask("GET", "/api/v1/alerts?all=1&kpi=visits").status, 200);
  EXPECT_THAT(asked, ElementsAre("alerts", "--json", "--all", "--", "visits"));
  EXPECT_EQ(ask("GET", "/api/v1/alerts?kpi=--config=x").status, 200);
  EXPECT_THAT(asked, ElementsAre("alerts", "--json", "--", "--config=x"));  // no option
  EXPECT_EQ(ask("GET", "/api/v1/kpis/visits/history").status, 200);
  EXPECT_THAT(asked, ElementsAre("history", "export", "--format", "json", "--", "visits"));
  result = {2, "", "kpid: there is no KPI \"x\"\n"};
  const WebReply reply = ask("GET", "/api/v1/kpis/x/explain");
  EXPECT_THAT(asked, ElementsAre("explain", "--", "x"));
  EXPECT_EQ(reply.status, 404);
  EXPECT_EQ(reply.type, "application/problem+json");
  EXPECT_THAT(reply.body, HasSubstr(R"("title":"there is no KPI \"x\"")"));
  EXPECT_EQ(ask("GET", "/api/v1/notes?kpi=x").status, 404);
  EXPECT_EQ(ask("GET", "/api/v1/reviews?kpi=x").status, 404);
}

TEST_F(ApiTest, RefusesAParameterThatIsNotDescribed) {
  const WebReply reply = ask("GET", "/api/v1/kpis/visits/history?form=2026-01-01");
  EXPECT_EQ(reply.status, 400);
  EXPECT_THAT(reply.body, HasSubstr(R"("there is no parameter \"form\"; there are segment, from, to")"));
  EXPECT_THAT(ask("GET", "/api/v1/status?limit=x").body, HasSubstr("there are none here"));
}

TEST_F(ApiTest, ReadsTheStatusOnceAStep) {
  ask("GET", "/api/v1/kpis");
  EXPECT_EQ(ask("GET", "/api/v1/kpis?q=a").status, 200);
  EXPECT_EQ(ask("GET", "/api/v1/sources").body, "{\"sources\":[{\"name\":\"web\"}]}\n");
  EXPECT_EQ(ask("GET", "/api/v1/status").status, 200);
  EXPECT_EQ(statuses, 1);
}

TEST_F(ApiTest, ReadsAnewAfterAStepWhatWasAskedForAndNothingElse) {
  ++step;
  api().prepare();
  EXPECT_EQ(statuses, 0) << "nobody looks";
  ask("GET", "/api/v1/kpis");
  ++step;
  api().prepare();
  EXPECT_EQ(statuses, 1) << "steps that come fast are read by who asks";
  ask("GET", "/api/v1/kpis");
  EXPECT_EQ(statuses, 2);
}

TEST_F(ApiTest, AnswersAfterAStepWithWhatWasReadForIt) {
  ask("GET", "/api/v1/kpis");
  ask("GET", "/api/v1/alerts");
  ++step;
  asked.clear();
  api().prepare();
  EXPECT_EQ(statuses, 2);
  EXPECT_THAT(asked, ElementsAre("alerts", "--json"));
  asked.clear();
  ask("GET", "/api/v1/kpis");
  ask("GET", "/api/v1/alerts");
  EXPECT_EQ(statuses, 2);
  EXPECT_THAT(asked, IsEmpty());
}

TEST_F(ApiTest, ATokenThatIsChangedWorksNoMore) {
  EXPECT_EQ(ask("POST", "/api/v1/reload", kBearer).status, 200);
  api().admit(Secret("another token"), {"new.example.com"});
  EXPECT_EQ(ask("POST", "/api/v1/reload", kBearer).status, 421);
  const auto asked_with = [&](const std::string& secret) {
    return ask("POST", "/api/v1/reload", {{"host", "new.example.com"}, {"authorization", "Bearer " + secret}}).status;
  };
  EXPECT_EQ(asked_with(kToken), 401);
  EXPECT_EQ(asked_with("another token"), 200);
}

TEST_F(ApiTest, AProgramOfHttp10NeedsNoHost) {
  WebRequest request;
  request.method = "GET";
  request.path = "/healthz";
  EXPECT_EQ(api().handle(request).status, 421);
  request.is_http_1_0 = true;
  EXPECT_EQ(api().handle(request).status, 200);
  request.headers["host"] = "evil.example";
  EXPECT_EQ(api().handle(request).status, 421);
}

TEST_F(ApiTest, WritesForThoseWithTheTokenOrOnTheSocket) {
  body = R"({"by": "anna", "until": "2h"})";
  EXPECT_EQ(ask("POST", "/api/v1/alerts/ep_1/ack", {{"content-type", "application/json"}}).status, 401);
  EXPECT_EQ(
      ask("POST", "/api/v1/alerts/ep_1/ack", {{"content-type", "application/json"}, {"authorization", "Bearer x"}})
          .status,
      401);
  EXPECT_TRUE(actions.empty());
  EXPECT_EQ(ask("POST", "/api/v1/alerts/ep_1/ack", kBearer).status, 200);
  is_local = true;
  EXPECT_EQ(ask("POST", "/api/v1/alerts/ep_2/ack", {{"content-type", "application/json"}}).status, 200);
  ASSERT_EQ(actions.size(), 2U);
  EXPECT_EQ(std::get<AcknowledgeAction>(actions[1]).episode, "ep_2");
  EXPECT_EQ(ask("POST", "/api/v1/reload", {{"kpid-history", "/other.db"}}).status, 421);
}

TEST_F(ApiTest, RunsAVerbThatReadsForWhoMayUseTheSocketAndNoOther) {
  body = R"({"words": ["history", "export", "--", "visits"]})";
  EXPECT_EQ(ask("POST", "/api/v1/verb", kBearer).status, 404);
  is_local = true;
  result = {1, "said", "complained"};
  const WebReply reply = ask("POST", "/api/v1/verb", {{"content-type", "application/json"}});
  EXPECT_EQ(reply.body, "{\"code\":1,\"out\":\"said\",\"err\":\"complained\"}\n");
  EXPECT_THAT(asked, ElementsAre("history", "export", "--", "visits"));
  for (const char* words : {R"(["config"])", R"(["history", "backup", "x"])", R"([1])", R"(["statuses"])"}) {
    body = std::string(R"({"words": )") + words + "}";
    EXPECT_EQ(ask("POST", "/api/v1/verb", {{"content-type", "application/json"}}).status, 400) << words;
  }
}

TEST_F(ApiTest, RefusesWritingWithoutAnyToken) {
  token.clear();
  body = "{}";
  EXPECT_EQ(ask("POST", "/api/v1/reload", {{"authorization", "Bearer "}}).status, 403);
}

TEST_F(ApiTest, RefusesOtherHostsAndPagesOfOtherOrigins) {
  EXPECT_EQ(ask("GET", "/api/v1/status", {{"host", "evil.example"}}).status, 421);
  EXPECT_EQ(ask("GET", "/", {{"host", "169.254.169.254"}}).status, 421);
  EXPECT_EQ(ask("GET", "/api/v1/status", {{"host", "KPI.example.com:443"}}).status, 200);
  EXPECT_EQ(ask("GET", "/api/v1/status", {{"origin", "https://evil.example"}}).status, 403);
  EXPECT_EQ(ask("GET", "/api/v1/status", {{"origin", "http://localhost:8470"}}).status, 200);
  EXPECT_EQ(ask("GET", "/api/v1/status", {{"origin", "http://localhost:8471"}}).status, 403);
  EXPECT_EQ(ask("GET", "/api/v1/status", {{"origin", "http://localhost"}}).status, 403);
  EXPECT_EQ(ask("GET", "/api/v1/status", {{"origin", "null"}}).status, 403);
  EXPECT_EQ(ask("GET", "/api/v1/status", {{"host", "localhost:8470, evil"}}).status, 421);
  EXPECT_EQ(ask("GET", "/api/v1/status", {{"host", "localhost:9000"}}).status, 200) << "a tunnel has a port of its own";
}

TEST_F(ApiTest, TakesThePageOfItsPublicAddressBehindAProxyThatHidesIt) {
  const auto asked_as = [&](const char* host, const char* origin) {
    return ask("GET", "/api/v1/status", {{"host", host}, {"origin", origin}}).status;
  };
  EXPECT_EQ(asked_as("kpi.example.com", "https://kpi.example.com"), 200);
  EXPECT_EQ(asked_as("localhost:8470", "https://KPI.example.com"), 200);
  EXPECT_EQ(asked_as("localhost:8470", "http://kpi.example.com"), 403);
  EXPECT_EQ(asked_as("localhost:8470", "https://kpi.example.com:8443"), 403);
}

TEST_F(ApiTest, SaysWhichMethodsAnAddressTakes) {
  const auto answer = [&](const char* method, const char* path) {
    const WebReply reply = ask(method, path, kBearer);
    const auto allow = std::ranges::find(reply.headers, "Allow", &std::pair<std::string, std::string>::first);
    return std::to_string(reply.status) + (allow == reply.headers.end() ? "" : " " + allow->second);
  };
  EXPECT_EQ(answer("POST", "/api/v1/status"), "405 GET, HEAD");
  EXPECT_EQ(answer("PUT", "/api/v1/kpis/visits"), "405 GET, HEAD");
  EXPECT_EQ(answer("GET", "/api/v1/reload"), "405 POST");
  EXPECT_EQ(answer("DELETE", "/api/v1/silences"), "405 GET, HEAD, POST");
  EXPECT_EQ(answer("POST", "/metrics"), "405 GET, HEAD");
  EXPECT_EQ(answer("PUT", "/api/v1/nothing"), "404");
}

TEST_F(ApiTest, ChecksTheFilesOnceAtATime) {
  int inner = 0;
  on_verb = [&] {
    const WebReply meanwhile = ask("GET", "/api/v1/check");
    EXPECT_THAT(meanwhile.headers, testing::Contains(testing::Pair("Retry-After", "5")));
    inner = meanwhile.status;
    now += std::chrono::seconds(40);  // so long it takes
  };
  EXPECT_EQ(ask("GET", "/api/v1/check").status, 200);
  EXPECT_EQ(inner, 503);
  asked.clear();
  now += std::chrono::seconds(39);
  EXPECT_EQ(ask("GET", "/api/v1/check").status, 200);
  EXPECT_THAT(asked, IsEmpty());
  now += std::chrono::seconds(1);
  EXPECT_EQ(ask("GET", "/api/v1/check").status, 200);
  EXPECT_THAT(asked, ElementsAre("check"));
}

TEST_F(ApiTest, SaysWhenItAnswered) {
  EXPECT_THAT(ask("GET", "/healthz").headers,
              testing::Contains(testing::Pair("Date", "Tue, 31 Mar 2026 06:00:00 GMT")));
}

TEST_F(ApiTest, TakesTheSchemeOfATokenInAnyCase) {
  EXPECT_EQ(ask("POST", "/api/v1/reload", {{"authorization", std::string("bearer ") + kToken}}).status, 200);
  EXPECT_EQ(ask("POST", "/api/v1/reload", {{"authorization", std::string("Basic ") + kToken}}).status, 401);
  EXPECT_EQ(ask("POST", "/api/v1/reload", {{"authorization", "Bearer"}}).status, 401);
}

TEST_F(ApiTest, ShowsNothingBeyondLoopbackWithoutTheToken) {
  is_public = true;
  EXPECT_EQ(ask("GET", "/api/v1/status").status, 401);
  EXPECT_EQ(ask("GET", "/metrics").status, 401);
  EXPECT_EQ(ask("GET", "/healthz").status, 200);
  EXPECT_EQ(ask("GET", "/app.js").status, 200);
  EXPECT_EQ(ask("GET", "/api/v1/status", kBearer).status, 200);
}

TEST_F(ApiTest, IsAliveBeforeItIsReady) {
  not_ready = "2 sources have not been tried yet";
  EXPECT_EQ(ask("GET", "/healthz").body, "ok\n");
  EXPECT_EQ(ask("GET", "/readyz").status, 503);
  EXPECT_EQ(ask("GET", "/readyz").body, "2 sources have not been tried yet\n");
}

TEST_F(ApiTest, HasAPageThatLoadsNothingFromElsewhere) {
  for (const char* path : {"/", "/kpis/conversion_rate"}) {
    const WebReply page = ask("GET", path);
    EXPECT_EQ(page.status, 200);
    EXPECT_THAT(page.body, HasSubstr("<title>kpid</title>"));
    EXPECT_THAT(page.headers,
                testing::Contains(testing::Pair("Content-Security-Policy", HasSubstr("default-src 'none'"))));
  }
  for (const char* path : {"/app.js", "/words.js", "/app.css", "/uplot.js", "/uplot.css"}) {
    EXPECT_GT(ask("GET", path).body.size(), 500U) << path;
  }
  EXPECT_EQ(ask("GET", "/../etc/passwd").status, 404);
  EXPECT_EQ(ask("DELETE", "/api/v1/status", kBearer).status, 405);
}

TEST_F(ApiTest, DescribesEachOfItsAddresses) {
  const auto document = nlohmann::json::parse(ask("GET", "/api/v1/openapi.json").body);
  EXPECT_EQ(document["openapi"], "3.1.0");
  for (const auto& [path, methods] : document["paths"].items()) {
    if (methods.contains("get") && path.find('{') == std::string::npos && path != "/api/v1/events" &&
        path != "/api/v1/silences" && path != "/api/v1/reviews" && path != "/api/v1/notifications" &&
        path != "/api/v1/notes") {
      EXPECT_EQ(ask("GET", path).status, 200) << path;
    }
  }
}

/// The pages behind links in messages, of an alert that fires.
class ActionPageTest : public ApiTest {
 protected:
  ActionPageTest() {
    std::string name = testing::TempDir() + "kpid-page-XXXXXX";
    folder_ = ::mkdtemp(name.data());
    links = std::make_shared<LinkSigner>(folder_ + "/history.db");
    result.out =
        R"({"alerts": [{"id": "ep_1", "status": "firing", "kpi": "visits", "source": null, "title": "Visits <b>",
      "segment": {"country": "SE"}, "rule": "thresholds", "severity": "critical", "since": "2026-03-28T00:00:00Z",
      "value": 2, "acknowledged": null}]})";
  }

  ~ActionPageTest() override {
    ::unlink((folder_ + "/history.db.link-key").c_str());
    ::rmdir(folder_.c_str());
  }

  std::string link(ActionLink::Kind kind,
                   const std::string& episode = "ep_1",
                   const char* expires = "2026-04-07T06:00:00Z") {
    return links->path_of({kind, episode, "growth", parse_rfc3339(expires).value()}).value();
  }

 private:
  std::string folder_;
};

TEST_F(ActionPageTest, AsksAndChangesNothingWhenItIsFetched) {
  const WebReply reply = ask("GET", link(ActionLink::Kind::kAcknowledge));
  EXPECT_EQ(reply.status, 200);
  EXPECT_THAT(reply.body, HasSubstr("Do you have it?"));
  EXPECT_THAT(reply.body, HasSubstr("Visits &lt;b&gt; (country: SE)"));
  EXPECT_EQ(ask("HEAD", link(ActionLink::Kind::kAcknowledge)).status, 200);
  EXPECT_TRUE(actions.empty());
}

TEST_F(ActionPageTest, AcknowledgesForWhoGivesAName) {
  body = "by=anna+b&for=4+hours&comment=on%20it";
  const WebReply reply = ask("POST", link(ActionLink::Kind::kAcknowledge), {{"origin", "http://localhost:8470"}});
  EXPECT_EQ(reply.status, 200);
  EXPECT_THAT(reply.body, HasSubstr("anna b has it until 31 March 2026 10:00."));
  ASSERT_EQ(actions.size(), 1U);
  const auto& action = std::get<AcknowledgeAction>(actions[0]);
  EXPECT_EQ(action.episode + " " + action.by + ": " + action.comment, "ep_1 anna b: on it");
  EXPECT_EQ(rfc3339(action.until), "2026-03-31T10:00:00Z");
}

TEST_F(ActionPageTest, SilencesTheKpiAndItsSegment) {
  body = "by=anna&for=1+week";
  EXPECT_THAT(ask("POST", link(ActionLink::Kind::kSilence)).body, HasSubstr("kpi=visits, country=SE"));
  ASSERT_EQ(actions.size(), 1U);
  const auto& action = std::get<SilenceAction>(actions[0]);
  EXPECT_EQ(action.match, (std::vector<LabelMatch>{{"kpi", {"visits"}}, {"country", {"SE"}}}));
  EXPECT_EQ(rfc3339(action.end), "2026-04-07T06:00:00Z");
}

TEST_F(ActionPageTest, SaysBeforehandThatSegmentsAreSilencedToo) {
  const std::string more = "It holds for the segments within that too: 3 lines in all.";
  EXPECT_THAT(ask("GET", link(ActionLink::Kind::kSilence)).body, testing::Not(HasSubstr("It holds for")));
  result.out.replace(result.out.find("{\"country\": \"SE\"}"), 17, "{}, \"lines\": 3");
  EXPECT_THAT(ask("GET", link(ActionLink::Kind::kSilence)).body, HasSubstr(more));
  EXPECT_THAT(ask("GET", link(ActionLink::Kind::kAcknowledge)).body, testing::Not(HasSubstr(more)));
}

TEST_F(ActionPageTest, WantsAName) {
  body = "by=+&for=1+hour";
  EXPECT_EQ(ask("POST", link(ActionLink::Kind::kAcknowledge)).status, 422);
  EXPECT_TRUE(actions.empty());
}

TEST_F(ActionPageTest, WantsATimeThatItOffers) {
  body = "by=anna&for=9+hours";
  const WebReply reply = ask("POST", link(ActionLink::Kind::kAcknowledge));
  EXPECT_EQ(reply.status, 422);
  EXPECT_THAT(reply.body, HasSubstr("Choose how long."));
  EXPECT_TRUE(actions.empty());
}

TEST_F(ActionPageTest, RefusesWhatIsNotSignedExpiredOrOver) {
  body = "by=anna&for=1+hour";
  EXPECT_EQ(ask("POST", link(ActionLink::Kind::kAcknowledge) + "x").status, 404);
  EXPECT_EQ(ask("POST", "/act/acknowledge/ep_1").status, 404);
  EXPECT_EQ(ask("POST", link(ActionLink::Kind::kAcknowledge, "ep_1", "2026-03-31T05:59:59Z")).status, 410);
  EXPECT_THAT(ask("POST", link(ActionLink::Kind::kAcknowledge, "ep_2")).body, HasSubstr("This alert is over"));
  EXPECT_EQ(ask("POST", link(ActionLink::Kind::kAcknowledge), {{"origin", "https://evil.example"}}).status, 403);
  EXPECT_EQ(ask("DELETE", link(ActionLink::Kind::kAcknowledge)).status, 405);
  EXPECT_TRUE(actions.empty());
}

TEST_F(ActionPageTest, SpeaksTheLanguageOfTheChannel) {
  auto spoken = std::make_shared<Config>();
  ChannelConfig channel;
  channel.name = "growth";
  channel.voice.language = Language::kSwedish;
  spoken->channels.push_back(channel);
  config = spoken;
  EXPECT_THAT(ask("GET", link(ActionLink::Kind::kSilence)).body, HasSubstr("<html lang=\"sv\">"));
}

}  // namespace
}  // namespace kpi::test
