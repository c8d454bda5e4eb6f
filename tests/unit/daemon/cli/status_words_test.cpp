// The page's status says what `kpid status --json` says, and a step costs the lines that it changed.

#include "daemon/cli/status_words.hpp"

#include "daemon/config/last_good.hpp"
#include "tests/unit/daemon/cli/program.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>

namespace kpi::test {
namespace {

using nlohmann::json;

class StatusWordsTest : public testing::Test {
 protected:
  void SetUp() override {
    write_site(program_);
    ASSERT_EQ(program_.once("2026-03-15T06:00:00Z"), 0);
    SystemHost host;
    config_ = read_config(program_.path("kpid.yaml"), Secrets::kIgnored, host).load.config;
    ASSERT_NE(config_, nullptr);
  }

  StatusSnapshot read() {
    auto snapshot = words_.read(config_, "");
    EXPECT_TRUE(snapshot) << snapshot.error().message;
    return snapshot.value_or(StatusSnapshot{});
  }

  Program program_{"2026-03-15T06:00:00Z"};
  std::shared_ptr<const Config> config_;
  StatusWords words_;
};

TEST_F(StatusWordsTest, SayWhatTheCommandLineSays) {
  const StatusIndex index(config_, read());
  EXPECT_EQ(json::parse(index.document()), json::parse(program_.on_folder({"status", "--json"}).out));
}

TEST_F(StatusWordsTest, ALineIsPutIntoWordsAgainWhenItHasChanged) {
  const StatusSnapshot before = read();
  const StatusSnapshot same = read();
  ASSERT_FALSE(before.lines.empty());
  EXPECT_EQ(before.lines, same.lines);  // the very same words

  program_.write("web.csv", program_.read("web.csv") + "2026-03-15,SE,777,30\n");
  ASSERT_EQ(program_.once("2026-03-16T06:00:00Z"), 0);
  const StatusSnapshot after = read();
  ASSERT_EQ(after.lines.size(), before.lines.size());
  std::size_t kept = 0;
  for (std::size_t i = 0; i < after.lines.size(); ++i) {
    kept += after.lines[i] == before.lines[i] ? 1 : 0;
  }
  EXPECT_LT(kept, after.lines.size());
  const StatusIndex index(config_, after);
  EXPECT_EQ(json::parse(index.document()), json::parse(program_.on_folder({"status", "--json"}).out));
}

}  // namespace
}  // namespace kpi::test
