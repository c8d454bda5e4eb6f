// When a summary goes to whom: `digests`.

#include "daemon/config/config_keys.hpp"
#include "rules/base/text.hpp"

#include <algorithm>
#include <array>

namespace kpi {
namespace {

constexpr std::array<Grain::Unit, 4> kUnits{
    Grain::Unit::kDay, Grain::Unit::kWeek, Grain::Unit::kMonth, Grain::Unit::kQuarter};
constexpr std::array<std::string_view, 4> kExamples{"08:00", "monday 08:00", "day 1 08:00", "day 5 08:00"};
const std::vector<std::string> kWeekdays{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"};
constexpr int kMostDayOfMonth = 28;
constexpr int kMostDayOfQuarter = 90;

/// The words before the time: nothing, a weekday, "day 5". How many days after the period began; none: not understood.
std::optional<int> parse_day(std::string_view text, Grain::Unit every, const CalendarRules& calendar) {
  if (every == Grain::Unit::kDay) {
    return text.empty() ? std::optional(0) : std::nullopt;
  }
  if (every == Grain::Unit::kWeek) {
    const auto found = std::ranges::find(kWeekdays, to_lower_ascii(text));
    if (found == kWeekdays.end()) {
      return std::nullopt;
    }
    const auto weekday = std::chrono::weekday{static_cast<unsigned>(found - kWeekdays.begin())};
    return static_cast<int>((weekday - calendar.week_starts).count());
  }
  const std::vector<std::string_view> words = split(text, ' ');
  const auto day = words.size() == 2 && words[0] == "day" ? parse_number(words[1]) : std::nullopt;
  const int most = every == Grain::Unit::kMonth ? kMostDayOfMonth : kMostDayOfQuarter;
  const bool fits = day && *day >= 1 && *day <= most && *day == static_cast<int>(*day);
  return fits ? std::optional(static_cast<int>(*day) - 1) : std::nullopt;
}

void read_at(MapReader& map, DigestRule& rule, std::string_view example, const CalendarRules& calendar) {
  const YamlNode* node = map.optional("at");
  if (node == nullptr) {
    return;
  }
  const std::string_view text = trim(node->scalar);
  const std::size_t space = text.rfind(' ');
  const bool has_day = space != std::string_view::npos;
  const auto clock = parse_clock(has_day ? text.substr(space + 1) : text);
  const auto day = parse_day(has_day ? trim(text.substr(0, space)) : "", rule.every, calendar);
  if (clock && day && *clock < std::chrono::hours{24}) {
    rule.at = *clock;
    rule.day = *day;
    return;
  }
  map.diagnostics().error(node->position,
                          "at wants when a digest of every " + Grain{rule.every, 0}.text() + " comes, got \"" +
                              printable(node->scalar, 60) + "\"",
                          "write at: \"" + std::string(example) + "\"");
}

void check_channels(const YamlNode& item, const ConfigReading& reading) {
  const YamlNode* to = item.find("to");
  if (to == nullptr) {
    return;
  }
  std::vector<std::string> names;
  std::ranges::transform(reading.config.channels, std::back_inserter(names), &ChannelConfig::name);
  for (const YamlNode& channel : to->items.empty() ? std::vector<YamlNode>{*to} : to->items) {
    if (std::ranges::find(names, channel.scalar) == names.end()) {
      const std::string near = did_you_mean(channel.scalar, names);
      reading.diagnostics.error(channel.position,
                                "there is no channel \"" + printable(channel.scalar) + "\"",
                                !near.empty()   ? near
                                : names.empty() ? "declare it under channels"
                                                : "channels: " + join(names, " "));
      continue;
    }
    const ChannelConfig* to_whom = reading.config.find_channel(channel.scalar);
    const ChannelKind* kind = to_whom == nullptr ? nullptr : find_channel_kind(to_whom->type);
    if (kind != nullptr && kind->keeps_incidents) {
      reading.diagnostics.error(channel.position,
                                "a digest is no incident: " + printable(channel.scalar) + " (" + to_whom->type +
                                    ") would open one that nobody closes",
                                "send it to a channel that people read, such as mail");
    }
  }
}

DigestRule read_digest(const YamlNode& node, ConfigReading& reading) {
  DigestRule rule;
  MapReader map(node, "digests", reading.diagnostics);
  std::size_t every = 1;
  map.required("every", "how often: every: week");
  map.choice("every", {"day", "week", "month", "quarter"}, every);
  rule.every = kUnits.at(every);
  read_at(map, rule, kExamples.at(every), reading.config.rules.calendar);
  map.required("to", "the channels: to: [growth]");
  map.text_list("to", rule.to);
  if (const YamlNode* kpis = map.required("kpis", "which KPIs: kpis: {owner: growth}; {} is all")) {
    rule.match = read_match(*kpis, "kpis", reading.diagnostics);
  }
  std::size_t attach = 0;
  rule.has_review = map.choice("attach", {"review"}, attach);
  map.finish();
  check_channels(node, reading);
  return rule;
}

}  // namespace

void read_digests(const YamlNode& node, ConfigReading& reading) {
  if (node.kind != YamlNode::Kind::kSequence) {
    reading.diagnostics.error(
        node.position, "digests wants a list", "write digests: [{to: [growth], every: week, kpis: {}}]");
    return;
  }
  for (const YamlNode& item : node.items) {
    const DigestRule rule = read_digest(item, reading);
    std::vector<DigestRule>& digests = reading.config.digests;
    const bool is_twice = std::ranges::any_of(digests, [&](const DigestRule& other) {
      return std::ranges::any_of(rule.to, [&](const std::string& channel) {
        return std::ranges::find(other.to, channel) != other.to.end() &&
               key_of(other, channel) == key_of(rule, channel);
      });
    });
    if (is_twice) {
      reading.diagnostics.error(item.position, "this digest goes to the same channel twice", "take one of them out");
    }
    digests.push_back(rule);
  }
}

}  // namespace kpi
