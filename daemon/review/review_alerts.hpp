#pragma once
// What alerts and targets add to a review: episodes and how long they took, where targets stand now, and what came of
// what was stated. For read_review.cpp; one thread.

#include "daemon/review/review.hpp"

#include <vector>

namespace kpi {

/// The lines of a review by LineRow::id; null: the review has it not.
using ReviewLines = std::vector<ReviewLine*>;

/// REQUIRES that the lines have their points.
Result<void> add_alerts(Review& review, const Config& config, const ReviewLines& lines, HistoryReader& reader);

}  // namespace kpi
