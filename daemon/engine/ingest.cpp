#include "daemon/engine/convert.hpp"
#include "daemon/engine/engine.hpp"
#include "daemon/engine/lost_rows.hpp"
#include "daemon/engine/poll_schedule.hpp"
#include "plugins/rows.hpp"
#include "rules/base/text.hpp"
#include "rules/judge/line_limits.hpp"
#include "rules/judge/touch.hpp"

#include <algorithm>
#include <cmath>

namespace kpi {
namespace {

/// A slot of one axis as the KPI's period that holds it.
Slot period_holding(Slot slot, bool is_civil, const Kpi& kpi, const CalendarRules& calendar) {
  if (kpi.every.is_civil()) {
    if (is_civil) {
      return slot_at(date_of(slot), kpi.every, calendar);
    }
    return slot_at(Instant{Duration{slot.ms}}, kpi.every, kpi.zone, calendar);
  }
  // A KPI finer than a day reads no civil metrics: the loader saw to that.
  return slot_at(Instant{Duration{slot.ms}}, kpi.every, kpi.zone, calendar);
}

/// Periods without a value that were given up because their source had not been read since they were due. Now it has:
/// what is missing in them is known to be missing.
std::set<Slot> given_up(
    const Line& line, const Kpi& kpi, const KpiPlan& plan, const std::optional<Instant>& before, Instant read) {
  std::set<Slot> periods;
  for (auto judged = line.judged.values.rbegin(); judged != line.judged.values.rend(); ++judged) {
    const Instant due = plan.due(kpi, judged->slot);
    if (before && due <= *before) {
      break;
    }
    if (std::isnan(judged->value) && due <= read) {
      periods.insert(judged->slot);
    }
  }
  return periods;
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

/// The sources with samples from `since` on that are converted by these rates: each stands until the next one.
std::vector<std::uint32_t> converted_with(const SourceConfig& rates,
                                          Slot since,
                                          const Config& config,
                                          const SampleTable& table) {
  std::vector<std::uint32_t> sources;
  for (std::uint32_t i = 0; i < config.sources.size(); ++i) {
    const SourceConfig& source = config.sources[i];
    bool is_old = false;
    for (std::size_t metric = 0; metric < source.conversions.size(); ++metric) {
      const auto& conversion = source.conversions[metric];
      if (!conversion || conversion->rates != rates.settings.name) {
        continue;
      }
      is_old = is_old || std::ranges::any_of(table.of_metric(source.metrics[metric]), [&](std::uint32_t id) {
                 return !table[id].samples.empty() && table[id].samples.back().slot >= since;
               });
    }
    if (is_old) {
      sources.push_back(i);
    }
  }
  return sources;
}

std::optional<Slot> front_of(const SampleTable::Series& series) {
  return series.samples.empty() ? std::nullopt : std::optional(series.samples.front().slot);
}

}  // namespace

PollRequest Engine::poll_request(std::uint32_t source, Instant now) const {
  const SourceConfig& config = config_->sources[source];
  PollRequest request;
  request.now = now;
  if (const std::string& cursor = sources_[source].row.cursor; cursor.starts_with(sources_[source].cursor_mark)) {
    request.cursor = cursor.substr(sources_[source].cursor_mark.size());
  }
  if (config.since) {
    request.from = slot_of(*config.since);
  }
  for (std::uint32_t i = 0; config.is_entered && i < config.metrics.size(); ++i) {
    const auto first = entered_.lower_bound({config.metrics[i], Labels{}, Slot{0}});
    for (auto entry = first; entry != entered_.end() && std::get<0>(entry->first) == config.metrics[i]; ++entry) {
      request.entered.push_back({i, std::get<1>(entry->first), std::get<2>(entry->first), entry->second});
    }
  }
  return request;
}

void Engine::receive(PollResult result) {
  polls_.push_back(std::move(result));
}

void Engine::receive(DeliveryRow delivery) {
  deliveries_.push_back(std::move(delivery));
}

void Engine::receive(NotificationRow message) {
  letters_.push_back(std::move(message));
}

void Engine::receive(ReviewRow review) {
  commit_.reviews.push_back(std::move(review));
}

void Engine::receive(NoteRow note) {
  commit_.notes.push_back(std::move(note));
}

void Engine::receive(EntryRow entry) {
  remember(entry);
  commit_.entries.push_back(std::move(entry));
}

void Engine::remember(const EntryRow& entry) {
  for (std::uint32_t metric = 0; metric < rules_.metrics.size(); ++metric) {
    if (rules_.metrics[metric].name == entry.metric) {
      entered_[{metric, entry.labels, entry.slot}] = entry.value;
    }
  }
}

void Engine::ingest(PollResult& result, Instant now, StepSummary& summary) {
  SourceState& state = sources_[result.source];
  const SourceConfig& source = config_->sources[result.source];
  state.is_changed = true;
  state.is_read = true;
  state.row.last_poll = result.at;
  if (const auto lost = result.poll ? lost_row(*result.poll, source, *config_, now) : std::nullopt) {
    result.poll = fail(ErrorKind::kInvalid, *lost);
  }
  if (!result.poll) {
    ++state.failures;
    state.row.failures = state.failures;
    state.is_invalid =
        result.poll.error().kind == ErrorKind::kInvalid || result.poll.error().kind == ErrorKind::kNotFound;
    state.row.error = result.poll.error().message;
    state.failing_since = state.failing_since ? state.failing_since : result.at;
    const Duration patience = patience_after(state.failures, source.every);
    state.row.next_poll = patience > source.every ? std::optional(result.at + patience) : std::nullopt;
    summary.warnings.push_back("source " + state.row.name + ": " + state.row.error);
    return;
  }
  for (std::uint32_t kpi = 0; kpi < sources_of_kpi_.size() && !state.row.error.empty(); ++kpi) {
    if (sources_of_kpi_[kpi].contains(result.source)) {
      for (const std::uint32_t line : lines_of_kpi_[kpi]) {
        dirty_.emplace(kpi, line);  // what waited for the source may be given up now
      }
    }
  }
  state.failures = 0;
  state.row.failures = 0;
  state.row.next_poll.reset();
  state.is_invalid = false;
  state.row.error.clear();
  state.row.last_success = result.at;
  for (const std::uint32_t metric : source.metrics) {
    const std::optional<Instant> before = std::exchange(read_at_[metric], result.at);
    if (rules_.metrics[metric].missing != Missing::kUnknown) {
      for (const std::uint32_t kpi : kpis_of_metric_[metric]) {
        for (const std::uint32_t line : lines_of_kpi_[kpi]) {
          dirty_.emplace(kpi, line);
          judge_again(line, given_up(lines_[line], rules_.kpis[kpi], plans_[kpi], before, result.at));
        }
      }
    }
  }
  if (result.poll->unchanged) {
    return;
  }
  state.row.quota.clear();
  for (const std::string& remark : result.poll->remarks) {
    if (remark.starts_with(kQuotaRemark)) {
      state.row.quota.push_back(remark.substr(kQuotaRemark.size()));
    }
  }
  state.row.cursor = result.poll->cursor.empty() ? "" : state.cursor_mark + result.poll->cursor;
  if (converts(source) && convert(*result.poll, source, *config_, table_)) {
    state.row.cursor.clear();  // what had no rate is read again
  }
  state.row.problem_count = result.poll->problem_count;
  state.row.problems.clear();
  for (const RowProblem& problem : result.poll->problems) {
    state.row.problems.push_back(problem.where + ": " + problem.message);
    summary.warnings.push_back("source " + state.row.name + ": " + state.row.problems.back());
  }
  ingest_samples(source, *result.poll, now, summary);
}

void Engine::ingest_samples(const SourceConfig& source, const Poll& poll, Instant now, StepSummary& summary) {
  // The running period has not ended: it and all later ones are not seen yet.
  const Slot running = slot_at(now, source.settings.grain, source.settings.zone, rules_.calendar);
  const bool is_instant = source.settings.grain.unit == Grain::Unit::kInstant;
  remark_on(source, poll, running, summary);
  const Slot until = is_instant ? Slot{running.ms + 1} : running;
  bool skipped = false;
  std::vector<std::uint32_t> series;
  series.reserve(poll.series.size());
  for (const PolledSeries& polled : poll.series) {
    series.push_back(series_of(source.metrics[polled.metric], polled.labels));
  }
  std::map<std::uint32_t, ChangedSeries> changed;
  const std::optional<Slot> kept_from = sources_[source_of_metric_[source.metrics.front()]].row.kept_from;
  for (const PolledSample& sample : poll.samples) {
    if (kept_from && sample.slot < *kept_from) {
      ++summary.past_samples;
      continue;
    }
    if (sample.slot >= until) {
      skipped = true;
      continue;
    }
    const std::uint32_t id = series[sample.series];
    const std::optional<Slot> front = front_of(table_[id]);
    const SampleTable::Put put = table_.put(id, sample.slot, sample.value);
    if (put == SampleTable::Put::kSame) {
      continue;
    }
    ++(put == SampleTable::Put::kNew ? summary.new_samples : summary.restated_samples);
    commit_.samples.push_back({series_id_[id], sample.slot, sample.value});
    changed.try_emplace(id, ChangedSeries{front, {}}).first->second.slots.push_back(sample.slot);
  }
  sources_[source_of_metric_[source.metrics.front()]].knows_newest = false;
  if (skipped) {
    // What was not seen must be asked for again, although the source has not changed.
    sources_[source_of_metric_[source.metrics.front()]].row.cursor.clear();
  }
  refresh_stale();
  std::optional<Slot> first_changed;
  for (auto& [id, change] : changed) {
    std::ranges::sort(change.slots);
    first_changed = std::min(first_changed.value_or(change.slots.front()), change.slots.front());
    touch(id, change, now);
  }
  if (first_changed) {
    for (const std::uint32_t other : converted_with(source, *first_changed, *config_, table_)) {
      sources_[other].row.cursor.clear();  // read again, and converted anew
      sources_[other].is_changed = true;
    }
  }
}

std::uint32_t Engine::series_of(std::uint32_t metric, const Labels& labels) {
  const std::size_t before = table_.size();
  const std::uint32_t series = table_.series(metric, labels);
  if (table_.size() != before) {
    series_id_.resize(table_.size());
    series_id_[series] = next_series_id_++;
    commit_.series.push_back({series_id_[series], rules_.metrics[metric].name, labels});
    ensure_lines(metric, labels);
  }
  return series;
}

/// Lines whose value or limits read the series have something to judge, or to judge again.
void Engine::touch(std::uint32_t series, const ChangedSeries& change, Instant now) {
  const std::uint32_t metric = table_[series].metric;
  const JudgeContext context = judge_context(now);
  const std::vector<Stretch> stretches =
      changed_stretches(table_, series, rules_.metrics[metric], change.slots, change.front);
  for (const std::uint32_t index : series < readers_.size() ? readers_[series] : std::vector<std::uint32_t>{}) {
    const Line& line = lines_[index];
    dirty_.emplace(line.kpi, index);
    judge_again(index, periods_reading(line, context, series, stretches));
  }
}

void Engine::judge_again(std::uint32_t index, const std::set<Slot>& periods) {
  // Of what lies before, some samples are gone: it stays as it was judged.
  const auto frozen = frozen_before(lines_[index].kpi);
  const auto first = frozen ? periods.lower_bound(*frozen) : periods.begin();
  if (first != periods.end()) {
    restated_[index].insert(first, periods.end());
  }
}

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
  const std::optional<Slot> first = first_period(line);
  const auto total = line_index_.find({line.kpi, Labels{}});
  if (!line.is_expected || total == line_index_.end() || !lines_[total->second].first) {
    return first;
  }
  const Slot begin = *lines_[total->second].first;
  return first ? std::min(*first, begin) : begin;
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
