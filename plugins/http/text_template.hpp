#pragma once
// Texts with variables: "projects/{{project}}/runs?from={{window.start as %Y%m%d|20260101}}". A variable may carry a
// date format behind `as` and, behind `|`, what stands for it when it has no value. Pure; any thread.

#include "plugins/option_tree.hpp"
#include "rules/base/result.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kpi {

class TextTemplate {
 public:
  struct Part {
    std::string text;  ///< Literal text, or the name of a variable.
    bool is_variable = false;
    std::string format;  ///< Of a date; empty: the window's.
    std::optional<std::string> fallback{};
  };

  /// kInvalid: "{{" without "}}", or a name that is none.
  static Result<TextTemplate> parse(std::string_view text);

  [[nodiscard]] const std::vector<Part>& parts() const { return parts_; }

  /// Whether it is one variable and nothing else, whose value keeps its type.
  [[nodiscard]] bool is_variable() const { return parts_.size() == 1 && parts_.front().is_variable; }

 private:
  std::vector<Part> parts_;
};

/// The first directive of a format that time_text() does not know; empty: there is none.
std::string unknown_directive(std::string_view format);

/// A date and time by the directives of strftime that DateFormat reads; `local_ms` on the local axis, `utc_ms` for
/// %s and %Q.
std::string time_text(std::string_view format, std::int64_t local_ms, std::int64_t utc_ms);

}  // namespace kpi
