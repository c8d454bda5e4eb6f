#include "daemon/engine/rehearsal.hpp"

#include "daemon/store/sqlite_store.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <tuple>
#include <utility>

namespace kpi {
namespace {

/// The place of each metric in its source, by its name.
std::map<std::string, Script::Series, std::less<>> places_of(const Config& config) {
  std::map<std::string, Script::Series, std::less<>> places;
  for (std::uint32_t source = 0; source < config.sources.size(); ++source) {
    const auto& metrics = config.sources[source].metrics;
    for (std::uint32_t i = 0; i < metrics.size(); ++i) {
      places.emplace(config.rules.metrics[metrics[i]].name, Script::Series{source, i, {}});
    }
  }
  return places;
}

/// What a script holds was converted when it became known: it says so as a row in the wanted currency would.
Labels labels_polled(const Script::Series& series, const Config& config) {
  const auto& conversions = config.sources[series.source].conversions;
  Labels labels = series.labels;
  if (series.metric < conversions.size() && conversions[series.metric]) {
    labels.insert(labels.begin(), {kCurrencyLabel, conversions[series.metric]->to});
  }
  return labels;
}

}  // namespace

Result<Script> read_script(HistoryReader& reader,
                           const Config& config,
                           const std::set<std::string>& left_out,
                           Instant until) {
  Script script;
  const auto places = places_of(config);
  std::map<std::uint32_t, std::uint32_t> series_of;  // by id in the history
  const std::vector<SeriesRow> rows = KPI_TRY(reader.series());
  for (const SeriesRow& row : rows) {
    const auto place = places.find(row.metric);
    if (place != places.end() && !left_out.contains(config.sources[place->second.source].settings.name)) {
      series_of.emplace(row.id, static_cast<std::uint32_t>(script.series.size()));
      script.series.push_back({place->second.source, place->second.metric, row.labels});
    }
  }
  KPI_TRY(reader.samples_as_known(until, [&](const KnownSample& sample) {
    if (const auto series = series_of.find(sample.series); series != series_of.end()) {
      script.arrivals.push_back({sample.known_at, series->second, sample.slot, sample.value, sample.is_withdrawn});
    }
  }));
  script.steps = KPI_TRY(reader.step_times(until));
  for (const KnownRead& read : KPI_TRY(reader.source_reads(until))) {
    for (std::uint32_t i = 0; i < config.sources.size(); ++i) {
      if (config.sources[i].settings.name == read.source && !left_out.contains(read.source)) {
        script.reads.push_back({read.at, i, read.read});
      }
    }
  }
  script.away = KPI_TRY(reader.down_times());
  return script;
}

/// Keeps what a reader of the ledger asks for; all of it, where another engine is to take it up.
class Rehearsal::Ledger final : public Store {
 public:
  explicit Ledger(const std::function<void(const VerdictRow&)>& on_verdict) : on_verdict_(on_verdict) {}

  /// From now on everything is kept.
  Result<void> keep_all() {
    all_ = KPI_TRY(open_sqlite_store(":memory:"));
    return {};
  }

  Result<StoredState> load() override { return all_ ? all_->load() : StoredState{}; }

  Result<void> commit(const StepCommit& step) override {
    if (all_) {
      StepCommit undelivered = step;
      undelivered.notifications.clear();  // nobody delivers them
      KPI_TRY(all_->commit(undelivered));
    }
    for (const LineRow& row : step.lines) {
      lines.insert_or_assign(row.id, row);
    }
    std::ranges::for_each(step.verdicts, [&](const VerdictRow& row) { mark_restated(row); });
    for (const EpisodeRow& row : step.episodes) {
      EpisodeRow& kept = episodes[row.id];
      const bool was_restated = kept.restated;
      kept = row;
      kept.restated = kept.restated || was_restated;
    }
    hushed_rows.insert(hushed_rows.end(), step.hushed.begin(), step.hushed.end());
    if (on_verdict_) {
      std::ranges::for_each(step.verdicts, on_verdict_);
    }
    return {};
  }

  Result<void> samples(Slot from,
                       Slot to,
                       const std::vector<std::uint32_t>& series,
                       const std::function<void(const SampleRow&)>& row) override {
    return all_ ? all_->samples(from, to, series, row) : Result<void>();
  }

  Result<void> newest_revisions(const std::function<void(std::uint32_t series, Slot slot)>& row) override {
    return all_ ? all_->newest_revisions(row) : Result<void>();
  }

  Result<void> verdicts(Slot from,
                        Slot to,
                        std::uint32_t line,
                        const std::function<void(const VerdictRow&)>& row) override {
    return all_ ? all_->verdicts(from, to, line, row) : Result<void>();
  }

  Result<std::vector<EpisodeRow>> episodes_between(Instant from, Instant to) override {
    std::vector<EpisodeRow> found;
    for (const auto& [id, row] : episodes) {
      if (row.since < to && (!row.resolved || *row.resolved >= from)) {
        found.push_back(row);
      }
    }
    std::ranges::sort(found, {}, [](const EpisodeRow& row) { return std::tie(row.since, row.id); });
    return found;
  }

  Result<std::vector<HushedRow>> hushed(Instant from, Instant to) override {
    std::vector<HushedRow> found;
    std::ranges::copy_if(
        hushed_rows, std::back_inserter(found), [&](const HushedRow& row) { return row.at >= from && row.at < to; });
    return found;
  }

  std::map<std::uint32_t, LineRow> lines;
  std::map<std::string, EpisodeRow> episodes;
  std::vector<HushedRow> hushed_rows;

 private:
  /// An episode stays as it was written, but is marked when a value of its periods is another.
  void mark_restated(const VerdictRow& row) {
    const auto key = std::pair(row.line, row.slot);
    if (const auto before = told_.find(key); before != told_.end()) {
      const bool is_same =
          before->second.first == row.value || (std::isnan(before->second.first) && std::isnan(row.value));
      const auto episode = episodes.find(before->second.second);
      if (!is_same && episode != episodes.end()) {
        episode->second.restated = true;
      }
    }
    if (row.episode.empty()) {
      told_.erase(key);
    } else {
      told_.insert_or_assign(key, std::pair(row.value, row.episode));
    }
  }

  std::unique_ptr<Store> all_;
  std::map<std::pair<std::uint32_t, Slot>, std::pair<double, std::string>> told_;  // of periods with an episode
  const std::function<void(const VerdictRow&)>& on_verdict_;
};

Rehearsal::Rehearsal(std::shared_ptr<const Config> config, Script script)
    : config_(std::move(config)),
      script_(std::move(script)),
      ledger_(std::make_unique<Ledger>(on_verdict)),
      engine_(std::make_unique<Engine>(config_, *ledger_, EngineOptions{1})) {
  std::ranges::sort(script_.arrivals, {}, [](const Script::Arrival& arrival) {
    return std::tuple(arrival.at, arrival.series, arrival.slot);
  });
  readings_.resize(config_->sources.size());
  for (auto read = script_.reads.rbegin(); read != script_.reads.rend(); ++read) {
    readings_[read->source].later.push_back(*read);
  }
}

Rehearsal::~Rehearsal() = default;

Result<void> Rehearsal::begin() {
  if (!has_begun_) {
    has_begun_ = true;
    if (!script_.reloads.empty()) {
      KPI_TRY(ledger_->keep_all());
    }
    KPI_TRY(engine_->restore(!script_.steps.empty()      ? script_.steps.front()
                             : !script_.arrivals.empty() ? script_.arrivals.front().at
                                                         : Instant{}));
  }
  return {};
}

/// As the daemon does: a new engine takes up where the old one stopped.
Result<void> Rehearsal::reload_until(Instant at) {
  for (; reloads_ < script_.reloads.size() && script_.reloads[reloads_].at <= at; ++reloads_) {
    config_ = script_.reloads[reloads_].config;
    engine_ = std::make_unique<Engine>(config_, *ledger_, EngineOptions{1});
    KPI_TRY(engine_->restore(at));
  }
  return {};
}

Result<void> Rehearsal::advance(Instant until) {
  KPI_TRY(begin());
  for (Instant at = next_step(); at < until; at = next_step()) {
    KPI_TRY(step(at));
  }
  // A script that has steps of its own is not looked at in between.
  return steps_ < script_.steps.size() && script_.steps[steps_] > until ? Result<void>() : step(until);
}

/// A start is one too: it was looked at once at least.
Instant Rehearsal::next_step() const {
  const Instant start = starts_ < script_.away.size() ? script_.away[starts_].until : Instant::max();
  if (steps_ < script_.steps.size()) {
    const Instant at = std::min(script_.steps[steps_], start);
    const auto deadline = script_.looks_between ? next_deadline(at) : std::nullopt;
    return deadline && !was_away(*deadline) ? *deadline : at;
  }
  const Instant event = std::min(engine_->next_event(), start);
  return next_ < script_.arrivals.size() ? std::min(event, script_.arrivals[next_].at) : event;
}

/// When the first line gives up what it waits for, if that is after the last step and before `before`.
std::optional<Instant> Rehearsal::next_deadline(Instant before) const {
  if (engine_->next_event() >= before) {
    return std::nullopt;
  }
  std::optional<Instant> found;
  for (const Line& line : engine_->lines()) {
    if (!line.newest || line.is_retired) {
      continue;
    }
    const Kpi& kpi = config_->rules.kpis[line.kpi];
    const Slot waits = line.awaiting.empty() ? next_slot(*line.newest, kpi.every, kpi.zone) : *line.awaiting.begin();
    const Instant deadline = engine_->plan_of(line).deadline(kpi, waits);
    if (deadline > last_ && deadline < found.value_or(before)) {
      found = deadline;
    }
  }
  return found;
}

/// Starts are written down as long as reads are.
bool Rehearsal::is_on_record(Instant at) const {
  return !script_.away.empty() && script_.away.front().until <= at;
}

/// Nor is it known of the time before the record that somebody looked.
bool Rehearsal::was_away(Instant at) const {
  const auto after = std::ranges::upper_bound(script_.away, at, {}, &DownTimeRow::since);
  return !is_on_record(at) || (after != script_.away.begin() && at < std::prev(after)->until);
}

void Rehearsal::start_until(Instant at) {
  for (; starts_ < script_.away.size() && script_.away[starts_].until <= at; ++starts_) {
    engine_->start_again(script_.away[starts_].until);
  }
}

/// When a source was read last by `at`, between the steps of the record: what its polls brought was not written down,
/// but the next step on record says whether there were any. They follow each other by its interval, and the one that
/// began half of it ago has come to its end.
Instant Rehearsal::read_between(std::uint32_t source, Instant at) const {
  const Reading& reading = readings_[source];
  const bool is_known = steps_ < script_.steps.size();
  const Script::Read* next = reading.later.empty() ? nullptr : &reading.later.back();
  Instant last = *reading.read;
  if (is_known && (next == nullptr || next->at > script_.steps[steps_])) {
    return last;
  }
  const Instant start = starts_ == 0 ? last : script_.away[starts_ - 1].until;
  const bool is_once = starts_ < script_.away.size() && script_.away[starts_].since == start;
  const Duration every = config_->sources[source].every;
  const Instant ended = at - every / 2;
  const Instant before = is_known && next->read ? *next->read : Instant::max();
  if (start > last && start < before && (is_once || start <= ended)) {
    last = start;
  }
  const Instant poll =
      before == Instant::max()
          ? last + (ended - last) / every * every
          : before - std::max<Duration::rep>(1, (before - ended + every - Duration{1}) / every) * every;
  return was_away(poll) ? last : std::max(last, poll);
}

/// Hands the engine how a source stood at a step, and what came then.
void Rehearsal::receive(Instant at, PollResult result) {
  if (!is_on_record(at)) {
    engine_->receive(std::move(result));
    return;
  }
  const std::uint32_t source = result.source;
  Poll& poll = *result.poll;
  Reading& reading = readings_[source];
  bool is_told = false;
  for (; !reading.later.empty() && reading.later.back().at <= at; reading.later.pop_back()) {
    reading.is_failing = !reading.later.back().read;
    reading.read = reading.is_failing ? reading.read : reading.later.back().read;
    is_told = true;
  }
  if (!is_told && !is_step_ && script_.looks_between && !reading.is_failing && reading.read) {
    const Instant between = read_between(source, at);
    is_told = between > *reading.read;
    reading.read = between;
  }
  const bool brings = !poll.samples.empty() ||
                      !result.withdrawn.empty();  // what was imported came without a poll, and one may break off
  if (reading.is_failing && (brings || is_told)) {
    poll.broken_off = Error{ErrorKind::kUnavailable, "it failed then"};
    engine_->receive(std::move(result));
  } else if (brings || is_told) {
    poll.has_more = !reading.read;
    result.at = reading.read.value_or(at);
    engine_->receive(std::move(result));
  }
}

Result<void> Rehearsal::step(Instant at) {
  KPI_TRY(reload_until(at));
  start_until(at);
  is_step_ = steps_ < script_.steps.size() && script_.steps[steps_] == at;
  while (steps_ < script_.steps.size() && script_.steps[steps_] <= at) {
    ++steps_;
  }
  std::vector<PollResult> polls;
  for (std::uint32_t source = 0; source < config_->sources.size(); ++source) {
    polls.push_back({source, at, Poll()});
  }
  std::map<std::uint32_t, std::uint32_t> places;  // of a series in its poll
  for (; next_ < script_.arrivals.size() && script_.arrivals[next_].at <= at; ++next_) {
    const Script::Arrival& arrival = script_.arrivals[next_];
    const Script::Series& series = script_.series[arrival.series];
    PollResult& result = polls[series.source];
    Poll& poll = *result.poll;
    const WithdrawnSample withdrawn{series.metric, series.labels, arrival.slot};
    std::erase(result.withdrawn, withdrawn);  // it came again
    if (arrival.is_withdrawn) {
      result.withdrawn.push_back(withdrawn);
      continue;
    }
    const auto [place, is_new] = places.try_emplace(arrival.series, static_cast<std::uint32_t>(poll.series.size()));
    if (is_new) {
      poll.series.push_back({series.metric, labels_polled(series, *config_)});
    }
    poll.samples.push_back({place->second, arrival.slot, arrival.value});
  }
  for (PollResult& result : polls) {
    receive(at, std::move(result));
  }
  StepSummary summary = KPI_TRY(engine_->step(at));
  std::ranges::move(summary.messages, std::back_inserter(messages_));
  last_ = at;
  return {};
}

std::vector<Message> Rehearsal::take_messages() {
  return std::exchange(messages_, {});
}

const std::map<std::string, EpisodeRow>& Rehearsal::episodes() const {
  return ledger_->episodes;
}

const LineRow& Rehearsal::line(std::uint32_t id) const {
  return ledger_->lines.at(id);
}

}  // namespace kpi
