#include "rules/expr/lexer.hpp"

#include "rules/base/text.hpp"
#include "tests/unit/rules/expr/expression_text.hpp"

#include <gtest/gtest.h>

namespace kpi {
namespace {

/// Each token as kind and content: n2.5 (number), d3 days, D2026-12-31, "text", name, symbol.
std::string words(std::string_view text) {
  const auto tokens = tokenize(text);
  if (!tokens) {
    return shown(text, tokens.error());
  }
  std::string result;
  for (const Token& token : *tokens) {
    switch (token.kind) {
      case Token::Kind::kNumber:
        result += "n" + number_text(token.number);
        break;
      case Token::Kind::kDuration:
        result += "d" + token.span.text();
        break;
      case Token::Kind::kDate:
        result += "D" + date_text(token.date);
        break;
      case Token::Kind::kText:
        result += "'" + token.text + "'";
        break;
      case Token::Kind::kName:
      case Token::Kind::kSymbol:
        result += token.text;
        break;
      case Token::Kind::kEnd:
        return result;
    }
    result += "|";
  }
  return "no end: " + result;
}

struct WordsCase {
  std::string name;
  std::string text;
  std::string words;
};

void PrintTo(const WordsCase& test, std::ostream* out) {
  *out << test.text;
}

class LexerWords : public testing::TestWithParam<WordsCase> {};

TEST_P(LexerWords, Are) {
  EXPECT_EQ(words(GetParam().text), GetParam().words);
}

INSTANTIATE_TEST_SUITE_P(
    Lexer,
    LexerWords,
    testing::Values(WordsCase{"Nothing", " \t\r\n", ""},
                    WordsCase{"Number", "12", "n12|"},
                    WordsCase{"Fraction", "12.5 .5", "n12.5|n0.5|"},
                    WordsCase{"Thousands", "1.5k", "n1500|"},
                    WordsCase{"Millions", "2M", "n2000000|"},
                    WordsCase{"Percent", "2.2%", "n0.022|"},
                    WordsCase{"Ratio", "10:1", "n10|"},
                    WordsCase{"ClockDurations", "30s 5m 2h", "d30s|d5m|d2h|"},
                    WordsCase{"CalendarDurations", "3 days 2 weeks 1 month", "d3 days|d2 weeks|d1 month|"},
                    WordsCase{"DurationOnTheNextLine", "3\ndays", "d3 days|"},
                    WordsCase{"Quarters", "1 quarter, 2 quarters", "d1 quarter|,|d6 months|"},
                    WordsCase{"ANumberAndAFunctionThatIsNamedLikeADuration", "3 month()", "n3|month|(|)|"},
                    WordsCase{"Date", "2026-12-31", "D2026-12-31|"},
                    WordsCase{"SubtractionThatIsNoDate", "2026 - 12", "n2026|-|n12|"},
                    WordsCase{"NamesWithADot", "web.visits x_1", "web.visits|x_1|"},
                    WordsCase{"Texts", "\"Åre, {x}\" 'say \"hi\"'", "'Åre, {x}'|'say \"hi\"'|"},
                    WordsCase{"Symbols", "<=>=!=<>=(){},^", "<=|>=|!=|<|>=|(|)|{|}|,|^|"}),
    [](const auto& test) { return test.param.name; });

struct ErrorCase {
  std::string name;
  std::string text;
  std::string error;
};

void PrintTo(const ErrorCase& test, std::ostream* out) {
  *out << test.text;
}

class LexerErrors : public testing::TestWithParam<ErrorCase> {};

TEST_P(LexerErrors, SayWhereAndWhatToWrite) {
  EXPECT_EQ(words(GetParam().text), GetParam().error);
}

INSTANTIATE_TEST_SUITE_P(
    Lexer,
    LexerErrors,
    testing::Values(ErrorCase{"AStrangeCharacter", "a § b", R"~(a § b
  ^^
"§" is not part of the language)~"},
                    ErrorCase{"ACharacterThatCannotBeShown",
                              std::string("a\x01", 2),
                              "a\x01\n ^\n\"\\x01\" is not part of the language"},
                    ErrorCase{"AByteThatIsNoUtf8", "\xff", "\xff\n^\n\"\\xff\" is not part of the language"},
                    ErrorCase{"OperatorsOfOtherLanguages", "a && b", R"~(a && b
  ^
"&" is no operator here
-> write `and`, `or`, `not`, `!=`)~"},
                    ErrorCase{"ATextThatDoesNotEnd", "x{a=\"SE}", R"~(x{a="SE}
    ^^^^
the quoted text does not end
-> close it with ")~"},
                    ErrorCase{"AnUnknownUnit", "12 + 5kr", R"~(12 + 5kr
     ^^^
"kr" cannot follow a number
-> numbers: 12 1.5k 2M 2% 10:1; durations: 30s 5m 2h, 3 days, 2 weeks, 1 month, 1 quarter, 1 year)~"},
                    ErrorCase{"ADurationWithoutASpace", "7days", R"~(7days
^^^^^
"days" cannot follow a number
-> numbers: 12 1.5k 2M 2% 10:1; durations: 30s 5m 2h, 3 days, 2 weeks, 1 month, 1 quarter, 1 year)~"},
                    ErrorCase{"AnExponent", "1e9", R"~(1e9
^^^
"e9" cannot follow a number
-> numbers: 12 1.5k 2M 2% 10:1; durations: 30s 5m 2h, 3 days, 2 weeks, 1 month, 1 quarter, 1 year)~"},
                    ErrorCase{"APartOfADuration", "1.5h", R"~(1.5h
^^^^
a duration is a whole number of units
-> write 90m rather than 1.5h)~"},
                    ErrorCase{"ADurationOutOfThisWorld", "101 years", R"~(101 years
^^^^^^^^^
a duration is at most 100 years)~"},
                    ErrorCase{"ADayThatIsNot", "2026-02-30", R"~(2026-02-30
^^^^^^^^^^
there is no date 2026-02-30)~"},
                    ErrorCase{"ARatioToNothing", "10:0", R"~(10:0
^^^^
a ratio is written 10:1)~"}),
    [](const auto& test) { return test.param.name; });

TEST(Lexer, RefusesANumberThatIsTooLarge) {
  const std::string text = std::string(309, '9') + "M";
  const auto tokens = tokenize(text);
  ASSERT_FALSE(tokens.has_value());
  EXPECT_EQ(tokens.error().message, "the number is too large");
}

TEST(Lexer, RefusesATextThatIsTooLong) {
  EXPECT_TRUE(tokenize(std::string(4096, ' ')).has_value());
  const auto tokens = tokenize(std::string(4097, ' '));
  ASSERT_FALSE(tokens.has_value());
  EXPECT_EQ(tokens.error(),
            (ExprError{{0, 1}, "an expression may be at most 4096 bytes long", "split it into `parts`"}));
}

TEST(Lexer, KnowsWhereEachTokenStands) {
  const auto tokens = tokenize("a + 3 days");
  ASSERT_TRUE(tokens.has_value());
  ASSERT_EQ(tokens->size(), 4U);
  EXPECT_EQ((*tokens)[0].range, (TextRange{0, 1}));
  EXPECT_EQ((*tokens)[1].range, (TextRange{2, 3}));
  EXPECT_EQ((*tokens)[2].range, (TextRange{4, 10}));
  EXPECT_EQ((*tokens)[3].range, (TextRange{10, 10}));
}

}  // namespace
}  // namespace kpi
