#include "daemon/notify/retry_wait.hpp"

#include <gtest/gtest.h>

namespace kpi {
namespace {

TEST(RetryWait, IsAsPublishedWithinAFifth) {
  for (std::size_t i = 0; i < retry_waits().size(); ++i) {
    const double published = static_cast<double>(Duration{retry_waits()[i]}.count());
    const auto wait = retry_wait("msg_1", static_cast<int>(i) + 1);
    ASSERT_TRUE(wait);
    EXPECT_NEAR(static_cast<double>(wait->count()), published, published * 0.2 + 1);
  }
  EXPECT_EQ(retry_wait("msg_1", static_cast<int>(retry_waits().size()) + 1), std::nullopt);
}

}  // namespace
}  // namespace kpi
