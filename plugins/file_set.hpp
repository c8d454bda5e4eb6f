#pragma once
// The files that one source reads: a path, or by a pattern of its name all that fit it (`visits-*.csv`), perhaps with
// the date of its rows in the name (`visits-%Y-%m-%d.csv`). Any thread.

#include "plugins/date_format.hpp"
#include "plugins/source.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kpi {

class FileSet {
 public:
  struct Name {
    std::string path;
    std::optional<Slot> slot;  ///< The period that the name tells.
  };

  struct Listing {
    std::vector<Name> names;
    std::vector<std::string> undated;  ///< Files of the pattern whose names have no date that can be read.
  };

  /// As many as one source may have.
  static constexpr std::size_t kMostFiles = 10'000;

  /// The help of the option `path`.
  static constexpr std::string_view kHelp =
      "In its name * stands for anything and %Y, %m, %d for a date, as for strptime: then all files that fit are one "
      "table; a date in the name is that of rows without a date column. %% is a percent sign.";

  /// Takes the option `path`. kInvalid: a name with both * and a date, or a date that does not tell the grain.
  static Result<FileSet> parse(const std::string& path, const SourceSettings& settings);

  [[nodiscard]] bool has_date() const { return dates_.has_value(); }

  /// In the order of their names, and of these those whose period is not before `from`. kUnavailable: none.
  Result<Listing> list(Host& host, std::optional<Slot> from) const;
  /// Adds to a poll that the undated files are not read.
  void tell_undated(const Listing& listing, Poll& poll) const;

  /// The path or pattern, for people.
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
  std::string folder_;
  std::string pattern_;  // with * only; empty: path_ is one file
  std::optional<DateFormat> dates_;
  Grain grain_;
  Zone zone_;
  CalendarRules calendar_;
};

/// The texts of some files at one moment.
struct FileTexts {
  struct Text {
    FileSet::Name name;
    std::string text;
    std::optional<Instant> modified{};  ///< When it was last written.
  };

  std::vector<Text> files;
  std::string version;  ///< Of all of them together.
};

/// The version of all files together, without reading them.
Result<std::string> version_of(const FileSet::Listing& files, Host& host);
/// Reads all of them; together at most `limit` bytes.
Result<FileTexts> read_files(const FileSet::Listing& files, Host& host, std::size_t limit);

/// One poll of all files of a set by an `Import` of their layout; unchanged while their versions are what the last one
/// saw.
template <class Import, class Layout>
Result<Poll> poll_files(
    const Layout& layout, const PollRequest& request, Host& host, std::size_t most_bytes, const std::stop_token& stop) {
  const FileSet::Listing files = KPI_TRY(layout.files.list(host, request.from));
  Poll poll;
  if (!request.cursor.empty() && KPI_TRY(version_of(files, host)) == request.cursor) {
    poll.unchanged = true;
    poll.cursor = request.cursor;
    return poll;
  }
  const FileTexts texts = KPI_TRY(read_files(files, host, most_bytes));
  Import import(layout, request);
  for (const FileTexts::Text& file : texts.files) {
    KPI_TRY(import.read(file, stop));
  }
  poll = KPI_TRY(import.finish());
  layout.files.tell_undated(files, poll);
  poll.cursor = texts.version;
  return poll;
}

}  // namespace kpi
