#include "daemon/config/config_files.hpp"

#include "daemon/os/own_files.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fnmatch.h>
#include <glob.h>

namespace kpi {
namespace {

bool is_rule_test(const std::string& path) {
  return path.ends_with(".test.yaml");
}

std::vector<std::string> matching_on_disk(const std::string& pattern) {
  std::vector<std::string> files;
  glob_t found{};
  // What is unsafe of it is `~`, which is not asked for.
  if (::glob(pattern.c_str(), GLOB_ERR, nullptr, &found) == 0) {  // NOLINT(concurrency-mt-unsafe)
    files.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  }
  ::globfree(&found);
  std::erase_if(files, is_rule_test);
  return files;
}

std::string nanoseconds_of(const timespec& time) {
  return std::to_string(time.tv_sec) + '.' + std::to_string(time.tv_nsec);
}

}  // namespace

std::string absolute_path(const std::string& path) {
  std::error_code error;
  const auto absolute = std::filesystem::absolute(path, error);
  return error ? path : absolute.lexically_normal().string();
}

Result<std::string> ConfigFiles::read(const std::string& path, std::size_t limit) {
  const std::string key = absolute_path(path);
  if (host_ == nullptr) {
    const auto kept = texts_.find(key);
    if (kept == texts_.end()) {
      return fail(ErrorKind::kNotFound, path + ": it is not among the files that were kept");
    }
    return kept->second;
  }
  looked_for_.insert(key);
  keep_from_programs(key, OwnKind::kFile);
  std::string text = KPI_TRY(host_->read_file(path, limit)).text;
  bytes_ += text.size();
  if (bytes_ > kMostConfigBytes) {
    return fail(ErrorKind::kInvalid,
                path + ": all files of the configuration together are larger than " +
                    std::to_string(kMostConfigBytes >> 20U) + " MB");
  }
  texts_.insert_or_assign(key, text);
  return text;
}

std::vector<std::string> ConfigFiles::matching(const std::string& pattern) {
  if (host_ != nullptr) {
    patterns_.insert(absolute_path(pattern));
    return matching_on_disk(pattern);
  }
  std::vector<std::string> files;
  const std::string wanted = absolute_path(pattern);
  for (const auto& [path, text] : texts_) {
    if (::fnmatch(wanted.c_str(), path.c_str(), FNM_PATHNAME | FNM_PERIOD) == 0 && !is_rule_test(path)) {
      files.push_back(path);
    }
  }
  return files;
}

FilesAsSeen ConfigFiles::as_seen() const {
  std::set<std::string> paths = looked_for_;
  for (const std::string& pattern : patterns_) {
    std::ranges::move(matching_on_disk(pattern), std::inserter(paths, paths.end()));
  }
  FilesAsSeen seen;
  for (const std::string& path : paths) {
    FilesAsSeen::File& file = seen.files[path];
    struct stat status{};
    if (::stat(path.c_str(), &status) == 0) {
      file.size = static_cast<std::uint64_t>(status.st_size);
      file.mark = std::to_string(status.st_dev) + '.' + std::to_string(status.st_ino) + '.' +
                  nanoseconds_of(status.st_mtim) + '.' + nanoseconds_of(status.st_ctim);
    }
  }
  return seen;
}

}  // namespace kpi
