#include "rules/routing/target_words.hpp"

#include "rules/words/civil_words.hpp"
#include "rules/words/say.hpp"

#include <algorithm>
#include <cmath>

namespace kpi {
namespace {

const Unit& percent() {
  static const Unit kPercent = Unit::parse("%").value();
  return kPercent;
}

/// Nothing while the newest period has no value.
std::string share_standing(const TargetStanding& standing, Language language) {
  if (!standing.actual) {
    return "";
  }
  const std::string share = percent_words(*standing.actual, language);
  if (!standing.burn_rate) {
    return say(language, Phrase::kStandingNoBudget, {{"share", share}});
  }
  return say(
      language, Phrase::kStandingBurn, {{"share", share}, {"rate", percent_words(*standing.burn_rate, language)}});
}

/// What of a budget is used, beside what was planned.
std::string budget_standing(const TargetStanding& standing, const Kpi& kpi, Language language) {
  if (!standing.actual) {
    return "";
  }
  const std::string actual = format_value(*standing.actual, kpi.unit, language);
  if (!standing.expected) {
    return say(language, Phrase::kStandingBudget, {{"actual", actual}});
  }
  return say(language,
             Phrase::kStandingBudgetDue,
             {{"actual", actual}, {"expected", format_value(*standing.expected, kpi.unit, language)}});
}

Phrase each_phrase(Grain::Unit unit) {
  switch (unit) {
    case Grain::Unit::kDay:
      return Phrase::kEachDay;
    case Grain::Unit::kWeek:
      return Phrase::kEachWeek;
    case Grain::Unit::kMonth:
      return Phrase::kEachMonth;
    case Grain::Unit::kQuarter:
      return Phrase::kEachQuarter;
    case Grain::Unit::kYear:
      return Phrase::kEachYear;
    default:
      return Phrase::kEachPeriod;
  }
}

std::string budget_needed(
    const PathLeg& leg, double used, double required, const TargetRates& rates, const Kpi& kpi, Language language) {
  const std::string left = format_value(leg.goal - used, kpi.unit, language);
  const std::string required_words = format_value(required, kpi.unit, language);
  const std::string each = say(language, each_phrase(kpi.every.unit));
  if (!rates.recent) {
    return say(language, Phrase::kAllowedEach, {{"left", left}, {"required", required_words}, {"each", each}});
  }
  return say(language,
             Phrase::kAllowedBeside,
             {{"left", left},
              {"required", required_words},
              {"each", each},
              {"recent", format_value(*rates.recent, kpi.unit, language)}});
}

Phrase standing_phrase(bool has_pace, bool has_actual, bool has_expected) {
  if (has_pace) {
    return has_actual     ? (has_expected ? Phrase::kStandingPaceActualExpected : Phrase::kStandingPaceActual)
           : has_expected ? Phrase::kStandingPaceExpected
                          : Phrase::kStandingPace;
  }
  return has_actual ? (has_expected ? Phrase::kStandingActualExpected : Phrase::kStandingActual)
                    : Phrase::kStandingExpected;
}

/// Where the probability decides, it comes first: a pace alone would contradict it.
std::string stands_by_forecast(const TargetPlan& plan,
                               const TargetStanding& standing,
                               const Kpi& kpi,
                               const std::string& stands,
                               Language language) {
  const bool is_by_forecast = kpi.targets[plan.target].judge == Target::Judge::kForecast && standing.outlook;
  if (!is_by_forecast || standing.is_too_early) {
    return stands;
  }
  const std::string forecast =
      say(language,
          plan.is_ceiling ? Phrase::kBudgetLikely : Phrase::kForecastLikely,
          {{"projected", actual_words(plan, standing.outlook->projected, kpi, language)},
           {"probability", likelihood_words(standing.outlook->probability, standing.budget.has_value(), language)}});
  return stands.empty() ? forecast : say(language, Phrase::kWithNote, {{"reason", forecast}, {"note", stands}});
}

}  // namespace

const TargetPlan& shown_plan(const Kpi& kpi, const Line& line) {
  if (const TargetPlan* plan = plan_of_standing(line)) {
    return *plan;
  }
  const std::optional<Slot> newest = line.stepped ? line.stepped : line.first;
  const Slot end = newest ? civil_slot(next_slot(*newest, kpi.every, kpi.zone), kpi) : line.plans.front().start;
  return line.plans[plan_for(line.plans, end).value_or(0)];
}

std::string goal_words(const TargetPlan& plan, double goal, const Kpi& kpi, Language language) {
  const bool is_share = plan.measure == Target::Measure::kShareMet;
  const std::string text = format_value(goal, is_share ? percent() : kpi.unit, language);
  switch (plan.measure) {
    case Target::Measure::kTotal:
      return say(language, plan.is_ceiling ? Phrase::kGoalAtMost : Phrase::kGoalInTotal, {{"goal", text}});
    case Target::Measure::kAverage:
      return say(language, Phrase::kGoalOnAverage, {{"goal", text}});
    case Target::Measure::kShareMet:
      return say(language, Phrase::kGoalOfPeriods, {{"goal", text}});
    default:
      return text;
  }
}

std::string actual_words(const TargetPlan& plan, double actual, const Kpi& kpi, Language language) {
  const bool is_share = plan.measure == Target::Measure::kShareMet;
  return is_share ? percent_words(actual, language) : format_value(actual, kpi.unit, language);
}

std::string standing_words(const TargetPlan& plan, const TargetStanding& standing, const Kpi& kpi, Language language) {
  if (plan.measure == Target::Measure::kShareMet) {
    return share_standing(standing, language);
  }
  if (plan.is_ceiling) {
    return budget_standing(standing, kpi, language);
  }
  const bool has_actual = plan.measure != Target::Measure::kLevel && standing.actual;
  const bool has_pace = standing.pace && *standing.pace >= 0;  // further away than at the start is no pace
  if (!has_pace && !has_actual && !standing.expected) {
    return "";
  }
  return say(language,
             standing_phrase(has_pace, has_actual, standing.expected.has_value()),
             {{"pace", has_pace ? percent_words(*standing.pace, language) : ""},
              {"actual", has_actual ? actual_words(plan, *standing.actual, kpi, language) : ""},
              {"expected", standing.expected ? format_value(*standing.expected, kpi.unit, language) : ""}});
}

std::string needed_words(const TargetPlan& plan,
                         const PathLeg& leg,
                         const TargetStanding& standing,
                         const TargetRates& rates,
                         const Kpi& kpi,
                         Language language) {
  const double required = standing.required.value_or(0);
  if (plan.is_ceiling && standing.actual) {
    return budget_needed(leg, *standing.actual, required, rates, kpi, language);
  }
  const bool is_level = plan.measure == Target::Measure::kLevel;
  const bool is_out_of_reach = plan.measure == Target::Measure::kShareMet && required > 1;
  if (required == 0 || !std::isfinite(required) || is_out_of_reach) {
    return "";
  }
  const bool is_growth = is_level && leg.path == Target::Path::kCompound;
  const bool is_share = plan.measure == Target::Measure::kShareMet;
  const auto words = [&](double rate) {
    if (is_share) {
      return percent_words(rate, language);
    }
    const bool is_points = is_level && !is_growth && kpi.unit.show() == Unit::Show::kPercent;
    if (is_points) {  // from 2 % to 3 % is a point, not 1 %
      const std::string points = format_value(rate * 100, Unit(), language);
      return say(language, Phrase::kPercentagePoints, {{"change", (rate > 0 ? "+" : "") + points}});
    }
    const std::string text = format_value(rate, is_growth ? percent() : kpi.unit, language);
    return is_level && rate > 0 ? "+" + text : text;
  };
  // Of a level what is still to gain is told, and what would be gained: nobody knows a rate of it.
  const auto left = static_cast<double>(std::max<std::int64_t>(standing.periods_left, 1));
  const auto text_of = [&](double rate) {
    return words(!is_level ? rate : is_growth ? std::pow(1 + rate, left) - 1 : rate * left);
  };
  const std::string how =
      is_level ? "" : say(language, is_share ? Phrase::kOfPeriodsLeft : each_phrase(kpi.every.unit));
  if (!rates.recent || !rates.best) {
    return say(language,
               is_level ? Phrase::kNeededUntilThen : Phrase::kNeededEach,
               {{"required", text_of(required)}, {"each", how}});
  }
  // What leads away from the goal, or nowhere, is no rate to measure what is needed by.
  if (is_level && *rates.recent * required < 0) {
    return say(language, Phrase::kNeededUntilThenAway, {{"required", text_of(required)}});
  }
  if (is_level && (*rates.recent == 0 || *rates.best * required <= 0)) {
    return say(language, Phrase::kNeededUntilThen, {{"required", text_of(required)}});
  }
  const bool is_up = is_share || leg.goal >= plan.baseline;
  // The best was held for as long as is left: where lately is better, though shorter, it says nothing more.
  if (is_up ? *rates.recent > *rates.best : *rates.recent < *rates.best) {
    return say(language,
               is_level ? Phrase::kNeededUntilThenLately : Phrase::kNeededLately,
               {{"required", text_of(required)}, {"each", how}, {"recent", text_of(*rates.recent)}});
  }
  const bool is_unseen = is_up ? required > *rates.best : required < *rates.best;
  const Phrase phrase = is_level    ? Phrase::kNeededUntilThenBeside
                        : is_unseen ? Phrase::kNeededUnseen
                                    : Phrase::kNeededBeside;
  return say(language,
             phrase,
             {{"required", text_of(required)},
              {"each", how},
              {"recent", text_of(*rates.recent)},
              {"best", text_of(*rates.best)}});
}

std::string problem_words(const TargetPlan& plan, Language language) {
  switch (plan.lack) {
    case TargetPlan::Lack::kBaseline:
      return say(language, Phrase::kNoBaseline, {{"start", date_words(date_of(plan.start), language)}});
    case TargetPlan::Lack::kLastYear:
      return say(language, Phrase::kNoLastYear);
    default:
      return "";
  }
}

int days_left_of(const Kpi& kpi, const Line& line, const std::optional<Instant>& now) {
  if (!now) {
    return line.target_standing.days_left;
  }
  const Slot today = slot_of(Date{std::chrono::floor<std::chrono::days>(kpi.zone.to_local(*now))});
  const Slot end = leg_at(shown_plan(kpi, line), today).end;
  return static_cast<int>(std::max<std::int64_t>(0, (end.ms - today.ms) / kDayMs));
}

std::string target_reason(const Kpi& kpi, const Line& line, std::optional<int> reminder, Language language) {
  const TargetStanding& standing = line.target_standing;
  const TargetPlan& plan = shown_plan(kpi, line);
  const std::string goal = goal_words(plan, standing.goal.value_or(plan.goal), kpi, language);
  const std::string stands = standing_words(plan, standing, kpi, language);
  if (reminder) {
    const Phrase phrase = stands.empty() ? Phrase::kGoalDaysLeft : Phrase::kGoalDaysLeftAt;
    return say(language, phrase, {{"n", *reminder}, {"goal", goal}, {"standing", stands}});
  }
  if (plan.is_ceiling && is_settled(standing.status) && standing.actual) {
    const bool is_kept = standing.status == TargetStatus::kAchieved;
    return say(language,
               is_kept ? Phrase::kBudgetKept : Phrase::kBudgetExceeded,
               {{"goal", format_value(standing.goal.value_or(plan.goal), kpi.unit, language)},
                {"actual", format_value(*standing.actual, kpi.unit, language)}});
  }
  switch (standing.status) {
    case TargetStatus::kAchieved:
      return say(language, Phrase::kGoalReached, {{"goal", goal}});
    case TargetStatus::kMissed:
      // What decided it, where that is not the value that stands in front.
      if (standing.actual && (plan.measure != Target::Measure::kLevel || standing.is_over)) {
        const std::string missed = say(language, Phrase::kGoalMissed, {{"goal", goal}});
        const std::string actual = actual_words(plan, *standing.actual, kpi, language);
        return say(language, Phrase::kWithNote, {{"reason", missed}, {"note", actual}});
      }
      return say(language, Phrase::kGoalMissed, {{"goal", goal}});
    case TargetStatus::kOnTrack:
      return say(language, Phrase::kBackOnTrack, {{"goal", goal}});
    default:
      return stands_by_forecast(plan, standing, kpi, stands, language);
  }
}

}  // namespace kpi
