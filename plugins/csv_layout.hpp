#pragma once
// Which columns of a CSV file a source reads: the settings checked, and the header matched with them. Pure; any thread.

#include "plugins/csv_reader.hpp"
#include "plugins/date_format.hpp"
#include "plugins/file_set.hpp"
#include "plugins/number_format.hpp"
#include "plugins/source.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kpi {

/// A csv source's settings.
struct CsvLayout {
  FileSet files;
  std::optional<char> delimiter;  ///< Nothing: found in the header line.
  NumberFormat numbers;
  bool decimal_is_given = false;
  DateFormat dates;
  std::string date_column;  ///< Empty: Date, date or day.
  SourceSettings settings;

  [[nodiscard]] const std::string& column_of(const SourceMetric& metric) const;
};

/// The options of the plugin and of its metrics.
std::vector<OptionSpec> csv_options();
std::vector<OptionSpec> csv_metric_options();

/// Nothing when something was reported.
std::optional<CsvLayout> read_csv_layout(const SourceSettings& settings, Diagnostics& diagnostics);

/// Where things stand in a row: indexes of cells.
struct CsvColumns {
  std::size_t count = 0;
  std::optional<std::size_t> date;   ///< None: the file's name tells it.
  std::vector<std::size_t> metrics;  ///< In the order of SourceSettings::metrics.
  std::vector<std::size_t> labels;   ///< In the order of SourceSettings::labels.
};

/// Of `,`, `;`, tab and `|` the one under which the header line has most of the wanted columns, then most columns.
char detect_delimiter(std::string_view text, const CsvLayout& layout);
/// Takes the header line of a file from `reader`. Errors begin with `path:line:column`.
Result<CsvColumns> read_csv_header(CsvReader& reader, const CsvLayout& layout, const FileSet::Name& file);

/// Warns of each column that the header line has not, where the configuration names it.
void tell_missing_columns(CsvReader& reader, const CsvLayout& layout, const std::string& path, Diagnostics& out);

/// "visitors.csv:17:3"
std::string csv_where(const std::string& path, CsvPlace place);

}  // namespace kpi
