#include "daemon/os/files.hpp"

#include "daemon/os/append_file.hpp"
#include "daemon/os/curl_http.hpp"
#include "daemon/os/curl_mail.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace kpi {
namespace {

namespace fs = std::filesystem;

class FileHostTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "kpi-files-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    directory_ = name;
    path_ = directory_ + "/x.csv";
  }

  void TearDown() override { fs::remove_all(directory_); }

  static void write(const std::string& path, const std::string& text, std::ios::openmode mode = std::ios::trunc) {
    std::ofstream file(path, std::ios::binary | mode);
    file << text;
    ASSERT_TRUE(file.flush());
  }

  std::string directory_;
  std::string path_;
};

TEST_F(FileHostTest, ReadsAFileWithItsVersion) {
  write(path_, "one\n");
  FileHost host;
  const auto file = host.read_file(path_, 100);
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->text, "one\n");
  EXPECT_EQ(file->version, *host.file_version(path_));
}

TEST_F(FileHostTest, ReadsAnEmptyFile) {
  write(path_, "");
  const auto file = FileHost().read_file(path_, 100);
  ASSERT_TRUE(file);
  EXPECT_EQ(file->text, "");
}

TEST_F(FileHostTest, FollowsSymbolicLinks) {
  write(path_, "one\n");
  fs::create_symlink(path_, directory_ + "/link");
  const auto file = FileHost().read_file(directory_ + "/link", 100);
  ASSERT_TRUE(file);
  EXPECT_EQ(file->text, "one\n");
}

TEST_F(FileHostTest, GivesEveryTextAVersionOfItsOwn) {
  FileHost host;
  for (int i = 0; i < 10; ++i) {
    write(path_, "one\n");
    const auto file = host.read_file(path_, 100);
    ASSERT_TRUE(file);
    write(path_, "two\n");
    EXPECT_NE(file->version, *host.file_version(path_)) << "round " << i;
  }
}

TEST_F(FileHostTest, SeesAFileThatWasReplaced) {
  write(path_, "one\n");
  write(path_ + ".new", "one\n");
  FileHost host;
  const auto before = host.file_version(path_);
  ASSERT_TRUE(before);
  fs::rename(path_ + ".new", path_);
  EXPECT_NE(*before, *host.file_version(path_));
}

TEST_F(FileHostTest, ReadsAgainWhatGrewMeanwhile) {
  write(path_, "one\n");
  int reads = 0;
  FileHost host([&] {
    if (++reads == 1) {
      write(path_, "two\n", std::ios::app);
    }
  });
  const auto file = host.read_file(path_, 100);
  ASSERT_TRUE(file);
  EXPECT_EQ(file->text, "one\ntwo\n");
  EXPECT_EQ(reads, 2);
}

TEST_F(FileHostTest, ReadsTheFileThatTookItsPlace) {
  write(path_, "old\n");
  write(path_ + ".new", "new\n");
  int reads = 0;
  FileHost host([&] {
    if (++reads == 1) {
      fs::rename(path_ + ".new", path_);
    }
  });
  const auto file = host.read_file(path_, 100);
  ASSERT_TRUE(file);
  EXPECT_EQ(file->text, "new\n");
}

TEST_F(FileHostTest, GivesUpOnAFileThatKeepsChanging) {
  write(path_, "one\n");
  int reads = 0;
  FileHost host([&] {
    ++reads;
    write(path_, "more\n", std::ios::app);
  });
  const auto file = host.read_file(path_, 100);
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error(),
            (Error{ErrorKind::kUnavailable,
                   path_ + ": is being written: write a new file beside it and rename that, or poll when it is done"}));
  EXPECT_EQ(reads, 3);
}

TEST_F(FileHostTest, RefusesAFileThatIsTooLarge) {
  write(path_, "12345");
  FileHost host;
  EXPECT_TRUE(host.read_file(path_, 5));
  const auto refused = host.read_file(path_, 4);
  ASSERT_FALSE(refused);
  EXPECT_EQ(
      refused.error(),
      (Error{ErrorKind::kInvalid, path_ + ": larger than 4 bytes: split the file, or leave out what is not needed"}));
  fs::resize_file(path_, (1U << 20U) + 1);
  EXPECT_EQ(host.read_file(path_, 1U << 20U).error().message,
            path_ + ": larger than 1 MiB: split the file, or leave out what is not needed");
}

TEST_F(FileHostTest, RefusesWhatIsNotARegularFile) {
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  FileHost host;
  const Error pipe{ErrorKind::kInvalid, path_ + ": is a named pipe: name a regular file"};
  EXPECT_EQ(host.read_file(path_, 100).error(), pipe);
  EXPECT_EQ(host.file_version(path_).error(), pipe);
  EXPECT_EQ(host.read_file(directory_, 100).error(),
            (Error{ErrorKind::kInvalid, directory_ + ": is a directory: name a regular file"}));
  EXPECT_EQ(host.read_file("/dev/null", 100).error(),
            (Error{ErrorKind::kInvalid, "/dev/null: is a device: name a regular file"}));
}

TEST_F(FileHostTest, NobodyWaitsForTheOtherEndOfAPipe) {
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  EXPECT_EQ(append_file(path_, "a message\n").error().kind, ErrorKind::kUnavailable);
  HttpRequest request;
  request.url = "https://127.0.0.1:1/";
  request.ca_file = path_;
  request.allow_private = {"127.0.0.0/8"};
  EXPECT_EQ(make_curl_client()->send(request, {}).error(),
            (Error{ErrorKind::kInvalid, "\"" + path_ + "\" is no plain file"}));
  MailRequest mail;
  mail.server = "smtps://127.0.0.1:1";
  mail.ca_file = path_;
  mail.allow_private = {"127.0.0.0/8"};
  EXPECT_EQ(make_curl_mail_client()->send(mail, {}).error(),
            (Error{ErrorKind::kInvalid, "\"" + path_ + "\" is no plain file"}));
}

TEST_F(FileHostTest, ListsTheFilesThatFitAName) {
  for (const char* name : {"visits-2.csv", "visits-1.csv", "visits-[1].csv", ".visits-3.csv", "sales.csv"}) {
    write(directory_ + "/" + name, "one\n");
  }
  fs::create_directory(directory_ + "/visits-4.csv");
  const std::string folder = directory_ + "/";
  FileHost host;
  const auto files = host.list_files(folder, "visits-*.csv", 3);
  ASSERT_TRUE(files) << files.error().message;
  EXPECT_EQ(*files, (std::vector{folder + "visits-1.csv", folder + "visits-2.csv", folder + "visits-[1].csv"}));
  const auto literal = host.list_files(folder, "visits-[1].*", 3);
  ASSERT_TRUE(literal);
  EXPECT_EQ(*literal, std::vector{folder + "visits-[1].csv"});
  EXPECT_EQ(host.list_files(folder, "visits-*.csv", 2).error(),
            (Error{ErrorKind::kInvalid,
                   folder + "visits-*.csv: more than 2 files fit this name: put the older ones into one file, or into "
                            "another folder"}));
  EXPECT_EQ(host.list_files(folder + "none/", "*", 2).error(),
            (Error{ErrorKind::kUnavailable,
                   folder + "none/: no such folder: correct the path; * and dates may stand in the file's name only"}));
}

TEST_F(FileHostTest, SaysThatAFileIsNotThere) {
  FileHost host;
  const Error missing{ErrorKind::kUnavailable, path_ + ": no such file: correct the path, or put the file there"};
  EXPECT_EQ(host.read_file(path_, 100).error(), missing);
  EXPECT_EQ(host.file_version(path_).error(), missing);
}

TEST_F(FileHostTest, SaysThatAFileMayNotBeRead) {
  if (::geteuid() == 0) {
    GTEST_SKIP() << "SKIPPED: root may read every file";
  }
  write(path_, "one\n");
  fs::permissions(path_, fs::perms::none);
  EXPECT_EQ(FileHost().read_file(path_, 100).error(),
            (Error{ErrorKind::kUnavailable, path_ + ": permission denied: let the user that kpid runs as read it"}));
}

}  // namespace
}  // namespace kpi
