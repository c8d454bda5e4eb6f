// What routes match: a word that no alert can have would leave the route without any, and nobody would be told.

#include "daemon/config/config_keys.hpp"
#include "rules/base/text.hpp"
#include "rules/routing/message.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace kpi {
namespace {

constexpr std::size_t kMostNamed = 20;

/// What alerts can have under one label.
struct Known {
  std::string what;  ///< "KPI"
  std::set<std::string> values;
  bool is_fixed = true;  ///< Another value is an error; else a warning.
};

/// Where messages go whose type no route chooses: an alert is routed when it begins.
const std::map<std::string, std::string, std::less<>>& kept_from_routes() {
  static const std::map<std::string, std::string, std::less<>> kWhere{
      {"alert.reminder", "it goes to those who were told of the alert"},
      {"alert.escalated", "it goes to those of `escalate`"},
      {"source.recovered", "it goes to those who were told of source.error"},
      {"config.error", "it goes to the last route and to `fallback`"},
      {"delivery.failed", "it goes to the channel's `fallback`, else to that of kpid.yaml, else to the last route"},
      {"digest", "it goes to the `to` of `digests`"},
      {"test", "it goes to the channel that `kpid channel test` names"}};
  return kWhere;
}

std::string listed(const std::set<std::string>& values) {
  std::vector<std::string> names(values.begin(), values.end());
  const bool has_more = names.size() > kMostNamed;
  names.resize(std::min(names.size(), kMostNamed));
  return printable(join(names, " ")) + (has_more ? " …" : "");
}

/// The labels that alerts have, and their values where these are known before there is data.
class MatchCheck {
 public:
  explicit MatchCheck(ConfigReading& reading) : config_(reading.config), diagnostics_(reading.diagnostics) {
    known_["severity"] = {"severity", {"info", "warning", "critical"}};
    Known& types = known_["type"] = {"type", {}};
    for (std::size_t i = 0; i <= static_cast<std::size_t>(MessageType::kTest); ++i) {
      const std::string_view type = name_of(static_cast<MessageType>(i));
      if (!kept_from_routes().contains(type)) {
        types.values.emplace(type);
      }
    }
    known_["kpi"] = {"KPI", {}};
    known_["source"] = {"source", {}};
    known_["owner"] = {"owner", {}, false};
    known_["objective"] = {"objective", {}, false};
    for (const SourceConfig& source : config_.sources) {
      known_["source"].values.insert(source.settings.name);
    }
    for (const Kpi& kpi : config_.rules.kpis) {
      add(kpi);
    }
  }

  /// What alerts of a route are grouped by.
  void check_names(const YamlNode& names) {
    for (const YamlNode& name : names.items) {
      if (!segment_labels_.contains(name.scalar) && !known_.contains(name.scalar)) {
        tell_label(name, "alerts are not grouped by it");
      }
    }
  }

  /// Which KPIs a digest has: by what a rule says of itself, not by what becomes of it.
  void check_kpis(const YamlNode& match) {
    for (const char* name : {"severity", "type", "source"}) {
      known_.erase(name);
    }
    segment_labels_.clear();
    check(match, "the digest would have no KPI");
  }

  void check(const YamlNode& match, const std::string& effect = "the route would match nothing") {
    for (const auto& [label, values] : match.entries) {
      if (is_segment_label(label.scalar)) {
        continue;  // its values come with the data: `kpid check` holds them against the history
      }
      const auto found = known_.find(label.scalar);
      if (found == known_.end()) {
        tell_label(label, effect);
        continue;
      }
      const std::vector<YamlNode> alone{values};
      for (const YamlNode& value : values.kind == YamlNode::Kind::kSequence ? values.items : alone) {
        check_value(found->second, value);
      }
    }
  }

 private:
  void add(const Kpi& kpi) {
    known_["kpi"].values.insert(kpi.id);
    known_["owner"].values.insert(kpi.owner);
    known_["objective"].values.insert(kpi.objective);
    for (const auto& split : kpi.split_by) {
      segment_labels_.insert(split.begin(), split.end());
    }
    add_labels(kpi.labels);
    for (const AlertRule& alert : kpi.alerts) {
      add_labels(alert.labels);
    }
    for (const std::string& name : kpi.was) {
      new_names_.emplace(name, kpi.id);
    }
  }

  void add_labels(const Labels& labels) {
    for (const auto& [name, value] : labels) {
      known_.try_emplace(name, Known{name, {}, false}).first->second.values.insert(value);
    }
  }

  /// `source` may be one too; the other built-in names come before a segment's.
  [[nodiscard]] bool is_segment_label(const std::string& label) const {
    static const std::set<std::string> kBefore{"kpi", "owner", "objective", "severity", "type"};
    return segment_labels_.contains(label) && !kBefore.contains(label);
  }

  void tell_label(const YamlNode& label, const std::string& effect) {
    std::set<std::string> labels = segment_labels_;
    for (const auto& [name, known] : known_) {
      labels.insert(name);
    }
    const std::string near = did_you_mean(label.scalar, std::vector<std::string>(labels.begin(), labels.end()));
    diagnostics_.error(label.position,
                       "no alert has the label \"" + printable(label.scalar, 60) + "\": " + effect,
                       near.empty() ? "labels: " + listed(labels) : near);
  }

  void check_value(const Known& known, const YamlNode& node) {
    const std::string value = node.scalar.starts_with('!') ? node.scalar.substr(1) : node.scalar;
    if (value.empty() || known.values.contains(value)) {
      return;  // none: alerts without that label
    }
    if (const auto where = kept_from_routes().find(value); known.what == "type" && where != kept_from_routes().end()) {
      diagnostics_.warning(node.position,
                           "no route chooses who gets " + value + ": " + where->second,
                           "a route can match: " + listed(known.values));
      return;
    }
    const std::string near = did_you_mean(value, std::vector<std::string>(known.values.begin(), known.values.end()));
    const auto renamed = new_names_.find(value);
    std::string remedy = near.empty() ? "known: " + listed(known.values) : near;
    if (known.what == "KPI" && renamed != new_names_.end()) {
      remedy = "it is called \"" + renamed->second + "\" now";
    }
    if (known.is_fixed) {
      diagnostics_.error(
          node.position, "there is no " + known.what + " \"" + printable(value, 60) + "\"", std::move(remedy));
    } else {
      diagnostics_.warning(
          node.position, "no KPI has the " + known.what + " \"" + printable(value, 60) + "\"", std::move(remedy));
    }
  }

  const Config& config_;
  Diagnostics& diagnostics_;
  std::map<std::string, Known, std::less<>> known_;
  std::set<std::string> segment_labels_;
  std::map<std::string, std::string, std::less<>> new_names_;
};

}  // namespace

void check_matches(const YamlNode& routes, ConfigReading& reading) {
  MatchCheck check(reading);
  for (const YamlNode& route : routes.items) {
    if (const YamlNode* match = route.find("match")) {
      check.check(*match);
    }
    if (const YamlNode* names = route.find("group_by")) {
      check.check_names(*names);
    }
  }
}

void check_digest_kpis(const YamlNode& digests, ConfigReading& reading) {
  MatchCheck check(reading);
  for (const YamlNode& digest : digests.items) {
    if (const YamlNode* kpis = digest.find("kpis")) {
      check.check_kpis(*kpis);
    }
  }
}

}  // namespace kpi
