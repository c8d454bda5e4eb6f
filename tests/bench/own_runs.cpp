#include "tests/bench/own_runs.hpp"

#include "daemon/engine/engine.hpp"
#include "daemon/engine/rehearsal.hpp"
#include "daemon/os/files.hpp"
#include "daemon/store/sqlite_store.hpp"
#include "tests/bench/day.hpp"
#include "tests/bench/worlds.hpp"

#include <fmt/format.h>

namespace kpi::bench {

Figures own_import(const std::string& dir) {
  const auto config = load_world(dir);
  const auto store = must(open_sqlite_store(config->history));
  Engine engine(config, *store);
  must(engine.restore(Instant{}));
  FileHost host;
  Figures figures;
  const Stopwatch whole;
  Poll poll = must(config->sources[0].source->poll(engine.poll_request(0, Instant{}), host, {}));
  figures.add("read", whole.read());
  const Stopwatch step;
  const Instant now = Instant{Duration{poll.samples.back().slot.ms}} + std::chrono::days{2};
  engine.receive(PollResult{0, now, std::move(poll), 0});
  const StepSummary summary = must(engine.step(now));
  figures.add("step", step.read());
  figures.add("import", whole.read());
  figures.fact("samples", static_cast<double>(summary.new_samples));
  figures.fact("judged", static_cast<double>(summary.judged));
  return figures;
}

Figures own_load(const std::string& dir) {
  Figures figures;
  const Stopwatch watch;
  const auto config = load_world(dir);
  figures.add("load", watch.read());
  figures.fact("kpis", static_cast<double>(config->rules.kpis.size()));
  return figures;
}

Figures own_day(const std::string& dir) {
  const auto config = load_world(dir);
  const auto store = must(open_sqlite_store(config->history));
  Engine engine(config, *store);
  must(engine.restore(Instant{}));
  const Extent extent = extent_of(engine);
  Figures figures;
  double judged = 0;
  double messages = 0;
  Day(engine, extent.kpis).run(extent.days, [&](const auto& kind, const auto& prepare, Instant now) {
    const Stopwatch watch;
    prepare();
    const StepSummary summary = must(engine.step(now));
    figures.add(kind, watch.read());
    judged += static_cast<double>(summary.judged);
    messages += static_cast<double>(summary.messages.size());
  });
  figures.fact("judged", judged);
  figures.fact("messages", messages);
  return figures;
}

Figures own_start(const std::string& dir) {
  Figures figures;
  const double begun = process_cpu();
  const Stopwatch whole;
  const auto config = load_world(dir);
  figures.add("load", whole.read());
  const Stopwatch opening;
  const auto store = must(open_sqlite_store(config->history));
  figures.add("open", opening.read());
  const Stopwatch restoring;
  Engine engine(config, *store);
  must(engine.restore(Day::after(20000)));
  figures.add("restore", restoring.read());
  Cost start = whole.read();
  start.cpu += begun;
  figures.add("start", start);
  figures.fact("lines", static_cast<double>(engine.lines().size()));
  return figures;
}

Figures own_segments(const std::string& dir) {
  const auto config = load_world(dir);
  const auto store = must(open_sqlite_store(config->history));
  Engine engine(config, *store);
  must(engine.restore(Instant{}));
  Figures figures;
  std::size_t judged = 0;
  for (std::uint32_t day = 0; day < 2; ++day) {  // on the first day the segments appear
    const Instant now = Day::after(day);
    const Stopwatch step;
    deliver(*config, {0, kSegments, day, day + 1}, [&](std::uint32_t source, Poll poll) {
      engine.receive(PollResult{source, now, std::move(poll), 0});
    });
    judged = must(engine.step(now)).judged;
    if (day > 0) {
      figures.add("step", step.read());
    }
  }
  const JudgeContext context = engine.judge_context(Day::after(1));
  const Stopwatch judging;
  double known = 0;
  for (const Line& line : engine.lines()) {
    known += judge_period(line, context, line.judged.values.back().slot).value.is_known() ? 1 : 0;
  }
  figures.add("judge", judging.read());
  figures.fact("judged", static_cast<double>(judged));
  figures.fact("known", known);
  return figures;
}

Figures own_ratio(const std::string& dir) {
  constexpr int kDays = 9;
  constexpr int kHours = 24;
  const auto config = load_world(dir);
  const auto store = must(open_sqlite_store(config->history));
  Engine engine(config, *store);
  must(engine.restore(Instant{}));
  const std::size_t kpis = config->rules.kpis.size();
  const Duration grain{config->sources[0].settings.grain.interval_ms};
  const Instant begin{std::chrono::sys_days{kFirstDay}};
  Poll poll;
  for (std::uint32_t series = 0; series < 2 * kpis; ++series) {
    poll.series.push_back({series % 2, Labels{{"id", fmt::format("k{:05}", series / 2)}}});
  }
  for (Instant at = begin; at < begin + std::chrono::days{kDays}; at += grain) {
    for (std::uint32_t series = 0; series < 2 * kpis; ++series) {
      const auto slot = Slot{at.time_since_epoch().count()};
      poll.samples.push_back({series, slot, series % 2 == 0 ? 4.0 + (series % 7) : 100.0});
    }
  }
  const Instant now = begin + std::chrono::days{kDays} + std::chrono::hours{1};
  engine.receive(PollResult{0, now, std::move(poll), 0});
  must(engine.step(now));
  const JudgeContext context = engine.judge_context(now);
  double known = 0;
  const Stopwatch watch;
  for (int hour = 1; hour <= kHours; ++hour) {
    for (const Line& line : engine.lines()) {
      const auto& values = line.judged.values;
      known += judge_period(line, context, values[values.size() - hour].slot).value.is_known() ? 1 : 0;
    }
  }
  Figures figures;
  figures.add("judge", watch.read());
  figures.fact("judged", static_cast<double>(kHours * engine.lines().size()));
  figures.fact("known", known);
  return figures;
}

Figures own_backtest(const std::string& dir) {
  const auto config = load_world(dir);
  Script script;
  const auto kpis = static_cast<std::uint32_t>(config->rules.kpis.size());
  for (std::uint32_t day = 0; day < kBacktestDays; ++day) {
    deliver(*config, {0, kpis, day, day + 1}, [&](std::uint32_t source, const Poll& poll) {
      const auto first = static_cast<std::uint32_t>(script.series.size());
      for (std::size_t i = 0; day == 0 && i < poll.series.size(); ++i) {
        script.series.push_back({source, poll.series[i].metric, poll.series[i].labels});
      }
      for (const PolledSample& sample : poll.samples) {
        script.arrivals.push_back({Day::after(day), (day == 0 ? first : 0) + sample.series, sample.slot, sample.value});
      }
    });
  }
  Figures figures;
  const Stopwatch watch;
  Rehearsal rehearsal(config, std::move(script));
  std::size_t judged = 0;
  rehearsal.on_verdict = [&](const VerdictRow&) { ++judged; };
  must(rehearsal.advance(Day::after(kBacktestDays)));
  figures.add("backtest", watch.read());
  figures.fact("judged", static_cast<double>(judged));
  figures.fact("episodes", static_cast<double>(rehearsal.episodes().size()));
  return figures;
}

}  // namespace kpi::bench
