// PostgreSQL as a source: one statement (the extended protocol takes no second), in a transaction that only reads, by a
// user that can neither run programs nor read the server's files.

#include "plugins/sql_driver.hpp"
#include "plugins/sql_query.hpp"
#include "plugins/sql_quoting.hpp"
#include "rules/base/text.hpp"

#include <poll.h>

#include <array>
#include <cstdlib>
#include <libpq-fe.h>
#include <memory>

namespace kpi {
namespace {

constexpr int kLookMs = 200;
constexpr const char* kSystemAuthorities = "/etc/ssl/certs/ca-certificates.crt";

struct Driver {
  decltype(PQconnectStartParams)* connect_start = nullptr;
  decltype(PQconnectPoll)* connect_poll = nullptr;
  decltype(PQfinish)* finish = nullptr;
  decltype(PQstatus)* status = nullptr;
  decltype(PQsocket)* socket = nullptr;
  decltype(PQerrorMessage)* error_message = nullptr;
  decltype(PQsendQueryParams)* send = nullptr;
  decltype(PQsetSingleRowMode)* single_rows = nullptr;
  decltype(PQconsumeInput)* consume = nullptr;
  decltype(PQisBusy)* is_busy = nullptr;
  decltype(PQgetResult)* get_result = nullptr;
  decltype(PQresultStatus)* result_status = nullptr;
  decltype(PQresultErrorMessage)* result_error = nullptr;
  decltype(PQclear)* clear = nullptr;
  decltype(PQnfields)* columns = nullptr;
  decltype(PQfname)* column_name = nullptr;
  decltype(PQntuples)* rows = nullptr;
  decltype(PQgetisnull)* is_null = nullptr;
  decltype(PQgetvalue)* value = nullptr;
  decltype(PQgetlength)* length = nullptr;
  decltype(PQgetCancel)* get_cancel = nullptr;
  decltype(PQcancel)* cancel = nullptr;
  decltype(PQfreeCancel)* free_cancel = nullptr;
};

Result<Driver> load() {
  void* library = KPI_TRY(load_driver("libpq.so.5", "libpq5"));
  Driver pq;
  const bool is_whole =
      find_function(library, "PQconnectStartParams", pq.connect_start) &&
      find_function(library, "PQconnectPoll", pq.connect_poll) && find_function(library, "PQfinish", pq.finish) &&
      find_function(library, "PQstatus", pq.status) && find_function(library, "PQsocket", pq.socket) &&
      find_function(library, "PQerrorMessage", pq.error_message) &&
      find_function(library, "PQsendQueryParams", pq.send) &&
      find_function(library, "PQsetSingleRowMode", pq.single_rows) &&
      find_function(library, "PQconsumeInput", pq.consume) && find_function(library, "PQisBusy", pq.is_busy) &&
      find_function(library, "PQgetResult", pq.get_result) &&
      find_function(library, "PQresultStatus", pq.result_status) &&
      find_function(library, "PQresultErrorMessage", pq.result_error) && find_function(library, "PQclear", pq.clear) &&
      find_function(library, "PQnfields", pq.columns) && find_function(library, "PQfname", pq.column_name) &&
      find_function(library, "PQntuples", pq.rows) && find_function(library, "PQgetisnull", pq.is_null) &&
      find_function(library, "PQgetvalue", pq.value) && find_function(library, "PQgetlength", pq.length) &&
      find_function(library, "PQgetCancel", pq.get_cancel) && find_function(library, "PQcancel", pq.cancel) &&
      find_function(library, "PQfreeCancel", pq.free_cancel);
  return is_whole ? Result<Driver>(pq) : fail(ErrorKind::kInvalid, "libpq.so.5 is too old: install that of Debian 12");
}

/// Whether a URL names this machine: a socket or loopback.
bool is_local(std::string_view url) {
  const std::size_t begin = url.find("://");
  std::string_view host = begin == std::string_view::npos ? "" : url.substr(begin + 3);
  host = host.substr(0, host.find_first_of("/?"));
  const std::size_t at = host.rfind('@');
  host = at == std::string_view::npos ? host : host.substr(at + 1);
  return host.empty() || host.starts_with("localhost") || host.starts_with("127.") || host.starts_with("[::1]");
}

/// One connection, closed with the object. One thread.
class Session {
 public:
  Session(const Driver& driver, const SqlQuery& query, const std::stop_token& stop)
      : pq_(driver), query_(query), deadline_(query), stop_(stop) {}

  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  Session(Session&&) = delete;
  Session& operator=(Session&&) = delete;

  ~Session() { pq_.finish(connection_); }

  Result<void> connect(const SqlAddress& address) {
    const bool is_strict = !is_local(address.url) && address.url.find("sslmode=") == std::string::npos;
    const std::string authorities = address.ca_file.empty() ? kSystemAuthorities : address.ca_file;
    std::vector<const char*> names{"dbname", "application_name", "connect_timeout"};
    std::vector<const char*> values{address.url.c_str(), "kpid", "10"};
    if (!address.password.empty()) {
      names.push_back("password");
      values.push_back(address.password.reveal().c_str());
    }
    if (is_strict) {
      names.insert(names.end(), {"sslmode", "sslrootcert"});
      values.insert(values.end(), {"verify-full", authorities.c_str()});
    }
    names.push_back(nullptr);
    values.push_back(nullptr);
    connection_ = pq_.connect_start(names.data(), values.data(), 1);
    if (connection_ == nullptr || pq_.status(connection_) == CONNECTION_BAD) {
      return unreachable();
    }
    PostgresPollingStatusType state = PGRES_POLLING_WRITING;
    while (state != PGRES_POLLING_OK && !deadline_.is_over()) {
      if (stop_.stop_requested()) {
        return fail(ErrorKind::kStopped, "the query was stopped");
      }
      pollfd wait{pq_.socket(connection_), static_cast<short>(state == PGRES_POLLING_READING ? POLLIN : POLLOUT), 0};
      if (::poll(&wait, 1, kLookMs) > 0) {
        state = pq_.connect_poll(connection_);
      }
      if (state == PGRES_POLLING_FAILED) {
        return unreachable();
      }
    }
    deadline_.connected();
    return state == PGRES_POLLING_OK ? Result<void>()
                                     : fail(ErrorKind::kTimeout, "the database did not answer in time");
  }

  /// Runs one statement; a row is of texts.
  Result<SqlTable> run(const std::string& text, const std::vector<std::string>& parameters = {}) {
    std::vector<const char*> values;
    for (const std::string& parameter : parameters) {
      values.push_back(parameter.c_str());
    }
    if (pq_.send(
            connection_, text.c_str(), static_cast<int>(values.size()), nullptr, values.data(), nullptr, nullptr, 0) ==
        0) {
      return unreachable();
    }
    pq_.single_rows(connection_);
    SqlTable table;
    SqlBudget budget(query_);
    Result<void> outcome;
    while (true) {
      if (auto ready = wait_for_result(); !ready) {
        return tl::unexpected(ready.error());
      }
      PGresult* result = pq_.get_result(connection_);
      if (result == nullptr) {
        break;
      }
      if (outcome) {
        outcome = take(result, table, budget);
        if (!outcome) {
          cancel();
        }
      }
      pq_.clear(result);
    }
    return outcome ? Result<SqlTable>(std::move(table)) : Result<SqlTable>(tl::unexpected(outcome.error()));
  }

 private:
  /// What is given up is not cancelled: that is another connection to wait for. The server notices the end of this one,
  /// or its own timeout.
  Result<void> wait_for_result() {
    while (pq_.is_busy(connection_) != 0) {
      pollfd wait{pq_.socket(connection_), POLLIN, 0};
      ::poll(&wait, 1, kLookMs);
      if (stop_.stop_requested() || deadline_.is_over()) {
        return stop_.stop_requested() ? fail(ErrorKind::kStopped, "the query was stopped")
                                      : fail(ErrorKind::kTimeout, "the database does not answer any more");
      }
      if (pq_.consume(connection_) == 0) {
        return unreachable();
      }
    }
    return {};
  }

  Result<void> take(PGresult* result, SqlTable& table, SqlBudget& budget) {
    const ExecStatusType status = pq_.result_status(result);
    if (status != PGRES_TUPLES_OK && status != PGRES_SINGLE_TUPLE && status != PGRES_COMMAND_OK) {
      const std::string_view said = trim(pq_.result_error(result));
      const bool timed_out = said.find("statement timeout") != std::string_view::npos;
      return fail(timed_out ? ErrorKind::kTimeout : ErrorKind::kInvalid,
                  printable(said.substr(0, said.find('\n')), 500));
    }
    const int columns = pq_.columns(result);
    if (table.columns.empty()) {
      for (int i = 0; i < columns; ++i) {
        table.columns.emplace_back(pq_.column_name(result, i));
      }
    }
    for (int row = 0; row < pq_.rows(result); ++row) {
      std::size_t bytes = 0;
      auto& cells = table.rows.emplace_back();
      for (int i = 0; i < columns; ++i) {
        const auto size = static_cast<std::size_t>(pq_.length(result, row, i));
        const bool is_null = pq_.is_null(result, row, i) != 0;
        cells.push_back(is_null ? std::nullopt : std::optional(std::string(pq_.value(result, row, i), size)));
        bytes += size;
      }
      KPI_TRY(budget.add_row(bytes));
    }
    return {};
  }

  void cancel() {
    if (PGcancel* request = pq_.get_cancel(connection_)) {
      std::array<char, 256> ignored{};
      pq_.cancel(request, ignored.data(), static_cast<int>(ignored.size()));
      pq_.free_cancel(request);
    }
  }

  tl::unexpected<Error> unreachable() {
    const std::string_view said = connection_ == nullptr ? "out of memory" : trim(pq_.error_message(connection_));
    return fail(ErrorKind::kUnavailable, printable(said.substr(0, said.find('\n')), 500));
  }

  const Driver& pq_;
  const SqlQuery& query_;
  SqlDeadline deadline_;
  const std::stop_token& stop_;
  PGconn* connection_ = nullptr;
};

/// A read-only transaction stops neither COPY TO PROGRAM nor reading the server's files: rights do.
Result<void> require_few_rights(Session& session) {
  const SqlTable rights = KPI_TRY(
      session.run("SELECT current_setting('is_superuser') = 'on', "
                  "EXISTS (SELECT FROM pg_roles WHERE rolname IN ('pg_execute_server_program', 'pg_read_server_files', "
                  "'pg_write_server_files') AND pg_has_role(current_user, oid, 'MEMBER')), current_user"));
  const auto& row = rights.rows.front();
  if (row[0] == "t" || row[1] == "t") {
    return fail(ErrorKind::kInvalid,
                "the database user " + printable(row[2].value_or("")) +
                    " may do more than read (superuser, or the server's files and programs): give kpid a user of its "
                    "own that may only SELECT");
  }
  return {};
}

}  // namespace

Result<SqlTable> query_postgresql(const SqlAddress& address, const SqlQuery& query, const std::stop_token& stop) {
  static const Result<Driver> kDriver = load();
  if (!kDriver) {
    return tl::unexpected(kDriver.error());
  }
  const BoundQuery bound = KPI_TRY(with_parameters(query.text, kPostgresqlQuoting, {"$1", "$2"}));
  Session session(*kDriver, query, stop);
  KPI_TRY(session.connect(address));
  KPI_TRY(session.run("BEGIN READ ONLY"));
  KPI_TRY(require_few_rights(session));
  KPI_TRY(
      session.run("SELECT set_config('statement_timeout', $1, true), set_config('TimeZone', $2, true), "
                  "set_config('DateStyle', 'ISO', true), set_config('standard_conforming_strings', 'on', true)",
                  {std::to_string(query.timeout.count()), query.timezone}));
  SqlTable table = KPI_TRY(
      session.run(bound.text, bound.uses_from ? std::vector{query.from, query.to} : std::vector<std::string>{}));
  KPI_TRY(session.run("ROLLBACK"));
  return table;
}

}  // namespace kpi
