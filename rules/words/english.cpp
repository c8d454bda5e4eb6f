// English. The order is that of phrases.hpp. {name} is what is put in; {n:day|days} is chosen by the number n: one, or
// any other.

#include "rules/words/language_words.hpp"

namespace kpi {
namespace {

using enum Phrase;

constexpr PhraseText kPhrases[] = {
    // How bad, and what kind: the badge of a message.
    {kInfo, "Info"},
    {kWarning, "Warning"},
    {kCritical, "Critical"},
    {kInfoReminder, "Info (reminder)"},
    {kWarningReminder, "Warning (reminder)"},
    {kCriticalReminder, "Critical (reminder)"},
    {kEscalated, "Escalated"},
    {kFlapping, "Flapping"},
    {kResolved, "Resolved"},
    {kNoData, "No data"},
    {kDataIsBack, "Data is back"},
    {kSourceFailed, "Source failed"},
    {kSourceRecovered, "Source recovered"},
    {kAlert, "Alert"},
    {kTarget, "Target"},
    {kConfigurationError, "Configuration error"},
    {kNotDelivered, "Not delivered"},
    {kDigest, "Digest"},
    {kTest, "Test"},

    // A target's status: as a badge, and within a sentence. In the order of TargetStatus.
    {kBadgeNotStarted, "Not started"},
    {kBadgeOnTrack, "On track"},
    {kBadgeAtRisk, "At risk"},
    {kBadgeOffTrack, "Off track"},
    {kBadgeAchieved, "Achieved"},
    {kBadgeMissed, "Missed"},
    {kStatusNotStarted, "not started"},
    {kStatusOnTrack, "on track"},
    {kStatusAtRisk, "at risk"},
    {kStatusOffTrack, "off track"},
    {kStatusAchieved, "achieved"},
    {kStatusMissed, "missed"},

    // Labels of facts and buttons.
    {kValue, "Value"},
    {kLimit, "Limit"},
    {kBefore, "Before"},
    {kSince, "Since"},
    {kBegan, "Began"},
    {kPeriod, "Period"},
    {kPace, "Pace"},
    {kSoFar, "So far"},
    {kDueByNow, "Due by now"},
    {kMisses, "Misses"},
    {kForecast, "Forecast"},
    {kNeeded, "Needed"},
    {kOwner, "Owner"},
    {kObjective, "Objective"},
    {kAbout, "About"},
    {kRunbook, "Runbook"},
    {kDetails, "Details"},
    {kOpenInKpid, "Open in kpid"},
    {kAcknowledge, "Acknowledge"},
    {kSilence, "Silence"},
    {kSentBy, "Sent by kpid"},
    {kUnknown, "unknown"},

    // How many.
    {kCountOfAlerts, "{n} {n:alert|alerts}"},
    {kCountOfTargets, "{n} {n:target|targets}"},
    {kCountOfSources, "{n} {n:source|sources}"},
    {kAndMore, "and {n} more"},
    {kAndMoreLines, "and {n} more {n:line|lines}"},

    // How long.
    {kMinutes, "{n} {n:minute|minutes}"},
    {kHours, "{n} {n:hour|hours}"},
    {kDays, "{n} {n:day|days}"},
    {kWeeks, "{n} {n:week|weeks}"},
    {kMonths, "{n} {n:month|months}"},
    {kQuarters, "{n} {n:quarter|quarters}"},
    {kYears, "{n} {n:year|years}"},

    // Days and times.
    {kDate, "{day} {month} {year}"},
    {kWeekdayAndDate, "{weekday} {day} {month} {year}"},
    {kDayOfMonth, "{day} {month}"},
    {kDatesOfMonth, "{first}–{last} {month} {year}"},
    {kDatesOfYear, "{first} {first_month} – {last} {last_month} {year}"},
    {kDates, "{first} – {last}"},
    {kWeek, "week {n}"},
    {kWeekAndDates, "week {n}, {dates}"},
    {kMonth, "{month} {year}"},
    {kQuarter, "Q{n} {year}"},
    {kFiscalYear, "{first}/{last}"},
    {kClock, "{hour}:{minute}"},
    {kDateAndClock, "{date} {clock}"},
    {kDateAndClocks, "{date} {from}–{to}"},

    // Why an alert is on.
    {kBelow, "below {limit}"},
    {kBelowFor, "below {limit} for {time}"},
    {kAbove, "above {limit}"},
    {kAboveFor, "above {limit} for {time}"},
    {kBelowLimit, "below its limit"},
    {kBelowLimitFor, "below its limit for {time}"},
    {kAboveLimit, "above its limit"},
    {kAboveLimitFor, "above its limit for {time}"},
    {kWasBelow, "was below {limit}, not yet recovered"},
    {kWasAbove, "was above {limit}, not yet recovered"},
    {kWasBelowLimit, "was below its limit, not yet recovered"},
    {kWasAboveLimit, "was above its limit, not yet recovered"},
    {kOutside, "outside {low} to {high}"},
    {kOutsideFor, "outside {low} to {high} for {time}"},
    {kCondition, "{name}: {condition}"},
    {kConditionFor, "{name}: {condition} for {time}"},
    {kUsualRange, "usual {low} to {high}"},
    {kLowestInTime, "lowest in {time}; usual {low} to {high}"},
    {kHighestInTime, "highest in {time}; usual {low} to {high}"},
    {kLowestWeekday, "lowest {weekday} in {n} {n:week|weeks}; usual {low} to {high}"},
    {kHighestWeekday, "highest {weekday} in {n} {n:week|weeks}; usual {low} to {high}"},
    {kNoDataSince, "no data since {since}: {why}"},
    {kNoDataWhy, "no data: {why}"},
    {kUnsureSince, "what it is compared with has been unknown since {since}: {why}"},

    // Why there is no value.
    {kWhyNoSample, "no sample arrived"},
    {kWhyNull, "the source delivered no number"},
    {kWhyIncomplete, "too few samples in the window"},
    {kWhyWarmingUp, "there is not enough history yet"},
    {kWhyTooFew, "too few to tell"},
    {kWhyDivisionByZero, "division by zero"},
    {kWhyNotFinite, "the result is too large"},
    {kWhyNotJudged, "a KPI it uses has no value"},
    {kWhySourceFailed, "the source could not be read"},

    // Why an alert ended.
    {kBackToNormal, "fine again"},
    {kBackToNormalSince, "fine again, after trouble since {since}"},
    {kRestated, "earlier data came late or was restated"},
    {kRuleRemoved, "the rule was removed"},
    {kCameAndWent, "came and went while kpid was not running"},
    {kCameAndWentFromTo, "came and went while kpid was not running, from {from} to {to}"},
    {kSourceRemoved, "the source was removed"},
    {kRetired, "the segment has been silent for too long, and is judged no more"},
    {kDataCame, "data is back"},
    {kSourceReadable, "it can be read again"},
    {kSelfWell, "all is well with it again"},
    {kLateCame, "what was late has come"},

    // Why a source cannot be read, and which KPIs wait for it.
    {kSourceTimeout, "it did not answer in time"},
    {kSourceUnreachable, "it cannot be reached"},
    {kSourceForbidden, "it refuses the key or login"},
    {kSourceNotThere, "what is asked for is not there"},
    {kSourceBusy, "it has had too many requests"},
    {kSourceBroken, "it has a fault of its own"},
    {kSourceUnreadable, "what it gives cannot be read"},
    {kSourceLate, "new data has not come"},
    {kSourceFails, "it cannot be read"},
    {kSourceKpis, "{reason}; without new data: {kpis}"},
    {kSourceKpisMore, "{reason}; without new data: {kpis} and {n} more"},

    // What is added to a reason.
    {kWithNote, "{reason} ({note})"},
    {kNoteFlapping, "flapping: it has come and gone for a while; no more is said until it is steady"},
    {kNoteSteady, "no longer flapping"},
    {kNoteStale, "its newest period has no data"},

    // Targets.
    {kTargetDaysLeft, "{goal} by {deadline}, {n} {n:day|days} left"},
    {kTargetLastDay, "{goal} by {deadline}, the last day"},
    {kTargetEnded, "{goal} by {deadline}, ended {n} {n:day|days} ago"},
    {kTargetBy, "{goal} by {deadline}"},
    {kStatusAtPace, "{status}, at {pace} of the pace needed"},
    {kMissesOfAllowed, "{rate} of those allowed by now"},
    {kForecastAtDeadline, "{projected} at the deadline"},
    {kForecastLikely, "{projected} at the deadline; the goal is {probability} likely"},
    {kNeededPerPeriod, "{required} per period"},
    {kNeededBeside, "{required} per period; {recent} in the last four weeks, {best} at best over as long a time"},
    {kNeededUnseen,
     "{required} per period, never yet held for so long; {recent} in the last four weeks, {best} at best over as long "
     "a time"},
    {kGoalInTotal, "{goal} in total"},
    {kGoalOnAverage, "{goal} on average"},
    {kGoalOfPeriods, "{goal} of periods met"},
    {kGoalReached, "goal of {goal} reached"},
    {kGoalMissed, "goal of {goal} missed"},
    {kBackOnTrack, "back on track to {goal}"},
    {kStandingPace, "pace {pace}"},
    {kStandingActual, "{actual} so far"},
    {kStandingExpected, "{expected} due by now"},
    {kStandingPaceActual, "pace {pace}, {actual} so far"},
    {kStandingPaceExpected, "pace {pace}, {expected} due by now"},
    {kStandingActualExpected, "{actual} so far, {expected} due by now"},
    {kStandingPaceActualExpected, "pace {pace}, {actual} so far, {expected} due by now"},
    {kStandingBurn, "{share} of periods met so far, burn rate {rate}"},
    {kStandingNoBudget, "{share} of periods met so far, and no miss was allowed"},
    {kGoalDaysLeft, "{n} {n:day|days} left to the goal of {goal}"},
    {kGoalDaysLeftAt, "{n} {n:day|days} left to the goal of {goal}, {standing}"},
    {kNoBaseline,
     "the baseline cannot be measured: fewer than 4 periods of the 28 days before {start} have a value; write from: "
     "with a number"},
    {kNoLastYear,
     "the path cannot be spread as last year was: fewer than 9 in 10 of last year's periods have a value; write path: "
     "{{steps: {{…}}}}"},

    // A budget that is not to be exceeded.
    {kGoalAtMost, "at most {goal} in total"},
    {kBudgetKept, "budget of {goal} kept: {actual} used"},
    {kBudgetExceeded, "budget of {goal} exceeded: {actual} used"},
    {kStandingBudget, "{actual} used so far"},
    {kStandingBudgetDue, "{actual} used so far, {expected} planned by now"},
    {kBudgetLikely, "{projected} at the deadline; {probability} likely to stay within the budget"},
    {kAllowedPerPeriod, "{left} left, {required} per period"},
    {kAllowedBeside, "{left} left, {required} per period; {recent} in the last four weeks"},

    // One line that says it all.
    {kValueAndReason, "{value}, {reason}"},
    {kHeadlineOfValue, "{badge}: {subject} is {value}"},
    {kHeadlineOfValueAndReason, "{badge}: {subject} is {value}, {reason}"},
    {kHeadlineOfReason, "{badge}: {subject} – {reason}"},
    {kHeadline, "{badge}: {subject}"},
    {kHeadlineOfMany, "{badge}: {count} – {subjects}"},
    {kHeadlineOfMore, "{badge}: {count} – {subjects} and {n} more"},

    // kpid's own troubles.
    {kTestMessage, "This is a test from kpid: messages for {channel} arrive here."},
    {kTestWatches, "It watches {kpis} of {sources}."},
    {kCountOfKpis, "{n} {n:KPI|KPIs}"},
    {kDeliveryFailed, "The channel {channel} did not take {n} {n:message|messages}: {error}"},
    {kChannelFails, "The channel {channel} has taken nothing since {since}: {error}"},
    {kMessagesWait, "{n} {n:message waits|messages wait}, and will be tried for three days."},
    {kAndMoreMessages, "and {n} more {n:message|messages}"},
    {kDeliveryKept,
     "Nothing is lost: `kpid deadletter list` shows what was not delivered, `kpid deadletter resend` sends it once the "
     "channel works."},
    {kConfigRefused, "The new configuration has errors and is not used."},
    {kLastGoodRules, "The last good one stays in force until this is mended; `kpid check` shows the same."},

    // The pages behind links in messages.
    {kAskAcknowledge, "Do you have it?"},
    {kAskAcknowledgeAbout,
     "Until then nobody is reminded of this alert, and it goes to nobody else. If it becomes more severe, it is told "
     "anew."},
    {kAskSilence, "Silence it?"},
    {kAskSilenceAbout,
     "Until then no message is sent about {match}, to anybody. It is judged all the same; what still fires when the "
     "time is over is told then."},
    {kYourName, "Your name"},
    {kHowLong, "For how long"},
    {kComment, "Comment"},
    {kHasIt, "{by} has it until {until}."},
    {kIsSilenced, "No message about {match} until {until}."},
    {kAlertIsOver, "This alert is over; there is nothing to do."},
    {kLinkExpired, "This link has expired. A newer message about the alert has one that works."},
    {kLinkUnknown, "This is not a link that kpid has made. Was all of it copied?"},
    {kNameMissing, "Say who you are."},
    {kNotDoneNow, "kpid could not do this now. Please try again."},

    // Digests.
    {kDigestOfDay, "Daily digest: {period}"},
    {kDigestOfWeek, "Weekly digest: {period}"},
    {kDigestOfMonth, "Monthly digest: {period}"},
    {kDigestOfQuarter, "Quarterly digest: {period}"},
    {kDigestAllWell, "{n} {n:KPI|KPIs}, all fine now"},
    {kDigestTrouble, "{trouble} of {n} {n:KPI|KPIs} {trouble:needs|need} attention"},
    {kDigestNoKpis, "No KPI matches this digest."},
    {kColumnKpi, "KPI"},
    {kColumnBefore, "Period before"},
    {kColumnYearBefore, "Year before"},
    {kColumnState, "State"},
    {kChangeSinceBefore, "{change} on the period before"},
    {kChangeSinceYear, "{change} on the year before"},
    {kPercentagePoints, "{change} points"},
    {kStateFine, "fine"},
    {kStateWaiting, "missed, not yet an alert"},
    {kStateNoData, "no data"},
    {kStateSourceFailed, "the source fails"},
    {kStateFiring, "{severity} since {since}"},
    {kStatusAndPace, "{status}, pace {pace}"},
    {kDigestAlerts, "Alerts in this period"},
    {kDigestNoAlerts, "No alerts in this period."},
    {kAlertFromTo, "{severity}, {from} to {to}"},
    {kAlertStillOpen, "{severity}, since {from}, still open"},
    {kDigestHushed, "Came and went while messages were held back"},
    {kDigestLate, "This digest comes late: it was due {when}."},
    {kReviewAttached, "The review is attached."},

    // Charts.
    {kChartValue, "value"},
    {kChartLimit, "limit"},
    {kChartPath, "target path"},
    {kChartAbout, "{title}: {n} {n:period|periods}, from {first} to {last}; now {value}."},
};
static_assert(is_whole(kPhrases));

constexpr LanguageWords kEnglish{
    .phrases = kPhrases,
    .months = {"January",
               "February",
               "March",
               "April",
               "May",
               "June",
               "July",
               "August",
               "September",
               "October",
               "November",
               "December"},
    .short_months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"},
    .weekdays = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"},
    .short_weekdays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"},
};

}  // namespace

const LanguageWords& english_words() {
  return kEnglish;
}

}  // namespace kpi
