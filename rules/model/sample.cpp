#include "rules/model/sample.hpp"

#include <algorithm>

namespace kpi {

std::string_view label_value(const Labels& labels, std::string_view name) {
  const auto found =
      std::ranges::lower_bound(labels, name, {}, [](const auto& label) { return std::string_view(label.first); });
  return found != labels.end() && found->first == name ? std::string_view(found->second) : std::string_view();
}

std::string labels_text(const Labels& labels) {
  if (labels.empty()) {
    return "total";
  }
  std::string text;
  for (const auto& [name, value] : labels) {
    text += text.empty() ? "" : ", ";
    text += name;
    text += "=";
    text += value;
  }
  return text;
}

std::string_view name_of(MetricKind kind) {
  switch (kind) {
    case MetricKind::kFlow:
      return "flow";
    case MetricKind::kLevel:
      return "level";
    case MetricKind::kMean:
      return "mean";
    case MetricKind::kDistinct:
      return "distinct";
  }
  return "";
}

std::string_view name_of(Across across) {
  switch (across) {
    case Across::kSum:
      return "sum";
    case Across::kMean:
      return "mean";
    case Across::kMin:
      return "min";
    case Across::kMax:
      return "max";
    case Across::kNone:
      return "none";
  }
  return "";
}

}  // namespace kpi
