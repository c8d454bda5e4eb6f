#pragma once
// The review as a document: one self-contained HTML file, and the same numbers as JSON, CSV and Markdown. Pure; any
// thread.

#include "daemon/review/review.hpp"
#include "rules/base/units.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kpi {

enum class ReportFormat : std::uint8_t { kHtml, kJson, kCsv, kMarkdown };

/// "html", "json", "csv", "md".
std::optional<ReportFormat> parse_report_format(std::string_view name);

/// Whose language and clock a document is written by.
struct ReportStyle {
  Language language = Language::kEnglish;
  Zone zone;
};

/// The start of a day there, as RFC 3339 in UTC.
std::string midnight_text(Date day, const Zone& zone);

std::string report_html(const Review& review, const ReportStyle& style);
/// The document "report" of the interfaces: see docs/report.md. Always English.
std::string report_json(const Review& review, const ReportStyle& style);
/// A row a KPI and segment. Always English.
std::string report_csv(const Review& review, const ReportStyle& style);
std::string report_markdown(const Review& review, const ReportStyle& style);

/// Reads the history and writes the document. kNotFound when there is no history yet.
Result<std::string> make_report(
    const Config& config, const ReviewPeriod& period, ReportFormat format, Language language, HistoryReader& reader);

}  // namespace kpi
