// What the ledger promises, for any rule and any data: judged period by period or all at once, with late data or
// restated data, it says the same in the end.

#include "rules/base/text.hpp"
#include "tests/unit/rules/judge/ledger.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>

namespace kpi {
namespace {

/// One world: metrics, a rule, and a value (or a hole, or a null) for each period of each metric.
struct World {
  std::vector<Metric> metrics;
  std::string kpis;
  std::map<std::string, std::string> values;  ///< By metric.
  std::string begin;
  std::string end;
  bool has_target = false;

  [[nodiscard]] std::string text() const {
    std::string text = kpis + "from " + begin + " to " + end + "\n";
    for (const Metric& metric : metrics) {
      text += metric.name + " per " + metric.grain.text() + ", settle " + metric.settle.text() + ", missing " +
              std::to_string(static_cast<int>(metric.missing)) + ": " + values.at(metric.name) + "\n";
    }
    return text;
  }

  /// Moves the end to where no period waits for its samples any more.
  void give_up_all() { end = date_text(date_of(Slot{slot_of(*parse_date(end)).ms + 40 * kDayMs})); }

  [[nodiscard]] std::unique_ptr<Ledger> ledger() const {
    auto ledger = std::make_unique<Ledger>(metrics, kpis);
    if (has_target) {
      ledger->targets("x");
    }
    return ledger;
  }
};

void showValue(const World& world, std::ostream& out) {
  out << world.text();
}

template <class T>
T one_of(std::initializer_list<T> choices) {
  return *rc::gen::elementOf(std::vector<T>(choices));
}

std::string any_values(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) {
    const int kind = *rc::gen::weightedElement<int>({{12, 0}, {2, 1}, {1, 2}});
    text += kind == 1 ? "_ " : kind == 2 ? "nan " : std::to_string(*rc::gen::inRange(0, 13) * 10) + " ";
  }
  return text;
}

Metric any_metric(const std::string& name, const std::string& grain, const Zone& zone) {
  Metric metric = metric_named(name);
  metric.grain = parse_grain(grain).value();
  metric.zone = zone;
  metric.kind = one_of({MetricKind::kFlow, MetricKind::kLevel, MetricKind::kMean});
  metric.settle = one_of<Span>({{}, {}, {0, 1, 0}, {0, 2, 0}});
  metric.missing =
      *rc::gen::weightedElement<Missing>({{6, Missing::kUnknown}, {1, Missing::kZero}, {1, Missing::kLast}});
  return metric;
}

/// Grains that go together, and how many periods of the metric make a story.
struct Cadences {
  std::string metric;
  std::string every;
  std::string over;
  int periods = 0;
};

Cadences any_cadences() {
  return one_of<Cadences>({{"day", "day", "1 day", 30},
                           {"day", "day", "7 days", 40},
                           {"day", "day", "1 month", 70},
                           {"day", "week", "1 week", 60},
                           {"day", "week", "2 weeks", 60},
                           {"day", "month", "1 month", 150},
                           {"week", "month", "1 month", 30},
                           {"hour", "day", "1 day", 100},
                           {"2h", "2h", "2h", 60},
                           {"hour", "2h", "1 day", 90},
                           {"6h", "day", "2 days", 60}});
}

std::string any_rule(const Cadences& cadences) {
  const bool higher = *rc::gen::arbitrary<bool>();
  const std::string one = cadences.every == "2h" ? "2h" : "1 " + cadences.every;
  const bool is_often = cadences.every == "2h" || cadences.every == "day";
  const std::string to_date = is_often ? "change(to_date(a.m, month), 1 month)" : "to_date(b.m, year)";
  const auto value = one_of<std::string>({"a.m",
                                          "a.m",
                                          "a.m / b.m",
                                          "a.m + prev(b.m, " + one + ")",
                                          "coalesce(a.m, b.m)",
                                          "avg(a.m)",
                                          "sum(a.m * coalesce(b.m, 1))",
                                          is_often ? "to_date(a.m, week)" : "per(a.m, day)"});
  std::string text = "x:\n  value: \"" + value + "\"";
  text += one_of<std::string>({"", "", "\n  min_sample: {b.m: 40}", "\n  min_sample: {a.m: 20, b.m: 10}"});
  text += "\n  every: " + cadences.every + "\n  over: " + cadences.over;
  text += "\n  complete: " + one_of<std::string>({"100%", "100%", "50%"});
  text += std::string("\n  better: ") + (higher ? "higher" : "lower") + "\n  thresholds:\n";
  text += "    warning: " + one_of<std::string>({"60", "60", "0.9 * prev(value, " + one + ")", "avg(b.m)"}) + "\n";
  if (*rc::gen::arbitrary<bool>()) {
    text += std::string("    critical: ") + (higher ? "30" : "90") + "\n";
  }
  if (*rc::gen::arbitrary<bool>()) {
    text += std::string("    recover: ") + (higher ? "80" : "40") + "\n";
  }
  const std::string lengths = cadences.every;
  const auto any_length = [&] {
    return lengths == "2h" ? one_of<std::string>({"0", "4h", "1 day"})
                           : one_of<std::string>({"0", "2 " + lengths + "s", "3 " + lengths + "s", "3 days"});
  };
  text += "    for: " + any_length() + "\n    recover_for: " + any_length() + "\n";
  if (*rc::gen::arbitrary<bool>()) {
    text += std::string("    segments: [{match: total, warning: ") + (higher ? "70" : "50") + ", for: " + any_length() +
            "}, {match: {}, warning: 65}]\n";
  }
  const bool has_weekdays = cadences.every == "day" || cadences.every == "2h";
  if (has_weekdays && *rc::gen::arbitrary<bool>()) {
    text += std::string("    when: [{days: [saturday-sunday], warning: ") + (higher ? "50" : "70") +
            "}, {days: [friday-monday, wednesday], warning: \"prev(a.m, " + one + ")\"}]\n";
  }
  if (value == "a.m / b.m" && *rc::gen::arbitrary<bool>()) {
    text += "    confidence: " + one_of<std::string>({"50%", "95%"}) + "\n";
  }
  text += "  alerts:\n    - {name: drop, when: \"change(value, " + one +
          ") < -50%\", severity: " + one_of<std::string>({"info", "critical"}) + ", for: " + any_length() + "}\n";
  text += "    - {name: other, when: \"" +
          one_of<std::string>({to_date + " > 40", "age(b.m) > 2 days", "avg(a.m - b.m) < 0"}) + "\"}\n";
  text += "  no_data: {then: " + one_of<std::string>({"alert", "alert", "hold", "ok"});
  text += one_of<std::string>({"", ", after: 0", ", after: 36h", ", after: 3 days", ", after: 1 month"}) + "}\n";
  return text;
}

/// Another KPI, made of the first one.
std::string any_user(const Cadences& cadences, int choice) {
  const std::map<std::string, std::string> coarser{
      {"2h", "day"}, {"day", "week"}, {"week", "month"}, {"month", "quarter"}};
  const std::string& next = coarser.at(cadences.every);
  switch (choice) {
    case 0:
      return "y: {value: x * 2, thresholds: {warning: 100}}\n";
    case 1:
      return "y: {value: \"avg(x, 1 " + next + ")\", every: " + next + ", complete: 50%, thresholds: {warning: 50}}\n";
    case 2:
      return "y: {value: x + a.m, every: " + next + ", thresholds: {warning: 100}, no_data: {after: 3 days}}\n";
    default:
      return "";
  }
}

/// A target that begins with the world, of any measure and path, and now and then a change of it.
std::string any_target(Slot begin, const Cadences& cadences, bool may_add_up) {
  const auto date = [&](int days) { return date_text(date_of(Slot{begin.ms + days * kDayMs})); };
  const int days = *rc::gen::inRange(8, 40);
  const bool adds_up = may_add_up && (cadences.over == cadences.every || cadences.over == "1 " + cadences.every);
  std::string text = "  target: {start: " + date(0) + ", by: " + date(days) + ", ";
  const int measure = *rc::gen::inRange(0, adds_up ? 5 : 4);
  if (measure == 2) {
    return text + "measure: average, from: 20, to: 60}\n";
  }
  if (measure == 3) {
    return text + "measure: share_met, to: 70%}\n";
  }
  text += measure == 4 ? "measure: total, to: 900, " : "from: 20, to: " + one_of<std::string>({"60", "10"}) + ", ";
  text += "path: " + one_of<std::string>(
                         {"linear", measure == 4 ? "linear" : "compound", "s-curve", "{steps: {" + date(5) + ": 30}}"});
  if (*rc::gen::arbitrary<bool>()) {
    text += ", changes: [{date: " + date(3) + ", to: 70, by: " + date(days + 5) + ", path: linear, why: more}]";
  }
  return text + "}\n";
}

World any_world() {
  World world;
  const Cadences cadences = any_cadences();
  const Zone zone = zone_named(one_of<std::string>({"UTC", "Europe/Stockholm", "America/New_York"}));
  world.begin = one_of<std::string>({"2026-03-10", "2026-10-12", "2025-12-20"});
  world.metrics = {any_metric("a.m", cadences.metric, zone), any_metric("b.m", cadences.metric, zone)};
  world.kpis = any_rule(cadences);
  for (Metric& metric : world.metrics) {
    const bool must_count = world.kpis.find("confidence:") != std::string::npos;
    metric.kind = must_count && metric.kind == MetricKind::kMean ? MetricKind::kFlow : metric.kind;
  }
  const int kpi_of_kpi = *rc::gen::inRange(0, 4);
  const Grain grain = world.metrics[0].grain;
  Slot end = slot_at(instant_in(zone, world.begin), grain, zone, {});
  for (const Metric& metric : world.metrics) {
    world.values[metric.name] = "50 " + any_values(cadences.periods - 1);
  }
  end = next_slot(end, grain, zone, cadences.periods);
  const auto local = zone.to_local(start_of(end, grain, zone));
  world.end = date_text(Date{std::chrono::floor<std::chrono::days>(local)});
  if (*rc::gen::arbitrary<bool>()) {
    world.has_target = true;
    const bool is_ratio = world.kpis.find(" / ") != std::string::npos || world.kpis.find("per(") != std::string::npos;
    const bool has_level = std::ranges::count(world.metrics, MetricKind::kLevel, &Metric::kind) > 0;
    world.kpis += any_target(slot_of(*parse_date(world.begin)), cadences, !is_ratio && !has_level);
  }
  world.kpis += any_user(cadences, kpi_of_kpi);
  return world;
}

void give_all(Ledger& ledger, const World& world) {
  for (const Metric& metric : world.metrics) {
    ledger.given(metric.name, world.begin, world.values.at(metric.name));
  }
}

std::string number(double value) {
  return std::isnan(value) ? "-" : number_text(value);
}

/// Each row, a line of text; without those of the periods that `other` still waits for.
std::string rows_text(const Ledger& ledger, bool with_episodes, const Ledger* other = nullptr) {
  std::string text;
  for (const auto& [key, row] : ledger.rows()) {
    if (other != nullptr && other->lines()[key.first - 1].awaiting.contains(key.second)) {
      continue;
    }
    text += rfc3339(row.period.start) + " value " + number(row.value) + " limit " + number(row.limit) + " " +
            std::string(name_of(row.verdict)) + " " + std::string(name_of(row.severity)) + " state " +
            std::string(name_of(row.state)) + " reason " + std::string(name_of(row.reason)) + " expected " +
            number(row.expected) + " " + std::string(name_of(row.target_status)) + " goal " + number(row.goal) +
            (with_episodes ? " episode " + row.episode : "") + "\n";
  }
  return text;
}

std::string slot_text(const std::optional<Slot>& slot) {
  return slot ? rfc3339(Instant{Duration{slot->ms}}) : "-";
}

std::string run_text(const std::optional<Rung::Run>& run) {
  return run ? slot_text(run->first) + "+" + std::to_string(run->gaps) : "-";
}

std::string alert_text(const AlertState& state, bool with_past) {
  std::string text = std::string(name_of(state.phase)) + " " + std::string(name_of(state.severity));
  for (const Rung& rung : state.rungs) {
    text +=
        std::string(rung.is_on ? " on" : " off") + " missed " + run_text(rung.missed) + " fine " + run_text(rung.fine);
  }
  text += state.is_stale ? " stale" : "";
  text += " changes " + std::to_string(state.changes) + (state.is_flapping ? " flapping" : "");
  if (with_past || state.phase == AlertPhase::kPending) {
    text += " since " + slot_text(state.since) + " pending " + (state.pending_at ? rfc3339(*state.pending_at) : "-");
  }
  if (with_past) {
    text += " episode " + state.episode + " firing " + (state.firing_at ? rfc3339(*state.firing_at) : "-") + " worst " +
            std::string(name_of(state.worst));
  }
  return text + "\n";
}

/// Where everything stands. The past of what fires (since when, under which name) is left out on request: an episode
/// that people know keeps it, whatever turns out later.
std::string present_text(const Ledger& ledger, bool with_past) {
  std::string text;
  for (const Line& line : ledger.lines()) {
    text += ledger.rules().kpis[line.kpi].id + " thresholds " + alert_text(line.thresholds, with_past) + " target " +
            alert_text(line.target, with_past) + " " + std::string(name_of(line.target_standing.status)) + "\n";
    for (const AlertState& alert : line.alerts) {
      text += " alert " + alert_text(alert, with_past);
    }
    text += std::string(" no data ") + (line.no_data.is_on ? "on" : "off");
    text += line.no_data.is_on && !with_past ? "" : " since " + slot_text(line.no_data.first);
    text += with_past ? " " + line.no_data.episode : "";
    text += with_past ? " awaiting " + std::to_string(line.awaiting.size()) : "";
    text += " newest " + slot_text(line.newest) + " busy " + std::to_string(line.busy.size()) + "\n";
  }
  return text;
}

std::string episodes_text(const Ledger& ledger) {
  std::string text;
  for (const auto& [id, row] : ledger.episode_rows()) {
    text += id + " " + row.rule + " " + std::string(name_of(row.severity)) + " since " + rfc3339(row.since) +
            " pending " + (row.pending ? rfc3339(*row.pending) : "-") + " firing " +
            (row.firing ? rfc3339(*row.firing) : "-") + " resolved " + (row.resolved ? rfc3339(*row.resolved) : "-") +
            " " + std::string(name_of(row.reason)) + (row.restated ? " restated" : "") + "\n";
  }
  return text;
}

/// Fails with both texts, line by line where they differ.
void expect_same(const std::string& what, const std::string& a, const std::string& b) {
  if (a == b) {
    return;
  }
  const auto left = split(a, '\n');
  const auto right = split(b, '\n');
  std::string text = what + " differ:\n";
  for (std::size_t i = 0; i < std::max(left.size(), right.size()); ++i) {
    const std::string l(i < left.size() ? left[i] : "(none)");
    const std::string r(i < right.size() ? right[i] : "(none)");
    text += l == r ? "" : "  < " + l + "\n  > " + r + "\n";
  }
  RC_FAIL(text);
}

RC_GTEST_PROP(LinePromise, JudgedStepByStepAndAllAtOnceAreTheSame, ()) {
  const World world = *rc::gen::exec(any_world);
  const auto at_once = world.ledger();
  give_all(*at_once, world);
  at_once->judged_at(world.end);
  const auto lived = world.ledger();
  give_all(*lived, world);
  lived->lived_until(world.end);
  expect_same("rows", rows_text(*at_once, true), rows_text(*lived, true));
  expect_same("episodes", episodes_text(*at_once), episodes_text(*lived));
  expect_same("present", present_text(*at_once, true), present_text(*lived, true));
}

RC_GTEST_PROP(LinePromise, JudgedOnceADayIsTheSameAsAtOnce, ()) {
  const World world = *rc::gen::exec(any_world);
  const auto at_once = world.ledger();
  give_all(*at_once, world);
  at_once->judged_at(world.end);
  const auto daily = world.ledger();
  give_all(*daily, world);
  const Slot end = slot_of(*parse_date(world.end));
  for (Slot day = slot_of(*parse_date(world.begin)); day < end; day.ms += kDayMs) {
    daily->judged_at(date_text(date_of(day)) + " 06:00");
  }
  daily->judged_at(world.end);
  expect_same("rows", rows_text(*at_once, true), rows_text(*daily, true));
  expect_same("episodes", episodes_text(*at_once), episodes_text(*daily));
  expect_same("present", present_text(*at_once, true), present_text(*daily, true));
}

/// Delivers every value some days after its period or on time.
void give_late(Ledger& ledger, const World& world) {
  for (const Metric& metric : world.metrics) {
    Slot slot = slot_at(instant_in(metric.zone, world.begin), metric.grain, metric.zone, {});
    for (const std::optional<double> value : values_of(world.values.at(metric.name))) {
      const Slot next = next_slot(slot, metric.grain, metric.zone);
      const int days = *rc::gen::weightedElement<int>({{6, 0}, {1, 1}, {1, 3}, {1, 10}});
      const auto local = metric.zone.to_local(start_of(slot, metric.grain, metric.zone));
      const Date day{std::chrono::floor<std::chrono::days>(local)};
      if (value && days > 0) {
        const Date arrival = date_of(Slot{slot_of(day).ms + (days + 1) * kDayMs});
        ledger.arrives(
            instant_in(metric.zone, date_text(arrival) + " 05:00"), metric.name, Instant{Duration{slot.ms}}, *value);
      } else if (value) {
        ledger.arrives(start_of(next, metric.grain, metric.zone), metric.name, Instant{Duration{slot.ms}}, *value);
      }
      slot = next;
    }
  }
}

RC_GTEST_PROP(LinePromise, LateDataEndsAsDataOnTime, ()) {
  World world = *rc::gen::exec(any_world);
  world.give_up_all();
  const auto on_time = world.ledger();
  give_all(*on_time, world);
  on_time->judged_at(world.end);
  const auto late = world.ledger();
  give_late(*late, world);
  late->lived_until(world.end);
  expect_same("rows", rows_text(*on_time, false), rows_text(*late, false));
  expect_same("present", present_text(*on_time, false), present_text(*late, false));
}

RC_GTEST_PROP(LinePromise, RestatedDataEndsAsIfItHadBeenSoFromTheStart, ()) {
  World world = *rc::gen::exec(any_world);
  world.give_up_all();
  const auto restated = world.ledger();
  give_all(*restated, world);
  restated->judged_at(world.end);
  for (const Metric& metric : world.metrics) {
    Slot slot = slot_at(instant_in(metric.zone, world.begin), metric.grain, metric.zone, {});
    std::string values;
    for (const std::optional<double> value : values_of(world.values.at(metric.name))) {
      const bool changes = value && *rc::gen::weightedElement<int>({{7, 0}, {1, 1}}) == 1;
      const double now = changes ? *rc::gen::inRange(0, 13) * 10 : value.value_or(0);
      values += !value ? "_ " : std::isnan(now) ? "nan " : number_text(now) + " ";
      if (changes) {
        restated->arrives(instant_in(metric.zone, world.end), metric.name, Instant{Duration{slot.ms}}, now);
      }
      slot = next_slot(slot, metric.grain, metric.zone);
    }
    world.values[metric.name] = values;
  }
  restated->judged_at(world.end);
  const auto fresh = world.ledger();
  give_all(*fresh, world);
  fresh->judged_at(world.end);
  // What was without data once, and is now only late, has been judged all the same.
  expect_same("rows", rows_text(*fresh, false), rows_text(*restated, false, fresh.get()));
  const bool waits_alike = std::ranges::equal(fresh->lines(), restated->lines(), {}, &Line::awaiting, &Line::awaiting);
  if (waits_alike) {
    expect_same("present", present_text(*fresh, false), present_text(*restated, false));
  }
}

}  // namespace
}  // namespace kpi
