// Every connector against a recorded exchange: what it asks, word for word, and the samples it makes of the answer.

#include "daemon/config/connectors.hpp"
#include "rules/base/text.hpp"
#include "tests/unit/plugins/connectors/recording.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace kpi::test {
namespace {

class Recorded : public ::testing::TestWithParam<std::string> {};

TEST_P(Recorded, ExchangeBecomesTheSamples) {
  const Recording recording = read_recording(GetParam());
  const LoadedSource loaded = load_source(recording.source);
  ASSERT_NE(loaded.source, nullptr) << loaded.diagnostics;
  EXPECT_LE(std::ranges::count(recording.source, '\n'), 13) << "sources: and the name are two lines more";
  Player player(recording);
  FakeHost host([&](const HttpRequest& request) { return player(request); });
  host.time = recording.now;
  PollRequest request;
  request.now = recording.now;
  request.from = slot_of(Date{std::chrono::year{2026}, std::chrono::November, std::chrono::day{18}});

  const auto poll = loaded.source->poll(request, host, {});

  EXPECT_EQ(join(player.unexpected, "\n"), "");
  ASSERT_TRUE(poll.has_value()) << poll.error().message;
  EXPECT_EQ(join(samples_text(*poll, loaded.settings), "\n"), join(recording.samples, "\n"));
  EXPECT_EQ(poll->problem_count, 0U) << poll_text(poll, loaded.settings);
}

INSTANTIATE_TEST_SUITE_P(Connectors, Recorded, ::testing::ValuesIn(recording_names()), [](const auto& one) {
  return one.param;
});

TEST(Connectors, AreAllValid) {
  EXPECT_EQ(connector_diagnostics().text(), "");
  EXPECT_EQ(connectors().size(), preset_texts().size());
}

/// Every system that the users named; each gives a KPI's daily values by the tests of recorded exchanges above.
TEST(Connectors, AreThereForEverySystemThatWasNamed) {
  const std::vector<std::string> recorded = recording_names();
  for (const char* name :
       {"ga4",         "search_console", "google_ads",    "semrush",   "hubspot",       "salesforce", "mixpanel",
        "kissmetrics", "tableau",        "meta",          "x",         "linkedin",      "rule",       "mailchimp",
        "woocommerce", "wordpress",      "google_sheets", "plausible", "matomo",        "stripe",     "shopify",
        "github",      "bigquery",       "clickhouse",    "snowflake", "elasticsearch", "opensearch", "influxdb",
        "influxdb2",   "prometheus"}) {
    EXPECT_NE(std::ranges::find(recorded, name), recorded.end()) << name;
  }
}

TEST(Connectors, HaveARecordedExchangeEach) {
  std::vector<std::string> names;
  for (const Connector& connector : connectors()) {
    names.push_back(connector.plugin.name);
  }
  EXPECT_EQ(join(recording_names(), " "), join(names, " "));
}

class Example : public ::testing::TestWithParam<std::string> {};

/// The example on a connector's page, with secrets that need not exist.
TEST_P(Example, IsAcceptedAndHasAtMostFifteenLines) {
  const auto found = std::ranges::find(connectors(), GetParam(), [](const Connector& one) { return one.plugin.name; });
  ASSERT_NE(found, connectors().end());
  std::string yaml;
  std::size_t lines = 0;
  for (const std::string_view line : split(found->page.example, '\n')) {
    if (line.starts_with("    ")) {
      std::string text(line.substr(4));
      const std::size_t reference = text.find("${");
      const std::size_t end = text.find('}', reference);
      if (reference != std::string::npos) {
        text.replace(reference, end + 1 - reference, "secret");
      }
      yaml += text + "\n";
      ++lines;
    }
  }
  EXPECT_LE(lines, 13U);  // sources: and the name are two more
  const LoadedSource loaded = load_source(yaml);
  EXPECT_NE(loaded.source, nullptr) << loaded.diagnostics << yaml;
}

std::vector<std::string> all_names() {
  std::vector<std::string> names;
  for (const PresetText& preset : preset_texts()) {
    names.emplace_back(preset.name);
  }
  return names;
}

INSTANTIATE_TEST_SUITE_P(Connectors, Example, ::testing::ValuesIn(all_names()), [](const auto& one) {
  return one.param;
});

}  // namespace
}  // namespace kpi::test
