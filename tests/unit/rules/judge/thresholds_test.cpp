#include "rules/judge/thresholds.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace kpi {
namespace {

/// "warning/critical" of a value: `m` missed, `f` fine, `b` between, `?` unknown.
std::string standing(const Value& value, const Limits& limits, const Better& better) {
  const ThresholdStanding result = judge_thresholds(value, limits, better);
  std::string text;
  for (const std::size_t rung : {1U, 2U}) {
    text += std::string_view("?fbm")[static_cast<std::size_t>(result.rungs.at(rung))];
  }
  return text;
}

Limits limits(std::optional<double> warning,
              std::optional<double> critical,
              std::optional<double> recover = std::nullopt) {
  const auto value = [](std::optional<double> number) {
    return number ? std::optional(Value::of(*number)) : std::nullopt;
  };
  return {value(warning), value(critical), value(recover)};
}

/// 1.96 standard deviations on both sides: what the tables call 95 %.
double deviations() {
  return deviations_for(0.95);
}

constexpr Better kHigher{Better::Kind::kHigher, 0, 0};
constexpr Better kLower{Better::Kind::kLower, 0, 0};

struct LimitCase {
  std::string name;
  double value = 0;
  std::string higher;  ///< With better: higher, warning 80, critical 50, recover 90.
  std::string lower;   ///< With better: lower, warning 80, critical 90, recover 50.
};

void PrintTo(const LimitCase& test, std::ostream* out) {
  *out << test.value;
}

class Thresholds3 : public testing::TestWithParam<LimitCase> {};

TEST_P(Thresholds3, Judge) {
  const Value value = Value::of(GetParam().value);
  EXPECT_EQ(standing(value, limits(80, 50, 90), kHigher), GetParam().higher);
  EXPECT_EQ(standing(value, limits(80, 90, 50), kLower), GetParam().lower);
}

INSTANTIATE_TEST_SUITE_P(Thresholds,
                         Thresholds3,
                         testing::Values(LimitCase{"FarBelow", 10, "mm", "ff"},
                                         LimitCase{"OnTheLowestLimit", 50, "mf", "ff"},
                                         LimitCase{"JustBelowTheLowest", 49.999, "mm", "ff"},
                                         LimitCase{"InTheMiddle", 70, "mf", "bf"},
                                         LimitCase{"OnTheWarning", 80, "bf", "bf"},
                                         LimitCase{"JustAboveTheWarning", 80.001, "bf", "mf"},
                                         LimitCase{"OnTheHighestLimit", 90, "ff", "mf"},
                                         LimitCase{"FarAbove", 100, "ff", "mm"}),
                         [](const auto& test) { return test.param.name; });

TEST(Thresholds, EqualIsMet) {
  EXPECT_FALSE(is_beyond(80, 80, kHigher));
  EXPECT_FALSE(is_beyond(80 - 1e-8, 80, kHigher));  // rounding
  EXPECT_TRUE(is_beyond(80 - 1e-6, 80, kHigher));
  EXPECT_TRUE(is_beyond(std::numeric_limits<double>::infinity(), 80, kLower));  // nothing is near it
  EXPECT_FALSE(is_beyond(80, 80, kLower));
  EXPECT_TRUE(is_beyond(79, 80, kHigher));
  EXPECT_TRUE(is_beyond(81, 80, kLower));
}

TEST(Thresholds, RecoverBelongsToTheMildestSeverity) {
  EXPECT_EQ(standing(Value::of(60), limits(std::nullopt, 50, 90), kHigher), "fb");
  EXPECT_EQ(standing(Value::of(60), limits(80, 50, 90), kHigher), "mf");
}

TEST(Thresholds, ABandIsAWarningOutsideOfIt) {
  const Better within{Better::Kind::kWithin, 3.5, 4.5};
  const std::pair<double, const char*> wanted[] = {{3.4, "mf"}, {3.5, "ff"}, {4, "ff"}, {4.5, "ff"}, {4.6, "mf"}};
  for (const auto& [value, result] : wanted) {
    EXPECT_EQ(standing(Value::of(value), {}, within), result) << value;
  }
  EXPECT_EQ(standing(Value::unknown(Reason::kNoSample), {}, within), "?f");
}

TEST(Thresholds, AnUnknownValueIsNoMiss) {
  const ThresholdStanding result = judge_thresholds(Value::unknown(Reason::kNoSample), limits(80, 50), kHigher);
  EXPECT_EQ(result.severity, Severity::kNone);
  EXPECT_EQ(standing(Value::unknown(Reason::kNoSample), limits(80, 50), kHigher), "??");
}

TEST(Thresholds, AnUnknownLimitIsNoMissEither) {
  Limits some = limits(80, 50);
  some.warning = Value::unknown(Reason::kNotJudged);
  EXPECT_EQ(standing(Value::of(60), some, kHigher), "?f");
  EXPECT_EQ(standing(Value::of(40), some, kHigher), "?m");
}

TEST(Thresholds, AnUnknownRecoveryLimitLetsTheAlertEnd) {
  Limits some = limits(80, std::nullopt, 90);
  some.recover = Value::unknown(Reason::kNotJudged);
  EXPECT_EQ(standing(Value::of(85), some, kHigher), "ff");
}

TEST(Thresholds, TheWorstLimitThatWasCrossedIsTheSeverity) {
  EXPECT_EQ(judge_thresholds(Value::of(70), limits(80, 50), kHigher).severity, Severity::kWarning);
  EXPECT_EQ(judge_thresholds(Value::of(40), limits(80, 50), kHigher).severity, Severity::kCritical);
  EXPECT_EQ(judge_thresholds(Value::of(90), limits(80, 50), kHigher).severity, Severity::kNone);
}

TEST(Thresholds, TheMildestLimitIsTheWarning) {
  EXPECT_EQ(limits(80, 50).mildest()->number, 80);
  EXPECT_EQ(limits(std::nullopt, 50).mildest()->number, 50);
  EXPECT_EQ(Limits{}.mildest(), nullptr);
}

// --- how sure one can be ---

TEST(Confidence, IsSoManyStandardDeviations) {
  EXPECT_NEAR(deviations_for(0.6826894921370859), 1, 1e-12);
  EXPECT_NEAR(deviations_for(0.95), 1.959963984540054, 1e-12);
  EXPECT_NEAR(deviations_for(0.99), 2.5758293035489004, 1e-12);
}

struct WilsonCase {
  std::string name;
  double part = 0;
  double whole = 0;
  double low = 0;
  double high = 0;
};

void PrintTo(const WilsonCase& test, std::ostream* out) {
  *out << test.part << " of " << test.whole;
}

class Wilson : public testing::TestWithParam<WilsonCase> {};

TEST_P(Wilson, IsAsPublished) {
  const auto interval = wilson_interval(GetParam().part, GetParam().whole, deviations());
  ASSERT_TRUE(interval);
  EXPECT_NEAR(interval->low, GetParam().low, 5e-5);
  EXPECT_NEAR(interval->high, GetParam().high, 5e-5);
}

// Newcombe (1998), table I: the score method without continuity correction.
INSTANTIATE_TEST_SUITE_P(Confidence,
                         Wilson,
                         testing::Values(WilsonCase{"AThird", 81, 263, 0.2553, 0.3662},
                                         WilsonCase{"ATenth", 15, 148, 0.0624, 0.1605},
                                         WilsonCase{"None", 0, 20, 0, 0.1611},
                                         WilsonCase{"OneOfFew", 1, 29, 0.0061, 0.1718}),
                         [](const auto& test) { return test.param.name; });

TEST(Confidence, KnowsNothingOfWhatIsNoShare) {
  EXPECT_FALSE(wilson_interval(12, 10, 2));
  EXPECT_FALSE(wilson_interval(-1, 10, 2));
  EXPECT_FALSE(wilson_interval(0, 0, 2));
  EXPECT_FALSE(wilson_interval(std::nan(""), 10, 2));
}

TEST(Confidence, TakesBackAMissThatMayBeNone) {
  const Value value = Value::of(0.01);
  const Interval unsure{0.002, 0.05};
  const Interval sure{0.005, 0.018};
  const auto gated = [&](const Interval& interval, const Better& better) {
    return judge_thresholds(value, limits(0.02, 0.015), better, interval);
  };
  EXPECT_EQ(gated(unsure, kHigher).rungs[1], Standing::kBetween);
  EXPECT_EQ(gated(unsure, kHigher).severity, Severity::kCritical) << "the ledger goes by the value";
  EXPECT_EQ(gated(sure, kHigher).rungs[1], Standing::kMissed);
  EXPECT_EQ(gated(sure, kHigher).rungs[2], Standing::kBetween) << "0.018 is not below 0.015";
  EXPECT_EQ(judge_thresholds(value, limits(0.006, std::nullopt), kLower, sure).rungs[1], Standing::kBetween);
  EXPECT_EQ(judge_thresholds(value, limits(0.004, std::nullopt), kLower, sure).rungs[1], Standing::kMissed);
  const Better within{Better::Kind::kWithin, 0.02, 0.03};
  EXPECT_EQ(judge_thresholds(value, {}, within, sure).rungs[1], Standing::kMissed);
  EXPECT_EQ(judge_thresholds(value, {}, within, unsure).rungs[1], Standing::kBetween);
}

}  // namespace
}  // namespace kpi
