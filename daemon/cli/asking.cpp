#include "daemon/cli/asking.hpp"

#include "daemon/cli/check_grains.hpp"
#include "daemon/engine/resent.hpp"
#include "daemon/store/history_reader.hpp"
#include "daemon/store/sqlite_store.hpp"
#include "daemon/web/client.hpp"
#include "rules/base/text.hpp"

#include <ostream>

namespace kpi {
namespace {

/// Dead letters are queued again.
Result<ActionAnswer> resend_here(const ResendAction& action, Store& store, Engine& engine, Instant now) {
  std::vector<NotificationRow> dead = KPI_TRY(store.dead_letters(action.ids, ""));
  if (dead.size() < action.ids.size()) {
    return fail(
        ErrorKind::kNotFound,
        std::to_string(action.ids.size() - dead.size()) + " of these are no dead letters; see `kpid deadletter list`");
  }
  Resent resent = still_news(std::move(dead), engine.routing(), now);
  std::string text =
      text_of(resent, "message leaves with the next `kpid run`", "messages leave with the next `kpid run`");
  for (const NotificationRow& row : resent.rows) {
    DeliveryRow queued;
    queued.id = row.id;
    queued.last_error = row.last_error;
    queued.progress = row.progress;
    engine.receive(std::move(queued));
  }
  for (DeliveryRow& skipped : resent.skipped) {
    engine.receive(std::move(skipped));
  }
  return ActionAnswer{std::move(text), ""};
}

/// The time at which something is said. What alerts are told of stands still between steps: an acknowledgement or a
/// silence counts from the last one, and so it can end in what was the past of a clock set back. The rest is dated.
Instant time_of(const Action& action, Instant now, const std::optional<Instant>& last_step) {
  const bool is_of_alerts = std::holds_alternative<AcknowledgeAction>(action) ||
                            std::holds_alternative<SilenceAction>(action) ||
                            std::holds_alternative<EndSilenceAction>(action);
  return is_of_alerts && last_step ? *last_step : now;
}

/// What was entered is judged at once, as if it had been there at the last step: the sources were not looked at since,
/// and what has not been read would be taken for missing. Before the first step there is nothing to judge.
Result<void> judge_entry(const EntryAction& action, Engine& engine, ActionAnswer& answer, Io& io) {
  if (!engine.last_step()) {
    answer.text += "\nit is judged with the next `kpid run`";
    return engine.write_words();
  }
  const Config& config = engine.config();
  const Instant now = *engine.last_step();
  const EntryRow row = KPI_TRY(read_entry(action.words, config, io.clock.now()));
  const std::uint32_t index = source_of_entry(row, config);
  const PollRequest request = engine.poll_request(index, now);
  engine.receive(PollResult{index, now, config.sources[index].source->poll(request, io.host, {}), 0});
  const StepSummary summary = KPI_TRY(engine.step(now));
  if (!summary.messages.empty()) {
    answer.text +=
        "\n" + counted(summary.messages.size(), "message leaves", "messages leave") + " with the next `kpid run`";
  }
  return {};
}

/// Does it without a daemon: it is kept, and counts from the next `kpid run` on.
Result<ActionAnswer> act_here(const Action& action, const std::shared_ptr<const Config>& config, Io& io) {
  const auto store = KPI_TRY(open_sqlite_store(config->history, {.patience = kHistoryPatience}));
  Engine engine(config, *store, {.waits_elapsed = true});  // one step: there is no later in which to tell
  const Instant now = io.clock.now();
  KPI_TRY(engine.restore(now));
  if (const auto* again = std::get_if<ResendAction>(&action)) {
    ActionAnswer answer = KPI_TRY(resend_here(*again, *store, engine, now));
    KPI_TRY(engine.write_words());
    return answer;
  }
  if (std::holds_alternative<EntryAction>(action)) {
    KPI_TRY(refuse_other_grains(*config, engine));
  }
  ActionAnswer answer = KPI_TRY(apply(action, engine, time_of(action, now, engine.last_step())));
  if (const auto* entry = std::get_if<EntryAction>(&action)) {
    KPI_TRY(judge_entry(*entry, engine, answer, io));
  } else {
    KPI_TRY(engine.write_words());
  }
  return answer;
}

int conclude(const Action& action, const Result<ActionAnswer>& answer, Io& io) {
  if (answer) {
    io.out << answer->text << "\n";
    return kExitFine;
  }
  const Error& error = answer.error();
  if (std::holds_alternative<ReloadAction>(action)) {
    return complain(io, error.kind == ErrorKind::kUnavailable ? kExitFailed : kExitNo, error.message);
  }
  const bool is_wrong = error.kind == ErrorKind::kInvalid || error.kind == ErrorKind::kNotFound;
  return complain(io, is_wrong ? kExitUsage : kExitFailed, error.message);
}

}  // namespace

int ask_as_of(const AskAsOf& make, const std::shared_ptr<const Config>& config, Io& io) {
  auto action = make(io.clock.now());
  if (!action) {
    return kExitUsage;
  }
  if (const auto answer = ask_daemon(*action, *config)) {
    return conclude(*action, *answer, io);
  }
  const auto reader = open_history_reader(config->history);
  const auto last = reader ? (*reader)->last_step() : Result<std::optional<Instant>>();
  if (last && *last) {
    action = make(**last);
  }
  return action ? conclude(*action, act_here(*action, config, io), io) : int{kExitUsage};
}

int ask(const Action& action, const std::shared_ptr<const Config>& config, Io& io) {
  const auto answer = ask_daemon(action, *config);
  if (!answer && std::holds_alternative<ReloadAction>(action)) {
    return complain(
        io, kExitFailed, "no daemon runs on " + printable(config->history) + ": there is nothing to reload");
  }
  return conclude(action, answer ? *answer : act_here(action, config, io), io);
}

}  // namespace kpi
