// A rule that the history keeps loads to the rule that it was: all those of the specification and of the library.

#include "daemon/config/config.hpp"
#include "daemon/os/files.hpp"
#include "rules/judge/target_plan.hpp"
#include "rules/load/rule_file.hpp"
#include "rules/load/yaml.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <filesystem>
#include <string>
#include <vector>

namespace kpi::test {
namespace {

/// The configuration of a rule test.
std::shared_ptr<const Config> load_test_file(const std::string& path) {
  FileHost host;
  const auto file = host.read_file(path, kMaxYamlBytes);
  EXPECT_TRUE(file) << path;
  SourceSet texts;
  Diagnostics diagnostics;
  const auto tree = parse_yaml(texts.add(path, file->text), diagnostics);
  EXPECT_TRUE(tree) << diagnostics.text();
  RuleFiles files;
  if (const YamlNode* rules = tree->find("rules")) {
    for (const std::string& name : read_text_list(*rules, diagnostics)) {
      files.files.push_back(resolve_path(path, name));
    }
  }
  files.sources = tree->find("sources");
  files.calendar = tree->find("calendar");
  files.base = path;
  if (const YamlNode* zone = tree->find("timezone")) {
    files.zone = read_zone(*zone, diagnostics);
  }
  return load_rule_files(files, Secrets::kIgnored, host).config;
}

/// Everything that verdicts are made of.
std::string text_of(const Kpi& kpi) {
  std::string text = kpi.id + "\n" + kpi.text + kpi.fingerprint + "\n" + kpi.definition + "\n" + kpi.zone.name() + "\n";
  for (const std::vector<std::string>& split : kpi.split_by) {
    text += "split";
    for (const std::string& label : split) {
      text += " " + label;
    }
    text += "\n";
  }
  for (const Target& target : kpi.targets) {
    text += target.name + " " + labels_text(target.match) + " " + target_text(target);
    for (const Severity severity : target.severity) {
      text += std::string(name_of(severity)) + " ";
    }
  }
  for (const Labels& segment : kpi.expect) {
    text += "expect " + labels_text(segment) + "\n";
  }
  for (const std::string& name : kpi.was) {
    text += "was " + name + "\n";
  }
  return text + std::to_string(kpi.max_segments) + " " + (kpi.retire ? kpi.retire->text() : "") + " " +
         (kpi.no_data.after ? kpi.no_data.after->text() : "") + " " +
         std::to_string(static_cast<int>(kpi.no_data.then)) + std::string(name_of(kpi.no_data.severity));
}

std::vector<std::string> test_files(const std::string& folder) {
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator(std::string(KPI_SOURCE_DIR) + folder)) {
    if (entry.path().string().ends_with(".test.yaml")) {
      found.push_back(entry.path().string());
    }
  }
  std::ranges::sort(found);
  return found;
}

class DefinitionsOf : public testing::TestWithParam<const char*> {};

TEST_P(DefinitionsOf, EachKpiLoadToTheSameKpi) {
  std::size_t count = 0;
  for (const std::string& path : test_files(GetParam())) {
    const auto config = load_test_file(path);
    if (!config) {
      continue;  // its configuration is a whole one, in a folder of its own
    }
    SourceSet texts;
    Diagnostics diagnostics;
    std::deque<YamlNode> trees;
    std::vector<const YamlNode*> maps;
    for (const Kpi& kpi : config->rules.kpis) {
      auto tree = parse_yaml(texts.add(kpi.id, kpi.id + ": " + kpi.definition + "\n"), diagnostics);
      ASSERT_TRUE(tree) << diagnostics.text();
      trees.push_back(std::move(*tree));
      maps.push_back(&trees.back());
    }
    const RuleSet& rules = config->rules;
    const auto again =
        load_kpis(maps, {rules.metrics, rules.calendar, config->zone, config->false_alarms}, diagnostics);
    ASSERT_TRUE(again) << path << "\n" << diagnostics.text();
    ASSERT_EQ(again->kpis.size(), rules.kpis.size());
    for (std::size_t i = 0; i < rules.kpis.size(); ++i) {
      EXPECT_EQ(text_of(again->kpis[i]), text_of(rules.kpis[i])) << path;
      EXPECT_TRUE(again->kpis[i].thresholds == rules.kpis[i].thresholds) << path << " " << rules.kpis[i].id;
      EXPECT_TRUE(again->kpis[i].value == rules.kpis[i].value) << path << " " << rules.kpis[i].id;
      EXPECT_TRUE(again->kpis[i].min_sample == rules.kpis[i].min_sample) << path << " " << rules.kpis[i].id;
      ++count;
    }
  }
  EXPECT_GT(count, 50U);
}

INSTANTIATE_TEST_SUITE_P(RecordedRules, DefinitionsOf, testing::Values("/tests/spec", "/rules/library"));

}  // namespace
}  // namespace kpi::test
