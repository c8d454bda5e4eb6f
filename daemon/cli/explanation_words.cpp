#include "daemon/cli/explanation_words.hpp"

#include <chrono>

namespace kpi {

std::string_view aggregate_name(Aggregate how, MetricKind kind) {
  switch (how) {
    case Aggregate::kByKind:
      return kind == MetricKind::kMean ? "avg" : kind == MetricKind::kLevel ? "last" : "sum";
    case Aggregate::kSum:
      return "sum";
    case Aggregate::kAverage:
      return "avg";
    case Aggregate::kMin:
      return "min";
    case Aggregate::kMax:
      return "max";
    case Aggregate::kFirst:
      return "first";
    case Aggregate::kLast:
      return "last";
    case Aggregate::kCount:
      return "count";
    case Aggregate::kMedian:
      return "median";
    case Aggregate::kStddev:
      return "stddev";
    case Aggregate::kQuantile:
      return "quantile";
    case Aggregate::kTrend:
      return "trend";
    case Aggregate::kAge:
      return "age";
    case Aggregate::kAnomaly:
      return "anomaly";
    case Aggregate::kForecast:
      return "forecast";
  }
  return "";
}

std::string window_text(const Window& window, const Grain& grain, const Zone& zone) {
  if (grain.is_civil()) {
    const std::string first = date_text(date_of(window.from));
    const std::string last = date_text(date_of(Slot{window.to.ms - kDayMs}));
    return first == last ? first : first + " to " + last;
  }
  const auto local = [&](Slot slot) {
    const auto time = zone.to_local(Instant{Duration{slot.ms}});
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(time - day).count();
    const auto two = [](std::int64_t number) { return (number < 10 ? "0" : "") + std::to_string(number); };
    return date_text(Date{day}) + " " + two(minutes / 60) + ":" + two(minutes % 60);
  };
  return local(window.from) + " to " + local(window.to);
}

}  // namespace kpi
