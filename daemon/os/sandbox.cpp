#include "daemon/os/sandbox.hpp"

#include "daemon/os/own_files.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <linux/landlock.h>

namespace kpi {
namespace {

// A kernel's version of Landlock knows more rights than the one before; what it does not know it would refuse.
constexpr std::uint64_t kReadFile = LANDLOCK_ACCESS_FS_READ_FILE;
constexpr std::uint64_t kRead = kReadFile | LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_EXECUTE;
constexpr std::uint64_t kFirstVersion = (1ULL << 13) - 1;
constexpr std::uint64_t kRefer = 1ULL << 13;     // from version 2 on
constexpr std::uint64_t kTruncate = 1ULL << 14;  // from version 3 on

// From version 6 on: to whom signals may go, which abstract sockets may be connected to.
constexpr int kFirstScopedVersion = 6;
constexpr std::uint64_t kOwnSocketsAndSignals = (1ULL << 0) | (1ULL << 1);

/// landlock_ruleset_attr as newer kernels have it; an older one takes its begin.
struct RulesetAttributes {
  std::uint64_t files = 0;
  std::uint64_t network = 0;
  std::uint64_t scoped = 0;
};

constexpr std::array kReadableFolders{"/usr",
                                      "/bin",
                                      "/sbin",
                                      "/lib",
                                      "/lib32",
                                      "/lib64",
                                      "/etc/ssl",
                                      "/etc/ca-certificates",
                                      "/etc/alternatives",
                                      "/etc/monitoring-plugins",
                                      "/etc/python3",
                                      "/sys/class",
                                      "/sys/devices",
                                      "/proc/sys/kernel",
                                      "/proc/net"};
constexpr std::array kReadableFiles{"/etc/ld.so.cache", "/etc/ld.so.preload", "/etc/resolv.conf", "/etc/hosts",
                                    "/etc/host.conf",   "/etc/nsswitch.conf", "/etc/gai.conf",    "/etc/services",
                                    "/etc/protocols",   "/etc/passwd",        "/etc/group",       "/etc/localtime",
                                    "/etc/timezone",    "/etc/mtab",          "/etc/os-release",  "/proc/loadavg",
                                    "/proc/meminfo",    "/proc/uptime",       "/proc/stat",       "/proc/cpuinfo",
                                    "/proc/mounts",     "/dev/urandom",       "/dev/random",      "/dev/zero"};

int landlock_version() {
  return static_cast<int>(::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION));
}

std::uint64_t known_rights() {
  const int version = landlock_version();
  return kFirstVersion | (version >= 2 ? kRefer : 0) | (version >= 3 ? kTruncate : 0);
}

void allow(int ruleset, const char* path, std::uint64_t rights) {
  landlock_path_beneath_attr rule{};
  rule.parent_fd = ::open(path, O_PATH | O_CLOEXEC);
  if (rule.parent_fd < 0) {
    return;
  }
  struct stat status{};
  // A right on what a folder holds is refused for a file.
  const bool is_folder = ::fstat(rule.parent_fd, &status) == 0 && S_ISDIR(status.st_mode);
  const std::uint64_t of_files = kReadFile | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_EXECUTE | kTruncate;
  rule.allowed_access = (is_folder ? rights : rights & of_files) & known_rights();
  ::syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
  ::close(rule.parent_fd);
}

/// What is in a folder, at any depth, without kpid's own files: Landlock only gives, so a folder that holds one of them
/// is given entry by entry. Its names can be listed. Links are left out: what they point at is given where it lies.
void allow_reading(int ruleset, const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_directory(path, error) || own_files_beneath(path).empty()) {
    allow(ruleset, path.c_str(), kRead);
    return;
  }
  allow(ruleset, path.c_str(), LANDLOCK_ACCESS_FS_READ_DIR);
  for (std::filesystem::directory_iterator at(path, error), end; !error && at != end; at.increment(error)) {
    std::error_code ignored;
    if (!at->is_symlink(ignored) && !is_own_file(at->path().string())) {
      allow_reading(ruleset, at->path().string());
    }
  }
}

int make_ruleset(std::uint64_t files) {
  RulesetAttributes attributes;
  attributes.files = files;
  const bool is_scoped = landlock_version() >= kFirstScopedVersion;
  attributes.scoped = is_scoped ? kOwnSocketsAndSignals : 0;
  return static_cast<int>(
      ::syscall(SYS_landlock_create_ruleset, &attributes, is_scoped ? sizeof attributes : sizeof attributes.files, 0));
}

}  // namespace

bool Sandbox::is_available() {
  return landlock_version() > 0;
}

bool Sandbox::holds_signals() {
  return landlock_version() >= kFirstScopedVersion;
}

Sandbox::Sandbox(const std::vector<std::string>& readable, const std::vector<std::string>& writable) {
  if (!is_available()) {
    return;
  }
  ruleset_ = make_ruleset(known_rights());
  if (ruleset_ < 0) {
    return;
  }
  for (const char* path : kReadableFolders) {
    allow_reading(ruleset_, path);
  }
  for (const char* path : kReadableFiles) {
    allow(ruleset_, path, kReadFile);
  }
  allow(ruleset_, "/dev/null", kReadFile | LANDLOCK_ACCESS_FS_WRITE_FILE);
  for (const std::string& path : readable) {
    allow_reading(ruleset_, path);
  }
  for (const std::string& path : writable) {
    allow(ruleset_, path.c_str(), known_rights());
  }
}

Sandbox::Sandbox() : ruleset_(holds_signals() ? make_ruleset(0) : -1) {}

Sandbox::~Sandbox() {
  if (ruleset_ >= 0) {
    ::close(ruleset_);
  }
}

bool Sandbox::enter(int ruleset) {
  return ruleset < 0 || ::syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
}

}  // namespace kpi
