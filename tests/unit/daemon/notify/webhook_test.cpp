#include "daemon/notify/channels/webhook.hpp"

#include "daemon/notify/channels/standard_webhooks.hpp"
#include "daemon/notify/message_json.hpp"
#include "daemon/os/curl_http.hpp"
#include "tests/support/loopback_server.hpp"
#include "tests/support/sample_messages.hpp"
#include "tests/unit/daemon/notify/fake_http.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kpi {
namespace {

using testing::ElementsAre;
using testing::Pair;

constexpr const char* kSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

ChannelSettings settings_for(const std::string& url, const std::string& secret) {
  ChannelSettings settings;
  settings.name = "automation";
  settings.type = "webhook";
  settings.url = Secret(url);
  settings.secret = Secret(secret);
  settings.timeout = std::chrono::milliseconds{1234};
  settings.allow_private = {"127.0.0.0/8"};
  return settings;
}

std::unique_ptr<Channel> channel_for(const std::string& url, const std::string& secret) {
  Diagnostics diagnostics;
  std::unique_ptr<Channel> channel = create_webhook_channel(settings_for(url, secret), diagnostics);
  EXPECT_EQ(diagnostics.text(), "");
  return channel;
}

TEST(WebhookChannel, SignsTheBytesItSends) {
  test::FakeChannelHost fake;
  fake.http.answer_with(204, "");
  const Message message = test::sample_message("firing");
  const Outcome outcome = channel_for("https://example.com/hook", kSecret)->deliver(message, fake.host, {});
  EXPECT_EQ(outcome, (Outcome{Outcome::Kind::kDelivered, "answered 204", {}}));
  const HttpRequest& request = fake.http.requests.at(0);
  EXPECT_EQ(request.body, message_json(message));
  EXPECT_EQ(request.timeout, std::chrono::milliseconds{1234});
  const std::string signature =
      webhook_signature(parse_signing_keys(Secret(kSecret)).value(), message.id, 1774936805, request.body);
  EXPECT_THAT(request.headers,
              ElementsAre(Pair("content-type", "application/json"),
                          Pair("webhook-id", message.id),
                          Pair("webhook-timestamp", "1774936805"),
                          Pair("webhook-signature", signature)));
}

TEST(WebhookChannel, KeepsTheIdAndFreshensTheTimestampOnEveryAttempt) {
  test::FakeChannelHost fake;
  const Message message = test::sample_message("firing");
  const std::unique_ptr<Channel> channel = channel_for("https://example.com/hook", kSecret);
  channel->deliver(message, fake.host, {});
  fake.now += std::chrono::minutes{5};
  channel->deliver(message, fake.host, {});
  EXPECT_EQ(fake.http.requests[0].headers[1], fake.http.requests[1].headers[1]);
  EXPECT_EQ(fake.http.requests[0].headers[2].second, "1774936805");
  EXPECT_EQ(fake.http.requests[1].headers[2].second, "1774937105");
  EXPECT_NE(fake.http.requests[0].headers[3], fake.http.requests[1].headers[3]);
}

TEST(WebhookChannel, SendsNoSignatureWithoutASecret) {
  test::FakeChannelHost fake;
  channel_for("https://example.com/hook", "")->deliver(test::sample_message("test"), fake.host, {});
  for (const auto& [name, value] : fake.http.requests.at(0).headers) {
    EXPECT_NE(name, "webhook-signature");
  }
}

TEST(WebhookChannel, ReachesARealServer) {
  const test::LoopbackServer server(test::ScriptedAnswer{.status = 202});
  const std::unique_ptr<HttpClient> client = make_curl_client();
  std::ostringstream console;
  ChannelHost host{*client, console, [] { return parse_rfc3339("2026-03-31T06:00:05Z").value(); }};
  const Message message = test::sample_message("hostile");
  const Outcome outcome = channel_for(server.url("/hook"), kSecret)->deliver(message, host, {});
  EXPECT_EQ(outcome.kind, Outcome::Kind::kDelivered) << outcome.detail;
  const test::ReceivedRequest request = server.requests().at(0);
  EXPECT_EQ(request.body, message_json(message));
  EXPECT_EQ(request.header("webhook-id"), message.id);
  EXPECT_EQ(request.header("content-type"), "application/json");
  EXPECT_EQ(request.header("user-agent").substr(0, 5), "kpid/");
}

TEST(WebhookChannel, NeverFollowsARedirect) {
  const test::LoopbackServer trap(test::ScriptedAnswer{});
  const test::LoopbackServer server([&](const test::ReceivedRequest&) {
    return test::ScriptedAnswer{.status = 307, .headers = {{"Location", trap.url()}}};
  });
  const std::unique_ptr<HttpClient> client = make_curl_client();
  std::ostringstream console;
  ChannelHost host{*client, console, [] { return Instant{}; }};
  EXPECT_EQ(channel_for(server.url(), kSecret)->deliver(test::sample_message("test"), host, {}).kind,
            Outcome::Kind::kRefused);
  EXPECT_EQ(trap.connections(), 0);
}

}  // namespace
}  // namespace kpi
