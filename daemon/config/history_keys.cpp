#include "daemon/config/config_keys.hpp"
#include "daemon/os/own_files.hpp"
#include "rules/base/text.hpp"
#include "rules/judge/reach.hpp"

#include <algorithm>

namespace kpi {
namespace {

constexpr std::int64_t kLeastCopyMs = 60'000;

/// "sqlite:history.db" as a path; nothing, and said, when it is something else.
std::optional<std::string> file_of(const std::string& text, Position position, Diagnostics& diagnostics) {
  if (!text.starts_with("sqlite:") || text.size() == 7 || text == "sqlite::memory:") {
    diagnostics.error(
        position, "the history \"" + printable(text) + "\" is not understood", "write history: sqlite:history.db");
    return std::nullopt;
  }
  return text.substr(7);
}

/// `history: {path, export_copy, every}`.
void read_history_map(const YamlNode& node, const std::string& file, std::string& history, ConfigReading& reading) {
  MapReader map(node, "history", reading.diagnostics);
  map.text("path", history);
  HistoryExport& copy = reading.config.history_export;
  if (map.text("export_copy", copy.path)) {
    copy.path = resolve_path(file, copy.path);
  }
  Span every;
  if (map.span("every", every)) {
    copy.every = std::chrono::milliseconds{every.approximate_ms()};
    if (every.approximate_ms() < kLeastCopyMs) {
      reading.diagnostics.error(
          map.position_of("every"), "the history is copied at most once a minute", "write every: 1h");
    }
    if (copy.path.empty()) {
      reading.diagnostics.error(map.position_of("every"),
                                "every says how often export_copy is made, and there is none",
                                "write export_copy: history-copy.db");
    }
  }
  map.finish();
}

std::optional<Span> read_kept(MapReader& map, const char* key) {
  Span span;
  if (!map.span(key, span)) {
    return std::nullopt;
  }
  if (span.ms != 0 || span.approximate_ms() < kDayMs) {
    map.diagnostics().error(map.position_of(key),
                            std::string(key) + " are kept for whole days, at least one",
                            "write " + std::string(key) + ": 3 years");
    return std::nullopt;
  }
  return span;
}

/// The settled past that a period needs before it is judged at all.
std::int64_t wait_of(const Kpi& kpi, const Metric& metric) {
  const Span patience = kpi.no_data.after.value_or(kpi.every.span());
  return metric.settle.approximate_ms() + patience.approximate_ms();
}

}  // namespace

void read_history(MapReader& map, const std::string& path, ConfigReading& reading) {
  std::string history = "sqlite:history.db";
  const YamlNode* node = map.optional("history");
  if (node != nullptr && node->kind == YamlNode::Kind::kMap) {
    read_history_map(*node, path, history, reading);
  } else if (node != nullptr) {
    history = read_text(*node, reading.diagnostics, "history").value_or(history);
  }
  if (const auto file = file_of(history, node != nullptr ? node->position : map.position(), reading.diagnostics)) {
    reading.config.history = resolve_path(path, *file);
    keep_from_programs(reading.config.history, OwnKind::kFamily);
  }
  if (const std::string& copy = reading.config.history_export.path; !copy.empty() && copy == reading.config.history) {
    reading.diagnostics.error(node->position,
                              "export_copy is the history itself: the copy would replace what the daemon writes",
                              "write another name, such as export_copy: history-copy.db");
  }
  if (const YamlNode* retention = map.optional("retention")) {
    MapReader keys(*retention, "retention", reading.diagnostics);
    reading.config.retention.samples = read_kept(keys, "samples");
    reading.config.retention.notifications = read_kept(keys, "notifications");
    keys.finish();
  }
}

void check_retention(Position position, ConfigReading& reading) {
  const std::optional<Span>& kept = reading.config.retention.samples;
  if (!kept) {
    return;
  }
  const RuleSet& rules = reading.config.rules;
  const Kpi* farthest = nullptr;
  std::uint32_t into = 0;
  std::int64_t needed = 0;
  for (const Kpi& kpi : rules.kpis) {
    for (const auto& [metric, reach] : reaches_of(kpi)) {
      const std::int64_t ms = reach + wait_of(kpi, rules.metrics[metric]);
      if (ms > needed) {
        farthest = &kpi;
        into = metric;
        needed = ms;
      }
    }
  }
  if (farthest != nullptr && needed > kept->approximate_ms()) {
    const std::string days = std::to_string(needed / kDayMs + 1);
    reading.diagnostics.error(position,
                              "retention keeps samples for " + kept->text() + ", and " + farthest->id +
                                  " needs those of " + rules.metrics[into].name + " for " + days +
                                  " days: its window, and until a period has settled or is given up",
                              "write samples: " + days + " days, or more");
  }
}

}  // namespace kpi
