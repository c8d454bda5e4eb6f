#pragma once
// How an explanation names an aggregate and a window. For explanation.cpp; pure, any thread may call it.

#include "rules/expr/evaluate.hpp"

#include <string>
#include <string_view>

namespace kpi {

/// "sum", "last": as one writes it, of a bare metric what its kind does.
std::string_view aggregate_name(Aggregate how, MetricKind kind);

/// "2026-03-24 to 2026-03-30", for instants "2026-03-30 14:00 to 15:00".
std::string window_text(const Window& window, const Grain& grain, const Zone& zone);

}  // namespace kpi
