#pragma once
// What keeps KPIs from being SMART, as warnings of `kpid check`: a look at rules that have loaded. Pure; any thread may
// call it.

#include "rules/base/diagnostic.hpp"
#include "rules/model/kpi.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace kpi {

/// A letter of SMART that a KPI lacks.
enum class SmartGap : std::uint8_t { kTitle, kDescription, kUnit, kObjective, kOwner, kDeadline };

/// "title", "description", …
std::string_view name_of(SmartGap gap);

/// More KPIs than this for one objective blur the picture.
inline constexpr std::size_t kMostPerObjective = 7;

/// Whether the KPI has anything to meet: a target, thresholds or alerts. The others are numbers on the way to one.
bool promises(const Kpi& kpi);

/// What the KPI lacks on the day `today`; nothing of one that promises nothing.
std::vector<SmartGap> smart_gaps(const Kpi& kpi, Date today);

/// Only KPIs with a target, thresholds or alerts are held to it: the others are numbers on the way to one. A warning
/// names all KPIs of a file that lack the same thing, and stands at the first. `reviews`: when each KPI was last gone
/// through, beside what its `reviewed:` says.
void check_smart(const RuleSet& rules,
                 Date today,
                 const std::map<std::string, Date>& reviews,
                 Diagnostics& diagnostics);

}  // namespace kpi
