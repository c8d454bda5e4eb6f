#include "tests/bench/own_runs.hpp"

#include "daemon/engine/engine.hpp"
#include "daemon/engine/rehearsal.hpp"
#include "daemon/os/files.hpp"
#include "daemon/store/sqlite_store.hpp"
#include "tests/bench/day.hpp"
#include "tests/bench/worlds.hpp"

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
