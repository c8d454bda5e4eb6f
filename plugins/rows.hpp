#pragma once
// From rows to samples: what every source whose answer is a table does in the same way. Labels become series, rows of
// one period are added up or refused, problems are counted and the first ones kept. One collector per poll; one thread.

#include "plugins/source.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace kpi {

/// How a remark begins that says what is left of a quota: it is kept with the source, and `kpid status` shows it.
inline constexpr std::string_view kQuotaRemark = "quota: ";

/// How the remark begins that names the first row whose period or labels could not be read: what it was about has no
/// sample, and yet is not missing.
inline constexpr std::string_view kLostRemark = "a row is lost: ";

/// What Poll::problems holds at most.
inline constexpr std::size_t kMaxRowProblems = 100;

/// A metric's value in a row, scaled already.
struct RowValue {
  enum class State : std::uint8_t {
    kNumber,      ///< NaN: delivered as null.
    kAbsent,      ///< The row is not about this metric.
    kUnreadable,  ///< Something stands there. It is stored like a null, so that nothing is put in its place.
  };

  double number = 0;
  State state = State::kNumber;
};

class RowCollector {
 public:
  /// Where a row's cell of a metric stands, for people: "visitors.csv:17:3". `row` is what add() was given; rows come
  /// in the order of their numbers.
  using Where = std::function<std::string(std::uint64_t row, std::uint32_t metric)>;

  /// `settings` outlives the collector.
  RowCollector(const SourceSettings& settings, Where where) : settings_(settings), where_(std::move(where)) {}

  /// Why a row's labels cannot be used.
  struct LabelTrouble {
    std::size_t label = 0;  ///< Index into SourceSettings::labels.
    std::string message;
  };

  /// The number of the label set that a row's cells (in the order of SourceSettings::labels) give once renamed; -1:
  /// label_trouble() says why there is none. Equal cells are found by their hash.
  std::int64_t label_set(std::span<const std::string_view> cells);
  [[nodiscard]] LabelTrouble label_trouble(std::span<const std::string_view> cells) const;

  struct Row {
    std::uint64_t row = 0;
    Slot slot;
    std::uint32_t label_set = 0;
  };

  /// Values in the order of SourceSettings::metrics.
  void add(const Row& row, std::span<const RowValue> values);

  /// Counts a problem of a row's cell; `describe` gives the RowProblem and is called only for those that are kept.
  template <class Describe>
  void problem(std::uint64_t row, Describe&& describe) {
    ++problem_count_;
    if (problems_.size() < kMaxRowProblems) {
      problems_.push_back({.row = row, .order = problem_count_, .problem = std::forward<Describe>(describe)()});
    }
  }

  /// The same of a row that is of no known period or series.
  template <class Describe>
  void lose(std::uint64_t row, Describe&& describe) {
    if (lost_.empty()) {
      lost_ = describe().where;
    }
    problem(row, std::forward<Describe>(describe));
  }

  /// The same of a row whose period is known, and its series or its values are not: it may be of any, and nothing of
  /// that period is known of the metrics it is about; it is lost where no other row of that period is about one of
  /// them.
  template <class Describe>
  void lose_of(std::uint64_t row, Slot slot, std::span<const RowValue> values, Describe&& describe) {
    LostOf& lost = lost_of_[slot.ms];
    if (lost.where.empty()) {
      lost.where = describe().where;
    }
    note_lost(lost, values);
    problem(row, std::forward<Describe>(describe));
  }

  [[nodiscard]] std::size_t row_count() const { return rows_.size(); }

  [[nodiscard]] std::size_t problem_count() const { return problem_count_; }

  /// The first problem. REQUIRES problem_count() > 0.
  [[nodiscard]] const RowProblem& first_problem() const { return problems_.front().problem; }

  /// Everything that was collected, samples by slot; `unchanged` and `cursor` are the source's. The collector is then
  /// used up.
  Poll finish();

 private:
  struct Record {
    std::int64_t slot;
    std::uint64_t row;
    std::uint32_t label_set;
    std::uint32_t values;  // a row of values_
  };

  /// Rows of a period that cannot be used.
  struct LostOf {
    std::string where;          ///< The first one.
    std::vector<bool> metrics;  ///< Which it says something of.
  };

  struct KeptProblem {
    std::uint64_t row;
    std::size_t order;
    RowProblem problem;
  };

  struct Text {
    using is_transparent = void;  // NOLINT(readability-identifier-naming): the standard's name

    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };

  [[nodiscard]] std::string_view renamed(std::size_t label, std::string_view cell) const;
  [[nodiscard]] bool is_total(std::span<const std::string_view> cells) const;
  RowValue of_total(const Row& row, std::uint32_t metric, RowValue value);
  std::uint32_t add_label_set(std::span<const std::string_view> cells);
  void emit(std::span<const Record> same);
  void emit_metric(std::span<const Record> same, std::uint32_t metric, bool& told);
  void duplicate(const Record& first, const Record& again, std::uint32_t metric);
  std::uint32_t series(std::uint32_t label_set, std::uint32_t metric);
  void take_problems();
  void note_lost(LostOf& lost, std::span<const RowValue> values) const;
  /// Whether a row that is lost may be a part of what this one is a part of.
  [[nodiscard]] bool is_lost(const Record& record, std::uint32_t metric) const;
  void find_lost();
  [[nodiscard]] bool has_row_of(std::int64_t slot, std::size_t metric) const;

  const SourceSettings& settings_;
  Where where_;
  std::string key_;  // the row before: its label cells, each behind its length
  std::string next_key_;
  std::int64_t set_ = -1;  // of key_
  std::unordered_map<std::string, std::uint32_t, Text, std::equal_to<>> sets_by_cells_;
  std::map<Labels, std::uint32_t> sets_;
  std::vector<Labels> labels_;  // of each set
  std::vector<Record> rows_;
  std::vector<double> values_;              // settings_.metrics.size() for each row
  std::vector<RowValue::State> states_;     // beside values_
  std::string lost_;                        // where the first lost row stands
  std::map<std::int64_t, LostOf> lost_of_;  // by period
  std::vector<KeptProblem> problems_;
  std::size_t problem_count_ = 0;
  std::vector<std::int64_t> series_;  // of set * metrics + metric; -1: none yet
  Poll poll_;
};

}  // namespace kpi
