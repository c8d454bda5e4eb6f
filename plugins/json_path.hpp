#pragma once
// Where things stand in a JSON document: RFC 6901 pointers (`/data/rows`), in which * steps into every element. Pure;
// any thread.

#include "rules/base/result.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace kpi {

/// A value and its place.
struct JsonPlace {
  const nlohmann::ordered_json* value = nullptr;
  std::string pointer;  ///< "/data/rows/17"
};

class JsonPath {
 public:
  /// The whole document.
  JsonPath() = default;
  /// A pointer, or the name of one field ("total" is "/total"). kInvalid: a stray ~.
  static Result<JsonPath> parse(std::string_view text);

  /// Every value that the path leads to, in the order of the document; none where it leads nowhere.
  [[nodiscard]] std::vector<JsonPlace> find(const nlohmann::ordered_json& root) const;
  /// The first of them, or null.
  [[nodiscard]] const nlohmann::ordered_json* first(const nlohmann::ordered_json& root) const;

  /// Whether it may lead to more than one.
  [[nodiscard]] bool may_be_several() const;

  /// "/rows/1 has no days": an element that * stepped into, and from which the rest of the path leads nowhere; empty:
  /// none.
  [[nodiscard]] std::string incomplete_element(const nlohmann::ordered_json& root) const;

  /// "/data/rows"
  [[nodiscard]] const std::string& pointer() const { return pointer_; }

 private:
  std::string pointer_;
  std::vector<std::string> steps_;
};

}  // namespace kpi
