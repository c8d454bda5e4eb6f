// print() writes what parse_expression() reads: the same tree comes back, whatever the tree.

#include "rules/base/text.hpp"
#include "tests/unit/rules/expr/expression_text.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace kpi {
namespace {

std::string printed(std::string_view text) {
  const auto tree = parse_expression(text);
  return tree ? print(**tree) : shown(text, tree.error());
}

TEST(Print, LeavesOutParenthesesThatChangeNothing) {
  EXPECT_EQ(printed("((a) + ((b * c)))"), "a + b * c");
  EXPECT_EQ(printed("(a - b) - c"), "a - b - c");
  EXPECT_EQ(printed("a ^ (b ^ c)"), "a ^ b ^ c");
  EXPECT_EQ(printed("not (a < b)"), "not a < b");
}

TEST(Print, KeepsParenthesesThatMatter) {
  EXPECT_EQ(printed("a - (b - c)"), "a - (b - c)");
  EXPECT_EQ(printed("(a ^ b) ^ c"), "(a ^ b) ^ c");
  EXPECT_EQ(printed("(-a) ^ 2"), "(-a) ^ 2");
  EXPECT_EQ(printed("-(a + b)"), "-(a + b)");
  EXPECT_EQ(printed("not (a < b and c < d)"), "not (a < b and c < d)");
  EXPECT_EQ(printed("a ^ -(b + c)"), "a ^ -(b + c)");
}

TEST(Print, WritesNumbersAsTheyWereWritten) {
  EXPECT_EQ(printed("1.50k+2.20%*10:1"), "1.50k + 2.20% * 10:1");
}

TEST(Print, WritesDurationsInTheirLargestUnit) {
  EXPECT_EQ(printed("prev(x, 14 days)"), "prev(x, 2 weeks)");
  EXPECT_EQ(printed("prev(x, 0 days)"), "prev(x, 0s)");
}

TEST(Print, QuotesWhatAFilterComparesWith) {
  EXPECT_EQ(printed("x{a=SE,b!='say \"hi\"'}"), "x{a=\"SE\", b!='say \"hi\"'}");
}

// --- any tree ---

std::unique_ptr<Expr> leaf(Expr::Kind kind, std::string text) {
  auto expr = std::make_unique<Expr>();
  expr->kind = kind;
  expr->text = std::move(text);
  return expr;
}

std::unique_ptr<Expr> any_literal() {
  const int choice = *rc::gen::inRange(0, 4);
  if (choice == 0) {
    auto number =
        leaf(Expr::Kind::kNumber, *rc::gen::element<std::string>("0", "12", ".5", "1.5k", "2M", "2.2%", "10:1"));
    number->number = tokenize(number->text)->front().number;
    return number;
  }
  if (choice == 1) {
    const auto text =
        *rc::gen::element<std::string>("30s", "90m", "3 days", "2 weeks", "5 months", "1 quarter", "2 years", "0s");
    auto duration = leaf(Expr::Kind::kDuration, text);
    duration->span = tokenize(text)->front().span;
    return duration;
  }
  if (choice == 2) {
    auto date = leaf(Expr::Kind::kDate, "");
    date->date = date_of(Slot{*rc::gen::inRange<std::int64_t>(0, 20'000) * kDayMs});
    date->text = date_text(date->date);
    return date;
  }
  return leaf(Expr::Kind::kText, *rc::gen::element<std::string>("", "SE", "it's", "say \"hi\"", "Åre, {x}"));
}

std::unique_ptr<Expr> any_name() {
  auto name =
      leaf(Expr::Kind::kName, *rc::gen::element<std::string>("value", "web.visits", "days", "m", "target.pace", "_x"));
  const int filters = *rc::gen::inRange(0, 3);
  for (int i = 0; i < filters; ++i) {
    name->filters.push_back({*rc::gen::element<std::string>("country", "and", "not"),
                             *rc::gen::element<std::string>("", "SE", "3 days", "2%", "it's", "a \"b\""),
                             *rc::gen::arbitrary<bool>()});
  }
  return name;
}

std::unique_ptr<Expr> any_tree(int depth);

std::unique_ptr<Expr> any_operation(int depth) {
  auto expr = leaf(Expr::Kind::kOperator, "");
  expr->op = static_cast<Operator>(*rc::gen::inRange(0, 15));
  const bool is_unary = expr->op == Operator::kNot || expr->op == Operator::kNegate;
  for (int i = is_unary ? 1 : 0; i < 2; ++i) {
    expr->children.push_back(any_tree(depth - 1));
  }
  return expr;
}

std::unique_ptr<Expr> any_tree(int depth) {
  const int choice = depth == 0 ? *rc::gen::inRange(0, 2) : *rc::gen::inRange(0, 6);
  if (choice == 0) {
    return any_literal();
  }
  if (choice == 1) {
    return any_name();
  }
  if (choice > 2) {
    return any_operation(depth);
  }
  auto call = leaf(Expr::Kind::kCall, *rc::gen::element<std::string>("max", "change", "f"));
  const int arguments = *rc::gen::inRange(0, 4);
  for (int i = 0; i < arguments; ++i) {
    call->children.push_back(any_tree(depth - 1));
  }
  return call;
}

/// Durations are read back in another unit, their text differs.
void forget_durations(Expr& expr) {
  if (expr.kind == Expr::Kind::kDuration) {
    expr.text.clear();
  }
  for (const auto& child : expr.children) {
    forget_durations(*child);
  }
}

RC_GTEST_PROP(Print, IsReadBackAsTheSameTree, ()) {
  const auto tree = any_tree(5);
  const std::string text = print(*tree);
  RC_PRE(text.size() <= 4096U);
  const auto back = parse_expression(text);
  if (!back) {
    RC_FAIL(shown(text, back.error()));
  }
  forget_durations(*tree);
  forget_durations(**back);
  RC_ASSERT(same_tree(*tree, **back));
  RC_ASSERT(print(**back) == text);
}

/// Bytes as a person or an attacker might write them: words of the language in any order, and garbage.
std::string any_text() {
  std::string text;
  const int words = *rc::gen::inRange(0, 30);
  for (int i = 0; i < words; ++i) {
    text += *rc::gen::weightedOneOf<std::string>({{8,
                                                   rc::gen::element<std::string>("a",
                                                                                 "web.visits",
                                                                                 "value",
                                                                                 "12",
                                                                                 "2%",
                                                                                 "10:1",
                                                                                 "3 days",
                                                                                 "5m",
                                                                                 "2026-01-31",
                                                                                 "\"x\"",
                                                                                 "'y'",
                                                                                 "(",
                                                                                 ")",
                                                                                 "{",
                                                                                 "}",
                                                                                 ",",
                                                                                 "=",
                                                                                 "==",
                                                                                 "!=",
                                                                                 "<",
                                                                                 "<=",
                                                                                 ">",
                                                                                 "+",
                                                                                 "-",
                                                                                 "*",
                                                                                 "/",
                                                                                 "^",
                                                                                 "and",
                                                                                 "or",
                                                                                 "not",
                                                                                 "max(",
                                                                                 "prev(",
                                                                                 "day",
                                                                                 ".",
                                                                                 "k")},
                                                  {4, rc::gen::element<std::string>(" ", " ", "\n", "")},
                                                  {1, rc::gen::arbitrary<std::string>()}});
  }
  return text;
}

RC_GTEST_PROP(Print, OfWhateverParsesIsStable, ()) {
  const std::string text = any_text();
  const auto tree = parse_expression(text);
  if (!tree) {
    const TextRange range = tree.error().range;
    RC_ASSERT(range.begin <= range.end);
    RC_ASSERT(range.end <= std::max<std::size_t>(text.size(), 1));
    RC_ASSERT(!tree.error().message.empty());
    RC_ASSERT(is_valid_utf8(tree.error().message));
    return;
  }
  const std::string once = print(**tree);
  const auto back = parse_expression(once);
  if (!back) {
    RC_FAIL(shown(once, back.error()));
  }
  forget_durations(**tree);
  forget_durations(**back);
  RC_ASSERT(same_tree(**tree, **back));
}

}  // namespace
}  // namespace kpi
