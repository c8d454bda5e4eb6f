#include "rules/words/say.hpp"

#include "rules/words/language_words.hpp"

#include <algorithm>
#include <cmath>

namespace kpi {
namespace {

Phrase offset(Phrase first, std::size_t by) {
  return static_cast<Phrase>(static_cast<std::size_t>(first) + by);
}

/// What stands for a placeholder "name" or "name:one|other".
std::string replaced(std::string_view placeholder, std::initializer_list<Fill> fills, Language language) {
  const std::size_t colon = placeholder.find(':');
  const std::string_view name = placeholder.substr(0, colon);
  const auto* const fill = std::ranges::find(fills, name, &Fill::name);
  if (fill == fills.end()) {
    return "";
  }
  if (colon == std::string_view::npos) {
    return fill->count() ? format_value(static_cast<double>(*fill->count()), Unit(), language) : fill->text();
  }
  const std::string_view forms = placeholder.substr(colon + 1);
  const std::size_t bar = forms.find('|');
  return std::string(fill->count() == 1 ? forms.substr(0, bar) : forms.substr(bar + 1));
}

}  // namespace

const LanguageWords& language_words(Language language) {
  switch (language) {
    case Language::kSwedish:
      return swedish_words();
    case Language::kDanish:
      return danish_words();
    case Language::kNorwegian:
      return norwegian_words();
    case Language::kEnglish:
      break;
  }
  return english_words();
}

std::string say(Language language, Phrase phrase, std::initializer_list<Fill> fills) {
  std::string_view text = language_words(language).phrases[static_cast<std::size_t>(phrase)].text;
  std::string said;
  while (!text.empty()) {
    const std::size_t brace = std::min(text.find_first_of("{}"), text.size());
    said += text.substr(0, brace);
    text.remove_prefix(brace);
    if (text.starts_with("{{") || text.starts_with("}}")) {
      said += text.front();
      text.remove_prefix(2);
    } else if (!text.empty()) {
      const std::size_t close = std::min(text.find('}'), text.size() - 1);
      said += replaced(text.substr(1, close - 1), fills, language);
      text.remove_prefix(close + 1);
    }
  }
  return said;
}

Phrase badge_phrase(TargetStatus status) {
  return offset(Phrase::kBadgeNotStarted, static_cast<std::size_t>(status));
}

Phrase status_phrase(TargetStatus status) {
  return offset(Phrase::kStatusNotStarted, static_cast<std::size_t>(status));
}

Phrase severity_phrase(Severity severity) {
  switch (severity) {
    case Severity::kCritical:
      return Phrase::kCritical;
    case Severity::kWarning:
      return Phrase::kWarning;
    default:
      return Phrase::kInfo;
  }
}

Phrase why_phrase(Reason reason) {
  switch (reason) {
    case Reason::kNull:
      return Phrase::kWhyNull;
    case Reason::kIncomplete:
      return Phrase::kWhyIncomplete;
    case Reason::kWarmingUp:
      return Phrase::kWhyWarmingUp;
    case Reason::kTooFew:
      return Phrase::kWhyTooFew;
    case Reason::kDivisionByZero:
      return Phrase::kWhyDivisionByZero;
    case Reason::kNotFinite:
      return Phrase::kWhyNotFinite;
    case Reason::kNotJudged:
      return Phrase::kWhyNotJudged;
    case Reason::kSourceFailed:
      return Phrase::kWhySourceFailed;
    default:
      return Phrase::kWhyNoSample;
  }
}

std::string percent_words(double share, Language language) {
  static const Unit kPercent = Unit::parse("%").value();
  return format_value(std::round(share * 100) / 100, kPercent, language);
}

std::string likelihood_words(double probability, bool is_share, Language language) {
  const double share = std::round(probability * 100) / 100;
  if (share <= 0 && !(is_share && probability == 0)) {
    return "under " + percent_words(0.01, language);  // under and over are the same words in each of the languages
  }
  return share >= 1 ? "over " + percent_words(0.99, language) : percent_words(share, language);
}

}  // namespace kpi
