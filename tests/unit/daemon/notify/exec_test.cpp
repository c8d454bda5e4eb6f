#include "tests/support/sample_messages.hpp"
#include "tests/unit/daemon/notify/fake_http.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kpi {
namespace {

/// A world in which every program ends as it is told.
class Programs final : public Host {
 public:
  Result<File> read_file(const std::string& path, std::size_t /*limit*/) override {
    return fail(ErrorKind::kNotFound, path);
  }

  Result<std::string> file_version(const std::string& path) override { return fail(ErrorKind::kNotFound, path); }

  Result<ProcessResult> run(const ProcessRequest& request, const std::stop_token& /*stop*/) override {
    asked = request;
    return ended;
  }

  ProcessRequest asked;
  Result<ProcessResult> ended = ProcessResult{};
};

Outcome deliver(Programs& programs) {
  ChannelSettings settings;
  settings.name = "siren";
  settings.lists["command"] = {"/usr/local/bin/siren", "--loud"};
  Diagnostics diagnostics;
  test::FakeChannelHost fake;
  fake.host.host = &programs;
  return find_channel_kind("exec")
      ->create(settings, diagnostics)
      ->deliver(test::sample_message("firing"), fake.host, {});
}

TEST(ExecChannel, GivesTheMessageToTheProgram) {
  Programs programs;
  EXPECT_EQ(deliver(programs).kind, Outcome::Kind::kDelivered);
  EXPECT_THAT(programs.asked.command, testing::ElementsAre("/usr/local/bin/siren", "--loud"));
  EXPECT_THAT(programs.asked.input, testing::StartsWith(R"({"type":"alert.firing")"));
  EXPECT_THAT(programs.asked.environment, testing::Contains(testing::Pair("KPID_MESSAGE_TYPE", "alert.firing")));
}

TEST(ExecChannel, ReadsHowTheProgramEnded) {
  Programs programs;
  ProcessResult result;
  result.code = 1;
  result.errors = "no line\n";
  programs.ended = result;
  EXPECT_EQ(deliver(programs), (Outcome{Outcome::Kind::kRetry, "exited with 1: no line", {}}));
  result.code = 65;
  programs.ended = result;
  EXPECT_EQ(deliver(programs).kind, Outcome::Kind::kRefused);
  programs.ended = fail(ErrorKind::kTimeout, "it did not end within 10 s");
  EXPECT_EQ(deliver(programs).kind, Outcome::Kind::kRetry);
  programs.ended = fail(ErrorKind::kNotFound, "there is no program");
  EXPECT_EQ(deliver(programs).kind, Outcome::Kind::kRefused);
}

}  // namespace
}  // namespace kpi
