#include "daemon/store/reserve.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <filesystem>
#include <utility>

namespace kpi {
namespace {

/// Room for some thousand alerts and their messages.
constexpr std::int64_t kBytes = 1 << 20;
/// The disk is not filled by its own reserve.
constexpr std::uint64_t kPlenty = 4 * kBytes;
constexpr std::uint32_t kLookEvery = 4;

std::uint64_t free_bytes_beside(const std::string& path) {
  struct statvfs found{};
  const std::string folder = std::filesystem::path(path).parent_path().string();
  return ::statvfs(folder.empty() ? "." : folder.c_str(), &found) == 0
             ? static_cast<std::uint64_t>(found.f_bavail) * found.f_frsize
             : 0;
}

}  // namespace

Reserve::Reserve(std::string path) : path_(std::move(path)) {
  make();
}

void Reserve::make() {
  if (path_.empty() || is_there_) {
    return;
  }
  struct stat found{};
  if (::lstat(path_.c_str(), &found) == 0 && S_ISREG(found.st_mode) && found.st_blocks * 512 >= kBytes) {
    is_there_ = true;  // of the last run
    return;
  }
  if (free_bytes_beside(path_) < kPlenty) {
    return;
  }
  ::unlink(path_.c_str());
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): open() has no other form.
  const int fd = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) {
    return;
  }
  is_there_ = ::posix_fallocate(fd, 0, kBytes) == 0;
  ::close(fd);
  if (!is_there_) {
    ::unlink(path_.c_str());
  }
}

void Reserve::release_where_full(const std::string& path) {
  constexpr std::uint64_t kNextToNone = kBytes / 4;
  struct stat found{};
  if (::lstat(path.c_str(), &found) == 0 && S_ISREG(found.st_mode) && free_bytes_beside(path) < kNextToNone) {
    ::unlink(path.c_str());
  }
}

bool Reserve::release() {
  if (!std::exchange(is_there_, false)) {
    return false;
  }
  return ::unlink(path_.c_str()) == 0;
}

void Reserve::refill() {
  if (!is_there_ && ++calls_ % kLookEvery == 0) {
    make();
  }
}

}  // namespace kpi
