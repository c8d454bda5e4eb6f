#include "rules/words/civil_words.hpp"
#include "rules/words/language_words.hpp"
#include "rules/words/say.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <set>

namespace kpi {
namespace {

constexpr std::array kLanguages{Language::kEnglish, Language::kSwedish, Language::kDanish, Language::kNorwegian};

/// The placeholders of a text, "n" and "n:" for one that chooses; what is not well written is an entry that says so.
std::set<std::string> placeholders(std::string_view text) {
  std::set<std::string> names;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i, 2) == "{{" || text.substr(i, 2) == "}}") {
      ++i;
    } else if (text[i] == '}') {
      names.insert("a brace too many");
    } else if (text[i] == '{') {
      const std::size_t close = text.find('}', i);
      const std::string_view inside = text.substr(i + 1, close - i - 1);
      if (close == std::string_view::npos || inside.empty() || inside.find('{') != std::string_view::npos) {
        names.insert("a brace that is not closed");
        break;
      }
      const std::size_t colon = inside.find(':');
      if (colon != std::string_view::npos && inside.find('|') == std::string_view::npos) {
        names.insert("no two forms");
      }
      names.insert(std::string(inside.substr(0, colon)));
      i = close;
    }
  }
  return names;
}

Date day(std::string_view text) {
  return parse_date(text).value();
}

Zone stockholm() {
  return Zone::find("Europe/Stockholm").value();
}

std::string in_all(const std::function<std::string(Language)>& words) {
  std::string all;
  for (const Language language : kLanguages) {
    all += (all.empty() ? "" : " | ") + words(language);
  }
  return all;
}

TEST(Words, EveryLanguageHasEveryPhraseWithTheSamePlaceholders) {
  const LanguageWords& english = english_words();
  for (const Language language : kLanguages) {
    const LanguageWords& words = language_words(language);
    ASSERT_EQ(words.phrases.size(), static_cast<std::size_t>(Phrase::kCount));
    for (std::size_t i = 0; i < words.phrases.size(); ++i) {
      const std::string_view text = words.phrases[i].text;
      EXPECT_EQ(placeholders(text), placeholders(english.phrases[i].text)) << text;
      EXPECT_EQ(text.find("  "), std::string_view::npos) << text;
    }
    for (const auto names : {std::span<const std::string_view>(words.months),
                             std::span<const std::string_view>(words.short_months),
                             std::span<const std::string_view>(words.weekdays),
                             std::span<const std::string_view>(words.short_weekdays)}) {
      EXPECT_EQ(std::set<std::string_view>(names.begin(), names.end()).size(), names.size());
      EXPECT_EQ(std::ranges::count(names, ""), 0);
    }
  }
}

TEST(Words, NoLanguageLeavesALongSentenceInEnglish) {
  for (const Language language : {Language::kSwedish, Language::kDanish, Language::kNorwegian}) {
    for (const PhraseText& phrase : language_words(language).phrases) {
      const std::string_view english = english_words().phrases[static_cast<std::size_t>(phrase.phrase)].text;
      // What is only placeholders and marks is the same everywhere.
      std::string letters;
      bool inside = false;
      for (const char c : english) {
        inside = c == '{' || (inside && c != '}');
        letters += !inside && std::isalpha(static_cast<unsigned char>(c)) != 0 ? std::string(1, c) : "";
      }
      EXPECT_FALSE(letters.size() > 12 && phrase.text == english) << english;
    }
  }
}

TEST(Words, WhatIsPutInIsPutInOnceAndChoosesTheForm) {
  EXPECT_EQ(say(Language::kEnglish, Phrase::kDays, {{"n", 1}}), "1 day");
  EXPECT_EQ(say(Language::kEnglish, Phrase::kDays, {{"n", 1200}}), "1,200 days");
  EXPECT_EQ(say(Language::kSwedish, Phrase::kDays, {{"n", 0}}), "0 dagar");
  EXPECT_EQ(say(Language::kEnglish, Phrase::kBelowFor, {{"limit", "{time}"}, {"time", "}{"}}), "below {time} for }{");
  EXPECT_EQ(say(Language::kEnglish, Phrase::kDigestTrouble, {{"n", 12}, {"trouble", 1}}),
            "1 of 12 KPIs needs attention");
  EXPECT_NE(say(Language::kDanish, Phrase::kNoLastYear).find("{steps: {…}}"), std::string::npos);
}

TEST(Words, DatesAndTimesAreWrittenAsTheLanguageWritesThem) {
  EXPECT_EQ(in_all([](Language language) { return date_words(day("2026-03-31"), language); }),
            "31 March 2026 | 31 mars 2026 | 31. marts 2026 | 31. mars 2026");
  EXPECT_EQ(in_all([](Language language) { return weekday_date_words(day("2026-03-31"), language); }),
            "Tuesday 31 March 2026 | tisdag 31 mars 2026 | tirsdag 31. marts 2026 | tirsdag 31. mars 2026");
  const Instant noon = parse_rfc3339("2026-03-31T06:05:00Z").value();
  EXPECT_EQ(in_all([&](Language language) { return time_words(noon, stockholm(), language); }),
            "31 March 2026 08:05 | 31 mars 2026 kl. 08:05 | 31. marts 2026 kl. 08.05 | 31. mars 2026 kl. 08:05");
  EXPECT_EQ(in_all([](Language language) { return dates_words(day("2026-03-30"), day("2026-04-05"), language); }),
            "30 March – 5 April 2026 | 30 mars – 5 april 2026 | 30. marts – 5. april 2026 | 30. mars – 5. april 2026");
  EXPECT_EQ(dates_words(day("2026-12-28"), day("2027-01-03"), Language::kEnglish), "28 December 2026 – 3 January 2027");
}

TEST(Words, PeriodsHaveTheirNames) {
  PeriodPlace place{stockholm(), {}};
  const auto name = [&](std::string_view first, Grain::Unit unit) {
    return in_all(
        [&](Language language) { return period_words(slot_of(day(first)), Grain{unit, 0}, place, language); });
  };
  EXPECT_EQ(
      name("2026-03-23", Grain::Unit::kWeek),
      "week 13, 23–29 March 2026 | v. 13, 23–29 mars 2026 | uge 13, 23.–29. marts 2026 | uke 13, 23.–29. mars 2026");
  EXPECT_EQ(name("2026-03-01", Grain::Unit::kMonth), "March 2026 | mars 2026 | marts 2026 | mars 2026");
  EXPECT_EQ(name("2026-01-01", Grain::Unit::kQuarter), "Q1 2026 | kvartal 1 2026 | 1. kvartal 2026 | 1. kvartal 2026");
  EXPECT_EQ(name("2026-01-01", Grain::Unit::kYear), "2026 | 2026 | 2026 | 2026");
  const Slot two{parse_rfc3339("2026-03-31T12:00:00Z").value().time_since_epoch().count()};
  EXPECT_EQ(period_words(two, Grain{Grain::Unit::kInterval, 3'600'000}, place, Language::kDanish),
            "31. marts 2026 kl. 14.00–15.00");
  place.calendar.year_starts = std::chrono::July / 1;
  place.calendar.week_starts = std::chrono::Sunday;
  EXPECT_EQ(period_words(slot_of(day("2026-01-01")), Grain{Grain::Unit::kQuarter, 0}, place, Language::kEnglish),
            "Q3 2025");
  EXPECT_EQ(period_words(slot_of(day("2026-07-01")), Grain{Grain::Unit::kYear, 0}, place, Language::kSwedish),
            "2026/27");
  EXPECT_EQ(period_words(slot_of(day("2026-03-22")), Grain{Grain::Unit::kWeek, 0}, place, Language::kEnglish),
            "22–28 March 2026");
}

TEST(Words, WeeksAreNumberedAsIso8601Says) {
  EXPECT_EQ(iso_week(day("2026-12-28")), 53);
  EXPECT_EQ(iso_week(day("2027-01-03")), 53);
  EXPECT_EQ(iso_week(day("2027-01-04")), 1);
  EXPECT_EQ(iso_week(day("2024-12-30")), 1);
}

TEST(Words, LengthsAreCountsOfPeriods) {
  EXPECT_EQ(in_all([](Language language) { return lasting_words(3, Grain{Grain::Unit::kWeek, 0}, language); }),
            "3 weeks | 3 veckor | 3 uger | 3 uker");
  EXPECT_EQ(lasting_words(1, Grain{Grain::Unit::kQuarter, 0}, Language::kNorwegian), "1 kvartal");
  EXPECT_EQ(lasting_words(3, Grain{Grain::Unit::kInterval, 3'600'000}, Language::kSwedish), "3 timmar");
  EXPECT_EQ(lasting_words(1, Grain{Grain::Unit::kInterval, 3'600'000}, Language::kEnglish), "60 minutes");
}

}  // namespace
}  // namespace kpi
