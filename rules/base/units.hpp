#pragma once
// Units of metrics and KPIs: what may be added, compared, multiplied, and how a value is written for a person.

#include "rules/base/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kpi {

/// Languages of messages and reports; the CLI, logs and the API are English.
enum class Language : std::uint8_t { kEnglish, kSwedish, kDanish, kNorwegian };

std::string_view name_of(Language language);
std::optional<Language> parse_language(std::string_view name);

/// A unit as a product of powers of names; what it is called when shown.
///
/// `%`, `ratio`, `":1"` and `points` are ways to show a plain number. A currency is an ISO 4217 code, a duration one of
/// s, min, h, d ("seconds", "minutes", "hours", "days" too); any other word is a count.
class Unit {
 public:
  enum class Show : std::uint8_t { kPlain, kPercent, kRatio, kToOne, kPoints, kNamed };
  enum class Dimension : std::uint8_t { kCurrency, kDuration, kCount };

  struct Factor {
    std::string name;
    Dimension dimension = Dimension::kCount;
    int power = 1;

    bool operator==(const Factor&) const = default;
  };

  /// No unit: fits anything.
  Unit() = default;
  /// "SEK", "%", "SEK/customers", "visitors". `kr` is an error that says to write SEK, DKK or NOK.
  static Result<Unit> parse(std::string_view text);

  [[nodiscard]] bool is_none() const { return show_ == Show::kPlain && factors_.empty() && !plain_ratio_; }

  [[nodiscard]] Show show() const { return show_; }

  [[nodiscard]] const std::vector<Factor>& factors() const { return factors_; }

  /// As it would be written in YAML; empty for none.
  [[nodiscard]] std::string text() const;

  friend Unit operator*(const Unit& a, const Unit& b);
  friend Unit operator/(const Unit& a, const Unit& b);
  [[nodiscard]] Unit power(int exponent) const;
  bool operator==(const Unit&) const = default;

  /// Whether values of the two may be added or compared.
  enum class Fit : std::uint8_t { kFits, kMixedCounts, kClash };
  [[nodiscard]] Fit fit(const Unit& other) const;

 private:
  /// Sets how it is shown from the factors.
  void settle();

  Show show_ = Show::kPlain;
  std::vector<Factor> factors_;  // sorted by name, no zero powers
  bool plain_ratio_ = false;     // factors cancelled: a plain number, which `%` fits but a currency does not
};

/// A value for a person: "2.1%" (en), "2,1 %" with U+00A0 (sv, da, nb), "1,582 visitors", "1,250 SEK", "2 h 5 min"; the
/// table is in unit_format.cpp. The unit and the size choose the decimals; `more` of them are added. What is not finite
/// is "unknown" in the language.
std::string format_value(double value, const Unit& unit, Language language, int more = 0);

/// How many more decimals it takes that two different values are not written alike: "1,234.9" above "1,234.5", where
/// both would be 1,235. At most 6.
int decimals_apart(double a, double b, const Unit& unit, Language language);

}  // namespace kpi
