#include "daemon/store/file_lock.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <string_view>
#include <thread>
#include <utility>

namespace kpi {
namespace {

constexpr std::string_view kElsewhere = "set \"history: path\" to another place";

std::string cannot_open(const std::string& history, const std::string& lock, int error) {
  const std::string directory = std::filesystem::path(history).parent_path().string();
  if (error == ENOENT) {
    return fmt::format(R"(cannot open the history "{}": the directory "{}" does not exist; create it, or {})",
                       history,
                       directory.empty() ? "." : directory,
                       kElsewhere);
  }
  return fmt::format(
      R"(cannot open the history "{}": "{}": {}; make the directory writable for the user that runs kpid, or {})",
      history,
      lock,
      std::generic_category().message(error),
      kElsewhere);
}

constexpr std::string_view kDamaged = "damaged\n";

std::string text_in(int fd) {
  std::array<char, 24> text{};
  const ssize_t size = ::pread(fd, text.data(), text.size(), 0);
  return {text.data(), size > 0 ? static_cast<std::size_t>(size) : 0};
}

/// What the lock file holds: its owner's pid, or nothing.
std::string owner_of(int fd) {
  const std::string text = text_in(fd);
  std::string_view pid = text;
  pid = pid.substr(0, pid.find_first_not_of("0123456789"));
  return std::string(pid);
}

std::string in_use(const std::string& history, const std::string& lock, const std::string& pid) {
  return fmt::format(R"(the history "{}" is in use by {} (lock file "{}"): stop that kpid first, or {})",
                     history,
                     pid.empty() ? "another process" : fmt::format("process {}", pid),
                     lock,
                     kElsewhere);
}

}  // namespace

Result<FileLock> FileLock::take(const std::string& history, std::chrono::milliseconds patience) {
  const std::string path = history + ".lock";
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): open() has no other form.
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) {
    return fail(ErrorKind::kStorage, cannot_open(history, path, errno));
  }
  FileLock lock(fd, history);
  // flock() itself would wait for ever. A verb of another process holds it for some milliseconds.
  constexpr std::chrono::milliseconds kAgain{20};
  int error = ::flock(fd, LOCK_EX | LOCK_NB) == 0 ? 0 : errno;
  for (; error == EWOULDBLOCK && patience > kAgain; patience -= kAgain) {
    std::this_thread::sleep_for(kAgain);
    error = ::flock(fd, LOCK_EX | LOCK_NB) == 0 ? 0 : errno;
  }
  if (error != 0) {
    return fail(ErrorKind::kStorage,
                error == EWOULDBLOCK ? in_use(history, path, owner_of(fd)) : cannot_open(history, path, error));
  }
  lock.was_abandoned_ = !owner_of(fd).empty();
  lock.was_damaged_ = text_in(fd) == kDamaged;
  // Synchronised, so that it tells of a power cut too. The pid is advice: a disk too full to take it is no reason to
  // stop.
  const std::string pid = fmt::format("{}\n", ::getpid());
  if (::ftruncate(fd, 0) == 0 && ::pwrite(fd, pid.data(), pid.size(), 0) > 0) {
    ::fsync(fd);
  }
  return lock;
}

FileLock::FileLock(FileLock&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      history_(std::move(other.history_)),
      noted_(other.noted_),
      was_abandoned_(other.was_abandoned_),
      was_damaged_(other.was_damaged_) {}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(history_, other.history_);
  std::swap(noted_, other.noted_);
  std::swap(was_abandoned_, other.was_abandoned_);
  std::swap(was_damaged_, other.was_damaged_);
  return *this;
}

FileLock::~FileLock() {
  if (fd_ >= 0) {
    ::close(fd_);
  }
}

std::optional<FileLock::Identity> FileLock::identity_of(const std::string& path) {
  struct stat about{};
  return ::stat(path.c_str(), &about) == 0 ? std::optional(Identity{about.st_dev, about.st_ino}) : std::nullopt;
}

void FileLock::note_history() {
  noted_ = identity_of(history_);
}

std::string FileLock::lost() const {
  struct stat held{};
  const std::string lock = history_ + ".lock";
  const bool has_lock = ::fstat(fd_, &held) == 0;
  for (const auto& [path, known] :
       {std::pair(history_, noted_),
        std::pair(lock, has_lock ? std::optional(Identity{held.st_dev, held.st_ino}) : std::nullopt)}) {
    if (const auto found = identity_of(path); known && found != known) {
      return fmt::format(R"("{}" was {} while kpid had it open)", path, found ? "replaced" : "deleted");
    }
  }
  return "";
}

void FileLock::release() {
  if (fd_ < 0) {
    return;
  }
  // Should this fail, the next owner merely checks the file once more than it had to.
  [[maybe_unused]] const int ignored = ::ftruncate(fd_, 0);
  ::close(std::exchange(fd_, -1));
}

void FileLock::release_damaged() {
  if (fd_ < 0) {
    return;
  }
  if (::ftruncate(fd_, 0) == 0 && ::pwrite(fd_, kDamaged.data(), kDamaged.size(), 0) > 0) {
    ::fsync(fd_);
  }
  ::close(std::exchange(fd_, -1));
}

}  // namespace kpi
