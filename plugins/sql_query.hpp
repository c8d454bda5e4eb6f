#pragma once
// One question to a database, whichever it is: read-only as far as each can be held to it, capped in time, rows and
// bytes. Each engine is one file of its own name. Thread-safe; blocks.

#include "rules/base/result.hpp"
#include "rules/base/secret.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace kpi {

struct SqlQuery {
  std::string text;  ///< With :from and :to.
  std::string from;  ///< Dates or times: digits and signs only.
  std::string to;
  std::string timezone;  ///< Of the session, where the engine has one.
  std::chrono::milliseconds timeout{60'000};
  std::size_t max_rows = 1'000'000;
  std::size_t max_bytes = std::size_t{256} << 20U;
};

/// Where a database is.
struct SqlAddress {
  std::string url;  ///< "postgresql://kpi@db.example.com/crm"; of SQLite the path.
  Secret password;
  std::string ca_file;
};

struct SqlTable {
  std::vector<std::string> columns;
  std::vector<std::vector<std::optional<std::string>>> rows;
};

/// Counts what a table takes. kInvalid beyond the caps of the query.
class SqlBudget {
 public:
  explicit SqlBudget(const SqlQuery& query) : query_(query) {}

  Result<void> add_row(std::size_t bytes);

 private:
  const SqlQuery& query_;
  std::size_t rows_ = 0;
  std::size_t bytes_ = 0;
};

/// The query with its names as an engine writes them: `name(0)` for :from, `name(1)` for :to. What stands in quotes or
/// comments stays, and so does a cast (::date). kInvalid: another name.
template <class Name>
Result<std::string> with_parameters(std::string_view text, const Name& name);

// kInvalid: the query or the rights are wrong. kUnavailable, kTimeout: try later. Messages hold no password.
Result<SqlTable> query_sqlite(const SqlAddress& address, const SqlQuery& query, const std::stop_token& stop);
Result<SqlTable> query_postgresql(const SqlAddress& address, const SqlQuery& query, const std::stop_token& stop);
/// MySQL and MariaDB.
Result<SqlTable> query_mysql(const SqlAddress& address, const SqlQuery& query, const std::stop_token& stop);

/// The end of what stands at `at` and is no code: a text or name in quotes, a comment; `at` itself when it is code.
std::size_t skip_quoted(std::string_view text, std::size_t at);

template <class Name>
Result<std::string> with_parameters(std::string_view text, const Name& name) {
  std::string result;
  const auto is_word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  for (std::size_t at = 0; at < text.size();) {
    if (const std::size_t end = skip_quoted(text, at); end > at) {
      result += text.substr(at, end - at);
      at = end;
    } else if (text[at] == ':' && at + 1 < text.size() && text[at + 1] == ':') {
      result += "::";
      at += 2;
    } else if (text[at] == ':' && at + 1 < text.size() && is_word(text[at + 1])) {
      std::size_t stop = at + 1;
      while (stop < text.size() && is_word(text[stop])) {
        ++stop;
      }
      const std::string_view word = text.substr(at + 1, stop - at - 1);
      if (word != "from" && word != "to") {
        return fail(ErrorKind::kInvalid,
                    "the query has a parameter :" + std::string(word) + "; there are :from and :to");
      }
      result += name(word == "from" ? 0 : 1);
      at = stop;
    } else {
      result += text[at++];
    }
  }
  return result;
}

}  // namespace kpi
