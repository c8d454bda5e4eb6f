// What a poll brought that is right in itself, and yet may not be what was meant.

#include "daemon/engine/engine.hpp"
#include "rules/base/text.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace kpi {
namespace {

/// Some values, and the first of them.
struct Some {
  std::size_t count = 0;
  Slot first;
  Labels labels;

  void add(Slot slot, const Labels& of) {
    if (count == 0 || slot < first) {
      first = slot;
      labels = of;
    }
    ++count;
  }

  /// "the first of 2026-03-04 (country=SE)"
  [[nodiscard]] std::string text(const Grain& grain, const Zone& zone) const {
    return "the first of " + period_text(first, grain, zone) +
           (labels.empty() ? "" : " (" + printable(labels_text(labels), 100) + ")");
  }
};

/// Samples of periods that have not begun.
Some of_the_future(const Poll& poll, Slot until) {
  Some some;
  for (const PolledSample& sample : poll.samples) {
    if (sample.slot >= until) {
      some.add(sample.slot, poll.series[sample.series].labels);
    }
  }
  return some;
}

/// Numbers that are known of a series although the poll, which begins at `from`, has not got them. Not zeros: one may
/// stand for what had gone before.
void add_taken_out(const SampleTable::Series& known, std::vector<Slot>& brought, Slot from, Some& some) {
  std::ranges::sort(brought);
  auto at = std::ranges::lower_bound(brought, from);
  for (auto sample = std::ranges::lower_bound(known.samples, from, {}, &Sample::slot); sample != known.samples.end();
       ++sample) {
    while (at != brought.end() && *at < sample->slot) {
      ++at;
    }
    const bool is_there = at != brought.end() && *at == sample->slot;
    if (!is_there && !std::isnan(sample->value) && sample->value != 0) {
      some.add(sample->slot, known.labels);
    }
  }
}

}  // namespace

/// Of a source that is read by other settings now, and not back to its first sample. What lies before its `since` is
/// not wanted.
void Engine::remark_on_older(const SourceConfig& source, Slot from, StepSummary& summary) {
  std::optional<Slot> oldest;
  const Grain& grain = source.settings.grain;
  const Zone& zone = source.settings.zone;
  const Slot since = source.since ? slot_at(start_of(slot_of(*source.since), {}, zone), grain, zone, rules_.calendar)
                                  : Slot{std::numeric_limits<std::int64_t>::min()};
  for (const std::uint32_t metric : source.metrics) {
    for (const std::uint32_t id : table_.of_metric(metric)) {
      const auto& samples = table_[id].samples;
      const auto first = std::ranges::lower_bound(samples, since, {}, &Sample::slot);
      if (first != samples.end()) {
        oldest = std::min(oldest.value_or(from), first->slot);
      }
    }
  }
  if (oldest && *oldest < from) {
    const auto text = [&](Slot slot) { return period_text(slot, grain, zone); };
    const std::string& name = source.settings.name;
    summary.remarks.push_back("source " + name + " has other settings than before, and is read by them from " +
                              text(from) + " on; older values stay as they were read. For them: kpid import --source " +
                              name + " --from " + text(*oldest).substr(0, 10));
  }
}

/// Old rows may leave a file in front, as they do where only some weeks are kept: nothing is said of these.
void Engine::remark_on(const SourceConfig& source, const Poll& poll, Slot running, StepSummary& summary) {
  const Grain& grain = source.settings.grain;
  const Zone& zone = source.settings.zone;
  SourceState& state = sources_[source_of_metric_[source.metrics.front()]];
  const bool is_instant = grain.unit == Grain::Unit::kInstant;
  const Some future = of_the_future(poll, is_instant ? Slot{running.ms + 1} : next_slot(running, grain, zone));
  Some taken_out;
  const Plugin* plugin = find_plugin(source.plugin);
  if (plugin != nullptr && plugin->is_whole && !poll.whole_from) {
    // Where no row is left, nothing says that they left in front.
    const auto first = std::ranges::min_element(poll.samples, {}, &PolledSample::slot);
    const Slot from = first == poll.samples.end() ? Slot{} : first->slot;
    std::map<std::uint32_t, std::vector<Slot>> brought;
    for (const std::uint32_t metric : source.metrics) {
      for (const std::uint32_t id : table_.of_metric(metric)) {
        const auto& known = table_[id].samples;
        if (!known.empty() && known.back().slot >= from) {  // of others nothing can be gone
          brought[id];
        }
      }
    }
    for (std::size_t i = 0; !brought.empty() && i < poll.samples.size(); ++i) {
      const PolledSeries& series = poll.series[poll.samples[i].series];
      const auto id = table_.find(source.metrics[series.metric], series.labels);
      if (const auto of_series = id ? brought.find(*id) : brought.end(); of_series != brought.end()) {
        of_series->second.push_back(poll.samples[i].slot);
      }
    }
    for (auto& [id, slots] : brought) {
      add_taken_out(table_[id], slots, from, taken_out);
    }
  }
  std::vector<std::string> remarks;
  if (future.count > 0) {
    remarks.push_back("source " + source.settings.name + ": " + counted(future.count, "value is", "values are") +
                      " of the future, " + future.text(grain, zone) + ": each counts once its period has ended");
  }
  if (taken_out.count > 0) {
    remarks.push_back("source " + source.settings.name + ": " +
                      counted(taken_out.count, "value that was read before is", "values that were read before are") +
                      " gone from it, " + taken_out.text(grain, zone) +
                      ": they stand as they were read; a row with an empty cell takes a value back");
  }
  if (remarks != state.remarks) {
    state.remarks = remarks;
    std::ranges::move(remarks, std::back_inserter(summary.remarks));
  }
}

}  // namespace kpi
