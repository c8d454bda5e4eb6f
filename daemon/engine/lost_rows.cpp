#include "daemon/engine/lost_rows.hpp"

#include "plugins/rows.hpp"

#include <algorithm>
#include <set>

namespace kpi {
namespace {

/// Some period from the first row to the last that has ended has no row.
bool has_gap(const Poll& poll, const SourceSettings& settings, Instant now) {
  std::set<Slot> slots;
  for (const PolledSample& sample : poll.samples) {
    slots.insert(sample.slot);
  }
  const Slot running = slot_at(now, settings.grain, settings.zone, settings.calendar);
  Slot expected = slots.empty() ? running : *slots.begin();
  for (const Slot slot : slots) {
    if (slot != expected) {
      return true;
    }
    expected = next_slot(slot, settings.grain, settings.zone);
  }
  return slots.empty() || expected < running;
}

}  // namespace

std::optional<std::string> lost_row(const Poll& poll, const SourceConfig& source, const Config& config, Instant now) {
  const auto is_filled = [&](std::uint32_t metric) {
    return config.rules.metrics[metric].missing != Missing::kUnknown;
  };
  const auto filled = std::ranges::find_if(source.metrics, is_filled);
  const auto lost =
      std::ranges::find_if(poll.remarks, [](const std::string& remark) { return remark.starts_with(kLostRemark); });
  if (filled == source.metrics.end() || lost == poll.remarks.end() ||
      source.settings.grain.unit == Grain::Unit::kInstant || !has_gap(poll, source.settings, now)) {
    return std::nullopt;
  }
  const std::string place = lost->substr(kLostRemark.size());
  const auto problem = std::ranges::find(poll.problems, place, &RowProblem::where);
  const bool is_zero = config.rules.metrics[*filled].missing == Missing::kZero;
  return place + ": " + (problem == poll.problems.end() ? "this row cannot be read" : problem->message) +
         "; its period would count as " + (is_zero ? "zero (missing: zero)" : "the one before (missing: last)") +
         ", so nothing of this poll is used";
}

}  // namespace kpi
