#include "daemon/review/judged_periods.hpp"
#include "daemon/review/review.hpp"
#include "daemon/review/review_alerts.hpp"
#include "daemon/review/review_people.hpp"
#include "daemon/review/review_targets.hpp"
#include "daemon/review/review_unusual.hpp"
#include "daemon/review/rolled_up.hpp"
#include "rules/judge/line.hpp"
#include "rules/model/earlier_names.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <limits>
#include <map>
#include <set>
#include <tuple>

namespace kpi {
namespace {

constexpr std::int64_t kYearMs = 366 * kDayMs;
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

/// The days of a period on the slot axis, a little more at each end for zones and for periods that begin before it.
std::pair<Slot, Slot> slots_around(const ReviewPeriod& period, std::int64_t before_ms) {
  return {Slot{slot_of(period.from).ms - before_ms - 2 * kDayMs}, Slot{slot_of(period.to).ms + 2 * kDayMs}};
}

class ReviewReader {
 public:
  ReviewReader(ReviewRules rules, const ReviewPeriod& period, HistoryReader& reader)
      : config_(*rules.config), rules_(rules.config->rules), reader_(reader) {
    review_.period = period;
    review_.rules = std::move(rules);
    previous_ = review_.previous = previous_of(period, rules_.calendar);
    year_ago_ = review_.year_ago = year_ago_of(period, rules_.calendar);
  }

  Result<Review> read() {
    const std::optional<Instant> last_step = KPI_TRY(reader_.last_step());
    if (!last_step) {
      return fail(ErrorKind::kNotFound, "no step has been made yet: run \"kpid run --once\" first");
    }
    review_.now = *last_step;
    review_.is_open = *last_step < config_.zone.to_instant(local_midnight(review_.period.to));
    if (review_.is_open) {
      compare_elapsed();
    }
    make_kpis();
    longest_period_ = KPI_TRY(longest_period(rules_, reader_));
    KPI_TRY(read_lines());
    KPI_TRY(read_ledger());
    drop_removed();
    for (ReviewKpi& kpi : review_.kpis) {
      kpi.until = judged_until(kpi);
      each_line(kpi, [&](ReviewLine& line) { count_until(line, kpi); });
    }
    KPI_TRY(read_figures());
    KPI_TRY(read_restatements());
    const ReviewLines lines = lines_by_id();
    KPI_TRY(add_targets(review_, config_, lines, reader_));
    KPI_TRY(add_alerts(review_, config_, lines, reader_));
    KPI_TRY(add_people(review_, config_, reader_));
    KPI_TRY(add_unusual(review_, config_, reader_));
    return std::move(review_);
  }

 private:
  /// A line of the history that the review has.
  struct Place {
    std::uint32_t kpi = 0;  ///< Index into RuleSet::kpis.
    std::size_t at = 0;     ///< Index into Review::kpis.
    std::size_t segment = kTotal;
  };

  static constexpr std::size_t kTotal = static_cast<std::size_t>(-1);

  static std::chrono::local_time<Duration> local_midnight(Date date) {
    return std::chrono::local_time<Duration>{std::chrono::local_days{date}.time_since_epoch()};
  }

  /// What has not ended yet stands beside the same number of days of the others.
  void compare_elapsed() {
    const std::chrono::sys_days today{
        std::chrono::floor<std::chrono::days>(config_.zone.to_local(review_.now)).time_since_epoch()};
    const auto elapsed = std::max(std::chrono::days{1}, today - std::chrono::sys_days{review_.period.from});
    const Date until{
        std::min(std::chrono::sys_days{review_.period.from} + elapsed, std::chrono::sys_days{review_.period.to})};
    review_.previous = first_part(previous_, review_.period, until, Grain{Grain::Unit::kDay});
    review_.year_ago = first_part(year_ago_, review_.period, until, Grain{Grain::Unit::kDay});
  }

  /// The first day that a KPI's figures do not know: its inputs may reach farther than what it was judged by, each to a
  /// day of its own. A period that is over counts whole, but for a KPI that is still to be judged in it.
  [[nodiscard]] Date judged_until(const ReviewKpi& kpi) const {
    const ReviewPeriod& period = review_.period;
    std::optional<Slot> end;
    const auto see = [&](const ReviewLine& line) {
      // What stands for the period is then its last value, of the day that has one.
      const auto last = kpi.basis != FigureBasis::kLast
                            ? line.points.rbegin()
                            : std::find_if(line.points.rbegin(), line.points.rend(), [](const ReviewPoint& point) {
                                return !std::isnan(point.value);
                              });
      if (last != line.points.rend() && (!end || last->end > *end)) {
        end = last->end;
      }
    };
    see(kpi.total);
    std::ranges::for_each(kpi.segments, see);
    if (!end) {
      return review_.is_open ? period.from : period.to;
    }
    const Kpi& rule = *kpi.kpi;
    const bool is_civil = rule.every.is_civil();
    const auto day = [&](Slot slot) {
      return is_civil ? date_of(slot) : Date{std::chrono::floor<std::chrono::days>(rule.zone.to_local(at(slot)))};
    };
    const Date next =
        is_civil ? day(next_slot(slot_at(day(*end), rule.every, rules_.calendar), rule.every, rule.zone)) : day(*end);
    const bool is_whole = is_civil ? next > period.to : next >= period.to;
    return is_whole && !review_.is_open ? period.to : std::clamp(day(*end), period.from, period.to);
  }

  /// Hours of the day that has not ended are in no figure, and count no more than they do.
  void count_until(ReviewLine& line, const ReviewKpi& kpi) const {
    ReviewPeriod judged = review_.period;
    judged.to = kpi.until;
    if (kpi.kpi->every.is_civil() || kpi.until == review_.period.to) {
      return;
    }
    line.counts = VerdictCounts{};
    for (const ReviewPoint& point : line.points) {
      if (belongs(*kpi.kpi, judged, point.end)) {
        line.counts.add(point.verdict);
      }
    }
  }

  /// Its sources may have a zone of their own, and take days to settle.
  [[nodiscard]] Instant last_due(const Kpi& kpi, const KpiPlan& plan) const {
    const Date next = review_.period.to;
    const Slot after = kpi.every.is_civil()
                           ? slot_at(next, kpi.every, rules_.calendar)
                           : slot_at(kpi.zone.to_instant(local_midnight(next)), kpi.every, kpi.zone, rules_.calendar);
    return std::min(plan.due(kpi, next_slot(after, kpi.every, kpi.zone, -1)), review_.now);
  }

  static Instant at(Slot slot) { return Instant{Duration{slot.ms}}; }

  ReviewLine& line_of(const Place& place) {
    ReviewKpi& kpi = review_.kpis[place.at];
    return place.segment == kTotal ? kpi.total : kpi.segments[place.segment];
  }

  ReviewLines lines_by_id() {
    ReviewLines lines;
    for (const std::optional<Place>& place : places_) {
      lines.push_back(place ? &line_of(*place) : nullptr);
    }
    return lines;
  }

  /// Whether a period of the KPI that ended then ended within the review's days.
  static bool belongs(const Kpi& kpi, const ReviewPeriod& period, Slot end) {
    if (kpi.every.is_civil()) {
      return end > slot_of(period.from) && end <= slot_of(period.to);
    }
    const auto at = [&](Date date) { return kpi.zone.to_instant(local_midnight(date)).time_since_epoch().count(); };
    return end.ms > at(period.from) && end.ms <= at(period.to);
  }

  void make_kpis() {
    for (std::uint32_t i = 0; i < rules_.kpis.size(); ++i) {
      const Kpi& kpi = rules_.kpis[i];
      order_.push_back(i);
      ReviewKpi& made = review_.kpis.emplace_back();
      made.kpi = &kpi;
    }
    const auto& texts = config_.texts->texts();
    std::map<const SourceText*, std::size_t> place_of;
    for (const SourceText& text : texts) {
      place_of.emplace(&text, place_of.size());
    }
    const auto in_file_order = [&](std::uint32_t index) {
      const Position& at = rules_.kpis[index].position;
      const auto file = place_of.find(at.source);
      return std::tuple(file == place_of.end() ? place_of.size() : file->second, at.line, index);
    };
    std::ranges::sort(order_, {}, in_file_order);
    std::vector<KpiPlan> plans;
    for (std::uint32_t i = 0; i < rules_.kpis.size(); ++i) {
      plans.push_back(plan_of(rules_, i, plans));
    }
    for (std::size_t at = 0; at < order_.size(); ++at) {
      const Kpi& kpi = rules_.kpis[order_[at]];
      review_.kpis[at].kpi = &kpi;
      review_.kpis[at].recorded_as = kpi.id;
      review_.kpis[at].last_due = last_due(kpi, plans[order_[at]]);
      const auto removed = review_.rules.removed.find(kpi.id);
      if (removed != review_.rules.removed.end()) {
        review_.kpis[at].removed = removed->second;
      }
      const bool has_formula = !review_.kpis[at].removed || review_.kpis[at].removed->loads;
      review_.kpis[at].basis = has_formula ? basis_of(rules_, kpi) : FigureBasis::kLast;
      at_.emplace(kpi.id, at);
    }
  }

  /// What the history still has under a former name is the KPI's of now, as for the daemon when it next runs.
  void rename_lines(std::vector<LineRow>& rows) {
    const auto names = earlier_names(rules_);
    std::set<std::pair<std::string, Labels>> known;
    for (const LineRow& row : rows) {
      known.emplace(row.kpi, row.segment);
    }
    for (LineRow& row : rows) {
      const auto name = names.find(row.kpi);
      if (name == names.end()) {
        continue;
      }
      ReviewKpi& kpi = review_.kpis[at_.find(name->second)->second];
      if (has_segment(*kpi.kpi, row.segment) && known.emplace(kpi.kpi->id, row.segment).second) {
        kpi.recorded_as = row.segment.empty() ? row.kpi : kpi.recorded_as;
        row.kpi = kpi.kpi->id;
      }
    }
  }

  Result<void> read_lines() {
    std::vector<LineRow> rows = KPI_TRY(reader_.lines());
    rename_lines(rows);
    std::ranges::sort(rows, {}, [](const LineRow& row) { return std::pair(row.kpi, row.segment); });
    for (const LineRow& row : rows) {
      const auto found = at_.find(row.kpi);
      if (found == at_.end()) {
        continue;
      }
      Place place{order_[found->second], found->second, kTotal};
      if (!row.segment.empty()) {
        std::vector<ReviewLine>& segments = review_.kpis[place.at].segments;
        place.segment = segments.size();
        segments.emplace_back().segment = row.segment;
      }
      if (row.id >= places_.size()) {
        places_.resize(row.id + 1);
      }
      places_[row.id] = place;
    }
    return {};
  }

  const Place* place_of(std::uint32_t line) const {
    return line < places_.size() && places_[line] ? &*places_[line] : nullptr;
  }

  Result<void> read_ledger() {
    const auto [from, to] = slots_around(review_.period, longest_period_);
    KPI_TRY(reader_.ledger(from, to, [&](const LedgerPoint& row) {
      const Place* place = place_of(row.line);
      if (place == nullptr) {
        return;
      }
      const Kpi& kpi = rules_.kpis[place->kpi];
      const Slot end = end_of(row.slot, row.period, kpi);
      if (belongs(kpi, review_.period, end)) {
        take(line_of(*place), row, end, kpi);
      }
    }));
    for (ReviewKpi& kpi : review_.kpis) {
      each_line(kpi, [](ReviewLine& line) { std::ranges::stable_sort(line.points, {}, &ReviewPoint::end); });
    }
    for (ReviewKpi& kpi : review_.kpis) {  // a segment that had retired before has nothing to say
      drop_silent(kpi);
    }
    return {};
  }

  void take(ReviewLine& line, const LedgerPoint& row, Slot end, const Kpi& kpi) const {
    const std::int64_t days = (slot_of(review_.period.to).ms - slot_of(review_.period.from).ms) / kDayMs;
    if (line.points.empty() && kpi.every.is_civil()) {
      line.points.reserve(
          static_cast<std::size_t>(days * kDayMs / std::max(kDayMs, kpi.every.span().approximate_ms())) + 1);
    }
    line.counts.add(row.verdict);
    line.points.push_back(
        {row.slot, end, row.value, row.limit, row.expected, row.verdict, row.goal, row.target_status, row.reason});
  }

  void drop_silent(ReviewKpi& kpi) {
    std::vector<std::size_t> kept(kpi.segments.size(), kTotal);
    std::vector<ReviewLine> segments;
    for (std::size_t i = 0; i < kpi.segments.size(); ++i) {
      if (!kpi.segments[i].points.empty()) {
        kept[i] = segments.size();
        segments.push_back(std::move(kpi.segments[i]));
      }
    }
    if (segments.size() == kpi.segments.size()) {
      kpi.segments = std::move(segments);
      return;
    }
    kpi.segments = std::move(segments);
    for (std::optional<Place>& place : places_) {
      if (place && place->segment != kTotal && &review_.kpis[place->at] == &kpi) {
        place->segment = kept[place->segment];
        place = place->segment == kTotal ? std::nullopt : place;
      }
    }
  }

  /// Of KPIs that are no longer in the rules only those that were judged in the period belong to its review.
  void drop_removed() {
    const auto is_silent = [](const ReviewKpi& kpi) {
      return kpi.removed && kpi.total.points.empty() && kpi.segments.empty();
    };
    if (std::ranges::none_of(review_.kpis, is_silent)) {
      return;
    }
    std::vector<std::size_t> kept(review_.kpis.size(), kTotal);
    std::vector<ReviewKpi> kpis;
    std::vector<std::uint32_t> order;
    for (std::size_t at = 0; at < review_.kpis.size(); ++at) {
      if (!is_silent(review_.kpis[at])) {
        kept[at] = kpis.size();
        kpis.push_back(std::move(review_.kpis[at]));
        order.push_back(order_[at]);
      }
    }
    review_.kpis = std::move(kpis);
    order_ = std::move(order);
    for (std::optional<Place>& place : places_) {
      if (place) {
        place->at = kept[place->at];
        place = place->at == kTotal ? std::nullopt : place;
      }
    }
  }

  Result<void> read_figures() {
    SampleTable table;
    std::vector<std::uint32_t> series;  // by the history's id: into the table and 1
    std::array<RolledUp, 3> rolled_up;  // in the period, the previous one and that of a year ago
    const std::array<const ReviewPeriod*, 3> periods{&review_.period, &previous_, &year_ago_};
    KPI_TRY(find_series(table, series));
    for (const auto& [from, to] : sample_stretches()) {
      KPI_TRY(reader_.daily_samples(from, to, [&](const DailySamples& row) {
        const std::uint32_t id = row.series < series.size() ? series[row.series] : 0;
        for (std::size_t i = 0; id != 0 && i < periods.size(); ++i) {
          if (row.day >= slot_of(periods[i]->from) && row.day < slot_of(periods[i]->to)) {
            rolled_up.at(i).add(table[id - 1].metric, row, metric_of(table, id - 1));
          }
        }
        for (const Sample& sample : id == 0 ? std::vector<Sample>{} : samples_of(row, metric_of(table, id - 1))) {
          table.put(id - 1, sample.slot, sample.value);
        }
      }));
      KPI_TRY(reader_.samples(from, to, [&](const SampleRow& row) {
        const std::uint32_t id = row.series < series.size() ? series[row.series] : 0;
        if (id != 0) {
          table.put(id - 1, row.slot, row.value);
        }
      }));
    }
    PeriodFigures figures(rules_, table);
    for (std::size_t at = 0; at < review_.kpis.size(); ++at) {
      ReviewKpi& kpi = review_.kpis[at];
      const auto is_changed = [&](std::size_t period) {
        return kpi.basis == FigureBasis::kFormula && is_changed_by_rolling(rules_, *kpi.kpi, rolled_up.at(period));
      };
      const bool is_by_judgements = is_changed(0);
      if (is_by_judgements) {
        kpi.basis = FigureBasis::kMean;  // of what was judged while the samples were there
      }
      if (kpi.basis == FigureBasis::kFormula) {
        each_line(kpi, [&](ReviewLine& line) { fill_by_formula(line, kpi, order_[at], figures); });
        compare_no_total_without_a_part(kpi);
        each_line(kpi, [&](ReviewLine& line) {
          line.previous = is_changed(1) ? std::nullopt : line.previous;
          line.year_ago = is_changed(2) ? std::nullopt : line.year_ago;
        });
      } else {
        each_line(kpi, [&](ReviewLine& line) {
          const std::vector<ReviewPoint> points = known_points(line, kpi);
          line.value = summed_up(points, kpi.basis);
          line.is_like_previous = line.is_like_year_ago = is_comparable(points, kpi.basis);
          if (line.value && is_by_judgements) {
            line.coverage = coverage_of(points, *kpi.kpi);
          }
        });
      }
    }
    return read_earlier_values();
  }

  static Coverage coverage_of(const std::vector<ReviewPoint>& points, const Kpi& kpi) {
    const auto known = std::ranges::count_if(points, [](const ReviewPoint& point) { return !std::isnan(point.value); });
    return {known, static_cast<std::int64_t>(points.size()), kpi.every};
  }

  /// The time whose samples figures need, each stretch once: periods may follow one another or be the same.
  [[nodiscard]] std::vector<std::pair<Slot, Slot>> sample_stretches() const {
    // What adds up over days lies within the period; a level, or a quarter's number, may come from before it.
    const bool adds_up = std::ranges::all_of(rules_.metrics, [](const Metric& metric) {
      return metric.kind == MetricKind::kFlow && metric.grain.unit <= Grain::Unit::kDay;
    });
    std::vector<std::pair<Slot, Slot>> stretches;
    for (const ReviewPeriod& period : {year_ago_, previous_, review_.period}) {
      const auto [from, to] = slots_around(period, adds_up ? 0 : kYearMs / 4);
      if (!stretches.empty() && from <= stretches.back().second) {
        stretches.back().first = std::min(stretches.back().first, from);
        stretches.back().second = std::max(stretches.back().second, to);
      } else {
        stretches.emplace_back(from, to);
      }
    }
    return stretches;
  }

  [[nodiscard]] const Metric& metric_of(const SampleTable& table, std::uint32_t series) const {
    return rules_.metrics[table[series].metric];
  }

  /// The series of metrics that some figure is worked out from.
  Result<void> find_series(SampleTable& table, std::vector<std::uint32_t>& series) {
    std::map<std::string, std::uint32_t, std::less<>> wanted;
    std::set<std::uint32_t> used;
    for (const ReviewKpi& kpi : review_.kpis) {
      if (kpi.basis == FigureBasis::kFormula) {
        for (const MetricInput& input : kpi.kpi->value.metrics) {
          used.insert(input.metric);
        }
      }
    }
    for (const std::uint32_t metric : used) {
      wanted.emplace(rules_.metrics[metric].name, metric);
    }
    for (const SeriesRow& row : KPI_TRY(reader_.series())) {
      const auto found = wanted.find(row.metric);
      if (found != wanted.end()) {
        series.resize(std::max<std::size_t>(series.size(), row.id + 1));
        series[row.id] = table.series(found->second, row.labels) + 1;
      }
    }
    return {};
  }

  /// The same days of an earlier period.
  [[nodiscard]] ReviewPeriod beside(const ReviewPeriod& earlier, const ReviewKpi& kpi) const {
    return first_part(earlier, review_.period, kpi.until, kpi.kpi->every);
  }

  void fill_by_formula(ReviewLine& line, const ReviewKpi& kpi, std::uint32_t index, PeriodFigures& figures) {
    if (kpi.until == review_.period.from) {
      return;
    }
    const auto number = [](const Value& value) {
      return value.is_known() ? std::optional(value.number) : std::nullopt;
    };
    ReviewPeriod judged = review_.period;
    judged.to = kpi.until;
    const auto [value, coverage] = figures.figure(index, line.segment, judged);
    line.value = number(value);
    if (line.value && is_of_days(rules_, *kpi.kpi)) {
      line.coverage = coverage;
    }
    const bool is_total = grows_with_days(rules_, *kpi.kpi);
    const auto compare = [&](const ReviewPeriod& earlier, std::optional<double>& to, bool& is_like) {
      if (figures.has_begun(index, line.segment, earlier)) {
        const auto [before, of] = figures.figure(index, line.segment, earlier);
        to = number(before);
        is_like = !is_total || coverage.is_like(of);
      }
    };
    compare(beside(previous_, kpi), line.previous, line.is_like_previous);
    compare(beside(year_ago_, kpi), line.year_ago, line.is_like_year_ago);
  }

  /// A sum that lacks a segment which is expected is no smaller for it.
  void compare_no_total_without_a_part(ReviewKpi& kpi) const {
    if (!grows_with_days(rules_, *kpi.kpi)) {
      return;
    }
    for (const ReviewLine& segment : kpi.segments) {
      if (is_expected(*kpi.kpi, segment.segment)) {
        kpi.total.is_like_previous = kpi.total.is_like_previous && segment.is_like_previous;
        kpi.total.is_like_year_ago = kpi.total.is_like_year_ago && segment.is_like_year_ago;
      }
    }
  }

  /// Of whole days: the earlier periods have no others.
  [[nodiscard]] std::vector<ReviewPoint> known_points(const ReviewLine& line, const ReviewKpi& kpi) const {
    ReviewPeriod judged = review_.period;
    judged.to = kpi.until;
    std::vector<ReviewPoint> points;
    std::ranges::copy_if(line.points, std::back_inserter(points), [&](const ReviewPoint& point) {
      return belongs(*kpi.kpi, judged, point.end);
    });
    return points;
  }

  /// The last value of a time is compared with the last of another one: not Friday's with Sunday's.
  static bool is_comparable(const std::vector<ReviewPoint>& points, FigureBasis basis) {
    return basis != FigureBasis::kLast || points.empty() || !std::isnan(points.back().value);
  }

  static std::optional<double> summed_up(const std::vector<ReviewPoint>& points, FigureBasis basis) {
    double sum = 0;
    double last = 0;
    std::size_t count = 0;
    for (const ReviewPoint& point : points) {
      if (!std::isnan(point.value)) {
        sum += point.value;
        last = point.value;
        ++count;
      }
    }
    if (count == 0) {
      return std::nullopt;
    }
    return basis == FigureBasis::kLast ? last : sum / static_cast<double>(count);
  }

  /// Of KPIs whose figure comes from judged values: those of the earlier periods.
  Result<void> read_earlier_values() {
    if (std::ranges::all_of(review_.kpis, [](const ReviewKpi& kpi) { return kpi.basis == FigureBasis::kFormula; })) {
      return {};
    }
    KPI_TRY(read_judged(previous_, &ReviewLine::previous, &ReviewLine::is_like_previous));
    return read_judged(year_ago_, &ReviewLine::year_ago, &ReviewLine::is_like_year_ago);
  }

  Result<void> read_judged(const ReviewPeriod& period,
                           std::optional<double> ReviewLine::* figure,
                           bool ReviewLine::* like) {
    std::map<std::uint32_t, std::vector<ReviewPoint>> points;
    const auto [from, to] = slots_around(period, longest_period_);
    KPI_TRY(reader_.ledger(from, to, [&](const LedgerPoint& row) {
      const Place* place = place_of(row.line);
      if (place == nullptr || review_.kpis[place->at].basis == FigureBasis::kFormula) {
        return;
      }
      const Kpi& kpi = rules_.kpis[place->kpi];
      const Slot end = end_of(row.slot, row.period, kpi);
      if (belongs(kpi, beside(period, review_.kpis[place->at]), end)) {
        points[row.line].push_back({row.slot, end, row.value, row.limit, row.expected, row.verdict, kNone, {}});
      }
    }));
    for (auto& [id, found] : points) {
      std::ranges::stable_sort(found, {}, &ReviewPoint::end);
      const Place& place = *place_of(id);
      const FigureBasis basis = review_.kpis[place.at].basis;
      ReviewLine& line = line_of(place);
      line.*figure = summed_up(found, basis);
      line.*like = line.*like && is_comparable(found, basis);
    }
    return {};
  }

  template <class Use>
  static void each_line(ReviewKpi& kpi, const Use& use) {
    use(kpi.total);
    for (ReviewLine& segment : kpi.segments) {
      use(segment);
    }
  }

  Result<void> read_restatements() {
    const auto [from, to] = slots_around(review_.period, longest_period_);
    for (const VerdictRevision& revision : KPI_TRY(reader_.ledger_revisions(from, to))) {
      const Place* place = place_of(revision.row.line);
      if (place == nullptr) {
        continue;
      }
      ReviewLine& line = line_of(*place);
      // One of another length that began on the same day is another period.
      const Slot end = end_of(revision.row.slot, revision.row.period, rules_.kpis[place->kpi]);
      const auto point = std::ranges::find_if(
          line.points, [&](const ReviewPoint& one) { return one.slot == revision.row.slot && one.end == end; });
      const bool is_same = point != line.points.end() && (point->value == revision.row.value ||
                                                          (std::isnan(point->value) && std::isnan(revision.row.value)));
      if (point != line.points.end() && !is_same) {
        line.restated.push_back({revision.row.slot,
                                 revision.row.value,
                                 point->value,
                                 revision.row.verdict,
                                 point->verdict,
                                 revision.judged_at,
                                 revision.replaced_at});
      }
    }
    return {};
  }

  const Config& config_;
  const RuleSet& rules_;
  HistoryReader& reader_;
  Review review_;
  ReviewPeriod previous_;  // whole, also where the review's are cut
  ReviewPeriod year_ago_;
  std::int64_t longest_period_ = 0;                     // in milliseconds
  std::vector<std::uint32_t> order_;                    // by place in Review::kpis: the index into RuleSet::kpis
  std::map<std::string, std::size_t, std::less<>> at_;  // by KPI: its place in Review::kpis
  std::vector<std::optional<Place>> places_;            // by line id
};

}  // namespace

void VerdictCounts::add(Verdict verdict) {
  ++periods;
  switch (verdict) {
    case Verdict::kMet:
      ++met;
      break;
    case Verdict::kMissed:
      ++missed;
      break;
    case Verdict::kNoData:
      ++no_data;
      break;
    case Verdict::kRecorded:
    case Verdict::kProvisional:
      ++recorded;
      break;
  }
}

std::optional<double> VerdictCounts::attainment() const {
  return met + missed == 0 ? std::nullopt : std::optional(static_cast<double>(met) / static_cast<double>(met + missed));
}

std::optional<double> VerdictCounts::strict_attainment() const {
  const std::size_t judged = met + missed + no_data;
  return met + missed == 0 ? std::nullopt : std::optional(static_cast<double>(met) / static_cast<double>(judged));
}

Result<Review> read_review(const Config& config, const ReviewPeriod& period, HistoryReader& reader) {
  return ReviewReader(KPI_TRY(read_review_rules(config, reader)), period, reader).read();
}

}  // namespace kpi
