#pragma once
// Labels and lists of texts as the JSON that stands in the history's columns. Any thread.

#include "rules/model/sample.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace kpi::sqlite {

/// {"country":"SE"}; bytes that are not UTF-8 become U+FFFD.
std::string labels_json(const Labels& labels);
/// Throws BadRow.
Labels labels_from_json(std::string_view text);

/// ["a","b"]
std::string texts_json(const std::vector<std::string>& texts);
/// Throws BadRow.
std::vector<std::string> texts_from_json(std::string_view text);

}  // namespace kpi::sqlite
