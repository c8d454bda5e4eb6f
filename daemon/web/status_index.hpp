#pragma once
// What `kpid status` says, so that a page of thousands of lines is found at once: read and put into words once a step.
// Immutable but for the values of small charts, which are kept as they are asked for; any thread.

#include "daemon/config/config.hpp"
#include "daemon/store/history_reader.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kpi {

class StatusIndex {
 public:
  /// Which lines, and which of them: `offset` and `limit` count those that match.
  struct Wanted {
    std::string word{};  ///< In id, title, owner, objective or segment; empty: any.
    std::string state{};
    std::string owner{};
    std::size_t offset = 0;
    std::size_t limit = 0;
    bool with_values = false;  ///< The last thirty values of each.
  };

  /// `status`: the document of `kpid status --json`.
  StatusIndex(std::shared_ptr<const Config> config, const std::string& status);

  /// The answer of /api/v1/kpis.
  [[nodiscard]] std::string page(const Wanted& wanted) const;
  /// The lines of a KPI as a JSON array.
  [[nodiscard]] std::string lines_of(const std::string& kpi) const;

 private:
  struct Line {
    const Kpi* kpi = nullptr;
    Labels segment;
    std::string text;  ///< What is searched, in small letters.
    std::string state{};
    std::optional<Instant> start;  ///< Of its last period.
    std::string json;
  };

  [[nodiscard]] std::string values_of(std::size_t line, std::unique_ptr<HistoryReader>& reader) const;

  std::shared_ptr<const Config> config_;
  std::string now_;  ///< As JSON.
  std::vector<Line> lines_;
  mutable std::mutex mutex_;
  mutable std::map<std::size_t, std::string> values_;  ///< By line.
};

}  // namespace kpi
