#include "daemon/os/curl_http.hpp"

#include "daemon/os/curl_exchange.hpp"
#include "daemon/os/plain_file.hpp"

#include <fmt/format.h>

#include <mutex>
#include <optional>
#include <vector>

namespace kpi {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMaxIdleLanes = 32;
constexpr long kMaxConnections = 4;
constexpr int kMaxWaitMs = 1000;

struct EasyDelete {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};

struct MultiDelete {
  void operator()(CURLM* handle) const { curl_multi_cleanup(handle); }
};

/// A multi handle with its connections, and the one easy handle that runs in it. Used by one thread at a time.
struct Lane {
  std::unique_ptr<CURLM, MultiDelete> multi{curl_multi_init()};
  std::unique_ptr<CURL, EasyDelete> easy{curl_easy_init()};
  std::string origin;  ///< Where its newest idle connection leads.

  Lane() {
    // libcurl 7.88 loses a request when more than five idle TLS connections to one host were closed by the server.
    curl_multi_setopt(multi.get(), CURLMOPT_MAX_HOST_CONNECTIONS, kMaxConnections);
    curl_multi_setopt(multi.get(), CURLMOPT_MAXCONNECTS, kMaxConnections);
    curl_multi_setopt(multi.get(), CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_NOTHING));
  }
};

/// Idle lanes, shared by all threads.
class LanePool {
 public:
  /// One that was last connected to `origin` if there is one, else a new one.
  std::unique_ptr<Lane> take(const std::string& origin) {
    const std::scoped_lock lock(mutex_);
    for (auto lane = idle_.rbegin(); lane != idle_.rend(); ++lane) {
      if ((*lane)->origin == origin) {
        std::unique_ptr<Lane> found = std::move(*lane);
        idle_.erase(std::next(lane).base());
        return found;
      }
    }
    return std::make_unique<Lane>();
  }

  void give_back(std::unique_ptr<Lane> lane) {
    std::unique_ptr<Lane> oldest;  // Closed outside the lock.
    const std::scoped_lock lock(mutex_);
    if (idle_.size() >= kMaxIdleLanes) {
      oldest = std::move(idle_.front());
      idle_.erase(idle_.begin());
    }
    idle_.push_back(std::move(lane));
  }

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<Lane>> idle_;  // oldest first
};

/// How a transfer ended; nothing: `stop` was requested.
using Ending = std::optional<CURLcode>;

/// The result of the transfer once it is done.
std::optional<CURLcode> result_of(Lane& lane) {
  int left = 0;
  while (const CURLMsg* const message = curl_multi_info_read(lane.multi.get(), &left)) {
    if (message->msg == CURLMSG_DONE) {
      return message->data.result;
    }
  }
  return std::nullopt;
}

Ending wait_for_end(Lane& lane, const std::stop_token& stop) {
  // Called on the stopping thread; waking up is the one thing libcurl allows from there.
  const std::stop_callback wake(stop, [&] { curl_multi_wakeup(lane.multi.get()); });
  while (!stop.stop_requested()) {
    int running = 0;
    if (curl_multi_perform(lane.multi.get(), &running) != CURLM_OK) {
      return CURLE_FAILED_INIT;
    }
    if (const std::optional<CURLcode> result = result_of(lane)) {
      return result;
    }
    curl_multi_poll(lane.multi.get(), nullptr, 0, kMaxWaitMs, nullptr);
  }
  return std::nullopt;
}

/// Runs the handle as it is set up and takes it out again.
Ending run(Lane& lane, const std::stop_token& stop) {
  if (curl_multi_add_handle(lane.multi.get(), lane.easy.get()) != CURLM_OK) {
    return CURLE_FAILED_INIT;
  }
  const Ending ending = wait_for_end(lane, stop);
  curl_multi_remove_handle(lane.multi.get(), lane.easy.get());
  return ending;
}

class CurlClient final : public HttpClient {
 public:
  explicit CurlClient(std::chrono::seconds stalled_after) : stalled_after_(stalled_after) {}

  Result<HttpResponse> send(const HttpRequest& request, const std::stop_token& stop) override {
    const std::unique_ptr<CurlExchange> exchange = KPI_TRY(CurlExchange::prepare(request));
    KPI_TRY(want_plain_file(request.ca_file));
    std::unique_ptr<Lane> lane = lanes_.take(exchange->origin());
    if (lane->multi == nullptr || lane->easy == nullptr) {
      return fail(ErrorKind::kUnavailable, exchange->origin() + ": there is no memory for a connection");
    }
    Result<HttpResponse> response = exchange_on(*lane, *exchange, request.timeout, stop);
    // No handle may point into the exchange or the request any longer.
    curl_easy_reset(lane->easy.get());
    lane->origin = exchange->origin();
    lanes_.give_back(std::move(lane));
    return response;
  }

 private:
  Result<HttpResponse> exchange_on(Lane& lane,
                                   CurlExchange& exchange,
                                   std::chrono::milliseconds timeout,
                                   const std::stop_token& stop) const {
    CURL* const easy = lane.easy.get();
    exchange.apply(easy, timeout, stalled_after_);
    Ending ending = run(lane, stop);
    if (ending && exchange.is_repeatable() && exchange.died_on_reuse(easy, *ending)) {
      curl_off_t spent = 0;
      curl_easy_getinfo(easy, CURLINFO_TOTAL_TIME_T, &spent);
      exchange.apply(
          easy, timeout - std::chrono::duration_cast<std::chrono::milliseconds>(spent * 1us), stalled_after_);
      curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
      ending = run(lane, stop);
    }
    if (!ending) {
      return fail(ErrorKind::kStopped, exchange.origin() + ": stopped while waiting for an answer");
    }
    return exchange.finish(easy, *ending);
  }

  std::chrono::seconds stalled_after_;
  LanePool lanes_;
};

}  // namespace

void initialise_curl() {
  static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
  std::ignore = initialised;
}

std::unique_ptr<HttpClient> make_curl_client(std::chrono::seconds stalled_after) {
  initialise_curl();
  return std::make_unique<CurlClient>(stalled_after);
}

Result<std::string> url_origin(const std::string& url) {
  return KPI_TRY(parse_url(url)).origin;
}

}  // namespace kpi
