// Who is told what: `routes`, `mutes`, `calendar.hours`, `fallback`.

#include "daemon/config/config_keys.hpp"
#include "rules/base/text.hpp"
#include "rules/load/weekdays.hpp"

#include <algorithm>
#include <charconv>
#include <set>

namespace kpi {
namespace {

constexpr std::size_t kMostHours = 100;
constexpr std::size_t kMostSteps = 20;
constexpr std::int64_t kLeastRepeatMs = 60'000;
constexpr std::int64_t kMostWaitMs = 7 * kDayMs;

/// What matches everything ends the list, unless it says `continue`.
void check_reach(const YamlNode& list, ConfigReading& reading) {
  const std::vector<Route>& routes = reading.config.routing.routes;
  const auto ends = [](const Route& route) { return route.match.empty() && !route.continues; };
  const auto last = std::ranges::find_if(routes, ends);
  const auto next = static_cast<std::size_t>(last - routes.begin()) + 1;
  if (last != routes.end() && next < list.items.size()) {
    reading.diagnostics.error(list.items[next].position,
                              "nothing reaches this route: the one before it matches everything",
                              "put it before that one, or write continue: true there");
  }
}

void read_clock(MapReader& map, std::string_view key, std::chrono::minutes& out) {
  const YamlNode* node = map.optional(key);
  if (node == nullptr) {
    return;
  }
  if (const auto minutes = parse_clock(node->scalar)) {
    out = *minutes;
  } else {
    map.diagnostics().error(node->position,
                            std::string(key) + " wants a time of day, got \"" + printable(node->scalar, 40) + "\"",
                            "write " + std::string(key) + ": \"08:00\"");
  }
}

Hours read_one_hours(const YamlNode& node, const std::string& where, Diagnostics& diagnostics) {
  Hours hours;
  MapReader map(node, where, diagnostics);
  if (const YamlNode* days = map.optional("days")) {
    hours.days = read_days(*days, diagnostics);
  }
  read_clock(map, "start", hours.start);
  read_clock(map, "end", hours.end);
  std::size_t holidays = 0;
  if (map.choice("holidays", {"true", "false", "only"}, holidays)) {
    hours.holidays = static_cast<Hours::Holidays>(holidays);
  }
  if (hours.start == std::chrono::hours{24}) {
    diagnostics.error(map.position_of("start"), "no day begins at 24:00", "write start: \"00:00\"");
  }
  map.finish();
  return hours;
}

/// "2 business days", or a duration.
std::optional<Delay> parse_delay(std::string_view text) {
  if (const auto span = parse_span(text)) {
    return Delay{*span, 0, ""};
  }
  const std::vector<std::string_view> words = split(trim(text), ' ');
  const auto count = parse_number(words.front());
  const bool is_counted = words.size() == 3 && (words[2] == "day" || words[2] == "days") && count && *count >= 1 &&
                          *count <= 366 && *count == static_cast<int>(*count);
  return is_counted ? std::optional(Delay{{}, static_cast<int>(*count), std::string(words[1])}) : std::nullopt;
}

void read_wait(MapReader& map, std::string_view key, Span& span) {
  const Span before = span;
  if (!map.span(key, span)) {
    return;
  }
  if (span.approximate_ms() < 0 || span.approximate_ms() > kMostWaitMs) {
    map.diagnostics().error(map.position_of(key),
                            std::string(key) + " wants 0 to 7 days",
                            "write " + std::string(key) + ": " + before.text());
    span = before;
  }
}

Route::Step read_step(const YamlNode& node, Diagnostics& diagnostics) {
  Route::Step step;
  MapReader map(node, "routes.escalate", diagnostics);
  if (const YamlNode* after = map.required("after", "how long after it fired: after: 2 business days")) {
    const auto delay = parse_delay(after->scalar);
    if (delay && (delay->days > 0 || delay->span.approximate_ms() > 0)) {
      step.after = *delay;
    } else {
      diagnostics.error(after->position,
                        "after wants a duration or days, got \"" + printable(after->scalar, 60) + "\"",
                        "write after: 2h, or after: 2 business days (days that calendar.hours.business has)");
    }
  }
  map.required("to", "the channels that are told next: to: [board]");
  map.text_list("to", step.to);
  map.finish();
  return step;
}

void read_escalate(const YamlNode& node, Route& route, Diagnostics& diagnostics) {
  if (node.kind != YamlNode::Kind::kSequence || node.items.size() > kMostSteps) {
    diagnostics.error(node.position,
                      "escalate wants a list of 1 to 20 steps",
                      "write escalate: [{after: 2 business days, to: [board]}]");
    return;
  }
  for (const YamlNode& item : node.items) {
    route.escalate.push_back(read_step(item, diagnostics));
  }
}

Route read_route(const YamlNode& node, ConfigReading& reading) {
  Route route;
  MapReader map(node, "routes", reading.diagnostics);
  if (const YamlNode* match = map.required("match", "which alerts: match: {owner: growth}; {} is all")) {
    route.match = read_match(*match, "match", reading.diagnostics);
  }
  map.required("to", "the channels: to: [growth]");
  map.text_list("to", route.to);
  map.flag("continue", route.continues);
  map.text_list("group_by", route.group_by);
  read_wait(map, "wait", route.wait);
  read_wait(map, "interval", route.interval);
  route.interval_spares_critical = map.optional("interval") == nullptr;
  const bool is_set = map.span("repeat", route.repeat);
  route.repeat_grows = !is_set;
  if (is_set && !route.repeat.is_zero() && route.repeat.approximate_ms() < kLeastRepeatMs) {
    reading.diagnostics.error(
        map.position_of("repeat"), "repeat wants a minute or more, or 0 for no reminder", "write repeat: 1 day");
    route.repeat = Route{}.repeat;
  }
  map.text("only", route.only);
  map.text_list("mute", route.mute);
  if (const YamlNode* escalate = map.optional("escalate")) {
    read_escalate(*escalate, route, reading.diagnostics);
  }
  map.finish();
  return route;
}

/// Each of the names that a list or scalar of the YAML holds must be known.
class NameCheck {
 public:
  /// `what`: "there is no channel"; `list`: what they are called, "channels"; `remedy`: where none is defined.
  NameCheck(
      std::string what, std::string list, std::vector<std::string> names, std::string remedy, Diagnostics& diagnostics)
      : what_(std::move(what)),
        list_(std::move(list)),
        names_(std::move(names)),
        remedy_(std::move(remedy)),
        diagnostics_(diagnostics) {}

  void check(const YamlNode* node) {
    if (node == nullptr) {
      return;
    }
    if (node->kind == YamlNode::Kind::kSequence) {
      for (const YamlNode& item : node->items) {
        check_one(item);
      }
    } else {
      check_one(*node);
    }
  }

 private:
  void check_one(const YamlNode& node) {
    if (std::ranges::find(names_, node.scalar) != names_.end()) {
      return;
    }
    const std::string near = did_you_mean(node.scalar, names_);
    diagnostics_.error(node.position,
                       what_ + " \"" + printable(node.scalar) + "\"",
                       !near.empty()    ? near
                       : names_.empty() ? remedy_
                                        : list_ + ": " + join(names_, " "));
  }

  std::string what_;
  std::string list_;
  std::vector<std::string> names_;
  std::string remedy_;
  Diagnostics& diagnostics_;
};

std::vector<std::string> names_of(const std::map<std::string, Hours, std::less<>>& hours) {
  std::vector<std::string> names;
  for (const auto& [name, window] : hours) {
    names.push_back(name);
  }
  return names;
}

NameCheck channel_check(ConfigReading& reading) {
  std::vector<std::string> names;
  for (const ChannelConfig& channel : reading.config.channels) {
    names.push_back(channel.name);
  }
  return {"there is no channel", "channels", std::move(names), "declare it under channels", reading.diagnostics};
}

/// The hours whose days an escalation counts; `business` is known without being defined.
void check_delay_hours(const YamlNode& step, NameCheck& hours) {
  const YamlNode* after = step.find("after");
  const auto delay = after == nullptr ? std::nullopt : parse_delay(after->scalar);
  if (delay && !delay->hours.empty() && delay->hours != "business") {
    YamlNode name = *after;
    name.scalar = delay->hours;
    hours.check(&name);
  }
}

/// A window that is open all week.
bool is_always(const Hours& hours) {
  const Hours all_week;
  return hours.days == all_week.days && hours.holidays == Hours::Holidays::kLikeOtherDays &&
         (hours.start == hours.end || hours.end - hours.start >= all_week.end - all_week.start);
}

}  // namespace

std::vector<LabelMatch> read_match(const YamlNode& node, std::string_view key, Diagnostics& diagnostics) {
  std::vector<LabelMatch> result;
  if (node.kind != YamlNode::Kind::kMap) {
    diagnostics.error(node.position,
                      std::string(key) + " wants labels and values",
                      "write " + std::string(key) + ": {owner: growth}; {} is all");
    return result;
  }
  for (const auto& [label, values] : node.entries) {
    LabelMatch match;
    match.label = label.scalar;
    std::size_t negated = 0;
    for (std::string& value : read_text_list(values, diagnostics, label.scalar)) {
      const bool is_negated = value.starts_with('!');
      negated += is_negated ? 1 : 0;
      match.values.push_back(is_negated ? value.substr(1) : value);
    }
    match.is_negated = negated > 0;
    if (negated != 0 && negated != match.values.size()) {
      diagnostics.error(values.position, "one list cannot hold both values and \"!values\"", "use two routes");
    }
    result.push_back(std::move(match));
  }
  return result;
}

std::optional<std::chrono::minutes> parse_clock(std::string_view text) {
  unsigned hour = 0;
  unsigned minute = 0;
  const char* const end = text.data() + text.size();
  const auto [colon, hour_error] = std::from_chars(text.data(), end, hour);
  if (hour_error != std::errc{} || colon == end || *colon != ':' || colon - text.data() > 2 || end - colon != 3) {
    return std::nullopt;
  }
  const auto [rest, minute_error] = std::from_chars(colon + 1, end, minute);
  const bool fits = minute < 60 && (hour < 24 || (hour == 24 && minute == 0));
  return minute_error == std::errc{} && rest == end && fits
             ? std::optional(std::chrono::hours{hour} + std::chrono::minutes{minute})
             : std::nullopt;
}

void read_hours(const YamlNode& node,
                const std::string& where,
                std::map<std::string, Hours, std::less<>>& out,
                Diagnostics& diagnostics) {
  if (node.kind != YamlNode::Kind::kMap || node.entries.size() > kMostHours) {
    diagnostics.error(node.position,
                      where + " wants up to 100 names, each with its days and times",
                      "write " + where + R"(: {nights: {days: [monday-friday], start: "22:00", end: "08:00"}})");
    return;
  }
  for (const auto& [name, body] : node.entries) {
    out.insert_or_assign(name.scalar, read_one_hours(body, where + ".{" + printable(name.scalar) + "}", diagnostics));
  }
}

void read_routes(const YamlNode& node, ConfigReading& reading) {
  if (node.kind != YamlNode::Kind::kSequence) {
    reading.diagnostics.error(node.position, "routes wants a list", "write routes: [{match: {}, to: [board]}]");
    return;
  }
  for (const YamlNode& item : node.items) {
    reading.config.routing.routes.push_back(read_route(item, reading));
  }
}

void check_routes(const YamlNode* node, ConfigReading& reading) {
  if (node == nullptr || node->kind != YamlNode::Kind::kSequence) {
    return;
  }
  RoutingRules& routing = reading.config.routing;
  NameCheck channels = channel_check(reading);
  NameCheck mutes("there is no mute", "mutes", names_of(routing.mutes), "define it under mutes", reading.diagnostics);
  NameCheck hours(
      "there are no hours", "hours", names_of(routing.hours), "define them under calendar.hours", reading.diagnostics);
  for (const YamlNode& item : node->items) {
    channels.check(item.find("to"));
    mutes.check(item.find("mute"));
    hours.check(item.find("only"));
    if (const YamlNode* escalate = item.find("escalate")) {
      for (const YamlNode& step : escalate->items) {
        channels.check(step.find("to"));
        check_delay_hours(step, hours);
      }
    }
  }
  check_reach(*node, reading);
  const bool has_last = std::ranges::any_of(routing.routes, [](const Route& route) { return route.match.empty(); });
  if (!has_last) {
    reading.diagnostics.error(node->items.empty() ? node->position : node->items.back().position,
                              "the last route must match everything, so that no alert is lost",
                              "add {match: {}, to: [CHANNEL]} at the end");
  }
}

void read_mutes(const YamlNode& node, ConfigReading& reading) {
  read_hours(node, "mutes", reading.config.routing.mutes, reading.diagnostics);
}

void check_mutes(const YamlNode& node, ConfigReading& reading) {
  std::set<std::string> used;
  for (const Route& route : reading.config.routing.routes) {
    used.insert(route.mute.begin(), route.mute.end());
  }
  for (const auto& [name, body] : node.entries) {
    if (!used.contains(name.scalar)) {
      reading.diagnostics.warning(name.position,
                                  "no route uses the mute \"" + printable(name.scalar) + "\"",
                                  "write mute: [" + printable(name.scalar) + "] in a route, or remove it");
    } else if (is_always(reading.config.routing.mutes.find(name.scalar)->second)) {
      reading.diagnostics.warning(
          name.position,
          "the mute \"" + printable(name.scalar) + "\" never ends: routes that use it tell nobody anything",
          "write days, or start and end");
    }
  }
}

void read_fallback(const YamlNode& node, ConfigReading& reading) {
  reading.config.routing.fallback = read_text(node, reading.diagnostics, "fallback").value_or("");
  channel_check(reading).check(&node);
}

}  // namespace kpi
