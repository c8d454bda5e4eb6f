#include "daemon/os/kept_files.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

namespace kpi {
namespace {

class KeptFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "kpid-kept-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
    folder_ = root_ + "/tokens";
  }

  void TearDown() override { std::filesystem::remove_all(root_); }

  static unsigned mode_of(const std::string& path) {
    struct stat status{};
    return ::stat(path.c_str(), &status) == 0 ? status.st_mode & 0777U : 0;
  }

  std::string root_;
  std::string folder_;
};

TEST_F(KeptFiles, AreEmptyBeforeTheFirstWrite) {
  EXPECT_EQ(read_kept(folder_, "a").value(), "");
}

TEST_F(KeptFiles, AreReadableByTheirUserOnly) {
  ASSERT_TRUE(write_kept(folder_, "a", "first").has_value());
  ASSERT_TRUE(write_kept(folder_, "a", "second").has_value());
  EXPECT_EQ(read_kept(folder_, "a").value(), "second");
  EXPECT_EQ(mode_of(folder_ + "/a"), 0600U);
  EXPECT_EQ(mode_of(folder_), 0700U);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1) << "nothing else is left there";
}

TEST_F(KeptFiles, AreRefusedWhenOthersMayReadThem) {
  ASSERT_TRUE(write_kept(folder_, "a", "token").has_value());
  std::filesystem::permissions(folder_ + "/a", std::filesystem::perms{0644});
  const auto text = read_kept(folder_, "a");
  ASSERT_FALSE(text.has_value());
  EXPECT_EQ(text.error().message, folder_ + "/a: others may read it; it is private: chmod 600 it, or remove it");
}

TEST_F(KeptFiles, AreNotWrittenThroughALink) {
  ASSERT_TRUE(write_kept(folder_, "b", "x").has_value());
  std::ofstream(root_ + "/victim") << "mine";
  std::filesystem::create_symlink(root_ + "/victim", folder_ + "/a");
  ASSERT_TRUE(write_kept(folder_, "a", "token").has_value());
  std::ifstream victim(root_ + "/victim");
  std::string text;
  victim >> text;
  EXPECT_EQ(text, "mine");
}

TEST_F(KeptFiles, AreWholeWhoeverWritesThem) {
  std::vector<std::jthread> writers;
  std::atomic<int> failures{0};
  for (int i = 0; i < 4; ++i) {
    writers.emplace_back([&, i] {
      for (int n = 0; n < 25; ++n) {
        failures += write_kept(folder_, "a", std::string(2000, static_cast<char>('a' + i))).has_value() ? 0 : 1;
      }
    });
  }
  writers.clear();
  EXPECT_EQ(failures, 0);
  const std::string text = read_kept(folder_, "a").value();
  EXPECT_EQ(text, std::string(2000, text.front()));
}

TEST_F(KeptFiles, AreHeldByOneAtATime) {
  auto held = lock_kept(folder_, "a", std::chrono::milliseconds{0}, {});
  ASSERT_TRUE(held.has_value()) << held.error().message;
  EXPECT_TRUE(lock_kept(folder_, "b", std::chrono::milliseconds{0}, {}).has_value()) << "another name is free";
  const auto other = lock_kept(folder_, "a", std::chrono::milliseconds{1}, {});
  ASSERT_FALSE(other.has_value());
  EXPECT_EQ(other.error(), (Error{ErrorKind::kTimeout, folder_ + "/a.lock: another process holds it"}));
  std::stop_source stop;
  stop.request_stop();
  const auto stopped = lock_kept(folder_, "a", std::chrono::hours{1}, stop.get_token());
  ASSERT_FALSE(stopped.has_value());
  EXPECT_EQ(stopped.error().kind, ErrorKind::kStopped);
  held->close();
  EXPECT_TRUE(lock_kept(folder_, "a", std::chrono::milliseconds{0}, {}).has_value());
}

TEST_F(KeptFiles, AreFreeOnceTheirHolderIsGone) {
  const pid_t child = ::fork();
  if (child == 0) {
    const auto held = lock_kept(folder_, "a", std::chrono::milliseconds{0}, {});
    ::_exit(held ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(lock_kept(folder_, "a", std::chrono::milliseconds{0}, {}).has_value());
}

}  // namespace
}  // namespace kpi
