#include "daemon/cli/check_history.hpp"
#include "daemon/cli/verbs.hpp"
#include "daemon/store/sqlite_store.hpp"
#include "rules/base/text.hpp"
#include "rules/load/smart.hpp"
#include "rules/load/yaml.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
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

/// Where there is a history, the rules are held against it. One that cannot be read is no fault of the rules.
void look_at_history(const std::shared_ptr<const Config>& config, Date today, Diagnostics& diagnostics, Io& io) {
  std::error_code error;
  if (config->history.empty() || !std::filesystem::exists(config->history, error)) {
    return;
  }
  auto store = open_sqlite_store_for_reading(config->history);
  if (!store) {
    io.err << "kpid: not held against the history: " << store.error().message << "\n";
    return;
  }
  Engine engine(config, **store);
  if (const auto restored = engine.restore(io.clock.now()); !restored) {
    io.err << "kpid: not held against the history: " << restored.error().message << "\n";
    return;
  }
  check_against_history(engine, today, diagnostics);
}

void collect(ConfigLoad load, bool as_json, Findings& findings, Io& io) {
  if (load.config) {
    const auto local = load.config->zone.to_local(io.clock.now());
    const Date today{std::chrono::floor<std::chrono::days>(local)};
    check_smart(load.config->rules, today, load.diagnostics);
    look_at_history(load.config, today, load.diagnostics, io);
    load.diagnostics.sort();
  }
  for (const Diagnostic& diagnostic : load.diagnostics.items()) {
    findings.json.push_back(json_of(diagnostic));
  }
  if (!as_json) {
    io.err << load.diagnostics.text();
  }
  findings.errors += load.diagnostics.count(Diagnostic::Severity::kError);
  findings.warnings += load.diagnostics.count(Diagnostic::Severity::kWarning);
  if (load.config) {
    findings.kpis += load.config->rules.kpis.size();
    findings.sources += load.config->sources.size();
  }
}

int check(const Arguments& arguments, Io& io) {
  const std::string config = config_path(arguments);
  Findings findings;
  std::vector<std::string> rule_files;
  bool any = false;
  for (const std::string& path : arguments.list("path")) {
    if (is_configuration(path, io.host)) {
      collect(load_config(path, Secrets::kChecked, io.host), arguments.has("json"), findings, io);
      any = true;
    } else {
      rule_files.push_back(path);
    }
  }
  if (!rule_files.empty()) {
    collect(load_rule_files({config, rule_files, nullptr, std::nullopt, nullptr, {}}, Secrets::kChecked, io.host),
            arguments.has("json"),
            findings,
            io);
    any = true;
  }
  if (!any) {
    if (config.empty()) {
      return complain(
          io, kExitNo, "there is no ./kpid.yaml and no /etc/kpid/kpid.yaml; name a file, or make one with `kpid init`");
    }
    collect(load_config(config, Secrets::kChecked, io.host), arguments.has("json"), findings, io);
  }
  const bool fails = findings.errors > 0 || (arguments.has("strict") && findings.warnings > 0);
  if (arguments.has("json")) {
    const ordered_json document{
        {"ok", !fails}, {"errors", findings.errors}, {"warnings", findings.warnings}, {"diagnostics", findings.json}};
    io.out << document.dump(2, ' ', false, ordered_json::error_handler_t::replace) << "\n";
    return fails ? kExitNo : kExitFine;
  }
  if (findings.errors > 0) {
    io.err << counted(findings.errors, "error") << ", " << counted(findings.warnings, "warning") << "\n";
  } else {
    io.out << counted(findings.kpis, "KPI") << " over " << counted(findings.sources, "source") << ": "
           << (findings.warnings == 0 ? "fine" : counted(findings.warnings, "warning")) << "\n";
  }
  return fails ? kExitNo : kExitFine;
}

}  // namespace

Command check_command() {
  return {"check",
          "validate the configuration and the rules",
          "kpid check                      the configuration and every rule file it names\n"
          "kpid check rules/shop.yaml      one rule file, with the configuration's sources\n"
          "kpid check --strict             warnings fail too: for CI",
          {config_argument(),
           {"path", "PATH", "configurations or rule files", true, true},
           {"strict", "", "fail on warnings too"},
           json_argument()},
          check};
}

}  // namespace kpi
