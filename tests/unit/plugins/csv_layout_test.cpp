#include "plugins/csv_layout.hpp"

#include "tests/unit/plugins/csv_source.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace kpi {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the tests' own words

std::string refused(const SourceSettings& settings) {
  Diagnostics diagnostics;
  return csv_plugin().create(settings, diagnostics) == nullptr ? diagnostics.text() : "accepted";
}

SourceSettings with(SourceSettings settings, const std::string& key, std::string text) {
  settings.options[key] = given(std::move(text));
  return settings;
}

TEST(CsvLayout, RefusesOptionsThatCannotBe) {
  SourceSettings monthly = csv_settings();
  monthly.grain = grain("5m");
  const std::vector<std::pair<SourceSettings, std::string>> cases{
      {with(csv_settings(), "delimiter", ",,"),
       "error: \",,\" cannot be a delimiter\n  help: write one character such as \",\" or \";\", or \"tab\"\n"},
      {with(csv_settings(), "delimiter", "\""),
       "error: \"\"\" cannot be a delimiter\n  help: write one character such as \",\" or \";\", or \"tab\"\n"},
      {with(csv_settings(), "thousands", "."),
       "error: thousands and decimal are both \".\"\n  help: write what the file has, or leave thousands out\n"},
      {with(csv_settings(), "date.format", "%Y-%m"),
       "error: date format \"%Y-%m\" does not tell the day\n  help: write the format of a finer date, or a coarser "
       "grain\n"},
      {with(monthly, "date.format", "%F"),
       "error: date format \"%F\" does not tell the time of day, which grain 5m needs\n"
       "  help: write the format of a finer date, or a coarser grain\n"},
      {with(csv_settings(), "date.format", "%d"),
       "error: date format \"%d\" does not tell one date: write a year with a month and day, as in %Y-%m-%d, or with "
       "one "
       "of %m, %j, %V and %q, or the seconds since 1970 as %s\n"},
  };
  for (const auto& [settings, text] : cases) {
    EXPECT_EQ(refused(settings), text);
  }
}

TEST(CsvLayout, ReportsEverythingThatIsWrongAtItsPlace) {
  SourceSettings settings = with(with(csv_settings(), "delimiter", "x"), "date.format", "%d");
  SourceSet set;
  const SourceText& file = set.add("kpid.yaml", "delimiter: x\ndate: {format: \"%d\"}\n");
  settings.options["delimiter"].position = {.source = &file, .line = 1, .column = 12, .length = 1};
  settings.options["date.format"].position = {.source = &file, .line = 2, .column = 16, .length = 4};
  Diagnostics diagnostics;
  EXPECT_EQ(csv_plugin().create(settings, diagnostics), nullptr);
  ASSERT_EQ(diagnostics.items().size(), 2U);
  EXPECT_EQ(diagnostics.items()[0].position.text(), "kpid.yaml:1:12");
  EXPECT_EQ(diagnostics.items()[1].position.text(), "kpid.yaml:2:16");
}

TEST(CsvLayout, FindsTheDelimiter) {
  const auto detected = [](std::string_view text) {
    Diagnostics diagnostics;
    return detect_delimiter(text, *read_csv_layout(csv_settings(), diagnostics));
  };
  EXPECT_EQ(detected("Date,visits\n"), ',');
  EXPECT_EQ(detected("Date;visits\n"), ';');
  EXPECT_EQ(detected("Date\tvisits\n"), '\t');
  EXPECT_EQ(detected("Date|visits\n"), '|');
  EXPECT_EQ(detected("\"Date\";\"visits\"\n"), ';');
  EXPECT_EQ(detected("Date;visits;Visits (web, app, shop, phone)\n"), ';');
  EXPECT_EQ(detected("a;b,c,d\n"), ',');
  EXPECT_EQ(detected("visits\n"), ',');
}

TEST(CsvLayout, NamesTheColumnsThatAreMissing) {
  SourceSettings settings = csv_settings();
  settings.metrics = {metric("visitors", MetricKind::kDistinct, "Unique.Vistis"), metric("leads")};
  settings.labels = {label("country", "Country")};
  EXPECT_EQ(
      error(settings, "Date,Unique.Visits,country\n"),
      "x.csv:1:1: no column \"Unique.Vistis\" for metric visitors (did you mean \"Unique.Visits\"?), "
      "no column \"leads\" for metric leads, no column \"Country\" for label country (did you mean \"country\"?): "
      "the columns are Date, Unique.Visits, country");
}

TEST(CsvLayout, NamesAColumnThatOccursTwice) {
  EXPECT_EQ(error(csv_settings(), "Date,visits,visits\n"),
            "x.csv:1:13: a second column \"visits\"; the first is x.csv:1:6: rename one of them");
}

TEST(CsvLayout, AllowsSeveralColumnsWithoutAName) {
  EXPECT_EQ(error(csv_settings(), "Date,visits,,\n2026-03-01,5,,\n"), "");
}

TEST(CsvLayout, TakesTheUsualDateColumnsOnly) {
  EXPECT_EQ(samples(csv_settings(), "day,date,visits\nSunday,2026-03-01,5\n"),
            std::vector<std::string>{"2026-03-01 visits 5"});
  EXPECT_EQ(samples(csv_settings(), "day,visits\n2026-03-01,5\n"), std::vector<std::string>{"2026-03-01 visits 5"});
  EXPECT_EQ(error(csv_settings(), "Datum,visits\n"),
            "x.csv:1:1: no column Date, date or day; write date.column: the columns are Datum, visits");
  EXPECT_EQ(samples(with(csv_settings(), "date.column", "Datum"), "Datum,visits\n2026-03-01,5\n"),
            std::vector<std::string>{"2026-03-01 visits 5"});
}

TEST(CsvLayout, ShowsFortyColumnsAtMost) {
  std::string header = "c0";
  std::string shown = "c0";
  for (int i = 1; i < 45; ++i) {
    header += ",c" + std::to_string(i);
    shown += i < 40 ? ", c" + std::to_string(i) : "";
  }
  EXPECT_EQ(error(csv_settings(), header + '\n'),
            "x.csv:1:1: no column \"visits\" for metric visits: the columns are " + shown + ", and 5 more");
}

TEST(CsvLayout, SaysWhatIsWrongWithTheHeaderLine) {
  EXPECT_EQ(error(csv_settings(), ""), "x.csv:1:1: the file is empty: it must begin with a header line");
  EXPECT_EQ(error(csv_settings(), "\n\n"), "x.csv:1:1: the file is empty: it must begin with a header line");
  EXPECT_EQ(error(csv_settings(), "Date,vi\"sits\n"),
            "x.csv:1:8: a quote within a cell: put the whole cell in quotes and write \"\" for each quote in it");
  EXPECT_EQ(error(csv_settings(), "Date,\"visits\n2026-03-01,5\n"),
            "x.csv:1:6: the quote that opens here is not closed: close it");
}

}  // namespace
}  // namespace kpi
