#include "daemon/os/process_child.hpp"

#include "daemon/os/descendants.hpp"
#include "daemon/os/sandbox.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <ctime>
#include <sched.h>

namespace kpi {
namespace {

constexpr rlim_t kMostFiles = 256;
constexpr rlim_t kMostProcesses = 4096;  // of the user, the daemon's threads among them
constexpr rlim_t kLargestFile = rlim_t{64} << 20U;
constexpr std::int64_t kGraceMs = 1000;
constexpr std::int64_t kEndingMs = 5000;
constexpr std::int64_t kBetweenCountsMs = 50;
constexpr timespec kBetweenKills{0, 10'000'000};

void report(int fd, ChildReport::Kind kind, int value) {
  const ChildReport text{kind, value};
  [[maybe_unused]] const ssize_t count = ::write(fd, &text, sizeof text);
}

void limit(__rlimit_resource what, rlim_t most) {
  rlimit now{};
  ::getrlimit(what, &now);
  const rlim_t hard = now.rlim_max == RLIM_INFINITY || now.rlim_max > most ? most : now.rlim_max;
  const rlimit next{hard, hard};
  ::setrlimit(what, &next);
}

void reset_signals() {
  struct sigaction usual{};
  usual.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal) {
    ::sigaction(signal, &usual, nullptr);
  }
}

[[noreturn]] void become_program(const ChildPlan& plan) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  limit(RLIMIT_CORE, 0);
  // What is written to counts; some programs (node) reserve far more addresses than they use.
  limit(RLIMIT_DATA, plan.max_memory);
  limit(RLIMIT_AS, 16 * plan.max_memory);
  limit(RLIMIT_CPU, plan.cpu_seconds);
  limit(RLIMIT_NOFILE, kMostFiles);
  limit(RLIMIT_NPROC, kMostProcesses);
  limit(RLIMIT_FSIZE, kLargestFile);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::umask(077);
  const bool is_ready = ::dup2(plan.input, 0) == 0 && ::dup2(plan.output, 1) == 1 && ::dup2(plan.errors, 2) == 2 &&
                        ::chdir(plan.folder) == 0 && Sandbox::enter(plan.ruleset);
  // Everything else closes when the program begins; until then the report can say why it does not.
  ::syscall(SYS_close_range, 3U, ~0U, 1U << 2U /* CLOSE_RANGE_CLOEXEC */);
  if (is_ready) {
    ::execve(plan.path, plan.arguments, plan.environment);
  }
  report(plan.report, ChildReport::Kind::kNoStart, errno);
  ::_exit(127);
}

std::int64_t monotonic_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return (now.tv_sec * 1000) + (now.tv_nsec / 1'000'000);
}

/// A program that starts others without end would leave its keeper no turn of the processor; the kernel's limits hold
/// no program of root. Where this is not allowed they do.
void take_precedence() {
  sched_param param{};
  param.sched_priority = 1;
  ::sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &param);
}

/// Ends whatever is left, again and again: a killed process gives its children to this one.
void end_all(pid_t group, const sigset_t& signals) {
  Descendants beneath;
  const std::int64_t until = monotonic_ms() + kEndingMs;
  do {
    ::kill(-group, SIGKILL);
    beneath.kill();
    pid_t gone = 0;
    do {
      gone = ::waitpid(-1, nullptr, WNOHANG);
    } while (gone > 0);
    if (gone < 0 && errno == ECHILD) {
      return;
    }
    ::sigtimedwait(&signals, nullptr, &kBetweenKills);
  } while (monotonic_ms() < until);
}

}  // namespace

void keep_children(const ChildPlan& plan) {
  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGCHLD);
  ::sigaddset(&signals, SIGTERM);
  ::sigprocmask(SIG_SETMASK, &signals, nullptr);
  reset_signals();
  ::prctl(PR_SET_NAME, kKeeperName);
  ::setpgid(0, 0);  // a Ctrl-C at the daemon's terminal is the daemon's
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  take_precedence();
  // No copy of the memory: it is used until the program begins, and nothing in it is changed that is used afterwards.
  const pid_t program = ::vfork();  // NOLINT(clang-analyzer-security.insecureAPI.vfork)
  if (program == 0) {
    become_program(plan);
  }
  if (program < 0) {
    report(plan.report, ChildReport::Kind::kNoStart, errno);
    ::_exit(1);
  }
  ::setpgid(program, program);
  report(plan.report, ChildReport::Kind::kStarted, program);
  // Only the program may hold the pipes open, and nothing of the daemon's stays open here.
  const int own = ::fcntl(plan.report, F_DUPFD_CLOEXEC, 3);
  ::dup2(own, 3);
  ::syscall(SYS_close_range, 4U, ~0U, 0U);
  ::close(0);
  std::int64_t asked_at = -1;
  int status = 0;
  Descendants beneath;
  while (true) {
    const std::int64_t left = asked_at < 0 ? kBetweenCountsMs : kGraceMs - (monotonic_ms() - asked_at);
    const std::int64_t ms = left > kBetweenCountsMs ? kBetweenCountsMs : left;
    const timespec wait{0, ms > 0 ? ms * 1'000'000 : kBetweenKills.tv_nsec};
    const int signal = ::sigtimedwait(&signals, nullptr, &wait);
    if (beneath.find(plan.max_processes) > plan.max_processes) {
      report(3, ChildReport::Kind::kTooMany, 0);
      break;
    }
    if (signal == SIGTERM && asked_at < 0) {
      asked_at = monotonic_ms();
      ::kill(-program, SIGTERM);
    } else if (asked_at >= 0 && monotonic_ms() - asked_at >= kGraceMs) {
      ::kill(-program, SIGKILL);
    }
    pid_t gone = 0;
    do {
      int other = 0;
      gone = ::waitpid(-1, &other, WNOHANG);
      status = gone == program ? other : status;
    } while (gone > 0 && gone != program);
    if (gone == program) {
      break;
    }
  }
  end_all(program, signals);
  report(3, ChildReport::Kind::kEnded, status);
  ::_exit(0);
}

}  // namespace kpi
