#pragma once
// The csv source: a UTF-8 file with a header line, a date column, and a column per metric and label. The registry's.
//
// Each poll whose file has changed delivers every row of the file from PollRequest::from on. A cell without a value
// (is_absent() in number_format.hpp) is a null. What is wrong in a row is a RowProblem at `path:line:column`, columns
// being characters from 1; its other cells count. What makes the rest of the file doubtful is an error of the poll: no
// header, a column that is missing, an open quote, another encoding, or not one row that could be read. A last line
// without line end and with too few cells is still being appended, and is left for the next poll.

#include "plugins/source.hpp"

#include <cstddef>

namespace kpi {

/// A larger file is refused.
inline constexpr std::size_t kMaxCsvBytes = std::size_t{512} << 20U;

/// The row of the registry.
Plugin csv_plugin();

}  // namespace kpi
