#pragma once
// Rule tests: data in a compact notation, a simulated clock, and what must then be true. The engine is the daemon's
// own, so whatever can happen live can be asserted.

#include "daemon/config/config.hpp"
#include "rules/base/diagnostic.hpp"
#include "rules/load/yaml.hpp"

#include <string>
#include <vector>

namespace kpi {

/// One expectation that did not hold.
struct RuleTestFailure {
  Position position;
  std::string message;

  bool operator==(const RuleTestFailure&) const = default;
};

struct RuleTestResult {
  std::vector<std::shared_ptr<SourceSet>> texts;  ///< What the positions point into.
  Diagnostics diagnostics;  ///< What is wrong with the test or its rules; with errors nothing ran.
  std::vector<RuleTestFailure> failures;
  std::size_t passed = 0;  ///< Expectations that held.
  std::size_t failed = 0;  ///< Expectations of which something did not hold.
  std::string error;       ///< The engine could not go on.
};

/// Runs one x.test.yaml. `config` is the kpid.yaml whose sources, channels and routes apply, or empty: then each KPI's
/// owner is a channel of that name.
RuleTestResult run_rule_test(const std::string& path, const std::string& config, Host& host);

/// One value of the notation: `1000x27` repeats, `1200+50x5` counts up, `_` is no sample, `nan` a NaN.
struct ScriptedValue {
  bool is_sample = true;
  double value = 0;
};

/// The test's own `sources:`, with the labels that the series of its `data:` have: they need not be named twice.
YamlNode with_labels_of_data(const YamlNode& sources, const YamlNode& data);

/// The values of `1000x27 400 _ 0 nan 1200+50x5`. kInvalid names the word and what may stand there; at most 100 000
/// values.
Result<std::vector<ScriptedValue>> parse_values(std::string_view text);

}  // namespace kpi
