#include "daemon/engine/engine.hpp"

#include "daemon/engine/convert.hpp"
#include "daemon/engine/warm_up.hpp"
#include "daemon/notify/message_json.hpp"
#include "rules/base/text.hpp"
#include "rules/judge/touch.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace kpi {
namespace {

/// Until when a KPI is not judged after a start: what has not been read yet is not missing.
template <class SourceStates>
Instant judged_from(const std::set<std::uint32_t>& read,
                    const SourceStates& states,
                    const Config& config,
                    Instant start) {
  Instant at;
  for (const std::uint32_t source : read) {
    at = std::max(at, waited_for_until(states[source], config.sources[source].every, start));
  }
  return at;
}

bool is_same(const TargetVersionRow& a, const TargetVersionRow& b) {
  const bool same_baseline = a.baseline == b.baseline || (std::isnan(a.baseline) && std::isnan(b.baseline));
  return a.fingerprint == b.fingerprint && a.start == b.start && same_baseline;
}

Slot today_of(const Kpi& kpi, Instant now) {
  return slot_of(Date{std::chrono::floor<std::chrono::days>(kpi.zone.to_local(now))});
}

bool is_endless(const Target& target) {
  return target.each && !target.deadline;
}

/// Whether a target that repeats has come to the end of what is planned.
bool needs_more_plans(const Kpi& kpi, const std::vector<TargetPlan>& plans, Slot today) {
  return plans.empty() || (is_endless(kpi.targets[plans.back().target]) && plans.back().end <= today);
}

bool reads_line(const Line& user, const Line& used) {
  const auto reads_itself = [&](const Inputs& inputs) {
    return std::ranges::find(inputs.kpis, &used.judged) != inputs.kpis.end();
  };
  const auto reads = [&](const Inputs& inputs) {
    return reads_itself(inputs) || std::ranges::any_of(inputs.segments, [&](const std::vector<Inputs>& segments) {
             return std::ranges::any_of(segments, reads_itself);
           });
  };
  return reads(user.value_inputs) || std::ranges::any_of(user.limit_inputs, reads) ||
         std::ranges::any_of(user.alert_inputs, reads);
}

/// An earlier form of the rule judged the period, with all that it was to be judged by, and its value is the same now:
/// unknown, where it was.
bool is_as_judged_before(const Line& line, const JudgeContext& context, Slot slot) {
  const Sample* judged = line.judged.at(slot);
  if (!line.edit || slot > line.edit->last || judged == nullptr || line.unsure.contains(slot)) {
    return false;
  }
  const Value now = provisional_value(line, context, slot);
  return std::isnan(judged->value) ? !now.is_known() : now.number == judged->value;
}

}  // namespace

const Line* Engine::find_line(std::string_view kpi, const Labels& segment) const {
  const auto index = kpi_index_.find(kpi);
  if (index == kpi_index_.end()) {
    return nullptr;
  }
  const auto found = line_index_.find({index->second, segment});
  return found == line_index_.end() ? nullptr : &lines_[found->second];
}

JudgeContext Engine::judge_context(Instant now) const {
  return JudgeContext{&rules_, &table_, &read_at_, now};
}

KpiState Engine::state_of(const Line& line) const {
  const KpiState state = kpi::state_of(line);
  return has_failing_source(line.kpi) ? std::max(state, KpiState::kError) : state;
}

bool Engine::has_failing_source(std::uint32_t kpi) const {
  return std::ranges::any_of(sources_of_kpi_[kpi],
                             [&](std::uint32_t source) { return !sources_[source].row.error.empty(); });
}

bool Engine::has_failed_source() const {
  return std::ranges::any_of(sources_, [](const SourceState& source) { return !source.row.error.empty(); });
}

Instant Engine::next_event() const {
  if (tells_config_error_) {
    return Instant{};
  }
  const Instant routing = next_wake(routing_);
  if (has_past_) {
    return last_step_.value_or(Instant{});
  }
  Instant judging = std::min(next_late_, wakes_.empty() ? Instant::max() : wakes_.begin()->first);
  for (const auto& [kpi, line] : dirty_) {
    judging = std::min(judging, judged_from(sources_of_kpi_[kpi], sources_, *config_, started_));
  }
  const Instant telling = routing == Instant::max() ? routing : std::max(routing, warm_at());
  const Instant reminding = next_reminder_ == Instant{} ? Instant::max() : next_reminder_;
  return std::min({judging, telling, next_digest(), reminding});
}

std::vector<NotificationRow> Engine::take_queued() {
  return std::exchange(queued_, {});
}

Result<StepSummary> Engine::step(Instant now) {
  if (last_step_ && now < *last_step_) {
    return fail(ErrorKind::kInvalid,
                "the history was last stepped at " + rfc3339(*last_step_) + ", " + rfc3339(now) + " lies before that");
  }
  StepSummary summary;
  commit_.now = now;
  // Rates come before what is converted by them.
  std::ranges::stable_partition(polls_,
                                [&](const PollResult& poll) { return !converts(config_->sources[poll.source]); });
  for (PollResult& poll : std::exchange(polls_, {})) {
    ingest(poll, now, summary);
  }
  refresh_stale();
  judge_due(now, summary);
  report_refused(summary);
  look_for_late(now);
  look_for_past(now);
  std::ranges::move(std::exchange(warnings_, {}), std::back_inserter(summary.warnings));
  std::ranges::move(std::exchange(remarks_, {}), std::back_inserter(summary.remarks));
  KPI_TRY(tell(now, summary));
  std::ranges::move(std::exchange(deliveries_, {}), std::back_inserter(commit_.deliveries));
  std::ranges::move(std::exchange(letters_, {}), std::back_inserter(commit_.notifications));
  keep_reads(now);
  KPI_TRY(commit(now));
  KPI_TRY(tell_digests(now, summary));
  if (!commit_.digests.empty()) {
    commit_.now = now;
    KPI_TRY(commit(now));
  }
  KPI_TRY(roll_up(now));
  return summary;
}

Result<void> Engine::commit(Instant now) {
  KPI_TRY(store_.commit(commit_));
  last_step_ = now;
  queued_.insert(queued_.end(), commit_.notifications.begin(), commit_.notifications.end());
  commit_ = StepCommit{};
  return {};
}

Result<void> Engine::write_words() {
  StepCommit words;
  words.now = last_step_.value_or(Instant{});
  words.reviews = std::exchange(commit_.reviews, {});
  words.notes = std::exchange(commit_.notes, {});
  words.entries = std::exchange(commit_.entries, {});
  words.silences = std::exchange(commit_.silences, {});
  words.acknowledgements = std::exchange(commit_.acknowledgements, {});
  std::ranges::move(std::exchange(deliveries_, {}), std::back_inserter(words.deliveries));
  std::ranges::move(std::exchange(letters_, {}), std::back_inserter(words.notifications));
  return store_.commit(words);
}

/// Whoever judges the record once more must see each source as this step saw it. Steps that wrote nothing down had
/// nothing that rests on it.
void Engine::keep_reads(Instant now) {
  const auto has_turned = [](const SourceState& source) { return source.kept.is_failing == source.row.error.empty(); };
  if (commit_.samples.empty() && commit_.verdicts.empty() && commit_.episodes.empty() && commit_.definitions.empty() &&
      std::ranges::none_of(sources_, has_turned)) {
    return;
  }
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    SourceState& source = sources_[i];
    const bool is_failing = !source.row.error.empty();
    KeptRead is{is_failing, true, is_failing ? std::nullopt : source.row.read_until};
    std::optional<Instant> at;
    if (waited_for_until(source, config_->sources[i].every, started_) > now) {
      // Read last before the start, by a step that had nothing to write down.
      is = {source.kept.is_failing, false, source.kept.is_failing ? std::nullopt : source.row.read_until};
      at = stopped_;
    }
    if (is != source.kept && (is.is_failing || is.read)) {
      commit_.source_reads.push_back({source.row.name, is.read, at});
      source.kept = is;
    }
  }
}

void Engine::start_again(Instant now) {
  started_ = now;
  for (SourceState& source : sources_) {
    source.is_read = false;
  }
}

void Engine::judge_due(Instant now, StepSummary& summary) {
  for (; !wakes_.empty() && wakes_.begin()->first <= now; wakes_.erase(wakes_.begin())) {
    const std::uint32_t line = wakes_.begin()->second;
    wake_of_line_[line] = Instant::max();
    dirty_.emplace(lines_[line].kpi, line);
  }
  changed_.clear();
  restated_alerts_.clear();
  commit_.verdicts.reserve(commit_.verdicts.size() + dirty_.size());
  commit_.statuses.reserve(commit_.statuses.size() + dirty_.size());
  decltype(dirty_) unread;
  // Judging a KPI may make later ones dirty, never earlier ones: each comes after those it uses.
  while (!dirty_.empty()) {
    const auto [kpi, line] = *dirty_.begin();
    dirty_.erase(dirty_.begin());
    // A single step waits for none but those that say that more is to come: the next one goes on.
    const bool waits =
        options_.waits_elapsed
            ? std::ranges::any_of(sources_of_kpi_[kpi], [&](std::uint32_t i) { return sources_[i].has_more; })
            : judged_from(sources_of_kpi_[kpi], sources_, *config_, started_) > now;
    if (waits) {
      unread.emplace(kpi, line);
      judge_touched(line, now, summary);
    } else {
      judge_line(line, now, summary);
    }
  }
  dirty_ = std::move(unread);
}

void Engine::judge_line(std::uint32_t index, Instant now, StepSummary& summary) {
  Line& line = lines_[index];
  if (has_left(line)) {
    leave(index, now, summary);
    return;
  }
  line.has_left = false;
  if (rules_.kpis[line.kpi].no_data.then == NoDataPolicy::Then::kOk && has_failing_source(line.kpi)) {
    judge_touched(index, now, summary);  // an error is not fine: the rest when the source can be read again
    return;
  }
  const KpiPlan& plan = plans_[line.kpi];
  if (const auto first = begin_of(line); first && (!line.first || *first < *line.first)) {
    line.first = first;
    for (const std::uint32_t other : lines_of_kpi_[line.kpi]) {
      if (line.segment.empty() && lines_[other].is_expected) {
        dirty_.emplace(line.kpi, other);  // it begins now too
      }
    }
  }
  plan_target(line, now);
  const auto lacks = [](const TargetPlan& target) { return target.lack != TargetPlan::Lack::kNothing; };
  const bool lacked = std::ranges::any_of(line.plans, lacks);
  const JudgeContext context = judge_context(now);
  LineChanges changes;
  judge(line, plan, context, take_touched(index, context), changes);
  if (lacked) {
    keep_targets(line);  // a measured baseline may have become known just now
  }
  take(index, changes, now, summary);
}

/// A line that is not judged yet takes what was restated at once: after a start nobody would know of it.
void Engine::judge_touched(std::uint32_t index, Instant now, StepSummary& summary) {
  const JudgeContext context = judge_context(now);
  if (const std::set<Slot> touched = take_touched(index, context); !touched.empty() && !has_left(lines_[index])) {
    LineChanges changes;
    rejudge(lines_[index], plans_[lines_[index].kpi], context, touched, changes);
    take(index, changes, now, summary);
  }
}

/// The periods of the line that are to be judged again. What an earlier form of the rule judged stays where all that
/// comes late is what it was judged by: the history had lost it. Until that has come back, nothing is judged again.
std::set<Slot> Engine::take_touched(std::uint32_t index, const JudgeContext& context) {
  const Line& line = lines_[index];
  std::set<Slot> touched;
  if (std::ranges::any_of(sources_of_kpi_[line.kpi], [&](std::uint32_t i) { return sources_[i].is_read_anew; })) {
    return touched;
  }
  if (auto restated = restated_.extract(index)) {
    touched = std::move(restated.mapped());
  }
  if (const auto late = late_.extract(index)) {
    std::ranges::copy_if(late.mapped(), std::inserter(touched, touched.end()), [&](Slot slot) {
      return !is_as_judged_before(line, context, slot);
    });
  }
  return touched;
}

/// The periods that its rows were taken out of stay as they were judged.
void Engine::leave(std::uint32_t index, Instant now, StepSummary& summary) {
  Line& line = lines_[index];
  restated_.erase(index);
  late_.erase(index);
  LineChanges changes;
  kpi::leave(line, plans_[line.kpi], judge_context(now), changes);
  // As after a restart: it begins where it has samples when some come.
  line.first = begin_of(line);
  line.begun.reset();
  line.newest = line.stepped;
  line.awaiting.clear();
  take(index, changes, now, summary);
  for (const std::uint32_t user : kpis_of_kpi_[line.kpi]) {
    for (const std::uint32_t other : lines_of_kpi_[user]) {
      if (reads_line(lines_[other], line)) {
        dirty_.emplace(user, other);
      }
    }
  }
}

void Engine::take(std::uint32_t index, LineChanges& changes, Instant now, StepSummary& summary) {
  Line& line = lines_[index];
  if (changes.is_restated) {
    restated_alerts_[index] = Reason::kRestated;
  }
  changed_.push_back(index);
  write_changes(line, changes, summary);
  write_status(line, now);
  judge_dependents(line, changes, now);
  schedule(index);
}

/// KPIs made of this one have something new to look at, and their judged periods may stand on what was restated.
void Engine::judge_dependents(const Line& line, const LineChanges& changes, Instant now) {
  if (changes.verdicts.empty() || kpis_of_kpi_[line.kpi].empty()) {
    return;
  }
  std::vector<Slot> slots;
  for (const VerdictRow& row : changes.verdicts) {
    slots.push_back(row.slot);
  }
  const JudgeContext context = judge_context(now);
  for (const std::uint32_t user : kpis_of_kpi_[line.kpi]) {
    for (const std::uint32_t index : lines_of_kpi_[user]) {
      if (reads_line(lines_[index], line)) {
        dirty_.emplace(user, index);
        judge_again(index, periods_reading(lines_[index], context, line.judged, slots), restated_);
      }
    }
  }
}

void Engine::plan_target(Line& line, Instant now) {
  const Kpi& kpi = rules_.kpis[line.kpi];
  const Slot today = today_of(kpi, now);
  if (kpi.targets.empty() || !needs_more_plans(kpi, line.plans, today)) {
    return;
  }
  PlanGround ground;
  ground.calendar = rules_.calendar;
  ground.today = today;
  ground.first_load = [&](const std::string& name) {
    const auto stored = targets_.find({kpi.id, name});
    return stored == targets_.end() ? today : slot_of(stored->second.start);
  };
  for (TargetPlan& plan : plans_of(kpi, line.segment, ground)) {
    if (std::ranges::find(line.plans, plan.name, &TargetPlan::name) != line.plans.end()) {
      continue;
    }
    const auto stored = targets_.find({kpi.id, plan.name});
    const std::string text = target_text(kpi.targets[plan.target]);
    if (stored != targets_.end() && without_changes(stored->second.text) != without_changes(text)) {
      warnings_.push_back("the target of " + kpi.id + (plan.name == "target" ? "" : " \"" + plan.name + "\"") +
                          " was changed without a reason; keep it and write changes: [{date: …, to: …, why: \"…\"}]");
      edited_.insert(line.kpi);
    } else if (stored != targets_.end() && !kpi.targets[plan.target].baseline && !std::isnan(stored->second.baseline)) {
      plan.baseline = stored->second.baseline;
    }
    line.plans.push_back(std::move(plan));
  }
  keep_targets(line);
}

/// Writes down the plans that are new, or have just got their baseline.
void Engine::keep_targets(const Line& line) {
  const Kpi& kpi = rules_.kpis[line.kpi];
  for (const TargetPlan& plan : line.plans) {
    const std::string text = target_text(kpi.targets[plan.target]);
    TargetVersionRow row{kpi.id, plan.name, fingerprint(text), date_of(plan.start), plan.baseline, text};
    const auto [stored, is_new] = targets_.try_emplace({kpi.id, plan.name}, row);
    if (is_new || !is_same(stored->second, row)) {
      stored->second = row;
      commit_.target_versions.push_back(std::move(row));
    }
  }
}

void Engine::write_changes(Line& line, LineChanges& changes, StepSummary& summary) {
  // A period may be judged and judged again in one step; what counts is the last word.
  std::ranges::stable_sort(changes.verdicts, {}, &VerdictRow::slot);
  for (auto row = changes.verdicts.begin(); row != changes.verdicts.end(); ++row) {
    if (std::next(row) != changes.verdicts.end() && std::next(row)->slot == row->slot) {
      continue;
    }
    ++summary.judged;
    summary.forecasts += std::isnan(row->probability) ? 0 : 1;
    if (line.stepped && row->slot == *line.stepped) {
      line.verdict = row->verdict;
      line.reason = row->reason;
    }
    commit_.verdicts.push_back(*row);
  }
  commit_.episodes.insert(commit_.episodes.end(), changes.episodes.begin(), changes.episodes.end());
  if (resumed_at_ && !changes.is_restated) {
    tell_passed(static_cast<std::uint32_t>(line_of_id_[line.id] - 1), changes.episodes);
  }
}

void Engine::schedule(std::uint32_t index) {
  const Line& line = lines_[index];
  if (wake_of_line_[index] != Instant::max()) {
    wakes_.erase({wake_of_line_[index], index});
  }
  wake_of_line_[index] = kpi::next_event(line, plans_[line.kpi], judge_context(last_step_.value_or(Instant{})));
  if (wake_of_line_[index] != Instant::max()) {
    wakes_.emplace(wake_of_line_[index], index);
  }
}

}  // namespace kpi
