#include "rules/load/rule_file.hpp"

#include "rules/base/text.hpp"
#include "rules/expr/compile.hpp"
#include "rules/load/compile_alerts.hpp"
#include "rules/load/over_time.hpp"
#include "rules/load/percent.hpp"
#include "rules/load/raw_kpi.hpp"
#include "rules/load/raw_reading.hpp"
#include "rules/load/relations.hpp"

#include <algorithm>
#include <functional>
#include <set>

namespace kpi {
namespace {

/// Of two currencies one must be converted; anything else is a unit that was meant otherwise.
std::string unit_remedy(const Unit& wanted, const Unit& is) {
  const auto is_currency = [](const Unit& unit) {
    return unit.factors().size() == 1 && unit.factors()[0].dimension == Unit::Dimension::kCurrency;
  };
  if (is_currency(wanted) && is_currency(is)) {
    return "write unit: " + is.text() + ", or multiply by a rate whose unit is " + wanted.text() + "/" + is.text();
  }
  return is.text().empty() ? "write unit: \"%\" or leave it out" : "write unit: " + is.text() + ", or leave it out";
}

/// Resolves names over all KPIs, in an order in which each KPI comes after those it uses.
class Loader {
 public:
  Loader(RuleGround ground, Diagnostics& diagnostics) : ground_(std::move(ground)), diagnostics_(diagnostics) {}

  void read(const std::vector<const YamlNode*>& maps) {
    std::size_t count = 0;
    for (const YamlNode* map : maps) {
      count += map->entries.size();
    }
    raw_.reserve(count);  // each is some kilobytes
    for (const YamlNode* map : maps) {
      if (map->kind != YamlNode::Kind::kMap) {
        if (map->kind != YamlNode::Kind::kNull) {
          diagnostics_.error(
              map->position, "kpis wants names and rules", "write kpis: {visitors: {value: web.visitors}}");
        }
        continue;
      }
      for (const auto& [name, body] : map->entries) {
        add(name, body);
      }
    }
  }

  std::optional<RuleSet> resolve() {
    for (std::size_t i = 0; i < ground_.metrics.size(); ++i) {
      scope_.metric_names.emplace(ground_.metrics[i].name, static_cast<std::uint32_t>(i));
    }
    scope_.metrics = &ground_.metrics;
    scope_.calendar = &ground_.calendar;
    scope_.kpi_count = std::max<std::size_t>(1, raw_.size());
    scope_.false_alarms = ground_.false_alarms;
    rules_.kpis.reserve(raw_.size());
    const std::vector<std::size_t> in_order = order();
    for (const std::size_t index : in_circle_) {
      scope_.later_kpis.push_back(raw_[index].kpi.id);
    }
    for (const std::size_t index : in_order) {
      compile_kpi(raw_[index]);
    }
    check_relations(raw_, by_name_, [this](std::string_view id) { return compiled(id); }, diagnostics_);
    if (diagnostics_.has_errors()) {
      return std::nullopt;
    }
    rules_.metrics = std::move(ground_.metrics);
    rules_.calendar = ground_.calendar;
    return std::move(rules_);
  }

 private:
  enum class Mark : std::uint8_t { kNew, kOpen, kDone };

  void add(const YamlNode& name, const YamlNode& body) {
    const auto found = by_name_.find(name.scalar);
    if (found != by_name_.end()) {
      Diagnostic twice;
      twice.position = name.position;
      twice.message = "the KPI \"" + printable(name.scalar) + "\" is defined twice";
      twice.remedy = "give one of them another name";
      twice.related = raw_[found->second].kpi.position;
      twice.related_message = "first defined here";
      diagnostics_.add(std::move(twice));
      return;
    }
    by_name_.emplace(name.scalar, raw_.size());
    raw_.push_back(read_kpi(name, body, diagnostics_));
  }

  /// The KPIs that the expressions of one KPI use.
  std::vector<std::size_t> uses(const RawKpi& raw) const {
    std::set<std::string> names;
    const auto collect = [&](const RawExpression& expression) {
      if (expression.tree) {
        const UsedNames used = used_names(*expression.tree);
        names.insert(used.kpis.begin(), used.kpis.end());
      }
    };
    for (const auto& [name, part] : raw.parts) {
      collect(part);
    }
    each_expression(raw, collect);
    std::vector<std::size_t> result;
    for (const std::string& name : names) {
      const auto found = by_name_.find(name);
      if (found != by_name_.end() && !raw.parts.contains(name)) {
        result.push_back(found->second);
      }
    }
    return result;
  }

  std::vector<std::size_t> order() {
    std::vector<std::size_t> result;
    std::vector<Mark> marks(raw_.size(), Mark::kNew);
    for (std::size_t i = 0; i < raw_.size(); ++i) {
      visit(i, marks, result);
    }
    return result;
  }

  /// Depth first without recursion: a chain of KPIs may be as long as there are KPIs.
  void visit(std::size_t root, std::vector<Mark>& marks, std::vector<std::size_t>& result) {
    struct Step {
      std::size_t kpi;
      std::vector<std::size_t> uses;
      std::size_t next = 0;
    };

    std::vector<Step> path;
    const auto open = [&](std::size_t kpi) {
      marks[kpi] = Mark::kOpen;
      path.push_back({kpi, uses(raw_[kpi]), 0});
    };
    if (marks[root] == Mark::kNew) {
      open(root);
    }
    while (!path.empty()) {
      Step& step = path.back();
      if (step.next == step.uses.size()) {
        marks[step.kpi] = Mark::kDone;
        result.push_back(step.kpi);
        path.pop_back();
        continue;
      }
      const std::size_t used = step.uses[step.next++];
      if (marks[used] == Mark::kOpen) {
        std::vector<std::size_t> circle;
        circle.reserve(path.size());
        for (const Step& on_path : path) {
          circle.push_back(on_path.kpi);
        }
        report_circle(circle, used);
      } else if (marks[used] == Mark::kNew) {
        open(used);
      }
    }
  }

  void report_circle(const std::vector<std::size_t>& path, std::size_t again) {
    std::vector<std::string> names;
    for (auto at = std::ranges::find(path, again); at != path.end(); ++at) {
      names.push_back(raw_[*at].kpi.id);
      in_circle_.insert(*at);
    }
    names.push_back(raw_[again].kpi.id);
    diagnostics_.error(raw_[again].kpi.position,
                       "the KPIs use each other in a circle: " + join(names, " -> "),
                       "one of them must be written over metrics alone");
  }

  // --- one KPI ---

  void compile_kpi(RawKpi& raw) {
    const std::size_t before = diagnostics_.count(Diagnostic::Severity::kError);
    Kpi& kpi = raw.kpi;
    settle_cadence(raw);
    parts_.clear();
    for (const auto& [name, part] : raw.parts) {
      if (part.tree) {
        parts_.emplace(name, part.tree.get());
      }
    }
    CompileContext context;
    context.scope = &scope_;
    context.parts = &parts_;
    context.every = kpi.every;
    context.over = kpi.over;
    context.split_labels = known_split_labels(raw);
    compile_value(raw, context);
    compile_min_sample(raw, context, diagnostics_);
    context.may_use_value = true;
    context.value_unit = kpi.unit;
    context.value = kpi.value.code.empty() ? nullptr : raw.value.tree.get();  // one that is wrong may name itself
    compile_thresholds(raw, context, diagnostics_);
    context.may_use_target = !kpi.targets.empty();
    compile_alerts(raw, context, diagnostics_);
    check_parts(raw);
    check_splits(raw, rules_.kpis, diagnostics_);
    check_zone(raw);
    check_percent(raw, diagnostics_);
    settle_targets(kpi, ground_.calendar, diagnostics_);
    const OverTime values = over_time(kpi.value, ground_.metrics, over_time_);
    check_totals_of(kpi, values, diagnostics_);
    check_periods_of_kpis(raw);
    kpi.text = canonical_text(raw);
    kpi.fingerprint = fingerprint(kpi.text);
    const bool in_circle = in_circle_.contains(by_name_.at(kpi.id));
    if (diagnostics_.count(Diagnostic::Severity::kError) != before || in_circle || !raw.value.tree) {
      scope_.later_kpis.push_back(kpi.id);
      return;
    }
    scope_.kpis.emplace(kpi.id,
                        Scope::KpiName{static_cast<std::uint32_t>(rules_.kpis.size()),
                                       kpi.unit,
                                       kpi.every,
                                       !kpi.split_by.empty(),
                                       values == OverTime::kUnique});
    over_time_.push_back(values);
    rules_.kpis.push_back(std::move(kpi));
  }

  /// A KPI by its name alone is its last period, however long this one's are.
  void check_periods_of_kpis(const RawKpi& raw) {
    const Kpi& kpi = raw.kpi;
    const auto is_by_name = [](const KpiInput& input) { return !input.window && !input.is_self; };
    for (const KpiInput& input : kpi.value.kpis) {
      const Kpi& used = rules_.kpis[input.kpi];
      if (is_by_name(input) && input.back.empty() && used.every.is_finer_than(kpi.every)) {
        diagnostics_.warning(raw.value.at(input.range),
                             used.id + " is judged every " + used.every.text() + ": of a " + kpi.every.text() +
                                 " this is the last " + used.every.text() + " alone",
                             "write sum(" + used.id + "), avg(" + used.id + ") or another aggregate of the " +
                                 kpi.every.text() + "; last(" + used.id + ") says that the last is meant");
      }
    }
    const bool has_windows =
        std::ranges::any_of(kpi.value.metrics,
                            [](const MetricInput& input) { return !input.window && !input.since; }) ||
        std::ranges::any_of(kpi.value.kpis, std::not_fn(is_by_name));
    if (raw.over && !(*raw.over == kpi.every.span()) && !has_windows && !kpi.value.kpis.empty()) {
      diagnostics_.warning(raw.value.at(kpi.value.kpis.front().range),
                           "over: " + raw.over->text() + " says nothing: a KPI by its name is its last period",
                           "write sum(" + rules_.kpis[kpi.value.kpis.front().kpi].id + ") or another aggregate of it");
    }
  }

  /// The metrics that the value and its parts read.
  std::set<std::uint32_t> metrics_of(const RawKpi& raw, std::set<std::string>& kpis) const {
    std::set<std::uint32_t> metrics;
    const auto collect = [&](const RawExpression& expression) {
      if (!expression.tree) {
        return;
      }
      const UsedNames used = used_names(*expression.tree);
      kpis.insert(used.kpis.begin(), used.kpis.end());
      for (const std::string& name : used.metrics) {
        if (const auto found = scope_.metric_names.find(name); found != scope_.metric_names.end()) {
          metrics.insert(found->second);
        }
      }
    };
    collect(raw.value);
    for (const auto& [name, part] : raw.parts) {
      collect(part);
    }
    return metrics;
  }

  /// The labels of `split_by` that can be split by; what is a slip is told there, not at the value.
  std::vector<std::string> known_split_labels(const RawKpi& raw) {
    std::set<std::string> kpis;
    std::set<std::string> there;
    for (const std::uint32_t metric : metrics_of(raw, kpis)) {
      there.insert(ground_.metrics[metric].labels.begin(), ground_.metrics[metric].labels.end());
    }
    const bool has_kpis = std::ranges::any_of(kpis, [&](const auto& name) { return by_name_.contains(name); });
    return check_split_labels(raw, has_kpis ? std::set<std::string>{} : there, diagnostics_);
  }

  void settle_cadence(RawKpi& raw) {
    std::set<std::string> kpis;
    const std::set<std::uint32_t> metrics = metrics_of(raw, kpis);
    std::optional<Grain> coarsest;
    const auto consider = [&](const Grain& grain) {
      if (!coarsest || coarsest->is_finer_than(grain)) {
        coarsest = grain;
      }
    };
    std::optional<Zone> common;
    bool agree = true;
    const auto consider_zone = [&](const Zone& zone) {
      agree = agree && (!common || *common == zone);
      common = zone;
    };
    for (const std::uint32_t metric : metrics) {
      consider(ground_.metrics[metric].grain);
      consider_zone(ground_.metrics[metric].zone);
    }
    for (const std::string& name : kpis) {
      if (const auto found = scope_.kpis.find(name); found != scope_.kpis.end()) {
        consider(found->second.every);
        consider_zone(rules_.kpis[found->second.index].zone);
      }
    }
    Kpi& kpi = raw.kpi;
    const bool is_wrong = raw.every_position.source != nullptr && !raw.every;
    if (!raw.every && !is_wrong && coarsest && coarsest->unit == Grain::Unit::kInstant) {
      diagnostics_.error(kpi.position,
                         kpi.id + " is made of readings at instants, so it must say how often it is judged",
                         "write every: 5m");
    }
    kpi.every = raw.every.value_or(coarsest.value_or(Grain{}));
    kpi.over = raw.over.value_or(kpi.every.span());
    kpi.zone = raw.zone.value_or(agree && common ? *common : ground_.zone);
  }

  void compile_value(RawKpi& raw, const CompileContext& context) {
    Kpi& kpi = raw.kpi;
    const bool has_unit = raw.unit_position.source != nullptr || !kpi.unit.is_none();
    std::optional<Program> program = compile_expression(raw.value, context, diagnostics_);
    if (!program) {
      return;
    }
    if (program->is_condition) {
      diagnostics_.error(raw.value.at(raw.value.tree->range),
                         "the value of a KPI is a number, this is a condition",
                         "write if(…, 1, 0)");
      return;
    }
    if (program->metrics.empty() && program->kpis.empty()) {
      diagnostics_.error(raw.value.at(raw.value.tree->range),
                         "the value uses no metric and no KPI",
                         "name a metric such as web.visitors");
      return;
    }
    if (has_unit && program->unit.fit(kpi.unit) == Unit::Fit::kClash) {
      diagnostics_.error(raw.unit_position,
                         "the unit " + kpi.unit.text() + " does not fit the value, which is in " + program->unit.text(),
                         unit_remedy(kpi.unit, program->unit));
      return;
    }
    if (!has_unit) {
      kpi.unit = program->unit;
    }
    kpi.value = std::move(*program);
  }

  /// The parts that the value, a limit or an alert uses, by itself or through others.
  static std::set<std::string> used_parts(const RawKpi& raw) {
    std::set<std::string> used;
    std::vector<const RawExpression*> open;
    each_expression(raw, [&](const RawExpression& expression) { open.push_back(&expression); });
    while (!open.empty()) {
      const RawExpression* expression = open.back();
      open.pop_back();
      if (!expression->tree) {
        continue;
      }
      for (const std::string& name : used_names(*expression->tree).kpis) {
        const auto part = raw.parts.find(name);
        if (part != raw.parts.end() && used.insert(name).second) {
          open.push_back(&part->second);
        }
      }
    }
    return used;
  }

  void check_parts(const RawKpi& raw) {
    const std::set<std::string> used = used_parts(raw);
    for (const auto& [name, part] : raw.parts) {
      if (!used.contains(name)) {
        diagnostics_.error(
            part.position, "nothing uses the part \"" + name + "\"", "name it in `value`, or leave it out");
      } else if (by_name_.contains(name)) {
        diagnostics_.error(part.position, "\"" + name + "\" is the name of a KPI", "give the part another name");
      }
    }
  }

  /// The KPI as it goes into the rule set, or null while something is wrong with it.
  [[nodiscard]] const Kpi* compiled(std::string_view id) const {
    const auto found = scope_.kpis.find(id);
    return found == scope_.kpis.end() ? nullptr : &rules_.kpis[found->second.index];
  }

  /// A KPI over metrics whose days are cut in different zones is joined by date; that is worth knowing.
  void check_zone(const RawKpi& raw) {
    const Kpi& kpi = raw.kpi;
    if (raw.zone || kpi.every.is_civil()) {
      return;
    }
    for (const MetricInput& input : kpi.value.metrics) {
      if (!(ground_.metrics[input.metric].zone == kpi.zone)) {
        diagnostics_.warning(
            kpi.position, "the metrics of " + kpi.id + " are in different time zones", "write timezone:");
        return;
      }
    }
  }

  /// What decides verdicts, one key a line: titles and owners may change without a new version.
  static std::string canonical_text(const RawKpi& raw) {
    const Kpi& kpi = raw.kpi;
    std::string text = "value: " + kpi.value.text + "\n";
    for (const auto& [name, part] : raw.parts) {
      text += "part " + name + ": " + (part.tree ? print(*part.tree) : "") + "\n";
    }
    text +=
        "every: " + kpi.every.text() + "\nover: " + kpi.over.text() + "\ncomplete: " + number_text(kpi.complete) + "\n";
    static constexpr std::array<std::string_view, 3> kWays{"higher", "lower", "within"};
    text += "better: " + std::string(kWays.at(static_cast<std::size_t>(kpi.better.kind)));
    if (kpi.better.kind == Better::Kind::kWithin) {
      text += " " + number_text(kpi.better.low) + " to " + number_text(kpi.better.high);
    }
    text += "\n";
    return text + canonical_alerts(raw);
  }

  RuleGround ground_;
  Diagnostics& diagnostics_;
  std::vector<RawKpi> raw_;
  std::map<std::string, std::size_t, std::less<>> by_name_;
  std::set<std::size_t> in_circle_;
  Scope scope_;
  std::map<std::string, const Expr*, std::less<>> parts_;
  RuleSet rules_;
  std::vector<OverTime> over_time_;  // of its KPIs
};

}  // namespace

std::optional<RuleSet> load_kpis(const std::vector<const YamlNode*>& kpis,
                                 RuleGround ground,
                                 Diagnostics& diagnostics) {
  Loader loader(std::move(ground), diagnostics);
  loader.read(kpis);
  return loader.resolve();
}

}  // namespace kpi
