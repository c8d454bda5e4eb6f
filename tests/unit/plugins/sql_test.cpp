// The sql source over SQLite: what it reads, and what no query may do (T18). PostgreSQL and MariaDB are asked in
// tests/e2e/sql_test.py.

#include "plugins/sql.hpp"

#include "plugins/sql_query.hpp"
#include "tests/unit/plugins/csv_source.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

namespace kpi {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the tests' own words

using Lines = std::vector<std::string>;

class Sql : public ::testing::Test {
 protected:
  Sql() {
    std::string name = std::filesystem::temp_directory_path() / "kpid-sql-XXXXXX";
    folder_ = ::mkdtemp(name.data());
    path_ = folder_ + "/crm.db";
    run("CREATE TABLE lead(created TEXT, country TEXT, amount REAL);"
        "INSERT INTO lead VALUES('2026-03-01 10:00', 'Sverige', 10.5), ('2026-03-01 11:00', 'SE', 2),"
        "('2026-03-02 10:00', 'DK', NULL), ('2026-03-14 23:00', 'SE', 7), ('2026-03-15 05:00', 'SE', 1);");
  }

  ~Sql() override { std::filesystem::remove_all(folder_); }

  void run(const char* text) {
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(path_.c_str(), &db), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(db, text, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
    sqlite3_close(db);
  }

  SourceSettings settings(std::string query) {
    SourceSettings settings;
    settings.name = "crm";
    settings.grain = grain("day");
    settings.options["database"] = given("sqlite:" + path_);
    settings.options["query"] = given(std::move(query));
    settings.options["timeout"] = given("60000");
    settings.options["reread"] = given(std::to_string(7 * kDayMs));
    settings.metrics = {metric("leads")};
    return settings;
  }

  static Result<Poll> poll(const SourceSettings& settings,
                           std::string cursor = "",
                           std::string_view now = "2026-03-15T06:00:00Z",
                           std::optional<Slot> since = {}) {
    Diagnostics diagnostics;
    const auto source = sql_plugin().create(settings, diagnostics);
    if (source == nullptr) {
      return fail(ErrorKind::kInvalid, diagnostics.text());
    }
    MemoryHost host;
    PollRequest request;
    request.now = *parse_rfc3339(now);
    request.cursor = std::move(cursor);
    request.from = since;
    return source->poll(request, host, {});
  }

  static Lines lines(const SourceSettings& settings, std::string cursor = "") {
    const auto polled = poll(settings, std::move(cursor));
    return polled ? samples_of(*polled, settings) : Lines{polled.error().message};
  }

  std::string folder_;
  std::string path_;
};

constexpr const char* kLeads =
    "SELECT date(created) AS date, country, count(*) AS leads, sum(amount) AS worth FROM lead "
    "WHERE created >= :from AND created < :to GROUP BY 1, 2";

TEST_F(Sql, HidesASecretOfTheQueryThatTheEngineSaysBack) {
  for (const char* text : {"host=x password=s3cretvalue", "postgresql://kpi:s3cretvalue@db.example.com/crm"}) {
    const auto polled =
        poll(settings("SELECT created AS date, amount AS leads FROM lead WHERE country '" + std::string(text) + "'"));
    ASSERT_FALSE(polled.has_value()) << text;
    EXPECT_EQ(polled.error().message.find("s3cretvalue"), std::string::npos) << polled.error().message;
    EXPECT_NE(polled.error().message.find("***"), std::string::npos) << polled.error().message;
  }
}

TEST_F(Sql, ReadsRowsOfTheDaysThatHaveEnded) {
  SourceSettings leads = settings(kLeads);
  leads.labels = {label("country", "country", {{"Sverige", "SE"}})};
  leads.metrics = {metric("leads"), metric("revenue", MetricKind::kFlow, "worth")};
  EXPECT_EQ(lines(leads),
            (Lines{"2026-03-01 leads{country=SE} 2",
                   "2026-03-01 revenue{country=SE} 12.5",
                   "2026-03-02 leads{country=DK} 1",
                   "2026-03-02 revenue{country=DK} null",
                   "2026-03-14 leads{country=SE} 1",
                   "2026-03-14 revenue{country=SE} 7"}));
}

TEST_F(Sql, ReadsAWindowOnceEverythingWasRead) {
  const auto first = poll(settings(kLeads));
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(first->remarks, (Lines{"asked for 1970-01-01 to 2026-03-15, 4 rows"}));
  const auto second = poll(settings(kLeads), first->cursor);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->remarks, (Lines{"asked for 2026-03-08 to 2026-03-15, 1 row"}));
}

TEST_F(Sql, ReadsWhatCameWhileTheDatabaseWasAway) {
  const auto first = poll(settings(kLeads), "", "2026-03-01T06:00:00Z");
  ASSERT_TRUE(first) << first.error().message;
  const SourceSettings leads = settings(kLeads);
  const auto back = poll(leads, first->cursor);
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(samples_of(*back, leads), (Lines{"2026-03-01 leads 2", "2026-03-02 leads 1", "2026-03-14 leads 1"}));
  EXPECT_EQ(back->remarks, (Lines{"asked for 2026-02-22 to 2026-03-15, 4 rows"}));
  // A clock that was set back asks for no less.
  const auto early = poll(leads, back->cursor, "2026-03-10T06:00:00Z");
  ASSERT_TRUE(early);
  EXPECT_EQ(early->remarks, (Lines{"asked for 2026-03-03 to 2026-03-10, 0 rows"}));
  const auto bounded = poll(leads, first->cursor, "2026-03-15T06:00:00Z", slot_of(*parse_date("2026-03-01")));
  ASSERT_TRUE(bounded);
  EXPECT_EQ(bounded->remarks, (Lines{"asked for 2026-03-01 to 2026-03-15, 4 rows"}));
}

/// A server that begins as the protocol wants and then says one byte at a time, for as long as it is listened to.
class SlowServer {
 public:
  SlowServer(std::string begin, std::function<void()> begun) : listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listener_, 1), 0);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    host_ = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    thread_ = std::thread([this, begin = std::move(begin), begun = std::move(begun)] {
      const int client = ::accept(listener_, nullptr, nullptr);
      ::send(client, begin.data(), begin.size(), MSG_NOSIGNAL);
      begun();
      pollfd end{client, POLLRDHUP, 0};
      while (::poll(&end, 1, 10) == 0 && ::send(client, "\1", 1, MSG_NOSIGNAL) == 1) {
      }
      ::close(client);
    });
  }

  SlowServer(const SlowServer&) = delete;
  SlowServer& operator=(const SlowServer&) = delete;
  SlowServer(SlowServer&&) = delete;
  SlowServer& operator=(SlowServer&&) = delete;

  ~SlowServer() {
    thread_.join();
    ::close(listener_);
  }

  [[nodiscard]] const std::string& host() const { return host_; }

 private:
  int listener_;
  std::string host_;
  std::thread thread_;
};

/// However little comes at a time: each byte is in time, all of them never are.
TEST_F(Sql, GivesUpAServerThatNeverComesToAnEnd) {
  using Ask = Result<SqlTable> (*)(const SqlAddress&, const SqlQuery&, const std::stop_token&);
  const std::string no_tls_then_a_long_message("NR\0\0\x07\xd0", 6);
  for (const auto& [scheme, ask, begin] : {std::tuple<std::string, Ask, std::string>{"mysql", query_mysql, ""},
                                           {"postgresql", query_postgresql, no_tls_then_a_long_message}}) {
    SqlQuery query;
    query.text = "SELECT 1";
    query.grace = std::chrono::milliseconds{0};
    query.timeout = std::chrono::milliseconds{300};
    const auto error = [&](const std::function<void()>& begun, const std::stop_token& stop) {
      const SlowServer server(begin, begun);
      return ask({scheme + "://kpi@" + server.host() + "/crm", Secret(std::string("x")), ""}, query, stop).error();
    };
    EXPECT_EQ(error([] {}, {}), (Error{ErrorKind::kTimeout, "the database did not answer in time"})) << scheme;
    query.timeout = std::chrono::hours{1};
    std::stop_source stop;
    EXPECT_EQ(error([&] { stop.request_stop(); }, stop.get_token()),
              (Error{ErrorKind::kStopped, "the query was stopped"}))
        << scheme;
  }
}

TEST_F(Sql, SaysWhatTheQueryLacks) {
  EXPECT_EQ(lines(settings("SELECT created AS date, amount AS lead FROM lead")),
            (Lines{path_ + ": the query gives no column \"leads\" for metric leads; did you mean \"lead\"?"}));
  EXPECT_EQ(lines(settings("SELECT 1 AS leads")),
            (Lines{path_ + ": the query gives no column date, Date or day: write … AS date, or date.column"}));
  EXPECT_EQ(lines(settings("SELECT * FROM leads")), (Lines{path_ + ": no such table: leads"}));
  EXPECT_EQ(lines(settings("SELECT :since AS leads")),
            (Lines{"error: the query has a parameter :since; there are :from and :to\n"}));
  EXPECT_EQ(lines(settings("DELETE FROM lead")),
            (Lines{"error: the query does not begin with SELECT or WITH\n  help: a source only reads\n"}));
}

/// What SQLite would do for a query that a source must not ask. Nothing is written, no file appears.
TEST_F(Sql, CanOnlyRead) {
  const SqlAddress address{path_, {}, ""};
  const std::string other = folder_ + "/other.db";
  const Lines forbidden{"INSERT INTO lead VALUES('x', 'x', 1)",
                        "DELETE FROM lead",
                        "DROP TABLE lead",
                        "VACUUM INTO '" + other + "'",
                        "ATTACH '" + other + "' AS other",
                        "PRAGMA user_version = 7",
                        "PRAGMA journal_mode = WAL",
                        "BEGIN IMMEDIATE",
                        "SELECT 1; DELETE FROM lead",
                        "SELECT load_extension('/tmp/x.so')",
                        "WITH x AS (SELECT 1) DELETE FROM lead",

                        "REINDEX",
                        "ANALYZE",
                        "CREATE TEMP TABLE x(y)",
                        "SELECT * FROM pragma_database_list",
                        "SELECT writefile('" + other + "', 'x')",
                        "SELECT 1; SELECT 2"};
  for (const std::string& text : forbidden) {
    SqlQuery query;
    query.text = text;
    EXPECT_FALSE(query_sqlite(address, query, {})) << text;
  }
  SqlQuery count;
  count.text = "SELECT count(*) FROM lead; -- that is all";
  const auto rows = query_sqlite(address, count, {});
  ASSERT_TRUE(rows) << rows.error().message;
  EXPECT_EQ(rows->rows[0][0], "5");
  EXPECT_FALSE(std::filesystem::exists(other));
  EXPECT_FALSE(std::filesystem::exists(path_ + "-wal"));
}

TEST_F(Sql, EndsWhatDoesNotEnd) {
  const SqlAddress address{path_, {}, ""};
  SqlQuery query;
  query.text = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n";
  query.timeout = std::chrono::milliseconds{20};
  EXPECT_EQ(query_sqlite(address, query, {}).error(),
            (Error{ErrorKind::kTimeout, "the query takes too long: give it an index, or a shorter window"}));
  query.timeout = std::chrono::hours{1};
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(query_sqlite(address, query, stop.get_token()).error(),
            (Error{ErrorKind::kStopped, "the query was stopped"}));
  query.text = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n";
  query.max_rows = 100;
  EXPECT_EQ(
      query_sqlite(address, query, {}).error(),
      (Error{ErrorKind::kInvalid, "the query gives more than 100 rows: group by day in it, and use :from and :to"}));
}

/// SQLite calls itself for each wildcard of a pattern, on the small stack of a poll.
TEST_F(Sql, RefusesAPatternThatIsTooLong) {
  SqlQuery query;
  query.text = "SELECT 'x' LIKE printf('%.*c', 2000, '%')";
  const Error error = query_sqlite({path_, {}, ""}, query, {}).error();
  EXPECT_EQ(error, (Error{ErrorKind::kInvalid, "LIKE or GLOB pattern too complex"}));
}

TEST_F(Sql, TakesNoParameterThatNobodyBinds) {
  EXPECT_EQ(lines(settings("SELECT created AS date, 1 AS leads FROM lead WHERE created >= @from AND created < :to")),
            (Lines{"error: the query uses one of :from and :to: write both, or neither\n"}));
  EXPECT_EQ(lines(settings("SELECT created AS date, 1 AS leads FROM lead WHERE created >= @from")),
            (Lines{path_ + ": the query has a parameter @from; there are :from and :to"}));
  EXPECT_EQ(lines(settings("SELECT created AS date, 1 AS leads FROM lead WHERE created >= :from AND created < :to "
                           "AND country = ?")),
            (Lines{path_ + ": the query has a parameter ?; there are :from and :to"}));
}

TEST_F(Sql, ReadsNoneOfTwoColumnsWithOneName) {
  EXPECT_EQ(lines(settings("SELECT '2026-03-01' AS date, 1 AS leads, 2 AS leads")),
            (Lines{path_ + ": the query gives two columns \"leads\", and metric leads may be either: name one "
                           "otherwise (AS)"}));
  EXPECT_EQ(lines(settings("SELECT '2026-03-01' AS date, '2026-03-02' AS date, 2 AS leads")),
            (Lines{path_ + ": the query gives two columns \"date\", and the date may be either: name one otherwise "
                           "(AS)"}));
  EXPECT_EQ(lines(settings("SELECT '2026-03-01' AS date, 1 AS id, 2 AS id, 3 AS leads")),
            (Lines{"2026-03-01 leads 3"}));
}

/// A backslash is a letter to SQLite, and [a name] has no end but its bracket.
TEST_F(Sql, TellsOfWhatIsNoNumber) {
  const std::string query = "SELECT '2026-03-01' AS date, 'NaN' AS leads UNION ALL SELECT '2026-03-02', NULL";
  const auto polled = poll(settings(query));
  ASSERT_TRUE(polled);
  EXPECT_EQ(samples_of(*polled, settings(query)), (Lines{"2026-03-01 leads null", "2026-03-02 leads null"}));
  EXPECT_EQ(problems_of(*polled),
            (Lines{"row 1, column leads: NaN is no value: let the query give a number, or NULL"}));
}

TEST_F(Sql, ReadsTextsAsSqliteDoes) {
  EXPECT_EQ(lines(settings("SELECT '2026-03-01' AS date, length('it''s :from \\') AS leads, ':to' AS [a :to] "
                           "WHERE :from < '2026' AND :to > '2026'")),
            (Lines{"2026-03-01 leads 12"}));
}

}  // namespace
}  // namespace kpi
