// Programs that behave, and programs that do not: a table of hostile ones, each of which must be gone in time.

#include "daemon/os/process.hpp"

#include "daemon/os/clock.hpp"
#include "daemon/os/descriptor.hpp"
#include "daemon/os/own_files.hpp"
#include "daemon/os/process_starter.hpp"
#include "daemon/os/sandbox.hpp"

#include <gtest/gtest.h>

#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <tuple>

namespace kpi {
namespace {

ProcessRequest shell(const std::string& script, std::chrono::milliseconds timeout = std::chrono::seconds{20}) {
  ProcessRequest request;
  request.command = {"sh", "-c", script};
  request.timeout = timeout;
  return request;
}

std::string output(const ProcessRequest& request) {
  const auto result = run_process(request, {});
  return result ? result->output : result.error().message;
}

/// Who forks: the process itself, or its starter.
enum class Forks : unsigned char { kItself, kStarter };

/// A folder of its own, gone with the test.
class ProgramTest : public testing::Test {
 protected:
  explicit ProgramTest(Forks who) {
    std::string name = std::filesystem::temp_directory_path() / "kpid-process-XXXXXX";
    folder_ = ::mkdtemp(name.data());
    if (who == Forks::kStarter) {
      starter_.emplace();
    }
  }

  ~ProgramTest() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& name, const std::string& text) const { std::ofstream(folder_ + "/" + name) << text; }

  std::string folder_;
  std::optional<ProcessStarter> starter_;
};

class Process : public ProgramTest, public testing::WithParamInterface<Forks> {
 protected:
  Process() : ProgramTest(GetParam()) {}
};

std::string name_of(Forks who) {
  return who == Forks::kItself ? "itself" : "starter";
}

INSTANTIATE_TEST_SUITE_P(, Process, testing::Values(Forks::kItself, Forks::kStarter), [](const auto& tested) {
  return name_of(tested.param);
});

TEST_P(Process, IsForkedByTheStarterWhereThereIsOne) {
  ProcessRequest request = shell("cut -d' ' -f4 /proc/$PPID/stat");  // the parent of its keeper
  request.readable = {"/proc"};
  const std::string parent = output(request);
  EXPECT_TRUE(!parent.empty() && parent.find_first_not_of("0123456789\n") == std::string::npos) << parent;
  EXPECT_EQ(parent == std::to_string(::getpid()) + "\n", GetParam() == Forks::kItself) << parent;
}

TEST_P(Process, TakesACommandOfAnyLength) {
  ProcessRequest request = shell("printf %s \"$1\" | wc -c");
  request.command.insert(request.command.end(), {"sh", std::string(100'000, 'x')});
  EXPECT_EQ(output(request), "100000\n");
  request.command.push_back(std::string(100'000, 'y'));
  EXPECT_EQ(output(request), "100000\n");
}

TEST_P(Process, GivesOutputErrorsAndExitCode) {
  ProcessRequest request = shell("read line; echo \"got $line\"; echo trouble >&2; exit 3");
  request.input = "question\n";
  const auto result = run_process(request, {});
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->output, "got question\n");
  EXPECT_EQ(result->errors, "trouble\n");
  EXPECT_EQ(result->code, 3);
  EXPECT_EQ(result->signal, 0);
}

TEST_P(Process, SaysWhichSignalEndedIt) {
  const auto result = run_process(shell("kill -SEGV $$"), {});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->signal, SIGSEGV);
  EXPECT_EQ(result->code, 128 + SIGSEGV);
}

TEST_P(Process, SaysWhyItCannotBeStarted) {
  ProcessRequest request;
  request.command = {folder_ + "/none"};
  EXPECT_EQ(run_process(request, {}).error(),
            (Error{ErrorKind::kInvalid, folder_ + "/none: cannot be run: No such file or directory"}));
  write("text", "#!/bin/sh\n");
  request.command = {folder_ + "/text"};
  EXPECT_EQ(run_process(request, {}).error(),
            (Error{ErrorKind::kInvalid, folder_ + "/text: cannot be run: Permission denied"}));
}

TEST_P(Process, HasOnlyWhatIsPassedOn) {
  ::setenv("KPID_TEST_SECRET", "hidden", 1);   // NOLINT(concurrency-mt-unsafe)
  ::setenv("KPID_TEST_PUBLIC", "visible", 1);  // NOLINT(concurrency-mt-unsafe)
  ProcessRequest request;
  request.command = {"env"};
  request.environment = {{"KPID_SOURCE", "web"}};
  request.passed = {"KPID_TEST_PUBLIC", "KPID_TEST_NONE"};
  EXPECT_EQ(output(request),
            "PATH=/usr/local/bin:/usr/bin:/bin\nLANG=C.UTF-8\nKPID_TEST_PUBLIC=visible\n"
            "KPID_SOURCE=web\n");
}

TEST_P(Process, HasNoDescriptorOfTheDaemon) {
  const int open = ::dup(2);  // one that would be inherited
  EXPECT_EQ(output(shell("for fd in 3 4 5 6 7 8 9; do (: <&$fd) 2>/dev/null && echo $fd; done; echo done")), "done\n");
  ::close(open);
}

TEST_P(Process, SeesNoFileThatIsNotItsOwn) {
  if (!Sandbox::is_available()) {
    GTEST_SKIP() << "SKIPPED: this kernel has no Landlock";
  }
  write("credential", "top secret\n");
  std::filesystem::create_directory(folder_ + "/shared");
  std::ofstream(folder_ + "/shared/data") << "data\n";
  ProcessRequest request =
      shell("cat " + folder_ + "/credential 2>&1; cat " + folder_ + "/shared/data; echo x 2>&1 > " + folder_ +
            "/shared/new; cat /proc/1/environ 2>&1 | head -c 9");
  EXPECT_EQ(output(request).find("top secret"), std::string::npos);
  EXPECT_EQ(output(request).find("data\n"), std::string::npos);
  request.readable = {folder_ + "/shared"};
  EXPECT_NE(output(request).find("data\n"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/shared/new"));
  request.writable = {folder_ + "/shared"};
  output(request);
  EXPECT_TRUE(std::filesystem::exists(folder_ + "/shared/new"));
}

TEST_P(Process, SeesItsScriptTheFolderItRunsInAndTheLibraryBesideIt) {
  if (!Sandbox::is_available()) {
    GTEST_SKIP() << "SKIPPED: this kernel has no Landlock";
  }
  for (const char* folder : {"/scripts", "/here", "/own/bin", "/own/lib", "/elsewhere"}) {
    std::filesystem::create_directories(folder_ + folder);
  }
  for (const char* name : {"scripts/beside", "here/data", "own/lib/module", "elsewhere/data"}) {
    write(name, std::string("of ") + name + '\n');
  }
  write("scripts/run.sh", "cat $(dirname $0)/beside data " + folder_ + "/elsewhere/data\n");
  ProcessRequest request;
  request.command = {"sh", folder_ + "/scripts/run.sh"};
  request.folder = folder_ + "/here";
  EXPECT_EQ(output(request), "of scripts/beside\nof here/data\n");
  request.command = {"sh", "../scripts/run.sh"};
  EXPECT_EQ(output(request), "of scripts/beside\nof here/data\n");
  write("own/bin/program", "#!/bin/sh\ncat " + folder_ + "/own/lib/module\n");
  std::filesystem::permissions(folder_ + "/own/bin/program", std::filesystem::perms::owner_all);
  request.command = {folder_ + "/own/bin/program"};
  EXPECT_EQ(output(request), "of own/lib/module\n");
}

TEST_P(Process, OneThatSeesAllReadsAndWritesWhereverTheUserMay) {
  ProcessRequest request = shell("echo new > made && cat " + folder_ + "/there/made");
  std::filesystem::create_directories(folder_ + "/there");
  request.folder = folder_ + "/there";
  request.sees_all = true;
  EXPECT_EQ(output(request), "new\n");
}

TEST_P(Process, SeesOfItsFolderAllButTheFilesOfKpid) {
  if (!Sandbox::is_available()) {
    GTEST_SKIP() << "SKIPPED: this kernel has no Landlock";
  }
  std::filesystem::create_directories(folder_ + "/keys/other");
  std::filesystem::create_directories(folder_ + "/h.db.credentials");
  for (const char* name : {"kpid.yaml", "h.db", "h.db-wal", "h.db.credentials/a", "keys/token"}) {
    write(name, "top secret\n");
  }
  for (const char* name : {"data", "kpid.yaml.txt", "keys/token_reader", "keys/other/list"}) {
    write(name, std::string("of ") + name + '\n');
  }
  std::filesystem::create_symlink("h.db", folder_ + "/link");
  write("program",
        "#!/bin/sh\ncd \"$(dirname \"$0\")\"\ncat kpid.yaml h.db h.db-wal h.db.credentials/a keys/token link\n"
        "cat data kpid.yaml.txt keys/token_reader keys/other/list\n");
  std::filesystem::permissions(folder_ + "/program", std::filesystem::perms::owner_all);
  ProcessRequest request;
  request.command = {folder_ + "/program"};
  EXPECT_NE(output(request).find("top secret"), std::string::npos) << "of another's files it sees all";
  keep_from_programs(folder_ + "/./kpid.yaml", OwnKind::kFile);
  keep_from_programs(folder_ + "/h.db", OwnKind::kFamily);
  keep_from_programs(folder_ + "/keys/token", OwnKind::kFile);
  EXPECT_EQ(output(request), "of data\nof kpid.yaml.txt\nof keys/token_reader\nof keys/other/list\n");
  request.readable = {folder_};
  EXPECT_EQ(output(request).find("top secret"), std::string::npos);
  request.readable = {folder_ + "/kpid.yaml"};
  EXPECT_EQ(output(request).find("top secret"), 0U) << "what is named itself is meant";
  for (const std::string& path : {folder_, folder_ + "/keys", folder_ + "/h.db.credentials"}) {
    request.writable = {path};
    EXPECT_NE(output(request).find("program: cannot be run: it may write to " + path + ", where kpid's own " + folder_),
              std::string::npos)
        << output(request);
  }
  request.writable = {folder_ + "/keys/other"};
  EXPECT_NE(output(request).find("of data"), std::string::npos);
}

TEST_P(Process, SendsNoSignalToKpidNorToItsKeeper) {
  if (!Sandbox::holds_signals()) {
    GTEST_SKIP() << "SKIPPED: this kernel's Landlock does not hold signals";
  }
  EXPECT_EQ(output(shell("for pid in $PPID " + std::to_string(::getpid()) +
                         "; do for signal in 0 CONT; do kill -s $signal $pid 2>/dev/null && echo sent; done; done\n"
                         "sleep 100 & kill $! && wait $!; echo $?")),
            "143\n");
}

/// A socket as that of the daemon, in the folder.
class OwnSocket {
 public:
  explicit OwnSocket(const std::string& folder) : path_(folder + "/socket") {
    address_.sun_family = AF_UNIX;
    path_.copy(address_.sun_path, sizeof address_.sun_path - 1);
    EXPECT_EQ(::bind(listener_.get(), address(), sizeof address_), 0);
    EXPECT_EQ(::listen(listener_.get(), 8), 0);
  }

  /// A script that connects to it, then does that in Python.
  [[nodiscard]] std::string script(const std::string& then) const {
    return "python3 -c 'import signal, socket; s = socket.socket(socket.AF_UNIX); s.connect(\"" + path_ + "\"); " +
           then + "'";
  }

  [[nodiscard]] Descriptor connected() const {
    Descriptor people(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::connect(people.get(), address(), sizeof address_), 0);
    return people;
  }

  /// Whether the next one that connects is a program.
  [[nodiscard]] bool meets_a_program() const {
    return is_own_program(Descriptor(::accept(listener_.get(), nullptr, nullptr)).get());
  }

 private:
  [[nodiscard]] const sockaddr* address() const {
    return reinterpret_cast<const sockaddr*>(&address_);  // NOLINT(*-reinterpret-cast)
  }

  std::string path_;
  sockaddr_un address_{};
  Descriptor listener_{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
};

TEST_P(Process, IsKnownAtTheOtherEndOfASocket) {
  const OwnSocket socket(folder_);
  const auto is_own = [&](const std::string& script) {
    std::jthread program(
        [&](const std::stop_token& stop) { EXPECT_FALSE(run_process(shell(script), stop)) << "it was stopped"; });
    return socket.meets_a_program();
  };
  EXPECT_TRUE(is_own(socket.script("signal.pause()")));
  EXPECT_TRUE(is_own("(setsid " + socket.script("signal.pause()") + " &) ; tail -f /dev/null"))
      << "that of nobody it knows";
  const Descriptor people = socket.connected();
  EXPECT_FALSE(socket.meets_a_program());
}

class AnotherKpid : public ProgramTest {
 protected:
  AnotherKpid() : ProgramTest(Forks::kItself) {}
};

/// As a verb in somebody's shell does, which is no child of the daemon's.
TEST_F(AnotherKpid, RunsProgramsThatAreKnownToo) {
  const OwnSocket socket(folder_);
  const ProcessRequest request = shell(socket.script("s.recv(1)"));
  const pid_t between = ::fork();
  if (between == 0) {
    if (::fork() == 0) {
      (void)run_process(request, {});
    }
    ::_exit(0);
  }
  ASSERT_EQ(::waitpid(between, nullptr, 0), between);
  EXPECT_TRUE(socket.meets_a_program());
}

TEST_P(Process, StopsWhenAsked) {
  const auto stop = std::make_unique<std::stop_source>();
  const auto begun = system_clock().steady();
  std::thread asker([&stop] { stop->request_stop(); });
  const auto result = run_process(shell("sleep 100"), stop->get_token());
  asker.join();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error(), (Error{ErrorKind::kStopped, "sh was stopped"}));
  EXPECT_LT(system_clock().steady() - begun, std::chrono::seconds{20});
}

/// Forty at most, half of them in sessions of their own.
TEST_P(Process, IsEndedWithAllOfThemWhenItRunsTooMany) {
  ProcessRequest request = shell(
      "i=0; while [ $i -lt 20 ]; do sleep 1000 & echo $! >> $PIDS; setsid sh -c 'echo $$ >> $PIDS; exec sleep 1000' & "
      "i=$((i + 1)); done; sleep 1000");
  request.environment = {{"PIDS", folder_ + "/pids"}};
  request.writable = {folder_};
  request.max_processes = 10;
  const auto result = run_process(request, {});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error(),
            (Error{ErrorKind::kInvalid,
                   "sh ran more than 10 processes at once and was killed with all of them: let it start fewer"}));
  std::ifstream pids(folder_ + "/pids");
  for (pid_t pid = 0; pids >> pid;) {
    EXPECT_NE(::kill(pid, 0), 0) << "process " << pid << " is still there";
  }
}

struct Hostile {
  const char* name;
  const char* script;
  ErrorKind kind;
};

class HostileProgram : public ProgramTest, public testing::WithParamInterface<std::tuple<Forks, Hostile>> {
 protected:
  HostileProgram() : ProgramTest(std::get<0>(GetParam())) {}
};

/// Each is to be ended, with all that it started, two seconds after its time at most (here with room for a busy
/// machine). What it started says its number into a file, so that the test can look whether it is still there.
TEST_P(HostileProgram, IsContained) {
  const Hostile& hostile = std::get<1>(GetParam());
  ProcessRequest request = shell(hostile.script, std::chrono::milliseconds{300});
  request.environment = {{"PIDS", folder_ + "/pids"}};
  request.writable = {folder_};
  const auto begun = system_clock().steady();
  const auto result = run_process(request, {});
  EXPECT_LT(system_clock().steady() - begun, std::chrono::seconds{20});
  if (result) {
    EXPECT_EQ(hostile.kind, ErrorKind::kNotFound) << "it was to be ended";
  } else {
    EXPECT_EQ(result.error().kind, hostile.kind) << result.error().message;
  }
  std::ifstream pids(folder_ + "/pids");
  for (pid_t pid = 0; pids >> pid;) {
    EXPECT_NE(::kill(pid, 0), 0) << "process " << pid << " is still there";
  }
}

INSTANTIATE_TEST_SUITE_P(
    T17,
    HostileProgram,
    testing::Combine(
        testing::Values(Forks::kItself, Forks::kStarter),
        testing::Values(
            Hostile{"hangs", "echo $$ >> $PIDS; sleep 1000", ErrorKind::kTimeout},
            Hostile{
                "ignores_term", "trap '' TERM; echo $$ >> $PIDS; while :; do sleep 1000; done", ErrorKind::kTimeout},
            Hostile{"floods", "yes", ErrorKind::kInvalid},
            Hostile{"floods_errors", "yes >&2", ErrorKind::kInvalid},
            Hostile{"grandchild_keeps_the_pipe", "sleep 1000 & echo $! >> $PIDS; echo done", ErrorKind::kNotFound},
            Hostile{"double_fork",
                    "setsid sh -c 'echo $$ >> $PIDS; sleep 1000' & sleep 0.05; exit 0",
                    ErrorKind::kNotFound},
            Hostile{
                "double_fork_that_ignores",
                "setsid sh -c 'trap \"\" TERM; echo $$ >> $PIDS; (setsid sleep 1000) & echo $! >> $PIDS; sleep 1000' & "
                "sleep 1000",
                ErrorKind::kTimeout},
            Hostile{"closes_its_output", "exec >&- 2>&-; echo $$ >> $PIDS; sleep 1000", ErrorKind::kTimeout},
            Hostile{"forks_many",
                    "i=0; while [ $i -lt 200 ]; do sleep 1000 & echo $! >> $PIDS; "
                    "i=$((i + 1)); done; sleep 1000",
                    ErrorKind::kTimeout},
            Hostile{"eats_memory", "exec python3 -c 'x = bytearray(4 << 30); print(len(x))'", ErrorKind::kNotFound},
            Hostile{"stops_itself", "echo $$ >> $PIDS; kill -STOP $$", ErrorKind::kTimeout})),
    [](const auto& tested) { return name_of(std::get<0>(tested.param)) + "_" + std::get<1>(tested.param).name; });

}  // namespace
}  // namespace kpi
