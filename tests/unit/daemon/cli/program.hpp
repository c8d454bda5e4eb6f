#pragma once
// The program as a person meets it: a folder of real files, a history made by `run --once`, verbs with their output
// kept. The clock is the test's.

#include "daemon/cli/command.hpp"
#include "daemon/os/system_host.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace kpi::test {

/// An environment variable for the length of a test. Null: not set.
class ScopedVariable {
 public:
  ScopedVariable(const char* name, const char* value);
  ScopedVariable(const ScopedVariable&) = delete;
  ScopedVariable(ScopedVariable&&) = delete;
  ScopedVariable& operator=(const ScopedVariable&) = delete;
  ScopedVariable& operator=(ScopedVariable&&) = delete;
  ~ScopedVariable();

 private:
  const char* name_;
  std::optional<std::string> before_;
};

/// How a verb ended. The folder's path is written DIR in both texts.
struct Ended {
  int code = 0;
  std::string out;
  std::string err;

  bool operator==(const Ended&) const = default;
};

void PrintTo(const Ended& ended, std::ostream* out);

class FakeClock final : public Clock {
 public:
  Instant now() override { return time; }

  std::chrono::steady_clock::time_point steady() override { return {}; }

  Instant time;
};

class Program {
 public:
  /// `now`: RFC 3339.
  explicit Program(std::string_view now);
  Program(const Program&) = delete;
  Program(Program&&) = delete;
  Program& operator=(const Program&) = delete;
  Program& operator=(Program&&) = delete;
  ~Program();

  void write(const std::string& path, std::string_view text) const;
  [[nodiscard]] std::string read(const std::string& path) const;
  [[nodiscard]] bool has(const std::string& path) const;
  void remove(const std::string& path) const;
  [[nodiscard]] std::string path(const std::string& name) const;

  /// Runs a verb as it is written.
  Ended run(std::vector<std::string> words);
  /// Runs a verb on the folder's kpid.yaml.
  Ended on_folder(std::vector<std::string> words);
  /// `run --once` at that time, which the clock then shows. Returns its exit code.
  int once(std::string_view now);

  void set_time(std::string_view now);

  bool is_terminal = false;
  bool shows_progress = false;

 private:
  std::filesystem::path folder_;
  FakeClock clock_;
  SystemHost host_;
};

/// Fourteen days of a small site, to 2026-03-14: conversions by country, one of which falls; visits on their way to a
/// target; a newsletter that stops reporting after 2026-03-09.
void write_site(const Program& program);

}  // namespace kpi::test
