#pragma once
// How honest the stated probabilities were, as the words and rows of a review. Pure; any thread.

#include "daemon/review/report.hpp"

#include <string>
#include <vector>

namespace kpi {

/// One tenth of stated probability.
struct HonestyRow {
  std::string stated;
  std::string happened;
  std::string count;
};

struct HonestyText {
  std::string summary;           ///< The Brier score, or that there was nothing to score.
  std::vector<HonestyRow> rows;  ///< Of the tenths in which something was stated.
};

HonestyText honesty_text(const Review& review, const ReportStyle& style);

}  // namespace kpi
