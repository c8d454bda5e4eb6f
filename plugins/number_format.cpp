#include "plugins/number_format.hpp"

#include "rules/base/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace kpi {
namespace {

using Thousands = NumberFormat::Thousands;

/// No number of a KPI is longer, even with its groups and signs.
constexpr std::size_t kLongestNumber = 64;
constexpr std::size_t kShownBytes = 60;

struct Spelling {
  std::string_view text;
  Thousands kind;
};

constexpr std::array<Spelling, 9> kSeparators{{
    {",", Thousands::kComma},
    {".", Thousands::kPoint},
    {" ", Thousands::kSpace},
    {"\u00A0", Thousands::kSpace},  // no-break space
    {"\u202F", Thousands::kSpace},  // narrow no-break space
    {"\u2009", Thousands::kSpace},  // thin space
    {"\u2007", Thousands::kSpace},  // figure space
    {"'", Thousands::kApostrophe},
    {"\u2019", Thousands::kApostrophe},
}};

constexpr std::array<std::string_view, 8> kCurrencies{"$", "€", "£", "¥", "kr", "SEK", "EUR", "USD"};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool drop_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) {
    return false;
  }
  text.remove_prefix(prefix.size());
  return true;
}

bool drop_suffix(std::string_view& text, std::string_view suffix) {
  if (!text.ends_with(suffix)) {
    return false;
  }
  text.remove_suffix(suffix.size());
  return true;
}

/// Without blanks of any kind around it.
std::string_view bare(std::string_view text) {
  text = trim(text);
  for (bool changed = true; changed;) {
    changed = std::ranges::any_of(kSeparators, [&](const Spelling& space) {
      return space.kind == Thousands::kSpace && (drop_prefix(text, space.text) || drop_suffix(text, space.text));
    });
  }
  return text;
}

const Spelling* separator_at(std::string_view text) {
  const auto* found = std::ranges::find_if(kSeparators, [&](const Spelling& separator) {
    return separator.text.front() == text.front() && text.starts_with(separator.text);
  });
  return found == kSeparators.end() ? nullptr : found;
}

bool allows(const NumberFormat& format, Thousands kind) {
  if (format.thousands != Thousands::kAuto) {
    return format.thousands == kind;
  }
  return kind == Thousands::kSpace || kind == (format.decimal == '.' ? Thousands::kComma : Thousands::kPoint);
}

std::optional<double> finite(std::string_view digits) {
  double number = 0;
  const char* const first = digits.data();
  const char* const last = first + digits.size();
  const auto [end, problem] = std::from_chars(first, last, number);
  if (problem != std::errc{} || end != last || !std::isfinite(number)) {
    return std::nullopt;
  }
  return number;
}

/// The text of a number without sign and groups, as from_chars wants it.
class Digits {
 public:
  void add(char c) { text_.at(size_++) = c; }

  [[nodiscard]] char first() const { return size_ == 0 ? '\0' : text_.front(); }

  [[nodiscard]] std::string_view view() const { return {text_.data(), size_}; }

 private:
  std::array<char, kLongestNumber> text_{};
  std::size_t size_ = 0;
};

/// The integer part of `body`, whose groups are checked; `body` is left at what follows. False: not a number.
bool take_integer(std::string_view& body, const NumberFormat& format, Digits& digits) {
  Thousands kind = Thousands::kNone;
  std::size_t run = 0;
  while (!body.empty() && body.front() != format.decimal) {
    if (is_digit(body.front())) {
      digits.add(body.front());
      body.remove_prefix(1);
      ++run;
      continue;
    }
    const Spelling* separator = separator_at(body);
    if (separator == nullptr) {
      break;
    }
    const bool first = kind == Thousands::kNone;
    const bool fits = first ? run >= 1 && run <= 3 && digits.first() != '0' : separator->kind == kind && run == 3;
    if (!fits || !allows(format, separator->kind)) {
      return false;
    }
    kind = separator->kind;
    run = 0;
    body.remove_prefix(separator->text.size());
  }
  return kind == Thousands::kNone || run == 3;
}

std::optional<double> read_unsigned(std::string_view body, const NumberFormat& format) {
  Digits digits;
  if (body.size() > kLongestNumber || !take_integer(body, format, digits)) {
    return std::nullopt;
  }
  if (!body.empty() && body.front() == format.decimal) {
    digits.add('.');
    body.remove_prefix(1);
  }
  // What is left is a fraction and an exponent; a second decimal sign or a separator in it ends from_chars early.
  for (const char c : body) {
    digits.add(c);
  }
  const bool begins_right = is_digit(digits.first()) || digits.first() == '.';
  return begins_right ? finite(digits.view()) : std::nullopt;
}

std::optional<double> read_written(std::string_view cell, const NumberFormat& format) {
  std::string_view body = bare(cell);
  if (drop_suffix(body, "%")) {
    body = bare(body);
  }
  const bool negative = drop_prefix(body, "-") || drop_prefix(body, "\u2212");
  if (!negative) {
    drop_prefix(body, "+");
  }
  const auto number = read_unsigned(body, format);
  return number && negative ? -*number : number;
}

bool has_currency(std::string_view cell) {
  return std::ranges::any_of(kCurrencies,
                             [&](std::string_view sign) { return cell.starts_with(sign) || cell.ends_with(sign); });
}

NumberFormat with_decimal(const NumberFormat& format, char decimal) {
  return {.decimal = decimal, .thousands = format.thousands, .comma_is_doubtful = false, .is_fixed = format.is_fixed};
}

/// A percentage with a comma, where nothing says what that is: a fraction, if it cannot be thousands.
bool is_percent_with_comma(std::string_view cell, const NumberFormat& format) {
  return format.decimal == '.' && format.thousands != Thousands::kComma && bare(cell).ends_with('%') &&
         std::ranges::count(cell, ',') == 1 && cell.find('.') == std::string_view::npos;
}

/// "1,234" in data of an origin that nothing is known of: 1.234 or 1234.
bool is_doubtful_comma(std::string_view cell, const NumberFormat& format) {
  return format.comma_is_doubtful && format.is_fixed && cell.find(',') != std::string_view::npos &&
         read_written(cell, with_decimal(format, ',')) && read_written(cell, with_decimal(format, '.'));
}

std::string spelling_of(Thousands kind) {
  switch (kind) {
    case Thousands::kComma:
      return R"(",")";
    case Thousands::kPoint:
      return R"(".")";
    case Thousands::kApostrophe:
      return R"("'")";
    default:
      return R"(" ")";
  }
}

}  // namespace

bool is_absent(std::string_view cell) {
  constexpr std::array<std::string_view, 6> words{"-", "–", "na", "n/a", "#n/a", "null"};
  const std::string_view word = bare(cell);
  if (word.empty()) {
    return true;
  }
  if (word.size() > 4 || is_digit(word.back())) {
    return false;
  }
  const std::string lower = to_lower_ascii(word);
  return lower == "nan" || std::ranges::find(words, lower) != words.end();
}

std::optional<double> read_number(std::string_view cell, const NumberFormat& format) {
  // Nearly every cell is plain digits; from_chars alone would take "inf" and, with a decimal comma, "1.234" as well.
  const bool plain = !cell.empty() && is_digit(cell.front()) && is_digit(cell.back());
  if (plain && (format.decimal == '.' || cell.find('.') == std::string_view::npos)) {
    if (const auto number = finite(cell)) {
      return number;
    }
  }
  if (!plain && is_absent(cell)) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  if (!plain && is_percent_with_comma(cell, format)) {
    const bool may_be_thousands = read_written(cell, with_decimal(format, '.')).has_value();
    return may_be_thousands || !format.is_fixed ? std::nullopt : read_written(cell, with_decimal(format, ','));
  }
  const bool is_refused = format.comma_is_doubtful && !format.is_fixed && cell.find(',') != std::string_view::npos;
  if (is_refused || is_doubtful_comma(cell, format)) {
    return std::nullopt;
  }
  return plain ? read_unsigned(cell, format) : read_written(cell, format);
}

std::string number_trouble(std::string_view cell, const NumberFormat& format) {
  const std::string shown = '"' + printable(trim(cell), kShownBytes) + '"';
  if (has_currency(bare(cell))) {
    return shown + " is not a plain number: deliver it without the currency";
  }
  const bool is_doubtful =
      format.comma_is_doubtful || is_percent_with_comma(cell, format) || is_doubtful_comma(cell, format);
  if (is_doubtful_comma(cell, format) && !format.decimal_place.empty()) {
    return shown + R"( may be a fraction or thousands: write decimal: "," or decimal: "." in )" +
           std::string(format.decimal_place);
  }
  if (is_doubtful && read_written(cell, with_decimal(format, '.'))) {
    return shown + (format.is_fixed ? R"( may be a fraction or thousands: deliver a number, or a text such as "7.5")"
                                    : R"( may be a fraction or thousands: write decimal: "," or thousands: ",")");
  }
  const char other_sign = format.decimal == '.' ? ',' : '.';
  if (read_written(cell, with_decimal(format, other_sign))) {
    if (format.is_fixed) {
      return shown + R"( is not written as a number is in data: deliver a number, or a text such as "7.5")";
    }
    if (cell.find(other_sign) == std::string_view::npos) {
      return shown + " has its thousands set apart by " + (format.decimal == '.' ? "points" : "commas") +
             ": write decimal: " + spelling_of(format.decimal == '.' ? Thousands::kComma : Thousands::kPoint);
    }
    return format.decimal == '.' ? shown + R"( has a decimal comma: write decimal: ",")"
                                 : shown + R"( has a decimal point: write decimal: ".")";
  }
  for (const Spelling& separator : kSeparators) {
    NumberFormat other = with_decimal(format, format.decimal);
    other.thousands = separator.kind;
    if (read_written(cell, other) && format.is_fixed) {
      return shown + " has its thousands set apart: deliver a number, or a text of digits alone";
    }
    if (read_written(cell, other)) {
      return shown + " has its thousands set apart: write thousands: " + spelling_of(separator.kind);
    }
  }
  return shown + " is not a number: write digits, or leave the cell empty where there is no value";
}

DecimalSign decimal_sign_of(std::string_view cell, const NumberFormat& format, bool is_given) {
  const std::string_view signs = is_given ? std::string_view(&format.decimal, 1) : ".,";
  if (cell.find_first_of(signs) == std::string_view::npos) {
    return DecimalSign::kUntold;
  }
  const bool is_read = read_number(cell, format).has_value();
  if (is_read && !is_given) {
    return DecimalSign::kAsRead;
  }
  const NumberFormat other{.decimal = format.decimal == '.' ? ',' : '.'};
  if (!read_written(cell, other)) {
    return DecimalSign::kUntold;
  }
  const bool is_readable = is_read || read_written(cell, with_decimal(format, format.decimal));
  return is_read ? DecimalSign::kAsRead : is_readable ? DecimalSign::kUntold : DecimalSign::kOther;
}

double scaled(double number, double scale) {
  constexpr std::array tenths{0.1, 0.01, 0.001, 0.0001, 0.00001, 0.000001};
  const auto* const power = std::ranges::find(tenths, scale);
  return power == tenths.end() ? number * scale
                               : times_power_of_ten(number, -static_cast<int>(power - tenths.begin()) - 1);
}

}  // namespace kpi
