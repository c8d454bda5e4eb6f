// Refresh tokens that the other side rotates: what ends one, what does not, and who may use it.

#include "plugins/http/credential_desk.hpp"
#include "tests/unit/plugins/connectors/recording.hpp"

#include <gtest/gtest.h>

namespace kpi::test {
namespace {

std::string refreshed(const std::string& secret = "s3cret",
                      const std::string& configured = "first",
                      const std::string& host = "api.example.com") {
  return R"(plugin: http
auth: {type: oauth2_refresh, token_url: "https://id.example.com/token", client_id: c, client_secret: )" +
         secret + ", refresh_token: " + configured + R"(}
request: {url: "https://)" +
         host + R"(/n"}
rows: {kind: scalar, path: /n}
metrics: {n: {kind: level}})";
}

/// A token endpoint that rotates: each refresh token works once. While `instead` is set it says that.
class Rotating {
 public:
  HttpResponse operator()(const HttpRequest& request) {
    if (!request.url.starts_with("https://id")) {
      return answer_of(R"({"n":1})");
    }
    const std::size_t at = request.body.find("refresh_token=", request.body.find("grant_type") + 25) + 14;
    sent.push_back(request.body.substr(at, request.body.find('&', at) - at));
    if (instead) {
      return *instead;
    }
    if (sent.back() != valid) {
      return answer_of(R"({"error":"invalid_grant"})", 400);
    }
    ++count;
    valid = "rotated" + std::to_string(count);
    return answer_of(R"({"access_token":"access)" + std::to_string(count) + R"(","expires_in":3600,"refresh_token":")" +
                     valid + "\"}");
  }

  std::optional<HttpResponse> instead;
  std::string valid = "first";
  std::vector<std::string> sent;
  int count = 0;
};

class HttpRefresh : public ::testing::Test {
 protected:
  /// What a process that starts now says of one poll.
  std::string poll_of_new_process(const LoadedSource& loaded) {
    FakeHost host([this](const HttpRequest& request) { return vendor_(request); });
    host.kept_files = kept_;
    host.time = time_;
    const std::string text = poll_text(loaded.source->poll(request_at(host), host, {}), loaded.settings);
    kept_ = host.kept_files;
    time_ = host.time + std::chrono::hours{1};
    return text;
  }

  Rotating vendor_;
  std::map<std::string, std::string> kept_;
  Instant time_ = FakeHost().time;
};

TEST_F(HttpRefresh, IsNotForgottenForAnythingThatTheLoginMaySay) {
  const LoadedSource loaded = load_source(refreshed());
  ASSERT_NE(loaded.source, nullptr) << loaded.diagnostics;
  ASSERT_EQ(poll_of_new_process(loaded), "n 2026-11-20 1\n");
  const std::string refused = "error: https://id.example.com: the login is refused, status ";
  const std::string elsewhere =
      ": this is no answer of a login: check its address, and whether a proxy or a firewall stands before it\n";
  const std::string client = ": correct the id and the secret of the client\n";

  const struct {
    HttpResponse answer;
    std::string said;
  } cases[] = {
      {answer_of("<html>blocked</html>", 403), refused + "403 with an HTML page" + elsewhere},
      {answer_of("not found", 404), refused + "404: not found" + elsewhere},
      {answer_of("", 407), refused + "407" + elsewhere},
      {answer_of("", 401), refused + "401: correct the credential\n"},
      {answer_of(R"({"error":"invalid_client"})", 401), refused + "401: invalid_client" + client},
      {answer_of(R"({"error":"unauthorized_client"})", 400), refused + "400: unauthorized_client" + client},
      {answer_of(R"({"error":"invalid_scope"})", 400), refused + "400: invalid_scope: correct scope\n"},
      {answer_of(R"({"error":"invalid_request"})", 400), refused + "400: invalid_request: correct the credential\n"},
      {answer_of(R"({"error":"bad_verification"})", 200), refused + "200: bad_verification: correct the credential\n"},
      {answer_of("<html>later</html>", 200), refused + "200 with an HTML page\n"},
      {answer_of(R"({"error":"invalid_grant"})", 400),
       refused + "400: invalid_grant: correct the credential (a refresh token that was revoked must be made anew)\n"},
  };

  for (const auto& [answer, said] : cases) {
    vendor_.instead = answer;
    EXPECT_EQ(poll_of_new_process(loaded), said);
    vendor_.instead.reset();
    EXPECT_EQ(poll_of_new_process(loaded), "n 2026-11-20 1\n") << "after: " << said;
  }
}

TEST_F(HttpRefresh, IsWrittenDownThoughAllElseStopsMeanwhile) {
  const LoadedSource loaded = load_source(refreshed());
  std::stop_source stop;
  FakeHost host([&](const HttpRequest& request) {
    stop.request_stop();
    return vendor_(request);
  });
  const auto poll = loaded.source->poll(request_at(host), host, stop.get_token());
  ASSERT_FALSE(poll.has_value());
  EXPECT_EQ(poll.error().kind, ErrorKind::kStopped);
  EXPECT_EQ(vendor_.sent, (std::vector<std::string>{"first"}));
  kept_ = host.kept_files;
  EXPECT_EQ(poll_of_new_process(loaded), "n 2026-11-20 1\n");
}

TEST(CredentialDesk, LetsNoRenewalBeginOnceTheProgramEnds) {
  CredentialDesk desk;
  auto renewal = desk.begin_renewal();
  ASSERT_TRUE(renewal.has_value());
  EXPECT_FALSE(desk.end_renewals(std::chrono::milliseconds{0}));
  EXPECT_FALSE(desk.begin_renewal().has_value());
  renewal->reset();
  EXPECT_TRUE(desk.end_renewals(std::chrono::milliseconds{0}));
}

TEST_F(HttpRefresh, WaitsWhereTheLoginCannotAnswerNow) {
  const LoadedSource loaded = load_source(refreshed());
  for (const auto& answer : {answer_of("", 425), answer_of(R"({"error":"temporarily_unavailable"})", 400)}) {
    vendor_.instead = answer;
    const std::string said = poll_of_new_process(loaded);
    EXPECT_TRUE(said.starts_with("error: https://id.example.com: the login is held back until ")) << said;
  }
  EXPECT_EQ(vendor_.sent.size(), 6U) << "three attempts each";
  vendor_.instead.reset();
  EXPECT_EQ(poll_of_new_process(loaded), "n 2026-11-20 1\n");
}

TEST_F(HttpRefresh, FallsBackToTheConfiguredOneAndKeepsTheNewerOneWhereBothAreRefused) {
  const LoadedSource loaded = load_source(refreshed());
  ASSERT_EQ(poll_of_new_process(loaded), "n 2026-11-20 1\n");
  vendor_.valid = "nothing";
  EXPECT_TRUE(poll_of_new_process(loaded).starts_with("error: https://id.example.com: the login is refused"));
  vendor_.valid = "rotated1";  // it was a mistake of the other side
  EXPECT_EQ(poll_of_new_process(loaded), "n 2026-11-20 1\n");
  vendor_.valid = "first";
  EXPECT_EQ(poll_of_new_process(loaded), "n 2026-11-20 1\n");
  EXPECT_EQ(poll_of_new_process(loaded), "n 2026-11-20 1\n");
  EXPECT_EQ(vendor_.sent,
            (std::vector<std::string>{"first", "rotated1", "first", "rotated1", "rotated2", "first", "rotated3"}));
}

TEST_F(HttpRefresh, IsAskedForOnceWhereTheKeptOneIsTheConfiguredOne) {
  const LoadedSource loaded = load_source(refreshed());
  vendor_.instead = answer_of(R"({"access_token":"access0","expires_in":3600,"refresh_token":"first"})");
  ASSERT_EQ(poll_of_new_process(loaded), "n 2026-11-20 1\n");
  vendor_.instead = answer_of(R"({"error":"invalid_grant"})", 400);
  poll_of_new_process(loaded);
  EXPECT_EQ(vendor_.sent, (std::vector<std::string>{"first", "first"}));
}

TEST_F(HttpRefresh, OutlivesACorrectedSecretAndIsSharedBetweenHosts) {
  ASSERT_EQ(poll_of_new_process(load_source(refreshed())), "n 2026-11-20 1\n");
  EXPECT_EQ(poll_of_new_process(load_source(refreshed("an0ther"))), "n 2026-11-20 1\n");
  EXPECT_EQ(poll_of_new_process(load_source(refreshed("an0ther", "first", "eu.example.com"))), "n 2026-11-20 1\n");
  EXPECT_EQ(vendor_.sent, (std::vector<std::string>{"first", "rotated1", "rotated2"}));
  vendor_.valid = "made-anew";
  EXPECT_EQ(poll_of_new_process(load_source(refreshed("an0ther", "made-anew"))), "n 2026-11-20 1\n");
  EXPECT_EQ(vendor_.sent.back(), "made-anew") << "a new one in the configuration counts at once";
}

TEST_F(HttpRefresh, IsKeptEvenWhereTheRestOfTheAnswerIsOfNoUse) {
  const LoadedSource loaded = load_source(refreshed());
  vendor_.instead = answer_of(R"({"access_token":"","refresh_token":"rotated1"})");
  EXPECT_EQ(poll_of_new_process(loaded), "error: https://id.example.com: the login's answer has no token\n");
  vendor_.instead = answer_of(R"({"access_token":"access1","refresh_token":""})");
  EXPECT_EQ(poll_of_new_process(loaded), "n 2026-11-20 1\n");
  vendor_.instead.reset();
  vendor_.valid = "rotated1";
  EXPECT_EQ(poll_of_new_process(loaded), "n 2026-11-20 1\n");
}

TEST_F(HttpRefresh, IsLeftToTheProcessThatHasBegunIt) {
  const LoadedSource loaded = load_source(refreshed());
  FakeHost host([this](const HttpRequest& request) { return vendor_(request); });
  host.credentials().lock_with([&](const std::string&, const std::string&, const std::stop_token&) {
    poll_of_new_process(loaded);  // the other one, which was first
    host.kept_files = kept_;
    return CredentialDesk::Held();
  });
  EXPECT_EQ(poll_text(loaded.source->poll(request_at(host), host, {}), loaded.settings), "n 2026-11-20 1\n");
  EXPECT_EQ(vendor_.sent, (std::vector<std::string>{"first"}));
  EXPECT_EQ(host.requests.back().headers.back().second, "Bearer access1");
}

TEST_F(HttpRefresh, IsNotBegunWhileAnotherProcessHoldsIt) {
  const LoadedSource loaded = load_source(refreshed());
  FakeHost host([this](const HttpRequest& request) { return vendor_(request); });
  host.credentials().lock_with(
      [](const std::string&, const std::string&, const std::stop_token&) -> Result<CredentialDesk::Held> {
        return fail(ErrorKind::kTimeout, "x.lock: another process holds it");
      });
  EXPECT_EQ(poll_text(loaded.source->poll(request_at(host), host, {}), loaded.settings),
            "error: the login waits for another process: x.lock: another process holds it\n");
  EXPECT_TRUE(host.requests.empty());
}

}  // namespace
}  // namespace kpi::test
