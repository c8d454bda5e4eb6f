#include "daemon/cli/check_never.hpp"

#include "rules/base/text.hpp"
#include "rules/expr/never.hpp"
#include "rules/load/yaml.hpp"

#include <algorithm>
#include <string>

namespace kpi {
namespace {

/// Of counts, alone or one over another: below 0 there is nothing to count.
bool is_count(const Unit& unit) {
  return !unit.factors().empty() && std::ranges::all_of(unit.factors(), [](const Unit::Factor& factor) {
    return factor.dimension == Unit::Dimension::kCount;
  });
}

class NeverMatches {
 public:
  NeverMatches(const Kpi& kpi, bool is_never_negative, Diagnostics& diagnostics)
      : kpi_(kpi), diagnostics_(diagnostics) {
    if (is_never_negative && is_count(kpi.unit)) {
      value_.least = 0;
    }
  }

  void run() {
    for (const AlertRule& alert : kpi_.alerts) {
      check_condition(alert);
    }
    if (kpi_.thresholds && kpi_.better.kind == Better::Kind::kHigher) {
      check_limits(*kpi_.thresholds);
    }
  }

 private:
  void check_condition(const AlertRule& alert) {
    if (!can_never_hold(alert.when, value_)) {
      return;
    }
    const bool is_always = can_never_hold(alert.when, Bounds{});
    diagnostics_.warning(place_of_rule(kpi_, alert.name),
                         "the condition of \"" + printable(alert.name) + "\" of " + kpi_.id + " can never be true" +
                             (is_always ? "" : " while no value is below 0, and none of the history is") + ": " +
                             printable(alert.when.text),
                         is_always ? "it contradicts itself: write what is meant, or leave the alert out"
                                   : "write a condition that values can meet, or leave the alert out");
  }

  void check_limits(const Thresholds& thresholds) {
    check_limit("warning", "warning", thresholds.warning);
    check_limit("critical", "critical", thresholds.critical);
    const auto check_variants = [&](std::string_view place, const std::vector<LimitVariant>& variants) {
      for (const LimitVariant& variant : variants) {
        check_limit(place, "warning", variant.warning);
        check_limit(place, "critical", variant.critical);
      }
    };
    check_variants("segments", thresholds.segments);
    check_variants("when", thresholds.when);
  }

  /// `place` is the key of thresholds that it stands under.
  void check_limit(std::string_view place, std::string_view key, const std::optional<Program>& limit) {
    if (!limit || value_.least != 0 || bounds_of(*limit, value_).most > 0) {
      return;
    }
    diagnostics_.warning(place_of_rule(kpi_, place),
                         "the limit " + std::string(key) + " of " + kpi_.id + ", " + printable(limit->text) +
                             ", can never be missed: no value of the history is below 0",
                         "write a limit that a value can lie below, or leave it out");
  }

  const Kpi& kpi_;
  Bounds value_;
  Diagnostics& diagnostics_;
};

const YamlNode* named(const YamlNode& alerts, std::string_view name) {
  for (const YamlNode& alert : alerts.items) {
    const YamlNode* own = alert.find("name");
    if (own != nullptr && own->scalar == name) {
      return &alert;
    }
  }
  return nullptr;
}

}  // namespace

Position place_of_rule(const Kpi& kpi, std::string_view key) {
  Diagnostics known;  // it was loaded: whatever there is has been said
  const auto tree = kpi.position.source == nullptr ? std::nullopt : parse_yaml(*kpi.position.source, known);
  const YamlNode* kpis = tree ? tree->find("kpis") : nullptr;
  const YamlNode* body = kpis == nullptr ? nullptr : kpis->find(kpi.id);
  if (body == nullptr) {
    return kpi.position;
  }
  const YamlNode* alerts = body->find("alerts");
  const YamlNode* rule = alerts == nullptr ? nullptr : named(*alerts, key);
  if (rule != nullptr) {
    const YamlNode* when = rule->find("when");
    return when == nullptr ? rule->position : when->position;
  }
  const YamlNode* thresholds = body->find("thresholds");
  const YamlNode* limit = thresholds == nullptr ? nullptr : thresholds->find(key);
  const YamlNode* value = key == "value" ? body->find(key) : limit;
  return value == nullptr ? kpi.position : value->position;
}

void check_never(const RuleSet& rules,
                 const std::function<bool(const Kpi&)>& is_never_negative,
                 Diagnostics& diagnostics) {
  for (const Kpi& kpi : rules.kpis) {
    if (!kpi.alerts.empty() || kpi.thresholds) {
      NeverMatches(kpi, is_never_negative(kpi), diagnostics).run();
    }
  }
}

}  // namespace kpi
