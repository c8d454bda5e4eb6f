#include "rules/model/sample.hpp"

#include "rules/model/sample_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kpi {
namespace {

TEST(Labels, GiveTheirValueByName) {
  const Labels labels = {{"channel", "mail"}, {"country", "SE"}, {"device", ""}};
  EXPECT_EQ(label_value(labels, "country"), "SE");
  EXPECT_EQ(label_value(labels, "device"), "");
  EXPECT_EQ(label_value(labels, "count"), "");
  EXPECT_EQ(label_value(labels, "zone"), "");
}

TEST(Labels, AreWrittenForPeople) {
  EXPECT_EQ(labels_text({{"channel", "mail"}, {"country", "SE"}}), "channel=mail, country=SE");
  EXPECT_EQ(labels_text({}), "total");
}

TEST(SampleTable, FindsTheSeriesThatHaveAValueOfALabel) {
  SampleTable table;
  std::vector<std::uint32_t> danish;
  for (int i = 0; i < 1000; ++i) {
    const std::string country = i % 10 == 0 ? "DK" : "SE";
    const std::uint32_t id = table.series(7, {{"country", country}, {"shop", std::to_string(i)}});
    if (country == "DK") {
      danish.push_back(id);
    }
  }
  table.series(8, {{"country", "DK"}});
  EXPECT_THAT(table.with_label(7, "country", "DK"), testing::ElementsAreArray(danish));
  EXPECT_EQ(table.with_label(7, "shop", "17").size(), 1U);
  EXPECT_TRUE(table.with_label(7, "country", "NO").empty());
  EXPECT_TRUE(table.with_label(7, "shop", "DK").empty());
}

TEST(SampleTable, ListsASeriesOnceUnderItsLabels) {
  SampleTable table;
  const std::uint32_t id = table.series(0, {{"country", "SE"}});
  EXPECT_EQ(table.series(0, {{"country", "SE"}}), id);
  EXPECT_THAT(table.with_label(0, "country", "SE"), testing::ElementsAre(id));
}

TEST(MetricWords, AreThoseOfTheLanguage) {
  EXPECT_EQ(name_of(MetricKind::kFlow), "flow");
  EXPECT_EQ(name_of(MetricKind::kLevel), "level");
  EXPECT_EQ(name_of(MetricKind::kMean), "mean");
  EXPECT_EQ(name_of(MetricKind::kDistinct), "distinct");
  EXPECT_EQ(name_of(Across::kSum), "sum");
  EXPECT_EQ(name_of(Across::kMean), "mean");
  EXPECT_EQ(name_of(Across::kMin), "min");
  EXPECT_EQ(name_of(Across::kMax), "max");
  EXPECT_EQ(name_of(Across::kNone), "none");
}

}  // namespace
}  // namespace kpi
