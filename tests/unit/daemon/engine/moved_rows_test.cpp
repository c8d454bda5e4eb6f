// Rows that move to other labels while a vendor goes on sorting a day: the old one does not count beside the new one.

#include "plugins/rows.hpp"
#include "tests/unit/daemon/engine/story.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>

namespace kpi::test {
namespace {

using testing::Contains;
using testing::HasSubstr;

class MovedRows : public testing::Test {
 protected:
  struct Row {
    std::string_view day;
    std::string channel;
    double sessions;
  };

  /// What the source says when it is read, from `whole` on whole, with a remark that is a problem of the poll. It is
  /// asked for all days before `until`, or all that have ended.
  void read(std::string_view time,
            std::optional<std::string_view> whole,
            const std::vector<Row>& rows,
            const std::string& remark = "",
            std::optional<std::string_view> until = std::nullopt) {
    Poll poll;
    for (const Row& row : rows) {
      poll.samples.push_back(
          {static_cast<std::uint32_t>(poll.series.size()), slot_of(*parse_date(row.day)), row.sessions});
      poll.series.push_back({0, row.channel.empty() ? Labels{} : Labels{{"channel", row.channel}}});
    }
    if (!remark.empty()) {
      poll.problems = {{"web.csv:3", "cannot be used"}};
      poll.problem_count = 1;
      poll.remarks = {remark};
    }
    poll.whole_until = slot_of(*parse_date(until.value_or(time.substr(0, 10))));
    poll.is_partial = !whole && remark == "partial";
    poll.whole_from = whole ? std::optional(slot_of(*parse_date(*whole))) : std::nullopt;
    story_.engine().receive(PollResult{0, at(time), std::move(poll), 0, is_import_});
    story_.pass(time);
  }

  static std::string with_missing_zero() {
    std::string config = kConfig;
    return config.replace(config.find("path: web.csv"), 13, "path: web.csv, missing: zero");
  }

  /// As the history has the source.
  SourceRow source() {
    const StoredState state = story_.store().load().value_or(StoredState{});
    const auto row = std::ranges::find(state.sources, "web", &SourceRow::name);
    EXPECT_TRUE(row != state.sources.end());
    return row != state.sources.end() ? *row : SourceRow{};
  }

  std::size_t samples_of(const std::string& channel) {
    const auto series = story_.engine().table().find(0, Labels{{"channel", channel}});
    return series ? story_.engine().table()[*series].samples.size() : 0;
  }

  std::vector<std::string> total() {
    std::vector<std::string> of_total;
    for (const std::string& row : story_.ledger()) {
      if (row.starts_with("sessions (total)")) {
        of_total.push_back(row);
      }
    }
    return of_total;
  }

  static constexpr const char* kConfig =
      "sources: {web: {plugin: csv, path: web.csv, labels: {channel: Channel}, metrics: {sessions: {}, time: {kind: "
      "mean}}}}\n"
      "channels: {team: {type: console}}\nroutes: [{match: {}, to: [team]}]\n";
  static constexpr const char* kRules = "kpis: {sessions: {value: web.sessions, split_by: [channel]}}\n";

  Story story_{kConfig, kRules};
  bool is_import_ = false;  // what reads is `kpid import`
};

TEST_F(MovedRows, CountOnce) {
  read("2026-03-08 08:00", "2026-03-01", {{"2026-03-07", "Unassigned", 500}, {"2026-03-07", "Direct", 200}});
  read("2026-03-08 09:00", "2026-03-01", {{"2026-03-07", "Organic", 500}, {"2026-03-07", "Direct", 200}});
  EXPECT_THAT(total(), testing::ElementsAre(HasSubstr(": 700 ")));
  EXPECT_THAT(story_.ledger(), Contains(HasSubstr("Unassigned")));
}

TEST_F(MovedRows, CountOnceWhateverElseIsSaidOfTheAnswer) {
  read("2026-03-08 08:00", "2026-03-01", {{"2026-03-07", "Unassigned", 500}, {"2026-03-07", "Direct", 200}}, "sampled");
  read("2026-03-08 09:00", "2026-03-01", {{"2026-03-07", "Organic", 500}, {"2026-03-07", "Direct", 200}}, "sampled");
  EXPECT_THAT(total(), testing::ElementsAre(HasSubstr(": 700 ")));
}

TEST_F(MovedRows, AreUnknownWhereALostRowMayBeOneOfThem) {
  read("2026-03-08 08:00", "2026-03-01", {{"2026-03-07", "Unassigned", 500}, {"2026-03-07", "Direct", 200}});
  read("2026-03-08 09:00", "2026-03-01", {{"2026-03-07", "Direct", 200}}, std::string(kLostRemark) + "web.csv:3");
  EXPECT_THAT(total(), testing::ElementsAre(HasSubstr(": null ")));
  read("2026-03-08 10:00", "2026-03-01", {{"2026-03-07", "Direct", 200}});
  EXPECT_THAT(total(), testing::ElementsAre(HasSubstr(": 200 ")));
}

TEST_F(MovedRows, AreUnknownInAPeriodOfWhichAnotherPartIs) {
  read("2026-03-08 08:00",
       "2026-03-01",
       {{"2026-03-06", "Unassigned", 5}, {"2026-03-07", "Unassigned", 500}, {"2026-03-07", "Direct", 200}});
  read("2026-03-08 09:00", "2026-03-01", {{"2026-03-06", "Organic", 6}, {"2026-03-07", "Direct", std::nan("")}});
  read("2026-03-08 10:00", "2026-03-07", {{"2026-03-07", "Direct", 200}, {"2026-03-07", "Organic", 500}});
  EXPECT_THAT(total(), testing::ElementsAre(HasSubstr("06T00:00:00Z: 6 "), HasSubstr("07T00:00:00Z: 700 ")));
}

TEST_F(MovedRows, OfWhichNoneIsLeftAreZeroWhereNoneMeansZero) {
  const std::vector<Row> before{{"2026-03-05", "Direct", 1}, {"2026-03-06", "Direct", 2}, {"2026-03-07", "Organic", 3}};
  read("2026-03-08 08:00", "2026-03-01", before);
  read("2026-03-08 09:00", "2026-03-01", {{"2026-03-05", "Direct", 1}});
  EXPECT_THAT(total(), testing::ElementsAre(HasSubstr(": 1 "), HasSubstr(": 2 "), HasSubstr(": 3 ")));
  std::string config = kConfig;
  config.replace(config.find("path: web.csv"), 13, "path: web.csv, missing: zero");
  story_.restart(config, kRules);
  read("2026-03-08 10:00", "2026-03-01", before);
  read("2026-03-08 11:00", "2026-03-01", {{"2026-03-05", "Direct", 1}});
  EXPECT_THAT(total(), testing::ElementsAre(HasSubstr(": 1 "), HasSubstr(": 0 "), HasSubstr(": 0 ")));
}

TEST_F(MovedRows, LeftOutByAPartOfAnAnswerAreNotZeroWhereNoneMeansZero) {
  story_.restart(with_missing_zero(), kRules);
  const std::vector<Row> rows{{"2026-03-06", "Direct", 200}};
  read("2026-03-07 08:00", "2026-03-01", rows);
  read("2026-03-08 08:00", std::nullopt, rows, "partial");
  EXPECT_THAT(total(), testing::ElementsAre(HasSubstr(": 200 ")));
  EXPECT_EQ(source().last_success, at("2026-03-08 08:00"));
  EXPECT_EQ(source().read_until, at("2026-03-07 08:00"));
  story_.restart();
  story_.pass("2026-03-08 08:30");
  EXPECT_THAT(total(), testing::ElementsAre(HasSubstr(": 200 "))) << "whoever takes the history up knows no more";
  read("2026-03-08 09:00", "2026-03-01", rows);
  EXPECT_THAT(total(), testing::ElementsAre(HasSubstr(": 200 "), HasSubstr(": 0 ")));
  EXPECT_EQ(source().read_until, at("2026-03-08 09:00"));
}

TEST_F(MovedRows, OfADayThatWasNotAskedForYetAreNotZeroWhereNoneMeansZero) {
  story_.restart(with_missing_zero(), kRules);
  const std::vector<Row> rows{{"2026-03-05", "Direct", 100}, {"2026-03-06", "Direct", 200}};
  read("2026-03-07 03:00", "2026-03-01", {rows.front()}, "", "2026-03-06");
  EXPECT_THAT(total(), testing::ElementsAre(HasSubstr(": 100 ")));
  EXPECT_EQ(source().read_until, at("2026-03-06"));
  read("2026-03-07 08:00", "2026-03-01", rows);
  EXPECT_EQ(source().read_until, at("2026-03-07 08:00"));
  read("2026-03-08 03:00", "2026-03-01", rows, "", "2026-03-07");
  EXPECT_THAT(total(), testing::ElementsAre(HasSubstr(": 100 "), HasSubstr(": 200 ")));
  EXPECT_EQ(source().last_success, at("2026-03-08 03:00"));
  EXPECT_EQ(source().read_until, at("2026-03-07 08:00")) << "what was known stays known";
  read("2026-03-08 08:00", "2026-03-01", rows);
  EXPECT_THAT(total(), testing::ElementsAre(HasSubstr(": 100 "), HasSubstr(": 200 "), HasSubstr(": 0 ")));
}

TEST_F(MovedRows, OfDaysThatAnImportDidNotAskForAreNotZeroWhereNoneMeansZero) {
  story_.restart(with_missing_zero(), kRules);
  const std::vector<Row> rows{{"2026-03-06", "Direct", 200}};
  read("2026-03-07 08:00", "2026-03-01", rows);
  is_import_ = true;
  read("2026-03-08 08:00", "2026-03-01", rows);
  EXPECT_THAT(total(), testing::ElementsAre(HasSubstr(": 200 ")));
  EXPECT_EQ(source().last_success, at("2026-03-08 08:00"));
  EXPECT_EQ(source().read_until, at("2026-03-07 08:00"));
  is_import_ = false;
  read("2026-03-08 09:00", "2026-03-01", rows);
  EXPECT_THAT(total(), testing::ElementsAre(HasSubstr(": 200 "), HasSubstr(": 0 ")));
}

TEST_F(MovedRows, LeftOutByAPartAreNotGoneAlthoughTheSettingsWereEdited) {
  std::string config = kConfig;
  config.replace(config.find("plugin: csv, path: web.csv"), 26, "plugin: exec, command: [web]");
  story_.restart(config, kRules);
  read("2026-03-08 08:00", "2026-03-01", {{"2026-03-07", "Unassigned", 500}, {"2026-03-07", "Direct", 200}});
  config.replace(config.find("metrics:"), 8, "rename: {channel: {Mail: E-mail}}, metrics:");
  story_.restart(config, kRules);
  read("2026-03-08 09:00", std::nullopt, {{"2026-03-07", "Direct", 200}}, "partial");
  EXPECT_THAT(total(), testing::ElementsAre(HasSubstr(": 700 ")));
  EXPECT_EQ(samples_of("Unassigned"), 1U);
  story_.restart();
  read("2026-03-08 10:00", "2026-03-01", {{"2026-03-07", "Direct", 200}});
  EXPECT_THAT(total(), testing::ElementsAre(HasSubstr(": 200 ")));
  EXPECT_EQ(samples_of("Unassigned"), 0U) << "by these settings it was never there";
}

TEST_F(MovedRows, OfATotalThatWasGivenLabelsAreSummed) {
  read("2026-03-08 08:00", "2026-03-01", {{"2026-03-07", "", 700}});
  EXPECT_THAT(total(), testing::ElementsAre(HasSubstr(": 700 ")));
  read("2026-03-09 08:00", "2026-03-01", {{"2026-03-07", "Direct", 200}, {"2026-03-07", "Organic", 501}});
  read("2026-03-10 08:00", "2026-03-08", {{"2026-03-08", "Direct", 30}, {"2026-03-09", "Direct", 40}});
  EXPECT_THAT(total(),
              testing::ElementsAre(
                  HasSubstr("07T00:00:00Z: 701 "), HasSubstr("08T00:00:00Z: 30 "), HasSubstr("09T00:00:00Z: 40 ")));
}

TEST_F(MovedRows, StayWhereNothingOrOnlyOtherPeriodsAreRead) {
  read("2026-03-08 08:00", "2026-03-01", {{"2026-03-07", "Direct", 200}, {"2026-03-06", "Direct", 100}});
  read("2026-03-09 08:00", "2026-03-07", {{"2026-03-08", "Organic", 50}, {"2026-03-06", "Organic", 1}});
  EXPECT_THAT(total(),
              testing::ElementsAre(
                  HasSubstr("06T00:00:00Z: 101 "), HasSubstr("07T00:00:00Z: 200 "), HasSubstr("08T00:00:00Z: 50 ")));
}

TEST_F(MovedRows, StayWhereRowsMayComeOneByOne) {
  read("2026-03-08 08:00", std::nullopt, {{"2026-03-07", "Direct", 200}});
  read("2026-03-08 09:00", std::nullopt, {{"2026-03-07", "Organic", 50}});
  EXPECT_THAT(total(), testing::ElementsAre(HasSubstr(": 250 ")));
}

}  // namespace
}  // namespace kpi::test
