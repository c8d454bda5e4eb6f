// Drivers in shared objects: the example of docs/examples, and what is never loaded.

#include "plugins/shared_object.hpp"

#include "plugins/option_tree.hpp"
#include "tests/unit/plugins/csv_source.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

namespace kpi {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the tests' own words

using Lines = std::vector<std::string>;

class SharedObject : public ::testing::Test {
 protected:
  SharedObject() {
    std::string name = std::filesystem::temp_directory_path() / "kpid-shared-XXXXXX";
    folder_ = ::mkdtemp(name.data());
    path_ = folder_ + "/orders.so";
    std::filesystem::copy(KPI_EXAMPLE_PLUGIN, path_);
    std::filesystem::permissions(path_, std::filesystem::perms(0755));
  }

  ~SharedObject() override { std::filesystem::remove_all(folder_); }

  static OptionTree text(std::string value) {
    OptionTree tree;
    tree.kind = OptionTree::Kind::kText;
    tree.text = std::move(value);
    return tree;
  }

  Result<Poll> poll(const std::string& key, OptionTree value = text("12")) {
    settings_.name = "shop";
    settings_.grain = grain("day");
    settings_.options["library"] = given(path_);
    auto tree = std::make_shared<OptionTree>();
    tree->kind = OptionTree::Kind::kMap;
    tree->entries.emplace_back(text(key), std::move(value));
    settings_.options["settings"] = {.text = "", .position = {}, .given = true};
    settings_.options["settings"].tree = tree;
    settings_.metrics = {metric("orders")};
    Diagnostics diagnostics;
    const auto source = shared_plugin().create(settings_, diagnostics);
    MemoryHost host;
    return source->poll({.now = {}, .cursor = "", .from = {}}, host, {});
  }

  SourceSettings settings_;
  std::string folder_;
  std::string path_;
};

TEST_F(SharedObject, AnswersLikeAProgram) {
  const auto polled = poll("count");
  ASSERT_TRUE(polled) << polled.error().message;
  EXPECT_EQ(samples_of(*polled, settings_), (Lines{"2026-03-01 orders 12"}));
}

TEST_F(SharedObject, SaysWhyItCannotBeOpened) {
  EXPECT_EQ(poll("number").error(), (Error{ErrorKind::kInvalid, path_ + ": settings wants count: a number"}));
}

TEST_F(SharedObject, TellsNoSecretThatItWasTold) {
  std::filesystem::copy(KPI_ECHO_PLUGIN, path_, std::filesystem::copy_options::overwrite_existing);
  std::filesystem::permissions(path_, std::filesystem::perms(0755));
  OptionTree secret = text("");
  secret.secret = Secret("the-key-of-the-shop");
  const auto polled = poll("dsn", std::move(secret));
  ASSERT_TRUE(polled) << polled.error().message;
  EXPECT_EQ(problems_of(*polled), (Lines{"line 1: told {dsn:***}"}));
}

TEST_F(SharedObject, IsToldWhenItsPollTakesTooLong) {
  std::filesystem::copy(KPI_ECHO_PLUGIN, path_, std::filesystem::copy_options::overwrite_existing);
  std::filesystem::permissions(path_, std::filesystem::perms(0755));
  settings_.options["timeout"] = given("1");
  EXPECT_EQ(
      poll("patient").error(),
      (Error{ErrorKind::kTimeout, path_ + ": the poll takes too long: give it more time (timeout), or less to read"}));
}

TEST_F(SharedObject, IsNotLoadedWhereOthersMayWrite) {
  std::filesystem::permissions(path_, std::filesystem::perms(0775));
  EXPECT_EQ(poll("count").error(),
            (Error{ErrorKind::kInvalid, path_ + ": is not loaded: others may write to it: chmod go-w it"}));
  std::filesystem::permissions(path_, std::filesystem::perms(0755));
  std::filesystem::permissions(folder_, std::filesystem::perms(0777));
  EXPECT_EQ(poll("count").error(),
            (Error{ErrorKind::kInvalid, folder_ + ": is not loaded: others may write to it: chmod go-w it"}));
}

TEST_F(SharedObject, IsNotLoadedThroughALink) {
  std::filesystem::rename(path_, folder_ + "/real.so");
  std::filesystem::create_symlink(folder_ + "/real.so", path_);
  EXPECT_EQ(poll("count").error(),
            (Error{ErrorKind::kInvalid,
                   path_ + ": is not loaded: it is a symbolic link: write the path of the file itself"}));
}

TEST_F(SharedObject, ThatIsNoPluginSaysSo) {
  std::ofstream(path_) << "text";
  EXPECT_NE(poll("count").error().message.find("orders.so"), std::string::npos);
  EXPECT_EQ(require_trusted(folder_ + "/none.so").error(),
            (Error{ErrorKind::kUnavailable, folder_ + "/none.so: no such file"}));
}

}  // namespace
}  // namespace kpi
