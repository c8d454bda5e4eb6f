// Who is told what: notices sorted into messages.

#include "rules/routing/route.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace kpi {
namespace {

LabelMatch is(std::string label, std::vector<std::string> values) {
  return {std::move(label), std::move(values), false};
}

LabelMatch is_not(std::string label, std::vector<std::string> values) {
  return {std::move(label), std::move(values), true};
}

Route to(std::vector<std::string> channels, std::vector<LabelMatch> match = {}) {
  Route route;
  route.to = std::move(channels);
  route.match = std::move(match);
  return route;
}

Notice about(std::string kpi, Labels more = {}, MessageType type = MessageType::kAlertFiring) {
  more.emplace_back("kpi", std::move(kpi));
  std::ranges::sort(more);
  return {type, std::move(more)};
}

/// Each message: channel, group, and the notices in it.
std::vector<std::string> messages(const std::vector<Notice>& notices, const std::vector<Route>& routes) {
  std::vector<std::string> result;
  for (const Envelope& envelope : address(notices, routes)) {
    std::string text = envelope.channel + " (" + labels_text(envelope.group) + ")";
    for (const std::size_t notice : envelope.notices) {
      text += " " + std::to_string(notice);
    }
    result.push_back(std::move(text));
  }
  return result;
}

using Texts = std::vector<std::string>;

TEST(Route, MatchesOneOfTheValues) {
  const Route route = to({"growth"}, {is("owner", {"growth", "sales"})});
  EXPECT_TRUE(matches(route, {{"owner", "sales"}}));
  EXPECT_FALSE(matches(route, {{"owner", "support"}}));
  EXPECT_FALSE(matches(route, {}));
}

TEST(Route, MatchesNoneOfTheValuesWhenNegated) {
  const Route route = to({"growth"}, {is_not("severity", {"info"})});
  EXPECT_TRUE(matches(route, {{"severity", "critical"}}));
  EXPECT_FALSE(matches(route, {{"severity", "info"}}));
  EXPECT_TRUE(matches(route, {}));
}

TEST(Route, MatchesWhenAllConditionsHold) {
  const Route route = to({"growth"}, {is("owner", {"growth"}), is("country", {"SE"})});
  EXPECT_TRUE(matches(route, {{"country", "SE"}, {"owner", "growth"}}));
  EXPECT_FALSE(matches(route, {{"country", "DK"}, {"owner", "growth"}}));
  EXPECT_TRUE(matches(to({"board"}), {{"country", "DK"}}));
}

TEST(Address, TakesTheFirstRouteThatMatches) {
  const std::vector<Route> routes{to({"growth"}, {is("owner", {"growth"})}), to({"board"})};
  EXPECT_EQ(messages({about("x", {{"owner", "growth"}}), about("y", {{"owner", "it"}})}, routes),
            (Texts{"growth (kpi=x) 0", "board (kpi=y) 1"}));
}

TEST(Address, GoesOnWhereTheRouteSaysSo) {
  std::vector<Route> routes{to({"growth"}), to({"board"}), to({"archive"})};
  routes[0].continues = true;
  EXPECT_EQ(messages({about("x")}, routes), (Texts{"growth (kpi=x) 0", "board (kpi=x) 0"}));
}

TEST(Address, TellsAChannelOnceThatTwoRoutesName) {
  std::vector<Route> routes{to({"growth", "board"}), to({"board", "growth", "archive"})};
  routes[0].continues = true;
  EXPECT_EQ(messages({about("x")}, routes), (Texts{"growth (kpi=x) 0", "board (kpi=x) 0", "archive (kpi=x) 0"}));
}

TEST(Address, PutsNoticesOfOneGroupIntoOneMessage) {
  Route route = to({"growth"});
  route.group_by = {"objective"};
  EXPECT_EQ(messages({about("x", {{"objective", "More"}}),
                      about("y", {{"objective", "Less"}}),
                      about("z", {{"objective", "More"}})},
                     {route}),
            (Texts{"growth (objective=More) 0 2", "growth (objective=Less) 1"}));
}

TEST(Address, GroupsByKpiUnlessToldOtherwise) {
  EXPECT_EQ(messages({about("x", {{"country", "SE"}}), about("x", {{"country", "DK"}}), about("y")}, {to({"growth"})}),
            (Texts{"growth (kpi=x) 0 1", "growth (kpi=y) 2"}));
}

TEST(Address, PutsEverythingIntoOneMessageWithoutKeys) {
  Route route = to({"growth"});
  route.group_by = {};
  EXPECT_EQ(messages({about("x"), about("y")}, {route}), (Texts{"growth (total) 0 1"}));
}

TEST(Address, LeavesOutKeysThatANoticeDoesNotHave) {
  Route route = to({"growth"});
  route.group_by = {"objective", "kpi", "kpi"};
  EXPECT_EQ(messages({about("x"), about("x", {{"objective", "More"}})}, {route}),
            (Texts{"growth (kpi=x) 0", "growth (kpi=x, objective=More) 1"}));
}

TEST(Address, NeverMixesTypesInOneMessage) {
  EXPECT_EQ(messages({about("x"), about("x", {}, MessageType::kAlertResolved)}, {to({"growth"})}),
            (Texts{"growth (kpi=x) 0", "growth (kpi=x) 1"}));
}

TEST(Address, GroupsWhatIsAboutASourceByTheSource) {
  const Notice failure{MessageType::kSourceError, {{"source", "crm"}}};
  EXPECT_EQ(messages({failure, failure, {MessageType::kSourceError, {{"source", "web"}}}}, {to({"it"})}),
            (Texts{"it (source=crm) 0 1", "it (source=web) 2"}));
}

TEST(Address, TellsNobodyWhereNoRouteMatches) {
  EXPECT_EQ(messages({about("x")}, {to({"growth"}, {is("owner", {"growth"})})}), Texts{});
  EXPECT_EQ(messages({about("x")}, {}), Texts{});
}

TEST(Address, SortsTensOfThousandsOfNoticesAtOnce) {
  std::vector<Notice> notices;
  for (int i = 0; i < 20'000; ++i) {
    notices.push_back(about("kpi_" + std::to_string(i)));
  }
  const std::vector<Route> routes{to({"growth"})};
  EXPECT_EQ(address(notices, routes).size(), 20'000U);
}

}  // namespace
}  // namespace kpi
