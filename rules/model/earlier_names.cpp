#include "rules/model/earlier_names.hpp"

#include <set>
#include <string_view>

namespace kpi {

std::map<std::string, std::string, std::less<>> earlier_names(const RuleSet& rules) {
  std::set<std::string_view> taken;
  for (const Kpi& kpi : rules.kpis) {
    taken.insert(kpi.id);
  }
  std::map<std::string, std::string, std::less<>> names;
  for (const Kpi& kpi : rules.kpis) {
    for (const std::string& name : kpi.was) {
      if (!taken.contains(name)) {
        names.emplace(name, kpi.id);
      }
    }
  }
  return names;
}

}  // namespace kpi
