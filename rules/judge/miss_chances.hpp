#pragma once
// How many of the next periods will be missed, when good and bad ones come in runs. Pure; any thread may call it.

#include <cstdint>
#include <span>
#include <vector>

namespace kpi {

/// What becomes of the next periods.
struct MissChances {
  double expected = 0;          ///< Misses among them, in the mean.
  std::vector<double> at_most;  ///< How probable 0, 1, … and all of them are, each with fewer.
};

/// `missed` are the periods until now, oldest first: 1 missed, 0 met, NaN without a verdict; `count` ones are to come.
///
/// The periods are taken as a Markov chain of two states, whose n periods have n p (1-p) (1+rho)/(1-rho) as variance of
/// their misses (Klotz 1973, "Statistical inference in Bernoulli trials with dependence"); so N seen ones say as much
/// of p as N (1-rho)/(1+rho) independent ones do, with Jeffreys' prior. It starts from the newest state.
/// (1+rho)/(1-rho) is one and twice the sum of the autocorrelations, as long as the sums of two neighbouring ones are
/// above zero, and not above the sum before (Geyer 1992, "Practical Markov chain Monte Carlo"). The mean and the
/// variance are given to a beta-binomial distribution; without runs it is the usual one of independent periods.
MissChances chances_of_misses(std::span<const double> missed, std::int64_t count);

}  // namespace kpi
