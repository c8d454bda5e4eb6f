#include "plugins/http.hpp"

#include <gtest/gtest.h>

namespace kpi {
namespace {

TEST(HttpResponse, GivesTheFirstHeaderOfAName) {
  const HttpResponse response{
      .status = 200, .headers = {{"a", "1"}, {"retry-after", "5"}, {"retry-after", "6"}}, .body = ""};
  EXPECT_EQ(response.header("retry-after"), "5");
}

TEST(HttpResponse, GivesNothingForAHeaderThatIsNotThere) {
  const HttpResponse response{.status = 200, .headers = {{"a", "1"}}, .body = ""};
  EXPECT_EQ(response.header("retry-after"), "");
}

}  // namespace
}  // namespace kpi
