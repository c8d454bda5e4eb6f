#pragma once
// The rules of each time of a record, as the history has them: a rehearsal takes them up when the daemon did.

#include "daemon/config/config.hpp"
#include "daemon/store/history_reader.hpp"
#include "rules/base/diagnostic.hpp"
#include "rules/load/yaml.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace kpi {

struct RecordedRules {
  struct Version {
    Instant from;  ///< The first counts before that too.
    std::shared_ptr<const Config> config;
  };

  std::vector<Version> versions;      ///< Ascending, at least one.
  std::vector<std::string> remarks;   ///< What of the record cannot be judged as it was, a sentence each.
  std::vector<std::string> unjudged;  ///< KPIs whose configured rule is not the one they were judged by last.
};

/// What the rules do not say (sources, calendar, time zone) is that of `config`, which must outlive the versions. A
/// rule that does not load with it is left out, with a remark.
Result<RecordedRules> read_recorded_rules(HistoryReader& reader, const std::shared_ptr<const Config>& config);

/// The rules of these definitions, a map of one KPI each in a text of its own, that load with the sources and the
/// calendar of `config`. `left_out` hears of each that does not, or that uses one that does not, and why.
RuleSet load_recorded(std::vector<const YamlNode*> trees,
                      const Config& config,
                      const std::function<void(const YamlNode& tree, const Diagnostics& diagnostics)>& left_out);

}  // namespace kpi
