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

struct RawAlert {
  AlertRule rule;
  RawExpression when;
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
  RawExpression warning;
  RawExpression critical;
  RawExpression recover;
  Position thresholds_position;
  bool thresholds_are_wrong = false;  ///< Something in them was reported.
  std::vector<RawAlert> alerts;
  Position unit_position;
  Position split_position;
};

/// Reads one entry of `kpis:`; what is wrong is reported and left out.
RawKpi read_kpi(const YamlNode& name, const YamlNode& body, Diagnostics& diagnostics);

}  // namespace kpi
