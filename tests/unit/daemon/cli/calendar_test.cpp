// The calendar of kpid.yaml: its named days in expressions, and what is said of those that cannot be read.

#include "tests/unit/daemon/cli/program.hpp"

#include <gmock/gmock.h>

namespace kpi::test {
namespace {

/// A shop that is judged by what day it is.
void write_shop(const Program& program, std::string_view calendar, std::string_view value) {
  program.write("kpid.yaml",
                "calendar: " + std::string(calendar) +
                    "\nrules: [shop.yaml]\n"
                    "sources:\n"
                    "  shop: {plugin: csv, path: shop.csv, date: {column: day}, metrics: {orders: {column: orders}}}\n"
                    "channels: {screen: {type: console}}\n"
                    "routes: [{match: {}, to: [screen]}]\n");
  program.write("shop.yaml", "kpis: {orders: {title: Orders, value: \"" + std::string(value) + "\"}}\n");
  program.write("shop.csv", "day,orders\n2026-06-05,10\n2026-06-06,20\n2026-06-07,40\n");
  program.write("se.ics",
                "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20200606\nRRULE:FREQ=YEARLY\nEND:VEVENT\nEND:VCALENDAR\n");
}

TEST(Calendar, NamesHolidaysAndEvents) {
  Program program("2026-06-08T06:00:00Z");
  write_shop(program,
             "{holidays: [se.ics], events: {sale: [2026-06-07]}}",
             "sum(if(holiday(), shop.orders, if(event('sale'), 1, 0)), 3 days)");
  ASSERT_EQ(program.once("2026-06-08T06:00:00Z"), 0);
  const Ended ended = program.on_folder({"explain", "orders"});  // 20 of the holiday, 1 of the sale
  EXPECT_EQ(ended.code, 0);
  EXPECT_THAT(ended.out, testing::HasSubstr("value     21"));
}

TEST(Calendar, OfAFileThatCannotBeReadIsAnError) {
  Program program("2026-06-08T06:00:00Z");
  write_shop(program, "{holidays: [no.ics, se.ics]}", "shop.orders");
  program.write("se.ics", "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:Midsummer\n");
  const Ended ended = program.on_folder({"check"});
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err, testing::HasSubstr("no.ics"));
  EXPECT_THAT(ended.err,
              testing::HasSubstr("kpid.yaml:1:22: error: the holidays se.ics: line 3: DTSTART wants a date such as "
                                 "20261224, got \"Midsummer\""));
}

TEST(Calendar, OfAnEventWithoutDatesIsAnError) {
  Program program("2026-06-08T06:00:00Z");
  write_shop(program, "{events: {sale: tomorrow}}", "shop.orders");
  const Ended ended = program.on_folder({"check"});
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err, testing::HasSubstr("error: the event \"sale\" wants a list of 1 to 1000 dates"));
}

}  // namespace
}  // namespace kpi::test
