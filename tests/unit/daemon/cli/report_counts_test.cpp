// What a report counts as a period, and as one that lacks data.

#include "tests/unit/daemon/cli/program.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <string>

namespace kpi::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;

TEST(ReportCounts, HoursOfADayThatHasNotEndedCountNoMoreThanTheirValue) {
  Program program("2026-09-03T12:30:00Z");
  program.write("kpid.yaml", R"yaml(history: sqlite:history.db
rules: [rules.yaml]
sources: {web: {plugin: csv, path: web.csv, grain: hour, metrics: {requests: {kind: flow}}}}
)yaml");
  program.write("rules.yaml", "kpis: {requests: {value: web.requests, thresholds: {warning: 5}}}\n");
  std::string csv = "date,requests\n";
  for (int hour = 0; hour < 60; ++hour) {
    csv += fmt::format("2026-09-{:02}T{:02}:00Z,10\n", 1 + (hour / 24), hour % 24);
  }
  program.write("web.csv", csv);
  ASSERT_EQ(program.once("2026-09-03T12:30:00Z"), 0);
  const Ended ended = program.on_folder({"report", "--month", "2026-09", "--format", "json"});
  ASSERT_EQ(ended.code, 0) << ended.err;
  const json kpi = json::parse(ended.out)["kpis"][0];
  EXPECT_THAT(kpi["until"].get<std::string>(), testing::StartsWith("2026-09-03T00:00"));
  EXPECT_EQ(kpi["value"], 480);
  EXPECT_EQ(kpi["periods"], 48);
  EXPECT_EQ(kpi["met"], 48);
}

TEST(ReportCounts, AMeanOfNothingIsNoGapOfItsSegment) {
  Program program("2026-10-01T08:00:00Z");
  program.write("kpid.yaml", R"yaml(history: sqlite:history.db
rules: [rules.yaml]
sources:
  care:
    plugin: csv
    path: care.csv
    labels: {country: country}
    metrics: {answers: {kind: flow}, score: {kind: mean, weight: answers}}
)yaml");
  program.write("rules.yaml", "kpis: {score: {value: care.score, split_by: [country]}}\n");
  std::string csv = "date,country,answers,score\n";
  for (int day = 1; day <= 30; ++day) {
    csv += fmt::format("2026-09-{:02},SE,4,8\n", day);
    if (day != 20) {
      csv += fmt::format("2026-09-{:02},DK,{},7\n", day, day % 3 == 0 ? 0 : 2);
    }
  }
  program.write("care.csv", csv);
  ASSERT_EQ(program.once("2026-10-02T08:00:00Z"), 0);
  const std::string page = program.on_folder({"report", "--month", "2026-09"}).out;
  EXPECT_THAT(page, HasSubstr("Segments with periods without data: DK (1)."));
}

}  // namespace
}  // namespace kpi::test
