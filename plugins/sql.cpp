#include "plugins/sql.hpp"

#include "plugins/http/credential_desk.hpp"
#include "plugins/network.hpp"
#include "plugins/row_reader.hpp"
#include "plugins/sql_query.hpp"
#include "plugins/sql_quoting.hpp"
#include "rules/base/redact.hpp"
#include "rules/base/secret_words.hpp"
#include "rules/base/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

namespace kpi {
namespace {

using Ask = Result<SqlTable> (*)(const SqlAddress&, const SqlQuery&, const std::stop_token&);

struct Engine {
  std::string_view scheme;
  Ask ask;
  const SqlQuoting& quoting;
};

constexpr std::array<Engine, 5> kEngines{{{"sqlite:", query_sqlite, kSqliteQuoting},
                                          {"postgresql:", query_postgresql, kPostgresqlQuoting},
                                          {"postgres:", query_postgresql, kPostgresqlQuoting},
                                          {"mysql:", query_mysql, kMysqlQuoting},
                                          {"mariadb:", query_mysql, kMysqlQuoting}}};
constexpr std::array<std::string_view, 3> kDateColumns{"date", "Date", "day"};
/// What the cursor begins with once everything has been read: from then on a window is enough. The time of that poll
/// follows.
constexpr std::string_view kCursor = "until ";

struct Layout {
  SourceSettings settings;
  SqlAddress address;
  Ask ask = nullptr;
  SqlQuoting quoting;
  std::string query;
  std::string shown;  ///< The database without its user and password.
  std::string date_column;
  DateFormat dates;
  std::chrono::milliseconds timeout{60'000};
  Duration reread{};
  int connections = kMostConnections;
};

/// When the last poll that succeeded was: what came while there was none is still to be read.
std::optional<Instant> read_until(std::string_view cursor) {
  std::int64_t ms = 0;
  if (!cursor.starts_with(kCursor)) {
    return std::nullopt;
  }
  const auto [end, error] = std::from_chars(cursor.data() + kCursor.size(), cursor.data() + cursor.size(), ms);
  return error == std::errc() ? std::optional(Instant{Duration{ms}}) : std::nullopt;
}

const OptionValue* given(const OptionValues& options, std::string_view key) {
  const auto found = options.find(key);
  return found == options.end() || !found->second.given ? nullptr : &found->second;
}

std::string column_of(const SourceMetric& metric) {
  const OptionValue* column = given(metric.options, "column");
  return column == nullptr ? metric.name : column->text;
}

std::size_t place_of(const std::vector<std::string>& columns, std::string_view name) {
  return static_cast<std::size_t>(std::ranges::find(columns, name) - columns.begin());
}

/// "2026-03-01 06:00:00+01" as PostgreSQL writes it: an offset has minutes elsewhere.
std::string with_minutes(const std::string& text) {
  const bool has_hours_only = text.size() > 19 && (text[text.size() - 3] == '+' || text[text.size() - 3] == '-');
  return has_hours_only ? text + ":00" : text;
}

/// Values that a query names password, token and the like: `password = 'abc'`, within the text of a connection too.
void add_secrets_in_query(std::string_view query, Redactor& redactor) {
  constexpr std::string_view kAround = " \t\r\n'\"`,;&?()";
  for (std::size_t equals = query.find('='); equals != std::string_view::npos; equals = query.find('=', equals + 1)) {
    std::string_view name = trim(query.substr(0, equals));
    name = name.substr(name.find_last_of(kAround) + 1);  // all of it, if there is none
    if (name == "key" || !is_secret_name(name)) {
      continue;
    }
    const std::size_t begin = std::min(query.find_first_not_of(kAround, equals + 1), query.size());
    redactor.add(query.substr(begin, query.find_first_of(kAround, begin) - begin));
  }
  for (const std::string_view word : split(query, '\'')) {
    for (const std::string_view secret : secrets_in_address(word)) {
      redactor.add(secret);
    }
  }
}

class SqlSource final : public Source {
 public:
  explicit SqlSource(Layout layout) : layout_(std::move(layout)) {}

  Result<Poll> poll(const PollRequest& request, Host& host, const std::stop_token& stop) override {
    const SourceSettings& settings = layout_.settings;
    const Slot running = slot_at(request.now, settings.grain, settings.zone, settings.calendar);
    Slot from = request.from ? first_wanted(*request.from, settings.grain, settings.zone) : Slot{0};
    if (const auto until = read_until(request.cursor)) {
      const Instant last = std::min(request.now, *until);
      const Instant back = shift_instant(last, -settings.settle, settings.zone) - layout_.reread;
      from = std::max(from, slot_at(back, settings.grain, settings.zone, settings.calendar));
    }
    from = std::min(from, request.anew_from.value_or(from));
    SqlQuery query;
    query.text = layout_.query;
    query.from = bound(from);
    query.to = bound(settings.grain.unit == Grain::Unit::kInstant ? Slot{running.ms + 1} : running);
    query.timezone = settings.zone.name();
    query.timeout = layout_.timeout;
    const CredentialPlace place =
        KPI_TRY(CredentialPlace::take(host, "sql " + layout_.address.url, layout_.connections, stop));
    const auto table = layout_.ask(layout_.address, query, stop);
    if (!table) {
      // An engine may say the query back, or the address.
      Redactor redactor;
      redactor.add(layout_.address.password.reveal());
      for (const std::string_view secret : secrets_in_address(layout_.address.url)) {
        redactor.add(secret);
      }
      add_secrets_in_query(layout_.query, redactor);
      return fail(table.error().kind, layout_.shown + ": " + redactor.redacted(table.error().message));
    }
    Poll poll = KPI_TRY(read(*table, request));
    poll.whole_from = from;
    poll.whole_until = running;
    if (settings.grain.unit != Grain::Unit::kInstant) {
      // What still runs is not wanted yet, and must not have everything read again.
      std::erase_if(poll.samples, [&](const PolledSample& sample) { return sample.slot >= running; });
    }
    poll.cursor = std::string(kCursor) + std::to_string(request.now.time_since_epoch().count());
    poll.remarks.push_back("asked for " + query.from + " to " + query.to + ", " + counted(table->rows.size(), "row"));
    return poll;
  }

  [[nodiscard]] bool reads_anew() const override { return true; }

 private:
  /// A slot as the query gets it: a date, or a local time for shorter periods.
  [[nodiscard]] std::string bound(Slot slot) const {
    if (layout_.settings.grain.is_civil()) {
      return date_text(date_of(slot));
    }
    const auto local = layout_.settings.zone.to_local(Instant{Duration{slot.ms}});
    const std::string text = rfc3339(Instant{local.time_since_epoch()});
    return text.substr(0, 10) + " " + text.substr(11, 8);
  }

  Result<Poll> read(const SqlTable& table, const PollRequest& request) const {
    const SourceSettings& settings = layout_.settings;
    const std::size_t date = KPI_TRY(date_place(table));
    std::vector<std::size_t> labels;
    for (const SourceLabel& label : settings.labels) {
      labels.push_back(KPI_TRY(place(table, label.column, "label " + label.name)));
    }
    std::vector<std::size_t> metrics;
    for (const SourceMetric& metric : settings.metrics) {
      metrics.push_back(KPI_TRY(place(table, column_of(metric), "metric " + metric.name)));
    }
    const auto where = [&](std::uint64_t row, std::size_t column) {
      return "row " + std::to_string(row + 1) + ", column " + printable(table.columns[column], 64);
    };
    RowReader rows(settings,
                   {.dates = layout_.dates,
                    .numbers = {.thousands = NumberFormat::Thousands::kNone, .is_fixed = true},
                    .is_part = true},
                   request.from,
                   [&](std::uint64_t row, RowReader::Place at) {
                     return where(row,
                                  at.part == RowReader::Place::Part::kDate    ? date
                                  : at.part == RowReader::Place::Part::kLabel ? labels[at.index]
                                                                              : metrics[at.index]);
                   });
    std::vector<std::string_view> label_cells(labels.size());
    std::vector<RowCell> cells(metrics.size());
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
      const auto& values = table.rows[row];
      for (std::size_t i = 0; i < labels.size(); ++i) {
        const auto& cell = values[labels[i]];
        label_cells[i] = cell ? std::string_view(*cell) : std::string_view();
      }
      for (std::size_t i = 0; i < metrics.size(); ++i) {
        const auto& cell = values[metrics[i]];
        cells[i] = cell ? RowCell::of(std::string_view(*cell)) : RowCell{};
        if (cell && to_lower_ascii(*cell) == "nan") {
          rows.tell(row, [&] {
            return RowProblem{where(row, metrics[i]), "NaN is no value: let the query give a number, or NULL"};
          });
        }
      }
      rows.read(row, with_minutes(values[date].value_or("")), label_cells, cells);
    }
    return rows.finish("the answer");
  }

  [[nodiscard]] Result<std::size_t> place(const SqlTable& table,
                                          const std::string& column,
                                          const std::string& purpose) const {
    const std::size_t found = place_of(table.columns, column);
    if (found == table.columns.size()) {
      const std::string near = did_you_mean(column, table.columns);
      return fail(ErrorKind::kInvalid,
                  layout_.shown + ": the query gives no column \"" + printable(column, 64) + "\" for " + purpose +
                      (near.empty() ? "; it gives " + printable(join(table.columns, ", "), 500) : "; " + near));
    }
    if (std::ranges::count(table.columns, column) > 1) {
      return fail(ErrorKind::kInvalid,
                  layout_.shown + ": the query gives two columns \"" + printable(column, 64) + "\", and " + purpose +
                      " may be either: name one otherwise (AS)");
    }
    return found;
  }

  [[nodiscard]] Result<std::size_t> date_place(const SqlTable& table) const {
    if (!layout_.date_column.empty()) {
      return place(table, layout_.date_column, "the date");
    }
    for (const std::string_view usual : kDateColumns) {
      if (place_of(table.columns, usual) < table.columns.size()) {
        return place(table, std::string(usual), "the date");
      }
    }
    return fail(ErrorKind::kInvalid,
                layout_.shown + ": the query gives no column date, Date or day: write … AS date, or date.column");
  }

  Layout layout_;
};

/// A query that cannot read is refused before it is sent: what the engines refuse is said at check already.
void check_query(const Layout& layout, const OptionValue& option, Diagnostics& diagnostics) {
  if (!begins_reading(layout.query, layout.quoting)) {
    diagnostics.error(option.position, "the query does not begin with SELECT or WITH", "a source only reads");
  }
  const auto bound = with_parameters(layout.query, layout.quoting, {"?", "?"});
  SqlQuoting plain = layout.quoting;  // a server may have it so, which only the server can tell
  plain.escapes_single = plain.escapes_double = false;
  if (!bound && !with_parameters(layout.query, plain, {"?", "?"})) {
    diagnostics.error(option.position, bound.error().message);
  }
}

void read_database(Layout& layout, const OptionValue& option, Diagnostics& diagnostics) {
  const std::string& url = option.text;
  const auto* const engine =
      std::ranges::find_if(kEngines, [&](const Engine& known) { return url.starts_with(known.scheme); });
  if (engine == kEngines.end()) {
    diagnostics.error(option.position,
                      "\"" + printable(url.substr(0, url.find(':')), 32) + "\" is no database that kpid knows",
                      "write sqlite:crm.db, postgresql://kpi@db.example.com/crm or mysql://kpi@db.example.com/crm");
    return;
  }
  layout.ask = engine->ask;
  layout.quoting = engine->quoting;
  layout.address.url = url;
  if (engine->scheme == "sqlite:") {
    layout.address.url = url.substr(engine->scheme.size());
    if (!layout.address.url.starts_with('/') && option.position.source != nullptr) {
      const std::string& file = option.position.source->name;
      const std::size_t slash = file.rfind('/');
      layout.address.url = (slash == std::string::npos ? "" : file.substr(0, slash + 1)) + layout.address.url;
    }
    layout.shown = layout.address.url;
    return;
  }
  const std::size_t begin = url.find("://");
  const std::size_t at = url.find('@');
  const std::string_view user = std::string_view(url).substr(0, at == std::string::npos ? 0 : at);
  if (begin == std::string::npos) {
    diagnostics.error(option.position, "a database wants ://", "write postgresql://kpi@db.example.com/crm");
    return;
  }
  if (at != std::string::npos && user.find(':', begin + 3) != std::string_view::npos) {
    diagnostics.error(option.position,
                      "a password in the address is seen by everybody",
                      "write it as password: \"${env:DATABASE_PASSWORD}\"");
  }
  layout.shown = std::string(engine->scheme) + "//" + url.substr(at == std::string::npos ? begin + 3 : at + 1);
  layout.shown = layout.shown.substr(0, layout.shown.find('?'));
}

std::int64_t number_of(const OptionValues& options, std::string_view key) {
  const auto found = options.find(key);
  std::int64_t value = 0;
  if (found != options.end()) {
    const std::string& text = found->second.text;
    std::from_chars(text.data(), text.data() + text.size(), value);
  }
  return value;
}

std::unique_ptr<Source> create_sql(const SourceSettings& settings, Diagnostics& diagnostics) {
  const std::size_t before = diagnostics.items().size();
  Layout layout;
  layout.settings = settings;
  if (const OptionValue* database = given(settings.options, "database")) {
    read_database(layout, *database, diagnostics);
  }
  if (const OptionValue* query = given(settings.options, "query")) {
    layout.query = query->text;
    check_query(layout, *query, diagnostics);
  }
  if (const OptionValue* password = given(settings.options, "password")) {
    layout.address.password = password->secret;
  }
  if (const OptionValue* ca_file = given(settings.options, "ca_file")) {
    layout.address.ca_file = ca_file->text;
  }
  if (const OptionValue* column = given(settings.options, "date.column")) {
    layout.date_column = column->text;
  }
  if (const OptionValue* format = given(settings.options, "date.format")) {
    auto parsed = DateFormat::parse(format->text);
    if (!parsed) {
      diagnostics.error(format->position, parsed.error().message);
    } else {
      layout.dates = *std::move(parsed);
    }
  }
  layout.timeout =
      std::chrono::milliseconds{std::clamp<std::int64_t>(number_of(settings.options, "timeout"), 1000, 3'600'000)};
  layout.reread = Duration{number_of(settings.options, "reread")};
  layout.connections = read_connections(settings.options, diagnostics);
  return diagnostics.items().size() == before && layout.ask != nullptr ? std::make_unique<SqlSource>(std::move(layout))
                                                                       : nullptr;
}

OptionSpec option(std::string key, OptionSpec::Type type, std::string fallback, std::string help) {
  return {.key = std::move(key),
          .type = type,
          .required = false,
          .fallback = std::move(fallback),
          .choices = {},
          .help = std::move(help)};
}

std::vector<OptionSpec> options() {
  using Type = OptionSpec::Type;
  OptionSpec database = option("database",
                               Type::kText,
                               "",
                               "sqlite:FILE, postgresql://USER@HOST/DATABASE or mysql://USER@HOST/DATABASE (MariaDB "
                               "too); the user should be able to do nothing but SELECT.");
  OptionSpec query = option("query",
                            Type::kText,
                            "",
                            "One SELECT with a date, the labels and the metrics as columns; :from and :to are the "
                            "first day wanted and the one after the last.");
  database.required = query.required = true;
  return {std::move(database),
          std::move(query),
          option("password", Type::kSecret, "", "Of the user."),
          option("ca_file",
                 Type::kPath,
                 "",
                 "Certificates to trust instead of the system's; a host that is not this "
                 "machine is always checked."),
          option("timeout", Type::kDuration, "60s", "How long the query may take."),
          connections_option("queries may run at once in one database as one user"),
          option("reread",
                 Type::kDuration,
                 "7 days",
                 "How far back each poll reads again from the last one that succeeded, "
                 "besides settle; the first one reads everything."),
          option("date.column", Type::kText, "", "The column with the date or time; without it, date, Date or day."),
          option("date.format",
                 Type::kText,
                 "%Y-%m-%d",
                 "How dates are written, as for strptime; without it, ISO 8601 "
                 "with or without time and offset.")};
}

}  // namespace

Plugin sql_plugin() {
  return {.name = "sql",
          .help = "A query to SQLite, PostgreSQL, MySQL or MariaDB, which can only read.",
          .options = options(),
          .metric_options = {option("column",
                                    OptionSpec::Type::kText,
                                    "",
                                    "The column with the values; without it, the one named like the metric.")},
          .create = create_sql};
}

}  // namespace kpi
