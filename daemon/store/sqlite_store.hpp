#pragma once
// The history in one SQLite file. docs/history.md describes the file.

#include "daemon/store/store.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace kpi {

struct SqliteStoreOptions {
  /// The file does not grow beyond this; a commit that would have to fails as on a full disk. 0: no limit.
  std::int64_t max_bytes = 0;
  /// How long another owner of the file is waited for: a verb or a `run --once` is done in moments.
  std::chrono::milliseconds patience{};
};

/// Opens the history at `path`, creates it (mode 0600) when there is none, and brings an older schema up to date.
/// ":memory:" is a history that ends with the store.
///
/// A file has one owner: a second store is refused while the first lives, in whichever process (a lock on `path` +
/// ".lock"). A damaged history is moved aside, and what can be read of it is saved into a new one, with a warning: when
/// it cannot be opened or loaded, when the last owner met damage, or when that one was killed and SQLite's own check
/// finds some. Errors are kStorage.
Result<std::unique_ptr<Store>> open_sqlite_store(const std::string& path, const SqliteStoreOptions& options = {});

/// The same history for looking only, beside its owner: nothing is created, brought up to date or locked, and commit()
/// is an error. kNotFound, with the remedy, when there is none yet.
Result<std::unique_ptr<Store>> open_sqlite_store_for_reading(const std::string& path);

}  // namespace kpi
