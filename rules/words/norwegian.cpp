// Norwegian bokmål. See english.cpp for how a text is written.

#include "rules/words/language_words.hpp"

namespace kpi {
namespace {

using enum Phrase;

constexpr PhraseText kPhrases[] = {
    // How bad, and what kind: the badge of a message.
    {kInfo, "Info"},
    {kWarning, "Advarsel"},
    {kCritical, "Kritisk"},
    {kInfoReminder, "Info (påminnelse)"},
    {kWarningReminder, "Advarsel (påminnelse)"},
    {kCriticalReminder, "Kritisk (påminnelse)"},
    {kEscalated, "Eskalert"},
    {kFlapping, "Ustabilt"},
    {kResolved, "Løst"},
    {kNoData, "Data mangler"},
    {kDataIsBack, "Data er tilbake"},
    {kSourceFailed, "Feil i datakilden"},
    {kSourceRecovered, "Datakilden virker igjen"},
    {kAlert, "Varsel"},
    {kTarget, "Mål"},
    {kConfigurationError, "Konfigurasjonsfeil"},
    {kNotDelivered, "Kunne ikke leveres"},
    {kDigest, "Oppsummering"},
    {kTest, "Test"},

    // A target's status: as a badge, and within a sentence. In the order of TargetStatus.
    {kBadgeNotStarted, "Ikke begynt"},
    {kBadgeOnTrack, "I rute"},
    {kBadgeAtRisk, "I faresonen"},
    {kBadgeOffTrack, "Ligger etter"},
    {kBadgeAchieved, "Nådd"},
    {kBadgeMissed, "Ikke nådd"},
    {kStatusNotStarted, "ikke begynt"},
    {kStatusOnTrack, "i rute"},
    {kStatusAtRisk, "i faresonen"},
    {kStatusOffTrack, "ligger etter"},
    {kStatusAchieved, "nådd"},
    {kStatusMissed, "ikke nådd"},

    // Labels of facts and buttons.
    {kValue, "Verdi"},
    {kLimit, "Grense"},
    {kBefore, "Forrige"},
    {kSince, "Siden"},
    {kBegan, "Startet"},
    {kPeriod, "Periode"},
    {kPace, "Tempo"},
    {kSoFar, "Hittil"},
    {kDueByNow, "Burde vært"},
    {kMisses, "Bom"},
    {kForecast, "Prognose"},
    {kNeeded, "Kreves"},
    {kOwner, "Ansvarlig"},
    {kObjective, "Formål"},
    {kAbout, "Beskrivelse"},
    {kRunbook, "Veiledning"},
    {kDetails, "Detaljer"},
    {kOpenInKpid, "Åpne i kpid"},
    {kAcknowledge, "Kvitter"},
    {kSilence, "Demp"},
    {kSentBy, "Sendt av kpid"},
    {kUnknown, "ukjent"},

    // How many.
    {kCountOfAlerts, "{n} {n:varsel|varsler}"},
    {kCountOfTargets, "{n} mål"},
    {kCountOfSources, "{n} {n:datakilde|datakilder}"},
    {kAndMore, "og {n} til"},
    {kAndMoreLines, "og {n} {n:linje|linjer} til"},

    // How long.
    {kMinutes, "{n} {n:minutt|minutter}"},
    {kHours, "{n} {n:time|timer}"},
    {kDays, "{n} {n:dag|dager}"},
    {kWeeks, "{n} {n:uke|uker}"},
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
    {kWeek, "uke {n}"},
    {kWeekAndDates, "uke {n}, {dates}"},
    {kMonth, "{month} {year}"},
    {kQuarter, "{n}. kvartal {year}"},
    {kFiscalYear, "{first}/{last}"},
    {kClock, "{hour}:{minute}"},
    {kDateAndClock, "{date} kl. {clock}"},
    {kDateAndClocks, "{date} kl. {from}–{to}"},

    // Why an alert is on.
    {kBelow, "under {limit}"},
    {kBelowFor, "under {limit} i {time}"},
    {kAbove, "over {limit}"},
    {kAboveFor, "over {limit} i {time}"},
    {kBelowLimit, "under grensen"},
    {kBelowLimitFor, "under grensen i {time}"},
    {kAboveLimit, "over grensen"},
    {kAboveLimitFor, "over grensen i {time}"},
    {kWasBelow, "har vært under {limit} og har ikke hentet seg inn ennå"},
    {kWasAbove, "har vært over {limit} og har ikke hentet seg inn ennå"},
    {kWasBelowLimit, "har vært under grensen og har ikke hentet seg inn ennå"},
    {kWasAboveLimit, "har vært over grensen og har ikke hentet seg inn ennå"},
    {kOutside, "utenfor {low} til {high}"},
    {kOutsideFor, "utenfor {low} til {high} i {time}"},
    {kCondition, "{name}: {condition}"},
    {kConditionFor, "{name}: {condition} i {time}"},
    {kUsualRange, "vanligvis {low} til {high}"},
    {kLowestInTime, "lavest på {time}; vanligvis {low} til {high}"},
    {kHighestInTime, "høyest på {time}; vanligvis {low} til {high}"},
    {kLowestWeekday, "laveste {weekday} på {n} {n:uke|uker}; vanligvis {low} til {high}"},
    {kHighestWeekday, "høyeste {weekday} på {n} {n:uke|uker}; vanligvis {low} til {high}"},
    {kNoDataSince, "data har manglet siden {since}: {why}"},
    {kNoDataWhy, "data mangler: {why}"},

    // Why there is no value.
    {kWhyNoSample, "det har ikke kommet noen verdi"},
    {kWhyNull, "datakilden leverte ikke noe tall"},
    {kWhyIncomplete, "for få verdier i tidsvinduet"},
    {kWhyWarmingUp, "det er ikke nok historikk ennå"},
    {kWhyTooFew, "for lite grunnlag til å si noe"},
    {kWhyDivisionByZero, "deling på null"},
    {kWhyNotFinite, "resultatet er for stort"},
    {kWhyNotJudged, "en KPI som den bygger på, mangler verdi"},
    {kWhySourceFailed, "datakilden kunne ikke leses"},

    // Why an alert ended.
    {kBackToNormal, "tilbake til det normale"},
    {kBackToNormalSince, "tilbake til det normale; hadde avveket siden {since}"},
    {kRestated, "tidligere data kom sent eller ble rettet"},
    {kRuleRemoved, "regelen er fjernet"},
    {kCameAndWent, "kom og gikk mens kpid ikke kjørte"},
    {kCameAndWentFromTo, "kom og gikk mens kpid ikke kjørte, fra {from} til {to}"},
    {kSourceRemoved, "datakilden er fjernet"},
    {kRetired, "segmentet har vært stille for lenge og vurderes ikke lenger"},
    {kDataCame, "data er tilbake"},
    {kSourceReadable, "den kan leses igjen"},
    {kSelfWell, "alt er bra med den igjen"},
    {kLateCame, "det som var forsinket, har kommet"},

    // Why a source cannot be read, and which KPIs wait for it.
    {kSourceTimeout, "den svarte ikke i tide"},
    {kSourceUnreachable, "den kan ikke nås"},
    {kSourceForbidden, "den godtar ikke nøkkelen eller innloggingen"},
    {kSourceNotThere, "det som etterspørres, finnes ikke"},
    {kSourceBusy, "den har fått for mange forespørsler"},
    {kSourceBroken, "den har selv en feil"},
    {kSourceUnreadable, "det den gir, kan ikke leses"},
    {kSourceLate, "nye data har ikke kommet"},
    {kSourceFails, "den kan ikke leses"},
    {kSourceKpis, "{reason}; uten nye data: {kpis}"},
    {kSourceKpisMore, "{reason}; uten nye data: {kpis} og {n} til"},

    // What is added to a reason.
    {kWithNote, "{reason} ({note})"},
    {kNoteFlapping, "ustabilt: varselet har kommet og gått en stund; det sies ikke mer før det er stabilt"},
    {kNoteSteady, "ikke lenger ustabilt"},
    {kNoteStale, "den siste perioden mangler data"},

    // Targets.
    {kTargetDaysLeft, "{goal} innen {deadline}, {n} {n:dag|dager} igjen"},
    {kTargetLastDay, "{goal} innen {deadline}, siste dag"},
    {kTargetEnded, "{goal} innen {deadline}, sluttet for {n} {n:dag|dager} siden"},
    {kTargetBy, "{goal} innen {deadline}"},
    {kStatusAtPace, "{status}, {pace} av nødvendig tempo"},
    {kMissesOfAllowed, "{rate} av dem som var tillatt så langt"},
    {kForecastAtDeadline, "{projected} ved fristen"},
    {kForecastLikely, "{projected} ved fristen; målet nås med {probability} sannsynlighet"},
    {kNeededPerPeriod, "{required} per periode"},
    {kNeededBeside, "{required} per periode; {recent} de siste fire ukene, {best} på det beste over like lang tid"},
    {kNeededUnseen,
     "{required} per periode, noe som aldri er holdt så lenge; {recent} de siste fire ukene, {best} på det beste over "
     "like lang tid"},
    {kGoalInTotal, "{goal} totalt"},
    {kGoalOnAverage, "{goal} i gjennomsnitt"},
    {kGoalOfPeriods, "{goal} klarte perioder"},
    {kGoalReached, "målet på {goal} er nådd"},
    {kGoalMissed, "målet på {goal} ble ikke nådd"},
    {kBackOnTrack, "i rute igjen mot {goal}"},
    {kStandingPace, "tempo {pace}"},
    {kStandingActual, "{actual} så langt"},
    {kStandingExpected, "skulle vært {expected} nå"},
    {kStandingPaceActual, "tempo {pace}, {actual} så langt"},
    {kStandingPaceExpected, "tempo {pace}, skulle vært {expected} nå"},
    {kStandingActualExpected, "{actual} så langt, skulle vært {expected}"},
    {kStandingPaceActualExpected, "tempo {pace}, {actual} så langt, skulle vært {expected}"},
    {kStandingBurn, "{share} klarte perioder så langt; bommene er {rate} av dem som var tillatt så langt"},
    {kStandingNoBudget, "{share} klarte perioder så langt, og ingen bom var tillatt"},
    {kGoalDaysLeft, "{n} {n:dag|dager} igjen til målet på {goal}"},
    {kGoalDaysLeftAt, "{n} {n:dag|dager} igjen til målet på {goal}, {standing}"},
    {kNoBaseline,
     "utgangspunktet kan ikke måles: færre enn 4 perioder av de 28 dagene før {start} har en verdi; skriv from: med et "
     "tall"},
    {kNoLastYear,
     "målbanen kan ikke fordeles som i fjor: færre enn 9 av 10 av fjorårets perioder har en verdi; skriv path: "
     "{{steps: {{…}}}}"},

    // A budget that is not to be exceeded.
    {kGoalAtMost, "høyst {goal} totalt"},
    {kBudgetKept, "budsjettet på {goal} ble holdt: {actual} brukt"},
    {kBudgetExceeded, "budsjettet på {goal} er overskredet: {actual} brukt"},
    {kStandingBudget, "{actual} brukt så langt"},
    {kStandingBudgetDue, "{actual} brukt så langt, {expected} planlagt på dette tidspunktet"},
    {kBudgetLikely, "{projected} ved fristen; budsjettet holdes med {probability} sannsynlighet"},
    {kAllowedPerPeriod, "{left} igjen, {required} per periode"},
    {kAllowedBeside, "{left} igjen, {required} per periode; {recent} de siste fire ukene"},

    // One line that says it all.
    {kValueAndReason, "{value}, {reason}"},
    {kHeadlineOfValue, "{badge}: {subject} er {value}"},
    {kHeadlineOfValueAndReason, "{badge}: {subject} er {value}, {reason}"},
    {kHeadlineOfReason, "{badge}: {subject} – {reason}"},
    {kHeadline, "{badge}: {subject}"},
    {kHeadlineOfMany, "{badge}: {count} – {subjects}"},
    {kHeadlineOfMore, "{badge}: {count} – {subjects} og {n} til"},

    // kpid's own troubles.
    {kTestMessage, "Dette er en test fra kpid: meldinger til {channel} kommer fram hit."},
    {kTestWatches, "Den følger med på {kpis} fra {sources}."},
    {kCountOfKpis, "{n} {n:KPI|KPI-er}"},
    {kDeliveryFailed, "Kanalen {channel} tok ikke imot {n} {n:melding|meldinger}: {error}"},
    {kChannelFails, "Kanalen {channel} har ikke tatt imot noe siden {since}: {error}"},
    {kMessagesWait, "{n} {n:melding venter|meldinger venter}. Forsøkene fortsetter i tre døgn."},
    {kAndMoreMessages, "og {n} {n:melding|meldinger} til"},
    {kDeliveryKept,
     "Ingenting er tapt: `kpid deadletter list` viser det som ikke kom fram, `kpid deadletter resend` sender det når "
     "kanalen virker igjen."},
    {kConfigRefused, "Den nye konfigurasjonen har feil og brukes ikke."},
    {kLastGoodRules, "Den siste som virket, gjelder til dette er rettet; `kpid check` viser det samme."},

    // The pages behind links in messages.
    {kAskAcknowledge, "Tar du deg av det?"},
    {kAskAcknowledgeAbout,
     "Til da blir ingen minnet om alarmen, og den går ikke videre til andre. Blir den mer alvorlig, meldes den på "
     "nytt."},
    {kAskSilence, "Dempe den?"},
    {kAskSilenceAbout,
     "Til da sendes ingen meldinger om {match}, til noen. Det vurderes likevel; det som fortsatt gir alarm når tiden "
     "er ute, meldes da."},
    {kYourName, "Navnet ditt"},
    {kHowLong, "Hvor lenge"},
    {kComment, "Kommentar"},
    {kHasIt, "{by} tar seg av det til {until}."},
    {kIsSilenced, "Ingen meldinger om {match} til {until}."},
    {kAlertIsOver, "Alarmen er over; det er ingenting å gjøre."},
    {kLinkExpired, "Lenken er utløpt. En nyere melding om alarmen har en som virker."},
    {kLinkUnknown, "Dette er ikke en lenke som kpid har laget. Ble hele kopiert?"},
    {kNameMissing, "Skriv hvem du er."},
    {kNotDoneNow, "kpid kunne ikke gjøre det akkurat nå. Prøv igjen."},

    // Digests.
    {kDigestOfDay, "Dagsoppsummering: {period}"},
    {kDigestOfWeek, "Ukesoppsummering: {period}"},
    {kDigestOfMonth, "Månedsoppsummering: {period}"},
    {kDigestOfQuarter, "Kvartalsoppsummering: {period}"},
    {kDigestAllWell, "{n} {n:KPI|KPI-er}, alt er i orden nå"},
    {kDigestTrouble, "{trouble} av {n} {n:KPI|KPI-er} trenger oppmerksomhet"},
    {kDigestNoKpis, "Ingen KPI passer til oppsummeringen."},
    {kColumnKpi, "KPI"},
    {kColumnBefore, "Forrige periode"},
    {kColumnYearBefore, "Året før"},
    {kColumnState, "Status"},
    {kChangeSinceBefore, "{change} mot forrige periode"},
    {kChangeSinceYear, "{change} mot året før"},
    {kPercentagePoints, "{change} prosentpoeng"},
    {kStateFine, "bra"},
    {kStateWaiting, "bommet, ikke varslet ennå"},
    {kStateNoData, "data mangler"},
    {kStateSourceFailed, "feil i datakilden"},
    {kStateFiring, "{severity} siden {since}"},
    {kStatusAndPace, "{status}, tempo {pace}"},
    {kDigestAlerts, "Varsler i perioden"},
    {kDigestNoAlerts, "Ingen varsler i perioden."},
    {kAlertFromTo, "{severity}, {from} til {to}"},
    {kAlertStillOpen, "{severity}, siden {from}, fortsatt åpent"},
    {kDigestHushed, "Kom og gikk mens meldinger ble holdt tilbake"},
    {kDigestLate, "Oppsummeringen kommer sent: den skulle kommet {when}."},
    {kReviewAttached, "Gjennomgangen er vedlagt."},

    // Charts.
    {kChartValue, "verdi"},
    {kChartLimit, "grense"},
    {kChartPath, "målbane"},
    {kChartAbout, "{title}: {n} {n:periode|perioder}, fra {first} til {last}; nå {value}."},
};
static_assert(is_whole(kPhrases));

constexpr LanguageWords kNorwegian{
    .phrases = kPhrases,
    .months = {"januar",
               "februar",
               "mars",
               "april",
               "mai",
               "juni",
               "juli",
               "august",
               "september",
               "oktober",
               "november",
               "desember"},
    .short_months = {"jan.", "feb.", "mars", "apr.", "mai", "juni", "juli", "aug.", "sep.", "okt.", "nov.", "des."},
    .weekdays = {"søndag", "mandag", "tirsdag", "onsdag", "torsdag", "fredag", "lørdag"},
    .short_weekdays = {"søn.", "man.", "tir.", "ons.", "tor.", "fre.", "lør."},
};

}  // namespace

const LanguageWords& norwegian_words() {
  return kNorwegian;
}

}  // namespace kpi
