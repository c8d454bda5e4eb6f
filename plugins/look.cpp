#include "plugins/look.hpp"

#include "rules/base/text.hpp"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

namespace kpi {
namespace {

constexpr std::size_t kMostNeighbours = 1000;

/// "did you mean "visitors.csv"?", of the files beside it; empty: none is like it.
std::string meant(const std::string& path, Host& host) {
  const auto name_of = [](const std::string& whole) { return whole.substr(whole.rfind('/') + 1); };
  const std::string folder = path.substr(0, path.size() - name_of(path).size());
  const auto there = host.list_files(folder.empty() ? "." : folder, "*", kMostNeighbours);
  std::vector<std::string> names;
  if (there) {
    std::ranges::transform(*there, std::back_inserter(names), name_of);
  }
  return printable(did_you_mean(name_of(path), names), 200);
}

}  // namespace

std::optional<FileTexts::Text> newest_file(const FileSet& files,
                                           const Position& path,
                                           Host& host,
                                           Diagnostics& diagnostics) {
  auto listing = files.list(host, std::nullopt);
  auto texts = listing ? read_files({.names = {listing->names.back()}, .undated = {}}, host, kMaxLookBytes)
                       : tl::unexpected(listing.error());
  if (texts) {
    return std::move(texts->files.front());
  }
  const bool is_one = listing && listing->names.size() == 1;
  const auto version = is_one ? host.file_version(listing->names.front().path) : Result<std::string>(std::string());
  if (!version && version.error().kind == ErrorKind::kInvalid) {
    diagnostics.error(path, version.error().message);  // a directory, a device: nothing that will be read
  } else if (texts.error().kind != ErrorKind::kInvalid) {
    const std::string near = meant(files.path(), host);
    diagnostics.warning(
        path, texts.error().message, near.empty() ? "until it is there, the source fails at each poll" : near);
  }
  return std::nullopt;
}

void tell_look(const Position& path, const Result<Poll>& poll, Diagnostics& diagnostics) {
  if (!poll) {
    diagnostics.warning(path, poll.error().message);
  } else if (poll->problem_count > 0) {
    const RowProblem& first = poll->problems.front();
    diagnostics.warning(path,
                        counted(poll->problem_count, "row or cell", "rows or cells") +
                            " cannot be read: " + first.where + ": " + first.message,
                        "`kpid source test` shows the others; all that can be read counts");
  }
}

}  // namespace kpi
