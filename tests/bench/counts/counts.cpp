// kpi_counts DIR: walks the hot paths once, in worlds that it makes in DIR, and prints the name of each on a line, with
// how often it was walked. tests/bench/counts/check runs it under callgrind, which writes down the instructions of
// each path in a file of its own.

#include "daemon/engine/engine.hpp"
#include "daemon/os/files.hpp"
#include "daemon/store/sqlite_store.hpp"
#include "rules/forecast/anomaly.hpp"
#include "rules/forecast/forecast.hpp"
#include "tests/bench/day.hpp"
#include "tests/bench/measure.hpp"
#include "tests/bench/worlds.hpp"

#include <array>
#include <cmath>
#include <exception>
#include <iostream>
#include <map>
#include <string>
#include <valgrind/callgrind.h>
#include <vector>

namespace kpi::bench {

namespace {

constexpr std::uint32_t kKpis = 300;
constexpr std::uint32_t kDays = 20;

void count(const std::string& name, std::uint32_t times, const std::function<void()>& work) {
  CALLGRIND_TOGGLE_COLLECT;
  work();
  CALLGRIND_TOGGLE_COLLECT;
  CALLGRIND_DUMP_STATS;
  std::cout << name << " " << times << "\n";
}

/// What is computed must be used.
double sink = 0;

/// Rules to be loaded, a history to be restored, and the steps of a day.
void count_days(const std::string& dir) {
  make_kpi_world(dir, kKpis, Shape::kMetric);
  make_history(dir, {kKpis, kDays});
  std::shared_ptr<const Config> config;
  count("load of a KPI", kKpis, [&] { config = load_world(dir); });
  const auto store = must(open_sqlite_store(config->history));
  Engine engine(config, *store);
  count("restored row", kKpis * kDays, [&] { must(engine.restore(Day::after(kDays - 1))); });
  // Steps of one kind follow each other.
  std::vector<std::string> kinds;
  std::map<std::string, std::uint32_t> times{{"due", kKpis}, {"one", 1}, {"all", kKpis - Day::kOnes}, {"idle", 1}};
  Day(engine, kKpis).run(kDays, [&](const std::string& kind, const auto& prepare, Instant now) {
    const auto work = [&] {
      prepare();
      sink += static_cast<double>(must(engine.step(now)).judged);
    };
    if (kinds.empty() || kinds.back() != kind) {
      kinds.push_back(kind);
      count("step: " + kind, times[kind], work);
    } else {
      work();
    }
  });
}

/// One rule with many segments.
void count_segments(const std::string& dir) {
  make_kpi_world(dir, kKpis, Shape::kSplit);
  const auto config = load_world(dir);
  const auto store = must(open_sqlite_store(config->history));
  Engine engine(config, *store);
  must(engine.restore(Instant{}));
  for (std::uint32_t day = 0; day < 2; ++day) {
    const auto work = [&] {
      deliver(*config, {0, kKpis, day, day + 1}, [&](std::uint32_t source, Poll poll) {
        engine.receive(PollResult{source, Day::after(day), std::move(poll), 0});
      });
      must(engine.step(Day::after(day)));
    };
    count(day == 0 ? "first day of a segment" : "step: a segment", kKpis, work);
  }
}

/// A file of rows, read and judged.
void count_import(const std::string& dir) {
  constexpr std::uint32_t kRows = 2000;
  make_import_world(dir, kRows, false);
  const auto config = load_world(dir);
  const auto store = must(open_sqlite_store(config->history));
  Engine engine(config, *store);
  must(engine.restore(Instant{}));
  FileHost host;
  Poll poll;
  count("row of a CSV file", kRows, [&] {
    poll = must(config->sources[0].source->poll(engine.poll_request(0, Instant{}), host, {}));
  });
  const Instant now = Instant{Duration{poll.samples.back().slot.ms}} + std::chrono::days{2};
  count("imported row", kRows, [&] {
    engine.receive(PollResult{0, now, std::move(poll), 0});
    must(engine.step(now));
  });
}

void count_outlook() {
  constexpr std::array<int, 1> kWeek{7};
  std::vector<double> values;
  for (int day = 0; day < 200; ++day) {
    values.push_back((1000 + 0.5 * day) * (day % 7 >= 5 ? 0.7 : 1) + static_cast<double>(day * 7919 % 101));
  }
  forecast::Forecaster forecaster;
  count("forecast of 30 days from 200", 1, [&] {
    const forecast::Forecast answer = forecaster.answer({.values = values, .horizon = 30, .periods = kWeek});
    sink += answer.points.back() + answer.quantile(30, 0.1);
  });
  count("anomaly score of a value", 200, [&] {
    forecast::AnomalyScorer scorer({.period = 7});
    for (const double value : values) {
      sink += scorer.look_at(value).score;
    }
  });
}

}  // namespace
}  // namespace kpi::bench

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: kpi_counts DIR\n";
    return 2;
  }
  try {
    const std::string dir = argv[1];
    kpi::bench::count_days(dir + "/days");
    kpi::bench::count_segments(dir + "/segments");
    kpi::bench::count_import(dir + "/import");
    kpi::bench::count_outlook();
    return std::isfinite(kpi::bench::sink) ? 0 : 1;
  } catch (const std::exception& failed) {
    std::cerr << "kpi_counts: " << failed.what() << "\n";
    return 1;
  }
}
