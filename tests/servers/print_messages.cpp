// Prints every sample message as it would leave: the generic webhook's headers and body, signed now with two keys, and
// the Slack payload. One JSON document, for judge_messages.mjs.
#include "daemon/notify/channel.hpp"
#include "tests/support/sample_messages.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <iostream>
#include <sstream>

namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kBase64Key = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
constexpr const char* kRawKey = "a-raw-text-of-at-least-24-bytes";

class RecordingHttp final : public kpi::HttpClient {
 public:
  kpi::Result<kpi::HttpResponse> send(const kpi::HttpRequest& request, const std::stop_token& /*stop*/) override {
    last = request;
    kpi::HttpResponse response;
    response.status = 200;
    response.body = "ok";
    return response;
  }

  kpi::HttpRequest last;
};

/// What a channel of this kind sends for the message.
kpi::HttpRequest sent_by(const std::string& type, const kpi::Message& message) {
  kpi::ChannelSettings settings;
  settings.name = type;
  settings.type = type;
  settings.url = kpi::Secret("https://example.com/hook");
  settings.secret = kpi::Secret(std::string(kBase64Key) + " " + kRawKey);
  kpi::Diagnostics diagnostics;
  const auto channel = kpi::find_channel_kind(type)->create(settings, diagnostics);
  RecordingHttp http;
  std::ostringstream console;
  kpi::ChannelHost host{
      http, console, [] { return std::chrono::time_point_cast<kpi::Duration>(std::chrono::system_clock::now()); }};
  channel->deliver(message, host, {});
  return http.last;
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
    const kpi::HttpRequest webhook = sent_by("webhook", sample.message);
    messages.push_back({{"name", sample.name},
                        {"headers", headers_json(webhook)},
                        {"body", webhook.body},
                        {"slack", sent_by("slack", sample.message).body}});
  }
  const Json document = {{"base64_key", kBase64Key}, {"raw_key", kRawKey}, {"messages", std::move(messages)}};
  std::cout << document.dump() << '\n';
  return 0;
}
