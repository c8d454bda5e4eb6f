#include "daemon/review/csv_cells.hpp"
#include "daemon/review/report.hpp"
#include "rules/base/text.hpp"
#include "rules/judge/target.hpp"

#include <cmath>
#include <limits>
#include <set>

namespace kpi {
namespace {

constexpr const char* kColumns =
    "unit,value,previous,year_ago,until,basis,periods,met,missed,no_data,recorded,attainment,episodes,restated,"
    "target_status,target_goal,target_expected,target_actual,reviewed,reviewed_by,attainment_with_gaps,"
    "seconds_to_notice,seconds_to_recover,target_deadline,targets_ended,targets_missed,earlier_targets,removed,"
    "removed_on\r\n";

std::string number(const std::optional<double>& value) {
  return csv_cell(value.value_or(std::numeric_limits<double>::quiet_NaN()));
}

std::string seconds(const std::optional<Duration>& duration) {
  return duration ? std::to_string(std::chrono::duration_cast<std::chrono::seconds>(*duration).count()) : "";
}

/// How many ended within the period, how many of them were missed, and those before the newest:
/// "2026-07-31 missed 121334/200000; …".
void add_targets(const ReviewLine& line, const ReviewPeriod& period, std::vector<std::string>& cells) {
  std::size_t ended = line.earlier_targets.size();
  std::size_t missed = 0;
  std::vector<std::string> earlier;
  for (const ReviewTarget& target : line.earlier_targets) {
    missed += target.status == TargetStatus::kMissed ? 1 : 0;
    earlier.push_back((target.deadline ? date_text(*target.deadline) + " " : "") + std::string(name_of(target.status)) +
                      " " + csv_cell(target.actual) + "/" + csv_cell(target.goal));
  }
  if (line.target && line.target->deadline && *line.target->deadline >= period.from &&
      *line.target->deadline < period.to && is_settled(line.target->status)) {
    ++ended;
    missed += line.target->status == TargetStatus::kMissed ? 1 : 0;
  }
  cells.push_back(line.target && line.target->deadline ? date_text(*line.target->deadline) : "");
  cells.push_back(line.target ? std::to_string(ended) : "");
  cells.push_back(line.target ? std::to_string(missed) : "");
  cells.push_back(csv_cell(join(earlier, "; ")));
}

std::string line_csv(const ReviewKpi& kpi,
                     const ReviewLine& line,
                     const std::set<std::string>& labels,
                     const Review& review,
                     const Zone& zone) {
  std::vector<std::string> cells{
      csv_cell(kpi.kpi->id), csv_cell(kpi.kpi->title), csv_cell(kpi.kpi->owner), csv_cell(kpi.kpi->objective)};
  for (const std::string& label : labels) {
    cells.push_back(csv_cell(label_value(line.segment, label)));
  }
  cells.push_back(csv_cell(kpi.kpi->unit.text()));
  cells.push_back(number(line.value));
  cells.push_back(number(line.previous));
  cells.push_back(number(line.year_ago));
  cells.push_back(midnight_text(kpi.until, zone));
  cells.emplace_back(name_of(kpi.basis));
  for (const std::size_t count :
       {line.counts.periods, line.counts.met, line.counts.missed, line.counts.no_data, line.counts.recorded}) {
    cells.push_back(std::to_string(count));
  }
  cells.push_back(number(line.counts.attainment()));
  cells.push_back(std::to_string(line.episodes.size()));
  cells.push_back(std::to_string(line.restated.size()));
  const bool has_target = line.target.has_value();
  cells.emplace_back(has_target ? name_of(line.target->status) : "");
  cells.push_back(has_target ? csv_cell(line.target->goal) : "");
  cells.push_back(has_target ? csv_cell(line.target->expected) : "");
  cells.push_back(has_target ? csv_cell(line.target->actual) : "");
  cells.push_back(kpi.reviewed ? date_text(*kpi.reviewed) : "");
  cells.push_back(csv_cell(kpi.reviewed_by));
  cells.push_back(number(line.counts.strict_attainment()));
  cells.push_back(seconds(line.to_notice));
  cells.push_back(seconds(line.to_recover));
  add_targets(line, review.period, cells);
  cells.emplace_back(kpi.removed ? "true" : "false");
  cells.push_back(kpi.removed && kpi.removed->on ? date_text(*kpi.removed->on) : "");
  return join(cells, ",") + "\r\n";
}

}  // namespace

std::string report_csv(const Review& review, const ReportStyle& style) {
  std::set<std::string> labels;
  for (const ReviewKpi& kpi : review.kpis) {
    for (const ReviewLine& line : kpi.segments) {
      for (const auto& [label, value] : line.segment) {
        labels.insert(label);
      }
    }
  }
  std::string text = "kpi,title,owner,objective,";
  for (const std::string& label : labels) {
    text += csv_cell("segment_" + label) + ",";
  }
  text += kColumns;
  for (const ReviewKpi& kpi : review.kpis) {
    text += line_csv(kpi, kpi.total, labels, review, style.zone);
    for (const ReviewLine& line : kpi.segments) {
      text += line_csv(kpi, line, labels, review, style.zone);
    }
  }
  return text;
}

}  // namespace kpi
