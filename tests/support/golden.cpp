#include "tests/support/golden.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace kpi::test {

testing::AssertionResult matches_golden(const std::string& name, const std::string& actual) {
  const std::filesystem::path path = std::filesystem::path(KPI_SOURCE_DIR) / "tests/golden" / name;
  if (std::getenv("KPI_UPDATE_GOLDEN") != nullptr) {  // NOLINT(concurrency-mt-unsafe): nothing here sets it.
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << actual;
    return testing::AssertionSuccess();
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return testing::AssertionFailure() << path.string() << " is not there; KPI_UPDATE_GOLDEN=1 writes it";
  }
  const std::string expected{std::istreambuf_iterator<char>(file), {}};
  if (expected == actual) {
    return testing::AssertionSuccess();
  }
  return testing::AssertionFailure() << path.string() << " differs; KPI_UPDATE_GOLDEN=1 rewrites it.\nExpected:\n"
                                     << expected << "\nActual:\n"
                                     << actual;
}

}  // namespace kpi::test
