// Swedish. See english.cpp for how a text is written.

#include "rules/words/language_words.hpp"

namespace kpi {
namespace {

using enum Phrase;

constexpr PhraseText kPhrases[] = {
    // How bad, and what kind: the badge of a message.
    {kInfo, "Info"},
    {kWarning, "Varning"},
    {kCritical, "Kritiskt"},
    {kInfoReminder, "Info (påminnelse)"},
    {kWarningReminder, "Varning (påminnelse)"},
    {kCriticalReminder, "Kritiskt (påminnelse)"},
    {kEscalated, "Eskalerat"},
    {kFlapping, "Instabilt"},
    {kResolved, "Löst"},
    {kNoData, "Data saknas"},
    {kDataIsBack, "Data är tillbaka"},
    {kSourceFailed, "Fel i datakällan"},
    {kSourceRecovered, "Datakällan fungerar igen"},
    {kAlert, "Larm"},
    {kTarget, "Mål"},
    {kConfigurationError, "Konfigurationsfel"},
    {kNotDelivered, "Kunde inte levereras"},
    {kDigest, "Sammanfattning"},
    {kTest, "Test"},

    // A target's status: as a badge, and within a sentence. In the order of TargetStatus.
    {kBadgeNotStarted, "Inte börjat"},
    {kBadgeOnTrack, "På väg att nås"},
    {kBadgeAtRisk, "I riskzonen"},
    {kBadgeOffTrack, "Ligger efter"},
    {kBadgeAchieved, "Uppnått"},
    {kBadgeMissed, "Missat"},
    {kStatusNotStarted, "inte börjat"},
    {kStatusOnTrack, "på väg att nås"},
    {kStatusAtRisk, "i riskzonen"},
    {kStatusOffTrack, "ligger efter"},
    {kStatusAchieved, "uppnått"},
    {kStatusMissed, "missat"},

    // Labels of facts and buttons.
    {kValue, "Värde"},
    {kLimit, "Gräns"},
    {kBefore, "Föregående"},
    {kSince, "Sedan"},
    {kBegan, "Började"},
    {kPeriod, "Period"},
    {kPace, "Takt"},
    {kSoFar, "Hittills"},
    {kDueByNow, "Borde vara"},
    {kMisses, "Missar"},
    {kForecast, "Prognos"},
    {kNeeded, "Krävs"},
    {kOwner, "Ansvarig"},
    {kObjective, "Syfte"},
    {kAbout, "Beskrivning"},
    {kRunbook, "Åtgärdsguide"},
    {kDetails, "Detaljer"},
    {kOpenInKpid, "Öppna i kpid"},
    {kAcknowledge, "Kvittera"},
    {kSilence, "Tysta"},
    {kSentBy, "Skickat av kpid"},
    {kUnknown, "okänt"},

    // How many.
    {kCountOfAlerts, "{n} larm"},
    {kCountOfTargets, "{n} mål"},
    {kCountOfSources, "{n} {n:datakälla|datakällor}"},
    {kAndMore, "och {n} till"},
    {kAndMoreLines, "och {n} {n:rad|rader} till"},

    // How long.
    {kMinutes, "{n} {n:minut|minuter}"},
    {kHours, "{n} {n:timme|timmar}"},
    {kDays, "{n} {n:dag|dagar}"},
    {kWeeks, "{n} {n:vecka|veckor}"},
    {kMonths, "{n} {n:månad|månader}"},
    {kQuarters, "{n} kvartal"},
    {kYears, "{n} år"},

    // Days and times.
    {kDate, "{day} {month} {year}"},
    {kWeekdayAndDate, "{weekday} {day} {month} {year}"},
    {kDayOfMonth, "{day} {month}"},
    {kDatesOfMonth, "{first}–{last} {month} {year}"},
    {kDatesOfYear, "{first} {first_month} – {last} {last_month} {year}"},
    {kDates, "{first} – {last}"},
    {kWeek, "v. {n}"},
    {kWeekAndDates, "v. {n}, {dates}"},
    {kMonth, "{month} {year}"},
    {kQuarter, "kvartal {n} {year}"},
    {kFiscalYear, "{first}/{last}"},
    {kClock, "{hour}:{minute}"},
    {kDateAndClock, "{date} kl. {clock}"},
    {kDateAndClocks, "{date} kl. {from}–{to}"},

    // Why an alert is on.
    {kBelow, "under {limit}"},
    {kBelowFor, "under {limit} i {time}"},
    {kAbove, "över {limit}"},
    {kAboveFor, "över {limit} i {time}"},
    {kBelowLimit, "under sin gräns"},
    {kBelowLimitFor, "under sin gräns i {time}"},
    {kAboveLimit, "över sin gräns"},
    {kAboveLimitFor, "över sin gräns i {time}"},
    {kWasBelow, "har varit under {limit} och inte återhämtat sig än"},
    {kWasAbove, "har varit över {limit} och inte återhämtat sig än"},
    {kWasBelowLimit, "har varit under sin gräns och inte återhämtat sig än"},
    {kWasAboveLimit, "har varit över sin gräns och inte återhämtat sig än"},
    {kOutside, "utanför {low} till {high}"},
    {kOutsideFor, "utanför {low} till {high} i {time}"},
    {kCondition, "{name}: {condition}"},
    {kConditionFor, "{name}: {condition} i {time}"},
    {kUsualRange, "vanligt {low} till {high}"},
    {kLowestInTime, "lägst på {time}; vanligt {low} till {high}"},
    {kHighestInTime, "högst på {time}; vanligt {low} till {high}"},
    {kLowestWeekday, "lägsta {weekday}en på {n} {n:vecka|veckor}; vanligt {low} till {high}"},
    {kHighestWeekday, "högsta {weekday}en på {n} {n:vecka|veckor}; vanligt {low} till {high}"},
    {kNoDataSince, "data har saknats sedan {since}: {why}"},
    {kNoDataWhy, "data saknas: {why}"},

    // Why there is no value.
    {kWhyNoSample, "inget värde har kommit in"},
    {kWhyNull, "datakällan levererade inget tal"},
    {kWhyIncomplete, "för få värden i tidsfönstret"},
    {kWhyWarmingUp, "det finns inte tillräckligt med historik än"},
    {kWhyTooFew, "för litet underlag för att säga något"},
    {kWhyDivisionByZero, "division med noll"},
    {kWhyNotFinite, "resultatet är för stort"},
    {kWhyNotJudged, "en KPI som den bygger på saknar värde"},
    {kWhySourceFailed, "datakällan kunde inte läsas"},

    // Why an alert ended.
    {kBackToNormal, "tillbaka till det normala"},
    {kBackToNormalSince, "tillbaka till det normala; hade avvikit sedan {since}"},
    {kRestated, "tidigare data kom sent eller rättades"},
    {kRuleRemoved, "regeln har tagits bort"},
    {kCameAndWent, "kom och gick medan kpid inte var igång"},
    {kCameAndWentFromTo, "kom och gick medan kpid inte var igång, från {from} till {to}"},
    {kSourceRemoved, "datakällan har tagits bort"},
    {kRetired, "segmentet har varit tyst för länge och bedöms inte längre"},
    {kDataCame, "data är tillbaka"},
    {kSourceReadable, "den går att läsa igen"},
    {kSelfWell, "allt är bra med den igen"},
    {kLateCame, "det som var försenat har kommit"},

    // Why a source cannot be read, and which KPIs wait for it.
    {kSourceTimeout, "den svarade inte i tid"},
    {kSourceUnreachable, "den går inte att nå"},
    {kSourceForbidden, "den godtar inte nyckeln eller inloggningen"},
    {kSourceNotThere, "det som efterfrågas finns inte"},
    {kSourceBusy, "den har fått för många förfrågningar"},
    {kSourceBroken, "den har ett eget fel"},
    {kSourceUnreadable, "det som den ger går inte att läsa"},
    {kSourceLate, "nya data har inte kommit"},
    {kSourceFails, "den går inte att läsa"},
    {kSourceKpis, "{reason}; utan nya data: {kpis}"},
    {kSourceKpisMore, "{reason}; utan nya data: {kpis} och {n} till"},

    // What is added to a reason.
    {kWithNote, "{reason} ({note})"},
    {kNoteFlapping, "instabilt: larmet har kommit och gått ett tag; inget mer sägs förrän det är stabilt"},
    {kNoteSteady, "inte längre instabilt"},
    {kNoteStale, "den senaste perioden saknar data"},

    // Targets.
    {kTargetDaysLeft, "{goal} senast {deadline}, {n} {n:dag|dagar} kvar"},
    {kTargetLastDay, "{goal} senast {deadline}, sista dagen"},
    {kTargetEnded, "{goal} senast {deadline}, slutade för {n} {n:dag|dagar} sedan"},
    {kTargetBy, "{goal} senast {deadline}"},
    {kStatusAtPace, "{status}, {pace} av den takt som behövs"},
    {kMissesOfAllowed, "{rate} av dem som tillåts så här långt"},
    {kForecastAtDeadline, "{projected} vid slutdatum"},
    {kForecastLikely, "{projected} vid slutdatum; målet nås med {probability} sannolikhet"},
    {kNeededPerPeriod, "{required} per period"},
    {kNeededBeside, "{required} per period; {recent} de senaste fyra veckorna, som bäst {best} under lika lång tid"},
    {kNeededUnseen,
     "{required} per period, vilket aldrig har hållits så länge; {recent} de senaste fyra veckorna, som bäst {best} "
     "under lika lång tid"},
    {kGoalInTotal, "{goal} totalt"},
    {kGoalOnAverage, "{goal} i genomsnitt"},
    {kGoalOfPeriods, "{goal} klarade perioder"},
    {kGoalReached, "målet på {goal} är nått"},
    {kGoalMissed, "målet på {goal} nåddes inte"},
    {kBackOnTrack, "åter på väg mot {goal}"},
    {kStandingPace, "takt {pace}"},
    {kStandingActual, "{actual} hittills"},
    {kStandingExpected, "borde vara {expected} vid det här laget"},
    {kStandingPaceActual, "takt {pace}, {actual} hittills"},
    {kStandingPaceExpected, "takt {pace}, borde vara {expected} vid det här laget"},
    {kStandingActualExpected, "{actual} hittills, borde vara {expected} vid det här laget"},
    {kStandingPaceActualExpected, "takt {pace}, {actual} hittills, borde vara {expected} vid det här laget"},
    {kStandingBurn, "{share} klarade perioder hittills; missarna är {rate} av dem som tillåts så här långt"},
    {kStandingNoBudget, "{share} klarade perioder hittills, och ingen miss var tillåten"},
    {kGoalDaysLeft, "{n} {n:dag|dagar} kvar till målet på {goal}"},
    {kGoalDaysLeftAt, "{n} {n:dag|dagar} kvar till målet på {goal}, {standing}"},
    {kNoBaseline,
     "utgångsläget kan inte mätas: färre än 4 perioder av de 28 dagarna före {start} har ett värde; skriv from: med "
     "ett tal"},
    {kNoLastYear,
     "målbanan kan inte fördelas som i fjol: färre än 9 av 10 av förra årets perioder har ett värde; skriv path: "
     "{{steps: {{…}}}}"},

    // A budget that is not to be exceeded.
    {kGoalAtMost, "högst {goal} totalt"},
    {kBudgetKept, "budgeten på {goal} hölls: {actual} använt"},
    {kBudgetExceeded, "budgeten på {goal} är överskriden: {actual} använt"},
    {kStandingBudget, "{actual} använt hittills"},
    {kStandingBudgetDue, "{actual} använt hittills, {expected} planerat vid det här laget"},
    {kBudgetLikely, "{projected} vid slutdatum; budgeten hålls med {probability} sannolikhet"},
    {kAllowedPerPeriod, "{left} kvar, {required} per period"},
    {kAllowedBeside, "{left} kvar, {required} per period; {recent} de senaste fyra veckorna"},

    // One line that says it all.
    {kValueAndReason, "{value}, {reason}"},
    {kHeadlineOfValue, "{badge}: {subject} är {value}"},
    {kHeadlineOfValueAndReason, "{badge}: {subject} är {value}, {reason}"},
    {kHeadlineOfReason, "{badge}: {subject} – {reason}"},
    {kHeadline, "{badge}: {subject}"},
    {kHeadlineOfMany, "{badge}: {count} – {subjects}"},
    {kHeadlineOfMore, "{badge}: {count} – {subjects} och {n} till"},

    // kpid's own troubles.
    {kTestMessage, "Det här är ett test från kpid: meddelanden till {channel} kommer fram hit."},
    {kTestWatches, "Den bevakar {kpis} från {sources}."},
    {kCountOfKpis, "{n} {n:KPI|KPI:er}"},
    {kDeliveryFailed, "Kanalen {channel} tog inte emot {n} {n:meddelande|meddelanden}: {error}"},
    {kChannelFails, "Kanalen {channel} har inte tagit emot något sedan {since}: {error}"},
    {kMessagesWait, "{n} {n:meddelande väntar|meddelanden väntar}. Försöken fortsätter i tre dygn."},
    {kAndMoreMessages, "och {n} {n:meddelande|meddelanden} till"},
    {kDeliveryKept,
     "Inget är förlorat: `kpid deadletter list` visar det som inte kom fram, `kpid deadletter resend` skickar det när "
     "kanalen fungerar igen."},
    {kConfigRefused, "Den nya konfigurationen har fel och används inte."},
    {kLastGoodRules, "Den senaste fungerande gäller tills det är rättat; `kpid check` visar samma sak."},

    // The pages behind links in messages.
    {kAskAcknowledge, "Tar du hand om det?"},
    {kAskAcknowledgeAbout,
     "Till dess påminns ingen om larmet, och det går inte vidare till någon annan. Blir det allvarligare meddelas det "
     "på nytt."},
    {kAskSilence, "Tysta det?"},
    {kAskSilenceAbout,
     "Till dess skickas inga meddelanden om {match}, till någon. Det bedöms ändå; det som fortfarande larmar när tiden "
     "är ute meddelas då."},
    {kYourName, "Ditt namn"},
    {kHowLong, "Hur länge"},
    {kComment, "Kommentar"},
    {kHasIt, "{by} har tagit hand om det till {until}."},
    {kIsSilenced, "Inga meddelanden om {match} till {until}."},
    {kAlertIsOver, "Larmet är över; det finns inget att göra."},
    {kLinkExpired, "Länken har gått ut. Ett nyare meddelande om larmet har en som fungerar."},
    {kLinkUnknown, "Det här är ingen länk som kpid har gjort. Kom hela med?"},
    {kNameMissing, "Skriv vem du är."},
    {kNotDoneNow, "kpid kunde inte göra det just nu. Försök igen."},

    // Digests.
    {kDigestOfDay, "Dagssammanfattning: {period}"},
    {kDigestOfWeek, "Veckosammanfattning: {period}"},
    {kDigestOfMonth, "Månadssammanfattning: {period}"},
    {kDigestOfQuarter, "Kvartalssammanfattning: {period}"},
    {kDigestAllWell, "{n} {n:KPI|KPI:er}, allt är bra nu"},
    {kDigestTrouble, "{trouble} av {n} {n:KPI|KPI:er} behöver ses över"},
    {kDigestNoKpis, "Ingen KPI passar in på sammanfattningen."},
    {kColumnKpi, "KPI"},
    {kColumnBefore, "Föregående period"},
    {kColumnYearBefore, "Året innan"},
    {kColumnState, "Läge"},
    {kChangeSinceBefore, "{change} mot föregående period"},
    {kChangeSinceYear, "{change} mot året innan"},
    {kPercentagePoints, "{change} procentenheter"},
    {kStateFine, "bra"},
    {kStateWaiting, "missad, inget larm än"},
    {kStateNoData, "data saknas"},
    {kStateSourceFailed, "fel i datakällan"},
    {kStateFiring, "{severity} sedan {since}"},
    {kStatusAndPace, "{status}, takt {pace}"},
    {kDigestAlerts, "Larm under perioden"},
    {kDigestNoAlerts, "Inga larm under perioden."},
    {kAlertFromTo, "{severity}, {from} till {to}"},
    {kAlertStillOpen, "{severity}, sedan {from}, pågår"},
    {kDigestHushed, "Kom och gick medan meddelanden hölls tillbaka"},
    {kDigestLate, "Sammanfattningen kommer sent: den skulle ha kommit {when}."},
    {kReviewAttached, "Genomgången är bifogad."},

    // Charts.
    {kChartValue, "värde"},
    {kChartLimit, "gräns"},
    {kChartPath, "målbana"},
    {kChartAbout, "{title}: {n} {n:period|perioder}, från {first} till {last}; nu {value}."},
};
static_assert(is_whole(kPhrases));

constexpr LanguageWords kSwedish{
    .phrases = kPhrases,
    .months = {"januari",
               "februari",
               "mars",
               "april",
               "maj",
               "juni",
               "juli",
               "augusti",
               "september",
               "oktober",
               "november",
               "december"},
    .short_months = {"jan.", "feb.", "mars", "apr.", "maj", "juni", "juli", "aug.", "sep.", "okt.", "nov.", "dec."},
    .weekdays = {"söndag", "måndag", "tisdag", "onsdag", "torsdag", "fredag", "lördag"},
    .short_weekdays = {"sön", "mån", "tis", "ons", "tors", "fre", "lör"},
};

}  // namespace

const LanguageWords& swedish_words() {
  return kSwedish;
}

}  // namespace kpi
