#pragma once
// What the verbs that read the history share: finding a KPI by its name, times as people read them,
// files that are written whole.

#include "daemon/cli/command.hpp"
#include "daemon/store/history_reader.hpp"

#include <string>
#include <vector>

namespace kpi {

/// The configured KPIs in the order in which the files have them.
std::vector<const Kpi*> kpis_in_file_order(const Config& config);

/// `there is no KPI "x"; did you mean "y"?`
std::string unknown_kpi_text(const std::string& name, const std::vector<std::string>& known);

/// The names of the configured KPIs.
std::vector<std::string> kpi_names(const Config& config);

/// "2026-03-31 06:00", in the zone.
std::string local_text(Instant instant, const Zone& zone);

/// The same for the start of one of a KPI's periods: a date where its periods are days or longer. Null: not configured.
std::string period_start_text(Instant instant, const Kpi* kpi, const Zone& zone);

/// "12 minutes", "3 hours", "5 days": roughly, the largest unit that gives at least two, or one minute.
std::string rough_text(Duration duration);

/// A value in its unit; "unknown" when there is none, its plain digits when the KPI is not configured (any more).
std::string value_text(double value, const Kpi* kpi);

/// "no sample": why a value is unknown.
std::string words_of(Reason reason);

/// "SE" where the KPI is split by one label only, "country=SE, channel=mail" elsewhere, empty for the total. Printable.
std::string segment_text(const Labels& segment, const Kpi* kpi);

/// The file of --out; empty: standard output, which "-" stands for too.
std::string out_file(const Arguments& arguments);

/// Writes a file that is there whole or not at all.
Result<void> write_whole(const std::string& path, const std::string& text);

}  // namespace kpi
