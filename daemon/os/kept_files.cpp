#include "daemon/os/kept_files.hpp"

#include "daemon/os/descriptor.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include <cerrno>
#include <cstring>

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
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    return failed(folder, errno);
  }
  const std::string path = folder + '/' + name;
  const std::string fresh = path + ".new";
  {
    ::unlink(fresh.c_str());
    const Descriptor file(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (file.get() < 0) {
      return failed(fresh, errno);
    }
    KPI_TRY(write_all(file, fresh, text));
  }
  if (::rename(fresh.c_str(), path.c_str()) != 0) {
    return failed(path, errno);
  }
  const Descriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return directory.get() >= 0 && ::fsync(directory.get()) == 0 ? Result<void>() : Result<void>(failed(folder, errno));
}

}  // namespace kpi
