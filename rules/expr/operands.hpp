#pragma once
// How the instructions of a program hang together, for what reads a formula without evaluating it. Pure; any thread.

#include "rules/expr/program.hpp"

#include <cstddef>

namespace kpi {

/// How many values an instruction takes from the stack; each leaves one.
std::size_t operands_of(const Instruction& instruction);

}  // namespace kpi
