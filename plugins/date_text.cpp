#include "plugins/date_text.hpp"

#include "rules/base/text.hpp"
#include "rules/base/time.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <span>
#include <string>

namespace kpi {
namespace {

using std::chrono::days;
using std::chrono::sys_days;

/// The years 1 to 9999: what lies beyond is a slip, such as milliseconds read as seconds.
constexpr std::int64_t kFirstMs = -62'135'596'800'000;
constexpr std::int64_t kLastMs = 253'402'300'799'999;

/// What a text said, as far as it said it.
struct Fields {
  int year = 0;
  int month = 1;
  int day = 1;
  int day_of_year = 0;
  int week = 0;
  int weekday = 1;
  int quarter = 0;
  int hour = 0;
  int hour12 = 0;
  int minute = 0;
  int second = 0;
  int fraction_ms = 0;
  int afternoon = 0;
  std::optional<int> offset_minutes;
  std::optional<std::int64_t> epoch_ms;
  bool has_time = false;
};

struct NumberField {
  char directive;
  int min_digits;
  int max_digits;
  int low;
  int high;
  int Fields::* target;
};

constexpr std::array kNumbers{
    NumberField{'Y', 4, 4, 1, 9999, &Fields::year},
    NumberField{'G', 4, 4, 1, 9999, &Fields::year},
    NumberField{'y', 2, 2, 0, 99, &Fields::year},
    NumberField{'m', 1, 2, 1, 12, &Fields::month},
    NumberField{'d', 1, 2, 1, 31, &Fields::day},
    NumberField{'e', 1, 2, 1, 31, &Fields::day},
    NumberField{'j', 1, 3, 1, 366, &Fields::day_of_year},
    NumberField{'V', 1, 2, 1, 53, &Fields::week},
    NumberField{'u', 1, 1, 1, 7, &Fields::weekday},
    NumberField{'q', 1, 1, 1, 4, &Fields::quarter},
    NumberField{'H', 1, 2, 0, 23, &Fields::hour},
    NumberField{'I', 1, 2, 1, 12, &Fields::hour12},
    NumberField{'M', 1, 2, 0, 59, &Fields::minute},
    NumberField{'S', 1, 2, 0, 60, &Fields::second},
};

constexpr std::array<std::string_view, 12> kMonths{"january",
                                                   "february",
                                                   "march",
                                                   "april",
                                                   "may",
                                                   "june",
                                                   "july",
                                                   "august",
                                                   "september",
                                                   "october",
                                                   "november",
                                                   "december"};
constexpr std::array<std::string_view, 7> kWeekdays{
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// Takes `text` apart from the front; every take_ returns false where the text does not go on as asked.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  [[nodiscard]] bool at_end() const { return text_.empty(); }

  bool take(char literal) {
    if (text_.empty() || text_.front() != literal) {
      return false;
    }
    text_.remove_prefix(1);
    return true;
  }

  bool take_blanks() {
    const std::size_t before = text_.size();
    while (!text_.empty() && is_blank(text_.front())) {
      text_.remove_prefix(1);
    }
    return text_.size() < before;
  }

  bool take_number(int min_digits, int max_digits, int& number) {
    number = 0;
    int count = 0;
    for (; count < max_digits && !text_.empty() && is_digit(text_.front()); ++count) {
      number = (number * 10) + (text_.front() - '0');
      text_.remove_prefix(1);
    }
    return count >= min_digits;
  }

  /// One of `names`, whole or by its first three letters ("Sept" too), counted from 1.
  bool take_name(std::span<const std::string_view> names, int& number) {
    const auto* const end = std::ranges::find_if_not(text_, is_letter);
    const auto length = static_cast<std::size_t>(end - text_.begin());
    if (length < 3 || length > 9) {
      return false;
    }
    const std::string word = to_lower_ascii(text_.substr(0, length));
    const auto found = std::ranges::find_if(names, [&](std::string_view name) { return name.starts_with(word); });
    if (found == names.end() || (length > 4 && length != found->size())) {
      return false;
    }
    number = static_cast<int>(found - names.begin()) + 1;
    text_.remove_prefix(length);
    return true;
  }

  /// Digits of a fraction, as milliseconds; at most nine.
  bool take_fraction(int& ms) {
    ms = 0;
    int count = 0;
    for (; count < 9 && !text_.empty() && is_digit(text_.front()); ++count) {
      ms = count < 3 ? (ms * 10) + (text_.front() - '0') : ms;
      text_.remove_prefix(1);
    }
    for (int missing = count; missing < 3; ++missing) {
      ms *= 10;
    }
    return count > 0;
  }

  /// `Z`, `+02`, `+0200`, `+02:00`.
  bool take_offset(std::optional<int>& minutes) {
    if (take('Z') || take('z')) {
      minutes = 0;
      return true;
    }
    const bool west = take('-');
    int hour = 0;
    int minute = 0;
    if ((!west && !take('+')) || !take_number(2, 2, hour) || hour > 18) {
      return false;
    }
    const bool colon = take(':');
    if ((colon || (!at_end() && is_digit(text_.front()))) && (!take_number(2, 2, minute) || minute > 59)) {
      return false;
    }
    minutes = (west ? -1 : 1) * ((hour * 60) + minute);
    return true;
  }

  /// A time since the epoch, of which a second has `per_second` units.
  bool take_epoch(std::int64_t per_second, std::optional<std::int64_t>& ms) {
    std::int64_t number = 0;
    const auto [end, problem] = std::from_chars(text_.data(), text_.data() + text_.size(), number);
    const std::int64_t ms_per_unit = 1000 / per_second;
    if (problem != std::errc{} || number < kFirstMs / ms_per_unit || number > kLastMs / ms_per_unit) {
      return false;
    }
    text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
    ms = number * ms_per_unit;
    return true;
  }

 private:
  std::string_view text_;
};

const NumberField* number_field(char directive) {
  const auto* found = std::ranges::find(kNumbers, directive, &NumberField::directive);
  return found == kNumbers.end() ? nullptr : found;
}

bool take_number_field(Reader& reader, const NumberField& field, Fields& fields) {
  int& number = fields.*field.target;
  if (!reader.take_number(field.min_digits, field.max_digits, number) || number < field.low || number > field.high) {
    return false;
  }
  if (field.directive == 'y') {
    number += number < 69 ? 2000 : 1900;
  }
  fields.has_time = fields.has_time || field.directive == 'H' || field.directive == 'I';
  return true;
}

bool take_directive(Reader& reader, char directive, Fields& fields) {
  if (const NumberField* field = number_field(directive)) {
    return take_number_field(reader, *field, fields);
  }
  int ignored = 0;
  switch (directive) {
    case 'b':
      return reader.take_name(kMonths, fields.month);
    case 'a':
      return reader.take_name(kWeekdays, ignored);
    case 'p':
      fields.afternoon = reader.take('P') || reader.take('p') ? 1 : 0;
      return (fields.afternoon == 1 || reader.take('A') || reader.take('a')) && (reader.take('M') || reader.take('m'));
    case 'f':
      return reader.take_fraction(fields.fraction_ms);
    case 'z':
      return reader.take_offset(fields.offset_minutes);
    case 's':
      return reader.take_epoch(1, fields.epoch_ms);
    case 'Q':
      return reader.take_epoch(1000, fields.epoch_ms);
    default:
      return reader.take('%');
  }
}

/// The date of ISO week fields: the week with the year's 4 January is the first.
std::optional<sys_days> iso_week_date(const Fields& fields) {
  const std::chrono::year year(fields.year);
  const sys_days fourth = year / std::chrono::January / 4;
  const sys_days first_monday = fourth - (std::chrono::weekday(fourth) - std::chrono::Monday);
  const sys_days monday = first_monday + days(7 * (fields.week - 1));
  if (Date(monday + days(3)).year() != year) {
    return std::nullopt;
  }
  return monday + days(fields.weekday - 1);
}

std::optional<sys_days> date_of_fields(const Fields& fields) {
  const std::chrono::year year(fields.year);
  if (fields.week != 0) {
    return iso_week_date(fields);
  }
  if (fields.day_of_year != 0) {
    const sys_days date = sys_days(year / std::chrono::January / 1) + days(fields.day_of_year - 1);
    return Date(date).year() == year ? std::optional(date) : std::nullopt;
  }
  const int month = fields.quarter != 0 ? (fields.quarter * 3) - 2 : fields.month;
  const Date date = year / month / fields.day;
  return date.ok() ? std::optional<sys_days>(date) : std::nullopt;
}

std::optional<WrittenTime> moment_of(const Fields& fields) {
  if (fields.epoch_ms) {
    return WrittenTime{.ms = *fields.epoch_ms, .is_utc = true, .has_time = true};
  }
  const auto date = date_of_fields(fields);
  if (!date) {
    return std::nullopt;
  }
  const int hour = fields.hour12 == 0 ? fields.hour : (fields.hour12 % 12) + (12 * fields.afternoon);
  // A leap second is the next minute's first.
  const std::int64_t seconds = (((hour * 60LL) + fields.minute) * 60) + fields.second;
  const std::int64_t local = (date->time_since_epoch().count() * kDayMs) + (seconds * 1000) + fields.fraction_ms;
  const std::int64_t offset = fields.offset_minutes.value_or(0) * 60'000LL;
  return WrittenTime{.ms = local - offset, .is_utc = fields.offset_minutes.has_value(), .has_time = fields.has_time};
}

/// The time of day and the offset of ISO 8601, which may be absent.
bool take_iso_time(Reader& reader, Fields& fields) {
  if (reader.at_end()) {
    return true;
  }
  if (!reader.take('T') && !reader.take('t') && !reader.take(' ')) {
    return false;
  }
  if (!take_directive(reader, 'H', fields) || !reader.take(':') || !take_directive(reader, 'M', fields)) {
    return false;
  }
  if (reader.take(':')) {
    if (!take_directive(reader, 'S', fields)) {
      return false;
    }
    if ((reader.take('.') || reader.take(',')) && !reader.take_fraction(fields.fraction_ms)) {
      return false;
    }
  }
  return reader.at_end() || reader.take_offset(fields.offset_minutes);
}

}  // namespace

std::optional<WrittenTime> read_date(std::string_view steps, std::string_view text) {
  Reader reader(text);
  Fields fields;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const char step = steps[i];
    const bool taken = step == '%'      ? take_directive(reader, steps[++i], fields)
                       : is_blank(step) ? reader.take_blanks()
                                        : reader.take(step);
    if (!taken) {
      return std::nullopt;
    }
  }
  return reader.at_end() ? moment_of(fields) : std::nullopt;
}

std::optional<WrittenTime> read_iso_date(std::string_view text) {
  Reader reader(text);
  Fields fields;
  const bool taken = take_directive(reader, 'Y', fields) && reader.take('-') && take_directive(reader, 'm', fields) &&
                     reader.take('-') && take_directive(reader, 'd', fields) && take_iso_time(reader, fields) &&
                     reader.at_end();
  return taken ? moment_of(fields) : std::nullopt;
}

}  // namespace kpi
