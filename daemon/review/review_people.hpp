#pragma once
// What people have to do with a review: targets they changed, notes, reviews they held, whom the alerts went to. For
// read_review.cpp; one thread.

#include "daemon/review/review.hpp"

namespace kpi {

/// Fills in the changes, notes, reviews and SMART gaps of `review`'s KPIs, the owners and the crowds. REQUIRES that its
/// lines have their episodes.
Result<void> add_people(Review& review, const Config& config, HistoryReader& reader);

}  // namespace kpi
