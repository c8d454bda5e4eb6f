#pragma once
// Dates as sources write them, by a strptime-like pattern. Pure; any thread.

#include "plugins/date_text.hpp"
#include "rules/base/calendar.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kpi {

/// A pattern of literal text and these directives:
///   %Y year in four digits, %y in two (69-99 are 19xx); %m month, %b or %B its English name; %d or %e day of the
///   month; %j day of the year; %V ISO week, the %Y (or %G) beside it being the ISO year, %u its weekday 1-7, else
///   Monday; %q calendar quarter; %H hour, %I hour of twelve with %p AM/PM; %M minute; %S second; %f fraction of a
///   second; %a or %A weekday's English name (not compared with the date); %z offset or Z; %s seconds, %Q milliseconds
///   since the epoch; %F is %Y-%m-%d, %T is %H:%M:%S, %R is %H:%M, %% a percent sign.
/// Numbers may be written with or without leading zeros, names in any case; a blank stands for one or more blanks.
/// What a pattern leaves out is the first: %Y-%m is the first of the month.
class DateFormat {
 public:
  /// The finest thing that a pattern tells.
  enum class Precision : std::uint8_t { kYear, kQuarter, kMonth, kWeek, kDay, kTime };

  /// ISO 8601: `2026-03-31`, a time behind it after a blank or a T (`06:00`, `06:00:30.5`), and an offset behind that.
  DateFormat() = default;
  /// kInvalid: an unknown directive, one thing twice, or not enough to tell a date.
  static Result<DateFormat> parse(std::string_view pattern);

  /// The whole of `text`, blanks around it apart; nothing when it does not match or is no date that exists.
  [[nodiscard]] std::optional<WrittenTime> read(std::string_view text) const;

  /// Nothing for the ISO format, which takes dates and times.
  [[nodiscard]] std::optional<Precision> precision() const { return precision_; }

  /// The pattern; "%Y-%m-%d" for the ISO format.
  [[nodiscard]] const std::string& pattern() const { return pattern_; }

  /// Why read() refused this text, with the patterns that would take it:
  /// `"9/14/2014" is not a date as in %Y-%m-%d: write date.format, here "%m/%d/%Y"`. `key` is that of the source;
  /// empty: it has none.
  [[nodiscard]] std::string trouble(std::string_view text, std::string_view key = "date.format") const;

 private:
  std::string pattern_ = "%Y-%m-%d";
  std::string steps_;  // pattern_ with its composites written out; empty: ISO
  std::optional<Precision> precision_;
};

/// How a source cuts time.
struct SlotRule {
  Grain grain;
  Zone zone;
  CalendarRules calendar;
};

/// Whether a date without a time of day tells the period of this grain.
bool needs_time(Grain grain);
/// Whether a date of this precision tells the period of this grain; a week does not tell its month.
bool tells(DateFormat::Precision precision, Grain grain);

/// The period that holds a moment. REQUIRES `moment.has_time || !needs_time(rule.grain)`.
Slot slot_of(const WrittenTime& moment, const SlotRule& rule);

/// What is to be told of a local time without an offset that the change of a clock leaves out or repeats; empty: it is
/// one time. The same REQUIRES.
std::string clock_trouble(const WrittenTime& moment, const SlotRule& rule);

}  // namespace kpi
