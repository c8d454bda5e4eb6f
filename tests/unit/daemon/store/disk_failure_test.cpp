// What happens to a step when the disk is full or fails, and to the next.

#include "tests/unit/daemon/store/store_fixture.hpp"

#include <gmock/gmock.h>
#include <sqlite3.h>

#include <sys/resource.h>

#include <cerrno>
#include <csignal>
#include <utility>

namespace kpi::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(DiskFailure, GoesOnAfterAFullFile) {
  const TempDir directory;
  const std::string path = directory.file("kpid.db");
  const std::unique_ptr<Store> store = opened(path, {.max_bytes = 524'288});
  expect_committed(*store, first_step());
  StepCommit large;
  large.now = morning(2);
  large.notifications = {message_of("msg_1", morning(2))};
  for (int i = 0; i < 50'000; ++i) {
    large.samples.push_back({1, day(i), i + 0.5});
  }
  const Result<void> failed = store->commit(large);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error(),
            (Error{ErrorKind::kStorage,
                   fmt::format("cannot write the history \"{}\": database or disk is full; free space for it", path)}));
  EXPECT_THAT(samples_of(*store), IsEmpty());
  EXPECT_EQ(state_of(*store).last_step, morning(1));
  large.samples.resize(10);
  expect_committed(*store, large);
  EXPECT_EQ(samples_of(*store).size(), 10U);
  EXPECT_EQ(state_of(*store).queued, large.notifications);
}

TEST(DiskFailure, GoesOnAfterTheFileSizeLimitIsLifted) {
  const TempDir directory;
  const std::string path = directory.file("kpid.db");
  const std::string told = in_child([&]() -> std::string {
    const std::unique_ptr<Store> store = opened(path);
    StepCommit step = first_step();
    for (int i = 0; i < 50'000; ++i) {
      step.samples.push_back({1, day(i), i + 0.5});
    }
    ::signal(SIGXFSZ, SIG_IGN);
    rlimit limit{};
    ::getrlimit(RLIMIT_FSIZE, &limit);
    const rlimit small{.rlim_cur = 262'144, .rlim_max = limit.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &small);
    const Result<void> failed = store->commit(step);
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const std::size_t left = samples_of(*store).size();
    const bool is_done = store->commit(step).has_value();
    return fmt::format("{} / {} / {}", failed ? "it committed" : failed.error().message, left, is_done);
  });
  EXPECT_EQ(
      told,
      fmt::format("cannot write the history \"{}\": disk I/O error; check its disk and file system / 0 / true", path));
  EXPECT_EQ(samples_of(*opened(path)).size(), 50'000U);
}

/// Makes the k-th write of SQLite from now on fail, once.
class FailingDisk {
 public:
  FailingDisk() : vfs_(sqlite3_vfs_find(nullptr)) {
    vfs_->xSetSystemCall(vfs_, "pwrite64", reinterpret_cast<sqlite3_syscall_ptr>(&FailingDisk::write));
  }

  FailingDisk(const FailingDisk&) = delete;
  FailingDisk& operator=(const FailingDisk&) = delete;
  FailingDisk(FailingDisk&&) = delete;
  FailingDisk& operator=(FailingDisk&&) = delete;

  ~FailingDisk() { vfs_->xSetSystemCall(vfs_, "pwrite64", nullptr); }

  void fail_at(int k, int error) {
    left = k;
    code = error;
    is_armed = k > 0;
  }

  /// Whether the failure that was ordered has happened.
  [[nodiscard]] static bool has_failed() { return !is_armed; }

 private:
  static ssize_t write(int fd, const void* data, std::size_t size, off64_t offset) {
    left -= left > 0 ? 1 : 0;
    if (left == 0 && std::exchange(is_armed, false)) {
      errno = code;
      return -1;
    }
    return ::pwrite64(fd, data, size, offset);
  }

  static inline int left = 0;
  static inline int code = 0;
  static inline bool is_armed = false;
  sqlite3_vfs* vfs_;
};

struct DiskFailure {
  const char* name;
  int error;
  const char* words;
};

class FailingDiskStore : public testing::TestWithParam<DiskFailure> {};

/// Every write of a commit fails once, the first, the second, … until a commit passes without meeting the failure.
TEST_P(FailingDiskStore, KeepsItsStateAndTakesTheStepLater) {
  const TempDir directory;
  const std::string path = directory.file("kpid.db");
  FailingDisk disk;
  std::unique_ptr<Store> store = opened(path);
  expect_committed(*store, first_step());
  std::size_t stored = 0;
  int failures = 0;
  bool has_failed = true;
  for (int k = 1; has_failed; ++k) {
    ASSERT_LT(k, 1'000);
    StepCommit step;
    step.now = morning(k + 1);
    step.notifications = {message_of(fmt::format("msg_{:04}", k), morning(k + 1))};
    step.verdicts = {verdict_of(1, k, k)};
    for (int i = 0; i < 400; ++i) {
      step.samples.push_back({1, day((k * 1'000) + i), i + 0.5});
    }
    disk.fail_at(k, GetParam().error);
    const Result<void> done = store->commit(step);
    has_failed = FailingDisk::has_failed();
    disk.fail_at(0, 0);
    if (!done) {
      ++failures;
      EXPECT_EQ(done.error().message, fmt::format("cannot write the history \"{}\": {}", path, GetParam().words));
      EXPECT_EQ(state_of(*store).last_step, morning(k));
      EXPECT_EQ(samples_of(*store).size(), stored);
      EXPECT_EQ(state_of(*store).queued.size(), static_cast<std::size_t>(k - 1));
      expect_committed(*store, step);
    }
    stored += step.samples.size();
    ASSERT_EQ(samples_of(*store).size(), stored);
    ASSERT_EQ(verdicts_of(*store).size(), static_cast<std::size_t>(k));
    ASSERT_EQ(state_of(*store).queued.size(), static_cast<std::size_t>(k));
  }
  EXPECT_GT(failures, 5);
  store.reset();
  EXPECT_THAT(query(path, "PRAGMA integrity_check"), ElementsAre("ok"));
  EXPECT_EQ(samples_of(*opened(path)).size(), stored);
}

INSTANTIATE_TEST_SUITE_P(Errors,
                         FailingDiskStore,
                         testing::Values(DiskFailure{"Eio", EIO, "disk I/O error; check its disk and file system"},
                                         DiskFailure{"Enospc", ENOSPC, "database or disk is full; free space for it"}),
                         [](const auto& parameter) { return std::string(parameter.param.name); });

}  // namespace
}  // namespace kpi::test
