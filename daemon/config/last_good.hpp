#pragma once
// The last configuration that was right, kept beside the history: what the watch goes on with when it is started on
// files that are broken. It holds the files as they were, secrets only by reference. One thread at a time.

#include "daemon/config/config.hpp"
#include "daemon/config/config_files.hpp"

#include <optional>
#include <string>

namespace kpi {

/// A configuration and the files that it was read from.
struct ReadConfig {
  ConfigLoad load;
  ConfigFiles files;
  std::string history;  ///< Where it keeps its history, as far as that can be told of a broken one.
};

/// Loads what `files` holds, `path` first.
ConfigLoad load_config_of(ConfigFiles& files, const std::string& path, Secrets secrets);

ReadConfig read_config(const std::string& path, Secrets secrets, Host& host);

/// Keeps the files of a configuration that is right; nothing is written when they are kept already.
Result<void> keep_last_good(const Config& config, const ConfigFiles& files, Instant now);

struct LastGood {
  std::shared_ptr<const Config> config;
  Instant kept;  ///< Since when it is the last good one.
};

/// The configuration that was kept for these files. kNotFound: none was. kInvalid: it is none any more, and why.
Result<LastGood> last_good(const std::string& path, const ReadConfig& broken, Secrets secrets);

}  // namespace kpi
