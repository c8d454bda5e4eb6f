#include "plugins/file_set.hpp"

#include "plugins/row_reader.hpp"
#include "plugins/rows.hpp"
#include "rules/base/text.hpp"

#include <utility>

namespace kpi {
namespace {

/// The name with each directive as a *, and whether there was one; `%%` is a percent sign.
std::pair<std::string, bool> without_directives(std::string_view name) {
  std::string plain;
  bool has_directive = false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name[i] == '%' && i + 1 < name.size()) {
      ++i;
      has_directive = has_directive || name[i] != '%';
      plain += name[i] == '%' ? '%' : '*';
    } else {
      plain += name[i];
    }
  }
  return {plain, has_directive};
}

std::string file_name(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return std::string(slash == std::string_view::npos ? path : path.substr(slash + 1));
}

/// Paths, and the versions of what stands there.
using Versions = std::vector<std::pair<std::string, std::string>>;

/// One version of one file stays as it is: a source of one file is unchanged when the file is.
std::string version_of_all(const Versions& versions) {
  if (versions.size() == 1) {
    return versions.front().second;
  }
  std::string all;
  for (const auto& [path, version] : versions) {
    all += path + '\n' + version + '\n';
  }
  return std::to_string(versions.size()) + " files " + fingerprint(all);
}

/// One that comes is told by the next poll.
Versions undated_versions(const FileSet::Listing& files) {
  Versions versions;
  for (const std::string& path : files.undated) {
    versions.emplace_back(path, "undated");
  }
  return versions;
}

}  // namespace

Result<FileSet> FileSet::parse(const std::string& path, const SourceSettings& settings) {
  FileSet set;
  set.path_ = path;
  set.grain_ = settings.grain;
  set.zone_ = settings.zone;
  set.calendar_ = settings.calendar;
  const std::string name = file_name(path);
  set.folder_ = path.substr(0, path.size() - name.size());
  if (name.empty()) {
    return fail(ErrorKind::kInvalid, "path names no file: write path: exports/orders.csv");
  }
  if (set.folder_.find('*') != std::string::npos) {
    return fail(ErrorKind::kInvalid, "a * stands for files of one folder: write it in the name, behind the last /");
  }
  const auto [plain, has_date] = without_directives(name);
  if (!has_date && plain.find('*') == std::string::npos) {
    set.path_ = set.folder_ + plain;
    return set;
  }
  set.pattern_ = plain;
  if (!has_date) {
    return set;
  }
  if (name.find('*') != std::string::npos) {
    return fail(ErrorKind::kInvalid, "a file's name has either * or a date: write the whole name with its date");
  }
  set.dates_ = KPI_TRY(DateFormat::parse(name));
  if (set.dates_->precision() && !tells(*set.dates_->precision(), settings.grain)) {
    return fail(ErrorKind::kInvalid,
                "the date in the file's name does not tell its " + settings.grain.text() +
                    ": write * instead, and date.column");
  }
  return set;
}

Result<FileSet::Listing> FileSet::list(Host& host, std::optional<Slot> from) const {
  Listing listing;
  if (pattern_.empty()) {
    listing.names.push_back({.path = path_, .slot = std::nullopt});
    return listing;
  }
  for (std::string& path : KPI_TRY(host.list_files(folder_, pattern_, kMostFiles))) {
    Name name{.path = std::move(path), .slot = std::nullopt};
    if (dates_) {
      const auto moment = dates_->read(file_name(name.path));
      if (moment) {
        name.slot = slot_of(*moment, {.grain = grain_, .zone = zone_, .calendar = calendar_});
      }
      if (!name.slot || name.slot->ms < 0) {
        listing.undated.push_back(std::move(name.path));
        continue;
      }
      if (from && *name.slot < first_wanted(*from, grain_, zone_)) {
        continue;
      }
    }
    listing.names.push_back(std::move(name));
  }
  if (listing.names.empty()) {
    return fail(ErrorKind::kUnavailable,
                path_ + ": no file fits this name" +
                    (listing.undated.empty() ? "" : ", and not " + printable(listing.undated.front(), 200)) +
                    ": correct it, or put the files there");
  }
  return listing;
}

void FileSet::tell_undated(const Listing& listing, Poll& poll) const {
  for (const std::string& path : listing.undated) {
    ++poll.problem_count;
    if (poll.problems.size() < kMaxRowProblems) {
      poll.problems.push_back(
          {path,
           "is not read, for its name has no date as " + file_name(path_) + " has: rename it, or put it elsewhere"});
    }
  }
}

Result<std::string> version_of(const FileSet::Listing& files, Host& host) {
  Versions versions = undated_versions(files);
  for (const FileSet::Name& name : files.names) {
    versions.emplace_back(name.path, KPI_TRY(host.file_version(name.path)));
  }
  return version_of_all(versions);
}

Result<FileTexts> read_files(const FileSet::Listing& files, Host& host, std::size_t limit) {
  FileTexts texts;
  Versions versions = undated_versions(files);
  std::size_t left = limit;
  for (const FileSet::Name& name : files.names) {
    Host::File file = KPI_TRY(host.read_file(name.path, left));
    left -= file.text.size();
    versions.emplace_back(name.path, std::move(file.version));
    texts.files.push_back({.name = name, .text = std::move(file.text), .modified = file.modified});
  }
  texts.version = version_of_all(versions);
  return texts;
}

}  // namespace kpi
