#pragma once
// The words of the review in each language: whole sentences with {placeholders}, no joined fragments. Constants; any
// thread.

#include "rules/base/time.hpp"
#include "rules/base/units.hpp"

#include <array>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace kpi {

/// One language. Every member is a text of its own; the test of this file finds those that were forgotten.
struct ReportWords {
  std::string_view code;  ///< "sv", for the document's lang.
  std::string_view title;
  std::string_view compared;      ///< {previous} {year_ago} {now}
  std::string_view compared_one;  ///< {previous} {now}: it is the same a year ago.
  std::string_view open;
  std::string_view scorecard;
  std::string_view scorecard_rule;
  std::string_view decisions;
  std::string_view no_decisions;
  std::string_view changed;
  std::string_view nothing_changed;
  std::string_view honesty;
  std::string_view honesty_score;  ///< {score} {count}
  std::string_view honesty_none;
  std::string_view honesty_changed;  ///< {count}
  std::string_view stated;
  std::string_view happened;
  std::string_view statements;
  std::string_view load;
  std::string_view reviews;
  std::string_view all_reviewed;
  std::string_view smart;
  std::string_view crowd;  ///< {count} {objective}

  std::string_view kpi;
  std::string_view all_kpis;
  std::string_view owner;
  std::string_view no_owner;
  std::string_view objective;
  std::string_view no_objective;
  std::string_view value;
  std::string_view previous;
  std::string_view year_ago;
  std::string_view periods_met;
  std::string_view target;
  std::string_view segment;
  std::string_view total;
  std::string_view unknown;
  std::string_view episodes;
  std::string_view critical;
  std::string_view rule;
  std::string_view since;
  std::string_view firing;
  std::string_view resolved;
  std::string_view still_open;
  std::string_view date;
  std::string_view was;
  std::string_view is;
  std::string_view why;
  std::string_view no_reason;
  std::string_view note;
  std::string_view by;
  std::string_view contents;

  std::string_view met;
  std::string_view missed;
  std::string_view no_data;
  std::string_view recorded;
  std::string_view adds_up;             ///< {met} {missed} {no_data} {recorded} {periods}
  std::string_view attainment;          ///< {share} {strict}
  std::string_view attainment_judged;   ///< {share}; where no period is without data
  std::string_view notice_and_recover;  ///< {notice} {recover}
  std::string_view to_notice;           ///< {notice}
  std::string_view restated;            ///< {count}
  std::string_view restated_row;        ///< {date} {was} {is} {known} {replaced}
  std::string_view is_mean;             ///< Beside a value, as the next.
  std::string_view is_last;
  std::string_view basis_mean;
  std::string_view basis_last;
  std::string_view removed;          ///< Beside a name.
  std::string_view removed_kpis;     ///< Above several.
  std::string_view removed_on;       ///< {date}
  std::string_view removed_undated;  ///< The daemon has not taken up the rules of now yet.
  std::string_view removed_last;
  std::string_view judged_until;  ///< {date}
  std::string_view judged_none;
  std::string_view goal;           ///< {goal}
  std::string_view latest;         ///< {actual}
  std::string_view on_path;        ///< {expected}
  std::string_view pace;           ///< {pace}
  std::string_view from_baseline;  ///< {value}
  std::string_view deadline;       ///< {date}
  std::string_view so_far;
  std::string_view ended_targets;
  std::string_view stated_forecast;     ///< {date} {projected} {share}
  std::string_view parts_without_data;  ///< {parts}
  std::string_view more;                ///< {n}
  std::string_view earlier;             ///< {n}
  std::string_view notes;
  std::string_view rule_edited;
  std::string_view reviewed;     ///< {date}
  std::string_view reviewed_by;  ///< {date} {by}
  std::string_view not_reviewed;

  std::string_view made;
  std::string_view at_risk;
  std::string_view not_made;
  std::string_view nothing_to_meet;

  std::string_view decide_missed;       ///< {goal} {actual}
  std::string_view decide_off;          ///< {goal} {actual}
  std::string_view decide_risk;         ///< {goal} {actual}
  std::string_view decide_missed_goal;  ///< {goal}. These three where what was reached is not known.
  std::string_view decide_off_goal;
  std::string_view decide_risk_goal;
  std::string_view decide_earlier;  ///< {count} {targets} {list}
  std::string_view decide_firing;   ///< {since}
  std::string_view decide_periods;  ///< {count} {periods}
  std::string_view decide_gaps;     ///< {count} {periods}
  std::string_view decide_overdue;
  std::string_view decide_no_reason;

  std::string_view line_value;
  std::string_view line_path;
  std::string_view line_limit;
  std::string_view mark_missed;
  std::string_view mark_restated;
  std::string_view mark_episode;
  std::string_view chart;        ///< {title} {count} {first} {last} {low} {high}
  std::string_view chart_empty;  ///< {title}
  std::string_view movers;
  std::string_view forecast;
  std::string_view forecast_text;  ///< {low} {high} {share} {date}
  std::string_view footer;         ///< {version}

  std::array<std::string_view, 6> status;  ///< By TargetStatus.
  std::array<std::string_view, 6> gaps;    ///< By SmartGap.
  std::array<std::string_view, 3> rules;   ///< Built in: thresholds, target, no_data.
  std::string_view day_month_year;         ///< {d} {month} {y}
  std::string_view day_month;              ///< {d} {month}
  std::string_view week;                   ///< {n} {y}
  std::string_view quarter;                ///< {n} {y}
  std::string_view duration_days;          ///< {n}
  std::string_view duration_hours;
  std::string_view duration_minutes;
  std::string_view percent_points;  ///< {n}
};

/// One file each: report_words_english.cpp, …
extern const ReportWords kReportEnglish;
extern const ReportWords kReportSwedish;
extern const ReportWords kReportDanish;
extern const ReportWords kReportNorwegian;

const ReportWords& report_words(Language language);

/// The text with each {name} replaced.
std::string filled(std::string_view text, std::initializer_list<std::pair<std::string_view, std::string_view>> values);

/// "September".
std::string_view month_name(Date date, const ReportWords& words);
/// "30 September 2026"; "30 september 2026"; "30. september 2026".
std::string long_date(Date date, const ReportWords& words);
/// "30 Sep"; "30 sep."
std::string short_date(Date date, const ReportWords& words);

}  // namespace kpi
