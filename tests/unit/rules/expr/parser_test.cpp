#include "rules/expr/parser.hpp"

#include "tests/unit/rules/expr/expression_text.hpp"

#include <gtest/gtest.h>

namespace kpi {
namespace {

struct ParserCase {
  std::string name;
  std::string text;
  std::string meaning;  ///< The expression with all its parentheses, or the error.
};

void PrintTo(const ParserCase& test, std::ostream* out) {
  *out << test.text;
}

class Precedence : public testing::TestWithParam<ParserCase> {};

TEST_P(Precedence, Is) {
  EXPECT_EQ(parsed(GetParam().text), GetParam().meaning);
}

INSTANTIATE_TEST_SUITE_P(
    Parser,
    Precedence,
    testing::Values(
        ParserCase{"ProductsBeforeSums", "a + b * c", "(a + (b * c))"},
        ParserCase{"DifferencesFromTheLeft", "a - b - c", "((a - b) - c)"},
        ParserCase{"QuotientsFromTheLeft", "a / b / c", "((a / b) / c)"},
        ParserCase{"PowersFromTheRight", "a ^ b ^ c", "(a ^ (b ^ c))"},
        ParserCase{"PowersBeforeTheSign", "-a ^ 2", "(- (a ^ 2))"},
        ParserCase{"ASignInTheExponent", "a ^ -b ^ c", "(a ^ (- (b ^ c)))"},
        ParserCase{"SignsBeforeProducts", "-a * -b", "((- a) * (- b))"},
        ParserCase{"ManySigns", "--a", "(- (- a))"},
        ParserCase{"SumsBeforeComparisons", "a + b < c - d", "((a + b) < (c - d))"},
        ParserCase{"ComparisonsBeforeNot", "not a < b", "(not (a < b))"},
        ParserCase{"NotBeforeAnd", "not a < b and c < d", "((not (a < b)) and (c < d))"},
        ParserCase{"AndBeforeOr", "a < b or c < d and e < f", "((a < b) or ((c < d) and (e < f)))"},
        ParserCase{"ParenthesesFirst", "(a + b) * c", "((a + b) * c)"},
        ParserCase{"Calls", "change(value, 1 week) < -30%", "(change(value, 1 week) < (- 30%))"},
        ParserCase{"Filters",
                   "web.visits{country=SE, device!=\"bot\"} / x",
                   "(web.visits{country=\"SE\", device!=\"bot\"} / x)"},
        ParserCase{"FiltersOnWhatReadsLikeANumber", "x{tier=10:1, age=3 days}", "x{tier=\"10:1\", age=\"3 days\"}"},
        ParserCase{"ACallWithoutArguments", "weekday() >= 6", "(weekday() >= 6)"}),
    [](const auto& test) { return test.param.name; });

class ParserErrors : public testing::TestWithParam<ParserCase> {};

TEST_P(ParserErrors, PointAtThePlace) {
  EXPECT_EQ(parsed(GetParam().text), GetParam().meaning);
}

INSTANTIATE_TEST_SUITE_P(Parser,
                         ParserErrors,
                         testing::Values(ParserCase{"Nothing", "", R"~(
^
expected a value, got the end
-> the expression is not complete)~"},
                                         ParserCase{"AnOpenEnd", "a +", R"~(a +
   ^
expected a value, got the end
-> the expression is not complete)~"},
                                         ParserCase{"TwoValues", "a b", R"~(a b
  ^
expected an operator or the end, got "b"
-> is an operator missing before it?)~"},
                                         ParserCase{"AUnitOfTime", "prev(a, 12 hours)", R"~(prev(a, 12 hours)
           ^^^^^
expected "," or ")" in the arguments of prev, got "hours"
-> write 12h)~"},
                                         ParserCase{"ACurrency", "100 SEK", R"~(100 SEK
    ^^^
expected an operator or the end, got "SEK"
-> write 100: numbers have no unit, the KPI's key unit says what they are in)~"},
                                         ParserCase{"AnAssignment", "a = b", R"~(a = b
  ^
expected an operator or the end, got "="
-> write == to compare)~"},
                                         ParserCase{"AChainOfComparisons", "1 < a < 3", R"~(1 < a < 3
      ^
two comparisons in a row
-> join them with `and`: a < b and b < c)~"},
                                         ParserCase{"AnOpenParenthesis", "2 * (a + b", R"~(2 * (a + b
          ^
expected ")", got the end
-> the parenthesis opened at column 5 of the expression is not closed)~"},
                                         ParserCase{"AClosedParenthesisTooMany", "a)", R"~(a)
 ^
expected an operator or the end, got ")")~"},
                                         ParserCase{"AnOperatorForAValue", "a * / b", R"~(a * / b
    ^
expected a value, got "/")~"},
                                         ParserCase{"AWordForAValue", "a + or", R"~(a + or
    ^^
expected a value, got "or")~"},
                                         ParserCase{"NotInsideASum", "1 + not a", R"~(1 + not a
    ^^^
expected a value, got "not"
-> `not` goes before a whole comparison: not a < b)~"},
                                         ParserCase{"AnOpenCall", "max(a, b", R"~(max(a, b
        ^
expected "," or ")" in the arguments of max, got the end)~"},
                                         ParserCase{"AnEmptyArgument", "max(a,)", R"~(max(a,)
      ^
expected a value, got ")")~"},
                                         ParserCase{"AnEmptyFilter", "x{}", R"~(x{}
  ^
expected a label, got "}"
-> write {country="SE", device!="bot"})~"},
                                         ParserCase{"AFilterByMoreOrLess", "x{a<1}", R"~(x{a<1}
   ^
expected = or != after the label a, got "<")~"},
                                         ParserCase{"AFilterWithoutAValue", "x{a=}", R"~(x{a=}
    ^
expected a label value, got "}")~"},
                                         ParserCase{"AnOpenFilter", "x{a=1", R"~(x{a=1
     ^
expected "," or "}" in the filter, got the end)~"},
                                         ParserCase{
                                             "ATextAcrossLines",
                                             "a \"b\nc\"",
                                             "a \"b\nc\"\n  ^^^^^\nexpected an operator or the end, got \"b\\x0ac\""}),
                         [](const auto& test) { return test.param.name; });

std::string nested(std::string_view before, std::string_view after, int times) {
  std::string text = "a";
  for (int i = 0; i < times; ++i) {
    text = std::string(before) + text + std::string(after);
  }
  return text;
}

class Nesting : public testing::TestWithParam<std::pair<std::string, std::string>> {};

TEST_P(Nesting, IsAllowedToSixtyLevelsAndRefusedAtAThousand) {
  const auto& [before, after] = GetParam();
  EXPECT_TRUE(parse_expression(nested(before, after, 60)).has_value());
  const auto deep = parse_expression(nested(before, after, 1000));
  ASSERT_FALSE(deep.has_value());
  EXPECT_EQ(deep.error().message, "the expression is nested too deeply");
  EXPECT_EQ(deep.error().remedy, "split it into `parts`");
}

INSTANTIATE_TEST_SUITE_P(Parser,
                         Nesting,
                         testing::Values(std::pair("(", ")"),
                                         std::pair("-", ""),
                                         std::pair("f(", ")"),
                                         std::pair("not ", ""),
                                         std::pair("2^", "")));

TEST(Parser, RefusesAChainOfHundredsOfOperators) {
  std::string text = "a";
  for (int i = 0; i < 256; ++i) {
    text += " + a";
  }
  EXPECT_TRUE(parse_expression(text).has_value());
  const auto tree = parse_expression(text + " + a");
  ASSERT_FALSE(tree.has_value());
  EXPECT_EQ(tree.error().message, "the expression has too many parts");
}

TEST(Parser, TellsWhereEachNodeStands) {
  const auto tree = parse_expression("(a + b) * max(c, 2)");
  ASSERT_TRUE(tree.has_value());
  EXPECT_EQ((*tree)->range, (TextRange{0, 19}));
  EXPECT_EQ((*tree)->children[0]->range, (TextRange{0, 7}));
  EXPECT_EQ((*tree)->children[1]->range, (TextRange{10, 19}));
  EXPECT_EQ((*tree)->children[1]->children[1]->range, (TextRange{17, 18}));
}

TEST(Parser, PointsAtTheWordItselfInsideParentheses) {
  const auto tree = parse_expression("( a )");
  ASSERT_TRUE(tree.has_value());
  EXPECT_EQ((*tree)->range, (TextRange{2, 3}));
}

}  // namespace
}  // namespace kpi
