#pragma once
// What one file per language holds: every phrase, and the names of months and weekdays. For say.cpp, civil_words.cpp
// and the test that compares the languages; others call say(). Constants; any thread.

#include "rules/base/units.hpp"
#include "rules/words/phrases.hpp"

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

namespace kpi {

struct PhraseText {
  Phrase phrase = Phrase::kCount;
  std::string_view text;
};

struct LanguageWords {
  std::span<const PhraseText> phrases;  ///< In the order of Phrase.
  std::array<std::string_view, 12> months;
  std::array<std::string_view, 12> short_months;
  std::array<std::string_view, 7> weekdays;  ///< From Sunday, as std::chrono counts.
  std::array<std::string_view, 7> short_weekdays;
};

/// Whether each phrase has a text, in the order of Phrase: a language that lacks one does not compile.
consteval bool is_whole(std::span<const PhraseText> phrases) {
  for (std::size_t i = 0; i < phrases.size(); ++i) {
    if (static_cast<std::size_t>(phrases[i].phrase) != i || phrases[i].text.empty()) {
      return false;
    }
  }
  return phrases.size() == static_cast<std::size_t>(Phrase::kCount);
}

const LanguageWords& english_words();
const LanguageWords& swedish_words();
const LanguageWords& danish_words();
const LanguageWords& norwegian_words();

const LanguageWords& language_words(Language language);

}  // namespace kpi
