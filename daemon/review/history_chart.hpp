#pragma once
// A KPI's periods as an SVG for the review: the value with its gaps, the limit, the target's path, what was missed,
// alerts as bands, restated values, notes. What adds up on the way to a goal has a picture of its own. Colours come
// from the document's style sheet. Pure; any thread.

#include "daemon/review/report.hpp"
#include "daemon/review/report_words.hpp"
#include "daemon/review/review.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace kpi {

/// What is drawn.
struct HistoryChart {
  const ReviewLine* line = nullptr;
  const Kpi* kpi = nullptr;
  const std::vector<NoteRow>* notes = nullptr;
  ReviewPeriod period;
  Instant now;               ///< Until when an open alert is drawn.
  std::string_view title{};  ///< Empty: the KPI's.
};

/// Whether the target's path stands on the axis of the values: a sum's and a share's does not.
bool has_path_of_values(const ReviewLine& line);

/// Of a target that adds up: what it had come to after each period, its path and its forecast; empty when there is
/// none.
std::string progress_chart(const HistoryChart& chart, const ReportStyle& style);

/// An <svg> element that says in words what it shows. Of long series each stretch keeps its lowest and highest value.
std::string history_chart(const HistoryChart& chart, const ReportStyle& style);

/// Values without axes, for a table's cell: an <svg> of 120 x 28 that is hidden from screen readers.
std::string sparkline(const ReviewLine& line, const ReviewPeriod& period);

/// Text inside an element or a quoted attribute.
std::string html_text(std::string_view text);

}  // namespace kpi
