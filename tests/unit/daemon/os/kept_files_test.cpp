#include "daemon/os/kept_files.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>

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
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/a.new"));
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
  std::filesystem::create_symlink(root_ + "/victim", folder_ + "/a.new");
  ASSERT_TRUE(write_kept(folder_, "a", "token").has_value());
  std::ifstream victim(root_ + "/victim");
  std::string text;
  victim >> text;
  EXPECT_EQ(text, "mine");
}

}  // namespace
}  // namespace kpi
