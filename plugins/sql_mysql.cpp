// MySQL and MariaDB as a source: one statement, in a transaction that only reads, by a user without FILE or SUPER (a
// read-only transaction does not stop SELECT … INTO OUTFILE). The server may not ask for files of ours.

#include "plugins/sql_driver.hpp"
#include "plugins/sql_query.hpp"
#include "plugins/sql_quoting.hpp"
#include "rules/base/text.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <mysql.h>

namespace kpi {
namespace {

constexpr unsigned kConnectSeconds = 10;
constexpr int kLookMs = 200;
/// Of the library's own stack, on which it also looks up names and does its part of TLS.
constexpr std::size_t kStackBytes = std::size_t{256} << 10U;
constexpr unsigned kUnknownZone = 1298;
constexpr unsigned kDuplicateStatement = 1064;  // a syntax error: what stands behind a ; too

struct Driver {
  decltype(mysql_init)* init = nullptr;
  decltype(mysql_optionsv)* options = nullptr;
  decltype(mysql_real_connect_start)* connect_start = nullptr;
  decltype(mysql_real_connect_cont)* connect_on = nullptr;
  decltype(mysql_real_query_start)* query_start = nullptr;
  decltype(mysql_real_query_cont)* query_on = nullptr;
  decltype(mysql_use_result)* use_result = nullptr;
  decltype(mysql_fetch_row_start)* fetch_row_start = nullptr;
  decltype(mysql_fetch_row_cont)* fetch_row_on = nullptr;
  decltype(mysql_fetch_lengths)* fetch_lengths = nullptr;
  decltype(mysql_fetch_fields)* fetch_fields = nullptr;
  decltype(mysql_num_fields)* num_fields = nullptr;
  decltype(mysql_free_result)* free_result = nullptr;
  decltype(mysql_close)* close = nullptr;
  decltype(mysql_error)* error = nullptr;
  decltype(mysql_errno)* error_number = nullptr;
  decltype(mysql_get_socket)* socket = nullptr;
  decltype(mysql_get_timeout_value_ms)* patience_ms = nullptr;
};

Result<Driver> load() {
  void* library = KPI_TRY(load_driver("libmariadb.so.3", "libmariadb3"));
  Driver my;
  const bool is_whole =
      find_function(library, "mysql_init", my.init) && find_function(library, "mysql_optionsv", my.options) &&
      find_function(library, "mysql_real_connect_start", my.connect_start) &&
      find_function(library, "mysql_real_connect_cont", my.connect_on) &&
      find_function(library, "mysql_real_query_start", my.query_start) &&
      find_function(library, "mysql_real_query_cont", my.query_on) &&
      find_function(library, "mysql_use_result", my.use_result) &&
      find_function(library, "mysql_fetch_row_start", my.fetch_row_start) &&
      find_function(library, "mysql_fetch_row_cont", my.fetch_row_on) &&
      find_function(library, "mysql_fetch_lengths", my.fetch_lengths) &&
      find_function(library, "mysql_fetch_fields", my.fetch_fields) &&
      find_function(library, "mysql_num_fields", my.num_fields) &&
      find_function(library, "mysql_free_result", my.free_result) && find_function(library, "mysql_close", my.close) &&
      find_function(library, "mysql_error", my.error) && find_function(library, "mysql_errno", my.error_number) &&
      find_function(library, "mysql_get_socket", my.socket) &&
      find_function(library, "mysql_get_timeout_value_ms", my.patience_ms);
  return is_whole ? Result<Driver>(my)
                  : fail(ErrorKind::kInvalid, "libmariadb.so.3 is too old: install that of Debian 12");
}

/// mysql://user@host:port/database?socket=/run/mysqld/mysqld.sock
struct Parts {
  std::string user;
  std::string host;
  unsigned port = 0;
  std::string database;
  std::string socket;
};

Result<Parts> parse(std::string_view url) {
  Parts parts;
  const auto wrong = fail(ErrorKind::kInvalid, "write database: mysql://user@host/database");
  const std::size_t begin = url.find("://");
  if (begin == std::string_view::npos) {
    return wrong;
  }
  std::string_view rest = url.substr(begin + 3);
  if (const std::size_t query = rest.find('?'); query != std::string_view::npos) {
    if (!rest.substr(query + 1).starts_with("socket=")) {
      return wrong;
    }
    parts.socket = rest.substr(query + 8);
    rest = rest.substr(0, query);
  }
  const std::size_t slash = rest.find('/');
  const std::size_t at = rest.substr(0, slash).rfind('@');
  if (slash == std::string_view::npos || at == std::string_view::npos || slash + 1 == rest.size()) {
    return wrong;
  }
  parts.user = rest.substr(0, at);
  parts.database = rest.substr(slash + 1);
  std::string_view host = rest.substr(at + 1, slash - at - 1);
  if (const std::size_t colon = host.rfind(':'); colon != std::string_view::npos && !host.ends_with(']')) {
    const std::string_view port = host.substr(colon + 1);
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), parts.port);
    if (error != std::errc() || end != port.data() + port.size()) {
      return wrong;
    }
    host = host.substr(0, colon);
  }
  parts.host = host.empty() ? "localhost" : host;
  return parts;
}

/// One connection, closed with the object. One thread. The library never waits: it says what for, so that its waits all
/// together have one end.
class Session {
 public:
  Session(const Driver& driver, const SqlQuery& query, const std::stop_token& stop)
      : my_(driver), query_(query), deadline_(query), stop_(stop), connection_(driver.init(nullptr)) {}

  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  Session(Session&&) = delete;
  Session& operator=(Session&&) = delete;

  ~Session() {
    if (is_given_up()) {
      ::shutdown(my_.socket(connection_), SHUT_RDWR);  // else saying goodbye could take long too
    }
    my_.close(connection_);
  }

  Result<void> connect(const SqlAddress& address, const Parts& parts) {
    const unsigned no = 0;
    my_.options(connection_, MYSQL_OPT_LOCAL_INFILE, &no);
    my_.options(connection_, MYSQL_OPT_CONNECT_TIMEOUT, &kConnectSeconds);
    if (my_.options(connection_, MYSQL_OPT_NONBLOCK, &kStackBytes) != 0) {
      return fail(ErrorKind::kUnavailable, "there is no memory for another connection");
    }
    my_.options(connection_, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    const bool is_local = !parts.socket.empty() || parts.host == "localhost" || parts.host.starts_with("127.");
    if (!is_local) {
      const my_bool yes = 1;
      const std::string authorities = address.ca_file.empty() ? "/etc/ssl/certs/ca-certificates.crt" : address.ca_file;
      my_.options(connection_, MYSQL_OPT_SSL_ENFORCE, &yes);
      my_.options(connection_, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &yes);
      my_.options(connection_, MYSQL_OPT_SSL_CA, authorities.c_str());
    }
    // No flag: several statements in one text are then refused by the server.
    MYSQL* connected = nullptr;
    go_on(my_.connect_start(&connected,
                            connection_,
                            parts.host.c_str(),
                            parts.user.c_str(),
                            address.password.reveal().c_str(),
                            parts.database.c_str(),
                            parts.port,
                            parts.socket.empty() ? nullptr : parts.socket.c_str(),
                            0),
          [&](int events) { return my_.connect_on(&connected, connection_, events); });
    if (connected == nullptr) {
      return is_given_up() ? given_up("the database did not answer in time") : fail(ErrorKind::kUnavailable, said());
    }
    deadline_.connected();
    return {};
  }

  Result<SqlTable> run(const std::string& text) {
    int failed = 0;
    go_on(my_.query_start(&failed, connection_, text.data(), text.size()),
          [&](int events) { return my_.query_on(&failed, connection_, events); });
    if (failed != 0) {
      return trouble();
    }
    SqlTable table;
    MYSQL_RES* result = my_.use_result(connection_);
    if (result == nullptr) {
      return my_.error_number(connection_) == 0 ? Result<SqlTable>(table) : Result<SqlTable>(trouble());
    }
    const unsigned columns = my_.num_fields(result);
    const MYSQL_FIELD* fields = my_.fetch_fields(result);
    for (unsigned i = 0; i < columns; ++i) {
      table.columns.emplace_back(fields[i].name);
    }
    SqlBudget budget(query_);
    while (MYSQL_ROW row = next_row(result)) {
      const unsigned long* lengths = my_.fetch_lengths(result);
      auto& cells = table.rows.emplace_back();
      std::size_t bytes = 0;
      for (unsigned i = 0; i < columns; ++i) {
        cells.push_back(row[i] == nullptr ? std::nullopt : std::optional(std::string(row[i], lengths[i])));
        bytes += lengths[i];
      }
      if (const auto counted = budget.add_row(bytes); !counted) {
        ::shutdown(my_.socket(connection_), SHUT_RDWR);  // else all that is left would have to be read
        my_.free_result(result);
        return tl::unexpected(counted.error());
      }
    }
    Result<SqlTable> answer =
        my_.error_number(connection_) == 0 ? Result<SqlTable>(std::move(table)) : Result<SqlTable>(trouble());
    if (!answer) {
      ::shutdown(my_.socket(connection_), SHUT_RDWR);
    }
    my_.free_result(result);
    return answer;
  }

  /// Of the last statement, as the server counts them.
  [[nodiscard]] unsigned error_number() const { return my_.error_number(connection_); }

 private:
  /// Goes on with what the library has begun until it says that it is done, well or not.
  template <class Next>
  void go_on(int awaited, const Next& next) {
    while (awaited != 0) {
      awaited = next(look(awaited));
    }
  }

  /// What has come of what the library waits for. Without any more time, or when asked to stop, it is told that its own
  /// patience is at an end, which it takes for a broken connection.
  int look(int awaited) const {
    const unsigned patience = (awaited & MYSQL_WAIT_TIMEOUT) != 0 ? my_.patience_ms(connection_) : 0;
    pollfd wait{static_cast<int>(my_.socket(connection_)), 0, 0};
    wait.events |= (awaited & MYSQL_WAIT_READ) != 0 ? POLLIN : 0;
    wait.events |= (awaited & MYSQL_WAIT_WRITE) != 0 ? POLLOUT : 0;
    wait.events |= (awaited & MYSQL_WAIT_EXCEPT) != 0 ? POLLPRI : 0;
    for (unsigned waited = 0; !is_given_up() && (patience == 0 || waited < patience); waited += kLookMs) {
      if (::poll(&wait, 1, kLookMs) > 0) {
        const bool is_broken = (wait.revents & (POLLERR | POLLHUP)) != 0;  // which reading or writing then finds out
        return is_broken ? awaited & ~MYSQL_WAIT_TIMEOUT
                         : ((wait.revents & POLLIN) != 0 ? MYSQL_WAIT_READ : 0) |
                               ((wait.revents & POLLOUT) != 0 ? MYSQL_WAIT_WRITE : 0) |
                               ((wait.revents & POLLPRI) != 0 ? MYSQL_WAIT_EXCEPT : 0);
      }
    }
    return MYSQL_WAIT_TIMEOUT;
  }

  MYSQL_ROW next_row(MYSQL_RES* result) {
    MYSQL_ROW row = nullptr;
    go_on(my_.fetch_row_start(&row, result), [&](int events) { return my_.fetch_row_on(&row, result, events); });
    return row;
  }

  [[nodiscard]] bool is_given_up() const { return stop_.stop_requested() || deadline_.is_over(); }

  [[nodiscard]] tl::unexpected<Error> given_up(const char* late) const {
    return stop_.stop_requested() ? fail(ErrorKind::kStopped, "the query was stopped")
                                  : fail(ErrorKind::kTimeout, late);
  }

  [[nodiscard]] std::string said() const { return printable(my_.error(connection_), 500); }

  tl::unexpected<Error> trouble() {
    if (is_given_up()) {
      return given_up("the database does not answer any more");
    }
    const unsigned number = my_.error_number(connection_);
    constexpr unsigned kTimedOut = 1969;     // MariaDB's max_statement_time
    constexpr unsigned kTimedOutToo = 3024;  // MySQL's max_execution_time
    if (number == kTimedOut || number == kTimedOutToo) {
      return fail(ErrorKind::kTimeout, "the query takes too long: give it an index, or a shorter window");
    }
    constexpr unsigned kFirstOfTheClient = 2000;
    const bool is_lost = number >= kFirstOfTheClient && number < kFirstOfTheClient + 100;
    return fail(is_lost ? ErrorKind::kUnavailable : ErrorKind::kInvalid,
                said() + (number == kDuplicateStatement ? " (the query is one SELECT)" : ""));
  }

  const Driver& my_;
  const SqlQuery& query_;
  SqlDeadline deadline_;
  const std::stop_token& stop_;
  MYSQL* connection_;
};

Result<void> require_few_rights(Session& session, const std::string& user) {
  const SqlTable grants = KPI_TRY(session.run("SHOW GRANTS"));
  for (const auto& row : grants.rows) {
    const std::string grant = row.empty() ? "" : row.front().value_or("");
    const bool is_global = grant.find(" ON *.* ") != std::string::npos;
    const std::string_view rights = std::string_view(grant).substr(0, grant.find(" ON "));
    for (const std::string_view right : {"ALL PRIVILEGES", "FILE", "SUPER", "INSERT", "UPDATE", "DELETE", "DROP"}) {
      if (is_global && rights.find(right) != std::string_view::npos) {
        return fail(ErrorKind::kInvalid,
                    "the database user " + printable(user) + " may do more than read (" + std::string(right) +
                        "): give kpid a user of its own that may only SELECT");
      }
    }
  }
  return {};
}

/// As the server's sql_mode has it.
Result<SqlQuoting> quoting_of(Session& session) {
  const SqlTable answer = KPI_TRY(session.run("SELECT @@sql_mode"));
  const std::string mode = answer.rows.empty() ? "" : answer.rows.front().front().value_or("");
  SqlQuoting quoting = kMysqlQuoting;
  quoting.escapes_single = mode.find("NO_BACKSLASH_ESCAPES") == std::string::npos;
  quoting.escapes_double = quoting.escapes_single && mode.find("ANSI_QUOTES") == std::string::npos;
  return quoting;
}

/// Columns of the type TIMESTAMP, now() and what a local time is held against are then in the source's zone.
Result<void> set_zone(Session& session, const std::string& zone) {
  if (zone.empty()) {
    return {};
  }
  const auto set = session.run("SET time_zone = '" + zone + "'");
  if (set || session.error_number() != kUnknownZone) {
    return set ? Result<void>() : tl::unexpected(set.error());
  }
  if (zone == "UTC" || zone == "Etc/UTC") {  // which needs no table of zones
    KPI_TRY(session.run("SET time_zone = '+00:00'"));
    return {};
  }
  return fail(ErrorKind::kInvalid,
              "the server does not know the time zone " + printable(zone) +
                  ": load its zones: mysql_tzinfo_to_sql /usr/share/zoneinfo | mysql -u root mysql");
}

}  // namespace

Result<SqlTable> query_mysql(const SqlAddress& address, const SqlQuery& query, const std::stop_token& stop) {
  static const Result<Driver> kDriver = load();
  if (!kDriver) {
    return tl::unexpected(kDriver.error());
  }
  const Parts parts = KPI_TRY(parse(address.url));
  Session session(*kDriver, query, stop);
  KPI_TRY(session.connect(address, parts));
  KPI_TRY(require_few_rights(session, parts.user));
  // The two are dates and times: digits and signs. As variables of the session they are values, never text.
  const SqlQuoting quoting = KPI_TRY(quoting_of(session));
  KPI_TRY(set_zone(session, query.timezone));
  const BoundQuery bound = KPI_TRY(with_parameters(query.text, quoting, {"@kpid_from", "@kpid_to"}));
  KPI_TRY(session.run("SET @kpid_from = '" + query.from + "', @kpid_to = '" + query.to + "'"));
  const std::string seconds = std::to_string(std::max<std::int64_t>(1, query.timeout.count() / 1000));
  if (!session.run("SET SESSION max_statement_time = " + seconds)) {
    KPI_TRY(session.run("SET SESSION max_execution_time = " + seconds + "000"));
  }
  KPI_TRY(session.run("START TRANSACTION READ ONLY"));
  return session.run(bound.text);
}

}  // namespace kpi
