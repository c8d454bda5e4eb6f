#include "plugins/number_format.hpp"

#include "rules/base/text.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace kpi {
namespace {

using Thousands = NumberFormat::Thousands;

constexpr NumberFormat kPoint{.decimal = '.', .thousands = Thousands::kAuto, .comma_is_doubtful = false};
constexpr NumberFormat kComma{.decimal = ',', .thousands = Thousands::kAuto, .comma_is_doubtful = false};
constexpr NumberFormat kData = kDataNumbers;
constexpr NumberFormat kAnswer{.comma_is_doubtful = true, .is_fixed = true, .decimal_place = "decode"};
constexpr NumberFormat kDoubtful{.decimal = '.', .thousands = Thousands::kAuto, .comma_is_doubtful = true};

NumberFormat grouped(char decimal, Thousands thousands) {
  return {.decimal = decimal, .thousands = thousands, .comma_is_doubtful = false};
}

struct ReadCase {
  std::string_view name;
  std::string cell;
  NumberFormat format;
  double number;
};

const std::vector<ReadCase>& readable() {
  static const std::vector<ReadCase> cases{
      {"digits", "152", kPoint, 152},
      {"a fraction", "0.125", kPoint, 0.125},
      {"a fraction without a leading zero", ".5", kPoint, 0.5},
      {"a leading zero", "007", kPoint, 7},
      {"an exponent", "1.5e3", kPoint, 1500},
      {"a sign", "-12.5", kPoint, -12.5},
      {"a plus", "+3", kPoint, 3},
      {"a typeset minus", "\u22123", kPoint, -3},
      {"thousands", "2,146", kPoint, 2146},
      {"millions", "-1,234,567.25", kPoint, -1234567.25},
      {"thousands set apart by blanks", "1 200 000", kPoint, 1200000},
      {"a percent sign", "45.3%", kPoint, 45.3},
      {"a percent sign behind a blank", "45.3 %", kPoint, 45.3},
      {"blanks around", "  12\u00A0", kPoint, 12},
      {"a decimal comma", "1,5", kComma, 1.5},
      {"three digits behind a decimal comma", "1,234", kComma, 1.234},
      {"thousands by points", "1.234.567,8", kComma, 1234567.8},
      {"thousands by no-break spaces", "1\u00A0582,5", kComma, 1582.5},
      {"thousands by narrow no-break spaces", "1\u202F582", kComma, 1582},
      {"a percent sign behind a no-break space", "45,3\u00A0%", kComma, 45.3},
      {"digits with a decimal comma", "1234", kComma, 1234},
      {"thousands by apostrophes", "1'234.5", grouped('.', Thousands::kApostrophe), 1234.5},
      {"thousands by typeset apostrophes", "1\u2019234", grouped('.', Thousands::kApostrophe), 1234},
      {"a point in a file of semicolons", "12.345", kDoubtful, 12.345},
      {"a decimal comma before a percent sign in data", "45,3 %", kData, 45.3},
      {"three digits behind it that are no thousands", "0,453 %", kData, 0.453},
      {"commas in an answer that can be nothing but thousands", "1,234,567.5", kAnswer, 1234567.5},
      {"commas in data that can be nothing but thousands", "1,234,567", kData, 1234567},
      {"thousands of percent that the file says", "45,312 %", grouped('.', Thousands::kComma), 45312},
  };
  return cases;
}

TEST(ReadNumber, TakesWhatPeopleAndSpreadsheetsWrite) {
  for (const ReadCase& test : readable()) {
    const auto number = read_number(test.cell, test.format);
    ASSERT_TRUE(number) << test.name;
    EXPECT_DOUBLE_EQ(*number, test.number) << test.name;
  }
}

TEST(ReadNumber, TakesTheWordsForNoValueAsNaN) {
  for (const std::string_view cell : {"", "  ", "-", "–", "NA", "n/a", "N/A", "#N/A", "null", "NULL", "nan", "NaN"}) {
    const auto number = read_number(cell, kPoint);
    ASSERT_TRUE(number) << cell;
    EXPECT_TRUE(std::isnan(*number)) << cell;
  }
}

struct TroubleCase {
  std::string_view name;
  std::string cell;
  NumberFormat format;
  std::string trouble;
};

const std::vector<TroubleCase>& unreadable() {
  constexpr std::string_view general =
      " is not a number: write digits, or leave the cell empty where there is no value";
  static const std::vector<TroubleCase> cases{
      {"a decimal comma", "1,5", kPoint, R"("1,5" has a decimal comma: write decimal: ",")"},
      {"a percentage that may have thousands",
       "45,312 %",
       kPoint,
       R"("45,312 %" may be a fraction or thousands: write decimal: "," or thousands: ",")"},
      {"a percentage in data that may have thousands",
       "45,312 %",
       kData,
       R"("45,312 %" may be a fraction or thousands: deliver a number, or a text such as "7.5")"},
      {"a decimal comma and percent", "45,3 %", kPoint, R"("45,3 %" has a decimal comma: write decimal: ",")"},
      {"a group cannot begin with zero", "0,123", kPoint, R"("0,123" has a decimal comma: write decimal: ",")"},
      {"points and a comma", "1.234,5", kPoint, R"("1.234,5" has a decimal comma: write decimal: ",")"},
      {"a decimal point", "1234.5", kComma, R"("1234.5" has a decimal point: write decimal: ".")"},
      {"commas and a point", "1,234.5", kComma, R"("1,234.5" has a decimal point: write decimal: ".")"},
      {"apostrophes unasked", "1'234", kPoint, R"("1'234" has its thousands set apart: write thousands: "'")"},
      {"blanks unasked",
       "1 234",
       grouped('.', Thousands::kNone),
       R"("1 234" has its thousands set apart: write thousands: " ")"},
      {"a comma in a file of semicolons",
       "12,345",
       kDoubtful,
       R"("12,345" may be a fraction or thousands: write decimal: "," or thousands: ",")"},
      {"a fraction in a file of semicolons", "1,5", kDoubtful, R"("1,5" has a decimal comma: write decimal: ",")"},
      {"a currency sign", "$12", kPoint, R"("$12" is not a plain number: deliver it without the currency)"},
      {"a currency", "1 200 kr", kPoint, R"("1 200 kr" is not a plain number: deliver it without the currency)"},
      {"points alone", "1.234.567", kPoint, R"("1.234.567" has its thousands set apart by points: write decimal: ",")"},
      {"commas alone", "1,234,567", kComma, R"("1,234,567" has its thousands set apart by commas: write decimal: ".")"},
      {"a decimal comma in data",
       "7,5",
       kData,
       R"("7,5" is not written as a number is in data: deliver a number, or a text such as "7.5")"},
      {"a fraction or thousands in data",
       "1,234",
       kData,
       R"("1,234" may be a fraction or thousands: deliver a number, or a text such as "7.5")"},
      {"a fraction or thousands in an answer",
       "1,234",
       kAnswer,
       R"("1,234" may be a fraction or thousands: write decimal: "," or decimal: "." in decode)"},
      {"apostrophes in data",
       "1'234",
       kData,
       R"("1'234" has its thousands set apart: deliver a number, or a text of digits alone)"},
      {"a word", "many", kPoint, "\"many\"" + std::string(general)},
      {"infinity", "inf", kPoint, "\"inf\"" + std::string(general)},
      {"too large", "1e999", kPoint, "\"1e999\"" + std::string(general)},
      {"two numbers", "1 2", kPoint, "\"1 2\"" + std::string(general)},
      {"groups of different signs", "1,234 567", kPoint, "\"1,234 567\"" + std::string(general)},
      {"an open group", "1,234,", kPoint, "\"1,234,\"" + std::string(general)},
      {"two points", "1.2.3", kPoint, "\"1.2.3\"" + std::string(general)},
      {"two signs", "--1", kPoint, "\"--1\"" + std::string(general)},
      {"hexadecimal", "0x10", kPoint, "\"0x10\"" + std::string(general)},
      {"a control byte", "1\x1B", kPoint, R"("1\x1b")" + std::string(general)},
      {"too long", std::string(65, '1') + ".", kPoint, '"' + std::string(60, '1') + "…\"" + std::string(general)},
  };
  return cases;
}

TEST(ReadNumber, RefusesWhatCannotBeReadBeyondDoubt) {
  for (const TroubleCase& test : unreadable()) {
    EXPECT_EQ(read_number(test.cell, test.format), std::nullopt) << test.name;
  }
}

TEST(NumberTrouble, NamesTheValueAndTheRemedy) {
  for (const TroubleCase& test : unreadable()) {
    EXPECT_EQ(number_trouble(test.cell, test.format), test.trouble) << test.name;
  }
}

/// `digits` in groups of three.
std::string in_groups(std::string digits, char separator) {
  for (std::ptrdiff_t at = std::ssize(digits) - 3; at > 0; at -= 3) {
    digits.insert(static_cast<std::size_t>(at), 1, separator);
  }
  return digits;
}

RC_GTEST_PROP(ReadNumber, ReadsGroupedNumbersAsTheNumbersTheyAre, (std::uint32_t whole, std::uint16_t fraction)) {
  const double number = whole + (fraction / 65536.0);
  const std::string plain = std::to_string(whole);
  std::string tail = number_text(fraction / 65536.0);
  tail = fraction == 0 || tail.find('e') != std::string::npos ? "" : tail.substr(2);
  const double expected = tail.empty() ? whole : number;
  RC_ASSERT(read_number(in_groups(plain, ',') + (tail.empty() ? "" : '.' + tail), kPoint) == expected);
  RC_ASSERT(read_number(in_groups(plain, '.') + (tail.empty() ? "" : ',' + tail), kComma) == expected);
}

TEST(Scaled, MovesTheDecimalPoint) {
  EXPECT_EQ(scaled(45.3, 0.01), 0.453);
  EXPECT_EQ(scaled(-99.9, 0.01), -0.999);
  EXPECT_EQ(scaled(100, 0.01), 1);
  EXPECT_EQ(scaled(0, 0.01), 0);
  EXPECT_EQ(scaled(5e-7, 0.001), 5e-10);
  EXPECT_EQ(scaled(1.7e300, 0.1), 1.7e299);
  EXPECT_TRUE(std::isnan(scaled(std::nan(""), 0.01)));
}

TEST(Scaled, MultipliesByAnythingElse) {
  EXPECT_EQ(scaled(3, 1), 3);
  EXPECT_EQ(scaled(3, 1000), 3000);
  EXPECT_EQ(scaled(8, 0.75), 6);
}

RC_GTEST_PROP(Scaled, GivesTheDoubleThatThePercentageReadsAs, (std::int32_t hundredths)) {
  const std::string sign = hundredths < 0 ? "-" : "";
  std::string digits = std::to_string(hundredths < 0 ? -std::int64_t{hundredths} : std::int64_t{hundredths});
  digits.insert(0, digits.size() < 5 ? 5 - digits.size() : 0, '0');
  const auto with_point = [&](std::size_t places) {
    return *parse_number(sign + digits.substr(0, digits.size() - places) + '.' + digits.substr(digits.size() - places));
  };
  RC_ASSERT(scaled(with_point(2), 0.01) == with_point(4));
}

}  // namespace
}  // namespace kpi
