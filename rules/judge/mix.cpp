#include "rules/judge/mix.hpp"

#include "rules/expr/operands.hpp"

#include <algorithm>
#include <cmath>

namespace kpi {
namespace {

std::optional<std::ptrdiff_t> start_of_divisor(const Program& formula) {
  if (formula.code.size() < 3 || formula.code.back().op != OpCode::kDivide) {
    return std::nullopt;
  }
  std::size_t wanted = 1;
  std::size_t at = formula.code.size() - 1;
  while (wanted > 0 && at > 0) {
    --at;
    wanted += operands_of(formula.code[at]);
    --wanted;
  }
  return static_cast<std::ptrdiff_t>(at);
}

}  // namespace

std::optional<Mix> mix_of(std::span<const MixPart> parts) {
  double whole_before = 0;
  double whole_now = 0;
  for (const MixPart& part : parts) {
    whole_before += part.whole_before;
    whole_now += part.whole_now;
  }
  if (parts.size() < 2 || !(whole_before > 0) || !(whole_now > 0)) {
    return std::nullopt;
  }
  Mix mix;
  std::size_t up = 0;
  std::size_t down = 0;
  for (const MixPart& part : parts) {
    const double weight_before = part.whole_before / whole_before;
    const double weight_now = part.whole_now / whole_now;
    const double change = part.ratio_now - part.ratio_before;
    mix.before += weight_before * part.ratio_before;
    mix.now += weight_now * part.ratio_now;
    mix.within += (weight_before + weight_now) / 2 * change;
    mix.between += (part.ratio_before + part.ratio_now) / 2 * (weight_now - weight_before);
    up += change > 0 ? 1 : 0;
    down += change < 0 ? 1 : 0;
  }
  const double change = mix.now - mix.before;
  mix.is_against_all = (change < 0 && up == parts.size()) || (change > 0 && down == parts.size());
  return std::isfinite(change) ? std::optional(mix) : std::nullopt;
}

std::optional<Program> divisor_of(const Program& formula) {
  const auto at = start_of_divisor(formula);
  if (!at) {
    return std::nullopt;
  }
  Program divisor = formula;
  divisor.code.assign(formula.code.begin() + *at, formula.code.end() - 1);
  return divisor;
}

std::optional<Program> dividend_of(const Program& formula) {
  const auto at = start_of_divisor(formula);
  if (!at) {
    return std::nullopt;
  }
  Program dividend = formula;
  dividend.code.assign(formula.code.begin(), formula.code.begin() + *at);
  return dividend;
}

}  // namespace kpi
