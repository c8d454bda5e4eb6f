#include "rules/base/text.hpp"
#include "rules/load/raw_reading.hpp"
#include "rules/model/message_template.hpp"

#include <algorithm>

namespace kpi {
namespace {

void read_message(MapReader& map, AlertRule& rule) {
  const YamlNode* node = map.optional("message");
  if (node == nullptr || !map.text("message", rule.message)) {
    return;
  }
  warn_of_comment(*node, "message", map.diagnostics());
  if (const auto wrong = check_message(rule.message)) {
    map.diagnostics().error(node->position, wrong->message, wrong->remedy);
  }
}

}  // namespace

void read_alerts(const YamlNode& node, RawKpi& raw, Diagnostics& diagnostics) {
  if (node.kind != YamlNode::Kind::kSequence) {
    diagnostics.error(node.position, "alerts wants a list", "write alerts: [{name: …, when: \"…\"}]");
    return;
  }
  for (const YamlNode& item : node.items) {
    RawAlert alert;
    MapReader map(item, where(raw.kpi, ".alerts"), diagnostics);
    map.required("name", "give the rule a name of its own");
    map.text("name", alert.rule.name);
    if (const YamlNode* when = map.required("when", "write when: \"change(value, 1 week) < -30%\"")) {
      alert.when = read_expression(*when, diagnostics);
    }
    read_severity(map, "severity", alert.rule.severity);
    read_patience(map, alert.rule.patience, alert.patience_at);
    map.text("runbook", alert.rule.runbook);
    read_message(map, alert.rule);
    if (const YamlNode* labels = map.optional("labels")) {
      read_own_labels(*labels, alert.rule.labels, diagnostics);
    }
    map.finish();
    const auto& name = alert.rule.name;
    if (const YamlNode* written = item.find("name"); written != nullptr && trim(name).empty()) {
      diagnostics.error(written->position, "an alert rule needs a name", "write name: sudden drop");
    }
    const bool reserved = name == "thresholds" || name == "target" || name == "no_data";
    const bool twice = std::ranges::any_of(raw.alerts, [&](const RawAlert& a) { return a.rule.name == name; });
    if (reserved || (twice && !name.empty())) {
      diagnostics.error(map.position_of("name"),
                        "the name \"" + name + "\" is taken",
                        reserved ? "thresholds, target and no_data are kpid's own rules; give this one another name"
                                 : "every alert rule of a KPI has a name of its own");
    }
    raw.alerts.push_back(std::move(alert));
  }
}

void read_no_data(const YamlNode& node, Kpi& kpi, Diagnostics& diagnostics) {
  NoDataPolicy& policy = kpi.no_data;
  MapReader map(node, where(kpi, ".no_data"), diagnostics);
  Span after;
  if (map.span("after", after)) {
    policy.after = after;
    check_not_negative(map, diagnostics, after, "after");
  }
  if (const YamlNode* then = map.optional("then")) {
    if (const auto choice = read_choice(*then, {"alert", "hold", "ok"}, diagnostics, "then")) {
      policy.then = static_cast<NoDataPolicy::Then>(*choice);
    }
  }
  read_severity(map, "severity", policy.severity);
  if (policy.then != NoDataPolicy::Then::kAlert && map.optional("severity") != nullptr) {
    const std::string then = policy.then == NoDataPolicy::Then::kOk ? "ok" : "hold";
    diagnostics.warning(map.position_of("severity"),
                        "severity says nothing with then: " + then + ": missing data is no alert",
                        "leave severity out, or write then: alert");
  }
  map.finish();
}

}  // namespace kpi
