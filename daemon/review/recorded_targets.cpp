#include "daemon/review/recorded_targets.hpp"

#include "rules/judge/target_plan.hpp"
#include "rules/load/definition.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

namespace kpi {
namespace {

std::string text_of_targets(const Kpi& kpi) {
  std::string text;
  for (const Target& target : kpi.targets) {
    text += labels_text(target.match) + "\n" + target_text(target);
  }
  return text;
}

}  // namespace

std::vector<Kpi> with_recorded_targets(const Kpi& kpi,
                                       const std::vector<KnownDefinition>& definitions,
                                       const CalendarRules& calendar,
                                       SourceSet& texts) {
  std::vector<Kpi> found;
  std::set<std::string> known{text_of_targets(kpi), ""};
  for (auto at = definitions.rbegin(); at != definitions.rend(); ++at) {
    const bool is_its_own = at->kpi == kpi.id || std::ranges::find(kpi.was, at->kpi) != kpi.was.end();
    if (!is_its_own || at->text.empty()) {
      continue;
    }
    auto earlier = read_definition(at->kpi, at->text, calendar, kpi.zone, texts);
    if (earlier && known.insert(text_of_targets(*earlier)).second) {
      earlier->every = kpi.every;  // its periods are counted as those of now
      earlier->zone = kpi.zone;
      found.push_back(std::move(*earlier));
    }
  }
  return found;
}

}  // namespace kpi
