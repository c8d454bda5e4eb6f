#include "daemon/os/process.hpp"

#include "daemon/os/clock.hpp"
#include "daemon/os/descriptor.hpp"
#include "daemon/os/own_files.hpp"
#include "daemon/os/process_child.hpp"
#include "daemon/os/process_starter.hpp"
#include "daemon/os/sandbox.hpp"
#include "rules/base/text.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <utility>

namespace kpi {
namespace {

using Steady = std::chrono::steady_clock::time_point;

/// How long a program that was asked to end may take, and how long its killing may.
constexpr std::chrono::milliseconds kGrace{1000};
constexpr std::chrono::milliseconds kKilling{6000};
constexpr std::array<std::string_view, 5> kFolders{
    "/usr/local/bin/", "/usr/bin/", "/bin/", "/usr/sbin/", "/usr/lib/nagios/plugins/"};

tl::unexpected<Error> no_start(const std::string& program, int reason) {
  return fail(reason == EAGAIN || reason == ENOMEM || reason == EMFILE ? ErrorKind::kUnavailable : ErrorKind::kInvalid,
              program + ": cannot be run: " + std::generic_category().message(reason));
}

/// Landlock cannot take a file out of a folder that may be written to.
Result<void> check_writable(const std::string& program, const std::string& path) {
  std::vector<std::string> own = own_files_beneath(path);
  if (own.empty() && is_own_file(path)) {
    own.push_back(path);
  }
  return own.empty() ? Result<void>()
                     : fail(ErrorKind::kInvalid,
                            program + ": cannot be run: it may write to " + path + ", where kpid's own " + own.front() +
                                " is; name a folder without it");
}

struct Pipe {
  Descriptor read;
  Descriptor write;
};

bool open_pipe(Pipe& pipe) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    return false;
  }
  pipe.read = Descriptor(ends[0]);
  pipe.write = Descriptor(ends[1]);
  return ::fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0;
}

/// The standard input as a file in memory: nothing waits for a program that does not read it.
Descriptor input_of(const std::string& text) {
  Descriptor file(::memfd_create("kpid-input", MFD_CLOEXEC));
  std::size_t written = 0;
  while (file.get() >= 0 && written < text.size()) {
    const ssize_t count = ::write(file.get(), text.data() + written, text.size() - written);
    if (count <= 0) {
      return {};
    }
    written += static_cast<std::size_t>(count);
  }
  ::lseek(file.get(), 0, SEEK_SET);
  return file;
}

/// The program runs in a folder of its own: what is relative to the daemon's must not be.
std::string absolute(const std::string& path) {
  std::error_code ignored;
  const auto whole = std::filesystem::absolute(path, ignored);
  return ignored ? path : whole.lexically_normal().string();
}

/// The program's path: as given, or found in the usual folders.
std::string path_of(const std::string& program) {
  if (program.find('/') != std::string::npos) {
    return absolute(program);
  }
  for (const std::string_view folder : kFolders) {
    if (const std::string path = std::string(folder) + program; ::access(path.c_str(), X_OK) == 0) {
      return path;
    }
  }
  return program;
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash + 1);
}

/// A program with what lies around it: an interpreter in …/bin has its library beside that folder.
void add_program(const std::string& program, std::vector<std::string>& readable) {
  readable.push_back(folder_of(program));
  const std::filesystem::path folder = std::filesystem::path(program).parent_path();
  if (folder.filename() == "bin") {
    for (const char* beside : {"lib", "lib64", "libexec", "share", "pyvenv.cfg"}) {
      readable.push_back((folder.parent_path() / beside).string());
    }
  }
}

/// The arguments that are files, and the folder of the first, which may be the script of an interpreter. Not those of
/// kpid's own: `read:` names them, where they are meant.
void add_arguments(const std::vector<std::string>& command,
                   const std::string& folder,
                   std::vector<std::string>& readable) {
  bool is_script = true;
  for (std::size_t i = 1; i < command.size(); ++i) {
    std::error_code ignored;
    const std::filesystem::path path = std::filesystem::canonical(std::filesystem::path(folder) / command[i], ignored);
    if (ignored || !std::filesystem::is_regular_file(path, ignored) || is_own_file(path.string())) {
      continue;
    }
    readable.push_back(path.string());
    if (std::exchange(is_script, false)) {
      readable.push_back(path.parent_path().string());
    }
  }
}

std::vector<std::string> environment_of(const ProcessRequest& request) {
  std::vector<std::string> environment{"PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8"};
  for (const std::string& name : request.passed) {
    // Read before any thread changes it: kpid never does.
    if (const char* value = std::getenv(name.c_str())) {  // NOLINT(concurrency-mt-unsafe)
      environment.push_back(name + "=" + value);
    }
  }
  for (const auto& [name, value] : request.environment) {
    environment.push_back(name + "=" + value);
  }
  return environment;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  result.reserve(texts.size() + 1);
  for (std::string& text : texts) {
    result.push_back(text.data());
  }
  result.push_back(nullptr);
  return result;
}

struct SeenProcess {
  std::string name;
  pid_t parent = -1;
};

/// Nothing: there is no such process, or /proc does not show it.
std::optional<SeenProcess> process_of(pid_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/stat");
  std::string text;
  std::getline(file, text, '\0');  // its name may hold line breaks
  // The name stands in parentheses, and may hold any of them.
  const std::size_t name_begin = text.find('(') + 1;
  const std::size_t name_end = text.rfind(')');
  SeenProcess seen;
  char state = 0;
  if (name_end == std::string::npos || !(std::istringstream(text.substr(name_end + 1)) >> state >> seen.parent)) {
    return std::nullopt;
  }
  seen.name = text.substr(name_begin, name_end - name_begin);
  return seen;
}

/// Gone, or of this user: who may be sent no signal is another's.
bool may_be_ours(pid_t process) {
  return ::kill(process, 0) == 0 || errno != EPERM;
}

/// One run, from the fork to the end of the last descendant.
class Run {
 public:
  explicit Run(const ProcessRequest& request) : request_(request) {}

  Result<ProcessResult> operator()(const std::stop_token& stop) {
    const std::string& program = request_.command.front();
    if (!open_pipe(output_) || !open_pipe(errors_) || !open_pipe(report_)) {
      return no_start(program, errno);
    }
    wake_ = Descriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    KPI_TRY(start());
    const std::stop_callback wake(stop, [this] {
      const std::uint64_t one = 1;
      [[maybe_unused]] const ssize_t count = ::write(wake_.get(), &one, sizeof one);
    });
    follow(stop);
    int status = 0;
    while (child_ > 0 && ::waitpid(child_, &status, 0) < 0 && errno == EINTR) {
    }
    return result();
  }

 private:
  Result<void> start() {
    std::vector<std::string> command = request_.command;
    command.front() = path_of(command.front());
    std::vector<std::string> environment = environment_of(request_);
    const std::vector<char*> arguments = pointers(command);
    const std::vector<char*> variables = pointers(environment);
    const std::string folder = request_.folder.empty() ? "/" : absolute(request_.folder);
    std::optional<Sandbox> sandbox;
    KPI_TRY(shut_in(command, folder, sandbox));
    const Descriptor input = input_of(request_.input);
    ChildPlan plan;
    plan.path = command.front().c_str();
    plan.arguments = arguments.data();
    plan.environment = variables.data();
    plan.folder = folder.c_str();
    plan.input = input.get();
    plan.output = output_.write.get();
    plan.errors = errors_.write.get();
    plan.report = report_.write.get();
    plan.ruleset = sandbox->ruleset();
    plan.max_memory = request_.max_memory;
    plan.cpu_seconds = static_cast<std::size_t>(request_.timeout.count() / 1000) + 2;
    plan.max_processes = request_.max_processes;
    if (auto keeper = start_keeper(plan)) {
      keeper_ = *std::move(keeper);
    } else {
      child_ = ::fork();
      if (child_ == 0) {
        keep_children(plan);
      }
      if (child_ < 0) {
        return no_start(request_.command.front(), errno);
      }
    }
    output_.write.close();
    errors_.write.close();
    report_.write.close();
    return {};
  }

  /// What the program may see and write.
  Result<void> shut_in(const std::vector<std::string>& command,
                       const std::string& folder,
                       std::optional<Sandbox>& sandbox) {
    if (request_.sees_all) {
      sandbox.emplace();
      return {};
    }
    std::vector<std::string> readable = request_.readable;
    std::vector<std::string> writable = request_.writable;
    std::ranges::transform(readable, readable.begin(), absolute);
    std::ranges::transform(writable, writable.begin(), absolute);
    for (const std::string& path : writable) {
      KPI_TRY(check_writable(request_.command.front(), path));
    }
    std::error_code ignored;
    add_program(command.front(), readable);
    add_program(std::filesystem::canonical(command.front(), ignored).string(), readable);
    add_arguments(command, folder, readable);
    if (!request_.folder.empty()) {
      readable.push_back(folder);
    }
    sandbox.emplace(readable, writable);
    return {};
  }

  /// Reads until the keeper has said how it ended; then everything is over.
  void follow(const std::stop_token& stop) {
    Clock& clock = system_clock();
    Steady deadline = clock.steady() + request_.timeout;
    while (!ended_) {
      if (!why_ && stop.stop_requested()) {
        ask_to_end(ErrorKind::kStopped, clock.steady(), deadline);
      }
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - clock.steady());
      if (left.count() <= 0) {
        if (is_killed_) {
          return;
        }
        if (why_ && group_ > 0) {
          ::kill(-std::exchange(group_, -1), SIGKILL);  // they may have left the keeper no turn
          deadline = clock.steady() + kKilling;
          continue;
        }
        if (why_) {
          is_killed_ = true;
          tell_keeper(SIGKILL);
          deadline = clock.steady() + kKilling;
          continue;
        }
        ask_to_end(ErrorKind::kTimeout, clock.steady(), deadline);
        continue;
      }
      std::array<pollfd, 4> waits{{{output_.read.get(), POLLIN, 0},
                                   {errors_.read.get(), POLLIN, 0},
                                   {report_.read.get(), POLLIN, 0},
                                   {why_ ? -1 : wake_.get(), POLLIN, 0}}};
      ::poll(waits.data(), waits.size(), static_cast<int>(std::min<std::int64_t>(left.count(), 60'000)));
      const bool fits = take(output_, result_.output) && take(errors_, result_.errors);
      if (!fits && !why_) {
        ask_to_end(ErrorKind::kInvalid, clock.steady(), deadline);
      }
      read_report();
    }
    take(output_, result_.output);
    take(errors_, result_.errors);
  }

  void tell_keeper(int signal) const {
    if (child_ > 0) {
      ::kill(child_, signal);
    } else {
      ::syscall(SYS_pidfd_send_signal, keeper_.get(), signal, nullptr, 0);
    }
  }

  void ask_to_end(ErrorKind why, Steady now, Steady& deadline) {
    why_ = why;
    tell_keeper(SIGTERM);
    deadline = now + kGrace + kKilling;
  }

  /// False: more than there may be; what is read beyond it is dropped.
  bool take(Pipe& pipe, std::string& text) const {
    std::array<char, 65536> bytes;
    while (pipe.read.get() >= 0) {
      const ssize_t count = ::read(pipe.read.get(), bytes.data(), bytes.size());
      if (count < 0) {
        return true;
      }
      if (count == 0) {
        pipe.read.close();
        return true;
      }
      const std::size_t room = request_.max_output - std::min(text.size(), request_.max_output);
      text.append(bytes.data(), std::min(room, static_cast<std::size_t>(count)));
      if (static_cast<std::size_t>(count) > room) {
        return false;
      }
    }
    return true;
  }

  void read_report() {
    ChildReport report{};
    const ssize_t count = ::read(report_.read.get(), &report, sizeof report);
    if (count == 0) {
      ended_ = true;  // the keeper is gone
    }
    if (count != sizeof report) {
      return;
    }
    if (report.kind == ChildReport::Kind::kTooMany) {
      is_too_many_ = true;
    } else if (report.kind == ChildReport::Kind::kNoStart) {
      no_start_ = report.value;
    } else if (report.kind == ChildReport::Kind::kStarted) {
      group_ = report.value;
    } else {
      status_ = report.value;
      ended_ = true;
    }
  }

  Result<ProcessResult> result() {
    const std::string& program = request_.command.front();
    if (no_start_) {
      return no_start(program, *no_start_);
    }
    if (is_too_many_) {
      return fail(
          ErrorKind::kInvalid,
          program + " ran more than " + std::to_string(request_.max_processes) +
              (status_ ? " processes at once and was killed with all of them: let it start fewer"
                       : " processes at once and was killed; some may run on: look for them, and let it start fewer"));
    }
    if (why_ == ErrorKind::kStopped) {
      return fail(ErrorKind::kStopped, program + " was stopped");
    }
    if (why_ == ErrorKind::kTimeout) {
      return fail(ErrorKind::kTimeout,
                  program + " did not end within " + std::to_string(request_.timeout.count() / 1000) +
                      (status_ ? " s and was killed, with all it had started"
                               : " s and was killed; what it had started may run on: look for it"));
    }
    if (why_ == ErrorKind::kInvalid) {
      return fail(ErrorKind::kInvalid,
                  program + " wrote more than " + std::to_string(request_.max_output >> 10U) +
                      " KiB and was killed: let it write less");
    }
    if (!status_) {
      return fail(ErrorKind::kUnavailable, program + ": how it ended is not known");
    }
    result_.signal = WIFSIGNALED(*status_) ? WTERMSIG(*status_) : 0;
    result_.code = result_.signal != 0 ? 128 + result_.signal : WEXITSTATUS(*status_);
    return std::move(result_);
  }

  const ProcessRequest& request_;
  Pipe output_;
  Pipe errors_;
  Pipe report_;
  Descriptor wake_;
  Descriptor keeper_;  // a pidfd, where the starter has forked it
  pid_t child_ = -1;   // else the keeper's number
  ProcessResult result_;
  std::optional<ErrorKind> why_;  // it was made to end
  std::optional<int> no_start_;
  std::optional<int> status_;
  pid_t group_ = -1;  // of the program, until it was killed from here
  bool ended_ = false;
  bool is_killed_ = false;
  bool is_too_many_ = false;
};

}  // namespace

Result<ProcessResult> run_process(const ProcessRequest& request, const std::stop_token& stop) {
  if (stop.stop_requested()) {
    return fail(ErrorKind::kStopped, request.command.front() + " was stopped");
  }
  return Run(request)(stop);
}

bool is_own_program(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
    return false;
  }
  // A descendant whose parents are gone is its keeper's child. The keeper's name nobody beneath it can change.
  for (pid_t process = peer.pid; process > 1;) {
    const std::optional<SeenProcess> seen = process_of(process);
    if (!seen) {
      return peer.uid == ::geteuid() && may_be_ours(process);
    }
    if (seen->name == kKeeperName) {
      return true;
    }
    process = seen->parent;
  }
  return false;
}

std::string program_trouble(const std::string& program) {
  const std::string path = path_of(program);
  struct stat status{};
  if (path.find('/') == std::string::npos) {
    return "there is no program " + printable(program, 200) + " in " +
           join(std::vector<std::string>(kFolders.begin(), kFolders.end()), " ");
  }
  if (::stat(path.c_str(), &status) != 0) {
    return printable(path, 200) + ": there is no such program";
  }
  return S_ISREG(status.st_mode) && ::access(path.c_str(), X_OK) == 0
             ? ""
             : printable(path, 200) + " is no program that may be run: chmod +x";
}

}  // namespace kpi
