// Random expressions over random metrics with gaps and nulls: the program must say what the reference says.

#include "tests/unit/rules/expr/reference.hpp"

#include "tests/unit/rules/expr/readings.hpp"

#include <rapidcheck/gtest.h>

#include <cmath>

namespace kpi {
namespace {

constexpr int kDays = 420;
const std::vector<std::string> kNames{"x.flow", "x.level", "x.mean", "x.zero"};

std::string one_of(std::vector<std::string> choices) {
  return *rc::gen::elementOf(std::move(choices));
}

/// How far prev() may go back, and which months to date it then may hold.
struct Shifts {
  std::vector<std::string> to_date{"week", "month", "quarter", "year"};

  /// Those that still can stand inside a shift.
  [[nodiscard]] Shifts inside(const std::string& shift) const {
    static const std::map<std::string, std::vector<std::string>> fits{{"1 week", {"week"}},
                                                                      {"52 weeks", {"week"}},
                                                                      {"1 month", {"month"}},
                                                                      {"1 quarter", {"month", "quarter"}},
                                                                      {"1 year", {"month", "quarter", "year"}}};
    Shifts result;
    result.to_date.clear();
    const auto found = fits.find(shift);
    for (const std::string& unit : to_date) {
      if (found != fits.end() && std::ranges::count(found->second, unit) > 0) {
        result.to_date.push_back(unit);
      }
    }
    return result;
  }
};

std::string any_window() {
  return one_of({"", "", ", 2 days", ", 7 days", ", 10 days", ", 1 month"});
}

std::string any_literal() {
  return one_of({"0", "1", "2", "7", "0.5", "10%", "-3"});
}

std::string any_condition(int depth, const Shifts& shifts, bool by_grain);

/// An expression over metrics of one grain.
std::string any_number_by_grain(int depth) {
  const auto next = [&] { return any_number_by_grain(depth - 1); };
  switch (*rc::gen::inRange(0, depth == 0 ? 3 : 9)) {
    case 0:
    case 1:
      return one_of(kNames);
    case 2:
      return one_of({any_literal(), "weekday()", "month()"});
    case 3:
      return "if(" + any_condition(depth - 1, {}, true) + ", " + next() + ", " + next() + ")";
    case 4:
      return "coalesce(" + next() + ", " + next() + ")";
    case 5:
      return "abs(" + next() + ")";
    default:
      return "(" + next() + one_of({" + ", " - ", " * ", " / "}) + next() + ")";
  }
}

std::string any_aggregate(int depth) {
  const std::string of = *rc::gen::arbitrary<bool>() ? one_of(kNames) : "(" + any_number_by_grain(depth) + " + x.flow)";
  const std::string how = one_of({"sum", "avg", "min", "max", "first", "last", "count", "median", "stddev"});
  switch (*rc::gen::inRange(0, 6)) {
    case 0:
      return "quantile(" + of + ", " + one_of({"0", "0.25", "0.9", "1"}) + any_window() + ")";
    case 1:
      return "trend(" + of + one_of({", 3 days", ", 7 days", ", 1 month"}) + ")";
    default:
      return how + "(" + of + any_window() + ")";
  }
}

std::string any_leaf(const Shifts& shifts) {
  const int choice = *rc::gen::inRange(0, 7);
  if (choice < 2) {
    return one_of(kNames);
  }
  if (choice == 2 && !shifts.to_date.empty()) {
    return "to_date(" + one_of(kNames) + ", " + one_of(shifts.to_date) + ")";
  }
  if (choice == 3) {
    return "per(" + one_of({one_of(kNames), "sum(x.flow, 10 days)"}) + ", " + one_of({"day", "week"}) + ")";
  }
  return choice < 6 ? any_aggregate(1) : one_of({any_literal(), "weekday()", "month()"});
}

std::string any_number(int depth, const Shifts& shifts) {
  if (depth == 0) {
    return any_leaf(shifts);
  }
  const auto next = [&] { return any_number(depth - 1, shifts); };
  switch (*rc::gen::inRange(0, 12)) {
    case 0:
    case 1: {
      const std::string shift = one_of({"1 day", "3 days", "1 week", "52 weeks", "1 month", "1 quarter", "1 year"});
      const std::string of = any_number(depth - 1, shifts.inside(shift));
      return one_of({"prev", "diff", "change"}) + "(" + of + ", " + shift + ")";
    }
    case 2:
      return "if(" + any_condition(depth - 1, shifts, false) + ", " + next() + ", " + next() + ")";
    case 3:
      return "coalesce(" + next() + ", " + next() + ")";
    case 4:
      return "clamp(" + next() + ", " + next() + ", " + next() + ")";
    case 5:
      return one_of({"min", "max"}) + "(" + next() + ", " + next() + one_of({"", ", 4"}) + ")";
    case 6:
      return one_of({"abs(" + next() + ")", "round(" + next() + ", 1)", "(-" + next() + ")"});
    case 7:
      return "((" + next() + ") ^ " + one_of({"2", "0.5", "(-1)", "0"}) + ")";
    case 8:
      return any_leaf(shifts);
    default:
      return "(" + next() + one_of({" + ", " - ", " * ", " / "}) + next() + ")";
  }
}

std::string any_condition(int depth, const Shifts& shifts, bool by_grain) {
  const int below = std::max(0, depth - 1);
  const auto number = [&] { return by_grain ? any_number_by_grain(below) : any_number(below, shifts); };
  const auto next = [&] { return any_condition(depth - 1, shifts, by_grain); };
  switch (depth <= 0 ? 9 : *rc::gen::inRange(0, 10)) {
    case 0:
    case 1:
      return "(" + next() + " and " + next() + ")";
    case 2:
    case 3:
      return "(" + next() + " or " + next() + ")";
    case 4:
      return "(not " + next() + ")";
    case 5:
      return "coalesce(" + next() + ", " + next() + ")";
    case 6:
      return "if(" + next() + ", " + next() + ", " + next() + ")";
    default:
      return "(" + number() + one_of({" < ", " <= ", " > ", " >= ", " == ", " != "}) + number() + ")";
  }
}

/// The same metrics as the program and as the reference see them.
struct TwoWorlds {
  ReferenceWorld reference;
  std::shared_ptr<Readings> readings;
  std::string text;
};

void showValue(const TwoWorlds& worlds, std::ostream& out) {
  out << worlds.text;
}

Metric metric_like(const std::string& name) {
  Metric metric = metric_named(name);
  metric.kind = name == "x.level" ? MetricKind::kLevel : name == "x.mean" ? MetricKind::kMean : MetricKind::kFlow;
  metric.missing = name == "x.zero" ? Missing::kZero : Missing::kUnknown;
  return metric;
}

const std::chrono::sys_days kFirst{std::chrono::year{2025} / 1 / 15};

TwoWorlds any_worlds() {
  TwoWorlds worlds;
  std::vector<Metric> metrics;
  for (const std::string& name : kNames) {
    metrics.push_back(metric_like(name));
  }
  worlds.readings = std::make_shared<Readings>(metrics);
  for (const Metric& metric : metrics) {
    ReferenceMetric& same = worlds.reference.metrics[metric.name];
    same.kind = metric.kind == MetricKind::kLevel  ? ReferenceMetric::Kind::kLevel
                : metric.kind == MetricKind::kMean ? ReferenceMetric::Kind::kMean
                                                   : ReferenceMetric::Kind::kFlow;
    same.zero_when_missing = metric.missing == Missing::kZero;
    const int gaps = one_of({"no", "some"}) == "no" ? 0 : 1;
    std::string values;
    for (int i = 0; i < kDays; ++i) {
      const int kind = *rc::gen::weightedElement<int>(
          {{60, 0}, {static_cast<std::size_t>(2 * gaps + 1), 1}, {static_cast<std::size_t>(gaps), 2}});
      const int number = *rc::gen::inRange(-2, 9);
      values += kind == 1 ? "_ " : kind == 2 ? "nan " : std::to_string(number) + " ";
      if (kind != 1) {
        same.days[kFirst + std::chrono::days{i}] = kind == 2 ? std::nullopt : std::optional<double>(number);
      }
    }
    worlds.readings->given(metric.name, date_text(Date{kFirst}), values);
    worlds.text += metric.name + ": " + values + "\n";
  }
  const std::string over = one_of({"1 day", "3 days", "7 days", "1 month"});
  worlds.reference.over = *parse_span(over);
  worlds.reference.complete = *rc::gen::element(1.0, 1.0, 0.6);
  worlds.readings->over(over).complete(worlds.reference.complete);
  worlds.text += "over " + over + ", complete " + number_text(worlds.reference.complete) + "\n";
  return worlds;
}

bool is_same(const Value& value, const std::optional<double>& wanted) {
  if (!value.is_known() || !wanted) {
    return value.is_known() == wanted.has_value();
  }
  return std::abs(value.number - *wanted) <= 1e-9 * std::max(1.0, std::abs(*wanted));
}

std::string any_text() {
  const int depth = *rc::gen::inRange(0, 4);
  return *rc::gen::arbitrary<bool>() ? any_number(depth, {}) : any_condition(depth, {}, false);
}

/// Whether some divisor is written as 0.
bool divides_by_nothing(const Expr& expr) {
  const bool is_division = expr.kind == Expr::Kind::kOperator && expr.op == Operator::kDivide;
  const auto is_nothing = [](const Expr& divisor) {
    return divisor.kind == Expr::Kind::kNumber && divisor.number == 0;
  };
  return (is_division && is_nothing(*expr.children[1])) ||
         std::ranges::any_of(expr.children, [](const auto& child) { return divides_by_nothing(*child); });
}

/// Forty values a world, so that a hundred worlds are some thousands.
RC_GTEST_PROP(Reference, AgreesWithTheProgram, ()) {
  const TwoWorlds worlds = *rc::gen::exec(any_worlds);
  for (int i = 0; i < 10; ++i) {
    const std::string text = *rc::gen::exec(any_text);
    const auto tree = parse_expression(text);
    RC_ASSERT(tree.has_value());
    const auto compiled = worlds.readings->compiled(**tree);
    if (!compiled && compiled.error().front().message == "a division by zero has no value") {
      RC_ASSERT(divides_by_nothing(**tree));
      continue;  // that it is always one is said before anything is judged
    }
    if (!compiled) {
      RC_FAIL(shown(text, compiled.error().front()));
    }
    for (int j = 0; j < 4; ++j) {
      const std::chrono::sys_days day = kFirst + std::chrono::days{*rc::gen::inRange(0, kDays + 3)};
      const Value value = worlds.readings->evaluated(compiled->program, date_text(Date{day}));
      const std::optional<double> wanted = reference_value(worlds.reference, **tree, day);
      if (!is_same(value, wanted)) {
        RC_FAIL(worlds.text + text + "\non " + date_text(Date{day}) + " is " +
                (value.is_known() ? number_text(value.number) : std::string(name_of(value.reason))) +
                ", the reference says " + (wanted ? number_text(*wanted) : "unknown"));
      }
    }
  }
}

}  // namespace
}  // namespace kpi
