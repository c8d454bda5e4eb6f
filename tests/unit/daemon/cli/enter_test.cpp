#include "tests/unit/daemon/cli/program.hpp"

#include <gtest/gtest.h>

namespace kpi::test {
namespace {

constexpr const char* kConfig = R"(
timezone: Europe/Stockholm
rules: [rules.yaml]
sources:
  survey: {plugin: manual, grain: month, remind: 5 days, metrics: {satisfaction: {kind: mean, unit: points}}}
channels: {team: {type: console}}
routes: [{match: {}, to: [team]}]
)";

constexpr const char* kRules = R"(
kpis:
  satisfaction:
    {title: Satisfaction, description: Of the survey, owner: anna, objective: Happy customers, unit: points,
     value: survey.satisfaction, thresholds: {warning: 4}, no_data: {then: hold}}
)";

class Enter : public testing::Test {
 protected:
  void SetUp() override {
    program_.write("kpid.yaml", kConfig);
    program_.write("rules.yaml", kRules);
  }

  Ended enter(const std::string& value, const std::string& period, const std::string& note = "") {
    return program_.on_folder({"enter", "survey.satisfaction", value, "--for", period, "--by", "anna", "--note", note});
  }

  /// The ledger of the KPI as a person exports it.
  std::string ledger() { return program_.on_folder({"history", "export", "satisfaction", "--format", "csv"}).out; }

  Program program_{"2026-04-02T06:00:00Z"};
};

TEST_F(Enter, BeforeTheFirstStepIsKept) {
  EXPECT_EQ(enter("4.3", "2026-03"),
            (Ended{0, "survey.satisfaction 2026-03: 4.3, by anna\nit is judged with the next `kpid run`\n", ""}));
  EXPECT_EQ(program_.once("2026-04-01T06:00:00Z"), 0);  // before the clock: no step was made by entering it
  EXPECT_NE(ledger().find("4.3"), std::string::npos) << ledger();
}

TEST_F(Enter, JudgesAtOnceAndKeepsWhatWasThere) {
  EXPECT_EQ(program_.once("2026-04-02T06:00:00Z"), 0);
  EXPECT_EQ(enter("4.3", "2026-03"), (Ended{0, "survey.satisfaction 2026-03: 4.3, by anna\n", ""}));
  EXPECT_NE(ledger().find("4.3"), std::string::npos) << ledger();
  program_.set_time("2026-04-03T06:00:00Z");
  EXPECT_EQ(enter("3.4", "2026-03", "a slip"),
            (Ended{0, "survey.satisfaction 2026-03: 3.4, by anna\n1 message leaves with the next `kpid run`\n", ""}));
  EXPECT_NE(ledger().find("3.4"), std::string::npos) << ledger();
}

TEST_F(Enter, IsRefusedForOtherPeriodsThanThoseOfTheHistory) {
  EXPECT_EQ(enter("4.3", "2026-03").code, 0);
  EXPECT_EQ(program_.once("2026-04-02T06:00:00Z"), 0);
  std::string other = kConfig;
  other.replace(other.find("grain: month"), 12, "grain: quarter");
  program_.write("kpid.yaml", other);
  const Ended refused = enter("5", "2026-Q1");
  EXPECT_NE(refused.code, 0);
  EXPECT_NE(refused.err.find("the history has values of survey.satisfaction"), std::string::npos) << refused.err;
  program_.write("kpid.yaml", kConfig);
  EXPECT_NE(ledger().find("4.3"), std::string::npos) << ledger();
}

TEST_F(Enter, OfARunningPeriodCountsWhenItHasEnded) {
  EXPECT_EQ(enter("4.4", "2026-04").code, 0);
  EXPECT_EQ(ledger().find("4.4"), std::string::npos);
  program_.once("2026-05-01T06:00:00Z");
  EXPECT_NE(ledger().find("4.4"), std::string::npos) << ledger();
}

TEST_F(Enter, IsRemindedOfWhenItIsForgotten) {
  EXPECT_EQ(enter("4.3", "2026-02").code, 0);
  EXPECT_EQ(program_.once("2026-04-05T21:00:00Z"), 0);
  EXPECT_EQ(program_.on_folder({"alerts"}).out, "no alert is firing\n");
  EXPECT_EQ(program_.once("2026-04-05T22:00:00Z"), 0);
  EXPECT_NE(program_.on_folder({"alerts"})
                .out.find("nothing was entered for 2026-03: kpid enter survey.satisfaction VALUE --for"),
            std::string::npos)
      << program_.on_folder({"alerts"}).out;
  EXPECT_NE(program_.on_folder({"status"}).out.find("source survey is late: nothing was entered for 2026-03"),
            std::string::npos)
      << program_.on_folder({"status"}).out;
  EXPECT_EQ(enter("4.3", "2026-03").code, 0);
  EXPECT_EQ(program_.on_folder({"alerts"}).out, "no alert is firing\n");
}

TEST_F(Enter, SaysWhatIsWrongWithTheWords) {
  EXPECT_EQ(enter("4.3", "2027-01"), (Ended{2, "", "kpid: \"2027-01\" has not begun yet: correct --for\n"}));
}

}  // namespace
}  // namespace kpi::test
