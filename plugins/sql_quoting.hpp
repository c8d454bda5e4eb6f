#pragma once
// What in a query is no code: texts and names in quotes, and comments, as each engine writes them. Pure; any thread.

#include "rules/base/result.hpp"

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace kpi {

/// How an engine quotes. Everywhere '…' is a text, "…" a text or a name, a doubled quote within stands for one, and
/// -- and /* */ are comments.
struct SqlQuoting {
  bool has_brackets = false;       ///< [a name]
  bool has_backticks = false;      ///< `a name`
  bool has_escape_texts = false;   ///< E'it\'s'
  bool has_dollar_texts = false;   ///< $$…$$, $tag$…$tag$
  bool nests_comments = false;     ///< /* a /* b */ c */
  bool has_hash_comments = false;  ///< # too; -- wants a space behind it; what stands in /*! */ is code.
  bool escapes_single = false;     ///< 'it\'s'
  bool escapes_double = false;     ///< "5\" pipe"
};

inline constexpr SqlQuoting kSqliteQuoting{.has_brackets = true, .has_backticks = true};
inline constexpr SqlQuoting kPostgresqlQuoting{
    .has_escape_texts = true, .has_dollar_texts = true, .nests_comments = true};
/// Unless its sql_mode says otherwise.
inline constexpr SqlQuoting kMysqlQuoting{
    .has_backticks = true, .has_hash_comments = true, .escapes_single = true, .escapes_double = true};

/// The end of what stands at `at` and is no code; `at` itself when it is code; npos when it is never closed.
std::size_t skip_quoted(std::string_view text, std::size_t at, const SqlQuoting& quoting);

/// Whether `text` reads: the first word of its code is SELECT, WITH, VALUES or TABLE.
bool begins_reading(std::string_view text, const SqlQuoting& quoting);

/// A query whose names are those of an engine, and which of them it has.
struct BoundQuery {
  std::string text{};
  bool uses_from = false;
  bool uses_to = false;
};

/// `text` with `names` for :from and :to. What stands in quotes or comments stays, and so does a cast (::date).
/// kInvalid: another parameter, one of the two alone, or a quote that is never closed.
Result<BoundQuery> with_parameters(std::string_view text,
                                   const SqlQuoting& quoting,
                                   const std::array<std::string_view, 2>& names);

}  // namespace kpi
