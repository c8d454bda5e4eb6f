#pragma once
// Everything about one period of one KPI and segment: what its formula and limits read, what they are, and what each
// alert waits for. For `kpid explain`; any thread may call it.

#include "daemon/cli/command.hpp"
#include "daemon/engine/engine.hpp"
#include "daemon/store/history_reader.hpp"
#include "rules/expr/evaluate.hpp"

#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

namespace kpi {

/// One thing an expression reads, and what it found there.
struct InputFinding {
  std::string name;
  std::string how;                ///< "sum", "last", …
  std::string window;             ///< "2026-03-24 to 2026-03-30"
  std::optional<double> least{};  ///< Of a metric of `min_sample`: so much it takes.
  std::size_t series = 0;
  WindowCount count;
  Value value;
  Unit unit;
  std::vector<std::string> marks;    ///< "2026-03-28 was 4 until 2026-03-30 06:00"
  std::size_t lacking = 0;           ///< How many of the series have no number for a period that others have.
  std::vector<std::string> without;  ///< "without country=NO on 2026-11-27"
};

/// One limit or condition, and whether it was crossed.
struct RuleFinding {
  std::string name;  ///< "warning", "recover", or an alert rule's name
  std::string text;  ///< as written
  Value value;       ///< the limit; of a condition 1 or 0
  bool is_condition = false;
  bool is_crossed = false;
  bool is_number = false;  ///< The text is the limit itself.
  std::vector<InputFinding> inputs;
  bool is_unsure = false;  ///< The value lies beyond the limit, but not all of Explanation::interval.
};

/// A target that became another one.
struct TargetChangeFinding {
  Date date{};
  std::optional<double> goal_before{};
  std::optional<double> goal{};
  std::optional<Date> deadline_before{};
  std::optional<Date> deadline{};
  bool has_other_path = false;
  bool is_begun = false;  ///< The period is judged by it.
  std::string why{};      ///< Empty: the file was edited without a word.
};

struct Explanation {
  const Kpi* kpi = nullptr;
  const Line* line = nullptr;
  Slot slot;
  Instant due;
  bool is_judged = false;
  bool is_newest = false;
  PeriodJudgement judgement;
  std::optional<Interval> interval;  ///< Where the value may truly lie, when the thresholds ask for a confidence.
  double confidence = 0;             ///< Of the interval.
  std::optional<VerdictRow> then;    ///< Of a period before the newest: how it was judged when it was.
  double recorded = 0;               ///< As the ledger has it; NaN: unknown.
  std::vector<std::string> marks;    ///< What it was before its data was restated, and whether by another rule.
  std::vector<InputFinding> inputs;
  std::string uneven;            ///< Of a ratio whose sides are not of the same series: which.
  std::vector<std::string> mix;  ///< Of a total: its segments, and whether it moved because they did.
  std::string unusual;           ///< What its history says of the value; empty: too little to say.
  std::vector<RuleFinding> rules;
  std::vector<TargetChangeFinding> target_changes;
  KpiState state = KpiState::kOk;
  std::vector<std::string> why;
};

/// Of the period `wanted`, else the newest that was judged. REQUIRES a restored engine.
Result<Explanation> explain_line(
    const Engine& engine, HistoryReader& history, Instant now, const Line& line, std::optional<Slot> wanted);

/// Where the text of an explanation's lines begins.
inline constexpr std::size_t kExplanationColumn = 12;

/// For people.
void print_explanation(const Explanation& found, std::ostream& out);
/// One JSON document.
void print_explanation_json(const Explanation& found, Io& io);

/// "2.5 of 10.7 misses left"; "34 misses, of 10.7 that are allowed: out of reach". Of a share of met periods.
std::string misses_text(double left, double budget);

}  // namespace kpi
