#pragma once
// What `kpid status` says, so that a page of thousands of lines is found at once: read once a step (see StatusWords).
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

/// The status as it was read, each line in words.
struct StatusSnapshot {
  struct Line {
    const Kpi* kpi = nullptr;  ///< Of the configuration it was read with.
    Labels segment;
    std::string state;
    std::optional<LinePeriod> period;  ///< Its last.
    std::string json;                  ///< As in `kpid status --json`.
    std::string more;                  ///< What the page has beside: ,"owner":…
    std::string text;                  ///< What is searched, in small letters.
  };

  std::string now = "null";  ///< These as JSON.
  std::string head = R"({"now":null})";
  std::string config = R"({"ok":true,"refused":null})";
  std::string sources = "[]";
  std::string channels = "[]";
  std::vector<std::shared_ptr<const Line>> lines;
};

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

  StatusIndex(std::shared_ptr<const Config> config, StatusSnapshot status)
      : config_(std::move(config)), status_(std::move(status)) {}

  /// The answer of /api/v1/kpis.
  [[nodiscard]] std::string page(const Wanted& wanted) const;
  /// The document of `kpid status --json`.
  [[nodiscard]] std::string document() const;

  /// How many lines are in which state.
  [[nodiscard]] std::map<std::string, std::size_t> states() const;

  /// {"sources": […]}
  [[nodiscard]] std::string sources() const { return R"({"sources":)" + status_.sources + "}\n"; }

  /// {"channels": […]}
  [[nodiscard]] std::string channels() const { return R"({"channels":)" + status_.channels + "}\n"; }

  /// The lines of a KPI as a JSON array.
  [[nodiscard]] std::string lines_of(const std::string& kpi) const;

 private:
  [[nodiscard]] std::map<std::size_t, std::string> values_of(const std::vector<std::size_t>& wanted) const;

  std::shared_ptr<const Config> config_;
  StatusSnapshot status_;
  mutable std::mutex mutex_;
  mutable std::map<std::size_t, std::string> values_;  ///< By line.
};

}  // namespace kpi
