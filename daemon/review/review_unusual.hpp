#pragma once
// What was unusual about the last judged period of a review. One thread.

#include "daemon/config/config.hpp"
#include "daemon/review/review.hpp"
#include "daemon/store/history_reader.hpp"

namespace kpi {

/// Of the totals of KPIs that have an alert which asks for it: others have not said that they want to know.
Result<void> add_unusual(Review& review, const Config& config, HistoryReader& reader);

}  // namespace kpi
