#pragma once
// The exec source: numbers from any program. Its output is JSON lines (docs/exec.md), that of a Nagios plugin, or
// OpenMetrics text. The registry's.

#include "plugins/row_reader.hpp"
#include "plugins/source.hpp"

#include <string_view>

namespace kpi {

/// The row of the registry.
Plugin exec_plugin();

// What the three formats have in common: the program's output as rows. `settings` outlives the call.

/// An answer in JSON lines. kUnavailable: the program says that it could not do it. `is_greeted`: it is that of a
/// driver, whose version was asked otherwise.
Result<Poll> read_exec_lines(std::string_view output,
                             const SourceSettings& settings,
                             const PollRequest& request,
                             bool is_greeted = false);
/// The output and exit code of a Nagios plugin; its values are about the period that ended last.
Result<Poll> read_nagios(std::string_view output, int code, const SourceSettings& settings, const PollRequest& request);
/// OpenMetrics, or Prometheus' text format. Without a time a value is about the period that ended last.
Result<Poll> read_open_metrics(std::string_view text, const SourceSettings& settings, const PollRequest& request);

/// A path that an option gives, relative to the file that names it.
std::string path_near(const Position& position, const std::string& path);

/// The plugin's own name for a metric: its option `column`, else its name.
const std::string& column_of(const SourceMetric& metric);

}  // namespace kpi
