// `kpid forecast` and `kpid anomaly`: what they print of a file.

#include "rules/base/text.hpp"
#include "tests/unit/daemon/cli/program.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace kpi::test {
namespace {

constexpr const char* kNow = "2026-03-15T06:00:00Z";

TEST(SeriesVerbs, PrintNothingOfAFileThatCannotBeRead) {
  Program program(kNow);
  program.write("words.csv", "id,v1,v2\nA,1,two\n");
  program.write("ends.csv", "timestamp,value\n2026-03-01,one\n");
  for (const char* name : {"none.csv", "words.csv", ""}) {
    const Ended ended = program.run({"forecast", program.path(name), "--horizon", "2"});
    EXPECT_EQ(ended.code, 3);
    EXPECT_EQ(ended.out, "");
    EXPECT_NE(ended.err, "");
  }
  for (const char* name : {"none.csv", "ends.csv", ""}) {
    const Ended ended = program.run({"anomaly", program.path(name)});
    EXPECT_EQ(ended.code, 3);
    EXPECT_EQ(ended.out, "");
  }
}

TEST(SeriesVerbs, PrintTheColumnsOfAFileWithoutSeries) {
  Program program(kNow);
  program.write("empty.csv", "");
  EXPECT_EQ(program.run({"forecast", program.path("empty.csv"), "--horizon", "2", "--level", "80"}).out,
            "id,step,point,lower80,upper80\n");
  EXPECT_EQ(program.run({"anomaly", program.path("empty.csv")}).out, "timestamp,value,score\n");
}

TEST(SeriesVerbs, TakeWholeStepsAndEachLevelOnce) {
  Program program("2026-03-15T06:00:00Z");
  program.write("sales.csv", "a,1,2,3,4,5,6,7,8\n");
  const auto refused = [&](const char* option, const char* value, const char* horizon) {
    return program.run({"forecast", program.path("sales.csv"), option, value, "--horizon", horizon}).err;
  };
  EXPECT_EQ(refused("--level", "80,80", "2"), "kpid: --level names 80 twice\n");
  EXPECT_THAT(refused("--level", "80", "1.5"), testing::StartsWith("kpid: --horizon takes a whole number of steps"));
  EXPECT_EQ(refused("--level", "80", "2"), "");
}

TEST(SeriesVerbs, SayThatAGoalEqualToAConstantSeriesIsMet) {
  Program program(kNow);
  program.write("series.csv", "c,5,5,5,5,5,5,5,5,5,5,5,5\n");
  program.write("goals.csv", "c,3,5,higher\nc,3,5,lower\nc,3,5.1,higher\n");
  const Ended ended = program.run({"forecast", program.path("series.csv"), "--goals", program.path("goals.csv")});
  EXPECT_EQ(ended.out, "id,step,goal,better,probability\nc,3,5,higher,1\nc,3,5,lower,1\nc,3,5.1,higher,0\n");
}

TEST(SeriesVerbs, ScoreFromTheFortyFirstValueOn) {
  Program program(kNow);
  const auto score_of_a_jump_after = [&](int before) {
    std::string file;
    for (int i = 0; i < before; ++i) {
      file += std::to_string(i) + "," + std::to_string(100 + i * 7 % 5) + "\n";
    }
    program.write("series.csv", file + "jump,500\n");
    const std::string out = program.run({"anomaly", program.path("series.csv")}).out;
    return *parse_number(out.substr(out.rfind(',') + 1, out.size() - out.rfind(',') - 2));
  };
  EXPECT_EQ(score_of_a_jump_after(39), 0);
  EXPECT_GT(score_of_a_jump_after(41), 0.99);
}

}  // namespace
}  // namespace kpi::test
