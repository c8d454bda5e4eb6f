#include "daemon/cli/check_grains.hpp"

#include "rules/base/text.hpp"

#include <algorithm>
#include <optional>
#include <string>

namespace kpi {
namespace {

/// So many of a series are looked at, the newest: those before them were read in the same way.
constexpr std::ptrdiff_t kLooked = 8;

bool begins_a_period(Slot slot, const SourceSettings& settings) {
  if (!settings.grain.is_civil()) {
    return slot_at(Instant{Duration{slot.ms}}, settings.grain, settings.zone, settings.calendar) == slot;
  }
  return slot_of(date_of(slot)) == slot && slot_at(date_of(slot), settings.grain, settings.calendar) == slot;
}

/// A sample that is of another grain than the source's.
std::optional<Slot> stranger_in(const SampleTable& table, std::uint32_t metric, const SourceSettings& settings) {
  for (const std::uint32_t id : table.of_metric(metric)) {
    const auto& samples = table[id].samples;
    const auto last = samples.end() - std::min<std::ptrdiff_t>(std::ssize(samples), kLooked);
    const auto found = std::find_if(
        last, samples.end(), [&](const Sample& sample) { return !begins_a_period(sample.slot, settings); });
    if (found != samples.end()) {
      return found->slot;
    }
  }
  return std::nullopt;
}

}  // namespace

void check_grains(const Config& config, const Engine& engine, Diagnostics& diagnostics) {
  const auto& known = engine.config().rules.metrics;
  for (const SourceConfig& source : config.sources) {
    if (source.settings.grain.unit == Grain::Unit::kInstant) {
      continue;
    }
    for (const std::uint32_t metric : source.metrics) {
      const std::string& name = config.rules.metrics[metric].name;
      const auto before = std::ranges::find(known, name, &Metric::name);
      const auto stranger =
          before == known.end()
              ? std::nullopt
              : stranger_in(engine.table(), static_cast<std::uint32_t>(before - known.begin()), source.settings);
      if (stranger) {
        const std::string grain = source.settings.grain.text();
        const bool is_date = slot_of(date_of(*stranger)) == *stranger;
        diagnostics.error(source.settings.position,
                          "the history has values of " + name + " in other periods than those of grain: " + grain +
                              " (" +
                              (is_date ? date_text(date_of(*stranger)) : rfc3339(Instant{Duration{stranger->ms}})) +
                              " begins none): they would count beside what is read from now on",
                          "leave grain as it was (a KPI of every: " + grain +
                              " adds its periods up), or give the source another name");
        break;
      }
    }
  }
}

}  // namespace kpi
