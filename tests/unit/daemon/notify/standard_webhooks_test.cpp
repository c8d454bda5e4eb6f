#include "daemon/notify/channels/standard_webhooks.hpp"

#include <gtest/gtest.h>

namespace kpi {
namespace {

// The example of the Standard Webhooks specification.
constexpr const char* kSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
constexpr const char* kId = "msg_p5jXN8AQM9LWM0D4loKWxJek";
constexpr std::int64_t kTimestamp = 1614265330;
constexpr const char* kBody = "{\"test\": 2432232314}";
constexpr const char* kSignature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

TEST(StandardWebhooks, SignsTheExampleOfTheSpecification) {
  EXPECT_EQ(webhook_signature(parse_signing_keys(Secret(kSecret)).value(), kId, kTimestamp, kBody), kSignature);
}

TEST(StandardWebhooks, SignsOncePerKeyWhileAKeyIsChanged) {
  const std::vector<Secret> keys =
      parse_signing_keys(Secret(std::string(kSecret) + "  a-text-of-at-least-24-bytes")).value();
  ASSERT_EQ(keys.size(), 2U);
  const std::string second = webhook_signature({keys[1]}, kId, kTimestamp, kBody);
  EXPECT_EQ(webhook_signature(keys, kId, kTimestamp, kBody), std::string(kSignature) + " " + second);
  EXPECT_NE(second, kSignature);
}

TEST(StandardWebhooks, TakesARawTextAsItIs) {
  EXPECT_EQ(parse_signing_keys(Secret("exactly-twenty-four-byte")).value().at(0).reveal(), "exactly-twenty-four-byte");
}

TEST(StandardWebhooks, ReadsBase64WithAndWithoutPadding) {
  const std::string bytes = "twenty-five-bytes-of-key!";
  EXPECT_EQ(parse_signing_keys(Secret("whsec_dHdlbnR5LWZpdmUtYnl0ZXMtb2Yta2V5IQ==")).value().at(0).reveal(), bytes);
  EXPECT_EQ(parse_signing_keys(Secret("whsec_dHdlbnR5LWZpdmUtYnl0ZXMtb2Yta2V5IQ")).value().at(0).reveal(), bytes);
}

TEST(StandardWebhooks, NeedsNoSecret) {
  EXPECT_TRUE(parse_signing_keys(Secret()).value().empty());
}

struct BadSecretRow {
  const char* name;
  const char* secret;
  const char* error;
};

class BadSecret : public testing::TestWithParam<BadSecretRow> {};

TEST_P(BadSecret, IsRefusedWithoutBeingShown) {
  const Result<std::vector<Secret>> keys = parse_signing_keys(Secret(GetParam().secret));
  ASSERT_FALSE(keys);
  EXPECT_EQ(keys.error(), (Error{ErrorKind::kInvalid, GetParam().error}));
}

INSTANTIATE_TEST_SUITE_P(Rows,
                         BadSecret,
                         testing::Values(BadSecretRow{"Nothing", "whsec_", "secret has nothing after \"whsec_\""},
                                         BadSecretRow{"Blank", "  ", "secret is blank"},
                                         BadSecretRow{"NotBase64",
                                                      "whsec_***notbase64***********************",
                                                      "secret has something other than base64 after \"whsec_\""},
                                         BadSecretRow{"OddLength",
                                                      "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwA",
                                                      "secret has something other than base64 after \"whsec_\""}),
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace kpi
