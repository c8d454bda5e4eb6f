#include "daemon/cli/asking.hpp"

#include "daemon/store/sqlite_store.hpp"
#include "daemon/web/client.hpp"
#include "rules/base/text.hpp"

#include <algorithm>
#include <ostream>

namespace kpi {
namespace {

/// Dead letters are queued again.
Result<ActionAnswer> resend_here(const ResendAction& action, Store& store, Engine& engine, Instant now) {
  const std::vector<NotificationRow> dead = KPI_TRY(store.dead_letters(action.ids, ""));
  if (dead.size() < action.ids.size()) {
    return fail(
        ErrorKind::kNotFound,
        std::to_string(action.ids.size() - dead.size()) + " of these are no dead letters; see `kpid deadletter list`");
  }
  for (const NotificationRow& row : dead) {
    DeliveryRow queued;
    queued.id = row.id;
    queued.last_error = row.last_error;
    queued.progress = row.progress;
    engine.receive(std::move(queued));
  }
  KPI_TRY(engine.step(now));
  return ActionAnswer{counted(dead.size(), "message leaves", "messages leave") + " with the next `kpid run`", ""};
}

/// Does it without a daemon: what it changes is judged at once, and messages wait for the next `kpid run`.
Result<ActionAnswer> act_here(const Action& action, const std::shared_ptr<const Config>& config, Io& io) {
  const auto store = KPI_TRY(open_sqlite_store(config->history));
  Engine engine(config, *store, {.waits_elapsed = true});  // one step: there is no later in which to tell
  KPI_TRY(engine.restore(io.clock.now()));
  const Instant now = std::max(io.clock.now(), engine.last_step().value_or(Instant{}));
  if (const auto* again = std::get_if<ResendAction>(&action)) {
    return resend_here(*again, *store, engine, now);
  }
  ActionAnswer answer = KPI_TRY(apply(action, engine, now));
  if (const auto* entry = std::get_if<EntryAction>(&action)) {
    const EntryRow row = KPI_TRY(read_entry(entry->words, *config, now));
    const std::uint32_t index = source_of_entry(row, *config);
    const PollRequest request = engine.poll_request(index, now);
    engine.receive(PollResult{index, now, config->sources[index].source->poll(request, io.host, {}), 0});
  }
  const StepSummary summary = KPI_TRY(engine.step(now));
  if (!summary.messages.empty()) {
    answer.text +=
        "\n" + counted(summary.messages.size(), "message leaves", "messages leave") + " with the next `kpid run`";
  }
  return answer;
}

}  // namespace

int ask(const Action& action, const std::shared_ptr<const Config>& config, Io& io) {
  auto answer = ask_daemon(action, *config);
  if (!answer && std::holds_alternative<ReloadAction>(action)) {
    return complain(
        io, kExitFailed, "no daemon runs on " + printable(config->history) + ": there is nothing to reload");
  }
  if (!answer) {
    answer = act_here(action, config, io);
  }
  if (*answer) {
    io.out << (*answer)->text << "\n";
    return kExitFine;
  }
  const Error& error = answer->error();
  if (std::holds_alternative<ReloadAction>(action)) {
    return complain(io, kExitNo, error.message);
  }
  const bool is_wrong = error.kind == ErrorKind::kInvalid || error.kind == ErrorKind::kNotFound;
  return complain(io, is_wrong ? kExitUsage : kExitFailed, error.message);
}

}  // namespace kpi
