#include "daemon/web/http_server.hpp"

#include <curl/curl.h>
#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <future>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace kpi::test {
namespace {

struct Got {
  long status = 0;
  std::string body;
};

std::size_t keep(const char* data, std::size_t size, std::size_t count, void* to) {
  static_cast<std::string*>(to)->append(data, size * count);
  return size * count;
}

Got get(std::uint16_t port, const std::string& target, const std::string& body = "", const std::string& header = "") {
  Got got;
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(), curl_easy_cleanup);
  const bool is_absolute = target.starts_with("http");
  curl_easy_setopt(
      curl.get(), CURLOPT_URL, ("http://127.0.0.1:" + std::to_string(port) + (is_absolute ? "/" : target)).c_str());
  if (is_absolute) {
    curl_easy_setopt(curl.get(), CURLOPT_REQUEST_TARGET, target.c_str());
  }
  curl_easy_setopt(curl.get(), CURLOPT_PROXY, "");
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT, 10L);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, keep);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &got.body);
  curl_slist* headers = header.empty() ? nullptr : curl_slist_append(nullptr, header.c_str());
  headers = curl_slist_append(headers, "Expect:");
  const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> owned(headers, curl_slist_free_all);
  curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, headers);
  if (!body.empty()) {
    curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
    curl_easy_setopt(curl.get(), CURLOPT_COPYPOSTFIELDS, body.c_str());
  }
  curl_easy_perform(curl.get());
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &got.status);
  return got;
}

/// Many connections that have sent the same and stay.
class Held {
 public:
  Held(std::uint16_t port, int count, const std::string& text) {
    for (int i = 0; i < count; ++i) {
      const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_port = htons(port);
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      const timeval patience{10, 0};
      ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
      EXPECT_EQ(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
      EXPECT_EQ(::send(fd, text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
      fds_.push_back(fd);
    }
  }

  Held(const Held&) = delete;
  Held(Held&&) = delete;
  Held& operator=(const Held&) = delete;
  Held& operator=(Held&&) = delete;

  ~Held() { std::ranges::for_each(fds_, ::close); }

  /// How many got an answer that begins so.
  [[nodiscard]] std::size_t answered(const std::string& begin) const {
    std::size_t count = 0;
    for (const int fd : fds_) {
      std::string got(begin.size(), ' ');
      count += ::recv(fd, got.data(), got.size(), MSG_WAITALL | MSG_PEEK) > 0 && got == begin ? 1 : 0;
    }
    return count;
  }

 private:
  std::vector<int> fds_;
};

class HttpServer : public testing::Test {
 protected:
  void SetUp() override {
    auto started = WebServer::start({"127.0.0.1:0", ""}, [](const WebRequest& request) {
      WebReply reply;
      reply.body = request.method + " " + request.path +
                   " q=" + (request.query.contains("q") ? request.query.at("q") : "") + " " +
                   std::to_string(request.body.size());
      reply.is_stream = request.path == "/events";
      return reply;
    });
    ASSERT_TRUE(started) << started.error().message;
    server_ = *std::move(started);
  }

  std::unique_ptr<WebServer> server_;
};

TEST_F(HttpServer, HandsOverMethodPathQueryAndBody) {
  EXPECT_EQ(get(server_->port(), "/a/b?q=x%20y+z&r").body, "GET /a/b q=x y z 0");
  EXPECT_EQ(get(server_->port(), "/post", "12345").body, "POST /post q= 5");
}

TEST_F(HttpServer, TakesAWholeAddressAsProxiesWriteIt) {
  EXPECT_EQ(get(server_->port(), "http://kpi.example.com:80/a?q=x").body, "GET /a q=x 0");
  const auto started = WebServer::start({"127.0.0.1:0", ""}, [](const WebRequest& request) {
    return WebReply{200, "text/plain", request.headers.at("host") + " " + request.path, {}, false};
  });
  ASSERT_TRUE(started);
  EXPECT_EQ(get((*started)->port(), "http://evil.example").body, "evil.example /");
}

TEST_F(HttpServer, RefusesWhatIsTooLarge) {
  EXPECT_EQ(get(server_->port(), "/", std::string(70'000, 'x')).status, 413);
  EXPECT_EQ(get(server_->port(), "/", "", "X-Long: " + std::string(9'000, 'x')).status, 431);
  EXPECT_EQ(get(server_->port(), "/still").body, "GET /still q= 0");
}

TEST(HttpServerEnd, DoesNotWaitForAnAnswerThatTakesLong) {
  std::promise<void> begun;
  std::promise<void> goes_on;
  auto started = WebServer::start({"127.0.0.1:0", ""}, [&](const WebRequest&) {
    begun.set_value();
    goes_on.get_future().wait();
    return WebReply{};
  });
  ASSERT_TRUE(started);
  std::thread client([port = (*started)->port()] { get(port, "/long"); });
  begun.get_future().wait();
  EXPECT_FALSE((*started)->close(std::chrono::milliseconds{1}));
  goes_on.set_value();
  EXPECT_TRUE((*started)->close(std::chrono::minutes{1}));
  started->reset();
  client.join();
}

TEST_F(HttpServer, AnswersWhoAsksThoughManyHoldAConnection) {
  const Held silent(server_->port(), 100, "GET / HTT");
  EXPECT_EQ(get(server_->port(), "/a").status, 200);
  const Held idle(server_->port(), 100, "GET /idle HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(get(server_->port(), "/b").status, 200);
}

TEST_F(HttpServer, EventStreamsTakeHalfOfThePlacesAtMost) {
  const Held streams(server_->port(), 60, "GET /events HTTP/1.1\r\nHost: x\r\n\r\n");
  const std::size_t told = streams.answered("HTTP/1.1 200");
  EXPECT_GE(told, 32);
  EXPECT_LE(told, 36);  // some at the same moment
  EXPECT_EQ(streams.answered("HTTP/1.1 503"), 60 - told);
  EXPECT_EQ(get(server_->port(), "/a").status, 200);
  server_->announce(7);
}

TEST(HttpServerSocket, TakesThePlaceOfNoFile) {
  const std::string path = testing::TempDir() + "kpid.sock." + std::to_string(::getpid());
  std::ofstream(path) << "a file of somebody";
  const auto started = WebServer::start({"", path}, [](const WebRequest&) { return WebReply{}; });
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().message, path + " is no socket of kpid: move it away, the verbs ask the daemon there");
  std::ifstream kept(path);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(kept), {}), "a file of somebody");
  ::unlink(path.c_str());
}

TEST(HttpServerAddress, MayBeCalledLocalhost) {
  const auto started = WebServer::start({"localhost:0", ""}, [](const WebRequest&) { return WebReply{}; });
  EXPECT_TRUE(started) << started.error().message;
}

TEST(HttpServerAddress, IsCheckedBeforeItIsUsed) {
  const auto handler = [](const WebRequest&) { return WebReply{}; };
  EXPECT_EQ(WebServer::start({"somewhere:1", ""}, handler).error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(WebServer::start({"127.0.0.1:99999", ""}, handler).error().kind, ErrorKind::kInvalid);
  const auto first = WebServer::start({"127.0.0.1:0", ""}, handler);
  ASSERT_TRUE(first);
  EXPECT_EQ(WebServer::start({"127.0.0.1:" + std::to_string((*first)->port()), ""}, handler).error().kind,
            ErrorKind::kUnavailable);
}

TEST(UrlDecoded, TakesPercentAndPlusAndLeavesTheRest) {
  EXPECT_EQ(url_decoded("a%3Db+c%2"), "a=b c%2");
  EXPECT_EQ(url_decoded("%zz%c3%a5"), "%zz\u00e5");
}

}  // namespace
}  // namespace kpi::test
