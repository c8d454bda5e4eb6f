#include "rules/model/sample.hpp"

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
