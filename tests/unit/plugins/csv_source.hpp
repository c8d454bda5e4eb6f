#pragma once
// What the tests of the csv source share: files in memory, settings by a few words, and polls as text.

#include "plugins/csv.hpp"
#include "rules/base/text.hpp"

#include <chrono>
#include <cmath>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kpi::testing {

/// Files in memory; a new text is a new version, written long ago if nothing else is said.
class MemoryHost final : public Host {
 public:
  void put(const std::string& path, std::string text, std::chrono::seconds age = std::chrono::hours{1}) {
    files_[path] = {.text = std::move(text), .version = 'v' + std::to_string(++writes_), .modified = now() - age};
  }

  Result<File> read_file(const std::string& path, std::size_t limit) override {
    ++reads;
    asked_limit = limit;
    const auto found = files_.find(path);
    return found == files_.end() ? Result<File>(fail(ErrorKind::kUnavailable, path + ": no such file")) : found->second;
  }

  Result<std::string> file_version(const std::string& path) override {
    const auto found = files_.find(path);
    return found == files_.end() ? Result<std::string>(fail(ErrorKind::kUnavailable, path + ": no such file"))
                                 : found->second.version;
  }

  Result<std::vector<std::string>> list_files(const std::string& folder,
                                              const std::string& pattern,
                                              std::size_t /*most*/) override {
    asked_pattern = folder + pattern;
    const std::string before = asked_pattern.substr(0, asked_pattern.find('*'));
    std::vector<std::string> paths;
    for (const auto& [path, file] : files_) {
      if (path.starts_with(before)) {
        paths.push_back(path);
      }
    }
    return paths;
  }

  Instant now() override { return time; }

  Instant time{std::chrono::milliseconds{1'795'219'200'000}};  ///< 2026-11-21T00:00:00Z
  int reads = 0;
  std::size_t asked_limit = 0;
  std::string asked_pattern;

 private:
  std::map<std::string, File> files_;
  int writes_ = 0;
};

inline Zone zone(std::string_view name) {
  auto found = Zone::find(name);
  if (!found) {
    throw std::invalid_argument(found.error().message);
  }
  return *found;
}

inline Grain grain(std::string_view text) {
  auto parsed = parse_grain(text);
  if (!parsed) {
    throw std::invalid_argument(parsed.error().message);
  }
  return *parsed;
}

inline OptionValue given(std::string text) {
  return {.text = std::move(text), .position = {}, .given = true};
}

inline SourceMetric metric(std::string name, MetricKind kind = MetricKind::kFlow, std::string column = "") {
  SourceMetric metric{
      .name = std::move(name), .kind = kind, .scale = 1, .has_own_total = false, .options = {}, .position = {}};
  if (!column.empty()) {
    metric.options["column"] = given(std::move(column));
  }
  return metric;
}

inline SourceLabel label(std::string name, std::string column, std::map<std::string, std::string> rename = {}) {
  return {.name = std::move(name), .column = std::move(column), .rename = std::move(rename), .position = {}};
}

/// A source `web` of the file x.csv, of day grain, with the flow `visits`.
inline SourceSettings csv_settings() {
  SourceSettings settings;
  settings.name = "web";
  settings.grain = grain("day");
  settings.options["path"] = given("x.csv");
  settings.metrics = {metric("visits")};
  return settings;
}

/// The source; throws with the diagnostics when the settings are refused.
inline std::unique_ptr<Source> csv_source(const SourceSettings& settings) {
  Diagnostics diagnostics;
  auto source = csv_plugin().create(settings, diagnostics);
  if (source == nullptr) {
    throw std::invalid_argument(diagnostics.text());
  }
  return source;
}

inline Result<Poll> poll_text(const SourceSettings& settings, std::string text) {
  MemoryHost host;
  host.put("x.csv", std::move(text));
  return csv_source(settings)->poll({.now = {}, .cursor = "", .from = {}}, host, {});
}

/// "2026-03-01 visits{country=SE} 12" per sample, in order; null for NaN.
inline std::vector<std::string> samples_of(const Poll& poll, const SourceSettings& settings) {
  std::vector<std::string> lines;
  for (const PolledSample& sample : poll.samples) {
    const PolledSeries& series = poll.series.at(sample.series);
    const std::string when =
        settings.grain.is_civil() ? date_text(date_of(sample.slot)) : rfc3339(Instant(Duration(sample.slot.ms)));
    const std::string labels = series.labels.empty() ? "" : '{' + labels_text(series.labels) + '}';
    lines.push_back(when + ' ' + settings.metrics.at(series.metric).name + labels + ' ' +
                    (std::isnan(sample.value) ? "null" : number_text(sample.value)));
  }
  return lines;
}

/// "x.csv:3:4: message" per problem.
inline std::vector<std::string> problems_of(const Poll& poll) {
  std::vector<std::string> lines;
  for (const RowProblem& problem : poll.problems) {
    lines.push_back(problem.where + ": " + problem.message);
  }
  return lines;
}

inline std::vector<std::string> samples(const SourceSettings& settings, std::string text) {
  const auto poll = poll_text(settings, std::move(text));
  return poll ? samples_of(*poll, settings) : std::vector{poll.error().message};
}

inline std::vector<std::string> problems(const SourceSettings& settings, std::string text) {
  const auto poll = poll_text(settings, std::move(text));
  return poll ? problems_of(*poll) : std::vector{"the poll failed: " + poll.error().message};
}

/// The text of the error; empty when there is none.
inline std::string error(const SourceSettings& settings, std::string text) {
  const auto poll = poll_text(settings, std::move(text));
  return poll ? "" : poll.error().message;
}

}  // namespace kpi::testing
