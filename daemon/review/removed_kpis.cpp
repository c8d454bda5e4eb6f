#include "daemon/review/removed_kpis.hpp"

#include "daemon/engine/recorded_rules.hpp"
#include "daemon/review/judged_periods.hpp"
#include "rules/load/definition.hpp"
#include "rules/model/earlier_names.hpp"

#include <algorithm>
#include <deque>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

namespace kpi {
namespace {

/// What the history has of a KPI that is gone.
struct Record {
  std::string definition;          ///< Empty: an older kpid wrote it, which kept none.
  std::optional<Instant> removed;  ///< When the daemon first ran without it.
  std::optional<Grain> every;
};

using RecordsOfRemoved = std::map<std::string, Record, std::less<>>;

RecordsOfRemoved names_of_removed(const RuleSet& rules, const std::vector<LineRow>& lines) {
  const auto renamed = earlier_names(rules);
  std::set<std::string_view> configured;
  for (const Kpi& kpi : rules.kpis) {
    configured.insert(kpi.id);
  }
  RecordsOfRemoved removed;
  for (const LineRow& line : lines) {
    if (!configured.contains(line.kpi) && !renamed.contains(line.kpi)) {
      removed.try_emplace(line.kpi);
    }
  }
  return removed;
}

Result<void> read_records(HistoryReader& reader, RecordsOfRemoved& removed) {
  for (const KnownDefinition& known : KPI_TRY(reader.definitions())) {
    const auto found = removed.find(known.kpi);
    if (found == removed.end()) {
      continue;
    }
    Record& record = found->second;
    record.removed = known.text.empty() ? std::optional(known.first_used) : std::nullopt;
    if (!known.text.empty()) {
      record.definition = known.text;
    }
  }
  for (const KnownRule& rule : KPI_TRY(reader.rule_versions())) {
    if (const auto found = removed.find(rule.kpi); found != removed.end()) {
      found->second.every = every_of(rule.text);
    }
  }
  return {};
}

/// Those that load beside the rules of now.
RuleSet load_beside(const Config& config, const RecordsOfRemoved& removed, SourceSet& texts) {
  std::deque<YamlNode> trees;
  std::vector<const YamlNode*> entries;
  const auto add = [&](const std::string& kpi, const std::string& definition) {
    Diagnostics diagnostics;
    auto tree = parse_yaml(texts.add("the rule of " + kpi, kpi + ": " + definition + "\n"), diagnostics);
    if (!definition.empty() && tree && !diagnostics.has_errors()) {
      entries.push_back(&trees.emplace_back(std::move(*tree)));
    }
  };
  for (const Kpi& kpi : config.rules.kpis) {
    add(kpi.id, kpi.definition);
  }
  for (const auto& [kpi, record] : removed) {
    add(kpi, record.definition);
  }
  return load_recorded(std::move(entries), config, [](const YamlNode&, const Diagnostics&) {});
}

/// The KPI at the end of `rules`. What it was judged against stands in the ledger: only its formula is still asked.
void append(Kpi kpi, const RuleSet& from, RuleSet& rules) {
  for (KpiInput& input : kpi.value.kpis) {
    const std::string& name = from.kpis[input.kpi].id;
    input.kpi = static_cast<std::uint32_t>(std::ranges::find(rules.kpis, name, &Kpi::id) - rules.kpis.begin());
  }
  kpi.thresholds.reset();
  kpi.alerts.clear();
  rules.kpis.push_back(std::move(kpi));
}

/// By what its rule says without its metrics, or by its name alone.
Kpi without_formula(const std::string& name, const Record& record, const Config& config, SourceSet& texts) {
  const auto read = record.definition.empty()
                        ? std::nullopt
                        : read_definition(name, record.definition, config.rules.calendar, config.zone, texts);
  Kpi kpi;
  if (read) {
    kpi = *read;
  } else {
    kpi.id = kpi.title = name;
    kpi.zone = config.zone;
  }
  kpi.every = record.every.value_or(kpi.every);
  kpi.over = kpi.every.span();
  return kpi;
}

Date day_of(Instant at, const Zone& zone) {
  return Date{std::chrono::sys_days{std::chrono::floor<std::chrono::days>(zone.to_local(at)).time_since_epoch()}};
}

}  // namespace

Result<ReviewRules> read_review_rules(const Config& config, HistoryReader& reader) {
  ReviewRules found;
  RecordsOfRemoved removed = names_of_removed(config.rules, KPI_TRY(reader.lines()));
  if (removed.empty()) {
    found.config = std::shared_ptr<const Config>(std::shared_ptr<void>(), &config);
    return found;
  }
  KPI_TRY(read_records(reader, removed));
  const auto texts = std::make_shared<SourceSet>();
  const RuleSet loaded = load_beside(config, removed, *texts);
  auto with_removed = std::make_shared<Config>(config);
  for (const Kpi& kpi : loaded.kpis) {  // in their order, in which each comes after those it uses
    if (removed.contains(kpi.id)) {
      append(kpi, loaded, with_removed->rules);
    }
  }
  for (const auto& [name, record] : removed) {
    RemovedKpi& kpi = found.removed[name];
    kpi.loads = loaded.find(name) != nullptr;
    kpi.on = record.removed ? std::optional(day_of(*record.removed, config.zone)) : std::nullopt;
    if (!kpi.loads) {
      append(without_formula(name, record, config, *texts), loaded, with_removed->rules);
    }
  }
  found.config = std::move(with_removed);
  found.texts = texts;
  return found;
}

}  // namespace kpi
