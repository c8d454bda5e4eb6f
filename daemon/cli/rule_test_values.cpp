// The data of a rule test: the compact notation of values, and the labels that its series name.

#include "daemon/cli/rule_test.hpp"
#include "rules/base/text.hpp"
#include "rules/expr/parser.hpp"
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

void add_labels(const std::vector<LabelFilter>& filters, YamlNode& labels) {
  for (const LabelFilter& filter : filters) {
    if (labels.find(filter.label) == nullptr) {
      YamlNode name = labels;
      name.kind = YamlNode::Kind::kScalar;
      name.entries.clear();
      name.scalar = filter.label;
      labels.entries.emplace_back(name, name);
    }
  }
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

YamlNode with_labels_of_data(const YamlNode& sources, const YamlNode& data) {
  YamlNode all = sources;
  for (auto& [name, source] : all.entries) {
    if (source.kind != YamlNode::Kind::kMap || source.find("labels") != nullptr) {
      continue;
    }
    YamlNode labels;
    labels.kind = YamlNode::Kind::kMap;
    labels.position = source.position;
    for (const auto& [series, values] : data.entries) {
      const auto tree = parse_expression(series.scalar);
      if (tree && (*tree)->kind == Expr::Kind::kName && (*tree)->text.starts_with(name.scalar + ".")) {
        add_labels((*tree)->filters, labels);
      }
    }
    if (!labels.entries.empty()) {
      YamlNode key = name;
      key.scalar = "labels";
      source.entries.emplace_back(std::move(key), std::move(labels));
    }
  }
  return all;
}

}  // namespace kpi
