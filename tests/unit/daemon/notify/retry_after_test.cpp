#include "daemon/notify/channel.hpp"

#include <gtest/gtest.h>

namespace kpi {
namespace {

struct RetryAfterRow {
  const char* name;
  const char* text;
  std::optional<int> seconds;
};

class RetryAfter : public testing::TestWithParam<RetryAfterRow> {};

TEST_P(RetryAfter, IsReadAsSecondsFromNow) {
  const Instant now = parse_rfc3339("1994-11-06T08:48:37Z").value();
  std::optional<std::chrono::seconds> expected;
  if (GetParam().seconds) {
    expected = std::chrono::seconds{*GetParam().seconds};
  }
  EXPECT_EQ(parse_retry_after(GetParam().text, now), expected);
}

INSTANTIATE_TEST_SUITE_P(Rows,
                         RetryAfter,
                         testing::Values(RetryAfterRow{"Seconds", "120", 120},
                                         RetryAfterRow{"Spaces", " 120 ", 120},
                                         RetryAfterRow{"PartOfASecond", "120.5", 121},
                                         RetryAfterRow{"Zero", "0", 0},
                                         RetryAfterRow{"Negative", "-5", 0},
                                         RetryAfterRow{"ADay", "86400", 86400},
                                         RetryAfterRow{"Absurd", "999999999999999999999", 86400},
                                         RetryAfterRow{"TwoPoints", "1.2.3", std::nullopt},
                                         RetryAfterRow{"OnlyAMinus", "-", std::nullopt},
                                         RetryAfterRow{"HttpDate", "Sun, 06 Nov 1994 08:49:37 GMT", 60},
                                         RetryAfterRow{"OldDate", "Sunday, 06-Nov-94 08:49:37 GMT", 60},
                                         RetryAfterRow{"AsctimeDate", "Sun Nov  6 08:49:37 1994", 60},
                                         RetryAfterRow{"PastDate", "Sun, 06 Nov 1994 08:47:37 GMT", 0},
                                         RetryAfterRow{"FarDate", "Sun, 06 Nov 2044 08:49:37 GMT", 86400},
                                         RetryAfterRow{"NoSuchDay", "Sun, 31 Feb 1994 08:49:37 GMT", std::nullopt},
                                         RetryAfterRow{"NoSuchHour", "Sun, 06 Nov 1994 24:49:37 GMT", std::nullopt},
                                         RetryAfterRow{"NoSuchMonth", "Sun, 06 Nvo 1994 08:49:37 GMT", std::nullopt},
                                         RetryAfterRow{"Words", "in a while", std::nullopt},
                                         RetryAfterRow{"Empty", "", std::nullopt},
                                         RetryAfterRow{"NotANumber", "nan", std::nullopt},
                                         RetryAfterRow{"Exponent", "1e5", std::nullopt}),
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace kpi
