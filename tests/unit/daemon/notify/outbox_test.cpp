#include "daemon/notify/outbox.hpp"

#include "daemon/notify/message_json.hpp"
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

NotificationRow row_of(const std::string& id, const std::vector<std::string>& alerts, bool ends = false) {
  static const Message kSample = test::sample_message("firing");
  Message message = kSample;
  const AlertView alert = message.alerts.front();
  message.type = ends ? MessageType::kAlertResolved : MessageType::kAlertFiring;
  message.alerts.clear();
  for (const std::string& name : alerts) {
    message.alerts.push_back(alert);
    message.alerts.back().id = name;
    message.alerts.back().firing = !ends;
  }
  NotificationRow row;
  row.id = id;
  row.channel = "growth";
  row.type = name_of(message.type);
  row.created = kBegin;
  row.body = outbox_json(message);
  return row;
}

Outcome retry(std::optional<std::chrono::seconds> wait = {}) {
  return {Outcome::Kind::kRetry, "answered 503", wait};
}

class OutboxTest : public testing::Test {
 protected:
  OutboxTest() { outbox_.configure({{"growth", DeliveryRules{}}}); }

  void add(const std::string& id, const std::vector<std::string>& alerts, bool ends = false) {
    outbox_.add({row_of(id, alerts, ends)});
  }

  void remind(const std::string& id, const std::vector<std::string>& alerts) {
    NotificationRow row = row_of(id, alerts);
    row.type = "alert.reminder";
    outbox_.add({row});
  }

  /// The ids of what may be tried now.
  std::vector<std::string> take(Instant now) {
    std::vector<std::string> ids;
    for (const std::vector<Attempt>& batch : outbox_.take_due(now)) {
      for (const Attempt& attempt : batch) {
        ids.push_back(attempt.row.id);
      }
    }
    return ids;
  }

  Finished finish(const std::string& id, const Outcome& outcome, Instant now) {
    Finished finished = outbox_.finish(id, outcome, now);
    outbox_.end_batch("growth", {});
    return finished;
  }

  Outbox outbox_;
};

TEST_F(OutboxTest, OneAtATimeInOrder) {
  add("a", {"ep_1"});
  add("b", {"ep_2"});
  EXPECT_THAT(take(kBegin), ElementsAre("a"));
  EXPECT_THAT(take(kBegin), IsEmpty());
  const Finished done = finish("a", {}, after(1));
  ASSERT_EQ(done.rows.size(), 1U);
  EXPECT_EQ(done.rows[0].state, NotificationRow::State::kSent);
  EXPECT_EQ(done.rows[0].sent, after(1));
  EXPECT_THAT(take(after(1)), ElementsAre("b"));
}

TEST_F(OutboxTest, TheEndOfAnAlertWaitsForItsBeginningButOthersDoNot) {
  add("begins", {"ep_1"});
  EXPECT_THAT(take(kBegin), ElementsAre("begins"));
  add("ends", {"ep_1"}, true);
  add("other", {"ep_2"});
  outbox_.configure({{"growth", DeliveryRules{}}}, {"growth"});  // both are told to one that keeps incidents
  finish("begins", retry(), kBegin);
  EXPECT_THAT(take(after(0.5)), IsEmpty());  // the channel rests
  EXPECT_THAT(take(after(1.2)), ElementsAre("other"));
  finish("other", {}, after(1.2));
  EXPECT_THAT(take(after(1.3)), ElementsAre("begins"));
  finish("begins", {}, after(1.3));
  EXPECT_THAT(take(after(1.3)), ElementsAre("ends"));
}

TEST_F(OutboxTest, WhatIsOverBeforeItCouldBeToldIsOneMessage) {
  add("begins", {"ep_1", "ep_2"});
  add("worse", {"ep_1"});
  take(kBegin);
  finish("begins", retry(), kBegin);
  add("one ends", {"ep_1"}, true);
  EXPECT_THAT(take(after(1.2)), ElementsAre("begins")) << "the other goes on";
  finish("begins", retry(), after(1.2));
  add("both end", {"ep_2"}, true);
  EXPECT_THAT(take(after(4)), ElementsAre("one ends"));
  EXPECT_THAT(finish("one ends", {}, after(4)).rows, SizeIs(2)) << "with what became worse";
  EXPECT_THAT(take(after(4)), ElementsAre("both end"));
  const Finished done = finish("both end", {}, after(4));
  ASSERT_EQ(done.rows.size(), 2U);
  EXPECT_EQ(done.rows[1].id, "begins");
  EXPECT_EQ(done.rows[1].state, NotificationRow::State::kSent);
  EXPECT_EQ(done.rows[1].last_error, "its alert was over before it could be told: both end tells it");
  EXPECT_TRUE(outbox_.is_empty());
}

TEST_F(OutboxTest, AReminderThatIsOvertakenInAnOutageIsNotTold) {
  add("other", {"ep_0"});
  take(kBegin);
  finish("other", retry(), kBegin);
  remind("day 1", {"ep_1", "ep_2"});
  remind("day 2", {"ep_1", "ep_2"});
  add("worse", {"ep_1"});
  remind("day 4", {"ep_2"});
  EXPECT_THAT(take(after(1.3)), ElementsAre("worse"));
  finish("worse", {}, after(1.3));
  EXPECT_THAT(take(after(1.3)), ElementsAre("day 4"));
  const Finished done = finish("day 4", {}, after(1.3));
  ASSERT_THAT(done.rows, SizeIs(3));
  EXPECT_EQ(done.rows[1].last_error, "it was overtaken before it could be told: day 4 tells it");
  EXPECT_THAT(take(after(1.4)), ElementsAre("other"));
}

TEST_F(OutboxTest, WhatBecameWorseInAnOutageIsToldOnce) {
  add("begins", {"ep_1"});
  take(kBegin);
  finish("begins", retry(), kBegin);
  add("worse", {"ep_1"});
  EXPECT_THAT(take(after(1.3)), ElementsAre("worse"));
  EXPECT_THAT(finish("worse", {}, after(1.3)).rows, SizeIs(2));
  EXPECT_TRUE(outbox_.is_empty());
}

TEST_F(OutboxTest, WhatIsToldInThePlaceOfItsFirstMessageIsNewToTheReader) {
  const auto known_in = [&](const NotificationRow& row) {
    std::vector<bool> known;
    const Result<Message> message = parse_message_json(row.body);
    for (const AlertView& alert : message->alerts) {
      known.push_back(alert.is_known);
    }
    return known;
  };
  const auto with_known = [](const std::string& id) {
    NotificationRow row = row_of(id, {"ep_2", "ep_1"});
    Message message = *parse_message_json(row.body);
    std::ranges::find(message.alerts, "ep_1", &AlertView::id)->is_known = true;
    row.body = outbox_json(message);
    return row;
  };
  add("begins", {"ep_1"});
  take(kBegin);
  finish("begins", retry(), kBegin);
  outbox_.add({with_known("joined")});
  std::vector<std::vector<Attempt>> batches = outbox_.take_due(after(1.3));
  ASSERT_THAT(batches, SizeIs(1));
  EXPECT_EQ(batches[0][0].row.id, "joined");
  EXPECT_THAT(known_in(batches[0][0].row), ElementsAre(false, false));
  EXPECT_THAT(finish("joined", {}, after(1.3)).rows, SizeIs(2));
  outbox_.add({with_known("later")});
  batches = outbox_.take_due(after(1.4));
  ASSERT_THAT(batches, SizeIs(1));
  EXPECT_THAT(known_in(batches[0][0].row), testing::UnorderedElementsAre(false, true));
}

TEST_F(OutboxTest, OfDeadLettersThatAreSentAgainOnlyTheNewestOfAnAlertGoes) {
  std::vector<NotificationRow> rows{
      row_of("begins", {"ep_1"}), row_of("reminds", {"ep_1"}), row_of("ends", {"ep_1"}, true)};
  rows[1].type = "alert.reminder";
  for (NotificationRow& row : rows) {
    row.last_error = "answered 400";
  }
  outbox_.add(rows);
  EXPECT_THAT(take(kBegin), ElementsAre("ends"));
  EXPECT_THAT(finish("ends", {}, kBegin).rows, SizeIs(3));
  EXPECT_TRUE(outbox_.is_empty());
}

TEST_F(OutboxTest, WhatIsOverWhileItIsTriedIsOneMessageToo) {
  add("begins", {"ep_1"});
  take(kBegin);
  add("ends", {"ep_1"}, true);
  finish("begins", retry(), kBegin);
  EXPECT_THAT(take(after(1.3)), ElementsAre("ends"));
  const Finished lost = finish("ends", {Outcome::Kind::kRefused, "answered 400", {}}, after(1.3));
  ASSERT_EQ(lost.dead.size(), 2U) << "neither is lost";
  EXPECT_EQ(lost.dead[1].id, "begins");
  EXPECT_TRUE(outbox_.is_empty());
}

TEST_F(OutboxTest, WhatWasStoredInThatOrderIsOneMessageAfterARestart) {
  NotificationRow begins = row_of("begins", {"ep_1"});
  begins.attempts = 3;
  begins.next_attempt = after(100);
  outbox_.add({begins, row_of("ends", {"ep_1"}, true)});
  EXPECT_THAT(take(kBegin), ElementsAre("ends"));
}

TEST_F(OutboxTest, AMessageOfTwoAlertsWaitsForBoth) {
  add("one", {"ep_1"});
  add("two", {"ep_2"});
  add("both", {"ep_1", "ep_2", "ep_1"}, true);
  EXPECT_THAT(take(kBegin), ElementsAre("one"));
  finish("one", {}, kBegin);
  EXPECT_THAT(take(kBegin), ElementsAre("two"));
  finish("two", {Outcome::Kind::kRefused, "answered 400", {}}, kBegin);
  EXPECT_THAT(take(kBegin), ElementsAre("both"));
}

TEST_F(OutboxTest, GivesUpAfterTheLastWait) {
  add("a", {"ep_1"});
  Instant now = kBegin;
  std::size_t attempts = 0;
  while (!outbox_.is_empty()) {
    now = std::max(now, outbox_.next_due());
    ASSERT_THAT(take(now), ElementsAre("a"));
    const Finished done = finish("a", retry(), now);
    attempts += done.rows.empty() ? 0 : 1;  // else it only saw whether the receiver is back
    if (!done.dead.empty()) {
      EXPECT_EQ(done.dead[0].last_error, "answered 503");
      EXPECT_EQ(done.rows[0].state, NotificationRow::State::kDead);
    }
  }
  EXPECT_EQ(attempts, retry_waits().size() + 1);
  EXPECT_GT(now - kBegin, std::chrono::hours{60});
  EXPECT_LT(now - kBegin, std::chrono::hours{93});
}

TEST_F(OutboxTest, WaitsAsLongAsItIsAskedTo) {
  add("a", {"ep_1"});
  add("b", {"ep_2"});
  take(kBegin);
  finish("a", retry(std::chrono::seconds{100}), kBegin);
  EXPECT_EQ(outbox_.next_due(), after(100));
  EXPECT_THAT(take(after(99)), IsEmpty());
  EXPECT_THAT(take(after(100)), ElementsAre("b"));
}

TEST_F(OutboxTest, WhatFailedInAnOutageGoesAtOnceWhenItIsOver) {
  for (int i = 0; i < 4; ++i) {
    add("m" + std::to_string(i), {"ep_" + std::to_string(i)});
  }
  Instant now = kBegin;
  for (int i = 0; i < 4; ++i) {
    now = std::max(now, outbox_.next_due());
    const std::vector<std::string> ids = take(now);
    ASSERT_EQ(ids.size(), 1U);
    finish(ids[0], retry(), now);
  }
  now = outbox_.next_due();
  const std::vector<std::string> first = take(now);
  ASSERT_EQ(first.size(), 1U);
  finish(first[0], {}, now);
  for (int i = 0; i < 3; ++i) {
    const std::vector<std::string> next = take(now);
    ASSERT_EQ(next.size(), 1U);
    finish(next[0], {}, now);
  }
  EXPECT_TRUE(outbox_.is_empty());
}

/// After a start nothing is remembered of the outage but what the messages say: nobody waits hours for a receiver that
/// is back.
TEST_F(OutboxTest, WhatFailedBeforeAStartGoesOnceOneHasArrived) {
  std::vector<NotificationRow> rows{row_of("a", {"1"}), row_of("b", {"2"}), row_of("c", {"3"})};
  for (NotificationRow& row : rows) {
    row.attempts = 9;
    row.last_error = "answered 503";
    row.next_attempt = after(7200);
  }
  outbox_.add(rows);
  ASSERT_THAT(take(after(0)), ElementsAre("a")) << "one is tried";
  EXPECT_THAT(take(after(0)), IsEmpty());
  finish("a", retry(), after(1));
  EXPECT_THAT(take(after(60)), IsEmpty());
  const std::vector<std::string> probe = take(after(400));
  ASSERT_THAT(probe, SizeIs(1)) << "every five minutes one is";
  finish(probe[0], {}, after(401));
  for (int i = 0; i < 2; ++i) {
    const std::vector<std::string> next = take(after(402));
    ASSERT_THAT(next, SizeIs(1)) << "then the others at once";
    finish(next[0], {}, after(402));
  }
  EXPECT_TRUE(outbox_.is_empty());
}

TEST_F(OutboxTest, AnOutageOfTwoHoursIsToldAfterAQuarterAndMadeUpForWithinMinutes) {
  const Instant up = after(2 * 3600);
  std::map<Instant, std::string> comes{{after(300), "A fires"}, {after(1200), "B fires"}, {after(4200), "A ends"}};
  std::map<std::string, int> tries;
  std::map<std::string, Instant> arrived;
  std::vector<Instant> told;
  for (Instant now = kBegin; arrived.size() < 2 && now < up + std::chrono::hours{1};) {
    for (; !comes.empty() && comes.begin()->first <= now; comes.erase(comes.begin())) {
      add(comes.begin()->second, {comes.begin()->second.substr(0, 1)}, comes.begin()->second == "A ends");
    }
    for (const std::string& id : take(now)) {
      ++tries[id];
      finish(id, now < up ? retry() : Outcome{}, now);
      arrived.emplace(now < up ? "" : id, now);
    }
    arrived.erase("");
    for (const Outage& outage : outbox_.new_outages(now)) {
      told.push_back(now);
      EXPECT_EQ(outage.since, after(300));
    }
    const Instant next = outbox_.next_due();
    now = std::max(now + std::chrono::seconds{1}, comes.empty() ? next : std::min(next, comes.begin()->first));
  }
  EXPECT_TRUE(outbox_.is_empty());
  EXPECT_TRUE(arrived.contains("B fires") && arrived.contains("A ends")) << "one line that A came and went";
  for (const auto& [id, at] : arrived) {
    EXPECT_LE(at - up, std::chrono::minutes{6}) << id;
    EXPECT_LE(tries[id], 45) << id;
  }
  ASSERT_EQ(told.size(), 1U);
  EXPECT_GE(told[0], after(300 + 900));
  EXPECT_LE(told[0], after(300 + 900 + 1800));
}

TEST_F(OutboxTest, WhatWaitsArrivesWithinTwoSecondsOfAReceiverThatWasRestarted) {
  Outcome refused = retry();
  refused.is_unreached = true;
  for (const int down : {1, 3, 12, 60, 290}) {
    outbox_ = Outbox();
    outbox_.configure({{"growth", DeliveryRules{}}});
    add("a", {"ep_1"});
    add("b", {"ep_2"});
    std::size_t counted = 0;
    std::size_t said = 0;
    Instant now = kBegin;
    for (; now < after(down); now = std::max(now, outbox_.next_due())) {
      const std::vector<std::string> tried = take(now);
      ASSERT_THAT(tried, SizeIs(1)) << "one at a time";
      const Finished finished = finish(tried[0], refused, now);
      counted += finished.rows.size();
      said += finished.is_no_news ? 0 : 1;
    }
    EXPECT_LE(now, after(down + 2));
    EXPECT_LE(counted, 10U) << "the others are none of the published attempts";
    EXPECT_LE(said, 3U + 290U / 20) << "nor are they lines of the log";
    for (int i = 0; i < 2; ++i) {
      const std::vector<std::string> tried = take(now);
      ASSERT_THAT(tried, SizeIs(1));
      finish(tried[0], {}, now);
    }
    EXPECT_TRUE(outbox_.is_empty()) << "after " << down << " s";
  }
}

TEST_F(OutboxTest, OneStepOfAVerbNeverTriesAMessageTwiceThoughNobodyListens) {
  add("a", {"ep_1"});
  Outcome refused = retry();
  refused.is_unreached = true;
  for (const double at : {0.0, 1.3}) {
    EXPECT_THAT(outbox_.take_all_due(after(at)), SizeIs(1));
    finish("a", refused, after(at));
  }
  EXPECT_THAT(outbox_.take_all_due(after(4.9)), IsEmpty());
}

TEST_F(OutboxTest, AChannelThatForbidsUsIsOffForAnHour) {
  add("a", {"ep_1"});
  add("b", {"ep_2"});
  take(kBegin);
  const Finished off = finish("a", {Outcome::Kind::kDisabled, "answered 410", {}}, kBegin);
  EXPECT_TRUE(off.has_disabled);
  EXPECT_EQ(off.rows[0].disabled, (std::pair<std::string, std::string>{"growth", "answered 410"}));
  EXPECT_LE(outbox_.next_due(), kBegin);
  const Finished dropped = outbox_.give_up_disabled(after(1));
  ASSERT_EQ(dropped.dead.size(), 1U);
  EXPECT_EQ(dropped.dead[0].last_error, "the channel takes nothing: answered 410");
  EXPECT_EQ(outbox_.states().at("growth").disabled, "answered 410");
  add("c", {"ep_3"});
  EXPECT_THAT(take(after(3599)), IsEmpty());
  EXPECT_THAT(take(after(3600)), ElementsAre("c"));
  const Finished back = finish("c", {}, after(3601));
  EXPECT_EQ(back.rows[0].disabled, (std::pair<std::string, std::string>{"growth", ""}));
  EXPECT_EQ(outbox_.states().at("growth").disabled, "");
}

TEST_F(OutboxTest, WhatSomebodySendsAgainIsTriedThoughTheChannelIsOff) {
  add("a", {"ep_1"});
  take(kBegin);
  finish("a", {Outcome::Kind::kDisabled, "answered 410", {}}, kBegin);
  NotificationRow again = row_of("a", {"ep_1"}, false);
  again.last_error = "answered 410";
  outbox_.add({again});
  EXPECT_THAT(outbox_.give_up_disabled(after(1)).dead, IsEmpty());
  EXPECT_THAT(take(after(1)), ElementsAre("a"));
}

TEST_F(OutboxTest, KeepsToTheRate) {
  outbox_.configure({{"growth", *parse_rate("2/min")}});
  for (int i = 0; i < 4; ++i) {
    add("m" + std::to_string(i), {"ep_" + std::to_string(i)});
  }
  for (int i = 0; i < 2; ++i) {
    EXPECT_THAT(take(kBegin), ElementsAre("m" + std::to_string(i)));
    finish("m" + std::to_string(i), {}, kBegin);
  }
  EXPECT_THAT(take(kBegin), IsEmpty());
  EXPECT_EQ(outbox_.next_due(), after(30));
  EXPECT_THAT(take(after(30)), ElementsAre("m2"));
}

TEST_F(OutboxTest, SendsABatchBehindALongQueueAndPutsBackWhatWasNotTried) {
  for (int i = 0; i < 90; ++i) {
    add("m" + std::to_string(1000 + i), {"ep_" + std::to_string(i)});
  }
  std::vector<std::string> batch;
  for (const std::size_t size : {1U, 2U, 4U, 8U, 16U}) {  // it grows while all goes well
    batch = take(kBegin);
    EXPECT_EQ(batch.size(), size);
    if (size < 16) {
      for (const std::string& id : batch) {
        outbox_.finish(id, {}, kBegin);
      }
      outbox_.end_batch("growth", {});
    }
  }
  EXPECT_EQ(batch.front(), "m1015");
  outbox_.finish("m1015", {}, kBegin);
  outbox_.finish("m1016", retry(), kBegin);
  outbox_.end_batch("growth", {batch.begin() + 2, batch.end()});
  EXPECT_THAT(take(after(1.3)), ElementsAre("m1017"));  // one by one until it is well again
}

TEST_F(OutboxTest, ABatchThatDidNotEndInTimeIsFollowedByOneOfWhatWentInIt) {
  for (int i = 0; i < 90; ++i) {
    add("m" + std::to_string(1000 + i), {"ep_" + std::to_string(i)});
  }
  const auto finish_first = [&](std::size_t most) {
    const std::vector<std::string> batch = take(kBegin);
    const std::size_t tried = std::min(most, batch.size());
    for (std::size_t i = 0; i < tried; ++i) {
      outbox_.finish(batch[i], {}, kBegin);
    }
    outbox_.end_batch("growth", {batch.begin() + static_cast<std::ptrdiff_t>(tried), batch.end()});
    return batch.size();
  };
  for (const std::size_t size : {1U, 2U, 4U, 8U}) {
    EXPECT_EQ(finish_first(size), size);
  }
  EXPECT_EQ(finish_first(5), 16U);
  EXPECT_EQ(finish_first(5), 5U);
  EXPECT_EQ(finish_first(0), 10U);
  EXPECT_EQ(finish_first(1), 1U);
}

TEST_F(OutboxTest, AFewGoOneByOneHoweverWellTheChannelIs) {
  for (int i = 0; i < 40; ++i) {
    add("m" + std::to_string(1000 + i), {"ep_" + std::to_string(i)});
  }
  for (std::size_t left = 40; left > 0;) {
    const std::vector<std::string> batch = take(kBegin);
    ASSERT_FALSE(batch.empty());
    EXPECT_TRUE(left >= 16 || batch.size() == 1) << left;
    for (const std::string& id : batch) {
      outbox_.finish(id, {}, kBegin);
    }
    outbox_.end_batch("growth", {});
    left -= batch.size();
  }
}

TEST_F(OutboxTest, RemembersWhatTheReceiverCalledAnAlertUntilItEnds) {
  add("begins", {"ep_1"});
  take(kBegin);
  Outcome posted;
  posted.remotes = {{"ep_1", "ts-1"}};
  const Finished begun = finish("begins", posted, kBegin);
  EXPECT_THAT(begun.rows[0].threads, ElementsAre(ThreadRow{"growth", "ep_1", "ts-1"}));
  EXPECT_THAT(outbox_.burning("growth"), ElementsAre(testing::Pair("ep_1", "ts-1")));
  Outbox restarted;
  restarted.configure({{"growth", DeliveryRules{}}});
  restarted.restore({{begun.rows[0].threads}, {}, {}});
  restarted.add({row_of("ends", {"ep_1"}, true)});
  const auto batches = restarted.take_due(kBegin);
  EXPECT_THAT(batches.at(0).at(0).remotes, ElementsAre(testing::Pair("ep_1", "ts-1")));
  EXPECT_THAT(restarted.finish("ends", {}, kBegin).rows[0].threads, ElementsAre(ThreadRow{"growth", "ep_1", ""}));
  EXPECT_THAT(restarted.burning("growth"), IsEmpty());
}

TEST_F(OutboxTest, TenThousandMessagesAreNoMoreWorkForEachThanAFew) {
  constexpr int count = 10'000;
  for (int i = 0; i < count; ++i) {
    add("m" + std::to_string(i), {"ep_" + std::to_string(i)});
  }
  std::size_t rounds = 0;
  while (!outbox_.is_empty()) {
    ++rounds;
    for (const std::string& id : take(kBegin)) {
      outbox_.finish(id, {}, kBegin);
    }
    outbox_.end_batch("growth", {});
  }
  EXPECT_LT(rounds, 40U);
  EXPECT_EQ(outbox_.states().at("growth").delivered, static_cast<std::uint64_t>(count));
}

TEST(Rate, IsMessagesByTime) {
  EXPECT_EQ(parse_rate("20/min")->burst, 20);
  EXPECT_DOUBLE_EQ(parse_rate("3600/h")->per_second, 1);
  for (const char* wrong : {"", "20", "0/s", "fast", "1/week", "-1/s", "nan/s"}) {
    EXPECT_FALSE(parse_rate(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace kpi
