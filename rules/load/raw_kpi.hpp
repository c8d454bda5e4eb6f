#pragma once
// One KPI as read, before names are resolved: the first half of load_kpis.

#include "rules/expr/parser.hpp"
#include "rules/load/yaml.hpp"
#include "rules/model/kpi.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace kpi {

/// An expression and where it stands.
struct RawExpression {
  std::unique_ptr<Expr> tree;  ///< Null: absent, or reported.
  Position position;           ///< Of its first byte; of the quote, if it is quoted.
  std::string text;

  /// Where a range of the expression's text stands in the file; the whole expression where the file holds it in another
  /// form (over several lines, or with escapes).
  [[nodiscard]] Position at(TextRange range) const;
};

/// Where `for` and `recover_for` stand.
struct PatiencePlaces {
  Position hold;
  Position recover;
};

struct RawAlert {
  AlertRule rule;
  RawExpression when;
  PatiencePlaces patience_at;
};

struct RawLimits {
  RawExpression warning;
  RawExpression critical;
  RawExpression recover;
};

/// One entry of thresholds.segments or thresholds.when.
struct RawVariant {
  LimitVariant variant;  ///< All but its programs.
  RawLimits limits;
  Position position;
  Position match_position;
  Position event_position;
  PatiencePlaces patience_at;
};

struct RawMinSample {
  RawExpression metric;
  double least = 0;
};

struct RawKpi {
  Kpi kpi;  ///< All but the programs and what depends on them.
  RawExpression value;
  std::map<std::string, RawExpression, std::less<>> parts;
  std::optional<Grain> every;
  Position every_position;
  std::optional<Span> over;
  std::optional<Zone> zone;
  std::optional<Thresholds> thresholds;
  RawLimits limits;
  std::vector<RawVariant> segment_limits;
  std::vector<RawVariant> time_limits;
  std::optional<double> confidence;
  Position confidence_position;
  Position thresholds_position;
  PatiencePlaces patience_at;
  bool thresholds_are_wrong = false;  ///< Something in them was reported.
  std::vector<RawAlert> alerts;
  Position unit_position;
  std::map<std::string, Position, std::less<>> split_labels;  ///< The labels of Kpi::split_by, where each stands.
  std::vector<RawMinSample> min_sample;
  std::vector<Position> was_positions;       ///< By Kpi::was.
  std::vector<Position> inhibits_positions;  ///< By Kpi::inhibits.
};

/// Calls `use` with each expression of the KPI but the parts: value, limits, conditions.
template <class Use>
void each_expression(const RawKpi& raw, const Use& use) {
  const auto each_limit = [&](const RawLimits& limits) {
    use(limits.warning);
    use(limits.critical);
    use(limits.recover);
  };
  use(raw.value);
  each_limit(raw.limits);
  for (const RawVariant& variant : raw.segment_limits) {
    each_limit(variant.limits);
  }
  for (const RawVariant& variant : raw.time_limits) {
    each_limit(variant.limits);
  }
  for (const RawAlert& alert : raw.alerts) {
    use(alert.when);
  }
}

/// Reads one entry of `kpis:`; what is wrong is reported and left out.
RawKpi read_kpi(const YamlNode& name, const YamlNode& body, Diagnostics& diagnostics);

}  // namespace kpi
