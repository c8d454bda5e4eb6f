#pragma once
// What runs between fork and exec: async-signal-safe code only, on memory that was made ready before. Private to
// process.cpp and process_starter.cpp.

#include <cstddef>

namespace kpi {

/// All that the child needs.
struct ChildPlan {
  const char* path = nullptr;
  char* const* arguments = nullptr;
  char* const* environment = nullptr;
  const char* folder = nullptr;
  int input = -1;
  int output = -1;
  int errors = -1;
  int report = -1;   ///< Where ChildReports are written to.
  int ruleset = -1;  ///< Of the Sandbox; -1: none.
  std::size_t max_memory = 0;
  std::size_t cpu_seconds = 0;
  std::size_t max_processes = 0;  ///< At once, whoever kpid runs as: the kernel's own limit does not hold root.
};

struct ChildReport {
  enum class Kind : int {
    kNoStart,  ///< `value` is an errno.
    kStarted,  ///< `value` is the program's process, which leads a group of its number.
    kTooMany,  ///< It ran more processes than it may, and is ended for it.
    kEnded,    ///< `value` is a status of waitpid; all descendants are gone.
  };

  Kind kind = Kind::kNoStart;
  int value = 0;
};

/// What the keeper is called in /proc: by it another kpid knows the programs beneath. The kernel keeps 15 bytes.
inline constexpr const char* kKeeperName = "kpid-keeper";

/// The keeper's life: starts the program, waits for it, ends on SIGTERM what does not end by itself, and every
/// descendant that is left.
[[noreturn]] void keep_children(const ChildPlan& plan);

}  // namespace kpi
