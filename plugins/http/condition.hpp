#pragma once
// Questions that presets ask of an answer: `{status: 429}`, `{header: "x-left == 0"}`, `{json: /done == true}`,
// `{text: "ERROR 50"}`, `{text_regex: "^ERROR \\d+"}`. All that are given must hold. Pure; any thread.

#include "plugins/http.hpp"
#include "plugins/http/json_select.hpp"
#include "plugins/http/text_pattern.hpp"
#include "plugins/http/tree_reader.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kpi {

/// An answer as conditions see it; `json` null: it is no JSON.
struct Answer {
  const HttpResponse* response = nullptr;
  const Json* json = nullptr;
};

class Condition {
 public:
  /// Reports what cannot be understood.
  static Condition read(const OptionTree& node, const std::string& where, Diagnostics& diagnostics);

  [[nodiscard]] bool holds(const Answer& answer) const;

  /// Whether it asks for the body as JSON.
  [[nodiscard]] bool needs_json() const { return !json_.empty(); }

 private:
  enum class Operator : std::uint8_t {
    kEqual,
    kUnequal,
    kLess,
    kLessEqual,
    kGreater,
    kGreaterEqual,
    kIn,
    kExists,
    kAbsent
  };

  struct Test {
    std::string name;  ///< Of a header.
    JsonSelect path;
    Operator operation = Operator::kExists;
    std::vector<std::string> wanted;
  };

  static Result<Test> parse_test(std::string_view text, bool is_header);
  static bool compare(const Test& test, const Json& value);
  void read_status(const OptionTree& node, Diagnostics& diagnostics);
  [[nodiscard]] bool holds_json(const Answer& answer) const;
  [[nodiscard]] bool holds_headers(const Answer& answer) const;

  std::vector<std::pair<int, int>> statuses_;
  std::vector<Test> headers_;
  std::vector<Test> json_;
  std::vector<std::string> texts_;
  std::vector<TextPattern> patterns_;
};

}  // namespace kpi
