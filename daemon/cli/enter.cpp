#include "daemon/cli/verbs.hpp"
#include "daemon/engine/engine.hpp"
#include "daemon/engine/entry.hpp"
#include "daemon/store/sqlite_store.hpp"
#include "rules/base/text.hpp"

#include <cmath>
#include <ostream>

namespace kpi {
namespace {

/// Enters a value without a daemon: what it changes is judged at once, and messages wait for the next `kpid run`.
Result<StepSummary> enter_here(std::shared_ptr<const Config> config, const EntryRow& row, Store& store, Io& io) {
  Engine engine(config, store, {.waits_elapsed = true});  // one step: there is no later in which to tell
  KPI_TRY(engine.restore(row.at));
  const Instant now = std::max(row.at, engine.last_step().value_or(row.at));
  const std::uint32_t index = source_of_entry(row, *config);
  engine.receive(row);
  const PollRequest request = engine.poll_request(index, now);
  engine.receive(PollResult{index, now, config->sources[index].source->poll(request, io.host, {}), 0});
  return engine.step(now);
}

int enter(const Arguments& arguments, Io& io) {
  const auto config = load_for_verb(arguments, Secrets::kChecked, io);
  if (!config) {
    return kExitNo;
  }
  const EntryWords words{.metric = arguments.text("metric"),
                         .value = arguments.text("value"),
                         .period = arguments.text("for"),
                         .by = arguments.text("by"),
                         .note = arguments.text("note")};
  const auto row = read_entry(words, *config, io.clock.now());
  if (!row) {
    return complain(io, kExitUsage, row.error().message);
  }
  auto store = open_sqlite_store(config->history);
  if (!store) {
    return complain(io, kExitFailed, store.error().message);
  }
  const auto summary = enter_here(config, *row, **store, io);
  if (!summary) {
    return complain(io, kExitFailed, summary.error().message);
  }
  io.out << words.metric << " " << entry_period(*row, *config) << ": "
         << (std::isnan(row->value) ? "withdrawn" : number_text(row->value)) << ", by " << printable(row->by) << "\n";
  if (!summary->messages.empty()) {
    io.out << counted(summary->messages.size(), "message leaves", "messages leave") << " with the next `kpid run`\n";
  }
  return kExitFine;
}

}  // namespace

Command enter_command() {
  return {"enter",
          "enter a value of a manual source",
          "kpid enter survey.satisfaction 4.3 --for 2026-03 --by anna --note \"412 answers\"\n"
          "kpid enter \"shop.stock{country=SE}\" 1200 --for 2026-03-31 --by anna\n"
          "kpid enter survey.satisfaction none --for 2026-03 --by anna    withdraws what was entered",
          {{"metric", "METRIC", "the metric, with its labels where its source has some", true, false, true},
           {"value", "VALUE", "the number, or none", true, false, true},
           {"for", "DATE", "the period it is about: a date of it, 2026-03, 2026-Q1", false, false, true},
           {"by", "WHO", "who says so", false, false, true},
           {"note", "TEXT", "a note, kept with the value"},
           config_argument()},
          enter};
}

}  // namespace kpi
