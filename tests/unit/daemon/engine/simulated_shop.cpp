// The shop that simulations watch: its data, its receivers and what befalls them, all from one seed. What a file says
// and what a receiver answers depends on nothing but the seed and the time, so that a run without faults sees the same
// data.

#include "daemon/notify/message_json.hpp"
#include "rules/base/text.hpp"
#include "tests/unit/daemon/engine/simulation.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace kpi::test {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Duration kDay = hours{24};
/// Without faults at the end: what is owed arrives, and what was changed is seen.
constexpr int kCalmDays = 6;

constexpr const char* kConfig = R"(
timezone: Europe/Stockholm
rules: [rules.yaml]
sources:
  shop:
    {plugin: csv, path: shop.csv, every: 6h, settle: 1 day, date: {column: day}, labels: {country: country},
     metrics: {orders: {column: orders, kind: flow}, revenue: {column: revenue, kind: flow}}}
  web:
    {plugin: csv, path: web.csv, every: 4h, date: {column: day}, labels: {country: country},
     metrics: {visits: {column: visits, kind: flow}}}
  desk:
    {plugin: csv, path: desk.csv, every: 12h, missing: zero, date: {column: day},
     metrics: {complaints: {column: complaints, kind: flow}}}
channels:
  team: {type: webhook, url: "https://team.example/hook"}
  board: {type: webhook, url: "https://board.example/hook"}
  ops: {type: webhook, url: "https://ops.example/hook"}
routes:
  - {match: {severity: critical}, to: [team, board]}
  - {match: {owner: finance}, to: [board]}
  - {match: {}, to: [team]}
fallback: ops
heartbeat: {url: "https://beat.example/", every: 1h}
)";

constexpr const char* kRules = R"~(
kpis:
  orders:
    value: shop.orders
    split_by: [country]
    expect: {country: [SE, DK]}
    thresholds:
      {warning: 20, critical: 8, for: 2 days, recover: 24, recover_for: 2 days,
       segments: [{match: {country: "NO"}, warning: 15, for: 1 day}, {match: total, warning: 40, critical: 10, recover: 40}],
       when: [{days: sunday, warning: 10}]}
  conversion:
    value: shop.orders / web.visits
    over: 3 days
    split_by: [country]
    min_sample: {web.visits: 250}
    thresholds: {warning: 15%, confidence: 80%}
    no_data: {after: 2 days}
  basket:
    owner: finance
    value: shop.revenue / shop.orders
    alerts: [{name: sudden drop, when: "change(value, 1 day) < -30%", for: 2 days, severity: critical}]
  complaints: {value: desk.complaints, better: lower, thresholds: {warning: 1}, inhibits: [jumpy.thresholds]}
  jumpy: {value: shop.revenue, thresholds: {warning: "1.1 * prev(value, 1 day)"}, no_data: {then: ok}}
  weekly_revenue: {owner: finance, value: shop.revenue, every: week, complete: 50%, thresholds: {warning: 20000}}
  health: {value: conversion * basket, split_by: [country], thresholds: {warning: 40}}
  goal: {value: shop.orders, target: {from: 10, start: START, to: 60, by: 3 weeks, judge: pace}}
)~";

/// The same number for the same question.
class Dice {
 public:
  explicit Dice(std::uint32_t seed) : seed_(seed) {}

  /// From 0 to below 1.
  [[nodiscard]] double roll(const std::string& question) const {
    std::uint64_t mixed = std::stoull(fingerprint(question), nullptr, 16) + seed_ * 0x9E3779B97F4A7C15U;
    mixed = (mixed ^ (mixed >> 30U)) * 0xBF58476D1CE4E5B9U;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94D049BB133111EBU;
    return static_cast<double>((mixed ^ (mixed >> 31U)) >> 11U) / static_cast<double>(1ULL << 53U);
  }

  [[nodiscard]] double between(double low, double high, const std::string& question) const {
    return std::round(low + roll(question) * (high - low));
  }

 private:
  std::uint32_t seed_;
};

/// When simulations begin: before both changes of the clock, a leap day, and the turn of a year.
Instant begin_of(std::uint32_t seed) {
  static const std::vector<const char*> kBegins{
      "2026-03-08 03:00", "2026-10-05 03:00", "2028-02-10 03:00", "2026-12-12 03:00"};
  return at(kBegins[seed % kBegins.size()]);
}

class Shop {
 public:
  Shop(std::uint32_t seed, Instant begin, Instant calm, const Faults& faults)
      : dice_(seed), begin_(begin), calm_(calm), faults_(faults) {}

  Result<std::string> file(const std::string& path, Instant now) const {
    const double manner = faults_.sources && now < calm_ ? dice_.roll(path + " file " + hour_of(now, 3)) : 1;
    if (manner < 0.04) {
      return fail(ErrorKind::kNotFound, path + ": no such file");
    }
    if (manner < 0.06) {
      return fail(ErrorKind::kTimeout, path + " does not answer");
    }
    // In the last day nothing new comes: however late the last poll is, it sees the same.
    const Instant seen = std::min(now, calm_ + (kCalmDays - 1) * kDay);
    return spoilt(text(path, manner < 0.10 ? now - 3 * kDay : seen), path, manner, now);
  }

  Result<HttpResponse> answer(const std::string& receiver, Instant now) {
    HttpResponse answer;
    answer.status = 200;
    if (!faults_.receivers || now >= calm_ || receiver == "beat") {
      return answer;
    }
    // A receiver is in one mood for a while; of single answers some are lost.
    const double mood = dice_.roll(receiver + " mood " + hour_of(now, 5));
    if (mood < 0.08) {
      return fail(ErrorKind::kUnavailable, "connection refused");
    }
    if (mood < 0.12) {
      return fail(ErrorKind::kTimeout, "no answer in time");
    }
    if (mood < 0.26) {
      static constexpr int kStatus[] = {500, 503, 429, 404, 410, 400, 301};
      answer.status = kStatus[static_cast<std::size_t>((mood - 0.12) / 0.02) % 7];
      answer.headers = {{"retry-after", answer.status == 429 ? "180" : "soon"}};
      return answer;
    }
    answer.status = dice_.roll(receiver + " loses " + std::to_string(++asked_)) < 0.04 ? 299 : 200;
    return answer;
  }

 private:
  static std::string hour_of(Instant now, int hours_each) {
    return std::to_string(std::chrono::floor<hours>(now.time_since_epoch()).count() / hours_each);
  }

  /// What the file would say if all were well.
  [[nodiscard]] std::string text(const std::string& path, Instant now) const {
    std::string text = path == "shop.csv"  ? "day,country,orders,revenue\n"
                       : path == "web.csv" ? "day,country,visits\n"
                                           : "day,complaints\n";
    for (Instant day = begin_ - 10 * kDay; day < now; day += kDay) {
      const Instant comes = day + kDay + minutes{static_cast<int>(dice_.between(0, 300, path + " comes " + name(day)))};
      if (comes > now) {
        continue;
      }
      if (path == "desk.csv") {
        const double count = dice_.roll("complaints " + name(day));
        text += count < 0.2 ? name(day) + "," + number_text(std::round(1 + count * 10)) + "\n" : "";
        continue;
      }
      for (const char* country : {"SE", "NO"}) {
        text += row(path, day, country, now);
      }
    }
    return text;
  }

  static std::string name(Instant day) { return rfc3339(day).substr(0, 10); }

  [[nodiscard]] std::string row(const std::string& path, Instant day, const std::string& country, Instant now) const {
    const std::string which = path + " " + name(day) + " " + country;
    const double fate = dice_.roll(which);
    if (fate < 0.05) {
      return "";  // never comes
    }
    // One in six is corrected within three days.
    const bool is_corrected = fate > 0.84 && day + kDay + hours{static_cast<int>(6 + fate * 66)} < now;
    const std::string version = which + (is_corrected ? " corrected" : "");
    std::string text = name(day) + "," + country;
    if (path == "web.csv") {
      return text + "," + number_text(dice_.between(60, 200, version + " visits")) + "\n";
    }
    const double orders = dice_.between(2, 40, version + " orders");
    text += fate < 0.08 ? "," : "," + number_text(orders);
    return text + "," + number_text(orders * dice_.between(200, 600, version + " basket")) + "\n";
  }

  [[nodiscard]] std::string spoilt(std::string text, const std::string& path, double manner, Instant now) const {
    const auto place = [&](std::size_t most) {
      return static_cast<std::size_t>(dice_.roll(path + " place " + hour_of(now, 3)) * static_cast<double>(most));
    };
    if (manner >= 0.10 && manner < 0.13) {
      text.resize(place(text.size()));
    } else if (manner >= 0.13 && manner < 0.15) {
      std::minstd_rand noise(static_cast<unsigned>(place(1U << 30U)));
      for (char& c : text) {
        c = static_cast<char>(noise() >> 8U);
      }
    } else if (manner >= 0.15 && manner < 0.17) {
      text.insert(place(text.size()), "\"");
    } else if (manner >= 0.17 && manner < 0.19) {
      text += "2026-13-45,\x1b[2J,1e999,NaN\n,,,,,,\n\0\n" + std::string(5000, ',') + "\n";
    } else if (manner >= 0.19 && manner < 0.21) {
      text.replace(0, 3, "Day of");
    } else if (manner >= 0.21 && manner < 0.22) {
      text.clear();
    }
    return text;
  }

  Dice dice_;
  Instant begin_;
  Instant calm_;
  Faults faults_;
  int asked_ = 0;
};

/// What befalls the watch itself, one thing after another.
class Fate {
 public:
  Fate(SimulatedWorld& world, Instant calm, const Faults& faults) : world_(world), calm_(calm), faults_(faults) {
    plan();
  }

  [[nodiscard]] Instant next() const { return std::min(next_, mended_); }

  void strike() {
    if (world_.clock.truth >= mended_) {
      mended_ = Instant::max();
      world_.store.is_broken = false;
      world_.note("commits succeed again");
    }
    if (world_.clock.truth < next_) {
      return;
    }
    plan();
    if (next_ == Instant::max()) {
      return;  // the calm has begun
    }
    const double what = world_.chance();
    if (what < 0.35) {
      kill();
    } else if (what < 0.5 && faults_.storage) {
      world_.note("commits fail");
      world_.store.is_broken = true;
      mended_ = world_.clock.truth + some(minutes{1}, hours{1});
    } else if (what < 0.8 && faults_.clock) {
      step_clock();
    } else if (faults_.reloads) {
      is_refused_ = world_.chance() < 0.5;
      world_.note(is_refused_ ? "a reload that is refused" : "a reload");
      world_.watch->inbox().post(ReloadRequest{});
    }
  }

  /// How the next start finds the world after a kill.
  Duration down_for() { return world_.chance() < 0.8 ? some(seconds{1}, minutes{10}) : some(hours{1}, hours{60}); }

  [[nodiscard]] bool is_refused() const { return is_refused_; }

  int kills = 0;

 private:
  void plan() {
    next_ = world_.clock.truth + some(hours{1}, hours{40});
    if (next_ >= calm_) {
      next_ = world_.clock.truth < calm_ ? calm_ : Instant::max();
    }
    if (next_ == calm_ || next_ == Instant::max()) {
      world_.store.is_broken = false;
    }
    if (world_.clock.truth >= calm_) {
      world_.clock.error = Duration{0};
    }
  }

  Duration some(Duration least, Duration most) {
    return least + Duration{static_cast<std::int64_t>(world_.chance() * static_cast<double>((most - least).count()))};
  }

  void kill() {
    if (!faults_.kills) {
      return;
    }
    const double when = world_.chance();
    if (when < 0.3) {
      world_.watch->inbox().post(StopRequest{});
      world_.note("asked to stop");
      return;
    }
    ++kills;
    if (when < 0.5) {
      throw Killed{};
    }
    auto& moment = when < 0.75 ? world_.store.before : world_.store.after;
    moment = [this] {
      world_.store.before = nullptr;
      world_.store.after = nullptr;
      throw Killed{};
    };
  }

  void step_clock() {
    const double what = world_.chance();
    if (what < 0.3) {
      world_.note("the machine sleeps");
      world_.suspend(some(minutes{10}, hours{50}));
    } else {
      static constexpr int kMinutes[] = {-120, 120, -1440, -5, 5, -60, 60};
      world_.clock.error = what > 0.8 ? Duration{0} : Duration(minutes{kMinutes[static_cast<int>(what * 100) % 7]});
      world_.note("the clock is wrong by " + std::to_string(world_.clock.error.count() / 60'000) + " minutes");
    }
  }

  SimulatedWorld& world_;
  Instant calm_;
  Faults faults_;
  Instant next_;
  Instant mended_ = Instant::max();
  bool is_refused_ = false;
};

Duration how_long(SimulatedWorld& world, const Faults& faults) {
  const double how = faults.receivers || faults.sources ? world.chance() : 0;
  const auto within = [&](Duration most) {
    return Duration{1 + static_cast<std::int64_t>(world.chance() * static_cast<double>(most.count()))};
  };
  return within(how < 0.9 ? seconds{1} : how < 0.98 ? Duration(seconds{30}) : Duration(minutes{50}));
}

std::string row_text(const std::string& line, const VerdictRow& row) {
  return line + " " + rfc3339(row.period.start) + ": " +
         (std::isnan(row.value) ? std::string(name_of(row.reason)) : number_text(row.value)) + " " +
         std::string(name_of(row.verdict)) + " " + (std::isnan(row.limit) ? "" : number_text(row.limit)) + " " +
         std::string(name_of(row.target_status));
}

/// The ledger as it stands; periods that were left out are wrong.
void read_ledger(SimulatedWorld& world, Simulated& result) {
  std::map<std::string, std::vector<VerdictRow>> rows;
  const Slot first{std::numeric_limits<std::int64_t>::min()};
  const Slot last{std::numeric_limits<std::int64_t>::max()};
  const auto read = world.store.verdicts(
      first, last, 0, [&](const VerdictRow& row) { rows[world.store.lines[row.line]].push_back(row); });
  EXPECT_TRUE(read);
  for (const auto& [line, verdicts] : rows) {
    for (std::size_t i = 0; i < verdicts.size(); ++i) {
      result.ledger.push_back(row_text(line, verdicts[i]));
      // The last ones may still be waited for.
      const bool is_old = verdicts[i].period.end + 4 * kDay < world.clock.truth;
      if (i > 0 && is_old && verdicts[i - 1].period.end != verdicts[i].period.start) {
        result.wrong.push_back("a period is left out before " + result.ledger.back());
      }
    }
    if (verdicts.back().period.end + 16 * kDay < world.clock.truth) {
      result.wrong.push_back("nothing is judged after " + result.ledger.back());
    }
  }
}

void check_messages(SimulatedWorld& world, int kills, Simulated& result) {
  std::map<std::string, std::vector<Taken>> by_id;
  for (const Taken& taken : world.taken) {
    by_id[taken.id].push_back(taken);
    if (!world.store.messages.contains(taken.id)) {
      result.wrong.push_back(taken.channel + " was sent " + taken.id + ", which the history has not");
    }
  }
  std::map<std::string, int> repeated;  // by channel
  for (const auto& [id, taken] : by_id) {
    for (std::size_t i = 1; i < taken.size(); ++i) {
      ++result.twice;
      if (taken[i].channel != taken[0].channel) {
        result.wrong.push_back(id + " went to " + taken[0].channel + " and " + taken[i].channel);
      }
      if (taken[i - 1].life == taken[i].life && !taken[i - 1].is_lost) {
        result.wrong.push_back(taken[i].channel + " was sent " + id + " twice without a kill");
      }
      repeated[taken[i].channel] += taken[i - 1].is_lost ? 0 : 1;
    }
  }
  for (const auto& [channel, count] : repeated) {
    if (count > kills) {
      result.wrong.push_back(channel + ": " + std::to_string(count) + " messages came twice after " +
                             std::to_string(kills) + " kills");
    }
  }
  for (const auto& [id, row] : world.store.messages) {
    const bool is_dead = row.state == NotificationRow::State::kDead;
    const bool is_in_another = row.last_error.ends_with(" tells it");  // it came and went before the channel took it
    if (!is_dead && !is_in_another && !by_id.contains(id)) {
      result.wrong.push_back(
          row.channel + " was never sent " + id + ", created " + rfc3339(row.created) + ", " +
          (row.state == NotificationRow::State::kQueued ? "which waits: " : "sent by the history: ") + row.last_error);
    }
  }
}

/// "orders (country=SE)" and "thresholds" are "orders thresholds (country=SE)", as decisions name it.
std::string subject_of(const std::string& line, const std::string& rule) {
  const std::size_t space = line.find(' ');
  const std::string segment =
      space == std::string::npos || line.ends_with("(total)") || line.ends_with("()") ? "" : line.substr(space);
  return line.substr(0, space) + " " + rule + segment;
}

void check_episodes(SimulatedWorld& world, Simulated& result) {
  std::set<std::string> told = world.store.hushed_episodes;
  for (const auto& [id, row] : world.store.messages) {
    for (const ToldAlert& alert : told_alerts(row.body)) {
      told.insert(alert.id);
    }
    const auto message = parse_message_json(row.body);
    if (message && message->type == MessageType::kAlertFlapping) {
      for (const AlertView& alert : message->alerts) {  // it was said that no more is said
        world.held.insert(subject_of(alert.kpi + " (" + labels_text(alert.segment) + ")", alert.rule));
      }
    }
  }
  for (const auto& [id, fired] : world.store.fired) {
    const EpisodeRow& episode = fired.row;
    // What was over within the step that found it is of the past, or told with what came and went.
    const bool is_past = fired.closed && *fired.closed == fired.seen;
    // A source that fails speaks for its KPIs' no_data.
    const bool is_held_back =
        episode.rule == "no_data" || world.held.contains(subject_of(world.store.lines[episode.line], episode.rule));
    // What does not burn long may be over before a receiver or a restart lets anybody be told.
    const bool is_long = !fired.closed || *fired.closed - fired.seen > 3 * kDay;
    if (!told.contains(id) && is_long && !is_past && !is_held_back) {
      result.wrong.push_back("nobody was told of " + id + ": " + world.store.lines[episode.line] + " " + episode.rule +
                             " firing " + rfc3339(*episode.firing) +
                             (episode.resolved ? " to " + rfc3339(*episode.resolved) : " still") + ", known from " +
                             rfc3339(fired.seen) + (fired.closed ? " to " + rfc3339(*fired.closed) : "") + " " +
                             std::string(name_of(episode.reason)));
    }
  }
}

std::string rules_from(Instant begin) {
  std::string rules = kRules;
  const std::size_t place = rules.find("START");
  return rules.replace(place, 5, rfc3339(begin).substr(0, 10));
}

}  // namespace

Simulated simulate(std::uint32_t seed, int days, const Faults& faults) {
  const Instant begin = begin_of(seed);
  const Instant end = begin + days * kDay + minutes{7};  // at no hour at which something is told
  const Instant calm = end - kCalmDays * kDay;
  SimulatedWorld world(seed, begin, kConfig, rules_from(begin));
  Shop shop(seed, begin, calm, faults);
  Fate fate(world, calm, faults);
  world.file = [&](const std::string& path) { return shop.file(path, world.clock.truth); };
  world.answer = [&](const std::string& receiver) { return shop.answer(receiver, world.clock.truth); };
  world.takes = [&] { return how_long(world, faults); };
  world.on_time = [&] { fate.strike(); };
  world.next_event = [&] { return fate.next(); };
  world.reload = [&]() -> Result<std::shared_ptr<const Config>> {
    return fate.is_refused() ? fail(ErrorKind::kInvalid, "rules.yaml:1:1: error: nothing of it is right")
                             : Result<std::shared_ptr<const Config>>(world.config);
  };
  while (world.clock.truth < end) {
    world.run_until(end);
    world.clock.truth += world.clock.truth < end ? fate.down_for() : Duration{0};
  }
  Simulated result;
  result.kills = fate.kills;
  result.messages = static_cast<int>(world.store.messages.size());
  read_ledger(world, result);
  check_messages(world, world.life, result);
  check_episodes(world, result);
  if (world.turns > static_cast<std::size_t>(days) * 300) {
    result.wrong.push_back("the watch is never at rest: " + std::to_string(world.turns) + " turns");
  }
  result.log = world.log.str();
  return result;
}

}  // namespace kpi::test
