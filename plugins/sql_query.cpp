#include "plugins/sql_query.hpp"

namespace kpi {

Result<void> SqlBudget::add_row(std::size_t bytes) {
  bytes_ += bytes;
  if (++rows_ > query_.max_rows) {
    return fail(ErrorKind::kInvalid,
                "the query gives more than " + std::to_string(query_.max_rows) +
                    " rows: group by day in it, and use :from and :to");
  }
  if (bytes_ > query_.max_bytes) {
    return fail(ErrorKind::kInvalid,
                "the query gives more than " + std::to_string(query_.max_bytes >> 20U) +
                    " MiB: select only the columns that are read");
  }
  return {};
}

std::size_t skip_quoted(std::string_view text, std::size_t at) {
  const char c = text[at];
  const char next = at + 1 < text.size() ? text[at + 1] : '\0';
  if (c == '\'' || c == '"' || c == '`') {
    const std::size_t end = text.find(c, at + 1);  // a doubled quote begins the next text
    return end == std::string_view::npos ? text.size() : end + 1;
  }
  if (c == '-' && next == '-') {
    const std::size_t end = text.find('\n', at);
    return end == std::string_view::npos ? text.size() : end;
  }
  if (c == '/' && next == '*') {
    const std::size_t end = text.find("*/", at + 2);
    return end == std::string_view::npos ? text.size() : end + 2;
  }
  if (c == '$' && next == '$') {
    const std::size_t end = text.find("$$", at + 2);
    return end == std::string_view::npos ? text.size() : end + 2;
  }
  return at;
}

}  // namespace kpi
