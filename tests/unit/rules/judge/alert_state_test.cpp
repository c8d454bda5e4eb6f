// When an alert is pending, when it fires, when it ends: one letter a period in, one letter a period out.

#include "rules/judge/alert_state.hpp"

#include "tests/unit/rules/judge/ledger.hpp"

#include <gtest/gtest.h>

namespace kpi {
namespace {

/// One alert and the periods it sees.
class AlertStory {
 public:
  explicit AlertStory(std::string_view hold = "0", std::string_view recover = "0")
      : patience_{parse_span(hold).value(), parse_span(recover).value()} {}

  AlertStory& every(std::string_view grain, std::string_view from, std::string_view zone = "UTC") {
    cadence_ = {parse_grain(grain).value(), zone_named(zone)};
    next_ = slot_at(instant_in(cadence_.zone, from), cadence_.every, cadence_.zone, {});
    return *this;
  }

  /// What each period is: `m` missed, `f` fine, `b` between the limit and where it may end, `?` without data.
  /// Gives what the alert then is: `.` inactive, `p` pending, `F` firing.
  std::string sees(std::string_view periods) {
    std::string phases;
    for (const char period : periods) {
      const Standing standing = standing_of(period);
      sees_severities({Standing::kFine, standing, Standing::kFine}, period != '?');
      phases += std::string_view(".pFR")[static_cast<std::size_t>(state.phase)];
    }
    return phases;
  }

  void sees_severities(std::array<Standing, 3> standing, bool has_data = true) {
    Observation observation;
    observation.slot = next_;
    observation.standing = standing;
    observation.has_data = has_data;
    step(state, observation, patience_, cadence_);
    next_ = next_slot(next_, cadence_.every, cadence_.zone);
  }

  AlertState state;

 private:
  static Standing standing_of(char period) {
    switch (period) {
      case 'm':
        return Standing::kMissed;
      case 'b':
        return Standing::kBetween;
      case '?':
        return Standing::kUnknown;
      default:
        return Standing::kFine;
    }
  }

  Patience patience_;
  Cadence cadence_{parse_grain("day").value(), {}};
  Slot next_ = slot_of(*parse_date("2026-03-01"));
};

Slot day(std::string_view date) {
  return slot_of(*parse_date(date));
}

TEST(Alert, FiresAtTheFirstMissAndEndsAtTheFirstFinePeriod) {
  AlertStory alert;
  EXPECT_EQ(alert.sees("fmmff"), ".FF..");
}

TEST(Alert, WaitsUntilTheMissHasLasted) {
  AlertStory alert("3 days");
  EXPECT_EQ(alert.sees("fmmmmf"), ".ppFF.");
}

TEST(Alert, ForOnePeriodIsAsGoodAsForNone) {
  EXPECT_EQ(AlertStory("1 day").sees("fmf"), ".F.");
  EXPECT_EQ(AlertStory("0").sees("fmf"), ".F.");
}

TEST(Alert, ForgetsAMissThatDidNotLast) {
  AlertStory alert("3 days");
  EXPECT_EQ(alert.sees("mmfmmmf"), "pp.ppF.");
}

TEST(Alert, RemembersTheFirstMissedPeriod) {
  AlertStory alert("2 days");
  alert.sees("ffmmm");
  EXPECT_EQ(alert.state.since, day("2026-03-03"));
}

TEST(Alert, TakesAGapNeitherForAMissNorForRecovery) {
  AlertStory alert("3 days");
  EXPECT_EQ(alert.sees("m?m??mm"), "pppppFF");
  EXPECT_EQ(alert.state.since, day("2026-03-01"));
  AlertStory firing("1 day", "2 days");
  EXPECT_EQ(firing.sees("mf?f"), "FFF.");
}

TEST(Alert, IsStaleWhileItFiresWithoutData) {
  AlertStory alert;
  alert.sees("m?");
  EXPECT_EQ(alert.state.phase, AlertPhase::kFiring);
  EXPECT_TRUE(alert.state.is_stale);
  alert.sees("m");
  EXPECT_FALSE(alert.state.is_stale);
}

TEST(Alert, EndsOnlyWhenItHasBeenFineForSoLong) {
  AlertStory alert("0", "3 days");
  EXPECT_EQ(alert.sees("mffmfff"), "FFFFFF.");
}

TEST(Alert, EndsOnlyBeyondTheRecoveryLimit) {
  AlertStory alert;
  EXPECT_EQ(alert.sees("mbbbf"), "FFFF.");
  AlertStory patient("0", "2 days");
  EXPECT_EQ(patient.sees("mfbff"), "FFFF.");
}

TEST(Alert, IsNotStartedByAPeriodThatMissesNothing) {
  AlertStory alert("2 days");
  EXPECT_EQ(alert.sees("bmbm"), ".p.p");
}

TEST(Alert, OfMonthsWaitsForMonths) {
  AlertStory alert("2 months");
  alert.every("month", "2026-01-01");
  EXPECT_EQ(alert.sees("mmfm"), "pF.p");
  AlertStory with_gap("2 months");
  with_gap.every("month", "2026-01-01");
  EXPECT_EQ(with_gap.sees("m?m"), "ppF");
}

TEST(Alert, OfWeeksWaitsForWholePeriods) {
  AlertStory alert("10 days");
  alert.every("week", "2026-03-02");
  EXPECT_EQ(alert.sees("mm"), "pF");
}

TEST(Alert, OfHoursCountsTheTimeOnTheClock) {
  // One day from 22:00 on 28 March has 23 hours in Stockholm.
  AlertStory alert("1 day");
  alert.every("hour", "2026-03-28 22:00", "Europe/Stockholm");
  EXPECT_EQ(alert.sees(std::string(23, 'm')), std::string(22, 'p') + "F");
}

TEST(Alert, OfLongIntervalsFollowsTheClock) {
  // 01:00Z to 02:00Z is one period of 2h on 29 March: from 02:00, which does not exist, to 04:00.
  AlertStory alert("6h");
  alert.every("2h", "2026-03-29 00:00", "Europe/Stockholm");
  EXPECT_EQ(alert.sees("mmmm"), "pppF");
  AlertStory with_gap("4h");
  with_gap.every("2h", "2026-03-29 04:00", "Europe/Stockholm");
  EXPECT_EQ(with_gap.sees("m?m"), "ppF");
}

// --- several severities are one alert ---

constexpr std::array<Standing, 3> kFine{Standing::kFine, Standing::kFine, Standing::kFine};
constexpr std::array<Standing, 3> kWarning{Standing::kFine, Standing::kMissed, Standing::kFine};
constexpr std::array<Standing, 3> kCritical{Standing::kFine, Standing::kMissed, Standing::kMissed};

TEST(Severity, RisesAndFallsWithinOneAlert) {
  AlertStory alert;
  alert.sees_severities(kWarning);
  EXPECT_EQ(alert.state.severity, Severity::kWarning);
  alert.sees_severities(kCritical);
  EXPECT_EQ(alert.state.severity, Severity::kCritical);
  alert.sees_severities(kWarning);
  EXPECT_EQ(alert.state.severity, Severity::kWarning);
  EXPECT_EQ(alert.state.since, day("2026-03-01"));
  alert.sees_severities(kFine);
  EXPECT_EQ(alert.state.phase, AlertPhase::kInactive);
}

TEST(Severity, RisesOnlyWhenTheWorseMissHasLastedToo) {
  AlertStory alert("2 days");
  alert.sees_severities(kWarning);
  alert.sees_severities(kCritical);
  EXPECT_EQ(alert.state.phase, AlertPhase::kFiring);
  EXPECT_EQ(alert.state.severity, Severity::kWarning);
  alert.sees_severities(kCritical);
  EXPECT_EQ(alert.state.severity, Severity::kCritical);
}

TEST(Severity, OfAPendingAlertIsTheWorstThatWaits) {
  AlertStory alert("3 days");
  alert.sees_severities(kCritical);
  EXPECT_EQ(alert.state.phase, AlertPhase::kPending);
  EXPECT_EQ(alert.state.severity, Severity::kCritical);
  alert.sees_severities(kWarning);
  EXPECT_EQ(alert.state.severity, Severity::kWarning);
  EXPECT_EQ(alert.state.since, day("2026-03-01"));
}

// --- flapping ---

/// Whether the alert is flapping after each period: `~` or `.`.
std::string flapping(AlertStory& story, std::string_view periods) {
  std::string text;
  for (const char period : periods) {
    story.sees(std::string_view(&period, 1));
    text += story.state.is_flapping ? '~' : '.';
  }
  return text;
}

TEST(Flapping, BeginsWithTheSeventhChangeAmongTwentyPeriods) {
  AlertStory story;
  story.every("day", "2026-03-01");
  EXPECT_EQ(flapping(story, "mfmfmfm"), "......~");
}

TEST(Flapping, EndsWhenFewerThanFiveChangesAreLeftOfTheLastTwentyPeriods) {
  AlertStory story;
  story.every("day", "2026-03-01");
  EXPECT_EQ(flapping(story, "fmfmfmfm"), ".......~");              // the changes are those of the 2nd to the 8th day
  EXPECT_EQ(flapping(story, "mmmmmmmmmmmmmm"), "~~~~~~~~~~~~~~");  // up to the 22nd: the first of them has gone
  EXPECT_EQ(flapping(story, "mm"), "~.");                          // the 24th: that of the 5th and later are left
}

TEST(Flapping, IsNotWhatComesAndGoesNowAndThen) {
  AlertStory story;
  story.every("day", "2026-03-01");
  const std::string year = [] {
    std::string days;
    for (int week = 0; week < 52; ++week) {
      days += "fffffmm";  // every weekend
    }
    return days;
  }();
  EXPECT_EQ(flapping(story, year).find('~'), std::string::npos);
}

TEST(Flapping, CountsOnlyPeriodsWithData) {
  AlertStory with_gaps;
  with_gaps.every("day", "2026-03-01");
  EXPECT_EQ(flapping(with_gaps, "m????f????m????f????m????f????m"), "..............................~");
}

TEST(Flapping, IsForgottenWhenNothingHasChangedForTwentyPeriods) {
  AlertStory story;
  story.every("day", "2026-03-01");
  story.sees("mfmfmfmf");
  story.sees("fffffffffffffffffff");
  EXPECT_NE(story.state.changes, 0U);
  story.sees("f");
  EXPECT_EQ(story.state, AlertState{});
}

}  // namespace
}  // namespace kpi
