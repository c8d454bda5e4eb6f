#include "daemon/notify/alert_words.hpp"

#include "rules/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

namespace kpi {

namespace {

constexpr std::size_t kMaxDescription = 1000;
constexpr std::size_t kMaxUrl = 4000;
constexpr std::size_t kSubjectsInHeadline = 3;
/// A pace beyond this says nothing that "far ahead" does not.
constexpr double kMaxPace = 100;

std::string severity_badge(Severity severity) {
  switch (severity) {
    case Severity::kCritical:
      return "Critical";
    case Severity::kWarning:
      return "Warning";
    case Severity::kInfo:
    case Severity::kNone:
      break;
  }
  return "Info";
}

std::string status_text(TargetStatus status) {
  std::string text(name_of(status));
  std::ranges::replace(text, '_', ' ');
  return text;
}

std::string capitalised(std::string text) {
  if (!text.empty() && text.front() >= 'a' && text.front() <= 'z') {
    text.front() = static_cast<char>(text.front() - 'a' + 'A');
  }
  return text;
}

std::string alert_badge(MessageType type, const AlertView& alert) {
  switch (type) {
    case MessageType::kAlertResolved:
      return "Resolved";
    case MessageType::kAlertReminder:
      return "Still " + to_lower_ascii(severity_badge(alert.severity));
    case MessageType::kAlertEscalated:
      return "Escalated";
    case MessageType::kAlertFlapping:
      return "Flapping";
    case MessageType::kAlertNoData:
      return alert.firing ? "No data" : "Data is back";
    case MessageType::kTargetStatus:
    case MessageType::kTargetReminder:
      return alert.target ? capitalised(status_text(alert.target->status)) : severity_badge(alert.severity);
    case MessageType::kSourceError:
      return "Source failed";
    case MessageType::kSourceRecovered:
      return "Source recovered";
    default:
      return severity_badge(alert.severity);
  }
}

/// The badge of a message that is not about alerts, or whose alerts are missing.
std::string type_badge(MessageType type) {
  switch (type) {
    case MessageType::kAlertFiring:
    case MessageType::kAlertReminder:
      return "Alert";
    case MessageType::kTargetStatus:
    case MessageType::kTargetReminder:
      return "Target";
    case MessageType::kConfigError:
      return "Configuration error";
    case MessageType::kDeliveryFailed:
      return "Not delivered";
    case MessageType::kDigest:
      return "Digest";
    case MessageType::kTest:
      return "Test";
    default:
      return alert_badge(type, AlertView{});
  }
}

std::string days_left_text(int days) {
  if (days == 0) {
    return "the last day";
  }
  const int count = std::abs(days);
  const std::string text = fmt::format("{} {}", count, count == 1 ? "day" : "days");
  return days > 0 ? text + " left" : "ended " + text + " ago";
}

std::string target_text(const TargetView& target) {
  std::string text = one_line(target.formatted_goal.empty() ? number_text(target.goal) : target.formatted_goal);
  if (!target.deadline.empty()) {
    text += " by " + one_line(target.deadline);
  }
  if (target.days_left) {
    text += ", " + days_left_text(*target.days_left);
  }
  return text;
}

std::string pace_text(const TargetView& target) {
  std::string text = status_text(target.status);
  if (target.pace && std::isfinite(*target.pace) && std::abs(*target.pace) < kMaxPace) {
    text += fmt::format(", at {:.0f}% of the pace needed", *target.pace * 100);
  }
  if (!target.formatted_actual.empty()) {
    text += "; " + one_line(target.formatted_actual) + " so far";
  }
  if (target.burn_rate && std::isfinite(*target.burn_rate) && std::abs(*target.burn_rate) < kMaxPace) {
    text += fmt::format("; burn rate {:.0f}%", *target.burn_rate * 100);
  }
  if (!target.formatted_expected.empty()) {
    text += "; should be " + one_line(target.formatted_expected) + " by now";
  }
  return text;
}

std::string subject_text(const AlertView& alert) {
  std::string subject = one_line(alert.title);
  if (subject.empty()) {
    subject = one_line(alert.kpi.empty() ? alert.source : alert.kpi);
  }
  std::vector<std::string> labels;
  labels.reserve(alert.segment.size());
  for (const auto& [name, value] : alert.segment) {
    labels.push_back(one_line(name) + ": " + one_line(value));
  }
  return labels.empty() ? subject : one_line(subject + " (" + join(labels, ", ") + ")");
}

std::vector<Fact> facts_of(const AlertView& alert) {
  std::vector<Fact> facts;
  const auto add = [&](std::string_view label, std::string text) {
    if (!text.empty()) {
      facts.push_back({std::string(label), std::move(text)});
    }
  };
  add("Limit", one_line(alert.formatted_limit));
  add("Before", one_line(alert.formatted_previous));
  add(alert.firing ? "Since" : "Began",
      alert.since_text.empty() && alert.since ? rfc3339(*alert.since) : one_line(alert.since_text));
  add("Period", one_line(alert.period_text));
  if (alert.target) {
    add("Target", target_text(*alert.target));
    add("Pace", pace_text(*alert.target));
  }
  add("Owner", one_line(alert.owner));
  add("Objective", one_line(alert.objective));
  add("About", one_line(alert.description, kMaxDescription));
  return facts;
}

}  // namespace

std::string one_line(std::string_view text, std::size_t limit) {
  std::string flat;
  for (const char c : trim(text)) {
    const bool is_space = c == ' ' || c == '\n' || c == '\r' || c == '\t';
    if (!is_space || !flat.ends_with(' ')) {
      flat += is_space ? ' ' : c;
    }
  }
  return printable(flat, limit);
}

AlertWords words_of(MessageType type, const AlertView& alert) {
  AlertWords words;
  words.badge = alert_badge(type, alert);
  words.subject = subject_text(alert);
  words.value = one_line(alert.formatted);
  words.reason = one_line(alert.reason);
  words.facts = facts_of(alert);
  words.runbook = one_line(alert.runbook, kMaxUrl);
  words.url = one_line(alert.url, kMaxUrl);
  words.id = one_line(alert.id);
  return words;
}

std::string verdict_text(const AlertWords& words) {
  if (words.value.empty() || words.reason.empty()) {
    return words.value + words.reason;
  }
  return words.value + ", " + words.reason;
}

std::vector<const AlertView*> worst_first(const Message& message) {
  std::vector<const AlertView*> alerts(message.alerts.size());
  std::ranges::transform(message.alerts, alerts.begin(), [](const AlertView& alert) { return &alert; });
  // Their addresses are in the order given.
  std::ranges::sort(alerts, [](const AlertView* a, const AlertView* b) {
    return a->severity != b->severity ? a->severity > b->severity : std::less<>()(a, b);
  });
  return alerts;
}

std::string badge_of(const Message& message) {
  return message.alerts.empty() ? type_badge(message.type) : alert_badge(message.type, *worst_first(message).front());
}

std::string count_text(MessageType type, std::size_t count) {
  std::string noun = "alert";
  if (type == MessageType::kTargetStatus || type == MessageType::kTargetReminder) {
    noun = "target";
  } else if (type == MessageType::kSourceError || type == MessageType::kSourceRecovered) {
    noun = "source";
  }
  return counted(count, noun);
}

std::string group_text(const Message& message) {
  std::vector<std::string> parts;
  parts.reserve(message.group.size());
  for (const auto& [name, value] : message.group) {
    parts.push_back(one_line(name) + ": " + one_line(value));
  }
  return join(parts, ", ");
}

std::string headline(const Message& message) {
  const std::string badge = badge_of(message);
  if (message.alerts.empty()) {
    return badge + ": " + one_line(trim(message.text).substr(0, trim(message.text).find('\n')));
  }
  const std::vector<const AlertView*> alerts = worst_first(message);
  if (alerts.size() == 1) {
    const AlertWords words = words_of(message.type, *alerts.front());
    const std::string verdict = verdict_text(words);
    return badge + ": " + words.subject + (verdict.empty() ? "" : (words.value.empty() ? " – " : " is ") + verdict);
  }
  std::vector<std::string> subjects;
  const std::size_t named = std::min(alerts.size(), kSubjectsInHeadline);
  subjects.reserve(named);
  for (std::size_t i = 0; i < named; ++i) {
    subjects.push_back(subject_text(*alerts[i]));
  }
  const std::size_t unnamed = alerts.size() - named;
  return fmt::format("{}: {} – {}{}",
                     badge,
                     count_text(message.type, alerts.size()),
                     join(subjects, "; "),
                     unnamed == 0 ? "" : fmt::format(" and {} more", unnamed));
}

}  // namespace kpi
