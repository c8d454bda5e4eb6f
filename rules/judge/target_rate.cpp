#include "rules/judge/target_rate.hpp"

#include "rules/judge/target_plan.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace kpi {
namespace {

/// The newest periods tell what there is to tell.
constexpr std::ptrdiff_t kMostPeriods = 4000;
/// Fewer periods than these say nothing of a rate.
constexpr std::size_t kLeast = 7;
/// A window of which less is known has no mean.
constexpr double kKnown = 0.8;

std::vector<double> numbers_of(const Line& line, bool is_share) {
  const auto& values = line.judged.values;
  const auto end = std::ranges::upper_bound(values, *line.stepped, {}, &Sample::slot);
  const auto count = std::min(end - values.begin(), kMostPeriods);
  std::vector<double> numbers;
  numbers.reserve(static_cast<std::size_t>(count));
  for (auto at = end - count; at != end; ++at) {
    const double met = line.met.contains(at->slot) ? 1 : line.missed.contains(at->slot) ? 0 : std::nan("");
    numbers.push_back(is_share ? met : at->value);
  }
  return numbers;
}

/// What is measured of the periods from `begin` to the one before `end`, per period.
class Rates {
 public:
  Rates(const std::vector<double>& numbers, bool is_level, bool is_growth)
      : numbers_(numbers), is_level_(is_level), is_growth_(is_growth) {
    sums_.push_back(0);
    counts_.push_back(0);
    for (const double number : numbers) {
      sums_.push_back(sums_.back() + (std::isnan(number) ? 0 : number));
      counts_.push_back(counts_.back() + (std::isnan(number) ? 0 : 1));
    }
  }

  /// Over the `span` periods that end with the one at `last`.
  [[nodiscard]] std::optional<double> at(std::size_t last, std::size_t span) const {
    if (is_level_) {
      return last >= span ? change(numbers_[last - span], numbers_[last], static_cast<double>(span)) : std::nullopt;
    }
    if (last + 1 < span) {
      return std::nullopt;
    }
    const double known = counts_[last + 1] - counts_[last + 1 - span];
    return known > 0 && known >= kKnown * static_cast<double>(span)
               ? std::optional((sums_[last + 1] - sums_[last + 1 - span]) / known)
               : std::nullopt;
  }

 private:
  [[nodiscard]] std::optional<double> change(double from, double to, double span) const {
    if (!is_growth_) {
      return std::isfinite(to - from) ? std::optional((to - from) / span) : std::nullopt;
    }
    const double times = to / from;
    return times > 0 && std::isfinite(times) ? std::optional(std::pow(times, 1 / span) - 1) : std::nullopt;
  }

  const std::vector<double>& numbers_;
  std::vector<double> sums_, counts_;
  bool is_level_;
  bool is_growth_;
};

std::size_t periods_of_four_weeks(const Grain& every) {
  const std::int64_t one = std::max<std::int64_t>(every.span().approximate_ms(), 1);
  return static_cast<std::size_t>(std::max<std::int64_t>(1, 28 * kDayMs / one));
}

}  // namespace

TargetRates rates_of(const Line& line, const Kpi& kpi) {
  TargetRates result;
  const TargetPlan* plan = plan_of_standing(line);
  if (plan == nullptr || !line.stepped) {
    return result;
  }
  const bool is_share = plan->measure == Target::Measure::kShareMet;
  const bool is_level = plan->measure == Target::Measure::kLevel;
  const std::vector<double> numbers = numbers_of(line, is_share);
  if (numbers.size() < 2) {
    return result;
  }
  const Slot end = civil_slot(next_slot(*line.stepped, kpi.every, kpi.zone), kpi);
  const PathLeg leg = leg_at(*plan, end);
  const Rates rates(numbers, is_level, leg.path == Target::Path::kCompound);
  const std::size_t last = numbers.size() - 1;
  const std::size_t lately = periods_of_four_weeks(kpi.every);
  if (last >= std::min(lately, kLeast)) {
    result.recent = rates.at(last, std::min(lately, last));
  }
  const bool is_up = is_share || has_reached(*plan, leg.goal + 1 + std::abs(leg.goal), leg.goal, end);
  const auto left = static_cast<std::size_t>(std::max<std::int64_t>(line.target_standing.periods_left, 1));
  const std::size_t span = std::min(left, numbers.size() / 2);
  for (std::size_t at = 0; at < numbers.size(); ++at) {
    const std::optional<double> rate = rates.at(at, span);
    if (rate && (!result.best || (is_up ? *rate > *result.best : *rate < *result.best))) {
      result.best = rate;
    }
  }
  return result;
}

}  // namespace kpi
