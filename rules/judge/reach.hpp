#pragma once
// How far back a KPI's expressions look: what must be kept so that a period can be judged again. Pure; any thread.

#include "rules/model/kpi.hpp"

#include <cstdint>
#include <map>

namespace kpi {

/// By metric: the longest window that ends with a judged period, shifts by prev() and the period itself included, in
/// milliseconds and rather too long than too short. Histories (anomaly(), forecast()) take what there is, and age()
/// looks for one sample: they ask for nothing to be kept.
std::map<std::uint32_t, std::int64_t> reaches_of(const Kpi& kpi);

}  // namespace kpi
