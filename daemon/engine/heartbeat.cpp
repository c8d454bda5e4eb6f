#include "daemon/engine/heartbeat.hpp"

#include "daemon/os/log.hpp"

#include <string>

namespace kpi {
namespace {

constexpr std::chrono::seconds kTimeout{20};
constexpr std::size_t kMostAnswer = 64U << 10U;

HttpRequest request_of(const HeartbeatConfig& settings) {
  HttpRequest request;
  request.url = settings.url.reveal();
  request.timeout = kTimeout;
  request.max_body = kMostAnswer;
  request.allow_private = settings.allow_private;
  return request;
}

/// What is wrong with the answer; empty: nothing.
std::string problem_of(const Result<HttpResponse>& answer) {
  if (!answer) {
    return answer.error().message;
  }
  const bool is_fine = answer->status >= 200 && answer->status < 300;
  return is_fine ? "" : "it answers " + std::to_string(answer->status);
}

}  // namespace

void Heartbeat::beat(const std::optional<HeartbeatConfig>& settings, Instant now) {
  const bool was_set_back = last_ && now < *last_;
  const bool is_due = settings && (!last_ || was_set_back || now - *last_ >= settings->every);
  if (!is_due || state_->is_on_its_way.exchange(true)) {
    return;
  }
  last_ = now;
  jobs_.submit([&http = http_, request = request_of(*settings), state = state_](const std::stop_token& stop) {
    const std::string problem = problem_of(http.send(request, stop));
    const bool had_failed = state->has_failed.exchange(!problem.empty());
    if (!problem.empty() && !had_failed && !stop.stop_requested()) {
      log_warning("the heartbeat could not be sent: " + problem);
    } else if (problem.empty() && had_failed) {
      log_info("the heartbeat is heard again");
    }
    state->is_on_its_way = false;
  });
}

}  // namespace kpi
