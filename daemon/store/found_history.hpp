#pragma once
// The history's file as a start finds it: made when there is none, moved aside when it is damaged, brought up to date.
// Private to daemon/store; the thread that opens the store.

#include "daemon/store/file_lock.hpp"
#include "rules/base/result.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <memory>
#include <string>

namespace kpi::sqlite {

/// A file at `path` that can be written: one of its owner's alone where there was none, a new one with what can be read
/// of a damaged one, a new one too in place of one that was lost. Returns what people are to be told of it; empty:
/// nothing. kStorage.
Result<std::string> make_ready(const std::string& path, const FileLock& lock);

/// A connection to the history, brought up to the present schema. The file does not grow beyond `max_bytes`; 0: no
/// limit. `is_file` is false for a history in memory. Throws SQLite::Exception.
Result<std::unique_ptr<SQLite::Database>> connect_for_writing(const std::string& path,
                                                              bool is_file,
                                                              std::int64_t max_bytes);

}  // namespace kpi::sqlite
