#pragma once
// What a target's periods had come to, as the engine counts them: the sum, mean or share so far, its deadline and its
// pace at the end of the review. For read_review.cpp; one thread.

#include "daemon/review/review_alerts.hpp"

namespace kpi {

/// REQUIRES that the lines have their points. What the present status knows better is left to add_alerts().
Result<void> add_targets(Review& review, const Config& config, const ReviewLines& lines, HistoryReader& reader);

}  // namespace kpi
