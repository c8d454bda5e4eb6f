#include "daemon/cli/reading.hpp"

#include <gtest/gtest.h>

#include <string>

namespace kpi::test {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

TEST(RoughText, GivesTheLargestUnitOfWhichThereAreTwo) {
  EXPECT_EQ(rough_text(seconds{3}), "1 minute");
  EXPECT_EQ(rough_text(minutes{119}), "119 minutes");
  EXPECT_EQ(rough_text(hours{2}), "2 hours");
  EXPECT_EQ(rough_text(hours{47}), "47 hours");
  EXPECT_EQ(rough_text(hours{48}), "2 days");
}

TEST(LocalText, IsInTheZone) {
  const Instant instant = *parse_rfc3339("2026-07-01T22:05:59Z");
  EXPECT_EQ(local_text(instant, Zone::find("Europe/Stockholm").value()), "2026-07-02 00:05");
  EXPECT_EQ(local_text(instant, Zone()), "2026-07-01 22:05");
}

TEST(SegmentText, NamesTheLabelOnlyWhereItIsNotClear) {
  Kpi by_country;
  by_country.split_by = {{"country"}};
  Kpi by_both = by_country;
  by_both.split_by.push_back({"channel"});
  const Labels segment{{"country", "SE"}};
  EXPECT_EQ(segment_text(segment, &by_country), "SE");
  EXPECT_EQ(segment_text(segment, &by_both), "country=SE");
  EXPECT_EQ(segment_text(segment, nullptr), "country=SE");
  EXPECT_EQ(segment_text({}, &by_country), "");
  EXPECT_EQ(segment_text({{"country", "\x1b[2J"}}, &by_country), "\\x1b[2J");
}

TEST(UnknownKpi, NamesTheNearestOne) {
  EXPECT_EQ(unknown_kpi_text("vists", {"visits", "cac"}), "there is no KPI \"vists\"; did you mean \"visits\"?");
  EXPECT_EQ(unknown_kpi_text("x\ny", {"visits"}), "there is no KPI \"x\\x0ay\"; `kpid status` lists them");
}

}  // namespace
}  // namespace kpi::test
