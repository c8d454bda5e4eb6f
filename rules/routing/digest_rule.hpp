#pragma once
// When a digest is due, and what it is about: the day, week, month or quarter that has just ended. Pure; any thread.

#include "rules/base/calendar.hpp"
#include "rules/routing/route.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace kpi {

/// One entry of `digests`.
struct DigestRule {
  Grain::Unit every = Grain::Unit::kWeek;  ///< kDay, kWeek, kMonth or kQuarter.
  int day = 0;                             ///< So many days after the period that it is about; 0: the next day.
  std::chrono::minutes at{8 * 60};         ///< Of the clock on that day.
  std::vector<LabelMatch> match;           ///< Which KPIs; empty: all.
  std::vector<std::string> to;
  bool has_review = false;  ///< Sent with the review of the period.

  bool operator==(const DigestRule&) const = default;
};

/// One issue of a digest.
struct DigestDue {
  Instant at;
  Date from;
  Date to;  ///< Not included.

  bool operator==(const DigestDue&) const = default;
};

/// Names a digest to one channel from one load to the next: by when it comes and which KPIs it has.
std::string key_of(const DigestRule& rule, const std::string& channel);

/// The last issue that was due by `now`, in the time of `zone`. A time that the clock skips is taken at the end of the
/// gap, one that comes twice the first time: each period has one issue.
DigestDue last_due(const DigestRule& rule, Instant now, const Zone& zone, const CalendarRules& calendar);
/// When the next one is due.
Instant next_due(const DigestRule& rule, Instant now, const Zone& zone, const CalendarRules& calendar);

}  // namespace kpi
