// Names that an edit of a source's settings takes away: what was counted under them counts under the new ones, and the
// segments that are left without rows leave quietly.

#include "tests/unit/daemon/engine/story.hpp"

#include <gmock/gmock.h>

namespace kpi::test {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

class EditedSource : public testing::Test {
 protected:
  static std::string config_of(const std::string& rename, const std::string& more = "") {
    return "sources: {web: {plugin: csv, path: web.csv, labels: {country: Country}, rename: {country: {" + rename +
           "}}, metrics: {visits: {}}" + more +
           "}}\nchannels: {team: {type: console}}\nroutes: [{match: {}, to: [team], repeat: 0}]\n";
  }

  static constexpr const char* kRules =
      "kpis: {visits: {value: web.visits, split_by: [country], thresholds: {critical: 50}}}\n";

  const Labels dk_{{"country", "DK"}};
  const Labels denmark_{{"country", "Denmark"}};

  struct Row {
    int day;
    std::string country;
    double visits;
  };

  static std::string date(int day) { return std::string("2026-03-") + (day < 10 ? "0" : "") + std::to_string(day); }

  /// What the file holds on the morning after the day, by its names of now.
  std::vector<std::string> read(int day, const std::vector<Row>& rows, bool has_more = false, bool is_whole = false) {
    Poll poll;
    for (const Row& row : rows) {
      poll.samples.push_back(
          {static_cast<std::uint32_t>(poll.series.size()), slot_of(*parse_date(date(row.day))), row.visits});
      poll.series.push_back({0, Labels{{"country", row.country}}});
    }
    poll.has_more = has_more;
    if (is_whole) {
      poll.whole_from = slot_of(*parse_date(date(rows.front().day)));
    }
    const std::string time = date(day + 1) + " 06:00";
    story_->engine().receive(PollResult{0, at(time), std::move(poll)});
    return story_->pass(time);
  }

  /// Days `from` to `to` of SE with 100 and of the other one.
  static std::vector<Row> rows(int from, int to, const std::string& other, double visits = 100) {
    std::vector<Row> all;
    for (int day = from; day <= to; ++day) {
      all.push_back({day, "SE", 100});
      all.push_back({day, other, visits});
    }
    return all;
  }

  void begin(const std::string& config, const std::string& rules = kRules) {
    story_ = std::make_unique<Story>(config, rules);
  }

  std::vector<std::string> ledger_of(const std::string& segment) {
    std::vector<std::string> found;
    for (const std::string& row : story_->ledger()) {
      if (row.find("(" + segment + ")") != std::string::npos) {
        found.push_back(row);
      }
    }
    return found;
  }

  std::size_t samples_of(const Labels& labels) {
    const auto series = story_->engine().table().find(0, labels);
    return series ? story_->engine().table()[*series].samples.size() : 0;
  }

  std::unique_ptr<Story> story_;
};

TEST_F(EditedSource, LetsAFormerNameLeaveQuietly) {
  begin(config_of(""));
  read(3, rows(1, 3, "DK"));
  story_->restart(config_of("DK: Denmark"), kRules);
  EXPECT_THAT(read(4, rows(1, 4, "Denmark")), IsEmpty());
  EXPECT_EQ(samples_of(dk_), 0U);
  EXPECT_TRUE(story_->line("visits", dk_).is_retired);
  for (int day = 5; day < 9; ++day) {
    EXPECT_THAT(read(day, rows(1, day, "Denmark")), IsEmpty());
    story_->restart();
    EXPECT_TRUE(story_->line("visits", dk_).is_retired);
  }
  EXPECT_EQ(story_->state("visits", dk_), KpiState::kOk);
  EXPECT_THAT(ledger_of("country=DK"), AllOf(testing::SizeIs(3), Each(HasSubstr(": 100 met"))));
  EXPECT_THAT(ledger_of("country=Denmark"), AllOf(testing::SizeIs(8), Each(HasSubstr(": 100 met"))));
  EXPECT_THAT(ledger_of("total"), AllOf(testing::SizeIs(8), Each(HasSubstr(": 200 met"))));
}

TEST_F(EditedSource, EndsWhatFiredUnderAFormerNameWithAWord) {
  begin(config_of(""));
  EXPECT_THAT(read(3, rows(1, 3, "DK", 10)), Contains(AllOf(HasSubstr("firing"), HasSubstr("country=DK"))));
  story_->restart(config_of("DK: Denmark"), kRules);
  const auto told = read(4, rows(1, 4, "Denmark", 10));
  EXPECT_THAT(told,
              Contains(StartsWith("team alert.resolved visits thresholds (country=DK): the settings of its source were "
                                  "edited, and it has no rows of this segment any more")));
  EXPECT_THAT(told, Contains(AllOf(HasSubstr("firing"), HasSubstr("country=Denmark"))));
  EXPECT_THAT(story_->store().episodes, Contains(testing::Pair(testing::_, HasSubstr("T06:00:00Z source_edited"))));
  story_->restart();
  EXPECT_THAT(read(5, rows(1, 5, "Denmark", 10)), IsEmpty());
  EXPECT_EQ(story_->state("visits", dk_), KpiState::kOk);
}

TEST_F(EditedSource, TellsWhatIsNotReadByTheSettingsOfNow) {
  const auto asked = [](std::string config) {
    return config.replace(config.find("plugin: csv, path: web.csv"), 26, "plugin: exec, command: [web]");
  };
  begin(asked(config_of("")));
  read(5, rows(1, 5, "DK"));
  EXPECT_THAT(story_->remarks(), Not(Contains(HasSubstr("other settings"))));
  story_->restart(asked(config_of("DK: Denmark")), kRules);
  read(6, rows(4, 6, "Denmark"), false, true);
  EXPECT_THAT(
      story_->remarks(),
      Contains("source web has other settings than before, and is read by them from 2026-03-04 on; older values "
               "stay as they were read. For them: kpid import --source web --from 2026-03-01"));
  read(7, rows(4, 7, "Denmark"), false, true);
  EXPECT_THAT(story_->remarks(), Not(Contains(HasSubstr("other settings"))));
}

TEST_F(EditedSource, TellsNothingOfWhatItsSinceLeavesOut) {
  const auto asked = [](std::string config) {
    return config.replace(config.find("plugin: csv, path: web.csv"), 26, "plugin: exec, command: [web]");
  };
  for (const auto& [since, told] : {std::pair("2026-03-04", false), std::pair("2026-03-02", true)}) {
    begin(asked(config_of("")));
    read(5, rows(1, 5, "DK"));
    story_->restart(asked(config_of("DK: Denmark", std::string(", since: ") + since)), kRules);
    read(6, rows(4, 6, "Denmark"), false, true);
    const auto is_told = Contains(AllOf(HasSubstr("other settings"), HasSubstr("--from 2026-03-02")));
    if (told) {
      EXPECT_THAT(story_->remarks(), is_told) << since;
    } else {
      EXPECT_THAT(story_->remarks(), Not(Contains(HasSubstr("other settings")))) << since;
    }
  }
}

TEST_F(EditedSource, AddsUpTwoNamesThatWereMadeOne) {
  begin(config_of(""));
  read(3, rows(1, 3, "Sverige", 60));
  story_->restart(config_of("Sverige: SE"), kRules);
  EXPECT_THAT(read(4, {{1, "SE", 160}, {2, "SE", 160}, {3, "SE", 160}, {4, "SE", 160}}), IsEmpty());
  EXPECT_THAT(ledger_of("country=SE"), AllOf(testing::SizeIs(4), Each(HasSubstr(": 160 met"))));
  EXPECT_THAT(ledger_of("total"), Each(HasSubstr(": 160 met")));
}

TEST_F(EditedSource, TakesAFormerNameUpAgainWhenTheEditIsUndone) {
  begin(config_of("DK: Denmark"));
  read(3, rows(1, 3, "Denmark"));
  story_->restart(config_of(""), kRules);
  EXPECT_THAT(read(4, rows(1, 4, "DK")), IsEmpty());
  EXPECT_TRUE(story_->line("visits", denmark_).is_retired);
  story_->restart(config_of("DK: Denmark"), kRules);
  EXPECT_THAT(read(5, rows(1, 5, "Denmark", 60)), IsEmpty());
  EXPECT_FALSE(story_->line("visits", denmark_).is_retired);
  EXPECT_TRUE(story_->line("visits", dk_).is_retired);
  EXPECT_THAT(ledger_of("country=Denmark"), AllOf(testing::SizeIs(5), Each(HasSubstr(": 60 met"))));
  EXPECT_THAT(ledger_of("total"), AllOf(testing::SizeIs(5), Each(HasSubstr(": 160 met"))));
}

TEST_F(EditedSource, MissesNothingOfANameWhoseOldRowsAreNotInTheFileAnyMore) {
  begin(config_of(""));
  read(3, rows(1, 3, "DK"));
  story_->restart(config_of("DK: Denmark"), kRules);
  for (int day = 4; day < 9; ++day) {
    EXPECT_THAT(read(day, rows(3, day, "Denmark")), IsEmpty());
    story_->restart();
  }
  EXPECT_EQ(samples_of(dk_), 2U);
  EXPECT_TRUE(story_->line("visits", dk_).is_retired);
  EXPECT_THAT(ledger_of("total"), AllOf(testing::SizeIs(8), Each(HasSubstr(": 200 met"))));
}

TEST_F(EditedSource, IsReadToItsEndByTheNewNames) {
  begin(config_of(""));
  read(4, rows(1, 4, "DK"));
  story_->restart(config_of("DK: Denmark"), kRules);
  EXPECT_THAT(read(4, rows(1, 2, "Denmark"), true, true), IsEmpty());
  story_->restart();
  EXPECT_THAT(read(5, rows(3, 5, "Denmark"), false, true), IsEmpty());
  EXPECT_EQ(samples_of(dk_), 0U);
  // From then on what has no row has moved.
  EXPECT_THAT(read(6, {{5, "SE", 100}, {5, "Norway", 100}, {6, "SE", 100}, {6, "Norway", 100}}, false, true),
              Contains(AllOf(HasSubstr("firing"), HasSubstr("country=Denmark"))));
}

TEST_F(EditedSource, TakesWhatIsMadeOfASegmentWithIt) {
  begin(config_of(""),
        "kpis:\n  visits: {value: web.visits, split_by: [country]}\n"
        "  double: {value: 2 * visits, split_by: [country], thresholds: {critical: 50}}\n"
        "  halves: {value: double / 4, split_by: [country], thresholds: {critical: 10}}\n");
  read(3, rows(1, 3, "DK"));
  story_->restart(config_of("DK: Denmark"),
                  "kpis:\n  visits: {value: web.visits, split_by: [country]}\n"
                  "  double: {value: 2 * visits, split_by: [country], thresholds: {critical: 50}}\n"
                  "  halves: {value: double / 4, split_by: [country], thresholds: {critical: 10}}\n");
  for (int day = 4; day < 9; ++day) {
    EXPECT_THAT(read(day, rows(1, day, "Denmark")), IsEmpty());
    story_->restart();
  }
  for (const char* kpi : {"visits", "double", "halves"}) {
    EXPECT_TRUE(story_->line(kpi, dk_).is_retired) << kpi;
  }
}

TEST_F(EditedSource, EndsTheTargetOfASegment) {
  const std::string rules =
      "kpis:\n  visits:\n    value: web.visits\n    split_by: [country]\n"
      "    target: {from: 100, to: 400, start: 2026-03-01, by: 2026-03-31, judge: pace, segments: [{match: {country: "
      "DK}, from: 100, to: 400}]}\n";
  begin(config_of(""), rules);
  read(20, rows(1, 20, "DK"));
  ASSERT_EQ(story_->line("visits", dk_).target.phase, AlertPhase::kFiring);
  story_->restart(config_of("DK: Denmark"), rules);
  EXPECT_THAT(read(21, rows(1, 21, "Denmark")),
              Contains(AllOf(HasSubstr("visits target (country=DK): the settings of its source were edited"))));
  EXPECT_EQ(story_->line("visits", dk_).target.phase, AlertPhase::kInactive);
  story_->restart();
  for (int day = 22; day < 26; ++day) {
    EXPECT_THAT(read(day, rows(1, day, "Denmark")), Each(Not(HasSubstr("country=DK"))));
  }
  EXPECT_EQ(story_->state("visits", dk_), KpiState::kOk);
}

TEST_F(EditedSource, IsMissedWhereARuleAsksForTheFormerName) {
  const std::string rules =
      "kpis:\n  visits: {value: web.visits, split_by: [country], expect: {country: [DK]}}\n"
      "  danish: {value: \"web.visits{country=DK}\", thresholds: {critical: 50}}\n"
      "  share: {value: \"web.visits{country=DK} / web.visits\", thresholds: {critical: 0.2}}\n";
  for (const char* missing : {"", ", missing: zero", ", missing: last"}) {
    SCOPED_TRACE(missing);
    begin(config_of("", missing), rules);
    read(3, rows(1, 3, "DK"));
    const std::vector<std::string> before = story_->ledger();
    story_->restart(config_of("DK: Denmark", missing), rules);
    std::vector<std::string> told = read(4, rows(1, 4, "Denmark"));
    story_->restart();
    for (int day = 5; day < 8; ++day) {
      const auto of_day = read(day, rows(1, day, "Denmark"));
      told.insert(told.end(), of_day.begin(), of_day.end());
    }
    EXPECT_THAT(told, Contains(HasSubstr("visits no_data (country=DK)")));
    EXPECT_THAT(told, Contains(HasSubstr("danish no_data")));
    EXPECT_THAT(told, Contains(HasSubstr("share no_data")));
    EXPECT_THAT(told, Each(Not(HasSubstr("thresholds"))));
    EXPECT_THAT(story_->ledger(), testing::IsSupersetOf(before));
  }
}

TEST_F(EditedSource, LeavesTheWayToATargetWhereARuleAsksForTheFormerName) {
  const auto rules = [](const char* name) {
    return "kpis:\n  danish:\n    value: \"web.visits{country=" + std::string(name) +
           "}\"\n    target: {to: 2500, measure: total, start: 2026-03-01, by: 2026-03-31}\n";
  };
  begin(config_of(""), rules("DK"));
  read(20, rows(1, 20, "DK"));
  const std::vector<std::string> before = story_->ledger();
  story_->restart(config_of("DK: Denmark"), rules("DK"));
  EXPECT_THAT(read(21, rows(1, 10, "Denmark"), true, true), IsEmpty());
  EXPECT_THAT(read(21, rows(11, 21, "Denmark"), false, true), IsEmpty());
  EXPECT_THAT(story_->ledger(), testing::IsSupersetOf(before));
  story_->restart(config_of("DK: Denmark"), rules("Denmark"));
  std::vector<std::string> told;
  for (int day = 22; day <= 30; ++day) {
    const auto of_day = read(day, rows(1, day, "Denmark"));
    told.insert(told.end(), of_day.begin(), of_day.end());
  }
  EXPECT_THAT(told, Contains(HasSubstr("danish target")));
  EXPECT_THAT(told, Each(HasSubstr("reached")));
  EXPECT_THAT(story_->ledger(), testing::IsSupersetOf(before));
}

TEST_F(EditedSource, CountsNoZerosUnderAFormerName) {
  begin(config_of("", ", missing: zero"));
  read(3, rows(1, 3, "DK"));
  story_->restart(config_of("DK: Denmark", ", missing: zero"), kRules);
  for (int day = 4; day < 9; ++day) {
    EXPECT_THAT(read(day, rows(1, day, "Denmark")), IsEmpty());
    story_->restart();
  }
  EXPECT_THAT(ledger_of("country=DK"), AllOf(testing::SizeIs(3), Each(HasSubstr(": 100 met"))));
}

TEST_F(EditedSource, GivesANewRuleNoSegmentOfAFormerName) {
  begin(config_of(""));
  read(3, rows(1, 3, "DK"));
  story_->restart(config_of("DK: Denmark"), kRules);
  read(4, rows(1, 4, "Denmark"));
  story_->restart(config_of("DK: Denmark"),
                  std::string("kpis: {fresh: {value: web.visits, split_by: [country], thresholds: {critical: 50}}}\n"));
  read(5, rows(1, 5, "Denmark"));
  EXPECT_EQ(story_->engine().find_line("fresh", dk_), nullptr);
  EXPECT_NE(story_->engine().find_line("fresh", denmark_), nullptr);
}

}  // namespace
}  // namespace kpi::test
