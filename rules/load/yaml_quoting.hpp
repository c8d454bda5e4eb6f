#pragma once
// Finds the value that a person meant on a line of YAML, and shows it in quotes. Works on lines that YAML itself cannot
// read, so it guesses, and only remedies depend on it. Internal to the YAML reader; pure.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace kpi {

/// Where a line's indentation ends, and where what follows the dashes of list items begins.
std::size_t indent_end(std::string_view line);
std::size_t item_begin(std::string_view line);

/// Where the comment of the line begins: a # at its begin or after a blank, outside quotes; npos without one.
std::size_t comment_begin(std::string_view line);

/// A key and its value on one line, as written.
struct KeyAndValue {
  std::string_view key;  ///< Empty for an item of a list.
  std::string_view value;
};

/// The value on `line` that covers the byte `column` (from 0), if it is one that quotes would mend. `in_flow`: the
/// place is inside { } or [ ], where a comma ends a value.
std::optional<KeyAndValue> value_at(std::string_view line, std::size_t column, bool in_flow);

/// The text from the byte `begin` of `line` to where a person would say that it ends: brackets and quotes are balanced.
std::string_view value_from(std::string_view line, std::size_t begin, bool in_flow);

/// `text` in quotes: double ones, unless it holds double quotes or backslashes.
std::string quote_yaml(std::string_view text);

/// `write: key: "value"`; the value is one that must be quoted.
std::string write_quoted(const KeyAndValue& line);

/// How many brackets `text` opens and does not close; -1 when it closes one that it did not
/// open. Text in double quotes does not count.
int open_brackets(std::string_view text);

}  // namespace kpi
