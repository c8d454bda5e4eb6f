#include "rules/routing/digest_rule.hpp"

#include <gtest/gtest.h>

namespace kpi {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

Zone stockholm() {
  return Zone::find("Europe/Stockholm").value();
}

Instant at(std::string_view text) {
  return parse_rfc3339(text).value();
}

std::string text_of(const DigestDue& due) {
  return rfc3339(due.at) + ": " + date_text(due.from) + " to " + date_text(due.to);
}

DigestRule rule(Grain::Unit every, int day, minutes time) {
  DigestRule made;
  made.every = every;
  made.day = day;
  made.at = time;
  return made;
}

TEST(DigestRule, IsAboutThePeriodThatHasEnded) {
  const Instant now = at("2026-04-07T12:00:00Z");  // a Tuesday
  const auto last = [&](const DigestRule& digest) { return text_of(last_due(digest, now, stockholm(), {})); };
  EXPECT_EQ(last(rule(Grain::Unit::kDay, 0, hours{8})), "2026-04-07T06:00:00Z: 2026-04-06 to 2026-04-07");
  EXPECT_EQ(last(rule(Grain::Unit::kWeek, 0, hours{8})), "2026-04-06T06:00:00Z: 2026-03-30 to 2026-04-06");
  EXPECT_EQ(last(rule(Grain::Unit::kWeek, 3, hours{8})), "2026-04-02T06:00:00Z: 2026-03-23 to 2026-03-30");
  EXPECT_EQ(last(rule(Grain::Unit::kMonth, 4, hours{8})), "2026-04-05T06:00:00Z: 2026-03-01 to 2026-04-01");
  EXPECT_EQ(last(rule(Grain::Unit::kMonth, 9, hours{8})), "2026-03-10T07:00:00Z: 2026-02-01 to 2026-03-01");
  EXPECT_EQ(last(rule(Grain::Unit::kQuarter, 4, hours{8})), "2026-04-05T06:00:00Z: 2026-01-01 to 2026-04-01");
  CalendarRules fiscal;
  fiscal.year_starts = std::chrono::May / 1;
  EXPECT_EQ(text_of(last_due(rule(Grain::Unit::kQuarter, 0, hours{8}), now, stockholm(), fiscal)),
            "2026-02-01T07:00:00Z: 2025-11-01 to 2026-02-01");
}

TEST(DigestRule, ComesOnceOnDaysOnWhichTheClockIsMoved) {
  const DigestRule daily = rule(Grain::Unit::kDay, 0, hours{2} + minutes{30});
  std::vector<std::string> issues;
  for (Instant now = at("2026-03-28T00:00:00Z"); now < at("2026-03-31T00:00:00Z");) {
    now = next_due(daily, now, stockholm(), {});
    issues.push_back(rfc3339(now));
  }
  // On the 29th there is no 02:30.
  EXPECT_EQ(issues,
            (std::vector<std::string>{
                "2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z", "2026-03-31T00:30:00Z"}));
  issues.clear();
  for (Instant now = at("2026-10-24T12:00:00Z"); now < at("2026-10-26T00:00:00Z");) {
    now = next_due(daily, now, stockholm(), {});
    issues.push_back(rfc3339(now));
  }
  // On the 25th it comes twice.
  EXPECT_EQ(issues, (std::vector<std::string>{"2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"}));
}

TEST(DigestRule, IsAnotherOneToAnotherChannelOrAboutOtherKpis) {
  const DigestRule weekly = rule(Grain::Unit::kWeek, 0, hours{8});
  DigestRule narrower = weekly;
  narrower.match = {{"owner", {"growth"}, false}};
  EXPECT_NE(key_of(weekly, "a"), key_of(weekly, "b"));
  EXPECT_NE(key_of(weekly, "a"), key_of(narrower, "a"));
  EXPECT_EQ(key_of(weekly, "a"), key_of(rule(Grain::Unit::kWeek, 0, hours{8}), "a"));
}

}  // namespace
}  // namespace kpi
