#include "daemon/cli/check_conditions.hpp"

#include "daemon/cli/check_never.hpp"
#include "daemon/cli/reading.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <ranges>
#include <string>

namespace kpi {
namespace {

constexpr std::size_t kMostLines = 20;

/// How far prev() and its like look back.
std::int64_t longest_shift(const Program& program) {
  std::int64_t longest = 0;
  const auto look = [&](const std::vector<Span>& back) {
    std::int64_t ms = 0;
    for (const Span& span : back) {
      ms += span.approximate_ms();
    }
    longest = std::max(longest, ms);
  };
  for (const MetricInput& input : program.metrics) {
    look(input.back);
  }
  for (const KpiInput& input : program.kpis) {
    look(input.back);
  }
  return longest;
}

/// What is known stays.
void note(std::optional<Value>& noted, const Value& value) {
  noted = noted && noted->is_known() ? noted : value;
}

void tell_unknown(const Kpi& kpi,
                  const std::string& what,
                  const std::string& key,
                  const std::optional<Value>& noted,
                  std::size_t periods,
                  Diagnostics& diagnostics) {
  if (noted && !noted->is_known()) {
    diagnostics.warning(place_of_rule(kpi, key),
                        what + " of " + kpi.id + " was unknown in each of the last " + std::to_string(periods) +
                            " periods (" + words_of(noted->reason) + "): it can never match",
                        "`kpid explain " + kpi.id + "` shows its inputs; coalesce(x, 0) gives what is missing a value");
  }
}

}  // namespace

void check_conditions(const Kpi& kpi,
                      const std::vector<const Line*>& lines,
                      const JudgeContext& context,
                      Diagnostics& diagnostics) {
  std::vector<std::optional<Value>> conditions(kpi.alerts.size());
  std::array<std::optional<Value>, 3> limits;
  std::size_t periods = 0;
  std::int64_t known_for = 0;  // milliseconds
  for (const Line* line : lines | std::views::take(kMostLines)) {
    const std::vector<Sample>& judged = line->judged.values;
    std::size_t seen = 0;
    for (auto at = judged.rbegin(); at != judged.rend() && seen < kCheckedPeriods; ++at, ++seen) {
      const PeriodJudgement judgement = judge_period(*line, context, at->slot);
      for (std::size_t i = 0; i < conditions.size(); ++i) {
        note(conditions[i], judgement.conditions[i]);
      }
      const std::array stood{judgement.limits.warning, judgement.limits.critical, judgement.limits.recover};
      for (std::size_t i = 0; i < stood.size(); ++i) {
        if (stood[i]) {
          note(limits[i], *stood[i]);
        }
      }
    }
    periods = std::max(periods, seen);
    known_for = std::max(known_for, seen == 0 ? 0 : judged.back().slot.ms - judged.front().slot.ms);
  }
  if (periods < kFewestPeriods) {
    return;
  }
  // What looks back further than the history reaches is unknown for now, not for ever.
  for (std::size_t i = 0; i < conditions.size(); ++i) {
    if (longest_shift(kpi.alerts[i].when) < known_for) {
      const std::string& name = kpi.alerts[i].name;
      tell_unknown(kpi, "the condition of \"" + name + "\"", name, conditions[i], periods, diagnostics);
    }
  }
  std::int64_t shift = 0;
  if (kpi.thresholds) {
    each_threshold_program(*kpi.thresholds,
                           [&](const Program& limit) { shift = std::max(shift, longest_shift(limit)); });
  }
  if (shift >= known_for) {
    return;
  }
  static constexpr std::array<std::string_view, 3> kLimits{"warning", "critical", "recover"};
  for (std::size_t i = 0; i < limits.size(); ++i) {
    const std::string key(kLimits.at(i));
    tell_unknown(kpi, "the limit " + key, key, limits[i], periods, diagnostics);
  }
}

}  // namespace kpi
