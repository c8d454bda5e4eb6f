// The compact notation of values.

#include "daemon/cli/rule_test.hpp"
#include "rules/base/text.hpp"
#include "rules/load/yaml.hpp"

#include <cmath>

namespace kpi {
namespace {

constexpr std::size_t kMostValues = 100'000;

/// A count behind an `x`: 1 to kMostValues.
std::optional<std::size_t> parse_count(std::string_view text) {
  const auto number = parse_number(text);
  const bool fits =
      number && *number >= 1 && *number <= static_cast<double>(kMostValues) && *number == std::floor(*number);
  return fits ? std::optional(static_cast<std::size_t>(*number)) : std::nullopt;
}

/// One word of the notation, appended to `values`. False when it is none.
bool append_word(std::string_view word, std::vector<ScriptedValue>& values) {
  std::size_t count = 1;
  if (const std::size_t times = word.find('x'); times != std::string_view::npos) {
    const auto parsed = parse_count(word.substr(times + 1));
    if (!parsed) {
      return false;
    }
    count = *parsed;
    word = word.substr(0, times);
  }
  if (word == "_" || word == "nan") {
    values.insert(values.end(), count, ScriptedValue{word == "nan", std::nan("")});
    return true;
  }
  double step = 0;
  const std::size_t sign = word.find_first_of("+-", 1);
  if (sign != std::string_view::npos && word[sign - 1] != 'e') {
    const std::string_view amount = word.substr(word[sign] == '+' ? sign + 1 : sign);
    const auto parsed = parse_number(amount);
    if (!parsed) {
      return false;
    }
    step = *parsed;
    word = word.substr(0, sign);
  }
  const auto first = parse_number(word);
  if (!first) {
    return false;
  }
  for (std::size_t i = 0; i < count; ++i) {
    values.push_back({true, *first + step * static_cast<double>(i)});
  }
  return true;
}

}  // namespace

Result<std::vector<ScriptedValue>> parse_values(std::string_view text) {
  std::vector<ScriptedValue> values;
  for (std::string_view word : split(text, ' ')) {
    word = trim(word);
    if (word.empty()) {
      continue;
    }
    if (!append_word(word, values)) {
      return fail(ErrorKind::kInvalid,
                  "\"" + printable(word) + "\" is no value; write 400, 1000x27, 1200+50x5, _ (no sample) or nan");
    }
    if (values.size() > kMostValues) {
      return fail(ErrorKind::kInvalid, "a series of a test has at most 100000 values");
    }
  }
  return values;
}

}  // namespace kpi
