#pragma once
// An alert's machine as the JSON that the history keeps in alert_state.machine: read and written by the engine only.

#include "rules/base/result.hpp"
#include "rules/judge/line.hpp"
#include "rules/model/alert.hpp"

#include <string>
#include <string_view>

namespace kpi {

/// What is kept of an alert besides the columns of its row.
struct AlertMemory {
  AlertState state;
  Told told;
  NoDataState no_data;  ///< For the rule no_data.
  int failures = 0;     ///< Of a source: polls in a row, while nobody was told.
  /// Of an alert whose rule is gone: the fingerprint of the KPI that had it, and the last period that this one had seen
  /// where the KPI went on without it.
  std::string rule{};
  std::optional<Slot> seen{};
  /// The last period before the rule was edited, and the state after it (Edit); nothing while it never was.
  std::optional<Slot> edited{};
  AlertState at_edit{};

  bool operator==(const AlertMemory&) const = default;
};

/// Empty when there is nothing to remember.
std::string encode_alert(const AlertMemory& memory);
/// kStorage when the text is not what encode_alert writes.
Result<AlertMemory> decode_alert(std::string_view text);

}  // namespace kpi
