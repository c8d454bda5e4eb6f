// A month of a shop with everything that can befall it, from one seed: a run can be repeated byte for byte. KPI_SEEDS
// says how many months, KPI_SEED which is the first: KPI_SEED=17 KPI_SEEDS=1 is the seventeenth alone, and KPI_LOG=1
// prints what happened in it.

#include "tests/unit/daemon/engine/simulation.hpp"

#include <gmock/gmock.h>

#include <cstdlib>
#include <iostream>

namespace kpi::test {
namespace {

constexpr int kDays = 31;
#if defined(__SANITIZE_THREAD__)
constexpr int kSeeds = 1;  // no thread is started here
#else
constexpr int kSeeds = 8;
#endif

int asked_for(const char* name, int otherwise) {
  const char* const text = std::getenv(name);            // NOLINT(concurrency-mt-unsafe): one thread
  return text == nullptr ? otherwise : std::atoi(text);  // NOLINT(cert-err34-c): 0 fails the test
}

/// The rows that only one of the two has, the first few.
std::string difference(const std::vector<std::string>& expected, const std::vector<std::string>& got) {
  std::string text;
  const std::set<std::string> first(expected.begin(), expected.end());
  const std::set<std::string> second(got.begin(), got.end());
  int count = 0;
  for (const std::string& row : first) {
    text += !second.contains(row) && ++count <= 5 ? "\n- " + row : "";
  }
  count = std::min(count, 6);
  for (const std::string& row : second) {
    text += !first.contains(row) && ++count <= 12 ? "\n+ " + row : "";
  }
  return text;
}

TEST(Simulation, WhateverBefallsAMonthNothingIsLostAndTheLedgerIsThatOfACalmOne) {
  const int first = asked_for("KPI_SEED", 1);
  const int seeds = asked_for("KPI_SEEDS", kSeeds);
  int kills = 0;
  int messages = 0;
  int twice = 0;
  for (int i = 0; i < seeds; ++i) {
    const auto seed = static_cast<std::uint32_t>(first + i);
    const Simulated troubled = simulate(seed, kDays, Faults::all());
    const Simulated calm = simulate(seed, kDays, Faults{});
    const std::string differs = difference(calm.ledger, troubled.ledger);
    if (!troubled.wrong.empty() || !calm.wrong.empty() || !differs.empty()) {
      ADD_FAILURE() << "seed " << seed << differs << "\nwrong: " << testing::PrintToString(troubled.wrong)
                    << "\nwithout faults: " << testing::PrintToString(calm.wrong);
    }
    if (asked_for("KPI_LOG", 0) != 0) {
      std::cout << troubled.log;
    }
    kills += troubled.kills;
    messages += troubled.messages;
    twice += troubled.twice;
  }
  EXPECT_GT(kills, seeds);
  EXPECT_GT(messages, 10 * seeds);
  std::cout << seeds << " months: " << messages << " messages, " << twice << " came twice after " << kills
            << " kills\n";
}

TEST(Simulation, OneSeedGivesTheSameRunByteForByte) {
  for (const std::uint32_t seed : {1U, 2U}) {
    const Simulated once = simulate(seed, kDays, Faults::all());
    const Simulated again = simulate(seed, kDays, Faults::all());
    EXPECT_EQ(once.log, again.log);
    EXPECT_EQ(once.ledger, again.ledger);
    EXPECT_GT(once.log.size(), 5000U);
  }
}

}  // namespace
}  // namespace kpi::test
