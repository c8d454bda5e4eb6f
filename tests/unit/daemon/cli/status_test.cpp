#include "daemon/store/sqlite_store.hpp"
#include "tests/support/golden.hpp"
#include "tests/unit/daemon/cli/program.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>

namespace kpi::test {
namespace {

using nlohmann::json;

constexpr const char* kMorning = "2026-03-15T06:00:00Z";

class Status : public testing::Test {
 protected:
  void SetUp() override {
    write_site(program_);
    ASSERT_EQ(program_.once(kMorning), 0);
  }

  /// The line of a KPI's total in `status --json`.
  json line_of(const std::string& kpi) {
    const json document = json::parse(program_.on_folder({"status", "--json"}).out);
    for (const json& line : document["kpis"]) {
      if (line["id"] == kpi && line["segment"].empty()) {
        return line;
      }
    }
    return nullptr;
  }

  Program program_{kMorning};
};

TEST_F(Status, ShowsEverythingInOneTable) {
  const Ended ended = program_.on_folder({"status"});
  EXPECT_EQ(ended.code, 0);
  EXPECT_EQ(ended.err, "");
  EXPECT_TRUE(matches_golden("cli/status.txt", ended.out));
}

TEST_F(Status, IsOneJsonDocument) {
  const Ended ended = program_.on_folder({"status", "--json"});
  EXPECT_EQ(ended.code, 0);
  EXPECT_EQ(ended.err, "");
  EXPECT_TRUE(json::accept(ended.out));
  EXPECT_TRUE(matches_golden("cli/status.json", ended.out));
}

TEST_F(Status, OfOneKpiTellsMoreOfIt) {
  EXPECT_TRUE(matches_golden("cli/status_visits.txt", program_.on_folder({"status", "visits"}).out));
  EXPECT_TRUE(matches_golden("cli/status_conversion_rate.txt", program_.on_folder({"status", "conversion_rate"}).out));
}

TEST_F(Status, OfOneKpiLeavesTheOthersOutOfTheJsonToo) {
  const json document = json::parse(program_.on_folder({"status", "visits", "--json"}).out);
  ASSERT_EQ(document["kpis"].size(), 1U);
  EXPECT_EQ(document["kpis"][0]["id"], "visits");
  ASSERT_EQ(document["sources"].size(), 1U);
  EXPECT_EQ(document["sources"][0]["name"], "web");
}

TEST_F(Status, SpeaksEnglishWhateverMessagesDo) {
  std::string config = program_.read("kpid.yaml");
  program_.write("kpid.yaml", "language: sv\n" + config);
  EXPECT_EQ(line_of("conversion_rate")["formatted"], "3.63%");
}

TEST_F(Status, SaysHowLongAgoTheLastStepWas) {
  program_.set_time("2026-03-15T09:30:00Z");
  EXPECT_NE(program_.on_folder({"status"}).out.find("\nas of 2026-03-15 07:00 Europe/Stockholm, 3 hours ago\n"),
            std::string::npos);
}

TEST_F(Status, ShowsAKpiWithoutASampleYet) {
  program_.write("rules.yaml", program_.read("rules.yaml") + "  leads: {unit: leads, value: web.leads}\n");
  EXPECT_NE(program_.on_folder({"status"}).out.find("\nleads                    no sample yet  no data\n"),
            std::string::npos)
      << program_.on_folder({"status"}).out;
  EXPECT_EQ(line_of("leads"), json::parse(R"({
    "id": "leads", "title": "leads", "segment": {}, "period": null, "value": null, "formatted": null, "unit": "leads",
    "state": "no_data", "severity": null, "since": null, "verdict": "no_data", "stale": false, "reason": null,
    "provisional": null, "target": null})"));
}

TEST_F(Status, LeavesOutSegmentsOfASplitThatIsGone) {
  std::string rules = program_.read("rules.yaml");
  rules.replace(rules.find("    split_by: [country]\n"), 24, "");
  program_.write("rules.yaml", rules);
  EXPECT_EQ(program_.on_folder({"status"}).out.find("Åland"), std::string::npos);
}

TEST_F(Status, OfAKpiWhoseSourceFailsIsErrorUnlessItFires) {
  program_.remove("web.csv");
  EXPECT_EQ(program_.once("2026-03-15T07:00:00Z"), 3);
  EXPECT_EQ(line_of("visits")["state"], "error");
  EXPECT_EQ(line_of("conversion_rate")["state"], "firing");
  EXPECT_EQ(line_of("signups")["state"], "no_data");
  EXPECT_TRUE(matches_golden("cli/status_source_fails.txt", program_.on_folder({"status"}).out));
}

TEST_F(Status, SaysUntilWhenASourceThatFailsIsLeftAlone) {
  program_.remove("web.csv");
  for (const char* time : {"2026-03-15T07:00:00Z", "2026-03-15T07:15:00Z", "2026-03-15T07:30:00Z"}) {
    EXPECT_EQ(program_.once(time), 3);
  }
  const Ended ended = program_.on_folder({"status"});
  EXPECT_NE(ended.out.find("\n  failed 3 times in a row: left alone until 2026-03-15 09:00\n"), std::string::npos)
      << ended.out;
  const json source = json::parse(program_.on_folder({"status", "--json"}).out)["sources"][0];
  EXPECT_EQ(source["failures"], 3);
  EXPECT_EQ(source["circuit"], "open");
  EXPECT_EQ(source["next_poll"], "2026-03-15T08:00:00Z");
}

TEST_F(Status, MarksWhatMayStillBeRestated) {
  EXPECT_EQ(line_of("visits")["provisional"], nullptr);
  std::string config = program_.read("kpid.yaml");
  const std::size_t at = config.find("path: web.csv");
  ASSERT_NE(at, std::string::npos);
  config.insert(at, "settle: 2 days\n    ");
  program_.write("kpid.yaml", config);
  program_.write("web.csv", program_.read("web.csv") + "2026-03-15,SE,900,30\n");
  EXPECT_EQ(program_.once("2026-03-16T06:00:00Z"), 0);
  const json line = line_of("visits");
  EXPECT_EQ(line["verdict"], "met");
  EXPECT_EQ(line["period"]["start"], "2026-03-13T23:00:00Z");
  EXPECT_EQ(line["provisional"],
            json::parse(R"({"period": {"start": "2026-03-14T23:00:00Z", "end": "2026-03-15T23:00:00Z"}, "value": 900.0,
                            "formatted": "900 visits"})"));
  EXPECT_NE(
      program_.on_folder({"status", "visits"}).out.find("\nso far, may still be restated: 900 visits for 2026-03-15\n"),
      std::string::npos)
      << program_.on_folder({"status", "visits"}).out;
  EXPECT_EQ(program_.once("2026-03-18T06:00:00Z"), 0);
  EXPECT_EQ(line_of("visits")["period"]["start"], "2026-03-14T23:00:00Z");
  EXPECT_EQ(line_of("visits")["provisional"], nullptr);
}

TEST_F(Status, ShowsRowsThatCouldNotBeUsed) {
  program_.write("web.csv", program_.read("web.csv") + "2026-03-14,DK,many,3\n");
  EXPECT_EQ(program_.once("2026-03-15T07:00:00Z"), 0);
  const Ended ended = program_.on_folder({"status"});
  EXPECT_NE(ended.out.find("\nsource web: 1 row could not be used; the first:\n  DIR/web.csv:44:15: "),
            std::string::npos)
      << ended.out;
}

TEST_F(Status, ShowsWhatWaitsForAChannel) {
  // Nobody listens there; the second step has a message for it.
  std::string config = program_.read("kpid.yaml");
  config.replace(config.find("{type: console}"),
                 15,
                 "{type: webhook, url: \"http://127.0.0.1:1/\", secret: a-secret-of-24-bytes-and-more, "
                 "allow_private: [127.0.0.0/8]}");
  program_.write("kpid.yaml", config);
  program_.remove("mail.csv");
  EXPECT_EQ(program_.once("2026-03-15T07:00:00Z"), 3);
  const Ended ended = program_.on_folder({"status"});
  EXPECT_NE(ended.out.find(
                "\nchannel terminal: 1 message waits\n  the last attempt: http://127.0.0.1:1: no connection: Failed"),
            std::string::npos)
      << ended.out;
  EXPECT_NE(ended.out.find("; the next is due at\n  2026-03-15 08:00\n"), std::string::npos) << ended.out;
  const json channel = json::parse(program_.on_folder({"status", "--json"}).out)["channels"][0];
  EXPECT_EQ(channel["name"], "terminal");
  EXPECT_EQ(channel["queued"], 1);
  EXPECT_EQ(channel["dead"], 0);
  EXPECT_EQ(channel["last_error"].get<std::string>().substr(0, 16), "http://127.0.0.1");
  EXPECT_EQ(channel["next_attempt"].get<std::string>().substr(0, 17), "2026-03-15T07:00:");
}

TEST_F(Status, NeedsNoSecret) {
  std::string config = program_.read("kpid.yaml");
  config.replace(config.find("{type: console}"), 15, "{type: slack, url: \"${env:KPID_TEST_NOT_SET}\"}");
  program_.write("kpid.yaml", config);
  const Ended ended = program_.on_folder({"status"});
  EXPECT_EQ(ended.code, 0);
  EXPECT_EQ(ended.err, "");
}

struct FailOnCase {
  const char* name;
  std::vector<std::string> words;
  int code;
};

class FailOn : public Status, public testing::WithParamInterface<FailOnCase> {};

TEST_P(FailOn, AnswersByTheWorstThatFires) {
  EXPECT_EQ(program_.on_folder(GetParam().words).code, GetParam().code);
}

INSTANTIATE_TEST_SUITE_P(
    Status,
    FailOn,
    testing::Values(FailOnCase{"without_it_all_is_fine", {"status"}, 0},
                    FailOnCase{"critical_fires", {"status", "--fail-on", "critical"}, 1},
                    FailOnCase{"json_too", {"status", "--json", "--fail-on", "critical"}, 1},
                    FailOnCase{"of_a_kpi_that_is_fine", {"status", "visits", "--fail-on", "warning"}, 0},
                    FailOnCase{"missing_data_is_a_warning", {"status", "signups", "--fail-on", "warning"}, 1},
                    FailOnCase{"and_not_critical", {"status", "signups", "--fail-on", "critical"}, 0},
                    FailOnCase{"a_segment_counts", {"status", "conversion_rate", "--fail-on", "critical"}, 1}),
    [](const auto& param) { return param.param.name; });

TEST_F(Status, FailsOnASourceAlert) {
  program_.remove("mail.csv");
  EXPECT_EQ(program_.once("2026-03-15T07:00:00Z"), 3);
  program_.write("rules.yaml", "kpis:\n  visits: {value: web.visits}\n");
  EXPECT_EQ(program_.on_folder({"status", "--fail-on", "warning"}).code, 1);
  EXPECT_EQ(program_.on_folder({"status", "visits", "--fail-on", "warning"}).code, 0);
}

TEST_F(Status, RefusesWhatItDoesNotKnow) {
  EXPECT_EQ(program_.on_folder({"status", "visit"}),
            (Ended{2, "", "kpid: there is no KPI \"visit\"; did you mean \"visits\"?\n"}));
  EXPECT_EQ(program_.on_folder({"status", "--fail-on", "fatal"}),
            (Ended{2, "", "kpid: --fail-on wants warning or critical, got \"fatal\"\n"}));
}

TEST_F(Status, ReadsWhileADaemonHoldsTheHistory) {
  const auto owner = open_sqlite_store(program_.path("history.db"));
  ASSERT_TRUE(owner);
  EXPECT_EQ(program_.on_folder({"status"}).code, 0);
}

TEST(StatusWithoutHistory, SaysHowToBegin) {
  Program program(kMorning);
  write_site(program);
  EXPECT_EQ(program.on_folder({"status"}),
            (Ended{3, "", "kpid: no history yet at \"DIR/history.db\": run \"kpid run --once\" first\n"}));
}

}  // namespace
}  // namespace kpi::test
