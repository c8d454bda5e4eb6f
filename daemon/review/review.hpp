#pragma once
// Everything a review says, as numbers: read from the history under what the configuration knows. What renders it
// (HTML, JSON, CSV, Markdown) adds words and pictures, no figures. One thread.

#include "daemon/config/config.hpp"
#include "daemon/review/period_figure.hpp"
#include "daemon/review/removed_kpis.hpp"
#include "daemon/review/review_outlook.hpp"
#include "daemon/review/review_period.hpp"
#include "daemon/store/history_reader.hpp"
#include "rules/forecast/honesty.hpp"
#include "rules/judge/unusual.hpp"
#include "rules/load/smart.hpp"

#include <optional>
#include <string>
#include <vector>

namespace kpi {

/// met + missed + no_data + recorded = periods.
struct VerdictCounts {
  std::size_t periods = 0;
  std::size_t met = 0;
  std::size_t missed = 0;
  std::size_t no_data = 0;
  std::size_t recorded = 0;

  void add(Verdict verdict);
  /// The share of met periods among those with data; nothing where none was judged.
  [[nodiscard]] std::optional<double> attainment() const;
  /// The same with the periods without data counted as not met.
  [[nodiscard]] std::optional<double> strict_attainment() const;

  bool operator==(const VerdictCounts&) const = default;
};

/// One judged period, for charts.
struct ReviewPoint {
  Slot slot;
  Slot end;
  double value = 0;     ///< NaN: none.
  double limit = 0;     ///< NaN: none.
  double expected = 0;  ///< The target's path; NaN: none.
  Verdict verdict = Verdict::kRecorded;
  double goal = 0;  ///< NaN: no target.
  TargetStatus target_status = TargetStatus::kNotStarted;
  Reason reason = Reason::kNone;
};

/// A period whose value was another one once.
struct Restatement {
  Slot slot;
  double was = 0;
  double is = 0;
  Verdict was_judged = Verdict::kRecorded;
  Verdict is_judged = Verdict::kRecorded;
  Instant known_at;     ///< When the old value was judged.
  Instant replaced_at;  ///< When the new one was.
};

/// A target as it stood after the last period of the review, or after its own last one where another has followed.
struct ReviewTarget {
  TargetStatus status = TargetStatus::kNotStarted;
  double goal = 0;
  double expected = 0;                     ///< NaN: not on its path.
  double actual = 0;                       ///< NaN: unknown. Of a level the newest value by the deadline.
  std::string view;                        ///< The JSON of a TargetView where it is the present one; else empty.
  std::optional<ReviewOutlook> outlook{};  ///< As of now, while the target runs.
  Target::Measure measure = Target::Measure::kLevel;
  std::optional<Date> deadline{};
  double baseline = 0;                     ///< NaN: not measured.
  std::optional<double> pace{};            ///< After the last period, while the target ran.
  std::optional<StatedForecast> stated{};  ///< The last that was said of this goal within the review.
};

/// A KPI or one of its segments.
struct ReviewLine {
  Labels segment;  ///< Empty: the total.
  std::optional<double> value;
  std::optional<double> previous;
  std::optional<double> year_ago;
  Coverage coverage;             ///< Of what `value` is made of; of a level nothing is lacking.
  bool is_like_previous = true;  ///< False: a sum, and of another share of its days.
  bool is_like_year_ago = true;  ///< So.
  VerdictCounts counts;
  std::vector<ReviewPoint> points;  ///< In time order.
  std::vector<double> so_far;       ///< Of a target that adds up, after each of these; NaN: not on its way. Else empty.
  std::vector<EpisodeRow> episodes;   ///< That fired and touch the period, in the order in which they began.
  std::vector<Restatement> restated;  ///< In the order in which it became known.
  // Of alerts but those of targets:
  std::optional<Duration> to_notice;          ///< From the first missed period's start to the alert, the mean.
  std::optional<Duration> to_recover;         ///< From the alert to its end, the mean.
  std::optional<ReviewTarget> target;         ///< The newest.
  std::vector<ReviewTarget> earlier_targets;  ///< Those before it whose deadline lies in the period, in time order.

  /// The value, for what compares it; none where that would compare five days with seven.
  [[nodiscard]] std::optional<double> beside_previous() const { return is_like_previous ? value : std::nullopt; }

  [[nodiscard]] std::optional<double> beside_year_ago() const { return is_like_year_ago ? value : std::nullopt; }
};

/// A target that became another one within the period.
struct TargetTurnover {
  Date date;
  std::string target;            ///< Its name.
  std::vector<std::string> was;  ///< Lines of its text that are no more.
  std::vector<std::string> is;   ///< Lines that are new.
  bool was_share = false;        ///< Its goal was a share of the periods.
  bool is_share = false;         ///< Its goal is one now.
  std::string why;               ///< Empty: nobody said.
};

/// A rule that was written anew within the period.
struct RuleTurnover {
  Date date;
  std::vector<std::string> was;  ///< Lines of its text that are no more.
  std::vector<std::string> is;   ///< Lines that are new.
};

/// What its history says of the last judged period.
struct UnusualEnd {
  Slot slot;
  Unusual found;
};

struct ReviewKpi {
  const Kpi* kpi = nullptr;  ///< Of the configuration, or of Review::rules.
  std::string recorded_as;   ///< The history's name of it: a former one until the daemon has run with the new one.
  std::optional<RemovedKpi> removed;  ///< It is no longer in the rules, and asks for nothing any more.
  FigureBasis basis = FigureBasis::kFormula;
  /// Its figures are of the days before: an open period counts up to the last judged one, and so do what it is
  /// compared with. The period's start: nothing of it has been judged yet.
  Date until;
  /// When the verdict of its last period in the review is due, which may fire or end an alert; of an open review now.
  Instant last_due;
  ReviewLine total;
  std::vector<ReviewLine> segments;  ///< By labels.
  std::vector<TargetTurnover> changes;
  std::vector<RuleTurnover> rule_changes;
  std::vector<NoteRow> notes;
  std::optional<Date> reviewed;  ///< The last time, by the rule's word or by `kpid review`.
  std::string reviewed_by;       ///< Empty: by the rule's word.
  std::string review_note;
  std::optional<UnusualEnd> unusual;  ///< Of KPIs with an alert that asks for it.
  bool is_overdue = false;            ///< Not since the start of the fiscal quarter before the one the review ends in.
  std::vector<SmartGap> gaps;
};

/// What an owner was told of in the period.
struct OwnerLoad {
  std::string owner;
  std::size_t kpis = 0;
  std::size_t episodes = 0;
  std::size_t critical = 0;
};

/// More KPIs stand for one objective than a handful.
struct Crowd {
  std::string objective;
  std::size_t kpis = 0;
};

struct Review {
  ReviewPeriod period;
  ReviewPeriod previous;  ///< Of an open period: its first days, as many as have passed. So is the next.
  ReviewPeriod year_ago;
  Instant now;                    ///< The last step the figures are of.
  bool is_open = false;           ///< The period had not ended by then.
  ReviewRules rules;              ///< What the KPIs point into.
  std::vector<ReviewKpi> kpis;    ///< In the order of the files; those that are no longer in the rules last.
  std::vector<NoteRow> notes;     ///< That are of no KPI but of all; each KPI has them too.
  std::vector<OwnerLoad> owners;  ///< The most alerts first.
  std::vector<Crowd> crowds;
  std::vector<forecast::Statement> forecasts;  ///< Of targets whose outcome was decided in the period.
  std::size_t forecasts_of_changed_goals =
      0;  ///< Decided then by another goal than they were stated of; not among them.

  /// False where the period before is the one a year ago.
  [[nodiscard]] bool has_year_ago() const { return year_ago.from != previous.from || year_ago.to != previous.to; }
};

/// KPIs that were judged in the period and are no longer in the rules are in it too. kNotFound when there is no history
/// yet. `config` must outlive the review.
Result<Review> read_review(const Config& config, const ReviewPeriod& period, HistoryReader& reader);

}  // namespace kpi
