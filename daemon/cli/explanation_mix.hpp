#pragma once
// What a total hides: its segments beside it, then and now, and whether it moved because they did or because they weigh
// otherwise. For explanation.cpp; any thread may call it.

#include "daemon/engine/engine.hpp"

#include <string>
#include <vector>

namespace kpi {

/// Lines of text about the total of a ratio that is split; none for anything else, and where a segment has no value.
/// Compared is the period a week before, of longer ones the period before.
std::vector<std::string> explain_mix(const Engine& engine, const JudgeContext& context, const Line& total, Slot slot);

}  // namespace kpi
