#include "plugins/csv.hpp"

#include "plugins/rows.hpp"
#include "tests/unit/plugins/csv_source.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kpi {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the tests' own words

using Lines = std::vector<std::string>;

SourceSettings with(SourceSettings settings, const std::string& key, std::string text) {
  settings.options[key] = given(std::move(text));
  return settings;
}

TEST(CsvSource, ReadsQuotedThousands) {
  SourceSettings settings = with(csv_settings(), "date.format", "%m/%d/%Y");
  settings.metrics = {metric("visitors", MetricKind::kDistinct, "Unique.Visits"),
                      metric("new", MetricKind::kFlow, "First.Time.Visits")};
  EXPECT_EQ(
      samples(settings,
              "Row,Day,Date,Unique.Visits,First.Time.Visits\r\n"
              "1,Sunday,9/14/2014,\"1,582\",\"1,430\"\r\n"
              "7,Saturday,9/20/2014,\"1,118\",985\r\n"),
      (Lines{"2014-09-14 visitors 1582", "2014-09-14 new 1430", "2014-09-20 visitors 1118", "2014-09-20 new 985"}));
}

TEST(CsvSource, ReadsDecimalCommasOfANordicFile) {
  SourceSettings settings = with(csv_settings(), "decimal", ",");
  settings.metrics = {metric("revenue", MetricKind::kFlow, "Försäljning"), metric("share", MetricKind::kMean, "Andel")};
  settings.metrics[1].scale = 0.01;
  EXPECT_EQ(samples(settings,
                    "\xEF\xBB\xBF"
                    "date;Försäljning;Andel\n2026-03-01;1\u00A0582,50;45,3 %\n"),
            (Lines{"2026-03-01 revenue 1582.5", "2026-03-01 share 0.453"}));
}

TEST(CsvSource, DoesNotGuessAtCommasInAFileOfSemicolons) {
  const std::string text = "date;visits\n2026-03-01;12,345\n2026-03-02;5\n";
  EXPECT_EQ(problems(csv_settings(), text),
            (Lines{"x.csv:2:12: \"12,345\" may be a fraction or thousands: write decimal: \",\" or thousands: \",\""}));
  EXPECT_EQ(samples(with(csv_settings(), "decimal", "."), text),
            (Lines{"2026-03-01 visits 12345", "2026-03-02 visits 5"}));
  EXPECT_EQ(samples(with(csv_settings(), "thousands", ","), text),
            (Lines{"2026-03-01 visits 12345", "2026-03-02 visits 5"}));
  EXPECT_EQ(samples(with(csv_settings(), "decimal", ","), text),
            (Lines{"2026-03-01 visits 12.345", "2026-03-02 visits 5"}));
}

TEST(CsvSource, BelievesNeitherOfTwoWaysToWriteANumber) {
  for (const char* point : {"\"1,234\"", "1.5", "\"1,234.5\""}) {
    MemoryHost host;
    host.put("x.csv", "date,visits\n2026-03-01," + std::string(point) + "\n2026-03-02,\"1,5\"\n");
    const auto poll = csv_source(csv_settings())->poll(PollRequest{}, host, {});
    ASSERT_FALSE(poll.has_value()) << point;
    EXPECT_NE(
        poll.error().message.find("metric visits is written in two ways: \"1,5\" (x.csv:3:12) has a decimal comma, "
                                  "and \""),
        std::string::npos)
        << poll.error().message;
    EXPECT_NE(poll.error().message.find("(x.csv:2:12) would be read with a decimal point"), std::string::npos)
        << poll.error().message;
  }
  EXPECT_EQ(samples(with(csv_settings(), "decimal", ","), "date,visits\n2026-03-01,\"1,234\"\n2026-03-02,\"1,5\"\n"),
            (Lines{"2026-03-01 visits 1.234", "2026-03-02 visits 1.5"}));
}

TEST(CsvSource, TakesNoPointForADecimalOneBesideThousandsThatPointsSetApart) {
  for (const char* text : {"date,visits\n2026-03-01,987.654\n2026-03-02,1.204.511\n",
                           "date;visits\n2026-03-01;987.654\n2026-03-02;1.204.511\n"}) {
    EXPECT_EQ(samples(csv_settings(), text),
              (Lines{"metric visits is written in two ways: \"1.204.511\" (x.csv:3:12) has its thousands set apart by "
                     "points, and \"987.654\" (x.csv:2:12) would be read with a decimal point: write decimal: \",\" or "
                     "decimal: \".\", or correct the file"}));
    EXPECT_EQ(samples(with(csv_settings(), "decimal", ","), text),
              (Lines{"2026-03-01 visits 987654", "2026-03-02 visits 1204511"}));
  }
  const std::string commas = "date;visits\n2026-03-01;987,654\n2026-03-02;1,204,511\n";
  EXPECT_EQ(samples(with(csv_settings(), "decimal", ","), commas),
            (Lines{"metric visits is written in two ways: \"1,204,511\" (x.csv:3:12) has its thousands set apart by "
                   "commas, and \"987,654\" (x.csv:2:12) would be read with a decimal comma: correct decimal, or "
                   "correct the file"}));
  EXPECT_EQ(samples(with(csv_settings(), "decimal", "."), commas),
            (Lines{"2026-03-01 visits 987654", "2026-03-02 visits 1204511"}));
  // With the sign stated, a slip in one cell is one period's.
  EXPECT_EQ(samples(with(csv_settings(), "decimal", ","), "date;visits\n2026-03-01;12,5\n2026-03-02;1,204,511\n"),
            (Lines{"2026-03-01 visits 12.5", "2026-03-02 visits null"}));
}

TEST(CsvSource, KnowsNoSumThatIsMoreThanANumberCanBe) {
  const std::string text = "date,visits\n2026-03-01,1e308\n2026-03-01,1e308\n2026-03-02,5\n";
  EXPECT_EQ(samples(csv_settings(), text), (Lines{"2026-03-01 visits null", "2026-03-02 visits 5"}));
  EXPECT_EQ(
      problems(csv_settings(), text),
      (Lines{"x.csv:2:12: the rows of 2026-03-01 add up to more than a number can be: correct them; until then the "
             "value is not known"}));
}

TEST(CsvSource, DeliversAbsentValuesAsNull) {
  EXPECT_EQ(samples(csv_settings(), "date,visits\n2026-03-01,\n2026-03-02,0\n2026-03-03,N/A\n"),
            (Lines{"2026-03-01 visits null", "2026-03-02 visits 0", "2026-03-03 visits null"}));
}

TEST(CsvSource, MakesASeriesOfEachLabelSet) {
  SourceSettings settings = csv_settings();
  settings.labels = {label("device", "Device"), label("country", "Country", {{"Sverige", "SE"}})};
  EXPECT_EQ(samples(settings,
                    "date,Country,Device,visits\n2026-03-01,Sverige,pc,1\n2026-03-01,DK,pc,2\n"
                    "2026-03-02,SE,pc,3\n2026-03-02,DK,phone,4\n"),
            (Lines{"2026-03-01 visits{country=SE, device=pc} 1",
                   "2026-03-01 visits{country=DK, device=pc} 2",
                   "2026-03-02 visits{country=SE, device=pc} 3",
                   "2026-03-02 visits{country=DK, device=phone} 4"}));
}

TEST(CsvSource, ReportsARowWithoutALabelValue) {
  SourceSettings settings = csv_settings();
  settings.labels = {label("country", "Country")};
  const auto poll = poll_text(settings, "date,Country,visits\n2026-03-01,,1\n2026-03-01,SE,2\n2026-03-02,\" \",3\n");
  ASSERT_TRUE(poll);
  const std::string trouble = "no value for label country: fill the cell in, or rename \"\" to a name";
  EXPECT_EQ(problems_of(*poll), (Lines{"x.csv:2:12: " + trouble, "x.csv:4:12: " + trouble}));
  EXPECT_EQ(samples_of(*poll, settings), (Lines{"2026-03-01 visits{country=SE} null"}));
}

TEST(CsvSource, MakesNoSmallerSumOfAPeriodWithARowWithoutALabel) {
  SourceSettings settings = csv_settings();
  settings.metrics.push_back(metric("people", MetricKind::kDistinct));
  settings.metrics.back().has_own_total = true;
  settings.labels = {label("country", "Country"), label("device", "Device")};
  const auto poll = poll_text(settings,
                              "date,Country,Device,visits,people\n2026-03-01,SE,pc,1,1\n2026-03-01,SE,,2,9\n"
                              "2026-03-02,SE,pc,3,2\n");
  ASSERT_TRUE(poll);
  EXPECT_EQ(samples_of(*poll, settings),
            (Lines{"2026-03-01 visits{country=SE, device=pc} null",
                   "2026-03-01 people{country=SE, device=pc} 1",
                   "2026-03-02 visits{country=SE, device=pc} 3",
                   "2026-03-02 people{country=SE, device=pc} 2"}));
}

TEST(CsvSource, TakesARowWithoutLabelsAsTheTotalOfWhatDoesNotCombine) {
  SourceSettings settings = csv_settings();
  settings.metrics.push_back(metric("people", MetricKind::kDistinct));
  settings.metrics.back().has_own_total = true;
  settings.labels = {label("country", "Country"), label("device", "Device")};
  const auto poll = poll_text(settings,
                              "date,Country,Device,visits,people\n2026-03-01,SE,pc,1,1\n2026-03-01,DK,pc,2,2\n"
                              "2026-03-01,,,,2\n2026-03-02,,,9,3\n2026-03-02,SE,,1,1\n");
  ASSERT_TRUE(poll);
  EXPECT_EQ(samples_of(*poll, settings),
            (Lines{"2026-03-01 visits{country=SE, device=pc} 1",
                   "2026-03-01 people{country=SE, device=pc} 1",
                   "2026-03-01 visits{country=DK, device=pc} 2",
                   "2026-03-01 people{country=DK, device=pc} 2",
                   "2026-03-01 people 2",
                   "2026-03-02 people 3"}));
  EXPECT_EQ(problems_of(*poll),
            (Lines{"x.csv:5:14: a row without labels, and the total of visits is made of the others: leave the cell "
                   "empty, or write across: none",
                   "x.csv:6:15: no value for label device: fill the cell in, or rename \"\" to a name"}));
}

TEST(CsvSource, NamesAnEmptyLabelValueWhenAsked) {
  SourceSettings settings = csv_settings();
  settings.labels = {label("country", "Country", {{"", "elsewhere"}})};
  EXPECT_EQ(samples(settings, "date,Country,visits\n2026-03-01,,1\n"),
            (Lines{"2026-03-01 visits{country=elsewhere} 1"}));
}

TEST(CsvSource, ReportsALabelValueThatIsTooLong) {
  SourceSettings settings = csv_settings();
  settings.labels = {label("country", "Country")};
  EXPECT_EQ(
      problems(settings, "date,Country,visits\n2026-03-01,SE,1\n2026-03-01," + std::string(257, 'x') + ",1\n"),
      (Lines{"x.csv:3:12: the value of label country is longer than 256 bytes: shorten it, or read another column"}));
}

TEST(CsvSource, AddsUpTheRowsOfAFlow) {
  SourceSettings settings = csv_settings();
  settings.labels = {label("country", "Country", {{"Sverige", "SE"}})};
  EXPECT_EQ(samples(settings,
                    "date,Country,visits\n2026-03-02,SE,1\n2026-03-01,SE,10\n2026-03-02,Sverige,2\n2026-03-02,DK,5\n"
                    "2026-03-01,DK,\n2026-03-01,DK,7\n"),
            (Lines{"2026-03-01 visits{country=SE} 10",
                   "2026-03-01 visits{country=DK} null",
                   "2026-03-02 visits{country=SE} 3",
                   "2026-03-02 visits{country=DK} 5"}));
}

TEST(CsvSource, ReportsASecondRowOfAnythingElse) {
  SourceSettings settings = csv_settings();
  settings.metrics = {metric("visits"), metric("stock", MetricKind::kLevel), metric("score", MetricKind::kMean)};
  const auto poll =
      poll_text(settings, "date,visits,stock,score\n2026-03-01,1,10,3\n2026-03-02,1,9,3\n2026-03-01,2,20,4\n");
  ASSERT_TRUE(poll);
  EXPECT_EQ(
      problems_of(*poll),
      (Lines{"x.csv:4:14: a second row for 2026-03-01; the first is x.csv:2:14, and neither counts: stock is a level, "
             "which does not add up, so remove one of them or read the column that tells them apart as a label"}));
  EXPECT_EQ(samples_of(*poll, settings),
            (Lines{"2026-03-01 visits 3",
                   "2026-03-01 stock null",
                   "2026-03-01 score null",
                   "2026-03-02 visits 1",
                   "2026-03-02 stock 9",
                   "2026-03-02 score 3"}));
}

TEST(CsvSource, ShowsControlBytesOfTheFileAsTheirCodes) {
  SourceSettings settings = csv_settings();
  settings.metrics = {metric("stock", MetricKind::kLevel)};
  settings.labels = {label("country", "Country")};
  EXPECT_EQ(
      problems(settings, "date,Country,stock\n2026-03-01,\x1B[1m,1\n2026-03-01,\x1B[1m,2\n"),
      (Lines{
          "x.csv:3:17: a second row for 2026-03-01, country=\\x1b[1m; the first is x.csv:2:17, and neither counts: "
          "stock is a level, which does not add up, so remove one of them or read the column that tells them apart as "
          "a label"}));
  EXPECT_EQ(error(csv_settings(), "date,visit\x1B\n"),
            "x.csv:1:1: no column \"visits\" for metric visits (did you mean \"visit\\x1b\"?): the columns are date, "
            "visit\\x1b");
}

TEST(CsvSource, CountsTheSecondRowWhereTheFirstCouldNotBeRead) {
  SourceSettings settings = csv_settings();
  settings.labels = {label("country", "Country")};
  settings.metrics = {metric("stock", MetricKind::kLevel), metric("score", MetricKind::kMean)};
  const auto poll = poll_text(settings, "date,Country,stock,score\n2026-03-01,SE,many,3\n2026-03-01,SE,20,4\n");
  ASSERT_TRUE(poll);
  EXPECT_EQ(
      problems_of(*poll),
      (Lines{
          "x.csv:2:15: \"many\" is not a number: write digits, or leave the cell empty where there is no value",
          "x.csv:3:18: a second row for 2026-03-01, country=SE; the first is x.csv:2:20, and neither counts: "
          "score is a mean, which does not add up, so remove one of them or read the column that tells them apart as a "
          "label"}));
  EXPECT_EQ(samples_of(*poll, settings),
            (Lines{"2026-03-01 stock{country=SE} 20", "2026-03-01 score{country=SE} null"}));
}

TEST(CsvSource, KeepsTheOtherCellsOfARowWithABadOne) {
  // A null for the bad one: where `missing: zero` is said, the day is not one without a row.
  SourceSettings settings = csv_settings();
  settings.metrics = {metric("visits"), metric("leads")};
  const auto poll = poll_text(settings, "date,visits,leads\n2026-03-01,\"1,5\",3\n2026-03-02,$5,4\n");
  ASSERT_TRUE(poll);
  EXPECT_EQ(samples_of(*poll, settings),
            (Lines{"2026-03-01 visits null", "2026-03-01 leads 3", "2026-03-02 visits null", "2026-03-02 leads 4"}));
  EXPECT_EQ(problems_of(*poll),
            (Lines{"x.csv:2:12: \"1,5\" has a decimal comma: write decimal: \",\"",
                   "x.csv:3:12: \"$5\" is not a plain number: deliver it without the currency"}));
  EXPECT_EQ(poll->problem_count, 2U);
}

TEST(CsvSource, KnowsNoSumOfWhichAPartCannotBeRead) {
  SourceSettings settings = csv_settings();
  settings.labels = {label("country", "Country")};
  EXPECT_EQ(
      samples(settings, "date,Country,visits\n2026-03-01,SE,5\n2026-03-01,SE,x7\n2026-03-01,DK,2\n2026-03-02,SE,x\n"),
      (Lines{"2026-03-01 visits{country=SE} null",
             "2026-03-01 visits{country=DK} 2",
             "2026-03-02 visits{country=SE} null"}));
}

TEST(CsvSource, TellsOfHoursThatTheClockLeavesOutOrRepeats) {
  SourceSettings settings = csv_settings();
  settings.grain = grain("1h");
  settings.zone = zone("Europe/Stockholm");
  const auto poll = poll_text(settings,
                              "date,visits\n2026-10-25 02:00,2\n2026-10-25 02:00,3\n2026-10-25T02:00+01:00,4\n"
                              "2026-03-29 02:30,7\n2026-03-28 02:30,7\n");
  ASSERT_TRUE(poll);
  EXPECT_EQ(samples_of(*poll, settings),
            (Lines{"2026-03-28T01:00:00Z visits 7",
                   "2026-03-29T01:00:00Z visits 7",
                   "2026-10-25T00:00:00Z visits 5",
                   "2026-10-25T01:00:00Z visits 4"}));
  const Lines told = problems_of(*poll);
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told[0].substr(0, 56), "x.csv:2:1: this time comes twice in Europe/Stockholm, wh");
  EXPECT_EQ(told[1].substr(0, 56), "x.csv:5:1: there is no such time in Europe/Stockholm, wh");
  settings.grain = grain("day");
  EXPECT_EQ(problems(settings, "date,visits\n2026-10-25 02:00,2\n"), Lines{});
}

TEST(CsvSource, RemarksThatARowIsLost) {
  const std::string lost(kLostRemark);
  EXPECT_EQ(poll_text(csv_settings(), "date,visits\n2026-03-01,5\n2026-13-02,6\nTotal,7\n")->remarks,
            Lines{lost + "x.csv:3:1"});
  EXPECT_EQ(poll_text(csv_settings(), "date,visits\n2026-03-01,5\n2026-03-02,6,7\n")->remarks,
            Lines{lost + "x.csv:3:14"});
  EXPECT_EQ(poll_text(csv_settings(), "date,visits\n2026-03-01,5\n2026-03-02,x\n")->remarks, Lines{});
  SourceSettings settings = csv_settings();
  settings.labels = {label("country", "Country")};
  EXPECT_EQ(poll_text(settings, "date,Country,visits\n2026-03-01,SE,5\n2026-03-02,,6\n")->remarks,
            Lines{lost + "x.csv:3:12"});
  EXPECT_EQ(poll_text(settings, "date,Country,visits\n2026-03-01,SE,5\n2026-03-02,,6\n2026-03-02,DK,1\n")->remarks,
            Lines{})
      << "the period has a row";
}

TEST(CsvSource, ReportsRowsOfAnotherWidth) {
  EXPECT_EQ(problems(csv_settings(), "date,visits,x\n2026-03-01,5\n2026-03-02,1,234,x\n2026-03-03,7,\n"),
            (Lines{"x.csv:2:13: 2 cells where the header has 3: write every cell, empty ones too",
                   "x.csv:3:18: 4 cells where the header has 3: put a cell that holds the delimiter in quotes"}));
}

/// What the others of its period add up to is not the sum.
TEST(CsvSource, KnowsNothingOfAPeriodWithARowThatCannotBeUsed) {
  const Lines unknown{"2026-03-01 visits null", "2026-03-02 visits 1"};
  const std::string end = ",\n2026-03-02,1,\n";
  EXPECT_EQ(samples(csv_settings(), "date,visits,x\n2026-03-01,5,\n2026-03-01,1,234," + end.substr(1)), unknown);
  EXPECT_EQ(samples(csv_settings(), "date,visits,x\n2026-03-01,5,\n2026-03-01,1" + end.substr(1)), unknown);
  EXPECT_EQ(samples(csv_settings(), "date,visits,x\n2026-03-01,5,\n2026-03-01,\"1\"1" + end), unknown);
  EXPECT_EQ(samples(csv_settings(), "x,date,visits\n,2026-03-01,5\n,2026-03-01,1,234\n,2026-03-02,1\n"), unknown);
  // Where the date stands behind the slip, there is none.
  EXPECT_EQ(samples(csv_settings(), "visits,x,date\n5,,2026-03-01\n1,234,,2026-03-01\n1,,2026-03-02\n"),
            (Lines{"2026-03-01 visits 5", "2026-03-02 visits 1"}));
  SourceSettings settings = with(csv_settings(), "path", "x-%Y-%m-%d.csv");
  MemoryHost host;
  host.put("x-2026-03-01.csv", "visits\n5\n1,234\n");
  const auto poll = csv_source(settings)->poll(PollRequest{}, host, {});
  ASSERT_TRUE(poll) << poll.error().message;
  EXPECT_EQ(samples_of(*poll, settings), (Lines{"2026-03-01 visits null"}));
}

TEST(CsvSource, KnowsNothingOfASeriesThatARowMayBeOf) {
  SourceSettings settings = csv_settings();
  settings.metrics = {metric("visits"), metric("orders"), metric("people", MetricKind::kDistinct)};
  settings.metrics[1].has_own_total = true;
  settings.metrics[2].has_own_total = true;
  settings.labels = {label("country", "Country")};
  EXPECT_EQ(
      samples(settings,
              "date,Country,visits,orders,people\n2026-03-01,SE,1,1,1\n2026-03-01,,,3,2\n2026-03-01,SE,2,2,x,y\n"),
      (Lines{"2026-03-01 visits{country=SE} null",
             "2026-03-01 orders{country=SE} null",
             "2026-03-01 people{country=SE} 1",
             "2026-03-01 orders 3",
             "2026-03-01 people 2"}));
}

TEST(CsvSource, ReportsDatesThatCannotBeRead) {
  const auto poll = poll_text(csv_settings(), "date,visits\n2026-03-01,5\n9/14/2014,6\n,7\nTotal,18\n");
  ASSERT_TRUE(poll);
  EXPECT_EQ(
      problems_of(*poll),
      (Lines{
          "x.csv:3:1: \"9/14/2014\" is not a date as in %Y-%m-%d: write date.format, here \"%m/%d/%Y\"",
          "x.csv:4:1: the row has no date: fill it in, or remove the row",
          "x.csv:5:1: \"Total\" is not a date as in %Y-%m-%d: correct it, or write date.format as the file has it"}));
}

TEST(CsvSource, FailsWhereNoRowCanBeRead) {
  const auto poll = poll_text(csv_settings(), "date,visits\n9/14/2014,6\n9/15/2014,6\n");
  ASSERT_FALSE(poll);
  EXPECT_EQ(
      poll.error(),
      (Error{ErrorKind::kInvalid,
             "x.csv:2:1: \"9/14/2014\" is not a date as in %Y-%m-%d: write date.format, here \"%m/%d/%Y\" (no row of "
             "the file could be read)"}));
}

TEST(CsvSource, PassesOverEmptyRowsOfASpreadsheet) {
  const auto poll = poll_text(csv_settings(), "date,visits\n2026-03-01,5\n,\n , \n,,,\n");
  ASSERT_TRUE(poll);
  EXPECT_EQ(poll->samples.size(), 1U);
  EXPECT_EQ(problems_of(*poll), Lines{});
}

TEST(CsvSource, AcceptsAFileOfAHeaderOnly) {
  const auto poll = poll_text(csv_settings(), "date,visits\n");
  ASSERT_TRUE(poll);
  EXPECT_TRUE(poll->samples.empty());
  EXPECT_TRUE(poll->series.empty());
  EXPECT_EQ(poll->problem_count, 0U);
  EXPECT_FALSE(poll->unchanged);
}

TEST(CsvSource, TellsOfALastLineThatIsCutOff) {
  const std::string begin = "date,visits,x\n2026-03-01,5,\n2026-03-02,4,\n";
  EXPECT_EQ(samples(csv_settings(), begin + "2026-03-02,6"), (Lines{"2026-03-01 visits 5", "2026-03-02 visits null"}));
  EXPECT_EQ(problems(csv_settings(), begin + "2026-03-02,6"),
            (Lines{"x.csv:4:13: 2 cells where the header has 3: write every cell, empty ones too"}));
  EXPECT_EQ(problems(csv_settings(), begin + "2026-03-02,\"6"),
            (Lines{"x.csv:4:12: the quote that opens here is not closed: close it"}));
  EXPECT_EQ(samples(csv_settings(), begin + "2026-03-02,6,"), (Lines{"2026-03-01 visits 5", "2026-03-02 visits 10"}));
}

TEST(CsvSource, RefusesAFileWithAnOpenQuote) {
  const auto poll = poll_text(csv_settings(), "date,visits\n2026-03-01,5\n2026-03-02,\"6\n2026-03-03,7\n");
  ASSERT_FALSE(poll);
  EXPECT_EQ(poll.error(),
            (Error{ErrorKind::kInvalid, "x.csv:3:12: the quote that opens here is not closed: close it"}));
}

TEST(CsvSource, ReportsAStrayQuoteAndGoesOn) {
  const auto poll = poll_text(csv_settings(), "date,visits\n2026-03-01,5\"\n2026-03-02,6\n");
  ASSERT_TRUE(poll);
  EXPECT_EQ(samples_of(*poll, csv_settings()), (Lines{"2026-03-02 visits 6"}));
  EXPECT_EQ(
      problems_of(*poll),
      (Lines{"x.csv:2:13: a quote within a cell: put the whole cell in quotes and write \"\" for each quote in it"}));
}

TEST(CsvSource, RefusesOtherEncodings) {
  const auto poll = poll_text(csv_settings(),
                              "date,visits\n2026-03-01,5\xA0"
                              "000\n");
  ASSERT_FALSE(poll);
  EXPECT_EQ(
      poll.error(),
      (Error{ErrorKind::kInvalid,
             "x.csv:2: the text is not UTF-8: save the file as UTF-8, or convert it with `iconv -f WINDOWS-1252 -t "
             "UTF-8`"}));
}

TEST(CsvSource, KeepsAHundredProblemsAndCountsAll) {
  std::string text = "date,visits\n2026-03-01,5\n";
  for (int i = 0; i < 250; ++i) {
    text += "2026-03-02,x\n";
  }
  const auto poll = poll_text(csv_settings(), text);
  ASSERT_TRUE(poll);
  EXPECT_EQ(poll->problems.size(), 100U);
  EXPECT_EQ(poll->problems.front().where, "x.csv:3:12");
  EXPECT_EQ(poll->problems.back().where, "x.csv:102:12");
  EXPECT_EQ(poll->problem_count, 250U);
}

TEST(CsvSource, ReadsTimesInTheZoneOfTheSource) {
  SourceSettings settings = with(csv_settings(), "date.column", "Time");
  settings.grain = grain("hour");
  settings.zone = zone("Europe/Stockholm");
  const auto poll = poll_text(settings,
                              "Time,visits\n2026-03-29 01:30,1\n2026-03-29 02:30,2\n2026-03-29 03:30,4\n"
                              "2026-03-29T02:30:00Z,8\n2026-03-30,16\n");
  ASSERT_TRUE(poll);
  EXPECT_EQ(samples_of(*poll, settings),
            (Lines{"2026-03-29T00:00:00Z visits 1", "2026-03-29T01:00:00Z visits 6", "2026-03-29T02:00:00Z visits 8"}));
  EXPECT_EQ(
      problems_of(*poll),
      (Lines{"x.csv:3:1: there is no such time in Europe/Stockholm, whose clocks go forward over it, so that it counts "
             "as the end of the gap: deliver times with their offset, 2026-10-25T02:30+01:00, or in UTC with "
             "timezone: UTC",
             "x.csv:6:1: \"2026-03-30\" has no time of day, which grain hour needs: read another column, or a coarser "
             "grain"}));
}

TEST(CsvSource, TakesAnyDateOfAWeekOrMonth) {
  SourceSettings settings = csv_settings();
  settings.grain = grain("month");
  EXPECT_EQ(samples(settings, "date,visits\n2026-03-31,5\n2026-04-15,6\n"),
            (Lines{"2026-03-01 visits 5", "2026-04-01 visits 6"}));
  settings.grain = grain("week");
  EXPECT_EQ(samples(with(settings, "date.format", "%Y-W%V"), "date,visits\n2026-W14,5\n"),
            (Lines{"2026-03-30 visits 5"}));
}

TEST(CsvSource, SkipsRowsBeforeTheFirstWantedSlot) {
  const SourceSettings settings = csv_settings();
  MemoryHost host;
  host.put("x.csv", "date,visits\n2026-03-01,many\n2026-03-02,5\n2026-03-03,6\n");
  const PollRequest request{.now = {}, .cursor = "", .from = slot_of(Date{std::chrono::year{2026} / 3 / 2})};
  const auto poll = csv_source(settings)->poll(request, host, {});
  ASSERT_TRUE(poll);
  EXPECT_EQ(samples_of(*poll, settings), (Lines{"2026-03-02 visits 5", "2026-03-03 visits 6"}));
  EXPECT_EQ(poll->problem_count, 0U);
}

TEST(CsvSource, PassesOverTheLineThatTellsExcelTheDelimiter) {
  for (const char* delimiter : {";", ","}) {
    const std::string text = "sep=" + std::string(delimiter) + "\r\ndate" + delimiter + "visits\r\n2026-03-01" +
                             delimiter + "5\r\n2026-03-02" + delimiter + "x\r\n";
    EXPECT_EQ(samples(csv_settings(), text), (Lines{"2026-03-01 visits 5", "2026-03-02 visits null"}));
    EXPECT_EQ(problems(csv_settings(), text).front().substr(0, 11), "x.csv:4:12:") << text;
  }
}

TEST(CsvSource, BeginsWithTheDayOfItsZoneWhateverItsGrain) {
  SourceSettings settings = csv_settings();
  settings.grain = grain("hour");
  settings.zone = Zone::find("America/New_York").value();
  MemoryHost host;
  host.put("x.csv", "date,visits\n2026-03-01T23:30,4\n2026-03-02T00:30,5\n2026-03-02T05:30,6\n");
  const PollRequest request{.now = {}, .cursor = "", .from = slot_of(Date{std::chrono::year{2026} / 3 / 2})};
  const auto poll = csv_source(settings)->poll(request, host, {});
  ASSERT_TRUE(poll);
  ASSERT_EQ(poll->samples.size(), 2U);
  EXPECT_EQ(poll->samples.front().value, 5);
}

TEST(CsvSource, IsUnchangedWhileTheVersionOfTheFileIs) {
  MemoryHost host;
  host.put("x.csv", "date,visits\n2026-03-01,5\n");
  const auto source = csv_source(csv_settings());
  const auto first = source->poll({.now = {}, .cursor = "", .from = {}}, host, {});
  ASSERT_TRUE(first);
  EXPECT_EQ(first->cursor, "v1");
  const auto second = source->poll({.now = {}, .cursor = first->cursor, .from = {}}, host, {});
  ASSERT_TRUE(second);
  EXPECT_TRUE(second->unchanged);
  EXPECT_EQ(second->cursor, "v1");
  EXPECT_EQ(host.reads, 1);
  host.put("x.csv", "date,visits\n2026-03-01,6\n");
  const auto third = source->poll({.now = {}, .cursor = second->cursor, .from = {}}, host, {});
  ASSERT_TRUE(third);
  EXPECT_FALSE(third->unchanged);
  EXPECT_EQ(samples_of(*third, csv_settings()), (Lines{"2026-03-01 visits 6"}));
  EXPECT_EQ(third->cursor, "v2");
}

TEST(CsvSource, AsksForHalfAGibibyteAtMost) {
  MemoryHost host;
  host.put("x.csv", "date,visits\n");
  ASSERT_TRUE(csv_source(csv_settings())->poll({.now = {}, .cursor = "", .from = {}}, host, {}));
  EXPECT_EQ(host.asked_limit, std::size_t{512} * 1024 * 1024);
}

TEST(CsvSource, PassesOnWhyAFileCannotBeRead) {
  MemoryHost host;
  const auto source = csv_source(csv_settings());
  const Error expected{ErrorKind::kUnavailable, "x.csv: no such file"};
  const auto first = source->poll({.now = {}, .cursor = "", .from = {}}, host, {});
  ASSERT_FALSE(first);
  EXPECT_EQ(first.error(), expected);
  const auto later = source->poll({.now = {}, .cursor = "v1", .from = {}}, host, {});
  ASSERT_FALSE(later);
  EXPECT_EQ(later.error(), expected);
}

TEST(CsvSource, StopsWhenAsked) {
  MemoryHost host;
  host.put("x.csv", "date,visits\n2026-03-01,5\n");
  std::stop_source stop;
  stop.request_stop();
  const auto poll = csv_source(csv_settings())->poll({.now = {}, .cursor = "", .from = {}}, host, stop.get_token());
  ASSERT_FALSE(poll);
  EXPECT_EQ(poll.error(), (Error{ErrorKind::kStopped, "reading x.csv was stopped"}));
}

TEST(CsvSource, LeavesALastLineThatIsBeingWrittenToTheNextPoll) {
  const SourceSettings settings = csv_settings();
  const auto source = csv_source(settings);
  MemoryHost host;
  std::string cursor;
  const auto poll = [&] {
    const auto polled = source->poll({.now = {}, .cursor = cursor, .from = {}}, host, {});
    EXPECT_TRUE(polled) << polled.error().message;
    cursor = polled->cursor;
    return *polled;
  };
  const std::string begin = "date,visits\n2026-03-01,1000\n";
  host.put("x.csv", begin);
  poll();
  host.put("x.csv", begin + "2026-03-02,10");
  const Poll half = poll();
  EXPECT_EQ(samples_of(half, settings), (Lines{"2026-03-01 visits 1000"}));
  EXPECT_EQ(problems_of(half),
            (Lines{"x.csv:3:1: the last line has no end yet: it is read once the file is left alone"}));
  EXPECT_EQ(half.remarks, (Lines{std::string(kLostRemark) + "x.csv:3:1"})) << "so that its day is not taken for empty";
  host.put("x.csv", begin + "2026-03-02,1000\n");
  EXPECT_EQ(samples_of(poll(), settings), (Lines{"2026-03-01 visits 1000", "2026-03-02 visits 1000"}));
  // One that stays as it is has no end.
  host.put("x.csv", begin + "2026-03-02,20");
  EXPECT_EQ(samples_of(poll(), settings), (Lines{"2026-03-01 visits 1000"}));
  EXPECT_EQ(samples_of(poll(), settings), (Lines{"2026-03-01 visits 1000", "2026-03-02 visits 20"}));
  EXPECT_TRUE(poll().unchanged);
  // Nor does one whose writer never ends it.
  host.put("x.csv", begin + "2026-03-02,20\n2026-03-03,7");
  EXPECT_EQ(samples_of(poll(), settings),
            (Lines{"2026-03-01 visits 1000", "2026-03-02 visits 20", "2026-03-03 visits 7"}));
}

TEST(CsvSource, ReadsALastLineThatMayBeBeingWrittenByTheSecondPoll) {
  const SourceSettings settings = csv_settings();
  const auto source = csv_source(settings);
  MemoryHost host;
  std::string cursor;
  const auto poll = [&] {
    const auto polled = source->poll({.now = {}, .cursor = cursor, .from = {}}, host, {});
    EXPECT_TRUE(polled) << polled.error().message;
    cursor = polled->cursor;
    return *polled;
  };
  const std::string begin = "date,visits\n2026-03-01,5\n2026-03-02,1\n";
  // Written a minute ago or more, it is left alone.
  host.put("x.csv", begin + "2026-03-02,10", std::chrono::seconds{60});
  EXPECT_EQ(samples_of(poll(), settings), (Lines{"2026-03-01 visits 5", "2026-03-02 visits 11"}));
  cursor = "";
  host.put("x.csv", begin + "2026-03-02,10", std::chrono::seconds{59});
  const Poll first = poll();
  EXPECT_EQ(samples_of(first, settings), (Lines{"2026-03-01 visits 5", "2026-03-02 visits null"}));
  EXPECT_EQ(problems_of(first),
            (Lines{"x.csv:4:1: the last line has no end yet: it is read once the file is left alone"}));
  EXPECT_EQ(samples_of(poll(), settings), (Lines{"2026-03-01 visits 5", "2026-03-02 visits 11"})) << "it was";
  EXPECT_TRUE(poll().unchanged);
  cursor = "";
  host.put("x.csv", begin + "2026-03-02,10", std::chrono::seconds{1});
  poll();
  host.put("x.csv", begin + "2026-03-02,1000\n2026-03-03,7", std::chrono::seconds{1});
  EXPECT_EQ(samples_of(poll(), settings),
            (Lines{"2026-03-01 visits 5", "2026-03-02 visits 1001", "2026-03-03 visits 7"}))
      << "a file that is written at every poll, and never ends its last line";
  host.put("x.csv", begin + "2026-03-02,1000\n2026-03-03,7\n2026-03-04", std::chrono::seconds{1});
  EXPECT_EQ(problems_of(poll()),
            (Lines{"x.csv:6:1: the last line has no end yet: it is read once the file is left alone"}));
}

}  // namespace
}  // namespace kpi
