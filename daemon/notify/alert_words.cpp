#include "daemon/notify/alert_words.hpp"

#include "rules/base/text.hpp"
#include "rules/words/civil_words.hpp"
#include "rules/words/say.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

namespace kpi {

namespace {

constexpr std::size_t kMaxDescription = 1000;
constexpr std::size_t kMaxUrl = 4000;
constexpr std::size_t kSubjectsInHeadline = 3;
/// In larger messages nobody reads which rule of a KPI each alert is of.
constexpr std::size_t kMostCompared = 100;
/// A pace beyond this says nothing that "far ahead" does not.
constexpr double kMaxPace = 100;

/// How bad, or what kind: of a message that goes on about an alert.
Phrase standing_badge(const AlertView& alert) {
  return !alert.source.empty()                    ? Phrase::kSourceFailed
         : alert.rule == "no_data"                ? Phrase::kNoData
         : alert.rule == "target" && alert.target ? badge_phrase(alert.target->status)
                                                  : severity_phrase(alert.severity);
}

Phrase alert_badge(MessageType type, const AlertView& alert) {
  switch (type) {
    case MessageType::kAlertResolved:
      return Phrase::kResolved;
    case MessageType::kAlertReminder:
    case MessageType::kAlertEscalated:
    case MessageType::kAlertFlapping:
      return standing_badge(alert);
    case MessageType::kAlertNoData:
      return alert.firing ? Phrase::kNoData : Phrase::kDataIsBack;
    case MessageType::kTargetStatus:
    case MessageType::kTargetReminder:
      return alert.target ? badge_phrase(alert.target->status) : severity_phrase(alert.severity);
    case MessageType::kSourceError:
      return Phrase::kSourceFailed;
    case MessageType::kSourceRecovered:
      return Phrase::kSourceRecovered;
    default:
      return severity_phrase(alert.severity);
  }
}

/// The badge of a message that is not about alerts, or whose alerts are missing.
Phrase type_badge(MessageType type) {
  switch (type) {
    case MessageType::kAlertFiring:
    case MessageType::kAlertReminder:
    case MessageType::kAlertEscalated:
    case MessageType::kAlertFlapping:
      return Phrase::kAlert;
    case MessageType::kTargetStatus:
    case MessageType::kTargetReminder:
      return Phrase::kTarget;
    case MessageType::kConfigError:
      return Phrase::kConfigurationError;
    case MessageType::kDeliveryFailed:
      return Phrase::kNotDelivered;
    case MessageType::kDigest:
      return Phrase::kDigest;
    case MessageType::kTest:
      return Phrase::kTest;
    default:
      return alert_badge(type, AlertView{});
  }
}

/// "Critical", "Critical (escalated)".
std::string badge_text(MessageType type, Phrase phrase, Language language) {
  const std::string badge = say(language, phrase);
  switch (type) {
    case MessageType::kAlertReminder:
      return say(language, Phrase::kReminderOf, {{"badge", badge}});
    case MessageType::kAlertEscalated:
      return say(language, Phrase::kEscalatedOf, {{"badge", badge}});
    case MessageType::kAlertFlapping:
      return say(language, Phrase::kFlappingOf, {{"badge", badge}});
    default:
      return badge;
  }
}

std::string badge_words(const Message& message, const AlertView& alert) {
  const std::string badge = badge_text(message.type, alert_badge(message.type, alert), message.language);
  return alert.is_known ? say(message.language,
                              Phrase::kWithNote,
                              {{"reason", badge}, {"note", say(message.language, Phrase::kNoteToldBefore)}})
                        : badge;
}

std::string date_or_text(const std::string& date, Language language) {
  const auto parsed = parse_date(date);
  return parsed ? date_words(*parsed, language) : one_line(date);
}

bool is_sayable(const std::optional<double>& share) {
  return share && std::isfinite(*share) && std::abs(*share) < kMaxPace;
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

/// The facts of one alert, those that are known.
class FactList {
 public:
  explicit FactList(Language language) : language_(language) {}

  void add(FactKind kind, Phrase label, std::string text) {
    if (!text.empty()) {
      facts_.push_back({kind, say(language_, label), std::move(text)});
    }
  }

  void add_target(const TargetView& target) {
    add(FactKind::kTarget, Phrase::kTarget, target_text(target, language_));
    add(FactKind::kPace, Phrase::kPace, pace_text(target, language_));
    add(FactKind::kSoFar, Phrase::kSoFar, one_line(target.formatted_actual));
    add(FactKind::kDueByNow, Phrase::kDueByNow, one_line(target.formatted_expected));
    if (target.probability && !target.formatted_projected.empty()) {
      const std::string likely = likelihood_words(*target.probability, target.budget.has_value(), language_);
      add(FactKind::kForecast,
          Phrase::kForecast,
          say(language_,
              Phrase::kForecastLikely,
              {{"projected", one_line(target.formatted_projected)}, {"probability", likely}}));
    }
    add(FactKind::kNeeded, Phrase::kNeeded, one_line(target.needed));
    if (is_sayable(target.burn_rate)) {
      add(FactKind::kMisses,
          Phrase::kMisses,
          say(language_, Phrase::kMissesOfAllowed, {{"rate", percent_words(*target.burn_rate, language_)}}));
    }
  }

  std::vector<Fact> take() { return std::move(facts_); }

 private:
  Language language_;
  std::vector<Fact> facts_;
};

/// Others of the same message about the same KPI and segment.
bool has_sibling(const Message& message, const AlertView& alert, std::string_view rule = "") {
  return message.alerts.size() <= kMostCompared && std::ranges::any_of(message.alerts, [&](const AlertView& other) {
           return other.rule != alert.rule && other.kpi == alert.kpi && other.segment == alert.segment &&
                  !other.kpi.empty() && (rule.empty() || other.rule == rule);
         });
}

/// The subject, and which of its rules where one message tells of several.
std::string subject_in(const Message& message, const AlertView& alert) {
  const std::string subject = subject_text(alert);
  if (!has_sibling(message, alert)) {
    return subject;
  }
  const std::string rule = alert.rule == "thresholds" ? say(message.language, Phrase::kRuleLimits)
                           : alert.rule == "target"   ? say(message.language, Phrase::kRuleTarget)
                           : alert.rule == "no_data"  ? say(message.language, Phrase::kRuleNoData)
                                                      : one_line(alert.rule);
  return say(message.language, Phrase::kSubjectOfRule, {{"subject", subject}, {"rule", rule}});
}

std::vector<Fact> facts_of(const AlertView& alert, const Message& message) {
  FactList facts(message.language);
  facts.add(FactKind::kLimit, Phrase::kLimit, one_line(alert.formatted_limit));
  facts.add(FactKind::kBefore, Phrase::kBefore, one_line(alert.formatted_previous));
  const std::string since = alert.since_text.empty() && alert.since
                                ? time_words(*alert.since, message.zone, message.language)
                                : one_line(alert.since_text);
  facts.add(FactKind::kSince, alert.firing ? Phrase::kSince : Phrase::kBegan, since);
  if (alert.unanswered_since) {
    const std::string when = time_words(*alert.unanswered_since, message.zone, message.language);
    facts.add(
        FactKind::kUnanswered, Phrase::kAcknowledged, say(message.language, Phrase::kByNobodySince, {{"since", when}}));
  }
  facts.add(FactKind::kPeriod, Phrase::kPeriod, one_line(alert.period_text));
  if (alert.target && !has_sibling(message, alert, "target")) {  // which has these lines
    facts.add_target(*alert.target);
  }
  facts.add(FactKind::kOwner, Phrase::kOwner, one_line(alert.owner));
  facts.add(FactKind::kObjective, Phrase::kObjective, one_line(alert.objective));
  facts.add(FactKind::kAbout, Phrase::kAbout, one_line(alert.description, kMaxDescription));
  return facts.take();
}

/// "Critical: Conversion rate is 0.7%, below 1.4% for 7 days".
std::string headline_of(const Message& message, const AlertView& alert) {
  const AlertWords words = words_of(message, alert);
  const bool has_value = !words.value.empty();
  const Phrase phrase = words.reason.empty() ? (has_value ? Phrase::kHeadlineOfValue : Phrase::kHeadline)
                        : has_value          ? Phrase::kHeadlineOfValueAndReason
                                             : Phrase::kHeadlineOfReason;
  return say(message.language,
             phrase,
             {{"badge", words.badge}, {"subject", words.subject}, {"value", words.value}, {"reason", words.reason}});
}

/// "Orders (country: SE): 40 orders".
std::string subject_and_value(const AlertView& alert) {
  const std::string value = alert.value ? one_line(alert.formatted) : "";
  return subject_text(alert) + (value.empty() ? "" : ": " + value);
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

std::string target_text(const TargetView& target, Language language) {
  std::string goal = one_line(target.formatted_goal.empty() ? number_text(target.goal) : target.formatted_goal);
  if (target.deadline.empty()) {
    return goal;
  }
  const std::string deadline = date_or_text(target.deadline, language);
  // None left is the day after the deadline, while the outcome waits for its data.
  if (!target.days_left || *target.days_left == 0 || target.status == TargetStatus::kMissed) {
    return say(language, Phrase::kTargetBy, {{"goal", goal}, {"deadline", deadline}});
  }
  const int days = *target.days_left;
  const Phrase phrase = days == 1 ? Phrase::kTargetLastDay : days > 1 ? Phrase::kTargetDaysLeft : Phrase::kTargetEnded;
  return say(language, phrase, {{"goal", goal}, {"deadline", deadline}, {"n", std::abs(days)}});
}

std::string pace_text(const TargetView& target, Language language) {
  const std::string status = say(language, status_phrase(target.status));
  if (!is_sayable(target.pace)) {
    return status;
  }
  if (*target.pace < 0) {  // a share of the pace would be less than none
    return say(language, Phrase::kStatusMovesAway, {{"status", status}});
  }
  return say(language, Phrase::kStatusAtPace, {{"status", status}, {"pace", percent_words(*target.pace, language)}});
}

AlertWords words_of(const Message& message, const AlertView& alert) {
  AlertWords words;
  words.badge = badge_words(message, alert);
  words.subject = subject_in(message, alert);
  words.value = alert.value ? one_line(alert.formatted) : "";  // that it is unknown is said by the reason
  words.reason = one_line(alert.reason);
  words.facts = facts_of(alert, message);
  words.runbook = one_line(alert.runbook, kMaxUrl);
  words.url = one_line(alert.url, kMaxUrl);
  words.acknowledge_url = one_line(alert.acknowledge_url, kMaxUrl);
  words.silence_url = one_line(alert.silence_url, kMaxUrl);
  words.id = one_line(alert.id);
  return words;
}

std::string verdict_text(const AlertWords& words, Language language) {
  if (words.value.empty() || words.reason.empty()) {
    return words.value + words.reason;
  }
  return say(language, Phrase::kValueAndReason, {{"value", words.value}, {"reason", words.reason}});
}

std::vector<const AlertView*> worst_first(const Message& message) {
  std::vector<const AlertView*> alerts(message.alerts.size());
  std::ranges::transform(message.alerts, alerts.begin(), [](const AlertView& alert) { return &alert; });
  // Their addresses are in the order given.
  std::ranges::sort(alerts, [](const AlertView* a, const AlertView* b) {
    const auto rank = [](const AlertView* alert) {
      return std::pair(alert->is_known, -static_cast<int>(alert->severity));
    };
    return rank(a) != rank(b) ? rank(a) < rank(b) : std::less<>()(a, b);
  });
  return alerts;
}

std::string badge_of(const Message& message) {
  const Phrase badge =
      message.alerts.empty() ? type_badge(message.type) : alert_badge(message.type, *worst_first(message).front());
  return badge_text(message.type, badge, message.language);
}

std::string count_text(const Message& message, std::size_t count) {
  Phrase noun = Phrase::kCountOfAlerts;
  if (message.type == MessageType::kTargetStatus || message.type == MessageType::kTargetReminder) {
    noun = Phrase::kCountOfTargets;
  } else if (message.type == MessageType::kSourceError || message.type == MessageType::kSourceRecovered) {
    noun = Phrase::kCountOfSources;
  }
  return say(message.language, noun, {{"n", count}});
}

std::string counts_text(const Message& message) {
  const std::vector<const AlertView*> alerts = worst_first(message);
  std::vector<std::pair<std::string, int>> badges;
  for (const AlertView* alert : alerts) {
    const std::string badge = badge_words(message, *alert);
    const auto known = std::ranges::find(badges, badge, &std::pair<std::string, int>::first);
    if (known == badges.end()) {
      badges.emplace_back(badge, 1);
    } else {
      ++known->second;
    }
  }
  if (badges.size() == 1) {
    return say(message.language,
               Phrase::kHeadline,
               {{"badge", badges.front().first}, {"subject", count_text(message, alerts.size())}});
  }
  std::vector<std::string> counts;
  counts.reserve(badges.size());
  for (const auto& [badge, count] : badges) {
    counts.push_back(std::to_string(count) + " × " + badge);
  }
  return join(counts, ", ");
}

std::string group_text(const Message& message) {
  std::vector<std::string> parts;
  parts.reserve(message.group.size());
  for (const auto& [name, value] : message.group) {
    // In people's language: a KPI has a name, and an objective is one.
    const auto alert = name != "kpi" ? message.alerts.end() : std::ranges::find(message.alerts, value, &AlertView::kpi);
    if (alert != message.alerts.end()) {
      parts.push_back(one_line(alert->title));
    } else if (name == "objective") {
      parts.push_back(one_line(value));
    } else {
      const std::string label = name == "owner" ? say(message.language, Phrase::kOwner) : one_line(name);
      parts.push_back(label + ": " + one_line(value));
    }
  }
  return join(parts, ", ");
}

bool is_free_text(const Message& message) {
  return !message.digest && (message.alerts.empty() || !message.text.empty());
}

std::string headline(const Message& message) {
  if (message.digest) {
    return one_line(message.digest->title) + " – " + one_line(message.digest->summary);
  }
  const std::string badge = badge_of(message);
  if (message.alerts.empty()) {
    const std::string first = one_line(trim(message.text).substr(0, trim(message.text).find('\n')));
    return say(message.language, Phrase::kHeadline, {{"badge", badge}, {"subject", first}});
  }
  const std::vector<const AlertView*> alerts = worst_first(message);
  if (alerts.size() == 1) {
    return headline_of(message, *alerts.front());
  }
  // Two rules of one KPI have one name.
  std::vector<std::string> subjects;
  for (const AlertView* alert : alerts) {
    if (std::string subject = subject_and_value(*alert); std::ranges::find(subjects, subject) == subjects.end()) {
      subjects.push_back(std::move(subject));
    }
  }
  const std::size_t named = std::min(subjects.size(), kSubjectsInHeadline);
  const std::size_t unnamed = subjects.size() - named;
  subjects.resize(named);
  return say(message.language,
             unnamed == 0 ? Phrase::kHeadlineOfMany : Phrase::kHeadlineOfMore,
             {{"what", counts_text(message)}, {"subjects", join(subjects, "; ")}, {"n", unnamed}});
}

}  // namespace kpi
