#include "daemon/review/report_words.hpp"

#include "daemon/review/outcome.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <set>
#include <vector>

namespace kpi::test {
namespace {

static_assert(std::is_standard_layout_v<ReportWords> && sizeof(ReportWords) % sizeof(std::string_view) == 0);

/// Every text of a language, in the order of the struct, which holds nothing else.
std::vector<std::string_view> texts_of(Language language) {
  std::vector<std::string_view> texts(sizeof(ReportWords) / sizeof(std::string_view));
  std::memcpy(static_cast<void*>(texts.data()), &report_words(language), sizeof(ReportWords));
  return texts;
}

std::multiset<std::string> placeholders(std::string_view text) {
  std::multiset<std::string> found;
  for (std::size_t open = text.find('{'); open != std::string_view::npos; open = text.find('{', open + 1)) {
    found.emplace(text.substr(open, text.find('}', open) - open + 1));
  }
  return found;
}

TEST(ReportWords, AreCompleteInEachLanguageAndTakeTheSameValues) {
  const auto english = texts_of(Language::kEnglish);
  for (const Language language : {Language::kEnglish, Language::kSwedish, Language::kDanish, Language::kNorwegian}) {
    const auto texts = texts_of(language);
    ASSERT_EQ(texts.size(), english.size());
    for (std::size_t i = 0; i < texts.size(); ++i) {
      EXPECT_FALSE(texts[i].empty()) << name_of(language) << ": nothing for \"" << english[i] << "\"";
      EXPECT_EQ(placeholders(texts[i]), placeholders(english[i])) << name_of(language) << ": " << texts[i];
    }
  }
}

TEST(ReportWords, WriteDatesAndPeriodsAsPeopleDo) {
  const Date day{std::chrono::year(2026) / 9 / 30};
  EXPECT_EQ(long_date(day, report_words(Language::kEnglish)), "30 September 2026");
  EXPECT_EQ(long_date(day, report_words(Language::kSwedish)), "30 september 2026");
  EXPECT_EQ(long_date(day, report_words(Language::kDanish)), "30. september 2026");
  EXPECT_EQ(short_date(day, report_words(Language::kNorwegian)), "30. sep.");
  const ReviewPeriod quarter = parse_review_period(ReviewPeriod::Kind::kQuarter, "2026-Q3", {}).value();
  EXPECT_EQ(period_words(quarter, report_words(Language::kSwedish)), "kvartal 3 2026");
  EXPECT_EQ(days_words(quarter, report_words(Language::kEnglish)), "1 July – 30 September 2026");
  const ReviewPeriod turn = review_range(std::chrono::year(2025) / 12 / 29, std::chrono::year(2026) / 1 / 5).value();
  EXPECT_EQ(period_words(turn, report_words(Language::kDanish)), "29. december 2025 – 4. januar 2026");
  EXPECT_EQ(period_words(parse_review_period(ReviewPeriod::Kind::kWeek, "2026-W05", {}).value(),
                         report_words(Language::kNorwegian)),
            "uke 5, 2026");
}

TEST(ReportWords, FillEachPlaceholderAndKeepBracesWithoutAnEnd) {
  EXPECT_EQ(filled("{a} and {b}, {a}", {{"a", "one"}, {"b", "{a}"}}), "one and {a}, one");
  EXPECT_EQ(filled("open { here", {}), "open { here");
}

}  // namespace
}  // namespace kpi::test
