#include "rules/routing/source_words.hpp"

#include "rules/base/text.hpp"
#include "rules/words/civil_words.hpp"
#include "rules/words/say.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

namespace kpi {
namespace {

/// Of an error's text.
constexpr std::size_t kMaxError = 500;
/// So many KPIs are named.
constexpr std::size_t kMostNamed = 5;

/// What errors of sources say, in lower case, and what that is to somebody who only reads the figures.
constexpr std::array<std::pair<std::string_view, Phrase>, 18> kSigns{{
    {"timed out", Phrase::kSourceTimeout},
    {"timeout was reached", Phrase::kSourceTimeout},
    {"did not answer in", Phrase::kSourceTimeout},
    {"does not answer any more", Phrase::kSourceTimeout},
    {"takes too long", Phrase::kSourceTimeout},
    {"status 401", Phrase::kSourceForbidden},
    {"status 403", Phrase::kSourceForbidden},
    {"status 404", Phrase::kSourceNotThere},
    {"status 410", Phrase::kSourceNotThere},
    {"no such file", Phrase::kSourceNotThere},
    {"status 408", Phrase::kSourceTimeout},
    {"status 429", Phrase::kSourceBusy},
    {"status 5", Phrase::kSourceBroken},
    {"failed to connect", Phrase::kSourceUnreachable},
    {"couldn't connect", Phrase::kSourceUnreachable},
    {"connection refused", Phrase::kSourceUnreachable},
    {"could not resolve", Phrase::kSourceUnreachable},
    {"cannot be reached", Phrase::kSourceUnreachable},
}};

Phrase trouble_of(const SourceSubject& subject) {
  if (subject.is_late) {
    return Phrase::kSourceLate;
  }
  const std::string error = to_lower_ascii(subject.error);
  const auto says = [&](const auto& sign) { return error.find(sign.first) != std::string::npos; };
  const auto* const sign = std::ranges::find_if(kSigns, says);
  if (sign != kSigns.end()) {
    return sign->second;
  }
  return subject.is_invalid ? Phrase::kSourceUnreadable : Phrase::kSourceFails;
}

/// What is wrong, in the reader's language.
std::string trouble_words(const SourceSubject& subject, const std::string& error, Language language) {
  if (subject.owed) {
    const std::string period =
        period_words(subject.owed->slot, subject.owed->grain, {subject.zone, subject.owed->calendar}, language);
    return say(language, Phrase::kSourceOwes, {{"period", period}});
  }
  if (language == Language::kEnglish) {
    return error;  // it says it all to who reads English
  }
  return say(language, Phrase::kWithNote, {{"reason", say(language, trouble_of(subject))}, {"note", error}});
}

}  // namespace

std::string source_reason(const SourceSubject& subject, Language language) {
  const std::string error = printable(subject.error, kMaxError);
  if (subject.name == kSelf) {
    return error;
  }
  const std::string reason = trouble_words(subject, error, language);
  const std::size_t named = std::min(subject.kpis.size(), kMostNamed);
  const std::string kpis = join(std::span(subject.kpis).first(named), ", ");
  if (named == 0) {
    return reason;
  }
  if (named == subject.kpis.size()) {
    return say(language, Phrase::kSourceKpis, {{"reason", reason}, {"kpis", kpis}});
  }
  return say(
      language, Phrase::kSourceKpisMore, {{"reason", reason}, {"kpis", kpis}, {"n", subject.kpis.size() - named}});
}

}  // namespace kpi
