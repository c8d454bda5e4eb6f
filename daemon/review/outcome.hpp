#pragma once
// What a review concludes from its figures: which KPIs made it, and what needs a decision. Pure; any thread.

#include "daemon/review/report.hpp"
#include "daemon/review/report_words.hpp"
#include "daemon/review/review.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace kpi {

enum class ReviewOutcome : std::uint8_t { kMade, kAtRisk, kNotMade, kNothingToMeet };

/// By the targets where there are some, the worst of those that ended within the period and the newest. Without: made
/// when no period was missed; not made when an alert was open at the end, as the verdict of the last period left it, or
/// more periods were missed than met; else at risk.
ReviewOutcome outcome_of(const ReviewLine& line, Instant last_due);

/// Sentences, the gravest first; none: nothing to decide, as of a KPI that is no longer in the rules.
std::vector<std::string> decisions_of(const ReviewKpi& kpi, const ReportStyle& style);

/// The civil day of an instant.
Date local_day(Instant at, const Zone& zone);

/// Since when a KPI is no longer in the rules, and what stands for it; sentences.
std::string removed_text(const RemovedKpi& removed, const ReportStyle& style);

/// The value in the KPI's unit and the language, or the word for unknown.
std::string figure_text(const std::optional<double>& value, const Kpi& kpi, const ReportStyle& style);

/// What stands beside a value: that it is the last one of the period, that "5 of 7 days have data"; mostly nothing.
std::vector<std::string> value_notes(const ReviewKpi& kpi, const ReviewLine& line, const ReportStyle& style);

/// "+12%", of a KPI in per cent "+0.4 points"; empty when there is nothing to compare with.
std::string change_text(const std::optional<double>& value,
                        const std::optional<double>& before,
                        const Kpi& kpi,
                        const ReportStyle& style);

/// Whether a change is for the better: 1, for the worse: -1, or neither.
int direction_of(const std::optional<double>& value, const std::optional<double>& before, const Kpi& kpi);

/// The same of what a target measures, which may be a share.
std::string goal_text(double value, const ReviewTarget& target, const Kpi& kpi, const ReportStyle& style);

/// "latest 2,519 visits, goal 3,000 visits, by 19 August 2026"; what is not known is left out.
std::string target_words(const ReviewTarget& target, const Kpi& kpi, const ReportStyle& style);

/// Of a line with targets that ended before the newest: each with its status, the newest last; of very many the last
/// ones.
std::vector<std::string> target_rows(const ReviewLine& line, const Kpi& kpi, const ReportStyle& style);

/// "29 September 2026: lowest Tuesday in 14 weeks; usual 2,100 to 2,900 visits". REQUIRES kpi.unusual.
std::string unusual_text(const ReviewKpi& kpi, const ReportStyle& style);

/// Lines of a target ("to: 140000", "by: 2026-12-31") for a person: "goal 140,000 visits, by 31 December 2026".
/// `is_share`: the goal is a share of the periods.
std::string turn_text(const std::vector<std::string>& lines, bool is_share, const Kpi& kpi, const ReportStyle& style);

/// Of a KPI that is split: which segments had periods without data, which the total lacks; empty: none.
std::string parts_without_data(const ReviewKpi& kpi, const ReportStyle& style);

/// What an alert's rule is called; an alert rule of its own has its name.
std::string_view rule_words(std::string_view rule, const ReportWords& words);

/// "Compared with …", and of which day the figures are.
std::string compared_words(const Review& review, const ReportStyle& style);

/// "SE": the segment's value, of several labels "channel=mail, country=SE"; the word for the total.
std::string segment_words(const Labels& segment, const ReportWords& words);

/// "Quarter 3, 2026", "1 July 2026 – 15 August 2026".
std::string period_words(const ReviewPeriod& period, const ReportWords& words);

/// "1 July – 30 September 2026".
std::string days_words(const ReviewPeriod& period, const ReportWords& words);

std::string duration_words(Duration duration, const ReportWords& words);

}  // namespace kpi
