#include "rules/model/kpi.hpp"

#include <algorithm>

namespace kpi {

const Kpi* RuleSet::find(std::string_view id) const {
  const auto found = std::ranges::find_if(kpis, [&](const Kpi& kpi) { return kpi.id == id; });
  return found == kpis.end() ? nullptr : &*found;
}

bool matches(const SegmentMatch& match, const Labels& segment) {
  if (match.is_total) {
    return segment.empty();
  }
  return std::ranges::all_of(match.labels, [&](const auto& label) {
    const std::string_view value = label_value(segment, label.first);
    return !value.empty() && std::ranges::find(label.second, value) != label.second.end();
  });
}

std::string text_of(const SegmentMatch& match) {
  if (match.is_total) {
    return "total";
  }
  std::string text;
  for (const auto& [label, values] : match.labels) {
    text += (text.empty() ? "" : ", ") + label;
    for (std::size_t i = 0; i < values.size(); ++i) {
      text += (i == 0 ? " " : " or ") + values[i];
    }
  }
  return text.empty() ? "all" : text;
}

bool is_expected(const Kpi& kpi, const Labels& segment) {
  return std::ranges::binary_search(kpi.expect, segment);
}

bool has_rule(const Kpi& kpi, std::string_view rule) {
  return rule == "no_data" || (rule == "thresholds" && kpi.thresholds) || (rule == "target" && !kpi.targets.empty()) ||
         std::ranges::any_of(kpi.alerts, [&](const AlertRule& alert) { return alert.name == rule; });
}

}  // namespace kpi
