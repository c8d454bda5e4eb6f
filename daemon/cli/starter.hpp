#pragma once
// The files that `kpid init` writes: a configuration that runs as it is, with sixty days of made-up numbers. Pure.

#include "rules/base/time.hpp"

#include <string>
#include <vector>

namespace kpi {

struct StarterFile {
  std::string path;  ///< "rules/visitors.yaml"
  std::string text;
};

/// The same for the same day. `today` is the first day without numbers.
std::vector<StarterFile> starter_files(Date today, const std::string& zone);

}  // namespace kpi
