// Whatever happens to alerts, in whatever order: nobody hears an end of what he was not told, whoever was told hears
// the end, what goes on unheld is known, and a restart changes no message.

#include "tests/unit/rules/routing/desk.hpp"

#include <gmock/gmock.h>

#include <map>
#include <random>
#include <set>

namespace kpi::test {
namespace {

struct Incident {
  std::string at;
  enum class Kind : std::uint8_t {
    kFires,
    kRises,
    kFalls,
    kRisesAgain,
    kEnds,
    kAcknowledges,
    kNothing
  } kind = Kind::kNothing;
  std::string name;
};

std::string time_text(int minutes) {
  std::string text = rfc3339(Instant{std::chrono::hours{24 * 20'500} + std::chrono::minutes{minutes}});
  text[10] = ' ';
  return text.substr(0, 19);
}

/// Up to eight alerts over three days.
std::vector<Incident> made_up(std::uint32_t seed) {
  std::mt19937 random(seed);
  const auto below = [&](int limit) { return static_cast<int>(random() % static_cast<std::uint32_t>(limit)); };
  std::map<std::string, int> severity;  // of those that fire
  std::vector<Incident> incidents;
  for (int minutes = below(60); minutes < 3 * 24 * 60; minutes += below(60)) {
    Incident incident{time_text(minutes), Incident::Kind::kNothing, std::string(1, static_cast<char>('a' + below(8)))};
    const auto known = severity.find(incident.name);
    if (known == severity.end()) {
      incident.kind = Incident::Kind::kFires;
      severity[incident.name] = 0;
    } else if (below(4) == 0) {
      incident.kind = Incident::Kind::kAcknowledges;
    } else if (known->second == 0 && below(3) == 0) {
      incident.kind = Incident::Kind::kRises;
      known->second = 1;
    } else if (known->second != 0 && below(3) != 0) {
      incident.kind = known->second == 1 ? Incident::Kind::kFalls : Incident::Kind::kRisesAgain;
      known->second = known->second == 1 ? 2 : 1;
    } else {
      incident.kind = Incident::Kind::kEnds;
      severity.erase(known);
    }
    incidents.push_back(std::move(incident));
  }
  for (const auto& [name, level] : severity) {
    incidents.push_back({time_text(3 * 24 * 60), Incident::Kind::kEnds, name});
  }
  return incidents;
}

Desk made_up_desk(std::uint32_t seed) {
  Route critical = route_to({"board"}, {{"severity", {"critical"}, false}});
  critical.continues = seed % 2 == 0;
  critical.escalate = {{{{.ms = 45 * 60'000}, 0, ""}, {"lead"}}};
  Route rest = route_to({"team", "duty"});
  rest.mute = {"nights"};
  rest.group_by = seed % 3 == 0 ? std::vector<std::string>{"name"} : std::vector<std::string>{"kpi"};
  rest.repeat = {.ms = 3 * 3'600'000};
  Desk desk({critical, rest});
  desk.rules.mutes.emplace("nights", Hours{0x7F, std::chrono::hours{22}, std::chrono::hours{7}, {}});
  desk.incident_channels = {"duty"};
  return desk;
}

std::vector<std::string> play(Desk& desk, const std::vector<Incident>& incidents) {
  for (const Incident& incident : incidents) {
    switch (incident.kind) {
      case Incident::Kind::kFires:
        desk.fires(incident.at, incident.name);
        break;
      case Incident::Kind::kRises:
        desk.fires(incident.at, incident.name, Severity::kCritical);
        break;
      case Incident::Kind::kFalls:
        desk.shifts(incident.at, incident.name, Severity::kWarning);
        break;
      case Incident::Kind::kRisesAgain:
        desk.shifts(incident.at, incident.name, Severity::kCritical);
        break;
      case Incident::Kind::kEnds:
        desk.ends(incident.at, incident.name);
        break;
      case Incident::Kind::kAcknowledges:
        desk.acknowledge(incident.at, incident.name, time_text(4 * 24 * 60));
        break;
      default:
        break;
    }
  }
  return desk.until(time_text(5 * 24 * 60));
}

/// "08:00:00 team alert.firing a -b" as channel and names.
struct Told {
  std::string channel;
  std::string type;
  std::vector<std::string> names;
};

Told parse(const std::string& text) {
  std::vector<std::string> words;
  std::size_t from = 9;
  for (std::size_t space = text.find(' ', from); space != std::string::npos; space = text.find(' ', from)) {
    words.push_back(text.substr(from, space - from));
    from = space + 1;
  }
  words.push_back(text.substr(from));
  return {words[0], words[1], {words.begin() + 2, words.end()}};
}

class Random : public testing::TestWithParam<std::uint32_t> {};

TEST_P(Random, NothingThatWasToldIsLeftUnsaid) {
  Desk desk = made_up_desk(GetParam());
  std::map<std::string, std::set<std::string>> known;  // by channel: what it believes to fire
  for (const std::string& text : play(desk, made_up(GetParam()))) {
    const Told told = parse(text);
    for (const std::string& name : told.names) {
      if (name.starts_with('-')) {
        EXPECT_EQ(known[told.channel].erase(name.substr(1)), 1U) << text << ": it was not told of it";
      } else {
        const bool is_news = told.type == "alert.firing" || told.type == "alert.escalated";
        EXPECT_TRUE(is_news || known[told.channel].contains(name)) << text << ": of what is it a reminder?";
        known[told.channel].insert(name);
      }
    }
  }
  for (const auto& [channel, names] : known) {
    EXPECT_THAT(names, testing::IsEmpty()) << channel << " was told of no end";
  }
  EXPECT_TRUE(desk.state.alerts.empty());
  EXPECT_TRUE(desk.state.groups.empty());
  EXPECT_TRUE(desk.state.acknowledgements.empty());
}

TEST_P(Random, ARestartAnywhereChangesNoMessage) {
  Desk unbroken = made_up_desk(GetParam());
  const std::vector<Incident> incidents = made_up(GetParam());
  const std::vector<std::string> expected = play(unbroken, incidents);
  Desk restarted = made_up_desk(GetParam());
  restarted.between = [&](RoutingState& /*state*/) {
    restarted.restart();
    const RoutingState before = restarted.state;
    const Instant last = restarted.last;
    route_again(restarted.state, restarted.context(last));
    EXPECT_EQ(restarted.state.alerts, before.alerts) << "the same routes lead to the same places";
  };
  const std::vector<std::string> told = play(restarted, incidents);
  const auto [first, other] = std::ranges::mismatch(told, expected);
  EXPECT_TRUE(told == expected) << (first == told.end() ? "nothing" : *first) << " instead of "
                                << (other == expected.end() ? "nothing" : *other);
  EXPECT_EQ(restarted.hushed, unbroken.hushed);
}

INSTANTIATE_TEST_SUITE_P(EachSeed, Random, testing::Range(1U, 101U));

}  // namespace
}  // namespace kpi::test
