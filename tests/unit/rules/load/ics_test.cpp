// Holidays from iCalendar files.

#include "rules/load/ics.hpp"

#include <gtest/gtest.h>

#include <string>

namespace kpi {
namespace {

/// The days of a calendar with these lines inside, up to eight of them, or what is wrong.
std::string days_of(const std::string& lines) {
  const auto days = parse_ics("BEGIN:VCALENDAR\r\n" + lines + "END:VCALENDAR\r\n");
  if (!days) {
    return days.error().message;
  }
  std::string text;
  for (std::size_t i = 0; i < std::min<std::size_t>(days->size(), 8); ++i) {
    text += (i > 0 ? " " : "") + date_text((*days)[i]);
  }
  return text;
}

std::string event(const std::string& lines) {
  return "BEGIN:VEVENT\r\n" + lines + "END:VEVENT\r\n";
}

TEST(Ics, ReadsDaysInTheirOrder) {
  EXPECT_EQ(days_of(event("DTSTART;VALUE=DATE:20261225\r\nSUMMARY:Juldagen\r\n") +
                    event("DTSTART;VALUE=DATE:20260606\nDTEND;VALUE=DATE:20260607\n")),
            "2026-06-06 2026-12-25");
}

TEST(Ics, ReadsEventsOfSeveralDays) {
  EXPECT_EQ(days_of(event("DTSTART:20261224\nDTEND:20261227\n")), "2026-12-24 2026-12-25 2026-12-26");
  EXPECT_EQ(days_of(event("DTSTART:20261224T180000Z\nDTEND:20261225T020000Z\n")), "2026-12-24 2026-12-25");
}

TEST(Ics, RepeatsYearly) {
  EXPECT_EQ(days_of(event("DTSTART:20240606\nRRULE:FREQ=YEARLY;COUNT=3\n")), "2024-06-06 2025-06-06 2026-06-06");
  EXPECT_EQ(days_of(event("DTSTART:20240606\nRRULE:FREQ=YEARLY;INTERVAL=2;BYMONTH=6;UNTIL=20270101T000000Z\n")),
            "2024-06-06 2026-06-06");
  EXPECT_EQ(days_of(event("RRULE:FREQ=YEARLY;COUNT=5\nDTSTART:20240229\n")), "2024-02-29 2028-02-29");
}

TEST(Ics, LeavesOutWhatIsCancelledOrExcepted) {
  EXPECT_EQ(days_of(event("DTSTART:20260101\nSTATUS:CANCELLED\n")), "");
  EXPECT_EQ(days_of(event("DTSTART:20260101\nRRULE:FREQ=YEARLY;COUNT=3\nEXDATE;VALUE=DATE:20270101\n")),
            "2026-01-01 2028-01-01");
}

TEST(Ics, ReadsFoldedLinesAndPassesOverAlarms) {
  EXPECT_EQ(
      days_of(event("DTSTART;X=\"a:b\";VALUE=DA\r\n TE:2026\r\n 0101\r\nBEGIN:VALARM\nDURATION:PT1H\nEND:VALARM\n")),
      "2026-01-01");
}

TEST(Ics, SaysWhatItCannotUnderstand) {
  EXPECT_EQ(days_of(event("DTSTART:tomorrow\n")), "line 3: DTSTART wants a date such as 20261224, got \"tomorrow\"");
  EXPECT_EQ(days_of(event("DTSTART:20260230\n")), "line 3: DTSTART wants a date such as 20261224, got \"20260230\"");
  EXPECT_EQ(
      days_of(event("DTSTART:20260101\nRRULE:FREQ=WEEKLY\n")),
      "line 4: RRULE may only repeat a date yearly (FREQ=YEARLY with INTERVAL, COUNT, UNTIL), got \"FREQ=WEEKLY\"");
  EXPECT_EQ(days_of(event("DTSTART:20260101\nRRULE:FREQ=YEARLY;BYMONTH=2\n")),
            "line 4: RRULE may only repeat the date of DTSTART, got \"FREQ=YEARLY;BYMONTH=2\"");
  EXPECT_EQ(days_of(event("SUMMARY:x\n")), "line 4: the event that ends here has no DTSTART");
  EXPECT_EQ(days_of(event("DTSTART:20260101\nDTEND:20290101\n")),
            "line 5: the event that ends here lasts longer than a year");
  EXPECT_EQ(parse_ics("<html>").error().message, "this is no iCalendar file: it does not begin with BEGIN:VCALENDAR");
}

}  // namespace
}  // namespace kpi
