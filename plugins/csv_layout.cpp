#include "plugins/csv_layout.hpp"

#include "rules/base/text.hpp"

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

namespace kpi {
namespace {

using Thousands = NumberFormat::Thousands;

constexpr std::array kDelimiters{',', ';', '\t', '|'};
constexpr std::array<std::string_view, 3> kDateColumns{"Date", "date", "day"};
constexpr std::array<std::pair<std::string_view, Thousands>, 6> kThousands{{
    {"auto", Thousands::kAuto},
    {"none", Thousands::kNone},
    {",", Thousands::kComma},
    {".", Thousands::kPoint},
    {" ", Thousands::kSpace},
    {"'", Thousands::kApostrophe},
}};
constexpr std::size_t kShownColumns = 40;
constexpr std::size_t kShownBytes = 60;

const OptionValue* find_option(const OptionValues& options, std::string_view key) {
  const auto found = options.find(key);
  return found == options.end() || found->second.text.empty() ? nullptr : &found->second;
}

std::string option_text(const OptionValues& options, std::string_view key) {
  const OptionValue* option = find_option(options, key);
  return option == nullptr ? "" : option->text;
}

std::string quoted(std::string_view text) {
  return '"' + printable(text, kShownBytes) + '"';
}

void read_path(CsvLayout& layout, Diagnostics& diagnostics) {
  const OptionValue* option = find_option(layout.settings.options, "path");
  auto files = FileSet::parse(option == nullptr ? "" : option->text, layout.settings);
  if (!files) {
    diagnostics.error(option->position, files.error().message);
    return;
  }
  layout.files = *std::move(files);
}

void read_delimiter(CsvLayout& layout, Diagnostics& diagnostics) {
  const OptionValue* option = find_option(layout.settings.options, "delimiter");
  if (option == nullptr) {
    return;
  }
  const std::string text = option->text == "tab" || option->text == "\\t" ? "\t" : option->text;
  constexpr std::string_view possible = ",;\t|:!#$&*/^_~ ";
  if (text.size() != 1 || possible.find(text.front()) == std::string_view::npos) {
    diagnostics.error(option->position,
                      quoted(option->text) + " cannot be a delimiter",
                      R"(write one character such as "," or ";", or "tab")");
    return;
  }
  layout.delimiter = text.front();
}

void read_numbers(CsvLayout& layout, Diagnostics& diagnostics) {
  const OptionValues& options = layout.settings.options;
  if (const OptionValue* decimal = find_option(options, "decimal")) {
    layout.numbers.decimal = decimal->text.front();
    layout.decimal_is_given = decimal->given;
  }
  const OptionValue* thousands = find_option(options, "thousands");
  if (thousands == nullptr) {
    return;
  }
  const auto* const known =
      std::ranges::find(kThousands, thousands->text, &std::pair<std::string_view, Thousands>::first);
  layout.numbers.thousands = known == kThousands.end() ? Thousands::kAuto : known->second;
  if (thousands->text.front() == layout.numbers.decimal) {
    diagnostics.error(thousands->position,
                      "thousands and decimal are both " + quoted(thousands->text),
                      "write what the file has, or leave thousands out");
  }
}

void read_dates(CsvLayout& layout, Diagnostics& diagnostics) {
  layout.date_column = option_text(layout.settings.options, "date.column");
  const OptionValue* option = find_option(layout.settings.options, "date.format");
  if (option == nullptr || !option->given) {
    return;
  }
  auto format = DateFormat::parse(option->text);
  if (!format) {
    diagnostics.error(option->position, format.error().message);
    return;
  }
  const Grain grain = layout.settings.grain;
  if (format->precision() && !tells(*format->precision(), grain)) {
    diagnostics.error(option->position,
                      "date format " + quoted(option->text) + " does not tell the " +
                          (needs_time(grain) ? "time of day, which grain " + grain.text() + " needs" : grain.text()),
                      "write the format of a finer date, or a coarser grain");
  }
  layout.dates = *std::move(format);
}

struct Header {
  std::vector<std::string> names;
  std::uint64_t row = 0;
};

/// The header's line. Before it a line `sep=;` may say to Excel what the delimiter is.
CsvReader::Next next_header(CsvReader& reader) {
  const CsvReader::Next next = reader.next();
  const bool is_for_excel = next == CsvReader::Next::kRow && reader.size() <= 2 && reader.cell(0).starts_with("sep=");
  return is_for_excel ? reader.next() : next;
}

Header header_of(const CsvReader& reader) {
  Header header{.names = {}, .row = reader.row()};
  for (std::size_t i = 0; i < reader.size(); ++i) {
    header.names.emplace_back(trim(reader.cell(i)));
  }
  return header;
}

/// A column that the source reads, and what for.
struct Wanted {
  std::string column;
  std::string purpose;  ///< "metric visitors"
  Position position;    ///< Of what names it in the configuration.
  std::size_t* index;
};

std::vector<Wanted> wanted_columns(const CsvLayout& layout, CsvColumns& columns) {
  const SourceSettings& settings = layout.settings;
  columns.metrics.resize(settings.metrics.size());
  columns.labels.resize(settings.labels.size());
  std::vector<Wanted> wanted;
  if (!layout.date_column.empty()) {
    wanted.push_back({layout.date_column,
                      "the date",
                      find_option(settings.options, "date.column")->position,
                      &columns.date.emplace()});
  }
  for (std::size_t i = 0; i < settings.metrics.size(); ++i) {
    const SourceMetric& metric = settings.metrics[i];
    const OptionValue* column = find_option(metric.options, "column");
    const Position position = column == nullptr ? metric.position : column->position;
    wanted.push_back({layout.column_of(metric), "metric " + metric.name, position, &columns.metrics[i]});
  }
  for (std::size_t i = 0; i < settings.labels.size(); ++i) {
    const SourceLabel& label = settings.labels[i];
    wanted.push_back({label.column, "label " + label.name, label.position, &columns.labels[i]});
  }
  return wanted;
}

/// What is missing, or empty; sets the indexes of what is there.
std::string match(std::vector<Wanted>& wanted, const std::vector<std::string>& names) {
  std::vector<std::string> missing;
  for (const Wanted& want : wanted) {
    const auto found = std::ranges::find(names, want.column);
    if (found != names.end()) {
      *want.index = static_cast<std::size_t>(found - names.begin());
      continue;
    }
    const std::string near = printable(did_you_mean(want.column, names));
    missing.push_back("no column " + quoted(want.column) + " for " + want.purpose +
                      (near.empty() ? "" : " (" + near + ")"));
  }
  return join(missing, ", ");
}

std::string shown_columns(const std::vector<std::string>& names) {
  std::vector<std::string> shown;
  for (const std::string& name : names) {
    if (shown.size() == kShownColumns) {
      shown.push_back("and " + std::to_string(names.size() - kShownColumns) + " more");
      break;
    }
    shown.push_back(printable(name, kShownBytes));
  }
  return join(shown, ", ");
}

/// The second of two columns of one name, and the first. Columns without a name cannot be asked for and may repeat.
std::optional<std::pair<std::size_t, std::size_t>> find_twice(const std::vector<std::string>& names) {
  std::map<std::string_view, std::size_t> seen;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto [first, added] = seen.emplace(names[i], i);
    if (!added && !names[i].empty()) {
      return std::pair(i, first->second);
    }
  }
  return std::nullopt;
}

std::optional<std::size_t> default_date_column(const std::vector<std::string>& names) {
  for (const std::string_view usual : kDateColumns) {
    const auto found = std::ranges::find(names, usual);
    if (found != names.end()) {
      return static_cast<std::size_t>(found - names.begin());
    }
  }
  return std::nullopt;
}

}  // namespace

const std::string& CsvLayout::column_of(const SourceMetric& metric) const {
  const OptionValue* column = find_option(metric.options, "column");
  return column == nullptr ? metric.name : column->text;
}

std::vector<OptionSpec> csv_options() {
  using Type = OptionSpec::Type;
  std::vector<std::string> thousands;
  thousands.reserve(kThousands.size());
  for (const auto& [name, kind] : kThousands) {
    thousands.emplace_back(name);
  }
  return {
      {.key = "path",
       .type = Type::kPath,
       .required = true,
       .fallback = "",
       .choices = {},
       .help = "The file: UTF-8, a header line first, at most 512 MiB. " + std::string(FileSet::kHelp)},
      {.key = "delimiter",
       .type = Type::kText,
       .required = false,
       .fallback = "",
       .choices = {},
       .help = "What separates cells; without it, found in the header line among , ; tab and |."},
      {.key = "decimal",
       .type = Type::kChoice,
       .required = false,
       .fallback = ".",
       .choices = {".", ","},
       .help = "The decimal sign of the numbers."},
      {.key = "thousands",
       .type = Type::kChoice,
       .required = false,
       .fallback = "auto",
       .choices = std::move(thousands),
       .help = "What stands between groups of three digits; auto takes a space, and , or . where it is not the decimal "
               "sign."},
      {.key = "date.column",
       .type = Type::kText,
       .required = false,
       .fallback = "",
       .choices = {},
       .help = "The column with the date or time of a row; without it, Date, date or day."},
      {.key = "date.format",
       .type = Type::kText,
       .required = false,
       .fallback = "%Y-%m-%d",
       .choices = {},
       .help = "How dates are written, as for strptime: %m/%d/%Y, %d %b %Y, %Y-W%V, %s; without it, ISO 8601 with or "
               "without time and offset."},
  };
}

std::vector<OptionSpec> csv_metric_options() {
  return {{.key = "column",
           .type = OptionSpec::Type::kText,
           .required = false,
           .fallback = "",
           .choices = {},
           .help = "The column with the values; without it, the one named like the metric."}};
}

std::optional<CsvLayout> read_csv_layout(const SourceSettings& settings, Diagnostics& diagnostics) {
  const std::size_t before = diagnostics.items().size();
  CsvLayout layout;
  layout.settings = settings;
  read_path(layout, diagnostics);
  read_delimiter(layout, diagnostics);
  read_numbers(layout, diagnostics);
  read_dates(layout, diagnostics);
  return diagnostics.items().size() == before ? std::optional(std::move(layout)) : std::nullopt;
}

char detect_delimiter(std::string_view text, const CsvLayout& layout) {
  char best = kDelimiters.front();
  std::pair<std::size_t, std::size_t> best_score{0, 0};
  for (const char delimiter : kDelimiters) {
    CsvReader reader(text, delimiter);
    if (next_header(reader) != CsvReader::Next::kRow) {
      continue;
    }
    const std::vector<std::string> names = header_of(reader).names;
    CsvColumns columns;
    const auto wanted = wanted_columns(layout, columns);
    const auto known = std::ranges::count_if(
        wanted, [&](const Wanted& want) { return std::ranges::find(names, want.column) != names.end(); });
    const std::pair score(static_cast<std::size_t>(known), names.size());
    if (score > best_score) {
      best_score = score;
      best = delimiter;
    }
  }
  return best;
}

Result<CsvColumns> read_csv_header(CsvReader& reader, const CsvLayout& layout, const FileSet::Name& file) {
  switch (next_header(reader)) {
    case CsvReader::Next::kRow:
      break;
    case CsvReader::Next::kEnd:
      return fail(ErrorKind::kUnavailable, file.path + ":1:1: the file is empty: it must begin with a header line");
    default:
      return fail(ErrorKind::kInvalid, csv_where(file.path, reader.trouble_place()) + ": " + reader.trouble());
  }
  const Header header = header_of(reader);
  const auto at = [&](std::size_t cell) { return csv_where(file.path, reader.place(header.row, cell)); };
  if (const auto twice = find_twice(header.names)) {
    return fail(ErrorKind::kInvalid,
                at(twice->first) + ": a second column " + quoted(header.names[twice->first]) + "; the first is " +
                    at(twice->second) + ": rename one of them");
  }
  CsvColumns columns;
  columns.count = header.names.size();
  auto wanted = wanted_columns(layout, columns);
  const std::string there = ": the columns are " + shown_columns(header.names);
  if (const std::string missing = match(wanted, header.names); !missing.empty()) {
    return fail(ErrorKind::kInvalid, at(0) + ": " + missing + there);
  }
  if (layout.date_column.empty()) {
    columns.date = default_date_column(header.names);
    if (!columns.date && !file.slot) {
      return fail(ErrorKind::kInvalid, at(0) + ": no column Date, date or day; write date.column" + there);
    }
  }
  return columns;
}

void tell_missing_columns(CsvReader& reader, const CsvLayout& layout, const std::string& path, Diagnostics& out) {
  if (next_header(reader) != CsvReader::Next::kRow) {
    return;
  }
  const Header header = header_of(reader);
  CsvColumns columns;
  for (const Wanted& want : wanted_columns(layout, columns)) {
    if (std::ranges::find(header.names, want.column) == header.names.end()) {
      const std::string near = printable(did_you_mean(want.column, header.names));
      out.warning(want.position,
                  path + " has no column " + quoted(want.column) + " for " + want.purpose,
                  near.empty() ? "its columns are " + shown_columns(header.names) : near);
    }
  }
}

std::string csv_where(const std::string& path, CsvPlace place) {
  return path + ':' + std::to_string(place.line) + ':' + std::to_string(place.column);
}

}  // namespace kpi
