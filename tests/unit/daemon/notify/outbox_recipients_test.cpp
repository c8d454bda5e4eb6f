// A channel of several recipients: what some of them have waits for the others alone, and one that refuses is known.

#include "daemon/notify/message_json.hpp"
#include "daemon/notify/outbox.hpp"
#include "daemon/notify/retry_wait.hpp"
#include "tests/support/sample_messages.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kpi {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const Instant kBegin = parse_rfc3339("2026-03-31T06:00:00Z").value();

Instant after(double seconds) {
  return kBegin + Duration{static_cast<std::int64_t>(seconds * 1000)};
}

NotificationRow row_of(const std::string& id, MessageType type, const std::vector<std::string>& alerts) {
  static const Message kSample = test::sample_message("firing");
  Message message = kSample;
  const AlertView alert = message.alerts.front();
  message.type = type;
  message.alerts.clear();
  for (const std::string& name : alerts) {
    message.alerts.push_back(alert);
    message.alerts.back().id = name;
    message.alerts.back().firing = type != MessageType::kAlertResolved;
  }
  NotificationRow row;
  row.id = id;
  row.channel = "mail";
  row.type = name_of(type);
  row.created = kBegin;
  row.body = outbox_json(message);
  return row;
}

/// One of two has it.
Outcome partly() {
  Outcome outcome{Outcome::Kind::kRetry, "not yet for wait@example.com: 451 greylisted", {}};
  outcome.progress = "ok@example.com";
  outcome.is_partly_taken = true;
  outcome.recipients = {{"ok@example.com", ""}};
  return outcome;
}

Outcome without(const std::string& address) {
  Outcome outcome;
  outcome.recipients = {{"ok@example.com", ""}, {address, "550 no such user"}};
  return outcome;
}

class OutboxRecipients : public testing::Test {
 protected:
  OutboxRecipients() { outbox_.configure({{"mail", DeliveryRules{}}}); }

  void add(const std::string& id, MessageType type, const std::vector<std::string>& alerts) {
    outbox_.add({row_of(id, type, alerts)});
  }

  std::vector<std::string> take(Instant now) {
    std::vector<std::string> ids;
    taken_.clear();
    for (const std::vector<Attempt>& batch : outbox_.take_due(now)) {
      for (const Attempt& attempt : batch) {
        ids.push_back(attempt.row.id);
        taken_.push_back(attempt.row);
      }
    }
    return ids;
  }

  Finished finish(const std::string& id, const Outcome& outcome, Instant now) {
    Finished finished = outbox_.finish(id, outcome, now);
    outbox_.end_batch("mail", {});
    return finished;
  }

  Outbox outbox_;
  std::vector<NotificationRow> taken_;
};

TEST_F(OutboxRecipients, OneWhoIsAskedToWaitHoldsUpNoMessageToTheOthers) {
  for (int i = 0; i < 30; ++i) {
    add("m" + std::to_string(i), MessageType::kAlertFiring, {"ep_" + std::to_string(i)});
  }
  for (int i = 0; i < 30; ++i) {
    const std::string id = "m" + std::to_string(i);
    std::vector<std::string> batch = take(kBegin);
    ASSERT_FALSE(batch.empty());
    ASSERT_EQ(batch.front(), id);
    batch.erase(batch.begin());  // a batch goes on only while all arrives
    const Finished finished = outbox_.finish(id, partly(), kBegin);
    outbox_.end_batch("mail", batch);
    ASSERT_THAT(finished.rows, SizeIs(1));
    EXPECT_EQ(finished.rows[0].next_attempt, kBegin + *retry_wait(id, 1)) << "by its own waits";
    EXPECT_EQ(finished.rows[0].progress, "ok@example.com");
  }
  EXPECT_FALSE(outbox_.states().at("mail").rests_until) << "it has answered";
  EXPECT_THAT(outbox_.new_outages(after(3600)), IsEmpty());
}

TEST_F(OutboxRecipients, RunOnceTriesAllThoughManyWaitForOne) {
  for (int i = 0; i < 5; ++i) {
    NotificationRow old = row_of("old" + std::to_string(i), MessageType::kAlertFiring, {"ep_" + std::to_string(i)});
    old.attempts = 2;
    old.progress = "ok@example.com";
    old.next_attempt = kBegin - std::chrono::hours{1};
    outbox_.add({old});
  }
  add("new", MessageType::kAlertFiring, {"ep_new"});
  std::vector<std::string> tried;
  for (auto batches = outbox_.take_all_due(kBegin); !batches.empty(); batches = outbox_.take_all_due(kBegin)) {
    tried.push_back(batches[0][0].row.id);
    finish(tried.back(), partly(), kBegin);
  }
  EXPECT_THAT(tried, ElementsAre("new", "old0", "old1", "old2", "old3", "old4"));
}

TEST_F(OutboxRecipients, TheEndGoesToThoseWhoHaveTheBeginningAndTellsTheOthersAll) {
  add("begins", MessageType::kAlertFiring, {"ep_1"});
  take(kBegin);
  finish("begins", partly(), kBegin);
  add("ends", MessageType::kAlertResolved, {"ep_1"});
  EXPECT_THAT(take(after(0.1)), ElementsAre("ends")) << "the beginning waits for one recipient alone";
  finish("ends", partly(), after(0.1));
  EXPECT_THAT(take(after(3)), ElementsAre("ends")) << "what began and is over is told by its end";
  const Finished done = finish("ends", {}, after(3));
  ASSERT_THAT(done.rows, SizeIs(2));
  EXPECT_EQ(done.rows[1].id, "begins");
  EXPECT_EQ(done.rows[1].last_error, "its alert was over before it could be told: ends tells it");
  EXPECT_TRUE(outbox_.is_empty());
}

TEST_F(OutboxRecipients, NothingOfAnAlertFollowsTheEndThatSomeHave) {
  NotificationRow reminder = row_of("reminds", MessageType::kAlertReminder, {"ep_1"});
  NotificationRow end = row_of("ends", MessageType::kAlertResolved, {"ep_1"});
  end.attempts = 3;
  end.progress = "ok@example.com";
  end.next_attempt = after(60);
  outbox_.add({reminder, end});  // as an earlier run has left them
  EXPECT_THAT(take(kBegin), IsEmpty());
  EXPECT_THAT(take(after(60)), ElementsAre("ends"));
  const Finished done = finish("ends", {}, after(60));
  ASSERT_THAT(done.rows, SizeIs(2));
  EXPECT_EQ(done.rows[1].id, "reminds");
}

TEST_F(OutboxRecipients, WhoWaitsIsToldOfEachAlertByTheNewestAlone) {
  add("begins", MessageType::kAlertFiring, {"ep_1", "ep_2"});
  take(kBegin);
  finish("begins", partly(), kBegin);
  add("one ends", MessageType::kAlertResolved, {"ep_1"});
  EXPECT_THAT(take(after(0.1)), ElementsAre("one ends"));
  finish("one ends", {}, after(0.1));  // both take it
  EXPECT_THAT(take(after(0.2)), ElementsAre("begins")) << "mail reaches all: it need not wait longer";
  EXPECT_THAT(told_alerts(taken_[0].body), ElementsAre(testing::Field(&ToldAlert::id, "ep_2")));
  EXPECT_THAT(finish("begins", {}, after(0.2)).rows, SizeIs(1));
  EXPECT_TRUE(outbox_.is_empty());
}

TEST_F(OutboxRecipients, AServerThatIsDownIsAnOutageThoughOnlyOneIsLeft) {
  add("begins", MessageType::kAlertFiring, {"ep_1"});
  take(kBegin);
  finish("begins", partly(), kBegin);
  ASSERT_THAT(take(after(2)), ElementsAre("begins"));
  Outcome down{Outcome::Kind::kRetry, "no connection", {}};
  down.progress = "ok@example.com";
  finish("begins", down, after(2));
  EXPECT_TRUE(outbox_.states().at("mail").rests_until);
}

TEST_F(OutboxRecipients, TheRestIsGivenUpAfterTheLastWait) {
  add("begins", MessageType::kAlertFiring, {"ep_1"});
  Instant now = kBegin;
  std::vector<NotificationRow> dead;
  for (std::size_t i = 0; dead.empty() && i < 20; ++i) {
    ASSERT_THAT(take(now), ElementsAre("begins"));
    Finished finished = finish("begins", partly(), now);
    dead = finished.dead;
    now = dead.empty() ? *finished.rows[0].next_attempt : now;
  }
  ASSERT_THAT(dead, SizeIs(1));
  EXPECT_EQ(dead[0].last_error, "not yet for wait@example.com: 451 greylisted");
  EXPECT_EQ(dead[0].progress, "ok@example.com") << "who has it";
  EXPECT_GT(now, kBegin + std::chrono::hours{60});
}

TEST_F(OutboxRecipients, AMessageThatIsGivenUpKnowsWhoHasIt) {
  NotificationRow old = row_of("old", MessageType::kAlertFiring, {"ep_1"});
  old.created = kBegin - std::chrono::hours{100};
  outbox_.add({old});
  take(kBegin);
  const Finished at_once = finish("old", partly(), kBegin);
  ASSERT_THAT(at_once.rows, SizeIs(1));
  EXPECT_EQ(at_once.rows[0].state, NotificationRow::State::kDead);
  EXPECT_EQ(at_once.rows[0].progress, "ok@example.com") << "of its last attempt, for the history";
  add("refused later", MessageType::kAlertFiring, {"ep_2"});
  take(kBegin);
  const Finished partly_taken = finish("refused later", partly(), kBegin);
  ASSERT_THAT(take(*partly_taken.rows[0].next_attempt), ElementsAre("refused later"));
  const Finished refused = finish("refused later", {Outcome::Kind::kRefused, "554 no", {}}, after(10));
  ASSERT_THAT(refused.dead, SizeIs(1));
  EXPECT_EQ(refused.rows.at(0).progress, "ok@example.com");
}

TEST_F(OutboxRecipients, OneThatRefusesIsNewsOnceAndUntilItTakesMailOrIsGone) {
  const auto deliver = [&](const std::string& id, const Outcome& outcome) {
    add(id, MessageType::kAlertFiring, {"ep_" + id});
    take(kBegin);
    return finish(id, outcome, kBegin);
  };
  const RefusedAddress no{"mail", "no@example.com", "550 no such user"};
  const RefusedAddress not_any_more{"mail", "no@example.com", ""};
  const Finished first = deliver("a", without("no@example.com"));
  EXPECT_THAT(first.refused, ElementsAre(no));
  EXPECT_THAT(first.rows[0].refused, ElementsAre(no));
  EXPECT_THAT(first.dead, IsEmpty()) << "the others have it";
  EXPECT_THAT(deliver("b", without("no@example.com")).refused, IsEmpty()) << "it is told once";
  Outcome all;
  all.recipients = {{"ok@example.com", ""}, {"no@example.com", ""}};
  EXPECT_THAT(deliver("c", all).rows[0].refused, ElementsAre(not_any_more));
  EXPECT_THAT(deliver("d", without("no@example.com")).refused, ElementsAre(no)) << "again";
  EXPECT_THAT(deliver("e", partly()).rows[0].refused, IsEmpty()) << "it was not heard of";
  Outcome others;
  others.recipients = {{"ok@example.com", ""}};
  EXPECT_THAT(deliver("f", others).rows[0].refused, ElementsAre(not_any_more)) << "no address of the channel";
}

TEST_F(OutboxRecipients, OneThatRefusesIsKnownAfterARestart) {
  DeliveryMemory memory;
  memory.refused = {{"mail", "no@example.com", "550 no such user"}};
  outbox_.restore(memory);
  add("a", MessageType::kAlertFiring, {"ep_1"});
  take(kBegin);
  EXPECT_THAT(finish("a", without("no@example.com"), kBegin).refused, IsEmpty());
}

}  // namespace
}  // namespace kpi
