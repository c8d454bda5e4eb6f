#include "daemon/cli/owner.hpp"
#include "daemon/cli/reading.hpp"
#include "daemon/cli/verbs.hpp"
#include "daemon/review/csv_cells.hpp"
#include "rules/base/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <ostream>
#include <set>

namespace kpi {
namespace {

using nlohmann::ordered_json;

/// What is asked for.
struct Wanted {
  std::string name;
  const Kpi* kpi = nullptr;  ///< Null: not configured any more, known to the history only.
  Zone zone;
  std::optional<Labels> segment;
  std::optional<Instant> from;
  std::optional<Instant> to;
  bool as_json = false;
  std::set<std::string> labels;  ///< Of its segments: a column each.
};

bool is_wanted(const Wanted& wanted, const Period& period) {
  return (!wanted.from || period.start >= *wanted.from) && (!wanted.to || period.start < *wanted.to);
}

/// "2026-03-31", or with the time of day where periods are shorter than a day.
std::string date_of(const Wanted& wanted, const Period& period) {
  constexpr std::chrono::hours kShortestDay{22};  // the clock moves by two hours at the most
  const std::string text = local_text(period.start, wanted.zone);
  return period.end - period.start >= kShortestDay ? text.substr(0, 10) : text;
}

std::string csv_head(const Wanted& wanted) {
  std::string line = "period_start,period_end,date";
  for (const std::string& label : wanted.labels) {
    line += "," + csv_cell("segment_" + label);
  }
  return line + ",value,limit,verdict,severity,state,reason,target_goal,target_expected,target_status,judged_at\r\n";
}

std::string csv_line(const Wanted& wanted, const KpiVerdict& verdict) {
  const VerdictRow& row = verdict.row;
  const bool has_target = !std::isnan(row.goal);
  std::vector<std::string> cells{rfc3339(row.period.start), rfc3339(row.period.end), date_of(wanted, row.period)};
  for (const std::string& label : wanted.labels) {
    cells.push_back(csv_cell(label_value(verdict.segment, label)));
  }
  cells.push_back(csv_cell(row.value));
  cells.push_back(csv_cell(row.limit));
  cells.emplace_back(name_of(row.verdict));
  cells.emplace_back(row.severity == Severity::kNone ? "" : name_of(row.severity));
  cells.emplace_back(name_of(row.state));
  cells.emplace_back(row.reason == Reason::kNone ? "" : name_of(row.reason));
  cells.push_back(csv_cell(row.goal));
  cells.push_back(csv_cell(row.expected));
  cells.emplace_back(has_target ? name_of(row.target_status) : "");
  cells.push_back(rfc3339(verdict.judged_at));
  return join(cells, ",") + "\r\n";
}

ordered_json number_or_null(double number) {
  return std::isfinite(number) ? ordered_json(number) : ordered_json(nullptr);
}

std::string text_of(const ordered_json& json) {
  return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

std::string json_row(const Wanted& wanted, const KpiVerdict& verdict) {
  const VerdictRow& row = verdict.row;
  ordered_json segment = ordered_json::object();
  for (const auto& [name, value] : verdict.segment) {
    segment[name] = value;
  }
  ordered_json target = nullptr;
  if (!std::isnan(row.goal)) {
    target = {{"goal", row.goal}, {"expected", number_or_null(row.expected)}, {"status", name_of(row.target_status)}};
  }
  const ordered_json json{
      {"period", {{"start", rfc3339(row.period.start)}, {"end", rfc3339(row.period.end)}}},
      {"date", date_of(wanted, row.period)},
      {"segment", segment},
      {"value", number_or_null(row.value)},
      {"limit", number_or_null(row.limit)},
      {"verdict", name_of(row.verdict)},
      {"severity", row.severity == Severity::kNone ? ordered_json(nullptr) : ordered_json(name_of(row.severity))},
      {"state", name_of(row.state)},
      {"reason", row.reason == Reason::kNone ? ordered_json(nullptr) : ordered_json(name_of(row.reason))},
      {"target", target},
      {"judged_at", rfc3339(verdict.judged_at)}};
  return text_of(json);
}

struct Export {
  std::string text;
  std::size_t rows = 0;
};

Result<Export> read_export(const Wanted& wanted, HistoryReader& reader) {
  Export result;
  if (wanted.as_json) {
    const bool is_configured = wanted.kpi != nullptr;
    const ordered_json title = is_configured ? ordered_json(wanted.kpi->title) : ordered_json(nullptr);
    const ordered_json unit = is_configured ? ordered_json(wanted.kpi->unit.text()) : ordered_json(nullptr);
    result.text = "{\"kpi\": " + text_of(wanted.name) + ", \"title\": " + text_of(title) +
                  ", \"unit\": " + text_of(unit) + ", \"rows\": [";
  } else {
    result.text = csv_head(wanted);
  }
  VerdictFilter filter{wanted.name, wanted.segment};
  // Slots of days lie within a day or so of the instants they begin at; is_wanted() looks closely.
  if (wanted.from) {
    filter.from = Slot{wanted.from->time_since_epoch().count() - 2 * kDayMs};
  }
  if (wanted.to) {
    filter.to = Slot{wanted.to->time_since_epoch().count() + 2 * kDayMs};
  }
  const auto read = reader.verdicts(filter, [&](const KpiVerdict& verdict) {
    if (!is_wanted(wanted, verdict.row.period)) {
      return;
    }
    if (wanted.as_json) {
      result.text += (result.rows == 0 ? "\n" : ",\n") + json_row(wanted, verdict);
    } else {
      result.text += csv_line(wanted, verdict);
    }
    ++result.rows;
  });
  const bool is_of_segment = wanted.segment && !wanted.segment->empty();
  if (!read && (read.error().kind != ErrorKind::kNotFound || wanted.kpi == nullptr || is_of_segment)) {
    return tl::unexpected(read.error());
  }  // else it is configured, and nothing was judged yet
  if (wanted.as_json) {
    result.text += "\n]}\n";
  }
  return result;
}

/// Reads --from or --to. False: it was complained of.
bool read_time(const Arguments& arguments, const char* name, const Zone& zone, std::optional<Instant>& time, Io& io) {
  if (!arguments.has(name)) {
    return true;
  }
  time = parse_time(arguments.text(name), zone);
  if (!time) {
    complain(
        io,
        kExitUsage,
        "--" + std::string(name) + " wants a date such as 2026-03-31, got \"" + printable(arguments.text(name)) + "\"");
  }
  return time.has_value();
}

/// What the command line asks for, but for the KPI itself. False: it was complained of.
bool read_wanted(const Arguments& arguments, Wanted& wanted, Io& io) {
  const bool is_named_so = arguments.text("out").ends_with(".json");
  const std::string format = arguments.text("format", is_named_so ? "json" : "csv");
  wanted.as_json = format == "json";
  if (format != "csv" && format != "json") {
    complain(io, kExitUsage, "--format wants csv or json, got \"" + printable(format) + "\"");
    return false;
  }
  if (arguments.has("segment")) {
    wanted.segment = parse_segment(arguments.text("segment"), wanted.kpi == nullptr ? Kpi{} : *wanted.kpi);
    if (!wanted.segment) {
      complain(
          io,
          kExitUsage,
          "--segment wants labels such as country=SE, or total, got \"" + printable(arguments.text("segment")) + "\"");
      return false;
    }
  }
  if (!read_time(arguments, "from", wanted.zone, wanted.from, io) ||
      !read_time(arguments, "to", wanted.zone, wanted.to, io)) {
    return false;
  }
  if (wanted.from && wanted.to && *wanted.from >= *wanted.to) {
    complain(io, kExitUsage, "--from must lie before --to, which is the first that is left out");
    return false;
  }
  return true;
}

int write_export(const Arguments& arguments, const Wanted& wanted, HistoryReader& reader, Io& io) {
  const auto found = read_export(wanted, reader);
  if (!found) {
    const bool is_segment = found.error().kind == ErrorKind::kNotFound && wanted.segment && !wanted.segment->empty();
    return complain(io, is_segment ? kExitUsage : kExitFailed, found.error().message);
  }
  const std::string path = out_file(arguments);
  if (path.empty() || io.config != nullptr) {  // the daemon writes no file for others
    io.out << found->text;
    return kExitFine;
  }
  if (const auto written = write_whole(path, found->text); !written) {
    return complain(io, kExitFailed, written.error().message);
  }
  io.out << path << ": " << counted(found->rows, "row") << "\n";
  return kExitFine;
}

/// Of the KPIs that are configured, and of those that only the history still has.
std::vector<std::string> known_names(const Config& config, const Result<std::unique_ptr<HistoryReader>>& reader) {
  std::vector<std::string> names = kpi_names(config);
  const auto lines = reader ? (*reader)->lines() : Result<std::vector<LineRow>>();
  for (const LineRow& line : lines.value_or(std::vector<LineRow>{})) {
    names.push_back(line.kpi);
  }
  return names;
}

int history_export(const Arguments& arguments, Io& io) {
  const auto config = load_or_last_good(arguments, Secrets::kChecked, io);
  if (!config) {
    return kExitNo;
  }
  Wanted wanted;
  wanted.name = arguments.text("kpi");
  wanted.kpi = config->rules.find(wanted.name);
  wanted.zone = wanted.kpi == nullptr ? config->zone : wanted.kpi->zone;
  if (const auto code = run_by_owner("history export", arguments, *config, io)) {
    return *code;
  }
  auto reader = open_history_reader(config->history);
  const auto segments = reader ? (*reader)->segments(wanted.name) : Result<std::vector<Labels>>();
  const bool is_absent = !segments && segments.error().kind == ErrorKind::kNotFound;
  if (wanted.kpi == nullptr && (!reader || is_absent)) {
    return complain(io, kExitUsage, unknown_kpi_text(wanted.name, known_names(*config, reader)));
  }
  if (!read_wanted(arguments, wanted, io)) {
    return kExitUsage;
  }
  if (!reader || (!segments && !is_absent)) {
    return complain(io, kExitFailed, reader ? segments.error().message : reader.error().message);
  }
  for (const Labels& segment : segments.value_or(std::vector<Labels>{})) {
    for (const auto& [label, value] : segment) {
      wanted.labels.insert(label);
    }
  }
  if (is_absent) {
    for (const std::vector<std::string>& split : wanted.kpi->split_by) {
      wanted.labels.insert(split.begin(), split.end());
    }
  }
  return write_export(arguments, wanted, **reader, io);
}

}  // namespace

Command history_export_command() {
  return {"history export",
          "every judged period of a KPI as CSV or JSON",
          "kpid history export revenue --from 2026-01-01 --out revenue.csv    this year's, for a spreadsheet\n"
          "kpid history export conversion_rate --segment SE --format json     one segment, for a program",
          {config_argument(),
           {"kpi", "KPI", "which KPI, one that is not configured any more too", true, false, true},
           {"segment", "SEGMENT", "only this one: SE, country=SE, or total"},
           {"from", "DATE", "periods that begin on this day or later"},
           {"to", "DATE", "periods that begin before this day"},
           {"format", "FORMAT", "csv (default) or json; else as --out ends"},
           {"out", "FILE", "write there instead of on standard output (-)"}},
          history_export};
}

}  // namespace kpi
