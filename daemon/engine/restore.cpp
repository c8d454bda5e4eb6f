#include "daemon/engine/alert_json.hpp"
#include "daemon/engine/engine.hpp"
#include "rules/base/text.hpp"
#include "rules/judge/reach.hpp"
#include "rules/load/definition.hpp"
#include "rules/model/earlier_names.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <ranges>

namespace kpi {
namespace {

constexpr Slot kEarliest{std::numeric_limits<std::int64_t>::min()};
constexpr Slot kLatest{std::numeric_limits<std::int64_t>::max()};

/// The targets of a definition, by name, without what `changes` give a reason for.
std::map<std::string, std::string> targets_in(const Kpi& kpi,
                                              const std::string& definition,
                                              const CalendarRules& calendar) {
  SourceSet texts;
  std::map<std::string, std::string> targets;
  if (const auto read = read_definition(kpi.id, definition, calendar, kpi.zone, texts)) {
    for (const Target& target : read->targets) {
      targets.emplace(target.name, without_changes(target_text(target)));
    }
  }
  return targets;
}

/// Values come in ascending order, each perhaps more than once.
void add_last(std::vector<std::uint32_t>& list, std::uint32_t value) {
  if (list.empty() || list.back() != value) {
    list.push_back(value);
  }
}

std::map<std::string_view, std::uint32_t> places_of(const std::vector<Metric>& metrics) {
  std::map<std::string_view, std::uint32_t> places;
  for (std::uint32_t i = 0; i < metrics.size(); ++i) {
    places.emplace(metrics[i].name, i);
  }
  return places;
}

std::vector<const Program*> programs_of(const Kpi& kpi) {
  std::vector<const Program*> programs{&kpi.value};
  if (kpi.thresholds) {
    each_threshold_program(*kpi.thresholds, [&](const Program& program) { programs.push_back(&program); });
  }
  for (const AlertRule& alert : kpi.alerts) {
    programs.push_back(&alert.when);
  }
  return programs;
}

/// A structure as it is written, secrets left out: who asks is not what is asked for.
void add_tree(const OptionTree& tree, std::string& text) {  // NOLINT(misc-no-recursion)
  text += tree.text;
  for (const OptionTree& item : tree.items) {
    text += "\n- ";
    add_tree(item, text);
  }
  for (const auto& [key, value] : tree.entries) {
    text += "\n{" + key.text + ": ";
    add_tree(value, text);
    text += "}";
  }
}

/// What decides how a source's answer becomes samples: after a change of these everything is read anew.
std::string settings_text(const SourceConfig& source, const Config& config) {
  const SourceSettings& settings = source.settings;
  std::string text = source.plugin + "\n" + settings.grain.text() + "\n" + settings.zone.name() + "\n";
  text += std::to_string(settings.calendar.week_starts.c_encoding()) + " " +
          std::to_string(slot_of(std::chrono::year{2000} / settings.calendar.year_starts).ms) + "\n";
  text += (source.since ? date_text(*source.since) : "everything") + "\n";
  const auto add_options = [&](const OptionValues& options) {
    for (const auto& [key, value] : options) {
      text += key + ": " + value.text + join(value.items, "\n") + "\n";
      if (value.tree != nullptr && key != "auth") {
        add_tree(*value.tree, text);
      }
    }
  };
  add_options(settings.options);
  for (const auto& conversion : source.conversions) {
    text += conversion ? "convert " + conversion->to + " " + conversion->rates + "\n" : "";
    const auto rates = std::ranges::find_if(config.sources, [&](const SourceConfig& other) {
      return conversion && other.settings.name == conversion->rates;
    });
    for (const std::uint32_t metric : rates == config.sources.end() ? std::vector<std::uint32_t>() : rates->metrics) {
      text += config.rules.metrics[metric].name + " " + config.rules.metrics[metric].unit + "\n";
    }
  }
  for (const SourceMetric& metric : settings.metrics) {
    text += "metric " + metric.name + " " + std::string(name_of(metric.kind)) + " " + number_text(metric.scale) + "\n";
    add_options(metric.options);
  }
  for (const SourceLabel& label : settings.labels) {
    text += "label " + label.name + ": " + label.column + "\n";
    for (const auto& [from, to] : label.rename) {
      text += from + ": " + to + "\n";
    }
  }
  return text;
}

/// The states before so many periods without data, which are counted again when they are replayed.
AlertStates without_gaps(AlertStates states, int gaps) {
  const auto take_off = [gaps](AlertState& state) {
    for (Rung& rung : state.rungs) {
      for (std::optional<Rung::Run>* run : {&rung.missed, &rung.fine}) {
        if (*run) {
          (*run)->gaps = std::max((*run)->gaps - gaps, 0);
        }
      }
    }
  };
  take_off(states.thresholds);
  take_off(states.target);
  std::ranges::for_each(states.alerts, take_off);
  return states;
}

/// What fires since a period began after it, though the ledger may have that all was quiet then: when a target's
/// deadline decided.
void remember_begin(Line& line, const AlertState& alert) {
  if (alert.phase == AlertPhase::kFiring && alert.since) {
    line.busy.insert(*alert.since);
  }
}

}  // namespace

Engine::Engine(std::shared_ptr<const Config> config, Store& store, EngineOptions options)
    : config_(std::move(config)),
      rules_(config_->rules),
      store_(store),
      options_(std::move(options)),
      voices_(config_->voices()) {
  self_.row.name = kSelf;
  plan();
}

void Engine::plan() {
  kpis_of_metric_.resize(rules_.metrics.size());
  split_kpis_of_metric_.resize(rules_.metrics.size());
  has_totals_.resize(rules_.metrics.size());
  kpis_of_kpi_.resize(rules_.kpis.size());
  lines_of_kpi_.resize(rules_.kpis.size());
  version_of_kpi_.resize(rules_.kpis.size());
  read_at_.resize(rules_.metrics.size());
  source_of_metric_.resize(rules_.metrics.size());
  sources_of_kpi_.resize(rules_.kpis.size());
  sources_.resize(config_->sources.size());
  for (std::uint32_t i = 0; i < sources_.size(); ++i) {
    const SourceConfig& source = config_->sources[i];
    sources_[i].row.name = source.settings.name;
    sources_[i].cursor_mark = fingerprint(settings_text(source, *config_)) + " " + source.settings.grain.text() + " ";
    for (const std::uint32_t metric : config_->sources[i].metrics) {
      source_of_metric_[metric] = i;
    }
  }
  for (std::uint32_t i = 0; i < rules_.kpis.size(); ++i) {
    kpi_index_.emplace(rules_.kpis[i].id, i);
    for (const std::string& name : rules_.kpis[i].was) {
      heirs_.emplace(name, i);
    }
    for (const Program* program : programs_of(rules_.kpis[i])) {
      for (const MetricInput& input : program->metrics) {
        add_last(kpis_of_metric_[input.metric], i);
        if (!rules_.kpis[i].split_by.empty()) {
          add_last(split_kpis_of_metric_[input.metric], i);
        }
      }
      for (const KpiInput& input : program->kpis) {
        if (!input.is_self) {
          add_last(kpis_of_kpi_[input.kpi], i);
        }
      }
    }
    plans_.push_back(kpi::plan_of(rules_, i, plans_));
    if (config_->retention.samples) {
      reaches_.push_back(reaches_of(rules_.kpis[i]));
    }
    find_sources(i);
  }
  inhibitors_.resize(rules_.kpis.size());
  for (std::uint32_t i = 0; i < rules_.kpis.size(); ++i) {
    for (const RuleName& inhibited : rules_.kpis[i].inhibits) {
      inhibitors_[kpi_index_.find(inhibited.kpi)->second].push_back({i, inhibited.rule});
    }
  }
}

/// REQUIRES that it was called for the KPIs before it.
void Engine::find_sources(std::uint32_t kpi) {
  std::set<std::uint32_t>& sources = sources_of_kpi_[kpi];
  // What a limit or a condition reads holds the KPI too: without it nothing can be said of its state.
  for (const Program* program : programs_of(rules_.kpis[kpi])) {
    for (const MetricInput& input : program->metrics) {
      sources.insert(source_of_metric_[input.metric]);
    }
    for (const KpiInput& input : program->kpis) {
      if (!input.is_self) {
        sources.insert(sources_of_kpi_[input.kpi].begin(), sources_of_kpi_[input.kpi].end());
      }
    }
  }
}

Result<void> Engine::restore(Instant now, bool is_reload) {
  StoredState state = KPI_TRY(store_.load());
  last_step_ = state.last_step;
  std::ranges::move(state.warnings, std::back_inserter(warnings_));
  const auto metrics = places_of(rules_.metrics);
  for (const SeriesRow& row : state.series) {
    next_series_id_ = std::max(next_series_id_, row.id + 1);
    if (const auto metric = metrics.find(row.metric); metric != metrics.end()) {
      const std::uint32_t series = table_.series(metric->second, row.labels);
      series_id_.resize(table_.size());
      series_id_[series] = row.id;
    }
  }
  KPI_TRY(restore_samples());
  restore_lines(state);
  for (std::uint32_t kpi = 0; kpi < rules_.kpis.size(); ++kpi) {
    refresh_inputs(kpi);
  }
  restore_targets(state, now);
  version_rules(state);
  write_definitions(state);
  std::vector<KpiState> stood(lines_.size(), KpiState::kOk);
  LastOfEarlierRule earlier;
  KPI_TRY(restore_verdicts(stood, earlier));
  for (const AlertRow& row : state.alerts) {
    restore_alert(row, now);
  }
  restore_edits(earlier);
  note_removed(state);
  restore_sources(state);
  started_ = now;
  resumed_at_ = last_step_;
  stopped_ = last_step_.value_or(now);
  commit_.down_times.push_back({is_reload ? now : std::min(stopped_, now), now});
  queued_ = std::move(state.queued);
  restore_left();
  KPI_TRY(find_lost_alerts());
  for (std::uint32_t i = 0; i < lines_.size(); ++i) {
    Line& line = lines_[i];
    line.first = begin_of(line);
    if (!line.has_left) {
      remember_due(line);
    }
    remember_begin(line, line.target);
    for (const AlertState& alert : line.alerts) {
      remember_begin(line, alert);
    }
    line.begun = line.newest && !line.has_left ? line.first : std::nullopt;
    go_on_from_now(i);
    line.is_retired =
        nothing_is_on(line) && (line.has_left || has_retired(line, plans_[line.kpi], judge_context(stopped_)));
    plan_target(line, now);
    schedule(i);
    if (stood[i] != state_of(line)) {
      // As where the rule was away and its alerts ended: the status says where it stands now.
      dirty_.emplace(line.kpi, i);
    }
  }
  std::ranges::for_each(std::exchange(edited_, {}), [this](std::uint32_t kpi) { begin_edit(kpi); });
  restore_routing(state, now);
  for (const DigestMark& mark : state.digests) {
    digests_.insert_or_assign(mark.key, mark.at);
  }
  return {};
}

void Engine::restore_lines(const StoredState& state) {
  std::set<std::pair<std::string_view, Labels>> known;
  for (const LineRow& row : state.lines) {
    known.emplace(row.kpi, row.segment);
  }
  for (const LineRow& row : state.lines) {
    next_line_id_ = std::max(next_line_id_, row.id + 1);
    const auto kpi = kpi_index_.find(row.kpi);
    const auto heir = heirs_.find(row.kpi);
    if (kpi == kpi_index_.end() && heir != heirs_.end() && has_segment(rules_.kpis[heir->second], row.segment) &&
        known.emplace(rules_.kpis[heir->second].id, row.segment).second) {
      add_line(heir->second, row.segment, row.id);  // with its history, under the new name
      commit_.lines.push_back({row.id, rules_.kpis[heir->second].id, row.segment});
      continue;
    }
    if (kpi == kpi_index_.end() || !has_segment(rules_.kpis[kpi->second], row.segment)) {
      orphan_lines_.emplace(row.id, row);
      continue;
    }
    add_line(kpi->second, row.segment, row.id);
  }
  ensure_known();
  for (std::uint32_t kpi = 0; kpi < rules_.kpis.size(); ++kpi) {
    if (line_index_.contains({kpi, Labels{}})) {
      ensure_expected(kpi);
    }
  }
  line_of_id_.assign(next_line_id_, 0);
  for (std::uint32_t i = 0; i < lines_.size(); ++i) {
    line_of_id_[lines_[i].id] = i + 1;
  }
}

/// The lines of rules that are new to the series and lines that the history has.
void Engine::ensure_known() {
  for (std::uint32_t series = 0; series < table_.size(); ++series) {
    if (!table_[series].has_ended()) {
      ensure_lines(table_[series].metric, table_[series].labels);
    }
  }
  for (std::size_t i = 0; i < lines_.size(); ++i) {  // grows meanwhile
    ensure_users(lines_[i].kpi, Labels(lines_[i].segment));
  }
}

Result<void> Engine::restore_samples() {
  std::vector<std::uint32_t> series_of_id(next_series_id_, std::numeric_limits<std::uint32_t>::max());
  for (std::uint32_t series = 0; series < series_id_.size(); ++series) {
    series_of_id[series_id_[series]] = series;
  }
  const auto put = [&](const SampleRow& row) {
    const std::uint32_t series =
        row.series < series_of_id.size() ? series_of_id[row.series] : std::numeric_limits<std::uint32_t>::max();
    if (series != std::numeric_limits<std::uint32_t>::max()) {
      table_.put(series, row.slot, row.value);
    }
  };
  KPI_TRY(store_.past_samples(put));
  KPI_TRY(store_.samples(kEarliest, kLatest, {}, put));
  return store_.newest_revisions([&](std::uint32_t id, Slot slot) {
    const std::uint32_t series =
        id < series_of_id.size() ? series_of_id[id] : std::numeric_limits<std::uint32_t>::max();
    if (series < table_.size() && (table_[series].samples.empty() || table_[series].samples.back().slot < slot)) {
      table_.withdraw(series, slot);
    }
  });
}

void Engine::restore_alert(const AlertRow& row, Instant now) {
  Result<AlertMemory> memory = decode_alert(row.machine);
  if (!memory) {
    return;  // the machine starts anew; the ledger and the episode stay as they are
  }
  if (row.line == 0) {
    for (SourceState& source : sources_) {
      if ("source:" + source.row.name == row.rule) {
        source.episode = row.episode;
        source.failing_since = row.since;
        source.told = memory->told;
        source.failures = std::max(source.failures, memory->failures);
        return;
      }
    }
    if ("source:" + self_.row.name == row.rule) {
      self_.episode = row.episode;
      self_.failing_since = row.since;
      self_.told = memory->told;
      return;
    }
    orphans_.push_back(row);
    return;
  }
  const std::uint32_t place = row.line < line_of_id_.size() ? line_of_id_[row.line] : 0;
  if (place != 0) {
    for (const AlertSlot& alert : alerts_of(place - 1)) {
      if (rule_name(rules_.kpis[lines_[place - 1].kpi], alert.rule, alert.index) == row.rule) {
        if (!memory->rule.empty()) {
          take_up(place - 1, alert, row, *std::move(memory), now);
          return;
        }
        restore_edit(place - 1, alert, *memory);
        *alert.told = memory->told;
        if (alert.state != nullptr) {
          *alert.state = memory->state;
        } else {
          lines_[place - 1].no_data = memory->no_data;
        }
        told_[place - 1].stored[row.rule] = *std::move(memory);
        return;
      }
    }
  }
  orphans_.push_back(row);
}

void Engine::restore_edit(std::uint32_t index, const AlertSlot& alert, const AlertMemory& memory) {
  if (!memory.edited) {
    return;
  }
  Line& line = lines_[index];
  AlertStates none{AlertState{}, AlertState{}, std::vector<AlertState>(line.alerts.size())};
  auto edit = std::make_shared<Edit>(line.edit ? *line.edit : Edit{*memory.edited, std::move(none)});
  edit->last = std::max(edit->last, *memory.edited);
  if (alert.state != nullptr) {
    state_in(edit->alerts, alert) = memory.at_edit;
  }
  line.edit = std::move(edit);
}

/// What the lines of an edited rule were judged stays, and their alerts go on from where they stand. Gaps at the end
/// moved none of them: when their data comes, the rule of now judges it as if they were next.
void Engine::begin_edit(std::uint32_t kpi) {
  const Kpi& rule = rules_.kpis[kpi];
  for (const std::uint32_t index : lines_of_kpi_[kpi]) {
    Line& line = lines_[index];
    if (!line.stepped || !line.first) {
      continue;
    }
    const auto is_gap = [&](Slot slot) {
      const Sample* judged = line.judged.at(slot);
      return judged == nullptr || std::isnan(judged->value);
    };
    Slot last = *line.stepped;
    int gaps = 0;
    for (; last >= *line.first && is_gap(last); last = next_slot(last, rule.every, rule.zone, -1)) {
      ++gaps;
    }
    line.edit = std::make_shared<Edit>(Edit{last, without_gaps(alert_states(line), gaps)});
    write_alerts(index);
  }
}

void Engine::restore_targets(const StoredState& state, Instant now) {
  for (const TargetVersionRow& row : state.target_versions) {
    targets_[{row.kpi, row.target}] = row;
  }
  // The newest goes on under the new name, and none of those before it.
  for (TargetVersionRow row : std::views::reverse(state.target_versions)) {
    if (const auto heir = heirs_.find(row.kpi); heir != heirs_.end()) {
      row.kpi = rules_.kpis[heir->second].id;
      if (targets_.try_emplace({row.kpi, row.target}, row).second) {
        commit_.target_versions.push_back(std::move(row));
      }
    }
  }
  for (Line& line : lines_) {
    plan_target(line, now);
  }
}

void Engine::restore_sources(const StoredState& state) {
  for (const EntryRow& entry : state.entries) {
    remember(entry);
  }
  for (const SourceRow& row : state.sources) {
    if (row.name == self_.row.name) {
      self_.row = row;
    }
    for (std::uint32_t i = 0; i < sources_.size(); ++i) {
      if (sources_[i].row.name == row.name) {
        sources_[i].row = row;
        sources_[i].failures = std::max(sources_[i].failures, row.failures);
        sources_[i].was_failing = !row.error.empty();
        sources_[i].kept.is_failing = !row.error.empty();
        sources_[i].is_read_anew = row.cursor.empty() && row.last_success;
        sources_[i].is_told_as_late = row.error.empty() && !row.late.empty();
        for (const std::uint32_t metric : config_->sources[i].metrics) {
          read_at_[metric] = row.read_until;
        }
      }
    }
  }
}

void Engine::version_rules(const StoredState& state) {
  std::map<std::string_view, const RuleVersionRow*> newest;
  for (const RuleVersionRow& row : state.rule_versions) {
    next_version_id_ = std::max(next_version_id_, row.id + 1);
    newest.emplace(row.kpi, &row);
  }
  for (std::uint32_t i = 0; i < rules_.kpis.size(); ++i) {
    const Kpi& kpi = rules_.kpis[i];
    auto known = newest.find(kpi.id);
    for (auto name = kpi.was.begin(); known == newest.end() && name != kpi.was.end(); ++name) {
      known = newest.find(*name);  // the same rule under another name is the same version
    }
    if (known != newest.end() && known->second->fingerprint == kpi.fingerprint) {
      version_of_kpi_[i] = known->second->id;
    } else {
      if (known != newest.end()) {
        edited_.insert(i);
        remarks_.push_back(kpi.id +
                           " has another rule than before: it counts from the next period on; `kpid backtest --rules "
                           "FILE` tells what it would have said of those before");
      }
      version_of_kpi_[i] = next_version_id_++;
      commit_.rule_versions.push_back({version_of_kpi_[i], kpi.id, kpi.fingerprint, kpi.text});
    }
  }
  for (Line& line : lines_) {
    line.rule_version = version_of_kpi_[line.kpi];
  }
}

/// What has come, changed or gone since the last start: a backtest judges by the rules of each time.
void Engine::write_definitions(const StoredState& state) {
  std::map<std::string_view, std::string_view> before;
  for (const DefinitionRow& row : state.definitions) {
    before.emplace(row.kpi, row.text);
  }
  for (std::uint32_t i = 0; i < rules_.kpis.size(); ++i) {
    const Kpi& kpi = rules_.kpis[i];
    const auto known = before.find(kpi.id);
    if (known != before.end() && known->second == kpi.definition) {
      continue;
    }
    commit_.definitions.push_back({kpi.id, kpi.definition});
    const bool is_told = known != before.end() && !known->second.empty();
    if (is_told && targets_in(kpi, std::string(known->second), rules_.calendar) !=
                       targets_in(kpi, kpi.definition, rules_.calendar)) {
      edited_.insert(i);  // what was judged on its way to another target stays as it is
    }
  }
  for (const auto& [kpi, text] : before) {
    if (!text.empty() && !kpi_index_.contains(kpi)) {
      commit_.definitions.push_back({std::string(kpi), ""});
    }
  }
}

}  // namespace kpi
