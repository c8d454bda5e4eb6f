#include "tests/bench/own_runs.hpp"

#include "daemon/engine/engine.hpp"
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

}  // namespace kpi::bench
