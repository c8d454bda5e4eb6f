#include "daemon/review/report.hpp"

#include <array>
#include <utility>

namespace kpi {

std::optional<ReportFormat> parse_report_format(std::string_view name) {
  constexpr std::array kFormats{
      std::pair{std::string_view("html"), ReportFormat::kHtml},
      std::pair{std::string_view("json"), ReportFormat::kJson},
      std::pair{std::string_view("csv"), ReportFormat::kCsv},
      std::pair{std::string_view("md"), ReportFormat::kMarkdown},
  };
  for (const auto& [known, format] : kFormats) {
    if (known == name) {
      return format;
    }
  }
  return std::nullopt;
}

std::string midnight_text(Date day, const Zone& zone) {
  return rfc3339(zone.to_instant(std::chrono::local_time<Duration>{std::chrono::local_days{day}.time_since_epoch()}));
}

Result<std::string> make_report(
    const Config& config, const ReviewPeriod& period, ReportFormat format, Language language, HistoryReader& reader) {
  const Review review = KPI_TRY(read_review(config, period, reader));
  const ReportStyle style{language, config.zone};
  switch (format) {
    case ReportFormat::kJson:
      return report_json(review, style);
    case ReportFormat::kCsv:
      return report_csv(review, style);
    case ReportFormat::kMarkdown:
      return report_markdown(review, style);
    case ReportFormat::kHtml:
      break;
  }
  return report_html(review, style);
}

}  // namespace kpi
