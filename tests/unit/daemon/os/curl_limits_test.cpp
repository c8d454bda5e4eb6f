// Sizes, times and stopping, against a server that misbehaves.
#include "daemon/os/curl_http.hpp"
#include "tests/support/loopback_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>

namespace kpi {
namespace {

using test::LoopbackServer;
using test::ScriptedAnswer;
using Manner = test::ScriptedAnswer::Manner;
using testing::HasSubstr;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

HttpRequest get(const LoopbackServer& server) {
  HttpRequest request;
  request.url = server.url("/key");
  request.allow_private = {"127.0.0.0/8"};
  return request;
}

Result<HttpResponse> send(const HttpRequest& request) {
  return make_curl_client()->send(request, {});
}

TEST(CurlLimits, TakesABodyOfExactlyTheLimit) {
  const LoopbackServer server(ScriptedAnswer{.body = std::string(1000, 'x')});
  HttpRequest request = get(server);
  request.max_body = 1000;
  EXPECT_EQ(send(request)->body.size(), 1000U);
}

struct LargeRow {
  const char* name;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

class LargeAnswer : public testing::TestWithParam<LargeRow> {};

TEST_P(LargeAnswer, IsGivenUp) {
  const LoopbackServer server(ScriptedAnswer{.headers = GetParam().headers, .body = GetParam().body});
  HttpRequest request = get(server);
  request.max_body = 1000;
  const Result<HttpResponse> response = send(request);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error(), (Error{ErrorKind::kInvalid, server.url("") + ": the answer is larger than 1000 bytes"}));
}

std::string chunked(const std::string& body) {
  constexpr std::size_t chunk = 0x100;
  std::string out;
  for (std::size_t at = 0; at < body.size(); at += chunk) {
    out += "100\r\n" + body.substr(at, chunk) + "\r\n";
  }
  return out + "0\r\n\r\n";
}

INSTANTIATE_TEST_SUITE_P(
    Rows,
    LargeAnswer,
    testing::Values(LargeRow{"ByLength", {}, std::string(1001, 'x')},
                    LargeRow{"Chunked", {{"Transfer-Encoding", "chunked"}}, chunked(std::string(4096, 'x'))},
                    LargeRow{"GzipBomb", {{"Content-Encoding", "gzip"}}, test::gzip(std::string(20U << 20U, '\0'))}),
    [](const auto& row) { return row.param.name; });

TEST(CurlLimits, TheBombIsSmallOnTheWire) {
  EXPECT_LT(test::gzip(std::string(20U << 20U, '\0')).size(), 40'000U);
}

TEST(CurlLimits, RefusesPackingsItDidNotAskFor) {
  const LoopbackServer server(ScriptedAnswer{.headers = {{"Content-Encoding", "gzip, gzip"}},
                                             .body = test::gzip(std::string(1U << 20U, '\0'), 2)});
  const Result<HttpResponse> response = send(get(server));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error(),
            (Error{ErrorKind::kInvalid,
                   server.url("") + ": the answer is packed as \"gzip, gzip\", which was not asked for"}));
}

TEST(CurlLimits, GivesUpOnEndlessHeaders) {
  for (const auto& [headers, length] : {std::pair(100, 1000), std::pair(1, 2'000'000)}) {
    ScriptedAnswer answer;
    for (int i = 0; i < headers; ++i) {
      answer.headers.emplace_back("X-" + std::to_string(i), std::string(static_cast<std::size_t>(length), 'x'));
    }
    const LoopbackServer server(answer);
    const Result<HttpResponse> response = send(get(server));
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error(),
              (Error{ErrorKind::kInvalid, server.url("") + ": the answer's headers are larger than 65536 bytes"}));
  }
}

struct SlowRow {
  const char* name;
  ScriptedAnswer answer;
};

class SlowAnswer : public testing::TestWithParam<SlowRow> {};

TEST_P(SlowAnswer, TimesOut) {
  const LoopbackServer server(GetParam().answer);
  HttpRequest request = get(server);
  request.timeout = 200ms;
  const Result<HttpResponse> response = send(request);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind, ErrorKind::kTimeout) << response.error().message;
  EXPECT_THAT(response.error().message, testing::StartsWith(server.url("") + ": Operation timed out after "));
}

INSTANTIATE_TEST_SUITE_P(
    Rows,
    SlowAnswer,
    testing::Values(SlowRow{"Silent", {.manner = Manner::kHang}},
                    SlowRow{"SilentAfterTheHead", {.body = "x", .manner = Manner::kHangAfterHead}},
                    SlowRow{"Drip", {.body = std::string(1000, 'x'), .manner = Manner::kDrip, .drip = 20ms}}),
    [](const auto& row) { return row.param.name; });

TEST(CurlLimits, GivesUpWhenNothingMovesThoughTheTimeoutIsLong) {
  const LoopbackServer server(ScriptedAnswer{.body = "x", .manner = Manner::kHangAfterHead});
  HttpRequest request = get(server);
  request.timeout = 60s;
  const Result<HttpResponse> response = make_curl_client(1s)->send(request, {});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind, ErrorKind::kTimeout);
  EXPECT_THAT(response.error().message, HasSubstr("Operation too slow"));
}

struct BrokenRow {
  const char* name;
  ScriptedAnswer answer;
};

class BrokenAnswer : public testing::TestWithParam<BrokenRow> {};

TEST_P(BrokenAnswer, IsWorthAnotherTry) {
  const LoopbackServer server(GetParam().answer);
  const Result<HttpResponse> response = send(get(server));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind, ErrorKind::kUnavailable) << response.error().message;
  EXPECT_THAT(response.error().message, testing::StartsWith(server.url("") + ": "));
}

INSTANTIATE_TEST_SUITE_P(
    Rows,
    BrokenAnswer,
    testing::Values(
        BrokenRow{"Reset", {.manner = Manner::kReset}},
        BrokenRow{"ResetInTheBody", {.body = std::string(100, 'x'), .manner = Manner::kResetInBody}},
        BrokenRow{"ShorterThanSaid", {.headers = {{"Content-Length", "100"}}, .body = "x", .keep_alive = false}},
        BrokenRow{"NotHttp", {.body = "220 mail.example.com\r\n", .manner = Manner::kRaw, .keep_alive = false}},
        BrokenRow{"NothingAtAll", {.body = "", .manner = Manner::kRaw, .keep_alive = false}},
        BrokenRow{"NotGzip", {.headers = {{"Content-Encoding", "gzip"}}, .body = "plain"}}),
    [](const auto& row) { return row.param.name; });

struct StopRow {
  const char* name;
  ScriptedAnswer answer;
};

class StoppedExchange : public testing::TestWithParam<StopRow> {};

TEST_P(StoppedExchange, EndsAtOnce) {
  const LoopbackServer server(GetParam().answer);
  const std::unique_ptr<HttpClient> client = make_curl_client();
  std::stop_source stop;
  std::future<Result<HttpResponse>> pending =
      std::async(std::launch::async, [&] { return client->send(get(server), stop.get_token()); });
  ASSERT_TRUE(server.wait_for_requests(1));
  const Clock::time_point asked = Clock::now();
  stop.request_stop();
  const Result<HttpResponse> response = pending.get();
  EXPECT_LT(Clock::now() - asked, 100ms);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error(), (Error{ErrorKind::kStopped, server.url("") + ": stopped while waiting for an answer"}));
}

INSTANTIATE_TEST_SUITE_P(
    Rows,
    StoppedExchange,
    testing::Values(StopRow{"Silent", {.manner = Manner::kHang}},
                    StopRow{"Drip", {.body = std::string(10'000, 'x'), .manner = Manner::kDrip, .drip = 10ms}}),
    [](const auto& row) { return row.param.name; });

TEST(CurlLimits, SendsNothingOnceStopped) {
  const LoopbackServer server(ScriptedAnswer{});
  std::stop_source stop;
  stop.request_stop();
  const Result<HttpResponse> response = make_curl_client()->send(get(server), stop.get_token());
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind, ErrorKind::kStopped);
  EXPECT_EQ(server.requests().size(), 0U);
}

TEST(CurlLimits, AStoppedExchangeLeavesTheClientUsable) {
  const LoopbackServer silent(ScriptedAnswer{.manner = Manner::kHang});
  const LoopbackServer server(ScriptedAnswer{.body = "fine"});
  const std::unique_ptr<HttpClient> client = make_curl_client();
  std::stop_source stop;
  std::future<Result<HttpResponse>> pending =
      std::async(std::launch::async, [&] { return client->send(get(silent), stop.get_token()); });
  ASSERT_TRUE(silent.wait_for_requests(1));
  stop.request_stop();
  ASSERT_FALSE(pending.get());
  EXPECT_EQ(client->send(get(server), {})->body, "fine");
}

}  // namespace
}  // namespace kpi
