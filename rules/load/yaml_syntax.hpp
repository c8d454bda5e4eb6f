#pragma once
// Words for what libyaml refuses, with the remedy shown on the user's own line. Internal to the YAML reader; pure.

#include "rules/base/diagnostic.hpp"

#include <cstdint>
#include <string_view>

namespace kpi {

/// A refusal of libyaml, with positions in bytes. Views stay the caller's.
struct YamlSyntaxError {
  std::string_view problem;  ///< What libyaml calls it.
  std::string_view context;  ///< What it was reading; may be empty.
  Position at;               ///< Where reading failed.
  Position began;            ///< Where the thing being read began; no source: unknown.
  bool in_flow = false;      ///< Inside { } or [ ].
  Position open_flow;        ///< The innermost { or [ that is open; no source: none.
  Position last_scalar;      ///< The last scalar read before; no source: none.
  std::uint32_t last_scalar_end_line = 0;
  bool last_scalar_quoted = false;
};

/// The diagnostic for it: what a person did, where, and the line as it should be written.
Diagnostic explain(const YamlSyntaxError& error);

}  // namespace kpi
