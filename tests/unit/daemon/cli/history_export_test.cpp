#include "tests/support/golden.hpp"
#include "tests/unit/daemon/cli/program.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>

namespace kpi::test {
namespace {

using nlohmann::json;

constexpr const char* kMorning = "2026-03-15T06:00:00Z";

class HistoryExport : public testing::Test {
 protected:
  void SetUp() override {
    write_site(program_);
    ASSERT_EQ(program_.once(kMorning), 0);
  }

  Ended run(std::vector<std::string> words) {
    words.insert(words.begin(), {"history", "export"});
    return program_.on_folder(std::move(words));
  }

  Program program_{kMorning};
};

TEST_F(HistoryExport, IsCsvWithAColumnForEachLabelAndNoFormula) {
  const Ended ended = run({"conversion_rate", "--from", "2026-03-11"});
  EXPECT_EQ(ended.code, 0);
  EXPECT_EQ(ended.err, "");
  EXPECT_TRUE(matches_golden("cli/conversion_rate.csv", ended.out));
}

TEST_F(HistoryExport, HasTheTargetAndTheReasonForAGap) {
  EXPECT_TRUE(matches_golden("cli/visits.csv", run({"visits", "--to", "2026-03-04"}).out));
  EXPECT_TRUE(matches_golden("cli/signups.csv", run({"signups", "--from", "2026-03-09"}).out));
}

TEST_F(HistoryExport, IsOneJsonDocumentOnRequest) {
  const Ended ended = run({"conversion_rate", "--segment", "Åland", "--from", "2026-03-11", "--format", "json"});
  EXPECT_EQ(ended.code, 0);
  EXPECT_TRUE(json::accept(ended.out));
  EXPECT_TRUE(matches_golden("cli/conversion_rate.json", ended.out));
}

TEST_F(HistoryExport, TakesPeriodsThatBeginFromOneDayToBeforeAnother) {
  const auto dates = [&](std::vector<std::string> words) {
    words.insert(words.begin(), "visits");
    words.insert(words.end(), {"--format", "json"});
    const json document = json::parse(run(std::move(words)).out);
    std::vector<std::string> found;
    for (const json& row : document["rows"]) {
      found.push_back(row["date"]);
    }
    return found;
  };
  EXPECT_EQ(dates({"--from", "2026-03-13"}), (std::vector<std::string>{"2026-03-13", "2026-03-14"}));
  EXPECT_EQ(dates({"--to", "2026-03-02"}), (std::vector<std::string>{"2026-03-01"}));
  EXPECT_EQ(dates({"--from", "2026-03-05", "--to", "2026-03-06"}), (std::vector<std::string>{"2026-03-05"}));
  EXPECT_EQ(dates({"--from", "2026-03-13T23:00:00Z"}), (std::vector<std::string>{"2026-03-14"}));
  EXPECT_EQ(dates({"--from", "2027-01-01"}), (std::vector<std::string>{}));
}

TEST_F(HistoryExport, IsWhatTheFileIsCalled) {
  const std::string file = program_.path("visits.json");
  EXPECT_EQ(program_.on_folder({"history", "export", "visits", "--out", file}).code, 0);
  EXPECT_THAT(program_.read("visits.json"), testing::StartsWith("{"));
}

TEST_F(HistoryExport, WritesTheFileWhole) {
  EXPECT_EQ(run({"visits", "--out", program_.path("visits.csv")}), (Ended{0, "DIR/visits.csv: 14 rows\n", ""}));
  EXPECT_EQ(program_.read("visits.csv"), run({"visits"}).out);
  EXPECT_FALSE(program_.has("visits.csv.part"));
  EXPECT_EQ(run({"visits", "--out", program_.path("none/visits.csv")}),
            (Ended{3, "", "kpid: cannot write DIR/none/visits.csv.part: is there such a folder, and room?\n"}));
}

TEST(HistoryVerbs, LookAfterTheHistoryWhateverIsWrongWithTheRules) {
  Program program("2026-03-15T06:00:00Z");
  write_site(program);
  ASSERT_EQ(program.once("2026-03-15T06:00:00Z"), 0);
  program.write("kpid.yaml", program.read("kpid.yaml") + "\nmistake: 1\n");
  const Ended verified = program.on_folder({"history", "verify"});
  EXPECT_EQ(verified.code, 0) << verified.err;
  EXPECT_THAT(verified.err, testing::HasSubstr("the configuration has errors, see `kpid check`"));
  EXPECT_EQ(program.on_folder({"history", "backup", program.path("copy.db")}).code, 0);
  EXPECT_TRUE(program.has("copy.db"));
  program.write("kpid.yaml", "history: [");
  EXPECT_EQ(program.on_folder({"history", "verify"}).code, 3);
  program.write("copy.db", "");
  const Ended empty = program.run({"history", "verify", program.path("copy.db")});
  EXPECT_EQ(empty.code, 1);
  EXPECT_EQ(empty.out, "not sound: the file is empty\n");
}

TEST_F(HistoryExport, OfAKpiThatIsGoneStillWorks) {
  const std::string before = run({"signups"}).out;
  program_.write("rules.yaml", "kpis:\n  visits: {value: web.visits}\n");
  EXPECT_EQ(run({"signups"}), (Ended{0, before, ""}));
}

struct WrongCase {
  const char* name;
  std::vector<std::string> words;
  std::string message;
};

class WrongExport : public HistoryExport, public testing::WithParamInterface<WrongCase> {};

TEST_P(WrongExport, IsRefusedWithTheRemedy) {
  EXPECT_EQ(run(GetParam().words), (Ended{2, "", "kpid: " + GetParam().message + "\n"}));
}

INSTANTIATE_TEST_SUITE_P(
    HistoryExport,
    WrongExport,
    testing::Values(
        WrongCase{"kpi", {"visist"}, "there is no KPI \"visist\"; did you mean \"visits\"?"},
        WrongCase{"format", {"visits", "--format", "xml"}, "--format wants csv or json, got \"xml\""},
        WrongCase{"from", {"visits", "--from", "1 March"}, "--from wants a date such as 2026-03-31, got \"1 March\""},
        WrongCase{"to", {"visits", "--to", "2026-02-30"}, "--to wants a date such as 2026-03-31, got \"2026-02-30\""},
        WrongCase{"order",
                  {"visits", "--from", "2026-03-05", "--to", "2026-03-05"},
                  "--from must lie before --to, which is the first that is left out"},
        WrongCase{"segment_of_a_kpi_without",
                  {"visits", "--segment", "SE"},
                  "--segment wants labels such as country=SE, or total, got \"SE\""},
        WrongCase{"segment",
                  {"conversion_rate", "--segment", "FI"},
                  "the history has nothing of the segment country=FI of \"conversion_rate\""}),
    [](const auto& param) { return param.param.name; });

TEST(HistoryExportWithoutHistory, SaysHowToBegin) {
  Program program(kMorning);
  write_site(program);
  EXPECT_EQ(program.on_folder({"history", "export", "visits"}),
            (Ended{3, "", "kpid: no history yet at \"DIR/history.db\": run \"kpid run --once\" first\n"}));
}

}  // namespace
}  // namespace kpi::test
