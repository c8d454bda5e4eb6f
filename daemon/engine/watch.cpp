#include "daemon/engine/watch.hpp"

#include "daemon/engine/entry.hpp"
#include "daemon/engine/poll_schedule.hpp"
#include "daemon/engine/troubles.hpp"
#include "daemon/os/free_memory.hpp"
#include "daemon/os/log.hpp"
#include "daemon/os/service.hpp"
#include "daemon/store/history_copy.hpp"
#include "plugins/http/credential_desk.hpp"
#include "rules/base/text.hpp"

#include <algorithm>
#include <climits>
#include <utility>

namespace kpi {
namespace {

/// So soon a history that could not be written is tried again.
constexpr std::chrono::seconds kTryAgain{1};
/// With so many rows that could not be written, nothing more is polled.
constexpr std::size_t kMostUnwritten = 200'000;
/// A poll may take so long, and so many of its intervals, before it counts as stuck.
constexpr std::chrono::minutes kStuckPoll{10};
constexpr int kStuckIntervals = 2;
/// With a clock so far before the last step nothing is judged until it has caught up.
constexpr std::chrono::minutes kStandsStill{1};
/// How long a stop waits for messages that are on their way.
constexpr std::chrono::seconds kLastDeliveries{1};
/// How long it waits for polls: they heed a stop within a second, a program may take another one to end.
constexpr std::chrono::seconds kLastPolls{3};

/// How long a poll of a source may take.
Duration poll_patience(const SourceConfig& source) {
  return std::max<Duration>(kStuckPoll, kStuckIntervals * source.every);
}

/// What a poll brought, for the log.
std::string outcome_text(const Result<Poll>& poll) {
  if (!poll || poll->broken_off) {
    return "failed: " + (poll ? poll->broken_off->message : poll.error().message) + ",";
  }
  return poll->unchanged ? "unchanged since it was read last,"
                         : counted(poll->samples.size(), "sample") + (poll->has_more ? " and there is more," : ",");
}

template <class... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};

}  // namespace

Watch::Watch(std::shared_ptr<const Config> config, Store& store, World world, EngineOptions options)
    : config_(std::move(config)),
      listen_(config_->web.listen),
      store_(store),
      world_(world),
      options_(options),
      engine_(std::make_unique<Engine>(config_, store_, options_)),
      pool_(world.jobs == nullptr ? std::make_unique<WorkPool>() : nullptr),
      jobs_(world.jobs == nullptr ? *pool_ : *world.jobs),
      polling_(config_->sources.size()),
      journal_(config_->history == ":memory:" ? "" : config_->history + ".sent"),
      deliveries_({world.clock, world.host, world.http, world.console, inbox_, jobs_, &journal_}),
      heartbeat_(world.http, jobs_) {
  deliveries_.configure(config_);
}

Watch::~Watch() {
  pool_.reset();
}

bool Watch::close() {
  jobs_.request_stop();
  CredentialDesk& logins = world_.host.credentials();
  if (!logins.end_renewals(std::chrono::milliseconds{0})) {
    log_info("waiting for the answer of a login: its refresh token may be another one by now");
    if (!logins.end_renewals(kLongestRenewal)) {
      log_warning("the login has not answered; the source may want a new refresh token");
    }
  }
  return pool_ == nullptr || pool_->close(kLastPolls);
}

Result<void> Watch::restore(Instant now) {
  KPI_TRY(engine_->restore(now));
  KPI_TRY(deliveries_.restore(store_));
  deliveries_.add(engine_->take_queued());
  deliveries_.recall(now);
  return {};
}

/// The wall clock, later than the last step: what is in the history does not become the future, and what happens while
/// the clock stands behind it has its own time, of which ids are made.
Instant Watch::now() {
  const auto last = engine_->last_step();
  return last ? std::max(world_.clock.now(), *last + kEngineTick) : world_.clock.now();
}

void Watch::start_poll(std::uint32_t source, Instant now) {
  polling_[source].in_flight = true;
  const PollRequest request = engine_->poll_request(source, now);
  // The configuration is kept alive by the job: a reload may drop it while the poll runs.
  polling_[source].begun = world_.clock.now();
  jobs_.submit([this, source, request, config = config_, generation = generation_](const std::stop_token& stop) {
    const auto begun = world_.clock.steady();
    PollResult result{
        source, request.now, config->sources[source].source->poll(request, world_.host, stop), generation};
    const auto took = world_.clock.steady() - begun;
    const std::string& name = config->sources[source].settings.name;
    work_->count_poll(name, took, !result.poll || result.poll->broken_off.has_value());
    log_debug("source " + name + ": " + outcome_text(result.poll) + " in " +
              std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(took).count()) + " ms");
    inbox_.post(std::move(result));
  });
}

/// On the pool: a large history takes a while.
void Watch::start_copy() {
  const HistoryExport& copy = config_->history_export;
  const Instant clock = world_.clock.now();
  if (copy.path.empty() || is_copying_ || (next_copy_ > clock && next_copy_ <= clock + copy.every)) {
    return;
  }
  is_copying_ = true;
  next_copy_ = clock + copy.every;
  jobs_.submit([this, history = config_->history, path = copy.path](const std::stop_token& /*stop*/) {
    inbox_.post(CopyEnd{replace_history_copy(history, path)});
  });
}

void Watch::hand_over(DeliveryNews news) {
  for (DeliveryRow& row : news.rows) {
    engine_->receive(std::move(row));
  }
  for (NotificationRow& letter : news.letters) {
    engine_->receive(std::move(letter));
  }
}

Result<void> Watch::run(const Reload& reload) {
  log_info("watching " + counted(config_->rules.kpis.size(), "KPI") + " of " +
           counted(config_->sources.size(), "source"));
  for (Polling& polling : polling_) {
    polling.next = Instant{};
  }
  notify_ready();
  while (KPI_TRY(turn(reload))) {
  }
  notify_stopping();
  KPI_TRY(finish_deliveries());
  jobs_.request_stop();
  return {};
}

/// What is not written down as delivered is sent again after the next start.
Result<void> Watch::finish_deliveries() {
  const auto deadline = world_.clock.steady() + kLastDeliveries;
  Asked asked;
  while (!deliveries_.is_idle() && world_.clock.steady() < deadline) {
    for (Event& event : inbox_.take(deadline)) {
      take(event, asked);
    }
  }
  hand_over(deliveries_.take_last_news(world_.clock.now()));
  KPI_TRY(engine_->step(now()));
  deliveries_.written();
  return {};
}

/// How long there is nothing to do, but for what comes by itself.
Duration Watch::until_next(Instant begun) const {
  const Instant clock = world_.clock.now();
  Duration wait = std::min(engine_->next_event() - begun, deliveries_.next_due() - clock);
  for (const Polling& polling : polling_) {
    if (!polling.in_flight) {
      wait = std::min(wait, polling.next - clock);
    }
  }
  if (!config_->history_export.path.empty() && !is_copying_) {
    wait = std::min(wait, next_copy_ - clock);
  }
  if (!storage_problem_.empty()) {
    return std::clamp<Duration>(wait, kTryAgain, 5 * kTryAgain);
  }
  return std::max<Duration>(wait, Duration{0});
}

/// Polls and deliveries go by the wall clock as it is, so that one that was set back does not stop them.
void Watch::start_due(Instant now) {
  const Instant clock = world_.clock.now();
  const bool is_polling = engine_->unwritten() < kMostUnwritten;
  for (std::uint32_t i = 0; i < polling_.size() && is_polling; ++i) {
    const SourceConfig& source = config_->sources[i];
    // Not after a step of the clock: nothing that was far away is waited for.
    const auto until = engine_->left_alone_until(i);
    // By whole slots: a poll that began a moment after its slot does not cost the next one.
    const Duration slack = source.every / 2;
    const bool is_left_alone =
        until && *until - slack > clock && *until <= clock + patience_after(INT_MAX, source.every);
    const bool was_set_back = polling_[i].next > clock + source.every;
    if (polling_[i].in_flight && polling_[i].begun + poll_patience(source) < clock && polling_[i].next <= clock) {
      // It holds up its source, and says nothing of it itself: at each interval it counts as one that failed.
      polling_[i].next = next_poll(clock, source.every, poll_offset(source.settings.name, source.every));
      engine_->receive(
          PollResult{i,
                     now,
                     fail(ErrorKind::kTimeout, "the poll of " + rfc3339(polling_[i].begun) + " has not ended"),
                     generation_});
    }
    if (!polling_[i].in_flight && (polling_[i].next <= clock || was_set_back)) {
      if (is_left_alone) {
        polling_[i].next = next_poll(*until - slack, source.every, poll_offset(source.settings.name, source.every));
        continue;
      }
      polling_[i].next = next_poll(clock, source.every, poll_offset(source.settings.name, source.every));
      start_poll(i, now);
    }
  }
  const auto last = engine_->last_step();
  deliveries_.start_due(clock, last && engine_->is_warm(*last));
  start_copy();
}

/// Hands what has come to the engine; what people asked for is left in `asked`.
void Watch::take(Event& event, Asked& asked) {
  std::visit(Overloaded{[&](PollResult& result) {
                          if (result.generation == generation_) {
                            polling_[result.source].in_flight = false;
                            polling_[result.source].is_tried = true;
                            engine_->receive(std::move(result));
                          }
                        },
                        [&](DeliveryResults& results) { deliveries_.take(results, world_.clock.now()); },
                        [&](BatchEnd& end) { deliveries_.take(end, world_.clock.now()); },
                        [&](RefreshEnd& end) { deliveries_.take(end); },
                        [&](CopyEnd& end) {
                          is_copying_ = false;
                          if (!end.copied) {
                            log_warning("history.export_copy: " + end.copied.error().message);
                          }
                        },
                        [&](std::shared_ptr<PendingAction>& pending) { act(std::move(pending), asked); },
                        [&](ReloadRequest&) { asked.reload = true; },
                        [&](StopRequest&) { asked.stop = true; }},
             event);
}

/// Hands what somebody asks to the engine.
void Watch::act(std::shared_ptr<PendingAction> pending, Asked& asked) {
  if (std::holds_alternative<ReloadAction>(pending->action)) {
    asked.reload = true;
    asked.reloads.push_back(std::move(pending));
    return;
  }
  Result<ActionAnswer> answer = std::holds_alternative<ResendAction>(pending->action)
                                    ? resend(std::get<ResendAction>(pending->action))
                                    : apply(pending->action, *engine_, now());
  if (const auto* entry = std::get_if<EntryAction>(&pending->action); entry != nullptr && answer) {
    if (const auto row = read_entry(entry->words, *config_, now())) {
      polling_[source_of_entry(*row, *config_)].next = Instant{};  // the value is read by a poll of its source, at once
    }
  }
  asked.answers.emplace_back(std::move(pending), std::move(answer));
}

Result<ActionAnswer> Watch::resend(const ResendAction& action) {
  std::vector<NotificationRow> dead = KPI_TRY(store_.dead_letters(action.ids, ""));
  for (const std::string& id : action.ids) {
    if (std::ranges::find(dead, id, &NotificationRow::id) == dead.end()) {
      return fail(ErrorKind::kNotFound, "there is no dead message \"" + printable(id, 64) + "\"");
    }
  }
  Resent resent = still_news(std::move(dead), engine_->routing(), now());
  std::string text = text_of(resent, "message queued again", "messages queued again");
  deliveries_.resend(std::move(resent));
  return ActionAnswer{std::move(text), ""};
}

std::size_t Watch::untried() const {
  return static_cast<std::size_t>(std::ranges::count(polling_, false, &Polling::is_tried));
}

/// A poll that should long have come to an end one way or the other.
bool Watch::has_stuck_poll() const {
  const Instant clock = world_.clock.now();
  for (std::size_t i = 0; i < polling_.size(); ++i) {
    if (polling_[i].in_flight && polling_[i].begun + poll_patience(config_->sources[i]) < clock) {
      return true;
    }
  }
  return false;
}

/// Whether somebody would hear of it if anything were wrong: every source was asked and answers one way or the other,
/// time goes on, and not all channels fail.
bool Watch::is_well() const {
  const bool stands_still = world_.clock.now() + kStandsStill < engine_->last_step().value_or(Instant{});
  const auto states = deliveries_.states();
  const auto fails = [this](const auto& entry) {
    const auto& [channel, state] = entry;
    return state.rests_until || !state.disabled.empty() || deliveries_.is_stuck(channel, world_.clock.now());
  };
  return untried() == 0 && !has_stuck_poll() && !stands_still &&
         (states.empty() || !std::ranges::all_of(states, fails));
}

std::size_t Watch::under_way() const {
  return static_cast<std::size_t>(std::ranges::count(polling_, true, &Polling::in_flight));
}

/// One turn of the daemon: start what is due, wait for what comes, step. False when asked to stop.
Result<bool> Watch::turn(const Reload& reload) {
  const Instant begun = now();
  notify_alive();
  start_due(begun);
  const Duration idle = until_next(begun);
  if (on_wait) {
    on_wait(idle);
  }
  Asked asked;
  for (Event& event : inbox_.take(world_.clock.steady() + std::min<Duration>(idle, kLongestWait))) {
    take(event, asked);
  }
  hand_over(deliveries_.take_news(world_.clock.now()));
  engine_->receive_troubles(machine_troubles(config_->history, world_.clock.now(), engine_->last_step()), now());
  StepSummary summary;
  const bool is_written = KPI_TRY(step(summary));
  is_written ? deliveries_.written() : deliveries_.unwritten();
  if (is_written && is_well()) {
    heartbeat_.beat(config_->heartbeat, world_.clock.now());
  }
  log(summary, world_.clock.now());
  deliveries_.add(engine_->take_queued());
  answer(asked, summary);
  if (asked.reload && is_written) {
    KPI_TRY(reload_now(reload, asked));
  }
  return !asked.stop;
}

Result<bool> Watch::step(StepSummary& summary) {
  const auto begun = world_.clock.steady();
  auto stepped = engine_->step(now());
  work_->count_step(world_.clock.steady() - begun, !stepped);
  if (stepped) {
    summary = *std::move(stepped);
    if (!std::exchange(storage_problem_, "").empty()) {
      log_info("the history can be written again; nothing is missing in it");
    }
    return true;
  }
  if (stepped.error().kind != ErrorKind::kStorage) {
    return tl::unexpected<Error>(stepped.error());
  }
  if (std::exchange(storage_problem_, stepped.error().message) != stepped.error().message) {
    log_error(stepped.error().message + ". The watch goes on; what it sees is written, and told, once it can be");
  }
  return false;
}

/// What people asked for is answered once it is in the history, or cannot be.
void Watch::answer(Asked& asked, const StepSummary& summary) {
  if (on_turn) {
    on_turn(summary);
  }
  const Result<ActionAnswer> unwritten = fail(ErrorKind::kStorage, storage_problem_);
  for (auto& [pending, answer] : asked.answers) {
    if (answer && !storage_problem_.empty()) {
      answer = fail(ErrorKind::kStorage, storage_problem_ + "; it is done, and written as soon as that works again");
    }
    pending->answer.set_value(std::move(answer));
  }
  if (!storage_problem_.empty()) {
    for (const auto& pending : asked.reloads) {
      pending->answer.set_value(unwritten);
    }
  }
}

Result<void> Watch::reload_now(const Reload& reload, Asked& asked) {
  notify_reloading();
  auto config = reload();
  Result<ActionAnswer> answer = ActionAnswer{};
  if (config) {
    KPI_TRY(swap_config(*std::move(config), now()));
    answer->text =
        "reloaded: " + counted(config_->rules.kpis.size(), "KPI") + " of " + counted(config_->sources.size(), "source");
    if (listen_ != config_->web.listen) {
      const std::string words = "listen is that of the start until kpid is started again";
      answer->text += "\n" + words;
      log_warning(words);
    }
  } else {
    tell_config_error(config.error().message);  // leaves with the next turn, which comes at once
    answer = tl::unexpected<Error>(config.error());
  }
  notify_ready();
  if (on_turn) {
    on_turn(StepSummary{});
  }
  for (const auto& pending : asked.reloads) {
    pending->answer.set_value(answer);
  }
  return {};
}

/// A new engine takes up where the old one stopped: all state is in the history.
Result<void> Watch::swap_config(std::shared_ptr<const Config> config, Instant now) {
  auto engine = std::make_unique<Engine>(config, store_, options_);
  KPI_TRY(engine->restore(now, true));
  deliveries_.add(engine->take_queued());  // those it does not know yet
  config_ = std::move(config);
  engine_ = std::move(engine);
  deliveries_.configure(config_);
  ++generation_;
  polling_.assign(config_->sources.size(), Polling{});
  give_back_free_memory();
  log_info("reloaded: " + counted(config_->rules.kpis.size(), "KPI"));
  return {};
}

/// What is held is looked at again and again: it is said once, and after some hours again.
void Watch::log_held(const Decision& decision, Instant now) {
  constexpr std::size_t kMostHeld = 10'000;
  constexpr std::chrono::hours kAgain{6};
  const std::string what = decision.subject + (decision.channel.empty() ? "" : " for " + decision.channel);
  const std::string why = reason_text(decision, config_->zone);
  if (held_.size() > kMostHeld) {
    held_.clear();
  }
  const auto [known, is_new] = held_.try_emplace(what, why, now);
  if (is_new || known->second.first != why || now >= known->second.second + kAgain) {
    known->second = {why, now};
    log_info(what + ": " + why);
  }
}

void Watch::log(const StepSummary& summary, Instant now) {
  for (const std::string& warning : summary.warnings) {
    log_warning(warning);
  }
  for (const std::string& remark : summary.remarks) {
    log_info(remark);
  }
  for (const Decision& decision : summary.decisions) {
    log_held(decision, now);
  }
  if (summary.new_samples + summary.restated_samples + summary.judged > 0) {
    log_info(counted(summary.new_samples, "new sample") + ", " + std::to_string(summary.restated_samples) +
             " restated, " + counted(summary.judged, "period") + " judged");
  }
  for (const Message& message : summary.messages) {
    log_info(std::string(name_of(message.type)) + " for " + message.channel + ": " + message.id);
  }
}

}  // namespace kpi
