#include "daemon/engine/alert_json.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace kpi::test {
namespace {

TEST(AlertJson, IsEmptyWhereThereIsNothingToRemember) {
  EXPECT_EQ(encode_alert({}), "");
  const auto decoded = decode_alert("");
  ASSERT_TRUE(decoded);
  EXPECT_EQ(*decoded, AlertMemory{});
}

TEST(AlertJson, RemembersEverything) {
  AlertMemory memory;
  memory.state.rungs[1] = Rung{true, Rung::Run{Slot{86'400'000}, 2}, Rung::Run{Slot{172'800'000}, 0}};
  memory.state.rungs[2].missed = Rung::Run{Slot{-86'400'000}, 1};
  memory.state.phase = AlertPhase::kFiring;
  memory.state.severity = Severity::kWarning;
  memory.state.worst = Severity::kCritical;
  memory.state.is_stale = true;
  memory.state.since = Slot{86'400'000};
  memory.state.episode = "ep_\"1\"";
  memory.state.pending_at = Instant{Duration{1}};
  memory.state.firing_at = Instant{Duration{2}};
  memory.told = {"ep_0", Severity::kCritical, "off_track", Slot{5}};
  memory.no_data = {Slot{7}, true, "ep_2", Instant{Duration{3}}};
  memory.failures = 2;
  memory.state.changes = 5;
  memory.state.is_flapping = true;
  memory.state.named = {{Slot{9}, "ep_3"}, {Slot{10}, "ep\n4"}};
  memory.told.is_flapping = true;
  memory.told.reminded = "target 7 days";
  const auto decoded = decode_alert(encode_alert(memory));
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_EQ(*decoded, memory);
}

TEST(AlertJson, WritesTheKeysInTheOrderOfTheirNames) {
  AlertMemory memory;
  memory.state.rungs[0].is_on = true;
  memory.state.rungs[2].missed = Rung::Run{Slot{-1}, 1};
  memory.state.named = {{Slot{9}, "ep_\xc3\xa9\t"}};
  memory.told.episode = "ep_1";
  memory.no_data.first = Slot{7};
  memory.failures = 2;
  const std::string text = encode_alert(memory);
  EXPECT_EQ(text,
            R"({"failures":2,"no_data":{"episode":"","firing_at":null,"first":7,"on":false},"state":{"episode":"",)"
            R"("firing_at":null,"named":[{"episode":"ep_é\t","since":9}],"pending_at":null,"phase":"inactive",)"
            R"("rungs":{"critical":{"fine":null,"missed":{"first":-1,"gaps":1},"on":false},"info":{"fine":null,)"
            R"("missed":null,"on":true}},"severity":"none","since":null,"stale":false,"worst":"none"},)"
            R"("told":{"episode":"ep_1","severity":"none","since":null,"status":""}})");
  EXPECT_EQ(text, nlohmann::json::parse(text).dump());
}

TEST(AlertJson, RefusesWhatItDidNotWrite) {
  for (const char* text : {"{", R"({"state": {}})", R"({"told": 1})", R"({"no_data": {"first": "monday"}})"}) {
    SCOPED_TRACE(text);
    const auto decoded = decode_alert(text);
    ASSERT_FALSE(decoded);
    EXPECT_EQ(decoded.error().kind, ErrorKind::kStorage);
    EXPECT_EQ(decoded.error().message.substr(0, 55), "the state of an alert in the history cannot be read: [j");
  }
}

}  // namespace
}  // namespace kpi::test
