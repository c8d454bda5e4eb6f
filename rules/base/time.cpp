#include "rules/base/time.hpp"

#include "rules/base/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <utility>

namespace kpi {

namespace {

constexpr std::int64_t kSecondMs = 1000;
constexpr std::int64_t kMinuteMs = 60 * kSecondMs;
constexpr std::int64_t kHourMs = 60 * kMinuteMs;
// Longer spans are slips, and arithmetic on them could leave the calendar.
constexpr std::int64_t kLongestYears = 100;
constexpr std::string_view kSpellings = "write 30s, 5m, 2h, 3 days, 2 weeks, 1 month, 1 quarter or 1 year";

std::string padded(std::int64_t number, std::size_t width) {
  std::string digits = std::to_string(std::abs(number));
  if (digits.size() < width) {
    digits.insert(0, width - digits.size(), '0');
  }
  return number < 0 ? "-" + digits : digits;
}

/// Reads fixed-width fields from the front of a text; every step fails once one has.
class FieldReader {
 public:
  explicit FieldReader(std::string_view text) : rest_(text) {}

  /// Exactly `width` digits, at most `max`.
  int digits(std::size_t width, int max) {
    int number = 0;
    for (std::size_t i = 0; i < width; ++i) {
      if (rest_.size() <= i || rest_[i] < '0' || rest_[i] > '9') {
        ok_ = false;
        return 0;
      }
      number = number * 10 + (rest_[i] - '0');
    }
    ok_ = ok_ && number <= max;
    rest_.remove_prefix(width);
    return number;
  }

  /// One of the characters of `accepted`; what it was, or NUL.
  char one_of(std::string_view accepted) {
    if (rest_.empty() || accepted.find(rest_.front()) == std::string_view::npos) {
      ok_ = false;
      return '\0';
    }
    const char found = rest_.front();
    rest_.remove_prefix(1);
    return found;
  }

  /// ".123456", if it is there, in milliseconds; further digits are cut off.
  int fraction_ms() {
    if (rest_.empty() || rest_.front() != '.') {
      return 0;
    }
    const std::size_t end = std::min(rest_.find_first_not_of("0123456789", 1), rest_.size());
    ok_ = ok_ && end > 1;
    int number = 0;
    for (std::size_t i = 1; i <= 3; ++i) {
      number = number * 10 + (i < end ? rest_[i] - '0' : 0);
    }
    rest_.remove_prefix(end);
    return number;
  }

  std::optional<Date> date() {
    const int year = digits(4, 9999);
    one_of("-");
    const int month = digits(2, 12);
    one_of("-");
    const int day = digits(2, 31);
    const Date date{std::chrono::year{year},
                    std::chrono::month{static_cast<unsigned>(month)},
                    std::chrono::day{static_cast<unsigned>(day)}};
    ok_ = ok_ && date.ok();
    return ok_ ? std::optional(date) : std::nullopt;
  }

  [[nodiscard]] bool ok() const { return ok_; }

  [[nodiscard]] bool at_end() const { return rest_.empty(); }

  [[nodiscard]] bool done() const { return ok_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

/// One way to write a span, and the ways people try instead.
struct SpanUnit {
  std::string_view one;   ///< "day", or the suffix "m".
  std::string_view many;  ///< "days"; the same for suffixes.
  Span span;              ///< Of one.
  std::array<std::string_view, 7> slips;
};

constexpr std::array kSpanUnits = {
    SpanUnit{"s", "s", {0, 0, kSecondMs}, {"sec", "secs", "second", "seconds"}},
    SpanUnit{"m", "m", {0, 0, kMinuteMs}, {"min", "mins", "minute", "minutes"}},
    SpanUnit{"h", "h", {0, 0, kHourMs}, {"hr", "hrs", "hour", "hours"}},
    SpanUnit{"day", "days", {0, 1, 0}, {"d"}},
    SpanUnit{"week", "weeks", {0, 7, 0}, {"w", "wk", "wks"}},
    SpanUnit{"month", "months", {1, 0, 0}, {"mo", "mos", "mon", "mth", "mths"}},
    SpanUnit{"quarter", "quarters", {3, 0, 0}, {"q", "qtr", "qtrs"}},
    SpanUnit{"year", "years", {12, 0, 0}, {"y", "yr", "yrs"}},
};

std::string spelled(std::int64_t count, const SpanUnit& unit) {
  const bool suffix = unit.span.ms != 0;
  return std::to_string(count) + (suffix ? "" : " ") + std::string(std::abs(count) == 1 ? unit.one : unit.many);
}

/// Upper case counts as a slip, except "M", which may mean minutes or months.
const SpanUnit* find_unit(std::string_view word) {
  const std::string lower = word == "M" ? "M" : to_lower_ascii(word);
  for (const SpanUnit& unit : kSpanUnits) {
    if (lower == unit.one || lower == unit.many ||
        (!lower.empty() && std::ranges::find(unit.slips, lower) != unit.slips.end())) {
      return &unit;
    }
  }
  return nullptr;
}

tl::unexpected<Error> bad_span(std::string_view text, std::string_view remedy) {
  return fail(ErrorKind::kInvalid, "\"" + printable(text, 40) + "\" is not a length of time: " + std::string(remedy));
}

std::string write_this(std::int64_t count, const SpanUnit& unit) {
  return "write \"" + spelled(count, unit) + "\"";
}

/// "1.5h" is "90m": what to write for a number that is not whole, as far as that can be said.
std::string whole_number_remedy(double number, const SpanUnit& unit) {
  if (unit.span.ms != 0 && number > 0 && number < 1e6) {
    const double exact = number * static_cast<double>(unit.span.ms);
    const Span span{.months = 0, .days = 0, .ms = std::llround(exact / kSecondMs) * kSecondMs};
    if (std::abs(exact - static_cast<double>(span.ms)) < 1e-3 && span.ms > 0) {
      return "write a whole number: \"" + span.text() + "\"";
    }
  }
  return "write a whole number";
}

Span times(const Span& span, std::int64_t count) {
  return {
      static_cast<std::int32_t>(span.months * count), static_cast<std::int32_t>(span.days * count), span.ms * count};
}

}  // namespace

Slot slot_of(Date date) {
  return {std::chrono::sys_days{date}.time_since_epoch().count() * kDayMs};
}

Date date_of(Slot slot) {
  return Date{std::chrono::floor<std::chrono::days>(Instant{Duration{slot.ms}})};
}

std::int64_t Span::approximate_ms() const {
  constexpr std::int64_t month_ms = 3044 * kDayMs / 100;
  return (months * month_ms) + (days * kDayMs) + ms;
}

std::string Span::text() const {
  if (months == 3) {
    return "1 quarter";
  }
  if (months != 0) {
    return months % 12 == 0 ? spelled(months / 12, kSpanUnits[7]) : spelled(months, kSpanUnits[5]);
  }
  if (days != 0) {
    return days % 7 == 0 ? spelled(days / 7, kSpanUnits[4]) : spelled(days, kSpanUnits[3]);
  }
  if (ms == 0) {
    return "0";
  }
  for (const std::size_t index : {2U, 1U, 0U}) {
    if (ms % kSpanUnits.at(index).span.ms == 0) {
      return spelled(ms / kSpanUnits.at(index).span.ms, kSpanUnits.at(index));
    }
  }
  return std::to_string(ms) + "ms";
}

Result<Span> parse_span(std::string_view text) {
  if (text == "0") {
    return Span{};
  }
  const std::size_t digits_end = std::min(text.find_first_not_of("0123456789"), text.size());
  const std::size_t number_end = std::min(text.find_first_not_of("0123456789.,"), text.size());
  const std::string_view word = trim(text.substr(number_end));
  const SpanUnit* unit = find_unit(word);
  if (number_end == 0 || unit == nullptr) {
    return bad_span(text, kSpellings);
  }
  if (number_end != digits_end) {
    const auto number = parse_number(text.substr(0, number_end));
    return bad_span(text, number ? whole_number_remedy(*number, *unit) : "write a whole number");
  }
  std::int64_t count = 0;
  const std::string_view digits = text.substr(0, digits_end);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
  const std::int64_t limit = kLongestYears * 366 * kDayMs / times(unit->span, 1).approximate_ms();
  if (error != std::errc{} || end != digits.data() + digits.size() || count > limit) {
    return bad_span(text, "the longest is " + std::to_string(kLongestYears) + " years");
  }
  if (text != spelled(count, *unit)) {
    return bad_span(text, write_this(count, *unit));
  }
  return times(unit->span, count);
}

std::string rfc3339(Instant instant) {
  const auto day = std::chrono::floor<std::chrono::days>(instant);
  const std::int64_t of_day = (instant - day).count();
  std::string text = date_text(Date{day}) + "T" + padded(of_day / kHourMs, 2) + ":" +
                     padded(of_day / kMinuteMs % 60, 2) + ":" + padded(of_day / kSecondMs % 60, 2);
  if (of_day % kSecondMs != 0) {
    text += "." + padded(of_day % kSecondMs, 3);
  }
  return text + "Z";
}

std::optional<Instant> parse_rfc3339(std::string_view text) {
  FieldReader reader(text);
  const auto date = reader.date();
  reader.one_of("Tt ");
  const int hour = reader.digits(2, 23);
  reader.one_of(":");
  const int minute = reader.digits(2, 59);
  reader.one_of(":");
  const int second = reader.digits(2, 60);  // A leap second is the second after it.
  const int millisecond = reader.fraction_ms();
  const char zone = reader.one_of("Zz+-");
  std::int64_t offset = 0;
  if (zone == '+' || zone == '-') {
    const int hours = reader.digits(2, 23);
    reader.one_of(":");
    offset = (hours * kHourMs + reader.digits(2, 59) * kMinuteMs) * (zone == '-' ? -1 : 1);
  }
  if (!reader.done()) {
    return std::nullopt;
  }
  const std::int64_t of_day = (hour * kHourMs) + (minute * kMinuteMs) + (second * kSecondMs) + millisecond;
  return Instant{Duration{slot_of(*date).ms + of_day - offset}};
}

std::string date_text(Date date) {
  return padded(static_cast<int>(date.year()), 4) + "-" + padded(static_cast<unsigned>(date.month()), 2) + "-" +
         padded(static_cast<unsigned>(date.day()), 2);
}

std::optional<Date> parse_date(std::string_view text) {
  FieldReader reader(text);
  const auto date = reader.date();
  return reader.done() ? date : std::nullopt;
}

std::optional<std::chrono::local_time<Duration>> parse_local(std::string_view text) {
  FieldReader reader(text);
  const auto date = reader.date();
  std::int64_t of_day = 0;
  if (reader.ok() && !reader.at_end()) {
    reader.one_of(" ");
    of_day += reader.digits(2, 23) * kHourMs;
    reader.one_of(":");
    of_day += reader.digits(2, 59) * kMinuteMs;
  }
  if (reader.ok() && !reader.at_end()) {
    reader.one_of(":");
    of_day += reader.digits(2, 59) * kSecondMs;
  }
  if (!reader.done()) {
    return std::nullopt;
  }
  return std::chrono::local_time<Duration>{Duration{slot_of(*date).ms + of_day}};
}

}  // namespace kpi
