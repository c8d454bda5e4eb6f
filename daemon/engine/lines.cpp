// Which lines there are, a KPI and a segment each, and which series their inputs read: what comes with a new series.

#include "daemon/engine/engine.hpp"
#include "rules/base/text.hpp"
#include "rules/judge/line_limits.hpp"

#include <algorithm>

namespace kpi {
namespace {

/// A slot of one axis as the KPI's period that holds it. A KPI finer than a day reads no civil metrics: the loader saw
/// to that.
Slot period_holding(Slot slot, bool is_civil, const Kpi& kpi, const CalendarRules& calendar) {
  return is_civil && kpi.every.is_civil() ? slot_at(date_of(slot), kpi.every, calendar)
                                          : slot_at(Instant{Duration{slot.ms}}, kpi.every, kpi.zone, calendar);
}

/// All series that some input of the line has, ascending.
std::vector<std::uint32_t> series_read(const Line& line) {
  std::vector<std::uint32_t> all;
  const auto add = [&](const Inputs& inputs) {
    for (const std::vector<std::uint32_t>& list : inputs.series) {
      all.insert(all.end(), list.begin(), list.end());
    }
  };
  add(line.value_inputs);
  std::ranges::for_each(line.limit_inputs, add);
  std::ranges::for_each(line.alert_inputs, add);
  std::ranges::sort(all);
  const auto repeated = std::ranges::unique(all);
  all.erase(repeated.begin(), repeated.end());
  return all;
}

}  // namespace

void Engine::ensure_lines(std::uint32_t metric, const Labels& labels) {
  if (!has_totals_[metric]) {
    has_totals_[metric] = true;
    for (const std::uint32_t kpi : kpis_of_metric_[metric]) {
      ensure_line(kpi, {});
    }
  }
  for (const std::uint32_t kpi : split_kpis_of_metric_[metric]) {
    ensure_segments(kpi, labels);
  }
  stale_metrics_.insert(metric);
}

/// Finds anew what the lines read, where series or lines have appeared.
void Engine::refresh_stale() {
  for (const std::uint32_t metric : std::exchange(stale_metrics_, {})) {
    stale_inputs_.insert(kpis_of_metric_[metric].begin(), kpis_of_metric_[metric].end());
  }
  for (const std::uint32_t kpi : std::exchange(stale_inputs_, {})) {
    refresh_inputs(kpi);
  }
}

/// The segments that these labels belong to.
void Engine::ensure_segments(std::uint32_t kpi, const Labels& labels) {
  for (const std::vector<std::string>& split : rules_.kpis[kpi].split_by) {
    Labels segment;
    for (const std::string& label : split) {
      const std::string_view value = label_value(labels, label);
      if (!value.empty()) {
        segment.emplace_back(label, std::string(value));
      }
    }
    if (segment.size() == split.size() && has_room(kpi, segment)) {
      ensure_line(kpi, segment);
    }
  }
}

/// Known segments are kept; a new one is refused when there are as many as there may be.
bool Engine::has_room(std::uint32_t kpi, const Labels& segment) {
  const auto& lines = lines_of_kpi_[kpi];
  const std::size_t most = rules_.kpis[kpi].max_segments + 1;  // and the total
  if (lines.size() < most || line_index_.contains({kpi, segment})) {
    return true;
  }
  const auto is_live = [&](std::uint32_t line) { return !lines_[line].is_retired; };
  if (static_cast<std::size_t>(std::ranges::count_if(lines, is_live)) < most) {
    return true;
  }
  constexpr std::size_t kMostRemembered = 1000;
  if (Refused& refused = refused_[kpi]; refused.segments.size() < kMostRemembered) {
    refused.segments.insert(segment);
  }
  return false;
}

/// Once for each KPI as long as the program runs: what is refused stays so.
void Engine::report_refused(StepSummary& summary) {
  for (auto& [index, refused] : refused_) {
    if (refused.is_reported) {
      continue;
    }
    refused.is_reported = true;
    const Kpi& kpi = rules_.kpis[index];
    const std::size_t others = refused.segments.size() - 1;
    summary.warnings.push_back(kpi.id + ": the segment " + printable(labels_text(*refused.segments.begin())) +
                               (others == 0 ? "" : " and " + counted(others, "other")) +
                               " not judged: max_segments is " + std::to_string(kpi.max_segments) +
                               ", and so many are known");
  }
}

void Engine::ensure_expected(std::uint32_t kpi) {
  for (const Labels& segment : rules_.kpis[kpi].expect) {
    ensure_line(kpi, segment);
  }
}

void Engine::ensure_line(std::uint32_t kpi, const Labels& segment) {
  if (line_index_.contains({kpi, segment})) {
    return;
  }
  const std::uint32_t id = next_line_id_++;
  commit_.lines.push_back({id, rules_.kpis[kpi].id, segment});
  add_line(kpi, segment, id);
  ensure_users(kpi, segment);
  if (segment.empty()) {
    ensure_expected(kpi);
  }
}

/// KPIs made of this one have its segments.
void Engine::ensure_users(std::uint32_t kpi, const Labels& segment) {
  for (const std::uint32_t user : kpis_of_kpi_[kpi]) {
    ensure_line(user, {});
    ensure_segments(user, segment);
    stale_inputs_.insert(user);
  }
}

void Engine::add_line(std::uint32_t kpi, const Labels& segment, std::uint32_t id) {
  const Kpi& rule = rules_.kpis[kpi];
  const auto index = static_cast<std::uint32_t>(lines_.size());
  Line line;
  line.id = id;
  line.kpi = kpi;
  line.segment = segment;
  line.is_expected = is_expected(rule, segment);
  line.rule_version = version_of_kpi_[kpi];
  line.judged.grain = rule.every;
  line.alerts.resize(rule.alerts.size());
  line_index_.emplace(std::pair(kpi, segment), index);
  line_of_id_.resize(std::max<std::size_t>(line_of_id_.size(), id + 1U));
  line_of_id_[id] = index + 1;
  lines_.push_back(std::move(line));
  told_.emplace_back();
  told_.back().alerts.resize(rule.alerts.size());
  wake_of_line_.push_back(Instant::max());
  lines_of_kpi_[kpi].push_back(index);
  stale_inputs_.insert(kpi);
}

void Engine::refresh_inputs(std::uint32_t kpi) {
  const Kpi& rule = rules_.kpis[kpi];
  for (const std::uint32_t index : lines_of_kpi_[kpi]) {
    Line& line = lines_[index];
    const std::vector<std::uint32_t> before = series_read(line);
    line.value_inputs = inputs_of(rule.value, line);
    if (rule.thresholds) {
      line.limit_inputs.clear();
      each_limit(*rule.thresholds, line.segment, [&](const Program& program) {
        line.limit_inputs.push_back(inputs_of(program, line));
      });
    }
    line.alert_inputs.clear();
    for (const AlertRule& alert : rule.alerts) {
      line.alert_inputs.push_back(inputs_of(alert.when, line));
    }
    note_readers(index, before);
  }
}

/// `before`: the series that the line read until now.
void Engine::note_readers(std::uint32_t index, const std::vector<std::uint32_t>& before) {
  const std::vector<std::uint32_t> now = series_read(lines_[index]);
  readers_.resize(table_.size());
  std::vector<std::uint32_t> changed;
  std::ranges::set_difference(before, now, std::back_inserter(changed));
  for (const std::uint32_t series : changed) {
    std::erase(readers_[series], index);
  }
  changed.clear();
  std::ranges::set_difference(now, before, std::back_inserter(changed));
  for (const std::uint32_t series : changed) {
    readers_[series].push_back(index);
  }
}

Inputs Engine::inputs_of(const Program& program, const Line& line) const {
  Inputs inputs;
  for (const MetricInput& input : program.metrics) {
    inputs.series.push_back(select_series(input, rules_.metrics[input.metric], table_, line.segment));
  }
  for (const KpiInput& input : program.kpis) {
    inputs.kpis.push_back(input.is_self ? &line.judged
                                        : judged_of(input.kpi, input.of_total ? Labels{} : line.segment));
  }
  for (const SegmentProgram& part : program.segments) {
    inputs.segments.push_back(inputs_of_segments(program, part, line));
  }
  return inputs;
}

/// What segments() reads for each segment that lies within the line's.
std::vector<Inputs> Engine::inputs_of_segments(const Program& program,
                                               const SegmentProgram& part,
                                               const Line& line) const {
  std::vector<Inputs> all;
  for (const std::uint32_t index : lines_of_kpi_[part.of_kpi.value_or(line.kpi)]) {
    const Labels& segment = lines_[index].segment;
    if (!is_within(segment, line.segment)) {
      continue;
    }
    Inputs inputs = inputs_for_segment(program, rules_.metrics, table_, segment);
    for (const KpiInput& input : program.kpis) {
      inputs.kpis.push_back(input.is_self ? &lines_[index].judged : judged_of(input.kpi, segment));
    }
    all.push_back(std::move(inputs));
  }
  return all;
}

/// What the KPI was judged for the segment, else as a whole; null: nothing yet.
const JudgedSeries* Engine::judged_of(std::uint32_t kpi, const Labels& segment) const {
  auto found = line_index_.find({kpi, segment});
  found = found == line_index_.end() ? line_index_.find({kpi, Labels{}}) : found;
  return found == line_index_.end() ? nullptr : &lines_[found->second].judged;
}

/// Where the ledger of the line begins: a segment that is expected begins with the total at the latest.
std::optional<Slot> Engine::begin_of(const Line& line) const {
  std::optional<Slot> first = first_period(line);
  const auto& judged = line.judged.values;
  if (!first && line.segment.empty() && !judged.empty() && is_cut_off(line)) {
    first = judged.front().slot;  // it is missed now
  }
  const auto total = line.is_expected ? line_index_.find({line.kpi, Labels{}}) : line_index_.end();
  if (total != line_index_.end() && lines_[total->second].first) {
    const Slot begin = *lines_[total->second].first;
    first = first ? std::min(*first, begin) : begin;
  }
  return first && line.not_before ? std::max(*first, *line.not_before) : first;
}

/// The first period for which everything the value needs has been delivered: the ledger begins there. Nothing while a
/// needed input has delivered nothing yet. Inputs whose missing periods mean something, and those inside coalesce(),
/// are not needed; they count only when there is nothing else.
std::optional<Slot> Engine::first_period(const Line& line) const {
  const Kpi& kpi = rules_.kpis[line.kpi];
  std::optional<Slot> needed;
  std::optional<Slot> other;
  bool is_waiting = false;
  const auto consider = [&](std::optional<Slot> earliest, bool is_civil, bool is_needed) {
    is_waiting = is_waiting || (is_needed && !earliest);
    if (earliest) {
      const Slot period = period_holding(*earliest, is_civil, kpi, rules_.calendar);
      std::optional<Slot>& latest = is_needed ? needed : other;
      latest = latest ? std::max(*latest, period) : period;
    }
  };
  for (std::size_t i = 0; i < kpi.value.metrics.size(); ++i) {
    const MetricInput& input = kpi.value.metrics[i];
    const Metric& metric = rules_.metrics[input.metric];
    std::optional<Slot> earliest;
    for (const std::uint32_t series : line.value_inputs.series[i]) {
      const auto& samples = table_[series].samples;
      if (!samples.empty()) {
        earliest = earliest ? std::min(*earliest, samples.front().slot) : samples.front().slot;
      }
    }
    const bool is_needed = input.back.empty() && !input.optional && metric.missing == Missing::kUnknown;
    consider(earliest, metric.grain.is_civil(), is_needed);
  }
  for (std::size_t i = 0; i < kpi.value.kpis.size(); ++i) {
    const KpiInput& input = kpi.value.kpis[i];
    const JudgedSeries* judged = line.value_inputs.kpis[i];
    const bool has_values = judged != nullptr && !judged->values.empty();
    consider(has_values ? std::optional(judged->values.front().slot) : std::nullopt,
             has_values && judged->grain.is_civil(),
             input.back.empty() && !input.optional);
  }
  return is_waiting ? std::nullopt : needed ? needed : other;
}

}  // namespace kpi
