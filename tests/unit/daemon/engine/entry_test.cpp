#include "daemon/engine/entry.hpp"

#include "rules/base/text.hpp"
#include "tests/unit/daemon/engine/story.hpp"

#include <cmath>

namespace kpi::test {
namespace {

constexpr const char* kConfig = R"(
timezone: UTC
sources:
  survey: {plugin: manual, grain: month, metrics: {satisfaction: {kind: mean, unit: points}}}
  stock:
    plugin: manual
    labels: {country: country}
    rename: {country: {Sverige: SE}}
    metrics: {boxes: {kind: level}, share: {kind: mean, unit: "%", scale: percent}}
  calls: {plugin: manual, since: 2026-03-01, metrics: {count: {kind: flow}}}
  meter: {plugin: manual, grain: hour, metrics: {read: {kind: level}}}
  web: {plugin: csv, path: web.csv, metrics: {visits: {kind: flow}}}
channels: {team: {type: console}}
routes: [{match: {}, to: [team]}]
)";

constexpr const char* kRules = "kpis: {visits: {value: web.visits}}";

/// The row in words, or the error.
std::string entered(EntryWords words) {
  static const auto kConfiguration = load(kConfig, kRules);
  words.by = words.by.empty() ? "anna" : words.by;
  const auto row = read_entry(words, *kConfiguration, at("2026-04-10 12:00"));
  if (!row) {
    return row.error().message;
  }
  return row->metric + (row->labels.empty() ? "" : "{" + labels_text(row->labels) + "}") + " " +
         entry_period(*row, *kConfiguration) + " " + (std::isnan(row->value) ? "none" : number_text(row->value)) +
         " by " + row->by + (row->note.empty() ? "" : ": " + row->note);
}

TEST(ReadEntry, TakesAPeriodByAnyOfItsNames) {
  for (const char* period : {"2026-03", "2026-03-01", "2026-03-31"}) {
    EXPECT_EQ(entered({"survey.satisfaction", "4.3", period, "", " 412 answers "}),
              "survey.satisfaction 2026-03 4.3 by anna: 412 answers");
  }
  EXPECT_EQ(entered({"survey.satisfaction", "4", "2026-Q1", "", ""}),
            "\"2026-Q1\" is a quarter, and survey has a value for each month: write --for 2026-01");
  EXPECT_EQ(entered({"survey.satisfaction", "4", "2026", "", ""}),
            "\"2026\" is a year, and survey has a value for each month: write --for 2026-01");
  EXPECT_EQ(entered({"stock.boxes{country=SE}", "4", "2026-03", "", ""}),
            "\"2026-03\" is a month, and stock has a value for each day: write --for 2026-03-01");
  EXPECT_EQ(entered({"survey.satisfaction", "4", "2026-04", "", ""}), "survey.satisfaction 2026-04 4 by anna");
  EXPECT_EQ(entered({"meter.read", "4", "2026-04-10 11:30", "", ""}), "meter.read 2026-04-10T11:00:00Z 4 by anna");
}

TEST(ReadEntry, CountsQuartersAndYearsByTheFiscalYear) {
  const auto fiscal = [](const std::string& starts, const std::string& metric, const std::string& period) {
    const auto config = load("calendar: {year_starts: " + starts +
                                 "}\nsources:\n  q: {plugin: manual, grain: quarter, metrics: {sum: {kind: flow}}}\n"
                                 "  y: {plugin: manual, grain: year, metrics: {sum: {kind: flow}}}\n"
                                 "  m: {plugin: manual, grain: month, metrics: {sum: {kind: flow}}}\n"
                                 "  web: {plugin: csv, path: web.csv, metrics: {visits: {kind: flow}}}\n"
                                 "channels: {team: {type: console}}\nroutes: [{match: {}, to: [team]}]\n",
                             kRules);
    const auto row = read_entry({metric, "1", period, "anna", ""}, *config, at("2026-11-10 12:00"));
    return row ? entry_period(*row, *config) : row.error().message;
  };
  EXPECT_EQ(fiscal("1 July", "q.sum", "2025-Q3"), "2025-Q3 (2026-01-01 to 2026-03-31)");
  EXPECT_EQ(fiscal("1 July", "q.sum", "2026-q1"), "2026-Q1 (2026-07-01 to 2026-09-30)");
  EXPECT_EQ(fiscal("1 July", "q.sum", "2026-02"), "2025-Q3 (2026-01-01 to 2026-03-31)");
  EXPECT_EQ(fiscal("1 July", "y.sum", "2025"), "2025 (2025-07-01 to 2026-06-30)");
  EXPECT_EQ(fiscal("1 July", "y.sum", "2026-03-31"), "2025 (2025-07-01 to 2026-06-30)");
  EXPECT_EQ(fiscal("1 July", "y.sum", "2025-Q4"),
            "\"2025-Q4\" is a quarter, and y has a value for each year: write a date of the one that is meant, such as "
            "2026-04-01");
  EXPECT_EQ(fiscal("1 January", "q.sum", "2025-Q3"), "2025-Q3 (2025-07-01 to 2025-09-30)");
  EXPECT_EQ(fiscal("6 April", "q.sum", "2026-Q1"), "2026-Q1 (2026-04-06 to 2026-07-05)");
  EXPECT_EQ(fiscal("6 April", "q.sum", "2026-04"),
            "\"2026-04\" lies in two quarters of q: write a date of the one that is meant");
  EXPECT_EQ(fiscal("1 July", "q.sum", "2025"),
            "\"2025\" is a year, and q has a value for each quarter: write --for 2025-Q1");
  EXPECT_EQ(fiscal("1 July", "m.sum", "2025-Q3"),
            "\"2025-Q3\" is a quarter, and m has a value for each month: write --for 2026-01");
  EXPECT_EQ(fiscal("1 July", "m.sum", "2025"),
            "\"2025\" is a year, and m has a value for each month: write --for 2025-07");
}

TEST(ReadEntry, TakesLabelsAndTheirRenamedValues) {
  EXPECT_EQ(entered({"stock.boxes{country=Sverige}", "1.5k", "2026-03-01", "", ""}),
            "stock.boxes{country=SE} 2026-03-01 1500 by anna");
  EXPECT_EQ(entered({"stock.share{ country = DK }", "45", "2026-03-01", "", ""}),
            "stock.share{country=DK} 2026-03-01 0.45 by anna");
  EXPECT_EQ(entered({"stock.share{country=DK}", "45%", "2026-03-01", "", ""}),
            "stock.share{country=DK} 2026-03-01 0.45 by anna");
  EXPECT_EQ(entered({"stock.boxes{country=DK}", "none", "2026-03-01", "", ""}),
            "stock.boxes{country=DK} 2026-03-01 none by anna");
}

TEST(ReadEntry, RefusesWhatCannotBeMeant) {
  EXPECT_EQ(entered({"survey.satisfactoin", "4", "2026-03", "", ""}),
            "there is no metric \"survey.satisfactoin\"; did you mean \"survey.satisfaction\"?");
  EXPECT_EQ(entered({"web.visits", "4", "2026-03", "", ""}),
            "\"web.visits\" is not entered by hand: its source delivers it; only those of plugin: manual are");
  EXPECT_EQ(entered({"survey.satisfaction", "4,3", "2026-03", "", ""}),
            "the value wants a number such as 12.5, 1.5k, 2M or 2%, got \"4,3\": write 4.3");
  EXPECT_EQ(entered({"survey.satisfaction", "4", "2026-05", "", ""}), "\"2026-05\" has not begun yet: correct --for");
  EXPECT_EQ(entered({"survey.satisfaction", "4", "March", "", ""}),
            "\"March\" is no month: write a date of it such as 2026-03-31, or 2026-03");
  EXPECT_EQ(entered({"survey.satisfaction", "4", "2026-03", "   ", ""}), "say who enters it: --by anna");
  EXPECT_EQ(entered({"stock.boxes", "4", "2026-03-01", "", ""}),
            "the labels of this source are country: write {country=…}, each once");
  EXPECT_EQ(entered({"survey.satisfaction{country=SE}", "4", "2026-03", "", ""}),
            "this source has no labels: leave the braces out");
  EXPECT_EQ(entered({"survey.satisfaction", "4", "2026-03", std::string(101, 'x'), ""}),
            "the name of who enters it is longer than 100 bytes: shorten it");
  for (const std::string& country : {std::string("a\nb"), std::string("\xff"), std::string(257, 'x')}) {
    EXPECT_NE(entered({"stock.boxes{country=" + country + "}", "4", "2026-03-01", "", ""})
                  .find("is no value of a label: write one line of at most 256 bytes, in UTF-8"),
              std::string::npos);
  }
}

/// It would be kept, and never be a value.
TEST(ReadEntry, RefusesAPeriodBeforeTheSourceBegins) {
  EXPECT_EQ(entered({"calls.count", "4", "2026-02-28", "", ""}),
            "\"2026-02-28\" lies before 2026-03-01, since when calls is read: correct --for, or since");
  EXPECT_EQ(entered({"calls.count", "4", "2026-03-01", "", ""}), "calls.count 2026-03-01 4 by anna");
}

}  // namespace
}  // namespace kpi::test
