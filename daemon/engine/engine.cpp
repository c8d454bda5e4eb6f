#include "daemon/engine/engine.hpp"

#include "daemon/notify/message_json.hpp"
#include "rules/base/text.hpp"
#include "rules/judge/touch.hpp"

#include <algorithm>
#include <cmath>

namespace kpi {
namespace {

/// A measured baseline is the mean of the periods of these days before the start, at least so many.
constexpr std::int32_t kBaselineDays = 28;
constexpr std::size_t kBaselinePeriods = 4;

std::optional<double> measured_baseline(const JudgedSeries& judged, Slot start) {
  const Slot from = shift_date(start, Span{0, -kBaselineDays, 0});
  double sum = 0;
  std::size_t count = 0;
  for (const Sample& sample : judged.values) {
    if (sample.slot >= from && sample.slot < start && !std::isnan(sample.value)) {
      sum += sample.value;
      ++count;
    }
  }
  return count >= kBaselinePeriods ? std::optional(sum / static_cast<double>(count)) : std::nullopt;
}

/// The target's keys, one a line: a target with other keys is another version.
std::string target_text(const Target& target) {
  std::string text =
      "from: " + (target.baseline ? number_text(*target.baseline) : "measured") + "\nto: " + number_text(target.goal);
  text += "\nstart: " + (target.start ? date_text(*target.start) : "first load");
  text += "\nby: " + (target.deadline ? date_text(*target.deadline) : target.within ? target.within->text() : "");
  text += std::string("\npath: ") + (target.path == Target::Path::kLinear ? "linear" : "compound");
  text += "\non_track: " + number_text(target.on_track) + "\nat_risk: " + number_text(target.at_risk) + "\n";
  return text;
}

Slot start_of_target(const Target& target, const TargetVersionRow* stored, const Kpi& kpi, Instant now) {
  if (target.start) {
    return slot_of(*target.start);
  }
  if (stored != nullptr) {
    return slot_of(stored->start);
  }
  const auto local = kpi.zone.to_local(now);
  return slot_of(Date{std::chrono::floor<std::chrono::days>(local)});
}

bool reads_line(const Line& user, const Line& used) {
  const auto reads = [&](const Inputs& inputs) {
    return std::ranges::find(inputs.kpis, &used.judged) != inputs.kpis.end();
  };
  return reads(user.value_inputs) || std::ranges::any_of(user.limit_inputs, reads) ||
         std::ranges::any_of(user.alert_inputs, reads);
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
  return wakes_.empty() ? Instant::max() : wakes_.begin()->first;
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
  for (PollResult& poll : std::exchange(polls_, {})) {
    ingest(poll, now, summary);
  }
  for (const std::uint32_t kpi : std::exchange(stale_inputs_, {})) {
    refresh_inputs(kpi);
  }
  judge_due(now, summary);
  report_refused(summary);
  tell(now, summary);
  commit_.now = now;
  commit_.deliveries = std::exchange(deliveries_, {});
  KPI_TRY(store_.commit(commit_));
  last_step_ = now;
  queued_.insert(queued_.end(), commit_.notifications.begin(), commit_.notifications.end());
  commit_ = StepCommit{};
  return summary;
}

void Engine::judge_due(Instant now, StepSummary& summary) {
  while (!wakes_.empty() && wakes_.begin()->first <= now) {
    const std::uint32_t line = wakes_.begin()->second;
    wakes_.erase(wakes_.begin());
    wake_of_line_[line] = Instant::max();
    dirty_.emplace(lines_[line].kpi, line);
  }
  changed_.clear();
  restated_alerts_.clear();
  // Judging a KPI may make later ones dirty, never earlier ones: each comes after those it uses.
  while (!dirty_.empty()) {
    const std::uint32_t line = dirty_.begin()->second;
    dirty_.erase(dirty_.begin());
    judge_line(line, now, summary);
  }
}

void Engine::judge_line(std::uint32_t index, Instant now, StepSummary& summary) {
  Line& line = lines_[index];
  if (rules_.kpis[line.kpi].no_data.then == NoDataPolicy::Then::kOk && has_failing_source(line.kpi)) {
    return;  // an error is not fine: judged when the source can be read again
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
  const JudgeContext context = judge_context(now);
  LineChanges changes;
  judge(line, plan, context, changes);
  if (const auto restated = restated_.find(index); restated != restated_.end()) {
    rejudge(line, plan, context, restated->second, changes);
    restated_.erase(restated);
  }
  if (rules_.kpis[line.kpi].target && !line.plan) {
    plan_target(line, now);  // a measured baseline may have become known just now
  }
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
  if (changes.verdicts.empty()) {
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
        judge_again(index, periods_reading(lines_[index], context, line.judged, slots));
      }
    }
  }
}

void Engine::plan_target(Line& line, Instant now) {
  const Kpi& kpi = rules_.kpis[line.kpi];
  if (!kpi.target || !line.segment.empty() || line.plan) {
    return;
  }
  const Target& target = *kpi.target;
  const std::string text = target_text(target);
  const auto stored = targets_.find(kpi.id);
  const TargetVersionRow* known = stored == targets_.end() ? nullptr : &stored->second;
  const bool is_same = known != nullptr && known->fingerprint == fingerprint(text);
  TargetPlan plan;
  plan.goal = target.goal;
  plan.path = target.path;
  plan.start = start_of_target(target, known, kpi, now);
  plan.end = target.deadline ? Slot{slot_of(*target.deadline).ms + kDayMs}
                             : shift_date(plan.start, target.within.value_or(Span{0, 1, 0}));
  std::optional<double> baseline = target.baseline;
  if (!baseline && is_same && !std::isnan(known->baseline)) {
    baseline = known->baseline;
  }
  if (!baseline && line.newest && *line.newest >= plan.start) {
    baseline = measured_baseline(line.judged, plan.start);
  }
  TargetVersionRow row{kpi.id, "target", fingerprint(text), date_of(plan.start), baseline.value_or(std::nan("")), text};
  const bool is_new_baseline = is_same && std::isnan(known->baseline) && baseline;
  if (!is_same || is_new_baseline) {
    targets_[kpi.id] = row;
    commit_.target_versions.push_back(std::move(row));
  }
  if (baseline) {
    plan.baseline = *baseline;
    line.plan = plan;
  }
}

void Engine::write_changes(Line& line, const LineChanges& changes, StepSummary& summary) {
  // A period may be judged and judged again in one step; what counts is the last word.
  std::map<Slot, const VerdictRow*> last;
  for (const VerdictRow& row : changes.verdicts) {
    last[row.slot] = &row;
  }
  for (const auto& [slot, row] : last) {
    commit_.verdicts.push_back(*row);
    if (line.stepped && slot == *line.stepped) {
      line.verdict = row->verdict;
      line.reason = row->reason;
    }
  }
  summary.judged += last.size();
  commit_.episodes.insert(commit_.episodes.end(), changes.episodes.begin(), changes.episodes.end());
}

void Engine::schedule(std::uint32_t index) {
  const Line& line = lines_[index];
  if (wake_of_line_[index] != Instant::max()) {
    wakes_.erase({wake_of_line_[index], index});
  }
  wake_of_line_[index] = kpi::next_event(line, rules_.kpis[line.kpi], plans_[line.kpi]);
  if (wake_of_line_[index] != Instant::max()) {
    wakes_.emplace(wake_of_line_[index], index);
  }
}

}  // namespace kpi
