// Danish. See english.cpp for how a text is written.

#include "rules/words/language_words.hpp"

namespace kpi {
namespace {

using enum Phrase;

constexpr PhraseText kPhrases[] = {
    // How bad, and what kind: the badge of a message.
    {kInfo, "Info"},
    {kWarning, "Advarsel"},
    {kCritical, "Kritisk"},
    {kInfoReminder, "Info (påmindelse)"},
    {kWarningReminder, "Advarsel (påmindelse)"},
    {kCriticalReminder, "Kritisk (påmindelse)"},
    {kEscalated, "Eskaleret"},
    {kFlapping, "Ustabil"},
    {kResolved, "Løst"},
    {kNoData, "Data mangler"},
    {kDataIsBack, "Data er tilbage"},
    {kSourceFailed, "Fejl i datakilden"},
    {kSourceRecovered, "Datakilden virker igen"},
    {kAlert, "Alarm"},
    {kTarget, "Mål"},
    {kConfigurationError, "Konfigurationsfejl"},
    {kNotDelivered, "Kunne ikke leveres"},
    {kDigest, "Oversigt"},
    {kTest, "Test"},

    // A target's status: as a badge, and within a sentence. In the order of TargetStatus.
    {kBadgeNotStarted, "Ikke begyndt"},
    {kBadgeOnTrack, "På rette vej"},
    {kBadgeAtRisk, "I farezonen"},
    {kBadgeOffTrack, "Bagud"},
    {kBadgeAchieved, "Nået"},
    {kBadgeMissed, "Misset"},
    {kStatusNotStarted, "ikke begyndt"},
    {kStatusOnTrack, "på rette vej"},
    {kStatusAtRisk, "i farezonen"},
    {kStatusOffTrack, "bagud"},
    {kStatusAchieved, "nået"},
    {kStatusMissed, "misset"},

    // Labels of facts and buttons.
    {kValue, "Værdi"},
    {kLimit, "Grænse"},
    {kBefore, "Forrige"},
    {kSince, "Siden"},
    {kBegan, "Begyndte"},
    {kPeriod, "Periode"},
    {kPace, "Tempo"},
    {kSoFar, "Hidtil"},
    {kDueByNow, "Burde være"},
    {kMisses, "Missede"},
    {kForecast, "Prognose"},
    {kNeeded, "Kræves"},
    {kOwner, "Ansvarlig"},
    {kObjective, "Formål"},
    {kAbout, "Beskrivelse"},
    {kRunbook, "Vejledning"},
    {kDetails, "Detaljer"},
    {kOpenInKpid, "Åbn i kpid"},
    {kAcknowledge, "Kvittér"},
    {kSilence, "Sæt på pause"},
    {kSentBy, "Sendt af kpid"},
    {kUnknown, "ukendt"},

    // How many.
    {kCountOfAlerts, "{n} {n:alarm|alarmer}"},
    {kCountOfTargets, "{n} mål"},
    {kCountOfSources, "{n} {n:datakilde|datakilder}"},
    {kAndMore, "og {n} til"},
    {kAndMoreLines, "og {n} {n:linje|linjer} til"},

    // How long.
    {kMinutes, "{n} {n:minut|minutter}"},
    {kHours, "{n} {n:time|timer}"},
    {kDays, "{n} {n:dag|dage}"},
    {kWeeks, "{n} {n:uge|uger}"},
    {kMonths, "{n} {n:måned|måneder}"},
    {kQuarters, "{n} {n:kvartal|kvartaler}"},
    {kYears, "{n} år"},

    // Days and times.
    {kDate, "{day}. {month} {year}"},
    {kWeekdayAndDate, "{weekday} {day}. {month} {year}"},
    {kDayOfMonth, "{day}. {month}"},
    {kDatesOfMonth, "{first}.–{last}. {month} {year}"},
    {kDatesOfYear, "{first}. {first_month} – {last}. {last_month} {year}"},
    {kDates, "{first} – {last}"},
    {kWeek, "uge {n}"},
    {kWeekAndDates, "uge {n}, {dates}"},
    {kMonth, "{month} {year}"},
    {kQuarter, "{n}. kvartal {year}"},
    {kFiscalYear, "{first}/{last}"},
    {kClock, "{hour}.{minute}"},
    {kDateAndClock, "{date} kl. {clock}"},
    {kDateAndClocks, "{date} kl. {from}–{to}"},

    // Why an alert is on.
    {kBelow, "under {limit}"},
    {kBelowFor, "under {limit} i {time}"},
    {kAbove, "over {limit}"},
    {kAboveFor, "over {limit} i {time}"},
    {kBelowLimit, "under sin grænse"},
    {kBelowLimitFor, "under sin grænse i {time}"},
    {kAboveLimit, "over sin grænse"},
    {kAboveLimitFor, "over sin grænse i {time}"},
    {kWasBelow, "har været under {limit} og er ikke kommet sig endnu"},
    {kWasAbove, "har været over {limit} og er ikke kommet sig endnu"},
    {kWasBelowLimit, "har været under sin grænse og er ikke kommet sig endnu"},
    {kWasAboveLimit, "har været over sin grænse og er ikke kommet sig endnu"},
    {kOutside, "uden for {low} til {high}"},
    {kOutsideFor, "uden for {low} til {high} i {time}"},
    {kCondition, "{name}: {condition}"},
    {kConditionFor, "{name}: {condition} i {time}"},
    {kUsualRange, "normalt {low} til {high}"},
    {kLowestInTime, "lavest i {time}; normalt {low} til {high}"},
    {kHighestInTime, "højest i {time}; normalt {low} til {high}"},
    {kLowestWeekday, "laveste {weekday} i {n} {n:uge|uger}; normalt {low} til {high}"},
    {kHighestWeekday, "højeste {weekday} i {n} {n:uge|uger}; normalt {low} til {high}"},
    {kNoDataSince, "data har manglet siden {since}: {why}"},
    {kNoDataWhy, "data mangler: {why}"},

    // Why there is no value.
    {kWhyNoSample, "der er ikke kommet nogen værdi"},
    {kWhyNull, "datakilden leverede ikke et tal"},
    {kWhyIncomplete, "for få værdier i tidsvinduet"},
    {kWhyWarmingUp, "der er ikke nok historik endnu"},
    {kWhyTooFew, "for lille grundlag til at sige noget"},
    {kWhyDivisionByZero, "division med nul"},
    {kWhyNotFinite, "resultatet er for stort"},
    {kWhyNotJudged, "en KPI, som den bygger på, mangler en værdi"},
    {kWhySourceFailed, "datakilden kunne ikke læses"},

    // Why an alert ended.
    {kBackToNormal, "tilbage til det normale"},
    {kBackToNormalSince, "tilbage til det normale; havde afveget siden {since}"},
    {kRestated, "tidligere data kom sent eller blev rettet"},
    {kRuleRemoved, "reglen er fjernet"},
    {kCameAndWent, "kom og gik, mens kpid ikke kørte"},
    {kCameAndWentFromTo, "kom og gik, mens kpid ikke kørte, fra {from} til {to}"},
    {kSourceRemoved, "datakilden er fjernet"},
    {kRetired, "segmentet har været tavst for længe og bedømmes ikke længere"},
    {kDataCame, "data er tilbage"},
    {kSourceReadable, "den kan læses igen"},
    {kSelfWell, "alt er godt med den igen"},
    {kLateCame, "det forsinkede er kommet"},

    // Why a source cannot be read, and which KPIs wait for it.
    {kSourceTimeout, "den svarede ikke i tide"},
    {kSourceUnreachable, "den kan ikke nås"},
    {kSourceForbidden, "den godtager ikke nøglen eller login"},
    {kSourceNotThere, "det, der spørges efter, findes ikke"},
    {kSourceBusy, "den har fået for mange forespørgsler"},
    {kSourceBroken, "den har selv en fejl"},
    {kSourceUnreadable, "det, den giver, kan ikke læses"},
    {kSourceLate, "nye data er ikke kommet"},
    {kSourceFails, "den kan ikke læses"},
    {kSourceKpis, "{reason}; uden nye data: {kpis}"},
    {kSourceKpisMore, "{reason}; uden nye data: {kpis} og {n} til"},

    // What is added to a reason.
    {kWithNote, "{reason} ({note})"},
    {kNoteFlapping, "ustabil: alarmen er kommet og gået et stykke tid; der siges ikke mere, før den er stabil"},
    {kNoteSteady, "ikke længere ustabil"},
    {kNoteStale, "den seneste periode mangler data"},

    // Targets.
    {kTargetDaysLeft, "{goal} senest {deadline}, {n} {n:dag|dage} tilbage"},
    {kTargetLastDay, "{goal} senest {deadline}, sidste dag"},
    {kTargetEnded, "{goal} senest {deadline}, sluttede for {n} {n:dag|dage} siden"},
    {kTargetBy, "{goal} senest {deadline}"},
    {kStatusAtPace, "{status}, {pace} af det nødvendige tempo"},
    {kMissesOfAllowed, "{rate} af dem, der var tilladt indtil nu"},
    {kForecastAtDeadline, "{projected} ved fristen"},
    {kForecastLikely, "{projected} ved fristen; målet nås med {probability} sandsynlighed"},
    {kNeededPerPeriod, "{required} pr. periode"},
    {kNeededBeside, "{required} pr. periode; {recent} i de seneste fire uger, {best} som bedst over lige så lang tid"},
    {kNeededUnseen,
     "{required} pr. periode, hvilket aldrig er holdt så længe; {recent} i de seneste fire uger, {best} som bedst over "
     "lige så lang tid"},
    {kGoalInTotal, "{goal} i alt"},
    {kGoalOnAverage, "{goal} i gennemsnit"},
    {kGoalOfPeriods, "{goal} klarede perioder"},
    {kGoalReached, "målet på {goal} er nået"},
    {kGoalMissed, "målet på {goal} blev ikke nået"},
    {kBackOnTrack, "igen på rette vej mod {goal}"},
    {kStandingPace, "tempo {pace}"},
    {kStandingActual, "{actual} indtil nu"},
    {kStandingExpected, "burde være {expected} nu"},
    {kStandingPaceActual, "tempo {pace}, {actual} indtil nu"},
    {kStandingPaceExpected, "tempo {pace}, burde være {expected} nu"},
    {kStandingActualExpected, "{actual} indtil nu, burde være {expected}"},
    {kStandingPaceActualExpected, "tempo {pace}, {actual} indtil nu, burde være {expected}"},
    {kStandingBurn, "{share} klarede perioder indtil nu; de missede er {rate} af dem, der var tilladt indtil nu"},
    {kStandingNoBudget, "{share} klarede perioder indtil nu, og ingen måtte misses"},
    {kGoalDaysLeft, "{n} {n:dag|dage} til målet på {goal}"},
    {kGoalDaysLeftAt, "{n} {n:dag|dage} til målet på {goal}, {standing}"},
    {kNoBaseline,
     "udgangspunktet kan ikke måles: færre end 4 perioder af de 28 dage før {start} har en værdi; skriv from: med et "
     "tal"},
    {kNoLastYear,
     "målbanen kan ikke fordeles som sidste år: færre end 9 ud af 10 af sidste års perioder har en værdi; skriv path: "
     "{{steps: {{…}}}}"},

    // A budget that is not to be exceeded.
    {kGoalAtMost, "højst {goal} i alt"},
    {kBudgetKept, "budgettet på {goal} blev holdt: {actual} brugt"},
    {kBudgetExceeded, "budgettet på {goal} er overskredet: {actual} brugt"},
    {kStandingBudget, "{actual} brugt indtil nu"},
    {kStandingBudgetDue, "{actual} brugt indtil nu, {expected} planlagt på dette tidspunkt"},
    {kBudgetLikely, "{projected} ved fristen; budgettet holdes med {probability} sandsynlighed"},
    {kAllowedPerPeriod, "{left} tilbage, {required} pr. periode"},
    {kAllowedBeside, "{left} tilbage, {required} pr. periode; {recent} i de seneste fire uger"},

    // One line that says it all.
    {kValueAndReason, "{value}, {reason}"},
    {kHeadlineOfValue, "{badge}: {subject} er {value}"},
    {kHeadlineOfValueAndReason, "{badge}: {subject} er {value}, {reason}"},
    {kHeadlineOfReason, "{badge}: {subject} – {reason}"},
    {kHeadline, "{badge}: {subject}"},
    {kHeadlineOfMany, "{badge}: {count} – {subjects}"},
    {kHeadlineOfMore, "{badge}: {count} – {subjects} og {n} til"},

    // kpid's own troubles.
    {kTestMessage, "Dette er en test fra kpid: beskeder til {channel} kommer frem hertil."},
    {kTestWatches, "Den holder øje med {kpis} fra {sources}."},
    {kCountOfKpis, "{n} {n:KPI|KPI'er}"},
    {kDeliveryFailed, "Kanalen {channel} tog ikke imod {n} {n:besked|beskeder}: {error}"},
    {kChannelFails, "Kanalen {channel} har ikke taget imod noget siden {since}: {error}"},
    {kMessagesWait, "{n} {n:besked venter|beskeder venter}. Forsøgene fortsætter i tre døgn."},
    {kAndMoreMessages, "og {n} {n:besked|beskeder} til"},
    {kDeliveryKept,
     "Intet er tabt: `kpid deadletter list` viser det, der ikke kom frem, `kpid deadletter resend` sender det, når "
     "kanalen virker igen."},
    {kConfigRefused, "Den nye konfiguration har fejl og bruges ikke."},
    {kLastGoodRules, "Den seneste, der virkede, gælder, indtil det er rettet; `kpid check` viser det samme."},

    // The pages behind links in messages.
    {kAskAcknowledge, "Tager du dig af det?"},
    {kAskAcknowledgeAbout,
     "Indtil da bliver ingen mindet om alarmen, og den går ikke videre til andre. Bliver den mere alvorlig, meldes den "
     "igen."},
    {kAskSilence, "Sætte den på pause?"},
    {kAskSilenceAbout,
     "Indtil da sendes ingen beskeder om {match}, til nogen. Det vurderes alligevel; det, der stadig giver alarm, når "
     "tiden er gået, meldes da."},
    {kYourName, "Dit navn"},
    {kHowLong, "Hvor længe"},
    {kComment, "Kommentar"},
    {kHasIt, "{by} tager sig af det til {until}."},
    {kIsSilenced, "Ingen beskeder om {match} til {until}."},
    {kAlertIsOver, "Alarmen er ovre; der er intet at gøre."},
    {kLinkExpired, "Linket er udløbet. En nyere besked om alarmen har et, der virker."},
    {kLinkUnknown, "Dette er ikke et link, som kpid har lavet. Kom det hele med?"},
    {kNameMissing, "Skriv, hvem du er."},
    {kNotDoneNow, "kpid kunne ikke gøre det lige nu. Prøv igen."},

    // Digests.
    {kDigestOfDay, "Dagsoversigt: {period}"},
    {kDigestOfWeek, "Ugeoversigt: {period}"},
    {kDigestOfMonth, "Månedsoversigt: {period}"},
    {kDigestOfQuarter, "Kvartalsoversigt: {period}"},
    {kDigestAllWell, "{n} {n:KPI|KPI'er}, alt er i orden nu"},
    {kDigestTrouble, "{trouble} af {n} {n:KPI|KPI'er} kræver opmærksomhed"},
    {kDigestNoKpis, "Ingen KPI passer til oversigten."},
    {kColumnKpi, "KPI"},
    {kColumnBefore, "Forrige periode"},
    {kColumnYearBefore, "Året før"},
    {kColumnState, "Tilstand"},
    {kChangeSinceBefore, "{change} i forhold til forrige periode"},
    {kChangeSinceYear, "{change} i forhold til året før"},
    {kPercentagePoints, "{change} procentpoint"},
    {kStateFine, "fint"},
    {kStateWaiting, "misset, ingen alarm endnu"},
    {kStateNoData, "data mangler"},
    {kStateSourceFailed, "fejl i datakilden"},
    {kStateFiring, "{severity} siden {since}"},
    {kStatusAndPace, "{status}, tempo {pace}"},
    {kDigestAlerts, "Alarmer i perioden"},
    {kDigestNoAlerts, "Ingen alarmer i perioden."},
    {kAlertFromTo, "{severity}, {from} til {to}"},
    {kAlertStillOpen, "{severity}, siden {from}, stadig åben"},
    {kDigestHushed, "Kom og gik, mens beskeder blev holdt tilbage"},
    {kDigestLate, "Oversigten kommer for sent: den skulle være kommet {when}."},
    {kReviewAttached, "Gennemgangen er vedhæftet."},

    // Charts.
    {kChartValue, "værdi"},
    {kChartLimit, "grænse"},
    {kChartPath, "målbane"},
    {kChartAbout, "{title}: {n} {n:periode|perioder}, fra {first} til {last}; nu {value}."},
};
static_assert(is_whole(kPhrases));

constexpr LanguageWords kDanish{
    .phrases = kPhrases,
    .months = {"januar",
               "februar",
               "marts",
               "april",
               "maj",
               "juni",
               "juli",
               "august",
               "september",
               "oktober",
               "november",
               "december"},
    .short_months = {"jan.", "feb.", "mar.", "apr.", "maj", "jun.", "jul.", "aug.", "sep.", "okt.", "nov.", "dec."},
    .weekdays = {"søndag", "mandag", "tirsdag", "onsdag", "torsdag", "fredag", "lørdag"},
    .short_weekdays = {"søn.", "man.", "tirs.", "ons.", "tors.", "fre.", "lør."},
};

}  // namespace

const LanguageWords& danish_words() {
  return kDanish;
}

}  // namespace kpi
