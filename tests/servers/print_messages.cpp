// Prints every sample message as it would leave: the generic webhook's headers and body, signed now with two keys, and
// what every other kind of channel sends over HTTP. One JSON document, for judge_messages.mjs.
#include "daemon/notify/channel.hpp"
#include "tests/support/sample_messages.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <iostream>
#include <sstream>
#include <vector>

namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kBase64Key = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
constexpr const char* kRawKey = "a-raw-text-of-at-least-24-bytes";

class RecordingHttp final : public kpi::HttpClient {
 public:
  kpi::Result<kpi::HttpResponse> send(const kpi::HttpRequest& request, const std::stop_token& /*stop*/) override {
    sent.push_back(request);
    kpi::HttpResponse response;
    response.status = 200;
    response.body = R"({"ok": true})";
    return response;
  }

  std::vector<kpi::HttpRequest> sent;
};

/// What a channel of this kind sends for the message.
std::vector<kpi::HttpRequest> sent_by(const std::string& type, const kpi::Message& message) {
  kpi::ChannelSettings settings;
  settings.name = type;
  settings.type = type;
  for (const kpi::ChannelKey& key : kpi::channel_keys()) {
    settings.texts[key.name] = key.fallback;
  }
  settings.texts["chat"] = "-1001";
  settings.texts["topic"] = "kpi";
  settings.url = kpi::Secret("https://example.com/hook");
  settings.secret = kpi::Secret(std::string(kBase64Key) + " " + kRawKey);
  settings.keys["routing_key"] = kpi::Secret("0123456789abcdef0123456789abcdef");
  settings.keys["api_key"] = kpi::Secret("genie-key-of-the-team");
  settings.keys["token"] = kpi::Secret(type == "telegram" ? "123456789:AAtoken" : "");
  kpi::Diagnostics diagnostics;
  const auto channel = kpi::find_channel_kind(type)->create(settings, diagnostics);
  RecordingHttp http;
  std::ostringstream console;
  kpi::ChannelHost host{
      http, console, [] { return std::chrono::time_point_cast<kpi::Duration>(std::chrono::system_clock::now()); }};
  channel->deliver(message, host, {});
  return http.sent;
}

Json headers_json(const kpi::HttpRequest& request) {
  Json json = Json::object();
  for (const auto& [name, value] : request.headers) {
    json[name] = value;
  }
  return json;
}

}  // namespace

int main() {
  Json messages = Json::array();
  for (const kpi::test::SampleMessage& sample : kpi::test::sample_messages()) {
    const kpi::HttpRequest webhook = sent_by("webhook", sample.message).front();
    Json channels = Json::object();
    for (const char* type : {"alertmanager", "discord", "mattermost", "opsgenie", "pagerduty", "teams", "telegram"}) {
      for (const kpi::HttpRequest& request : sent_by(type, sample.message)) {
        channels[type].push_back(request.body);
      }
    }
    messages.push_back({{"name", sample.name},
                        {"headers", headers_json(webhook)},
                        {"body", webhook.body},
                        {"slack", sent_by("slack", sample.message).front().body},
                        {"channels", std::move(channels)}});
  }
  const Json document = {{"base64_key", kBase64Key}, {"raw_key", kRawKey}, {"messages", std::move(messages)}};
  std::cout << document.dump() << '\n';
  return 0;
}
