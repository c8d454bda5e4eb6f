#pragma once
// The samples that rules look at, in memory: each series sorted by slot. Owned by the engine; read by evaluation.

#include "rules/model/sample.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace kpi {

/// Values of one KPI and segment as they were judged, by slot; unknown is NaN.
struct JudgedSeries {
  Grain grain;
  std::vector<Sample> values;
  /// Of periods with a value that waited beyond their due time for what was expected of them: when that ended.
  std::map<Slot, Instant> waited{};

  /// Sets or replaces the value of a slot.
  void put(Slot slot, double value);
  /// Forgets values before `before` but for the last number among them, which may still stand.
  void trim(Slot before);
  /// The value of exactly this slot, or null.
  [[nodiscard]] const Sample* at(Slot slot) const;
};

class SampleTable {
 public:
  struct Series {
    std::uint32_t metric = 0;
    Labels labels;
    std::vector<Sample> samples;      // sorted by slot, each slot once
    std::optional<Slot> withdrawn{};  // the newest of those that were taken out

    /// Its newest samples were taken out, and none has come since: its source has no such rows any more.
    [[nodiscard]] bool has_ended() const;
  };

  /// The series of a metric and its labels, made when new. Ids count from 0.
  std::uint32_t series(std::uint32_t metric, const Labels& labels);

  /// The id of a series, or none.
  [[nodiscard]] std::optional<std::uint32_t> find(std::uint32_t metric, const Labels& labels) const;

  [[nodiscard]] const Series& operator[](std::uint32_t id) const { return series_[id]; }

  [[nodiscard]] std::size_t size() const { return series_.size(); }

  /// The series of one metric, in the order they were made.
  [[nodiscard]] std::span<const std::uint32_t> of_metric(std::uint32_t metric) const;

  /// The series of one metric that may have this value of a label, in the order they were made: all that have it, and
  /// few others. REQUIRES a value that is not empty.
  [[nodiscard]] std::span<const std::uint32_t> with_label(std::uint32_t metric,
                                                          std::string_view label,
                                                          std::string_view value) const;

  enum class Put : std::uint8_t { kSame, kNew, kRestated };
  /// Sets the value of a slot. NaN is a value here: "delivered as null".
  Put put(std::uint32_t series, Slot slot, double value);
  /// Takes the sample of a slot out, as if it had never come.
  void withdraw(std::uint32_t series, Slot slot);
  /// Samples of the series with from <= slot < to.
  [[nodiscard]] std::span<const Sample> range(std::uint32_t series, Slot from, Slot to) const;
  /// Forgets samples before `before` but for the last number among them: it says that the series had begun, and what
  /// `missing: last` goes on with.
  void trim(std::uint32_t series, Slot before);

 private:
  std::vector<Series> series_;
  std::vector<std::vector<std::uint32_t>> by_metric_;
  std::vector<std::map<Labels, std::uint32_t>> ids_;                      // by metric
  std::unordered_map<std::size_t, std::vector<std::uint32_t>> by_label_;  // by the hash of metric, label and value
};

}  // namespace kpi
