// The verbs by which people act, where no daemon runs.

#include "tests/unit/daemon/cli/program.hpp"

#include <gtest/gtest.h>

namespace kpi::test {
namespace {

constexpr const char* kConfig = R"(
timezone: UTC
language: sv
rules: [rules.yaml]
sources:
  web:
    {plugin: csv, path: web.csv, date: {column: Date}, metrics: {orders: {column: Orders, kind: flow, unit: orders}}}
channels: {team: {type: file, path: messages.jsonl, format: json}}
routes: [{match: {}, to: [team], repeat: 1 day}]
)";

constexpr const char* kRules = R"(
kpis:
  orders:
    {title: Orders, description: Of the shop, owner: anna, objective: More, unit: orders, value: web.orders,
     thresholds: {warning: 1000}}
)";

class Acting : public testing::Test {
 protected:
  void SetUp() override {
    program_.write("kpid.yaml", kConfig);
    program_.write("rules.yaml", kRules);
    program_.write("web.csv", "Date,Orders\n2026-03-01,2000.5\n2026-03-02,12.5\n2026-03-03,12\n2026-03-04,12\n");
    EXPECT_EQ(program_.once("2026-03-03T06:00:00Z"), 0);
  }

  std::string episode() {
    const std::string listed = program_.on_folder({"alerts"}).out;
    const std::size_t begin = listed.find("ep_");
    return begin == std::string::npos ? listed : listed.substr(begin, listed.find_first_of(" \n", begin) - begin);
  }

  Program program_{"2026-11-28T12:00:00Z"};
};

TEST_F(Acting, MakesNoStepSinceNoSourceWasLookedAt) {
  const std::string before = program_.on_folder({"status", "--json"}).out;
  program_.set_time("2026-03-20T06:00:00Z");  // no poll for seventeen days: their data may well be there
  EXPECT_EQ(program_.on_folder({"note", "orders", "2026-03-02", "a strike"}).code, 0);
  EXPECT_EQ(program_.on_folder({"review", "orders", "--by", "anna"}).code, 0);
  EXPECT_EQ(program_.on_folder({"silence", "add", "kpi=other", "--until", "2026-03-10", "--by", "anna"}).code, 0);
  EXPECT_EQ(program_.on_folder({"status", "--json"}).out, before);
  EXPECT_EQ(program_.on_folder({"alerts"}).out.find("no data"), std::string::npos);
  EXPECT_EQ(program_.once("2026-03-04T06:00:00Z"), 0);  // the time of the last step has not moved
}

TEST_F(Acting, ASilenceOfWhatThereIsNotIsMadeWithAWarning) {
  const Ended slips = program_.on_folder(
      {"silence", "add", "kpi=order", "contry=SE", "severity=warning", "--until", "2026-03-10", "--by", "anna"});
  EXPECT_EQ(slips.code, 0) << slips.err;
  EXPECT_NE(slips.out.find("silent until"), std::string::npos) << slips.out;
  EXPECT_NE(slips.err.find("kpid: warning: there is no KPI \"order\"; did you mean \"orders\"?\n"), std::string::npos)
      << slips.err;
  EXPECT_NE(slips.err.find("kpid: warning: no alert has the label \"contry\""), std::string::npos) << slips.err;
  EXPECT_EQ(slips.err.find("severity"), std::string::npos) << slips.err;
}

TEST_F(Acting, ASpanRunsFromTheLastStepWhereNoDaemonRuns) {
  program_.set_time("2026-11-28T12:00:00Z");
  const Ended acknowledged = program_.on_folder({"ack", episode(), "--by", "anna", "--until", "2 days"});
  EXPECT_EQ(acknowledged.code, 0) << acknowledged.err;
  EXPECT_NE(acknowledged.out.find("2026-03-05"), std::string::npos) << acknowledged.out;
  const Ended silenced = program_.on_folder({"silence", "add", "kpi=orders", "--by", "anna", "--until", "2 hours"});
  EXPECT_NE(silenced.out.find("2026-03-03T08:00:00"), std::string::npos) << silenced.out;
  program_.set_time("2025-11-28T12:00:00Z");  // a replay of what is to come
  EXPECT_EQ(program_.on_folder({"ack", episode(), "--by", "anna", "--until", "3 days"}).code, 0);
  EXPECT_EQ(program_.on_folder({"ack", episode(), "--by", "anna", "--until", "soon"}).code, 2);
}

TEST_F(Acting, AcknowledgesAsOfTheLastStep) {
  program_.set_time("2026-11-28T12:00:00Z");
  const Ended ended = program_.on_folder({"ack", episode(), "--by", "anna", "--until", "2026-03-05 12:00"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  const std::string told = program_.read("messages.jsonl");
  EXPECT_EQ(program_.once("2026-03-04T12:00:00Z"), 0);
  EXPECT_EQ(program_.read("messages.jsonl"), told);  // no reminder
  EXPECT_EQ(program_.once("2026-03-05T13:00:00Z"), 0);
  EXPECT_NE(program_.read("messages.jsonl"), told);
}

TEST_F(Acting, SaysWhatIsEnglishInTheLanguageOfTheTerminal) {
  EXPECT_NE(program_.on_folder({"status"}).out.find("12.5 orders"), std::string::npos)
      << program_.on_folder({"status"}).out;
  EXPECT_NE(program_.on_folder({"status", "--json"}).out.find("\"formatted\": \"12.5 orders\""), std::string::npos);
}

TEST_F(Acting, ReviewsCountForCheck) {
  program_.set_time("2026-03-20T06:00:00Z");
  EXPECT_NE(program_.run({"check", program_.path("kpid.yaml")}).err.find("no review since"), std::string::npos);
  EXPECT_EQ(program_.on_folder({"review", "orders", "--by", "anna"}).code, 0);
  EXPECT_EQ(program_.run({"check", program_.path("kpid.yaml")}).err.find("no review since"), std::string::npos);
}

TEST_F(Acting, WritesThroughALinkAndNotOverIt) {
  std::filesystem::create_symlink(program_.path("real.csv"), program_.path("link.csv"));
  EXPECT_EQ(
      program_.on_folder({"history", "export", "orders", "--format", "csv", "--out", program_.path("link.csv")}).code,
      0);
  EXPECT_TRUE(std::filesystem::is_symlink(program_.path("link.csv")));
  EXPECT_NE(program_.read("real.csv").find("2000.5"), std::string::npos);
}

TEST(AnyVerb, VerifiesACopyWithoutAConfiguration) {
  Program program("2026-04-02T06:00:00Z");
  EXPECT_EQ(program.run({"history", "verify", program.path("none.db")}).code, 3);
}

TEST(AnyVerb, TakesAConfiguration) {
  Program program("2026-04-02T06:00:00Z");
  program.write("values.csv", "a,1,2,3,4,5,6,7,8\n");
  EXPECT_EQ(program.run({"plugins", "--config", "x.yaml"}).code, 0);
  EXPECT_EQ(program.run({"forecast", program.path("values.csv"), "--horizon", "1", "--config", "x.yaml"}).code, 0);
}

TEST(AnyVerb, TakesANegativeNumberForAValue) {
  Program program("2026-04-02T06:00:00Z");
  program.write("kpid.yaml",
                "rules: [rules.yaml]\n"
                "sources: {survey: {plugin: manual, grain: month, metrics: {nps: {kind: level, unit: points}}}}\n"
                "channels: {team: {type: console}}\nroutes: [{match: {}, to: [team]}]\n");
  program.write("rules.yaml", "kpis: {nps: {value: survey.nps}}\n");
  for (const char* value : {"-3", "-0.5", "-.5"}) {
    const Ended ended = program.on_folder({"enter", "survey.nps", value, "--for", "2026-03", "--by", "anna"});
    EXPECT_EQ(ended.code, 0) << ended.err;
  }
  EXPECT_EQ(program.on_folder({"status", "-x"}).code, 2);
}

}  // namespace
}  // namespace kpi::test
