#include "rules/expr/operands.hpp"

namespace kpi {

std::size_t operands_of(const Instruction& instruction) {
  switch (instruction.op) {
    case OpCode::kNumber:
    case OpCode::kMetric:
    case OpCode::kKpi:
    case OpCode::kValue:
    case OpCode::kTarget:
    case OpCode::kByGrain:
    case OpCode::kUnits:
    case OpCode::kSegments:
    case OpCode::kHoliday:
    case OpCode::kEvent:
    case OpCode::kWeekday:
    case OpCode::kMonth:
      return 0;
    case OpCode::kNot:
    case OpCode::kNegate:
    case OpCode::kAbs:
      return 1;
    case OpCode::kClamp:
    case OpCode::kIf:
      return 3;
    case OpCode::kMin:
    case OpCode::kMax:
      return instruction.index;
    default:
      return 2;
  }
}

}  // namespace kpi
