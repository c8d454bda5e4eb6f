#include "rules/routing/route.hpp"

#include "rules/base/text.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace kpi {
namespace {

/// Mutes that follow each other without a gap for longer than this have no end.
constexpr int kMostWindows = 1000;

bool holds(const LabelMatch& match, const Labels& labels) {
  const std::string_view value = label_value(labels, match.label);
  const bool is_listed = std::ranges::find(match.values, value) != match.values.end();
  return is_listed != match.is_negated;
}

Labels group_of(const Route& route, const Labels& labels) {
  Labels group;
  for (const std::string& key : route.group_by) {
    const std::string_view value = label_value(labels, key);
    if (!value.empty()) {
      group.emplace_back(key, std::string(value));
    }
  }
  if (group.empty() && !label_value(labels, "source").empty()) {
    group.emplace_back("source", std::string(label_value(labels, "source")));
  }
  std::ranges::sort(group);
  const auto twice = std::ranges::unique(group);
  group.erase(twice.begin(), twice.end());
  return group;
}

/// The window of a mute, or the time outside the hours, that holds `at`.
std::optional<Quiet> quiet_window(const Route& route,
                                  const RoutingRules& rules,
                                  Instant at,
                                  const CivilGround& ground) {
  for (const std::string& name : route.mute) {
    const auto mute = rules.mutes.find(name);
    const auto end = mute == rules.mutes.end() ? std::nullopt : end_of_window(mute->second, at, ground);
    if (end) {
      return Quiet{name, *end};
    }
  }
  const auto only = rules.hours.find(route.only);
  if (only == rules.hours.end() || end_of_window(only->second, at, ground)) {
    return std::nullopt;
  }
  return Quiet{"", start_of_window(only->second, at, ground).value_or(Instant::max())};
}

}  // namespace

bool matches(const std::vector<LabelMatch>& match, const Labels& labels) {
  return std::ranges::all_of(match, [&](const LabelMatch& one) { return holds(one, labels); });
}

std::vector<Destination> destinations(const Labels& labels, std::span<const Route> routes) {
  std::vector<Destination> found;
  std::set<std::string_view> reached;
  for (std::size_t i = 0; i < routes.size(); ++i) {
    const Route& route = routes[i];
    if (!matches(route.match, labels)) {
      continue;
    }
    for (const std::string& channel : route.to) {
      if (reached.insert(channel).second) {
        found.push_back({i, channel, group_of(route, labels)});
      }
    }
    if (!route.continues) {
      break;
    }
  }
  return found;
}

std::vector<Destination> destinations(const Labels& labels,
                                      std::span<const Labels> also,
                                      std::span<const Route> routes) {
  std::vector<Destination> found = destinations(labels, routes);
  for (const Labels& other : also) {
    for (Destination& destination : destinations(other, routes)) {
      if (std::ranges::find(found, destination.channel, &Destination::channel) == found.end()) {
        destination.group = group_of(routes[destination.route], labels);
        found.push_back(std::move(destination));
      }
    }
  }
  return found;
}

std::string text_of(const std::vector<LabelMatch>& match) {
  std::vector<std::string> parts;
  parts.reserve(match.size());
  for (const LabelMatch& one : match) {
    parts.push_back(one.label + (one.is_negated ? "!=" : "=") + join(one.values, "|"));
  }
  return parts.empty() ? "everything" : join(parts, ", ");
}

std::string key_of(const Route& route) {
  return text_of(route.match) + " by " + join(route.group_by, ",") + " to " + join(route.to, ",");
}

std::optional<Quiet> quiet_at(const Route& route, const RoutingRules& rules, Instant now, const CivilGround& ground) {
  std::optional<Quiet> quiet = quiet_window(route, rules, now, ground);
  for (int i = 0; quiet && quiet->until != Instant::max(); ++i) {
    const auto next = quiet_window(route, rules, quiet->until, ground);
    if (!next) {
      break;
    }
    quiet->until = i < kMostWindows ? next->until : Instant::max();
  }
  return quiet;
}

Instant after(const Delay& delay, Instant from, const RoutingRules& rules, const CivilGround& ground) {
  if (delay.hours.empty()) {
    return shift_instant(from, delay.span, ground.zone);
  }
  const auto hours = rules.hours.find(delay.hours);
  return after_days(hours == rules.hours.end() ? kBusinessDays : hours->second, delay.days, from, ground);
}

}  // namespace kpi
