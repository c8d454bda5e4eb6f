#include "daemon/notify/answer.hpp"

#include "tests/unit/daemon/notify/fake_http.hpp"

#include <gtest/gtest.h>

namespace kpi {
namespace {

using Kind = Outcome::Kind;

HttpRequest request_to(const std::string& url) {
  HttpRequest request;
  request.url = url;
  return request;
}

struct StatusRow {
  const char* name;
  int status;
  Kind kind;
};

class AnswerStatus : public testing::TestWithParam<StatusRow> {};

TEST_P(AnswerStatus, DecidesTheOutcome) {
  test::FakeChannelHost fake;
  fake.http.answer_with(GetParam().status, "");
  EXPECT_EQ(deliver_http(request_to("https://example.com/"), fake.host, {}).kind, GetParam().kind);
}

INSTANTIATE_TEST_SUITE_P(Rows,
                         AnswerStatus,
                         testing::Values(StatusRow{"Ok", 200, Kind::kDelivered},
                                         StatusRow{"Accepted", 202, Kind::kDelivered},
                                         StatusRow{"NoContent", 204, Kind::kDelivered},
                                         StatusRow{"LastOfTwoHundred", 299, Kind::kDelivered},
                                         StatusRow{"Interim", 101, Kind::kRefused},
                                         StatusRow{"Moved", 301, Kind::kRefused},
                                         StatusRow{"Found", 302, Kind::kRefused},
                                         StatusRow{"PermanentRedirect", 308, Kind::kRefused},
                                         StatusRow{"BadRequest", 400, Kind::kRefused},
                                         StatusRow{"Unauthorised", 401, Kind::kDisabled},
                                         StatusRow{"Forbidden", 403, Kind::kRefused},
                                         StatusRow{"NotFound", 404, Kind::kRefused},
                                         StatusRow{"RequestTimeout", 408, Kind::kRetry},
                                         StatusRow{"Conflict", 409, Kind::kRefused},
                                         StatusRow{"Gone", 410, Kind::kDisabled},
                                         StatusRow{"TooLarge", 413, Kind::kRefused},
                                         StatusRow{"TooEarly", 425, Kind::kRetry},
                                         StatusRow{"TooMany", 429, Kind::kRetry},
                                         StatusRow{"ServerError", 500, Kind::kRetry},
                                         StatusRow{"NotImplemented", 501, Kind::kRetry},
                                         StatusRow{"BadGateway", 502, Kind::kRetry},
                                         StatusRow{"Unavailable", 503, Kind::kRetry},
                                         StatusRow{"GatewayTimeout", 504, Kind::kRetry},
                                         StatusRow{"NoSuchStatus", 999, Kind::kRefused}),
                         [](const auto& row) { return row.param.name; });

struct ErrorRow {
  const char* name;
  ErrorKind error;
  Kind kind;
};

class AnswerError : public testing::TestWithParam<ErrorRow> {};

TEST_P(AnswerError, DecidesTheOutcome) {
  test::FakeChannelHost fake;
  fake.http.answer = fail(GetParam().error, "https://example.com: told why");
  EXPECT_EQ(deliver_http(request_to("https://example.com/"), fake.host, {}),
            (Outcome{GetParam().kind, "https://example.com: told why", {}}));
}

INSTANTIATE_TEST_SUITE_P(Rows,
                         AnswerError,
                         testing::Values(ErrorRow{"Invalid", ErrorKind::kInvalid, Kind::kRefused},
                                         ErrorRow{"Unavailable", ErrorKind::kUnavailable, Kind::kRetry},
                                         ErrorRow{"Timeout", ErrorKind::kTimeout, Kind::kRetry},
                                         ErrorRow{"Stopped", ErrorKind::kStopped, Kind::kRetry}),
                         [](const auto& row) { return row.param.name; });

TEST(Answer, CarriesRetryAfterWhenItIsToBeTriedAgain) {
  test::FakeChannelHost fake;
  fake.http.answer_with(429, "slow down", {{"retry-after", "Tue, 31 Mar 2026 06:01:05 GMT"}});
  EXPECT_EQ(deliver_http(request_to("https://example.com/"), fake.host, {}),
            (Outcome{Kind::kRetry, "answered 429: slow down", std::chrono::seconds{60}}));
}

TEST(Answer, DoesNotWaitForARefusal) {
  test::FakeChannelHost fake;
  fake.http.answer_with(400, "no", {{"retry-after", "60"}});
  EXPECT_EQ(deliver_http(request_to("https://example.com/"), fake.host, {}),
            (Outcome{Kind::kRefused, "answered 400: no", {}}));
}

TEST(Answer, SaysWhatToDoAboutARedirect) {
  test::FakeChannelHost fake;
  fake.http.answer_with(301, "<html>moved to https://example.com/key</html>", {{"location", "https://other/key"}});
  EXPECT_EQ(deliver_http(request_to("https://example.com/key"), fake.host, {}).detail,
            "answered 301: redirects are not followed; write the final address as the channel's url");
}

TEST(Answer, KeepsTheUrlOutOfItsDetail) {
  HttpRequest request =
      request_to("https://user:password1@hooks.example.com/services/T0000000/BB11BB11/abcdEFGH?key=topsecret#x");
  request.headers = {{"Authorization", "Bearer zzzzzzzz"}, {"webhook-signature", "v1,AAAABBBB"}};
  HttpResponse response;
  response.status = 404;
  response.body =
      "no {\"path\":\"\\/services\\/T0000000\\/BB11BB11\\/abcdEFGH\"} topsecret password1 Bearer zzzzzzzz v1,AAAABBBB "
      "end";
  EXPECT_EQ(
      outcome_of(request, response, {}).detail,
      "answered 404: no {\"path\":\"\\/[redacted]\\/[redacted]\\/[redacted]\\/[redacted]\"} [redacted] [redacted] "
      "[redacted] [redacted] end");
}

TEST(Answer, ShowsAtMost256PrintableBytes) {
  HttpResponse response;
  response.status = 500;
  response.body = "\x1b[31mred\r\n" + std::string(5000, 'x');
  const std::string detail = outcome_of(request_to("https://example.com/"), response, {}).detail;
  EXPECT_EQ(detail, "answered 500: \\x1b[31mred\\x0d\\x0a" + std::string(246, 'x') + "…");
}

}  // namespace
}  // namespace kpi
