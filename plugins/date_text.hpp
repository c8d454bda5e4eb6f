#pragma once
// Reads one date by the steps of a pattern; DateFormat, which has the patterns, is what sources use. Pure; any thread.

#include <cstdint>
#include <optional>
#include <string_view>

namespace kpi {

/// A moment as it was written: on the local axis (a civil date and time of day read as if they were UTC, as in Slot),
/// or, where the text has an offset or is a time since the epoch, in UTC.
struct WrittenTime {
  std::int64_t ms = 0;
  bool is_utc = false;
  bool has_time = false;  ///< Whether a time of day was written.

  bool operator==(const WrittenTime&) const = default;
};

/// The whole of `text` by `steps`, a pattern of DateFormat in which each composite is written out; nothing when it does
/// not match or is no date that exists.
std::optional<WrittenTime> read_date(std::string_view steps, std::string_view text);

/// `2026-03-31`, a time behind it after a blank or a T (`06:00`, `06:00:30.5`), and an offset behind that.
std::optional<WrittenTime> read_iso_date(std::string_view text);

}  // namespace kpi
