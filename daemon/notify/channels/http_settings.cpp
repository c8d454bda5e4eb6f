#include "daemon/notify/channels/http_settings.hpp"

#include "daemon/os/address_policy.hpp"
#include "daemon/os/curl_http.hpp"
#include "rules/base/text.hpp"

#include <algorithm>
#include <utility>

namespace kpi {

namespace {

/// Enough for any receiver's words; more is not an answer to us.
constexpr std::size_t kMaxAnswer = 1U << 20U;

}  // namespace

bool check_http_settings(const ChannelSettings& settings, Diagnostics& diagnostics) {
  bool is_fine = true;
  const auto report = [&](const std::string& message, const std::string& remedy) {
    diagnostics.error(settings.position, "channel " + settings.name + ": " + message, remedy);
    is_fine = false;
  };
  if (settings.url.empty()) {
    report("url is missing", "add url: with the receiver's address, best as a reference such as ${env:NAME}");
  } else if (const Result<std::string> origin = url_origin(settings.url.reveal()); !origin) {
    report("url is not an http or https address", "write it as https://host/path");
  }
  if (const Result<AddressPolicy> policy = AddressPolicy::parse(settings.allow_private); !policy) {
    report("allow_private: " + policy.error().message, "");
  }
  if (settings.timeout <= std::chrono::milliseconds{0}) {
    report("timeout is not longer than 0", "write a duration such as 15s");
  }
  return is_fine;
}

bool check_http_settings(ChannelSettings& settings, const std::string& fallback, Diagnostics& diagnostics) {
  if (settings.url.empty()) {
    settings.url = Secret(fallback);
  }
  return check_http_settings(std::as_const(settings), diagnostics);
}

std::string base_of(const ChannelSettings& settings) {
  std::string base = settings.url.reveal();
  while (base.ends_with('/')) {
    base.pop_back();
  }
  return base;
}

Outcome send_each(const Message& message,
                  const ChannelHost& host,
                  const std::function<Outcome(const AlertView&)>& send) {
  const auto done = static_cast<std::size_t>(parse_number(host.progress).value_or(0));
  Outcome whole;
  std::size_t refused = 0;
  for (std::size_t i = done; i < message.alerts.size(); ++i) {
    Outcome one = send(message.alerts[i]);
    if (one.kind == Outcome::Kind::kRetry || one.kind == Outcome::Kind::kDisabled) {
      one.progress = std::to_string(i);
      return one;
    }
    if (one.kind == Outcome::Kind::kRefused) {
      ++refused;
      whole.complaint = message.alerts[i].id + " was refused: " + one.detail;
    } else {
      whole.detail = one.detail;
    }
    whole.remotes.merge(one.remotes);
  }
  if (refused > 0 && refused == message.alerts.size() - std::min(done, message.alerts.size())) {
    return {Outcome::Kind::kRefused, whole.complaint, {}};
  }
  return whole;
}

HttpRequest json_post(const ChannelSettings& settings) {
  HttpRequest request;
  request.method = "POST";
  request.url = settings.url.reveal();
  request.headers = {{"content-type", "application/json"}};
  request.timeout = settings.timeout;
  request.max_body = kMaxAnswer;
  request.ca_file = settings.ca_file;
  request.allow_private = settings.allow_private;
  return request;
}

}  // namespace kpi
