#include "daemon/cli/reading.hpp"
#include "daemon/cli/verbs.hpp"
#include "daemon/engine/engine.hpp"
#include "daemon/notify/message_json.hpp"
#include "daemon/store/sqlite_store.hpp"
#include "rules/base/text.hpp"
#include "rules/judge/line_limits.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <ostream>

namespace kpi {
namespace {

using nlohmann::ordered_json;

/// One thing the formula reads, and what it found there.
struct InputFinding {
  std::string name;
  std::string how;     ///< "sum", "last", …
  std::string window;  ///< "2026-03-24 to 2026-03-30"
  std::size_t series = 0;
  WindowCount count;
  Value value;
  Unit unit;
};

/// One limit or condition, and whether it was crossed.
struct RuleFinding {
  std::string name;  ///< "warning", "recover", or an alert rule's name
  std::string text;  ///< as written
  Value value;       ///< the limit; of a condition 1 or 0
  bool is_condition = false;
  bool is_crossed = false;
  bool is_number = false;  ///< The text is the limit itself.
};

/// Everything about one period of one line.
struct Explanation {
  const Kpi* kpi = nullptr;
  const Line* line = nullptr;
  Slot slot;
  Instant due;
  bool is_judged = false;
  bool is_newest = false;
  PeriodJudgement judgement;
  double recorded = 0;  ///< As the ledger has it; NaN: unknown.
  std::vector<InputFinding> inputs;
  std::vector<RuleFinding> rules;
  KpiState state = KpiState::kOk;
  std::vector<std::string> why;
};

std::string words_of(Reason reason) {
  std::string text(name_of(reason));
  std::ranges::replace(text, '_', ' ');
  return text;
}

std::string shown(const Value& value, const Unit& unit) {
  return value.is_known() ? format_value(value.number, unit, Language::kEnglish)
                          : "unknown (" + words_of(value.reason) + ")";
}

std::string_view aggregate_name(Aggregate how, MetricKind kind) {
  switch (how) {
    case Aggregate::kByKind:
      return kind == MetricKind::kMean ? "avg" : kind == MetricKind::kLevel ? "last" : "sum";
    case Aggregate::kSum:
      return "sum";
    case Aggregate::kAverage:
      return "avg";
    case Aggregate::kMin:
      return "min";
    case Aggregate::kMax:
      return "max";
    case Aggregate::kFirst:
      return "first";
    case Aggregate::kLast:
      return "last";
    case Aggregate::kCount:
      return "count";
    case Aggregate::kMedian:
      return "median";
    case Aggregate::kStddev:
      return "stddev";
    case Aggregate::kQuantile:
      return "quantile";
    case Aggregate::kTrend:
      return "trend";
    case Aggregate::kAge:
      return "age";
    case Aggregate::kAnomaly:
      return "anomaly";
    case Aggregate::kForecast:
      return "forecast";
  }
  return "";
}

/// "2026-03-24 to 2026-03-30", for instants "2026-03-30 14:00 to 15:00".
std::string window_text(const Window& window, const Grain& grain, const Zone& zone) {
  if (grain.is_civil()) {
    const std::string first = date_text(date_of(window.from));
    const std::string last = date_text(date_of(Slot{window.to.ms - kDayMs}));
    return first == last ? first : first + " to " + last;
  }
  const auto local = [&](Slot slot) {
    const auto time = zone.to_local(Instant{Duration{slot.ms}});
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(time - day).count();
    const auto two = [](std::int64_t number) { return (number < 10 ? "0" : "") + std::to_string(number); };
    return date_text(Date{day}) + " " + two(minutes / 60) + ":" + two(minutes % 60);
  };
  return local(window.from) + " to " + local(window.to);
}

std::string shifts_text(const std::vector<Span>& back) {
  std::string text;
  for (const Span& span : back) {
    text += ", " + span.text() + " earlier";
  }
  return text;
}

class Explainer {
 public:
  Explainer(const Engine& engine, Instant now) : engine_(engine), context_(engine.judge_context(now)) {}

  Explanation explain(const Line& line, std::optional<Slot> wanted) {
    result_.kpi = &engine_.config().rules.kpis[line.kpi];
    result_.line = &line;
    result_.slot = wanted.value_or(line.stepped.value_or(line.first.value_or(Slot{})));
    result_.due = engine_.plan_of(line).due(*result_.kpi, result_.slot);
    const Sample* judged = line.judged.at(result_.slot);
    result_.is_judged = judged != nullptr;
    result_.is_newest = line.stepped && *line.stepped == result_.slot;
    result_.recorded = judged != nullptr ? judged->value : std::nan("");
    result_.judgement = judge_period(line, context_, result_.slot);
    result_.state = engine_.state_of(line);
    explain_inputs();
    explain_rules();
    explain_why();
    return std::move(result_);
  }

 private:
  [[nodiscard]] EvaluationContext evaluation() const {
    const Kpi& kpi = *result_.kpi;
    EvaluationContext context;
    context.rules = context_.rules;
    context.table = context_.table;
    context.frame = Frame{result_.slot, kpi.every, kpi.over, kpi.zone};
    context.complete = kpi.complete;
    return context;
  }

  void explain_inputs() {
    const Kpi& kpi = *result_.kpi;
    const EvaluationContext context = evaluation();
    for (std::size_t i = 0; i < kpi.value.metrics.size(); ++i) {
      const MetricInput& input = kpi.value.metrics[i];
      const Metric& metric = context_.rules->metrics[input.metric];
      const auto& series = result_.line->value_inputs.series[i];
      const Window window = window_of(context.frame, input, metric);
      InputFinding finding;
      finding.name = metric.name;
      for (const LabelFilter& filter : input.filters) {
        finding.name +=
            (finding.name == metric.name ? "{" : ", ") + filter.label + (filter.negated ? "!=" : "=") + filter.value;
      }
      finding.name += input.filters.empty() ? "" : "}";
      finding.how = aggregate_name(input.how, metric.kind);
      finding.window = window_text(window, metric.grain, kpi.zone) + shifts_text(input.back);
      finding.series = series.size();
      finding.count = count_window(input, series, context);
      finding.value = evaluate_input(input, series, context, 0);
      finding.unit = Unit::parse(input.how == Aggregate::kAge ? "d" : metric.unit).value_or(Unit{});
      result_.inputs.push_back(std::move(finding));
    }
    for (std::size_t i = 0; i < kpi.value.kpis.size(); ++i) {
      const KpiInput& input = kpi.value.kpis[i];
      const Kpi& used = context_.rules->kpis[input.kpi];
      InputFinding finding;
      finding.name = used.id;
      finding.how = input.window ? aggregate_name(input.how, MetricKind::kFlow) : "as judged";
      finding.window =
          window_text(window_of(context.frame, input, used.every), used.every, kpi.zone) + shifts_text(input.back);
      finding.series = result_.line->value_inputs.kpis[i] == nullptr ? 0 : 1;
      Program alone;
      alone.kpis = {input};
      alone.code = {Instruction{OpCode::kKpi, 0, 0}};
      finding.value = evaluate(alone, Inputs{{}, {result_.line->value_inputs.kpis[i]}}, context);
      finding.unit = used.unit;
      result_.inputs.push_back(std::move(finding));
    }
  }

  void explain_rules() {
    const Kpi& kpi = *result_.kpi;
    const PeriodJudgement& judgement = result_.judgement;
    const auto limit =
        [&](const std::string& name, const LineLimit& used, const std::optional<Value>& value, Standing standing) {
          if (used.program != nullptr && value) {
            result_.rules.push_back(
                {name, used.program->text, *value, false, standing == Standing::kMissed, used.program->is_constant()});
          }
        };
    if (kpi.thresholds) {
      const LineLimits limits = limits_of(*result_.line, kpi, result_.slot, engine_.config().rules.calendar);
      limit("warning", limits[0], judgement.limits.warning, judgement.thresholds.rungs[1]);
      limit("critical", limits[1], judgement.limits.critical, judgement.thresholds.rungs[2]);
      limit("recover", limits[2], judgement.limits.recover, Standing::kFine);
    }
    for (std::size_t i = 0; i < kpi.alerts.size(); ++i) {
      const Value& holds = judgement.conditions[i];
      result_.rules.push_back({kpi.alerts[i].name, kpi.alerts[i].when.text, holds, true, holds.is_true(), false});
    }
  }

  /// One sentence for each alert: what it is waiting for, or since when it fires.
  void explain_why() {
    const Line& line = *result_.line;
    const Kpi& kpi = *result_.kpi;
    if (!line.first) {
      result_.why.push_back("nothing to judge yet: " + missing_input());
      return;
    }
    if (!result_.is_judged) {
      result_.why.push_back(result_.due > context_.now
                                ? "provisional: it is judged at " + local_text(result_.due, kpi.zone)
                                : "its samples have not arrived; given up at " +
                                      local_text(engine_.plan_of(line).deadline(kpi, result_.slot), kpi.zone));
    }
    if (result_.is_judged && !result_.is_newest) {
      result_.why.emplace_back("this is an earlier period; what follows is how things stand now");
    }
    if (kpi.thresholds) {
      say("thresholds", line.thresholds, kpi.thresholds->patience);
    }
    for (std::size_t i = 0; i < kpi.alerts.size(); ++i) {
      say(kpi.alerts[i].name, line.alerts[i], kpi.alerts[i].patience);
    }
    if (!line.plans.empty()) {
      say("target", line.target, Patience{});
    }
    if (line.no_data.first) {
      result_.why.push_back(
          std::string("no_data: ") + (line.no_data.is_on ? "firing" : "pending") + ", no value since " +
          period_text(*line.no_data.first, kpi.every, kpi.zone) +
          (line.no_data.is_on
               ? ""
               : "; fires at " + local_text(engine_.plan_of(line).deadline(kpi, *line.no_data.first), kpi.zone)));
    }
  }

  [[nodiscard]] std::string missing_input() const {
    for (const InputFinding& input : result_.inputs) {
      if (input.series == 0) {
        return "no sample of " + input.name + " has ever arrived" +
               (result_.line->segment.empty() ? "" : " for this segment");
      }
    }
    return "no period has all its samples";
  }

  void say(const std::string& rule, const AlertState& state, const Patience& patience) {
    const Kpi& kpi = *result_.kpi;
    const auto since = [&] {
      return state.since ? " since " + period_text(*state.since, kpi.every, kpi.zone) : std::string();
    };
    switch (state.phase) {
      case AlertPhase::kFiring: {
        std::string text = rule + ": firing (" + std::string(name_of(state.severity)) + ")" + since();
        text += state.is_stale ? "; the newest period has no data, which ends nothing" : "";
        result_.why.push_back(
            text + (patience.recover.is_zero() ? "" : "; ends after " + patience.recover.text() + " of fine periods"));
        break;
      }
      case AlertPhase::kPending:
        result_.why.push_back(rule + ": pending" + since() + "; fires when it has lasted " + patience.hold.text());
        break;
      case AlertPhase::kInactive:
      case AlertPhase::kResolved:
        result_.why.push_back(rule + ": not firing");
        break;
    }
  }

  const Engine& engine_;
  JudgeContext context_;
  Explanation result_;
};

std::string percent(double share) {
  return format_value(std::round(share * 100) / 100, Unit::parse("%").value(), Language::kEnglish);
}

/// To three digits: a forecast has no more.
double rounded(double value) {
  if (value == 0 || !std::isfinite(value)) {
    return value;
  }
  const int power = 2 - static_cast<int>(std::floor(std::log10(std::abs(value))));
  return power >= 0 ? times_power_of_ten(std::round(times_power_of_ten(value, power)), -power) : std::round(value);
}

void print_target(const TargetView& target, std::ostream& out) {
  out << "  target    " << (target.name.empty() ? "" : target.name + ", ");
  if (!target.problem.empty()) {
    out << target.formatted_goal << " by " << target.deadline << ": " << target.problem << "\n";
    return;
  }
  out << name_of(target.status) << ": " << target.formatted_goal << " by " << target.deadline;
  out << (target.formatted_actual.empty() ? "" : ", " + target.formatted_actual + " so far");
  out << (target.pace ? ", pace " + percent(*target.pace) : "");
  out << (target.formatted_expected.empty() ? "" : ", " + target.formatted_expected + " due by now");
  out << (target.judged_by.empty() ? "" : ", judged by " + target.judged_by) << "\n";
  if (target.probability && target.projected_low && target.projected_high) {
    out << "            forecast " << target.formatted_projected << " at the deadline, between "
        << number_text(rounded(*target.projected_low)) << " and " << number_text(rounded(*target.projected_high))
        << " in four cases of five; the goal is reached with a probability of " << percent(*target.probability)
        << (target.expected_date.empty() ? "" : ", by " + target.expected_date) << "\n";
  }
  if (target.budget && target.budget_left) {
    out << "            " << number_text(std::round(*target.budget_left * 10) / 10) << " of "
        << number_text(std::round(*target.budget * 10) / 10) << " misses left"
        << (target.burn_rate ? ", burn rate " + percent(*target.burn_rate) : "") << "\n";
  }
}

void print(const Explanation& found, Io& io) {
  const Kpi& kpi = *found.kpi;
  std::ostream& out = io.out;
  out << kpi.title << (found.line->segment.empty() ? "" : " (" + labels_text(found.line->segment) + ")") << ": "
      << name_of(found.state) << "\n";
  out << "  period    " << period_text(found.slot, kpi.every, kpi.zone)
      << (found.is_newest ? ", the newest judged" : "") << "\n";
  out << "  formula   " << kpi.value.text << (kpi.over == kpi.every.span() ? "" : ", over " + kpi.over.text()) << "\n";
  for (const InputFinding& input : found.inputs) {
    out << "    " << input.name << " = " << shown(input.value, input.unit) << "\n      " << input.how << ", "
        << input.window;
    if (input.count.expected > 0) {
      out << ", " << input.count.present << " of " << input.count.expected << " there";
    }
    out << (input.series > 1 ? ", " + std::to_string(input.series) + " series" : "") << "\n";
  }
  out << "  value     " << shown(found.judgement.value, kpi.unit);
  const bool differs =
      found.is_judged && found.judgement.value.is_known() && found.recorded != found.judgement.value.number;
  out << (differs ? ", judged as " + format_value(found.recorded, kpi.unit, Language::kEnglish) : "") << "\n";
  for (const RuleFinding& rule : found.rules) {
    const std::string name = rule.name + std::string(rule.name.size() < 9 ? 9 - rule.name.size() : 0, ' ');
    if (rule.is_condition) {
      out << "  " << name << " " << rule.text << ": "
          << (rule.value.is_known() ? (rule.is_crossed ? "holds" : "does not hold") : shown(rule.value, {})) << "\n";
      continue;
    }
    const std::string limit = shown(rule.value, kpi.unit);
    const std::string side = kpi.better.kind == Better::Kind::kLower ? "above " : "below ";
    const std::string back = kpi.better.kind == Better::Kind::kLower ? "at or below " : "at or above ";
    out << "  " << name << " " << (rule.name == "recover" ? back : side) << limit
        << (rule.is_number ? "" : " = " + rule.text)
        << (rule.name == "recover"              ? ""
            : !found.judgement.value.is_known() ? ": unknown"
            : rule.is_crossed                   ? ": crossed"
                                                : ": fine")
        << "\n";
  }
  if (!found.line->plans.empty()) {
    print_target(describe_target(kpi, *found.line, Language::kEnglish), out);
  }
  for (const std::string& line : found.why) {
    out << "  why       " << line << "\n";
  }
}

ordered_json number(const Value& value) {
  return value.is_known() ? ordered_json(value.number) : ordered_json(nullptr);
}

void print_json(const Explanation& found, Io& io) {
  const Kpi& kpi = *found.kpi;
  const Period period = period_of(found.slot, kpi.every, kpi.zone);
  ordered_json segment = ordered_json::object();
  for (const auto& [name, value] : found.line->segment) {
    segment[name] = value;
  }
  ordered_json inputs = ordered_json::array();
  for (const InputFinding& input : found.inputs) {
    inputs.push_back(
        {{"name", input.name},
         {"aggregate", input.how},
         {"window", input.window},
         {"series", input.series},
         {"present", input.count.present},
         {"expected", input.count.expected},
         {"value", number(input.value)},
         {"reason", input.value.is_known() ? ordered_json(nullptr) : ordered_json(name_of(input.value.reason))}});
  }
  ordered_json rules = ordered_json::array();
  for (const RuleFinding& rule : found.rules) {
    rules.push_back(
        {{"name", rule.name}, {"text", rule.text}, {"value", number(rule.value)}, {"crossed", rule.is_crossed}});
  }
  const bool has_target = !found.line->plans.empty();
  const ordered_json document{
      {"id", kpi.id},
      {"title", kpi.title},
      {"segment", segment},
      {"period", {{"start", rfc3339(period.start)}, {"end", rfc3339(period.end)}}},
      {"due", rfc3339(found.due)},
      {"judged", found.is_judged},
      {"formula", kpi.value.text},
      {"value", number(found.judgement.value)},
      {"formatted", format_value(found.judgement.value.number, kpi.unit, Language::kEnglish)},
      {"reason",
       found.judgement.value.is_known() ? ordered_json(nullptr) : ordered_json(name_of(found.judgement.value.reason))},
      {"inputs", inputs},
      {"rules", rules},
      {"state", name_of(found.state)},
      {"why", found.why},
      {"target",
       has_target ? ordered_json::parse(target_view_json(describe_target(kpi, *found.line, Language::kEnglish)))
                  : ordered_json(nullptr)}};
  io.out << document.dump(2, ' ', false, ordered_json::error_handler_t::replace) << "\n";
}

int unknown_kpi(const std::string& name, const RuleSet& rules, Io& io) {
  std::vector<std::string> names;
  names.reserve(rules.kpis.size());
  for (const Kpi& kpi : rules.kpis) {
    names.push_back(kpi.id);
  }
  const std::string near = did_you_mean(name, names);
  return complain(
      io,
      kExitUsage,
      "there is no KPI \"" + printable(name) + "\"; " + (near.empty() ? "KPIs: " + join(names, " ") : near));
}

/// The period that `--at` asks about: the newest one that had ended then.
std::optional<Slot> period_at(const Arguments& arguments, const Kpi& kpi, const Config& config, bool& is_fine) {
  is_fine = true;
  if (!arguments.has("at")) {
    return std::nullopt;
  }
  const auto at = parse_time(arguments.text("at"), config.zone);
  is_fine = at.has_value();
  return at ? std::optional(next_slot(slot_at(*at, kpi.every, kpi.zone, config.rules.calendar), kpi.every, -1))
            : std::nullopt;
}

int explain(const Arguments& arguments, Io& io) {
  const auto config = load_or_last_good(arguments, Secrets::kIgnored, io);
  if (!config) {
    return kExitNo;
  }
  const std::string name = arguments.text("kpi");
  const Kpi* kpi = config->rules.find(name);
  if (kpi == nullptr) {
    return unknown_kpi(name, config->rules, io);
  }
  const auto segment = parse_segment(arguments.text("segment", "total"), *kpi);
  if (!segment) {
    return complain(io,
                    kExitUsage,
                    "which segment? write --segment label=value; " + name +
                        (kpi->split_by.empty() ? " is not split" : " has several splits"));
  }
  bool is_time = true;
  const std::optional<Slot> slot = period_at(arguments, *kpi, *config, is_time);
  if (!is_time) {
    return complain(io, kExitUsage, "--at wants a time such as 2026-03-31T06:00:00Z or \"2026-03-31 06:00\"");
  }
  auto store = open_sqlite_store_for_reading(config->history);
  if (!store) {
    return complain(io, kExitFailed, store.error().message);
  }
  Engine engine(config, **store);
  const Instant now = io.clock.now();
  if (const auto restored = engine.restore(now); !restored) {
    return complain(io, kExitFailed, restored.error().message);
  }
  const Line* line = engine.find_line(name, *segment);
  if (line == nullptr) {
    return complain(io, kExitUsage, name + " has no segment " + labels_text(*segment) + " yet");
  }
  const Explanation found = Explainer(engine, engine.last_step().value_or(now)).explain(*line, slot);
  if (arguments.has("json")) {
    print_json(found, io);
  } else {
    print(found, io);
  }
  return kExitFine;
}

}  // namespace

Command explain_command() {
  return {"explain",
          "why a KPI is in the state it is in: formula, inputs, limits",
          "kpid explain conversion_rate\n"
          "kpid explain conversion_rate --segment SE --at \"2026-03-31 06:00\"",
          {config_argument(),
           {"kpi", "KPI", "its name", true, false, true},
           {"segment", "S", "country=SE, or SE when the KPI is split by one label (default: the total)"},
           {"at", "TIME", "the newest period that had ended then (default: the newest judged)"},
           json_argument()},
          explain};
}

}  // namespace kpi
