#include "tests/support/golden.hpp"
#include "tests/unit/daemon/cli/program.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>

namespace kpi::test {
namespace {

using nlohmann::json;

constexpr const char* kMorning = "2026-06-30T06:00:00Z";

class Init : public testing::Test {
 protected:
  Ended init() { return program_.run({"init", program_.path("shop")}); }

  Ended on_shop(std::vector<std::string> words) {
    words.insert(words.end(), {"--config", program_.path("shop/kpid.yaml")});
    return program_.run(std::move(words));
  }

  Program program_{kMorning};
};

TEST_F(Init, WritesFilesAndSaysWhatIsNext) {
  const Ended ended = init();
  EXPECT_EQ(ended.code, 0);
  EXPECT_EQ(ended.err, "");
  EXPECT_TRUE(matches_golden("cli/init.txt", ended.out));
  EXPECT_TRUE(matches_golden("cli/init/kpid.yaml", program_.read("shop/kpid.yaml")));
  EXPECT_TRUE(matches_golden("cli/init/visitors.yaml", program_.read("shop/rules/visitors.yaml")));
  EXPECT_TRUE(matches_golden("cli/init/visitors.csv", program_.read("shop/data/visitors.csv")));
}

TEST_F(Init, MakesAConfigurationThatRunsAsItIs) {
  ASSERT_EQ(init().code, 0);
  EXPECT_EQ(on_shop({"check", "--strict"}), (Ended{0, "3 KPIs over 1 source: fine\n", ""}));
  EXPECT_EQ(on_shop({"run", "--once"}).code, 0);
  EXPECT_TRUE(matches_golden("cli/init/status.txt", on_shop({"status"}).out));
}

struct DayCase {
  const char* name;
  const char* now;
};

class InitOnAnyDay : public Init, public testing::WithParamInterface<DayCase> {};

TEST_P(InitOnAnyDay, ShowsATargetOnTrackOneThatIsFineAndOneThatIsMissed) {
  program_.set_time(GetParam().now);
  ASSERT_EQ(init().code, 0);
  ASSERT_EQ(on_shop({"check", "--strict"}).code, 0);
  ASSERT_EQ(on_shop({"run", "--once"}).code, 0);
  const json kpis = json::parse(on_shop({"status", "--json"}).out)["kpis"];
  ASSERT_EQ(kpis.size(), 3U);
  EXPECT_EQ(kpis[0]["state"], "ok");
  EXPECT_EQ(kpis[0]["target"]["status"], "on_track");
  EXPECT_EQ(kpis[1]["verdict"], "met");
  EXPECT_EQ(kpis[1]["state"], "ok");
  EXPECT_EQ(kpis[2]["verdict"], "missed");
  EXPECT_EQ(kpis[2]["severity"], "warning");
  const json alerts = json::parse(on_shop({"alerts", "--all", "--json"}).out)["alerts"];
  EXPECT_EQ(alerts.size(), 1U) << alerts;
}

INSTANTIATE_TEST_SUITE_P(Init,
                         InitOnAnyDay,
                         testing::Values(DayCase{"monday", "2026-06-29T06:00:00Z"},
                                         DayCase{"tuesday", "2026-06-30T06:00:00Z"},
                                         DayCase{"wednesday", "2026-07-01T06:00:00Z"},
                                         DayCase{"thursday", "2026-07-02T06:00:00Z"},
                                         DayCase{"friday", "2026-07-03T06:00:00Z"},
                                         DayCase{"saturday", "2026-07-04T06:00:00Z"},
                                         DayCase{"sunday", "2026-07-05T06:00:00Z"},
                                         DayCase{"just_after_midnight_in_stockholm", "2026-06-29T22:30:00Z"},
                                         DayCase{"after_the_clock_moved", "2026-03-30T06:00:00Z"},
                                         DayCase{"leap_day", "2028-02-29T12:00:00Z"},
                                         DayCase{"end_of_august", "2026-10-30T12:00:00Z"}),
                         [](const auto& param) { return param.param.name; });

TEST_F(Init, OverwritesNothing) {
  program_.write("shop/kpid.yaml", "mine\n");
  program_.write("shop/data/visitors.csv", "mine too\n");
  EXPECT_EQ(init(),
            (Ended{3,
                   "",
                   "kpid: DIR/shop/kpid.yaml, DIR/shop/data/visitors.csv are there already, and nothing was written: "
                   "name another folder\n"}));
  EXPECT_EQ(program_.read("shop/kpid.yaml"), "mine\n");
  EXPECT_EQ(program_.read("shop/data/visitors.csv"), "mine too\n");
  EXPECT_FALSE(program_.has("shop/rules"));
}

TEST_F(Init, SaysWhenTheFolderIsAFile) {
  program_.write("shop", "a file\n");
  const Ended ended = init();
  EXPECT_EQ(ended.code, 3);
  EXPECT_EQ(ended.err, "kpid: cannot make the folder DIR/shop: Not a directory\n");
}

}  // namespace
}  // namespace kpi::test
