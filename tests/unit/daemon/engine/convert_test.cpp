// Samples in several currencies: `unit: {column: …}` and `convert`.

#include "tests/unit/daemon/engine/story.hpp"

#include <gmock/gmock.h>

namespace kpi::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kConfig = R"(
timezone: UTC
sources:
  shop:
    plugin: csv
    path: shop.csv
    labels: {country: Country}
    metrics:
      revenue: {kind: flow, unit: {column: Currency}, convert: {to: SEK, rates: fx}}
      orders: {kind: flow}
  fx: {plugin: csv, path: fx.csv, metrics: {eur: {kind: level, unit: SEK/EUR}, dkk: {kind: level, unit: DKK/SEK}}}
channels: {team: {type: console}}
routes: [{match: {}, to: [team]}]
)";

constexpr const char* kRules = "kpis: {revenue: {value: shop.revenue, unit: SEK}, orders: {value: shop.orders}}";

void sell(Story& story, const char* day, double value, const char* currency) {
  story.put("shop.revenue", day, value, {{kCurrencyLabel, currency}, {"country", "SE"}});
}

TEST(Convert, TakesTheRateOfTheDayOrTheLastBefore) {
  Story story(kConfig, kRules);
  story.put("fx.eur", "2026-03-01", 11);
  story.put("fx.eur", "2026-03-03", 12);
  story.put("fx.dkk", "2026-03-01", 0.5);
  sell(story, "2026-03-01", 10, "EUR");
  sell(story, "2026-03-01", 5, "SEK");
  sell(story, "2026-03-01", 3, "DKK");
  sell(story, "2026-03-02", 10, "EUR");
  sell(story, "2026-03-03", 10, "EUR");
  story.put("shop.orders", "2026-03-01", 2, {{kCurrencyLabel, "EUR"}, {"country", "SE"}});
  story.put("shop.orders", "2026-03-01", 1, {{kCurrencyLabel, "SEK"}, {"country", "SE"}});
  story.step("2026-03-04");
  EXPECT_THAT(story.ledger(), Contains(HasSubstr("revenue (total) 2026-03-01T00:00:00Z: 121 recorded")));
  EXPECT_THAT(story.ledger(), Contains(HasSubstr("revenue (total) 2026-03-02T00:00:00Z: 110 recorded")));
  EXPECT_THAT(story.ledger(), Contains(HasSubstr("revenue (total) 2026-03-03T00:00:00Z: 120 recorded")));
  EXPECT_THAT(story.ledger(), Contains(HasSubstr("orders (total) 2026-03-01T00:00:00Z: 3 recorded")));
  EXPECT_THAT(story.warnings(), IsEmpty());
}

TEST(Convert, PassesOverARateOfNothingAndSaysSo) {
  Story story(kConfig, kRules);
  story.put("fx.eur", "2026-03-01", 11);
  story.put("fx.eur", "2026-03-02", 0);
  sell(story, "2026-03-02", 10, "EUR");
  sell(story, "2026-03-03", 10, "EUR");
  story.step("2026-03-04");
  EXPECT_THAT(story.ledger(), Contains(HasSubstr("revenue (total) 2026-03-02T00:00:00Z: 110 recorded")));
  EXPECT_THAT(story.warnings(),
              ElementsAre("source shop: 2026-03-02: the rate of EUR in fx is 0: it is passed over for the last one "
                          "before it"));
}

TEST(Convert, KnowsNoDayOfWhichAPartHasNoRate) {
  Story story(kConfig, kRules);
  story.put("fx.eur", "2026-03-02", 11);
  sell(story, "2026-03-01", 10, "EUR");
  sell(story, "2026-03-01", 7, "NOK");
  sell(story, "2026-03-01", 5, "SEK");
  sell(story, "2026-03-02", 10, "EUR");
  story.step("2026-03-04");
  EXPECT_THAT(
      story.warnings(),
      Contains(
          "source shop: 2026-03-01: no rate of EUR in fx on that day or before; until then its period is unknown"));
  EXPECT_THAT(story.warnings(),
              Contains("source shop: 2026-03-01: fx has no metric of unit SEK/NOK; until then its period is unknown"));
  EXPECT_THAT(story.ledger(), Contains(HasSubstr("revenue (total) 2026-03-02T00:00:00Z: 110 recorded")));
  EXPECT_THAT(story.ledger(), Not(Contains(HasSubstr("revenue (total) 2026-03-01T00:00:00Z: 5 "))));
  EXPECT_TRUE(story.engine().poll_request(0, at("2026-03-04")).cursor.empty());
  story.put("fx.eur", "2026-03-01", 10);
  sell(story, "2026-03-01", 10, "EUR");
  sell(story, "2026-03-01", 5, "SEK");
  story.step("2026-03-05");
  EXPECT_THAT(story.ledger(), Contains(HasSubstr("revenue (total) 2026-03-01T00:00:00Z: 105 recorded")));
}

TEST(Convert, ReadsAgainWhatARestatedRateIsAbout) {
  Story story(kConfig, kRules);
  const auto poll_of = [](const char* day, double value, const Labels& labels) {
    Poll poll;
    poll.series = {{.metric = 0, .labels = labels}};
    poll.samples = {{.series = 0, .slot = slot_of(*parse_date(day)), .value = value}};
    poll.cursor = "read";
    return poll;
  };
  const auto rate = [&](const char* now, const char* day, double value) {
    story.engine().receive(PollResult{1, at(now), poll_of(day, value, {})});
    story.pass(now);
    return story.engine().poll_request(0, at(now)).cursor;
  };
  story.engine().receive(
      PollResult{0, at("2026-03-03"), poll_of("2026-03-02", 10, {{kCurrencyLabel, "EUR"}, {"country", "SE"}})});
  EXPECT_EQ(rate("2026-03-03", "2026-03-01", 10), "read");
  EXPECT_EQ(rate("2026-03-03 06:00", "2026-03-01", 10), "read");
  EXPECT_EQ(rate("2026-03-05", "2026-03-04", 11), "read") << "nothing stands on the rate of a later day";
  EXPECT_EQ(rate("2026-03-05 06:00", "2026-03-01", 12), "");
}

TEST(Convert, ReadsAgainAfterARestatedRateWhateverElseIsUnderWay) {
  Story story(kConfig, kRules);
  const auto sold = [&](const char* asked, const char* now) {
    Poll poll;
    poll.series = {{.metric = 0, .labels = {{kCurrencyLabel, "EUR"}, {"country", "SE"}}}};
    poll.samples = {{.series = 0, .slot = slot_of(*parse_date("2026-03-04")), .value = 10}};
    poll.cursor = "read";
    story.engine().receive(PollResult{0, at(asked), std::move(poll)});
    story.pass(now);
    return story.engine().poll_request(0, at(now)).cursor;
  };
  const auto rate = [&](const char* now, const char* day, double value) {
    Poll poll;
    poll.series = {{.metric = 0, .labels = {}}};
    poll.samples = {{.series = 0, .slot = slot_of(*parse_date(day)), .value = value}};
    story.engine().receive(PollResult{1, at(now), std::move(poll)});
  };
  rate("2026-03-05", "2026-03-01", 10);
  EXPECT_EQ(sold("2026-03-05", "2026-03-05"), "read");
  rate("2026-03-05 06:00", "2026-03-02", 20);
  EXPECT_EQ(sold("2026-03-05 05:59", "2026-03-05 06:00"), "") << "what it did not bring was converted before";
  EXPECT_EQ(sold("2026-03-05 05:59", "2026-03-05 06:01"), "");
  story.restart();
  EXPECT_EQ(story.engine().poll_request(0, at("2026-03-05 06:02")).cursor, "");
  EXPECT_EQ(sold("2026-03-05 06:03", "2026-03-05 06:04"), "read");
  EXPECT_THAT(story.ledger(), Contains(HasSubstr("revenue (total) 2026-03-04T00:00:00Z: 200 recorded")));
}

TEST(Convert, GivesAnHourTheRateOfItsDayWhereTheSourceIs) {
  std::string config = kConfig;
  config.replace(config.find("path: shop.csv"), 14, "path: shop.csv\n    grain: hour\n    timezone: America/New_York");
  Story story(config, "kpis: {revenue: {value: shop.revenue, unit: SEK, every: hour}}");
  story.put("fx.eur", "2026-03-01", 10);
  story.put("fx.eur", "2026-03-02", 20);
  Poll poll;
  poll.series = {{.metric = 0, .labels = {{kCurrencyLabel, "EUR"}, {"country", "US"}}}};
  poll.samples = {{.series = 0, .slot = Slot{at("2026-03-02 00:00").time_since_epoch().count()}, .value = 1}};
  story.step("2026-03-03");
  story.engine().receive(PollResult{0, at("2026-03-03"), std::move(poll)});
  story.pass("2026-03-03 01:00");
  EXPECT_THAT(story.ledger(), Contains(HasSubstr("revenue (total) 2026-03-02T00:00:00Z: 10 recorded")));
}

TEST(Convert, ALevelInTwoCurrenciesIsUnknown) {
  Story story(
      "timezone: UTC\nsources:\n"
      "  shop: {plugin: csv, path: shop.csv, metrics: {stock: {kind: level, unit: {column: Currency}, "
      "convert: {to: SEK, rates: fx}}}}\n"
      "  fx: {plugin: csv, path: fx.csv, metrics: {eur: {kind: level, unit: SEK/EUR}}}\n"
      "channels: {team: {type: console}}\nroutes: [{match: {}, to: [team]}]\n",
      "kpis: {stock: {value: shop.stock, unit: SEK}}");
  story.put("fx.eur", "2026-03-01", 11);
  story.put("shop.stock", "2026-03-01", 1, {{kCurrencyLabel, "EUR"}});
  story.put("shop.stock", "2026-03-02", 1, {{kCurrencyLabel, "EUR"}});
  story.put("shop.stock", "2026-03-02", 5, {{kCurrencyLabel, "DKK"}});
  story.step("2026-03-04");
  EXPECT_THAT(story.ledger(), Contains(HasSubstr("stock (total) 2026-03-01T00:00:00Z: 11 recorded")));
  EXPECT_THAT(story.ledger(), Not(Contains(HasSubstr("stock (total) 2026-03-02T00:00:00Z: 11 "))));
}

TEST(Convert, ReadsCodesInSmallLettersAndTellsARowWithoutOne) {
  Story story(kConfig, kRules);
  story.put("fx.eur", "2026-03-01", 10);
  sell(story, "2026-03-01", 10, "eur");
  sell(story, "2026-03-01", 5, "sek");
  sell(story, "2026-03-02", 7, "");
  story.step("2026-03-04");
  EXPECT_THAT(story.ledger(), Contains(HasSubstr("revenue (total) 2026-03-01T00:00:00Z: 105 recorded")));
  EXPECT_THAT(story.warnings(),
              Contains("source shop: 2026-03-02: a row has no currency: fill it in; until then its period is unknown"));
}

TEST(Convert, ADayWithoutARateIsNeverZero) {
  std::string config = kConfig;
  config.replace(config.find("path: shop.csv"), 14, "path: shop.csv\n    missing: zero");
  Story story(config, kRules);
  story.put("fx.eur", "2026-03-01", 10);
  sell(story, "2026-03-01", 5, "SEK");
  sell(story, "2026-03-02", 7, "NOK");
  sell(story, "2026-03-04", 5, "SEK");
  story.step("2026-03-05");
  EXPECT_THAT(story.ledger(), Contains(HasSubstr("revenue (total) 2026-03-02T00:00:00Z: null no_data")));
  EXPECT_THAT(story.ledger(), Contains(HasSubstr("revenue (total) 2026-03-03T00:00:00Z: 0 recorded")));
}

}  // namespace
}  // namespace kpi::test
