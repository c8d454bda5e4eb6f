#include "plugins/look.hpp"

#include "rules/base/text.hpp"

#include <utility>

namespace kpi {

std::optional<FileTexts::Text> newest_file(const FileSet& files,
                                           const Position& path,
                                           Host& host,
                                           Diagnostics& diagnostics) {
  auto names = files.list(host, std::nullopt);
  auto texts = names ? read_files({names->back()}, host, kMaxLookBytes) : tl::unexpected(names.error());
  if (texts) {
    return std::move(texts->files.front());
  }
  if (texts.error().kind != ErrorKind::kInvalid) {
    diagnostics.warning(path, texts.error().message);
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
