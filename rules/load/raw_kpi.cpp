#include "rules/load/raw_kpi.hpp"

#include "rules/base/text.hpp"

#include <algorithm>
#include <array>

namespace kpi {
namespace {

/// Text that can only be meant as a number: digits, signs, separators, `%`.
bool looks_like_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789.,:%-+ ") == std::string_view::npos &&
         text.find_first_of("0123456789") != std::string_view::npos;
}

RawExpression read_expression(const YamlNode& node, Diagnostics& diagnostics) {
  RawExpression result;
  result.position = node.position;
  if (node.kind != YamlNode::Kind::kScalar) {
    diagnostics.error(node.position, "an expression was expected here", "write it on one line, in quotes");
    return result;
  }
  result.text = node.scalar;
  auto tree = parse_expression(node.scalar);
  const bool is_reported = !tree && looks_like_number(node.scalar) && !read_number(node, diagnostics);
  if (!tree && !is_reported) {
    diagnostics.error(result.at(tree.error().range), tree.error().message, tree.error().remedy);
  }
  if (tree) {
    result.tree = std::move(*tree);
  }
  return result;
}

void read_better(const YamlNode& node, Better& better, Diagnostics& diagnostics) {
  if (node.kind == YamlNode::Kind::kMap) {
    MapReader map(node, "kpis.*.better", diagnostics);
    const YamlNode* within = map.required("within", "write better: {within: [low, high]}");
    if (within != nullptr) {
      const bool is_pair = within->kind == YamlNode::Kind::kSequence && within->items.size() == 2;
      const auto low = is_pair ? read_number(within->items[0], diagnostics) : std::nullopt;
      const auto high = is_pair ? read_number(within->items[1], diagnostics) : std::nullopt;
      if (!is_pair || (low && high && *low >= *high)) {
        diagnostics.error(
            within->position, "within wants two numbers, the lower one first", "write within: [3.5, 4.5]");
      } else if (low && high) {
        better = Better{Better::Kind::kWithin, *low, *high};
      }
    }
    map.finish();
    return;
  }
  if (const auto choice = read_choice(node, {"higher", "lower"}, diagnostics)) {
    better.kind = *choice == 0 ? Better::Kind::kHigher : Better::Kind::kLower;
  }
}

void read_split_by(const YamlNode& node, Kpi& kpi, Diagnostics& diagnostics) {
  if (node.kind == YamlNode::Kind::kScalar) {
    kpi.split_by.push_back({node.scalar});
    return;
  }
  for (const YamlNode& item : node.items) {
    std::vector<std::string> labels = read_text_list(item, diagnostics);
    std::ranges::sort(labels);
    if (std::ranges::adjacent_find(labels) != labels.end()) {
      diagnostics.error(item.position, "a label stands twice in one split");
    }
    const bool is_known = std::ranges::find(kpi.split_by, labels) != kpi.split_by.end();
    if (is_known) {
      diagnostics.error(item.position, "the same split stands here twice", "leave one of them out");
    } else if (!labels.empty()) {
      kpi.split_by.push_back(std::move(labels));
    }
  }
  if (node.kind != YamlNode::Kind::kSequence) {
    diagnostics.error(node.position, "split_by wants a list of labels", "write split_by: [country]");
  }
}

void read_labels(const YamlNode& node, Labels& labels, Diagnostics& diagnostics) {
  if (node.kind != YamlNode::Kind::kMap) {
    diagnostics.error(node.position, "labels wants names and values", "write labels: {team: nordic}");
    return;
  }
  for (const auto& [name, value] : node.entries) {
    if (const auto text = read_text(value, diagnostics)) {
      labels.emplace_back(name.scalar, *text);
    }
  }
  std::ranges::sort(labels);
}

void read_severity(MapReader& map, std::string_view key, Severity& severity) {
  if (const YamlNode* node = map.optional(key)) {
    if (const auto choice = read_choice(*node, {"info", "warning", "critical"}, map.diagnostics())) {
      severity = static_cast<Severity>(*choice + 1);
    }
  }
}

void check_not_negative(const MapReader& map, Diagnostics& diagnostics, const Span& span, std::string_view key) {
  if (span.approximate_ms() < 0) {
    diagnostics.error(map.position(), std::string(key) + " cannot be negative");
  }
}

void read_patience(MapReader& map, Patience& patience) {
  map.span("for", patience.hold);
  map.span("recover_for", patience.recover);
  check_not_negative(map, map.diagnostics(), patience.hold, "for");
  check_not_negative(map, map.diagnostics(), patience.recover, "recover_for");
}

void read_thresholds(const YamlNode& node, RawKpi& raw, Diagnostics& diagnostics) {
  raw.thresholds.emplace();
  raw.thresholds_position = node.position;
  const std::size_t before = diagnostics.count(Diagnostic::Severity::kError);
  MapReader map(node, "kpis.*.thresholds", diagnostics);

  struct Limit {
    std::string_view key;
    RawExpression* expression;
  };

  for (const Limit& limit :
       {Limit{"warning", &raw.warning}, Limit{"critical", &raw.critical}, Limit{"recover", &raw.recover}}) {
    if (const YamlNode* value = map.optional(limit.key)) {
      *limit.expression = read_expression(*value, diagnostics);
    }
  }
  read_patience(map, raw.thresholds->patience);
  map.finish();
  raw.thresholds_are_wrong = diagnostics.count(Diagnostic::Severity::kError) != before;
}

void read_alerts(const YamlNode& node, RawKpi& raw, Diagnostics& diagnostics) {
  if (node.kind != YamlNode::Kind::kSequence) {
    diagnostics.error(node.position, "alerts wants a list", "write alerts: [{name: …, when: \"…\"}]");
    return;
  }
  for (const YamlNode& item : node.items) {
    RawAlert alert;
    MapReader map(item, "kpis.*.alerts", diagnostics);
    map.required("name", "give the rule a name of its own");
    map.text("name", alert.rule.name);
    if (const YamlNode* when = map.required("when", "write when: \"change(value, 1 week) < -30%\"")) {
      alert.when = read_expression(*when, diagnostics);
    }
    read_severity(map, "severity", alert.rule.severity);
    read_patience(map, alert.rule.patience);
    map.text("runbook", alert.rule.runbook);
    if (const YamlNode* labels = map.optional("labels")) {
      read_labels(*labels, alert.rule.labels, diagnostics);
    }
    map.finish();
    const auto& name = alert.rule.name;
    const bool reserved = name == "thresholds" || name == "target" || name == "no_data";
    const bool twice = std::ranges::any_of(raw.alerts, [&](const RawAlert& a) { return a.rule.name == name; });
    if (reserved || (twice && !name.empty())) {
      diagnostics.error(
          map.position(), "the name \"" + name + "\" is taken", "every alert rule of a KPI has a name of its own");
    }
    raw.alerts.push_back(std::move(alert));
  }
}

void read_target_severity(const YamlNode& node, Target& target, Diagnostics& diagnostics) {
  MapReader map(node, "kpis.*.target.severity", diagnostics);
  for (const TargetStatus status :
       {TargetStatus::kAtRisk, TargetStatus::kOffTrack, TargetStatus::kAchieved, TargetStatus::kMissed}) {
    read_severity(map, name_of(status), target.severity.at(static_cast<std::size_t>(status)));
  }
  map.finish();
}

void read_share(MapReader& map, std::string_view key, double& share) {
  if (map.number(key, share) && (share < 0 || share > 2)) {
    map.diagnostics().error(map.position(), std::string(key) + " is a share such as 95%, got " + number_text(share));
  }
}

void read_target(const YamlNode& node, Kpi& kpi, Diagnostics& diagnostics) {
  Target target;
  target.position = node.position;
  target.severity = {
      Severity::kNone, Severity::kNone, Severity::kInfo, Severity::kWarning, Severity::kInfo, Severity::kCritical};
  const std::size_t before = diagnostics.count(Diagnostic::Severity::kError);
  MapReader map(node, "kpis.*.target", diagnostics);
  const YamlNode* from = map.required("from", "the baseline: a number, or `measured`");
  if (from != nullptr && from->scalar != "measured") {
    target.baseline = read_number(*from, diagnostics);
  }
  if (map.required("to", "the goal") != nullptr) {
    map.number("to", target.goal);
  }
  Date start{};
  if (map.date("start", start)) {
    target.start = start;
  }
  if (const YamlNode* by = map.required("by", "the deadline: a date, or a span from start such as 6 months")) {
    if (parse_date(by->scalar)) {
      target.deadline = read_date(*by, diagnostics);
    } else {
      target.within = read_span(*by, diagnostics);
    }
  }
  if (const YamlNode* path = map.optional("path")) {
    if (const auto choice = read_choice(*path, {"linear", "compound"}, diagnostics)) {
      target.path = *choice == 0 ? Target::Path::kLinear : Target::Path::kCompound;
    }
  }
  if (const YamlNode* judge = map.optional("judge")) {
    read_choice(*judge, {"pace"}, diagnostics);
  }
  read_share(map, "on_track", target.on_track);
  read_share(map, "at_risk", target.at_risk);
  if (const YamlNode* severity = map.optional("severity")) {
    read_target_severity(*severity, target, diagnostics);
  }
  map.finish();
  if (diagnostics.count(Diagnostic::Severity::kError) == before) {
    kpi.target = target;
  }
}

void check_target(const Kpi& kpi, Diagnostics& diagnostics) {
  const Target& target = *kpi.target;
  if (target.at_risk > target.on_track) {
    diagnostics.error(target.position, "at_risk is above on_track", "at_risk is the lower of the two shares");
  }
  if (target.start && target.deadline && !(*target.start <= *target.deadline)) {
    diagnostics.error(
        target.position,
        "the deadline " + date_text(*target.deadline) + " lies before the start " + date_text(*target.start));
  }
  if (target.within && target.within->approximate_ms() < kDayMs) {
    diagnostics.error(target.position, "a target lasts at least a day", "write by: 6 months, or a date");
  }
  if (!target.baseline) {
    return;
  }
  const double way = target.goal - *target.baseline;
  if (way == 0) {
    diagnostics.error(target.position, "from and to are the same: there is no way to go");
  }
  if (target.path == Target::Path::kCompound && (*target.baseline == 0 || !(target.goal / *target.baseline > 0))) {
    diagnostics.error(
        target.position,
        "a compound path cannot go from " + number_text(*target.baseline) + " to " + number_text(target.goal),
        "growth rates need two numbers of the same sign, neither zero; write path: linear");
  }
  const bool against =
      (kpi.better.kind == Better::Kind::kHigher && way < 0) || (kpi.better.kind == Better::Kind::kLower && way > 0);
  if (against) {
    diagnostics.warning(target.position,
                        "the target of " + kpi.id + " goes from " + number_text(*target.baseline) + " to " +
                            number_text(target.goal) + ", against `better`",
                        kpi.better.kind == Better::Kind::kHigher ? "write better: lower if less is better"
                                                                 : "write better: higher if more is better");
  }
}

void read_no_data(const YamlNode& node, NoDataPolicy& policy, Diagnostics& diagnostics) {
  MapReader map(node, "kpis.*.no_data", diagnostics);
  Span after;
  if (map.span("after", after)) {
    policy.after = after;
    check_not_negative(map, diagnostics, after, "after");
  }
  if (const YamlNode* then = map.optional("then")) {
    if (const auto choice = read_choice(*then, {"alert", "hold", "ok"}, diagnostics)) {
      policy.then = static_cast<NoDataPolicy::Then>(*choice);
    }
  }
  read_severity(map, "severity", policy.severity);
  map.finish();
}

void read_words(MapReader& map, Kpi& kpi) {
  map.text("title", kpi.title);
  map.text("description", kpi.description);
  map.text("owner", kpi.owner);
  map.text("objective", kpi.objective);
  map.text("runbook", kpi.runbook);
  Date reviewed{};
  if (map.date("reviewed", reviewed)) {
    kpi.reviewed = reviewed;
  }
  if (const YamlNode* labels = map.optional("labels")) {
    read_labels(*labels, kpi.labels, map.diagnostics());
  }
}

void read_unit(MapReader& map, RawKpi& raw) {
  const YamlNode* node = map.optional("unit");
  if (node == nullptr) {
    return;
  }
  raw.unit_position = node->position;
  auto unit = Unit::parse(node->scalar);
  if (!unit) {
    map.diagnostics().error(node->position, unit.error().message);
    return;
  }
  raw.kpi.unit = std::move(*unit);
}

void read_cadence(MapReader& map, RawKpi& raw) {
  if (const YamlNode* every = map.optional("every")) {
    raw.every = read_grain(*every, map.diagnostics());
    raw.every_position = every->position;
    if (raw.every && raw.every->unit == Grain::Unit::kInstant) {
      map.diagnostics().error(every->position, "a KPI is judged over periods, not at instants", "write every: 5m");
      raw.every.reset();
    }
  }
  Span over;
  if (map.span("over", over)) {
    raw.over = over;
    if (over.approximate_ms() <= 0) {
      map.diagnostics().error(map.position(), "over is a length of time such as 7 days");
      raw.over.reset();
    }
  }
  if (map.number("complete", raw.kpi.complete) && (raw.kpi.complete < 0 || raw.kpi.complete > 1)) {
    map.diagnostics().error(map.position(), "complete is a share from 0% to 100%");
  }
  Zone zone;
  if (map.zone("timezone", zone)) {
    raw.zone = zone;
  }
}

void read_formula(MapReader& map, RawKpi& raw) {
  if (const YamlNode* value = map.required("value", "the formula, such as shop.orders / web.visits")) {
    raw.value = read_expression(*value, map.diagnostics());
  }
  const YamlNode* parts = map.optional("parts");
  if (parts == nullptr) {
    return;
  }
  if (parts->kind != YamlNode::Kind::kMap) {
    map.diagnostics().error(
        parts->position, "parts wants names and expressions", "write parts: {paid: \"ads.clicks\"}");
    return;
  }
  for (const auto& [name, body] : parts->entries) {
    raw.parts.emplace(name.scalar, read_expression(body, map.diagnostics()));
  }
}

bool is_name(std::string_view text) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !text.empty() && (text[0] < '0' || text[0] > '9') && std::ranges::all_of(text, fits);
}

bool is_reserved(std::string_view text) {
  static constexpr std::array<std::string_view, 6> kReserved{"value", "target", "and", "or", "not", "total"};
  return std::ranges::find(kReserved, text) != kReserved.end();
}

}  // namespace

Position RawExpression::at(TextRange range) const {
  if (position.source == nullptr || position.column == 0) {
    return position;
  }
  const std::string_view line = position.source->line(position.line);
  std::string_view rest = line.substr(std::min<std::size_t>(position.column - 1, line.size()));
  const std::uint32_t quote = rest.starts_with('"') || rest.starts_with('\'') ? 1 : 0;
  if (!rest.substr(quote).starts_with(text)) {
    return position;
  }
  Position result = position;
  result.column += quote + range.begin;
  result.length = std::max(1U, range.end - range.begin);
  return result;
}

RawKpi read_kpi(const YamlNode& name, const YamlNode& body, Diagnostics& diagnostics) {
  RawKpi raw;
  raw.kpi.id = name.scalar;
  raw.kpi.title = name.scalar;
  raw.kpi.position = name.position;
  if (!is_name(name.scalar) || is_reserved(name.scalar)) {
    diagnostics.error(name.position,
                      "\"" + printable(name.scalar) + "\" cannot be the name of a KPI",
                      is_reserved(name.scalar) ? "it means something in expressions; choose another"
                                               : "use letters, digits and _, starting with a letter");
  }
  MapReader map(body, "kpis.*", diagnostics);
  read_words(map, raw.kpi);
  read_unit(map, raw);
  if (const YamlNode* better = map.optional("better")) {
    read_better(*better, raw.kpi.better, diagnostics);
  }
  read_formula(map, raw);
  read_cadence(map, raw);
  if (const YamlNode* split = map.optional("split_by")) {
    raw.split_position = split->position;
    read_split_by(*split, raw.kpi, diagnostics);
  }
  if (const YamlNode* thresholds = map.optional("thresholds")) {
    read_thresholds(*thresholds, raw, diagnostics);
  } else if (raw.kpi.better.kind == Better::Kind::kWithin) {
    raw.thresholds.emplace();  // the band is a limit by itself
  }
  if (const YamlNode* alerts = map.optional("alerts")) {
    read_alerts(*alerts, raw, diagnostics);
  }
  if (const YamlNode* target = map.optional("target")) {
    read_target(*target, raw.kpi, diagnostics);
    if (raw.kpi.target) {
      check_target(raw.kpi, diagnostics);
    }
  }
  if (const YamlNode* no_data = map.optional("no_data")) {
    read_no_data(*no_data, raw.kpi.no_data, diagnostics);
  }
  map.finish();
  return raw;
}

}  // namespace kpi
