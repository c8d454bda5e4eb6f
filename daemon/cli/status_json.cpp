#include "daemon/cli/status_json.hpp"

#include "rules/base/text.hpp"

#include <cmath>

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

ordered_json json_of(const ChannelQueue& channel) {
  ordered_json json{{"name", channel.channel}, {"queued", channel.queued}, {"dead", channel.dead}};
  if (!channel.disabled.empty()) {
    json["disabled"] = channel.disabled;
  }
  for (const auto& [address, why] : channel.refused) {
    json["refused"].push_back({{"address", address}, {"error", why}});
  }
  if (channel.next_attempt) {
    json["last_error"] = channel.last_error;
    json["next_attempt"] = rfc3339(*channel.next_attempt);
  }
  return json;
}

}  // namespace

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

ordered_json head_json(const StatusReport& report, const std::string& refused) {
  return {{"now", time_or_null(report.now)},
          {"config", {{"ok", refused.empty()}, {"refused", text_or_null(refused)}}},
          {"trouble", text_or_null(report.trouble)}};
}

ordered_json sources_json(const StatusReport& report) {
  ordered_json sources = ordered_json::array();
  for (const SourceStatus& source : report.sources) {
    sources.push_back(json_of(source));
  }
  return sources;
}

ordered_json channels_json(const StatusReport& report) {
  ordered_json channels = ordered_json::array();
  for (const ChannelQueue& channel : report.channels) {
    channels.push_back(json_of(channel));
  }
  return channels;
}

}  // namespace kpi
