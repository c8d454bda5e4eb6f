#include "plugins/exec.hpp"

#include "tests/unit/plugins/csv_source.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace kpi {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the tests' own words

using Lines = std::vector<std::string>;

const Instant kNow = *parse_rfc3339("2026-03-15T06:00:00Z");

SourceSettings exec_settings() {
  SourceSettings settings;
  settings.name = "web";
  settings.grain = grain("day");
  settings.metrics = {metric("visits")};
  return settings;
}

PollRequest at_now() {
  PollRequest request;
  request.now = kNow;
  return request;
}

Lines lines_of(const Result<Poll>& poll, const SourceSettings& settings) {
  if (!poll) {
    return {poll.error().message};
  }
  Lines lines = samples_of(*poll, settings);
  for (const std::string& problem : problems_of(*poll)) {
    lines.push_back(problem);
  }
  return lines;
}

Lines lines(std::string_view output, const SourceSettings& settings = exec_settings()) {
  return lines_of(read_exec_lines(output, settings, at_now()), settings);
}

TEST(ExecLines, AreAGreetingAndRows) {
  SourceSettings settings = exec_settings();
  settings.labels = {label("country", "land", {{"Sverige", "SE"}})};
  settings.metrics = {metric("visits"), metric("orders", MetricKind::kFlow, "sold")};
  EXPECT_EQ(lines(R"({"kpid": 1}
{"date": "2026-03-01", "labels": {"land": "Sverige"}, "values": {"visits": 12, "sold": "1240"}}

{"date": "2026-03-02", "labels": {"land": "DK"}, "values": {"visits": null}}
{"problem": "no numbers of NO"}
)",
                  settings),
            (Lines{"2026-03-01 visits{country=SE} 12",
                   "2026-03-01 orders{country=SE} 1240",
                   "2026-03-02 visits{country=DK} null",
                   "line 5: no numbers of NO"}));
}

TEST(ExecLines, AreNotGuessedAtWhereACommaMayBeEither) {
  EXPECT_EQ(
      lines("{\"kpid\": 1}\n{\"date\": \"2026-03-01\", \"values\": {\"visits\": \"1,240\"}}\n"),
      (Lines{"2026-03-01 visits null",
             "line 2 values.visits: \"1,240\" may be a fraction or thousands: deliver a number, or a text such as "
             "\"7.5\""}));
}

TEST(ExecLines, CarryACursorAndRemarks) {
  const auto poll = read_exec_lines(
      "{\"kpid\":1}\n{\"remark\":\"900 calls left\"}\n{\"cursor\":\"page 7\"}\n", exec_settings(), at_now());
  ASSERT_TRUE(poll);
  EXPECT_EQ(poll->cursor, "page 7");
  EXPECT_EQ(poll->remarks, (Lines{"900 calls left"}));
  const auto same =
      read_exec_lines("{\"kpid\":1}\n{\"cursor\":\"page 7\"}\n{\"unchanged\":true}\n", exec_settings(), at_now());
  ASSERT_TRUE(same);
  EXPECT_TRUE(same->unchanged);
  EXPECT_EQ(same->cursor, "page 7");
  const auto none = read_exec_lines("{\"kpid\":1}\n{\"cursor\":\"\"}\n", exec_settings(), at_now());
  ASSERT_TRUE(none) << none.error().message;
  EXPECT_EQ(none->cursor, "") << "as the example prints where there is nothing to read";
}

TEST(ExecLines, SayFromWhenOnTheyAreAllThereAre) {
  const auto whole_from = [](std::string_view date, const char* grain) {
    SourceSettings settings = exec_settings();
    settings.grain = parse_grain(grain).value();
    const auto poll =
        read_exec_lines("{\"kpid\": 1}\n{\"whole_from\": \"" + std::string(date) + "\"}\n", settings, at_now());
    return !poll ? poll.error().message : poll->whole_from ? date_text(date_of(*poll->whole_from)) : "nothing";
  };
  EXPECT_EQ(whole_from("2026-03-25", "day"), "2026-03-25");
  EXPECT_EQ(whole_from("2026-03-23", "week"), "2026-03-23");
  EXPECT_EQ(whole_from("2026-03-25", "week"), "2026-03-30") << "of the week that began before it has a part";
  EXPECT_EQ(lines("{\"kpid\": 1}\n{\"whole_from\": \"2026-03-25\"}\n{\"whole_from\": \"2026-03-26\"}\n"),
            (Lines{"line 3: whole_from was printed before: print it once"}));
  EXPECT_EQ(whole_from("25/3", "day"), "line 2: whole_from wants a date such as \"2026-03-31\"");
  EXPECT_EQ(read_exec_lines("{\"kpid\": 1}\n", exec_settings(), at_now())->whole_from, std::nullopt);
}

TEST(ExecLines, SayWhatIsWrongWithThem) {
  EXPECT_EQ(lines(""), (Lines{"printed nothing: its first line is {\"kpid\": 1}"}));
  EXPECT_EQ(lines("{\"values\": {}}"), (Lines{"line 1: the first line is {\"kpid\": 1}"}));
  EXPECT_EQ(lines("{\"kpid\": 2}"), (Lines{"line 1: speaks version 2 of the protocol; this kpid speaks 1"}));
  EXPECT_EQ(lines("{\"kpid\": 1}\nhello"), (Lines{"line 2:1:1: no JSON at \"hello\""}));
  EXPECT_EQ(lines("{\"kpid\": 1}\n[1]"), (Lines{"line 2: is a list where an object is wanted"}));
  EXPECT_EQ(lines("{\"kpid\": 1}\n{\"visits\": 1}"),
            (Lines{"line 2: is no row, error, problem, remark, cursor, unchanged or whole_from: a row is "
                   "{\"date\": \"2026-03-31\", \"values\": {\"visits\": 12}}"}));
  EXPECT_EQ(lines("{\"kpid\": 1}\n{\"date\": \"2026-03-01\", \"values\": {\"visits\": [1]}}\n"
                  "{\"date\": \"2026-03-02\", \"values\": {\"visits\": 1}}"),
            (Lines{"2026-03-01 visits null",
                   "2026-03-02 visits 1",
                   "line 2 values.visits: is a list, not a number: read a part of it, or another column"}));
}

TEST(ExecLines, HaveDatesInOneFormOnly) {
  EXPECT_EQ(
      lines("{\"kpid\": 1}\n{\"date\": \"9/14/2014\", \"values\": {\"visits\": 1}}"),
      (Lines{"line 2 date: \"9/14/2014\" is not a date as in %Y-%m-%d: deliver it as 2026-03-31 (ISO 8601) (no row of "
             "its output could be read)"}));
}

/// Nothing that a program prints is left out in silence.
TEST(ExecLines, AreEachOneThing) {
  const std::string row = R"({"date": "2026-03-01", "values": {"visits": 1})";
  const auto said = [&](const std::string& rest) { return lines("{\"kpid\": 1}\n" + rest); };
  EXPECT_EQ(said(row + R"(, "remark": "x"})"), (Lines{"line 2: has values and remark: print a line for each"}));
  EXPECT_EQ(said(row + R"(, "cursor": "x"})"), (Lines{"line 2: has values and cursor: print a line for each"}));
  EXPECT_EQ(
      said(row + "}\n{\"unchanged\": true}"),
      (Lines{"says that nothing has changed, and prints rows or problems: print unchanged alone, or not at all"}));
  EXPECT_EQ(
      said("{\"problem\": \"x\"}\n{\"unchanged\": true}"),
      (Lines{"says that nothing has changed, and prints rows or problems: print unchanged alone, or not at all"}));
  EXPECT_EQ(said("{\"unchanged\": \"yes\"}").front().substr(0, 14), "line 2: is no ");
  EXPECT_EQ(lines(R"({"kpid": 1, "date": "2026-03-01", "values": {"visits": 1}})"),
            (Lines{"line 1: has kpid and values: print a line for each"}));
  EXPECT_EQ(lines("{\"kpid\": 1, \"name\": \"x\"}\n" + row + "}"),
            (Lines{"2026-03-01 visits 1", "line 1 name: is no member of a line, and not read"}));
  EXPECT_EQ(said(row + "}\n" + R"({"date": 20260302, "values": {"visits": 1}})"),
            (Lines{"2026-03-01 visits 1", "line 3 date: is a number where a text such as \"2026-03-31\" is wanted"}));
}

TEST(ExecLines, TellWhatIsMisspelt) {
  SourceSettings settings = exec_settings();
  settings.labels = {label("country", "land")};
  EXPECT_EQ(
      lines_of(
          read_exec_lines("{\"kpid\": 1}\n"
                          "{\"date\": \"2026-03-01\", \"lables\": {\"land\": \"SE\"}, \"values\": {\"visits\": 1}}\n"
                          "{\"date\": \"2026-03-01\", \"labels\": {\"lnad\": \"SE\"}, \"values\": {\"visits\": 1}}\n"
                          "{\"date\": \"2026-03-01\", \"labels\": {\"land\": \"SE\"}, \"values\": {\"visit\": 1}}\n",
                          settings,
                          at_now()),
          settings),
      (Lines{
          "line 2 lables: is no member of a line, and not read: did you mean \"labels\"?",
          "line 2 labels.land: is not there: print \"labels\": {\"land\": \"…\"}, or leave the label out of the source",
          "line 3 labels.land: is not there: print \"labels\": {\"land\": \"…\"} (did you mean \"lnad\"?), or leave "
          "the label out of the source",
          "values.visits: no row has it; did you mean \"visit\"?"}));
}

/// What the others of its period add up to is not the sum.
TEST(ExecLines, WithoutALabelLeaveTheirPeriodUnknown) {
  SourceSettings settings = exec_settings();
  settings.labels = {label("country", "land")};
  settings.metrics = {metric("visits"), metric("orders")};
  const Lines said = lines(R"({"kpid": 1}
{"date": "2026-03-01", "labels": {"land": "SE"}, "values": {"visits": 1, "orders": 2}}
{"date": "2026-03-01", "labels": {"lnad": "DK"}, "values": {"visits": 5}}
{"date": "2026-03-02", "labels": {"land": "SE"}, "values": {"visits": 3}}
)",
                           settings);
  ASSERT_EQ(said.size(), 4U);
  EXPECT_EQ(
      Lines(said.begin(), said.begin() + 3),
      (Lines{
          "2026-03-01 visits{country=SE} null", "2026-03-01 orders{country=SE} 2", "2026-03-02 visits{country=SE} 3"}));
}

TEST(ExecLines, AreOfTheMetricsThatTheyName) {
  SourceSettings settings = exec_settings();
  settings.metrics = {metric("visits"), metric("orders")};
  EXPECT_EQ(lines_of(read_exec_lines("{\"kpid\": 1}\n"
                                     "{\"date\": \"2026-03-01\", \"values\": {\"visits\": 5}}\n"
                                     "{\"date\": \"2026-03-01\", \"values\": {\"orders\": 2}}\n",
                                     settings,
                                     at_now()),
                     settings),
            (Lines{"2026-03-01 visits 5", "2026-03-01 orders 2"}));
}

TEST(ExecLines, TellAFailureThatIsOverLaterFromOneThatIsNot) {
  const auto later = read_exec_lines("{\"kpid\":1}\n{\"error\":\"the shop is closed\"}", exec_settings(), at_now());
  EXPECT_EQ(later.error(), (Error{ErrorKind::kUnavailable, "the shop is closed"}));
  const auto never =
      read_exec_lines("{\"kpid\":1}\n{\"error\":\"no such shop\",\"retry\":false}", exec_settings(), at_now());
  EXPECT_EQ(never.error(), (Error{ErrorKind::kInvalid, "no such shop"}));
}

Lines nagios(std::string_view output, int code, std::vector<std::string> columns) {
  SourceSettings settings = exec_settings();
  settings.metrics.clear();
  for (const std::string& column : columns) {
    settings.metrics.push_back(metric("m" + std::to_string(settings.metrics.size()), MetricKind::kLevel, column));
  }
  return lines_of(read_nagios(output, code, settings, at_now()), settings);
}

TEST(Nagios, PerfdataIsAboutThePeriodThatEndedLast) {
  EXPECT_EQ(
      nagios("PING OK - Packet loss = 0%, RTA = 0.05 ms|rta=0.053000ms;100.0;500.0;0.0 pl=0%;20;60;0\n", 0, {"rta"}),
      (Lines{"2026-03-14 m0 0.000053"}));
  EXPECT_EQ(nagios("DISK WARNING | '/var log'=12MB;20;10 'it''s'=3 /home=1.5GB;;;0;2\nmore\n| last=U\n",
                   1,
                   {"/var log", "it's", "/home", "last", "exit_code"}),
            (Lines{"2026-03-14 m0 12582912",
                   "2026-03-14 m1 3",
                   "2026-03-14 m2 1610612736",
                   "2026-03-14 m3 null",
                   "2026-03-14 m4 1"}));
}

TEST(Nagios, SaysWhatIsMissing) {
  EXPECT_EQ(nagios("LOAD OK | load1=0.5 load5=0.4", 0, {"load15"}),
            (Lines{"its perfdata has no \"load15\" for metric m0; it has exit_code, load1, load5"}));
  EXPECT_EQ(nagios("LOAD UNKNOWN - no such file", 3, {"load1"}), (Lines{"is UNKNOWN: LOAD UNKNOWN - no such file"}));
  EXPECT_EQ(
      nagios("DISK CRITICAL - / not found", 2, {"used"}),
      (Lines{
          "has no perfdata for metric m0; it says \"DISK CRITICAL - / not found\": read: names what it may look at"}));
  EXPECT_EQ(nagios("x | pl=20%", 0, {"pl"}),
            (Lines{"2026-03-14 m0 null", "perfdata pl: \"20%\" is a percentage: if m0 is one, write scale: percent"}));
  EXPECT_EQ(
      nagios("x | t=1,5s", 0, {"t"}),
      (Lines{"2026-03-14 m0 null",
             "perfdata t: \"1,5s\" is not a number: write digits, or leave the cell empty where there is no value"}));
  EXPECT_EQ(nagios("x | t=1,5", 0, {"t"}),
            (Lines{"2026-03-14 m0 null",
                   "perfdata t: \"1,5\" is not written as a number is in data: deliver a number, or a text such as "
                   "\"7.5\""}))
      << "there is no key decimal";
}

/// The example of docs/exec.md while the site is down.
TEST(Nagios, KeepsTheStateOfWhatGivesNoFigures) {
  EXPECT_EQ(nagios("connect to address 192.0.2.1 and port 443: Connection refused", 2, {"time", "exit_code"}),
            (Lines{"2026-03-14 m0 null",
                   "2026-03-14 m1 2",
                   "perfdata time: is not there; it says \"connect to address 192.0.2.1 and port 443: Connection "
                   "refused\""}));
  EXPECT_EQ(nagios("TCP OK", 0, {"time", "exit_code"}).size(), 1U) << "all is well, and the figure is not there";
}

TEST(Nagios, BelievesNoLabelThatComesTwice) {
  EXPECT_EQ(
      nagios("X OK | n=1 n=2 m=3", 0, {"n"}),
      (Lines{"its perfdata has \"n\" more than once for metric m0, and nothing says which counts: give each value a "
             "label of its own"}));
  EXPECT_EQ(nagios("X OK | n=1 n=2 m=3", 0, {"m"}), (Lines{"2026-03-14 m0 3"}));
}

Lines open_metrics(std::string_view text, const SourceSettings& settings) {
  return lines_of(read_open_metrics(text, settings, at_now()), settings);
}

TEST(OpenMetrics, WithALabelTwiceAreNone) {
  EXPECT_EQ(open_metrics("visits{a=\"x\",a=\"y\"} 1\nvisits 2\n", exec_settings()),
            (Lines{"2026-03-14 visits null", "line 1: \"visits{a=\"x\",a=\"y\"} 1\" is no sample"}));
}

TEST(OpenMetrics, WithoutTheEndOfTheirLastLineAreNone) {
  EXPECT_EQ(open_metrics("visits 10\nvisits 1", exec_settings()),
            (Lines{"its output has no line end behind its last line, and nothing of it counts: it may be half of one; "
                   "end each line, the last one too"}));
  EXPECT_EQ(open_metrics("visits 10\n# EOF", exec_settings()), (Lines{"2026-03-14 visits 10"}));
}

TEST(OpenMetrics, OfWhichThereIsNoneAreAFailure) {
  const Lines none{"its output has no sample: a program that cannot tell exits with another code"};
  EXPECT_EQ(open_metrics("", exec_settings()), none);
  EXPECT_EQ(open_metrics("# TYPE visits counter\n# EOF\n", exec_settings()), none);
}

TEST(OpenMetrics, TellASampleThatNeverComes) {
  SourceSettings settings = exec_settings();
  settings.metrics = {metric("visits", MetricKind::kLevel, "visit_total"), metric("other", MetricKind::kLevel, "x")};
  EXPECT_EQ(open_metrics("visits_total 1\nx 2\n", settings),
            (Lines{"2026-03-14 other 2", "visit_total: no sample has this name; did you mean \"visits_total\"?"}));
}

TEST(OpenMetrics, AreReadWithTheirLabelsAndTimes) {
  SourceSettings settings = exec_settings();
  settings.labels = {label("country", "country")};
  settings.metrics = {metric("visits", MetricKind::kLevel, "shop_visits_total"),
                      metric("stock", MetricKind::kLevel, "shop_stock")};
  EXPECT_EQ(open_metrics("# TYPE shop_visits counter\n"
                         "shop_visits_total{country=\"SE\",x=\"a\\\"b\\n\"} 12 1772323200 # {trace=\"1\"} 1\n"
                         "shop_visits_total{ country=\"DK\" , } 1e3 1772323200.5\n"
                         "shop_stock{country=\"SE\"} NaN\n"
                         "other 7\n# EOF\n",
                         settings),
            (Lines{"2026-03-01 visits{country=SE} 12",
                   "2026-03-01 visits{country=DK} 1000",
                   "2026-03-14 stock{country=SE} null"}));
}

TEST(OpenMetrics, EndWithTheirMark) {
  SourceSettings settings = exec_settings();
  EXPECT_EQ(
      open_metrics("visits 12 1772323200\n# EOF\nvisits 13 1772409600\n", settings),
      (Lines{"line 3 of its output stands behind # EOF in line 2, where nothing may: print # EOF once, at the end"}));
  EXPECT_EQ(open_metrics("visits 12 1772323200\n# EOF\n\n", settings), (Lines{"2026-03-01 visits 12"}));
}

TEST(OpenMetrics, WithoutTheirMarkAreNotTakenForWhole) {
  EXPECT_EQ(
      open_metrics("# TYPE visits gauge\n# UNIT visits people\nvisits 1\n", exec_settings()),
      (Lines{"its output is OpenMetrics (# UNIT) and does not end with # EOF: it was cut off, or print that mark"}));
  EXPECT_EQ(open_metrics("visits 12 1772323200\n", exec_settings()),
            (Lines{"line 1: 1772323200 would be milliseconds since 1970: where times are seconds, print # EOF at the "
                   "end (no row of its output could be read)"}));
}

TEST(OpenMetrics, OfPrometheusCountMilliseconds) {
  SourceSettings settings = exec_settings();
  EXPECT_EQ(open_metrics("visits 12 1772323200000\nvisits{\nvisits +Inf\n", settings),
            (Lines{"2026-03-01 visits 12",
                   "2026-03-14 visits null",
                   "line 2: \"visits{\" is no sample",
                   "line 3: inf is no value: deliver a number, or null where there is none"}));
}

TEST(OpenMetrics, TakeMillisecondsForSecondsAsNoTime) {
  SourceSettings settings = exec_settings();
  settings.zone = *Zone::find("Europe/Stockholm");
  EXPECT_EQ(open_metrics("visits 12 1795564800000\n# EOF\n", settings),
            (Lines{"line 1: 1795564800000 is no time (no row of its output could be read)"}));
}

/// Programs that are not run: each answer is given.
class ScriptedHost final : public Host {
 public:
  Result<File> read_file(const std::string& path, std::size_t /*limit*/) override {
    return fail(ErrorKind::kUnavailable, path);
  }

  Result<std::string> file_version(const std::string& path) override { return fail(ErrorKind::kUnavailable, path); }

  Result<ProcessResult> run(const ProcessRequest& request, const std::stop_token& /*stop*/) override {
    asked = request;
    ++runs;
    return answer;
  }

  ProcessRequest asked;
  int runs = 0;
  Result<ProcessResult> answer;
};

std::unique_ptr<Source> exec_source(SourceSettings settings, std::vector<std::string> command, const char* format) {
  settings.options["command"] = {.text = "", .position = {}, .given = true, .items = std::move(command)};
  settings.options["format"] = given(format);
  Diagnostics diagnostics;
  auto source = exec_plugin().create(settings, diagnostics);
  EXPECT_NE(source, nullptr) << diagnostics.text();
  return source;
}

TEST(ExecSource, AsksInOneLineAndNamesTheProgramInErrors) {
  ScriptedHost host;
  host.answer = ProcessResult{0, 0, "{\"kpid\":1}\n{\"date\":\"2026-03-01\",\"values\":{\"visits\":1}}\n", ""};
  const auto source = exec_source(exec_settings(), {"/opt/sales", "--days", "7"}, "lines");
  PollRequest request = at_now();
  request.cursor = "page 7";
  ASSERT_TRUE(source->poll(request, host, {}));
  EXPECT_EQ(host.asked.command, (Lines{"/opt/sales", "--days", "7"}));
  EXPECT_EQ(host.asked.input,
            R"({"kpid":1,"source":"web","now":"2026-03-15T06:00:00Z","grain":"day","timezone":"UTC","from":null,)"
            R"("cursor":"page 7","metrics":["visits"],"labels":[]})"
            "\n");
  host.answer = ProcessResult{2, 0, "", "Traceback\nKeyError: 'date'\n"};
  EXPECT_EQ(source->poll(request, host, {}).error(),
            (Error{ErrorKind::kUnavailable, "/opt/sales exited with 2: KeyError: 'date'"}));
  host.answer = ProcessResult{137, 9, "", ""};
  EXPECT_EQ(source->poll(request, host, {}).error(),
            (Error{ErrorKind::kUnavailable, "/opt/sales was ended by signal 9"}));
  host.answer = ProcessResult{1, 0, "{\"kpid\":1}\n{\"error\":\"no answer of the shop\"}\n", "noise"};
  EXPECT_EQ(source->poll(request, host, {}).error(),
            (Error{ErrorKind::kUnavailable, "/opt/sales: no answer of the shop"}));
  host.answer = ProcessResult{0, 0, "{\"kpid\":1}\n\xFF", ""};
  EXPECT_EQ(source->poll(request, host, {}).error(),
            (Error{ErrorKind::kInvalid, "/opt/sales: its output is not UTF-8"}));
}

TEST(ExecSource, KeepsNoSecretThatItWasTold) {
  SourceSettings settings = exec_settings();
  OptionTree tree;
  tree.kind = OptionTree::Kind::kMap;
  OptionTree name;
  name.text = "token";
  OptionTree value;
  value.text = "tok-1234567";
  tree.entries.emplace_back(name, value);
  settings.options["secrets"] = {
      .text = "", .position = {}, .given = true, .tree = std::make_shared<const OptionTree>(tree)};
  settings.labels.push_back({.name = "land", .column = "land", .rename = {}, .position = {}});
  const auto source = exec_source(settings, {"/opt/sales"}, "lines");
  ScriptedHost host;
  const auto poll = [&](const std::string& lines) {
    host.answer = ProcessResult{0, 0, "{\"kpid\":1}\n" + lines, ""};
    return source->poll(at_now(), host, {});
  };
  const std::string row = R"({"date":"2026-03-01","labels":{"land":"LAND"},"values":{"visits":1}})";
  const auto of_land = [&](const char* land) { return std::string(row).replace(row.find("LAND"), 4, land) + "\n"; };
  EXPECT_EQ(
      poll(of_land("SE TOK-1234567")).error(),
      (Error{ErrorKind::kInvalid,
             "the value of label land holds a secret of the source, and would be stored: \"SE ***\"; read the label "
             "from another field"}));
  EXPECT_EQ(
      poll(of_land("SE") + "{\"cursor\":\"tok-1234567\"}\n").error(),
      (Error{ErrorKind::kInvalid, "the cursor holds a secret of the source, and would be stored: give another one"}));
  const auto told = poll(of_land("SE") + "{\"remark\":\"with tok-1234567\"}\n{\"problem\":\"of tok-1234567\"}\n");
  ASSERT_TRUE(told) << told.error().message;
  EXPECT_EQ(told->remarks.back(), "with ***");
  EXPECT_EQ(told->problems.front().message.find("tok-"), std::string::npos) << told->problems.front().message;
}

TEST(ExecSource, ReadsAPresentValueOncePerPeriod) {
  ScriptedHost host;
  host.answer = ProcessResult{0, 0, "OK | visits=5", ""};
  const auto source = exec_source(exec_settings(), {"check_visits"}, "nagios");
  const auto first = source->poll(at_now(), host, {});
  ASSERT_TRUE(first) << first.error().message;
  PollRequest later = at_now();
  later.now += std::chrono::hours{10};
  later.cursor = first->cursor;
  const auto second = source->poll(later, host, {});
  ASSERT_TRUE(second);
  EXPECT_TRUE(second->unchanged);
  EXPECT_EQ(host.runs, 1);
  later.now += std::chrono::hours{10};
  ASSERT_TRUE(source->poll(later, host, {}));
  EXPECT_EQ(host.runs, 2);
}

TEST(ExecSource, IsRunWithoutAShell) {
  SourceSettings settings = exec_settings();
  settings.options["command"] = {.text = "", .position = {}, .given = true, .items = {"ls -l | wc"}};
  Diagnostics diagnostics;
  EXPECT_EQ(exec_plugin().create(settings, diagnostics), nullptr);
  EXPECT_EQ(diagnostics.text(),
            "error: command is run without a shell: \"ls -l | wc\" is taken for the name of one program\n"
            "  help: write a list: command: [program, argument]\n");
}

/// Runs end together, once so many are under way or the deadline has come.
class GatheringHost final : public Host {
 public:
  explicit GatheringHost(int wanted) : wanted_(wanted) {}

  Result<File> read_file(const std::string& path, std::size_t /*limit*/) override {
    return fail(ErrorKind::kUnavailable, path);
  }

  Result<std::string> file_version(const std::string& path) override { return fail(ErrorKind::kUnavailable, path); }

  Result<ProcessResult> run(const ProcessRequest& /*request*/, const std::stop_token& /*stop*/) override {
    std::unique_lock lock(mutex_);
    most_ = std::max(most_, ++running_);
    has_met_ = has_met_ || running_ == wanted_;
    changed_.notify_all();
    changed_.wait_for(lock, std::chrono::seconds{20}, [&] { return has_met_; });
    --running_;
    return ProcessResult{0, 0, "{\"kpid\":1}\n", ""};
  }

  int most() {
    const std::lock_guard lock(mutex_);
    return most_;
  }

 private:
  const int wanted_;
  std::mutex mutex_;
  std::condition_variable changed_;
  int running_ = 0;
  int most_ = 0;
  bool has_met_ = false;
};

/// How many of eight sources of one program ran at once, when so many were waited for.
int most_at_once(int wanted, const char* connections, const std::vector<std::string>& command) {
  GatheringHost host(wanted);
  std::vector<std::unique_ptr<Source>> sources;
  for (int i = 0; i < 8; ++i) {
    SourceSettings settings = exec_settings();
    settings.options["connections"] = given(connections);
    std::vector<std::string> own = command;
    own.push_back(std::to_string(i));
    sources.push_back(exec_source(settings, own, "lines"));
  }
  {
    std::vector<std::jthread> threads;
    for (const auto& source : sources) {
      threads.emplace_back([&] { EXPECT_TRUE(source->poll(at_now(), host, {}).has_value()); });
    }
  }
  return host.most();
}

TEST(ExecSource, OfOneProgramRunAtOnceAsManyAsMay) {
  EXPECT_EQ(most_at_once(4, "4", {"check_tcp", "-p"}), 4);
  EXPECT_EQ(most_at_once(8, "8", {"check_tcp", "-p"}), 8);
  EXPECT_EQ(most_at_once(2, "2", {"python3", "./orders.py"}), 2);
  EXPECT_EQ(most_at_once(8, "1", {"check_tcp"}), 8);  // another word behind each: a script of its own
}

}  // namespace
}  // namespace kpi
