// How a value is written for a person.
//
//             en                  sv                  da                  nb
//   %         2.15%  1,250%       2,15 %              2,15 %              2,15 %            at most 2 decimals
//   ratio     3.25                3,25                3,25                3,25              at most 2
//   :1        10.5:1              10,5:1              10,5:1              10,5:1            at most 2
//   points    4.5 points          4,5 poäng           4,5 point           4,5 poeng         at most 2
//   counts    1,582 visitors      1 582 visitors      1.582 visitors      1 582 visitors    2 below 100, 1 below 1000
//   currency  1,250 SEK           1 250 SEK           1.250 SEK           1 250 SEK         none, or both below 1000
//   rates     1.5432 SEK/DKK      1,5432 SEK/DKK      1,5432 SEK/DKK      1,5432 SEK/DKK    at most 4
//   duration  2 h 5 min  3 d 4 h  45.5 s: the two largest parts
//
// No trailing zeros, except that an amount of money has two decimals or none. What would be rounded to zero keeps two
// significant digits (0.0042%). Spaces within numbers and before % are U+00A0. Halves are rounded away from zero, as
// the number is written in decimal.

#include "rules/base/text.hpp"
#include "rules/base/units.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>

namespace kpi {

namespace {

constexpr std::string_view kNoBreakSpace = "\u00A0";

/// The words and marks of one language, in the order of Language.
struct Words {
  std::string_view unknown;
  std::string_view point;
  std::string_view points;
  char decimal;
  std::string_view thousands;
  std::string_view percent;
};

constexpr std::array kWords = {
    Words{"unknown", "point", "points", '.', ",", "%"},
    Words{"okänt", "poäng", "poäng", ',', kNoBreakSpace, "\u00A0%"},
    Words{"ukendt", "point", "point", ',', ".", "\u00A0%"},
    Words{"ukjent", "poeng", "poeng", ',', kNoBreakSpace, "\u00A0%"},
};

/// A number as its shortest decimal digits: 0.DIGITS times ten to the power of `exponent`.
struct Decimal {
  bool negative = false;
  std::string digits;  ///< Without leading or trailing zeros; empty for zero.
  int exponent = 0;

  [[nodiscard]] bool is_zero() const { return digits.empty(); }
};

void trim_zeros(Decimal& number) {
  const std::size_t first = std::min(number.digits.find_first_not_of('0'), number.digits.size());
  number.digits.erase(0, first);
  number.exponent -= static_cast<int>(first);
  number.digits.erase(number.digits.find_last_not_of('0') + 1);
  number.exponent = number.is_zero() ? 0 : number.exponent;
}

Decimal decimal_of(double value, int scale = 0) {
  std::array<char, 32> buffer{};
  const auto end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), std::abs(value), std::chars_format::scientific);
  const std::string_view text(buffer.data(), static_cast<std::size_t>(end.ptr - buffer.data()));
  const std::size_t e = text.find('e');
  Decimal number{.negative = std::signbit(value), .digits = std::string(text.substr(0, e)), .exponent = 0};
  std::erase(number.digits, '.');
  const std::size_t sign = text[e + 1] == '+' ? 2 : 1;
  std::from_chars(text.data() + e + sign, text.data() + text.size(), number.exponent);
  number.exponent += 1 + scale;
  trim_zeros(number);
  return number;
}

/// Rounded to so many decimals.
Decimal rounded(Decimal number, int decimals) {
  const int kept = number.exponent + decimals;
  if (kept >= static_cast<int>(number.digits.size())) {
    return number;
  }
  const bool up = kept >= 0 && number.digits[static_cast<std::size_t>(kept)] >= '5';
  number.digits.resize(static_cast<std::size_t>(std::max(kept, 0)));
  if (up) {
    number.digits.insert(number.digits.begin(), '0');
    ++number.exponent;
    auto at = number.digits.rbegin();
    for (; *at == '9'; ++at) {
      *at = '0';
    }
    ++*at;
  }
  trim_zeros(number);
  return number;
}

/// How many digits stand before the point at the most; larger numbers are written with an exponent.
constexpr int kLargest = 15;

std::string written(const Decimal& number, const Words& words, int decimals_at_least = 0) {
  std::string whole;
  std::string fraction;
  for (int place = 0; place < std::max(number.exponent, static_cast<int>(number.digits.size())); ++place) {
    const auto index = static_cast<std::size_t>(place);
    (place < number.exponent ? whole : fraction) += index < number.digits.size() ? number.digits[index] : '0';
  }
  if (!number.is_zero() && number.exponent < 0) {
    fraction.insert(0, static_cast<std::size_t>(-number.exponent), '0');
  }
  fraction.append(static_cast<std::size_t>(std::max(decimals_at_least - static_cast<int>(fraction.size()), 0)), '0');
  std::string text = number.negative && !number.is_zero() ? "-" : "";
  if (whole.empty()) {
    whole = "0";
  }
  for (std::size_t i = 0; i < whole.size(); ++i) {
    if (i > 0 && (whole.size() - i) % 3 == 0) {
      text += words.thousands;
    }
    text += whole[i];
  }
  if (!fraction.empty()) {
    text += words.decimal;
    text += fraction;
  }
  return text;
}

/// How many decimals a number of this size is given.
enum class Precision : std::uint8_t { kTwo, kCount, kMoney, kRate };

int decimals_for(const Decimal& number, Precision precision) {
  int decimals = 2;
  if (precision == Precision::kRate) {
    decimals = 4;
  } else if (precision == Precision::kMoney) {
    decimals = number.exponent <= 3 ? 2 : 0;
  } else if (precision == Precision::kCount) {
    decimals = number.exponent <= 2 ? 2 : number.exponent == 3 ? 1 : 0;
  } else if (number.exponent > 3) {
    decimals = 0;
  }
  constexpr int most = 8;
  return number.is_zero() ? decimals : std::clamp(2 - number.exponent, decimals, most);
}

/// How a number is written.
struct Style {
  Precision precision = Precision::kTwo;
  int scale = 0;  ///< Times ten to this power.
  int more = 0;   ///< Decimals more than its size asks for.
};

std::string number_for(double value, const Style& style, const Words& words) {
  const int scale = style.scale;
  const Decimal exact = decimal_of(value, scale);
  if (exact.exponent > kLargest) {
    std::string text = number_text(value * std::pow(10.0, scale));
    if (text.find('e') == std::string::npos) {
      return written(exact, words);
    }
    std::ranges::replace(text, '.', words.decimal);
    return text;
  }
  const Decimal number = rounded(exact, decimals_for(exact, style.precision) + style.more);
  const bool has_fraction = static_cast<int>(number.digits.size()) > number.exponent && !number.is_zero();
  return written(number, words, style.precision == Precision::kMoney && has_fraction ? 2 : 0);
}

std::int64_t seconds_in(std::string_view unit) {
  return unit == "s" ? 1 : unit == "min" ? 60 : unit == "h" ? 3600 : 86400;
}

/// "3 d 4 h": the two largest parts, rounded to the smaller; below a minute seconds with their decimals.
std::string duration_text(double value, std::string_view unit, const Words& words) {
  constexpr double longest = 1e12;  // Some 30,000 years.
  const double seconds = std::abs(value) * static_cast<double>(seconds_in(unit));
  if (seconds > longest) {
    return number_for(value, {}, words) + " " + std::string(unit);
  }
  if (std::round(seconds * 100) < 6000) {
    return number_for(value < 0 ? -seconds : seconds, {}, words) + " s";
  }

  struct Parts {
    std::string_view large;
    std::string_view small;
    std::int64_t in_large;  ///< Small ones in a large one.
    std::int64_t seconds;   ///< In a small one.
    std::int64_t below;     ///< As long as it is fewer small ones than this.
  };

  constexpr std::array table = {
      Parts{"min", "s", 60, 1, 3600}, Parts{"h", "min", 60, 60, 1440}, Parts{"d", "h", 24, 3600, INT64_MAX}};
  std::string text = value < 0 ? "-" : "";
  for (const Parts& parts : table) {
    const std::int64_t small = std::llround(seconds / static_cast<double>(parts.seconds));
    if (small >= parts.below) {
      continue;
    }
    const std::int64_t large = small / parts.in_large;
    text += written(decimal_of(static_cast<double>(large)), words) + " " + std::string(parts.large);
    if (small % parts.in_large != 0) {
      text += " " + std::to_string(small % parts.in_large) + " " + std::string(parts.small);
    }
    break;
  }
  return text;
}

Precision precision_of(const Unit& unit) {
  const auto currencies = std::ranges::count(unit.factors(), Unit::Dimension::kCurrency, &Unit::Factor::dimension);
  if (currencies > 1) {
    return Precision::kRate;
  }
  const bool money = std::ranges::any_of(unit.factors(), [](const Unit::Factor& factor) {
    return factor.dimension == Unit::Dimension::kCurrency && factor.power == 1;
  });
  return money ? Precision::kMoney : Precision::kCount;
}

std::string named_text(double value, const Unit& unit, const Words& words, int more) {
  const auto& factors = unit.factors();
  if (factors.size() == 1 && factors[0].dimension == Unit::Dimension::kDuration && factors[0].power == 1) {
    return duration_text(value, factors[0].name, words);
  }
  std::string name = unit.text();
  std::ranges::replace(name, '_', ' ');
  // "0.5/d" for one over something, "12 visitors" for the rest.
  const bool inverse = name.starts_with("1/");
  return number_for(value, {precision_of(unit), 0, more}, words) + (inverse ? name.substr(1) : " " + name);
}

}  // namespace

std::string format_value(double value, const Unit& unit, Language language, int more) {
  const Words& words = kWords.at(static_cast<std::size_t>(language));
  if (!std::isfinite(value)) {
    return std::string(words.unknown);
  }
  switch (unit.show()) {
    case Unit::Show::kPercent:
      return number_for(value, {Precision::kTwo, 2, more}, words) + std::string(words.percent);
    case Unit::Show::kRatio:
      return number_for(value, {Precision::kTwo, 0, more}, words);
    case Unit::Show::kToOne:
      return number_for(value, {Precision::kTwo, 0, more}, words) + ":1";
    case Unit::Show::kPoints: {
      const std::string number = number_for(value, {Precision::kTwo, 0, more}, words);
      return number + " " + std::string(number == "1" ? words.point : words.points);
    }
    case Unit::Show::kNamed:
      return named_text(value, unit, words, more);
    case Unit::Show::kPlain:
      break;
  }
  return number_for(value, {unit.is_none() ? Precision::kCount : Precision::kTwo, 0, more}, words);
}

int decimals_apart(double a, double b, const Unit& unit, Language language) {
  constexpr int most = 6;
  int more = 0;
  while (a != b && more < most && format_value(a, unit, language, more) == format_value(b, unit, language, more)) {
    ++more;
  }
  return more;
}

}  // namespace kpi
