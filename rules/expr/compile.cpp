#include "rules/expr/compile.hpp"

#include "rules/base/text.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <utility>

namespace kpi {
namespace {

/// Parts and change() stand for whole expressions, so that a short text may mean a very long one.
constexpr int kMostVisits = 4096;

enum class Type : std::uint8_t { kNumber, kCondition, kText, kDuration, kDate };

struct Typed {
  Type type = Type::kNumber;
  Unit unit;
};

std::string_view name_of(Type type) {
  static constexpr std::array<std::string_view, 5> kNames{"a number", "a condition", "a text", "a duration", "a date"};
  return kNames.at(static_cast<std::size_t>(type));
}

/// A share: a plain number that `%`, `ratio` and `":1"` fit.
Unit share_unit() {
  return Unit::parse("ratio").value();
}

struct AggregateName {
  std::string_view name;
  Aggregate how;
};

constexpr std::array<AggregateName, 10> kAggregates{{{"sum", Aggregate::kSum},
                                                     {"avg", Aggregate::kAverage},
                                                     {"min", Aggregate::kMin},
                                                     {"max", Aggregate::kMax},
                                                     {"first", Aggregate::kFirst},
                                                     {"last", Aggregate::kLast},
                                                     {"count", Aggregate::kCount},
                                                     {"median", Aggregate::kMedian},
                                                     {"stddev", Aggregate::kStddev},
                                                     {"quantile", Aggregate::kQuantile}}};

struct TargetName {
  std::string_view name;
  TargetField field;
};

constexpr std::array<TargetName, 6> kTargetFields{{{"target.expected", TargetField::kExpected},
                                                   {"target.pace", TargetField::kPace},
                                                   {"target.progress", TargetField::kProgress},
                                                   {"target.required", TargetField::kRequired},
                                                   {"target.days_left", TargetField::kDaysLeft},
                                                   {"target.goal", TargetField::kGoal}}};

const AggregateName* find_aggregate(std::string_view name) {
  const auto* found = std::ranges::find_if(kAggregates, [&](const AggregateName& a) { return a.name == name; });
  return found == kAggregates.end() ? nullptr : found;
}

/// Compiles one expression; `Failed` ends a branch, the errors are collected, so that one pass finds all of them.
class Compiler {
 public:
  explicit Compiler(const CompileContext& context) : context_(context) {}

  tl::expected<Compiled, std::vector<ExprError>> run(const Expr& expr) {
    const std::optional<Typed> type = visit(expr);
    if (type && type->type != Type::kNumber && type->type != Type::kCondition) {
      error(expr.range, "the expression is " + std::string(name_of(type->type)) + ", not a number");
    }
    if (!errors_.empty() || !type) {
      return tl::unexpected(errors_);
    }
    program_.is_condition = type->type == Type::kCondition;
    program_.unit = type->unit;
    program_.text = print(expr);
    return Compiled{std::move(program_), std::move(warnings_)};
  }

 private:
  /// How a name is to be read: sum(m, 28 days).
  struct Reading {
    Aggregate how = Aggregate::kByKind;
    std::optional<Span> window;
    double quantile = 0;
  };

  using Visited = std::optional<Typed>;
  using Handler = Visited (Compiler::*)(const Expr&);

  struct Function {
    std::string_view name;
    std::size_t least;
    std::size_t most;
    std::string_view usage;
    Handler handler;
  };

  static std::span<const Function> functions() {
    static constexpr std::array<Function, 11> kFunctions{{
        {"prev", 2, 2, "prev(x, 1 week)", &Compiler::visit_prev},
        {"diff", 2, 2, "diff(x, 1 week)", &Compiler::visit_difference},
        {"change", 2, 2, "change(x, 1 week)", &Compiler::visit_difference},
        {"all", 1, 1, "all(web.visits)", &Compiler::visit_all},
        {"abs", 1, 1, "abs(x)", &Compiler::visit_abs},
        {"round", 1, 2, "round(x) or round(x, digits)", &Compiler::visit_round},
        {"clamp", 3, 3, "clamp(x, low, high)", &Compiler::visit_clamp},
        {"if", 3, 3, "if(condition, a, b)", &Compiler::visit_if},
        {"coalesce", 2, 2, "coalesce(x, 0)", &Compiler::visit_coalesce},
        {"weekday", 0, 0, "weekday()", &Compiler::visit_clock},
        {"month", 0, 0, "month()", &Compiler::visit_clock},
    }};
    return kFunctions;
  }

  std::nullopt_t error(TextRange range, std::string message, std::string remedy = "") {
    ExprError found{outer_range_.value_or(range), std::move(message), std::move(remedy)};
    if (outer_range_) {
      found.message = "in the part \"" + outer_part_ + "\": " + found.message;
    }
    if (std::ranges::find(errors_, found) == errors_.end()) {
      errors_.push_back(std::move(found));
    }
    return std::nullopt;
  }

  void emit(OpCode op, std::uint32_t index = 0, double number = 0) {
    program_.code.push_back(Instruction{op, index, number});
  }

  Visited visit(const Expr& expr) {
    if (++visits_ > kMostVisits) {
      return visits_ > kMostVisits + 1 ? std::nullopt
                                       : error(expr.range,
                                               "with its parts written out, the expression has more than " +
                                                   std::to_string(kMostVisits) + " terms",
                                               "make the parts KPIs of their own");
    }
    switch (expr.kind) {
      case Expr::Kind::kNumber:
        emit(OpCode::kNumber, 0, expr.number);
        return Typed{Type::kNumber, expr.text.ends_with('%') ? Unit::parse("%").value() : Unit{}};
      case Expr::Kind::kText:
        return Typed{Type::kText, {}};
      case Expr::Kind::kDuration:
        return Typed{Type::kDuration, {}};
      case Expr::Kind::kDate:
        return Typed{Type::kDate, {}};
      case Expr::Kind::kName:
        return visit_name(expr, Reading{});
      case Expr::Kind::kOperator:
        return visit_operator(expr);
      case Expr::Kind::kCall:
        return visit_call(expr);
    }
    return std::nullopt;
  }

  /// Visits a child that must be of this type.
  Visited visit_as(const Expr& expr, Type wanted, std::string_view user) {
    const Visited got = visit(expr);
    if (got && got->type != wanted) {
      return error(
          expr.range,
          std::string(user) + " wants " + std::string(name_of(wanted)) + ", got " + std::string(name_of(got->type)));
    }
    return got;
  }

  // --- operators ---

  Visited visit_operator(const Expr& expr) {
    switch (expr.op) {
      case Operator::kOr:
      case Operator::kAnd:
      case Operator::kNot:
        return visit_logic(expr);
      case Operator::kLess:
      case Operator::kLessEqual:
      case Operator::kGreater:
      case Operator::kGreaterEqual:
      case Operator::kEqual:
      case Operator::kNotEqual:
      case Operator::kAdd:
      case Operator::kSubtract:
        return visit_alike(expr);
      case Operator::kMultiply:
      case Operator::kDivide:
        return visit_scaling(expr);
      case Operator::kPower:
        return visit_power(expr);
      case Operator::kNegate:
        break;
    }
    const Visited inner = visit_as(*expr.children[0], Type::kNumber, "-");
    if (expr.children[0]->kind == Expr::Kind::kNumber && inner) {
      program_.code.back().number *= -1;  // one number, as a limit may be
    } else {
      emit(OpCode::kNegate);
    }
    return inner;
  }

  Visited visit_logic(const Expr& expr) {
    bool fine = true;
    for (const auto& child : expr.children) {
      fine = visit_as(*child, Type::kCondition, kpi::name_of(expr.op)).has_value() && fine;
    }
    emit(expr.op == Operator::kOr ? OpCode::kOr : expr.op == Operator::kAnd ? OpCode::kAnd : OpCode::kNot);
    return fine ? Visited(Typed{Type::kCondition, {}}) : std::nullopt;
  }

  /// Comparisons, + and -: both sides must be of units that fit.
  Visited visit_alike(const Expr& expr) {
    const std::string_view name = kpi::name_of(expr.op);
    const Visited left = visit_as(*expr.children[0], Type::kNumber, name);
    const Visited right = visit_as(*expr.children[1], Type::kNumber, name);
    if (!left || !right) {
      return std::nullopt;
    }
    const bool adds = expr.op == Operator::kAdd || expr.op == Operator::kSubtract;
    const Unit::Fit fit = left->unit.fit(right->unit);
    const std::string sides = left->unit.text() + " " + (adds ? "and " : "with ") + right->unit.text();
    if (fit == Unit::Fit::kClash) {
      return error(expr.range,
                   std::string(adds ? "cannot add or subtract " : "cannot compare ") + sides,
                   "both sides must be in one unit; convert one of them first");
    }
    if (fit == Unit::Fit::kMixedCounts) {
      warnings_.push_back({expr.range, std::string(adds ? "adds " : "compares ") + sides, "is that meant?"});
    }
    static constexpr std::array<OpCode, 8> kCodes{OpCode::kLess,
                                                  OpCode::kLessEqual,
                                                  OpCode::kGreater,
                                                  OpCode::kGreaterEqual,
                                                  OpCode::kEqual,
                                                  OpCode::kNotEqual,
                                                  OpCode::kAdd,
                                                  OpCode::kSubtract};
    emit(kCodes.at(static_cast<std::size_t>(expr.op) - static_cast<std::size_t>(Operator::kLess)));
    if (!adds) {
      return Typed{Type::kCondition, {}};
    }
    return Typed{Type::kNumber, left->unit.is_none() ? right->unit : left->unit};
  }

  Visited visit_scaling(const Expr& expr) {
    const std::string_view name = kpi::name_of(expr.op);
    const Visited left = visit_as(*expr.children[0], Type::kNumber, name);
    const Visited right = visit_as(*expr.children[1], Type::kNumber, name);
    const bool divides = expr.op == Operator::kDivide;
    emit(divides ? OpCode::kDivide : OpCode::kMultiply);
    if (!left || !right) {
      return std::nullopt;
    }
    return Typed{Type::kNumber, divides ? left->unit / right->unit : left->unit * right->unit};
  }

  Visited visit_power(const Expr& expr) {
    const Visited base = visit_as(*expr.children[0], Type::kNumber, "^");
    const Visited exponent = visit_as(*expr.children[1], Type::kNumber, "^");
    emit(OpCode::kPower);
    if (!base || !exponent) {
      return std::nullopt;
    }
    const Expr& power = *expr.children[1];
    const bool is_small_whole =
        power.kind == Expr::Kind::kNumber && power.number <= 8 && power.number == std::floor(power.number);
    if (is_small_whole) {
      return Typed{Type::kNumber, base->unit.power(static_cast<int>(power.number))};
    }
    if (!base->unit.factors().empty()) {
      return error(expr.range, "only a plain number can be raised to a power that is not a small whole number");
    }
    return Typed{Type::kNumber, {}};
  }

  // --- calls ---

  Visited visit_call(const Expr& expr) {
    if (const AggregateName* aggregate = find_aggregate(expr.text)) {
      const bool is_scalar = (expr.text == "min" || expr.text == "max") && !is_aggregation(expr);
      return is_scalar ? visit_extreme(expr) : visit_aggregate(expr, aggregate->how);
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
      return (this->*function.handler)(expr);
    }
    std::vector<std::string> names;
    for (const Function& function : functions()) {
      names.emplace_back(function.name);
    }
    for (const AggregateName& aggregate : kAggregates) {
      names.emplace_back(aggregate.name);
    }
    std::ranges::sort(names);
    const std::string near = did_you_mean(expr.text, names);
    const TextRange name{expr.range.begin, expr.range.begin + static_cast<std::uint32_t>(expr.text.size())};
    return error(
        name, "there is no function \"" + expr.text + "\"", near.empty() ? "functions: " + join(names, " ") : near);
  }

  static std::string count_text(const Function& function) {
    const std::string least = std::to_string(function.least);
    const std::string most = std::to_string(function.most);
    const std::string plural = function.most == 1 ? " argument" : " arguments";
    return (least == most ? least : least + " or " + most) + plural;
  }

  /// min(web.visits) and min(web.visits, 7 days) aggregate; min(a, b) chooses.
  static bool is_aggregation(const Expr& expr) {
    const std::size_t count = expr.children.size();
    const bool named = count > 0 && expr.children[0]->kind == Expr::Kind::kName;
    return named && (count == 1 || (count == 2 && expr.children[1]->kind == Expr::Kind::kDuration));
  }

  Visited visit_aggregate(const Expr& expr, Aggregate how) {
    const bool takes_quantile = how == Aggregate::kQuantile;
    const std::size_t fixed = takes_quantile ? 2 : 1;
    const std::string usage = takes_quantile
                                  ? "write quantile(web.seconds, 0.9) or quantile(web.seconds, 0.9, 28 days)"
                                  : "write " + expr.text + "(web.visits) or " + expr.text + "(web.visits, 28 days)";
    if (expr.children.size() < fixed || expr.children.size() > fixed + 1) {
      return error(expr.range, expr.text + "() takes a metric or KPI and, if wanted, a window", usage);
    }
    const Expr& of = *expr.children[0];
    if (of.kind != Expr::Kind::kName) {
      return error(of.range, expr.text + "() takes the name of a metric or KPI", usage);
    }
    double quantile = 0;
    if (takes_quantile) {
      const Expr& share = *expr.children[1];
      if (share.kind != Expr::Kind::kNumber || share.number < 0 || share.number > 1) {
        return error(share.range, "a quantile is a number from 0 to 1", usage);
      }
      quantile = share.number;
    }
    std::optional<Span> window;
    if (expr.children.size() > fixed) {
      const Expr& length = *expr.children[fixed];
      if (length.kind != Expr::Kind::kDuration || length.span.is_zero()) {
        return error(length.range, "the window is a duration such as 28 days", usage);
      }
      window = length.span;
    }
    Visited result = visit_name(of, Reading{how, window, quantile});
    if (result && how == Aggregate::kCount) {
      result->unit = Unit{};
    }
    return result;
  }

  Visited visit_extreme(const Expr& expr) {
    if (expr.children.size() < 2) {
      return error(expr.range,
                   expr.text + "() takes a metric, or two values or more",
                   "write " + expr.text + "(web.visits) or " + expr.text + "(a, b)");
    }
    Visited first;
    bool fine = true;
    for (const auto& child : expr.children) {
      const Visited got = visit_as(*child, Type::kNumber, expr.text + "()");
      fine = got && fine;
      if (got && first && first->unit.fit(got->unit) == Unit::Fit::kClash) {
        error(child->range, "cannot compare " + first->unit.text() + " with " + got->unit.text());
        fine = false;
      }
      if (got && (!first || first->unit.is_none())) {
        first = got;
      }
    }
    emit(expr.text == "min" ? OpCode::kMin : OpCode::kMax, static_cast<std::uint32_t>(expr.children.size()));
    return fine ? first : std::nullopt;
  }

  std::optional<Span> shift_of(const Expr& expr) {
    const Expr& length = *expr.children[1];
    if (length.kind != Expr::Kind::kDuration || length.span.is_zero()) {
      error(
          length.range, expr.text + "() goes back by a duration such as 1 week", "write " + expr.text + "(x, 1 week)");
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

  Visited visit_shifted(const Expr& expr, const Expr& of) {
    const std::optional<Span> back = shift_of(expr);
    if (!back) {
      return std::nullopt;
    }
    back_.push_back(*back);
    Visited result = visit_as(of, Type::kNumber, expr.text + "()");
    back_.pop_back();
    return result;
  }

  Visited visit_prev(const Expr& expr) { return visit_shifted(expr, *expr.children[0]); }

  /// diff(x, d) is x - prev(x, d); change(x, d) the same, relative to the size of what it was.
  Visited visit_difference(const Expr& expr) {
    const Expr& of = *expr.children[0];
    const Visited now = visit_as(of, Type::kNumber, expr.text + "()");
    const Visited before = now ? visit_shifted(expr, of) : std::nullopt;
    const bool relative = expr.text == "change";
    emit(relative ? OpCode::kChange : OpCode::kSubtract);
    if (!before) {
      return std::nullopt;
    }
    return Typed{Type::kNumber, relative ? share_unit() : now->unit};
  }

  Visited visit_all(const Expr& expr) {
    const bool outer = std::exchange(all_, true);
    const Visited result = visit_as(*expr.children[0], Type::kNumber, "all()");
    all_ = outer;
    return result;
  }

  Visited visit_abs(const Expr& expr) {
    const Visited result = visit_as(*expr.children[0], Type::kNumber, "abs()");
    emit(OpCode::kAbs);
    return result;
  }

  Visited visit_round(const Expr& expr) {
    const Visited result = visit_as(*expr.children[0], Type::kNumber, "round()");
    if (expr.children.size() == 2) {
      visit_as(*expr.children[1], Type::kNumber, "round()");
    } else {
      emit(OpCode::kNumber, 0, 0);
    }
    emit(OpCode::kRound);
    return result;
  }

  Visited visit_clamp(const Expr& expr) {
    const Visited result = visit_as(*expr.children[0], Type::kNumber, "clamp()");
    for (const std::size_t i : {1U, 2U}) {
      const Visited bound = visit_as(*expr.children[i], Type::kNumber, "clamp()");
      if (result && bound && result->unit.fit(bound->unit) == Unit::Fit::kClash) {
        error(expr.children[i]->range, "cannot compare " + result->unit.text() + " with " + bound->unit.text());
      }
    }
    emit(OpCode::kClamp);
    return result;
  }

  /// The second and third child are alternatives: one type, units that fit.
  Visited visit_alternatives(const Expr& expr, std::size_t first) {
    const Visited a = visit(*expr.children[first]);
    const Visited b = visit(*expr.children[first + 1]);
    if (!a || !b) {
      return std::nullopt;
    }
    const bool usable = a->type == Type::kNumber || a->type == Type::kCondition;
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

  Visited visit_if(const Expr& expr) {
    const Visited condition = visit_as(*expr.children[0], Type::kCondition, "if()");
    const Visited result = visit_alternatives(expr, 1);
    emit(OpCode::kIf);
    return condition ? result : std::nullopt;
  }

  Visited visit_coalesce(const Expr& expr) {
    const bool outer = std::exchange(optional_, true);
    const Visited result = visit_alternatives(expr, 0);
    optional_ = outer;
    emit(OpCode::kCoalesce);
    return result;
  }

  Visited visit_clock(const Expr& expr) {
    emit(expr.text == "month" ? OpCode::kMonth : OpCode::kWeekday);
    return Typed{Type::kNumber, {}};
  }

  // --- names ---

  Visited visit_name(const Expr& expr, const Reading& reading) {
    if (expr.text == "value" || expr.text.starts_with("target.")) {
      return visit_own(expr, reading);
    }
    if (context_.parts != nullptr) {
      const auto part = context_.parts->find(expr.text);
      if (part != context_.parts->end() && !expr.filters.empty()) {
        return error(expr.range, "a part takes no label filter", "filter the metrics inside the part");
      }
      if (part != context_.parts->end()) {
        return visit_part(expr, *part->second, reading.how != Aggregate::kByKind);
      }
    }
    if (expr.text.find('.') != std::string::npos) {
      return visit_metric(expr, reading);
    }
    return visit_kpi(expr, reading);
  }

  Visited visit_part(const Expr& expr, const Expr& part, bool aggregated) {
    if (aggregated) {
      return error(expr.range, "a part cannot be aggregated", "aggregate the metrics inside the part");
    }
    if (++part_depth_ > 8) {
      --part_depth_;
      return error(expr.range, "the parts use each other in a circle or too deeply");
    }
    const auto outer_range = outer_range_;
    const auto outer_part = outer_part_;
    outer_part_ = outer_range_ ? outer_part_ : expr.text;
    outer_range_ = outer_range_ ? outer_range_ : std::optional(expr.range);
    const Visited result = visit(part);
    outer_range_ = outer_range;
    outer_part_ = outer_part;
    --part_depth_;
    return result;
  }

  Visited visit_own(const Expr& expr, const Reading& reading) {
    if (!expr.filters.empty()) {
      return error(expr.range, "\"" + expr.text + "\" takes no label filter");
    }
    if (expr.text != "value") {
      return visit_target(expr, reading);
    }
    if (all_) {
      return error(expr.range, "all() is for metrics: \"value\" is that of the segment");
    }
    if (!context_.may_use_value) {
      return error(expr.range, "\"value\" is the KPI itself and has no meaning here", "name the metrics it is made of");
    }
    if (reading.how == Aggregate::kByKind && back_.empty()) {
      emit(OpCode::kValue);
      return Typed{Type::kNumber, context_.value_unit};
    }
    KpiInput input;
    input.is_self = true;
    return add_kpi(std::move(input), expr, reading, context_.value_unit);
  }

  Visited visit_target(const Expr& expr, const Reading& reading) {
    if (!context_.may_use_target || reading.how != Aggregate::kByKind || !back_.empty()) {
      return error(expr.range,
                   "\"" + expr.text + "\" can stand only in the alerts of a KPI that has a target, as it is");
    }
    std::vector<std::string> names;
    for (const TargetName& field : kTargetFields) {
      if (field.name == expr.text) {
        emit(OpCode::kTarget, static_cast<std::uint32_t>(field.field));
        const bool in_value_unit = field.field == TargetField::kExpected || field.field == TargetField::kGoal ||
                                   field.field == TargetField::kRequired;
        return Typed{Type::kNumber, in_value_unit ? context_.value_unit : Unit{}};
      }
      names.emplace_back(field.name);
    }
    return error(expr.range, "a target has no \"" + expr.text.substr(7) + "\"", "known: " + join(names, " "));
  }

  Visited visit_kpi(const Expr& expr, const Reading& reading) {
    const Scope& scope = *context_.scope;
    const auto found = scope.kpis.find(expr.text);
    if (found == scope.kpis.end()) {
      return unknown_name(expr);
    }
    if (!expr.filters.empty()) {
      return error(expr.range, "a KPI takes no label filter", "filter the metrics it is made of");
    }
    if (all_) {
      return error(expr.range,
                   "all() is for metrics, " + expr.text + " is a KPI",
                   "leave all() out: a KPI is that of the same segment, else its total");
    }
    KpiInput input;
    input.kpi = found->second.index;
    if (reading.how != Aggregate::kByKind &&
        !check_length(expr, found->second.every, reading.window.value_or(context_.over))) {
      return std::nullopt;
    }
    if (found->second.every.is_civil() != context_.every.is_civil() && !context_.every.is_civil()) {
      return error(
          expr.range,
          expr.text + " is judged every " + found->second.every.text() + ", this KPI every " + context_.every.text(),
          "judge this one no more often");
    }
    const Unit unit = found->second.unit;
    return add_kpi(std::move(input), expr, reading, unit);
  }

  Visited add_kpi(KpiInput input, const Expr& expr, const Reading& reading, Unit unit) {
    input.how = reading.how == Aggregate::kByKind ? Aggregate::kLast : reading.how;
    input.window = reading.window;
    if (!reading.window && reading.how != Aggregate::kByKind) {
      input.window = context_.over;
    }
    input.quantile = reading.quantile;
    input.back = back_;
    input.optional = optional_;
    input.range = outer_range_.value_or(expr.range);
    emit(OpCode::kKpi, add(program_.kpis, std::move(input)));
    return Typed{Type::kNumber, std::move(unit)};
  }

  /// The index of an equal input, added when it is new.
  template <class Input>
  static std::uint32_t add(std::vector<Input>& inputs, Input input) {
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      Input same_place = inputs[i];
      same_place.range = input.range;
      if (same_place == input) {
        return static_cast<std::uint32_t>(i);
      }
    }
    inputs.push_back(std::move(input));
    return static_cast<std::uint32_t>(inputs.size() - 1);
  }

  Visited visit_metric(const Expr& expr, const Reading& reading) {
    const Scope& scope = *context_.scope;
    const auto found = scope.metric_names.find(expr.text);
    if (found == scope.metric_names.end()) {
      return unknown_name(expr);
    }
    const Metric& metric = (*scope.metrics)[found->second];
    MetricInput input;
    input.metric = found->second;
    input.filters = expr.filters;
    input.how = reading.how;
    input.quantile = reading.quantile;
    input.window = reading.window;
    input.back = back_;
    input.all = all_;
    input.optional = optional_;
    input.range = outer_range_.value_or(expr.range);
    if (!check_labels(expr, metric) || !check_window(expr, metric, input)) {
      return std::nullopt;
    }
    emit(OpCode::kMetric, add(program_.metrics, std::move(input)));
    return Typed{Type::kNumber, Unit::parse(metric.unit).value_or(Unit{})};
  }

  bool check_labels(const Expr& expr, const Metric& metric) {
    bool fine = true;
    const auto has = [&](const std::string& label) {
      return std::ranges::find(metric.labels, label) != metric.labels.end();
    };
    for (const LabelFilter& filter : expr.filters) {
      if (!has(filter.label)) {
        const std::string near = did_you_mean(filter.label, metric.labels);
        error(expr.range,
              metric.name + " has no label \"" + filter.label + "\"",
              !near.empty()           ? near
              : metric.labels.empty() ? "declare it under `labels` of the source " + metric.source
                                      : "its labels: " + join(metric.labels, " "));
        fine = false;
      }
    }
    for (const std::string& label : context_.split_labels) {
      if (!all_ && !has(label)) {
        error(expr.range,
              metric.name + " has no label \"" + label + "\", which `split_by` names",
              "write all(" + metric.name + ") if the same number is meant for every segment");
        fine = false;
      }
    }
    return fine;
  }

  bool check_window(const Expr& expr, const Metric& metric, const MetricInput& input) {
    if (context_.every.is_finer_than(metric.grain)) {
      error(expr.range,
            metric.name + " has one value per " + metric.grain.text() + ", but the KPI is judged every " +
                context_.every.text(),
            "write every: " + metric.grain.text() + ", or coarser");
      return false;
    }
    const Span window = input.window.value_or(context_.over);
    if (metric.grain.unit != Grain::Unit::kInstant && !check_length(expr, metric.grain, window)) {
      return false;
    }
    const bool adds = input.how == Aggregate::kByKind || input.how == Aggregate::kSum;
    if (metric.kind == MetricKind::kDistinct && adds && !(window == metric.grain.span())) {
      error(expr.range,
            metric.name + " is a unique count (kind: distinct): that of " + window.text() + " is not the sum of its " +
                metric.grain.text() + "s, because who came twice would count twice",
            "write avg(" + metric.name + ") for the mean of a " + metric.grain.text() +
                ", or let the source deliver unique counts per " + window.text());
      return false;
    }
    return true;
  }

  /// A window holds whole periods of what it is read over. Weeks may be read over months: a week belongs to the month
  /// in which it ends.
  bool check_length(const Expr& expr, const Grain& grain, const Span& window) {
    const Span one = grain.span();
    if (window.approximate_ms() < one.approximate_ms()) {
      error(expr.range,
            expr.text + " has one value per " + grain.text() + ", longer than the window of " + window.text());
      return false;
    }
    const bool months_fit = one.months == 0 || (window.months != 0 && window.months % one.months == 0);
    const bool days_fit = !grain.is_civil() || window.ms % kDayMs == 0;
    const bool intervals_fit = grain.unit != Grain::Unit::kInterval || window.ms % grain.interval_ms == 0;
    const bool weeks_fit = grain.unit != Grain::Unit::kWeek || (window.days + window.ms / kDayMs) % 7 == 0;
    if (months_fit && days_fit && weeks_fit && intervals_fit) {
      return true;
    }
    error(expr.range,
          expr.text + " has one value per " + grain.text() + ": a window of " + window.text() +
              " does not hold whole " + grain.text() + "s",
          "write " + one.text() + ", or a multiple");
    return false;
  }

  Visited unknown_name(const Expr& expr) {
    const Scope& scope = *context_.scope;
    if (std::ranges::find(scope.later_kpis, expr.text) != scope.later_kpis.end()) {
      return std::nullopt;  // what is wrong with it is reported where it stands
    }
    std::vector<std::string> names;
    names.reserve(scope.metric_names.size() + scope.kpis.size());
    const bool dotted = expr.text.find('.') != std::string::npos;
    for (const auto& [name, index] : scope.metric_names) {
      names.push_back(name);
    }
    for (const auto& [name, known] : scope.kpis) {
      names.push_back(name);
    }
    std::string remedy = did_you_mean(expr.text, names);
    if (remedy.empty() && dotted) {
      remedy = source_hint(expr.text);
    }
    if (remedy.empty() && !names.empty()) {
      std::ranges::sort(names);
      const bool many = names.size() > 12;
      names.resize(std::min<std::size_t>(names.size(), 12));
      remedy = "known: " + join(names, " ") + (many ? " …" : "");
    }
    return error(
        expr.range,
        dotted ? "there is no metric \"" + expr.text + "\"" : "there is no KPI or metric \"" + expr.text + "\"",
        remedy);
  }

  /// The metrics of the source that is named, when only the second half is wrong.
  [[nodiscard]] std::string source_hint(std::string_view name) const {
    const std::string prefix(name.substr(0, name.find('.') + 1));
    std::vector<std::string> names;
    for (const auto& [known, index] : context_.scope->metric_names) {
      if (known.starts_with(prefix)) {
        names.push_back(known);
      }
    }
    return names.empty() ? "" : "the source has: " + join(names, " ");
  }

  const CompileContext& context_;
  Program program_;
  std::vector<ExprError> errors_;
  std::vector<ExprError> warnings_;
  std::vector<Span> back_;
  bool all_ = false;
  bool optional_ = false;
  int part_depth_ = 0;
  int visits_ = 0;
  std::optional<TextRange> outer_range_;  // where the outermost part is named
  std::string outer_part_;
};

void collect_names(const Expr& expr, std::set<std::string>& metrics, std::set<std::string>& kpis) {
  if (expr.kind == Expr::Kind::kName && expr.text != "value" && !expr.text.starts_with("target.")) {
    (expr.text.find('.') != std::string::npos ? metrics : kpis).insert(expr.text);
  }
  for (const auto& child : expr.children) {
    collect_names(*child, metrics, kpis);
  }
}

}  // namespace

tl::expected<Compiled, std::vector<ExprError>> compile(const Expr& expr, const CompileContext& context) {
  return Compiler(context).run(expr);
}

UsedNames used_names(const Expr& expr) {
  std::set<std::string> metrics;
  std::set<std::string> kpis;
  collect_names(expr, metrics, kpis);
  return {{metrics.begin(), metrics.end()}, {kpis.begin(), kpis.end()}};
}

}  // namespace kpi
