#include "daemon/engine/recorded_rules.hpp"

#include "rules/base/text.hpp"
#include "rules/load/rule_file.hpp"
#include "rules/load/yaml.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <set>

namespace kpi {
namespace {

/// A rule as it is in force: its place among the texts that were read, or none while there is no such KPI.
class Rules {
 public:
  Rules(std::shared_ptr<const Config> config, RecordedRules& recorded)
      : config_(std::move(config)), texts_(std::make_shared<SourceSet>()), recorded_(recorded) {}

  void take(const KnownDefinition& definition) {
    const auto [place, is_new] = places_.try_emplace(definition.kpi, in_force_.size());
    if (is_new) {
      in_force_.emplace_back();  // in the order in which they came, which is that of their numbers in the history
    }
    Entry& entry = in_force_[place->second];
    entry = Entry{definition, nullptr, nullptr};
    if (!definition.text.empty()) {
      read(entry);
    }
  }

  /// KPIs that are another way in the files, or only there, or only here.
  [[nodiscard]] std::vector<std::string> unlike_configured() const {
    std::vector<std::string> found;
    for (const Kpi& kpi : config_->rules.kpis) {
      const auto place = places_.find(kpi.id);
      if (place == places_.end() || in_force_[place->second].definition.text != kpi.definition) {
        found.push_back(kpi.id);
      }
    }
    for (const Entry& entry : in_force_) {
      if (!entry.definition.text.empty() && config_->rules.find(entry.definition.kpi) == nullptr) {
        found.push_back(entry.definition.kpi);
      }
    }
    return found;
  }

  [[nodiscard]] std::shared_ptr<const Config> config() {
    if (unlike_configured().empty()) {
      return config_;
    }
    auto config = std::make_shared<Config>(*config_);
    config->texts = texts_;
    config->rules = load();
    return config;
  }

 private:
  struct Entry {
    KnownDefinition definition;
    const SourceText* text = nullptr;
    const YamlNode* tree = nullptr;  // null: there is none, or it cannot be read
  };

  void read(Entry& entry) {
    const KnownDefinition& definition = entry.definition;
    Diagnostics diagnostics;
    entry.text = &texts_->add("the rule of " + definition.kpi, definition.kpi + ": " + definition.text + "\n");
    auto tree = parse_yaml(*entry.text, diagnostics);
    if (tree && !diagnostics.has_errors()) {
      trees_.push_back(std::move(*tree));
      entry.tree = &trees_.back();
    } else {
      leave_out(entry, diagnostics);
    }
  }

  void leave_out(const Entry& entry, const Diagnostics& diagnostics) {
    if (!told_.insert(entry.text).second) {
      return;
    }
    const auto why = std::ranges::find_if(diagnostics.items(), [&](const Diagnostic& found) {
      return found.severity == Diagnostic::Severity::kError && found.position.source == entry.text;
    });
    recorded_.remarks.push_back(entry.definition.kpi + " as it was on " +
                                rfc3339(entry.definition.first_used).substr(0, 10) +
                                " is left out, for it does not load with the sources and the calendar of now" +
                                (why == diagnostics.items().end() ? "" : ": " + why->message));
  }

  RuleSet load() {
    std::vector<const YamlNode*> trees;
    for (const Entry& entry : in_force_) {
      if (entry.tree != nullptr) {
        trees.push_back(entry.tree);
      }
    }
    return load_recorded(std::move(trees), *config_, [&](const YamlNode& tree, const Diagnostics& diagnostics) {
      leave_out(*std::ranges::find(in_force_, &tree, &Entry::tree), diagnostics);
    });
  }

  std::shared_ptr<const Config> config_;
  std::shared_ptr<SourceSet> texts_;
  RecordedRules& recorded_;
  std::deque<YamlNode> trees_;
  std::map<std::string, std::size_t> places_;  // by KPI
  std::vector<Entry> in_force_;
  std::set<const SourceText*> told_;
};

/// The KPIs that were judged by other rules before the history kept whole ones.
std::set<std::string> judged_before(Instant first, const std::vector<KnownRule>& rules) {
  std::map<std::string, std::size_t> versions;
  for (const KnownRule& rule : rules) {
    versions[rule.kpi] += rule.first_used <= first ? 1 : 0;
  }
  std::set<std::string> kpis;
  for (const auto& [kpi, count] : versions) {
    if (count > 1) {
      kpis.insert(kpi);
    }
  }
  return kpis;
}

}  // namespace

RuleSet load_recorded(std::vector<const YamlNode*> trees,
                      const Config& config,
                      const std::function<void(const YamlNode& tree, const Diagnostics& diagnostics)>& left_out) {
  const RuleSet& now = config.rules;
  while (true) {
    Diagnostics diagnostics;
    auto rules = load_kpis(trees, {now.metrics, now.calendar, config.zone, config.false_alarms}, diagnostics);
    if (rules) {
      return std::move(*rules);
    }
    std::set<const SourceText*> wrong;
    for (const Diagnostic& found : diagnostics.items()) {
      if (found.severity == Diagnostic::Severity::kError) {
        wrong.insert(found.position.source);
      }
    }
    std::erase_if(trees, [&](const YamlNode* tree) {
      const bool is_wrong = wrong.contains(tree->position.source);
      if (is_wrong) {
        left_out(*tree, diagnostics);
      }
      return is_wrong;
    });
  }
}

Result<RecordedRules> read_recorded_rules(HistoryReader& reader, const std::shared_ptr<const Config>& config) {
  RecordedRules recorded;
  const std::vector<KnownDefinition> definitions = KPI_TRY(reader.definitions());
  const std::vector<KnownRule> texts = KPI_TRY(reader.rule_versions());
  if (definitions.empty()) {
    recorded.versions.push_back({Instant{}, config});
    if (!texts.empty()) {
      recorded.remarks.emplace_back(
          "an older kpid, which kept no whole rules, wrote the history: judged by those of now");
    }
    return recorded;
  }
  const Instant first = definitions.front().first_used;
  if (const auto before = judged_before(first, texts); !before.empty()) {
    recorded.remarks.push_back("until " + rfc3339(first).substr(0, 10) +
                               " an older kpid, which kept no whole rules, wrote the history: judged by those of that "
                               "day, although edited before are " +
                               join(std::vector(before.begin(), before.end()), ", "));
  }
  Rules rules(config, recorded);
  const std::vector<Instant> before = KPI_TRY(reader.step_times(first));
  const auto is_before = [&](const KnownRule& rule) { return rule.first_used < first; };
  if (!before.empty() && before.front() < first && std::ranges::none_of(texts, is_before)) {
    recorded.versions.push_back(
        {Instant{}, rules.config()});  // kpid ran without a KPI, and what came then was not late
  }
  for (auto at = definitions.begin(); at != definitions.end();) {
    const Instant from = at->first_used;
    for (; at != definitions.end() && at->first_used == from; ++at) {
      rules.take(*at);
    }
    recorded.versions.push_back({from, rules.config()});
  }
  recorded.unjudged = rules.unlike_configured();
  return recorded;
}

}  // namespace kpi
