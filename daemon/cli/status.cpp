#include "daemon/cli/reading.hpp"
#include "daemon/cli/status_text.hpp"
#include "daemon/cli/verbs.hpp"
#include "rules/base/text.hpp"

#include <nlohmann/json.hpp>

#include <cmath>
#include <ostream>

namespace kpi {
namespace {

using nlohmann::ordered_json;

ordered_json time_or_null(const std::optional<Instant>& instant) {
  return instant ? ordered_json(rfc3339(*instant)) : ordered_json(nullptr);
}

ordered_json text_or_null(std::string_view text) {
  return text.empty() ? ordered_json(nullptr) : ordered_json(text);
}

/// The target as the history keeps it: the JSON of a TargetView; null when there is none.
ordered_json target_of(const StatusLine& line) {
  if (!line.row || line.row->target.empty()) {
    return nullptr;
  }
  ordered_json target = ordered_json::parse(line.row->target, nullptr, false);
  return target.is_object() ? target : ordered_json(nullptr);
}

ordered_json json_of(const StatusLine& line) {
  ordered_json segment = ordered_json::object();
  for (const auto& [name, value] : line.segment) {
    segment[name] = value;
  }
  const bool is_known = line.row && std::isfinite(line.row->value);
  ordered_json period = nullptr;
  if (line.row) {
    period = {{"start", rfc3339(line.row->period.start)}, {"end", rfc3339(line.row->period.end)}};
  }
  ordered_json provisional = nullptr;
  if (line.row && line.row->provisional) {
    const auto& [start, end] = *line.row->provisional;
    provisional = {{"period", {{"start", rfc3339(start)}, {"end", rfc3339(end)}}},
                   {"value", line.row->provisional_value},
                   {"formatted", format_value(line.row->provisional_value, line.kpi->unit, Language::kEnglish)}};
  }
  const bool has_severity = line.severity != Severity::kNone;
  return {
      {"id", line.kpi->id},
      {"title", line.kpi->title},
      {"segment", segment},
      {"period", period},
      {"value", is_known ? ordered_json(line.row->value) : ordered_json(nullptr)},
      {"formatted",
       is_known ? ordered_json(format_value(line.row->value, line.kpi->unit, Language::kEnglish))
                : ordered_json(nullptr)},
      {"unit", text_or_null(line.kpi->unit.text())},
      {"state", name_of(line.state)},
      {"severity", has_severity ? ordered_json(name_of(line.severity)) : ordered_json(nullptr)},
      {"since", time_or_null(line.row ? line.row->since : std::nullopt)},
      {"verdict", name_of(line.verdict())},
      {"stale", line.is_stale()},
      {"reason",
       line.row && line.row->reason != Reason::kNone ? ordered_json(name_of(line.row->reason)) : ordered_json(nullptr)},
      {"provisional", provisional},
      {"target", target_of(line)}};
}

ordered_json json_of(const SourceStatus& source) {
  if (!source.row) {
    return {{"name", source.name},
            {"ok", nullptr},
            {"last_poll", nullptr},
            {"last_success", nullptr},
            {"error", nullptr},
            {"failures", 0},
            {"circuit", "closed"},
            {"next_poll", nullptr},
            {"late", nullptr},
            {"problems", 0},
            {"quota", ordered_json::array()}};
  }
  return {{"name", source.name},
          {"ok", source.row->error.empty()},
          {"last_poll", time_or_null(source.row->last_poll)},
          {"last_success", time_or_null(source.row->last_success)},
          {"error", text_or_null(source.row->error)},
          {"failures", source.row->failures},
          {"circuit", source.row->next_poll ? "open" : "closed"},
          {"next_poll", time_or_null(source.row->next_poll)},
          {"late", text_or_null(source.row->late)},
          {"problems", source.row->problem_count},
          {"quota", source.row->quota}};
}

void print_json(const StatusReport& report, const Io& io) {
  ordered_json kpis = ordered_json::array();
  for (const StatusLine& line : report.lines) {
    kpis.push_back(json_of(line));
  }
  ordered_json sources = ordered_json::array();
  for (const SourceStatus& source : report.sources) {
    sources.push_back(json_of(source));
  }
  ordered_json channels = ordered_json::array();
  for (const ChannelQueue& channel : report.channels) {
    channels.push_back({{"name", channel.channel}, {"queued", channel.queued}, {"dead", channel.dead}});
    if (!channel.disabled.empty()) {
      channels.back()["disabled"] = channel.disabled;
    }
    if (channel.next_attempt) {
      channels.back()["last_error"] = channel.last_error;
      channels.back()["next_attempt"] = rfc3339(*channel.next_attempt);
    }
  }
  const ordered_json document{{"now", time_or_null(report.now)},
                              {"config", {{"ok", io.refused.empty()}, {"refused", text_or_null(io.refused)}}},
                              {"trouble", text_or_null(report.trouble)},
                              {"kpis", kpis},
                              {"sources", sources},
                              {"channels", channels}};
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
