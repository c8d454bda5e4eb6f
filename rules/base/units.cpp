#include "rules/base/units.hpp"

#include "rules/base/text.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>

namespace kpi {

namespace {

using Dimension = Unit::Dimension;
using Factor = Unit::Factor;

constexpr std::size_t kLongestWord = 40;  // Bytes.
constexpr std::size_t kMostWords = 8;

// The active codes of ISO 4217, and BGN, in which histories before 2026 are kept. Sorted.
constexpr std::array<std::string_view, 157> kCurrencies = {
    "AED", "AFN", "ALL", "AMD", "AOA", "ARS", "AUD", "AWG", "AZN", "BAM", "BBD", "BDT", "BGN", "BHD", "BIF", "BMD",
    "BND", "BOB", "BRL", "BSD", "BTN", "BWP", "BYN", "BZD", "CAD", "CDF", "CHF", "CLF", "CLP", "CNY", "COP", "CRC",
    "CUP", "CVE", "CZK", "DJF", "DKK", "DOP", "DZD", "EGP", "ERN", "ETB", "EUR", "FJD", "FKP", "GBP", "GEL", "GHS",
    "GIP", "GMD", "GNF", "GTQ", "GYD", "HKD", "HNL", "HTG", "HUF", "IDR", "ILS", "INR", "IQD", "IRR", "ISK", "JMD",
    "JOD", "JPY", "KES", "KGS", "KHR", "KMF", "KPW", "KRW", "KWD", "KYD", "KZT", "LAK", "LBP", "LKR", "LRD", "LSL",
    "LYD", "MAD", "MDL", "MGA", "MKD", "MMK", "MNT", "MOP", "MRU", "MUR", "MVR", "MWK", "MXN", "MYR", "MZN", "NAD",
    "NGN", "NIO", "NOK", "NPR", "NZD", "OMR", "PAB", "PEN", "PGK", "PHP", "PKR", "PLN", "PYG", "QAR", "RON", "RSD",
    "RUB", "RWF", "SAR", "SBD", "SCR", "SDG", "SEK", "SGD", "SHP", "SLE", "SOS", "SRD", "SSP", "STN", "SVC", "SYP",
    "SZL", "THB", "TJS", "TMT", "TND", "TOP", "TRY", "TTD", "TWD", "TZS", "UAH", "UGX", "USD", "UYU", "UZS", "VED",
    "VES", "VND", "VUV", "WST", "XAF", "XCD", "XCG", "XOF", "XPF", "YER", "ZAR", "ZMW", "ZWG"};
static_assert(std::ranges::is_sorted(kCurrencies));

struct Spelling {
  std::string_view written;
  std::string_view right;
};

constexpr std::array kDurations = {Spelling{"s", "s"},
                                   Spelling{"min", "min"},
                                   Spelling{"h", "h"},
                                   Spelling{"d", "d"},
                                   Spelling{"seconds", "s"},
                                   Spelling{"minutes", "min"},
                                   Spelling{"hours", "h"},
                                   Spelling{"days", "d"}};

// Words that would else pass as the name of a count, though something stricter was meant.
constexpr std::array kSlips = {Spelling{"kr", "SEK, DKK or NOK"},
                               Spelling{"kronor", "SEK, DKK or NOK"},
                               Spelling{"kroner", "SEK, DKK or NOK"},
                               Spelling{"crowns", "SEK, DKK or NOK"},
                               Spelling{"sek", "SEK"},
                               Spelling{"dkk", "DKK"},
                               Spelling{"nok", "NOK"},
                               Spelling{"eur", "EUR"},
                               Spelling{"euro", "EUR"},
                               Spelling{"euros", "EUR"},
                               Spelling{"€", "EUR"},
                               Spelling{"usd", "USD"},
                               Spelling{"dollar", "USD"},
                               Spelling{"dollars", "USD"},
                               Spelling{"$", "USD"},
                               Spelling{"gbp", "GBP"},
                               Spelling{"£", "GBP"},
                               Spelling{"chf", "CHF"},
                               Spelling{"isk", "ISK"},
                               Spelling{"percent", "\"%\""},
                               Spelling{"pct", "\"%\""},
                               Spelling{"procent", "\"%\""},
                               Spelling{"prosent", "\"%\""},
                               Spelling{"percentage", "\"%\""},
                               Spelling{"sec", "s"},
                               Spelling{"secs", "s"},
                               Spelling{"second", "s"},
                               Spelling{"mins", "min"},
                               Spelling{"minute", "min"},
                               Spelling{"hr", "h"},
                               Spelling{"hrs", "h"},
                               Spelling{"hour", "h"},
                               Spelling{"day", "d"},
                               Spelling{"point", "points"},
                               Spelling{"ratios", "ratio"}};

struct ShowName {
  Unit::Show show;
  std::string_view name;
};

constexpr std::array kShows = {ShowName{Unit::Show::kPercent, "%"},
                               ShowName{Unit::Show::kRatio, "ratio"},
                               ShowName{Unit::Show::kToOne, ":1"},
                               ShowName{Unit::Show::kPoints, "points"}};

tl::unexpected<Error> bad_unit(std::string_view text, const std::string& remedy) {
  return fail(ErrorKind::kInvalid, "\"" + printable(text, kLongestWord) + "\" is not a unit: " + remedy);
}

/// Letters of any script, digits, "_", "-" and "."; the first is no digit.
bool is_word(std::string_view text) {
  constexpr std::string_view refused = " !\"#$%&'()*+,/:;<=>?@[\\]^`{|}~";
  return !text.empty() && text.size() <= kLongestWord && (text.front() < '0' || text.front() > '9') &&
         text.front() != '-' && text.front() != '.' && text.find_first_of(refused) == std::string_view::npos &&
         printable(text, kLongestWord) == text;
}

/// The unit with that word of it spelled right: visits/day becomes visits/d.
std::string with_word(std::string_view whole, std::string_view word, std::string_view right) {
  std::string text(whole.substr(0, static_cast<std::size_t>(word.data() - whole.data())));
  text += right;
  return text += whole.substr(text.size() - right.size() + word.size());
}

Result<Factor> parse_factor(std::string_view word, std::string_view whole) {
  const std::string_view key = word == "Kr" || word == "KR" ? "kr" : word;
  if (const auto slip = std::ranges::find(kSlips, key, &Spelling::written); slip != kSlips.end()) {
    const bool is_one = slip->right.find_first_of(" \"") == std::string_view::npos;
    const std::string right = is_one ? with_word(whole, word, slip->right) : std::string(slip->right);
    return bad_unit(whole, "write " + right + (is_one || word == whole ? "" : " for " + std::string(word)));
  }
  if (std::ranges::find(kShows, word, &ShowName::name) != kShows.end()) {
    return bad_unit(whole, "\"" + std::string(word) + "\" stands alone");
  }
  if (!is_word(word)) {
    return bad_unit(whole,
                    "write a currency such as SEK, a duration (s, min, h, d), \"%\", ratio, \":1\", points, one word "
                    "for a count such as page_views, or one over another such as SEK/customers");
  }
  if (std::ranges::binary_search(kCurrencies, word)) {
    return Factor{std::string(word), Dimension::kCurrency, 1};
  }
  if (const auto found = std::ranges::find(kDurations, word, &Spelling::written); found != kDurations.end()) {
    return Factor{std::string(found->right), Dimension::kDuration, 1};
  }
  return Factor{std::string(word), Dimension::kCount, 1};
}

void multiply_in(std::vector<Factor>& factors, const Factor& factor) {
  const auto at = std::ranges::lower_bound(factors, factor.name, {}, &Factor::name);
  if (at == factors.end() || at->name != factor.name) {
    factors.insert(at, factor);
    return;
  }
  at->power += factor.power;
  if (at->power == 0) {
    factors.erase(at);
  }
}

std::vector<Factor> without_counts(const std::vector<Factor>& factors) {
  std::vector<Factor> kept;
  std::ranges::copy_if(
      factors, std::back_inserter(kept), [](const Factor& factor) { return factor.dimension != Dimension::kCount; });
  return kept;
}

/// The names and powers of the counts alone, and what remains when names are ignored.
struct Counts {
  std::vector<Factor> factors;
  int power = 0;
};

Counts counts_of(const std::vector<Factor>& factors) {
  Counts counts;
  for (const Factor& factor : factors) {
    if (factor.dimension == Dimension::kCount) {
      counts.factors.push_back(factor);
      counts.power += factor.power;
    }
  }
  return counts;
}

constexpr std::array<std::string_view, 4> kLanguages = {"en", "sv", "da", "nb"};

}  // namespace

std::string_view name_of(Language language) {
  const auto index = static_cast<std::size_t>(language);
  return index < kLanguages.size() ? kLanguages.at(index) : std::string_view();
}

std::optional<Language> parse_language(std::string_view name) {
  const auto found = std::ranges::find(kLanguages, name);
  return found == kLanguages.end() ? std::nullopt : std::optional(static_cast<Language>(found - kLanguages.begin()));
}

Result<Unit> Unit::parse(std::string_view text) {
  Unit unit;
  if (text.empty()) {
    return unit;
  }
  if (const auto found = std::ranges::find(kShows, text, &ShowName::name); found != kShows.end()) {
    unit.show_ = found->show;
    return unit;
  }
  std::string_view rest = text;
  int power = 1;
  if (rest.starts_with("1/")) {
    rest.remove_prefix(2);
    power = -1;
  }
  for (std::size_t words = 1;; ++words) {
    const std::size_t end = rest.find_first_of("*/");
    auto factor = parse_factor(trim(rest.substr(0, end)), text);
    if (!factor) {
      return tl::unexpected(std::move(factor).error());
    }
    factor->power = power;
    multiply_in(unit.factors_, *factor);
    if (end == std::string_view::npos) {
      break;
    }
    if (words == kMostWords) {
      return bad_unit(text, "it has more than " + std::to_string(kMostWords) + " words");
    }
    power = rest[end] == '/' ? -1 : 1;
    rest.remove_prefix(end + 1);
  }
  unit.settle();
  return unit;
}

std::string Unit::text() const {
  if (const auto found = std::ranges::find(kShows, show_, &ShowName::show); found != kShows.end()) {
    return std::string(found->name);
  }
  if (plain_ratio_) {
    return "ratio";
  }
  std::string above;
  std::string below;
  for (const Factor& factor : factors_) {
    for (int i = 0; i < factor.power; ++i) {
      above += (above.empty() ? "" : "*") + factor.name;
    }
    for (int i = 0; i > factor.power; --i) {
      below += "/" + factor.name;
    }
  }
  return (above.empty() && !below.empty() ? "1" : above) + below;
}

void Unit::settle() {
  show_ = factors_.empty() ? Show::kPlain : Show::kNamed;
  plain_ratio_ = factors_.empty();
}

Unit operator*(const Unit& a, const Unit& b) {
  if (a.is_none()) {
    return b;
  }
  if (b.is_none()) {
    return a;
  }
  if (a.factors_.empty() && b.factors_.empty() && a.show_ == b.show_) {
    return a;  // A share of a share is a share.
  }
  Unit product = a;
  for (const Factor& factor : b.factors_) {
    multiply_in(product.factors_, factor);
  }
  product.settle();
  return product;
}

Unit operator/(const Unit& a, const Unit& b) {
  if (b.is_none()) {
    return a;
  }
  Unit quotient = a;
  for (Factor factor : b.factors_) {
    factor.power = -factor.power;
    multiply_in(quotient.factors_, factor);
  }
  quotient.settle();
  return quotient;
}

Unit Unit::power(int exponent) const {
  if (is_none() || (factors_.empty() && exponent > 0)) {
    return *this;
  }
  Unit result;
  if (exponent != 0) {
    result.factors_ = factors_;
  }
  for (Factor& factor : result.factors_) {
    factor.power *= exponent;
  }
  result.settle();
  return result;
}

Unit::Fit Unit::fit(const Unit& other) const {
  if (is_none() || other.is_none()) {
    return Fit::kFits;
  }
  const std::vector<Factor> dimensions = without_counts(factors_);
  if (dimensions != without_counts(other.factors_)) {
    return Fit::kClash;
  }
  const Counts mine = counts_of(factors_);
  const Counts theirs = counts_of(other.factors_);
  if (mine.factors == theirs.factors) {
    return Fit::kFits;
  }
  if (!dimensions.empty()) {
    // A price per customer is still an amount, but one per customer is not one per order.
    return mine.factors.empty() || theirs.factors.empty() ? Fit::kFits : Fit::kMixedCounts;
  }
  if (mine.power == 0 && theirs.power == 0) {
    return Fit::kFits;  // A count over a count is a plain number.
  }
  return mine.power == 0 || theirs.power == 0 ? Fit::kClash : Fit::kMixedCounts;
}

}  // namespace kpi
