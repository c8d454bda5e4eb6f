#include "rules/base/text.hpp"
#include "rules/expr/ast.hpp"

#include <array>

namespace kpi {
namespace {

int precedence(Operator op) {
  switch (op) {
    case Operator::kOr:
      return 1;
    case Operator::kAnd:
      return 2;
    case Operator::kNot:
      return 3;
    case Operator::kLess:
    case Operator::kLessEqual:
    case Operator::kGreater:
    case Operator::kGreaterEqual:
    case Operator::kEqual:
    case Operator::kNotEqual:
      return 4;
    case Operator::kAdd:
    case Operator::kSubtract:
      return 5;
    case Operator::kMultiply:
    case Operator::kDivide:
      return 6;
    case Operator::kNegate:
      return 7;
    case Operator::kPower:
      return 8;
  }
  return 0;
}

bool is_comparison(Operator op) {
  return precedence(op) == 4;
}

void print_to(const Expr& expr, int at_least, std::string& out);

void print_operator(const Expr& expr, int at_least, std::string& out) {
  const int mine = precedence(expr.op);
  const bool parenthesised = mine < at_least;
  if (parenthesised) {
    out += '(';
  }
  if (expr.children.size() == 1) {
    out += expr.op == Operator::kNot ? "not " : "-";
    print_to(*expr.children[0], mine, out);
  } else {
    // A comparison takes no comparison on either side; ^ binds to the right, its exponent may carry a sign.
    const bool power = expr.op == Operator::kPower;
    print_to(*expr.children[0], power || is_comparison(expr.op) ? mine + 1 : mine, out);
    out += ' ';
    out += name_of(expr.op);
    out += ' ';
    print_to(*expr.children[1], power ? mine - 1 : mine + 1, out);
  }
  if (parenthesised) {
    out += ')';
  }
}

void print_filters(const std::vector<LabelFilter>& filters, std::string& out) {
  if (filters.empty()) {
    return;
  }
  out += '{';
  for (std::size_t i = 0; i < filters.size(); ++i) {
    const char quote = filters[i].value.find('"') == std::string::npos ? '"' : '\'';
    out += (i > 0 ? ", " : "") + filters[i].label + (filters[i].negated ? "!=" : "=");
    out += quote + filters[i].value + quote;
  }
  out += '}';
}

void print_to(const Expr& expr, int at_least, std::string& out) {
  switch (expr.kind) {
    case Expr::Kind::kNumber:
      out += expr.text;
      break;
    case Expr::Kind::kText: {
      const char quote = expr.text.find('"') == std::string::npos ? '"' : '\'';
      out += quote + expr.text + quote;
      break;
    }
    case Expr::Kind::kDuration:
      out += expr.span.is_zero() ? "0s" : expr.span.text();  // "0" alone would be a number
      break;
    case Expr::Kind::kDate:
      out += date_text(expr.date);
      break;
    case Expr::Kind::kName:
      out += expr.text;
      print_filters(expr.filters, out);
      break;
    case Expr::Kind::kOperator:
      print_operator(expr, at_least, out);
      break;
    case Expr::Kind::kCall:
      out += expr.text + "(";
      for (std::size_t i = 0; i < expr.children.size(); ++i) {
        out += i > 0 ? ", " : "";
        print_to(*expr.children[i], 0, out);
      }
      out += ')';
      break;
  }
}

}  // namespace

std::string_view name_of(Operator op) {
  static constexpr std::array<std::string_view, 15> kNames{
      "or", "and", "not", "<", "<=", ">", ">=", "==", "!=", "+", "-", "*", "/", "^", "-"};
  return kNames.at(static_cast<std::size_t>(op));
}

std::string print(const Expr& expr) {
  std::string out;
  print_to(expr, 0, out);
  return out;
}

}  // namespace kpi
