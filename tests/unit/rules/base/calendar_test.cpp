#include "rules/base/calendar.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

namespace kpi {
namespace {

Zone zone(std::string_view name) {
  auto found = Zone::find(name);
  EXPECT_TRUE(found) << found.error().message;
  return found.value_or(Zone());
}

Instant at(std::string_view text) {
  const auto instant = parse_rfc3339(text);
  EXPECT_TRUE(instant) << text;
  return instant.value_or(Instant{});
}

Grain grain(std::string_view text) {
  auto parsed = parse_grain(text);
  EXPECT_TRUE(parsed) << parsed.error().message;
  return parsed.value_or(Grain{});
}

Slot day(std::string_view text) {
  const auto date = parse_date(text);
  EXPECT_TRUE(date) << text;
  return slot_of(date.value_or(Date{std::chrono::sys_days{}}));
}

std::string text_of(const Period& period) {
  return rfc3339(period.start) + " - " + rfc3339(period.end);
}

TEST(Zone, IsUtcByDefault) {
  EXPECT_EQ(Zone().name(), "UTC");
  EXPECT_EQ(zone("UTC"), Zone());
  EXPECT_EQ(zone("Etc/UTC"), Zone());
  EXPECT_EQ(Zone().to_local(at("2026-07-01T12:00:00Z")), parse_local("2026-07-01 12:00"));
}

TEST(Zone, IsTheSameForTheSameName) {
  EXPECT_EQ(zone("Europe/Stockholm"), zone("Europe/Stockholm"));
  EXPECT_FALSE(zone("Europe/Stockholm") == zone("Europe/Oslo"));
  EXPECT_EQ(zone("Europe/Stockholm").name(), "Europe/Stockholm");
}

struct UnknownZone {
  std::string name;
  std::string zone;
  std::string message;
};

class ZoneRefused : public testing::TestWithParam<UnknownZone> {};

TEST_P(ZoneRefused, NamesTheNearestKnownOne) {
  const auto found = Zone::find(GetParam().zone);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(found.error().message, GetParam().message);
}

const std::string kExample = R"(; write an IANA name such as "Europe/Stockholm", or "UTC")";

INSTANTIATE_TEST_SUITE_P(
    Each,
    ZoneRefused,
    testing::Values(
        UnknownZone{
            "Slip", "Europe/Stokholm", R"(unknown time zone "Europe/Stokholm"; did you mean "Europe/Stockholm"?)"},
        UnknownZone{"Case", "europe/paris", R"(unknown time zone "europe/paris"; did you mean "Europe/Paris"?)"},
        UnknownZone{"City", "Stockholm", R"(unknown time zone "Stockholm"; did you mean "Europe/Stockholm"?)"},
        UnknownZone{"Letter", "Z", "unknown time zone \"Z\"" + kExample},
        UnknownZone{"Empty", "", "unknown time zone \"\"" + kExample},
        UnknownZone{"Path", "../../../etc/passwd", "unknown time zone \"../../../etc/passwd\"" + kExample},
        UnknownZone{"Hostile", "\x1b[2J", "unknown time zone \"\\x1b[2J\"" + kExample}),
    [](const auto& param_info) { return param_info.param.name; });

struct LocalCase {
  std::string name;
  std::string zone;
  std::string local;
  std::string instant;
};

class LocalTime : public testing::TestWithParam<LocalCase> {};

TEST_P(LocalTime, IsTakenAsPromised) {
  const auto local = parse_local(GetParam().local);
  ASSERT_TRUE(local);
  EXPECT_EQ(rfc3339(zone(GetParam().zone).to_instant(*local)), GetParam().instant);
}

INSTANTIATE_TEST_SUITE_P(
    Each,
    LocalTime,
    testing::Values(LocalCase{"Winter", "Europe/Stockholm", "2026-01-15 12:00", "2026-01-15T11:00:00Z"},
                    LocalCase{"Summer", "Europe/Stockholm", "2026-07-15 12:00", "2026-07-15T10:00:00Z"},
                    LocalCase{"SkippedHour", "Europe/Stockholm", "2026-03-29 02:30", "2026-03-29T01:00:00Z"},
                    LocalCase{"AfterSkippedHour", "Europe/Stockholm", "2026-03-29 03:00", "2026-03-29T01:00:00Z"},
                    LocalCase{"RepeatedHour", "Europe/Stockholm", "2026-10-25 02:30", "2026-10-25T00:30:00Z"},
                    LocalCase{"AfterRepeatedHour", "Europe/Stockholm", "2026-10-25 03:00", "2026-10-25T02:00:00Z"},
                    LocalCase{"NoMidnight", "America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z"},
                    LocalCase{"NoMidnightInCairo", "Africa/Cairo", "2026-04-24", "2026-04-23T22:00:00Z"},
                    LocalCase{"TwoMidnights", "America/Havana", "2025-11-02", "2025-11-02T04:00:00Z"},
                    LocalCase{"SkippedDay", "Pacific/Apia", "2011-12-30 12:00", "2011-12-30T10:00:00Z"},
                    LocalCase{"QuarterHours", "Asia/Kathmandu", "2026-01-01", "2025-12-31T18:15:00Z"},
                    LocalCase{"LongAgo", "Europe/Stockholm", "1850-01-01", "1849-12-31T22:47:48Z"},
                    LocalCase{"RulesGoOn", "America/New_York", "2045-07-01", "2045-07-01T04:00:00Z"},
                    LocalCase{"RulesGoOnInWinter", "America/New_York", "2045-01-01", "2045-01-01T05:00:00Z"},
                    LocalCase{"RulesGoOnSkipped", "Europe/Stockholm", "2040-03-25 02:30", "2040-03-25T01:00:00Z"},
                    LocalCase{"RulesGoOnRepeated", "Europe/Stockholm", "2040-10-28 02:30", "2040-10-28T00:30:00Z"},
                    LocalCase{"RulesGoOnInTheSouth", "Australia/Sydney", "2050-01-01", "2049-12-31T13:00:00Z"},
                    LocalCase{"RulesEnded", "America/Sao_Paulo", "2045-01-01", "2045-01-01T03:00:00Z"}),
    [](const auto& param_info) { return param_info.param.name; });

TEST(Zone, ChangesItsClockAfter2037AsTheRulesSay) {
  const Zone new_york = zone("America/New_York");
  const auto offset_hours = [&](std::string_view text) {
    return (new_york.to_local(at(text)).time_since_epoch() - at(text).time_since_epoch()) / std::chrono::hours{1};
  };
  EXPECT_EQ(offset_hours("2038-03-14T06:59:59Z"), -5);
  EXPECT_EQ(offset_hours("2038-03-14T07:00:00Z"), -4);
  EXPECT_EQ(offset_hours("2038-11-07T05:59:59Z"), -4);
  EXPECT_EQ(offset_hours("2038-11-07T06:00:00Z"), -5);
  EXPECT_EQ(offset_hours("2096-03-11T06:59:59Z"), -5);
  EXPECT_EQ(offset_hours("2096-03-11T07:00:00Z"), -4);
}

TEST(Grain, IsReadAndWrittenBack) {
  for (const char* text :
       {"instant", "minute", "5m", "15m", "hour", "2h", "12h", "30s", "day", "week", "month", "quarter", "year"}) {
    EXPECT_EQ(grain(text).text(), text);
  }
  EXPECT_EQ(grain("1h"), grain("hour"));
  EXPECT_EQ(grain("60m"), grain("hour"));
  EXPECT_EQ(grain("1m"), grain("minute"));
}

struct BadGrain {
  std::string name;
  std::string text;
  std::string message;
};

class GrainRefused : public testing::TestWithParam<BadGrain> {};

TEST_P(GrainRefused, SaysWhatToWrite) {
  const auto parsed = parse_grain(GetParam().text);
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(parsed.error().message, GetParam().message);
}

const std::string kGrains =
    "; write minute, hour, day, week, month, quarter, year, instant, or an interval such as 5m or 2h";

INSTANTIATE_TEST_SUITE_P(
    Each,
    GrainRefused,
    testing::Values(
        BadGrain{"UnevenMinutes", "7m", R"("7m" is not a grain; an interval must divide a day evenly: write 6m or 8m)"},
        BadGrain{
            "UnevenHours", "13h", R"("13h" is not a grain; an interval must divide a day evenly: write 12h or day)"},
        BadGrain{"OneDay", "1 day", R"("1 day" is not a grain; write "day")"},
        BadGrain{"DayInHours", "24h", R"("24h" is not a grain; write "day")"},
        BadGrain{"WeekInDays", "7 days", R"("7 days" is not a grain; write "week")"},
        BadGrain{"Plural", "weeks", R"("weeks" is not a grain; did you mean "week"?)"},
        BadGrain{"Daily", "daily", "\"daily\" is not a grain" + kGrains},
        BadGrain{"Days", "3 days", "\"3 days\" is not a grain" + kGrains},
        BadGrain{"TooLong", "36h", "\"36h\" is not a grain" + kGrains},
        BadGrain{"Zero", "0", "\"0\" is not a grain" + kGrains},
        BadGrain{"Empty", "", "\"\" is not a grain" + kGrains}),
    [](const auto& param_info) { return param_info.param.name; });

TEST(Grain, OrdersFromFineToCoarse) {
  const std::vector<std::string> ascending = {
      "instant", "minute", "5m", "hour", "day", "week", "month", "quarter", "year"};
  for (std::size_t i = 1; i < ascending.size(); ++i) {
    EXPECT_TRUE(grain(ascending[i - 1]).is_finer_than(grain(ascending[i]))) << ascending[i];
    EXPECT_FALSE(grain(ascending[i]).is_finer_than(grain(ascending[i - 1]))) << ascending[i];
    EXPECT_LT(grain(ascending[i - 1]).span().approximate_ms(), grain(ascending[i]).span().approximate_ms());
  }
  EXPECT_FALSE(grain("day").is_finer_than(grain("day")));
  EXPECT_FALSE(grain("12h").is_civil());
  EXPECT_TRUE(grain("day").is_civil());
}

struct PeriodCase {
  std::string name;
  std::string grain;
  std::string zone;
  std::string instant;
  std::string period;
};

class PeriodAt : public testing::TestWithParam<PeriodCase> {};

TEST_P(PeriodAt, BeginsAndEndsOnTheWallClock) {
  const Zone local = zone(GetParam().zone);
  const Grain cut = grain(GetParam().grain);
  EXPECT_EQ(text_of(period_of(slot_at(at(GetParam().instant), cut, local, {}), cut, local)), GetParam().period);
}

constexpr const char* kStockholm = "Europe/Stockholm";
constexpr const char* kLordHowe = "Australia/Lord_Howe";

INSTANTIATE_TEST_SUITE_P(
    Civil,
    PeriodAt,
    testing::Values(
        PeriodCase{"Day", "day", kStockholm, "2026-07-01T22:00:00Z", "2026-07-01T22:00:00Z - 2026-07-02T22:00:00Z"},
        PeriodCase{
            "DayOf23Hours", "day", kStockholm, "2026-03-29T12:00:00Z", "2026-03-28T23:00:00Z - 2026-03-29T22:00:00Z"},
        PeriodCase{
            "DayOf25Hours", "day", kStockholm, "2026-10-25T12:00:00Z", "2026-10-24T22:00:00Z - 2026-10-25T23:00:00Z"},
        PeriodCase{"DayWithoutMidnight",
                   "day",
                   "America/Sao_Paulo",
                   "2018-11-04T03:00:00Z",
                   "2018-11-04T03:00:00Z - 2018-11-05T02:00:00Z"},
        PeriodCase{"DayWithTwoMidnights",
                   "day",
                   "America/Havana",
                   "2025-11-02T05:30:00Z",
                   "2025-11-02T04:00:00Z - 2025-11-03T05:00:00Z"},
        PeriodCase{"DayBegunBeforeTheClockIsSetBackOverMidnight",
                   "day",
                   "America/St_Johns",
                   "2010-11-07T03:00:00Z",
                   "2010-11-07T02:30:00Z - 2010-11-08T03:30:00Z"},
        PeriodCase{"Week", "week", kStockholm, "2026-01-01T12:00:00Z", "2025-12-28T23:00:00Z - 2026-01-04T23:00:00Z"},
        PeriodCase{"Month", "month", kStockholm, "2026-03-31T21:59:59Z", "2026-02-28T23:00:00Z - 2026-03-31T22:00:00Z"},
        PeriodCase{"Quarter", "quarter", "UTC", "2026-06-30T23:59:59Z", "2026-04-01T00:00:00Z - 2026-07-01T00:00:00Z"},
        PeriodCase{"Year", "year", "UTC", "2026-06-30T23:59:59Z", "2026-01-01T00:00:00Z - 2027-01-01T00:00:00Z"},
        PeriodCase{"Instant",
                   "instant",
                   kStockholm,
                   "2026-06-30T23:59:59.5Z",
                   "2026-06-30T23:59:59.500Z - 2026-06-30T23:59:59.501Z"}),
    [](const auto& param_info) { return param_info.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Intervals,
    PeriodAt,
    testing::Values(
        PeriodCase{"Hour", "hour", "UTC", "2026-07-01T22:59:59Z", "2026-07-01T22:00:00Z - 2026-07-01T23:00:00Z"},
        PeriodCase{"HourInIndia",
                   "hour",
                   "Asia/Kolkata",
                   "2026-07-01T22:29:59Z",
                   "2026-07-01T21:30:00Z - 2026-07-01T22:30:00Z"},
        PeriodCase{
            "BeforeTheEpoch", "15m", "UTC", "1969-12-31T23:50:00Z", "1969-12-31T23:45:00Z - 1970-01-01T00:00:00Z"},
        PeriodCase{"FirstOfTheRepeatedHour",
                   "hour",
                   kStockholm,
                   "2026-10-25T00:30:00Z",
                   "2026-10-25T00:00:00Z - 2026-10-25T01:00:00Z"},
        PeriodCase{
            "RepeatedHour", "hour", kStockholm, "2026-10-25T01:30:00Z", "2026-10-25T01:00:00Z - 2026-10-25T02:00:00Z"},
        PeriodCase{"TwoHoursOnTheWallClock",
                   "2h",
                   kStockholm,
                   "2026-01-01T12:30:00Z",
                   "2026-01-01T11:00:00Z - 2026-01-01T13:00:00Z"},
        PeriodCase{
            "TwoHoursLoseOne", "2h", kStockholm, "2026-03-29T01:30:00Z", "2026-03-29T01:00:00Z - 2026-03-29T02:00:00Z"},
        PeriodCase{
            "TwoHoursWinOne", "2h", kStockholm, "2026-10-25T02:30:00Z", "2026-10-25T00:00:00Z - 2026-10-25T03:00:00Z"},
        PeriodCase{"FourHoursLoseOne",
                   "4h",
                   kStockholm,
                   "2026-03-29T01:30:00Z",
                   "2026-03-28T23:00:00Z - 2026-03-29T02:00:00Z"},
        PeriodCase{"LordHoweSkipsHalfAnHour",
                   "hour",
                   kLordHowe,
                   "2026-10-03T15:40:00Z",
                   "2026-10-03T15:30:00Z - 2026-10-03T16:00:00Z"},
        PeriodCase{"LordHoweRepeatsHalfAnHour",
                   "hour",
                   kLordHowe,
                   "2026-04-04T15:10:00Z",
                   "2026-04-04T15:00:00Z - 2026-04-04T15:30:00Z"},
        PeriodCase{"AfterTheLastRules",
                   "2h",
                   kStockholm,
                   "2040-10-28T02:30:00Z",
                   "2040-10-28T00:00:00Z - 2040-10-28T03:00:00Z"}),
    [](const auto& param_info) { return param_info.param.name; });

TEST(Slots, OfCivilGrainsJoinByDateAcrossZones) {
  const Slot stockholm = slot_at(at("2026-03-31T12:00:00Z"), grain("day"), zone(kStockholm), {});
  const Slot new_york = slot_at(at("2026-03-31T12:00:00Z"), grain("day"), zone("America/New_York"), {});
  EXPECT_EQ(stockholm, new_york);
  EXPECT_EQ(stockholm, day("2026-03-31"));
}

TEST(Slots, FollowTheFirstDayOfTheWeek) {
  const CalendarRules sunday{.week_starts = std::chrono::Sunday};
  EXPECT_EQ(slot_at(*parse_date("2026-08-01"), grain("week"), {}), day("2026-07-27"));
  EXPECT_EQ(slot_at(*parse_date("2026-08-02"), grain("week"), {}), day("2026-07-27"));
  EXPECT_EQ(slot_at(*parse_date("2026-08-02"), grain("week"), sunday), day("2026-08-02"));
}

struct FiscalCase {
  std::string name;
  std::chrono::month_day year_starts;
  std::string date;
  std::string quarter;
  std::string year;
};

class FiscalCalendar : public testing::TestWithParam<FiscalCase> {};

TEST_P(FiscalCalendar, CutsQuartersAndYears) {
  const CalendarRules rules{.year_starts = GetParam().year_starts};
  const Date date = *parse_date(GetParam().date);
  EXPECT_EQ(date_text(date_of(slot_at(date, grain("quarter"), rules))), GetParam().quarter);
  EXPECT_EQ(date_text(date_of(slot_at(date, grain("year"), rules))), GetParam().year);
  EXPECT_EQ(start_of_year(date, rules), day(GetParam().year));
  EXPECT_EQ(slot_at(date, grain("month"), rules), slot_of(date.year() / date.month() / 1));
}

INSTANTIATE_TEST_SUITE_P(
    Each,
    FiscalCalendar,
    testing::Values(
        FiscalCase{"July", std::chrono::July / 1, "2026-06-30", "2026-04-01", "2025-07-01"},
        FiscalCase{"JulyItself", std::chrono::July / 1, "2026-07-01", "2026-07-01", "2026-07-01"},
        FiscalCase{"British", std::chrono::April / 6, "2026-04-05", "2026-01-06", "2025-04-06"},
        FiscalCase{"BritishSummer", std::chrono::April / 6, "2026-07-06", "2026-07-06", "2026-04-06"},
        FiscalCase{"November", std::chrono::November / 1, "2026-01-31", "2025-11-01", "2025-11-01"},
        FiscalCase{"LateDayCountsAs28", std::chrono::January / 31, "2026-04-28", "2026-04-28", "2026-01-28"},
        FiscalCase{"LeapDayCountsAs28", std::chrono::February / 29, "2026-02-27", "2025-11-28", "2025-02-28"}),
    [](const auto& param_info) { return param_info.param.name; });

TEST(NextSlot, StepsThroughTheCalendar) {
  EXPECT_EQ(next_slot(day("2026-02-28"), grain("day")), day("2026-03-01"));
  EXPECT_EQ(next_slot(day("2026-03-02"), grain("week"), -1), day("2026-02-23"));
  EXPECT_EQ(next_slot(day("2026-01-01"), grain("month"), 14), day("2027-03-01"));
  EXPECT_EQ(next_slot(day("2026-01-06"), grain("quarter"), -1), day("2025-10-06"));
  EXPECT_EQ(next_slot(day("2024-02-28"), grain("year"), -3), day("2021-02-28"));
  EXPECT_EQ(next_slot(Slot{1000}, grain("15m"), 2), Slot{1'801'000});
  EXPECT_EQ(next_slot(Slot{1000}, grain("instant")), Slot{1001});
}

TEST(NextSlot, WithAZoneIsExactWhereTheClockIsMoved) {
  const Zone stockholm = zone(kStockholm);
  const auto slot = [](std::string_view text) { return Slot{at(text).time_since_epoch().count()}; };
  const Slot before = slot("2026-03-28T21:00:00Z");
  EXPECT_EQ(next_slot(before, grain("2h"), stockholm, 2), slot("2026-03-29T01:00:00Z"));
  EXPECT_EQ(next_slot(before, grain("2h"), stockholm, 3), slot("2026-03-29T02:00:00Z"));
  EXPECT_EQ(next_slot(slot("2026-03-29T02:00:00Z"), grain("2h"), stockholm, -3), before);
  EXPECT_EQ(next_slot(day("2026-03-29"), grain("day"), stockholm, 1), day("2026-03-30"));
}

TEST(ShiftDate, ClampsMonthsToTheirLastDay) {
  EXPECT_EQ(shift_date(day("2024-01-31"), {1, 0, 0}), day("2024-02-29"));
  EXPECT_EQ(shift_date(day("2024-02-29"), {12, 0, 0}), day("2025-02-28"));
  EXPECT_EQ(shift_date(day("2024-03-31"), {-1, 0, 0}), day("2024-02-29"));
  EXPECT_EQ(shift_date(day("2026-03-01"), {0, -1, 0}), day("2026-02-28"));
  EXPECT_EQ(shift_date(day("2026-03-01"), {0, 0, 49 * 3'600'000LL}), day("2026-03-03"));
}

TEST(ShiftInstant, KeepsTheWallTimeForDaysAndTheLengthForHours) {
  const Zone stockholm = zone(kStockholm);
  const Instant noon = at("2026-03-28T11:00:00Z");
  EXPECT_EQ(shift_instant(noon, {0, 1, 0}, stockholm), at("2026-03-29T10:00:00Z"));
  EXPECT_EQ(shift_instant(noon, {0, 0, kDayMs}, stockholm), at("2026-03-29T11:00:00Z"));
  EXPECT_EQ(shift_instant(noon, {1, 0, 0}, stockholm), at("2026-04-28T10:00:00Z"));
  EXPECT_EQ(shift_instant(at("2026-03-28T01:30:00Z"), {0, 1, 0}, stockholm), at("2026-03-29T01:00:00Z"));
  EXPECT_EQ(shift_instant(at("2026-10-25T01:30:00Z"), {}, stockholm), at("2026-10-25T01:30:00Z"));
}

}  // namespace
}  // namespace kpi
