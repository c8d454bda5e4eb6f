#include "plugins/date_format.hpp"

#include "rules/base/text.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace kpi {
namespace {

using std::chrono::days;
using std::chrono::floor;
using Precision = DateFormat::Precision;

constexpr std::size_t kShownBytes = 60;

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

/// Patterns proposed where a date does not match.
constexpr std::array<std::string_view, 17> kCommon{"%Y-%m-%d",
                                                   "%m/%d/%Y",
                                                   "%d/%m/%Y",
                                                   "%d.%m.%Y",
                                                   "%d-%m-%Y",
                                                   "%Y/%m/%d",
                                                   "%Y%m%d",
                                                   "%Y-%m",
                                                   "%Y-W%V",
                                                   "%d %b %Y",
                                                   "%b %d, %Y",
                                                   "%d-%b-%Y",
                                                   "%m/%d/%y",
                                                   "%d.%m.%y",
                                                   "%Y-%m-%d %H:%M",
                                                   "%m/%d/%Y %H:%M",
                                                   "%d/%m/%Y %H:%M"};

std::string_view written_out(char directive) {
  switch (directive) {
    case 'F':
      return "%Y-%m-%d";
    case 'T':
      return "%H:%M:%S";
    case 'R':
      return "%H:%M";
    case 'B':
      return "%b";
    case 'A':
      return "%a";
    case 'e':
      return "%d";
    case 'G':
      return "%Y";
    default:
      return "";
  }
}

constexpr std::string_view kDirectives = "YymdbjVuqHIMSfpazsQ%";

Result<std::string> write_out(std::string_view pattern) {
  std::string steps;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '%') {
      const bool again = is_blank(pattern[i]) && !steps.empty() && is_blank(steps.back());
      steps += again ? "" : std::string(1, pattern[i]);
      continue;
    }
    const std::string directive(pattern.substr(i, 2));
    const char letter = directive.size() == 2 ? directive[1] : '\0';
    if (const std::string_view composite = written_out(letter); !composite.empty()) {
      steps += composite;
    } else if (letter != '\0' && kDirectives.find(letter) != std::string_view::npos) {
      steps += directive;
    } else {
      return fail(ErrorKind::kInvalid,
                  "date format \"" + printable(pattern, kShownBytes) + "\" has " + printable(directive) +
                      ", which means nothing: use %Y %y %m %b %d %j %V %u %q %H %I %p %M %S %f %z %a %s %Q, "
                      "and %% for a percent sign");
    }
    ++i;
  }
  return steps;
}

/// Which directives a pattern has; what is told twice is named.
class Told {
 public:
  explicit Told(std::string_view steps) {
    for (std::size_t i = 0; i + 1 < steps.size(); ++i) {
      if (steps[i] == '%') {
        add(steps[++i]);
      }
    }
  }

  [[nodiscard]] bool has(char directive) const { return letters_.find(directive) != std::string::npos; }

  [[nodiscard]] char twice() const { return twice_; }

  [[nodiscard]] bool has_date() const { return has_year() && (has_month() || !has('d')) && has_one_way(); }

  [[nodiscard]] bool has_epoch() const { return has('s') || has('Q'); }

  [[nodiscard]] bool has_clock() const { return has('H') || (has('I') && has('p')); }

  /// Minutes hang on hours, halves on hours of twelve, an offset on a time.
  [[nodiscard]] bool has_whole_time() const {
    const bool finer = has('M') || has('S') || has('f') || has('z');
    const bool twelve_fits = has('I') == has('p') && !(has('I') && has('H'));
    return twelve_fits && (!finer || has_clock()) && (!has('S') || has('M')) && (!has('f') || has('S'));
  }

  [[nodiscard]] Precision precision() const {
    if (has_epoch() || has_clock()) {
      return Precision::kTime;
    }
    if (has('d') || has('j') || has('u')) {
      return Precision::kDay;
    }
    return has('V')      ? Precision::kWeek
           : has_month() ? Precision::kMonth
           : has('q')    ? Precision::kQuarter
                         : Precision::kYear;
  }

 private:
  void add(char directive) {
    if (directive == '%' || directive == 'a') {
      return;
    }
    twice_ = has(directive) ? directive : twice_;
    letters_ += directive;
  }

  [[nodiscard]] bool has_year() const { return has('Y') != has('y'); }

  [[nodiscard]] bool has_month() const { return has('m') || has('b'); }

  /// Month, day of the year, week and quarter are four ways to say the same.
  [[nodiscard]] bool has_one_way() const {
    const bool month = has('m') && has('b');
    const int ways = (has_month() ? 1 : 0) + (has('j') ? 1 : 0) + (has('V') ? 1 : 0) + (has('q') ? 1 : 0);
    return !month && ways <= 1 && (!has('u') || has('V'));
  }

  std::string letters_;
  char twice_ = '\0';
};

}  // namespace

Result<DateFormat> DateFormat::parse(std::string_view pattern) {
  const std::string shown = "date format \"" + printable(pattern, kShownBytes) + '"';
  DateFormat format;
  format.pattern_ = pattern;
  format.steps_ = KPI_TRY(write_out(trim(pattern)));
  const Told told(format.steps_);
  if (told.twice() != '\0') {
    return fail(ErrorKind::kInvalid, shown + " has %" + told.twice() + " twice: leave one of them out");
  }
  if (!told.has_epoch() && !told.has_date()) {
    return fail(ErrorKind::kInvalid,
                shown +
                    " does not tell one date: write a year with a month and day, as in %Y-%m-%d, or with one of "
                    "%m, %j, %V and %q, or the seconds since 1970 as %s");
  }
  if (!told.has_whole_time()) {
    return fail(ErrorKind::kInvalid,
                shown + " does not tell one time of day: minutes need %H, %I needs %p, seconds need %M");
  }
  if (told.has_clock() && !told.has('z') && format.steps_.ends_with('Z')) {
    return fail(ErrorKind::kInvalid, shown + " ends in a Z, which means UTC: write %z, which reads Z and +01:00");
  }
  format.precision_ = told.precision();
  return format;
}

std::optional<WrittenTime> DateFormat::read(std::string_view text) const {
  const std::string_view bare = trim(text);
  return steps_.empty() ? read_iso_date(bare) : read_date(steps_, bare);
}

std::string DateFormat::trouble(std::string_view text, std::string_view key) const {
  std::vector<std::string> fitting;
  for (const std::string_view pattern : kCommon) {
    if (read_date(pattern, trim(text))) {
      fitting.push_back('"' + std::string(pattern) + '"');
    }
  }
  const std::string shown = '"' + printable(trim(text), kShownBytes) + "\" is not a date as in " + printable(pattern_);
  if (key.empty()) {
    return shown + ": deliver it as 2026-03-31 (ISO 8601)";
  }
  const std::string origin = key == "date.format" ? "file" : "answer";
  return shown + (fitting.empty() ? ": correct it, or write " + std::string(key) + " as the " + origin + " has it"
                                  : ": write " + std::string(key) + ", here " + join(fitting, " or "));
}

bool needs_time(Grain grain) {
  return grain.unit == Grain::Unit::kInterval && grain.interval_ms < kDayMs;
}

bool tells(Precision precision, Grain grain) {
  switch (grain.unit) {
    case Grain::Unit::kInterval:
      return precision == Precision::kTime || (precision == Precision::kDay && !needs_time(grain));
    case Grain::Unit::kInstant:
    case Grain::Unit::kDay:
      return precision >= Precision::kDay;
    case Grain::Unit::kWeek:
      return precision >= Precision::kWeek;
    case Grain::Unit::kMonth:
      return precision >= Precision::kMonth && precision != Precision::kWeek;
    case Grain::Unit::kQuarter:
      return precision >= Precision::kQuarter && precision != Precision::kWeek;
    case Grain::Unit::kYear:
      return precision != Precision::kWeek;
  }
  return false;
}

std::string clock_trouble(const WrittenTime& moment, const SlotRule& rule) {
  if (moment.is_utc || rule.grain.is_civil()) {
    return "";
  }
  const std::chrono::local_time<Duration> local{Duration(moment.ms)};
  const Instant instant = rule.zone.to_instant(local);
  const std::string remedy = ": deliver times with their offset, 2026-10-25T02:30+01:00, or in UTC with timezone: UTC";
  if (rule.zone.to_local(instant) != local) {
    return "there is no such time in " + rule.zone.name() + ", whose clocks go forward over it, so that it counts as " +
           "the end of the gap" + remedy;
  }
  using std::chrono::minutes;
  for (const minutes back : {minutes{30}, minutes{60}, minutes{120}}) {
    if (rule.zone.to_local(instant + back) == local) {
      return "this time comes twice in " + rule.zone.name() + ", whose clocks go back, and counts as the first" +
             remedy;
    }
  }
  return "";
}

Slot slot_of(const WrittenTime& moment, const SlotRule& rule) {
  const Duration ms(moment.ms);
  if (moment.is_utc) {
    return slot_at(Instant(ms), rule.grain, rule.zone, rule.calendar);
  }
  if (rule.grain.is_civil()) {
    return slot_at(Date(floor<days>(std::chrono::local_time<Duration>(ms))), rule.grain, rule.calendar);
  }
  return slot_at(rule.zone.to_instant(std::chrono::local_time<Duration>(ms)), rule.grain, rule.zone, rule.calendar);
}

}  // namespace kpi
