#pragma once
// The processes beneath this one, found in /proc again and again: a program may start others faster than they are
// ended. Async-signal-safe: no memory is taken. One thread; in the keeper of a program, to which those come whose
// parents are gone.

#include <sys/types.h>

#include <array>
#include <cstddef>

namespace kpi {

class Descendants {
 public:
  /// Looks for them anew until there are more than `enough`; how many were found. Without their lists in /proc (an old
  /// kernel) it is none.
  std::size_t find(std::size_t enough = kMost);

  /// To all that find() found.
  void send(int signal) const;

  /// Stops all before it kills them: who is stopped starts nothing. Some may be left; call it until there are none.
  void kill();

 private:
  static constexpr std::size_t kMost = 2048;

  void add_children_of(pid_t process);
  void add_listed(const char* path);

  std::array<pid_t, kMost> pids_{};
  std::size_t count_ = 0;
};

}  // namespace kpi
