#pragma once
// The files that a configuration is read from: on the disk, or as they were kept when they were last right. One thread
// at a time.

#include "daemon/os/change_watch.hpp"
#include "plugins/source.hpp"
#include "rules/base/result.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace kpi {

/// All files together; a configuration is read in seconds and within some hundred megabytes.
inline constexpr std::size_t kMostConfigBytes = 64U << 20U;

class ConfigFiles {
 public:
  /// Those on the disk. The host outlives it.
  explicit ConfigFiles(Host& host) : host_(&host) {}

  /// Those that were kept, by absolute path; nothing is read from the disk.
  explicit ConfigFiles(std::map<std::string, std::string> texts) : texts_(std::move(texts)) {}

  Result<std::string> read(const std::string& path, std::size_t limit);
  /// The files that match a pattern of `rules:`, tests of rules left out, in the order of their names.
  std::vector<std::string> matching(const std::string& pattern);

  /// What was read, by absolute path.
  [[nodiscard]] const std::map<std::string, std::string>& texts() const { return texts_; }

  /// How everything that was looked for is on the disk now, also what could not be read. Texts are not read for it.
  [[nodiscard]] FilesAsSeen as_seen() const;

 private:
  Host* host_ = nullptr;  // null: only what was kept
  std::map<std::string, std::string> texts_;
  std::size_t bytes_ = 0;
  std::set<std::string> looked_for_;
  std::set<std::string> patterns_;
};

/// The path that stands for a file whatever it is called from here.
std::string absolute_path(const std::string& path);

}  // namespace kpi
