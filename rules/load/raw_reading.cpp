#include "rules/load/raw_reading.hpp"

#include "rules/base/text.hpp"
#include "rules/load/yaml_quoting.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace kpi {
namespace {

/// Text that can only be meant as a number: digits, signs, separators, `%`.
bool looks_like_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789.,:%-+ ") == std::string_view::npos &&
         text.find_first_of("0123456789") != std::string_view::npos;
}

}  // namespace

std::string where(const Kpi& kpi, std::string_view below) {
  return "kpis.{" + printable(kpi.id) + "}" + std::string(below);
}

Position RawExpression::at(TextRange range) const {
  if (position.source == nullptr || position.column == 0) {
    return position;
  }
  const std::string_view line = position.source->line(position.line);
  std::string_view rest = line.substr(std::min<std::size_t>(position.column - 1, line.size()));
  const std::uint32_t quote = rest.starts_with('"') || rest.starts_with('\'') ? 1 : 0;
  if (!rest.substr(quote).starts_with(text)) {
    return position;
  }
  Position result = position;
  result.column += quote + range.begin;
  result.length = std::max(1U, range.end - range.begin);
  return result;
}

RawExpression read_expression(const YamlNode& node, Diagnostics& diagnostics) {
  RawExpression result;
  result.position = node.position;
  if (node.kind != YamlNode::Kind::kScalar) {
    diagnostics.error(node.position, "an expression was expected here", "write it on one line, in quotes");
    return result;
  }
  result.text = node.scalar;
  auto tree = parse_expression(node.scalar);
  const bool is_reported = !tree && looks_like_number(node.scalar) && !read_number(node, diagnostics);
  if (!tree && !is_reported) {
    diagnostics.error(result.at(tree.error().range), tree.error().message, tree.error().remedy);
  }
  if (tree) {
    result.tree = std::move(*tree);
  }
  return result;
}

void read_labels(const YamlNode& node, Labels& labels, Diagnostics& diagnostics) {
  if (node.kind != YamlNode::Kind::kMap) {
    diagnostics.error(node.position, "labels wants names and values", "write labels: {team: nordic}");
    return;
  }
  for (const auto& [name, value] : node.entries) {
    if (const auto text = read_text(value, diagnostics, name.scalar)) {
      labels.emplace_back(name.scalar, *text);
    }
  }
  std::ranges::sort(labels);
}

void read_own_labels(const YamlNode& node, Labels& labels, Diagnostics& diagnostics) {
  static constexpr std::array<std::string_view, 5> kTaken{"kpi", "objective", "owner", "severity", "type"};
  for (const auto& [name, value] : node.entries) {
    if (std::ranges::find(kTaken, name.scalar) != kTaken.end()) {
      diagnostics.error(name.position,
                        "every message has a label \"" + name.scalar + "\" of kpid's own",
                        "choose another name, such as own_" + name.scalar);
    }
  }
  read_labels(node, labels, diagnostics);
}

void warn_of_comment(const YamlNode& node, std::string_view key, Diagnostics& diagnostics) {
  if (node.kind != YamlNode::Kind::kScalar || node.quoted || !node.has_comment) {
    return;
  }
  const std::string_view line = node.position.source->line(node.position.line);
  const std::size_t begin = node.position.column - 1;
  const std::size_t hash = comment_begin(line);
  if (hash == std::string_view::npos || hash < begin || trim(line.substr(begin, hash - begin)) != node.scalar) {
    return;
  }
  const bool is_set_apart = line.substr(0, hash).ends_with("  ");  // as comments are
  const bool is_told = !line.substr(hash + 1).starts_with(' ');    // "#1", as every value's
  if (is_set_apart || is_told) {
    return;
  }
  Position at = node.position;
  at.column = static_cast<std::uint32_t>(hash + 1);
  diagnostics.warning(at,
                      "YAML takes what follows this # for a comment",
                      "if it is text, " + write_quoted({key, trim(line.substr(begin))}) +
                          "; else put the comment on a line of its own");
}

void read_severity(MapReader& map, std::string_view key, Severity& severity) {
  if (const YamlNode* node = map.optional(key)) {
    if (const auto choice = read_choice(*node, {"info", "warning", "critical"}, map.diagnostics(), key)) {
      severity = static_cast<Severity>(*choice + 1);
    }
  }
}

void read_patience(MapReader& map, Patience& patience, PatiencePlaces& at) {
  at = {map.position_of("for"), map.position_of("recover_for")};
  map.span("for", patience.hold);
  map.span("recover_for", patience.recover);
  check_not_negative(map, map.diagnostics(), patience.hold, "for");
  check_not_negative(map, map.diagnostics(), patience.recover, "recover_for");
}

void warn_of_bare_percent(
    Position position, std::string_view text, double number, const Unit& unit, Diagnostics& diagnostics) {
  const bool is_bare = unit.show() == Unit::Show::kPercent && std::abs(number) > 1 && !text.ends_with('%');
  if (is_bare) {
    const std::string whole = number_text(times_power_of_ten(number, 2)) + "%";
    diagnostics.warning(position,
                        printable(text) + " is " + whole + ", since the unit is %",
                        "write " + number_text(number) + "%, or " + whole + " if that is meant");
  }
}

void check_not_negative(const MapReader& map, Diagnostics& diagnostics, const Span& span, std::string_view key) {
  if (span.approximate_ms() < 0) {
    diagnostics.error(
        map.position_of(key), std::string(key) + " cannot be negative", "write " + std::string(key) + ": 2 days");
  }
}

}  // namespace kpi
