// Deliveries over real connections to a receiver that does everything wrong.

#include "daemon/engine/deliveries.hpp"

#include "daemon/notify/channel_template.hpp"
#include "daemon/notify/message_json.hpp"
#include "daemon/os/curl_http.hpp"
#include "daemon/os/log.hpp"
#include "daemon/store/sqlite_store.hpp"
#include "tests/support/loopback_server.hpp"
#include "tests/support/sample_messages.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <sstream>

namespace kpi::test {
namespace {

using testing::HasSubstr;
using Manner = ScriptedAnswer::Manner;

class NoWorld final : public Host {
 public:
  Result<File> read_file(const std::string& path, std::size_t /*limit*/) override {
    return fail(ErrorKind::kNotFound, path);
  }

  Result<std::string> file_version(const std::string& path) override { return fail(ErrorKind::kNotFound, path); }
};

/// Deliveries with a pool and an inbox, and channels at addresses.
class Post {
 public:
  explicit Post(SentJournal* journal = nullptr)
      : deliveries_({system_clock(), host_, *http_, console_, inbox_, pool_, journal}) {}

  void add_channel(const std::string& name, const std::string& url, DeliveryRules rules = {}) {
    ChannelSettings settings;
    settings.name = name;
    settings.type = "webhook";
    settings.url = Secret(url);
    urls_.push_back(url);
    settings.allow_private = {"127.0.0.0/8"};
    settings.timeout = std::chrono::milliseconds{300};
    Diagnostics diagnostics;
    ChannelConfig channel;
    channel.name = name;
    channel.type = "webhook";
    channel.channel = find_channel_kind("webhook")->create(settings, diagnostics);
    channel.delivery = std::move(rules);
    config_->channels.push_back(std::move(channel));
    deliveries_.configure(config_);
  }

  NotificationRow send(const std::string& id, const std::string& channel, Duration ago = {}) {
    Message message = sample_message("firing");
    message.alerts.front().id = "ep_" + id;
    NotificationRow row;
    row.id = id;
    row.channel = channel;
    row.type = name_of(message.type);
    row.created = now() - ago;
    row.body = outbox_json(message);
    deliveries_.add({row});
    return row;
  }

  void send(NotificationRow letter) { deliveries_.add({std::move(letter)}); }

  /// Works until so many attempts have ended; what they left.
  DeliveryNews work(std::size_t attempts) {
    DeliveryNews all;
    const auto deadline = std::chrono::steady_clock::time_point(system_clock().steady()) + std::chrono::seconds{20};
    for (std::size_t ended = 0; ended < attempts;) {
      deliveries_.start_due(now(), true);
      for (Event& event : inbox_.take(deadline)) {
        if (auto* results = std::get_if<DeliveryResults>(&event)) {
          deliveries_.take(*results, now());
          ended += results->all.size();
        } else if (auto* end = std::get_if<BatchEnd>(&event)) {
          deliveries_.take(*end, now());
        }
      }
      DeliveryNews news = deliveries_.take_news(now());
      std::ranges::move(news.rows, std::back_inserter(all.rows));
      std::ranges::move(news.letters, std::back_inserter(all.letters));
      if (system_clock().steady() > deadline) {
        ADD_FAILURE() << "only " << ended << " attempts ended";
        break;
      }
    }
    return all;
  }

  void add_channel(const std::string& name, std::shared_ptr<Channel> made) {
    ChannelConfig channel;
    channel.name = name;
    channel.type = "alertmanager";
    channel.channel = std::move(made);
    config_->channels.push_back(std::move(channel));
    deliveries_.configure(config_);
  }

  Deliveries& deliveries() { return deliveries_; }

  Config& config() { return *config_; }

  /// Whether the one that is under way ends.
  bool sees_refresh() {
    const auto deadline = std::chrono::steady_clock::time_point(system_clock().steady()) + std::chrono::seconds{20};
    while (system_clock().steady() < deadline) {
      for (const Event& event : inbox_.take(deadline)) {
        if (std::holds_alternative<RefreshEnd>(event)) {
          return true;
        }
      }
    }
    return false;
  }

  /// Until nothing is on its way.
  void rest() {
    const auto deadline = std::chrono::steady_clock::time_point(system_clock().steady()) + std::chrono::seconds{20};
    while (!deliveries_.is_idle() && system_clock().steady() < deadline) {
      for (Event& event : inbox_.take(deadline)) {
        if (auto* end = std::get_if<BatchEnd>(&event)) {
          deliveries_.take(*end, now());
        }
      }
    }
  }

  void use_template(std::size_t channel, const std::string& text) {
    ChannelSettings settings;
    settings.name = config_->channels[channel].name;
    settings.url = Secret(urls_[channel]);
    settings.allow_private = {"127.0.0.0/8"};
    Diagnostics diagnostics;
    config_->channels[channel].channel =
        templated(find_channel_kind("webhook")->create(settings, diagnostics), ChannelTemplate(text));
  }

  static Instant now() { return system_clock().now(); }

 private:
  NoWorld host_;
  std::ostringstream console_;
  std::unique_ptr<HttpClient> http_ = make_curl_client();
  std::shared_ptr<Config> config_ = std::make_shared<Config>();
  std::vector<std::string> urls_;  // by channel
  Inbox inbox_;
  Deliveries deliveries_;
  WorkPool pool_;  // last: its jobs use what stands above
};

/// Forgets what burns unless it is told again.
class Forgetful final : public Channel {
 public:
  Outcome deliver(const Message& message, ChannelHost& /*host*/, const std::stop_token& /*stop*/) override {
    Outcome outcome;
    outcome.kind = Outcome::Kind::kDelivered;
    outcome.remotes[message.alerts.front().id] = "burns";
    return outcome;
  }

  [[nodiscard]] std::optional<std::chrono::seconds> refresh_every() const override { return std::chrono::seconds{60}; }

  Outcome refresh(ChannelHost& /*host*/, const std::stop_token& /*stop*/) override {
    ++refreshed;
    return {};
  }

  std::atomic<int> refreshed = 0;
};

TEST(Deliveries, WhatBurnsIsToldAgainOnlyAfterItWasLookedAt) {
  Post post;
  const auto forgetful = std::make_shared<Forgetful>();
  post.add_channel("am", forgetful);
  post.send("msg_1", "am");
  ASSERT_EQ(post.work(1).rows.at(0).state, NotificationRow::State::kSent);
  post.rest();
  // As after a start.
  post.deliveries().configure(std::make_shared<Config>(post.config()));
  const Instant start = Post::now();
  post.deliveries().start_due(start, false);
  EXPECT_EQ(post.deliveries().next_due(), start + std::chrono::seconds{60}) << "nothing is under way";
  EXPECT_EQ(forgetful->refreshed, 0);
  post.deliveries().start_due(start + std::chrono::seconds{61}, true);
  EXPECT_TRUE(post.sees_refresh());
  EXPECT_EQ(forgetful->refreshed, 1);
}

TEST(Deliveries, AReceiverThatClosesKeptConnectionsGetsEachAttemptOnce) {
  // Every second request on a connection is read, and then the connection is reset without a word.
  const LoopbackServer server([last = 0](const ReceivedRequest& request) mutable {
    ScriptedAnswer answer;
    answer.manner = std::exchange(last, request.connection) == request.connection ? Manner::kReset : Manner::kWhole;
    return answer;
  });
  Post post;
  post.add_channel("growth", server.url());
  post.send("msg_1", "growth");
  ASSERT_EQ(post.work(1).rows.at(0).state, NotificationRow::State::kSent);
  post.send("msg_2", "growth");
  const DeliveryNews news = post.work(1);
  EXPECT_EQ(news.rows.at(0).state, NotificationRow::State::kQueued);
  EXPECT_EQ(server.requests().size(), 2U);
  post.rest();  // until then the channel is busy, and nothing of it is due
  post.deliveries().start_due(news.rows.at(0).next_attempt.value(), true);
  EXPECT_EQ(post.work(1).rows.at(0).state, NotificationRow::State::kSent);
  ASSERT_EQ(server.requests().size(), 3U);
  EXPECT_EQ(server.requests()[1].header("webhook-id"), "msg_2");
  EXPECT_EQ(server.requests()[2].header("webhook-id"), "msg_2");
}

struct Fault {
  const char* name;
  ScriptedAnswer answer;
  NotificationRow::State state;
  const char* error;
  std::chrono::seconds least_wait{0};
};

class ReceiverFault : public testing::TestWithParam<Fault> {};

TEST_P(ReceiverFault, IsTriedAgainOrGivenUpAndNeverLost) {
  LoopbackServer server(GetParam().answer);
  Post post;
  post.add_channel("growth", server.url());
  post.send("msg_1", "growth");
  const Instant begun = Post::now();
  const DeliveryNews news = post.work(1);
  ASSERT_EQ(news.rows.size(), 1U);
  const DeliveryRow& row = news.rows[0];
  EXPECT_EQ(row.state, GetParam().state) << row.last_error;
  EXPECT_THAT(row.last_error, HasSubstr(GetParam().error));
  if (row.state == NotificationRow::State::kQueued) {
    ASSERT_TRUE(row.next_attempt);
    EXPECT_GE(*row.next_attempt - begun,
              Duration{std::max<std::int64_t>(800, GetParam().least_wait.count() * 1000 - 1000)});
    EXPECT_LE(*row.next_attempt - begun, std::chrono::hours{25});
  }
}

ScriptedAnswer answer(int status,
                      std::vector<std::pair<std::string, std::string>> headers = {},
                      std::string body = "") {
  ScriptedAnswer scripted;
  scripted.status = status;
  scripted.headers = std::move(headers);
  scripted.body = std::move(body);
  return scripted;
}

ScriptedAnswer badly(Manner manner, std::string body = "x") {
  ScriptedAnswer scripted;
  scripted.manner = manner;
  scripted.body = std::move(body);
  scripted.drip = std::chrono::milliseconds{100};
  return scripted;
}

constexpr auto kQueued = NotificationRow::State::kQueued;
constexpr auto kDead = NotificationRow::State::kDead;

INSTANTIATE_TEST_SUITE_P(
    Rows,
    ReceiverFault,
    testing::Values(
        Fault{"Hangs", badly(Manner::kHang), kQueued, "127.0.0.1"},
        Fault{"HangsAfterItsHead", badly(Manner::kHangAfterHead), kQueued, "127.0.0.1"},
        Fault{"Drips", badly(Manner::kDrip, std::string(100, 'x')), kQueued, "127.0.0.1"},
        Fault{"Resets", badly(Manner::kReset), kQueued, "127.0.0.1"},
        Fault{"ResetsInTheBody", badly(Manner::kResetInBody, std::string(100, 'x')), kQueued, "127.0.0.1"},
        Fault{"SpeaksNoHttp", badly(Manner::kRaw, "220 mail.example.com ESMTP\r\n"), kQueued, "127.0.0.1"},
        Fault{"IsBusyForSeconds", answer(429, {{"Retry-After", "120"}}), kQueued, "429", std::chrono::seconds{120}},
        Fault{
            "IsBusyForASecondAndAHalf", answer(429, {{"Retry-After", "1.5"}}), kQueued, "429", std::chrono::seconds{2}},
        Fault{"IsBusyUntilADate",
              answer(429, {{"Retry-After", "Fri, 31 Dec 2100 23:59:59 GMT"}}),
              kQueued,
              "429",
              std::chrono::hours{24}},
        Fault{"IsBusyForAbsurdlyLong",
              answer(503, {{"Retry-After", "99999999999"}}),
              kQueued,
              "503",
              std::chrono::hours{24}},
        Fault{"IsBusyForNonsense", answer(429, {{"Retry-After", "soon"}}), kQueued, "429"},
        Fault{"Fails", answer(500), kQueued, "500"},
        Fault{"IsAway", answer(503), kQueued, "503"},
        Fault{"DoesNotUnderstand", answer(400, {}, "what?"), kDead, "400: what?"},
        Fault{"KnowsUsNot", answer(401), kDead, "401"},
        Fault{"IsNotThere", answer(404), kDead, "404"},
        Fault{"IsGone", answer(410), kDead, "410"},
        Fault{"Redirects", answer(301, {{"Location", "http://169.254.169.254/"}}), kDead, "redirects are not followed"},
        Fault{"SaysTooMuch", answer(200, {}, std::string(2U << 20U, 'x')), kDead, "larger than"}),
    [](const auto& row) { return row.param.name; });

TEST(Deliveries, ToAClosedPortOrAnUntrustedServerAreTriedAgain) {
  std::string closed;
  {
    const LoopbackServer server(answer(200));
    closed = server.url();
  }
  LoopbackServer untrusted([](const ReceivedRequest&) { return answer(200); }, LoopbackServer::Transport::kTls);
  Post post;
  post.add_channel("closed", closed);
  post.add_channel("untrusted", "https://127.0.0.1:" + std::to_string(untrusted.port()) + "/");
  post.send("msg_1", "closed");
  post.send("msg_2", "untrusted");
  for (const DeliveryRow& row : post.work(2).rows) {
    EXPECT_EQ(row.state, kQueued) << row.last_error;
    EXPECT_NE(row.last_error, "");
  }
  EXPECT_TRUE(untrusted.requests().empty());
}

TEST(Deliveries, OneThatHangsDelaysNoOther) {
  LoopbackServer hangs(badly(Manner::kHang));
  LoopbackServer works(answer(200));
  Post post;
  post.add_channel("bad", hangs.url());
  post.add_channel("good", works.url());
  for (int i = 0; i < 5; ++i) {
    post.send("bad_" + std::to_string(i), "bad");
    post.send("good_" + std::to_string(i), "good");
  }
  const DeliveryNews news = post.work(6);
  EXPECT_EQ(std::ranges::count(news.rows, NotificationRow::State::kSent, &DeliveryRow::state), 5);
  EXPECT_EQ(works.requests().size(), 5U);
  EXPECT_EQ(works.connections(), 1);  // kept alive
}

TEST(Deliveries, WhatIsRefusedIsToldToTheFallbackOnceAndNeverInCircles) {
  LoopbackServer gone(answer(410));
  LoopbackServer refuses(answer(400));
  Post post;
  DeliveryRules first;
  first.fallback = "second";
  DeliveryRules second;
  second.fallback = "first";
  post.add_channel("first", gone.url(), first);
  post.add_channel("second", refuses.url(), second);
  post.send("msg_1", "first");
  DeliveryNews news = post.work(1);
  ASSERT_EQ(news.letters.size(), 1U);
  const NotificationRow letter = news.letters[0];
  EXPECT_EQ(letter.channel, "second");
  EXPECT_EQ(letter.type, "delivery.failed");
  EXPECT_THAT(letter.body, HasSubstr("The channel first did not take 1 message: answered 410"));
  EXPECT_THAT(letter.body, HasSubstr("Conversion rate"));
  post.send(letter);
  news = post.work(1);
  EXPECT_EQ(news.rows.at(0).state, kDead);
  EXPECT_TRUE(news.letters.empty());
  EXPECT_EQ(post.deliveries().states().at("first").disabled, "answered 410");
}

/// A mailing list of which one address is gone.
class WithoutOne final : public Channel {
 public:
  Outcome deliver(const Message& /*message*/, ChannelHost& /*host*/, const std::stop_token& /*stop*/) override {
    Outcome outcome;
    outcome.complaint = "refused for no@example.com: 550 no such user";
    outcome.recipients = {{"ok@example.com", ""}, {"no@example.com", "550 no such user"}};
    return outcome;
  }
};

TEST(Deliveries, AnAddressThatRefusesIsToldToTheFallbackOnceEvenAfterARestart) {
  const std::unique_ptr<Store> store = open_sqlite_store(":memory:").value();
  const auto configure = [&](Post& post) {
    post.add_channel("mail", std::make_shared<WithoutOne>());
    post.add_channel("op", std::make_shared<Forgetful>());
    post.config().routing.fallback = "op";
    ASSERT_TRUE(post.deliveries().restore(*store));
  };
  const auto send = [&](Post& post, const std::string& id) {
    StepCommit step;
    step.notifications = {post.send(id, "mail")};
    DeliveryNews news = post.work(1);
    step.deliveries = news.rows;
    EXPECT_TRUE(store->commit(step));
    return news;
  };
  {
    Post post;
    configure(post);
    const DeliveryNews news = send(post, "msg_1");
    ASSERT_EQ(news.letters.size(), 1U);
    EXPECT_EQ(news.letters[0].channel, "op");
    EXPECT_EQ(news.letters[0].type, "delivery.failed");
    EXPECT_THAT(news.letters[0].body, HasSubstr("The channel mail does not reach no@example.com: 550 no such user"));
    EXPECT_EQ(send(post, "msg_2").letters.size(), 0U);
  }
  Post started;
  configure(started);
  EXPECT_EQ(send(started, "msg_3").letters.size(), 0U);
}

TEST(Deliveries, WithoutAFallbackOfItsOwnThatOfAllIsToldElseTheLastRoute) {
  LoopbackServer refuses(answer(400));
  Post post;
  for (const char* name : {"first", "second", "third"}) {
    post.add_channel(name, refuses.url());
  }
  post.config().routing.routes.emplace_back().to = {"first", "third"};
  post.send("msg_1", "first");
  DeliveryNews news = post.work(1);
  ASSERT_EQ(news.letters.size(), 1U);
  EXPECT_EQ(news.letters[0].channel, "third");
  post.config().routing.fallback = "second";
  post.send("msg_2", "first");
  news = post.work(1);
  ASSERT_EQ(news.letters.size(), 1U);
  EXPECT_EQ(news.letters[0].channel, "second");
  post.send("msg_3", "second");
  news = post.work(1);
  EXPECT_EQ(news.letters.size(), 2U);  // the last route's
}

TEST(Deliveries, WhatTheFallbackWasToHearOfWhenKpidWasKilledItHearsOfAtTheStart) {
  LoopbackServer refuses(answer(400));
  const auto configure = [&](Post& post) {
    post.add_channel("first", refuses.url());
    post.add_channel("second", refuses.url());
    post.config().routing.fallback = "second";
  };
  const std::unique_ptr<Store> store = open_sqlite_store(":memory:").value();
  const auto keep = [&](DeliveryNews news, std::vector<NotificationRow> sent) {
    StepCommit step;
    step.notifications = std::move(sent);
    step.deliveries = std::move(news.rows);
    EXPECT_TRUE(store->commit(step));
    return news.letters.size();
  };
  {
    Post killed;
    configure(killed);
    const NotificationRow first = killed.send("msg_1", "first");
    EXPECT_EQ(keep(killed.work(1), {first}), 1U);
    const NotificationRow second = killed.send("msg_2", "first");
    EXPECT_EQ(keep(killed.work(1), {second}), 0U) << "within the hour";
  }
  Post started;
  configure(started);
  ASSERT_TRUE(started.deliveries().restore(*store));
  const DeliveryNews news = started.deliveries().take_news(Post::now());
  ASSERT_EQ(news.letters.size(), 1U);
  EXPECT_EQ(news.letters[0].channel, "second");
  keep(news, {});
  Post again;
  configure(again);
  ASSERT_TRUE(again.deliveries().restore(*store));
  EXPECT_TRUE(again.deliveries().take_news(Post::now()).letters.empty()) << "it was told";
}

TEST(Deliveries, TheFallbackIsToldInItsLanguage) {
  LoopbackServer refuses(answer(400));
  const std::vector<std::string> expected{"The channel first did not take 1 message: answered 400",
                                          "Kanalen first tog inte emot 1 meddelande: answered 400",
                                          "Kanalen first tog ikke imod 1 besked: answered 400",
                                          "Kanalen first tok ikke imot 1 melding: answered 400"};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    Post post;  // that has told nobody of anything yet
    post.add_channel("first", refuses.url());
    post.add_channel("second", refuses.url());
    post.config().routing.fallback = "second";
    post.config().channels[1].voice.language = static_cast<Language>(i);
    post.send("msg_" + std::to_string(i), "first");
    EXPECT_THAT(post.work(1).letters.at(0).body, HasSubstr(expected[i]));
  }
}

TEST(Deliveries, ATemplateSpeaksForAlertsAndItsFailureHoldsNothingBack) {
  LoopbackServer works(answer(200));
  Post post;
  post.add_channel("growth", works.url());
  post.add_channel("other", works.url());
  post.use_template(0, "{{#alerts}}Look: {{title}}{{/alerts}}");
  post.use_template(1, "{{#alerts}}{{acknowledge_url}}{{/alerts}}");
  post.send("msg_1", "growth");
  EXPECT_EQ(post.work(1).rows.at(0).last_error, "");
  EXPECT_THAT(works.requests().back().body, HasSubstr(R"("text":"Look: Conversion rate")"));
  post.send("msg_2", "other");
  const DeliveryRow row = post.work(1).rows.at(0);
  EXPECT_EQ(row.state, NotificationRow::State::kSent);
  EXPECT_EQ(row.last_error, "told in the built-in words: the template says nothing");
  EXPECT_THAT(works.requests().back().body, HasSubstr(R"("text":null)"));
}

/// On a full disk the history cannot say what was delivered: its journal has its room already.
TEST(SentJournal, KeepsRoomForWhenTheDiskIsFull) {
  const std::string path = testing::TempDir() + "kpid-room-" + std::to_string(::getpid());
  SentJournal journal(path);
  for (int i = 0; i < 2; ++i) {
    journal.note({"msg_1", {}});
    struct stat found{};
    ASSERT_EQ(::stat(path.c_str(), &found), 0);
    EXPECT_LT(found.st_size, 100);
    EXPECT_GE(found.st_blocks * 512, 256 << 10U);
    EXPECT_EQ(SentJournal(path).read().size(), 1U);
    journal.clear();
  }
  ::unlink(path.c_str());
}

TEST(Deliveries, OfALongQueueAKillRepeatsNothingThatArrived) {
  const std::string path = testing::TempDir() + "kpid-sent-" + std::to_string(::getpid());
  LoopbackServer works(answer(200));
  SentJournal journal(path);
  constexpr int count = 1000;
  const auto queue = [&](Post& post) {
    post.add_channel("growth", works.url());
    for (int i = 0; i < count; ++i) {
      post.send("msg_" + std::to_string(i), "growth");
    }
  };
  {
    Post killed(&journal);
    queue(killed);
    killed.work(200);  // and nothing of it is written down
  }
  const std::size_t noted = SentJournal(path).read().size();
  const std::size_t unnoted = works.requests().size() - noted;
  EXPECT_GT(noted, 100U);
  EXPECT_LE(unnoted, 2U);  // the first, which went alone, and one that was on its way
  Post again(&journal);
  queue(again);
  again.deliveries().recall(Post::now());
  const DeliveryNews news = again.work(count - noted);
  EXPECT_EQ(news.rows.size(), static_cast<std::size_t>(count));
  std::map<std::string, int> received;
  for (const ReceivedRequest& request : works.requests()) {
    ++received[std::string(request.header("webhook-id"))];
  }
  EXPECT_EQ(received.size(), static_cast<std::size_t>(count));
  EXPECT_EQ(works.requests().size(), count + unnoted);
  again.rest();
  again.deliveries().written();
  EXPECT_TRUE(SentJournal(path).read().empty());
  ::unlink(path.c_str());
}

TEST(Deliveries, ThatCannotBeWrittenDownAreNotRepeatedByAKill) {
  const std::string path = testing::TempDir() + "/kpid-full-" + std::to_string(::getpid());
  LoopbackServer works(answer(200));
  SentJournal journal(path);
  const auto queue = [&](Post& post) {
    post.add_channel("growth", works.url());
    post.send("msg_1", "growth");
    post.send("msg_2", "growth");
  };
  for (int kills = 0; kills < 3; ++kills) {
    Post post(&journal);
    queue(post);
    post.deliveries().recall(Post::now());
    post.work(kills == 0 ? 1 : 0);
    post.deliveries().unwritten();  // as on a full disk
    if (kills == 0) {
      post.work(1);
    } else {
      post.deliveries().start_due(Post::now(), true);
      EXPECT_TRUE(post.deliveries().is_idle());
    }
    EXPECT_EQ(SentJournal(path).read().size(), 2U);
  }
  EXPECT_EQ(works.requests().size(), 2U);
  ::unlink(path.c_str());
}

/// A mailing list of which one address takes nothing until it is told to; what it is asked with.
class Greylisting final : public Channel {
 public:
  Outcome deliver(const Message& /*message*/, ChannelHost& host, const std::stop_token& /*stop*/) override {
    asked.push_back(host.progress);
    Outcome outcome;
    if (!takes_all) {
      outcome.kind = Outcome::Kind::kRetry;
      outcome.detail = "not yet for wait@example.com";
      outcome.progress = "ok@example.com <no@example.com>";
      outcome.is_partly_taken = true;
    }
    return outcome;
  }

  std::vector<std::string> asked;
  bool takes_all = false;
};

TEST(Deliveries, WhatSomeHaveIsResentToTheOthersAlone) {
  const std::unique_ptr<Store> store = open_sqlite_store(":memory:").value();
  const auto mail = std::make_shared<Greylisting>();
  Post post;
  post.add_channel("mail", mail);
  StepCommit step;
  step.notifications = {post.send("msg_1", "mail", std::chrono::hours{100})};
  step.deliveries = post.work(1).rows;
  ASSERT_TRUE(store->commit(step));
  const std::vector<NotificationRow> dead = store->dead_letters({}, "mail").value();
  ASSERT_EQ(dead.size(), 1U);
  EXPECT_EQ(dead[0].progress, "ok@example.com <no@example.com>");
  mail->takes_all = true;
  RoutingState routing;
  TrackedAlert alert;
  alert.episode = "ep_msg_1";
  alert.is_firing = true;
  routing.alerts[{1, "thresholds"}] = alert;
  post.deliveries().resend(still_news(dead, routing, Post::now()));
  EXPECT_EQ(post.work(1).rows.back().state, NotificationRow::State::kSent);
  EXPECT_THAT(mail->asked, testing::ElementsAre("", "ok@example.com")) << "who refused it may take it now";
}

TEST(Deliveries, WhatIsResentIsANewTry) {
  LoopbackServer works(answer(200));
  Post post;
  post.add_channel("growth", works.url());
  NotificationRow dead;
  dead.id = "msg_1";
  dead.channel = "growth";
  dead.state = kDead;
  dead.attempts = 15;
  dead.created = Post::now();
  dead.body = outbox_json(sample_message("firing"));
  post.deliveries().resend({{dead}, {}});
  const DeliveryNews news = post.work(1);
  ASSERT_EQ(news.rows.size(), 2U);
  EXPECT_EQ(news.rows[0].state, kQueued);
  EXPECT_EQ(news.rows[1].state, NotificationRow::State::kSent);
  EXPECT_EQ(news.rows[1].attempts, 1);
}

}  // namespace
}  // namespace kpi::test
