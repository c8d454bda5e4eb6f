#include "daemon/notify/channels/http_settings.hpp"

#include "daemon/os/address_policy.hpp"
#include "daemon/os/curl_http.hpp"

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
