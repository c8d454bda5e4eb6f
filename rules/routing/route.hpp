#pragma once
// Who is told what: which channels the alert of these labels goes to, with which others it shares a message, and how
// long each waits.

#include "rules/model/sample.hpp"
#include "rules/routing/hours.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace kpi {

/// One condition of a route or silence: the label has one of the values, or (negated) none of them.
struct LabelMatch {
  std::string label;
  std::vector<std::string> values;
  bool is_negated = false;

  bool operator==(const LabelMatch&) const = default;
};

/// How long after: a span, or so many days of the hours of that name ("2 business days").
struct Delay {
  Span span;
  int days = 0;
  std::string hours;  ///< Empty: `span` counts.

  bool operator==(const Delay&) const = default;
};

/// First match wins unless `continues`.
struct Route {
  struct Step {
    Delay after;
    std::vector<std::string> to;

    bool operator==(const Step&) const = default;
  };

  std::vector<LabelMatch> match;  ///< All must hold; empty matches everything.
  std::vector<std::string> to;
  bool continues = false;
  std::vector<std::string> group_by{"kpi"};
  Span wait{.ms = 30'000};           ///< Before the first message of a group.
  Span interval{.ms = 5L * 60'000};  ///< Between messages about changes of a group.
  /// Nobody wrote how long: an alert that begins critical waits for `wait` alone.
  bool interval_spares_critical = true;
  Span repeat{.days = 1};         ///< Between reminders. Zero: none comes.
  bool repeat_grows = true;       ///< Nobody wrote how often: the gap doubles each time.
  std::string only;               ///< Hours outside which nothing is delivered; empty: none.
  std::vector<std::string> mute;  ///< Mutes within which nothing is delivered.
  std::vector<Step> escalate;     ///< In the order of time.

  bool operator==(const Route&) const = default;
};

/// All that decides who is told what, as configured.
struct RoutingRules {
  std::vector<Route> routes;
  std::map<std::string, Hours, std::less<>> hours;  ///< `calendar.hours`
  std::map<std::string, Hours, std::less<>> mutes;
  std::string fallback;  ///< The channel for kpid's own troubles; empty: those of the last route.

  bool operator==(const RoutingRules&) const = default;
};

/// Where an alert goes: one group of one route, to one channel.
struct Destination {
  std::size_t route = 0;
  std::string channel;
  Labels group;

  bool operator==(const Destination&) const = default;
};

bool matches(const std::vector<LabelMatch>& match, const Labels& labels);

/// Where an alert of these labels goes, in the order of the routes. A channel that two routes name gets it once.
std::vector<Destination> destinations(const Labels& labels, std::span<const Route> routes);

/// The same of an alert that speaks for others: it goes where they would, too, in groups of its own labels.
std::vector<Destination> destinations(const Labels& labels,
                                      std::span<const Labels> also,
                                      std::span<const Route> routes);

/// Names a route from one load to the next: what it matches, groups by and reaches.
std::string key_of(const Route& route);

/// "owner=growth, severity!=info"; "everything" when empty.
std::string text_of(const std::vector<LabelMatch>& match);

/// Why and until when the route delivers nothing.
struct Quiet {
  std::string mute;  ///< Its name; empty: it is outside the hours `only`.
  Instant until;     ///< Instant::max(): no end is known.

  bool operator==(const Quiet&) const = default;
};

/// Whether the route is quiet at `now`. Windows that touch count as one.
std::optional<Quiet> quiet_at(const Route& route, const RoutingRules& rules, Instant now, const CivilGround& ground);

Instant after(const Delay& delay, Instant from, const RoutingRules& rules, const CivilGround& ground);

}  // namespace kpi
