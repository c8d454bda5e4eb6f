// Windows of civil time: business hours across changes of the clock, windows over midnight, holidays.

#include "rules/routing/hours.hpp"

#include "rules/routing/route.hpp"

#include <gtest/gtest.h>

namespace kpi {
namespace {

using std::chrono::hours;

CivilGround berlin() {
  const auto zone = Zone::find("Europe/Berlin");
  EXPECT_TRUE(zone);
  return {zone.value_or(Zone()), {}};
}

Instant utc(std::string_view text) {
  const auto instant = parse_rfc3339(text);
  EXPECT_TRUE(instant) << text;
  return instant.value_or(Instant{});
}

std::string text_of(const std::optional<Instant>& instant) {
  return instant ? rfc3339(*instant) : "none";
}

constexpr Hours kOffice{0x1F, hours{9}, hours{17}, Hours::Holidays::kLeftOut};

struct Day {
  const char* start;
  const char* end;
};

TEST(Hours, FollowTheWallClockOverAChangeOfIt) {
  const CivilGround ground = berlin();
  for (const Day& day : {Day{"2026-03-27T08:00:00Z", "2026-03-27T16:00:00Z"},
                         Day{"2026-03-30T07:00:00Z", "2026-03-30T15:00:00Z"},
                         Day{"2026-10-23T07:00:00Z", "2026-10-23T15:00:00Z"},
                         Day{"2026-10-26T08:00:00Z", "2026-10-26T16:00:00Z"}}) {
    const Instant start = utc(day.start);
    EXPECT_EQ(text_of(end_of_window(kOffice, start, ground)), day.end);
    EXPECT_EQ(text_of(end_of_window(kOffice, start - Duration{1}, ground)), "none");
    EXPECT_EQ(text_of(end_of_window(kOffice, utc(day.end), ground)), "none") << "the end is not in it";
    EXPECT_EQ(text_of(start_of_window(kOffice, start - hours{10}, ground)), day.start);
  }
  EXPECT_EQ(text_of(start_of_window(kOffice, utc("2026-03-27T16:00:00Z"), ground)), "2026-03-30T07:00:00Z");
}

TEST(Hours, OverMidnightBelongToTheDayTheyBeginOn) {
  const Hours nights{0x10, hours{22}, hours{6}, Hours::Holidays::kLikeOtherDays};  // Friday
  const CivilGround ground = berlin();
  EXPECT_EQ(text_of(end_of_window(nights, utc("2026-03-28T03:00:00Z"), ground)), "2026-03-28T05:00:00Z");
  EXPECT_EQ(text_of(end_of_window(nights, utc("2026-03-28T22:00:00Z"), ground)), "none");
  EXPECT_EQ(text_of(end_of_window(nights, utc("2026-03-27T20:00:00Z"), ground)), "none");
}

TEST(Hours, BeginAtTheEndOfAGapAndTheFirstTimeOfTwo) {
  const Hours early{0x7F, std::chrono::minutes{150}, hours{4}, Hours::Holidays::kLikeOtherDays};  // 02:30
  const CivilGround ground = berlin();
  EXPECT_EQ(text_of(start_of_window(early, utc("2026-03-28T12:00:00Z"), ground)), "2026-03-29T01:00:00Z");
  EXPECT_EQ(text_of(start_of_window(early, utc("2026-10-24T12:00:00Z"), ground)), "2026-10-25T00:30:00Z");
  EXPECT_EQ(text_of(start_of_window(early, utc("2026-10-25T00:30:00Z"), ground)), "2026-10-26T01:30:00Z")
      << "once a day";
}

TEST(Hours, LeaveHolidaysOutOrHaveOnlyThem) {
  CivilGround ground = berlin();
  NamedDays days;
  days.holidays = {Date{std::chrono::year{2026} / 12 / 24}, Date{std::chrono::year{2026} / 12 / 25}};
  ground.calendar.days = std::make_shared<const NamedDays>(days);
  const Instant thursday = utc("2026-12-24T10:00:00Z");
  EXPECT_EQ(text_of(end_of_window(kOffice, thursday, ground)), "none");
  EXPECT_EQ(text_of(start_of_window(kOffice, thursday, ground)), "2026-12-28T08:00:00Z");
  Hours feasts;
  feasts.holidays = Hours::Holidays::kOnly;
  EXPECT_EQ(text_of(end_of_window(feasts, thursday, ground)), "2026-12-24T23:00:00Z");
  EXPECT_EQ(text_of(end_of_window(feasts, utc("2026-12-23T10:00:00Z"), ground)), "none");
}

TEST(Delay, CountsBusinessDays) {
  const RoutingRules rules;
  const Delay two{{}, 2, "business"};
  const CivilGround ground = berlin();
  EXPECT_EQ(rfc3339(after(two, utc("2026-03-27T13:00:00Z"), rules, ground)), "2026-03-31T12:00:00Z")
      << "Friday to Tuesday, at the same time of day";
  EXPECT_EQ(rfc3339(after(two, utc("2026-03-30T12:00:00Z"), rules, ground)), "2026-04-01T12:00:00Z");
}

TEST(Quiet, WindowsThatTouchAreOne) {
  RoutingRules rules;
  rules.mutes.emplace("nights", Hours{0x7F, hours{22}, hours{8}, Hours::Holidays::kLikeOtherDays});
  rules.mutes.emplace("standup", Hours{0x7F, hours{8}, hours{9}, Hours::Holidays::kLikeOtherDays});
  Route route;
  route.mute = {"standup", "nights"};
  const auto quiet = quiet_at(route, rules, utc("2026-03-30T23:00:00Z"), {});
  ASSERT_TRUE(quiet);
  EXPECT_EQ(quiet->mute, "nights");
  EXPECT_EQ(rfc3339(quiet->until), "2026-03-31T09:00:00Z");
  EXPECT_FALSE(quiet_at(route, rules, utc("2026-03-31T09:00:00Z"), {}));
}

TEST(Quiet, WithoutAnEndIsSaidSo) {
  RoutingRules rules;
  rules.mutes.emplace("always", Hours{});
  Route route;
  route.mute = {"always"};
  EXPECT_EQ(quiet_at(route, rules, utc("2026-03-31T12:00:00Z"), {}), (Quiet{"always", Instant::max()}));
}

}  // namespace
}  // namespace kpi
