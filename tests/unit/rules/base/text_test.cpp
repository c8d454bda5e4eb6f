#include "rules/base/text.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <limits>
#include <string>
#include <vector>

namespace kpi {
namespace {

TEST(EditDistance, CountsEditsAndSwapsOfNeighbours) {
  EXPECT_EQ(edit_distance("kitten", "sitting", 9), 3U);
  EXPECT_EQ(edit_distance("recieve", "receive", 9), 1U);
  EXPECT_EQ(edit_distance("", "abc", 9), 3U);
  EXPECT_EQ(edit_distance("same", "same", 0), 0U);
}

TEST(EditDistance, StopsAboveTheLimit) {
  EXPECT_EQ(edit_distance("kitten", "sitting", 2), 3U);
  EXPECT_EQ(edit_distance("kitten", "sitting", 1), 2U);
  EXPECT_EQ(edit_distance("a", std::string(1'000'000, 'b'), 3), 4U);
  EXPECT_EQ(edit_distance("abcdef", "uvwxyz", 2), 3U);
}

RC_GTEST_PROP(EditDistanceProperty, IsTheSameBothWaysAndCappedAtTheLimit, ()) {
  const auto word = rc::gen::container<std::string>(rc::gen::inRange('a', 'd'));
  const std::string a = *word;
  const std::string b = *word;
  const std::size_t whole = edit_distance(a, b, 1000);
  const std::size_t limit = *rc::gen::inRange<std::size_t>(0, 6);
  RC_ASSERT(edit_distance(b, a, 1000) == whole);
  RC_ASSERT(edit_distance(a, b, limit) == std::min(whole, limit + 1));
}

TEST(Nearest, FindsASlipButNothingFartherOff) {
  const std::vector<std::string> keys = {"thresholds", "targets", "target", "unit"};
  EXPECT_EQ(nearest("tresholds", keys), "thresholds");
  EXPECT_EQ(nearest("targte", keys), "target");
  EXPECT_EQ(nearest("UNIT", keys), "unit");
  EXPECT_EQ(nearest("untidy", keys), std::nullopt);
  EXPECT_EQ(nearest("ab", keys), std::nullopt);
  EXPECT_EQ(nearest("", keys), std::nullopt);
  EXPECT_EQ(did_you_mean("unti", keys), "did you mean \"unit\"?");
  EXPECT_EQ(did_you_mean("colour", keys), "");
}

TEST(Utf8, KnowsShortestFormsSurrogatesAndTruncation) {
  EXPECT_TRUE(is_valid_utf8(""));
  EXPECT_TRUE(is_valid_utf8("okänt – 日本 😀"));
  for (const char* text :
       {"\x80", "\xC3", "\xC0\xAF", "\xE0\x80\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xFF", "a\xE2\x82"}) {
    EXPECT_FALSE(is_valid_utf8(text)) << printable(text);
  }
}

TEST(Printable, EscapesWhatMovesATerminalOrEndsALine) {
  EXPECT_EQ(printable("okänt 😀"), "okänt 😀");
  EXPECT_EQ(printable("a\n\x1b[31m\x7f"), R"(a\x0a\x1b[31m\x7f)");
  EXPECT_EQ(printable("\xC2\x9B"), R"(\xc2\x9b)");
  EXPECT_EQ(printable("\xE2\x80\xAE"
                      "x"),
            R"(\xe2\x80\xaex)");
  EXPECT_EQ(printable("\xC3("), R"(\xc3()");
  EXPECT_EQ(printable(std::string_view("\0", 1)), R"(\x00)");
}

TEST(Printable, CutsBetweenCharacters) {
  EXPECT_EQ(printable("abcdef", 6), "abcdef");
  EXPECT_EQ(printable("abcdef", 3), "abc…");
  EXPECT_EQ(printable("aä", 2), "a…");
}

TEST(Words, AreTrimmedSplitAndJoined) {
  EXPECT_EQ(trim(" \t a b\r\n"), "a b");
  EXPECT_EQ(trim(" \n"), "");
  EXPECT_EQ(split("a,,b", ','), (std::vector<std::string_view>{"a", "", "b"}));
  EXPECT_EQ(split("", ','), (std::vector<std::string_view>{""}));
  EXPECT_EQ(join(std::vector<std::string>{"a", "", "c"}, ", "), "a, , c");
  EXPECT_EQ(join({}, ", "), "");
  EXPECT_EQ(to_lower_ascii("SEK Ä 1"), "sek Ä 1");
}

TEST(Numbers, AreWrittenWithTheFewestDigits) {
  EXPECT_EQ(number_text(0.1), "0.1");
  EXPECT_EQ(number_text(100000), "100000");
  EXPECT_EQ(number_text(-1234567.5), "-1234567.5");
  EXPECT_EQ(number_text(0.000001), "0.000001");
  EXPECT_EQ(number_text(1e-7), "1e-07");
  EXPECT_EQ(number_text(1e20), "100000000000000000000");
  EXPECT_EQ(number_text(1e21), "1e+21");
  EXPECT_EQ(number_text(std::numeric_limits<double>::quiet_NaN()), "nan");
  EXPECT_EQ(number_text(-std::numeric_limits<double>::infinity()), "-inf");
}

TEST(Numbers, AreReadWholeOrNotAtAll) {
  EXPECT_EQ(parse_number("-12.5e3"), -12500);
  for (const char* text : {"", " 1", "1 ", "1,5", "1 200", "+1", "nan", "inf", "0x10", "1e999", "12%", "--1"}) {
    EXPECT_EQ(parse_number(text), std::nullopt) << text;
  }
}

RC_GTEST_PROP(NumbersProperty, AreReadBackFromTheirText, ()) {
  const double number = *rc::gen::arbitrary<double>();
  RC_ASSERT(parse_number(number_text(number)) == number);
}

std::string id_of(std::int64_t milliseconds, std::vector<std::string_view> parts) {
  return stable_id(milliseconds, parts);
}

TEST(StableId, IsTheSameOnEveryRun) {
  EXPECT_EQ(id_of(1774937000000, {"conversion_rate", "SE"}), id_of(1774937000000, {"conversion_rate", "SE"}));
  EXPECT_EQ(id_of(1774937000000, {}), "01KN17TJ2089JSRBT52ZDB9C7F");
  EXPECT_EQ(id_of(0, {"a"}).size(), 26U);
}

TEST(StableId, DependsOnEveryPartAndWhereItEnds) {
  EXPECT_NE(id_of(1, {"ab", "c"}), id_of(1, {"a", "bc"}));
  EXPECT_NE(id_of(1, {"ab", ""}), id_of(1, {"ab"}));
  EXPECT_NE(id_of(1, {"ab"}).substr(10), id_of(1, {"ac"}).substr(10));
}

TEST(StableId, SortsByTime) {
  EXPECT_LT(id_of(999, {"z"}), id_of(1000, {"a"}));
  EXPECT_LT(id_of(-5, {"a"}).substr(0, 10), id_of(1'774'937'000'000, {"a"}).substr(0, 10));
}

TEST(Fingerprint, IsFnv1a) {
  EXPECT_EQ(fingerprint(""), "cbf29ce484222325");
  EXPECT_EQ(fingerprint("a"), "af63dc4c8601ec8c");
  EXPECT_EQ(fingerprint("foobar"), "85944171f73967e8");
}

}  // namespace
}  // namespace kpi
