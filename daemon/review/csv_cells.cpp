#include "daemon/review/csv_cells.hpp"

#include "rules/base/text.hpp"

#include <cmath>

namespace kpi {

std::string csv_cell(std::string_view text) {
  const bool is_formula =
      !text.empty() && std::string_view("=+-@\t\r").find(text[0]) != std::string_view::npos && !parse_number(text);
  const std::string guarded = (is_formula ? "'" : "") + std::string(text);
  const bool has_edge = guarded.starts_with(' ') || guarded.ends_with(' ');
  if (!has_edge && guarded.find_first_of(",\"\r\n\t") == std::string::npos) {
    return guarded;
  }
  std::string cell = "\"";
  for (const char c : guarded) {
    cell += c == '"' ? "\"\"" : std::string(1, c);
  }
  return cell + "\"";
}

std::string csv_cell(double number) {
  return std::isfinite(number) ? number_text(number) : "";
}

}  // namespace kpi
