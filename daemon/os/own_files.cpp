#include "daemon/os/own_files.hpp"

#include <filesystem>
#include <map>
#include <mutex>

namespace kpi {
namespace {

std::string with_links_followed(const std::string& path) {
  std::error_code error;
  const auto absolute = std::filesystem::absolute(path, error);
  const auto whole = std::filesystem::weakly_canonical(absolute, error);
  std::string text = (error ? absolute.lexically_normal() : whole).string();
  while (text.size() > 1 && text.ends_with('/')) {
    text.pop_back();
  }
  return text;
}

struct OwnFiles {
  std::mutex mutex;
  std::map<std::string, OwnKind> said;   ///< As they were said: a load is not to wait for the disk.
  std::map<std::string, OwnKind> found;  ///< With their links followed.

  void find() {
    for (auto& [path, kind] : said) {
      OwnKind& known = found.try_emplace(with_links_followed(path), kind).first->second;
      known = kind == OwnKind::kFamily ? kind : known;
    }
    said.clear();
  }
};

OwnFiles& own_files() {
  static OwnFiles files;
  return files;
}

}  // namespace

void keep_from_programs(const std::string& path, OwnKind kind) {
  OwnFiles& files = own_files();
  const std::scoped_lock lock(files.mutex);
  OwnKind& known = files.said.try_emplace(path, kind).first->second;
  known = kind == OwnKind::kFamily ? kind : known;
}

std::vector<std::string> own_files_beneath(const std::string& folder) {
  OwnFiles& files = own_files();
  const std::scoped_lock lock(files.mutex);
  files.find();
  const std::string whole = with_links_followed(folder);
  const std::string beginning = whole == "/" ? whole : whole + '/';
  std::vector<std::string> beneath;
  for (auto at = files.found.lower_bound(beginning); at != files.found.end() && at->first.starts_with(beginning);
       ++at) {
    beneath.push_back(at->first);
  }
  return beneath;
}

bool is_own_file(const std::string& path) {
  OwnFiles& files = own_files();
  const std::scoped_lock lock(files.mutex);
  files.find();
  const std::string whole = with_links_followed(path);
  const std::size_t name = whole.rfind('/') + 1;
  for (std::size_t size = whole.size(); size > name; --size) {
    const auto own = files.found.find(whole.substr(0, size));
    if (own != files.found.end() && (size == whole.size() || own->second == OwnKind::kFamily)) {
      return true;
    }
  }
  return false;
}

}  // namespace kpi
