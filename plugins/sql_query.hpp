#pragma once
// One question to a database, whichever it is: read-only as far as each can be held to it, capped in time, rows and
// bytes. Each engine is one file of its own name. Thread-safe; blocks.

#include "rules/base/result.hpp"
#include "rules/base/secret.hpp"

#include <algorithm>
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
  std::chrono::milliseconds grace{5'000};  ///< Beyond it: the server's own timeout comes first, then it is given up.
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

/// Until when one question may take, from its first step on: however little comes at a time, it ends then. Of the
/// machine's steady clock, as only what blocks can be held to it.
class SqlDeadline {
 public:
  explicit SqlDeadline(const SqlQuery& query)
      : whole_(Clock::now() + query.timeout + query.grace), end_(std::min(whole_, Clock::now() + kConnecting)) {}

  /// Until then a server had less time: one that does not let kpid in is given up earlier.
  void connected() { end_ = whole_; }

  [[nodiscard]] bool is_over() const { return Clock::now() >= end_; }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds kConnecting{10};

  Clock::time_point whole_;
  Clock::time_point end_;
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

// kInvalid: the query or the rights are wrong. kUnavailable, kTimeout: try later. Messages hold no password.
Result<SqlTable> query_sqlite(const SqlAddress& address, const SqlQuery& query, const std::stop_token& stop);
Result<SqlTable> query_postgresql(const SqlAddress& address, const SqlQuery& query, const std::stop_token& stop);
/// MySQL and MariaDB.
Result<SqlTable> query_mysql(const SqlAddress& address, const SqlQuery& query, const std::stop_token& stop);

}  // namespace kpi
