#include "daemon/cli/explanation.hpp"

#include "daemon/cli/explanation_gaps.hpp"
#include "daemon/cli/explanation_mix.hpp"
#include "daemon/cli/explanation_target.hpp"
#include "daemon/cli/explanation_way.hpp"
#include "daemon/cli/explanation_words.hpp"
#include "daemon/cli/reading.hpp"
#include "rules/base/text.hpp"
#include "rules/expr/history.hpp"
#include "rules/judge/line_limits.hpp"
#include "rules/routing/unusual_words.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace kpi {
namespace {

/// Former values are looked up of so many series, and so many of them are shown.
constexpr std::size_t kMostSeries = 20;
constexpr std::size_t kMostMarks = 3;

/// anomaly() has no unit; usual(), which reads the same, has that of what it is of.
template <class Input>
bool is_score(const Input& input) {
  return input.how == Aggregate::kAnomaly && input.quantile == 0;
}

template <class Input>
std::string how_of(const Input& input, MetricKind kind) {
  const bool is_usual = input.how == Aggregate::kAnomaly && input.quantile == 1;
  return is_usual ? "usual" : std::string(aggregate_name(input.how, kind));
}

std::string shifts_text(const std::vector<Span>& back) {
  std::string text;
  for (const Span& span : back) {
    text += ", " + span.text() + " earlier";
  }
  return text;
}

std::string plain(double value, const Unit& unit) {
  return std::isnan(value) ? "unknown" : format_value(value, unit, Language::kEnglish);
}

bool is_the_value(double value, double other) {
  return value == other || (std::isnan(value) && std::isnan(other));
}

/// The newest of them; the others are counted.
std::vector<std::string> few(std::vector<std::string> marks) {
  if (marks.size() > kMostMarks) {
    const std::size_t more = marks.size() - kMostMarks;
    marks.erase(marks.begin(), marks.end() - kMostMarks);
    marks.push_back("and " + std::to_string(more) + " more");
  }
  return marks;
}

class Explainer {
 public:
  Explainer(const Engine& engine, HistoryReader& history, Instant now)
      : engine_(engine), history_(history), context_(engine.judge_context(now)) {}

  Result<Explanation> explain(const Line& line, std::optional<Slot> wanted) {
    result_.kpi = &engine_.config().rules.kpis[line.kpi];
    result_.line = &line;
    result_.slot = wanted.value_or(line.stepped.value_or(line.first.value_or(Slot{})));
    result_.due = engine_.plan_of(line).due(*result_.kpi, result_.slot);
    const Sample* judged = line.judged.at(result_.slot);
    result_.is_judged = judged != nullptr;
    result_.is_newest = line.stepped && *line.stepped == result_.slot;
    result_.recorded = judged != nullptr ? judged->value : std::nan("");
    result_.judgement = judge_period(line, context_, result_.slot);
    find_interval();
    result_.state = engine_.state_of(line);
    const Slot end = next_slot(result_.slot, result_.kpi->every, result_.kpi->zone);
    if (result_.is_judged && !result_.is_newest) {
      const VerdictFilter filter{result_.kpi->id, line.segment, result_.slot, end};
      KPI_TRY(history_.verdicts(filter, [&](const KpiVerdict& verdict) { result_.then = verdict.row; }));
    }
    result_.marks = KPI_TRY(marks_of_verdicts(line, {result_.slot, end}));
    result_.inputs = KPI_TRY(inputs_of(result_.kpi->value, line.value_inputs));
    for (const MinSample& sample : result_.kpi->min_sample) {
      if (sample.input < result_.inputs.size()) {
        result_.inputs[sample.input].least = sample.least;
      }
    }
    result_.uneven = uneven_text(result_.kpi->value, line.value_inputs, evaluation());
    KPI_TRY(explain_rules());
    result_.target_changes = KPI_TRY(
        target_changes(*result_.kpi, line, result_.slot, result_.then.has_value(), engine_.config().zone, history_));
    explain_why();
    result_.mix = explain_mix(engine_, context_, line, result_.slot);
    result_.unusual = unusual_words(line, *result_.kpi, result_.slot, context_.rules->calendar, Language::kEnglish);
    return std::move(result_);
  }

 private:
  [[nodiscard]] EvaluationContext evaluation() const {
    const Kpi& kpi = *result_.kpi;
    EvaluationContext context;
    context.rules = context_.rules;
    context.table = context_.table;
    context.frame = Frame{result_.slot, kpi.every, kpi.over, kpi.zone, context_.rules->calendar};
    context.complete = kpi.complete;
    context.read_at = context_.read_at;
    context.own = result_.judgement.value;
    return context;
  }

  void find_interval() {
    const Kpi& kpi = *result_.kpi;
    if (!kpi.thresholds || !kpi.thresholds->gate || !result_.judgement.value.is_known()) {
      return;
    }
    const RatioGate& gate = *kpi.thresholds->gate;
    const std::vector<Inputs>& inputs = result_.line->limit_inputs;
    const Value part = evaluate(gate.part, *(inputs.end() - 2), evaluation());
    const Value whole = evaluate(gate.whole, inputs.back(), evaluation());
    if (part.is_known() && whole.is_known()) {
      result_.interval = wilson_interval(part.number, whole.number, gate.deviations);
      result_.confidence = gate.confidence;
    }
  }

  Result<std::vector<InputFinding>> inputs_of(const Program& program, const Inputs& inputs) {
    std::vector<InputFinding> found;
    for (std::size_t i = 0; i < program.metrics.size() && i < inputs.series.size(); ++i) {
      found.push_back(KPI_TRY(metric_finding(program, inputs, i)));
    }
    for (std::size_t i = 0; i < program.kpis.size() && i < inputs.kpis.size(); ++i) {
      found.push_back(KPI_TRY(kpi_finding(program.kpis[i], inputs.kpis[i])));
    }
    return found;
  }

  Result<InputFinding> metric_finding(const Program& program, const Inputs& inputs, std::size_t index) {
    const MetricInput& input = program.metrics[index];
    const std::vector<std::uint32_t>& series = inputs.series[index];
    const EvaluationContext context = evaluation();
    const Metric& metric = context_.rules->metrics[input.metric];
    const Window window = window_of(context.frame, input, metric);
    InputFinding finding;
    finding.name = metric.name;
    for (const LabelFilter& filter : input.filters) {
      finding.name +=
          (finding.name == metric.name ? "{" : ", ") + filter.label + (filter.negated ? "!=" : "=") + filter.value;
    }
    finding.name += input.filters.empty() ? "" : "}";
    finding.how = how_of(input, metric.kind);
    finding.how += input.weight ? " weighted by " + context_.rules->metrics[*input.weight].name : "";
    if (result_.slot != Slot{}) {  // before the first sample there is no period
      finding.window = window_text(window, metric.grain, result_.kpi->zone) + shifts_text(input.back);
    }
    finding.series = series.size();
    finding.count = count_window(program, inputs, index, context);
    if (input.how == Aggregate::kAge) {
      finding.window = "of the newest value" + shifts_text(input.back);
      finding.count = {};
    }
    finding.value = evaluate_input(program, inputs, index, context);
    finding.unit =
        is_score(input) ? Unit() : Unit::parse(input.how == Aggregate::kAge ? "d" : metric.unit).value_or(Unit{});
    const std::vector<SeriesGap> gaps = gaps_of(input, series, context);
    finding.lacking = gaps.size();
    finding.without = gap_texts(gaps, metric, window);
    finding.marks = KPI_TRY(marks_of_samples(metric, series, window));
    return finding;
  }

  Result<InputFinding> kpi_finding(const KpiInput& input, const JudgedSeries* judged) {
    const EvaluationContext context = evaluation();
    const Kpi& used = input.is_self ? *result_.kpi : context_.rules->kpis[input.kpi];
    const Window window = window_of(context.frame, input, used.every);
    InputFinding finding;
    finding.name = input.is_self ? "value" : used.id;
    finding.how = input.window ? how_of(input, MetricKind::kFlow) : "as judged";
    finding.window = window_text(window, used.every, result_.kpi->zone) + shifts_text(input.back);
    finding.series = judged == nullptr ? 0 : 1;
    if (judged != nullptr) {
      note_judged(input, *judged, window, finding);
    }
    Program alone;
    alone.kpis = {input};
    alone.code = {Instruction{OpCode::kKpi, 0, 0}};
    finding.value = evaluate(alone, Inputs{{}, {judged}}, context);
    finding.unit = is_score(input) ? Unit() : used.unit;
    const auto is_it = [&](const Line& line) { return &line.judged == judged; };
    if (const auto line = std::ranges::find_if(engine_.lines(), is_it); line != engine_.lines().end()) {
      finding.marks = KPI_TRY(marks_of_verdicts(*line, window));
    }
    return finding;
  }

  /// Of a window how many of its periods have a value; without one the period that is read, which may be the last of
  /// many.
  void note_judged(const KpiInput& input,
                   const JudgedSeries& judged,
                   const Window& window,
                   InputFinding& finding) const {
    const auto end = std::ranges::lower_bound(judged.values, window.to, {}, &Sample::slot);
    if (!input.window && end != judged.values.begin()) {
      finding.window = period_text((end - 1)->slot, judged.grain, result_.kpi->zone) + shifts_text(input.back);
    }
    if (input.window && !is_of_history(input.how)) {
      const auto is_inside = [&](const Sample& sample) {
        return sample.slot >= window.from && !std::isnan(sample.value);
      };
      finding.count = {std::count_if(judged.values.begin(), end, is_inside), window.periods};
    }
  }

  /// Values of the window that were others before the source restated them.
  Result<std::vector<std::string>> marks_of_samples(const Metric& metric,
                                                    const std::vector<std::uint32_t>& series,
                                                    const Window& window) {
    const Zone& zone = result_.kpi->zone;
    const Unit unit = Unit::parse(metric.unit).value_or(Unit{});
    std::vector<std::string> marks;
    for (std::size_t i = 0; i < series.size() && i < kMostSeries; ++i) {
      const Labels& labels = (*context_.table)[series[i]].labels;
      const std::string of = series.size() > 1 && !labels.empty() ? " (" + labels_text(labels) + ")" : "";
      const auto note = [&](const SampleRevision& revision) {
        if (revision.slot >= window.from && revision.slot < window.to) {
          marks.push_back(period_text(revision.slot, metric.grain, metric.zone) + of + " was " +
                          plain(revision.value, unit) + " until " + local_text(revision.replaced_at, zone));
        }
      };
      const auto read = history_.sample_revisions(metric.name, labels, note);
      if (!read && read.error().kind != ErrorKind::kNotFound) {
        return tl::unexpected(read.error());
      }
    }
    return few(std::move(marks));
  }

  /// What a period was, after its name; nothing where it is the same now.
  std::string revision_text(const VerdictRow& row, const VerdictRow* now, const std::string& until) const {
    const bool is_the_same = now != nullptr && now->verdict == row.verdict && is_the_value(now->value, row.value);
    if (!is_the_same) {
      return " was " + plain(row.value, result_.kpi->unit) + ", " + std::string(name_of(row.verdict)) + ", until " +
             until;
    }
    // What was restated lies before it: how long trouble had lasted by then is what changed.
    return now->state == row.state ? ""
                                   : " was " + std::string(name_of(row.state)) + " until " + until + ", and is " +
                                         std::string(name_of(now->state)) + " since an earlier period was restated";
  }

  /// Periods of the window that were judged otherwise before, or by another rule than the present one.
  Result<std::vector<std::string>> marks_of_verdicts(const Line& line, const Window& window) {
    const Kpi& kpi = engine_.config().rules.kpis[line.kpi];
    std::size_t others = 0;
    std::optional<double> limit;
    std::map<Slot, VerdictRow> present;
    const VerdictFilter filter{kpi.id, line.segment, window.from, window.to};
    KPI_TRY(history_.verdicts(filter, [&](const KpiVerdict& verdict) {
      present.insert_or_assign(verdict.row.slot, verdict.row);
      if (verdict.row.rule_version != line.rule_version) {
        ++others;
        limit = std::isnan(verdict.row.limit) ? std::nullopt : std::optional(verdict.row.limit);
      }
    }));
    std::vector<std::string> marks;
    for (const VerdictRevision& revision : KPI_TRY(history_.ledger_revisions(window.from, window.to))) {
      const VerdictRow& row = revision.row;
      const auto now = present.find(row.slot);
      if (row.line == line.id) {
        const std::string mark = revision_text(
            row, now == present.end() ? nullptr : &now->second, local_text(revision.replaced_at, kpi.zone));
        if (!mark.empty()) {
          marks.push_back(period_text(row.slot, kpi.every, kpi.zone) + mark);
        }
      }
    }
    marks = few(std::move(marks));
    if (others > 0) {
      marks.push_back((others == 1 ? "judged by an earlier rule"
                                   : std::to_string(others) + " periods were judged by an earlier rule") +
                      (limit ? ", whose limit was " + plain(*limit, kpi.unit) : "") +
                      ": a change counts from the next period on");
    }
    return marks;
  }

  Result<void> explain_rules() {
    const Kpi& kpi = *result_.kpi;
    const PeriodJudgement& judgement = result_.judgement;
    if (kpi.thresholds && kpi.better.kind == Better::Kind::kWithin) {
      const Standing standing = judgement.thresholds.rungs[1];
      const std::string band = plain(kpi.better.low, kpi.unit) + " to " + plain(kpi.better.high, kpi.unit);
      const Value is_in = judgement.value.is_known() ? Value::of(standing == Standing::kFine ? 1 : 0) : judgement.value;
      result_.rules.push_back({"within", band, is_in, false, standing == Standing::kMissed, false, {}, false});
    } else if (kpi.thresholds) {
      const LineLimits limits = limits_of(*result_.line, kpi, result_.slot, engine_.config().rules.calendar);
      KPI_TRY(add_limit("warning", limits[0], judgement.limits.warning, judgement.thresholds.rungs[1]));
      KPI_TRY(add_limit("critical", limits[1], judgement.limits.critical, judgement.thresholds.rungs[2]));
      KPI_TRY(add_limit("recover", limits[2], judgement.limits.recover, Standing::kFine));
    }
    for (std::size_t i = 0; i < kpi.alerts.size(); ++i) {
      const Value& holds = judgement.conditions[i];
      auto inputs = KPI_TRY(inputs_of(kpi.alerts[i].when, result_.line->alert_inputs[i]));
      result_.rules.push_back(
          {kpi.alerts[i].name, kpi.alerts[i].when.text, holds, true, holds.is_true(), false, std::move(inputs), false});
    }
    return {};
  }

  Result<void> add_limit(const std::string& name,
                         const LineLimit& used,
                         const std::optional<Value>& value,
                         Standing standing) {
    if (used.program == nullptr || !value) {
      return {};
    }
    auto inputs = KPI_TRY(inputs_of(*used.program, *used.inputs));
    const Value& own = result_.judgement.value;
    const bool is_unsure = name != "recover" && standing == Standing::kBetween && result_.interval && own.is_known() &&
                           value->is_known() && is_beyond(own.number, value->number, result_.kpi->better);
    result_.rules.push_back({name,
                             used.program->text,
                             *value,
                             false,
                             standing == Standing::kMissed,
                             used.program->is_constant(),
                             std::move(inputs),
                             is_unsure});
    return {};
  }

  /// A segment whose missing data is no trouble any more: it was silent for as long as `retire` says.
  [[nodiscard]] bool is_retired() const {
    return result_.kpi->retire && !result_.line->segment.empty() && !result_.judgement.value.is_known() &&
           result_.kpi->no_data.then == NoDataPolicy::Then::kAlert && result_.state == KpiState::kOk;
  }

  /// One sentence for each alert: what it is waiting for, or since when it fires.
  void explain_why() {
    const Line& line = *result_.line;
    const Kpi& kpi = *result_.kpi;
    if (line.has_left) {
      result_.why.push_back(
          "the settings of its source were edited, and it has no rows of this segment any more: what was judged stays, "
          "and nothing is judged until some come");
      return;
    }
    if (!line.first) {
      result_.why.push_back("nothing to judge yet: " + missing_input());
      return;
    }
    if (result_.slot < *line.first) {
      result_.why.push_back("nothing was judged before the first sample, " +
                            period_text(*line.first, kpi.every, kpi.zone));
      return;
    }
    if (result_.is_newest && is_retired()) {
      result_.why.push_back("retired: there was no data for " + kpi.retire->text() +
                            ", and it is not judged until there is some");
      return;
    }
    if (!result_.is_judged) {
      result_.why.push_back(result_.due > context_.now
                                ? "provisional: it is judged at " + local_text(result_.due, kpi.zone)
                                : "its samples have not arrived; given up at " +
                                      local_text(engine_.plan_of(line).deadline(kpi, result_.slot), kpi.zone));
    }
    if (result_.is_judged && !result_.is_newest) {
      result_.why.emplace_back("all above is of that earlier period; what follows is how things stand now");
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
          std::string("no_data: ") + (line.no_data.is_on ? "firing" : "pending") +
          (line.unsure.contains(*line.no_data.first) ? ", what it is compared with is unknown since "
                                                     : ", no value since ") +
          period_text(*line.no_data.first, kpi.every, kpi.zone) +
          (line.no_data.is_on
               ? ""
               : "; fires at " + local_text(engine_.plan_of(line).deadline(kpi, *line.no_data.first), kpi.zone)));
    }
    if (line.no_data.is_on) {
      say_told("no_data");
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

  /// Which channels know, and what keeps the others from it.
  void say_told(const std::string& rule) {
    const auto tracked = engine_.routing().alerts.find({result_.line->id, rule});
    const std::string episode = tracked == engine_.routing().alerts.end() ? "" : tracked->second.episode;
    for (const Decision& decision : engine_.standings_of(*result_.line, rule, context_.now)) {
      const Zone& zone = engine_.config().zone;
      const std::string way =
          decision.hold == Hold::kNothing ? way_text(history_, decision.channel, episode, zone) : "";
      result_.why.push_back(rule + (decision.channel.empty() ? "" : " for " + decision.channel) + ": " +
                            (way.empty() ? reason_text(decision, zone) : way));
    }
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
        say_told(rule);
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
  HistoryReader& history_;
  JudgeContext context_;
  Explanation result_;
};

}  // namespace

Result<Explanation> explain_line(
    const Engine& engine, HistoryReader& history, Instant now, const Line& line, std::optional<Slot> wanted) {
  return Explainer(engine, history, now).explain(line, wanted);
}

}  // namespace kpi
