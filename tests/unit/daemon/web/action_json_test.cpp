#include "daemon/web/api.hpp"

#include <gtest/gtest.h>

#include <string>

namespace kpi::test {
namespace {

const Instant kNow = parse_rfc3339("2026-03-31T06:00:00Z").value();

std::string refusal(const std::vector<std::string>& path, std::string_view body) {
  const auto action = parse_action(path, body, Zone(), kNow);
  return action ? "it was taken" : action.error().message;
}

/// What comes out when what a verb sends is read again.
template <class Kind>
Kind sent(const Kind& action) {
  const ActionRequest request = action_request(action);
  std::vector<std::string> path;
  std::string part;
  for (const char c : request.path.substr(std::string("/api/v1/").size()) + "/") {
    if (c == '/') {
      path.push_back(part);
      part.clear();
    } else {
      part += c;
    }
  }
  const auto read = parse_action(path, request.body, Zone(), kNow);
  EXPECT_TRUE(read) << read.error().message;
  return read ? std::get<Kind>(*read) : Kind{};
}

TEST(ActionJson, ArrivesAsItWasSent) {
  const auto ack = sent(AcknowledgeAction{"ep_1", "anna", "calling \"them\"", kNow + std::chrono::hours(2)});
  EXPECT_EQ(ack.episode, "ep_1");
  EXPECT_EQ(ack.by, "anna");
  EXPECT_EQ(ack.comment, "calling \"them\"");
  EXPECT_EQ(ack.until, kNow + std::chrono::hours(2));
  SilenceAction silence;
  silence.match = {{"kpi", {"visits"}, false}, {"severity", {"info"}, true}};
  silence.end = kNow + std::chrono::hours(24);
  silence.by = "bo";
  EXPECT_EQ(sent(silence).match, silence.match);
  EXPECT_EQ(sent(EndSilenceAction{"si_1"}).id, "si_1");
  EXPECT_EQ(sent(ReviewAction{{"a", "b"}, "anna", "fine"}).kpis, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(sent(NoteAction{"", std::chrono::year(2026) / 3 / 28, "launch", "anna"}).text, "launch");
  EXPECT_EQ(sent(EntryAction{{"survey.nps", "4.3", "2026-03", "anna", "412 answers"}}).words.value, "4.3");
  EXPECT_EQ(sent(ResendAction{{"msg_1"}}).ids, (std::vector<std::string>{"msg_1"}));
}

TEST(ActionJson, SaysWhatIsWrongWithABody) {
  EXPECT_EQ(refusal({"alerts", "ep_1", "ack"}, "[]"), "the body is no JSON object");
  EXPECT_EQ(refusal({"alerts", "ep_1", "ack"}, "{"), "the body is no JSON object");
  EXPECT_EQ(refusal({"alerts", "ep_1", "ack"}, R"({"until": "2h"})"), "\"by\" is missing");
  EXPECT_EQ(refusal({"alerts", "ep_1", "ack"}, R"({"by": "anna", "until": "soon"})"),
            "\"until\" wants a time such as 2026-03-31T06:00:00Z or a span such as 2 days, got \"soon\"");
  EXPECT_EQ(refusal({"alerts", "ep_1", "ack"}, R"({"by": "anna", "until": "2h", "why": "x"})"),
            "\"why\" means nothing here");
  EXPECT_EQ(refusal({"silences"}, R"({"match": ["everything"], "by": "anna", "until": "2h"})"),
            "\"everything\" is no matcher; write kpi=visits or severity!=info");
  EXPECT_EQ(refusal({"silences"}, R"({"match": [], "by": "anna", "until": "2h"})"),
            "\"match\" wants at least one matcher such as \"kpi=visits\"");
  EXPECT_EQ(refusal({"notes"}, R"({"date": "28 March", "text": "x", "by": "anna"})"),
            "\"date\" wants a date such as 2026-03-31");
  EXPECT_EQ(refusal({"nothing"}, "{}"), "there is nothing to write there");
  EXPECT_EQ(refusal({}, "{}"), "there is nothing to write there");
}

TEST(ActionJson, TakesTextsWhereTextsArePromised) {
  EXPECT_EQ(refusal({"alerts", "ep_1", "ack"}, R"({"by": 5, "until": "2h"})"), "\"by\" is no text");
  EXPECT_EQ(refusal({"entries"}, R"({"metric": "s.nps", "value": true, "for": "2026-03", "by": "a"})"),
            "\"value\" is no text");
}

TEST(ActionJson, TakesASpanFromNowOrATime) {
  EXPECT_EQ(parse_until("2 hours", Zone(), kNow), kNow + std::chrono::hours(2));
  EXPECT_EQ(parse_until("90m", Zone(), kNow), kNow + std::chrono::minutes(90));
  EXPECT_EQ(parse_until("1 day", Zone(), kNow), kNow + std::chrono::hours(24));
  EXPECT_EQ(parse_until("2026-04-01 08:00", Zone(), kNow), parse_rfc3339("2026-04-01T08:00:00Z"));
  EXPECT_EQ(parse_until("0", Zone(), kNow), std::nullopt);
  EXPECT_EQ(parse_until("hours", Zone(), kNow), std::nullopt);
}

}  // namespace
}  // namespace kpi::test
