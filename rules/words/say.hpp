#pragma once
// Whole sentences in the reader's language: a phrase and what is put in. Pure; any thread.
//
//   say(Language::kSwedish, Phrase::kBelowFor, {{"limit", "2,2 %"}, {"time", "2 dagar"}})  ->  "under 2,2 % i 2 dagar"

#include "rules/base/units.hpp"
#include "rules/model/verdict.hpp"
#include "rules/words/phrases.hpp"

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace kpi {

/// What is put in for one placeholder: a text, or a count, which also chooses between one and many.
class Fill {
 public:
  Fill(std::string_view name, std::string text) : name_(name), text_(std::move(text)) {}

  Fill(std::string_view name, std::string_view text) : name_(name), text_(text) {}

  Fill(std::string_view name, const char* text) : name_(name), text_(text) {}

  template <class Integer>
    requires std::is_integral_v<Integer>
  Fill(std::string_view name, Integer count) : name_(name), count_(static_cast<std::int64_t>(count)) {}

  [[nodiscard]] std::string_view name() const { return name_; }

  [[nodiscard]] const std::string& text() const { return text_; }

  [[nodiscard]] std::optional<std::int64_t> count() const { return count_; }

 private:
  std::string_view name_;
  std::string text_;
  std::optional<std::int64_t> count_;
};

/// The phrase with each placeholder replaced, once: braces in what is put in mean nothing.
std::string say(Language language, Phrase phrase, std::initializer_list<Fill> fills = {});

/// "At risk", as a badge.
Phrase badge_phrase(TargetStatus status);
/// "at risk", within a sentence.
Phrase status_phrase(TargetStatus status);
/// "Critical".
Phrase severity_phrase(Severity severity);
/// "no sample arrived": why there is no value.
Phrase why_phrase(Reason reason);

/// "83%": a share in whole per cent.
std::string percent_words(double share, Language language);

/// "5%". A forecast is never certain ("under 1%", "over 99%"), but of a share of met periods that can be reached no
/// more.
std::string likelihood_words(double probability, bool is_share, Language language);

}  // namespace kpi
