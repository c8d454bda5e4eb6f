#pragma once
// Expressions in tests: read, or the error as a person would see it under the text.

#include "rules/expr/lexer.hpp"
#include "rules/expr/parser.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace kpi {

/// The text, a line of carets below what is meant, the message and the remedy.
inline std::string shown(std::string_view text, const ExprError& error) {
  const std::uint32_t length = std::max(1U, error.range.end - error.range.begin);
  std::string result = std::string(text) + "\n" + std::string(error.range.begin, ' ') + std::string(length, '^');
  result += "\n" + error.message;
  return error.remedy.empty() ? result : result + "\n-> " + error.remedy;
}

/// What parsing says: the expression with all its parentheses, or the error.
std::string parsed(std::string_view text);

/// Every operation in parentheses, so that nothing is left to precedence.
inline std::string grouped(const Expr& expr) {
  if (expr.kind == Expr::Kind::kOperator && expr.children.size() == 1) {
    return "(" + std::string(name_of(expr.op)) + " " + grouped(*expr.children[0]) + ")";
  }
  if (expr.kind == Expr::Kind::kOperator) {
    return "(" + grouped(*expr.children[0]) + " " + std::string(name_of(expr.op)) + " " + grouped(*expr.children[1]) +
           ")";
  }
  if (expr.kind != Expr::Kind::kCall) {
    return print(expr);
  }
  std::string result = expr.text + "(";
  for (const auto& child : expr.children) {
    result += (child == expr.children.front() ? "" : ", ") + grouped(*child);
  }
  return result + ")";
}

inline std::string parsed(std::string_view text) {
  const auto tree = parse_expression(text);
  return tree ? grouped(**tree) : shown(text, tree.error());
}

/// Whether two trees say the same; where they stand in their texts does not matter, nor whether four weeks are called
/// 28 days.
inline bool same_tree(const Expr& a, const Expr& b) {
  const bool same_text = a.kind == Expr::Kind::kDuration || a.text == b.text;
  const bool same_node = a.kind == b.kind && a.number == b.number && same_text && a.span == b.span &&
                         a.date == b.date && (a.kind != Expr::Kind::kOperator || a.op == b.op) &&
                         a.filters == b.filters && a.children.size() == b.children.size();
  return same_node &&
         std::equal(a.children.begin(), a.children.end(), b.children.begin(), [](const auto& x, const auto& y) {
           return same_tree(*x, *y);
         });
}

}  // namespace kpi
