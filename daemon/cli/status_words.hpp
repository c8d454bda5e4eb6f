#pragma once
// The status for the page, again and again: a line that is as it was keeps the words it had, so that a step costs what
// it changed. One thread at a time.

#include "daemon/cli/status_report.hpp"
#include "daemon/web/status_index.hpp"

#include <memory>
#include <string>
#include <vector>

namespace kpi {

class StatusWords {
 public:
  /// As of now; `refused`: why the files are not what runs, empty: they are.
  Result<StatusSnapshot> read(const std::shared_ptr<const Config>& config, const std::string& refused);

 private:
  /// A line, and what was said of it.
  struct Said {
    StatusLine line;
    std::shared_ptr<const StatusSnapshot::Line> words;
  };

  std::shared_ptr<const Config> config_;  // of the lines
  std::vector<Said> said_;
};

}  // namespace kpi
