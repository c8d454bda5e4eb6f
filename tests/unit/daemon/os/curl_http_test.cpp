// What a request looks like on the wire, and what may be connected to, against a real server.
#include "daemon/os/curl_http.hpp"

#include "daemon/os/curl_certificates.hpp"
#include "daemon/os/no_connection.hpp"
#include "tests/support/loopback_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <future>

namespace kpi {
namespace {

using test::LoopbackServer;
using test::ReceivedRequest;
using test::ScriptedAnswer;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;
using testing::StartsWith;
using namespace std::chrono_literals;

HttpRequest get(const std::string& url) {
  HttpRequest request;
  request.url = url;
  request.allow_private = {"127.0.0.0/8"};
  return request;
}

class CurlHttp : public testing::Test {
 protected:
  Result<HttpResponse> send(const HttpRequest& request) { return client_->send(request, {}); }

  std::unique_ptr<HttpClient> client_ = make_curl_client();
};

TEST_F(CurlHttp, GetsAnAnswerWhole) {
  const LoopbackServer server(ScriptedAnswer{
      .status = 203, .headers = {{"X-Two", "a"}, {"x-two", " b "}, {"Content-Type", "text/plain"}}, .body = "hello"});
  const Result<HttpResponse> response = send(get(server.url("/path?q=1")));
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 203);
  EXPECT_EQ(response->body, "hello");
  EXPECT_THAT(
      response->headers,
      ElementsAre(
          Pair("x-two", "a"), Pair("x-two", "b"), Pair("content-type", "text/plain"), Pair("content-length", "5")));
  const ReceivedRequest request = server.requests().at(0);
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.target, "/path?q=1");
  EXPECT_EQ(request.header("accept-encoding"), "gzip");
  EXPECT_THAT(std::string(request.header("user-agent")), testing::MatchesRegex("kpid/[0-9.]+"));
}

TEST_F(CurlHttp, PostsTheBytesItIsGiven) {
  const LoopbackServer server(ScriptedAnswer{});
  HttpRequest request = get(server.url());
  request.method = "POST";
  request.headers = {{"Content-Type", "application/json"}, {"X-Empty", ""}, {"User-Agent", "mine"}};
  request.body = std::string("{\"a\":\0}\n", 8);
  ASSERT_TRUE(send(request));
  const ReceivedRequest received = server.requests().at(0);
  EXPECT_EQ(received.method, "POST");
  EXPECT_EQ(received.body, request.body);
  EXPECT_EQ(received.header("content-type"), "application/json");
  EXPECT_EQ(received.header("user-agent"), "mine");
  EXPECT_THAT(received.headers, testing::Contains(Pair("x-empty", "")));
}

TEST_F(CurlHttp, SendsOtherMethodsUnderTheirOwnNames) {
  const LoopbackServer server(ScriptedAnswer{});
  for (const std::string method : {"PUT", "DELETE", "HEAD", "QUERY"}) {
    HttpRequest request = get(server.url());
    request.method = method;
    ASSERT_TRUE(send(request)) << method;
    EXPECT_EQ(server.requests().back().method, method);
  }
}

TEST_F(CurlHttp, SendsALargeBodyWithoutWaitingForLeave) {
  const LoopbackServer server(ScriptedAnswer{});
  HttpRequest request = get(server.url());
  request.method = "POST";
  request.body.assign(3U << 20U, 'x');
  ASSERT_TRUE(send(request));
  EXPECT_EQ(server.requests().at(0).header("expect"), "");
  EXPECT_EQ(server.requests().at(0).body.size(), request.body.size());
}

TEST_F(CurlHttp, UnpacksGzip) {
  const LoopbackServer server(
      ScriptedAnswer{.headers = {{"Content-Encoding", "gzip"}}, .body = test::gzip("packed words")});
  EXPECT_EQ(send(get(server.url()))->body, "packed words");
}

TEST_F(CurlHttp, UnpacksSeveralStreamsOfGzip) {
  const std::string large(100'000, 'x');
  const LoopbackServer server(ScriptedAnswer{.headers = {{"Content-Encoding", "x-gzip"}},
                                             .body = test::gzip(large) + test::gzip("packed words")});
  EXPECT_EQ(send(get(server.url()))->body, large + "packed words");
}

TEST_F(CurlHttp, TakesAnEmptyAnswerThatIsSaidToBePacked) {
  const LoopbackServer server(ScriptedAnswer{.headers = {{"Content-Encoding", "gzip"}}});
  EXPECT_EQ(send(get(server.url()))->body, "");
}

TEST_F(CurlHttp, RefusesAGzipStreamThatIsCutOff) {
  const std::string packed = test::gzip(std::string(100'000, 'x'));
  for (const std::size_t cut : {std::size_t{1}, std::size_t{4}, std::size_t{8}, packed.size() - 12}) {
    const LoopbackServer server(
        ScriptedAnswer{.headers = {{"Content-Encoding", "gzip"}}, .body = packed.substr(0, packed.size() - cut)});
    const Result<HttpResponse> response = send(get(server.url()));
    ASSERT_FALSE(response) << cut;
    EXPECT_EQ(response.error(),
              (Error{ErrorKind::kUnavailable,
                     server.url("") + ": the answer ends before its gzip stream does: it was cut off on its way"}));
  }
}

TEST_F(CurlHttp, RefusesWhatStandsBehindAGzipStream) {
  const LoopbackServer server(
      ScriptedAnswer{.headers = {{"Content-Encoding", "gzip"}}, .body = test::gzip("words") + "junk"});
  const Result<HttpResponse> response = send(get(server.url()));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error(),
            (Error{ErrorKind::kUnavailable,
                   server.url("") + ": the answer is said to be packed by gzip, and cannot be unpacked"}));
}

TEST_F(CurlHttp, ForgetsTheHeadersOfAnInterimAnswer) {
  const LoopbackServer server(ScriptedAnswer{
      .body = "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-Real: 1\r\n\r\n",
      .manner = ScriptedAnswer::Manner::kRaw});
  const Result<HttpResponse> response = send(get(server.url()));
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 200);
  EXPECT_THAT(response->headers, ElementsAre(Pair("content-length", "0"), Pair("x-real", "1")));
}

TEST_F(CurlHttp, NeverFollowsARedirect) {
  const LoopbackServer trap(ScriptedAnswer{.body = "caught"});
  const LoopbackServer server(
      [&](const ReceivedRequest&) { return ScriptedAnswer{.status = 302, .headers = {{"Location", trap.url()}}}; });
  const Result<HttpResponse> response = send(get(server.url()));
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 302);
  EXPECT_EQ(response->header("location"), trap.url());
  EXPECT_EQ(trap.connections(), 0);
}

TEST_F(CurlHttp, IgnoresAProxyInTheEnvironment) {
  const LoopbackServer trap(ScriptedAnswer{.body = "caught"});
  const LoopbackServer server(ScriptedAnswer{.body = "direct"});
  setenv("http_proxy", trap.url().c_str(), 1);  // NOLINT(concurrency-mt-unsafe): no other thread reads it now.
  setenv("all_proxy", trap.url().c_str(), 1);   // NOLINT(concurrency-mt-unsafe)
  const Result<HttpResponse> response = send(get(server.url()));
  unsetenv("http_proxy");  // NOLINT(concurrency-mt-unsafe)
  unsetenv("all_proxy");   // NOLINT(concurrency-mt-unsafe)
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body, "direct");
  EXPECT_EQ(trap.connections(), 0);
}

struct AddressRow {
  const char* name;
  const char* host;
  std::vector<std::string> allow_private;
  const char* shown;  ///< The host, as the error has it.
  std::string error;
};

class RefusedAddress : public testing::TestWithParam<AddressRow> {};

TEST_P(RefusedAddress, IsNeverConnected) {
  const LoopbackServer trap(ScriptedAnswer{.body = "caught"});
  HttpRequest request;
  request.url = "http://" + std::string(GetParam().host) + ":" + std::to_string(trap.port()) + "/key-in-the-path";
  request.allow_private = GetParam().allow_private;
  const Result<HttpResponse> response = make_curl_client()->send(request, {});
  ASSERT_FALSE(response);
  const std::string origin = "http://" + std::string(GetParam().shown) + ":" + std::to_string(trap.port());
  EXPECT_EQ(response.error(), (Error{ErrorKind::kInvalid, origin + ": " + GetParam().error}));
  EXPECT_EQ(trap.connections(), 0);
}

const std::string kLoopback =
    "127.0.0.1 is a loopback address; if it is meant, add a range that holds it to allow_private";

INSTANTIATE_TEST_SUITE_P(
    Rows,
    RefusedAddress,
    testing::Values(
        AddressRow{"Plain", "127.0.0.1", {}, "127.0.0.1", kLoopback},
        AddressRow{"OtherRange", "127.0.0.1", {"10.0.0.0/8"}, "127.0.0.1", kLoopback},
        AddressRow{"WholeNumber", "2130706433", {}, "127.0.0.1", kLoopback},
        AddressRow{"Octal", "0177.1", {}, "127.0.0.1", kLoopback},
        AddressRow{
            "Zero", "0", {"127.0.0.0/8"}, "0.0.0.0", "0.0.0.0 is an unspecified address; kpid never connects there"},
        AddressRow{"Mapped",
                   "[::ffff:127.0.0.1]",
                   {"127.0.0.0/8", "::/0"},
                   "[::ffff:127.0.0.1]",
                   "::ffff:127.0.0.1 is an IPv4 address in IPv6 clothes; kpid "
                   "never connects there"},
        AddressRow{"Metadata",
                   "169.254.169.254",
                   {"169.254.0.0/16"},
                   "169.254.169.254",
                   "169.254.169.254 is a link-local address, where clouds serve a "
                   "machine's credentials; kpid never connects there"},
        AddressRow{"BadRange",
                   "127.0.0.1",
                   {"127.0.0.1/8"},
                   "127.0.0.1",
                   "allow_private: \"127.0.0.1/8\" is not the start of its range: it has "
                   "bits set after the first 8; write a range such as 10.0.0.0/8 or fd00::/8"}),
    [](const auto& row) { return row.param.name; });

TEST_F(CurlHttp, RefusesANameThatLeadsToARefusedAddress) {
  const LoopbackServer trap(ScriptedAnswer{.body = "caught"});
  HttpRequest request;
  request.url = "http://localhost:" + std::to_string(trap.port()) + "/";
  const Result<HttpResponse> response = send(request);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind, ErrorKind::kInvalid);
  EXPECT_THAT(response.error().message, HasSubstr("is a loopback address"));
  EXPECT_EQ(trap.connections(), 0);
}

TEST_F(CurlHttp, ChecksAnIdleConnectionAgainstEachRequestsOwnRanges) {
  const LoopbackServer server(ScriptedAnswer{.body = "inside"});
  ASSERT_TRUE(send(get(server.url())));
  HttpRequest stranger = get(server.url());
  stranger.allow_private = {};
  const Result<HttpResponse> response = send(stranger);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error(), (Error{ErrorKind::kInvalid, server.url("") + ": " + kLoopback}));
  EXPECT_EQ(server.requests().size(), 1U);
}

struct BadRequestRow {
  const char* name;
  HttpRequest request;
  std::string error;
};

class BadRequest : public testing::TestWithParam<BadRequestRow> {};

TEST_P(BadRequest, IsRefusedBeforeAnythingIsSent) {
  const Result<HttpResponse> response = make_curl_client()->send(GetParam().request, {});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error(), (Error{ErrorKind::kInvalid, GetParam().error}));
}

HttpRequest to(std::string url, std::vector<std::pair<std::string, std::string>> headers = {}) {
  HttpRequest request;
  request.url = std::move(url);
  request.headers = std::move(headers);
  return request;
}

HttpRequest with_method(std::string method) {
  HttpRequest request = to("https://user:pass@example.com:8443/key?key=1");
  request.method = std::move(method);
  return request;
}

const std::string kNoAddress = "the URL is not an address; write it as https://host/path";
const std::string kNoHttp = "the URL is not an http or https address; write it as https://host/path";
const std::string kControl =
    "https://example.com: the value of the header X-A holds a line break or another control byte";

INSTANTIATE_TEST_SUITE_P(
    Rows,
    BadRequest,
    testing::Values(
        BadRequestRow{"File", to("file:///etc/passwd"), kNoHttp},
        BadRequestRow{"Ftp", to("ftp://example.com/key"), kNoHttp},
        BadRequestRow{"Gopher", to("gopher://example.com/key"), kNoHttp},
        BadRequestRow{"NoScheme", to("example.com/key"), kNoAddress},
        BadRequestRow{"Empty", to(""), kNoAddress},
        BadRequestRow{"LineBreakInUrl", to("https://example.com/a\r\nX: y"), kNoAddress},
        BadRequestRow{"NulInUrl", to(std::string("https://example.com/\0key", 24)), kNoAddress},
        BadRequestRow{
            "LongUrl", to("https://example.com/" + std::string(8192, 'k')), "the URL is longer than 8192 bytes"},
        BadRequestRow{"LineBreakInValue", to("https://example.com/", {{"X-A", "b\r\nX-C: d"}}), kControl},
        BadRequestRow{"NulInValue", to("https://example.com/", {{"X-A", std::string("b\0c", 3)}}), kControl},
        BadRequestRow{"DeleteInValue", to("https://example.com/", {{"X-A", "b\x7f"}}), kControl},
        BadRequestRow{"LineBreakInName",
                      to("https://example.com/", {{"X-A: b\nX-C", "d"}}),
                      "https://example.com: \"X-A: b\\x0aX-C\" cannot be the name of an HTTP header"},
        BadRequestRow{"EmptyName",
                      to("https://example.com/", {{"", "d"}}),
                      "https://example.com: \"\" cannot be the name of an HTTP header"},
        BadRequestRow{"OwnLength",
                      to("https://example.com/", {{"Content-Length", "3"}}),
                      "https://example.com: the header Content-Length is set by kpid itself; leave it out"},
        BadRequestRow{"OwnFraming",
                      to("https://example.com/", {{"transfer-encoding", "chunked"}}),
                      "https://example.com: the header transfer-encoding is set by kpid itself; leave it out"},
        BadRequestRow{
            "Method", with_method("GET /\r\n"), "https://example.com:8443: \"GET /\\x0d\\x0a\" is not an HTTP method"},
        BadRequestRow{"EmptyMethod", with_method(""), "https://example.com:8443: \"\" is not an HTTP method"}),
    [](const auto& row) { return row.param.name; });

TEST_F(CurlHttp, SaysOnlySchemeHostAndPortOfAUrlItCouldNotReach) {
  std::uint16_t port = 0;
  {
    port = LoopbackServer(ScriptedAnswer{}).port();
  }  // Nobody listens there any longer.
  const Result<HttpResponse> response =
      send(get("http://user:word@127.0.0.1:" + std::to_string(port) + "/services/T00/secret?key=hidden#frag"));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind, ErrorKind::kUnavailable);
  EXPECT_THAT(response.error().message,
              StartsWith("http://127.0.0.1:" + std::to_string(port) + ": no connection: Failed to connect"));
  EXPECT_TRUE(is_unreached(response.error()));
  for (const char* part : {"user", "word", "services", "T00", "secret", "key", "hidden", "frag"}) {
    EXPECT_THAT(response.error().message, Not(HasSubstr(part)));
  }
}

TEST(UrlOrigin, IsSchemeHostAndPort) {
  EXPECT_EQ(url_origin("https://u:p@Hooks.example.com:8443/services/key?q").value(), "https://Hooks.example.com:8443");
}

TEST(UrlOrigin, SaysNothingOfWhatItCannotRead) {
  EXPECT_EQ(url_origin("secret-text").error(), (Error{ErrorKind::kInvalid, kNoAddress}));
}

TEST_F(CurlHttp, UsesAnIdleConnectionAgain) {
  const LoopbackServer server(ScriptedAnswer{});
  ASSERT_TRUE(send(get(server.url())));
  ASSERT_TRUE(send(get(server.url())));
  EXPECT_EQ(server.connections(), 1);
}

ScriptedAnswer reset_the_second_request(const ReceivedRequest& request) {
  ScriptedAnswer answer{.body = "fine"};
  if (request.connection == 1 && request.target == "/second") {
    answer.manner = ScriptedAnswer::Manner::kReset;
  }
  return answer;
}

TEST_F(CurlHttp, RepeatsAGetWhenAnIdleConnectionTurnsOutDead) {
  const LoopbackServer server(reset_the_second_request);
  ASSERT_TRUE(send(get(server.url("/first"))));
  const Result<HttpResponse> response = send(get(server.url("/second")));
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->body, "fine");
  EXPECT_EQ(server.requests().size(), 3U);
}

TEST_F(CurlHttp, SendsAPostWithAWebhookIdOnceOverAnIdleConnection) {
  const LoopbackServer server(reset_the_second_request);
  ASSERT_TRUE(send(get(server.url("/first"))));
  HttpRequest request = get(server.url("/second"));
  request.method = "POST";
  request.headers = {{"Webhook-Id", "msg_1"}};
  request.body = "{}";
  const Result<HttpResponse> response = send(request);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind, ErrorKind::kUnavailable);
  EXPECT_EQ(server.requests().size(), 2U);
  EXPECT_TRUE(send(request));  // on a new connection
}

TEST_F(CurlHttp, NeverSendsAnotherPostTwice) {
  const LoopbackServer server([](const ReceivedRequest& request) {
    ScriptedAnswer answer;
    if (request.method == "POST") {
      answer.manner = ScriptedAnswer::Manner::kReset;
    }
    return answer;
  });
  ASSERT_TRUE(send(get(server.url())));
  HttpRequest request = get(server.url());
  request.method = "POST";
  const Result<HttpResponse> response = send(request);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind, ErrorKind::kUnavailable);
  EXPECT_EQ(server.requests().size(), 2U);
}

/// How many of twenty requests were answered with their own path.
int right_answers(HttpClient& client, const LoopbackServer& server) {
  int right = 0;
  for (int i = 0; i < 20; ++i) {
    const std::string path = "/" + std::to_string(i);
    const Result<HttpResponse> response = client.send(get(server.url(path)), {});
    right += response && response->body == path ? 1 : 0;
  }
  return right;
}

TEST_F(CurlHttp, ServesManyThreadsAtOnce) {
  const LoopbackServer server([](const ReceivedRequest& request) { return ScriptedAnswer{.body = request.target}; });
  std::vector<std::future<int>> threads(8);
  for (std::future<int>& thread : threads) {
    thread = std::async(std::launch::async, [&] { return right_answers(*client_, server); });
  }
  for (std::future<int>& thread : threads) {
    EXPECT_EQ(thread.get(), 20);
  }
  EXPECT_LE(server.connections(), 8);
}

class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& text)
      : path_(std::filesystem::path(testing::TempDir()) / ("kpid-ca-" + std::to_string(getpid()) + ".pem")) {
    std::ofstream(path_) << text;
  }

  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile(TemporaryFile&&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  TemporaryFile& operator=(TemporaryFile&&) = delete;

  ~TemporaryFile() { std::filesystem::remove(path_); }

  [[nodiscard]] std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

ScriptedAnswer say_secured(const ReceivedRequest&) {
  return {.body = "secured"};
}

TEST_F(CurlHttp, TrustsTheAuthoritiesOfItsCaFile) {
  const LoopbackServer server(say_secured, LoopbackServer::Transport::kTls);
  const TemporaryFile ca(server.certificate());
  HttpRequest request = get(server.url());
  request.ca_file = ca.path();
  const Result<HttpResponse> response = send(request);
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->body, "secured");
}

TEST_F(CurlHttp, KnowsWhenACertificateIsAboutToExpire) {
  const LoopbackServer server(say_secured, LoopbackServer::Transport::kTls);  // its certificate is for an hour
  const TemporaryFile ca(server.certificate());
  HttpRequest request = get(server.url());
  request.ca_file = ca.path();
  ASSERT_TRUE(send(request));
  const Instant now = std::chrono::floor<Duration>(std::chrono::system_clock::now());
  EXPECT_THAT(certificates_about_to_expire(now), IsEmpty());
  EXPECT_THAT(certificates_about_to_expire(now + std::chrono::minutes(50)),
              Contains(StartsWith("the certificate of " + server.url("") + " expires on 20")));
}

TEST_F(CurlHttp, KnowsTheCertificatesOfTwoPortsOfAHostApart) {
  const LoopbackServer one(say_secured, LoopbackServer::Transport::kTls);
  const LoopbackServer other(say_secured, LoopbackServer::Transport::kTls);
  for (const LoopbackServer* server : {&one, &other}) {
    const TemporaryFile ca(server->certificate());
    HttpRequest request = get(server->url());
    request.ca_file = ca.path();
    ASSERT_TRUE(send(request));
  }
  const Instant later = std::chrono::floor<Duration>(std::chrono::system_clock::now()) + std::chrono::minutes(50);
  const std::vector<std::string> told = certificates_about_to_expire(later);
  EXPECT_THAT(told, Contains(StartsWith("the certificate of " + one.url("") + " expires on 20")));
  EXPECT_THAT(told, Contains(StartsWith("the certificate of " + other.url("") + " expires on 20")));
}

TEST(UrlOrigin, HasThePortWhereItIsNotTheSchemesOwn) {
  for (const auto& [url, origin] : {std::pair("https://a.example/x?key=1", "https://a.example"),
                                    std::pair("https://a.example:443/x", "https://a.example"),
                                    std::pair("http://a.example:443/x", "http://a.example:443"),
                                    std::pair("http://u:p@10.0.0.7:9093/x", "http://10.0.0.7:9093"),
                                    std::pair("https://[::1]:8443/", "https://[::1]:8443")}) {
    EXPECT_EQ(url_origin(url).value_or("none"), origin);
  }
}

TEST_F(CurlHttp, RefusesACertificateNobodyVouchesFor) {
  const LoopbackServer server(say_secured, LoopbackServer::Transport::kTls);
  const Result<HttpResponse> response = send(get(server.url()));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error(),
            (Error{ErrorKind::kUnavailable, server.url("") + ": SSL certificate problem: self-signed certificate"}));
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(CurlHttp, RefusesACertificateForAnotherName) {
  const LoopbackServer server(say_secured, LoopbackServer::Transport::kTls);
  const TemporaryFile ca(server.certificate());
  HttpRequest request = get("https://localhost:" + std::to_string(server.port()) + "/");
  request.ca_file = ca.path();
  const Result<HttpResponse> response = send(request);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error(),
            (Error{ErrorKind::kUnavailable,
                   "https://localhost:" + std::to_string(server.port()) +
                       ": SSL: no alternative certificate subject name matches target host name "
                       "'localhost'"}));
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(CurlHttp, NamesACaFileItCannotRead) {
  const LoopbackServer server(say_secured, LoopbackServer::Transport::kTls);
  HttpRequest request = get(server.url());
  request.ca_file = "/nowhere/ca.pem";
  const Result<HttpResponse> response = send(request);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind, ErrorKind::kInvalid);
  EXPECT_THAT(response.error().message, HasSubstr("/nowhere/ca.pem"));
}

}  // namespace
}  // namespace kpi
