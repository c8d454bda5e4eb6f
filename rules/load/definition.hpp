#pragma once
// An entry of `kpis:` as a text that the history keeps and that loads again: what a record is judged by when it is
// judged once more. Pure.

#include "rules/load/yaml.hpp"
#include "rules/model/kpi.hpp"

#include <optional>
#include <string>

namespace kpi {

/// The entry on one line of YAML, its keys in order, without those that decide nothing but what people read and who is
/// told: `load_kpis` makes the same verdicts of it. Equal texts are equal rules.
std::string definition_text(const YamlNode& body);

/// What a definition says by itself, where the metrics that it is made of may be no more: unit, direction, targets and
/// times, but no program, and days where it leaves its periods to the metrics. `zone` is that of a KPI that names none.
/// Nothing where it is no YAML. Its positions point into `texts`.
std::optional<Kpi> read_definition(const std::string& kpi,
                                   const std::string& definition,
                                   const CalendarRules& calendar,
                                   const Zone& zone,
                                   SourceSet& texts);

}  // namespace kpi
