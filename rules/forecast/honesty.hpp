#pragma once
// How honest stated probabilities were, once it is known what happened. Pure; any thread may call it.

#include <array>
#include <cstddef>
#include <optional>
#include <span>

namespace kpi::forecast {

struct Statement {
  double probability = 0;
  bool happened = false;
};

/// Of the statements of one tenth: 0 to 10 %, 10 to 20 %, and so on.
struct Tenth {
  std::size_t count = 0;
  double stated = 0;    ///< Their mean probability.
  double happened = 0;  ///< The share of them that came true.
};

/// The mean squared distance between what was stated and what happened: 0 is certain and right, 0.25 is what always
/// saying 50 % has (Brier 1950). Nothing without statements.
std::optional<double> brier_score(std::span<const Statement> statements);

/// What was stated against what happened, by tenths.
std::array<Tenth, 10> reliability(std::span<const Statement> statements);

}  // namespace kpi::forecast
