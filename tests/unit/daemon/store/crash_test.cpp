// A process that commits numbered steps is killed at random moments; what it was told is stored must be there, whole.

#include "tests/unit/daemon/store/store_fixture.hpp"

#include <gmock/gmock.h>

#include <poll.h>

#include <csignal>
#include <random>

namespace kpi::test {
namespace {

constexpr int kKills = 50;
constexpr int kSamplesAStep = 300;

/// Step `number`: some samples and a verdict, and in every second one what is promised to a person.
StepCommit numbered_step(int number) {
  StepCommit step = first_step();
  step.now = morning(number);
  for (int i = 0; i < kSamplesAStep; ++i) {
    step.samples.push_back({1, {day(number).ms + i}, number + (i / 1000.0)});
  }
  step.verdicts = {verdict_of(1, number, number)};
  if (number % 2 == 0) {
    step.notifications = {message_of(fmt::format("msg_{:06}", number), morning(number))};
    step.alerts = {{1, "thresholds", AlertPhase::kFiring, Severity::kWarning, morning(number), "ep", "{}"}};
  }
  return step;
}

/// Commits steps from `number` on for ever and writes a byte for each that is stored.
[[noreturn]] void commit_for_ever(const std::string& path, int number, int acknowledgements) {
  Result<std::unique_ptr<Store>> store = open_sqlite_store(path);
  while (store && (*store)->commit(numbered_step(number)) && ::write(acknowledgements, "", 1) == 1) {
    ++number;
  }
  ::_exit(1);
}

/// Starts that process, kills it after `acknowledged` steps and `extra` microseconds, and counts what it was told.
int steps_before_kill(const std::string& path, int number, int acknowledged, int extra) {
  int ends[2];
  EXPECT_EQ(::pipe2(static_cast<int*>(ends), O_CLOEXEC), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    commit_for_ever(path, number, ends[1]);
  }
  ::close(ends[1]);
  int count = 0;
  char byte = 0;
  while (count < acknowledged && ::read(ends[0], &byte, 1) == 1) {
    ++count;
  }
  pollfd nothing{.fd = -1, .events = 0, .revents = 0};
  const timespec moment{.tv_sec = 0, .tv_nsec = extra * 1'000L};
  ::ppoll(&nothing, 1, &moment, nullptr);
  ::kill(child, SIGKILL);
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status)) << "it ended by itself";
  while (::read(ends[0], &byte, 1) == 1) {
    ++count;
  }
  ::close(ends[0]);
  return count;
}

TEST(Crash, LosesNoAcknowledgedStepAndShowsNoHalfStep) {
  const TempDir directory;
  const std::string path = directory.file("kpid.db");
  std::mt19937 random(20260331);  // NOLINT(bugprone-random-generator-seed): the same moments, as far as that goes.
  int next = 1;
  for (int kill = 0; kill < kKills; ++kill) {
    SCOPED_TRACE(fmt::format("kill {} from step {}", kill, next));
    const int acknowledged =
        steps_before_kill(path, next, static_cast<int>(random() % 8), static_cast<int>(random() % 6'000));
    const std::unique_ptr<Store> store = opened(path);
    ASSERT_NE(store, nullptr);
    const StoredState state = state_of(*store);
    // The last step may be stored although its acknowledgement was not heard.
    const int stored = state.last_step ? static_cast<int>((*state.last_step - morning(0)).count() / kDayMs) : 0;
    ASSERT_GE(stored, next - 1 + acknowledged);
    ASSERT_LE(stored, next + acknowledged);
    ASSERT_EQ(samples_of(*store).size(), static_cast<std::size_t>(stored * kSamplesAStep));
    ASSERT_EQ(verdicts_of(*store).size(), static_cast<std::size_t>(stored));
    ASSERT_EQ(state.queued.size(), static_cast<std::size_t>(stored / 2));
    if (stored > 0) {
      EXPECT_EQ(verdicts_of(*store).back(), text_of(verdict_of(1, stored, stored)));
    }
    next = stored + 1;
  }
  EXPECT_GT(next, kKills);
}

}  // namespace
}  // namespace kpi::test
