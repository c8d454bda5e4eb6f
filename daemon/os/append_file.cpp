#include "daemon/os/append_file.hpp"

#include "rules/base/text.hpp"

#include <fcntl.h>
#include <system_error>
#include <unistd.h>

#include <cerrno>

namespace kpi {

Result<void> append_file(const std::string& path, std::string_view text) {
  const auto failure = [&](int code) {
    return fail(ErrorKind::kUnavailable,
                "cannot write \"" + printable(path) + "\": " + std::generic_category().message(code));
  };
  // A pipe that nobody reads is an error, not a wait.
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): open() has no other form.
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
  if (fd < 0) {
    return failure(errno);
  }
  int code = 0;
  while (!text.empty() && code == 0) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR) {
      code = errno;
    }
  }
  if (code == 0 && ::fdatasync(fd) != 0 && errno != EINVAL && errno != EROFS) {
    code = errno;
  }
  ::close(fd);
  return code == 0 ? Result<void>() : Result<void>(failure(code));
}

}  // namespace kpi
