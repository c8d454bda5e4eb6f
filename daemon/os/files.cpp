#include "daemon/os/files.hpp"

#include "daemon/os/descriptor.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <dirent.h>
#include <fnmatch.h>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

namespace kpi {
namespace {

constexpr int kAttempts = 3;

/// File times advance in steps of the kernel's tick, at most 10 ms: two changes within one step look like one.
constexpr std::chrono::nanoseconds kTick = std::chrono::milliseconds(20);

std::chrono::nanoseconds nanoseconds(const timespec& time) {
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

tl::unexpected<Error> unavailable(const std::string& path, int error) {
  if (error == ENOENT || error == ENOTDIR) {
    return fail(ErrorKind::kUnavailable, path + ": no such file: correct the path, or put the file there");
  }
  if (error == EACCES || error == EPERM) {
    return fail(ErrorKind::kUnavailable, path + ": permission denied: let the user that kpid runs as read it");
  }
  return fail(ErrorKind::kUnavailable, path + ": " + std::generic_category().message(error));
}

Result<void> require_regular(const std::string& path, const struct stat& status) {
  if (S_ISREG(status.st_mode)) {
    return {};
  }
  const char* kind = S_ISDIR(status.st_mode)    ? "a directory"
                     : S_ISFIFO(status.st_mode) ? "a named pipe"
                     : S_ISSOCK(status.st_mode) ? "a socket"
                                                : "a device";
  return fail(ErrorKind::kInvalid, path + ": is " + kind + ": name a regular file");
}

std::string name_of(const struct stat& status) {
  return std::to_string(status.st_dev) + ':' + std::to_string(status.st_ino) + ':' + std::to_string(status.st_size) +
         ':' + std::to_string(nanoseconds(status.st_mtim).count()) + ':' +
         std::to_string(nanoseconds(status.st_ctim).count());
}

/// Whether a file was changed so recently that another change could bear the same time.
bool is_fresh(const struct stat& status) {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  const auto age = nanoseconds(now) - nanoseconds(status.st_ctim);
  return age > -kTick && age < kTick;
}

Result<struct stat> status_of(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) {
    return unavailable(path, errno);
  }
  KPI_TRY(require_regular(path, status));
  return status;
}

Result<Descriptor> open_regular(const std::string& path, struct stat& status) {
  // Not blocking: a named pipe without a writer would else hold the thread for ever.
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (file.get() < 0 || ::fstat(file.get(), &status) != 0) {
    return errno == ENXIO ? fail(ErrorKind::kInvalid, path + ": is a socket or a device: name a regular file")
                          : unavailable(path, errno);
  }
  KPI_TRY(require_regular(path, status));
  return file;
}

tl::unexpected<Error> too_large(const std::string& path, std::size_t limit) {
  const std::string shown =
      limit % (1U << 20U) == 0 ? std::to_string(limit >> 20U) + " MiB" : std::to_string(limit) + " bytes";
  return fail(ErrorKind::kInvalid,
              path + ": larger than " + shown + ": split the file, or leave out what is not needed");
}

/// Everything from a descriptor, whose file should hold `expected` bytes.
Result<std::string> read_all(const Descriptor& file, const std::string& path, std::size_t expected, std::size_t limit) {
  std::string text;
  std::size_t size = 0;
  while (true) {
    if (size == text.size()) {
      // One byte more than is expected, so that the end is seen without growing again.
      text.resize(std::max(expected + 1, size + std::min(size, std::size_t{1} << 20U) + 4096));
    }
    const ssize_t count = ::read(file.get(), text.data() + size, text.size() - size);
    if (count < 0 && errno != EINTR) {
      return unavailable(path, errno);
    }
    if (count == 0) {
      text.resize(size);
      return text;
    }
    size += static_cast<std::size_t>(std::max<ssize_t>(count, 0));
    if (size > limit) {
      return too_large(path, limit);
    }
  }
}

/// One attempt; nothing: the file changed meanwhile.
Result<std::optional<Host::File>> read_once(const std::string& path,
                                            std::size_t limit,
                                            const std::function<void()>& after_read) {
  struct stat before{};
  const Descriptor file = KPI_TRY(open_regular(path, before));
  if (std::cmp_greater(before.st_size, limit)) {
    return too_large(path, limit);
  }
  // A version that is found fresh equals no later one: the file is then read once more rather than once too little.
  std::string version = name_of(before) + (is_fresh(before) ? "+" : "");
  std::string text = KPI_TRY(read_all(file, path, static_cast<std::size_t>(before.st_size), limit));
  if (after_read) {
    after_read();
  }
  // By its name, which may lead to another file by now.
  struct stat after{};
  if (::stat(path.c_str(), &after) != 0 || name_of(after) != name_of(before)) {
    return std::nullopt;
  }
  return Host::File{.text = std::move(text),
                    .version = std::move(version),
                    .modified = Instant(std::chrono::duration_cast<Duration>(nanoseconds(before.st_mtim)))};
}

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

/// A pattern of which only * has a meaning, as fnmatch wants it.
std::string only_stars(std::string_view pattern) {
  std::string escaped;
  for (const char c : pattern) {
    if (c == '?' || c == '[' || c == ']' || c == '\\') {
      escaped += '\\';
    }
    escaped += c;
  }
  return escaped;
}

}  // namespace

Result<std::vector<std::string>> FileHost::list_files(const std::string& folder,
                                                      const std::string& pattern,
                                                      std::size_t most) {
  const std::unique_ptr<DIR, CloseFolder> open(::opendir(folder.empty() ? "." : folder.c_str()));
  if (open == nullptr) {
    return errno == ENOENT || errno == ENOTDIR
               ? fail(ErrorKind::kUnavailable,
                      folder + ": no such folder: correct the path; * and dates may stand in the file's name only")
               : unavailable(folder, errno);
  }
  const std::string wanted = only_stars(pattern);
  std::vector<std::string> paths;
  // Each call has a folder stream of its own.
  while (const dirent* entry = ::readdir(open.get())) {  // NOLINT(concurrency-mt-unsafe)
    if (::fnmatch(wanted.c_str(), entry->d_name, FNM_PERIOD) != 0) {
      continue;
    }
    const std::string path = folder + entry->d_name;
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) {
      continue;
    }
    if (paths.size() == most) {
      return fail(ErrorKind::kInvalid,
                  folder + pattern + ": more than " + std::to_string(most) +
                      " files fit this name: put the older ones into one file, or into another folder");
    }
    paths.push_back(path);
  }
  std::ranges::sort(paths);
  return paths;
}

Result<Host::File> FileHost::read_file(const std::string& path, std::size_t limit) {
  if (is_fresh(KPI_TRY(status_of(path)))) {
    std::this_thread::sleep_for(kTick);
  }
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    auto file = read_once(path, limit, after_read_);
    if (!file) {
      return tl::unexpected(std::move(file).error());
    }
    if (*file) {
      return **std::move(file);
    }
  }
  return fail(ErrorKind::kUnavailable,
              path + ": is being written: write a new file beside it and rename that, or poll when it is done");
}

Result<std::string> FileHost::file_version(const std::string& path) {
  return name_of(KPI_TRY(status_of(path)));
}

}  // namespace kpi
