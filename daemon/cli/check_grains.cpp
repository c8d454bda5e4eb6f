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

bool has_values(const SampleTable& table, std::uint32_t metric) {
  return std::ranges::any_of(table.of_metric(metric),
                             [&](std::uint32_t series) { return !table[series].samples.empty(); });
}

/// Whether their periods are the same.
bool cut_alike(const Grain& one, const Grain& other) {
  return one.is_civil() == other.is_civil() && one.span() == other.span() &&
         (one.unit == Grain::Unit::kInstant) == (other.unit == Grain::Unit::kInstant);
}

/// Looks at one metric of a source; false: an error was reported.
bool check_metric(const SourceConfig& source,
                  const std::string& name,
                  std::uint32_t known,
                  const Engine& engine,
                  Diagnostics& diagnostics) {
  const SourceSettings& settings = source.settings;
  const std::string grain = settings.grain.text();
  const bool is_instant = settings.grain.unit == Grain::Unit::kInstant;
  if (const auto stranger = is_instant ? std::nullopt : stranger_in(engine.table(), known, settings)) {
    const bool is_date = slot_of(date_of(*stranger)) == *stranger;
    diagnostics.error(
        settings.position,
        "the history has values of " + name + " in other periods than those of grain: " + grain + " (" +
            (is_date ? date_text(date_of(*stranger)) : rfc3339(Instant{Duration{stranger->ms}})) +
            " begins none): they would count beside what is read from now on",
        "leave grain as it was (a KPI of every: " + grain + " adds its periods up), or give the source another name");
    return false;
  }
  const auto before = engine.read_grain(settings.name);
  if (before && !cut_alike(*before, settings.grain) && has_values(engine.table(), known)) {
    diagnostics.error(settings.position,
                      "the history has values of " + name + " of grain: " + before->text() +
                          ": they would count beside those of grain: " + grain + " that are read from now on",
                      "leave grain: " + before->text() + ", or give the source another name");
    return false;
  }
  return true;
}

}  // namespace

void check_grains(const Config& config, const Engine& engine, Diagnostics& diagnostics) {
  const auto& known = engine.config().rules.metrics;
  for (const SourceConfig& source : config.sources) {
    for (const std::uint32_t metric : source.metrics) {
      const std::string& name = config.rules.metrics[metric].name;
      const auto before = std::ranges::find(known, name, &Metric::name);
      if (before != known.end() &&
          !check_metric(source, name, static_cast<std::uint32_t>(before - known.begin()), engine, diagnostics)) {
        break;
      }
    }
  }
}

Result<void> refuse_other_grains(const Config& config, const Engine& engine) {
  Diagnostics found;
  check_grains(config, engine, found);
  if (!found.has_errors()) {
    return {};
  }
  const Diagnostic& first = found.items().front();
  return fail(ErrorKind::kInvalid, first.position.text() + ": " + first.message + "; " + first.remedy);
}

}  // namespace kpi
