#include "rules/base/text.hpp"
#include "rules/load/raw_reading.hpp"

namespace kpi {
namespace {

void read_target_severity(const YamlNode& node, const Kpi& kpi, Target& target, Diagnostics& diagnostics) {
  MapReader map(node, where(kpi, ".target.severity"), diagnostics);
  for (const TargetStatus status :
       {TargetStatus::kAtRisk, TargetStatus::kOffTrack, TargetStatus::kAchieved, TargetStatus::kMissed}) {
    read_severity(map, name_of(status), target.severity.at(static_cast<std::size_t>(status)));
  }
  map.finish();
}

void read_share(MapReader& map, std::string_view key, double& share) {
  if (map.number(key, share) && (share < 0 || share > 2)) {
    map.diagnostics().error(map.position(), std::string(key) + " is a share such as 95%, got " + number_text(share));
  }
}

void check_target(const Kpi& kpi, Diagnostics& diagnostics) {
  const Target& target = *kpi.target;
  if (target.at_risk > target.on_track) {
    diagnostics.error(target.position, "at_risk is above on_track", "at_risk is the lower of the two shares");
  }
  if (target.start && target.deadline && !(*target.start <= *target.deadline)) {
    diagnostics.error(
        target.position,
        "the deadline " + date_text(*target.deadline) + " lies before the start " + date_text(*target.start));
  }
  if (target.within && target.within->approximate_ms() < kDayMs) {
    diagnostics.error(target.position, "a target lasts at least a day", "write by: 6 months, or a date");
  }
  if (!target.baseline) {
    return;
  }
  const double way = target.goal - *target.baseline;
  if (way == 0) {
    diagnostics.error(target.position, "from and to are the same: there is no way to go");
  }
  if (target.path == Target::Path::kCompound && (*target.baseline == 0 || !(target.goal / *target.baseline > 0))) {
    diagnostics.error(
        target.position,
        "a compound path cannot go from " + number_text(*target.baseline) + " to " + number_text(target.goal),
        "growth rates need two numbers of the same sign, neither zero; write path: linear");
  }
  const bool against =
      (kpi.better.kind == Better::Kind::kHigher && way < 0) || (kpi.better.kind == Better::Kind::kLower && way > 0);
  if (against) {
    diagnostics.warning(target.position,
                        "the target of " + kpi.id + " goes from " + number_text(*target.baseline) + " to " +
                            number_text(target.goal) + ", against `better`",
                        kpi.better.kind == Better::Kind::kHigher ? "write better: lower if less is better"
                                                                 : "write better: higher if more is better");
  }
}

}  // namespace

void read_target(const YamlNode& node, Kpi& kpi, Diagnostics& diagnostics) {
  Target target;
  target.position = node.position;
  target.severity = {
      Severity::kNone, Severity::kNone, Severity::kInfo, Severity::kWarning, Severity::kInfo, Severity::kCritical};
  const std::size_t before = diagnostics.count(Diagnostic::Severity::kError);
  MapReader map(node, where(kpi, ".target"), diagnostics);
  const YamlNode* from = map.required("from", "the baseline: a number, or `measured`");
  if (from != nullptr && from->scalar != "measured") {
    target.baseline = read_number(*from, diagnostics);
  }
  if (map.required("to", "the goal") != nullptr) {
    map.number("to", target.goal);
  }
  Date start{};
  if (map.date("start", start)) {
    target.start = start;
  }
  if (const YamlNode* by = map.required("by", "the deadline: a date, or a span from start such as 6 months")) {
    if (parse_date(by->scalar)) {
      target.deadline = read_date(*by, diagnostics);
    } else {
      target.within = read_span(*by, diagnostics);
    }
  }
  if (const YamlNode* path = map.optional("path")) {
    if (const auto choice = read_choice(*path, {"linear", "compound"}, diagnostics)) {
      target.path = *choice == 0 ? Target::Path::kLinear : Target::Path::kCompound;
    }
  }
  if (const YamlNode* judge = map.optional("judge")) {
    read_choice(*judge, {"pace"}, diagnostics);
  }
  read_share(map, "on_track", target.on_track);
  read_share(map, "at_risk", target.at_risk);
  if (const YamlNode* severity = map.optional("severity")) {
    read_target_severity(*severity, kpi, target, diagnostics);
  }
  map.finish();
  if (diagnostics.count(Diagnostic::Severity::kError) == before) {
    kpi.target = target;
    check_target(kpi, diagnostics);
  }
}

}  // namespace kpi
