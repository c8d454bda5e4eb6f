// Rows that are in their source no more where it was read again: they moved to other labels, or the settings of the
// source were edited, and with them the names. And the segments that are left without rows.

#include "daemon/engine/engine.hpp"
#include "plugins/rows.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace kpi {

/// A row that moved to other labels, as where a vendor goes on sorting a day, must not count beside the one that it
/// became: of a sum it is zero from now on, else unknown. Unknown also where a row was lost that may be it. A period of
/// which all rows are gone is zero where none means zero. Where the settings were edited nothing moved: what has no row
/// by the new ones is as if it had never been read.
void Engine::take_out(const SourceConfig& source,
                      const Poll& poll,
                      Slot until,
                      std::vector<ChangedSample>& changed,
                      StepSummary& summary) {
  const SourceState& state = sources_[source_of_metric_[source.metrics.front()]];
  const std::optional<Slot> kept_from = state.row.kept_from;
  const bool has_lost =
      std::ranges::any_of(poll.remarks, [](const std::string& remark) { return remark.starts_with(kLostRemark); });
  std::map<std::uint32_t, std::map<Slot, bool>> periods;  // by metric; whether all its rows are numbers
  std::map<std::uint32_t, std::vector<Slot>> brought;     // by series
  std::vector<std::vector<Slot>*> slots_of(poll.series.size());
  for (std::size_t i = 0; i < slots_of.size(); ++i) {
    const auto id = table_.find(source.metrics[poll.series[i].metric], poll.series[i].labels);
    slots_of[i] = id ? &brought[*id] : nullptr;
  }
  for (const PolledSample& sample : poll.samples) {
    const bool is_seen =
        sample.slot < until && sample.slot >= *poll.whole_from && (!kept_from || sample.slot >= *kept_from);
    if (is_seen && slots_of[sample.series] != nullptr) {
      auto& of_metric = periods[source.metrics[poll.series[sample.series].metric]];
      bool& is_known = of_metric.try_emplace(sample.slot, true).first->second;
      is_known = is_known && !std::isnan(sample.value);
      slots_of[sample.series]->push_back(sample.slot);
    }
  }
  const std::size_t before = changed.size();
  for (const auto& [metric, slots] : periods) {
    std::size_t fewest_labels = std::numeric_limits<std::size_t>::max();
    for (const auto& [id, there] : brought) {
      fewest_labels = table_[id].metric == metric ? std::min(fewest_labels, table_[id].labels.size()) : fewest_labels;
    }
    const bool counts_none = rules_.metrics[metric].missing == Missing::kZero && poll.whole_until && !has_lost;
    const Slot after{slots.rbegin()->first.ms + 1};
    const Slot end = counts_none ? std::max(after, std::min(until, *poll.whole_until)) : after;
    for (const std::uint32_t id : table_.of_metric(metric)) {
      // What had fewer labels was the total, or a sum of what there is now: it is no part of that.
      const bool is_part = table_[id].labels.size() >= fewest_labels;
      const bool adds_up = is_part && rules_.metrics[metric].across == Across::kSum && !has_lost;
      std::vector<Slot>& there = brought[id];
      std::ranges::sort(there);
      // One that has other rows may have lost one that cannot be read.
      const bool is_former = state.is_edited && (there.empty() || !has_lost);
      std::map<Slot, std::optional<double>> gone;
      for (const Sample& sample : table_.range(id, slots.begin()->first, end)) {
        const auto rows = slots.find(sample.slot);
        if (rows == slots.end() && counts_none) {
          gone.emplace(sample.slot, is_former && there.empty() ? std::nullopt : std::optional(0.0));
        } else if (rows != slots.end() && !std::ranges::binary_search(there, sample.slot)) {
          gone.emplace(sample.slot,
                       is_former ? std::nullopt : std::optional(adds_up && rows->second ? 0 : std::nan("")));
        }
      }
      for (const auto& [slot, value] : gone) {
        restate(id, slot, value, changed);
      }
    }
  }
  summary.restated_samples += changed.size() - before;
}

/// `value`: none takes the sample out.
void Engine::restate(std::uint32_t series,
                     Slot slot,
                     std::optional<double> value,
                     std::vector<ChangedSample>& changed) {
  const std::span<const Sample> samples = table_[series].samples;
  const std::optional<Slot> front = samples.empty() ? std::nullopt : std::optional(samples.front().slot);
  if (value ? table_.put(series, slot, *value) == SampleTable::Put::kSame
            : table_.range(series, slot, Slot{slot.ms + 1}).empty()) {
    return;
  }
  if (!value) {
    table_.withdraw(series, slot);
  }
  commit_.samples.push_back({series_id_[series], slot, value.value_or(0), !value});
  changed.push_back({series, slot, front, false});
}

/// Whether something that its value needs has ended.
bool Engine::is_cut_off(const Line& line) const {
  const Program& value = rules_.kpis[line.kpi].value;
  bool needs_any = false;
  bool all_ended = true;
  bool some_ended = false;
  const auto consider = [&](bool is_needed, bool has_ended) {
    needs_any = needs_any || is_needed;
    all_ended = all_ended && has_ended;
    some_ended = some_ended || (is_needed && has_ended);
  };
  for (std::size_t i = 0; i < value.metrics.size(); ++i) {
    const MetricInput& input = value.metrics[i];
    const std::vector<std::uint32_t>& series = line.value_inputs.series[i];
    const bool has_ended =
        !series.empty() && std::ranges::all_of(series, [&](std::uint32_t id) { return table_[id].has_ended(); });
    consider(input.back.empty() && !input.optional, has_ended);
  }
  for (const KpiInput& input : value.kpis) {
    if (!input.is_self) {
      const auto used = line_index_.find({input.kpi, input.of_total ? Labels{} : line.segment});
      consider(input.back.empty() && !input.optional, used != line_index_.end() && lines_[used->second].has_left);
    }
  }
  return needs_any ? some_ended : all_ended && !(value.metrics.empty() && value.kpis.empty());
}

/// A total is missed, and so is a segment that is expected.
bool Engine::has_left(const Line& line) const {
  return !line.segment.empty() && !line.is_expected && is_cut_off(line);
}

/// Those that were left without rows before the start.
void Engine::restore_left() {
  for (const std::vector<std::uint32_t>& lines : lines_of_kpi_) {  // each after those that it uses
    for (const std::uint32_t index : lines) {
      Line& line = lines_[index];
      line.has_left = has_left(line);
      if (line.has_left) {
        line.target_standing = TargetStanding{};
        dirty_.emplace(line.kpi, index);  // it may not have been told yet
      }
    }
  }
}

}  // namespace kpi
