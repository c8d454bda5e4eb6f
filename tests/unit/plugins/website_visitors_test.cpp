// The csv source on a real file, as its publisher wrote it.

#include "daemon/os/files.hpp"
#include "tests/unit/plugins/csv_source.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

namespace kpi {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the tests' own words

TEST(WebsiteVisitors, AreReadWholeAndExactly) {
  const std::string path = KPI_SHARED_DATA "/website-visitors-daily.csv";
  if (!std::filesystem::exists(path)) {
    GTEST_SKIP() << "SKIPPED: the real data set is not there: " << path;
  }
  SourceSettings settings = csv_settings();
  settings.options["path"] = given(path);
  settings.options["date.format"] = given("%m/%d/%Y");
  settings.metrics = {metric("visitors", MetricKind::kDistinct, "Unique.Visits"),
                      metric("new", MetricKind::kFlow, "First.Time.Visits"),
                      metric("returning", MetricKind::kFlow, "Returning.Visits"),
                      metric("pages", MetricKind::kFlow, "Page.Loads")};
  FileHost host;
  const auto source = csv_source(settings);
  const auto poll = source->poll({.now = {}, .cursor = "", .from = {}}, host, {});
  ASSERT_TRUE(poll) << poll.error().message;
  EXPECT_EQ(problems_of(*poll), std::vector<std::string>{});

  const auto lines = samples_of(*poll, settings);
  // 14 September 2014 to 31 December 2018 without a gap.
  ASSERT_EQ(lines.size(), 4U * 1570U);
  EXPECT_EQ(lines.front(), "2014-09-14 visitors 1582");
  EXPECT_EQ(date_text(date_of(poll->samples.back().slot)), "2018-12-31");
  for (std::size_t i = 0; i + 3 < poll->samples.size(); i += 4) {
    EXPECT_EQ(poll->samples[i].slot.ms, poll->samples.front().slot.ms + (static_cast<std::int64_t>(i / 4) * kDayMs));
    EXPECT_EQ(poll->samples[i].value, poll->samples[i + 1].value + poll->samples[i + 2].value) << lines[i];
  }
  const auto again = source->poll({.now = {}, .cursor = poll->cursor, .from = {}}, host, {});
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->unchanged);
}

}  // namespace
}  // namespace kpi
