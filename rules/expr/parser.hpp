#pragma once
// From the text of an expression to its tree: recursive descent, depth at most 64.

#include <memory>
#include <string_view>

#include "rules/expr/lexer.hpp"

namespace kpi {

/// Grammar, from the weakest binding to the strongest: or; and; not; one comparison; + -; * /; unary -; ^ (to the
/// right); literals, names with filters, calls and parentheses.
tl::expected<std::unique_ptr<Expr>, ExprError> parse_expression(std::string_view text);

}  // namespace kpi
