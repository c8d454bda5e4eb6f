// Lines that come and go: segments that are expected, refused, retired; KPIs under another name; rules held back. And
// what of it survives a restart.

#include "tests/unit/daemon/engine/story.hpp"

#include <gmock/gmock.h>

#include <algorithm>

namespace kpi::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr const char* kConfig = R"(
timezone: UTC
sources:
  web: {plugin: csv, path: web.csv, labels: {country: Country}, metrics: {visits: {kind: flow}}}
channels: {team: {type: console}}
routes: [{match: {}, to: [team], repeat: 0}]
)";

const Labels kSweden{{"country", "SE"}};
const Labels kNorway{{"country", "NO"}};
const Labels kFinland{{"country", "FI"}};

std::string day(int number) {
  return date_text(date_of(Slot{slot_of(Date{std::chrono::year{2026} / 2 / 28}).ms + number * kDayMs}));
}

TEST(Segments, BeyondTheMostAreRefusedAndReportedOnceAndKnownOnesKept) {
  Story story(kConfig, "kpis:\n  visits: {value: web.visits, split_by: [country], max_segments: 1}\n");
  story.put("web.visits", day(1), 10, kSweden);
  story.step(day(2));
  const auto warnings_of_next = [&](int number) {
    for (const Labels& country : {kSweden, kNorway, kFinland}) {
      story.put("web.visits", day(number), 10, country);
    }
    story.step(day(number + 1));
    return story.warnings();
  };
  EXPECT_THAT(
      warnings_of_next(2),
      ElementsAre("visits: the segment country=FI and 1 other not judged: max_segments is 1, and so many are known"));
  EXPECT_THAT(warnings_of_next(3), IsEmpty());
  EXPECT_EQ(story.engine().find_line("visits", kNorway), nullptr);
  EXPECT_EQ(story.line("visits", kSweden).judged.at(*story.line("visits", kSweden).stepped)->value, 10);
  EXPECT_EQ(story.line("visits").judged.at(*story.line("visits").stepped)->value, 30) << "the total has all of them";
}

TEST(Segments, AddedToExpectAreMissingFromTheBeginning) {
  Story story(kConfig, "kpis:\n  visits: {value: web.visits, split_by: [country]}\n");
  for (const int number : {1, 2, 3}) {
    story.put("web.visits", day(number), 10, kSweden);
  }
  story.step(day(4));
  story.restart(kConfig,
                "kpis:\n  visits: {value: web.visits, split_by: [country], expect: {country: [SE, \"NO\"]}}\n");
  EXPECT_THAT(
      story.step(day(4) + " 01:00"),
      ElementsAre("team alert.no_data visits no_data (country=NO): no data since 1 March 2026: no sample arrived"));
  EXPECT_EQ(*story.line("visits", kNorway).first, *story.line("visits").first);
}

/// Sweden's value of the second day is null, and on the third it has no row.
std::map<std::string, std::string> episodes_of(const std::vector<std::string>& steps) {
  Story story(kConfig,
              "kpis:\n"
              "  visits: {value: web.visits, split_by: [country], expect: {country: [SE, \"NO\"]}}\n"
              "  twice: {value: visits * 2}\n");
  int put = 0;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const int until = steps.size() == 1 ? 6 : static_cast<int>(i) + 1;
    for (++put; put <= until; ++put) {
      story.put("web.visits", day(put), 10, kNorway);
      if (put != 3) {
        story.put("web.visits", day(put), put == 2 ? std::nan("") : 10, kSweden);
      }
    }
    --put;
    story.step(steps[i]);
  }
  return story.store().episodes;
}

TEST(Segments, ATotalThatWaitsForOneIsUnknownUntilThenInOneGoToo) {
  std::vector<std::string> daily;
  for (int number = 2; number <= 7; ++number) {
    daily.push_back(day(number));
  }
  const auto each_day = episodes_of(daily);
  EXPECT_EQ(each_day, episodes_of({day(7)}));
  const std::string words =
      "no_data warning since 2026-03-02T00:00:00Z pending 2026-03-03T00:00:00Z firing 2026-03-04T00:00:00Z resolved "
      "2026-03-05T00:00:00Z recovered";
  EXPECT_THAT(each_day, testing::AllOf(testing::SizeIs(3), testing::Each(testing::Pair(testing::_, words))))
      << "of Sweden, of the total, and of what is computed from it";
}

constexpr const char* kRetiring =
    "kpis:\n  visits: {value: web.visits, split_by: [country], retire: 3 days, thresholds: {warning: 0}}\n";

TEST(Segments, SilentForTooLongRetireAndStaySoOverARestart) {
  Story story(kConfig, kRetiring);
  story.put("web.visits", day(1), 10, kNorway);
  for (int number = 1; number <= 12; ++number) {
    story.put("web.visits", day(number), 10, kSweden);
    const auto told = story.step(day(number + 1));
    if (number == 3) {  // the 2nd is given up at the end of the 3rd
      EXPECT_THAT(
          told,
          ElementsAre("team alert.no_data visits no_data (country=NO): no data since 2 March 2026: no sample arrived"));
    } else if (number ==
               6) {  // silent from the 2nd to the 4th, and on the 5th, which is given up at the end of the 6th
      EXPECT_THAT(
          told,
          ElementsAre("team alert.resolved visits no_data (country=NO): the segment has been silent for too long, "
                      "and is judged no more"));
    } else {
      EXPECT_THAT(told, IsEmpty()) << number;
    }
    story.restart();
  }
  EXPECT_EQ(story.state("visits", kNorway), KpiState::kOk);
  story.put("web.visits", day(13), 10, kSweden);
  story.put("web.visits", day(13), -10, kNorway);
  EXPECT_THAT(story.step(day(14)), ElementsAre("team alert.firing visits thresholds (country=NO): below 0"));
}

TEST(Segments, ThatSendRowsOfWhichNoValueCanBeMadeAreNotSilent) {
  const std::string shop =
      "timezone: UTC\n"
      "sources: {web: {plugin: csv, path: web.csv, labels: {country: Country}, metrics: {visits: {}, orders: {}}}}\n"
      "channels: {team: {type: console}}\n"
      "routes: [{match: {}, to: [team], repeat: 0}]\n";
  // Half of the segment's visits buy until the 7th: then a day is missing from the window, or nobody comes.
  for (const std::string over : {"4 days", "1 day"}) {
    Story story(shop,
                "kpis:\n  conversion: {value: web.orders / web.visits, over: " + over +
                    ", split_by: [country], retire: 3 days, thresholds: {warning: 0.7}}\n");
    for (int number = 1; number <= 16; ++number) {
      story.put("web.visits", day(number), 10, kSweden);
      story.put("web.orders", day(number), 9, kSweden);
      const bool is_missing = over != "1 day" && number == 8;
      if (!is_missing) {
        story.put("web.visits", day(number), over == "1 day" && number > 7 ? 0 : 10, kNorway);
        story.put("web.orders", day(number), over == "1 day" && number > 7 ? 0 : 5, kNorway);
      }
      for (const std::string& told : story.step(day(number + 1))) {
        EXPECT_THAT(told, testing::Not(HasSubstr("alert.resolved conversion thresholds (country=NO)"))) << number;
        EXPECT_THAT(told, testing::Not(HasSubstr("silent for too long"))) << number;
      }
    }
    EXPECT_EQ(story.line("conversion", kNorway).thresholds.phase, AlertPhase::kFiring) << over;
  }
}

class RetiredSegments : public testing::TestWithParam<bool> {};

TEST_P(RetiredSegments, ThatFiredAreToldOfOnceHoweverMuchOfTheirPastComesLater) {
  Story story(kConfig, kRetiring);
  story.put("web.visits", day(4), 10, kNorway);
  for (int number = 4; number <= 14; ++number) {
    story.put("web.visits", day(number), 10, kSweden);
    if (number == 5) {
      story.put("web.visits", day(number), -10, kNorway);
    }
    story.step(day(number + 1));
    if (GetParam()) {
      story.restart();
    }
  }
  const auto episodes = story.store().episodes;
  EXPECT_THAT(episodes, testing::SizeIs(2)) << "a miss and its missing data";
  story.put("web.visits", day(2), 10, kNorway);
  story.put("web.visits", day(3), 10, kNorway);
  story.put("web.visits", day(15), 10, kSweden);
  EXPECT_THAT(story.step(day(16)), IsEmpty());
  EXPECT_EQ(story.store().episodes, episodes);
  EXPECT_EQ(story.state("visits", kNorway), KpiState::kOk);
}

INSTANTIATE_TEST_SUITE_P(Segments, RetiredSegments, testing::Bool());

TEST(Segments, DoNotRetireWhileNobodyKnowsWhetherTheyAreSilent) {
  Story story(kConfig, kRetiring);
  story.put("web.visits", day(1), -10, kNorway);
  story.put("web.visits", day(1), 10, kSweden);
  story.step(day(2));
  for (int number = 3; number <= 9; ++number) {
    story.fail_source("web");
    EXPECT_THAT(story.step(day(number)), testing::Not(testing::Contains(testing::HasSubstr("alert.resolved"))));
  }
  EXPECT_EQ(story.line("visits", kNorway).thresholds.phase, AlertPhase::kFiring);
  story.put("web.visits", day(9), 10, kSweden);  // and of Norway nothing
  EXPECT_THAT(story.step(day(10)), testing::Contains(testing::HasSubstr("alert.resolved")));
  EXPECT_EQ(story.line("visits", kNorway).thresholds.phase, AlertPhase::kInactive);
}

constexpr const char* kOldName =
    "kpis:\n  hits: {value: web.visits, split_by: [country], thresholds: {warning: 20, for: 3 days}}\n";
constexpr const char* kNewName =
    "kpis:\n  visits: {value: web.visits, split_by: [country], was: [hits], thresholds: {warning: 20, for: 3 days}}\n";

TEST(Rename, CarriesHistoryAndStateAlong) {
  Story story(kConfig, kOldName);
  story.put("web.visits", day(1), 30, kSweden);
  story.step(day(2));
  story.put("web.visits", day(2), 10, kSweden);
  story.step(day(3));
  story.put("web.visits", day(3), 10, kSweden);
  story.step(day(4));
  const std::vector<std::string> before = story.ledger();
  story.restart(kConfig, kNewName);
  EXPECT_EQ(story.state("visits", kSweden), KpiState::kPending);
  story.put("web.visits", day(4), 10, kSweden);
  EXPECT_THAT(
      story.step(day(5)),
      ElementsAre(
          "team alert.firing visits thresholds: below 20 for 3 days, visits thresholds (country=SE): below 20 for "
          "3 days"));
  EXPECT_EQ(story.line("visits", kSweden).judged.values.size(), 4U);
  // The names are the history's now: what once was need not be said for ever.
  story.restart(kConfig,
                "kpis:\n  visits: {value: web.visits, split_by: [country], thresholds: {warning: 20, for: 3 days}}\n");
  story.put("web.visits", day(5), 30, kSweden);
  EXPECT_THAT(
      story.step(day(6)),
      ElementsAre(
          "team alert.resolved visits thresholds: fine again, after trouble since 2 March 2026, visits thresholds "
          "(country=SE): fine again, after trouble since 2 March 2026"));
}

TEST(Rename, LeavesALineAloneThatTheNewNameHasAlready) {
  Story story(kConfig, std::string(kOldName) + "  visits: {value: web.visits, thresholds: {warning: 1}}\n");
  story.put("web.visits", day(1), 30, kSweden);
  story.step(day(2));
  const std::uint32_t own = story.line("visits").id;
  story.restart(kConfig, kNewName);
  EXPECT_EQ(story.line("visits").id, own);
  EXPECT_EQ(story.line("visits", kSweden).judged.values.size(), 1U) << "a segment that only the old one had";
}

TEST(Flapping, SurvivesARestart) {
  const auto play = [](bool restarts) {
    Story story(kConfig, "kpis:\n  visits: {value: web.visits, thresholds: {warning: 20}}\n");
    for (int number = 1; number <= 60; ++number) {
      const bool is_low = number < 20 ? number % 2 == 0 : number > 50;
      story.put("web.visits", day(number), is_low ? 10 : 30);
      story.step(day(number + 1));
      if (restarts) {
        story.restart();
      }
    }
    return story.told();
  };
  EXPECT_EQ(play(true), play(false));
  EXPECT_EQ(play(true).size(), 6U + 1 + 1 + 1) << "three begins, three ends, flapping, its end, and the next begin";
}

/// As it gets worse while it comes and goes it is told, and then it is quiet again: no reminder of what is over.
TEST(Flapping, IsQuietAgainAfterItGotWorse) {
  std::string config = kConfig;
  config.replace(config.find("repeat: 0"), 9, "repeat: 1 day");
  Story story(config, "kpis:\n  visits: {value: web.visits, thresholds: {warning: 20, critical: 5}}\n");
  for (int number = 1; number <= 60; ++number) {
    const bool is_low = number < 20 && number % 2 == 0;
    story.put("web.visits", day(number), number == 16 ? 1 : is_low ? 10 : 30);
    story.step(day(number + 1));
  }
  std::vector<std::string> told = story.told();
  ASSERT_GE(told.size(), 3U);
  told.erase(told.begin(), std::ranges::find_if(told, [](const std::string& line) {
               return line.find("alert.flapping") != std::string::npos;
             }));
  EXPECT_THAT(told, ElementsAre(HasSubstr("alert.flapping"), HasSubstr("alert.flapping"), HasSubstr("alert.resolved")));
}

TEST(NoDataPolicy, AnErrorIsNotFine) {
  Story story(kConfig, "kpis:\n  visits: {value: web.visits, thresholds: {warning: 20}, no_data: {then: ok}}\n");
  story.put("web.visits", day(1), 10, kSweden);
  EXPECT_THAT(story.step(day(2)), ElementsAre("team alert.firing visits thresholds: below 20"));
  for (int number = 2; number <= 5; ++number) {
    story.fail_source("web");
    story.step(day(number + 1));
    story.restart();
    EXPECT_EQ(story.line("visits").thresholds.phase, AlertPhase::kFiring) << number;
  }
  // It can be read again, and has nothing of these days: now they are as good as fine.
  EXPECT_THAT(
      story.step(day(7)),
      UnorderedElementsAre("team alert.resolved visits thresholds: fine again, after trouble since 1 March 2026",
                           testing::StartsWith("team source.recovered")));
}

TEST(Inhibited, IsToldWhenWhatHeldItBackIsOver) {
  Story story(kConfig, R"(
kpis:
  visits: {value: web.visits, thresholds: {warning: 20}, inhibits: [half.thresholds]}
  half: {value: web.visits / 2, split_by: [country], thresholds: {warning: 15}}
)");
  story.put("web.visits", day(1), 10, kSweden);
  EXPECT_THAT(story.step(day(2)), ElementsAre("team alert.firing visits thresholds: below 20"));
  EXPECT_EQ(story.state("half", kSweden), KpiState::kFiring);
  story.restart();
  story.put("web.visits", day(2), 24, kSweden);
  EXPECT_THAT(
      story.step(day(3)),
      UnorderedElementsAre("team alert.resolved visits thresholds: fine again, after trouble since 1 March 2026",
                           "team alert.firing half thresholds: below 15 for 2 days, half thresholds "
                           "(country=SE): below 15 for 2 days"));
}

}  // namespace
}  // namespace kpi::test
