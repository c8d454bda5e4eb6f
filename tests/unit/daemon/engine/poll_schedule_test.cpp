#include "daemon/engine/poll_schedule.hpp"

#include <gtest/gtest.h>

#include <set>

namespace kpi::test {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

TEST(PollSchedule, TakesTheFirstSlotAfterNow) {
  const Duration offset = seconds{7};
  EXPECT_EQ(next_poll(Instant{seconds{0}}, minutes{1}, offset), Instant{seconds{7}});
  EXPECT_EQ(next_poll(Instant{seconds{6}}, minutes{1}, offset), Instant{seconds{7}});
  EXPECT_EQ(next_poll(Instant{seconds{7}}, minutes{1}, offset), Instant{seconds{67}});
  EXPECT_EQ(next_poll(Instant{seconds{3 * 60 + 30}}, minutes{1}, offset), Instant{seconds{4 * 60 + 7}});
  EXPECT_EQ(next_poll(Instant{seconds{-80}}, minutes{1}, offset), Instant{seconds{-53}});
}

TEST(PollSchedule, SpreadsSourcesWithinTheirIntervalButNotBeyondAMinute) {
  std::set<Duration> offsets;
  for (const char* name : {"web", "shop", "ads", "crm"}) {
    const Duration offset = poll_offset(name, hours{24});
    EXPECT_GE(offset, Duration{0}) << name;
    EXPECT_LT(offset, minutes{1}) << name;
    EXPECT_EQ(offset, poll_offset(name, hours{24})) << name;
    EXPECT_LT(poll_offset(name, seconds{1}), seconds{1}) << name;
    offsets.insert(offset);
  }
  EXPECT_EQ(offsets.size(), 4);
}

TEST(PollSchedule, LeavesASourceThatFailsAloneForLongerAndLonger) {
  EXPECT_EQ(patience_after(1, minutes{15}), minutes{15});
  EXPECT_EQ(patience_after(2, minutes{15}), minutes{15});
  EXPECT_EQ(patience_after(3, minutes{15}), minutes{30});
  EXPECT_EQ(patience_after(4, minutes{15}), minutes{60});
  EXPECT_EQ(patience_after(1000, minutes{15}), minutes{60});
  EXPECT_EQ(patience_after(1000, hours{24}), hours{24});
}

}  // namespace
}  // namespace kpi::test
