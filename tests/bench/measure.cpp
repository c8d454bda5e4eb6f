#include "tests/bench/measure.hpp"

#include <nlohmann/json.hpp>

#include <sys/resource.h>

#include <algorithm>
#include <ctime>

namespace kpi::bench {
namespace {

double seconds(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

double peak_mib() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

}  // namespace

Stopwatch::Stopwatch() : begun_{seconds(CLOCK_PROCESS_CPUTIME_ID), seconds(CLOCK_MONOTONIC)} {}

Cost Stopwatch::read() const {
  return {seconds(CLOCK_PROCESS_CPUTIME_ID) - begun_.cpu, seconds(CLOCK_MONOTONIC) - begun_.wall};
}

double process_cpu() {
  return seconds(CLOCK_PROCESS_CPUTIME_ID);
}

void Figures::add(const std::string& name, Cost cost) {
  for (auto& [known, costs] : costs_) {
    if (known == name) {
      costs.push_back(cost);
      return;
    }
  }
  costs_.push_back({name, {cost}});
}

std::string Figures::json() const {
  nlohmann::ordered_json document;
  for (const auto& [name, costs] : costs_) {
    std::vector<double> cpu;
    std::vector<double> wall;
    for (const Cost& cost : costs) {
      cpu.push_back(cost.cpu);
      wall.push_back(cost.wall);
    }
    document[name] = {{"cpu", median(std::move(cpu))}, {"wall", median(std::move(wall))}, {"n", costs.size()}};
  }
  for (const auto& [name, value] : facts_) {
    document[name] = value;
  }
  document["peak_mib"] = peak_mib();
  return document.dump();
}

}  // namespace kpi::bench
