#include "tests/support/sample_messages.hpp"

#include <algorithm>
#include <stdexcept>

namespace kpi::test {

namespace {

Instant at(std::string_view text) {
  return parse_rfc3339(text).value();
}

Message message_of(MessageType type, std::vector<AlertView> alerts, Labels group = {}) {
  Message message;
  message.id = "msg_01J8ZQ4B7C9D2E5F6G7H8J9K0M";
  message.type = type;
  message.channel = "growth";
  message.created = at("2026-03-31T06:00:00Z");
  message.group = std::move(group);
  message.alerts = std::move(alerts);
  return message;
}

TargetView conversion_target() {
  TargetView target;
  target.status = TargetStatus::kAtRisk;
  target.goal = 0.03;
  target.formatted_goal = "3%";
  target.deadline = "2026-12-31";
  target.expected = 0.0225;
  target.formatted_expected = "2.25%";
  target.progress = 0.1;
  target.pace = 0.83;
  target.required = 0.0011;
  target.days_left = 276;
  return target;
}

AlertView conversion() {
  AlertView alert;
  alert.id = "ep_01J8ZQ4B7C9D2E5F6G7H8J9K0N";
  alert.kpi = "conversion_rate";
  alert.title = "Conversion rate";
  alert.description = "Orders per visit, over the last seven days.";
  alert.rule = "thresholds";
  alert.segment = {{"country", "SE"}};
  alert.severity = Severity::kWarning;
  alert.value = 0.021;
  alert.formatted = "2.1%";
  alert.unit = "%";
  alert.limit = 0.022;
  alert.formatted_limit = "2.2%";
  alert.since = at("2026-03-28T23:00:00Z");
  alert.since_text = "Sunday 29 March 2026";
  alert.period = Period{at("2026-03-29T22:00:00Z"), at("2026-03-30T22:00:00Z")};
  alert.period_text = "Monday 30 March 2026";
  alert.previous = 0.026;
  alert.formatted_previous = "2.6%";
  alert.target = conversion_target();
  alert.owner = "growth";
  alert.objective = "More customers";
  alert.labels = {{"team", "web"}};
  alert.reason = "below 2.2% for 2 days";
  alert.runbook = "https://wiki.example.com/runbooks/conversion";
  alert.url = "https://kpi.example.com/kpis/conversion_rate?segment=country%3DSE";
  return alert;
}

AlertView acquisition_cost() {
  AlertView alert;
  alert.id = "ep_01J8ZQ4B7C9D2E5F6G7H8J9K0P";
  alert.kpi = "cac";
  alert.title = "Customer acquisition cost";
  alert.rule = "thresholds";
  alert.segment = {{"channel", "paid search"}, {"country", "NO"}};
  alert.severity = Severity::kCritical;
  alert.value = 61;
  alert.formatted = "SEK 61";
  alert.unit = "SEK/customers";
  alert.limit = 50;
  alert.formatted_limit = "SEK 50";
  alert.since = at("2026-03-15T23:00:00Z");
  alert.since_text = "Monday 16 March 2026";
  alert.previous = 44;
  alert.formatted_previous = "SEK 44";
  alert.owner = "growth";
  alert.objective = "More customers";
  alert.reason = "above SEK 50 for 2 weeks";
  alert.url = "https://kpi.example.com/kpis/cac";
  return alert;
}

AlertView bounce_rate() {
  AlertView alert;
  alert.id = "ep_01J8ZQ4B7C9D2E5F6G7H8J9K0Q";
  alert.kpi = "bounce_rate";
  alert.title = "Bounce rate";
  alert.rule = "jump";
  alert.severity = Severity::kInfo;
  alert.value = 0.48;
  alert.formatted = "48%";
  alert.unit = "%";
  alert.since = at("2026-03-29T22:00:00Z");
  alert.since_text = "Monday 30 March 2026";
  alert.objective = "More customers";
  alert.reason = "8 percentage points more than the week before";
  return alert;
}

Message resolved() {
  AlertView alert = conversion();
  alert.firing = false;
  alert.value = 0.024;
  alert.formatted = "2.4%";
  alert.previous = 0.021;
  alert.formatted_previous = "2.1%";
  alert.reason = "back above 2.2%";
  alert.target.reset();
  return message_of(MessageType::kAlertResolved, {alert}, {{"kpi", "conversion_rate"}});
}

Message no_data() {
  AlertView alert = conversion();
  alert.rule = "no_data";
  alert.value.reset();
  alert.formatted.clear();
  alert.limit.reset();
  alert.formatted_limit.clear();
  alert.target.reset();
  alert.reason = "no sample for 2 days; the last one was 2.6% on Saturday 28 March 2026";
  return message_of(MessageType::kAlertNoData, {alert}, {{"kpi", "conversion_rate"}});
}

Message target_status() {
  AlertView alert;
  alert.id = "ep_01J8ZQ4B7C9D2E5F6G7H8J9K0R";
  alert.kpi = "visitors";
  alert.title = "Visitors a day";
  alert.rule = "target";
  alert.severity = Severity::kWarning;
  alert.value = 180;
  alert.formatted = "180 visitors";
  alert.unit = "visitors";
  alert.since = at("2026-03-16T23:00:00Z");
  alert.since_text = "Tuesday 17 March 2026";
  alert.previous = 178;
  alert.formatted_previous = "178 visitors";
  alert.owner = "growth";
  alert.reason = "behind the path to 1,000 visitors";
  alert.url = "https://kpi.example.com/kpis/visitors";
  TargetView target;
  target.status = TargetStatus::kOffTrack;
  target.goal = 1000;
  target.formatted_goal = "1,000 visitors";
  target.deadline = "2026-06-30";
  target.expected = 316;
  target.formatted_expected = "316 visitors";
  target.progress = 0.255;
  target.pace = 0.51;
  target.days_left = 91;
  alert.target = target;
  return message_of(MessageType::kTargetStatus, {alert}, {{"kpi", "visitors"}});
}

AlertView failing_source() {
  AlertView alert;
  alert.id = "ep_01J8ZQ4B7C9D2E5F6G7H8J9K0S";
  alert.source = "shop";
  alert.title = "shop";
  alert.rule = "source:shop";
  alert.severity = Severity::kCritical;
  alert.since = at("2026-03-31T04:00:00Z");
  alert.since_text = "Tuesday 31 March 2026 06:00";
  alert.reason = "https://shop.example.com: answered 503; 4 KPIs wait for it and keep their last state";
  return alert;
}

Message source_recovered() {
  AlertView alert = failing_source();
  alert.firing = false;
  alert.reason = "answers again after 2 hours";
  return message_of(MessageType::kSourceRecovered, {alert});
}

Message text_only(MessageType type, std::string text) {
  Message message = message_of(type, {});
  message.text = std::move(text);
  return message;
}

constexpr const char* kConfigError =
    "rules/sales.yaml:14:12: error: unknown metric \"shop.ordres\"\n"
    "   14 |     value: shop.ordres / web.visits\n"
    "      |            ^~~~~~~~~~~\n"
    "did you mean \"shop.orders\"?\n"
    "\n"
    "The last good rules stay in force until this is mended; `kpid check` shows the same.";

Message many() {
  std::vector<AlertView> alerts;
  for (int i = 1; i <= 75; ++i) {
    AlertView alert = conversion();
    alert.id += std::to_string(i);
    alert.segment = {{"campaign", "spring-" + std::to_string(i)}};
    alert.severity = i % 7 == 0 ? Severity::kCritical : Severity::kWarning;
    alerts.push_back(alert);
  }
  return message_of(MessageType::kAlertFiring, std::move(alerts), {{"objective", "More customers"}});
}

Message hostile() {
  AlertView alert = conversion();
  alert.title = "<!channel> *R&D* <https://evil.example|click> @here\r\nInjected: yes\x1b[31m";
  alert.segment = {{"country",
                    "S\xff"
                    "E <@U123>"}};
  alert.reason = "below </script> & above";
  alert.owner = "<!subteam^S1>";
  alert.description = std::string(60, '&');
  for (int i = 0; i < 400; ++i) {
    alert.description += " &";
  }
  alert.runbook = "ask <@U123> in #growth";
  alert.url = "https://kpi.example.com/kpis/x?a=1&b=<2>";
  return message_of(MessageType::kAlertFiring, {alert});
}

Message bare() {
  AlertView alert;
  alert.id = "ep_1";
  alert.kpi = "reach";
  alert.severity = Severity::kInfo;
  return message_of(MessageType::kAlertFiring, {alert});
}

}  // namespace

std::vector<SampleMessage> sample_messages() {
  std::vector<SampleMessage> samples = {
      {"firing", message_of(MessageType::kAlertFiring, {conversion()}, {{"kpi", "conversion_rate"}})},
      {"firing_group",
       message_of(MessageType::kAlertFiring,
                  {bounce_rate(), conversion(), acquisition_cost()},
                  {{"objective", "More customers"}})},
      {"resolved", resolved()},
      {"no_data", no_data()},
      {"target_status", target_status()},
      {"source_error", message_of(MessageType::kSourceError, {failing_source()}, {{"source", "shop"}})},
      {"source_recovered", source_recovered()},
      {"config_error", text_only(MessageType::kConfigError, kConfigError)},
      {"delivery_failed",
       text_only(MessageType::kDeliveryFailed,
                 "The channel growth did not take a message after 9 attempts in 3 days: answered 404: no_service.\n"
                 "It is kept in the dead letters: `kpid deadletter list`.")},
      {"test", text_only(MessageType::kTest, "This is a test from kpid: messages for growth arrive here.")},
      {"many", many()},
      {"hostile", hostile()},
      {"bare", bare()},
  };
  for (SampleMessage& sample : samples) {
    sample.message.id = "msg_" + sample.name;
  }
  return samples;
}

Message sample_message(const std::string& name) {
  std::vector<SampleMessage> samples = sample_messages();
  for (SampleMessage& sample : samples) {
    if (sample.name == name) {
      return std::move(sample.message);
    }
  }
  throw std::out_of_range("no sample message " + name);
}

}  // namespace kpi::test
