#pragma once
// The keys of a KPI, each family in a file of its own, and what they have in common. For raw_kpi.cpp. Everything wrong
// is reported and left out.

#include "rules/load/raw_kpi.hpp"

#include <set>
#include <string>
#include <string_view>

namespace kpi {

/// How a map of the KPI is called in messages: ".thresholds" is below it.
std::string where(const Kpi& kpi, std::string_view below);

RawExpression read_expression(const YamlNode& node, Diagnostics& diagnostics);
void read_labels(const YamlNode& node, Labels& labels, Diagnostics& diagnostics);
/// `labels` of a KPI or an alert; those that each message has are refused.
void read_own_labels(const YamlNode& node, Labels& labels, Diagnostics& diagnostics);
/// Warns of text that YAML ends at a #: title: Case # 1.
void warn_of_comment(const YamlNode& node, std::string_view key, Diagnostics& diagnostics);
void read_severity(MapReader& map, std::string_view key, Severity& severity);
/// `for` and `recover_for`.
void read_patience(MapReader& map, Patience& patience, PatiencePlaces& at);
/// Warns of 2.2 where the unit is % and 2.2% must have been meant.
void warn_of_bare_percent(
    Position position, std::string_view text, double number, const Unit& unit, Diagnostics& diagnostics);
void check_not_negative(const MapReader& map, Diagnostics& diagnostics, const Span& span, std::string_view key);

// raw_limits.cpp
void read_thresholds(const YamlNode& node, RawKpi& raw, Diagnostics& diagnostics);

// raw_alerts.cpp
void read_alerts(const YamlNode& node, RawKpi& raw, Diagnostics& diagnostics);
void read_no_data(const YamlNode& node, Kpi& kpi, Diagnostics& diagnostics);

// raw_segments.cpp
/// `expect`, `max_segments`, `retire`, `min_sample`. REQUIRES that split_by has been read.
void read_segment_keys(MapReader& map, RawKpi& raw);
/// The labels of `split_by`; one that is not `there` is told and left out. None there: all are taken.
std::vector<std::string> check_split_labels(const RawKpi& raw,
                                            const std::set<std::string>& there,
                                            Diagnostics& diagnostics);
/// A split whose segments nothing has that the KPI reads would never be judged. REQUIRES that the KPI is compiled.
void check_splits(const RawKpi& raw, const std::vector<Kpi>& kpis, Diagnostics& diagnostics);
/// `was`, `inhibits`.
void read_relations(MapReader& map, RawKpi& raw);

// raw_target.cpp
void read_target(const YamlNode& node, Kpi& kpi, Diagnostics& diagnostics);
void read_targets(const YamlNode& node, Kpi& kpi, Diagnostics& diagnostics);

// target_checks.cpp
/// What is wrong with one target by itself.
void check_target(const Kpi& kpi, const Target& target, Diagnostics& diagnostics);
/// What depends on the rest of the KPI and on the calendar: call it when the KPI is complete. Puts the targets in time
/// order.
void settle_targets(Kpi& kpi, const CalendarRules& calendar, Diagnostics& diagnostics);

}  // namespace kpi
