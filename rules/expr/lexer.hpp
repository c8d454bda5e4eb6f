#pragma once
// The words of an expression.

#include "rules/base/result.hpp"
#include "rules/expr/ast.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace kpi {

struct Token {
  enum class Kind : std::uint8_t {
    kEnd,
    kNumber,
    kDuration,
    kDate,
    kText,
    kName,    ///< a name, with at most one dot: text
    kSymbol,  ///< an operator or bracket: text
  };

  Kind kind = Kind::kEnd;
  TextRange range;
  std::string text;
  double number = 0;
  Span span;
  Date date{};
};

/// What is wrong with an expression, and where in its text.
struct ExprError {
  TextRange range;
  std::string message;
  std::string remedy;

  bool operator==(const ExprError&) const = default;
};

/// The tokens, ending in one kEnd; or the first thing that is no word of the language. At most 4096 bytes of text.
tl::expected<std::vector<Token>, ExprError> tokenize(std::string_view text);

}  // namespace kpi
