// kpi_bench RUN DIR [NUMBERS]: makes a world, or measures one run and prints its figures as one line of JSON.
// tests/bench/run calls it.

#include "tests/bench/bare_runs.hpp"
#include "tests/bench/day.hpp"
#include "tests/bench/own_runs.hpp"
#include "tests/bench/worlds.hpp"

#include <array>
#include <exception>
#include <iostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kpi::bench {
namespace {

struct Run {
  std::string_view name;
  Figures (*measure)(const std::string& dir);
};

constexpr std::array kRuns{
    Run{"own-import", own_import},
    Run{"own-load", own_load},
    Run{"own-day", own_day},
    Run{"own-start", own_start},
    Run{"own-segments", own_segments},
    Run{"own-backtest", own_backtest},
    Run{"own-ratio", own_ratio},
    Run{"bare-csv", bare_csv},
    Run{"bare-insert", bare_insert},
    Run{"bare-yaml-cpp", bare_yaml_cpp},
    Run{"bare-libyaml", bare_libyaml},
    Run{"bare-day", bare_day},
    Run{"bare-history", bare_history},
};

constexpr std::string_view kUsage =
    "usage: kpi_bench RUN DIR              one line of figures\n"
    "       kpi_bench make-import DIR ROWS day|hour\n"
    "       kpi_bench make-kpis DIR KPIS metric|filter|split\n"
    "       kpi_bench make-split-kpis DIR KPIS\n"
    "       kpi_bench make-ratio DIR KPIS MINUTES\n"
    "       kpi_bench make-history DIR KPIS DAYS\n";

std::uint32_t number(const std::string& text) {
  return static_cast<std::uint32_t>(std::stoul(text));
}

Shape shape_of(std::string_view word) {
  return word == "metric" ? Shape::kMetric : word == "filter" ? Shape::kFilter : Shape::kSplit;
}

int run(const std::vector<std::string>& words) {
  if (words.size() == 4 && words[0] == "make-import") {
    make_import_world(words[1], number(words[2]), words[3] == "hour");
    return 0;
  }
  if (words.size() == 4 && words[0] == "make-kpis") {
    make_kpi_world(words[1], number(words[2]), shape_of(words[3]));
    return 0;
  }
  if (words.size() == 3 && words[0] == "make-split-kpis") {
    make_split_kpis_world(words[1], number(words[2]));
    return 0;
  }
  if (words.size() == 4 && words[0] == "make-ratio") {
    make_ratio_world(words[1], number(words[2]), number(words[3]));
    return 0;
  }
  if (words.size() == 4 && words[0] == "make-history") {
    make_history(words[1], {number(words[2]), number(words[3])});
    return 0;
  }
  for (const Run& known : kRuns) {
    if (words.size() == 2 && known.name == words[0]) {
      std::cout << known.measure(words[1]).json() << "\n";
      return 0;
    }
  }
  std::cerr << kUsage;
  return 2;
}

}  // namespace
}  // namespace kpi::bench

int main(int count, char** words) {
  try {
    const std::span<char*> all(words, static_cast<std::size_t>(count));
    return kpi::bench::run({all.begin() + 1, all.end()});
  } catch (const std::exception& failed) {
    std::cerr << "kpi_bench: " << failed.what() << "\n";
    return 1;
  }
}
