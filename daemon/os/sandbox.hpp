#pragma once
// Which files a program that kpid runs may see, and whom it may send a signal: Landlock, where the kernel has it. Made
// before the fork, entered after it. Thread-safe.

#include <string>
#include <vector>

namespace kpi {

class Sandbox {
 public:
  /// The system's programs and libraries, what network programs need of /etc, some of /proc, and `readable`; `writable`
  /// as well. Paths that are not there are left out. Of a folder that holds kpid's own files (own_files.hpp) all else
  /// is seen; one of them is seen when `readable` names it itself.
  Sandbox(const std::vector<std::string>& readable, const std::vector<std::string>& writable);
  /// Leaves files alone, and keeps signals in where the kernel can.
  Sandbox();
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;
  Sandbox(Sandbox&&) = delete;
  Sandbox& operator=(Sandbox&&) = delete;
  ~Sandbox();

  /// What enter() takes, as long as this lives; -1 without Landlock.
  [[nodiscard]] int ruleset() const { return ruleset_; }

  /// Shuts the calling process in. Async-signal-safe. False: the kernel refused; with -1 it does nothing.
  [[nodiscard]] static bool enter(int ruleset);

  /// Whether the kernel can do it.
  static bool is_available();

  /// Whether it keeps signals in, too (Linux 6.12): the program reaches its own processes only.
  static bool holds_signals();

 private:
  int ruleset_ = -1;
};

}  // namespace kpi
