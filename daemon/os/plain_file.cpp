#include "daemon/os/plain_file.hpp"

#include "rules/base/text.hpp"

#include <sys/stat.h>

namespace kpi {

Result<void> want_plain_file(const std::string& path) {
  struct stat about{};
  if (::stat(path.c_str(), &about) == 0 && !S_ISREG(about.st_mode)) {
    return fail(ErrorKind::kInvalid, "\"" + printable(path) + "\" is no plain file");
  }
  return {};
}

}  // namespace kpi
