#include "plugins/json.hpp"

#include "plugins/file_set.hpp"
#include "plugins/rows.hpp"
#include "tests/unit/plugins/csv_source.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace kpi {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the tests' own words

using Lines = std::vector<std::string>;

SourceSettings json_settings(std::map<std::string, std::string> options = {}) {
  SourceSettings settings;
  settings.name = "shop";
  settings.grain = grain("day");
  settings.options["path"] = given("x.json");
  for (auto& [key, text] : options) {
    settings.options[key] = given(text);
  }
  settings.metrics = {metric("visits")};
  return settings;
}

Result<Poll> poll_json(const SourceSettings& settings, std::string text) {
  Diagnostics diagnostics;
  const auto source = json_plugin().create(settings, diagnostics);
  if (source == nullptr) {
    return fail(ErrorKind::kInvalid, diagnostics.text());
  }
  MemoryHost host;
  host.put("x.json", std::move(text));
  return source->poll({.now = {}, .cursor = "", .from = {}}, host, {});
}

Lines samples_json(const SourceSettings& settings, std::string text) {
  const auto poll = poll_json(settings, std::move(text));
  return poll ? samples_of(*poll, settings) : Lines{poll.error().message};
}

Lines problems_json(const SourceSettings& settings, std::string text) {
  const auto poll = poll_json(settings, std::move(text));
  return poll ? problems_of(*poll) : Lines{"the poll failed: " + poll.error().message};
}

TEST(JsonSource, ReadsAListOfRecords) {
  EXPECT_EQ(
      samples_json(json_settings(),
                   R"([{"date":"2026-03-01","visits":12},{"date":"2026-03-02","visits":"1,240,000"},
                             {"date":"2026-03-03","visits":null},{"date":"2026-03-04"}])"),
      (Lines{"2026-03-01 visits 12", "2026-03-02 visits 1240000", "2026-03-03 visits null", "2026-03-04 visits null"}));
}

TEST(JsonSource, TakesNoneOfSeveralValues) {
  SourceSettings settings = json_settings();
  settings.metrics = {metric("visits", MetricKind::kFlow, "/items/*/v")};
  const char* text = R"([{"date":"2026-03-01","items":[{"v":10},{"v":200}]},{"date":"2026-03-02","items":[{"v":7}]}])";
  EXPECT_EQ(samples_json(settings, text), (Lines{"2026-03-01 visits null", "2026-03-02 visits 7"}));
  EXPECT_EQ(problems_json(settings, text).size(), 1U);
  settings.labels = {label("kind", "/items/*/v")};
  settings.metrics = {metric("visits", MetricKind::kFlow, "n")};
  EXPECT_EQ(problems_json(settings,
                          R"([{"date":"2026-03-01","n":1,"items":[{"v":"a"}]},
                              {"date":"2026-03-02","n":1,"items":[{"v":"a"},{"v":"b"}]}])"),
            (Lines{"x.json#/1/items/*/v: is several values, not a text: write the pointer to one of them"}));
}

TEST(JsonSource, MakesNoSmallerSumWhereAnElementHasNoRecords) {
  const SourceSettings settings = json_settings({{"records", "/data/*/rows"}});
  const auto with = [&](const std::string& element) {
    return samples_json(settings, R"({"data":[{"rows":[{"date":"2026-03-01","visits":12}]},)" + element + "]}");
  };
  const std::string help =
      ", though records is /data/*/rows: without its rows the sums would be too small; correct the path or the file";
  EXPECT_EQ(with(R"({"rows":[]})"), (Lines{"2026-03-01 visits 12"}));
  for (const char* element : {R"({"error":"down"})", R"({"row":[{"date":"2026-03-01","visits":5}]})", "null"}) {
    EXPECT_EQ(with(element), (Lines{"x.json#/data/1 has no rows" + help})) << element;
  }
  EXPECT_EQ(samples_json(json_settings({{"records", "/*/*"}}), R"([[{"date":"2026-03-01","visits":12}],7])"),
            (Lines{"x.json#/1 is a number, not a list, though records is /*/*: without its rows the sums would be too "
                   "small; correct the path or the file"}));
}

TEST(JsonSource, KnowsOneZeroOnly) {
  EXPECT_EQ(
      samples_json(json_settings(), R"([{"date":"2026-03-01","visits":-0.0},{"date":"2026-03-02","visits":"-0"}])"),
      (Lines{"2026-03-01 visits 0", "2026-03-02 visits 0"}));
}

TEST(JsonSource, DoesNotGuessAtACommaThatMayBeEither) {
  const std::string text = R"([{"date":"2026-03-01","visits":"1,240"},{"date":"2026-03-02","visits":7}])";
  EXPECT_EQ(samples_json(json_settings(), text), (Lines{"2026-03-01 visits null", "2026-03-02 visits 7"}));
  EXPECT_EQ(problems_json(json_settings(), text),
            (Lines{"x.json#/0/visits: \"1,240\" may be a fraction or thousands: deliver a number, or a text such as "
                   "\"7.5\""}));
}

TEST(JsonSource, BelievesNeitherOfTwoWaysToWriteANumber) {
  EXPECT_EQ(samples_json(json_settings(),
                         R"([{"date":"2026-03-01","visits":"987.654"},{"date":"2026-03-02","visits":"1.204.511"}])"),
            (Lines{"metric visits is written in two ways: \"1.204.511\" (x.json#/1/visits) has its thousands set apart "
                   "by points, and \"987.654\" (x.json#/0/visits) would be read with a decimal point: deliver numbers, "
                   "or texts such as \"7.5\""}));
  EXPECT_EQ(samples_json(json_settings(),
                         R"([{"date":"2026-03-01","visits":987.654},{"date":"2026-03-02","visits":"1.204.511"}])"),
            (Lines{"2026-03-01 visits 987.654", "2026-03-02 visits null"}));
}

TEST(JsonSource, KnowsNothingOfAPeriodWithARowThatCannotBeUsed) {
  SourceSettings settings = json_settings();
  settings.labels = {label("country", "country")};
  EXPECT_EQ(
      samples_json(settings,
                   R"([{"date":"2026-03-01","country":"SE","visits":1},{"date":"2026-03-02","country":"SE","visits":2},
                             {"date":"2026-03-01","country":{"code":"DK"},"visits":3}])"),
      (Lines{"2026-03-01 visits{country=SE} null", "2026-03-02 visits{country=SE} 2"}));
}

TEST(JsonSource, FollowsPointersToRecordsAndColumns) {
  SourceSettings settings = json_settings({{"records", "/data/*/rows"}, {"date.column", "/day/start"}});
  settings.metrics = {metric("orders", MetricKind::kFlow, "/total/orders"), metric("a/b", MetricKind::kFlow, "/a~1b")};
  settings.labels = {label("country", "country", {{"Sverige", "SE"}}), label("vip", "vip")};
  EXPECT_EQ(samples_json(settings,
                         R"({"data":[{"rows":[{"day":{"start":"2026-03-01"},"country":"Sverige","vip":true,
                              "total":{"orders":3},"a/b":1}]},
                             {"rows":[{"day":{"start":"2026-03-01"},"country":"DK","vip":false,
                              "total":{"orders":4},"a/b":2}]}]})"),
            (Lines{"2026-03-01 orders{country=SE, vip=true} 3",
                   "2026-03-01 a/b{country=SE, vip=true} 1",
                   "2026-03-01 orders{country=DK, vip=false} 4",
                   "2026-03-01 a/b{country=DK, vip=false} 2"}));
}

TEST(JsonSource, ReadsRowsThatAreLists) {
  SourceSettings settings = json_settings({{"records", "/rows"}, {"date.column", "/0"}, {"date.format", "%s"}});
  settings.metrics = {metric("visits", MetricKind::kFlow, "/1")};
  EXPECT_EQ(samples_json(settings, R"({"rows":[[1772323200,5],[1772409600,6]]})"),
            (Lines{"2026-03-01 visits 5", "2026-03-02 visits 6"}));
}

TEST(JsonSource, ReadsADocumentOnEachLine) {
  const SourceSettings settings = json_settings({{"format", "lines"}});
  EXPECT_EQ(
      samples_json(settings, "{\"date\":\"2026-03-01\",\"visits\":1}\n\n{\"date\":\"2026-03-02\",\"visits\":2}\n"),
      (Lines{"2026-03-01 visits 1", "2026-03-02 visits 2"}));
  EXPECT_EQ(samples_json(settings, "{\"date\":\"2026-03-01\",\"visits\":1}\n{\"date\":\"2026-03-02\",\"vis"),
            (Lines{"2026-03-01 visits 1"}));
  EXPECT_EQ(samples_json(settings, "{\"date\":\"2026-03-01\",\"visits\":1}\n{\"date\":\n{}\n"),
            (Lines{"x.json:2:1:9: the text ends before its JSON does"}));
  const auto cut = poll_json(settings, "{\"date\":\"2026-03-01\",\"visits\":1}\n{\"date\":\"2026-03-02\",\"vis");
  ASSERT_TRUE(cut);
  EXPECT_EQ(problems_of(*cut),
            (Lines{"x.json:2: is no whole JSON and has no line end: it is being written, or was cut off"}));
  EXPECT_EQ(cut->remarks, (Lines{std::string(kLostRemark) + "x.json:2"})) << "so that its day is not taken for empty";
}

TEST(JsonSource, NamesTheValueThatCannotBeUsed) {
  const SourceSettings settings = json_settings({{"records", "/days"}});
  EXPECT_EQ(problems_json(settings,
                          R"({"days":[{"date":"2026-03-01","visits":1},{"date":"2026-03-02","visits":[1]},
                              {"date":"soon","visits":1},{"visits":1},7,{"date":"2026-03-03","visits":"12 %"}]})"),
            (Lines{"x.json#/days/1/visits: is a list, not a number: read a part of it, or another column",
                   "x.json#/days/2/date: \"soon\" is not a date as in %Y-%m-%d: correct it, or write date.format as "
                   "the file has it",
                   "x.json#/days/3/date: the row has no date: fill it in, or remove the row",
                   "x.json#/days/4: is a number where a record, an object or a list, is wanted",
                   "x.json#/days/5/visits: \"12 %\" is a percentage: if visits is one, write scale: percent"}));
}

TEST(JsonSource, FailsWhereNothingCanBeFound) {
  EXPECT_EQ(samples_json(json_settings({{"records", "/rows"}}), R"({"days":[]})"),
            (Lines{"x.json#/rows: nothing stands there; write records: the path of the list"}));
  EXPECT_EQ(samples_json(json_settings(), R"([{"date":"2026-03-01","hits":5}])"),
            (Lines{"x.json: no record has /visits for metric visits: the first one has date, hits"}));
  EXPECT_EQ(samples_json(json_settings(), "[]"), Lines{});
}

TEST(JsonSource, SaysWhereTheTextIsNoJson) {
  EXPECT_EQ(samples_json(json_settings(), "[\n  {\"date\": \"2026-03-01\", visits: 1}]"),
            (Lines{"x.json:2:26: no JSON at \"visits: 1}]\""}));
  EXPECT_EQ(samples_json(json_settings(), "[{\"date\": "), (Lines{"x.json:1:11: the text ends before its JSON does"}));
  EXPECT_EQ(samples_json(json_settings(), " \n"), (Lines{"x.json: is empty where JSON is wanted"}));
  EXPECT_EQ(samples_json(json_settings(), "[\"\xFF\"]"), (Lines{"x.json:1:3: no JSON at \"\\xff\"]\""}));
  EXPECT_EQ(samples_json(json_settings(), "[1e999]"), (Lines{"x.json:1:6: a number that is too large"}));
  EXPECT_EQ(samples_json(json_settings(), std::string(100'000, '[')),
            (Lines{"x.json: lists and objects stand within each other more than 64 deep: no source needs that"}));
  std::string wide = "[{\"k\":1";
  for (int i = 0; i < 10'000; ++i) {
    wide += ",\"k" + std::to_string(i) + "\":1";
  }
  EXPECT_EQ(samples_json(json_settings(), wide + "}]"),
            (Lines{"x.json: an object has more than 10000 keys: a list of records is wanted"}));
}

TEST(JsonSource, SaysWhatStandsWhereATextIsWanted) {
  SourceSettings settings = json_settings();
  settings.labels = {label("country", "c")};
  const auto poll =
      poll_json(settings,
                R"([7,{"date":"2026-03-01","c":["SE"],"visits":1},{"date":["2026-03-02"],"c":"SE","visits":2},
      {"date":"2026-03-03","c":"SE","visits":3}])");
  ASSERT_TRUE(poll) << poll.error().message;
  EXPECT_EQ(samples_of(*poll, settings), (Lines{"2026-03-03 visits{country=SE} 3"}));
  EXPECT_EQ(problems_of(*poll),
            (Lines{"x.json#/0: is a number where a record, an object or a list, is wanted",
                   "x.json#/1/c: is a list, not a text: write the pointer to a part of it",
                   "x.json#/2/date: is a list, not a text: write the pointer to a part of it"}));
  EXPECT_EQ(
      samples_json(json_settings(), R"("hello")"),
      (Lines{"x.json#: is a text where a record, an object or a list, is wanted (no row of x.json could be read)"}));
}

TEST(JsonSource, RefusesAKeyThatStandsTwiceInOneObject) {
  EXPECT_EQ(samples_json(json_settings(), R"([{"date":"2026-03-01","visits":1,"a":{"date":1},"visits":2}])"),
            (Lines{"x.json: an object has the key \"visits\" twice: which of its values counts nobody knows"}));
  EXPECT_EQ(samples_json(json_settings(), R"([{"a":{"b":1},"c":{"b":1,"d":2,"b":3}}])"),
            (Lines{"x.json: an object has the key \"b\" twice: which of its values counts nobody knows"}));
  EXPECT_EQ(samples_json(json_settings(), R"([{"visits":{"visits":1},"date":"2026-03-01","":1}])").size(), 1U)
      << "one within another is none";
}

TEST(JsonSource, RefusesAPointerThatIsNone) {
  const auto poll = poll_json(json_settings({{"records", "/a~2"}}), "[]");
  ASSERT_FALSE(poll);
  EXPECT_EQ(poll.error().message, "error: in a JSON pointer write ~0 for ~ and ~1 for / within a name\n");
}

TEST(FileSet, ReadsAllFilesOfAPatternAsOneTable) {
  SourceSettings settings = csv_settings();
  settings.options["path"] = given("exports/visits-*.csv");
  MemoryHost host;
  host.put("exports/visits-1.csv", "date,visits\n2026-03-01,1\n2026-03-02,2\n");
  host.put("exports/visits-2.csv", "date,visits\n2026-03-02,3\n2026-03-03,x\n");
  const auto source = csv_source(settings);
  const auto first = source->poll({.now = {}, .cursor = "", .from = {}}, host, {});
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(host.asked_pattern, "exports/visits-*.csv");
  EXPECT_EQ(samples_of(*first, settings),
            (Lines{"2026-03-01 visits 1", "2026-03-02 visits 5", "2026-03-03 visits null"}));
  EXPECT_EQ(problems_of(*first),
            (Lines{"exports/visits-2.csv:3:12: \"x\" is not a number: write digits, or leave the cell empty where "
                   "there is no value"}));
  const auto second = source->poll({.now = {}, .cursor = first->cursor, .from = {}}, host, {});
  ASSERT_TRUE(second);
  EXPECT_TRUE(second->unchanged);
  host.put("exports/visits-3.csv", "date,visits\n2026-03-04,7\n");
  const auto third = source->poll({.now = {}, .cursor = first->cursor, .from = {}}, host, {});
  ASSERT_TRUE(third);
  EXPECT_FALSE(third->unchanged);
}

TEST(FileSet, TakesTheDateFromTheName) {
  SourceSettings settings = csv_settings();
  settings.options["path"] = given("visits-%Y%m%d.csv");
  settings.labels = {label("country", "Country")};
  MemoryHost host;
  host.put("visits-20260301.csv", "Country,visits\nSE,1\nDK,2\n");
  host.put("visits-20260302.csv", "Country,visits\nSE,3\n");
  host.put("visits-old.csv", "Country,visits\nSE,3\n");
  const auto source = csv_source(settings);
  const auto poll = source->poll({.now = {}, .cursor = "", .from = {}}, host, {});
  ASSERT_TRUE(poll) << poll.error().message;
  EXPECT_EQ(
      samples_of(*poll, settings),
      (Lines{"2026-03-01 visits{country=SE} 1", "2026-03-01 visits{country=DK} 2", "2026-03-02 visits{country=SE} 3"}));
  EXPECT_EQ(
      problems_of(*poll),
      (Lines{"visits-old.csv: is not read, for its name has no date as visits-%Y%m%d.csv has: rename it, or put it "
             "elsewhere"}));
  host.put("visits-20260399.csv", "Country,visits\nSE,3\n");
  const auto again = source->poll({.now = {}, .cursor = poll->cursor, .from = {}}, host, {});
  ASSERT_TRUE(again);
  EXPECT_EQ(again->problem_count, 2U) << "one that comes is told";
  const auto same = source->poll({.now = {}, .cursor = again->cursor, .from = {}}, host, {});
  ASSERT_TRUE(same);
  EXPECT_TRUE(same->unchanged);
  const PollRequest late{.now = {}, .cursor = "", .from = slot_of(Date{std::chrono::year{2026} / 3 / 2})};
  host.reads = 0;
  ASSERT_TRUE(source->poll(late, host, {}));
  EXPECT_EQ(host.reads, 1);
}

/// A column with dates says more than the name of the file.
TEST(FileSet, TakesTheDateFromTheRowsWhereTheyHaveOne) {
  SourceSettings settings = csv_settings();
  settings.options["path"] = given("visits-%Y%m%d.csv");
  MemoryHost host;
  host.put("visits-20260303.csv", "date,visits\n2026-03-01,1\n2026-03-02,2\n");
  const auto poll = csv_source(settings)->poll({.now = {}, .cursor = "", .from = {}}, host, {});
  ASSERT_TRUE(poll) << poll.error().message;
  EXPECT_EQ(samples_of(*poll, settings), (Lines{"2026-03-01 visits 1", "2026-03-02 visits 2"}));
}

TEST(FileSet, SaysThatNoFileFits) {
  SourceSettings settings = csv_settings();
  settings.options["path"] = given("visits-%Y-%m-%d.csv");
  MemoryHost host;
  const auto poll = csv_source(settings)->poll({.now = {}, .cursor = "", .from = {}}, host, {});
  ASSERT_FALSE(poll);
  EXPECT_EQ(poll.error(),
            (Error{ErrorKind::kUnavailable,
                   "visits-%Y-%m-%d.csv: no file fits this name: correct it, or put the files there"}));
}

TEST(FileSet, RefusesANameThatDoesNotTellThePeriod) {
  for (const auto& [path, message] : std::map<std::string, std::string>{
           {"visits-%Y-%m.csv", "the date in the file's name does not tell its day: write * instead, and date.column"},
           {"visits-%Y-%m-%d-*.csv", "a file's name has either * or a date: write the whole name with its date"},
           {"*/visits.csv", "a * stands for files of one folder: write it in the name, behind the last /"},
           {"exports/", "path names no file: write path: exports/orders.csv"},
           {"", "path names no file: write path: exports/orders.csv"}}) {
    const auto set = FileSet::parse(path, csv_settings());
    ASSERT_FALSE(set) << path;
    EXPECT_EQ(set.error().message, message);
  }
}

}  // namespace
}  // namespace kpi
