// Why a ratio of sums moved.

#include "rules/judge/mix.hpp"

#include "tests/unit/rules/judge/ledger.hpp"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace kpi {
namespace {

TEST(Mix, FallsAlthoughEverySegmentRises) {
  const std::array<MixPart, 2> parts{
      {{{{"country", "SE"}}, 0.02, 0.021, 100, 900}, {{{"country", "DK"}}, 0.05, 0.052, 900, 100}}};
  const Mix mix = mix_of(parts).value();
  EXPECT_NEAR(mix.before, 0.047, 1e-12);
  EXPECT_NEAR(mix.now, 0.0241, 1e-12);
  EXPECT_TRUE(mix.is_against_all);
  EXPECT_GT(mix.within, 0);
  EXPECT_LT(mix.between, 0);
  EXPECT_NEAR(mix.within + mix.between, mix.now - mix.before, 1e-12);
}

TEST(Mix, OfSteadyWeightsIsAllWithin) {
  const std::array<MixPart, 2> parts{{{{}, 0.02, 0.03, 100, 200}, {{}, 0.05, 0.05, 100, 200}}};
  const Mix mix = mix_of(parts).value();
  EXPECT_NEAR(mix.within, 0.005, 1e-12);
  EXPECT_NEAR(mix.between, 0, 1e-12);
  EXPECT_FALSE(mix.is_against_all);
}

TEST(Mix, NeedsSegmentsAndSomethingToDivideBy) {
  EXPECT_FALSE(mix_of({}).has_value());
  EXPECT_FALSE(mix_of(std::vector<MixPart>{{{}, 1, 2, 1, 1}}).has_value());
  EXPECT_FALSE(mix_of(std::vector<MixPart>{{{}, 1, 2, 0, 1}, {{}, 1, 2, 0, 1}}).has_value());
}

TEST(Mix, FindsWhatTheFormulaDividesBy) {
  const auto divisor = [](const std::string& formula) {
    Ledger ledger({metric_named("web.a"), metric_named("web.b")}, "  x:\n    title: X\n    value: " + formula + "\n");
    ledger.given("web.a", "2026-03-01", "6").given("web.b", "2026-03-01", "4");
    ledger.judged_at("2026-03-02 00:00");
    const auto program = divisor_of(ledger.rules().kpis.front().value);
    if (!program) {
      return -1.0;
    }
    const JudgeContext context = ledger.context(instant_in(zone_named("UTC"), "2026-03-02 00:00"));
    const Kpi& kpi = ledger.rules().kpis.front();
    EvaluationContext eval;
    eval.rules = context.rules;
    eval.table = context.table;
    eval.frame = Frame{slot_of(*parse_date("2026-03-01")), kpi.every, kpi.over, kpi.zone, {}};
    return evaluate(*program, ledger.line("x").value_inputs, eval).number;
  };
  EXPECT_EQ(divisor("web.a / web.b"), 4);
  EXPECT_EQ(divisor("(web.a - 1) / (web.a + 2 * max(web.b, 1, 3))"), 14);
  EXPECT_EQ(divisor("web.a / if(web.b > 3, web.b, 7)"), 4);
  EXPECT_EQ(divisor("web.a + web.b"), -1);
  EXPECT_EQ(divisor("web.a"), -1);
}

}  // namespace
}  // namespace kpi
