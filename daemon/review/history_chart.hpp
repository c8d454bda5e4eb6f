#pragma once
// A KPI's periods as an SVG for the review: the value with its gaps, the limit, the target's path, what was missed,
// alerts as bands, restated values, notes. Colours come from the document's style sheet. Pure; any thread.

#include "daemon/review/report.hpp"
#include "daemon/review/report_words.hpp"
#include "daemon/review/review.hpp"

#include <string>
#include <vector>

namespace kpi {

/// What is drawn.
struct HistoryChart {
  const ReviewLine* line = nullptr;
  const Kpi* kpi = nullptr;
  const std::vector<NoteRow>* notes = nullptr;
  ReviewPeriod period;
  Instant now;  ///< Until when an open alert is drawn.
};

/// An <svg> element that says in words what it shows. Of long series each stretch keeps its lowest and highest value.
std::string history_chart(const HistoryChart& chart, const ReportStyle& style);

/// Values without axes, for a table's cell: an <svg> of 120 x 28 that is hidden from screen readers.
std::string sparkline(const ReviewLine& line, const ReviewPeriod& period);

/// Text inside an element or a quoted attribute.
std::string html_text(std::string_view text);

}  // namespace kpi
