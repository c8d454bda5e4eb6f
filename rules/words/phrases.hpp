#pragma once
// Everything that a person reads in messages, digests, reports and the page, as the names of whole sentences. What they
// are in each language stands in one file per language beside this one, in the same order; a test finds what is missing
// there, and placeholders that differ. Constants; any thread.

#include <cstdint>

namespace kpi {

enum class Phrase : std::uint16_t {
  // How bad, and what kind: the badge of a message.
  kInfo,
  kWarning,
  kCritical,
  kReminderOf,   ///< {badge}
  kEscalatedOf,  ///< {badge}
  kFlappingOf,   ///< {badge}
  kResolved,
  kNoData,
  kDataIsBack,
  kSourceFailed,
  kSourceRecovered,
  kAlert,
  kTarget,
  kConfigurationError,
  kNotDelivered,
  kDigest,
  kTest,

  // A target's status: as a badge, and within a sentence. In the order of TargetStatus.
  kBadgeNotStarted,
  kBadgeOnTrack,
  kBadgeAtRisk,
  kBadgeOffTrack,
  kBadgeAchieved,
  kBadgeMissed,
  kStatusNotStarted,
  kStatusOnTrack,
  kStatusAtRisk,
  kStatusOffTrack,
  kStatusAchieved,
  kStatusMissed,

  // Labels of facts and buttons.
  kValue,
  kLimit,
  kBefore,
  kSince,
  kBegan,
  kPeriod,
  kPace,
  kSoFar,
  kDueByNow,
  kMisses,
  kForecast,
  kNeeded,
  kOwner,
  kObjective,
  kAbout,
  kRunbook,
  kDetails,
  kOpenInKpid,
  kAcknowledge,
  kAcknowledged,
  kByNobodySince,  ///< {since}
  kSilence,
  kSentBy,
  kUnknown,

  // How many.
  kCountOfAlerts,   ///< {n}
  kCountOfTargets,  ///< {n}
  kCountOfSources,  ///< {n}
  kAndMore,         ///< {n}
  kAndMoreLines,    ///< {n}

  // How long.
  kMinutes,   ///< {n}
  kHours,     ///< {n}
  kDays,      ///< {n}
  kWeeks,     ///< {n}
  kMonths,    ///< {n}
  kQuarters,  ///< {n}
  kYears,     ///< {n}

  // Days and times.
  kDate,            ///< {day} {month} {year}
  kWeekdayAndDate,  ///< {day} {month} {weekday} {year}
  kDayOfMonth,      ///< {day} {month}
  kDatesOfMonth,    ///< {first} {last} {month} {year}
  kDatesOfYear,     ///< {first} {first_month} {last} {last_month} {year}
  kDates,           ///< {first} {last}
  kWeek,            ///< {n}
  kWeekAndDates,    ///< {dates} {n}
  kMonth,           ///< {month} {year}
  kQuarter,         ///< {n} {year}
  kFiscalYear,      ///< {first} {last}
  kClock,           ///< {hour} {minute}
  kDateAndClock,    ///< {clock} {date}
  kDateAndClocks,   ///< {date} {from} {to}

  // Why an alert is on.
  kBelow,     ///< {limit}
  kBelowFor,  ///< {limit} {time}
  kAbove,     ///< {limit}
  kAboveFor,  ///< {limit} {time}
  kBelowLimit,
  kBelowLimitFor,  ///< {time}
  kAboveLimit,
  kAboveLimitFor,  ///< {time}
  kWasBelow,       ///< {limit}
  kWasAbove,       ///< {limit}
  kWasBelowLimit,
  kWasAboveLimit,
  kOutside,         ///< {high} {low}
  kOutsideFor,      ///< {high} {low} {time}
  kCondition,       ///< {condition} {name}
  kConditionFor,    ///< {condition} {name} {time}
  kUsualRange,      ///< {high} {low}
  kLowestInTime,    ///< {high} {low} {time}
  kHighestInTime,   ///< {high} {low} {time}
  kLowestWeekday,   ///< {high} {low} {n} {weekday}
  kHighestWeekday,  ///< {high} {low} {n} {weekday}
  kNoDataSince,     ///< {since} {why}
  kNoDataWhy,       ///< {why}
  kUnsureSince,     ///< {since} {why}

  // Why there is no value.
  kWhyNoSample,
  kWhyNull,
  kWhyIncomplete,
  kWhyWarmingUp,
  kWhyTooFew,
  kWhyDivisionByZero,
  kWhyNotFinite,
  kWhyNotJudged,
  kWhySourceFailed,

  // Why an alert ended.
  kBackToNormal,
  kBackToNormalSince,  ///< {since}
  kRestated,
  kRuleRemoved,
  kTargetRemoved,
  kWas,  ///< {reason} {value}
  kCameAndWent,
  kCameAndWentFromTo,  ///< {from} {to}
  kSourceRemoved,
  kRetired,
  kSourceEdited,
  kDataCame,
  kSourceReadable,
  kSelfWell,  ///< Of the machine kpid runs on.
  kLateCame,

  // Why a source cannot be read, and which KPIs wait for it.
  kSourceTimeout,
  kSourceUnreachable,
  kSourceForbidden,
  kSourceNotThere,
  kSourceBusy,
  kSourceBroken,
  kSourceUnreadable,
  kSourceLate,
  kSourceOwes,  ///< {period}
  kSourceFails,
  kSourceKpis,
  kSourceKpisMore,

  // What is added to a reason.
  kWithNote,       ///< {note} {reason}
  kSubjectOfRule,  ///< {rule} {subject}
  kRuleLimits,
  kRuleTarget,
  kRuleNoData,
  kNoteFlapping,
  kNoteSteady,
  kNoteStale,
  kNoteToldBefore,
  kWithoutSegments,  ///< {reason} {segments}
  kNamesAndMore,     ///< {n} {names}

  // Targets.
  kTargetDaysLeft,      ///< {deadline} {goal} {n}
  kTargetLastDay,       ///< {deadline} {goal}
  kTargetEnded,         ///< {deadline} {goal} {n}
  kTargetBy,            ///< {deadline} {goal}
  kStatusAtPace,        ///< {pace} {status}
  kStatusMovesAway,     ///< {status}
  kMissesOfAllowed,     ///< {rate}
  kForecastAtDeadline,  ///< {projected}
  kForecastLikely,      ///< {probability} {projected}
  kEachDay,
  kEachWeek,
  kEachMonth,
  kEachQuarter,
  kEachYear,
  kEachPeriod,
  kOfPeriodsLeft,
  kNeededEach,                  ///< {each} {required}
  kNeededBeside,                ///< {best} {each} {recent} {required}
  kNeededLately,                ///< {each} {recent} {required}
  kNeededUnseen,                ///< {best} {each} {recent} {required}
  kNeededUntilThen,             ///< {required}
  kNeededUntilThenBeside,       ///< {best} {recent} {required}
  kNeededUntilThenLately,       ///< {recent} {required}
  kNeededUntilThenAway,         ///< {required}
  kGoalInTotal,                 ///< {goal}
  kGoalOnAverage,               ///< {goal}
  kGoalOfPeriods,               ///< {goal}
  kGoalReached,                 ///< {goal}
  kGoalMissed,                  ///< {goal}
  kBackOnTrack,                 ///< {goal}
  kStandingPace,                ///< {pace}
  kStandingActual,              ///< {actual}
  kStandingExpected,            ///< {expected}
  kStandingPaceActual,          ///< {actual} {pace}
  kStandingPaceExpected,        ///< {expected} {pace}
  kStandingActualExpected,      ///< {actual} {expected}
  kStandingPaceActualExpected,  ///< {actual} {expected} {pace}
  kStandingBurn,                ///< {rate} {share}
  kStandingNoBudget,            ///< {share}
  kGoalDaysLeft,                ///< {goal} {n}
  kGoalDaysLeftAt,              ///< {goal} {n} {standing}
  kNoBaseline,                  ///< {start}
  kNoLastYear,

  // A budget that is not to be exceeded.
  kGoalAtMost,         ///< {goal}
  kBudgetKept,         ///< {actual} {goal}
  kBudgetExceeded,     ///< {actual} {goal}
  kStandingBudget,     ///< {actual}
  kStandingBudgetDue,  ///< {actual} {expected}
  kBudgetLikely,       ///< {probability} {projected}
  kAllowedEach,        ///< {each} {left} {required}
  kAllowedBeside,      ///< {each} {left} {recent} {required}

  // One line that says it all.
  kValueAndReason,            ///< {reason} {value}
  kHeadlineOfValue,           ///< {badge} {subject} {value}
  kHeadlineOfValueAndReason,  ///< {badge} {reason} {subject} {value}
  kHeadlineOfReason,          ///< {badge} {reason} {subject}
  kHeadline,                  ///< {badge} {subject}
  kHeadlineOfMany,            ///< {subjects} {what}
  kHeadlineOfMore,            ///< {n} {subjects} {what}

  // kpid's own troubles.
  kTestMessage,              ///< {channel}
  kTestWatches,              ///< {kpis} {sources}
  kCountOfKpis,              ///< {n}
  kDeliveryFailed,           ///< {channel} {error} {n}
  kDeliveryFailedAbout,      ///< {channel} {headline}
  kDeliveryFailedAboutMore,  ///< {channel} {headline} {n}
  kDeliveryPartly,           ///< {channel} {error} {n}
  kDeliveryPartlyAbout,      ///< {channel} {headline}
  kDeliveryPartlyAboutMore,  ///< {channel} {headline} {n}
  kChannelFails,             ///< {channel} {error} {since}
  kAddressRefuses,           ///< {address} {channel} {error}
  kAddressOthers,
  kMessagesWait,     ///< {n}
  kAndMoreMessages,  ///< {n}
  kDeliveryKept,
  kDeliveryQuiet,  ///< {channel}
  kConfigRefused,
  kLastGoodRules,

  // The pages behind links in messages.
  kAskAcknowledge,
  kAskAcknowledgeAbout,
  kAskSilence,
  kAskSilenceAbout,     ///< {match}
  kAskSilenceSegments,  ///< {n}
  kYourName,
  kHowLong,
  kComment,
  kHasIt,       ///< {by} {until}
  kIsSilenced,  ///< {match} {until}
  kAlertIsOver,
  kLinkExpired,
  kLinkUnknown,
  kNameMissing,
  kTimeMissing,
  kNotDoneNow,

  // Digests.
  kDigestOfDay,               ///< {period}
  kDigestOfWeek,              ///< {period}
  kDigestOfMonth,             ///< {period}
  kDigestOfQuarter,           ///< {period}
  kDigestAllWell,             ///< {n}
  kDigestWithoutData,         ///< {n} {unknown}
  kDigestTrouble,             ///< {n} {trouble}
  kDigestTroubleWithoutData,  ///< {n} {trouble} {unknown}
  kDigestNoKpis,
  kColumnKpi,
  kColumnBefore,
  kColumnYearBefore,
  kColumnState,
  kChangeSinceBefore,  ///< {change}
  kChangeSinceYear,    ///< {change}
  kPercentagePoints,   ///< {change}
  kStateFine,
  kDaysWithData,        ///< {known} {n}
  kHoursWithData,       ///< {known} {n}
  kPeriodsWithData,     ///< {known} {n}
  kWithoutSegmentsFor,  ///< {segments} {state} {time}
  kStateWaiting,
  kStatePending,
  kStateNoData,
  kStateNoDataInPeriod,
  kWithValueOf,  ///< {state} {period}
  kStateSourceFailed,
  kStateFiring,    ///< {severity} {since}
  kStatusAndPace,  ///< {pace} {status}
  kDigestAlerts,
  kDigestNoAlerts,
  kAlertFromTo,     ///< {from} {severity} {to}
  kAlertStillOpen,  ///< {from} {severity}
  kAlertTimes,      ///< {from} {n} {severity} {to}
  kAlertTimesOpen,  ///< {from} {n} {severity}
  kDigestHushed,
  kDigestLate,  ///< {when}
  kReviewAttached,

  // Charts.
  kChartValue,
  kChartLimit,
  kChartPath,
  kChartAbout,  ///< {first} {last} {n} {title} {value}

  kCount,  ///< How many there are; none of them.
};

}  // namespace kpi
