#include "plugins/date_format.hpp"

#include "tests/unit/plugins/csv_source.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace kpi {
namespace {

using testing::grain;
using testing::zone;

/// "2014-09-14", "2014-09-14 07:05:00.500", with Z for UTC; "nothing".
std::string shown(const std::optional<WrittenTime>& moment) {
  if (!moment) {
    return "nothing";
  }
  std::string text = rfc3339(Instant(Duration(moment->ms)));
  text.pop_back();
  text[10] = ' ';
  return (moment->has_time ? text : text.substr(0, 10)) + (moment->is_utc ? "Z" : "");
}

std::string read(std::string_view pattern, std::string_view text) {
  const auto format = DateFormat::parse(pattern);
  return format ? shown(format->read(text)) : format.error().message;
}

struct ReadCase {
  std::string pattern;
  std::string text;
  std::string moment;
};

TEST(DateFormat, ReadsDatesByTheirPattern) {
  const std::vector<ReadCase> cases{
      {"%Y-%m-%d", "2026-03-31", "2026-03-31"},      {"%m/%d/%Y", "9/14/2014", "2014-09-14"},
      {"%m/%d/%Y", "09/04/2014", "2014-09-04"},      {"%d.%m.%Y", "1.12.2025", "2025-12-01"},
      {"%e.%m.%y", "1.12.68", "2068-12-01"},         {"%d.%m.%y", "1.12.69", "1969-12-01"},
      {"%Y%m%d", "20140914", "2014-09-14"},          {"%d %b %Y", "14 sep 2014", "2014-09-14"},
      {"%b %d, %Y", "Sept 14, 2014", "2014-09-14"},  {"%A, %d %B %Y", "Sunday, 14 SEPTEMBER 2014", "2014-09-14"},
      {"%d %B %Y", "14   May 2014", "2014-05-14"},   {"%Y-%m", "2014-9", "2014-09-01"},
      {"%b %Y", "March 2026", "2026-03-01"},         {"%Y", "2014", "2014-01-01"},
      {"%Y-%j", "2024-366", "2024-12-31"},           {"%Y-W%V", "2026-W01", "2025-12-29"},
      {"%Y-W%V", "2020-W53", "2020-12-28"},          {"%G-W%V-%u", "2026-W14-3", "2026-04-01"},
      {"%Y-Q%q", "2026-Q3", "2026-07-01"},           {"week %V of %Y", "week 9 of 2026", "2026-02-23"},
      {"100%% %F", "100% 2026-03-31", "2026-03-31"}, {"%F", "  2026-03-31\t", "2026-03-31"},
  };
  for (const ReadCase& test : cases) {
    EXPECT_EQ(read(test.pattern, test.text), test.moment) << test.pattern << " of " << test.text;
  }
}

TEST(DateFormat, ReadsTimesByTheirPattern) {
  const std::vector<ReadCase> cases{
      {"%F %H:%M", "2026-03-31 6:05", "2026-03-31 06:05:00"},
      {"%F %T", "2026-03-31 23:59:59", "2026-03-31 23:59:59"},
      {"%F %T", "2016-12-31 23:59:60", "2017-01-01 00:00:00"},
      {"%FT%T.%f", "2026-03-31T06:00:00.5", "2026-03-31 06:00:00.500"},
      {"%m/%d/%Y %I:%M %p", "9/14/2014 12:30 am", "2014-09-14 00:30:00"},
      {"%m/%d/%Y %I:%M %p", "9/14/2014 12:30 PM", "2014-09-14 12:30:00"},
      {"%m/%d/%Y %I:%M %p", "9/14/2014 3:30 PM", "2014-09-14 15:30:00"},
      {"%F %R%z", "2026-03-31 06:00+0200", "2026-03-31 04:00:00Z"},
      {"%F %R %z", "2026-03-31 06:00 -05:30", "2026-03-31 11:30:00Z"},
      {"%F %R %z", "2026-03-31 06:00 +02", "2026-03-31 04:00:00Z"},
      {"%FT%T%z", "2026-03-31T06:00:00Z", "2026-03-31 06:00:00Z"},
      {"%s", "1412345678", "2014-10-03 14:14:38Z"},
      {"%Q", "1412345678901", "2014-10-03 14:14:38.901Z"},
      {"%s", "-1", "1969-12-31 23:59:59Z"},
  };
  for (const ReadCase& test : cases) {
    EXPECT_EQ(read(test.pattern, test.text), test.moment) << test.pattern << " of " << test.text;
  }
}

TEST(DateFormat, RefusesWhatIsNoDateOrHasAnotherForm) {
  const std::vector<ReadCase> cases{
      {"%Y-%m-%d", "2026-02-29", "nothing"},
      {"%Y-%m-%d", "2026-13-01", "nothing"},
      {"%Y-%m-%d", "2026-03-31 06:00", "nothing"},
      {"%Y-%m-%d", "26-03-31", "nothing"},
      {"%Y-%m-%d", "0000-03-31", "nothing"},
      {"%Y-%m-%d", "", "nothing"},
      {"%Y-%j", "2025-366", "nothing"},
      {"%Y-W%V", "2026-W54", "nothing"},
      {"%Y-W%V", "2025-W53", "nothing"},
      {"%d %b %Y", "14 se 2014", "nothing"},
      {"%d %b %Y", "14 septemb 2014", "nothing"},
      {"%d %b %Y", "14sep 2014", "nothing"},
      {"%F %R", "2026-03-31 24:00", "nothing"},
      {"%F %I:%M %p", "2026-03-31 13:00 PM", "nothing"},
      {"%F %R%z", "2026-03-31 06:00 +0200", "nothing"},
      {"%F %R%z", "2026-03-31 06:00+19:00", "nothing"},
      {"%s", "1412345678901", "nothing"},
      {"%s", "-9223372036854775808", "nothing"},
      {"%s", "99999999999999999999", "nothing"},
      {"%s", "12.5", "nothing"},
  };
  for (const ReadCase& test : cases) {
    EXPECT_EQ(read(test.pattern, test.text), test.moment) << test.pattern << " of " << test.text;
  }
}

TEST(DateFormat, ReadsIsoDatesWithOrWithoutTimeByDefault) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"2026-03-31", "2026-03-31"},
      {"2026-3-1", "2026-03-01"},
      {"2026-03-31 06:00", "2026-03-31 06:00:00"},
      {"2026-03-31T06:00:30.25", "2026-03-31 06:00:30.250"},
      {"2026-03-31T06:00:00Z", "2026-03-31 06:00:00Z"},
      {"2026-03-31T06:00+02:00", "2026-03-31 04:00:00Z"},
      {"2026-03-31T", "nothing"},
      {"2026-03-31Z", "nothing"},
      {"2026-03-31 06", "nothing"},
      {"2026-03-31T06:00:00.", "nothing"},
      {"2026-03-31T06:00:00 x", "nothing"},
      {"9/14/2014", "nothing"},
  };
  for (const auto& [text, moment] : cases) {
    EXPECT_EQ(shown(DateFormat().read(text)), moment) << text;
  }
}

TEST(DateFormat, RefusesPatternsThatDoNotTellADate) {
  const auto refused = [](std::string_view pattern) {
    const auto format = DateFormat::parse(pattern);
    return format ? "accepted" : format.error().message;
  };
  const std::string one_date =
      " does not tell one date: write a year with a month and day, as in %Y-%m-%d, or with one of %m, %j, %V and %q, "
      "or "
      "the seconds since 1970 as %s";
  const std::string one_time = " does not tell one time of day: minutes need %H, %I needs %p, seconds need %M";
  EXPECT_EQ(refused("%Y-%K"),
            "date format \"%Y-%K\" has %K, which means nothing: use %Y %y %m %b %d %j %V %u %q %H %I %p %M %S %f %z %a "
            "%s %Q, and %% for a percent sign");
  EXPECT_EQ(refused("%Y-%m-%d %Y"), "date format \"%Y-%m-%d %Y\" has %Y twice: leave one of them out");
  for (const std::string_view pattern : {"", "%m/%d", "%Y-%d", "%Y %y-%m", "%Y-%m %b", "%Y-%j %V", "%Y %u", "%H:%M"}) {
    EXPECT_EQ(refused(pattern), "date format \"" + std::string(pattern) + '"' + one_date) << pattern;
  }
  for (const std::string_view pattern : {"%F %M", "%F %I:%M", "%F %R %p", "%F %H:%S", "%F%z", "%F %I %p %H"}) {
    EXPECT_EQ(refused(pattern), "date format \"" + std::string(pattern) + '"' + one_time) << pattern;
  }
  EXPECT_EQ(refused("%F %"),
            "date format \"%F %\" has %, which means nothing: use %Y %y %m %b %d %j %V %u %q %H %I %p "
            "%M %S %f %z %a %s %Q, and %% for a percent sign");
}

TEST(DateFormat, ProposesThePatternsThatWouldRead) {
  const DateFormat iso;
  EXPECT_EQ(iso.trouble("9/14/2014"),
            R"("9/14/2014" is not a date as in %Y-%m-%d: write date.format, here "%m/%d/%Y")");
  EXPECT_EQ(iso.trouble("9/10/2014"),
            R"("9/10/2014" is not a date as in %Y-%m-%d: write date.format, here "%m/%d/%Y" or "%d/%m/%Y")");
  EXPECT_EQ(iso.trouble("Total"),
            R"("Total" is not a date as in %Y-%m-%d: correct it, or write date.format as the file has it)");
  EXPECT_EQ(iso.trouble("9/14/2014", "rows.date.format"),
            R"("9/14/2014" is not a date as in %Y-%m-%d: write rows.date.format, here "%m/%d/%Y")");
}

TEST(DateFormat, KnowsWhichGrainsItTells) {
  const auto tells_grain = [](std::string_view pattern, std::string_view name) {
    return tells(DateFormat::parse(pattern)->precision().value(), grain(name));
  };
  EXPECT_TRUE(tells_grain("%Y-%m", "month"));
  EXPECT_TRUE(tells_grain("%Y-%m", "quarter"));
  EXPECT_FALSE(tells_grain("%Y-%m", "week"));
  EXPECT_FALSE(tells_grain("%Y-%m", "day"));
  EXPECT_TRUE(tells_grain("%Y-W%V", "week"));
  EXPECT_FALSE(tells_grain("%Y-W%V", "month"));
  EXPECT_FALSE(tells_grain("%Y-W%V", "year"));
  EXPECT_TRUE(tells_grain("%Y-W%V-%u", "day"));
  EXPECT_TRUE(tells_grain("%Y-Q%q", "quarter"));
  EXPECT_FALSE(tells_grain("%Y-Q%q", "month"));
  EXPECT_TRUE(tells_grain("%Y", "year"));
  EXPECT_TRUE(tells_grain("%F", "instant"));
  EXPECT_FALSE(tells_grain("%F", "5m"));
  EXPECT_TRUE(tells_grain("%s", "5m"));
}

struct SlotCase {
  std::string_view name;
  std::string_view text;
  std::string_view grain;
  std::string_view zone;
  std::string slot;
};

TEST(SlotOf, TakesThePeriodThatHoldsTheMoment) {
  const std::vector<SlotCase> cases{
      {"a day", "2026-03-31", "day", "UTC", "2026-03-31T00:00:00Z"},
      {"a day in a week", "2026-04-01", "week", "UTC", "2026-03-30T00:00:00Z"},
      {"a day in a month", "2026-03-31", "month", "UTC", "2026-03-01T00:00:00Z"},
      {"a local time in a day", "2026-03-31 23:30", "day", "America/New_York", "2026-03-31T00:00:00Z"},
      {"an instant in a day of its zone", "2026-03-31T23:30:00Z", "day", "Europe/Stockholm", "2026-04-01T00:00:00Z"},
      {"a local time in an hour", "2026-07-01 06:59", "hour", "Europe/Stockholm", "2026-07-01T04:00:00Z"},
      {"a local time in a gap", "2026-03-29 02:30", "hour", "Europe/Stockholm", "2026-03-29T01:00:00Z"},
      {"an instant", "2026-03-31T06:00:00.5Z", "instant", "Europe/Stockholm", "2026-03-31T06:00:00.500Z"},
  };
  for (const SlotCase& test : cases) {
    const SlotRule rule{.grain = grain(test.grain), .zone = zone(test.zone), .calendar = {}};
    const Slot slot = slot_of(*DateFormat().read(test.text), rule);
    EXPECT_EQ(rfc3339(Instant(Duration(slot.ms))), test.slot) << test.name;
  }
}

TEST(SlotOf, NeedsATimeForGrainsWithinADayOnly) {
  EXPECT_TRUE(needs_time(grain("5m")));
  EXPECT_FALSE(needs_time(grain("day")));
  EXPECT_FALSE(needs_time(grain("instant")));
}

}  // namespace
}  // namespace kpi
