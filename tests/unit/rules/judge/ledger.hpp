#pragma once
// A daemon in small, for stories about the ledger: given metrics, rules and the samples that arrive, when it is judged
// at a time, then there are verdicts, states and episodes. It does what the engine does around judge(), and nothing
// more.

#include "rules/judge/line.hpp"
#include "rules/load/rule_file.hpp"

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kpi {

/// `2026-03-31`, `2026-03-31 06:00`: an instant in a zone.
Instant instant_in(const Zone& zone, std::string_view local);
Zone zone_named(std::string_view name);

/// A metric with daily values of kind flow in UTC; change what the story is about.
Metric metric_named(std::string name);

/// "1000x27 400 _ 0 nan 1200+50x5" as the rule tests write it: `_` is no sample.
std::vector<std::optional<double>> values_of(std::string_view text);

class Ledger {
 public:
  /// `kpis` is what stands under `kpis:` in a rule file. Fails the test when it does not load.
  Ledger(std::vector<Metric> metrics, std::string kpis, CalendarRules calendar = {});

  // --- given ---

  /// One value a period from the one that begins at `from` (a date, or a local time for periods shorter than a day),
  /// each delivered when its period ends.
  Ledger& given(std::string_view metric, std::string_view from, std::string_view values, Labels labels = {});
  /// One value of one period, delivered at `at` (local time of the metric): late, or in place of another.
  Ledger& arrives(
      std::string_view at, std::string_view metric, std::string_view period, double value, Labels labels = {});
  Ledger& arrives(Instant at, std::string_view metric, Instant slot, double value);
  /// The targets that the rule has, as planned at the end of 2026.
  Ledger& targets(std::string_view kpi, const Labels& segment = {});

  // --- when ---

  /// Judges once at a local time of the first metric's zone: everything that was delivered by then is there.
  void judged_at(std::string_view local);
  void judged_at(Instant now);
  /// Judges whenever something happens (a delivery, a period due, a deadline), until then.
  void lived_until(std::string_view local);

  // --- then ---

  [[nodiscard]] const Line& line(std::string_view kpi, const Labels& segment = {}) const;
  /// One letter a period, in order: `+` met, `-` missed, `?` no data, `.` recorded.
  [[nodiscard]] std::string verdicts(std::string_view kpi, const Labels& segment = {}) const;
  /// The state after each period: `o` ok, `p` pending, `n` no data, `F` firing.
  [[nodiscard]] std::string states(std::string_view kpi, const Labels& segment = {}) const;
  /// The period's row as it stands.
  [[nodiscard]] const VerdictRow& row(std::string_view kpi, std::string_view period, const Labels& segment = {}) const;
  [[nodiscard]] KpiState state(std::string_view kpi, const Labels& segment = {}) const;
  /// Every episode as it stands, by their begin: "thresholds warning 2026-03-02 fired 2026-03-05 00:00 recovered …".
  [[nodiscard]] std::string episodes(std::string_view kpi) const;

  [[nodiscard]] const std::map<std::pair<std::uint32_t, Slot>, VerdictRow>& rows() const { return rows_; }

  [[nodiscard]] const std::map<std::string, EpisodeRow>& episode_rows() const { return episodes_; }

  [[nodiscard]] const RuleSet& rules() const { return rules_; }

  [[nodiscard]] const std::deque<Line>& lines() const { return lines_; }

  [[nodiscard]] JudgeContext context(Instant now) const { return {&rules_, &table_, &read_at_, now}; }

  [[nodiscard]] const KpiPlan& plan(const Line& line) const { return plans_[line.kpi]; }

  /// Rows written so far, each writing counted.
  [[nodiscard]] std::size_t written() const { return written_; }

 private:
  struct Delivery {
    Instant at;
    std::uint32_t metric = 0;
    Labels labels;
    Slot slot;
    double value = 0;
  };

  [[nodiscard]] std::uint32_t metric_index(std::string_view name) const;
  [[nodiscard]] Slot slot_in(const Metric& metric, std::string_view local) const;
  [[nodiscard]] Line& find(std::uint32_t kpi, const Labels& segment);
  void deliver(Instant now);
  void make_lines(std::uint32_t metric, const Labels& labels);
  void make_line(std::uint32_t kpi, const Labels& segment);
  void connect();
  [[nodiscard]] Inputs inputs_of(const Program& program, const Line& line) const;
  [[nodiscard]] std::optional<Slot> first_of(const Line& line) const;
  void write(const Line& line, const LineChanges& changes);

  SourceText source_;
  RuleSet rules_;
  std::vector<KpiPlan> plans_;
  std::vector<std::optional<Instant>> read_at_;
  SampleTable table_;
  std::vector<Delivery> deliveries_;
  std::deque<Line> lines_;
  std::map<std::pair<std::uint32_t, Labels>, std::uint32_t> line_index_;
  std::map<const Line*, std::set<Slot>> touched_;
  std::map<std::pair<std::uint32_t, Slot>, VerdictRow> rows_;
  std::map<std::string, EpisodeRow> episodes_;
  std::size_t written_ = 0;
};

}  // namespace kpi
