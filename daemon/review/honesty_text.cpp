#include "daemon/review/honesty_text.hpp"

#include "daemon/review/report_words.hpp"

#include <cmath>

namespace kpi {
namespace {

std::string share_text(double share, Language language) {
  static const Unit percent = Unit::parse("%").value_or(Unit());
  return format_value(std::round(share * 100) / 100, percent, language);
}

}  // namespace

HonestyText honesty_text(const Review& review, const ReportStyle& style) {
  const ReportWords& words = report_words(style.language);
  HonestyText text;
  const std::optional<double> brier = forecast::brier_score(review.forecasts);
  const std::string changed =
      review.forecasts_of_changed_goals == 0
          ? ""
          : " " + filled(words.honesty_changed, {{"count", std::to_string(review.forecasts_of_changed_goals)}});
  if (!brier) {
    text.summary = std::string(words.honesty_none) + changed;
    return text;
  }
  const double score = std::round(*brier * 1000) / 1000;
  text.summary = filled(words.honesty_score,
                        {{"score", format_value(score, Unit(), style.language, 3)},
                         {"count", std::to_string(review.forecasts.size())}}) +
                 changed;
  for (const forecast::Tenth& tenth : forecast::reliability(review.forecasts)) {
    if (tenth.count > 0) {
      text.rows.push_back({share_text(tenth.stated, style.language),
                           share_text(tenth.happened, style.language),
                           std::to_string(tenth.count)});
    }
  }
  return text;
}

}  // namespace kpi
