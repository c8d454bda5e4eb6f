// What a channel did not take, as its fallback hears of it.

#include "daemon/engine/fallback_letters.hpp"

#include "daemon/engine/resent.hpp"
#include "daemon/notify/alert_words.hpp"
#include "daemon/notify/message_json.hpp"
#include "daemon/notify/text_message.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/sample_messages.hpp"
#include "tests/unit/daemon/engine/story.hpp"

#include <gmock/gmock.h>

#include <array>

namespace kpi::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

/// "pager" and "chat" fall back to "mail".
std::shared_ptr<Config> config() {
  auto config = std::make_shared<Config>();
  for (const char* name : {"pager", "chat", "mail"}) {
    ChannelConfig channel;
    channel.name = name;
    config->channels.push_back(channel);
  }
  config->routing.fallback = "mail";
  return config;
}

NotificationRow dead(const std::string& channel,
                     const std::string& alert,
                     Severity severity = Severity::kWarning,
                     std::string_view created = "2026-03-31 08:00") {
  Message message = sample_message("firing");
  message.alerts.resize(1);
  message.alerts.front().id = alert;
  message.alerts.front().severity = severity;
  NotificationRow row;
  row.id = "msg_" + channel + alert;
  row.channel = channel;
  row.type = name_of(message.type);
  row.created = at(created);
  row.body = outbox_json(message);
  row.last_error = R"(answered 401: {"ok":false})";
  return row;
}

/// What each says: the subject.
std::vector<std::string> subjects_of(const std::vector<NotificationRow>& letters) {
  std::vector<std::string> subjects;
  for (const NotificationRow& letter : letters) {
    subjects.push_back(letter.channel + " " + headline(parse_message_json(letter.body).value()));
  }
  return subjects;
}

std::string text_of(const NotificationRow& letter) {
  return parse_message_json(letter.body).value().text;
}

class Fallback : public testing::Test {
 protected:
  Fallback() { letters_.configure(config()); }

  std::vector<NotificationRow> after(std::vector<NotificationRow> rows, std::string_view time) {
    for (NotificationRow& row : rows) {
      letters_.take(std::move(row));
    }
    return letters_.letters(at(time));
  }

  FallbackLetters letters_;
};

TEST_F(Fallback, HearsInTheSubjectWhatItIsAboutAndNotWhatAProgramSaid) {
  const auto letters = after({dead("pager", "ep_1", Severity::kCritical)}, "2026-03-31 08:00");
  EXPECT_THAT(
      subjects_of(letters),
      ElementsAre(AllOf(HasSubstr("mail Not delivered: pager did not take: Critical: "), Not(HasSubstr("401")))));
  EXPECT_THAT(text_of(letters[0]), HasSubstr("answered 401"));
}

TEST_F(Fallback, IsToldOfAChannelOnceAnHourAndOfWhatIsCriticalAtOnce) {
  EXPECT_THAT(after({dead("pager", "ep_1")}, "2026-03-31 08:00"), SizeIs(1));
  EXPECT_THAT(after({dead("pager", "ep_2"), dead("pager", "ep_3")}, "2026-03-31 08:10"), IsEmpty());
  EXPECT_EQ(letters_.next_due(), at("2026-03-31 09:00"));
  EXPECT_THAT(subjects_of(after({dead("pager", "ep_4", Severity::kCritical)}, "2026-03-31 08:20")),
              ElementsAre(HasSubstr("did not take: Critical")));
  EXPECT_THAT(subjects_of(after({}, "2026-03-31 09:00")), ElementsAre(HasSubstr("pager did not take 2 messages")));
  EXPECT_EQ(letters_.next_due(), Instant::max());
}

TEST_F(Fallback, IsNotToldTwiceOfOneAlertThatTwoChannelsLost) {
  EXPECT_THAT(text_of(after({dead("pager", "ep_1")}, "2026-03-31 08:00")[0]), HasSubstr("--"));
  const auto second = after({dead("chat", "ep_1")}, "2026-03-31 08:00");
  ASSERT_THAT(second, SizeIs(1)) << "that this channel is off, too, is news";
  EXPECT_THAT(text_of(second[0]), Not(HasSubstr("\n-- "))) << "what it did not take is not";
}

TEST_F(Fallback, IsNotToldOfWhatItGetsItself) {
  NotificationRow own = dead("mail", "ep_1");
  letters_.note({own});
  const auto letters = after({dead("pager", "ep_1")}, "2026-03-31 08:00");
  ASSERT_THAT(letters, SizeIs(1));
  EXPECT_THAT(text_of(letters[0]), Not(HasSubstr("\n-- ")));
  EXPECT_THAT(after({dead("pager", "ep_1", Severity::kCritical)}, "2026-03-31 08:05"), IsEmpty())
      << "sent again, and refused again";
}

TEST_F(Fallback, HearsBeforeTheEndWhatWaited) {
  after({dead("pager", "ep_1")}, "2026-03-31 08:00");
  after({dead("pager", "ep_2")}, "2026-03-31 08:10");
  letters_.hold_nothing();
  EXPECT_THAT(subjects_of(after({}, "2026-03-31 08:11")), ElementsAre(HasSubstr("pager did not take: Warning")));
}

/// What the history is told of dead letters: until when they are held.
std::vector<std::pair<std::string, std::optional<Instant>>> turned(FallbackLetters& letters) {
  std::vector<std::pair<std::string, std::optional<Instant>>> turned;
  for (const NotificationRow& row : letters.take_turned()) {
    turned.emplace_back(row.id, row.next_attempt);
  }
  return turned;
}

TEST_F(Fallback, SaysWhatItHoldsSoThatAKillLosesNone) {
  after({dead("pager", "ep_1")}, "2026-03-31 08:00");
  EXPECT_THAT(turned(letters_), IsEmpty()) << "told at once";
  after({dead("pager", "ep_2"), dead("pager", "ep_3", Severity::kCritical)}, "2026-03-31 08:10");
  EXPECT_THAT(turned(letters_), ElementsAre(std::pair("msg_pagerep_2", std::optional(at("2026-03-31 09:00")))));
  after({}, "2026-03-31 09:00");
  EXPECT_THAT(turned(letters_), ElementsAre(std::pair("msg_pagerep_2", std::optional<Instant>())));
}

TEST_F(Fallback, IsNotToldOfWhatIsSentAgain) {
  after({dead("pager", "ep_1")}, "2026-03-31 08:00");
  after({dead("pager", "ep_2")}, "2026-03-31 08:10");
  turned(letters_);
  letters_.forget({dead("pager", "ep_2")});
  EXPECT_THAT(after({}, "2026-03-31 09:00"), IsEmpty());
  EXPECT_THAT(turned(letters_), IsEmpty()) << "it is queued: nothing may call it dead again";
}

TEST(FallbackLetters, SayThatSomeOfAChannelHaveTheMessage) {
  const std::vector<std::array<const char*, 3>> said{
      {"en",
       "pager reached only some with: ",
       "The channel pager reached only some of its recipients with 1 message: "},
      {"sv", "pager nådde bara några mottagare med: ", "med 1 meddelande: "},
      {"da", "pager nåede kun nogle modtagere med: ", "med 1 besked: "},
      {"nb", "pager nådde bare noen mottakere med: ", "med 1 melding: "}};
  for (const auto& [language, subject, end] : said) {
    const auto config = test::config();
    config->channels.back().voice.language = parse_language(language).value();
    FallbackLetters letters;
    letters.configure(config);
    NotificationRow partly = dead("pager", "ep_1");
    partly.progress = "ok@example.com";
    letters.take(partly);
    const std::vector<NotificationRow> told = letters.letters(at("2026-03-31 08:00"));
    ASSERT_THAT(told, SizeIs(1));
    const std::string text = parse_message_json(told[0].body).value().text;
    EXPECT_TRUE(text.starts_with(subject)) << text;
    EXPECT_THAT(text, HasSubstr(end));
  }
}

TEST(FallbackLetters, TellOfWhatNobodyHasApartFromWhatSomeHave) {
  FallbackLetters letters;
  letters.configure(config());
  NotificationRow partly = dead("pager", "ep_1");
  partly.progress = "ok@example.com";
  letters.take(partly);
  letters.take(dead("pager", "ep_2"));
  letters.take(dead("pager", "ep_3"));
  const std::vector<NotificationRow> told = letters.letters(at("2026-03-31 08:00"));
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_THAT(parse_message_json(told[0].body).value().text,
              AllOf(HasSubstr("The channel pager did not take 2 messages: "),
                    HasSubstr("reached only some of its recipients with 1 message: ")));
}

class FallbackLanguages : public testing::TestWithParam<const char*> {};

TEST_P(FallbackLanguages, AreReadByTheirPeople) {
  const Language language = parse_language(GetParam()).value();
  const auto config = test::config();
  config->channels.back().voice.language = language;
  FallbackLetters letters;
  letters.configure(config);
  std::string told;
  const auto hear = [&](std::vector<NotificationRow> rows, std::string_view time) {
    for (NotificationRow& row : rows) {
      letters.take(std::move(row));
    }
    for (const NotificationRow& letter : letters.letters(at(time))) {
      const Message message = parse_message_json(letter.body).value();
      told += headline(message) + "\n\n" + text_rule(message) + "\n" + text_message(message) + "\n\n";
    }
  };
  const auto lost = [&](const std::string& alert, Severity severity) {
    NotificationRow row = dead("pager", alert, severity);
    Message message = parse_message_json(row.body).value();
    message.language = language;
    AlertView& view = message.alerts.front();  // what it says of itself is in the language of its channel
    view.target.reset();
    for (std::string* text :
         {&view.reason, &view.since_text, &view.period_text, &view.description, &view.formatted_limit}) {
      text->clear();
    }
    row.body = outbox_json(message);
    return row;
  };
  hear({lost("ep_1", Severity::kCritical)}, "2026-03-31 08:00");
  hear({lost("ep_2", Severity::kWarning), lost("ep_3", Severity::kWarning)}, "2026-03-31 08:10");
  hear({}, "2026-03-31 09:00");
  EXPECT_TRUE(matches_golden("text/fallback_" + std::string(GetParam()) + ".txt", told));
}

INSTANTIATE_TEST_SUITE_P(Each, FallbackLanguages, testing::Values("en", "sv", "da", "nb"), [](const auto& row) {
  return std::string(row.param);
});

TEST(Resent, WhatIsOverIsNotSentAgainAsIfItWentOn) {
  RoutingState routing;
  TrackedAlert open;
  open.is_firing = true;
  open.episode = "ep_open";
  routing.alerts[{1, "thresholds"}] = open;
  NotificationRow ended = dead("pager", "ep_ended");
  ended.type = "alert.resolved";
  Message end = parse_message_json(ended.body).value();
  end.type = MessageType::kAlertResolved;
  end.alerts.front().firing = false;
  ended.body = outbox_json(end);
  const Resent resent =
      still_news({dead("pager", "ep_open"), dead("pager", "ep_over"), ended}, routing, at("2026-03-31 09:00"));
  ASSERT_THAT(resent.rows, SizeIs(2));
  EXPECT_EQ(resent.rows[0].id, "msg_pagerep_open");
  EXPECT_EQ(resent.rows[1].id, "msg_pagerep_ended");
  ASSERT_THAT(resent.skipped, SizeIs(1));
  EXPECT_EQ(resent.skipped[0].id, "msg_pagerep_over");
  EXPECT_EQ(resent.skipped[0].last_error, "not sent again: what it tells of is over");
  EXPECT_EQ(text_of(resent, "message queued again", "messages queued again"),
            "2 messages queued again; 1 is not sent again: what they tell of is over");
}

}  // namespace
}  // namespace kpi::test
