// What is unusual about a value, in words.

#include "rules/routing/unusual_words.hpp"

#include "tests/unit/rules/judge/ledger.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace kpi {
namespace {

/// Fifteen weeks from Monday 5 January 2026, a little up and down, and then a Monday: 20 April.
std::string words(const std::string& monday, Language language, const std::string& more = "") {
  Ledger ledger({metric_named("web.m")}, "  x:\n    title: X\n    unit: visits\n    value: web.m\n" + more);
  std::string values;
  for (int week = 0; week < 15; ++week) {
    for (const int usual : {2500, 2520, 2480, 2510, 2490, 1200, 1210}) {
      values += std::to_string(usual + (week * 37) % 100) + " ";
    }
  }
  ledger.given("web.m", "2026-01-05", values + monday);
  ledger.judged_at("2026-04-21 00:00");
  const Line& line = ledger.line("x");
  return unusual_words(line, ledger.rules().kpis[line.kpi], *line.stepped, ledger.rules().calendar, language);
}

TEST(UnusualWords, NameTheWeekdayAndForHowLong) {
  EXPECT_EQ(words("1500", Language::kEnglish), "lowest Monday in 16 weeks; usual 2,480 visits to 2,590 visits");
  EXPECT_EQ(words("1500", Language::kSwedish),
            "lägsta måndagen på 16 veckor; vanligt 2\u00a0480 visits till 2\u00a0590 visits");
  EXPECT_EQ(words("1500", Language::kDanish), "laveste mandag i 16 uger; normalt 2.480 visits til 2.590 visits");
  EXPECT_EQ(words("1500", Language::kNorwegian),
            "laveste mandag på 16 uker; vanligvis 2\u00a0480 visits til 2\u00a0590 visits");
}

TEST(UnusualWords, OfARecordOfAllDaysNameTheTime) {
  EXPECT_EQ(words("300", Language::kEnglish), "lowest in 106 days; usual 2,480 visits to 2,590 visits");
  EXPECT_EQ(words("9000", Language::kEnglish), "highest in 106 days; usual 2,480 visits to 2,590 visits");
}

TEST(UnusualWords, OfWhatIsUsualSayOnlyThat) {
  EXPECT_EQ(words("2540", Language::kEnglish), "usual 2,480 visits to 2,590 visits");
}

TEST(UnusualWords, SayNothingOfAShortHistory) {
  Ledger ledger({metric_named("web.m")}, "  x:\n    title: X\n    value: web.m\n");
  ledger.given("web.m", "2026-01-05", "10x20 900");
  ledger.judged_at("2026-02-21 00:00");
  const Line& line = ledger.line("x");
  EXPECT_EQ(
      unusual_words(line, ledger.rules().kpis[line.kpi], *line.stepped, ledger.rules().calendar, Language::kEnglish),
      "");
}

TEST(UnusualWords, TheConditionsThatAskAreKnown) {
  Ledger ledger({metric_named("web.m")},
                "  x:\n    title: X\n    value: web.m\n    alerts:\n"
                "      - {name: a, when: unusual(value)}\n"
                "      - {name: b, when: \"value < 0.5 * usual(value) and value < usual(value) - 100\"}\n"
                "      - {name: c, when: value < 3}\n");
  const Kpi& kpi = ledger.rules().kpis.front();
  EXPECT_TRUE(asks_for_unusual(kpi.alerts[0].when));
  EXPECT_TRUE(asks_for_unusual(kpi.alerts[1].when));
  EXPECT_FALSE(asks_for_unusual(kpi.alerts[2].when));
}

}  // namespace
}  // namespace kpi
