#pragma once
// Seasonal paths that the history has no last year for: load errors, since the target would never judge anything. Any
// thread may call it.

#include "daemon/engine/engine.hpp"
#include "rules/base/diagnostic.hpp"

namespace kpi {

/// Holds the targets of `rules` against what the engine has judged, by rules that may be older. An error for each
/// seasonal path that lacks too much of last year, whatever else comes; a warning where nothing is known of it yet.
/// REQUIRES a restored engine, or null: there is no history.
void check_seasons(const RuleSet& rules, const Engine* engine, Instant now, Diagnostics& diagnostics);

}  // namespace kpi
