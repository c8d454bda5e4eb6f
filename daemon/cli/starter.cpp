#include "daemon/cli/starter.hpp"

#include <array>
#include <cmath>
#include <string_view>

namespace kpi {
namespace {

constexpr int kDays = 60;

constexpr std::string_view kConfig = R"yaml(# What kpid reads, whom it tells, and where it keeps what it has seen.
# Change it to your own; `kpid check` says what is wrong with it, and where.

timezone: {zone}# where days begin and end: an IANA name
language: en                    # numbers in messages: en, sv, da or nb
calendar:
  week_starts: monday
  year_starts: 1 January        # of the fiscal year; quarters follow from it
history: sqlite:history.db      # all that was seen and judged; paths are relative to this file
rules: [rules/*.yaml]           # the files with the KPIs

sources:
  web:                          # a name of your own; formulas write web.visits
    plugin: csv                 # how to read it: `kpid plugins` lists the kinds and their keys
    path: data/visitors.csv     # made-up numbers, to be replaced by yours
    every: 15m                  # how often `kpid run` looks for news
    grain: day                  # a row is one day
    settle: 0                   # how long a day's numbers may still change; 1 day where they do
    missing: unknown            # a day without a row is no zero; or zero, or last
    date: {column: date}        # the column that says which day
    metrics:                    # the numbers, one column each
      # kind: how a number behaves over time. distinct counts different people, who may come again tomorrow: days do not
      # add up. flow adds up. (The others are level, a state such as followers, and mean, a score as delivered.)
      visitors: {kind: distinct, unit: visitors}
      visits: {kind: flow, unit: visits}
      signups: {kind: flow, unit: signups}
      orders: {kind: flow, unit: orders}

channels:                       # where messages can go
  terminal: {type: console}     # printed where kpid runs
  # team: {type: slack, url: "${env:SLACK_WEBHOOK_URL}"}      # a secret stays outside of this file

routes:                         # which messages go where: the first match wins
  # - {match: {owner: growth}, to: [team]}
  - {match: {}, to: [terminal]}                               # {} is everything: the last route must be so
)yaml";

constexpr std::string_view kRules =
    R"yaml(# What is promised, and when it counts as missed. `kpid explain NAME` shows how one is computed and judged.
kpis:
  visitors:                               # its name in formulas and commands
    title: Visitors a day                 # its name in messages
    description: Different people on the site in a day, the mean of seven days
    owner: growth                         # who looks after it; routes can match it
    objective: More people find us        # what it is good for
    unit: visitors
    value: avg(web.visitors)              # the formula, over source.metric
    over: 7 days                          # of the seven days that end with the day that is judged
    target:                               # a promise with a date
      from: 100                           # where it stood
      start: {start}                   # on this day
      to: 1000                            # where it is to be
      by: 6 months                        # so long after the start; or a date
      path: compound                      # growing by the same share every day; or linear, by the same amount
      judge: pace                         # by how much of the way that should lie behind it does
    reviewed: {today}                  # when somebody last asked whether this is the right KPI and target

  signup_rate:
    title: Sign-up rate
    description: Visits that end with a sign-up, seven days
    owner: growth
    objective: More customers from the same visits
    unit: "%"
    better: higher                        # the default; lower for costs
    value: web.signups / web.visits       # a ratio of sums, so that busy days weigh more
    over: 7 days
    thresholds:
      warning: 4%                         # a day below this is missed; exactly this is met
      critical: 3%
      for: 2 days                         # and is told when it lasts: one bad day is no news
      recover: 4.2%                       # it is over only when it is clearly better
    reviewed: {today}

  orders:
    title: Orders a day
    description: Orders in the shop
    owner: sales
    objective: More customers from the same visits
    unit: orders
    value: web.orders                     # of one day: without `over`, the window is the period
    thresholds: {warning: 10, critical: 4}
    alerts:                               # any other condition that is true when something is wrong
      - {name: sudden drop, when: "change(value, 1 week) < -75%", severity: info}
    no_data: {after: 2 days, then: alert, severity: warning}     # nothing for so long is told, too
    reviewed: {today}
)yaml";

std::string filled(std::string_view text, std::string_view name, std::string_view value) {
  std::string out(text);
  for (std::size_t at = out.find(name); at != std::string::npos; at = out.find(name, at + value.size())) {
    out.replace(at, name.size(), value);
  }
  return out;
}

/// Sixty days of a small shop: growing a little faster than its target asks, with quiet weekends, and an order form
/// that broke three days ago.
std::string data_of(std::chrono::sys_days today) {
  static constexpr std::array kWeekday{1.05, 1.10, 1.08, 1.04, 0.98, 0.85, 0.90};  // Monday first
  static constexpr std::array kMood{0.0, 0.04, -0.03, 0.02, -0.04};
  std::string text = "date,visitors,visits,signups,orders,note\n";
  for (int day = 0; day < kDays; ++day) {
    const std::chrono::sys_days date = today - std::chrono::days{kDays - day};
    const auto place = static_cast<std::size_t>(std::chrono::weekday{date}.iso_encoding() - 1);
    const double mood = kMood.at(static_cast<std::size_t>(day) % kMood.size());
    const double visitors = 106 * std::pow(10.0, day / 175.0) * kWeekday.at(place) * (1 + mood);
    const double visits = visitors * 1.3;
    const double orders = day < kDays - 3 ? visits * 0.03 * (1 - mood) + 8 : 5 + kDays - day;
    text += date_text(Date{date});
    for (const double number : {visitors, visits, visits * 0.052 * (1 + 2 * mood), orders}) {
      text += "," + std::to_string(std::lround(number));
    }
    text += ",made up\n";
  }
  return text;
}

}  // namespace

std::vector<StarterFile> starter_files(Date today, const std::string& zone) {
  const std::chrono::sys_days day{today};
  const std::string start = date_text(Date{day - std::chrono::days{kDays}});
  constexpr std::size_t kCommentAt = 22;  // after "timezone: "
  const std::string padded = zone + std::string(zone.size() < kCommentAt ? kCommentAt - zone.size() : 1, ' ');
  return {{"kpid.yaml", filled(kConfig, "{zone}", padded)},
          {"rules/visitors.yaml", filled(filled(kRules, "{today}", date_text(today)), "{start}", start)},
          {"data/visitors.csv", data_of(day)}};
}

}  // namespace kpi
