#pragma once
// A digest as decided: each KPI over the period that has ended, beside the one before and the same one a year ago, what
// fired, and what nobody was told of. Texts are in the receiver's language.

#include "rules/base/calendar.hpp"
#include "rules/model/sample.hpp"
#include "rules/model/verdict.hpp"

#include <optional>
#include <string>
#include <vector>

namespace kpi {

/// One KPI.
struct DigestLine {
  std::string kpi;
  std::string title;
  std::string owner;
  std::string objective;
  std::string unit;
  std::optional<double> value;
  std::string formatted;
  std::string
      value_of;  ///< "week 12, 16–22 March 2026": its last one, where it is not of all of the digest's; else empty.
  std::optional<double> previous;
  std::string formatted_previous;
  std::string change;  ///< "+5%", "-0.3 points": against the period before; empty: it cannot be told.
  std::optional<double> year_ago;
  std::string formatted_year_ago;
  std::string change_on_year;
  KpiState state = KpiState::kOk;
  Severity severity = Severity::kNone;
  std::string state_text;  ///< "fine", "Critical since 14 March 2026"
  TargetStatus target_status = TargetStatus::kNotStarted;
  std::string target;  ///< "at risk, at 83% of the pace needed"; empty: it has none.
  std::string goal;    ///< "3% by 31 December 2026, 276 days left"
  std::string url;
  bool needs_attention = false;

  bool operator==(const DigestLine&) const = default;
};

/// An alert of the period.
struct DigestAlert {
  std::string id;
  std::string kpi;
  std::string title;
  Labels segment;
  Severity severity = Severity::kNone;
  Instant since;
  std::optional<Instant> resolved;
  std::size_t times = 1;  ///< It came again and again: from the first to the last.
  std::string text;       ///< "Critical, 14 March 2026 to 16 March 2026"

  bool operator==(const DigestAlert&) const = default;
};

struct DigestView {
  std::string every;  ///< "week"
  Period period;
  std::string title;                ///< "Weekly digest: week 13, 23–29 March 2026"
  std::string summary;              ///< "2 of 12 KPIs need attention"
  std::vector<DigestLine> lines;    ///< Those that need attention first.
  std::vector<DigestAlert> alerts;  ///< In the order in which they began.
  std::vector<DigestAlert> hushed;  ///< What came and went while messages were held back.
  std::vector<std::string> notes;   ///< That it comes late, that the review is attached.

  bool operator==(const DigestView&) const = default;
};

}  // namespace kpi
