#include "daemon/config/config_keys.hpp"
#include "daemon/config/config_tree.hpp"
#include "daemon/config/last_good.hpp"
#include "daemon/config/literal_secrets.hpp"
#include "daemon/config/parse_files.hpp"
#include "daemon/config/secret_reference.hpp"
#include "rules/base/text.hpp"
#include "rules/load/ics.hpp"
#include "rules/load/rule_file.hpp"

#include <algorithm>
#include <filesystem>
#include <set>

namespace kpi {
namespace {

constexpr std::size_t kMostFiles = 10'000;

/// Of the whole file: a verb that reads one source runs its program too.
void keep_secret_files_of(const YamlNode& node, const std::string& file) {  // NOLINT(misc-no-recursion)
  keep_secret_files(file, node.scalar);
  for (const YamlNode& item : node.items) {
    keep_secret_files_of(item, file);
  }
  for (const auto& [key, value] : node.entries) {
    keep_secret_files_of(value, file);
  }
}

/// Loads kpid.yaml and its rule files into one Config.
class ConfigLoader {
 public:
  ConfigLoader(Secrets secrets, ConfigFiles& disk) : secrets_(secrets), disk_(disk) {
    load_.texts = std::make_shared<SourceSet>();
    config_ = std::make_shared<Config>();
    config_->texts = load_.texts;
  }

  /// Where the history is, also where the rest is wrong; empty when that was not understood.
  [[nodiscard]] const std::string& history() const { return config_->history; }

  ConfigTree run_tree(const std::string& path) {
    ConfigTree tree;
    tree.load = run(path, nullptr);
    tree.whole.kind = YamlNode::Kind::kMap;
    if (main_ != nullptr) {
      std::ranges::copy_if(main_->entries, std::back_inserter(tree.whole.entries), [](const auto& entry) {
        return entry.first.scalar != "sources";
      });
    }
    tree.whole.entries.push_back(joined("sources", sources_));
    tree.whole.entries.push_back(joined("kpis", kpis_));
    return tree;
  }

  ConfigLoad run_source(const std::string& path, const std::string& name) {
    is_of_sources_ = true;
    wanted_source_ = name;
    return run(path, nullptr);
  }

  ConfigLoad run(const std::string& path, const RuleFiles* only) {
    ConfigReading reading{*config_, load_.diagnostics, secrets_, {}, {}};
    config_->path = path;
    has_all_rules_ = only == nullptr;
    if (!path.empty()) {
      read_main(path, reading, only == nullptr);
    }
    if (only != nullptr && only->sources != nullptr) {
      sources_ = {only->sources};
      test_sources_ = only->sources;
    }
    if (only != nullptr && only->zone) {
      config_->zone = *only->zone;
    }
    if (only != nullptr && only->calendar != nullptr) {
      config_->rules.calendar = CalendarRules{};
      read_calendar_of(only->base, *only->calendar, reading);
    }
    for (const YamlNode* tree : read_files(only != nullptr ? only->files : files_)) {
      read_rules(*tree);
    }
    read_all(reading);
    load_.diagnostics.sort();
    hide_lines_of_secrets(load_.diagnostics);
    if (!load_.diagnostics.has_errors()) {
      load_.config = config_;
    }
    return std::move(load_);
  }

 private:
  /// The entries of all these maps under one key.
  static std::pair<YamlNode, YamlNode> joined(const std::string& name, const std::vector<const YamlNode*>& maps) {
    std::pair<YamlNode, YamlNode> entry;
    entry.first.kind = YamlNode::Kind::kScalar;
    entry.first.scalar = name;
    entry.second.kind = YamlNode::Kind::kMap;
    for (const YamlNode* map : maps) {
      entry.second.entries.insert(entry.second.entries.end(), map->entries.begin(), map->entries.end());
    }
    return entry;
  }

  /// The text of a file; null when it cannot be read.
  const SourceText* read_text_of(const std::string& path, Diagnostics& diagnostics) {
    auto read = disk_.read(path, kMaxYamlBytes);
    if (!read) {
      const SourceText& text = load_.texts->add(path, "");
      diagnostics.error(Position{&text, 0, 0, 0}, "cannot read the file: " + read.error().message);
      return nullptr;
    }
    return &load_.texts->add(path, *std::move(read));
  }

  /// The trees of these files, without those that cannot be read.
  std::vector<const YamlNode*> read_files(const std::vector<std::string>& paths) {
    std::vector<ParsedFile> files(paths.size());
    for (std::size_t i = 0; i < paths.size(); ++i) {
      files[i].text = read_text_of(paths[i], files[i].diagnostics);
    }
    // What a full disk or half a deployment leaves behind: it would end the watch without a word.
    for (ParsedFile& file : files) {
      if (file.text != nullptr && trim(file.text->text).empty()) {
        file.diagnostics.error(
            Position{file.text, 1, 1, 0}, "the file is empty", "put its content back, or remove it where it is named");
      }
    }
    parse_files(files);
    std::vector<const YamlNode*> trees;
    for (ParsedFile& file : files) {
      for (const Diagnostic& found : file.diagnostics.items()) {
        load_.diagnostics.add(found);
      }
      if (file.tree) {
        keep_secret_files_of(*file.tree, file.text->name);
        trees_.push_back(std::move(*file.tree));
        trees.push_back(&trees_.back());
      }
    }
    return trees;
  }

  void read_main(const std::string& path, ConfigReading& reading, bool with_rules) {
    const auto trees = read_files({path});
    if (trees.empty()) {
      return;
    }
    main_ = trees[0];
    const bool has_nothing = main_->entries.empty() && main_->items.empty() && main_->scalar.empty();
    if (has_nothing && !load_.diagnostics.has_errors()) {
      load_.diagnostics.error(
          main_->position, "the file names no source and no rules", "write sources: and rules:, as kpid init does");
    }
    MapReader map(*main_, "kpid.yaml", load_.diagnostics);
    map.zone("timezone", config_->zone);
    std::size_t language = 0;
    if (map.choice("language", {"en", "sv", "da", "nb"}, language)) {
      config_->language = static_cast<Language>(language);
    }
    if (const YamlNode* calendar = map.optional("calendar")) {
      read_calendar_of(path, *calendar, reading);
    }
    read_history(map, path, reading);
    retention_ = map.position_of("retention");
    read_web(map, reading);
    if (const YamlNode* rules = map.optional("rules"); rules != nullptr && with_rules) {
      find_rule_files(*rules, path);
    }
    if (const YamlNode* sources = map.optional("sources")) {
      sources_.push_back(sources);
    }
    packs_ = map.optional("packs");
    channels_ = map.optional("channels");
    routes_ = map.optional("routes");
    mutes_ = map.optional("mutes");
    fallback_ = map.optional("fallback");
    if (const YamlNode* heartbeat = map.optional("heartbeat"); heartbeat != nullptr && !is_of_sources_) {
      read_heartbeat(*heartbeat, reading);
    }
    digests_ = map.optional("digests");
    read_anomalies(map);
    read_public_url(map);
    map.finish();
    check_has_route();
  }

  void read_calendar_of(const std::string& path, const YamlNode& node, ConfigReading& reading) {
    read_calendar(node, reading, [&](const std::string& file) -> Result<std::string> {
      return disk_.read(resolve_path(path, file), kMaxIcsBytes);
    });
  }

  /// `anomalies: {false_alarms: 1 per month}`.
  void read_anomalies(MapReader& map) {
    const YamlNode* node = map.optional("anomalies");
    if (node == nullptr) {
      return;
    }
    MapReader keys(*node, "anomalies", load_.diagnostics);
    std::string rate;
    if (keys.text("false_alarms", rate)) {
      const std::size_t per = rate.find(" per ");
      const auto count = parse_number(trim(rate.substr(0, per)));
      const auto unit = parse_grain(per == std::string::npos ? "" : trim(rate.substr(per + 5)));
      if (count && *count > 0 && unit && unit->is_civil()) {
        const double month = static_cast<double>(Span{1, 0, 0}.approximate_ms());
        config_->false_alarms = *count * month / static_cast<double>(unit->span().approximate_ms());
      } else {
        load_.diagnostics.error(keys.position_of("false_alarms"),
                                "false_alarms wants how many false alarms of all KPIs together are borne, got \"" +
                                    printable(rate, 60) + "\"",
                                "write false_alarms: 1 per month");
      }
    }
    keys.finish();
  }

  void read_public_url(MapReader& map) {
    std::string& url = config_->public_url;
    if (!map.text("public_url", url)) {
      return;
    }
    if (holds_secret_reference(url)) {
      load_.diagnostics.error(map.position_of("public_url"),
                              "public_url stands in messages and on the page: it is no secret, and takes no reference",
                              "write the address itself: public_url: https://kpi.example.com");
      return;
    }
    while (url.ends_with('/')) {
      url.pop_back();
    }
    const bool is_web = url.starts_with("https://") || url.starts_with("http://");
    if (!is_web || url.find_first_of(" <>\"'?#") != std::string::npos) {
      load_.diagnostics.error(map.position_of("public_url"),
                              "public_url wants the address at which people find the page",
                              "write public_url: https://kpi.example.com");
    }
  }

  void check_has_route() {
    if (channels_ != nullptr && routes_ == nullptr && !is_of_sources_) {
      load_.diagnostics.error(channels_->position,
                              "there are channels but no routes, so no alert would be told",
                              "write routes: [{match: {}, to: [CHANNEL]}]");
    }
  }

  void find_rule_files(const YamlNode& node, const std::string& path) {
    const bool is_list = node.kind == YamlNode::Kind::kSequence;
    for (const YamlNode& item : is_list ? node.items : std::vector<YamlNode>{node}) {
      const std::string pattern = resolve_path(path, read_text(item, load_.diagnostics, "rules").value_or(""));
      std::vector<std::string> found = disk_.matching(pattern);
      if (found.empty() && !is_of_sources_) {
        load_.diagnostics.error(item.position,
                                "no file matches " + printable(item.scalar),
                                "paths are relative to the folder of " + printable(path));
      }
      files_.insert(files_.end(), found.begin(), found.end());
    }
    std::ranges::sort(files_);
    const auto twice = std::ranges::unique(files_);
    files_.erase(twice.begin(), twice.end());
    if (files_.size() > kMostFiles) {
      load_.diagnostics.error(node.position, "rules matches more than 10000 files", "name fewer of them");
      files_.clear();
    }
  }

  void read_rules(const YamlNode& tree) {
    MapReader map(tree, "rule file", load_.diagnostics);
    if (const YamlNode* sources = map.optional("sources")) {
      sources_.push_back(sources);
    }
    if (const YamlNode* kpis = map.optional("kpis")) {
      kpis_.push_back(kpis);
    }
    map.finish();
  }

  /// The sources without those that a test of one does not need.
  void keep_wanted_source() {
    std::set<std::string> names{wanted_source_};
    const auto is_wanted = [&](const auto& entry) { return names.contains(entry.first.scalar); };
    const auto body = [&]() -> const YamlNode* {
      for (const YamlNode* sources : sources_) {
        const auto found = std::ranges::find_if(sources->entries, is_wanted);
        if (found != sources->entries.end()) {
          return &found->second;
        }
      }
      return nullptr;
    }();
    if (body == nullptr) {
      return;
    }
    add_rates(*body, names);
    for (const YamlNode*& sources : sources_) {
      YamlNode& kept = trees_.emplace_back(*sources);
      std::erase_if(kept.entries, [&](const auto& entry) { return !is_wanted(entry); });
      sources = &kept;
    }
  }

  /// `convert: {to: SEK, rates: fx}`
  static void add_rates(const YamlNode& node, std::set<std::string>& names) {
    for (const auto& [key, value] : node.entries) {
      if (key.scalar == "rates" && value.kind == YamlNode::Kind::kScalar) {
        names.insert(value.scalar);
      }
      add_rates(value, names);
    }
  }

  void read_all(ConfigReading& reading) {
    if (!wanted_source_.empty()) {
      keep_wanted_source();
    }
    for (const YamlNode* sources : sources_) {
      read_sources(*sources, reading, sources != test_sources_);
    }
    if (test_sources_ == nullptr) {
      check_conversions(*config_, load_.diagnostics);
    }
    if (is_of_sources_) {
      return;
    }
    if (channels_ != nullptr) {
      read_channels(*channels_, reading);
    }
    if (mutes_ != nullptr) {
      read_mutes(*mutes_, reading);
    }
    if (fallback_ != nullptr) {
      read_fallback(*fallback_, reading);
    }
    if (digests_ != nullptr) {
      read_digests(*digests_, reading);
    }
    if (routes_ != nullptr) {
      read_routes(*routes_, reading);
      check_routes(routes_, reading);
    }
    if (channels_ != nullptr && routes_ != nullptr) {
      check_unused_channels(*channels_, reading);
    }
    if (mutes_ != nullptr) {
      check_mutes(*mutes_, reading);
    }
    if (packs_ != nullptr) {
      read_packs(*packs_, reading, *load_.texts, kpis_, trees_);
    }
    RuleGround ground{config_->rules.metrics, config_->rules.calendar, config_->zone, config_->false_alarms};
    if (auto rules = load_kpis(kpis_, std::move(ground), load_.diagnostics)) {
      config_->rules = std::move(*rules);
      check_retention(retention_, reading);
      if (routes_ != nullptr && has_all_rules_) {
        check_matches(*routes_, reading);
      }
      if (digests_ != nullptr && has_all_rules_) {
        check_digest_kpis(*digests_, reading);
      }
    }
  }

  Secrets secrets_;
  ConfigFiles& disk_;
  ConfigLoad load_;
  std::shared_ptr<Config> config_;
  std::deque<YamlNode> trees_;
  std::vector<std::string> files_;
  std::vector<const YamlNode*> sources_;
  const YamlNode* test_sources_ = nullptr;  // without plugins: their data stands in the test
  std::vector<const YamlNode*> kpis_;
  const YamlNode* main_ = nullptr;
  const YamlNode* packs_ = nullptr;
  const YamlNode* channels_ = nullptr;
  const YamlNode* routes_ = nullptr;
  const YamlNode* mutes_ = nullptr;
  const YamlNode* fallback_ = nullptr;
  Position retention_;
  bool is_of_sources_ = false;  // nothing but them is read
  std::string wanted_source_;   // the others are left out
  bool has_all_rules_ = true;   // not a few files by themselves: the routes speak of the others too
  const YamlNode* digests_ = nullptr;
};

}  // namespace

bool ConfigReading::define(const std::string& what, const YamlNode& name) {
  const auto [found, is_new] = names.emplace(what + " " + name.scalar, name.position);
  if (!is_new) {
    Diagnostic twice;
    twice.position = name.position;
    twice.message = "the " + what + " \"" + printable(name.scalar) + "\" is defined twice";
    twice.remedy = "give one of them another name";
    twice.related = found->second;
    twice.related_message = "first defined here";
    diagnostics.add(std::move(twice));
  }
  return is_new;
}

std::string resolve_path(const std::string& file, const std::string& path) {
  const std::filesystem::path given(path);
  if (path.empty() || given.is_absolute()) {
    return path;
  }
  return (std::filesystem::path(file).parent_path() / given).lexically_normal().string();
}

ConfigLoad load_config(const std::string& path, Secrets secrets, Host& host) {
  ConfigFiles files(host);
  return load_config_of(files, path, secrets);
}

ConfigLoad load_source(const std::string& path, const std::string& name, Secrets secrets, Host& host) {
  ConfigFiles files(host);
  return ConfigLoader(secrets, files).run_source(path, name);
}

ConfigLoad load_config_of(ConfigFiles& files, const std::string& path, Secrets secrets) {
  return ConfigLoader(secrets, files).run(path, nullptr);
}

ReadConfig read_config(const std::string& path, Secrets secrets, Host& host) {
  ReadConfig read{{}, ConfigFiles(host), ""};
  ConfigLoader loader(secrets, read.files);
  read.load = loader.run(path, nullptr);
  read.history = loader.history();
  return read;
}

ConfigTree load_config_tree(const std::string& path, Host& host) {
  ConfigFiles files(host);
  return ConfigLoader(Secrets::kIgnored, files).run_tree(path);
}

ConfigLoad load_rule_files(const RuleFiles& rule_files, Secrets secrets, Host& host) {
  ConfigFiles files(host);
  return ConfigLoader(secrets, files).run(rule_files.config, &rule_files);
}

}  // namespace kpi
