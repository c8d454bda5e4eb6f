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

Labels about(std::string kpi, Labels more = {}) {
  more.emplace_back("kpi", std::move(kpi));
  std::ranges::sort(more);
  return more;
}

/// Where one alert goes: channel and group.
std::vector<std::string> places(const Labels& labels, const std::vector<Route>& routes) {
  std::vector<std::string> result;
  for (const Destination& destination : destinations(labels, routes)) {
    result.push_back(destination.channel + " (" + labels_text(destination.group) + ")");
  }
  return result;
}

using Texts = std::vector<std::string>;

TEST(Route, MatchesOneOfTheValues) {
  const Route route = to({"growth"}, {is("owner", {"growth", "sales"})});
  EXPECT_TRUE(matches(route.match, {{"owner", "sales"}}));
  EXPECT_FALSE(matches(route.match, {{"owner", "support"}}));
  EXPECT_FALSE(matches(route.match, {}));
}

TEST(Route, MatchesNoneOfTheValuesWhenNegated) {
  const Route route = to({"growth"}, {is_not("severity", {"info"})});
  EXPECT_TRUE(matches(route.match, {{"severity", "critical"}}));
  EXPECT_FALSE(matches(route.match, {{"severity", "info"}}));
  EXPECT_TRUE(matches(route.match, {}));
}

TEST(Route, MatchesWhenAllConditionsHold) {
  const Route route = to({"growth"}, {is("owner", {"growth"}), is("country", {"SE"})});
  EXPECT_TRUE(matches(route.match, {{"country", "SE"}, {"owner", "growth"}}));
  EXPECT_FALSE(matches(route.match, {{"country", "DK"}, {"owner", "growth"}}));
  EXPECT_TRUE(matches(to({"board"}).match, {{"country", "DK"}}));
}

TEST(Destinations, AreThoseOfTheFirstRouteThatMatches) {
  const std::vector<Route> routes{to({"growth"}, {is("owner", {"growth"})}), to({"board"})};
  EXPECT_EQ(places(about("x", {{"owner", "growth"}}), routes), Texts{"growth (kpi=x)"});
  EXPECT_EQ(places(about("y", {{"owner", "it"}}), routes), Texts{"board (kpi=y)"});
}

TEST(Destinations, GoOnWhereTheRouteSaysSo) {
  std::vector<Route> routes{to({"growth"}), to({"board"}), to({"archive"})};
  routes[0].continues = true;
  EXPECT_EQ(places(about("x"), routes), (Texts{"growth (kpi=x)", "board (kpi=x)"}));
}

TEST(Destinations, NameAChannelOnceThatTwoRoutesName) {
  std::vector<Route> routes{to({"growth", "board"}), to({"board", "growth", "archive"})};
  routes[0].continues = true;
  EXPECT_EQ(places(about("x"), routes), (Texts{"growth (kpi=x)", "board (kpi=x)", "archive (kpi=x)"}));
}

TEST(Destinations, LeaveOutKeysThatAnAlertDoesNotHave) {
  Route route = to({"growth"});
  route.group_by = {"objective", "kpi", "kpi"};
  EXPECT_EQ(places(about("x"), {route}), Texts{"growth (kpi=x)"});
  EXPECT_EQ(places(about("x", {{"objective", "More"}}), {route}), Texts{"growth (kpi=x, objective=More)"});
}

TEST(Destinations, AreOneGroupWithoutKeys) {
  Route route = to({"growth"});
  route.group_by = {};
  EXPECT_EQ(places(about("x"), {route}), Texts{"growth (total)"});
}

TEST(Destinations, GroupWhatIsAboutASourceByTheSource) {
  EXPECT_EQ(places({{"source", "crm"}}, {to({"it"})}), Texts{"it (source=crm)"});
}

TEST(Destinations, AreNoneWhereNoRouteMatches) {
  EXPECT_EQ(places(about("x"), {to({"growth"}, {is("owner", {"growth"})})}), Texts{});
  EXPECT_EQ(places(about("x"), {}), Texts{});
}

}  // namespace
}  // namespace kpi
