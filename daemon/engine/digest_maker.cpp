#include "daemon/engine/digest_maker.hpp"

#include "daemon/notify/alert_words.hpp"
#include "rules/words/civil_words.hpp"
#include "rules/words/say.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>
#include <numeric>
#include <set>
#include <tuple>

namespace kpi {
namespace {

/// Later than this is worth a word.
constexpr std::chrono::hours kLate{24};

const Unit& percent() {
  static const Unit kPercent = Unit::parse("%").value();
  return kPercent;
}

ReviewPeriod::Kind kind_of(const DigestRule& rule) {
  switch (rule.every) {
    case Grain::Unit::kWeek:
      return ReviewPeriod::Kind::kWeek;
    case Grain::Unit::kMonth:
      return ReviewPeriod::Kind::kMonth;
    case Grain::Unit::kQuarter:
      return ReviewPeriod::Kind::kQuarter;
    default:
      return ReviewPeriod::Kind::kRange;
  }
}

Phrase title_phrase(const DigestRule& rule) {
  switch (rule.every) {
    case Grain::Unit::kWeek:
      return Phrase::kDigestOfWeek;
    case Grain::Unit::kMonth:
      return Phrase::kDigestOfMonth;
    case Grain::Unit::kQuarter:
      return Phrase::kDigestOfQuarter;
    default:
      return Phrase::kDigestOfDay;
  }
}

Instant midnight(Date date, const Zone& zone) {
  return zone.to_instant(std::chrono::local_days{std::chrono::sys_days{date}.time_since_epoch()});
}

bool is_in_trouble(TargetStatus status) {
  return status == TargetStatus::kAtRisk || status == TargetStatus::kOffTrack || status == TargetStatus::kMissed;
}

/// Whether something was missed that is no alert yet; else only the newest period has not come.
bool was_missed(const Line& line) {
  const auto waits = [](const AlertState& alert) { return alert.phase == AlertPhase::kPending; };
  return waits(line.thresholds) || waits(line.target) || std::ranges::any_of(line.alerts, waits);
}

/// What was judged of periods that end within the days.
std::vector<Sample> judged_in(const Line& line, const Kpi& kpi, const ReviewPeriod& period) {
  std::vector<Sample> values;
  const Instant from = midnight(period.from, kpi.zone);
  const Instant to = midnight(period.to, kpi.zone);
  for (const Sample& sample : line.judged.values) {
    const Instant end = period_of(sample.slot, kpi.every, kpi.zone).end;
    if (end > from && end <= to && !std::isnan(sample.value)) {
      values.push_back(sample);
    }
  }
  return values;
}

/// Whether it is the last of its periods that end within the days.
bool is_last_in(Slot slot, const Kpi& kpi, const ReviewPeriod& period) {
  const Slot next = next_slot(slot, kpi.every, kpi.zone);
  return period_of(next, kpi.every, kpi.zone).end > midnight(period.to, kpi.zone);
}

/// The KPIs as people wrote them.
std::vector<std::uint32_t> in_file_order(const RuleSet& rules) {
  std::vector<std::uint32_t> order(rules.kpis.size());
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::stable_sort(order, {}, [&](std::uint32_t kpi) {
    const Position& at = rules.kpis[kpi].position;
    return std::tuple(at.source == nullptr ? std::string() : at.source->name, at.line);
  });
  return order;
}

}  // namespace

ReviewPeriod period_of(const DigestRule& rule, const DigestDue& due, const CalendarRules& calendar) {
  const ReviewPeriod days{ReviewPeriod::Kind::kRange, due.from, due.to, date_text(due.from)};
  return rule.every == Grain::Unit::kDay ? days : last_review_period(kind_of(rule), due.to, calendar);
}

DigestMaker::DigestMaker(const Engine& engine, const DigestRule& rule, const DigestDue& due, Voice voice, Instant now)
    : engine_(engine),
      rules_(engine.config().rules),
      rule_(rule),
      voice_(std::move(voice)),
      zone_(voice_.zone.value_or(engine.config().zone)),
      period_(period_of(rule, due, rules_.calendar)),
      before_(previous_of(period_, rules_.calendar)),
      year_ago_(year_ago_of(period_, rules_.calendar)),
      due_(due.at),
      now_(now),
      figures_(rules_, engine.table()) {}

std::string DigestMaker::say_it(Phrase phrase, std::initializer_list<Fill> fills) const {
  return say(voice_.language, phrase, fills);
}

bool DigestMaker::has(const Kpi& kpi) const {
  Labels labels = kpi.labels;
  labels.emplace_back("kpi", kpi.id);
  labels.emplace_back("owner", kpi.owner);
  labels.emplace_back("objective", kpi.objective);
  return matches(rule_.match, labels);
}

DigestMaker::Figure DigestMaker::figure_over(std::uint32_t kpi, const Line& line, const ReviewPeriod& period) {
  const Kpi& rule = rules_.kpis[kpi];
  FigureBasis basis = basis_of(rules_, rule);
  if (!rule.every.is_finer_than(Grain{rule_.every, 0})) {
    basis = FigureBasis::kLast;  // what was judged is about the period, or more than it
  }
  Figure figure;
  if (basis == FigureBasis::kFormula) {
    const auto [value, coverage] = figures_.figure(kpi, line.segment, period);
    figure.value = value.is_known() ? std::optional(value.number) : std::nullopt;
    figure.coverage = coverage;
    return figure;
  }
  const std::vector<Sample> values = judged_in(line, rule, period);
  if (values.empty()) {
    return figure;
  }
  if (basis == FigureBasis::kLast) {
    const Slot slot = values.back().slot;
    figure.value = values.back().value;
    figure.slot = slot;
    figure.coverage = figures_.coverage(kpi, line.segment, {slot, rule.every, rule.over, rule.zone, rules_.calendar});
    return figure;
  }
  double sum = 0;
  for (const Sample& sample : values) {
    sum += sample.value;
  }
  figure.value = sum / static_cast<double>(values.size());
  figure.coverage = figures_.coverage(kpi, line.segment, figures_.frame_of(kpi, period));
  return figure;
}

/// What stands beside `now`: of a month to date that is known up to the 29th, the other month's up to its 29th.
DigestMaker::Figure DigestMaker::figure_beside(std::uint32_t kpi,
                                               const Line& line,
                                               const Figure& now,
                                               const ReviewPeriod& period) {
  const Kpi& rule = rules_.kpis[kpi];
  if (const auto frozen = engine_.frozen_before(kpi); !now.slot && frozen && slot_of(period.from) < *frozen) {
    return {};  // worked out from the few samples that are left, it would be another figure
  }
  if (!now.slot || is_last_in(*now.slot, rule, period_)) {
    const Figure figure = figure_over(kpi, line, period);
    return figure.slot && !is_last_in(*figure.slot, rule, period) ? Figure{} : figure;
  }
  if (!rule.every.is_civil()) {
    return {};  // of part of a day
  }
  const Date until = date_of(next_slot(*now.slot, rule.every, rule.zone));
  const ReviewPeriod part = first_part(period, period_, until, rule.every);
  const Figure figure = figure_over(kpi, line, part);
  return figure.slot && !is_last_in(*figure.slot, rule, part) ? Figure{} : figure;
}

std::string DigestMaker::change_words(double now, double before, const Unit& unit) const {
  const auto with_sign = [](double change, const std::string& text) { return (change > 0 ? "+" : "") + text; };
  if (unit.show() == Unit::Show::kPercent) {
    const double points = std::round((now - before) * 1e4) / 1e2;
    return say_it(Phrase::kPercentagePoints,
                  {{"change", with_sign(points, format_value(points, Unit(), voice_.language))}});
  }
  if (before == 0) {
    return "";
  }
  const double change = std::round((now - before) / std::abs(before) * 1e3) / 1e3;
  return with_sign(change, format_value(change, percent(), voice_.language));
}

/// Gives "5 of 7 days have data" where the value lacks some.
std::string DigestMaker::add_figures(DigestLine& row, std::uint32_t kpi, const Line& line) {
  const Kpi& rule = rules_.kpis[kpi];
  const Figure now = figure_over(kpi, line, period_);
  const Figure before = figure_beside(kpi, line, now, before_);
  const Figure year_ago = figure_beside(kpi, line, now, year_ago_);
  const auto text = [&](const std::optional<double>& value) {
    return value ? format_value(*value, rule.unit, voice_.language) : std::string();
  };
  row.value = now.value;
  row.previous = before.value;
  row.year_ago = year_ago.value;
  row.formatted = text(row.value);
  row.formatted_previous = text(row.previous);
  row.formatted_year_ago = text(row.year_ago);
  // Five days add up to less than seven.
  const bool is_total = grows_with_days(rules_, rule) && basis_of(rules_, rule) != FigureBasis::kMean;
  const auto change_since = [&](const Figure& other) {
    const bool is_told = now.value && other.value && (!is_total || now.coverage.is_like(other.coverage));
    return is_told ? change_words(*now.value, *other.value, rule.unit) : std::string();
  };
  row.change = change_since(before);
  row.change_on_year = change_since(year_ago);
  if (now.slot && !is_last_in(*now.slot, rule, period_)) {
    row.value_of = period_words(*now.slot, rule.every, {rule.zone, rules_.calendar}, voice_.language);
  }
  if (now.value && is_of_days(rules_, rule) && !now.coverage.is_whole()) {
    return coverage_words(now.coverage, voice_.language);
  }
  return "";
}

/// Of a KPI whose periods are longer than the digest's and none of which ended in it: the last one before, by its name.
void DigestMaker::add_value_of_before(DigestLine& row, const Kpi& kpi, const Line& line) const {
  if (row.value || !Grain{rule_.every, 0}.is_finer_than(kpi.every)) {
    return;
  }
  const auto& values = line.judged.values;
  const auto last =
      std::ranges::lower_bound(values, slot_at(period_.from, kpi.every, rules_.calendar), {}, &Sample::slot);
  if (last == values.begin() || std::isnan(std::prev(last)->value)) {
    return;
  }
  row.value = std::prev(last)->value;
  row.formatted = format_value(*row.value, kpi.unit, voice_.language);
  row.value_of = period_words(std::prev(last)->slot, kpi.every, {kpi.zone, rules_.calendar}, voice_.language);
}

/// "Critical since 14 March 2026"; empty when only its target fires.
std::string DigestMaker::firing_words(const Kpi& kpi, const Line& line) const {
  std::optional<Slot> since = line.thresholds.phase == AlertPhase::kFiring ? line.thresholds.since : std::nullopt;
  for (const AlertState& alert : line.alerts) {
    if (alert.phase == AlertPhase::kFiring && alert.since && (!since || *alert.since < *since)) {
      since = alert.since;
    }
  }
  return since ? say_it(Phrase::kStateFiring,
                        {{"severity", say_it(severity_phrase(severity_of(line)))},
                         {"since", begin_words(*since, kpi.every, zone_, voice_.language)}})
               : "";
}

void DigestMaker::add_state(DigestLine& row, const Kpi& kpi, const Line& line) const {
  row.state = engine_.state_of(line);
  row.severity = severity_of(line);
  switch (row.state) {
    case KpiState::kFiring:
      row.state_text = firing_words(kpi, line);
      break;
    case KpiState::kError:
      row.state_text = say_it(Phrase::kStateSourceFailed);
      break;
    case KpiState::kNoData:
      row.state_text = say_it(Phrase::kStateNoData);
      break;
    case KpiState::kPending:
      row.state_text = say_it(was_missed(line) ? Phrase::kStateWaiting
                              : row.value      ? Phrase::kStateFine  // only the newest of its periods has not come
                                               : Phrase::kStatePending);
      break;
    case KpiState::kOk:
      row.state_text = say_it(Phrase::kStateFine);
      break;
  }
  row.needs_attention = row.state != KpiState::kOk && (row.state != KpiState::kPending || was_missed(line));
  if (row.needs_attention && row.state != KpiState::kNoData && !row.value) {
    row.state_text += "; " + say_it(Phrase::kStateNoDataInPeriod);
  }
  // That its data is back now makes nothing fine of a period that has none.
  if (row.state == KpiState::kOk && !row.value) {
    row.state = KpiState::kNoData;
    row.state_text = say_it(Phrase::kStateNoDataInPeriod);
  }
}

/// A total that is fine does not hide a segment that is not: the worst of them is named.
void DigestMaker::add_segments(DigestLine& row, const Kpi& kpi, const Line& total) const {
  const Line* worst = nullptr;
  for (const Line& line : engine_.lines()) {
    const bool is_firing = line.kpi == total.kpi && !line.segment.empty() && state_of(line) == KpiState::kFiring;
    if (is_firing && (worst == nullptr || severity_of(line) > severity_of(*worst))) {
      worst = &line;
    }
  }
  if (worst == nullptr || (row.state == KpiState::kFiring && row.severity >= severity_of(*worst))) {
    return;
  }
  row.state = KpiState::kFiring;
  row.severity = severity_of(*worst);
  const std::string since = firing_words(kpi, *worst);
  std::string labels;
  for (const auto& [name, value] : worst->segment) {
    labels += (labels.empty() ? "" : ", ") + name + ": " + value;
  }
  row.state_text = (since.empty() ? say_it(severity_phrase(row.severity)) : since) + " (" + labels + ")";
  row.needs_attention = true;
}

void DigestMaker::add_target(DigestLine& row, const Kpi& kpi, const Line& line) const {
  if (line.plans.empty()) {
    return;
  }
  const TargetView target = describe_target(kpi, line, voice_.language, now_);
  row.target_status = target.status;
  row.target = pace_text(target, voice_.language);
  row.goal = target_text(target, voice_.language);
  if (!is_in_trouble(target.status)) {
    return;
  }
  // What is fine today, and will not be at the deadline, is not called fine.
  if (row.state == KpiState::kOk || row.state_text.empty()) {
    row.state_text = row.target;
  }
  row.needs_attention = true;
}

DigestLine DigestMaker::line_of(std::uint32_t index, const Line& line) {
  const Kpi& kpi = rules_.kpis[index];
  DigestLine row;
  row.kpi = kpi.id;
  row.title = kpi.title.empty() ? kpi.id : kpi.title;
  row.owner = kpi.owner;
  row.objective = kpi.objective;
  row.unit = kpi.unit.text();
  const std::string coverage = add_figures(row, index, line);
  add_value_of_before(row, kpi, line);
  add_state(row, kpi, line);
  add_segments(row, kpi, line);
  add_target(row, kpi, line);
  add_missing_segments(row, index, line);
  if (!coverage.empty()) {
    row.state_text += "; " + coverage;
  }
  if (!row.value_of.empty()) {
    row.state_text = say_it(Phrase::kWithValueOf, {{"state", row.state_text}, {"period", row.value_of}});
  }
  return row;
}

std::string DigestMaker::summary_of(const std::vector<DigestLine>& lines) const {
  const auto trouble = std::ranges::count(lines, true, &DigestLine::needs_attention);
  const auto unknown =
      std::ranges::count_if(lines, [](const DigestLine& line) { return !line.needs_attention && !line.value; });
  if (lines.empty()) {
    return say_it(Phrase::kDigestNoKpis);
  }
  if (trouble == 0) {
    return unknown == 0 ? say_it(Phrase::kDigestAllWell, {{"n", lines.size()}})
                        : say_it(Phrase::kDigestWithoutData, {{"n", lines.size()}, {"unknown", unknown}});
  }
  return unknown == 0 ? say_it(Phrase::kDigestTrouble, {{"n", lines.size()}, {"trouble", trouble}})
                      : say_it(Phrase::kDigestTroubleWithoutData,
                               {{"n", lines.size()}, {"trouble", trouble}, {"unknown", unknown}});
}

DigestView DigestMaker::make(const DigestEvents& events) {
  DigestView view;
  view.every = Grain{rule_.every, 0}.text();
  view.period = {midnight(period_.from, engine_.config().zone), midnight(period_.to, engine_.config().zone)};
  const std::string name =
      period_words(slot_of(period_.from), Grain{rule_.every, 0}, {zone_, rules_.calendar}, voice_.language);
  view.title = say_it(title_phrase(rule_), {{"period", name}});
  std::set<std::string> kpis;
  for (const std::uint32_t i : in_file_order(rules_)) {
    const Line* line = engine_.find_line(rules_.kpis[i].id, {});
    if (line != nullptr && has(rules_.kpis[i])) {
      view.lines.push_back(line_of(i, *line));
      kpis.insert(rules_.kpis[i].id);
    }
  }
  std::ranges::stable_sort(view.lines, std::greater<>(), &DigestLine::needs_attention);
  view.summary = summary_of(view.lines);
  add_alerts(view, events, kpis);
  if (now_ - due_ >= kLate) {
    view.notes.push_back(say_it(Phrase::kDigestLate, {{"when", time_words(due_, zone_, voice_.language)}}));
  }
  return view;
}

}  // namespace kpi
