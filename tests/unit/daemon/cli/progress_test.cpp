// What takes long says so where standard error is a terminal, and nowhere else.

#include "tests/unit/daemon/cli/program.hpp"

#include <gmock/gmock.h>

#include <string>

namespace kpi::test {
namespace {

using testing::HasSubstr;

constexpr const char* kNow = "2026-03-15T06:00:00Z";

const std::vector<std::string> kOnce{"run", "--once", "--now", kNow};
const std::vector<std::string> kImport{"import", "--source", "web"};

TEST(Progress, IsShownOnATerminalAndLeavesTheLineEmpty) {
  for (const std::vector<std::string>& words : {kOnce, kImport}) {
    Program program(kNow);
    write_site(program);
    program.shows_progress = true;
    const std::string shown = program.on_folder(words).err;
    EXPECT_THAT(shown, HasSubstr("\r\x1b[K" + words[0] + ": reading"));
    EXPECT_THAT(shown, HasSubstr("\r\x1b[K" + words[0] + ": judging by "));
    EXPECT_THAT(shown, testing::EndsWith("\r\x1b[K"));
  }
}

TEST(Progress, IsNotShownWhereNobodyLooks) {
  for (const std::vector<std::string>& words : {kOnce, kImport}) {
    Program program(kNow);
    write_site(program);
    program.is_terminal = true;  // where the result goes; errors go into a file
    EXPECT_EQ(program.on_folder(words).err, "");
  }
}

TEST(RunOnce, GivesItsOptionsNoMeaningWithoutIt) {
  Program program(kNow);
  write_site(program);
  EXPECT_EQ(program.on_folder({"run", "--json"}), (Ended{2, "", "kpid: --json goes with --once\n"}));
  EXPECT_EQ(program.on_folder({"run", "--now", kNow}), (Ended{2, "", "kpid: --now goes with --once\n"}));
}

}  // namespace
}  // namespace kpi::test
