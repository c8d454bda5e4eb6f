// `kpid test`: how a value is compared with the one that was expected.

#include "tests/unit/daemon/cli/program.hpp"

#include <gtest/gtest.h>

namespace kpi::test {
namespace {

/// What is said of a share of sold seats, 1 of 3, that is expected to be `value`.
Ended expecting(const std::string& value) {
  Program program("2026-03-02T06:00:00Z");
  program.write("seats.yaml", "kpis:\n  sold: {unit: \"%\", value: hall.sold / hall.seats}\n");
  program.write("seats.test.yaml",
                "rules: [seats.yaml]\n"
                "sources: {hall: {metrics: {sold: {kind: flow}, seats: {kind: flow}}}}\n"
                "data:\n"
                "  hall.sold: {from: 2026-03-01, values: \"1\"}\n"
                "  hall.seats: {from: 2026-03-01, values: \"3\"}\n"
                "expect:\n"
                "  - {at: \"2026-03-02 00:00\", kpi: sold, " +
                    value + "}\n");
  return program.run({"test", program.path("seats.test.yaml")});
}

TEST(RuleTest, ComparesAValueToNineDigitsAndSaysHowToCompareItAsItIsShown) {
  EXPECT_EQ(expecting("value: 33.33333333333%").code, 0);
  EXPECT_EQ(expecting("formatted: \"33.33%\"").code, 0);
  const Ended ended = expecting("value: 33.33%");
  EXPECT_EQ(ended.code, 1);
  const std::string said = ended.out + ended.err;
  EXPECT_NE(said.find("expected 0.3333, got 0.3333333333333333; to compare it as it is shown, write formatted: "
                      "\"33.33%\""),
            std::string::npos)
      << said;
  EXPECT_EQ((expecting("value: 34%").out + expecting("value: 34%").err).find("as it is shown"), std::string::npos);
}

}  // namespace
}  // namespace kpi::test
