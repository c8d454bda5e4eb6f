#pragma once
// How the error of an exchange goes on where no connection came about. Constants; any thread.

#include "rules/base/result.hpp"

#include <string_view>

namespace kpi {

/// Behind the server's name, before what libcurl says of it.
inline constexpr std::string_view kNoConnection = ": no connection: ";

/// Whether the other side was never reached: it has heard nothing, and asking again costs it nothing.
inline bool is_unreached(const Error& error) {
  return error.kind == ErrorKind::kUnavailable && error.message.find(kNoConnection) != std::string::npos;
}

}  // namespace kpi
