#pragma once
// The files that sources read: the Host of a running daemon. Thread-safe; blocks on the disk.

#include "plugins/source.hpp"

#include <functional>
#include <string>
#include <vector>

namespace kpi {

class FileHost final : public Host {
 public:
  /// `after_read` is called each time a file's bytes have been read, before it is seen whether the file is still the
  /// same: tests change the file there.
  explicit FileHost(std::function<void()> after_read = {}) : after_read_(std::move(after_read)) {}

  /// Regular files only, symbolic links followed. A file that changes or is replaced while it is read is read again, up
  /// to three times. Errors begin with the path. kInvalid: not a regular file, or larger than `limit`. kUnavailable:
  /// not there, not readable, or still being written.
  Result<File> read_file(const std::string& path, std::size_t limit) override;
  Result<std::string> file_version(const std::string& path) override;
  Result<std::vector<std::string>> list_files(const std::string& folder,
                                              const std::string& pattern,
                                              std::size_t most) override;

 private:
  std::function<void()> after_read_;
};

}  // namespace kpi
