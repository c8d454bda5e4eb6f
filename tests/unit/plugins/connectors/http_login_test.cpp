// Logins of the http plugin: tokens that are renewed, shared and kept, and signatures.

#include "tests/support/rsa_key.hpp"
#include "tests/unit/plugins/connectors/recording.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace kpi::test {
namespace {

using nlohmann::ordered_json;

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

TEST(HttpTokens, ThatTwoSourcesFindRefusedAtOnceAreOneThatIsRefused) {
  const LoadedSource one = load_source(kRefreshed, "one");
  const LoadedSource other = load_source(kRefreshed, "other");
  bool is_nested = false;
  int logins = 0;
  std::optional<Result<Poll>> of_other;
  FakeHost host([&](const HttpRequest& request) {
    if (request.url.starts_with("https://id")) {
      return ++logins == 1 ? answer_of(R"({"access_token":"t1","expires_in":3600})") : answer_of("", 429);
    }
    if (!std::exchange(is_nested, true)) {
      of_other = other.source->poll(request_at(host), host, {});  // sent with the same token, and refused first
    }
    return answer_of("", 401);
  });
  const auto poll = one.source->poll(request_at(host), host, {});
  ASSERT_FALSE(poll.has_value());
  EXPECT_EQ(poll.error().kind, ErrorKind::kUnavailable) << poll.error().message;
  EXPECT_NE(poll.error().message.find("the login is held back"), std::string::npos) << poll.error().message;
  ASSERT_TRUE(of_other && !of_other->has_value());
  EXPECT_EQ(of_other->error().kind, ErrorKind::kUnavailable) << of_other->error().message;
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

TEST(HttpTokens, AndBudgetsAreReadAnewWhereWhatWasKeptIsBroken) {
  const LoadedSource loaded = load_source(std::string(kRefreshed) + "\nbudget: {requests: 9, per: 1 day}");
  ASSERT_NE(loaded.source, nullptr) << loaded.diagnostics;
  const auto answer = [](const HttpRequest& request) {
    return answer_of(request.url.starts_with("https://id") ? R"({"access_token":"t1"})" : R"({"n":1})");
  };
  FakeHost host(answer);
  ASSERT_TRUE(loaded.source->poll(request_at(host), host, {}).has_value());
  // The token, its refresh token, what is used of the budget, and the rests of the login.
  EXPECT_EQ(host.kept_files.size(), 4U);
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

}  // namespace
}  // namespace kpi::test
