#include "rules/base/text.hpp"
#include "rules/expr/compiler.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace kpi {
namespace {

/// A share: a plain number that `%`, `ratio` and `":1"` fit.
Unit share_unit() {
  return Unit::parse("ratio").value();
}

}  // namespace

std::span<const Compiler::Function> Compiler::functions() {
  static constexpr std::array<Function, 22> kFunctions{{
      {"prev", 2, 2, "prev(x, 1 week)", &Compiler::visit_prev},
      {"diff", 2, 2, "diff(x, 1 week)", &Compiler::visit_difference},
      {"change", 2, 2, "change(x, 1 week)", &Compiler::visit_difference},
      {"all", 1, 1, "all(web.visits)", &Compiler::visit_all, true},
      {"abs", 1, 1, "abs(x)", &Compiler::visit_abs, true},
      {"round", 1, 2, "round(x) or round(x, digits)", &Compiler::visit_round, true},
      {"clamp", 3, 3, "clamp(x, low, high)", &Compiler::visit_clamp, true},
      {"if", 3, 3, "if(condition, a, b)", &Compiler::visit_if, true},
      {"coalesce", 2, 2, "coalesce(x, 0)", &Compiler::visit_coalesce, true},
      {"weekday", 0, 0, "weekday()", &Compiler::visit_clock, true},
      {"month", 0, 0, "month()", &Compiler::visit_clock, true},
      {"holiday", 0, 0, "holiday()", &Compiler::visit_holiday, true},
      {"event", 1, 1, "event(\"black_friday\")", &Compiler::visit_event, true},
      {"to_date", 2, 2, "to_date(web.visits, month)", &Compiler::visit_to_date},
      {"per", 2, 2, "per(web.visits, day)", &Compiler::visit_per},
      {"share", 1, 1, "share(web.visits)", &Compiler::visit_share},
      {"age", 1, 1, "age(web.visits)", &Compiler::visit_age},
      {"anomaly", 1, 1, "anomaly(value)", &Compiler::visit_anomaly},
      {"unusual", 1, 1, "unusual(value)", &Compiler::visit_unusual},
      {"usual", 1, 1, "usual(value)", &Compiler::visit_usual},
      {"forecast", 2, 2, "forecast(value, 2026-12-31)", &Compiler::visit_forecast},
      {"segments", 1, 1, "segments(value < 2%)", &Compiler::visit_segments},
  }};
  return kFunctions;
}

Compiler::Visited Compiler::visit_call(const Expr& expr) {
  if (const Aggregate* how = find_aggregate(expr.text)) {
    const bool is_scalar = (expr.text == "min" || expr.text == "max") && !is_aggregation(expr);
    return is_scalar ? visit_extreme(expr) : visit_aggregate(expr, *how);
  }
  for (const Function& function : functions()) {
    if (function.name != expr.text) {
      continue;
    }
    if (expr.children.size() < function.least || expr.children.size() > function.most) {
      return error(expr.range,
                   expr.text + "() takes " + count_text(function) + ", got " + std::to_string(expr.children.size()),
                   "write " + std::string(function.usage));
    }
    if (grains_ != nullptr && !function.by_grain) {
      return error(expr.range,
                   expr.text + "() cannot stand inside " + std::string(grains_->aggregate) + "()",
                   "put it around the aggregate, or make it a KPI of its own");
    }
    return (this->*function.handler)(expr);
  }
  const std::vector<std::string> names = function_names();
  const std::string near = did_you_mean(expr.text, names);
  const TextRange name{expr.range.begin, expr.range.begin + static_cast<std::uint32_t>(expr.text.size())};
  return error(
      name, "there is no function \"" + expr.text + "\"", near.empty() ? "functions: " + join(names, " ") : near);
}

std::string Compiler::count_text(const Function& function) {
  const std::string least = std::to_string(function.least);
  const std::string most = std::to_string(function.most);
  const std::string plural = function.most == 1 ? " argument" : " arguments";
  return (least == most ? least : least + " or " + most) + plural;
}

std::optional<Span> Compiler::shift_of(const Expr& expr) {
  const Expr& length = *expr.children[1];
  if (length.kind != Expr::Kind::kDuration || length.span.is_zero()) {
    error(length.range, expr.text + "() goes back by a duration such as 1 week", "write " + expr.text + "(x, 1 week)");
    return std::nullopt;
  }
  if (context_.every.is_civil() && length.span.ms % kDayMs != 0) {
    error(length.range,
          "the KPI is judged every " + context_.every.text() + ": " + expr.text + "() goes back by whole days",
          "write " + expr.text + "(x, 1 day)");
    return std::nullopt;
  }
  return length.span;
}

Compiler::Visited Compiler::visit_shifted(const Expr& expr, const Expr& of) {
  const std::optional<Span> back = shift_of(expr);
  if (!back) {
    return std::nullopt;
  }
  back_.push_back(*back);
  Visited result = visit_as(of, ExprType::kNumber, expr.text + "()");
  back_.pop_back();
  return result;
}

Compiler::Visited Compiler::visit_prev(const Expr& expr) {
  return visit_shifted(expr, *expr.children[0]);
}

/// diff(x, d) is x - prev(x, d); change(x, d) the same, relative to the size of what it was.
Compiler::Visited Compiler::visit_difference(const Expr& expr) {
  const Expr& of = *expr.children[0];
  const Visited now = visit_as(of, ExprType::kNumber, expr.text + "()");
  const Visited before = now ? visit_shifted(expr, of) : std::nullopt;
  const bool relative = expr.text == "change";
  emit(relative ? OpCode::kChange : OpCode::kSubtract);
  if (!before) {
    return std::nullopt;
  }
  return Typed{ExprType::kNumber, relative ? share_unit() : now->unit};
}

Compiler::Visited Compiler::visit_all(const Expr& expr) {
  const bool outer = std::exchange(all_, true);
  const Visited result = visit_as(*expr.children[0], ExprType::kNumber, "all()");
  all_ = outer;
  return result;
}

Compiler::Visited Compiler::visit_abs(const Expr& expr) {
  const Visited result = visit_as(*expr.children[0], ExprType::kNumber, "abs()");
  emit(OpCode::kAbs);
  return result;
}

Compiler::Visited Compiler::visit_round(const Expr& expr) {
  const Visited result = visit_as(*expr.children[0], ExprType::kNumber, "round()");
  if (expr.children.size() == 2) {
    const Expr& digits = *expr.children[1];
    if (digits.kind == Expr::Kind::kNumber && digits.number != std::floor(digits.number)) {
      return error(digits.range, "round() is to a whole number of decimals", "write round(x, 1)");
    }
    visit_as(digits, ExprType::kNumber, "round()");
  } else {
    emit(OpCode::kNumber, 0, 0);
  }
  emit(OpCode::kRound);
  return result;
}

Compiler::Visited Compiler::visit_clamp(const Expr& expr) {
  const Visited result = visit_as(*expr.children[0], ExprType::kNumber, "clamp()");
  for (const std::size_t i : {1U, 2U}) {
    const Visited bound = visit_as(*expr.children[i], ExprType::kNumber, "clamp()");
    if (result && bound && result->unit.fit(bound->unit) == Unit::Fit::kClash) {
      error(expr.children[i]->range, "cannot compare " + result->unit.text() + " with " + bound->unit.text());
    }
  }
  emit(OpCode::kClamp);
  return result;
}

/// The second and third child are alternatives: one type, units that fit.
Compiler::Visited Compiler::visit_alternatives(const Expr& expr, std::size_t first) {
  const Visited a = visit(*expr.children[first]);
  const Visited b = visit(*expr.children[first + 1]);
  if (!a || !b) {
    return std::nullopt;
  }
  const bool usable = a->type == ExprType::kNumber || a->type == ExprType::kCondition;
  if (a->type != b->type || !usable) {
    return error(expr.range,
                 "both results of " + expr.text + "() must be numbers or both conditions, got " +
                     std::string(name_of(a->type)) + " and " + std::string(name_of(b->type)));
  }
  if (a->unit.fit(b->unit) == Unit::Fit::kClash) {
    return error(expr.range,
                 "the results of " + expr.text + "() are " + a->unit.text() + " and " + b->unit.text(),
                 "both must be in one unit");
  }
  return Typed{a->type, a->unit.is_none() ? b->unit : a->unit};
}

Compiler::Visited Compiler::visit_if(const Expr& expr) {
  const Visited condition = visit_as(*expr.children[0], ExprType::kCondition, "if()");
  const Visited result = visit_alternatives(expr, 1);
  emit(OpCode::kIf);
  return condition ? result : std::nullopt;
}

Compiler::Visited Compiler::visit_coalesce(const Expr& expr) {
  const bool outer = std::exchange(optional_, true);
  const Visited result = visit_alternatives(expr, 0);
  optional_ = outer;
  emit(OpCode::kCoalesce);
  return result;
}

void Compiler::emit_moment(OpCode op, std::string event) {
  emit(op, static_cast<std::uint32_t>(program_.moments.size()));
  // A grain stands in the window that was shifted, and is not shifted again.
  program_.moments.push_back(Moment{grains_ != nullptr ? std::vector<Span>{} : back_, std::move(event)});
}

/// Whether a day of the period is one that the calendar names.
Compiler::Visited Compiler::visit_holiday(const Expr& expr) {
  const CalendarRules* calendar = context_.scope->calendar;
  if (calendar == nullptr || calendar->days == nullptr || calendar->days->holidays.empty()) {
    return error(expr.range, "the calendar has no holidays", "write calendar: {holidays: [se.ics]} in kpid.yaml");
  }
  emit_moment(OpCode::kHoliday);
  return Typed{ExprType::kCondition, {}};
}

std::optional<ExprError> check_event(const CalendarRules* calendar, const std::string& name, TextRange range) {
  std::vector<std::string> known;
  if (calendar != nullptr && calendar->days != nullptr) {
    for (const auto& [event, dates] : calendar->days->events) {
      known.push_back(event);
    }
  }
  if (std::ranges::find(known, name) != known.end()) {
    return std::nullopt;
  }
  const std::string near = did_you_mean(name, known);
  return ExprError{range,
                   "the calendar has no event \"" + printable(name, 60) + "\"",
                   known.empty()  ? "write calendar: {events: {black_friday: [2026-11-27]}} in kpid.yaml"
                   : near.empty() ? "events: " + join(known, " ")
                                  : near};
}

Compiler::Visited Compiler::visit_event(const Expr& expr) {
  const Expr& name = *expr.children[0];
  if (name.kind != Expr::Kind::kText) {
    return error(name.range, "event() takes the name of an event as a text", "write event(\"black_friday\")");
  }
  if (const auto wrong = check_event(context_.scope->calendar, name.text, name.range)) {
    return error(wrong->range, wrong->message, wrong->remedy);
  }
  emit_moment(OpCode::kEvent, name.text);
  return Typed{ExprType::kCondition, {}};
}

Compiler::Visited Compiler::visit_clock(const Expr& expr) {
  emit_moment(expr.text == "month" ? OpCode::kMonth : OpCode::kWeekday);
  return Typed{ExprType::kNumber, {}};
}

}  // namespace kpi
