#pragma once
// From the text of an expression to its tree: recursive descent, depth at most 64.

#include "rules/expr/lexer.hpp"

#include <memory>
#include <string_view>

namespace kpi {

/// Grammar, from the weakest binding to the strongest: or; and; not; one comparison; + -; * /; unary -; ^ (to the
/// right); literals, names with filters, calls and parentheses.
tl::expected<std::unique_ptr<Expr>, ExprError> parse_expression(std::string_view text);

}  // namespace kpi
