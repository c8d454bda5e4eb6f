#include "rules/base/text.hpp"
#include "rules/judge/target_plan.hpp"
#include "rules/load/raw_reading.hpp"

#include <algorithm>

namespace kpi {
namespace {

constexpr std::size_t kMostTargets = 100;
constexpr std::size_t kMostParts = 500;  ///< Steps, changes, periods or segments of one target.

/// A list or map of at most kMostParts.
bool is_too_long(const YamlNode& node, std::string_view key, Diagnostics& diagnostics) {
  const bool is_long = std::max(node.items.size(), node.entries.size()) > kMostParts;
  if (is_long) {
    diagnostics.error(node.position, std::string(key) + " has more than " + std::to_string(kMostParts) + " entries");
  }
  return is_long;
}

/// Reads the keys of one target, or of one of the list.
class TargetReader {
 public:
  TargetReader(const YamlNode& node, const Kpi& kpi, std::string_view below, Diagnostics& diagnostics)
      : kpi_(kpi), below_(below), diagnostics_(diagnostics), map_(node, where(kpi, below_), diagnostics) {
    target_.position = node.position;
    target_.at = {map_.position_of("from"),
                  map_.position_of("to"),
                  map_.position_of("start"),
                  map_.position_of("by"),
                  map_.position_of("path"),
                  map_.position_of("measure"),
                  map_.position_of("remind")};
    target_.severity = {
        Severity::kNone, Severity::kNone, Severity::kInfo, Severity::kWarning, Severity::kInfo, Severity::kCritical};
  }

  /// The target, once for each of its periods, and again for each of its segments.
  std::vector<Target> read(bool is_listed) {
    if (is_listed) {
      map_.required("name", "every target of a list has a name of its own");
      map_.text("name", target_.name);
    }
    read_measure();
    read_ends();
    read_path(map_, target_.path, target_.steps);
    read_judge();
    if (const YamlNode* severity = map_.optional("severity")) {
      read_severities(*severity);
    }
    if (const YamlNode* remind = map_.optional("remind")) {
      read_reminders(*remind);
    }
    if (const YamlNode* changes = map_.optional("changes")) {
      read_changes(*changes);
    }
    const YamlNode* segments = map_.optional("segments");
    std::vector<Target> targets = periods_.empty() ? std::vector{target_} : of_periods();
    if (segments != nullptr) {
      read_segments(*segments, targets);
    }
    map_.finish();
    return targets;
  }

 private:
  struct Period {
    Date first;
    double goal = 0;
  };

  [[nodiscard]] std::string inside(std::string_view key) const { return where(kpi_, below_ + "." + std::string(key)); }

  void read_measure() {
    std::size_t measure = 0;
    if (map_.choice("measure", {"level", "total", "average", "share_met"}, measure)) {
      target_.measure = static_cast<Target::Measure>(measure);
    }
    const bool may_begin = target_.measure == Target::Measure::kLevel || target_.measure == Target::Measure::kAverage;
    if (!may_begin) {
      target_.baseline = 0;
      if (const YamlNode* from = map_.optional("from"); from != nullptr && from->scalar != "0") {
        const bool is_total = target_.measure == Target::Measure::kTotal;
        diagnostics_.error(from->position,
                           is_total ? "a total starts at 0" : "a share of met periods has no baseline",
                           "leave out from");
      }
      return;
    }
    read_baseline(map_.required("from", "the baseline: a number, or `measured`"), target_);
  }

  void read_baseline(const YamlNode* from, Target& target) {
    static const std::vector<std::string> kMeasured{"measured"};
    if (from != nullptr && from->scalar != "measured") {
      if (const std::string near = did_you_mean(from->scalar, kMeasured); !near.empty()) {
        diagnostics_.error(from->position, "from wants a number, or measured, got \"" + from->scalar + "\"", near);
        return;
      }
      target.baseline = read_value(*from, "from");
    } else if (from != nullptr) {
      target.baseline.reset();
    }
  }

  /// A number in the KPI's unit.
  std::optional<double> read_value(const YamlNode& node, std::string_view key) {
    static const Unit kPercent = Unit::parse("%").value();
    const auto number = read_number(node, diagnostics_, key);
    if (number && target_.measure == Target::Measure::kShareMet) {
      check_share(node, key, *number);
    }
    if (!number || target_.measure == Target::Measure::kShareMet) {
      return number;
    }
    // A unit that is not written is found later, of the value's formula.
    if (node.scalar.ends_with('%') && !kpi_.unit.text().empty() && kPercent.fit(kpi_.unit) == Unit::Fit::kClash) {
      diagnostics_.error(node.position,
                         "this is in %, the KPI's unit is " + kpi_.unit.text(),
                         "write it in " + kpi_.unit.text() + ", the unit of the value");
    }
    warn_of_bare_percent(node.position, node.scalar, *number, kpi_.unit, diagnostics_);
    return number;
  }

  /// Of periods met; 95 is meant for 95%.
  void check_share(const YamlNode& node, std::string_view key, double share) {
    if (share > 0 && share <= 1) {
      return;
    }
    const bool is_percent = share > 1 && share <= 100 && !node.scalar.ends_with('%');
    diagnostics_.error(node.position,
                       "share_met goes to a share above 0% and up to 100%, got " + printable(node.scalar),
                       "write " + std::string(key) + ": " + (is_percent ? number_text(share) : "95") + "%");
  }

  void read_ends() {
    std::size_t each = 0;
    const YamlNode* repeated = map_.optional("each");
    const bool is_repeated =
        repeated != nullptr && !(repeated->kind == YamlNode::Kind::kScalar && repeated->scalar.empty());
    if (is_repeated && map_.choice("each", {"month", "quarter", "year"}, each)) {
      static constexpr std::array kGrains{Grain::Unit::kMonth, Grain::Unit::kQuarter, Grain::Unit::kYear};
      target_.each = Grain{kGrains.at(each), 0};
    }
    bool has_periods = false;
    if (const YamlNode* goal = map_.required("to", "the goal"); goal != nullptr) {
      has_periods = goal->kind == YamlNode::Kind::kMap;
      if (goal->kind == YamlNode::Kind::kMap) {
        read_periods(*goal);
      } else {
        target_.goal = read_value(*goal, "to").value_or(0);
      }
    }
    Date start{};
    if (map_.date("start", start)) {
      target_.start = start;
    }
    const YamlNode* by = target_.each
                             ? map_.optional("by")
                             : map_.required("by", "the deadline: a date, or a span from start such as 6 months");
    const auto has_two = [&](char mark) { return std::ranges::count(by->scalar, mark) == 2; };
    const bool is_date = by != nullptr && (has_two('-') || has_two('/') || has_two('.'));
    if (by != nullptr && (is_date || target_.each)) {
      target_.deadline = read_date(*by, diagnostics_, "by");
    } else if (by != nullptr && by->scalar.find_first_of("0123456789") == std::string::npos) {
      diagnostics_.error(
          by->position,
          "by wants the last day, or a length of time from the start, got \"" + printable(by->scalar) + "\"",
          "write the day, such as by: 2026-12-31, or by: 6 months");
    } else if (by != nullptr) {
      target_.within = read_span(*by, diagnostics_, "by");
    }
    if (!periods_.empty() && (target_.start || by != nullptr)) {
      diagnostics_.error(
          target_.position, "the periods under to: say when each target starts and ends", "leave out start and by");
    } else if (!has_periods && target_.each && !target_.start) {
      diagnostics_.error(target_.position,
                         "a target for each " + target_.each->text() + " needs a start",
                         "write start: with the first day of the first " + target_.each->text());
    }
  }

  /// `to: {2026-10: 350k, 2026-11: 500k}`
  void read_periods(const YamlNode& goals) {
    if (!target_.each) {
      diagnostics_.error(goals.position, "goals by period need to know which", "write each: month, quarter or year");
      return;
    }
    if (is_too_long(goals, "to", diagnostics_)) {
      return;
    }
    for (const auto& [name, goal] : goals.entries) {
      const auto first = first_day(name.scalar);
      const auto number = read_number(goal, diagnostics_, "to");
      if (!first) {
        const std::string unit = target_.each->text();
        diagnostics_.error(name.position,
                           "\"" + printable(name.scalar) + "\" is no " + unit,
                           unit == "month"     ? "write it as 2026-10"
                           : unit == "quarter" ? "write it as 2026-Q4"
                                               : "write it as 2026");
      } else if (number) {
        periods_.push_back({*first, *number});
      }
    }
  }

  /// Of "2026-10", "2026-Q4", "2026", in calendar years.
  [[nodiscard]] std::optional<Date> first_day(std::string_view name) const {
    const std::string year(name.substr(0, std::min<std::size_t>(4, name.size())));
    std::string_view rest = name.substr(year.size());
    std::string month = "01";
    if (target_.each->unit == Grain::Unit::kMonth) {
      month = rest.starts_with('-') ? std::string(rest.substr(1)) : "";
    } else if (target_.each->unit == Grain::Unit::kQuarter) {
      const bool is_quarter = rest.size() == 3 && rest.starts_with("-Q") && rest[2] >= '1' && rest[2] <= '4';
      static constexpr std::array<std::string_view, 4> kFirst{"01", "04", "07", "10"};
      month = is_quarter ? std::string(kFirst.at(static_cast<std::size_t>(rest[2] - '1'))) : "";
    } else if (!rest.empty()) {
      month.clear();
    }
    return parse_date(year + "-" + month + "-01");
  }

  std::vector<Target> of_periods() {
    std::vector<Target> targets;
    for (const Period& period : periods_) {
      Target target = target_;
      target.goal = period.goal;
      target.start = period.first;
      target.is_named_period = true;
      targets.push_back(std::move(target));
    }
    return targets;
  }

  /// A word, or {steps: {2026-09-30: 2.4%}}.
  void read_path(MapReader& map, Target::Path& path, std::vector<Target::Step>& steps) {
    const YamlNode* node = map.optional("path");
    if (node == nullptr) {
      return;
    }
    const bool is_average = target_.measure == Target::Measure::kAverage;
    if (is_average || target_.measure == Target::Measure::kShareMet) {
      diagnostics_.error(node->position,
                         std::string("measure: ") + (is_average ? "average" : "share_met") +
                             " has no path: it is to be at the goal all along",
                         "leave out path");
      return;
    }
    if (node->kind != YamlNode::Kind::kMap) {
      static const std::vector<std::string> kWords{"linear", "compound", "s-curve", "steps", "seasonal"};
      const auto choice = read_choice(*node, kWords, diagnostics_, "path");
      path = choice ? static_cast<Target::Path>(*choice) : path;
      if (path == Target::Path::kSteps) {
        diagnostics_.error(node->position, "steps need their dates", "write path: {steps: {2026-09-30: 2.4%}}");
      }
      return;
    }
    path = Target::Path::kSteps;
    MapReader parts(*node, inside("path"), diagnostics_);
    const YamlNode* list = parts.required("steps", "write path: {steps: {2026-09-30: 2.4%}}");
    if (list != nullptr && !is_too_long(*list, "steps", diagnostics_)) {
      read_steps(*list, steps);
    }
    parts.finish();
  }

  void read_steps(const YamlNode& list, std::vector<Target::Step>& steps) {
    if (list.kind != YamlNode::Kind::kMap || list.entries.empty()) {
      diagnostics_.error(list.position, "steps wants dates and values", "write path: {steps: {2026-09-30: 2.4%}}");
    }
    for (const auto& [day, value] : list.entries) {
      const auto date = read_date(day, diagnostics_, "each step");
      const auto number = read_number(value, diagnostics_, "each step");
      if (date && number) {
        steps.push_back({*date, *number});
      }
    }
    std::ranges::stable_sort(steps, {}, &Target::Step::date);
  }

  /// Shares of the pace with judge: pace, else probabilities; while there is no forecast the pace judges by its own
  /// shares.
  void read_judge() {
    std::size_t judge = 0;
    if (is_ceiling(target_, kpi_.better)) {
      target_.on_track = 1;  // to the last krona that is planned by then
    }
    map_.choice("judge", {"forecast", "pace"}, judge);
    target_.judge = static_cast<Target::Judge>(judge);
    const bool by_pace = target_.judge == Target::Judge::kPace;
    double& on_track = by_pace ? target_.on_track : target_.likely;
    double& at_risk = by_pace ? target_.at_risk : target_.unlikely;
    read_share("on_track", on_track);
    read_share("at_risk", at_risk);
    if (at_risk > on_track) {
      diagnostics_.error(
          map_.position_of("at_risk"), "at_risk is above on_track", "at_risk is the lower of the two shares");
    }
  }

  void read_share(std::string_view key, double& share) {
    const bool is_written = map_.number(key, share);
    const double most = target_.judge == Target::Judge::kPace ? 2 : 1;
    if (is_written && (share < 0 || share > most)) {
      const YamlNode* node = map_.optional(key);
      const bool is_percent = share > 1 && share <= 100 && !node->scalar.ends_with('%');
      diagnostics_.error(node->position,
                         std::string(key) + " is a share such as 95%, got " + number_text(share),
                         "write " + std::string(key) + ": " + (is_percent ? number_text(share) : "95") + "%");
    }
  }

  void read_severities(const YamlNode& node) {
    MapReader map(node, inside("severity"), diagnostics_);
    for (const TargetStatus status :
         {TargetStatus::kAtRisk, TargetStatus::kOffTrack, TargetStatus::kAchieved, TargetStatus::kMissed}) {
      read_severity(map, name_of(status), target_.severity.at(static_cast<std::size_t>(status)));
    }
    map.finish();
  }

  void read_reminders(const YamlNode& node) {
    const YamlNode alone = node;
    const std::vector<YamlNode>& items = node.kind == YamlNode::Kind::kScalar ? std::vector{alone} : node.items;
    for (const YamlNode& item : items) {
      const auto span = read_span(item, diagnostics_, "remind");
      if (span && span->approximate_ms() < kDayMs) {
        diagnostics_.error(
            item.position, "a reminder comes at least a day before the deadline", "write remind: [7 days]");
      } else if (span) {
        target_.remind.push_back(*span);
      }
    }
    const auto longer = [](const Span& a, const Span& b) { return a.approximate_ms() > b.approximate_ms(); };
    std::ranges::stable_sort(target_.remind, longer);
  }

  void read_changes(const YamlNode& node) {
    if (node.kind != YamlNode::Kind::kSequence) {
      diagnostics_.error(
          node.position, "changes wants a list", "write changes: [{date: 2026-10-01, to: 3.5%, why: \"…\"}]");
      return;
    }
    if (is_too_long(node, "changes", diagnostics_)) {
      return;
    }
    for (const YamlNode& item : node.items) {
      read_change(item);
    }
    std::ranges::stable_sort(target_.changes, {}, &Target::Change::date);
  }

  void read_change(const YamlNode& node) {
    Target::Change change;
    change.position = node.position;
    MapReader map(node, inside("changes"), diagnostics_);
    const bool has_date =
        map.required("date", "the day from which it holds") != nullptr && map.date("date", change.date);
    if (const YamlNode* goal = map.optional("to")) {
      change.goal = read_value(*goal, "to");
    }
    if (Date by{}; map.date("by", by)) {
      change.deadline = by;
    }
    const std::size_t before = diagnostics_.count(Diagnostic::Severity::kError);
    Target::Path path = Target::Path::kLinear;
    const bool has_path = map.optional("path") != nullptr;
    read_path(map, path, change.steps);
    if (has_path && diagnostics_.count(Diagnostic::Severity::kError) == before) {
      change.path = path;
    }
    map.required("why", "say why the target changes: it stands in the review");
    map.text("why", change.why);
    map.finish();
    if (!change.goal && !change.deadline && !has_path) {
      diagnostics_.error(node.position, "the change changes nothing", "write to:, by: or path:");
    } else if (has_date) {
      target_.changes.push_back(std::move(change));
    }
  }

  /// One segment: where limits may be for several at once, a target is of one.
  void read_match(const YamlNode& node, Labels& labels) {
    if (node.kind != YamlNode::Kind::kMap) {
      diagnostics_.error(node.position,
                         "match wants the labels of one segment",
                         node.scalar == "total" ? "leave the entry out: the total has the target itself"
                                                : "write match: {country: SE}");
      return;
    }
    for (const auto& [label, value] : node.entries) {
      if (value.kind == YamlNode::Kind::kSequence) {
        diagnostics_.error(value.position,
                           "a target is of one segment: " + printable(label.scalar) + " has one value",
                           "write an entry for each value");
        return;
      }
    }
    read_labels(node, labels, diagnostics_);
  }

  void read_segments(const YamlNode& node, std::vector<Target>& targets) {
    if (node.kind != YamlNode::Kind::kSequence) {
      diagnostics_.error(
          node.position, "segments wants a list", "write segments: [{match: {country: SE}, from: 1%, to: 2%}]");
      return;
    }
    if (!periods_.empty()) {
      diagnostics_.error(node.position,
                         "goals by period are those of the total",
                         "write to: with one goal, or a KPI of its own for the segment");
      return;
    }
    if (is_too_long(node, "segments", diagnostics_)) {
      return;
    }
    for (const YamlNode& item : node.items) {
      MapReader map(item, inside("segments"), diagnostics_);
      Target target = target_;
      target.position = item.position;
      target.at.from = map.position_of("from");
      target.at.to = map.position_of("to");
      if (const YamlNode* match = map.required("match", "which segment: {country: SE}")) {
        read_match(*match, target.match);
      }
      if (const YamlNode* from = map.optional("from")) {
        read_baseline(from, target);
      }
      if (const YamlNode* goal = map.required("to", "the goal of the segment")) {
        target.goal = read_value(*goal, "to").value_or(0);
      }
      map.finish();
      targets.push_back(std::move(target));
    }
  }

  const Kpi& kpi_;
  std::string below_;
  Diagnostics& diagnostics_;
  MapReader map_;
  Target target_;
  std::vector<Period> periods_;
};

void add_target(const YamlNode& node, bool is_listed, Kpi& kpi, Diagnostics& diagnostics) {
  const std::size_t before = diagnostics.count(Diagnostic::Severity::kError);
  std::vector<Target> targets =
      TargetReader(node, kpi, is_listed ? ".targets" : ".target", diagnostics).read(is_listed);
  if (diagnostics.count(Diagnostic::Severity::kError) != before) {
    return;
  }
  for (Target& target : targets) {
    check_target(kpi, target, diagnostics);
    kpi.targets.push_back(std::move(target));
  }
}

}  // namespace

void read_target(const YamlNode& node, Kpi& kpi, Diagnostics& diagnostics) {
  add_target(node, false, kpi, diagnostics);
}

void read_targets(const YamlNode& node, Kpi& kpi, Diagnostics& diagnostics) {
  if (node.kind != YamlNode::Kind::kSequence) {
    diagnostics.error(node.position, "targets wants a list", "write targets: [{name: Q4, from: …, to: …, by: …}]");
    return;
  }
  if (!kpi.targets.empty()) {
    diagnostics.error(node.position, "a KPI has target: or targets:, not both", "move the one into the list");
    return;
  }
  if (node.items.size() > kMostTargets) {
    diagnostics.error(node.position, "a KPI has at most " + std::to_string(kMostTargets) + " targets");
    return;
  }
  for (const YamlNode& item : node.items) {
    add_target(item, true, kpi, diagnostics);
  }
}

}  // namespace kpi
