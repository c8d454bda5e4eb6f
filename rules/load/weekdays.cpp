#include "rules/load/weekdays.hpp"

#include "rules/base/text.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace kpi {
namespace {

const std::vector<std::string>& day_names() {
  static const std::vector<std::string> kDays{
      "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"};
  return kDays;
}

/// "saturday", "saturday-sunday": bit 0 is Monday.
std::uint8_t read_day_range(const YamlNode& node, Diagnostics& diagnostics) {
  const auto& names = day_names();
  const std::string_view text = node.scalar;
  const std::size_t dash = std::min(text.find('-'), text.size());
  const auto day = [&](std::string_view word) {
    return static_cast<std::size_t>(std::ranges::find(names, to_lower_ascii(trim(word))) - names.begin());
  };
  const std::size_t first = day(text.substr(0, dash));
  const std::size_t last = dash == text.size() ? first : day(text.substr(dash + 1));
  if (node.kind != YamlNode::Kind::kScalar || first == names.size() || last == names.size()) {
    const std::string_view wrong =
        first == names.size() ? text.substr(0, dash) : text.substr(std::min(dash + 1, text.size()));
    const std::string meant = did_you_mean(trim(wrong), names);
    diagnostics.error(node.position,
                      "days wants weekdays, got \"" + printable(text, 60) + "\"",
                      meant.empty() ? "write days: [saturday-sunday]" : meant);
    return 0;
  }
  std::uint8_t days = 0;
  for (std::size_t at = first;; at = (at + 1) % names.size()) {
    days = static_cast<std::uint8_t>(days | (1U << at));
    if (at == last) {
      return days;
    }
  }
}

}  // namespace

std::uint8_t read_days(const YamlNode& node, Diagnostics& diagnostics) {
  if (node.kind == YamlNode::Kind::kScalar) {
    return read_day_range(node, diagnostics);
  }
  std::uint8_t days = 0;
  for (const YamlNode& item : node.items) {
    days = static_cast<std::uint8_t>(days | read_day_range(item, diagnostics));
  }
  if (node.items.empty()) {
    diagnostics.error(node.position, "days wants a list of weekdays", "write days: [saturday-sunday]");
  }
  return days;
}

}  // namespace kpi
