#pragma once
// What a look at the files of a source says: for `kpid check`. Pure but for the Host; any thread may call it.

#include "plugins/file_set.hpp"
#include "plugins/source.hpp"

#include <cstddef>
#include <optional>

namespace kpi {

/// Larger files are not read for a look.
inline constexpr std::size_t kMaxLookBytes = std::size_t{16} << 20U;

/// The newest of the files; nothing when there is none, it cannot be read, or is too large for a look. None of these
/// need be the configuration's fault: that it is not there is a warning at `path`.
std::optional<FileTexts::Text> newest_file(const FileSet& files,
                                           const Position& path,
                                           Host& host,
                                           Diagnostics& diagnostics);

/// Warns at `path` of what would make a poll fail, and of rows that cannot be read.
void tell_look(const Position& path, const Result<Poll>& poll, Diagnostics& diagnostics);

}  // namespace kpi
