#include "tests/unit/daemon/cli/program.hpp"

#include <gtest/gtest.h>

namespace kpi::test {
namespace {

TEST(DeadLetters, OfAChannelThatDoesNotExistAreNoAnswer) {
  Program program("2026-03-15T06:00:00Z");
  write_site(program);
  ASSERT_EQ(program.once("2026-03-15T06:00:00Z"), 0);
  EXPECT_EQ(program.on_folder({"deadletter", "list", "--channel", "terminal"}),
            (Ended{0, "there are no dead letters\n", ""}));
  const Ended refused{2, "", "kpid: there is no channel \"terminl\"; did you mean \"terminal\"?\n"};
  EXPECT_EQ(program.on_folder({"deadletter", "list", "--channel", "terminl"}), refused);
  EXPECT_EQ(program.on_folder({"deadletter", "resend", "--channel", "terminl"}), refused);
}

}  // namespace
}  // namespace kpi::test
