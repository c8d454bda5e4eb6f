#include "daemon/engine/convert.hpp"
#include "daemon/engine/engine.hpp"
#include "daemon/engine/lost_rows.hpp"
#include "daemon/engine/poll_schedule.hpp"
#include "plugins/rows.hpp"
#include "rules/base/text.hpp"
#include "rules/judge/touch.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <set>

namespace kpi {
namespace {

/// Periods that were given up, or judged by what else there was, because their source had not been read since they were
/// due. Now it has: what is missing in them is known to be missing.
std::set<Slot> judged_unread(
    const Line& line, const Kpi& kpi, const KpiPlan& plan, const std::optional<Instant>& before, Instant read) {
  std::set<Slot> periods;
  for (auto judged = line.judged.values.rbegin(); judged != line.judged.values.rend(); ++judged) {
    const Instant due = plan.due(kpi, judged->slot);
    if (before && due <= *before) {
      break;
    }
    if (due <= read) {
      periods.insert(judged->slot);
    }
  }
  return periods;
}

/// The sources with samples that are converted by rates from `since` on (each stands until the next one), and from
/// which of their periods on.
std::vector<std::pair<std::uint32_t, Slot>> converted_with(const SourceConfig& rates,
                                                           Slot since,
                                                           const Config& config,
                                                           const SampleTable& table) {
  std::vector<std::pair<std::uint32_t, Slot>> sources;
  for (std::uint32_t i = 0; i < config.sources.size(); ++i) {
    const SourceConfig& source = config.sources[i];
    const SourceSettings& of = source.settings;
    const Instant begin = start_of(since, rates.settings.grain, of.zone);
    const Slot first = slot_at(begin, of.grain, of.zone, of.calendar);
    bool is_old = false;
    for (std::size_t metric = 0; metric < source.conversions.size(); ++metric) {
      const auto& conversion = source.conversions[metric];
      if (!conversion || conversion->rates != rates.settings.name) {
        continue;
      }
      is_old = is_old || std::ranges::any_of(table.of_metric(source.metrics[metric]), [&](std::uint32_t id) {
                 return !table[id].samples.empty() && table[id].samples.back().slot >= first;
               });
    }
    if (is_old) {
      sources.emplace_back(i, first);
    }
  }
  return sources;
}

/// How a kept cursor begins that asks for something once more, the slot behind it; the source's own follows.
constexpr std::string_view kAnew = "anew ";
/// Before that, where what is read was begun with settings that were new.
constexpr std::string_view kEdited = "edited;";

struct KeptCursor {
  bool is_edited = false;
  std::optional<Slot> anew_from;
  std::string cursor;
};

KeptCursor kept_cursor(std::string text) {
  std::int64_t ms = 0;
  const bool is_edited = text.starts_with(kEdited);
  text.erase(0, is_edited ? kEdited.size() : 0);
  const auto end = text.starts_with(kAnew) ? text.find(';') : std::string::npos;
  if (end == std::string::npos ||
      std::from_chars(text.data() + kAnew.size(), text.data() + end, ms).ptr != text.data() + end) {
    return {is_edited, std::nullopt, std::move(text)};
  }
  return {is_edited, Slot{ms}, text.substr(end + 1)};
}

/// Whether a source whose last cursor is `text` is read with other settings now, to its end.
bool is_edited(const std::string& text, const std::string& mark) {
  return !text.empty() && (!text.starts_with(mark) || kept_cursor(text.substr(mark.size())).is_edited);
}

/// Until when an answer says what its source has not: a period that it did not ask for may have rows.
Instant known_until(const Poll& poll, const SourceSettings& settings, const CalendarRules& calendar, Instant at) {
  const Slot running = slot_at(at, settings.grain, settings.zone, calendar);
  return poll.whole_until && *poll.whole_until < running ? start_of(*poll.whole_until, settings.grain, settings.zone)
                                                         : at;
}

std::optional<Slot> front_of(const SampleTable::Series& series) {
  return series.samples.empty() ? std::nullopt : std::optional(series.samples.front().slot);
}

}  // namespace

PollRequest Engine::poll_request(std::uint32_t source, Instant now) const {
  const SourceConfig& config = config_->sources[source];
  PollRequest request;
  request.now = now;
  if (const std::string& text = sources_[source].row.cursor; text.starts_with(sources_[source].cursor_mark)) {
    KeptCursor kept = kept_cursor(text.substr(sources_[source].cursor_mark.size()));
    if (!kept.anew_from) {
      request.cursor = std::move(kept.cursor);
    } else if (config.source != nullptr && config.source->reads_anew()) {
      request.cursor = std::move(kept.cursor);
      request.anew_from = kept.anew_from;
    }
  }
  if (config.since) {
    request.from = slot_of(*config.since);
  }
  for (std::uint32_t i = 0; config.is_entered && i < config.metrics.size(); ++i) {
    const auto first = entered_.lower_bound({config.metrics[i], Labels{}, Slot{0}});
    for (auto entry = first; entry != entered_.end() && std::get<0>(entry->first) == config.metrics[i]; ++entry) {
      request.entered.push_back({i, std::get<1>(entry->first), std::get<2>(entry->first), entry->second});
    }
  }
  return request;
}

std::optional<Grain> Engine::read_grain(std::string_view source) const {
  const auto state = std::ranges::find_if(sources_, [&](const SourceState& known) { return known.row.name == source; });
  const std::string_view mark = state == sources_.end() ? std::string_view() : state->row.cursor;
  const std::vector<std::string_view> words = split(mark, ' ');
  const auto grain = parse_grain(words.size() < 3 ? "" : words[1]);
  return grain ? std::optional(*grain) : std::nullopt;
}

void Engine::receive(PollResult result) {
  polls_.push_back(std::move(result));
}

void Engine::receive(DeliveryRow delivery) {
  deliveries_.push_back(std::move(delivery));
}

void Engine::receive(NotificationRow message) {
  letters_.push_back(std::move(message));
}

void Engine::receive(ReviewRow review) {
  commit_.reviews.push_back(std::move(review));
}

void Engine::receive(NoteRow note) {
  commit_.notes.push_back(std::move(note));
}

void Engine::receive(EntryRow entry) {
  remember(entry);
  commit_.entries.push_back(std::move(entry));
}

void Engine::remember(const EntryRow& entry) {
  for (std::uint32_t metric = 0; metric < rules_.metrics.size(); ++metric) {
    if (rules_.metrics[metric].name == entry.metric) {
      entered_[{metric, entry.labels, entry.slot}] = entry.value;
    }
  }
}

/// It goes on by what it had; its KPIs wait for it.
void Engine::take_failure(std::uint32_t source, const Error& error, Instant at, StepSummary& summary) {
  SourceState& state = sources_[source];
  const Duration every = config_->sources[source].every;
  ++state.failures;
  state.row.failures = state.failures;
  state.is_invalid = error.kind == ErrorKind::kInvalid || error.kind == ErrorKind::kNotFound;
  state.row.error = error.message;
  state.failing_since = state.failing_since ? state.failing_since : at;
  const Duration patience = patience_after(state.failures, every);
  state.row.next_poll = patience > every ? std::optional(at + patience) : std::nullopt;
  summary.warnings.push_back("source " + state.row.name + ": " + state.row.error);
}

/// While there is more, a period without a row may only not have been asked for yet; and of an answer that is a part it
/// may have been left out. An import has not asked for what lies before its begin since the last poll.
void Engine::take_success(const PollResult& result) {
  const std::uint32_t source = result.source;
  const SourceConfig& config = config_->sources[source];
  const Poll& poll = *result.poll;
  SourceState& state = sources_[source];
  for (std::uint32_t kpi = 0; kpi < sources_of_kpi_.size() && !state.row.error.empty(); ++kpi) {
    if (sources_of_kpi_[kpi].contains(source)) {
      for (const std::uint32_t line : lines_of_kpi_[kpi]) {
        dirty_.emplace(kpi, line);  // what waited for the source may be given up now
      }
    }
  }
  state.failures = 0;
  state.row.failures = 0;
  state.row.next_poll.reset();
  state.is_invalid = false;
  state.row.error.clear();
  if (poll.has_more) {
    return;
  }
  state.is_read_anew = false;
  state.row.last_success = result.at;
  const auto fills = [&](std::uint32_t metric) { return rules_.metrics[metric].missing != Missing::kUnknown; };
  const bool leaves_out = poll.is_partial && std::ranges::any_of(config.metrics, fills);
  const bool goes_on_as_before = result.is_backfill && !state.row.cursor.empty();
  if (!leaves_out && !goes_on_as_before) {
    count_as_read(source, known_until(poll, config.settings, rules_.calendar, result.at));
  }
}

/// What was known once stays known, unless the clock was set back since: then it is about a time that is to come.
void Engine::count_as_read(std::uint32_t source, Instant until) {
  SourceState& state = sources_[source];
  if (state.row.read_until && *state.row.read_until <= *state.row.last_success) {
    until = std::max(until, *state.row.read_until);
  }
  state.row.read_until = until;
  for (const std::uint32_t metric : config_->sources[source].metrics) {
    const std::optional<Instant> before = std::exchange(read_at_[metric], until);
    if (rules_.metrics[metric].missing != Missing::kUnknown) {
      for (const std::uint32_t kpi : kpis_of_metric_[metric]) {
        for (const std::uint32_t line : lines_of_kpi_[kpi]) {
          dirty_.emplace(kpi, line);
          judge_again(line, judged_unread(lines_[line], rules_.kpis[kpi], plans_[kpi], before, until), restated_);
        }
      }
    }
  }
}

void Engine::ingest(PollResult& result, Instant now, StepSummary& summary) {
  SourceState& state = sources_[result.source];
  const SourceConfig& source = config_->sources[result.source];
  state.is_changed = true;
  state.row.last_poll = result.at;
  const bool is_read_anew = state.is_read_anew;
  if (const auto lost = result.poll ? lost_row(*result.poll, source, *config_, now) : std::nullopt) {
    result.poll = fail(ErrorKind::kInvalid, *lost);
  }
  state.has_more = result.poll && result.poll->has_more && !result.poll->broken_off;
  if (state.has_more) {
    summary.remarks.push_back("source " + state.row.name + ": there is more to be read; what reads it is judged then");
  }
  state.is_read = state.is_read || !result.poll || !result.poll->has_more || result.poll->broken_off;
  if (!result.poll || result.poll->broken_off) {
    take_failure(result.source, result.poll ? *result.poll->broken_off : result.poll.error(), result.at, summary);
  } else {
    take_success(result);
  }
  if (!result.poll || result.poll->unchanged) {
    return;
  }
  state.row.quota.clear();
  for (const std::string& remark : result.poll->remarks) {
    if (remark.starts_with(kQuotaRemark)) {
      state.row.quota.push_back(remark.substr(kQuotaRemark.size()));
    }
  }
  const std::string before = state.row.cursor;
  const Plugin* plugin = find_plugin(source.plugin);
  state.is_edited = is_edited(before, state.cursor_mark);
  if (plugin != nullptr && plugin->is_whole && state.is_edited) {
    result.poll->whole_from = Slot{std::numeric_limits<std::int64_t>::min()};
  } else if (state.is_edited && !source.is_entered && !result.poll->whole_from && !result.poll->is_partial &&
             !result.poll->samples.empty()) {
    // It was asked for everything: from its first row on that is what there is.
    result.poll->whole_from = std::ranges::min(result.poll->samples, {}, &PolledSample::slot).slot;
  }
  if (state.is_edited && !before.starts_with(state.cursor_mark) && result.poll->whole_from) {
    remark_on_older(source, *result.poll->whole_from, summary);
  }
  const bool goes_on = result.poll->has_more || result.poll->broken_off || result.poll->is_partial;
  state.row.cursor = state.cursor_mark + std::string(state.is_edited && goes_on ? kEdited : "") + result.poll->cursor;
  if (converts(source) && convert(*result.poll, source, *config_, table_)) {
    state.row.cursor = state.cursor_mark;  // what had no rate is read again
  }
  state.row.problem_count = result.poll->problem_count;
  state.row.problems.clear();
  for (const RowProblem& problem : result.poll->problems) {
    state.row.problems.push_back(problem.where + ": " + problem.message);
    summary.warnings.push_back("source " + state.row.name + ": " + state.row.problems.back());
  }
  ingest_samples(source, result, now, is_read_anew, summary);
  if (state.anew_from && state.anew_since && result.at <= *state.anew_since) {
    want_anew(state, *state.anew_from, *state.anew_since);  // it was asked for before the rates changed
  } else {
    state.anew_from.reset();
  }
  if (result.is_backfill && !before.empty() && state.row.cursor != state.cursor_mark) {
    state.row.cursor = before;
  }
}

/// Kept with the cursor: the next poll may be that of another run.
void Engine::want_anew(SourceState& state, Slot from, Instant now) {
  const std::string& text = state.row.cursor;
  if (!text.empty() && !text.starts_with(state.cursor_mark)) {
    return;  // read with other settings: all is asked for anyway
  }
  const KeptCursor kept = kept_cursor(text.empty() ? "" : text.substr(state.cursor_mark.size()));
  state.anew_from = std::min({from, kept.anew_from.value_or(from), state.anew_from.value_or(from)});
  state.anew_since = now;
  state.row.cursor = state.cursor_mark + std::string(kept.is_edited ? kEdited : "") + std::string(kAnew) +
                     std::to_string(state.anew_from->ms) + ";" + kept.cursor;
  state.is_changed = true;
}

void Engine::ingest_samples(
    const SourceConfig& source, const PollResult& result, Instant now, bool is_read_anew, StepSummary& summary) {
  const Poll& poll = *result.poll;
  // The running period has not ended: it and all later ones are not seen yet.
  const Slot running = slot_at(now, source.settings.grain, source.settings.zone, rules_.calendar);
  const bool is_instant = source.settings.grain.unit == Grain::Unit::kInstant;
  remark_on(source, poll, running, summary);
  const Slot until = is_instant ? Slot{running.ms + 1} : running;
  bool skipped = false;
  const std::optional<Slot> kept_from = sources_[source_of_metric_[source.metrics.front()]].row.kept_from;
  // A series that has only samples that are not seen is not seen either.
  std::vector<bool> is_seen(poll.series.size());
  for (const PolledSample& sample : poll.samples) {
    is_seen[sample.series] =
        is_seen[sample.series] || (sample.slot < until && (!kept_from || sample.slot >= *kept_from));
  }
  std::vector<std::uint32_t> series(poll.series.size());
  for (std::size_t i = 0; i < series.size(); ++i) {
    if (is_seen[i]) {
      series[i] = series_of(source.metrics[poll.series[i].metric], poll.series[i].labels);
    }
  }
  std::vector<ChangedSample> changed;
  for (const PolledSample& sample : poll.samples) {
    if (kept_from && sample.slot < *kept_from) {
      ++summary.past_samples;
      continue;
    }
    if (sample.slot >= until) {
      skipped = true;
      continue;
    }
    const std::uint32_t id = series[sample.series];
    const std::optional<Slot> front = front_of(table_[id]);
    const SampleTable::Put put = table_.put(id, sample.slot, sample.value);
    if (put == SampleTable::Put::kSame) {
      continue;
    }
    ++(put == SampleTable::Put::kNew ? summary.new_samples : summary.restated_samples);
    commit_.samples.push_back({series_id_[id], sample.slot, sample.value});
    changed.push_back({id, sample.slot, front, is_read_anew || put == SampleTable::Put::kNew});
  }
  if (poll.whole_from && !is_instant) {
    take_out(source, poll, until, changed, summary);
  }
  for (const WithdrawnSample& sample : result.withdrawn) {
    if (const auto of = table_.find(source.metrics[sample.metric], sample.labels)) {
      restate(*of, sample.slot, std::nullopt, changed);
    }
  }
  sources_[source_of_metric_[source.metrics.front()]].knows_newest = false;
  if (skipped) {
    // What was not seen must be asked for again, although the source has not changed.
    SourceState& state = sources_[source_of_metric_[source.metrics.front()]];
    state.row.cursor = state.cursor_mark;
  }
  refresh_stale();
  std::optional<Slot> first_changed;
  std::ranges::stable_sort(changed, {}, &ChangedSample::series);
  for (auto first = changed.begin(); first != changed.end();) {
    ChangedSeries change{first->front, {}, {}};
    const std::uint32_t id = first->series;
    for (; first != changed.end() && first->series == id; ++first) {
      (first->is_late ? change.late : change.restated).push_back(first->slot);
      first_changed = std::min(first_changed.value_or(first->slot), first->slot);
    }
    std::ranges::sort(change.late);
    std::ranges::sort(change.restated);
    touch(id, change, now);
  }
  if (first_changed) {
    for (const auto& [other, from] : converted_with(source, *first_changed, *config_, table_)) {
      want_anew(sources_[other], from, now);
    }
  }
}

std::uint32_t Engine::series_of(std::uint32_t metric, const Labels& labels) {
  const std::size_t before = table_.size();
  const std::uint32_t series = table_.series(metric, labels);
  if (table_[series].has_ended()) {
    ensure_lines(metric, labels);  // of rules that came meanwhile
  }
  if (table_.size() != before) {
    series_id_.resize(table_.size());
    series_id_[series] = next_series_id_++;
    commit_.series.push_back({series_id_[series], rules_.metrics[metric].name, labels});
    ensure_lines(metric, labels);
  }
  return series;
}

/// Lines whose value or limits read the series have something to judge, or to judge again.
void Engine::touch(std::uint32_t series, const ChangedSeries& change, Instant now) {
  if (series >= readers_.size() || readers_[series].empty()) {
    return;
  }
  const std::uint32_t metric = table_[series].metric;
  const JudgeContext context = judge_context(now);
  const auto look = [&](const std::vector<Slot>& slots, const std::optional<Slot>& front, Touched& touched) {
    if (slots.empty()) {
      return;
    }
    const std::vector<Stretch> stretches = changed_stretches(table_, series, rules_.metrics[metric], slots, front);
    for (const std::uint32_t index : readers_[series]) {
      const Line& line = lines_[index];
      dirty_.emplace(line.kpi, index);
      judge_again(index, periods_reading(line, context, series, stretches), touched);
    }
  };
  look(change.restated, front_of(table_[series]), restated_);
  look(change.late, change.front, late_);
}

void Engine::judge_again(std::uint32_t index, const std::set<Slot>& periods, Touched& touched) {
  // What needs samples that are gone stays as it was judged.
  const auto first = std::ranges::find_if(periods, [&](Slot period) { return !is_frozen(lines_[index], period); });
  if (first != periods.end()) {
    touched[index].insert(first, periods.end());
  }
}

}  // namespace kpi
