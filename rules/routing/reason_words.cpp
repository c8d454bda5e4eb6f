#include "rules/routing/reason_words.hpp"

#include "rules/judge/line_limits.hpp"
#include "rules/routing/target_words.hpp"
#include "rules/routing/unusual_words.hpp"
#include "rules/words/civil_words.hpp"
#include "rules/words/say.hpp"

#include <cmath>

namespace kpi {
namespace {

constexpr std::int64_t kMostPeriods = 10'000;

/// For how many periods; nothing when it is the first.
std::string lasting(const AlertSubject& subject, std::optional<Slot> since, Language language) {
  if (!since || *since >= subject.slot) {
    return "";
  }
  std::int64_t count = 1;
  for (Slot slot = *since; slot < subject.slot && count < kMostPeriods; slot = next_slot(slot, subject.kpi->every)) {
    ++count;
  }
  return lasting_words(count, subject.kpi->every, language);
}

/// Since when the value has been beyond the limit that is named: a critical one may have been crossed later than the
/// warning's, with which the alert began.
std::optional<Slot> beyond_since(const AlertSubject& subject) {
  const bool has_rung = subject.severity != Severity::kNone;
  const auto rung = static_cast<std::size_t>(subject.severity) - 1;
  const auto& missed = subject.line->thresholds.rungs.at(has_rung ? rung : 0).missed;
  return has_rung && missed ? std::optional(missed->first) : subject.since;
}

/// Without the fine periods before the newest misses, which `recover_for` lets pass while the alert goes on. By the
/// limit of now.
std::optional<Slot> without_fine(const AlertSubject& subject, std::optional<Slot> since, double limit) {
  const Kpi& kpi = *subject.kpi;
  if (!since || patience_of(*kpi.thresholds, subject.line->segment).recover.is_zero()) {
    return since;
  }
  Slot first = subject.slot;
  for (Slot slot = first; slot > *since;) {
    slot = next_slot(slot, kpi.every, kpi.zone, -1);
    const Sample* judged = subject.line->judged.at(slot);
    const bool is_known = judged != nullptr && !std::isnan(judged->value);
    if (is_known && !is_beyond(judged->value, limit, kpi.better)) {
      break;
    }
    first = is_known ? slot : first;
  }
  return first;
}

/// How a limit on one side is spoken of.
struct Side {
  Phrase now;
  Phrase lasting;
  Phrase before;
};

Side side_of(bool is_above, bool is_named) {
  if (is_named) {
    return is_above ? Side{Phrase::kAbove, Phrase::kAboveFor, Phrase::kWasAbove}
                    : Side{Phrase::kBelow, Phrase::kBelowFor, Phrase::kWasBelow};
  }
  return is_above ? Side{Phrase::kAboveLimit, Phrase::kAboveLimitFor, Phrase::kWasAboveLimit}
                  : Side{Phrase::kBelowLimit, Phrase::kBelowLimitFor, Phrase::kWasBelowLimit};
}

std::string within_reason(const AlertSubject& subject, Language language) {
  const Kpi& kpi = *subject.kpi;
  const std::string time = lasting(subject, subject.since, language);
  return say(language,
             time.empty() ? Phrase::kOutside : Phrase::kOutsideFor,
             {{"low", format_value(kpi.better.low, kpi.unit, language)},
              {"high", format_value(kpi.better.high, kpi.unit, language)},
              {"time", time}});
}

std::string threshold_reason(const AlertSubject& subject, Language language) {
  const Kpi& kpi = *subject.kpi;
  if (kpi.better.kind == Better::Kind::kWithin) {
    return within_reason(subject, language);
  }
  const std::optional<Value> limit = crossed_limit(subject);
  const bool is_named = limit && limit->is_known();
  const Value& value = subject.judgement.value;
  const bool is_beyond_it = is_named && value.is_known() && is_beyond(value.number, limit->number, kpi.better);
  const Side side = side_of(kpi.better.kind == Better::Kind::kLower, is_named);
  const std::string text = is_named ? limit_words(subject, *limit, language) : "";
  if (!is_beyond_it && value.is_known()) {
    return say(language, side.before, {{"limit", text}});
  }
  const std::optional<Slot> since =
      is_named ? without_fine(subject, beyond_since(subject), limit->number) : beyond_since(subject);
  const std::string time = lasting(subject, since, language);
  return say(language, time.empty() ? side.now : side.lasting, {{"limit", text}, {"time", time}});
}

std::string condition_reason(const AlertSubject& subject, Language language) {
  const AlertRule& rule = subject.kpi->alerts[subject.index];
  const CalendarRules calendar = subject.calendar != nullptr ? *subject.calendar : CalendarRules();
  const std::string unusual =
      asks_for_unusual(rule.when) ? unusual_words(*subject.line, *subject.kpi, subject.slot, calendar, language) : "";
  if (!unusual.empty()) {  // says more than the condition does
    return say(language, Phrase::kCondition, {{"name", rule.name}, {"condition", unusual}});
  }
  const std::string time = lasting(subject, subject.since, language);
  return say(language,
             time.empty() ? Phrase::kCondition : Phrase::kConditionFor,
             {{"name", rule.name}, {"condition", rule.when.text}, {"time", time}});
}

std::string since_words(const AlertSubject& subject, const Voice& voice) {
  const Kpi& kpi = *subject.kpi;
  return subject.since ? begin_words(*subject.since, kpi.every, voice.zone.value_or(kpi.zone), voice.language) : "";
}

std::string no_data_reason(const AlertSubject& subject, const Voice& voice) {
  const Language language = voice.language;
  const std::string since = since_words(subject, voice);
  const PeriodJudgement& judgement = subject.judgement;
  if (judgement.value.is_known() && judgement.lacks != Reason::kNone) {
    return say(language, Phrase::kUnsureSince, {{"since", since}, {"why", say(language, why_phrase(judgement.lacks))}});
  }
  const std::string why = say(language, why_phrase(judgement.value.reason));
  return say(language, since.empty() ? Phrase::kNoDataWhy : Phrase::kNoDataSince, {{"since", since}, {"why", why}});
}

std::string came_and_went(const AlertSubject& subject, const Voice& voice) {
  if (!subject.since || !subject.ended) {
    return say(voice.language, Phrase::kCameAndWent);
  }
  const Kpi& kpi = *subject.kpi;
  const Zone zone = voice.zone.value_or(kpi.zone);
  // Of days the last is named; of times the end.
  const Date last{std::chrono::floor<std::chrono::days>(kpi.zone.to_local(*subject.ended - Duration{1}))};
  const std::string to =
      kpi.every.is_civil() ? date_words(last, voice.language) : time_words(*subject.ended, zone, voice.language);
  const std::string from = since_words(subject, voice);
  return from == to ? say(voice.language, Phrase::kCameAndWent)  // since when stands beside it
                    : say(voice.language, Phrase::kCameAndWentFromTo, {{"from", from}, {"to", to}});
}

std::string end_reason(const AlertSubject& subject, const Voice& voice) {
  const Language language = voice.language;
  switch (subject.reason) {
    case Reason::kRestated:
      return say(language, Phrase::kRestated);
    case Reason::kRuleRemoved:
      return say(language, subject.was_target ? Phrase::kTargetRemoved : Phrase::kRuleRemoved);
    case Reason::kRetired:
      return say(language, Phrase::kRetired);
    case Reason::kSourceEdited:
      return say(language, Phrase::kSourceEdited);
    case Reason::kCameAndWent:
      return came_and_went(subject, voice);
    default:
      break;
  }
  if (subject.rule == RuleKind::kNoData) {
    return say(language, Phrase::kDataCame);
  }
  const std::string since = since_words(subject, voice);
  const std::string over = since.empty() ? say(language, Phrase::kBackToNormal)
                                         : say(language, Phrase::kBackToNormalSince, {{"since", since}});
  if (subject.rule != RuleKind::kCondition) {
    return over;
  }
  // Another rule of the same KPI may fire on: it is said which one ended.
  return say(language, Phrase::kCondition, {{"name", subject.kpi->alerts[subject.index].name}, {"condition", over}});
}

std::string firing_reason(const AlertSubject& subject, const Voice& voice) {
  const Language language = voice.language;
  switch (subject.rule) {
    case RuleKind::kCondition:
      return condition_reason(subject, language);
    case RuleKind::kTarget:
      return target_reason(
          *subject.kpi,
          *subject.line,
          subject.is_reminder ? std::optional(days_left_of(*subject.kpi, *subject.line, subject.now)) : std::nullopt,
          language);
    case RuleKind::kNoData:
      return no_data_reason(subject, voice);
    case RuleKind::kThresholds:
      break;
  }
  return threshold_reason(subject, language);
}

std::string with_note(const std::string& reason, Phrase note, Language language) {
  return say(language, Phrase::kWithNote, {{"reason", reason}, {"note", say(language, note)}});
}

}  // namespace

std::optional<Value> crossed_limit(const AlertSubject& subject) {
  const Better& better = subject.kpi->better;
  const Value& value = subject.judgement.value;
  if (better.kind == Better::Kind::kWithin) {
    return value.is_known() ? std::optional(Value::of(bound_near(value.number, better))) : std::nullopt;
  }
  const Limits& limits = subject.judgement.limits;
  if (subject.severity == Severity::kCritical && limits.critical) {
    return limits.critical;
  }
  const Value* mildest = limits.mildest();
  return mildest != nullptr ? std::optional(*mildest) : std::nullopt;
}

int decimals_for(const AlertSubject& subject, const Value& limit, Language language) {
  const Value& value = subject.judgement.value;
  return value.is_known() ? decimals_apart(value.number, limit.number, subject.kpi->unit, language) : 0;
}

std::string limit_words(const AlertSubject& subject, const Value& limit, Language language) {
  return format_value(limit.number, subject.kpi->unit, language, decimals_for(subject, limit, language));
}

bool is_stale(const AlertSubject& subject) {
  const bool is_value = subject.rule == RuleKind::kThresholds || subject.rule == RuleKind::kCondition;
  if (!subject.is_firing || !is_value || subject.line == nullptr) {
    return false;
  }
  const Line& line = *subject.line;
  const AlertState& state = subject.rule == RuleKind::kThresholds ? line.thresholds : line.alerts[subject.index];
  return state.phase == AlertPhase::kFiring && state.is_stale;
}

std::string reason_words(const AlertSubject& subject, const Voice& voice) {
  const Language language = voice.language;
  const bool has_standing = subject.rule == RuleKind::kTarget && subject.reason != Reason::kSourceEdited;
  if (!subject.is_firing && !has_standing) {
    return end_reason(subject, voice);
  }
  std::string text = firing_reason(subject, voice);
  if (subject.is_flapping) {
    text = with_note(text, Phrase::kNoteFlapping, language);
  } else if (subject.is_steady_again) {
    text = with_note(text, Phrase::kNoteSteady, language);
  }
  text = is_stale(subject) ? with_note(text, Phrase::kNoteStale, language) : text;
  return subject.reason == Reason::kRestated ? with_note(text, Phrase::kRestated, language) : text;
}

}  // namespace kpi
