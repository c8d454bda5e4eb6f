// An allocation that fails anywhere in parsing, judging, rendering and delivering ends the program cleanly, with code
// 3; what is done again over the same history ends as if nothing had been. Nothing is unwound: a library's destructors
// may want memory themselves. KPI_ALLOCATIONS: so many points of failure in all.

#include "daemon/notify/message_json.hpp"
#include "daemon/notify/outbox.hpp"
#include "daemon/notify/text_message.hpp"
#include "daemon/os/log.hpp"
#include "tests/support/sample_messages.hpp"
#include "tests/unit/daemon/engine/story.hpp"
#include "tests/unit/daemon/memory/failing_new.hpp"

#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <tuple>

namespace kpi::test {
namespace {

constexpr std::size_t kScenarios = 4;

std::size_t points_asked_for() {
  const char* const text = std::getenv("KPI_ALLOCATIONS");  // NOLINT(concurrency-mt-unsafe): one thread
  return (text == nullptr ? 120 : std::strtoul(text, nullptr, 10)) / kScenarios;
}

/// What is done with a history, and what that says in the end.
using Act = std::function<std::string(const std::string& path)>;

/// Does it as a program would, whose allocation `fails` (0: none) is not had. Its exit code; 128: a signal ended it.
int code_of_program(const Act& act, const std::string& path, std::size_t fails) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(STDERR_FILENO);
    end_without_memory();
    const FailingNew failing(fails);
    const bool is_said = !act(path).empty();
    ::_exit(is_said ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

std::size_t allocations_of(const Act& act, const std::string& path, std::string& said) {
  const FailingNew counting(0);
  said = act(path);
  return counting.count();
}

/// A directory that is gone at the end of the test.
class HistoryFolder {
 public:
  HistoryFolder() {
    std::string name = testing::TempDir() + "/kpid-memory-XXXXXX";
    path_ = std::filesystem::canonical(::mkdtemp(name.data()));
  }

  HistoryFolder(const HistoryFolder&) = delete;
  HistoryFolder(HistoryFolder&&) = delete;
  HistoryFolder& operator=(const HistoryFolder&) = delete;
  HistoryFolder& operator=(HistoryFolder&&) = delete;

  ~HistoryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  [[nodiscard]] std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

void fail_everywhere(const Act& act) {
  const HistoryFolder folder;
  const std::string fresh = folder.file("fresh.db");
  ASSERT_TRUE(open_sqlite_store(fresh));
  const auto history = [&](std::size_t number) {
    const std::string path = folder.file(std::to_string(number) + ".db");
    std::filesystem::copy_file(fresh, path);
    return path;
  };
  std::string expected = act(folder.file("first.db"));  // what is read once only is read now
  const std::size_t all = allocations_of(act, history(0), expected);
  ASSERT_FALSE(expected.empty());
  const std::size_t points = std::min(all, points_asked_for());
  ASSERT_GT(points, 0U);
  std::size_t failed = 0;
  for (std::size_t i = 0; i < points; ++i) {
    const std::size_t at = 1 + i * all / points;
    const std::string path = history(i + 1);
    const int code = code_of_program(act, path, at);
    ASSERT_TRUE(code == 0 || code == 3) << code << " by a failure at allocation " << at << " of " << all;
    failed += code == 3 ? 1 : 0;
    ASSERT_EQ(act(path), expected) << "after a failure at allocation " << at << " of " << all;
  }
  EXPECT_GT(failed, points / 2);
}

constexpr const char* kConfig = R"(
timezone: Europe/Stockholm
sources:
  shop: {plugin: csv, path: shop.csv, labels: {country: country}, metrics: {orders: {kind: flow}, visits: {kind: flow}}}
channels: {team: {type: console}, board: {type: console}}
routes:
  - {match: {severity: critical}, to: [team, board]}
  - {match: {}, to: [team]}
)";

constexpr const char* kRules = R"(
kpis:
  orders:
    value: shop.orders
    split_by: [country]
    thresholds: {warning: 20, critical: 8, recover: 24}
  conversion:
    value: shop.orders / shop.visits
    over: 3 days
    target: {from: 10%, start: 2026-03-01, to: 30%, by: 2026-03-24, judge: pace}
    alerts: [{name: drop, when: "change(value, 1 day) < -30%", severity: critical}]
)";

class TwoFiles final : public Host {
 public:
  Result<File> read_file(const std::string& path, std::size_t /*limit*/) override {
    return File{path == "kpid.yaml" ? kConfig : kRules, "1"};
  }

  Result<std::string> file_version(const std::string& /*path*/) override { return "1"; }
};

ConfigLoad load_two_files() {
  TwoFiles host;
  return load_rule_files({"kpid.yaml", {"rules.yaml"}, nullptr, std::nullopt, nullptr, {}}, Secrets::kIgnored, host);
}

TEST(NoMemory, InParsingEndsItCleanly) {
  fail_everywhere([](const std::string& /*path*/) {
    const ConfigLoad loaded = load_two_files();
    return std::to_string(loaded.config ? loaded.config->rules.kpis.size() : 0) + loaded.diagnostics.text();
  });
}

Poll three_days(const Config& config) {
  Poll poll;
  poll.series = {{0, {{"country", "SE"}}}, {1, {{"country", "SE"}}}};
  const SourceSettings& source = config.sources[0].settings;
  for (int day = 1; day <= 3; ++day) {
    const Instant begin = at("2026-03-0" + std::to_string(day));
    const Slot slot = slot_at(begin, source.grain, source.zone, config.rules.calendar);
    poll.samples.push_back({0, slot, day < 3 ? 50.0 : 5.0});
    poll.samples.push_back({1, slot, 100});
  }
  return poll;
}

/// The verdicts, and the messages that wait, without their ids.
std::string written(Store& store) {
  std::string text;
  const Slot first{std::numeric_limits<std::int64_t>::min()};
  const Slot last{std::numeric_limits<std::int64_t>::max()};
  const auto read = store.verdicts(first, last, 0, [&](const VerdictRow& row) {
    text += std::to_string(row.line) + " " + rfc3339(row.period.start) + " " + std::to_string(row.value) + " " +
            std::string(name_of(row.verdict)) + "\n";
  });
  const Result<StoredState> state = store.load();
  for (const NotificationRow& row : state->queued) {
    text += row.channel + " " + row.type + "\n";
  }
  return read ? text : read.error().message;
}

TEST(NoMemory, InJudgingLosesNothingAndTellsNothingTwice) {
  const std::shared_ptr<const Config> config = load_two_files().config;
  ASSERT_TRUE(config);
  fail_everywhere([&config](const std::string& path) {
    const auto store = open_sqlite_store(path);
    Engine engine(config, **store, {.waits_elapsed = true});
    const Instant now = at("2026-03-04 06:00");
    const auto restored = engine.restore(now);
    engine.receive(PollResult{0, now, three_days(*config)});
    const auto stepped = engine.step(now);
    return restored && stepped ? written(**store) : std::string("it failed");
  });
}

TEST(NoMemory, InRenderingEndsItCleanly) {
  const std::vector<SampleMessage> messages = sample_messages();
  fail_everywhere([&messages](const std::string& /*path*/) {
    std::string all;
    for (const SampleMessage& sample : messages) {
      const std::string json = outbox_json(sample.message);
      all += json + text_message(sample.message);
      all += parse_message_json(json) ? "" : "not read";
    }
    return all;
  });
}

TEST(NoMemory, InDeliveringLosesNoMessage) {
  NotificationRow row;
  row.id = "msg_1";
  row.channel = "team";
  row.type = "alert.firing";
  row.created = at("2026-03-31 06:00");
  row.body = outbox_json(sample_message("firing"));
  fail_everywhere([&row](const std::string& path) {
    const auto store = open_sqlite_store(path);
    StepCommit step;
    step.now = row.created;
    if (!(*store)->load()->last_step) {
      step.notifications = {row};
    }
    std::ignore = (*store)->commit(step);
    Outbox outbox;
    outbox.configure({{"team", DeliveryRules{}}});
    outbox.restore(*(*store)->delivery_memory());
    outbox.add((*store)->load()->queued);
    step.notifications.clear();
    for (const std::vector<Attempt>& batch : outbox.take_due(row.created)) {
      for (const Attempt& attempt : batch) {
        step.deliveries = outbox.finish(attempt.row.id, {Outcome::Kind::kDelivered, "", {}}, row.created).rows;
      }
      outbox.end_batch(row.channel, {});
    }
    const auto committed = (*store)->commit(step);
    return committed ? std::to_string((*store)->load()->queued.size()) + " wait" : committed.error().message;
  });
}

}  // namespace
}  // namespace kpi::test
