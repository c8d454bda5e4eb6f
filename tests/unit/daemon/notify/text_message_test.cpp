#include "daemon/notify/text_message.hpp"

#include "daemon/notify/alert_words.hpp"
#include "rules/base/text.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/sample_messages.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace kpi {
namespace {

class TextMessage : public testing::TestWithParam<test::SampleMessage> {};

TEST_P(TextMessage, ReadsAsItShould) {
  const Message& message = GetParam().message;
  EXPECT_TRUE(test::matches_golden("text/" + GetParam().name + ".txt",
                                   headline(message) + "\n\n" + text_rule(message) + "\n" + text_message(message)));
}

std::size_t columns(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

TEST_P(TextMessage, FitsEightyColumnsOfPlainText) {
  const std::string text = text_rule(GetParam().message) + text_message(GetParam().message);
  EXPECT_TRUE(text.ends_with("\n"));
  EXPECT_TRUE(is_valid_utf8(text));
  for (const std::string_view line : split(text, '\n')) {
    const bool is_one_word = trim(line).find(' ') == std::string_view::npos;
    EXPECT_TRUE(columns(line) <= kTextColumns || is_one_word || line.find("http") != std::string_view::npos) << line;
    EXPECT_TRUE(std::ranges::none_of(line, [](char c) { return (c >= 0 && c < 0x20) || c == 0x7f; })) << line;
    EXPECT_FALSE(line.ends_with(' ')) << "\"" << line << "\"";
  }
}

INSTANTIATE_TEST_SUITE_P(Samples, TextMessage, testing::ValuesIn(test::sample_messages()), [](const auto& sample) {
  return sample.param.name;
});

TEST(TextMessageWords, KeepAUrlWhole) {
  Message message = test::sample_message("firing");
  message.alerts[0].url = "https://kpi.example.com/" + std::string(200, 'x');
  EXPECT_THAT(text_message(message), testing::HasSubstr(message.alerts[0].url + "\n"));
}

TEST(TextMessageWords, CountWhatIsLeftOut) {
  Message message = test::sample_message("many");
  const std::vector<AlertView> once = message.alerts;
  message.alerts.insert(message.alerts.end(), once.begin(), once.end());
  EXPECT_THAT(text_message(message), testing::EndsWith("\n  and 50 more\n"));
}

struct DaysRow {
  const char* name;
  std::optional<int> days;
  const char* expected;
};

class DaysLeft : public testing::TestWithParam<DaysRow> {};

TEST_P(DaysLeft, AreSaidInWords) {
  Message message = test::sample_message("firing");
  message.alerts[0].target->days_left = GetParam().days;
  const AlertWords words = words_of(message, message.alerts[0]);
  EXPECT_THAT(words.facts, testing::Contains(Fact{FactKind::kTarget, "Target", GetParam().expected}));
}

INSTANTIATE_TEST_SUITE_P(Rows,
                         DaysLeft,
                         testing::Values(DaysRow{"Many", 276, "3% by 31 December 2026, 276 days left"},
                                         DaysRow{"One", 1, "3% by 31 December 2026, the last day"},
                                         DaysRow{"None", 0, "3% by 31 December 2026"},
                                         DaysRow{"Past", -2, "3% by 31 December 2026, ended 2 days ago"},
                                         DaysRow{"Unknown", std::nullopt, "3% by 31 December 2026"}),
                         [](const auto& row) { return row.param.name; });

TEST(TargetPace, IsLeftOutWhereItSaysNothing) {
  Message message = test::sample_message("firing");
  message.alerts[0].target->pace = 1e9;
  EXPECT_THAT(words_of(message, message.alerts[0]).facts, testing::Contains(Fact{FactKind::kPace, "Pace", "at risk"}));
}

TEST(TargetPace, BelowNothingIsSaidInWords) {
  TargetView target;
  target.status = TargetStatus::kOffTrack;
  target.pace = -1.6;
  EXPECT_EQ(pace_text(target, Language::kEnglish), "off track, further from the goal than at the start");
}

TEST(Words, NameTheRuleWhereAMessageHasTwoOfOneKpi) {
  Message message = test::sample_message("firing");
  message.alerts.resize(1);
  message.alerts.push_back(message.alerts[0]);
  message.alerts[0].target = TargetView{};
  message.alerts[1].target = TargetView{};
  message.alerts[0].rule = "thresholds";
  message.alerts[1].rule = "target";
  const AlertWords limits = words_of(message, message.alerts[0]);
  const AlertWords target = words_of(message, message.alerts[1]);
  EXPECT_THAT(limits.subject, testing::EndsWith(", limits"));
  EXPECT_THAT(target.subject, testing::EndsWith(", target"));
  const auto is_of_target = [](const Fact& fact) { return fact.kind == FactKind::kTarget; };
  EXPECT_TRUE(std::ranges::none_of(limits.facts, is_of_target)) << "once is enough";
  EXPECT_TRUE(std::ranges::any_of(target.facts, is_of_target));
}

TEST(Words, SayWhatWasToldBeforeAndTellItAfterWhatIsNew) {
  Message message = test::sample_message("firing");
  message.alerts.resize(1);
  message.alerts.push_back(message.alerts[0]);
  message.alerts[0].severity = Severity::kCritical;
  message.alerts[0].is_known = true;
  message.alerts[1].severity = Severity::kWarning;
  message.alerts[1].segment = {{"country", "NO"}};
  EXPECT_EQ(worst_first(message).front(), &message.alerts[1]);
  EXPECT_EQ(badge_of(message), "Warning");
  EXPECT_THAT(headline(message), testing::StartsWith("1 × Warning, 1 × Critical (told before) – "));
  EXPECT_THAT(text_message(message), testing::HasSubstr("[Critical (told before)]"));
}

TEST(Words, OfAReminderOfASourceSayThatItIsOne) {
  Message message = test::sample_message("source_error");
  message.type = MessageType::kAlertReminder;
  EXPECT_EQ(badge_of(message), "Source failed (reminder)");
}

TEST(Words, OfAnEscalationSayHowBadItIsAndThatNobodyHasAcknowledgedIt) {
  Message message = test::sample_message("firing");
  message.type = MessageType::kAlertEscalated;
  message.alerts.resize(1);
  message.alerts[0].severity = Severity::kCritical;
  message.alerts[0].unanswered_since = message.created - std::chrono::hours{2};
  EXPECT_THAT(headline(message), testing::StartsWith("Critical (escalated): "));
  EXPECT_THAT(text_message(message), testing::HasSubstr("Acknowledged by nobody since 31 March 2026 "));
  message.type = MessageType::kAlertFlapping;
  EXPECT_EQ(badge_of(message), "Critical (flapping)");
  message = test::sample_message("target_status");
  message.type = MessageType::kAlertReminder;
  EXPECT_THAT(headline(message), testing::StartsWith(badge_of(test::sample_message("target_status")) + " (reminder): "))
      << "as its other messages call it";
}

TEST(WorstFirst, KeepsTheOrderWithinASeverity) {
  const Message message = test::sample_message("firing_group");
  std::vector<std::string> kpis;
  for (const AlertView* alert : worst_first(message)) {
    kpis.push_back(alert->kpi);
  }
  EXPECT_THAT(kpis, testing::ElementsAre("cac", "conversion_rate", "bounce_rate"));
}

}  // namespace
}  // namespace kpi
