#include "rules/load/percent.hpp"

#include "rules/base/text.hpp"

#include <algorithm>

namespace kpi {
namespace {

/// More than the whole, and not written as a percentage. `1 - a / b` is what is left of the whole.
bool is_points(const Expr& expr) {
  return expr.kind == Expr::Kind::kNumber && expr.number > 1 && !expr.text.ends_with('%');
}

bool is_hundred(const Expr& expr) {
  return expr.kind == Expr::Kind::kNumber && expr.text == "100";
}

/// The factor 100 or the number that is added, where one makes the value; none otherwise.
const Expr* made_by_hand(const Expr& value) {
  if (value.children.empty() || value.kind == Expr::Kind::kNumber) {
    return nullptr;
  }
  if (value.kind == Expr::Kind::kCall) {
    const bool passes_on = value.text == "round" || value.text == "clamp" || value.text == "coalesce";
    return passes_on ? made_by_hand(*value.children.front()) : nullptr;
  }
  const auto first_that = [&](bool (*is_it)(const Expr&)) -> const Expr* {
    const auto found = std::ranges::find_if(value.children, [&](const auto& part) { return is_it(*part); });
    return found == value.children.end() ? nullptr : found->get();
  };
  switch (value.op) {
    case Operator::kMultiply:
      return first_that(is_hundred);
    case Operator::kDivide:  // 100 * orders / visits
      return made_by_hand(*value.children.front());
    case Operator::kAdd:
    case Operator::kSubtract: {
      const Expr* added = value.children.size() == 2 ? first_that(is_points) : nullptr;
      return added != nullptr ? added : made_by_hand(*value.children.front());
    }
    default:
      return nullptr;
  }
}

}  // namespace

void check_percent(const RawKpi& raw, Diagnostics& diagnostics) {
  const Expr* value = raw.value.tree.get();
  const Expr* number = value != nullptr && raw.kpi.unit.show() == Unit::Show::kPercent ? made_by_hand(*value) : nullptr;
  if (number == nullptr) {
    return;
  }
  if (is_hundred(*number)) {
    diagnostics.warning(
        raw.value.position,
        raw.kpi.id + " is in %, and its formula is multiplied by 100 besides: a share of 0.028 is 2.8 %",
        "leave 100 out");
    return;
  }
  const std::string text = number_text(number->number);
  diagnostics.warning(raw.value.position,
                      raw.kpi.id + " is in %, where " + text + " is " + number_text(number->number * 100) +
                          " %: a share of 0.028 is 2.8 %",
                      "write " + text + "%");
}

}  // namespace kpi
