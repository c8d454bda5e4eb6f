#include "rules/model/verdict.hpp"

#include "rules/routing/message.hpp"

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

namespace kpi {
namespace {

/// Each enumerator in order is written as its word and read back from it.
template <class Enum, class Parse>
void expect_words(const std::vector<std::string_view>& words, Parse parse) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    EXPECT_EQ(name_of(static_cast<Enum>(i)), words[i]);
    EXPECT_EQ(parse(words[i]), static_cast<Enum>(i)) << words[i];
  }
  EXPECT_EQ(name_of(static_cast<Enum>(words.size())), "");
  EXPECT_EQ(parse(""), std::nullopt);
  EXPECT_EQ(parse("OK"), std::nullopt);
}

TEST(VerdictWords, AreThoseOfTheContract) {
  expect_words<Severity>({"none", "info", "warning", "critical"}, parse_severity);
  expect_words<Verdict>({"met", "missed", "no_data", "recorded", "provisional"}, parse_verdict);
  expect_words<AlertPhase>({"inactive", "pending", "firing", "resolved"}, parse_alert_phase);
  expect_words<KpiState>({"ok", "pending", "no_data", "error", "firing"}, parse_kpi_state);
  expect_words<TargetStatus>({"not_started", "on_track", "at_risk", "off_track", "achieved", "missed"},
                             parse_target_status);
  expect_words<Reason>({"none",
                        "no_sample",
                        "null",
                        "incomplete",
                        "warming_up",
                        "division_by_zero",
                        "not_finite",
                        "not_judged",
                        "beyond_limit",
                        "condition",
                        "behind_pace",
                        "recovered",
                        "restated",
                        "rule_removed",
                        "source_failed",
                        "too_few_to_tell",
                        "retired",
                        "source_edited",
                        "came_and_went"},
                       parse_reason);
}

TEST(MessageWords, AreThoseOfTheContract) {
  expect_words<MessageType>({"alert.firing",
                             "alert.resolved",
                             "alert.reminder",
                             "alert.escalated",
                             "alert.flapping",
                             "alert.no_data",
                             "target.status",
                             "target.reminder",
                             "source.error",
                             "source.recovered",
                             "config.error",
                             "delivery.failed",
                             "digest",
                             "test"},
                            parse_message_type);
}

}  // namespace
}  // namespace kpi
