#pragma once
// Where a KPI stands on its target, in the reader's language. Pure; for describe.cpp and reason_words.cpp.

#include "rules/judge/target_rate.hpp"

#include <string>

namespace kpi {

/// The plan to show: that of the standing, or of the newest period. REQUIRES that the line has plans.
const TargetPlan& shown_plan(const Kpi& kpi, const Line& line);

/// "1,200 SEK", "1,200 SEK in total", "4.5 on average", "95% of periods met".
std::string goal_words(const TargetPlan& plan, double goal, const Kpi& kpi, Language language);
std::string actual_words(const TargetPlan& plan, double actual, const Kpi& kpi, Language language);
/// "pace 80%, 480 so far, 600 due by now"; empty when nothing is known.
std::string standing_words(const TargetPlan& plan, const TargetStanding& standing, const Kpi& kpi, Language language);
/// "+12 visitors per period; +9 in the last four weeks, at best +15"; empty when the goal is reached, or can be no
/// more. `leg` is the one in force: it says what a rate is. Of a budget what is left of it.
std::string needed_words(const TargetPlan& plan,
                         const PathLeg& leg,
                         const TargetStanding& standing,
                         const TargetRates& rates,
                         const Kpi& kpi,
                         Language language);
/// Why the plan cannot be judged, and what to do; empty: it can.
std::string problem_words(const TargetPlan& plan, Language language);
/// Of the alert `target`: "goal of 1,000 visitors reached".
/// `reminder`: of the deadline, so many days before it.
std::string target_reason(const Kpi& kpi, const Line& line, std::optional<int> reminder, Language language);

/// Until the deadline is over, from the civil day of `now`, or from the end of the judged period; at least 0.
int days_left_of(const Kpi& kpi, const Line& line, const std::optional<Instant>& now);

}  // namespace kpi
