#include "tests/bench/day.hpp"

#include "daemon/store/sqlite_store.hpp"
#include "tests/bench/measure.hpp"

namespace kpi::bench {

Instant Day::after(std::uint32_t day) {
  return Instant{std::chrono::sys_days{kFirstDay} + std::chrono::days{day + 1}} + std::chrono::hours{1};
}

void Day::receive(const Delivery& delivery, Instant now) {
  deliver(engine_.config(), delivery, [&](std::uint32_t source, Poll poll) {
    engine_.receive(PollResult{source, now, std::move(poll), 0});
  });
}

void Day::run(std::uint32_t day, const Step& step) {
  Instant now = after(day);
  const auto next = [&] { return now += std::chrono::seconds{1}; };
  step("due", [] {}, next());
  for (std::uint32_t kpi = 0; kpi < kOnes; ++kpi) {
    next();
    step("one", [&] { receive({kpi, kpi + 1, day, day + 1}, now); }, now);
  }
  next();
  step("all", [&] { receive({kOnes, kpis_, day, day + 1}, now); }, now);
  for (std::uint32_t i = 0; i < kIdles; ++i) {
    step("idle", [] {}, next());
  }
}

Extent extent_of(const Engine& engine) {
  const auto last = std::chrono::floor<std::chrono::days>(engine.last_step().value_or(Instant{}));
  return {static_cast<std::uint32_t>(engine.table().size()),
          static_cast<std::uint32_t>((last - std::chrono::sys_days{kFirstDay}).count())};
}

void make_history(const std::string& dir, const Extent& extent) {
  const auto config = load_world(dir);
  const auto store = must(open_sqlite_store(config->history));
  Engine engine(config, *store);
  const Instant now = Day::after(extent.days - 1);
  must(engine.restore(now));
  deliver(*config, {0, extent.kpis, 0, extent.days}, [&](std::uint32_t source, Poll poll) {
    engine.receive(PollResult{source, now, std::move(poll), 0});
  });
  must(engine.step(now));
}

}  // namespace kpi::bench
