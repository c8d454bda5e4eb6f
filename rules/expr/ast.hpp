#pragma once
// The tree of an expression as written. Every node knows where it stands in the text and can be printed back.

#include "rules/base/time.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace kpi {

/// Bytes [begin, end) of the expression's text.
struct TextRange {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;

  bool operator==(const TextRange&) const = default;
};

/// One condition of a label filter: `country="SE"`, `device!=bot`.
struct LabelFilter {
  std::string label;
  std::string value;
  bool negated = false;

  bool operator==(const LabelFilter&) const = default;
};

enum class Operator : std::uint8_t {
  kOr,
  kAnd,
  kNot,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kEqual,
  kNotEqual,
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kPower,
  kNegate,
};

/// "+", "and", … as written.
std::string_view name_of(Operator op);

/// One node. Which members count depends on `kind`.
struct Expr {
  enum class Kind : std::uint8_t {
    kNumber,    ///< number; `text` is how it was written: "2%", "1.5k", "10:1"
    kText,      ///< text
    kDuration,  ///< span
    kDate,      ///< date
    kName,      ///< text: "web.visits", "conversion_rate", "value", "target.pace"; filters
    kOperator,  ///< op, one or two children
    kCall,      ///< text: the function; children: its arguments
  };

  Kind kind = Kind::kNumber;
  TextRange range;
  double number = 0;
  std::string text;
  Span span;
  Date date{};
  Operator op = Operator::kAdd;
  std::vector<LabelFilter> filters;
  std::vector<std::unique_ptr<Expr>> children;
};

/// The expression as it would be written, with the fewest parentheses; parsing it again gives the same tree.
std::string print(const Expr& expr);

}  // namespace kpi
