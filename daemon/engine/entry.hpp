#pragma once
// What people enter by hand: their words checked against the configuration. Pure; any thread.

#include "daemon/config/config.hpp"
#include "daemon/store/store.hpp"

#include <string>

namespace kpi {

/// As somebody wrote it.
struct EntryWords {
  std::string metric;  ///< "survey.satisfaction", with labels "survey.satisfaction{country=SE}".
  std::string value;   ///< A number; "none" withdraws what was entered before.
  std::string period;  ///< "2026-03-31", "2026-03", fiscal "2026-Q1" and "2026", RFC 3339 or "2026-03-31 06:00".
  std::string by;
  std::string note;
};

/// kInvalid: with the value and the remedy. A period that has not begun is refused; one that runs is taken, and counts
/// when it has ended.
Result<EntryRow> read_entry(const EntryWords& words, const Config& config, Instant now);

/// The place of the metric's source in Config::sources. REQUIRES: read_entry() made the row.
std::uint32_t source_of_entry(const EntryRow& entry, const Config& config);

/// The entry's period for people: "2026-03", "2026-Q1 (2026-01-01 to 2026-03-31)".
std::string entry_period(const EntryRow& entry, const Config& config);

}  // namespace kpi
