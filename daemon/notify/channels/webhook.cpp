#include "daemon/notify/channels/webhook.hpp"

#include "daemon/notify/channels/http_settings.hpp"
#include "daemon/notify/channels/standard_webhooks.hpp"
#include "daemon/notify/message_json.hpp"

#include <algorithm>

namespace kpi {

namespace {

constexpr std::size_t kShortestSafeKey = 24;  // bytes, of Standard Webhooks

class WebhookChannel final : public Channel {
 public:
  WebhookChannel(ChannelSettings settings, std::vector<Secret> keys)
      : settings_(std::move(settings)), keys_(std::move(keys)) {}

  Outcome deliver(const Message& message, ChannelHost& host, const std::stop_token& stop) override {
    const std::int64_t timestamp = std::chrono::floor<std::chrono::seconds>(host.now()).time_since_epoch().count();
    HttpRequest request = json_post(settings_);
    request.body = message_json(message);
    request.headers.emplace_back("webhook-id", message.id);
    request.headers.emplace_back("webhook-timestamp", std::to_string(timestamp));
    if (!keys_.empty()) {
      request.headers.emplace_back("webhook-signature", webhook_signature(keys_, message.id, timestamp, request.body));
    }
    return deliver_http(request, host, stop);
  }

 private:
  ChannelSettings settings_;
  std::vector<Secret> keys_;
};

}  // namespace

std::unique_ptr<Channel> create_webhook_channel(const ChannelSettings& settings, Diagnostics& diagnostics) {
  const bool is_fine = check_http_settings(settings, diagnostics);
  Result<std::vector<Secret>> keys = parse_signing_keys(settings.secret);
  if (!keys) {
    diagnostics.error(settings.position,
                      "channel " + settings.name + ": " + keys.error().message,
                      "make one with: echo \"whsec_$(openssl rand -base64 32)\"");
    return nullptr;
  }
  if (std::ranges::any_of(*keys, [](const Secret& key) { return key.reveal().size() < kShortestSafeKey; })) {
    diagnostics.warning(settings.position,
                        "channel " + settings.name + ": secret is shorter than the 24 bytes of Standard Webhooks",
                        "make one that nobody guesses: echo \"whsec_$(openssl rand -base64 32)\"");
  }
  return is_fine ? std::make_unique<WebhookChannel>(settings, *std::move(keys)) : nullptr;
}

}  // namespace kpi
