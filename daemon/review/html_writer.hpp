#pragma once
// What the parts of the HTML review share: escaped text between marks, and the small pieces that stand in several
// tables. For report_html.cpp and report_page.cpp; one thread.

#include "daemon/review/outcome.hpp"
#include "daemon/review/report.hpp"

#include <string>
#include <string_view>

namespace kpi {

/// "good", "warn", "bad" or "info": how an outcome is coloured.
std::string_view tone_of(ReviewOutcome outcome);

class HtmlWriter {
 public:
  HtmlWriter(const Review& review, const ReportStyle& style);

  /// Markup as it is.
  template <class... Parts>
  void raw(const Parts&... parts) {
    (out_.append(parts), ...);
  }

  /// Markup around one text.
  void put(std::string_view before, std::string_view text, std::string_view after);
  void header_cell(std::string_view text, std::string_view classes = "");
  void chip(std::string_view tone, std::string_view text);
  /// A cell with the value, and what it lacks.
  void value(const ReviewKpi& kpi, const ReviewLine& line);
  void value_notes(const ReviewKpi& kpi, const ReviewLine& line);
  /// A cell with an earlier figure and how far the present one is from it.
  void compared(const ReviewKpi& kpi,
                const std::optional<double>& value,
                const std::optional<double>& before,
                std::string_view classes);
  void change(const ReviewKpi& kpi, const std::optional<double>& value, const std::optional<double>& before);
  /// The shares of the verdicts.
  void bar(const VerdictCounts& counts);

  [[nodiscard]] std::string_view outcome_text(const ReviewKpi& kpi) const;

  [[nodiscard]] ReviewOutcome outcome(const ReviewKpi& kpi) const { return outcome_of(kpi.total, kpi.last_due); }

  [[nodiscard]] std::string reviewed_text(const ReviewKpi& kpi) const;

  [[nodiscard]] const Review& review() const { return review_; }

  [[nodiscard]] const ReportStyle& style() const { return style_; }

  [[nodiscard]] const ReportWords& words() const { return words_; }

  /// What has been written so far; the writer is empty then.
  std::string take();

 private:
  const Review& review_;
  const ReportStyle& style_;
  const ReportWords& words_;
  std::string out_;
};

/// The page of one KPI.
void write_page(HtmlWriter& html, const ReviewKpi& kpi);

}  // namespace kpi
