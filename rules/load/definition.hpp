#pragma once
// An entry of `kpis:` as a text that the history keeps and that loads again: what a record is judged by when it is
// judged once more. Pure.

#include "rules/load/yaml.hpp"

#include <string>

namespace kpi {

/// The entry on one line of YAML, its keys in order, without those that decide nothing but what people read and who is
/// told: `load_kpis` makes the same verdicts of it. Equal texts are equal rules.
std::string definition_text(const YamlNode& body);

}  // namespace kpi
