#pragma once
// The files of kpid's own that no program it runs may see: the configuration, the history with all that lies beside it,
// the files of secrets. Said while the configuration is loaded, asked when a program is started; what was said once
// holds until the process ends, since a reload may name another file but the old one still lies there. Thread-safe.

#include <string>
#include <vector>

namespace kpi {

enum class OwnKind : unsigned char {
  kFile,
  kFamily,  ///< And all whose names go on after it: history.db-wal, history.db.credentials.
};

void keep_from_programs(const std::string& path, OwnKind kind);

/// Those that lie beneath `folder`, at any depth. Like all paths here, `folder` is taken with its links followed.
std::vector<std::string> own_files_beneath(const std::string& folder);

/// Whether `path` is one of them.
bool is_own_file(const std::string& path);

}  // namespace kpi
