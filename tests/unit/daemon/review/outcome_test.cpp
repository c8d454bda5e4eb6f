#include "daemon/review/outcome.hpp"

#include <gtest/gtest.h>

namespace kpi {
namespace {

Instant hour(int count) {
  return Instant{std::chrono::hours{count}};
}

/// A line of three periods, one of them missed, with one alert.
ReviewLine line_with(std::optional<Instant> firing, std::optional<Instant> resolved) {
  ReviewLine line;
  line.counts = {3, 2, 1, 0, 0};
  EpisodeRow episode;
  episode.severity = Severity::kWarning;
  episode.since = hour(0);
  episode.firing = firing;
  episode.resolved = resolved;
  line.episodes.push_back(episode);
  return line;
}

TEST(Outcome, TheLastVerdictFiresAnAlertThatIsOpenAtTheEnd) {
  EXPECT_EQ(outcome_of(line_with(hour(9), {}), hour(10)), ReviewOutcome::kNotMade);
  EXPECT_EQ(outcome_of(line_with(hour(10), {}), hour(10)), ReviewOutcome::kNotMade);
  EXPECT_EQ(outcome_of(line_with(hour(10), hour(11)), hour(10)), ReviewOutcome::kNotMade);
  EXPECT_EQ(outcome_of(line_with(hour(11), {}), hour(10)), ReviewOutcome::kAtRisk);
}

TEST(Outcome, TheLastVerdictEndsAnAlertThatIsOpenNoMore) {
  EXPECT_EQ(outcome_of(line_with(hour(9), hour(10)), hour(10)), ReviewOutcome::kAtRisk);
  EXPECT_EQ(outcome_of(line_with(hour(9), hour(11)), hour(10)), ReviewOutcome::kNotMade);
}

}  // namespace
}  // namespace kpi
