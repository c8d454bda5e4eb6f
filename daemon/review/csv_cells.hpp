#pragma once
// Cells of a CSV file (RFC 4180) that a spreadsheet will open: no text becomes a formula. Pure.

#include <string>
#include <string_view>

namespace kpi {

/// A text as a cell: quoted where RFC 4180 wants it, with a leading ' where a spreadsheet would take it for a formula
/// (it begins with = + - @, a tab or a carriage return, and is no number).
std::string csv_cell(std::string_view text);

/// A number as a cell, with a decimal point; empty when it is not finite.
std::string csv_cell(double number);

}  // namespace kpi
