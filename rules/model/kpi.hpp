#pragma once
// A KPI as its rule says: formula, window, thresholds, alert rules, target. Plain data, immutable once loaded.

#include "rules/base/diagnostic.hpp"
#include "rules/base/units.hpp"
#include "rules/expr/program.hpp"
#include "rules/model/sample.hpp"
#include "rules/model/verdict.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace kpi {

/// Which way is good.
struct Better {
  enum class Kind : std::uint8_t { kHigher, kLower, kWithin };

  Kind kind = Kind::kHigher;
  double low = 0;  ///< For kWithin.
  double high = 0;

  bool operator==(const Better&) const = default;
};

/// How long a miss must last, and how long it must be fine again.
struct Patience {
  Span hold;     ///< `for`
  Span recover;  ///< `recover_for`

  bool operator==(const Patience&) const = default;
};

/// Which lines an entry is for: the total, the segments whose labels have one of these values, or all of them.
struct SegmentMatch {
  bool is_total = false;
  std::vector<std::pair<std::string, std::vector<std::string>>> labels;

  bool operator==(const SegmentMatch&) const = default;
};

/// Other limits for some segments, or on some days. What it does not name is inherited.
struct LimitVariant {
  SegmentMatch match;
  std::uint8_t days = 0;  ///< Bit 0 is Monday; none: any day.
  std::string event;      ///< Of the calendar, of which a day of the period must be one; empty: any day.
  std::optional<Program> warning;
  std::optional<Program> critical;
  std::optional<Program> recover;
  std::optional<Span> hold;           ///< `for`; of segments only.
  std::optional<Span> recover_after;  ///< `recover_for`; of segments only.
  std::string text;                   ///< Printed canonically.

  bool operator==(const LimitVariant&) const = default;
};

/// A ratio of counts, and how sure one must be that it lies beyond a limit.
struct RatioGate {
  double confidence = 0;
  double deviations = 0;  ///< The same in standard deviations: 1.96 for 95 %.
  Program part;           ///< The counts above and below the line.
  Program whole;

  bool operator==(const RatioGate&) const = default;
};

struct Thresholds {
  std::optional<Program> warning;
  std::optional<Program> critical;
  std::optional<Program> recover;  ///< The mildest severity ends only at or beyond this.
  Patience patience;
  std::vector<LimitVariant> segments;  ///< The first that matches the line counts.
  std::vector<LimitVariant> when;      ///< The first that matches the line and the period counts, before its segment's.
  std::optional<RatioGate> gate;

  bool operator==(const Thresholds&) const = default;
};

/// Anything else, as an expression that is true when something is wrong.
struct AlertRule {
  std::string name;
  Program when;
  Severity severity = Severity::kWarning;
  Patience patience;
  std::string message;  ///< With placeholders such as {value}; empty: the built-in text.
  std::string runbook;
  Labels labels;

  bool operator==(const AlertRule&) const = default;
};

/// Baseline, goal, start, deadline and the path between them.
struct Target {
  enum class Path : std::uint8_t { kLinear, kCompound, kSCurve, kSteps, kSeasonal };
  /// What of the KPI is to reach the goal: its value, their sum or mean since the start, or the share of periods met.
  enum class Measure : std::uint8_t { kLevel, kTotal, kAverage, kShareMet };
  enum class Judge : std::uint8_t { kForecast, kPace };

  /// Where a path of steps is to be at the end of a day.
  struct Step {
    Date date;
    double value = 0;

    bool operator==(const Step&) const = default;
  };

  /// From this day on there is another goal, deadline or path; the new path starts where the old one stood.
  struct Change {
    Date date;
    std::optional<double> goal;
    std::optional<Date> deadline;
    std::optional<Path> path;
    std::vector<Step> steps;
    std::string why;
    Position position;

    bool operator==(const Change&) const = default;
  };

  /// Where its keys stand; of one that is absent, the target.
  struct Places {
    Position from;
    Position to;
    Position start;
    Position by;
    Position path;
    Position measure;
    Position remind;

    bool operator==(const Places&) const = default;
  };

  std::string name;                ///< Empty: the only one of its KPI.
  Labels match;                    ///< The segments that it judges; empty: the total.
  std::optional<double> baseline;  ///< None: `measured`.
  double goal = 0;
  std::optional<Date> start;  ///< None: the day the rule was first loaded.
  std::optional<Date> deadline;
  std::optional<Span> within;    ///< `by: 6 months`: the deadline as a span from start.
  std::optional<Grain> each;     ///< Again for every such period from start on, until the deadline if there is one.
  bool is_named_period = false;  ///< Of the one period that start and deadline are.
  Path path = Path::kLinear;
  std::vector<Step> steps;
  Measure measure = Measure::kLevel;
  Judge judge = Judge::kForecast;
  double on_track = 0.95;  ///< Pace at least.
  double at_risk = 0.80;
  double likely = 0.70;                ///< With judge: forecast on_track from this probability on,
  double unlikely = 0.30;              ///< and off_track below this one.
  std::array<Severity, 6> severity{};  ///< By TargetStatus.
  std::vector<Span> remind;            ///< So long before the deadline, while it is not achieved.
  std::vector<Change> changes;         ///< In time order.
  Position position;
  Places at;

  bool operator==(const Target&) const = default;
};

struct NoDataPolicy {
  enum class Then : std::uint8_t { kAlert, kHold, kOk };

  std::optional<Span> after;  ///< None: one period.
  Then then = Then::kAlert;
  Severity severity = Severity::kWarning;

  bool operator==(const NoDataPolicy&) const = default;
};

/// A period is judged only when so much was counted in its window.
struct MinSample {
  std::size_t input = 0;  ///< Into the metrics of Kpi::value, which the formula itself may not use.
  double least = 0;

  bool operator==(const MinSample&) const = default;
};

/// An alert rule of a KPI, by name.
struct RuleName {
  std::string kpi;
  std::string rule;

  bool operator==(const RuleName&) const = default;
};

inline constexpr std::size_t kDefaultMaxSegments = 200;

struct Kpi {
  std::string id;
  std::string title;
  std::string description;
  std::string owner;
  std::string objective;
  Unit unit;
  Better better;
  Program value;
  Grain every;
  Span over;
  double complete = 1;
  std::vector<std::vector<std::string>> split_by;  ///< Each a set of labels whose combinations are segments.
  std::vector<Labels> expect;                      ///< Segments that are missing when they do not report. Sorted.
  std::size_t max_segments = kDefaultMaxSegments;
  std::optional<Span> retire;  ///< A segment silent for so long leaves judging.
  std::vector<MinSample> min_sample;
  std::optional<Thresholds> thresholds;
  std::vector<AlertRule> alerts;
  std::vector<Target> targets;  ///< In time order; those of segments after those of the total.
  NoDataPolicy no_data;
  std::string runbook;
  std::optional<Date> reviewed;
  Labels labels;
  Zone zone;
  std::vector<std::string> was;    ///< Its earlier names.
  std::vector<RuleName> inhibits;  ///< Rules whose messages are held back while this KPI fires.
  Position position;               ///< Of its name in the file.
  std::string text;                ///< The rule, printed canonically: what a verdict was judged by.
  std::string fingerprint;         ///< Of `text`.
  std::string definition;          ///< See definition_text: loads to this KPI again.
};

/// Whether the entry is for the line of this segment (empty: the total).
bool matches(const SegmentMatch& match, const Labels& segment);
/// "total", "country SE or DK", "all"; as diagnostics and rule texts have it.
std::string text_of(const SegmentMatch& match);

/// Whether the segment is listed in `expect`.
bool is_expected(const Kpi& kpi, const Labels& segment);

/// Whether the KPI has an alert rule of that name: "thresholds", "no_data", "target" or its own.
bool has_rule(const Kpi& kpi, std::string_view rule);

/// Calls `use` with each limit that this set names: warning, critical, recover.
template <class LimitsOf, class Use>
void each_named_limit(const LimitsOf& set, const Use& use) {
  for (const std::optional<Program>* limit : {&set.warning, &set.critical, &set.recover}) {
    if (*limit) {
      use(**limit);
    }
  }
}

/// Calls `use` with each program that the thresholds may evaluate for any line.
template <class Use>
void each_threshold_program(const Thresholds& thresholds, const Use& use) {
  each_named_limit(thresholds, use);
  for (const LimitVariant& variant : thresholds.segments) {
    each_named_limit(variant, use);
  }
  for (const LimitVariant& variant : thresholds.when) {
    each_named_limit(variant, use);
  }
  if (thresholds.gate) {
    use(thresholds.gate->part);
    use(thresholds.gate->whole);
  }
}

/// All that is loaded, checked and consistent. KPIs stand in an order in which each comes after those it uses.
struct RuleSet {
  std::vector<Metric> metrics;
  std::vector<Kpi> kpis;
  CalendarRules calendar;

  [[nodiscard]] const Kpi* find(std::string_view id) const;
};

}  // namespace kpi
