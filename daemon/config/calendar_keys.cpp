// `calendar:`: weeks, fiscal years, holidays, events and hours by name.

#include "daemon/config/config_keys.hpp"
#include "rules/base/text.hpp"
#include "rules/load/ics.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

namespace kpi {
namespace {

/// `1 January`, `6 April`.
std::optional<std::chrono::month_day> parse_day_of_year(std::string_view text) {
  static constexpr std::array<std::string_view, 12> kMonths{"january",
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
  const std::size_t space = text.find(' ');
  const auto day = parse_number(text.substr(0, space));
  if (space == std::string_view::npos || !day || *day != static_cast<unsigned>(*day)) {
    return std::nullopt;
  }
  const std::string name = to_lower_ascii(trim(text.substr(space)));
  const auto* month = std::ranges::find(kMonths, name);
  if (month == kMonths.end()) {
    return std::nullopt;
  }
  const std::chrono::month_day result{std::chrono::month{static_cast<unsigned>(month - kMonths.begin()) + 1},
                                      std::chrono::day{static_cast<unsigned>(*day)}};
  return result.ok() && *day <= 28 ? std::optional(result) : std::nullopt;
}

/// `events`: the dates of each, in order and once.
std::map<std::string, std::vector<Date>, std::less<>> read_events(const YamlNode& node, Diagnostics& diagnostics) {
  constexpr std::size_t most = 1000;
  std::map<std::string, std::vector<Date>, std::less<>> events;
  if (node.kind != YamlNode::Kind::kMap) {
    diagnostics.error(node.position, "events wants names and dates", "write events: {black_friday: [2026-11-27]}");
    return events;
  }
  for (const auto& [name, days] : node.entries) {
    std::vector<Date>& dates = events[name.scalar];
    if (days.kind != YamlNode::Kind::kSequence || days.items.empty() || days.items.size() > most) {
      diagnostics.error(days.position,
                        "the event \"" + printable(name.scalar) + "\" wants a list of 1 to 1000 dates",
                        "write " + printable(name.scalar) + ": [2026-11-27]");
      continue;
    }
    for (const YamlNode& day : days.items) {
      if (const auto date = read_date(day, diagnostics, "an event")) {
        dates.push_back(*date);
      }
    }
    std::ranges::sort(dates);
    dates.erase(std::ranges::unique(dates).begin(), dates.end());
  }
  return events;
}

}  // namespace

void read_calendar(const YamlNode& node,
                   ConfigReading& reading,
                   const std::function<Result<std::string>(const std::string&)>& read_near) {
  MapReader map(node, "calendar", reading.diagnostics);
  CalendarRules& calendar = reading.config.rules.calendar;
  std::size_t day = 0;
  if (map.choice("week_starts", {"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}, day)) {
    calendar.week_starts = std::chrono::weekday{static_cast<unsigned>(day)};
  }
  if (const YamlNode* year = map.optional("year_starts")) {
    if (const auto parsed = parse_day_of_year(year->scalar)) {
      calendar.year_starts = *parsed;
    } else {
      reading.diagnostics.error(
          year->position,
          "year_starts wants a day of the year up to the 28th, got \"" + printable(year->scalar) + "\"",
          "write year_starts: 1 July");
    }
  }
  NamedDays days;
  if (const YamlNode* events = map.optional("events")) {
    days.events = read_events(*events, reading.diagnostics);
  }
  if (const YamlNode* hours = map.optional("hours")) {
    read_hours(*hours, "calendar.hours", reading.config.routing.hours, reading.diagnostics);
  }
  if (const YamlNode* files = map.optional("holidays")) {
    for (const std::string& file : read_text_list(*files, reading.diagnostics, "holidays")) {
      const Result<std::string> text = read_near(file);
      const auto found = text ? parse_ics(*text) : Result<std::vector<Date>>(tl::unexpected(text.error()));
      if (!found) {
        reading.diagnostics.error(files->position, "the holidays " + printable(file) + ": " + found.error().message);
        continue;
      }
      days.holidays.insert(days.holidays.end(), found->begin(), found->end());
    }
    std::ranges::sort(days.holidays);
  }
  calendar.days = std::make_shared<const NamedDays>(std::move(days));
  map.finish();
}

}  // namespace kpi
