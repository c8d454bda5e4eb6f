#include "daemon/cli/owner.hpp"
#include "daemon/cli/reading.hpp"
#include "daemon/cli/status_json.hpp"
#include "daemon/cli/status_text.hpp"
#include "daemon/cli/verbs.hpp"
#include "rules/base/text.hpp"

#include <nlohmann/json.hpp>

#include <ostream>

namespace kpi {
namespace {

using nlohmann::ordered_json;

void print_json(const StatusReport& report, const Io& io) {
  ordered_json kpis = ordered_json::array();
  for (const StatusLine& line : report.lines) {
    kpis.push_back(json_of(line));
  }
  ordered_json document = head_json(report, io.refused);
  document["kpis"] = std::move(kpis);
  document["sources"] = sources_json(report);
  document["channels"] = channels_json(report);
  io.out << document.dump(2, ' ', false, ordered_json::error_handler_t::replace) << "\n";
}

int status(const Arguments& arguments, Io& io) {
  const std::string fail_on = arguments.text("fail-on", "critical");
  const auto severity = parse_severity(fail_on);
  if (severity != Severity::kWarning && severity != Severity::kCritical) {
    return complain(io, kExitUsage, "--fail-on wants warning or critical, got \"" + printable(fail_on) + "\"");
  }
  const auto config = load_or_last_good(arguments, Secrets::kChecked, io);
  if (!config) {
    return kExitNo;
  }
  if (const auto code = run_by_owner("status", arguments, *config, io)) {
    return *code;
  }
  const std::string name = arguments.text("kpi");
  const Kpi* only = config->rules.find(name);
  if (arguments.has("kpi") && only == nullptr) {
    return complain(io, kExitUsage, unknown_kpi_text(name, kpi_names(*config)));
  }
  auto reader = open_history_reader(config->history);
  if (!reader) {
    return complain(io, kExitFailed, reader.error().message);
  }
  const auto report = read_status(*config, only, **reader);
  if (!report) {
    return complain(io, kExitFailed, report.error().message);
  }
  if (arguments.has("json")) {
    print_json(*report, io);
  } else if (only != nullptr) {
    print_status_of(*only, *report, *config, io);
  } else {
    print_status(*report, *config, io);
  }
  return arguments.has("fail-on") && fires(*report, *severity) ? kExitNo : kExitFine;
}

}  // namespace

Command status_command() {
  return {"status",
          "where every KPI, source and channel stands, as of the last step",
          "kpid status                      every KPI and segment\n"
          "kpid status conversion_rate      one of them, with its target\n"
          "kpid status --fail-on warning    exit 1 when a warning or worse fires: for scripts",
          {config_argument(),
           {"kpi", "KPI", "only this one, in detail", true},
           {"fail-on", "SEVERITY", "exit 1 when something fires that is at least warning or critical"},
           json_argument()},
          status};
}

}  // namespace kpi
