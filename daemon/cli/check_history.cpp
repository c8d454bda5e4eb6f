#include "daemon/cli/check_history.hpp"

#include "daemon/cli/check_conditions.hpp"
#include "daemon/cli/check_never.hpp"
#include "daemon/cli/check_totals.hpp"
#include "daemon/cli/reading.hpp"
#include "rules/base/text.hpp"
#include "rules/expr/beside.hpp"
#include "rules/judge/period_value.hpp"
#include "rules/judge/target_plan.hpp"
#include "rules/load/yaml.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace kpi {
namespace {

constexpr std::int64_t kFourWeeks = 28;
constexpr std::size_t kMostNamed = 12;

std::string shown(const std::set<std::string>& values) {
  std::vector<std::string> names(values.begin(), values.end());
  const bool many = names.size() > kMostNamed;
  names.resize(std::min(names.size(), kMostNamed));
  return printable(join(names, ", ")) + (many ? ", …" : "");
}

/// The last day of the target of the total; nothing where it is counted from a day that is not written.
std::optional<Slot> deadline_of(const Target& target) {
  std::optional<Date> deadline = target.deadline;
  for (const Target::Change& change : target.changes) {
    deadline = change.deadline ? change.deadline : deadline;
  }
  if (deadline) {
    return slot_of(*deadline);
  }
  return target.within && target.start
             ? std::optional(shift_date(shift_date(slot_of(*target.start), *target.within), Span{.days = -1}))
             : std::nullopt;
}

class HistoryCheck {
 public:
  HistoryCheck(const Engine& engine, Instant now, Diagnostics& diagnostics)
      : engine_(engine),
        rules_(engine.config().rules),
        now_(engine.last_step().value_or(now)),
        today_(slot_of(Date{std::chrono::floor<std::chrono::days>(engine.config().zone.to_local(now))})),
        lines_(rules_.kpis.size()),
        diagnostics_(diagnostics) {
    for (const Line& line : engine.lines()) {
      lines_[line.kpi].push_back(&line);
    }
  }

  void run() {
    for (const Kpi& kpi : rules_.kpis) {
      check_filters(kpi);
      check_matches(kpi);
      check_conditions(kpi, lines_of(kpi), engine_.judge_context(now_), diagnostics_);
      const Line* total = engine_.find_line(kpi.id, {});
      if (total != nullptr) {
        check_min_sample(kpi, *total);
        check_sides(kpi, *total);
      }
      for (const Target& target : kpi.targets) {
        for (const auto& [label, value] : target.match) {
          check_match(kpi, "a target", label, {value}, target.position);
        }
        if (total != nullptr && target.match.empty() && kpi.every.is_civil()) {
          check_reach(kpi, target, total->judged.values);
        }
      }
    }
    check_routes();
    std::map<std::uint32_t, bool> known;  // each metric once: thousands of KPIs may read the thousands of series of one
    const auto has_total_rows = [this, &known](std::uint32_t metric) {
      const auto [entry, is_new] = known.try_emplace(metric, false);
      entry->second = is_new ? has_rows_without_labels(metric) : entry->second;
      return entry->second;
    };
    check_totals(rules_, has_total_rows, diagnostics_);
    check_never(rules_, [this](const Kpi& kpi) { return is_never_negative(kpi); }, diagnostics_);
  }

 private:
  [[nodiscard]] bool has_rows_without_labels(std::uint32_t metric) const {
    return std::ranges::any_of(engine_.table().of_metric(metric), [&](std::uint32_t id) {
      return std::ranges::all_of(engine_.table()[id].labels, [](const auto& label) { return label.second.empty(); });
    });
  }

  [[nodiscard]] const std::vector<const Line*>& lines_of(const Kpi& kpi) const {
    return lines_[static_cast<std::size_t>(&kpi - rules_.kpis.data())];
  }

  [[nodiscard]] bool is_never_negative(const Kpi& kpi) const {
    std::size_t known = 0;
    for (const Line* line : lines_of(kpi)) {
      for (const Sample& sample : line->judged.values) {
        if (sample.value < 0) {
          return false;
        }
        known += std::isnan(sample.value) ? 0 : 1;
      }
    }
    return known >= kFewestPeriods;
  }

  /// Segment labels that routes match, with values that never were. Other labels are checked when they are loaded.
  void check_routes() {
    const Config& config = engine_.config();
    const auto text = std::ranges::find(config.texts->texts(), config.path, &SourceText::name);
    Diagnostics known;  // it was loaded: whatever there is has been said
    const auto tree = text == config.texts->texts().end() ? std::nullopt : parse_yaml(*text, known);
    const YamlNode* routes = tree ? tree->find("routes") : nullptr;
    for (const YamlNode& route : routes != nullptr ? routes->items : std::vector<YamlNode>{}) {
      const YamlNode* match = route.find("match");
      for (const auto& [label, values] : match != nullptr ? match->entries : decltype(route.entries){}) {
        const std::vector<YamlNode> alone{values};
        for (const YamlNode& value : values.kind == YamlNode::Kind::kSequence ? values.items : alone) {
          check_route_value(label.scalar, value);
        }
      }
    }
  }

  void check_route_value(const std::string& label, const YamlNode& node) {
    std::set<std::string> known;
    for (const Line& line : engine_.lines()) {
      known.emplace(label_value(line.segment, label));
    }
    known.erase("");
    if (known.empty()) {
      return;
    }
    for (const Kpi& kpi : rules_.kpis) {
      known.emplace(label_value(kpi.labels, label));
      for (const AlertRule& alert : kpi.alerts) {
        known.emplace(label_value(alert.labels, label));
      }
    }
    known.erase("");
    const std::string value = node.scalar.starts_with('!') ? node.scalar.substr(1) : node.scalar;
    if (!value.empty() && !known.contains(value)) {
      diagnostics_.warning(
          node.position,
          "the route matches " + printable(label) + " " + printable(value) + ", and the history has no such segment",
          meant(value, known));
    }
  }

  /// All values of a label among the series of a metric; found once.
  const std::set<std::string>& values_of(std::uint32_t metric, const std::string& label) {
    const auto [entry, is_new] = values_.try_emplace({metric, label});
    std::set<std::string>& values = entry->second;
    if (!is_new) {
      return values;
    }
    for (const std::uint32_t id : engine_.table().of_metric(metric)) {
      if (const std::string_view value = label_value(engine_.table()[id].labels, label); !value.empty()) {
        values.emplace(value);
      }
    }
    return values;
  }

  /// country="SF" where no row ever said so.
  void check_filters(const Kpi& kpi) {
    std::set<std::string> told;
    const auto check = [&](const Program& program) {
      for (const MetricInput& input : program.metrics) {
        for (const LabelFilter& filter : input.filters) {
          const std::set<std::string>& known = values_of(input.metric, filter.label);
          const std::string& metric = rules_.metrics[input.metric].name;
          const std::string text =
              metric + "{" + filter.label + (filter.negated ? "!=\"" : "=\"") + filter.value + "\"}";
          if (!known.empty() && !known.contains(filter.value) && told.insert(text).second) {
            diagnostics_.warning(
                kpi.position,
                kpi.id + " reads " + printable(text) + ", and no row of the history has that " + filter.label,
                meant(filter.value, known));
          }
        }
      }
    };
    check(kpi.value);
    if (kpi.thresholds) {
      each_threshold_program(*kpi.thresholds, check);
    }
    for (const AlertRule& alert : kpi.alerts) {
      check(alert.when);
    }
  }

  static std::string meant(const std::string& value, const std::set<std::string>& known) {
    const std::string near = did_you_mean(value, std::vector<std::string>(known.begin(), known.end()));
    return near.empty() ? "the history has " + shown(known) : near;
  }

  /// thresholds.segments and .when for segments that never were.
  void check_matches(const Kpi& kpi) {
    if (!kpi.thresholds) {
      return;
    }
    for (const auto* list : {&kpi.thresholds->segments, &kpi.thresholds->when}) {
      for (const LimitVariant& variant : *list) {
        for (const auto& [label, values] : variant.match.labels) {
          check_match(kpi, "limits", label, values, kpi.position);
        }
      }
    }
  }

  void check_match(const Kpi& kpi,
                   const std::string& what,
                   const std::string& label,
                   const std::vector<std::string>& values,
                   const Position& position) {
    std::set<std::string> known;
    for (const Line* line : lines_of(kpi)) {
      known.emplace(label_value(line->segment, label));
    }
    known.erase("");
    for (const std::string& value : values) {
      if (!known.empty() && !known.contains(value)) {
        diagnostics_.warning(position,
                             kpi.id + " has " + what + " for " + label + " " + printable(value) +
                                 ", and the history has no such segment",
                             meant(value, known));
      }
    }
  }

  /// More than any window ever held: nothing is ever judged.
  void check_min_sample(const Kpi& kpi, const Line& total) {
    const JudgeContext context = engine_.judge_context(now_);
    for (const MinSample& sample : kpi.min_sample) {
      double most = 0;
      std::size_t seen = 0;
      const std::vector<Sample>& judged = total.judged.values;
      for (auto at = judged.rbegin(); at != judged.rend() && seen < kCheckedPeriods; ++at, ++seen) {
        const Value counted =
            evaluate_input(kpi.value, total.value_inputs, sample.input, evaluation(total, context, at->slot));
        most = counted.is_known() ? std::max(most, counted.number) : most;
      }
      if (seen >= kFewestPeriods && most < sample.least) {
        const Metric& metric = rules_.metrics[kpi.value.metrics[sample.input].metric];
        diagnostics_.warning(kpi.position,
                             "min_sample of " + kpi.id + " asks for " + number_text(sample.least) + " of " +
                                 metric.name + ", and no window of the last " + std::to_string(seen) +
                                 " had more than " + number_text(most) + ": it is never judged",
                             "write what the smallest period to be judged has");
      }
    }
  }

  /// Segments that a ratio leaves out most of the time, for want of its other side.
  void check_sides(const Kpi& kpi, const Line& total) {
    if (!total.stepped || kpi.every.unit != Grain::Unit::kDay) {
      return;
    }
    EvaluationContext context = evaluation(total, engine_.judge_context(now_), *total.stepped);
    context.frame.over = Span{0, kFourWeeks, 0};
    for (std::size_t i = 0; i < kpi.value.metrics.size(); ++i) {
      const MetricInput& input = kpi.value.metrics[i];
      const Beside beside(kpi.value, total.value_inputs, i, context);
      if (input.window || !beside.is_needed()) {
        continue;
      }
      const Window window = window_of(context.frame, input, rules_.metrics[input.metric]);
      for (const std::uint32_t id : total.value_inputs.series[i]) {
        if (tell_side(kpi, beside, id, window)) {
          return;
        }
      }
    }
  }

  bool tell_side(const Kpi& kpi, const Beside& beside, std::uint32_t series, const Window& window) {
    const std::span<const Sample> samples = engine_.table().range(series, window.from, window.to);
    std::optional<std::uint32_t> lacking;
    std::int64_t count = 0;
    for (const Sample& sample : samples) {
      const auto metric = std::isnan(sample.value) ? std::nullopt : beside.lacking(series, sample.slot);
      lacking = metric ? metric : lacking;
      count += metric ? 1 : 0;
    }
    if (count * 2 <= window.periods) {
      return false;
    }
    const Metric& other = rules_.metrics[*lacking];
    const auto& own = engine_.table()[series];
    diagnostics_.warning(kpi.position,
                         "the total of " + kpi.id + " leaves out " + rules_.metrics[own.metric].name + " of " +
                             printable(labels_text(own.labels), 60) + " on " + std::to_string(count) + " of the last " +
                             std::to_string(window.periods) + " days: there " + other.name + " has no row",
                         "if no row means none, write missing: zero for the source " + other.source);
    return true;
  }

  /// A level that would have to change faster than it ever did in as long a time, a sum that would need more than it
  /// ever got: over four weeks, one period where that is longer, or what is left where that is shorter. Nothing is said
  /// of fewer than eight weeks of values.
  void check_reach(const Kpi& kpi, const Target& target, const std::vector<Sample>& values) {
    const auto deadline = deadline_of(target);
    const bool is_level = target.measure == Target::Measure::kLevel;
    const bool is_total = target.measure == Target::Measure::kTotal;
    std::vector<Sample> known;
    std::ranges::copy_if(values, std::back_inserter(known), [](const Sample& s) { return !std::isnan(s.value); });
    if (!deadline || *deadline < today_ || (!is_level && !is_total) || known.empty() ||
        days_between(known.front().slot, known.back().slot) < 2 * kFourWeeks) {
      return;
    }
    const double done = is_level ? known.back().value : sum_since(target, known);
    if (is_ceiling(target, kpi.better)) {
      return check_budget(kpi, target, known, done, *deadline);
    }
    const bool is_up = !is_level || target.goal >= target.baseline.value_or(done);
    const std::int64_t left = periods_until(shift_date(*deadline, Span{.days = 1}), known.back().slot, kpi.every);
    if (left == 0 || (is_up ? done >= target.goal : done <= target.goal)) {
      return;
    }
    const std::int64_t days = days_between(known.back().slot, next_slot(known.back().slot, kpi.every));
    const std::int64_t periods = std::min(left, std::max<std::int64_t>(1, kFourWeeks / days));
    const double needed = (target.goal - done) / static_cast<double>(left) * static_cast<double>(periods);
    const double best = is_level ? best_change(known, !is_up, periods * days) : best_sum(known, periods * days);
    if (std::abs(needed) > std::abs(best)) {
      tell_reach(kpi, target, needed, best, is_level, {left, periods});
    }
  }

  /// A budget that allows less than the least that was ever used in as long a time.
  void check_budget(
      const Kpi& kpi, const Target& target, const std::vector<Sample>& known, double used, Slot deadline) {
    const std::int64_t left = periods_until(shift_date(deadline, Span{.days = 1}), known.back().slot, kpi.every);
    const std::int64_t days = days_between(known.back().slot, next_slot(known.back().slot, kpi.every));
    const std::int64_t periods = std::min(left, std::max<std::int64_t>(1, kFourWeeks / days));
    if (left == 0 || used > target.goal) {
      return;
    }
    const double allowed = (target.goal - used) / static_cast<double>(left) * static_cast<double>(periods);
    std::vector<Sample> negated = known;
    std::ranges::for_each(negated, [](Sample& sample) { sample.value = -sample.value; });
    const double least = -best_sum(negated, periods * days, true);
    if (allowed >= least) {
      return;
    }
    const auto text = [&](double value) { return format_value(value, kpi.unit, Language::kEnglish); };
    const std::string time = std::to_string(periods) + " " + kpi.every.text() + (periods == 1 ? "" : "s");
    diagnostics_.warning(target.position,
                         kpi.id + " may use " + text(allowed) + " in " + time + " to stay within " + text(target.goal) +
                             ", and the least it ever used in " + time + " is " + text(least) + " (A, achievable)",
                         "choose a budget or a deadline that can be kept, or say in description: what will be done "
                         "differently");
  }

  struct Reach {
    std::int64_t left = 0;     ///< Periods until the deadline.
    std::int64_t periods = 0;  ///< Of these, what is compared.
  };

  void tell_reach(const Kpi& kpi, const Target& target, double needed, double best, bool is_level, const Reach& reach) {
    const auto text = [&](double value) { return format_value(value, kpi.unit, Language::kEnglish); };
    const std::string time = kpi.every.unit == Grain::Unit::kDay && reach.periods == kFourWeeks ? "four weeks"
                             : reach.periods == 1 ? "one " + kpi.every.text()
                                                  : std::to_string(reach.periods) + " " + kpi.every.text() + "s";
    const std::string when = reach.left == reach.periods ? " in the " + time + " left"
                                                         : " every " + (reach.periods == 1 ? kpi.every.text() : time);
    const std::string need = !is_level    ? " needs " + text(needed)
                             : needed > 0 ? " must rise by " + text(needed)
                                          : " must fall by " + text(-needed);
    const std::string most = !is_level    ? "the best it ever had in "
                             : needed > 0 ? "its greatest rise in "
                                          : "its greatest fall in ";
    diagnostics_.warning(
        target.position,
        kpi.id + need + when + " to reach " + text(target.goal) + ", and " + most + time + " is " +
            text(std::abs(best)) + " (A, achievable)",
        "choose a goal or a deadline that is within reach, or say in description: what will be done differently");
  }

  /// How many whole periods after the one at `slot` end by `end`.
  static std::int64_t periods_until(Slot end, Slot slot, const Grain& every) {
    std::int64_t count = 0;
    for (Slot at = next_slot(next_slot(slot, every), every); at <= end; at = next_slot(at, every)) {
      ++count;
    }
    return count;
  }

  static std::int64_t days_between(Slot from, Slot to) { return (to.ms - from.ms) / kDayMs; }

  static double sum_since(const Target& target, const std::vector<Sample>& known) {
    double sum = 0;
    for (const Sample& sample : known) {
      sum += target.start && sample.slot >= slot_of(*target.start) ? sample.value : 0;
    }
    return sum;
  }

  /// The greatest change in the wanted direction between values at most so many days apart; 0: it never went that way.
  static double best_change(const std::vector<Sample>& known, bool downward, std::int64_t days) {
    double best = 0;
    std::size_t first = 0;
    for (const Sample& sample : known) {
      while (days_between(known[first].slot, sample.slot) > days) {
        ++first;
      }
      const double change = sample.value - known[first].value;
      best = downward ? std::min(best, change) : std::max(best, change);
    }
    return best;
  }

  /// Of whole windows only, where the best may be below 0.
  static double best_sum(const std::vector<Sample>& known, std::int64_t days, bool is_whole = false) {
    double best = is_whole ? -std::numeric_limits<double>::infinity() : 0;
    double sum = 0;
    std::size_t first = 0;
    for (const Sample& sample : known) {
      sum += sample.value;
      while (days_between(known[first].slot, sample.slot) >= days) {
        sum -= known[first++].value;
      }
      const bool counts = !is_whole || days_between(known.front().slot, sample.slot) >= days - 1;
      best = counts ? std::max(best, sum) : best;
    }
    return best;
  }

  const Engine& engine_;
  const RuleSet& rules_;
  Instant now_;
  Slot today_;
  std::vector<std::vector<const Line*>> lines_;                                    ///< Of each KPI.
  std::map<std::pair<std::uint32_t, std::string>, std::set<std::string>> values_;  ///< By metric and label.
  Diagnostics& diagnostics_;
};

}  // namespace

void check_against_history(const Engine& engine, Instant now, Diagnostics& diagnostics) {
  HistoryCheck(engine, now, diagnostics).run();
}

}  // namespace kpi
