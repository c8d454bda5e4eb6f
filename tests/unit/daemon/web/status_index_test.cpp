// A page of lines is found by word, state and owner, and says how many there are of each state.

#include "daemon/web/status_index.hpp"

#include "rules/base/text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace kpi::test {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::IsEmpty;

StatusSnapshot::Line line_of(const Kpi& kpi, const Labels& segment, const std::string& state) {
  json line{{"id", kpi.id}, {"title", kpi.title}, {"segment", json::object()}, {"state", state}};
  for (const auto& [name, value] : segment) {
    line["segment"][name] = value;
  }
  return {&kpi,
          segment,
          state,
          std::nullopt,
          line.dump(),
          ",\"owner\":\"" + kpi.owner + "\"",
          to_lower_ascii(kpi.title + " " + kpi.owner + " " + line["segment"].dump())};
}

StatusIndex made() {
  Config config;
  for (const auto& [id, title, owner] :
       {std::tuple("visits", "Visits", "growth"), {"orders", "\"<b>Orders</b>\"", "sales"}}) {
    Kpi& kpi = config.rules.kpis.emplace_back();
    kpi.id = id;
    kpi.title = title;
    kpi.owner = owner;
  }
  auto shared = std::make_shared<const Config>(std::move(config));
  const Kpi& visits = shared->rules.kpis[0];
  StatusSnapshot status;
  status.now = "\"2026-03-31T06:00:00Z\"";
  status.head = R"({"now":"2026-03-31T06:00:00Z","config":{"ok":true}})";
  for (const auto& line : {line_of(visits, {}, "ok"),
                           line_of(visits, {{"country", "SE"}}, "firing"),
                           line_of(shared->rules.kpis[1], {}, "firing")}) {
    status.lines.push_back(std::make_shared<const StatusSnapshot::Line>(line));
  }
  return {shared, std::move(status)};
}

json page(const StatusIndex::Wanted& wanted) {
  return json::parse(made().page(wanted));
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
  EXPECT_THAT(shown({.word = "s", .state = "firing", .limit = 10}), ElementsAre("visitsSE", "orders"));
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

TEST(StatusIndex, ALineBringsItsOwnerAndWhateverItsTextIs) {
  const json line = page({.word = "orders", .limit = 1})["kpis"][0];
  EXPECT_EQ(line["title"], "\"<b>Orders</b>\"");
  EXPECT_EQ(line["owner"], "sales");
  EXPECT_EQ(json::parse(made().lines_of("visits")).size(), 2U);
}

TEST(StatusIndex, WithoutAHistoryChartsAreEmpty) {
  EXPECT_THAT(page({.limit = 1, .with_values = true})["kpis"][0]["spark"], IsEmpty());
}

TEST(StatusIndex, OfAHistoryThatCannotBeReadHasNoLines) {
  const StatusIndex index(std::make_shared<const Config>(), {});
  EXPECT_EQ(json::parse(index.page({.limit = 10})),
            (json{{"now", nullptr},
                  {"timezone", "UTC"},
                  {"language", "en"},
                  {"config", {{"ok", true}, {"refused", nullptr}}},
                  {"total", 0},
                  {"offset", 0},
                  {"states", json::object()},
                  {"kpis", json::array()}}));
}

TEST(StatusIndex, IsTheDocumentOfTheCommandLineToo) {
  const json document = json::parse(made().document());
  EXPECT_EQ(document["now"], "2026-03-31T06:00:00Z");
  EXPECT_EQ(document["config"]["ok"], true);
  EXPECT_EQ(document["kpis"].size(), 3U);
  EXPECT_EQ(document["kpis"][1]["segment"]["country"], "SE");
  EXPECT_FALSE(document["kpis"][1].contains("owner"));
  EXPECT_EQ(document["channels"], json::array());
}

}  // namespace
}  // namespace kpi::test
