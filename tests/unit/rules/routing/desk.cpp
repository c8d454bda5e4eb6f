#include "tests/unit/rules/routing/desk.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace kpi::test {
namespace {

std::string clock_text(Instant instant) {
  return rfc3339(instant).substr(11, 8);
}

std::string text_of(const Envelope& envelope, Instant now) {
  std::string text = clock_text(now) + " " + envelope.channel + " " + std::string(name_of(envelope.type));
  for (const Envelope::Item& item : envelope.items) {
    text += (item.view && !item.view->firing ? " -" : " ") + item.alert.rule;
  }
  return text;
}

}  // namespace

Route route_to(std::vector<std::string> channels, std::vector<LabelMatch> match) {
  Route route;
  route.to = std::move(channels);
  route.match = std::move(match);
  return route;
}

Desk::Desk(std::vector<Route> routes) {
  rules.routes = std::move(routes);
}

Instant Desk::time(std::string_view text) const {
  const auto local = parse_local(text);
  EXPECT_TRUE(local) << text;
  return zone.to_instant(local.value_or(std::chrono::local_time<Duration>{}));
}

DecideContext Desk::context(Instant now) const {
  DecideContext context;
  context.rules = &rules;
  context.ground = {zone, {}};
  context.incident_channels = incident_channels;
  context.now = now;
  context.is_warm = is_warm;
  context.speaker_for = [this](const AlertKey& key) {
    return inhibited.contains(key.rule) ? "traffic.thresholds" : "";
  };
  return context;
}

std::vector<std::string> Desk::decide_at(Instant now, const std::vector<AlertEvent>& events) {
  if (between) {
    between(state);
  }
  last = now;
  const Decided decided = decide(state, events, context(now));
  std::vector<std::string> texts;
  for (const Envelope& envelope : decided.messages) {
    texts.push_back(text_of(envelope, now));
  }
  for (const Hushed& one : decided.hushed) {
    hushed.push_back(one.channel + " " + one.view.rule + " by " + one.by);
  }
  ended.insert(ended.end(), decided.acknowledgements.begin(), decided.acknowledgements.end());
  return texts;
}

void Desk::pass(Instant until) {
  for (Instant next = next_wake(state); is_warm && next < until; next = next_wake(state)) {
    std::ranges::move(decide_at(next, {}), std::back_inserter(told_));
  }
}

void Desk::event(std::string_view at, AlertEvent event) {
  pass(time(at));
  std::ranges::move(decide_at(time(at), {std::move(event)}), std::back_inserter(told_));
}

void Desk::fires(std::string_view at, const std::string& name, Severity severity) {
  AlertEvent event;
  event.alert = {1, name};
  if (episodes_[name].empty()) {
    episodes_[name] = "ep_" + std::to_string(++count_);
  }
  event.episode = episodes_[name];
  event.severity = severity;
  event.labels = {{"kpi", "visits"}, {"name", name}, {"severity", std::string(name_of(severity))}};
  this->event(at, std::move(event));
}

void Desk::shifts(std::string_view at, const std::string& name, Severity severity) {
  AlertEvent event;
  event.alert = {1, name};
  event.severity = severity;
  event.is_shift = true;
  this->event(at, std::move(event));
}

void Desk::no_data(std::string_view at, const std::string& name) {
  AlertEvent event;
  event.alert = {1, name};
  event.type = MessageType::kAlertNoData;
  event.episode = episodes_[name] = "ep_" + std::to_string(++count_);
  event.severity = Severity::kWarning;
  event.labels = {{"kpi", "visits"}, {"name", name}, {"severity", "warning"}};
  this->event(at, std::move(event));
}

void Desk::ends(std::string_view at, const std::string& name) {
  AlertEvent event;
  event.kind = News::Kind::kEnds;
  event.alert = {1, name};
  event.type = MessageType::kAlertResolved;
  event.episode = std::exchange(episodes_[name], "");
  event.labels = {{"kpi", "visits"}, {"name", name}, {"severity", "warning"}};
  event.view = AlertView{};
  event.view->id = event.episode;
  event.view->rule = name;
  event.view->firing = false;
  this->event(at, std::move(event));
}

std::vector<std::string> Desk::until(std::string_view at) {
  pass(time(at));
  std::ranges::move(decide_at(time(at), {}), std::back_inserter(told_));
  return std::exchange(told_, {});
}

void Desk::restart() {
  RoutingState restored;
  restored.alerts = state.alerts;
  restored.groups = state.groups;
  restored.silences = state.silences;
  restored.acknowledgements = state.acknowledgements;
  index(restored);
  state = std::move(restored);
}

std::vector<std::string> Desk::why(std::string_view at, const std::string& name) const {
  std::vector<std::string> texts;
  for (const Decision& decision : standings(state, {1, name}, context(time(at)))) {
    texts.push_back(decision.channel + " " + std::string(name_of(decision.hold)) + ": " + reason_text(decision, zone));
  }
  return texts;
}

void Desk::acknowledge(std::string_view at, const std::string& name, std::string_view until) {
  pass(time(at));
  Acknowledgement words;
  words.episode = episodes_[name];
  words.by = "anna";
  words.comment = "on it";
  words.until = time(until);
  kpi::acknowledge(state, words, context(time(at)));
}

}  // namespace kpi::test
