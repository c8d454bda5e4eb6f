#include "rules/model/kpi.hpp"

#include <algorithm>

namespace kpi {

const Kpi* RuleSet::find(std::string_view id) const {
  const auto found = std::ranges::find_if(kpis, [&](const Kpi& kpi) { return kpi.id == id; });
  return found == kpis.end() ? nullptr : &*found;
}

}  // namespace kpi
