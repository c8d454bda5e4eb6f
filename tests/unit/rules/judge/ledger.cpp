#include "tests/unit/rules/judge/ledger.hpp"

#include "rules/base/text.hpp"
#include "rules/judge/line_limits.hpp"
#include "rules/judge/touch.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace kpi {
namespace {

std::string local_text(Instant instant, const Zone& zone) {
  const auto local = zone.to_local(instant);
  const auto day = std::chrono::floor<std::chrono::days>(local);
  const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(local - day).count();
  const std::string clock =
      std::to_string(100 + minutes / 60).substr(1) + ":" + std::to_string(100 + minutes % 60).substr(1);
  return date_text(Date{day}) + (minutes == 0 ? "" : " " + clock);
}

Slot period_of_kpi(Slot slot, const Metric& metric, const Kpi& kpi, const CalendarRules& calendar) {
  if (metric.grain.is_civil()) {
    return slot_at(date_of(slot), kpi.every, calendar);
  }
  return slot_at(Instant{Duration{slot.ms}}, kpi.every, kpi.zone, calendar);
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

}  // namespace

Zone zone_named(std::string_view name) {
  return Zone::find(name).value();
}

Instant instant_in(const Zone& zone, std::string_view local) {
  return zone.to_instant(parse_local(local).value());
}

Metric metric_named(std::string name) {
  Metric metric;
  metric.source = name.substr(0, name.find('.'));
  metric.name = std::move(name);
  metric.grain = parse_grain("day").value();
  return metric;
}

std::vector<std::optional<double>> values_of(std::string_view text) {
  std::vector<std::optional<double>> values;
  for (const std::string_view word : split(text, ' ')) {
    if (word.empty()) {
      continue;
    }
    const std::size_t times = std::min(word.find('x'), word.size());
    const std::size_t plus = std::min(word.substr(0, times).find('+', 1), times);
    const std::string_view number = word.substr(0, plus);
    const auto count = times < word.size() ? static_cast<int>(parse_number(word.substr(times + 1)).value()) : 1;
    const double step = plus < times ? parse_number(word.substr(plus + 1, times - plus - 1)).value() : 0;
    for (int i = 0; i < count; ++i) {
      values.push_back(number == "_"     ? std::nullopt
                       : number == "nan" ? std::optional(std::nan(""))
                                         : std::optional(parse_number(number).value() + step * i));
    }
  }
  return values;
}

Ledger::Ledger(std::vector<Metric> metrics, std::string kpis, CalendarRules calendar)
    : source_{"rules.yaml", std::move(kpis)} {
  Diagnostics diagnostics;
  const auto tree = parse_yaml(source_, diagnostics);
  read_at_.resize(metrics.size());
  RuleGround ground{std::move(metrics), calendar, {}};
  auto rules = tree ? load_kpis({&*tree}, std::move(ground), diagnostics) : std::nullopt;
  EXPECT_EQ(diagnostics.count(Diagnostic::Severity::kError), 0U) << diagnostics.text();
  rules_ = std::move(rules).value();
  for (std::uint32_t i = 0; i < rules_.kpis.size(); ++i) {
    plans_.push_back(plan_of(rules_, i, plans_));
  }
  for (std::uint32_t i = 0; i < rules_.kpis.size(); ++i) {
    make_line(i, {});
  }
}

// --- given ---

std::uint32_t Ledger::metric_index(std::string_view name) const {
  const auto found = std::ranges::find(rules_.metrics, name, &Metric::name);
  EXPECT_NE(found, rules_.metrics.end()) << name;
  return static_cast<std::uint32_t>(found - rules_.metrics.begin());
}

Slot Ledger::slot_in(const Metric& metric, std::string_view local) const {
  return slot_at(instant_in(metric.zone, local), metric.grain, metric.zone, rules_.calendar);
}

Ledger& Ledger::given(std::string_view metric, std::string_view from, std::string_view values, Labels labels) {
  const std::uint32_t index = metric_index(metric);
  const Metric& known = rules_.metrics[index];
  Slot slot = slot_in(known, from);
  for (const std::optional<double> value : values_of(values)) {
    const Slot next = next_slot(slot, known.grain, known.zone);
    if (value) {
      deliveries_.push_back({start_of(next, known.grain, known.zone), index, labels, slot, *value});
    }
    slot = next;
  }
  return *this;
}

Ledger& Ledger::arrives(
    std::string_view at, std::string_view metric, std::string_view period, double value, Labels labels) {
  const std::uint32_t index = metric_index(metric);
  const Metric& known = rules_.metrics[index];
  deliveries_.push_back({instant_in(known.zone, at), index, std::move(labels), slot_in(known, period), value});
  return *this;
}

Ledger& Ledger::arrives(Instant at, std::string_view metric, Instant slot, double value) {
  deliveries_.push_back({at, metric_index(metric), {}, Slot{slot.time_since_epoch().count()}, value});
  return *this;
}

Ledger& Ledger::targets(std::string_view kpi, const Labels& segment) {
  const auto index = static_cast<std::uint32_t>(rules_.find(kpi) - rules_.kpis.data());
  make_line(index, segment);
  const Slot today = slot_of(*parse_date("2026-12-31"));
  find(index, segment).plans = plans_of(rules_.kpis[index], segment, {{}, [=](const auto&) { return today; }, today});
  return *this;
}

// --- when ---

void Ledger::judged_at(std::string_view local) {
  judged_at(instant_in(rules_.metrics.front().zone, local));
}

void Ledger::lived_until(std::string_view local) {
  const Instant until = instant_in(rules_.metrics.front().zone, local);
  while (true) {
    Instant next = Instant::max();
    for (const Delivery& delivery : deliveries_) {
      next = std::min(next, delivery.at);
    }
    for (const Line& line : lines_) {
      next = std::min(next, next_event(line, plans_[line.kpi], context(Instant{})));
    }
    if (next > until) {
      break;
    }
    judged_at(next);
  }
  judged_at(until);
}

void Ledger::judged_at(Instant now) {
  for (std::optional<Instant>& read : read_at_) {
    read = now;
  }
  deliver(now);
  for (std::uint32_t kpi = 0; kpi < rules_.kpis.size(); ++kpi) {
    for (Line& line : lines_) {
      if (line.kpi != kpi) {
        continue;
      }
      const std::optional<Slot> first = first_of(line);
      line.first = line.first && first ? std::min(*line.first, *first) : line.first ? line.first : first;
      LineChanges changes;
      const auto touched = touched_.extract(&line);
      judge(line, plans_[kpi], context(now), touched ? touched.mapped() : std::set<Slot>(), changes);
      write(line, changes);
    }
  }
}

void Ledger::deliver(Instant now) {
  const auto later = std::stable_partition(
      deliveries_.begin(), deliveries_.end(), [&](const Delivery& delivery) { return delivery.at <= now; });
  const std::vector<Delivery> due(deliveries_.begin(), later);
  deliveries_.erase(deliveries_.begin(), later);
  for (const Delivery& delivery : due) {
    make_lines(delivery.metric, delivery.labels);
  }
  std::map<std::uint32_t, std::set<Slot>> changed;
  std::map<std::uint32_t, std::optional<Slot>> fronts;
  for (const Delivery& delivery : due) {
    const std::uint32_t series = table_.series(delivery.metric, delivery.labels);
    const auto& samples = table_[series].samples;
    fronts.try_emplace(series, samples.empty() ? std::nullopt : std::optional(samples.front().slot));
    if (table_.put(series, delivery.slot, delivery.value) != SampleTable::Put::kSame) {
      changed[series].insert(delivery.slot);
    }
  }
  connect();
  for (const auto& [series, slots] : changed) {
    const Metric& metric = rules_.metrics[table_[series].metric];
    const std::vector<Slot> list(slots.begin(), slots.end());
    const auto stretches = changed_stretches(table_, series, metric, list, fronts[series]);
    for (Line& line : lines_) {
      touched_[&line].merge(periods_reading(line, context(now), series, stretches));
    }
  }
}

Line& Ledger::find(std::uint32_t kpi, const Labels& segment) {
  return lines_[line_index_.at({kpi, segment})];
}

void Ledger::make_lines(std::uint32_t metric, const Labels& labels) {
  table_.series(metric, labels);
  for (std::uint32_t kpi = 0; kpi < rules_.kpis.size(); ++kpi) {
    const auto programs = programs_of(rules_.kpis[kpi]);
    const bool is_used = std::ranges::any_of(programs, [&](const Program* program) {
      return std::ranges::count(program->metrics, metric, &MetricInput::metric) > 0;
    });
    const bool uses_kpi = !rules_.kpis[kpi].value.kpis.empty();
    if (!is_used && !uses_kpi) {
      continue;
    }
    make_line(kpi, {});
    for (const std::vector<std::string>& split : rules_.kpis[kpi].split_by) {
      Labels segment;
      for (const std::string& label : split) {
        if (const auto value = label_value(labels, label); !value.empty()) {
          segment.emplace_back(label, std::string(value));
        }
      }
      if (segment.size() == split.size()) {
        make_line(kpi, segment);
      }
    }
  }
}

void Ledger::make_line(std::uint32_t kpi, const Labels& segment) {
  const auto [found, is_new] = line_index_.try_emplace({kpi, segment}, static_cast<std::uint32_t>(lines_.size()));
  if (!is_new) {
    return;
  }
  Line line;
  line.id = static_cast<std::uint32_t>(lines_.size()) + 1;
  line.kpi = kpi;
  line.segment = segment;
  line.judged.grain = rules_.kpis[kpi].every;
  line.alerts.resize(rules_.kpis[kpi].alerts.size());
  lines_.push_back(std::move(line));
  connect();
}

void Ledger::connect() {
  for (Line& line : lines_) {
    const Kpi& kpi = rules_.kpis[line.kpi];
    line.value_inputs = inputs_of(kpi.value, line);
    if (kpi.thresholds) {
      line.limit_inputs.clear();
      each_limit(*kpi.thresholds, line.segment, [&](const Program& program) {
        line.limit_inputs.push_back(inputs_of(program, line));
      });
    }
    line.alert_inputs.clear();
    for (const AlertRule& alert : kpi.alerts) {
      line.alert_inputs.push_back(inputs_of(alert.when, line));
    }
  }
}

Inputs Ledger::inputs_of(const Program& program, const Line& line) const {
  Inputs inputs;
  for (const MetricInput& input : program.metrics) {
    inputs.series.push_back(select_series(input, rules_.metrics[input.metric], table_, line.segment));
  }
  for (const KpiInput& input : program.kpis) {
    if (input.is_self) {
      inputs.kpis.push_back(&line.judged);
      continue;
    }
    auto found = line_index_.find({input.kpi, input.of_total ? Labels{} : line.segment});
    found = found == line_index_.end() ? line_index_.find({input.kpi, Labels{}}) : found;
    inputs.kpis.push_back(found == line_index_.end() ? nullptr : &lines_[found->second].judged);
  }
  return inputs;
}

/// The first period for which everything that the value needs was delivered.
std::optional<Slot> Ledger::first_of(const Line& line) const {
  const Kpi& kpi = rules_.kpis[line.kpi];
  std::optional<Slot> needed;
  std::optional<Slot> other;
  bool is_waiting = false;
  const auto consider = [&](std::optional<Slot> period, bool is_needed) {
    is_waiting = is_waiting || (is_needed && !period);
    if (period) {
      std::optional<Slot>& latest = is_needed ? needed : other;
      latest = latest ? std::max(*latest, *period) : *period;
    }
  };
  for (std::size_t i = 0; i < kpi.value.metrics.size(); ++i) {
    const MetricInput& input = kpi.value.metrics[i];
    const Metric& metric = rules_.metrics[input.metric];
    std::optional<Slot> earliest;
    for (const std::uint32_t series : line.value_inputs.series[i]) {
      if (!table_[series].samples.empty()) {
        const Slot front = table_[series].samples.front().slot;
        earliest = earliest ? std::min(*earliest, front) : front;
      }
    }
    consider(earliest ? std::optional(period_of_kpi(*earliest, metric, kpi, rules_.calendar)) : std::nullopt,
             input.back.empty() && !input.optional && metric.missing == Missing::kUnknown);
  }
  for (std::size_t i = 0; i < kpi.value.kpis.size(); ++i) {
    const KpiInput& input = kpi.value.kpis[i];
    const JudgedSeries* judged = line.value_inputs.kpis[i];
    std::optional<Slot> period;
    if (judged != nullptr && !judged->values.empty()) {
      Metric like;
      like.grain = judged->grain;
      period = period_of_kpi(judged->values.front().slot, like, kpi, rules_.calendar);
    }
    consider(period, input.back.empty() && !input.optional);
  }
  return is_waiting ? std::nullopt : needed ? needed : other;
}

void Ledger::write(const Line& line, const LineChanges& changes) {
  for (const VerdictRow& row : changes.verdicts) {
    rows_[{line.id, row.slot}] = row;
    ++written_;
  }
  for (const EpisodeRow& episode : changes.episodes) {
    episodes_[episode.id] = episode;
  }
  if (changes.verdicts.empty()) {
    return;
  }
  // What stands on this KPI's values is judged again.
  std::vector<Slot> slots;
  for (const VerdictRow& row : changes.verdicts) {
    slots.push_back(row.slot);
  }
  for (Line& user : lines_) {
    if (&user != &line) {
      touched_[&user].merge(periods_reading(user, context(Instant{}), line.judged, slots));
    }
  }
}

// --- then ---

const Line& Ledger::line(std::string_view kpi, const Labels& segment) const {
  const auto index = static_cast<std::uint32_t>(rules_.find(kpi) - rules_.kpis.data());
  return lines_[line_index_.at({index, segment})];
}

std::string Ledger::verdicts(std::string_view kpi, const Labels& segment) const {
  std::string text;
  const std::uint32_t id = line(kpi, segment).id;
  for (const auto& [key, row] : rows_) {
    if (key.first == id) {
      text += std::string_view("+-?.!")[static_cast<std::size_t>(row.verdict)];
    }
  }
  return text;
}

std::string Ledger::states(std::string_view kpi, const Labels& segment) const {
  std::string text;
  const std::uint32_t id = line(kpi, segment).id;
  for (const auto& [key, row] : rows_) {
    if (key.first == id) {
      text += std::string_view("opneF")[static_cast<std::size_t>(row.state)];
    }
  }
  return text;
}

const VerdictRow& Ledger::row(std::string_view kpi, std::string_view period, const Labels& segment) const {
  const Line& known = line(kpi, segment);
  const Kpi& rule = rules_.kpis[known.kpi];
  const Slot slot = slot_at(instant_in(rule.zone, period), rule.every, rule.zone, rules_.calendar);
  const auto found = rows_.find({known.id, slot});
  EXPECT_NE(found, rows_.end()) << kpi << " was not judged for " << period;
  static const VerdictRow kNothing{};
  return found == rows_.end() ? kNothing : found->second;
}

KpiState Ledger::state(std::string_view kpi, const Labels& segment) const {
  return state_of(line(kpi, segment));
}

std::string Ledger::episodes(std::string_view kpi) const {
  std::vector<const EpisodeRow*> found;
  const auto index = static_cast<std::uint32_t>(rules_.find(kpi) - rules_.kpis.data());
  const Zone& zone = rules_.kpis[index].zone;
  for (const auto& [id, row] : episodes_) {
    if (lines_[row.line - 1].kpi == index) {
      found.push_back(&row);
    }
  }
  std::ranges::stable_sort(
      found, {}, [](const EpisodeRow* row) { return std::tuple(row->since, row->line, row->rule); });
  std::string text;
  for (const EpisodeRow* row : found) {
    const Labels& segment = lines_[row->line - 1].segment;
    text += text.empty() ? "" : "\n";
    text += row->rule + (segment.empty() ? "" : " " + labels_text(segment)) + " " + std::string(name_of(row->severity));
    text += " since " + local_text(row->since, zone);
    text += row->firing ? ", fired " + local_text(*row->firing, zone) : "";
    text += row->resolved ? ", " + std::string(name_of(row->reason)) + " " + local_text(*row->resolved, zone) : "";
    text += row->restated ? " (restated)" : "";
  }
  return text;
}

}  // namespace kpi
