// A page of lines is found by word, state and owner, and says how many there are of each state.

#include "daemon/web/status_index.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace kpi::test {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* kStatus = R"({"now": "2026-03-31T06:00:00Z", "kpis": [
  {"id": "visits", "title": "Visits", "segment": {}, "period": null, "state": "ok"},
  {"id": "visits", "title": "Visits", "segment": {"country": "SE"}, "period": null, "state": "firing"},
  {"id": "gone", "title": "Of an earlier configuration", "segment": {}, "period": null, "state": "ok"},
  {"id": "orders", "title": "\"<b>Orders</b>\"", "segment": {}, "period": null, "state": "firing"}]})";

StatusIndex index_of(const char* status) {
  Config config;
  for (const auto& [id, title, owner] : {std::tuple("visits", "Visits", "growth"), {"orders", "Orders", "sales"}}) {
    Kpi& kpi = config.rules.kpis.emplace_back();
    kpi.id = id;
    kpi.title = title;
    kpi.owner = owner;
    kpi.objective = "More customers";
  }
  return {std::make_shared<const Config>(std::move(config)), status};
}

json page(const StatusIndex::Wanted& wanted) {
  return json::parse(index_of(kStatus).page(wanted));
}

std::vector<std::string> shown(const StatusIndex::Wanted& wanted) {
  std::vector<std::string> lines;
  const json found = page(wanted);
  for (const json& line : found["kpis"]) {
    lines.push_back(line["id"].get<std::string>() + line["segment"].value("country", ""));
  }
  return lines;
}

TEST(StatusIndex, FindsLinesByWordStateAndOwner) {
  EXPECT_THAT(shown({.limit = 10}), ElementsAre("visits", "visitsSE", "orders"));
  EXPECT_THAT(shown({.word = "GROWTH", .limit = 10}), ElementsAre("visits", "visitsSE"));
  EXPECT_THAT(shown({.word = "more customers", .state = "firing", .limit = 10}), ElementsAre("visitsSE", "orders"));
  EXPECT_THAT(shown({.word = "\"se\"", .limit = 10}), ElementsAre("visitsSE"));
  EXPECT_THAT(shown({.owner = "sales", .limit = 10}), ElementsAre("orders"));
  EXPECT_THAT(shown({.word = "nothing", .limit = 10}), IsEmpty());
}

TEST(StatusIndex, CountsAllThatMatchAndShowsAPage) {
  const json found = page({.offset = 1, .limit = 1});
  EXPECT_EQ(found["now"], "2026-03-31T06:00:00Z");
  EXPECT_EQ(found["total"], 3);
  EXPECT_EQ(found["states"], (json{{"ok", 1}, {"firing", 2}}));
  EXPECT_THAT(shown({.offset = 1, .limit = 1}), ElementsAre("visitsSE"));
  EXPECT_EQ(page({.state = "firing", .limit = 10})["total"], 2);
}

TEST(StatusIndex, ALineBringsItsOwnerAndObjectiveAndWhateverItsTextIs) {
  const json line = page({.word = "orders", .limit = 1})["kpis"][0];
  EXPECT_EQ(line["title"], "\"<b>Orders</b>\"");
  EXPECT_EQ(line["owner"], "sales");
  EXPECT_EQ(line["objective"], "More customers");
  EXPECT_EQ(json::parse(index_of(kStatus).lines_of("visits")).size(), 2U);
}

TEST(StatusIndex, WithoutAHistoryChartsAreEmpty) {
  EXPECT_THAT(page({.limit = 1, .with_values = true})["kpis"][0]["spark"], IsEmpty());
}

TEST(StatusIndex, AnAnswerThatIsNoStatusHasNoLines) {
  EXPECT_EQ(json::parse(index_of("no JSON").page({.limit = 10})),
            (json{{"now", nullptr},
                  {"timezone", "UTC"},
                  {"language", "en"},
                  {"total", 0},
                  {"offset", 0},
                  {"states", json::object()},
                  {"kpis", json::array()}}));
}

}  // namespace
}  // namespace kpi::test
