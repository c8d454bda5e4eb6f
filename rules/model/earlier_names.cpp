#include "rules/model/earlier_names.hpp"

#include <algorithm>
#include <set>
#include <string_view>
#include <vector>

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

bool has_segment(const Kpi& kpi, const Labels& segment) {
  if (segment.empty()) {
    return true;
  }
  const auto is_split = [&](const std::vector<std::string>& split) {
    return std::equal(
        split.begin(), split.end(), segment.begin(), segment.end(), [](const std::string& label, const auto& part) {
          return label == part.first;
        });
  };
  return std::any_of(kpi.split_by.begin(), kpi.split_by.end(), is_split);
}

}  // namespace kpi
