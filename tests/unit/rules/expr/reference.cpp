#include "tests/unit/rules/expr/reference.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace kpi {
namespace {

using std::chrono::sys_days;
using Maybe = std::optional<double>;

Maybe finite(double number) {
  return std::isfinite(number) ? Maybe(number) : std::nullopt;
}

/// The day a span later or earlier; the 31st of a shorter month is its last day.
sys_days moved(sys_days day, const Span& span, int direction) {
  const std::chrono::year_month_day date{day};
  const auto month = std::chrono::year_month{date.year(), date.month()} + std::chrono::months{span.months * direction};
  const auto last = std::chrono::year_month_day_last{month.year(), std::chrono::month_day_last{month.month()}};
  const std::chrono::year_month_day there{month.year(), month.month(), std::min(date.day(), last.day())};
  const auto days = span.days + static_cast<int>(span.ms / (24LL * 3600 * 1000));
  return sys_days{there} + std::chrono::days{days * direction};
}

sys_days begin_of(const std::string& unit, sys_days day) {
  const std::chrono::year_month_day date{day};
  const unsigned month = static_cast<unsigned>(date.month());
  if (unit == "week") {
    return day - std::chrono::days{std::chrono::weekday{day}.iso_encoding() - 1};
  }
  const unsigned first = unit == "month" ? month : unit == "quarter" ? (month - 1) / 3 * 3 + 1 : 1;
  return sys_days{date.year() / std::chrono::month{first} / 1};
}

/// First and last day.
struct Stretch {
  sys_days first;
  sys_days last;

  [[nodiscard]] int length() const { return static_cast<int>((last - first).count()) + 1; }
};

Stretch stretch_of(const Span& length, sys_days last) {
  return {moved(last + std::chrono::days{1}, length, -1), last};
}

struct Numbered {
  int day = 0;
  double value = 0;
};

double quantile_of(std::vector<double> numbers, double share) {
  std::sort(numbers.begin(), numbers.end());
  const double place = share * static_cast<double>(numbers.size() - 1);
  const double below = std::floor(place);
  const double low = numbers[static_cast<std::size_t>(below)];
  const double high = numbers[std::min(static_cast<std::size_t>(below) + 1, numbers.size() - 1)];
  return low + (high - low) * (place - below);
}

Maybe combined(const std::string& how, const std::vector<Numbered>& values, double share) {
  std::vector<double> numbers;
  double sum = 0;
  for (const Numbered& value : values) {
    numbers.push_back(value.value);
    sum += value.value;
  }
  const double mean = sum / static_cast<double>(numbers.size());
  if (how == "sum") {
    return finite(sum);
  }
  if (how == "avg") {
    return finite(mean);
  }
  if (how == "min" || how == "max") {
    return how == "min" ? *std::ranges::min_element(numbers) : *std::ranges::max_element(numbers);
  }
  if (how == "first" || how == "last") {
    return how == "first" ? numbers.front() : numbers.back();
  }
  if (how == "median" || how == "quantile") {
    return finite(quantile_of(numbers, how == "median" ? 0.5 : share));
  }
  if (how == "stddev") {
    double squares = 0;
    for (const double number : numbers) {
      squares += (number - mean) * (number - mean);
    }
    return numbers.size() < 2 ? std::nullopt : finite(std::sqrt(squares / static_cast<double>(numbers.size() - 1)));
  }
  std::vector<double> slopes;
  for (std::size_t i = 0; i < values.size(); ++i) {
    for (std::size_t j = i + 1; j < values.size(); ++j) {
      slopes.push_back((values[j].value - values[i].value) / (values[j].day - values[i].day));
    }
  }
  return slopes.empty() ? std::nullopt : finite(quantile_of(slopes, 0.5));
}

class Walk {
 public:
  explicit Walk(const ReferenceWorld& world) : world_(world) {}

  Maybe value(const Expr& expr, sys_days day) {
    switch (expr.kind) {
      case Expr::Kind::kNumber:
        return expr.number;
      case Expr::Kind::kName:
        return by_grain_ ? sample(world_.metrics.at(expr.text), day) : by_kind(expr, shifted(world_.over, day));
      case Expr::Kind::kOperator:
        return operation(expr, day);
      case Expr::Kind::kCall:
        return call(expr, day);
      default:
        throw std::logic_error("no value: " + print(expr));
    }
  }

 private:
  static Maybe sample(const ReferenceMetric& metric, sys_days day) {
    const auto found = metric.days.find(day);
    if (found != metric.days.end()) {
      return found->second;
    }
    const bool has_begun = !metric.days.empty() && metric.days.begin()->first <= day;
    return metric.zero_when_missing && has_begun ? Maybe(0) : std::nullopt;
  }

  /// Whether something that it reads was delivered as null that day.
  [[nodiscard]] bool is_null(const Expr& expr, sys_days day) const {
    if (expr.kind == Expr::Kind::kName) {
      const auto& days = world_.metrics.at(expr.text).days;
      const auto found = days.find(day);
      return found != days.end() && !found->second;
    }
    return std::ranges::any_of(expr.children, [&](const auto& child) { return is_null(*child, day); });
  }

  Maybe by_kind(const Expr& name, const Stretch& stretch) {
    const ReferenceMetric::Kind kind = world_.metrics.at(name.text).kind;
    const std::string how = kind == ReferenceMetric::Kind::kFlow    ? "sum"
                            : kind == ReferenceMetric::Kind::kLevel ? "last"
                                                                    : "avg";
    return aggregated(how, name, stretch, 0);
  }

  /// Each day of the stretch by itself, then together.
  Maybe aggregated(const std::string& how, const Expr& of, const Stretch& stretch, double share) {
    std::vector<Numbered> values;
    by_grain_ = true;
    for (sys_days day = stretch.first; day <= stretch.last; day += std::chrono::days{1}) {
      if (const Maybe number = value(of, day)) {
        values.push_back({static_cast<int>(day.time_since_epoch().count()), *number});
      }
    }
    by_grain_ = false;
    const bool has_last =
        !values.empty() && values.back().day == static_cast<int>(stretch.last.time_since_epoch().count());
    const bool needs_last = of.kind == Expr::Kind::kName && how != "count";
    if (back_.empty() && !has_last && (needs_last || is_null(of, stretch.last))) {
      return std::nullopt;  // a window may have gaps, but not at its end
    }
    if (how == "count") {
      return static_cast<double>(values.size());
    }
    const bool is_enough = static_cast<double>(values.size()) >= world_.complete * stretch.length() - 1e-9;
    return values.empty() || !is_enough ? std::nullopt : combined(how, values, share);
  }

  Maybe operation(const Expr& expr, sys_days day) {
    const Maybe a = value(*expr.children[0], day);
    if (expr.op == Operator::kNot || expr.op == Operator::kNegate) {
      return !a ? std::nullopt : expr.op == Operator::kNot ? Maybe(*a == 0 ? 1 : 0) : Maybe(-*a);
    }
    const Maybe b = value(*expr.children[1], day);
    if (expr.op == Operator::kOr && ((a && *a != 0) || (b && *b != 0))) {
      return 1;
    }
    if (expr.op == Operator::kAnd && ((a && *a == 0) || (b && *b == 0))) {
      return 0;
    }
    return a && b ? both(expr.op, *a, *b) : std::nullopt;
  }

  /// To nine digits.
  static bool same(double a, double b) {
    const double larger = std::max(std::abs(a), std::abs(b));
    return a == b || (std::isfinite(b - a) && std::abs(b - a) <= larger * 1e-9);
  }

  static Maybe both(Operator op, double a, double b) {
    switch (op) {
      case Operator::kOr:
        return 0;
      case Operator::kAnd:
        return 1;
      case Operator::kLess:
        return !same(a, b) && a < b ? 1 : 0;
      case Operator::kLessEqual:
        return same(a, b) || a < b ? 1 : 0;
      case Operator::kGreater:
        return !same(a, b) && a > b ? 1 : 0;
      case Operator::kGreaterEqual:
        return same(a, b) || a > b ? 1 : 0;
      case Operator::kEqual:
        return same(a, b) ? 1 : 0;
      case Operator::kNotEqual:
        return same(a, b) ? 0 : 1;
      case Operator::kAdd:
        return finite(a + b);
      case Operator::kSubtract:
        return finite(a - b);
      case Operator::kMultiply:
        return finite(a * b);
      case Operator::kDivide:
        return b == 0 ? std::nullopt : finite(a / b);
      default:
        return finite(std::pow(a, b));
    }
  }

  Maybe call(const Expr& expr, sys_days day) {
    static const std::vector<std::string> aggregates{
        "sum", "avg", "first", "last", "count", "median", "stddev", "quantile", "trend"};
    const bool is_window = expr.children.size() == 2 && expr.children[1]->kind == Expr::Kind::kDuration;
    const bool is_extreme = expr.text == "min" || expr.text == "max";
    if (std::ranges::count(aggregates, expr.text) > 0 || (is_extreme && (expr.children.size() == 1 || is_window))) {
      const bool has_share = expr.text == "quantile";
      return aggregated(expr.text, *expr.children[0], window_of(expr, day), has_share ? expr.children[1]->number : 0);
    }
    if (expr.text == "to_date") {
      return by_kind(*expr.children[0], window_of(expr, day));
    }
    if (expr.text == "per") {
      const Maybe x = value(*expr.children[0], day);
      const int unit = expr.children[1]->text == "week" ? 7 : 1;
      return x ? finite(*x / (static_cast<double>(window_of(*expr.children[0], day).length()) / unit)) : x;
    }
    if (expr.text == "prev" || expr.text == "diff" || expr.text == "change") {
      return compared(expr, day);
    }
    return chosen(expr, day);
  }

  [[nodiscard]] Stretch window_of(const Expr& expr, sys_days day) const {
    if (expr.kind == Expr::Kind::kCall && expr.text == "to_date") {
      return {begin_of(expr.children[1]->text, shifted(day)), shifted(day)};
    }
    const bool has_own = expr.kind == Expr::Kind::kCall && expr.children.back()->kind == Expr::Kind::kDuration;
    return shifted(has_own ? expr.children.back()->span : world_.over, day);
  }

  /// The day, or the end of a window, after each of the shifts that it stands in.
  [[nodiscard]] sys_days shifted(sys_days day) const {
    for (const Span& span : back_) {
      day = moved(day, span, -1);
    }
    return day;
  }

  /// Of whole months the end is shifted, else the day.
  [[nodiscard]] Stretch shifted(const Span& over, sys_days day) const {
    constexpr std::chrono::days kOne{1};
    return stretch_of(over, over.months != 0 && over.days == 0 ? shifted(day + kOne) - kOne : shifted(day));
  }

  Maybe compared(const Expr& expr, sys_days day) {
    back_.push_back(expr.children[1]->span);
    const Maybe before = value(*expr.children[0], day);
    back_.pop_back();
    if (expr.text == "prev") {
      return before;
    }
    const Maybe now = value(*expr.children[0], day);
    if (!now || !before) {
      return std::nullopt;
    }
    if (expr.text == "diff") {
      return finite(*now - *before);
    }
    return *before == 0 ? std::nullopt : finite((*now - *before) / std::abs(*before));
  }

  Maybe chosen(const Expr& expr, sys_days day) {
    if (expr.text == "weekday") {
      return std::chrono::weekday{by_grain_ ? day : shifted(day)}.iso_encoding();
    }
    if (expr.text == "month") {
      return static_cast<unsigned>(std::chrono::year_month_day{by_grain_ ? day : shifted(day)}.month());
    }
    std::vector<Maybe> of;
    for (const auto& child : expr.children) {
      of.push_back(value(*child, day));
    }
    if (expr.text == "if") {
      return of[0] ? (*of[0] != 0 ? of[1] : of[2]) : std::nullopt;
    }
    if (expr.text == "coalesce") {
      return of[0] ? of[0] : of[1];
    }
    if (std::ranges::any_of(of, [](const Maybe& one) { return !one; })) {
      return std::nullopt;
    }
    if (expr.text == "abs") {
      return std::abs(*of[0]);
    }
    if (expr.text == "clamp") {
      return std::min(std::max(*of[0], *of[1]), *of[2]);
    }
    if (expr.text == "round") {
      const double scale = std::pow(10.0, *of[1]);
      return finite(std::round(*of[0] * scale) / scale);
    }
    const auto by_value = [](const Maybe& a, const Maybe& b) { return *a < *b; };
    if (expr.text == "min" || expr.text == "max") {
      return expr.text == "min" ? *std::ranges::min_element(of, by_value) : *std::ranges::max_element(of, by_value);
    }
    throw std::logic_error("no such function: " + expr.text);
  }

  const ReferenceWorld& world_;
  bool by_grain_ = false;
  std::vector<Span> back_;  ///< The shifts around what is looked at, the outermost first.
};

}  // namespace

std::optional<double> reference_value(const ReferenceWorld& world, const Expr& expr, sys_days day) {
  return Walk(world).value(expr, day);
}

}  // namespace kpi
