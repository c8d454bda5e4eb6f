#include "rules/expr/compile.hpp"

#include "rules/expr/compiler.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

namespace kpi {
namespace {

/// Parts and change() stand for whole expressions, so that a short text may mean a very long one.
constexpr int kMostVisits = 4096;

void collect_names(const Expr& expr, std::set<std::string>& metrics, std::set<std::string>& kpis) {
  if (expr.kind == Expr::Kind::kName && expr.text != "value" && !expr.text.starts_with("target.")) {
    (expr.text.find('.') != std::string::npos ? metrics : kpis).insert(expr.text);
  }
  const bool has_unit = expr.kind == Expr::Kind::kCall && (expr.text == "to_date" || expr.text == "per");
  for (std::size_t i = 0; i < expr.children.size(); ++i) {
    if (!has_unit || i != 1) {  // per(x, day): no KPI named day
      collect_names(*expr.children[i], metrics, kpis);
    }
  }
}

/// What to write where a number was wanted.
std::string number_instead(ExprType got) {
  switch (got) {
    case ExprType::kText:
      return "texts stand in filters only, as in web.visits{country=\"SE\"}; names and numbers have no quotes";
    case ExprType::kDuration:
      return "write a number in the unit of what it is compared with: where that is min, 3h is 180";
    case ExprType::kCondition:
      return "if(condition, 1, 0) makes a number of it";
    default:
      return "";
  }
}

}  // namespace

std::string_view name_of(ExprType type) {
  static constexpr std::array<std::string_view, 5> kNames{"a number", "a condition", "a text", "a duration", "a date"};
  return kNames.at(static_cast<std::size_t>(type));
}

tl::expected<Compiled, std::vector<ExprError>> Compiler::run(const Expr& expr) {
  const std::optional<Typed> type = visit(expr);
  if (type && type->type != ExprType::kNumber && type->type != ExprType::kCondition) {
    error(expr.range,
          "the expression is " + std::string(name_of(type->type)) + ", not a number",
          number_instead(type->type));
  }
  if (!errors_.empty() || !type) {
    return tl::unexpected(errors_);
  }
  program_.is_condition = type->type == ExprType::kCondition;
  program_.unit = type->unit;
  program_.text = print(expr);
  pair_ratios();
  return Compiled{std::move(program_), std::move(warnings_)};
}

std::nullopt_t Compiler::error(TextRange range, std::string message, std::string remedy) {
  ExprError found{outer_range_.value_or(range), std::move(message), std::move(remedy)};
  if (outer_range_) {
    found.message = "in the part \"" + outer_part_ + "\": " + found.message;
  }
  if (std::ranges::find(errors_, found) == errors_.end()) {
    errors_.push_back(std::move(found));
  }
  return std::nullopt;
}

Compiler::Visited Compiler::visit(const Expr& expr) {
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
      return Typed{ExprType::kNumber, expr.text.ends_with('%') ? Unit::parse("%").value() : Unit{}};
    case Expr::Kind::kText:
      return Typed{ExprType::kText, {}};
    case Expr::Kind::kDuration:
      return Typed{ExprType::kDuration, {}};
    case Expr::Kind::kDate:
      return Typed{ExprType::kDate, {}};
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
Compiler::Visited Compiler::visit_as(const Expr& expr, ExprType wanted, std::string_view user) {
  const Visited got = visit(expr);
  if (got && got->type != wanted) {
    return error(
        expr.range,
        std::string(user) + " wants " + std::string(name_of(wanted)) + ", got " + std::string(name_of(got->type)),
        wanted == ExprType::kNumber      ? number_instead(got->type)
        : got->type == ExprType::kNumber ? "compare it: " + print(expr) + " > 0"
                                         : "");
  }
  return got;
}

tl::expected<Compiled, std::vector<ExprError>> compile(const Expr& expr, const CompileContext& context) {
  return Compiler(context).run(expr);
}

std::vector<std::string> function_names() {
  std::vector<std::string> names = aggregate_names();
  for (const Compiler::Function& function : Compiler::functions()) {
    names.emplace_back(function.name);
  }
  std::ranges::sort(names);
  return names;
}

UsedNames used_names(const Expr& expr) {
  std::set<std::string> metrics;
  std::set<std::string> kpis;
  collect_names(expr, metrics, kpis);
  return {{metrics.begin(), metrics.end()}, {kpis.begin(), kpis.end()}};
}

}  // namespace kpi
