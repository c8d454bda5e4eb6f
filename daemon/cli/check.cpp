#include "daemon/cli/check_grains.hpp"
#include "daemon/cli/check_history.hpp"
#include "daemon/cli/check_never.hpp"
#include "daemon/cli/check_seasons.hpp"
#include "daemon/cli/check_timing.hpp"
#include "daemon/cli/check_totals.hpp"
#include "daemon/cli/shown_diagnostics.hpp"
#include "daemon/cli/verbs.hpp"
#include "daemon/config/literal_secrets.hpp"
#include "daemon/config/secret_reference.hpp"
#include "daemon/os/process.hpp"
#include "daemon/store/history_reader.hpp"
#include "daemon/store/sqlite_store.hpp"
#include "plugins/exec.hpp"
#include "rules/base/text.hpp"
#include "rules/load/smart.hpp"
#include "rules/load/yaml.hpp"
#include "rules/model/earlier_names.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <map>
#include <ostream>

namespace kpi {
namespace {

using nlohmann::ordered_json;

/// Whether the file is a daemon's configuration rather than rules: it names things only kpid.yaml has.
bool is_configuration(const std::string& path, Host& host) {
  const auto file = host.read_file(path, kMaxYamlBytes);
  if (!file) {
    return true;  // loading it says why it cannot be read
  }
  SourceSet texts;
  Diagnostics diagnostics;
  const auto tree = parse_yaml(texts.add(path, file->text), diagnostics);
  static const std::vector<std::string> kOnlyThere{
      "history", "rules", "packs", "channels", "routes", "timezone", "calendar"};
  return tree && std::ranges::any_of(kOnlyThere, [&](const std::string& key) { return tree->find(key) != nullptr; });
}

ordered_json json_of(const Diagnostic& diagnostic) {
  const bool has_source = diagnostic.position.source != nullptr;
  return {{"severity", diagnostic.severity == Diagnostic::Severity::kError ? "error" : "warning"},
          {"file", has_source ? ordered_json(diagnostic.position.source->name) : ordered_json(nullptr)},
          {"line", diagnostic.position.line},
          {"column", diagnostic.position.column},
          {"message", diagnostic.message},
          {"remedy", diagnostic.remedy}};
}

struct Findings {
  ordered_json json = ordered_json::array();
  std::size_t errors = 0;
  std::size_t warnings = 0;
  std::size_t kpis = 0;
  std::size_t sources = 0;
};

/// One run of the verb.
class Check {
 public:
  Check(const Arguments& arguments, Io& io) : arguments_(arguments), io_(io), timing_(io.clock) {}

  int run() {
    const std::string config = config_path(arguments_);
    std::vector<std::string> rule_files;
    bool any = false;
    for (const std::string& path : arguments_.list("path")) {
      if (is_configuration(path, io_.host)) {
        load("read and compile " + path, [&] { return load_config(path, Secrets::kChecked, io_.host); });
        any = true;
      } else {
        rule_files.push_back(path);
      }
    }
    if (!rule_files.empty()) {
      load("read and compile " + join(rule_files, ", "), [&] {
        return load_rule_files({config, rule_files, nullptr, std::nullopt, nullptr, {}}, Secrets::kChecked, io_.host);
      });
      any = true;
    }
    if (!any && config.empty()) {
      return complain(io_,
                      kExitNo,
                      "there is no ./kpid.yaml and no /etc/kpid/kpid.yaml; name a file, or make one with `kpid init`");
    }
    if (!any) {
      load("read and compile " + config, [&] { return load_config(config, Secrets::kChecked, io_.host); });
    }
    return conclude();
  }

 private:
  template <class Load>
  void load(std::string what, const Load& load) {
    collect(timing_.step(std::move(what), load));
  }

  /// What the verbs that only read can do without, a start cannot.
  static Diagnostics as_at_start(const Diagnostics& found) {
    Diagnostics all;
    for (Diagnostic diagnostic : found.items()) {
      if (diagnostic.remedy == kMissingSecret) {
        diagnostic.severity = Diagnostic::Severity::kError;
      }
      all.add(std::move(diagnostic));
    }
    all.sort();
    hide_lines_of_secrets(all);
    return all;
  }

  void collect(ConfigLoad load) {
    if (load.config) {
      const auto local = load.config->zone.to_local(io_.clock.now());
      const Date today{std::chrono::floor<std::chrono::days>(local)};
      check_smart(load.config->rules, today, reviews_of(*load.config), load.diagnostics);
      look_at_sources(*load.config, load.diagnostics);
      if (!look_at_history(load.config, load.diagnostics)) {
        check_totals(load.config->rules, [](std::uint32_t) { return false; }, load.diagnostics);
        check_never(load.config->rules, [](const Kpi&) { return false; }, load.diagnostics);
        check_seasons(load.config->rules, nullptr, io_.clock.now(), load.diagnostics);
      }
    }
    load.diagnostics = as_at_start(load.diagnostics);
    if (io_.config != nullptr) {  // asked through the daemon: by anybody who may read its page
      load.diagnostics = without_values(load.diagnostics);
    }
    for (const Diagnostic& diagnostic : load.diagnostics.items()) {
      findings_.json.push_back(json_of(diagnostic));
    }
    if (!arguments_.has("json")) {
      io_.err << shown_text(load.diagnostics);
    }
    findings_.errors += load.diagnostics.count(Diagnostic::Severity::kError);
    findings_.warnings += load.diagnostics.count(Diagnostic::Severity::kWarning);
    if (load.config) {
      findings_.kpis += load.config->rules.kpis.size();
      findings_.sources += load.config->sources.size();
    }
  }

  /// The last day on which somebody recorded a review of each KPI; none where there is no history that can be read.
  static std::map<std::string, Date> reviews_of(const Config& config) {
    std::map<std::string, Date> days;
    std::error_code error;
    if (config.history.empty() || !std::filesystem::exists(config.history, error)) {
      return days;
    }
    auto reader = open_history_reader(config.history);
    const auto earlier = earlier_names(config.rules);
    const auto reviews = reader ? (*reader)->reviews() : Result<std::vector<ReviewRow>>();
    for (const ReviewRow& review : reviews.value_or(std::vector<ReviewRow>())) {
      const Date day{std::chrono::floor<std::chrono::days>(config.zone.to_local(review.at))};
      const auto name = earlier.find(review.kpi);
      Date& last = days.try_emplace(name == earlier.end() ? review.kpi : name->second, day).first->second;
      last = std::max(last, day);
    }
    return days;
  }

  /// It is not run, only looked for.
  static void look_at_program(const SourceConfig& source, Diagnostics& diagnostics) {
    const auto command = source.settings.options.find("command");
    if (source.plugin != "exec" || command == source.settings.options.end() || command->second.items.empty()) {
      return;
    }
    const Position& position = command->second.position;
    const std::string& program = command->second.items.front();
    const bool is_path = program.find('/') != std::string::npos;
    if (const std::string trouble = program_trouble(is_path ? path_near(position, program) : program);
        !trouble.empty()) {
      diagnostics.warning(position, trouble, "on this machine every poll would fail");
    }
  }

  /// Local files are opened: a column that is not there is told before the first poll.
  void look_at_sources(const Config& config, Diagnostics& diagnostics) {
    for (const SourceConfig& source : config.sources) {
      const Plugin* plugin = find_plugin(source.plugin);
      look_at_program(source, diagnostics);
      if (source.source == nullptr || plugin == nullptr || !plugin->look) {
        continue;
      }
      timing_.step("look at source " + source.settings.name, [&] {
        plugin->look(source.settings, io_.host, diagnostics);
        return true;
      });
    }
  }

  /// Where there is a history, the rules are held against it. One that cannot be read is no fault of the rules.
  bool look_at_history(const std::shared_ptr<const Config>& config, Diagnostics& diagnostics) {
    std::error_code error;
    if (config->history.empty() || !std::filesystem::exists(config->history, error)) {
      return false;
    }
    auto store = open_sqlite_store_for_reading(config->history);
    if (!store) {
      io_.err << "kpid: not held against the history: " << store.error().message << "\n";
      return false;
    }
    Engine engine(config, **store);
    const Instant now = io_.clock.now();
    const auto restored = timing_.step("read the history", [&] { return engine.restore(now); });
    if (!restored) {
      io_.err << "kpid: not held against the history: " << restored.error().message << "\n";
      return false;
    }
    timing_.step("hold the rules against it", [&] {
      check_against_history(engine, now, diagnostics);
      check_seasons(config->rules, &engine, now, diagnostics);
      check_grains(*config, engine, diagnostics);
      return true;
    });
    if (arguments_.has("timing")) {
      timing_.measure_kpis(engine, engine.last_step().value_or(now));
    }
    return true;
  }

  int conclude() {
    const bool fails = findings_.errors > 0 || (arguments_.has("strict") && findings_.warnings > 0);
    if (arguments_.has("json")) {
      ordered_json document{{"ok", !fails},
                            {"errors", findings_.errors},
                            {"warnings", findings_.warnings},
                            {"diagnostics", findings_.json}};
      if (arguments_.has("timing")) {
        document["timing"] = timing_.json();
      }
      io_.out << document.dump(2, ' ', false, ordered_json::error_handler_t::replace) << "\n";
      return fails ? kExitNo : kExitFine;
    }
    if (findings_.errors > 0) {
      io_.err << counted(findings_.errors, "error") << ", " << counted(findings_.warnings, "warning") << "\n";
    } else {
      io_.out << counted(findings_.kpis, "KPI") << " over " << counted(findings_.sources, "source") << ": "
              << (findings_.warnings == 0 ? "fine" : counted(findings_.warnings, "warning")) << "\n";
    }
    if (arguments_.has("timing")) {
      io_.out << timing_.text();
    }
    return fails ? kExitNo : kExitFine;
  }

  const Arguments& arguments_;
  Io& io_;
  CheckTiming timing_;
  Findings findings_;
};

int check(const Arguments& arguments, Io& io) {
  return Check(arguments, io).run();
}
}  // namespace

Command check_command() {
  return {"check",
          "validate the configuration and the rules",
          "kpid check                      the configuration and every rule file it names\n"
          "kpid check rules/shop.yaml      one rule file, with the configuration's sources\n"
          "kpid check --strict             warnings fail too: for CI\n"
          "kpid check --timing             what takes long",
          {config_argument(),
           {"path", "PATH", "configurations or rule files", true, true},
           {"strict", "", "fail on warnings too"},
           {"timing", "", "what each step took, and the KPIs that take longest to judge"},
           json_argument()},
          check};
}

}  // namespace kpi
