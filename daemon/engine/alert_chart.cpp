#include "daemon/engine/alert_chart.hpp"

#include "daemon/notify/small_chart.hpp"
#include "rules/base/text.hpp"
#include "rules/words/civil_words.hpp"

#include <algorithm>
#include <cmath>

namespace kpi {
namespace {

/// Six weeks of days.
constexpr int kMostPeriods = 42;

Slot newest_of(const AlertView& alert, const Kpi& kpi, const Line& line) {
  const auto until = [&](const Sample& sample) {
    return !alert.period || start_of(sample.slot, kpi.every, kpi.zone) <= alert.period->start;
  };
  const auto& values = line.judged.values;
  const auto last = std::find_if(values.rbegin(), values.rend(), until);
  return last == values.rend() ? values.back().slot : last->slot;
}

/// "Conversion rate (country: SE)": the alerts of one mail differ in no more than that.
std::string title_of(const AlertView& alert) {
  std::vector<std::string> labels;
  for (const auto& [name, value] : alert.segment) {
    labels.push_back(name + ": " + value);
  }
  return printable(alert.title + (labels.empty() ? "" : " (" + join(labels, ", ") + ")"), 90);
}

std::optional<double> on_path(const Kpi& kpi, const Line& line, Slot slot) {
  const TargetPlan* plan = plan_of_standing(line);
  const bool has_path = plan != nullptr && plan->measure == Target::Measure::kLevel;
  return has_path ? expected_at(*plan, civil_slot(next_slot(slot, kpi.every, kpi.zone), kpi)) : std::nullopt;
}

}  // namespace

std::optional<Attachment> alert_chart(const AlertView& alert, const Kpi& kpi, const Line& line, const Voice& voice) {
  if (line.judged.values.empty()) {
    return std::nullopt;
  }
  const Zone zone = voice.zone.value_or(kpi.zone);
  const Slot newest = newest_of(alert, kpi, line);
  const Slot oldest =
      std::max(next_slot(newest, kpi.every, kpi.zone, -(kMostPeriods - 1)), line.judged.values.front().slot);
  SmallChart chart;
  chart.title = title_of(alert);
  chart.limit = alert.limit;
  chart.unit = kpi.unit;
  chart.first = begin_words(oldest, kpi.every, zone, voice.language);
  chart.last = begin_words(newest, kpi.every, zone, voice.language);
  for (Slot slot = oldest; slot <= newest && chart.points.size() < kMostPeriods;
       slot = next_slot(slot, kpi.every, kpi.zone)) {
    const Sample* sample = line.judged.at(slot);
    const bool is_known = sample != nullptr && !std::isnan(sample->value);
    chart.points.push_back({is_known ? std::optional(sample->value) : std::nullopt, on_path(kpi, line, slot)});
  }
  std::string svg = small_chart(chart, voice.language);
  if (svg.empty()) {
    return std::nullopt;
  }
  return Attachment{chart.title + ".svg", "image/svg+xml", std::move(svg), true};
}

}  // namespace kpi
