#include "rules/routing/route_labels.hpp"

#include <algorithm>
#include <utility>

namespace kpi {

void set_label(Labels& labels, const std::string& name, std::string value) {
  const auto found = std::ranges::find_if(labels, [&](const auto& label) { return label.first == name; });
  if (found != labels.end()) {
    found->second = std::move(value);
  } else {
    labels.emplace_back(name, std::move(value));
  }
}

Labels route_labels(const AlertSubject& subject, MessageType type) {
  const Kpi& kpi = *subject.kpi;
  Labels labels = kpi.labels;
  if (subject.rule == RuleKind::kCondition) {
    for (const auto& [name, value] : kpi.alerts[subject.index].labels) {
      set_label(labels, name, value);
    }
  }
  for (const auto& [name, value] : subject.line->segment) {
    set_label(labels, name, value);
  }
  set_label(labels, "kpi", kpi.id);
  set_label(labels, "owner", kpi.owner);
  set_label(labels, "objective", kpi.objective);
  set_label(labels, "severity", std::string(name_of(subject.severity)));
  set_label(labels, "type", std::string(name_of(type)));
  std::ranges::sort(labels);
  return labels;
}

}  // namespace kpi
