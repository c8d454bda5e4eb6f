// A source with `missing: zero` that cannot be read: what it did not bring is not known to be zero, wherever a rule
// reads it.

#include "tests/unit/daemon/cli/program.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace kpi::test {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::IsEmpty;

std::string rows_of(const std::string& column, int days, int value) {
  std::string rows = "date," + column + "\n";
  for (int day = 1; day <= days; ++day) {
    rows += "2026-03-" + std::string(day < 10 ? "0" : "") + std::to_string(day) + "," + std::to_string(value) + "\n";
  }
  return rows;
}

/// The KPIs whose limits and conditions have fired by now, some of them over.
std::vector<std::string> fired(Program& program) {
  std::vector<std::string> kpis;
  const json document = json::parse(program.on_folder({"alerts", "--all", "--json"}).out);
  for (const json& alert : document["alerts"]) {
    if (alert["kpi"].is_string() && alert["rule"] != "no_data") {
      kpis.push_back(alert["kpi"].get<std::string>() + " " + alert["rule"].get<std::string>());
    }
  }
  std::ranges::sort(kpis);
  return kpis;
}

class FailingSource : public testing::Test {
 protected:
  FailingSource() {
    program.write("kpid.yaml",
                  "timezone: UTC\nrules: [rules.yaml]\nsources:\n"
                  "  web: {plugin: csv, path: web.csv, missing: zero, metrics: {orders: {kind: flow}}}\n"
                  "  fin: {plugin: csv, path: fin.csv, metrics: {cost: {kind: flow}}}\n");
    program.write("rules.yaml",
                  "kpis:\n"
                  "  condition: {value: fin.cost, alerts: [{name: few, when: web.orders < 5}]}\n"
                  "  limit: {value: fin.cost, better: lower, thresholds: {warning: web.orders * 20}}\n"
                  "  week: {value: fin.cost, alerts: [{name: few, when: \"sum(web.orders, 7 days) < 65\"}]}\n"
                  "  yesterday: {value: \"fin.cost - prev(web.orders, 1 day)\", better: lower,\n"
                  "    thresholds: {warning: 95}}\n");
    program.write("web.csv", rows_of("orders", 9, 10));
    look(10);
    program.remove("web.csv");
    look(11);
    look(12);
  }

  /// The day after `day - 1`, which the cost is known of.
  void look(int day) {
    program.write("fin.csv", rows_of("cost", day - 1, 100));
    const int code = program.once("2026-03-" + std::to_string(day) + "T06:00:00Z");
    EXPECT_EQ(code, program.has("web.csv") ? 0 : 3);
  }

  Program program = Program("2026-03-10T06:00:00Z");
};

TEST_F(FailingSource, CountsAsZeroInNoLimitAndNoCondition) {
  EXPECT_THAT(fired(program), IsEmpty());
}

TEST_F(FailingSource, CountsAsZeroOnceItIsReadAndHasNothing) {
  program.write("web.csv", rows_of("orders", 9, 10));
  look(13);
  EXPECT_THAT(fired(program), ElementsAre("condition few", "limit thresholds", "week few", "yesterday thresholds"));
}

}  // namespace
}  // namespace kpi::test
