#pragma once
// Where things stand in an answer: JSON pointers in which * is every element (`/rows/*/value`), or as much of JSONPath
// (RFC 9535) as presets need: `data[0].total`, `rows[*].n`, `metrics[?metric=='sent'].value`. Pure; any thread.

#include "rules/base/result.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kpi {

using Json = nlohmann::ordered_json;

/// Two scalars, numbers by their value even where one of them is written as a text.
bool json_equals(const Json& value, std::string_view text);
/// A scalar as it would stand in a URL; an empty text for null, compact JSON for lists and objects.
std::string json_text_of(const Json& value);

class JsonSelect {
 public:
  /// The whole document.
  JsonSelect() = default;
  static Result<JsonSelect> parse(std::string_view text);

  /// Every value it leads to, in the order of the document.
  [[nodiscard]] std::vector<const Json*> all(const Json& root) const;
  /// The first of them, or null. A member of exactly this name comes before a path.
  [[nodiscard]] const Json* first(const Json& root) const;

  /// Whether it may lead to more than one: by every element of a list, or those that fit.
  [[nodiscard]] bool may_be_several() const;

  /// Whether it leads to nothing because a list on the way is empty, or has no element that fits: no rows, and no
  /// fault.
  [[nodiscard]] bool ends_in_empty(const Json& root) const;

  /// "/rows/1 has no days": an element of a list on the way from which the rest of the path leads nowhere; empty: none.
  [[nodiscard]] std::string incomplete_element(const Json& root) const;

  /// Where it leads to nothing for a name is not there: the value of the name that is nearly that one, or null.
  struct NearMiss {
    std::string name{};
    const Json* value = nullptr;
  };

  [[nodiscard]] NearMiss near_miss(const Json& root) const;

  [[nodiscard]] const std::string& text() const { return text_; }

  [[nodiscard]] bool is_root() const { return steps_.empty(); }

 private:
  struct Step {
    enum class Kind : std::uint8_t { kName, kIndex, kEvery, kFilter };

    Kind kind = Kind::kName;
    std::string name;  ///< Of a filter: the member that is compared.
    std::int64_t index = 0;
    std::string wanted;  ///< Of a filter.
    bool is_negated = false;
  };

  static Result<std::vector<Step>> parse_pointer(std::string_view text);
  static Result<std::vector<Step>> parse_path(std::string_view text);
  static Result<Step> parse_bracket(std::string_view inside);
  static Result<Step> parse_filter(std::string_view inside);
  static void apply(const Step& step, const Json& value, std::vector<const Json*>& out);
  [[nodiscard]] std::string incomplete_from(std::size_t step,
                                            const Json& value,
                                            const std::string& place,
                                            bool is_in_element) const;

  std::string text_;
  std::vector<Step> steps_;
};

}  // namespace kpi
