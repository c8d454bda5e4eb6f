#include "rules/model/kpi.hpp"

#include <algorithm>

namespace kpi {

const Kpi* RuleSet::find(std::string_view id) const {
  const auto found = std::find_if(kpis.begin(), kpis.end(), [&](const Kpi& kpi) { return kpi.id == id; });
  return found == kpis.end() ? nullptr : &*found;
}

}  // namespace kpi
