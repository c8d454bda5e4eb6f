#include "rules/load/ics.hpp"

#include "rules/base/text.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>

namespace kpi {
namespace {

constexpr int kLastYear = 2100;
constexpr int kLongestDays = 366;
constexpr std::size_t kMostDays = 100'000;

/// `NAME;PARAMETER=x:VALUE`, with the line of the file that it begins on.
struct Property {
  std::string name;
  std::string value;
  int line = 0;
};

/// The lines, those that were folded made whole again.
std::vector<Property> properties_of(std::string_view text) {
  std::vector<Property> properties;
  std::vector<std::pair<std::string, int>> lines;
  int number = 0;
  for (std::string_view line : split(text, '\n')) {
    ++number;
    line = line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
    if (!lines.empty() && (line.starts_with(' ') || line.starts_with('\t'))) {
      lines.back().first += line.substr(1);
    } else {
      lines.emplace_back(std::string(line), number);
    }
  }
  for (const auto& [line, at] : lines) {
    bool is_quoted = false;
    const auto ends = [&](char c) {
      is_quoted = c == '"' ? !is_quoted : is_quoted;
      return c == ':' && !is_quoted;
    };
    const auto colon = std::ranges::find_if(line, ends);
    if (colon == line.end()) {
      continue;
    }
    const std::string head(line.begin(), colon);
    properties.push_back({head.substr(0, head.find(';')), std::string(colon + 1, line.end()), at});
  }
  return properties;
}

tl::unexpected<Error> wrong(const Property& property, const std::string& what) {
  return fail(ErrorKind::kInvalid,
              "line " + std::to_string(property.line) + ": " + property.name + " " + what + ", got \"" +
                  printable(property.value, 60) + "\"");
}

/// `20261224` or `20261224T080000Z`: the date as written.
std::optional<Date> date_in(std::string_view text) {
  if (text.size() < 8 || (text.size() > 8 && text[8] != 'T')) {
    return std::nullopt;
  }
  return parse_date(std::string(text.substr(0, 4)) + "-" + std::string(text.substr(4, 2)) + "-" +
                    std::string(text.substr(6, 2)));
}

/// One event while it is read.
struct Event {
  std::optional<Date> start;
  std::optional<Date> end;  ///< Not included.
  bool is_yearly = false;
  int interval = 1;
  int count = kLastYear;
  Date until = Date{std::chrono::year{kLastYear} / 12 / 31};
  std::vector<Date> except;
  bool is_cancelled = false;
  Property rule;
};

Result<void> read_rule(const Property& property, Event& event) {
  event.rule = property;
  for (const std::string_view part : split(property.value, ';')) {
    const std::string_view name = part.substr(0, part.find('='));
    const std::string_view value = part.substr(std::min(part.size(), name.size() + 1));
    if (name == "FREQ" && value == "YEARLY") {
      event.is_yearly = true;
    } else if (name == "UNTIL" && date_in(value)) {
      event.until = std::min(event.until, *date_in(value));
    } else if (name == "INTERVAL" || name == "COUNT") {
      const auto number = parse_number(value);
      if (!number || *number < 1 || *number > kLastYear) {
        return wrong(property, "wants a number from 1 to 2100 as " + std::string(name));
      }
      (name == "COUNT" ? event.count : event.interval) = static_cast<int>(*number);
    } else if (name != "WKST" && name != "BYMONTH" && name != "BYMONTHDAY") {
      return wrong(property, "may only repeat a date yearly (FREQ=YEARLY with INTERVAL, COUNT, UNTIL)");
    } else if (name != "WKST" && event.start) {
      const unsigned own =
          name == "BYMONTH" ? static_cast<unsigned>(event.start->month()) : static_cast<unsigned>(event.start->day());
      if (parse_number(value) != static_cast<double>(own)) {
        return wrong(property, "may only repeat the date of DTSTART");
      }
    }
  }
  return event.is_yearly ? Result<void>() : wrong(property, "wants FREQ=YEARLY");
}

Result<void> read_property(const Property& property, Event& event) {
  if (property.name == "DTSTART" || property.name == "DTEND") {
    std::optional<Date> date = date_in(property.value);
    if (!date) {
      return wrong(property, "wants a date such as 20261224");
    }
    const bool is_day_begun =
        property.name == "DTEND" && property.value.size() > 8 && property.value.substr(9, 6) != "000000";
    if (is_day_begun) {
      date = Date{std::chrono::sys_days{*date} + std::chrono::days{1}};
    }
    (property.name == "DTEND" ? event.end : event.start) = date;
  } else if (property.name == "EXDATE") {
    for (const std::string_view text : split(property.value, ',')) {
      const auto date = date_in(text);
      if (!date) {
        return wrong(property, "wants dates such as 20261224");
      }
      event.except.push_back(*date);
    }
  } else if (property.name == "STATUS") {
    event.is_cancelled = property.value == "CANCELLED";
  } else if (property.name == "RRULE") {
    event.rule = property;
  } else if (property.name == "RDATE" || property.name == "RECURRENCE-ID" || property.name == "DURATION") {
    return wrong(property, "is not understood: give the event DTSTART and DTEND");
  }
  return {};
}

Result<void> add_days(Event& event, const Property& at, std::vector<Date>& days) {
  if (event.is_cancelled) {
    return {};
  }
  if (!event.start) {
    return fail(ErrorKind::kInvalid, "line " + std::to_string(at.line) + ": the event that ends here has no DTSTART");
  }
  if (!event.rule.name.empty()) {
    KPI_TRY(read_rule(event.rule, event));
  }
  const std::chrono::sys_days first{*event.start};
  const auto length = event.end ? (std::chrono::sys_days{*event.end} - first).count() : 1;
  if (length > kLongestDays) {
    return fail(ErrorKind::kInvalid,
                "line " + std::to_string(at.line) + ": the event that ends here lasts longer than a year");
  }
  for (int i = 0; i < (event.is_yearly ? event.count : 1); ++i) {
    const Date begin = *event.start + std::chrono::years{i * event.interval};
    if (begin.year() > std::chrono::year{kLastYear} || begin > event.until || days.size() > kMostDays) {
      break;
    }
    if (!begin.ok() || std::ranges::count(event.except, begin) > 0) {
      continue;  // 29 February, only in leap years
    }
    for (int day = 0; day < std::max<std::int64_t>(1, length); ++day) {
      days.push_back(Date{std::chrono::sys_days{begin} + std::chrono::days{day}});
    }
  }
  return {};
}

}  // namespace

Result<std::vector<Date>> parse_ics(std::string_view text) {
  const std::vector<Property> properties = properties_of(text);
  if (properties.empty() || properties[0].name != "BEGIN" || properties[0].value != "VCALENDAR") {
    return fail(ErrorKind::kInvalid, "this is no iCalendar file: it does not begin with BEGIN:VCALENDAR");
  }
  std::vector<Date> days;
  std::optional<Event> event;
  int inner = 0;  // alarms and the like inside an event
  for (const Property& property : properties) {
    const bool is_event = property.value == "VEVENT";
    if (property.name == "BEGIN" && is_event) {
      event = Event{};
    } else if (property.name == "END" && is_event && event) {
      KPI_TRY(add_days(*event, property, days));
      event.reset();
    } else if (property.name == "BEGIN" || property.name == "END") {
      inner += event ? (property.name == "BEGIN" ? 1 : -1) : 0;
    } else if (event && inner == 0) {
      KPI_TRY(read_property(property, *event));
    }
    if (days.size() > kMostDays) {
      return fail(ErrorKind::kInvalid, "the file has more than 100000 holidays");
    }
  }
  std::ranges::sort(days);
  days.erase(std::ranges::unique(days).begin(), days.end());
  return days;
}

}  // namespace kpi
