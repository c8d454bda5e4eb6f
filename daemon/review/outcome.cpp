#include "daemon/review/outcome.hpp"

#include "rules/base/text.hpp"
#include "rules/routing/target_words.hpp"
#include "rules/routing/unusual_words.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <iterator>
#include <utility>

namespace kpi {
namespace {

using std::chrono::sys_days;

/// What the last verdict fires, or ends, it does at the very instant at which that verdict is due.
bool is_open_at(const EpisodeRow& episode, Instant last_due) {
  return episode.firing && *episode.firing <= last_due && (!episode.resolved || *episode.resolved > last_due);
}

bool has_open_alert(const ReviewLine& line, Instant last_due) {
  return std::ranges::any_of(line.episodes, [&](const EpisodeRow& episode) {
    return episode.severity >= Severity::kWarning && is_open_at(episode, last_due);
  });
}

ReviewOutcome outcome_of(TargetStatus status) {
  switch (status) {
    case TargetStatus::kAchieved:
    case TargetStatus::kOnTrack:
      return ReviewOutcome::kMade;
    case TargetStatus::kAtRisk:
      return ReviewOutcome::kAtRisk;
    default:
      return ReviewOutcome::kNotMade;
  }
}

/// `plain` has no word of what was reached.
std::string target_sentence(std::string_view form,
                            std::string_view plain,
                            const ReviewTarget& target,
                            const Kpi& kpi,
                            const ReportStyle& style) {
  return filled(
      std::isnan(target.actual) ? plain : form,
      {{"goal", goal_text(target.goal, target, kpi, style)}, {"actual", goal_text(target.actual, target, kpi, style)}});
}

/// Periods whose data is missing: a ratio or a mean of nothing lacks nothing.
std::size_t gaps_of(const ReviewLine& line) {
  return static_cast<std::size_t>(std::ranges::count_if(line.points, [](const ReviewPoint& point) {
    return point.verdict == Verdict::kNoData && point.reason != Reason::kDivisionByZero;
  }));
}

Date last_day(const ReviewPeriod& period) {
  return Date{sys_days{period.to} - std::chrono::days{1}};
}

}  // namespace

Date local_day(Instant at, const Zone& zone) {
  return Date{sys_days{std::chrono::floor<std::chrono::days>(zone.to_local(at)).time_since_epoch()}};
}

ReviewOutcome outcome_of(const ReviewLine& line, Instant last_due) {
  std::optional<ReviewOutcome> worst;
  const auto see = [&](const ReviewTarget& target) {
    if (target.status != TargetStatus::kNotStarted) {
      worst = std::max(worst.value_or(ReviewOutcome::kMade), outcome_of(target.status));
    }
  };
  std::ranges::for_each(line.earlier_targets, see);
  if (line.target) {
    see(*line.target);
  }
  if (worst) {
    return *worst;
  }
  const VerdictCounts& counts = line.counts;
  if (counts.met + counts.missed == 0) {
    return counts.recorded == 0 && counts.no_data > 0 ? ReviewOutcome::kNotMade : ReviewOutcome::kNothingToMeet;
  }
  if (has_open_alert(line, last_due) || counts.missed > counts.met) {
    return ReviewOutcome::kNotMade;
  }
  return counts.missed == 0 ? ReviewOutcome::kMade : ReviewOutcome::kAtRisk;
}

namespace {

/// A newer target that is fine hides those that were missed; empty: none was.
std::string missed_earlier(const ReviewLine& line, const Kpi& kpi, const ReportStyle& style) {
  constexpr std::ptrdiff_t kMost = 5;
  std::vector<std::string> missed;
  for (const ReviewTarget& target : line.earlier_targets) {
    if (target.status == TargetStatus::kMissed) {
      missed.push_back(target_words(target, kpi, style));
    }
  }
  if (missed.empty()) {
    return "";
  }
  const std::string count = std::to_string(missed.size());
  if (std::ssize(missed) > kMost) {
    missed.erase(missed.begin(), missed.end() - kMost);
    missed.front().insert(0, "…; ");
  }
  return filled(
      report_words(style.language).decide_earlier,
      {{"count", count}, {"targets", std::to_string(line.earlier_targets.size())}, {"list", join(missed, "; ")}});
}

/// What a line's targets and its alerts ask for.
std::vector<std::string> asked_by(const ReviewLine& line, const ReviewKpi& kpi, const ReportStyle& style) {
  const ReportWords& words = report_words(style.language);
  std::vector<std::string> sentences;
  if (line.target && line.target->status == TargetStatus::kMissed) {
    sentences.push_back(target_sentence(words.decide_missed, words.decide_missed_goal, *line.target, *kpi.kpi, style));
  } else if (line.target && line.target->status == TargetStatus::kOffTrack) {
    sentences.push_back(target_sentence(words.decide_off, words.decide_off_goal, *line.target, *kpi.kpi, style));
  } else if (line.target && line.target->status == TargetStatus::kAtRisk) {
    sentences.push_back(target_sentence(words.decide_risk, words.decide_risk_goal, *line.target, *kpi.kpi, style));
  }
  if (std::string missed = missed_earlier(line, *kpi.kpi, style); !missed.empty()) {
    sentences.push_back(std::move(missed));
  }
  // One that has ended since asks for nothing any more.
  const auto open = std::ranges::find_if(line.episodes, [&](const EpisodeRow& episode) {
    return episode.rule != "target" && !episode.resolved && is_open_at(episode, kpi.last_due);
  });
  if (open != line.episodes.end()) {
    const Date since = local_day(open->since, style.zone);
    sentences.push_back(filled(words.decide_firing, {{"since", long_date(since, words)}}));
  }
  return sentences;
}

/// The same of the segments, each under its name: a total that is fine hides them.
void add_segments(const ReviewKpi& kpi, const ReportStyle& style, std::vector<std::string>& decisions) {
  constexpr std::size_t kMost = 5;
  std::size_t count = 0;
  for (const ReviewLine& line : kpi.segments) {
    for (const std::string& sentence : asked_by(line, kpi, style)) {
      if (++count <= kMost) {
        decisions.push_back(segment_words(line.segment, report_words(style.language)) + ": " + sentence);
      }
    }
  }
  if (count > kMost) {
    decisions.emplace_back("…");
  }
}

}  // namespace

std::vector<std::string> decisions_of(const ReviewKpi& kpi, const ReportStyle& style) {
  if (kpi.removed) {
    return {};
  }
  const ReportWords& words = report_words(style.language);
  const ReviewLine& line = kpi.total;
  std::vector<std::string> decisions = asked_by(line, kpi, style);
  add_segments(kpi, style, decisions);
  if (!line.target && line.counts.missed > 0 && outcome_of(line, kpi.last_due) != ReviewOutcome::kMade) {
    decisions.push_back(filled(words.decide_periods,
                               {{"count", std::to_string(line.counts.missed)},
                                {"periods", std::to_string(line.counts.met + line.counts.missed)}}));
  }
  constexpr std::size_t kOneInTen = 10;  // of what promises nothing few gaps ask for nothing
  const std::size_t gaps = gaps_of(line);
  if (gaps * (promises(*kpi.kpi) ? line.counts.periods + 1 : kOneInTen) > line.counts.periods) {
    decisions.push_back(
        filled(words.decide_gaps, {{"count", std::to_string(gaps)}, {"periods", std::to_string(line.counts.periods)}}));
  }
  if (std::string lacking = parts_without_data(kpi, style); !lacking.empty()) {
    decisions.push_back(std::move(lacking));
  }
  const auto has_no_reason = [](const TargetTurnover& turn) { return turn.why.empty(); };
  if (std::ranges::any_of(kpi.changes, has_no_reason)) {
    decisions.emplace_back(words.decide_no_reason);
  }
  if (kpi.is_overdue && promises(*kpi.kpi)) {
    decisions.emplace_back(words.decide_overdue);
  }
  return decisions;
}

std::string parts_without_data(const ReviewKpi& kpi, const ReportStyle& style) {
  const ReportWords& words = report_words(style.language);
  constexpr std::size_t kMost = 5;
  std::vector<const ReviewLine*> lacking;
  for (const ReviewLine& line : kpi.segments) {
    if (gaps_of(line) > gaps_of(kpi.total)) {  // beyond the days on which there was nothing at all
      lacking.push_back(&line);
    }
  }
  if (lacking.empty()) {
    return "";
  }
  std::ranges::stable_sort(lacking, std::greater<>{}, [](const ReviewLine* line) { return gaps_of(*line); });
  std::vector<std::string> names;
  for (std::size_t i = 0; i < std::min(kMost, lacking.size()); ++i) {
    names.push_back(segment_words(lacking[i]->segment, words) + " (" + std::to_string(gaps_of(*lacking[i])) + ")");
  }
  return filled(words.parts_without_data, {{"parts", join(names, ", ") + (lacking.size() > kMost ? ", …" : "")}});
}

std::string turn_text(const std::vector<std::string>& lines, bool is_share, const Kpi& kpi, const ReportStyle& style) {
  const ReportWords& words = report_words(style.language);
  TargetPlan plan;
  plan.measure = is_share ? Target::Measure::kShareMet : Target::Measure::kLevel;
  const auto goal = [&](double number) { return goal_words(plan, number, kpi, style.language); };
  std::vector<std::string> texts;
  for (const std::string& line : lines) {
    const std::size_t colon = line.find(": ");
    const std::string_view key = std::string_view(line).substr(0, colon);
    const std::string_view rest = colon == std::string::npos ? "" : std::string_view(line).substr(colon + 2);
    const auto number = parse_number(rest);
    const auto date = parse_date(rest);
    if (key == "to" && number) {
      texts.push_back(filled(words.goal, {{"goal", goal(*number)}}));
    } else if (key == "from" && number) {
      texts.push_back(filled(words.from_baseline, {{"value", goal(*number)}}));
    } else if (key == "by" && date) {
      texts.push_back(filled(words.deadline, {{"date", long_date(*date, words)}}));
    } else {
      texts.push_back(line);
    }
  }
  return join(texts, ", ");
}

std::string removed_text(const RemovedKpi& removed, const ReportStyle& style) {
  const ReportWords& words = report_words(style.language);
  return (removed.on ? filled(words.removed_on, {{"date", long_date(*removed.on, words)}})
                     : std::string(words.removed_undated)) +
         (removed.loads ? "" : " " + std::string(words.removed_last));
}

std::string figure_text(const std::optional<double>& value, const Kpi& kpi, const ReportStyle& style) {
  return value && std::isfinite(*value) ? format_value(*value, kpi.unit, style.language)
                                        : std::string(report_words(style.language).unknown);
}

std::string unusual_text(const ReviewKpi& kpi, const ReportStyle& style) {
  const Kpi& rule = *kpi.kpi;
  const Slot slot = kpi.unusual->slot;
  const Date day = rule.every.is_civil() ? date_of(slot) : local_day(Instant{Duration{slot.ms}}, rule.zone);
  return long_date(day, report_words(style.language)) + ": " +
         unusual_words(kpi.unusual->found, rule, slot, style.language);
}

std::string goal_text(double value, const ReviewTarget& target, const Kpi& kpi, const ReportStyle& style) {
  static const Unit percent = Unit::parse("%").value_or(Unit());
  if (!std::isfinite(value)) {
    return std::string(report_words(style.language).unknown);
  }
  return format_value(value, target.measure == Target::Measure::kShareMet ? percent : kpi.unit, style.language);
}

std::string target_words(const ReviewTarget& target, const Kpi& kpi, const ReportStyle& style) {
  const ReportWords& words = report_words(style.language);
  std::vector<std::string> parts;
  if (std::isfinite(target.actual)) {
    parts.push_back(filled(words.latest, {{"actual", goal_text(target.actual, target, kpi, style)}}));
  }
  parts.push_back(filled(words.goal, {{"goal", goal_text(target.goal, target, kpi, style)}}));
  if (target.deadline) {
    parts.push_back(filled(words.deadline, {{"date", long_date(*target.deadline, words)}}));
  }
  return join(parts, ", ");
}

std::vector<std::string> target_rows(const ReviewLine& line, const Kpi& kpi, const ReportStyle& style) {
  const ReportWords& words = report_words(style.language);
  constexpr std::ptrdiff_t kMost = 12;
  std::vector<std::string> rows;
  const auto add = [&](const ReviewTarget& target) {
    rows.push_back(std::string(words.status.at(static_cast<std::size_t>(target.status))) + ", " +
                   target_words(target, kpi, style));
  };
  std::ranges::for_each(line.earlier_targets, add);
  if (line.target) {
    add(*line.target);
  }
  if (const std::ptrdiff_t left_out = std::ssize(rows) - kMost; left_out > 0) {
    rows.erase(rows.begin(), rows.begin() + left_out);
    rows.insert(rows.begin(), filled(words.earlier, {{"n", std::to_string(left_out)}}));
  }
  return rows;
}

std::string_view rule_words(std::string_view rule, const ReportWords& words) {
  constexpr std::array<std::string_view, 3> kBuiltIn{"thresholds", "target", "no_data"};
  const auto* const found = std::ranges::find(kBuiltIn, rule);
  return found == kBuiltIn.end() ? rule : words.rules.at(static_cast<std::size_t>(found - kBuiltIn.begin()));
}

std::string compared_words(const Review& review, const ReportStyle& style) {
  const ReportWords& words = report_words(style.language);
  return filled(review.has_year_ago() ? words.compared : words.compared_one,
                {{"previous", period_words(review.previous, words)},
                 {"year_ago", period_words(review.year_ago, words)},
                 {"now", long_date(local_day(review.now, style.zone), words)}});
}

std::vector<std::string> value_notes(const ReviewKpi& kpi, const ReviewLine& line, const ReportStyle& style) {
  const ReportWords& words = report_words(style.language);
  std::vector<std::string> notes;
  if (line.value && kpi.basis != FigureBasis::kFormula) {
    notes.emplace_back(kpi.basis == FigureBasis::kMean ? words.is_mean : words.is_last);
  }
  if (!line.coverage.is_whole()) {
    notes.push_back(coverage_words(line.coverage, style.language));
  }
  return notes;
}

std::string change_text(const std::optional<double>& value,
                        const std::optional<double>& before,
                        const Kpi& kpi,
                        const ReportStyle& style) {
  if (!value || !before) {
    return "";
  }
  const auto signed_text = [](double change, const std::string& text) {
    return (change > 0 ? "+" : change < 0 ? "\u2212" : "\u00B1") + text;
  };
  if (kpi.unit.show() == Unit::Show::kPercent) {
    const double points = std::round((*value - *before) * 10'000) / 100;
    const std::string number = format_value(std::abs(points), Unit(), style.language);
    return signed_text(points, filled(report_words(style.language).percent_points, {{"n", number}}));
  }
  if (*before == 0) {
    return "";
  }
  static const Unit percent = Unit::parse("%").value_or(Unit());
  const double change = (*value - *before) / std::abs(*before);
  const double rounded = std::abs(change) < 0.1 ? std::round(change * 1000) / 1000 : std::round(change * 100) / 100;
  return signed_text(rounded, format_value(std::abs(rounded), percent, style.language));
}

int direction_of(const std::optional<double>& value, const std::optional<double>& before, const Kpi& kpi) {
  if (!value || !before || *value == *before) {
    return 0;
  }
  if (kpi.better.kind == Better::Kind::kWithin) {
    const auto off = [&](double number) { return std::max({0.0, kpi.better.low - number, number - kpi.better.high}); };
    const double was = off(*before);
    const double is = off(*value);
    return is < was ? 1 : is > was ? -1 : 0;
  }
  const bool is_up = *value > *before;
  return is_up == (kpi.better.kind == Better::Kind::kHigher) ? 1 : -1;
}

std::string segment_words(const Labels& segment, const ReportWords& words) {
  return segment.empty()       ? std::string(words.total)
         : segment.size() == 1 ? segment.begin()->second
                               : labels_text(segment);
}

std::string days_words(const ReviewPeriod& period, const ReportWords& words) {
  const Date last = last_day(period);
  if (period.from == last) {
    return long_date(last, words);
  }
  const std::string from = period.from.year() == last.year()
                               ? filled(words.day_month,
                                        {{"d", std::to_string(static_cast<unsigned>(period.from.day()))},
                                         {"month", month_name(period.from, words)}})
                               : long_date(period.from, words);
  return from + " – " + long_date(last, words);
}

std::string period_words(const ReviewPeriod& period, const ReportWords& words) {
  const auto parts = split(period.name, '-');
  switch (period.kind) {
    case ReviewPeriod::Kind::kWeek:
      return filled(words.week, {{"n", std::to_string(std::stoi(std::string(parts[1].substr(1))))}, {"y", parts[0]}});
    case ReviewPeriod::Kind::kQuarter:
      return filled(words.quarter, {{"n", parts[1].substr(1)}, {"y", parts[0]}});
    case ReviewPeriod::Kind::kMonth: {
      std::string month(month_name(period.from, words));
      return month + " " + std::to_string(static_cast<int>(period.from.year()));
    }
    case ReviewPeriod::Kind::kYear:
      return period.name;
    case ReviewPeriod::Kind::kRange:
      break;
  }
  return days_words(period, words);
}

std::string duration_words(Duration duration, const ReportWords& words) {
  const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(duration).count();
  constexpr std::int64_t kHour = 60;
  constexpr std::int64_t kDay = 24 * kHour;
  const auto [form, count] = minutes >= 2 * kDay    ? std::pair(words.duration_days, (minutes + kDay / 2) / kDay)
                             : minutes >= 2 * kHour ? std::pair(words.duration_hours, (minutes + kHour / 2) / kHour)
                                                    : std::pair(words.duration_minutes, minutes);
  return filled(form, {{"n", std::to_string(count)}});
}

}  // namespace kpi
