#include "daemon/os/kept_files.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <thread>

namespace kpi {
namespace {

tl::unexpected<Error> failed(const std::string& path, int error) {
  return fail(ErrorKind::kStorage, path + ": " + std::generic_category().message(error));
}

Result<void> write_all(const Descriptor& file, const std::string& path, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(file.get(), text.data(), text.size());
    if (count < 0 && errno != EINTR) {
      return failed(path, errno);
    }
    text.remove_prefix(static_cast<std::size_t>(count < 0 ? 0 : count));
  }
  return ::fsync(file.get()) == 0 ? Result<void>() : Result<void>(failed(path, errno));
}

Result<void> make_folder(const std::string& folder) {
  return ::mkdir(folder.c_str(), 0700) == 0 || errno == EEXIST ? Result<void>() : Result<void>(failed(folder, errno));
}

}  // namespace

Result<std::string> read_kept(const std::string& folder, const std::string& name, std::size_t most) {
  const std::string path = folder + '/' + name;
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (file.get() < 0) {
    return errno == ENOENT || errno == ENOTDIR ? Result<std::string>(std::string()) : failed(path, errno);
  }
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) {
    return failed(path, errno);
  }
  if (!S_ISREG(status.st_mode) || (status.st_mode & 077U) != 0) {
    return fail(ErrorKind::kInvalid, path + ": others may read it; it is private: chmod 600 it, or remove it");
  }
  if (static_cast<std::size_t>(status.st_size) > most) {
    return fail(ErrorKind::kInvalid, path + ": it is larger than " + std::to_string(most >> 10U) + " KB; remove it");
  }
  std::string text(static_cast<std::size_t>(status.st_size), '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t count = ::read(file.get(), text.data() + size, text.size() - size);
    if (count < 0 && errno != EINTR) {
      return failed(path, errno);
    }
    if (count == 0) {
      break;
    }
    size += static_cast<std::size_t>(count < 0 ? 0 : count);
  }
  text.resize(size);
  return text;
}

Result<void> write_kept(const std::string& folder, const std::string& name, std::string_view text) {
  KPI_TRY(make_folder(folder));
  const std::string path = folder + '/' + name;
  std::string fresh = path + ".XXXXXX";  // a name of its own: another process may write the same file now
  {
    const Descriptor file(::mkostemp(fresh.data(), O_CLOEXEC));
    if (file.get() < 0) {
      return failed(path, errno);
    }
    if (auto written = write_all(file, path, text); !written) {
      ::unlink(fresh.c_str());
      return written;
    }
  }
  if (::rename(fresh.c_str(), path.c_str()) != 0) {
    const int error = errno;
    ::unlink(fresh.c_str());
    return failed(path, error);
  }
  const Descriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return directory.get() >= 0 && ::fsync(directory.get()) == 0 ? Result<void>() : Result<void>(failed(folder, errno));
}

Result<Descriptor> lock_kept(const std::string& folder,
                             const std::string& name,
                             std::chrono::milliseconds patience,
                             const std::stop_token& stop) {
  KPI_TRY(make_folder(folder));
  // It is never removed: who waits for it would hold a file that nobody else finds.
  const std::string path = folder + '/' + name + ".lock";
  Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (file.get() < 0) {
    return failed(path, errno);
  }
  constexpr std::chrono::milliseconds again{20};  // flock() itself would wait for ever
  for (; ::flock(file.get(), LOCK_EX | LOCK_NB) != 0; patience -= again) {
    if (errno != EWOULDBLOCK && errno != EINTR) {
      return failed(path, errno);
    }
    if (stop.stop_requested()) {
      return fail(ErrorKind::kStopped, "stopped while waiting for " + path);
    }
    if (patience <= std::chrono::milliseconds{0}) {
      return fail(ErrorKind::kTimeout, path + ": another process holds it");
    }
    std::this_thread::sleep_for(again);
  }
  return file;
}

}  // namespace kpi
