#include "daemon/review/review_period.hpp"

#include "rules/base/text.hpp"

#include <fmt/format.h>

#include <charconv>

namespace kpi {
namespace {

using Kind = ReviewPeriod::Kind;

Grain grain_of(Kind kind) {
  switch (kind) {
    case Kind::kWeek:
      return Grain{Grain::Unit::kWeek};
    case Kind::kMonth:
      return Grain{Grain::Unit::kMonth};
    case Kind::kQuarter:
      return Grain{Grain::Unit::kQuarter};
    case Kind::kYear:
      return Grain{Grain::Unit::kYear};
    case Kind::kRange:
      break;
  }
  return Grain{Grain::Unit::kDay};
}

/// The Monday that ISO 8601's week `week` of `year` begins with.
Date iso_monday(int year, int week) {
  const std::chrono::sys_days fourth = Date{std::chrono::year{year}, std::chrono::January, std::chrono::day{4}};
  const std::chrono::days since_monday = std::chrono::weekday{fourth} - std::chrono::Monday;
  return Date{fourth - since_monday + std::chrono::days{7 * (week - 1)}};
}

/// ISO 8601's year and week of a day.
std::pair<int, int> iso_week(Date date) {
  const std::chrono::sys_days day = date;
  const std::chrono::days since_monday = std::chrono::weekday{day} - std::chrono::Monday;
  const Date thursday{day - since_monday + std::chrono::days{3}};
  const int year = static_cast<int>(thursday.year());
  const std::chrono::sys_days first = Date{std::chrono::year{year}, std::chrono::January, std::chrono::day{1}};
  return {year, static_cast<int>((std::chrono::sys_days{thursday} - first).count() / 7) + 1};
}

std::string name_of(Kind kind, Date from, Date to, const CalendarRules& calendar) {
  const auto year_of = [](Date date) { return static_cast<int>(date.year()); };
  switch (kind) {
    case Kind::kWeek: {
      // Weeks that begin on a Sunday or Saturday hold most days of the ISO week of their fourth day.
      const auto [year, week] = iso_week(Date{std::chrono::sys_days{from} + std::chrono::days{3}});
      return fmt::format("{}-W{:02}", year, week);
    }
    case Kind::kMonth:
      return date_text(from).substr(0, 7);
    case Kind::kQuarter: {
      const Date year = date_of(start_of_year(from, calendar));
      const int months = 12 * (year_of(from) - year_of(year)) + static_cast<int>(static_cast<unsigned>(from.month())) -
                         static_cast<int>(static_cast<unsigned>(year.month()));
      return fmt::format("{}-Q{}", year_of(year), months / 3 + 1);
    }
    case Kind::kYear:
      return fmt::format("{}", year_of(from));
    case Kind::kRange:
      break;
  }
  return fmt::format("{} to {}", date_text(from), date_text(Date{std::chrono::sys_days{to} - std::chrono::days{1}}));
}

std::optional<int> number_in(std::string_view text, int low, int high) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number < low || number > high) {
    return std::nullopt;
  }
  return number;
}

struct Shape {
  std::string_view option;
  std::string_view mark;  ///< Between the year and the number: "-Q".
  int highest;
  std::string_view example;
};

Shape shape_of(Kind kind) {
  switch (kind) {
    case Kind::kWeek:
      return {"week", "-W", 53, "2026-W39"};
    case Kind::kMonth:
      return {"month", "-", 12, "2026-09"};
    case Kind::kQuarter:
      return {"quarter", "-Q", 4, "2026-Q3"};
    case Kind::kYear:
    case Kind::kRange:
      break;
  }
  return {"year", "", 0, "2026"};
}

}  // namespace

ReviewPeriod review_period_holding(Kind kind, Date day, const CalendarRules& calendar) {
  const Grain grain = grain_of(kind);
  const Slot from = slot_at(day, grain, calendar);
  const Date first = date_of(from);
  const Date next = date_of(next_slot(from, grain));
  return {kind, first, next, name_of(kind, first, next, calendar)};
}

Result<ReviewPeriod> parse_review_period(Kind kind, std::string_view text, const CalendarRules& calendar) {
  const Shape shape = shape_of(kind);
  const auto year = text.size() >= 4 ? number_in(text.substr(0, 4), 1900, 2200) : std::nullopt;
  const std::string_view rest = text.substr(std::min<std::size_t>(4, text.size()));
  std::optional<int> number = 1;
  if (shape.highest > 0) {
    number = rest.starts_with(shape.mark) ? number_in(rest.substr(shape.mark.size()), 1, shape.highest) : std::nullopt;
  }
  if (!year || !number || (shape.highest == 0 && !rest.empty())) {
    return fail(ErrorKind::kInvalid,
                fmt::format("\"{}\" is no {}; write {}", printable(text, 40), shape.option, shape.example));
  }
  if (kind == Kind::kWeek) {
    const ReviewPeriod week = review_period_holding(kind, iso_monday(*year, *number), calendar);
    if (week.name != fmt::format("{}-W{:02}", *year, *number)) {
      return fail(ErrorKind::kInvalid, fmt::format("{} has no week {}", *year, *number));
    }
    return week;
  }
  if (kind == Kind::kMonth) {
    const auto month = std::chrono::month{static_cast<unsigned>(*number)};
    return review_period_holding(kind, Date{std::chrono::year{*year}, month, std::chrono::day{1}}, calendar);
  }
  const Date first{std::chrono::year{*year}, calendar.year_starts.month(), calendar.year_starts.day()};
  const Slot begin = shift_date(slot_of(first), Span{kind == Kind::kQuarter ? 3 * (*number - 1) : 0, 0, 0});
  return review_period_holding(kind, date_of(begin), calendar);
}

Result<ReviewPeriod> review_range(Date from, Date to) {
  if (std::chrono::sys_days{from} >= std::chrono::sys_days{to}) {
    return fail(ErrorKind::kInvalid, "--from must lie before --to, which is the first day that is left out");
  }
  return ReviewPeriod{Kind::kRange, from, to, name_of(Kind::kRange, from, to, {})};
}

ReviewPeriod last_review_period(Kind kind, Date today, const CalendarRules& calendar) {
  return previous_of(review_period_holding(kind, today, calendar), calendar);
}

ReviewPeriod previous_of(const ReviewPeriod& period, const CalendarRules& calendar) {
  const auto day_before = Date{std::chrono::sys_days{period.from} - std::chrono::days{1}};
  if (period.kind != Kind::kRange) {
    return review_period_holding(period.kind, day_before, calendar);
  }
  const auto length = std::chrono::sys_days{period.to} - std::chrono::sys_days{period.from};
  const Date from{std::chrono::sys_days{period.from} - length};
  return {Kind::kRange, from, period.from, name_of(Kind::kRange, from, period.from, calendar)};
}

ReviewPeriod year_ago_of(const ReviewPeriod& period, const CalendarRules& calendar) {
  if (period.kind == Kind::kWeek) {
    return review_period_holding(
        period.kind, Date{std::chrono::sys_days{period.from} - std::chrono::days{364}}, calendar);
  }
  const Date from = date_of(shift_date(slot_of(period.from), Span{-12, 0, 0}));
  if (period.kind != Kind::kRange) {
    return review_period_holding(period.kind, from, calendar);
  }
  const Date to = date_of(shift_date(slot_of(period.to), Span{-12, 0, 0}));
  return {Kind::kRange, from, to, name_of(Kind::kRange, from, to, calendar)};
}

ReviewPeriod first_part(const ReviewPeriod& other, const ReviewPeriod& period, Date until, Grain every) {
  using std::chrono::sys_days;
  sys_days to = sys_days{other.from} + (sys_days{until} - sys_days{period.from});
  if (every.unit >= Grain::Unit::kMonth) {
    const auto months = [](Date date) {
      return 12 * static_cast<int>(date.year()) + static_cast<int>(static_cast<unsigned>(date.month()));
    };
    to = date_of(shift_date(slot_of(other.from), Span{months(until) - months(period.from), 0, 0}));
  }
  ReviewPeriod part = other;
  part.to = Date{until < period.to ? std::min(sys_days{other.to}, to) : sys_days{other.to}};
  return part;
}

}  // namespace kpi
