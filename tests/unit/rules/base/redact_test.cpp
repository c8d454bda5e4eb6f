#include "rules/base/redact.hpp"

#include <gtest/gtest.h>

namespace kpi {
namespace {

TEST(Redactor, FindsASecretInEveryFormItIsWrittenIn) {
  Redactor redactor;
  redactor.add("k+y/0\"1=longer-than-that");
  for (const char* text : {"k+y/0\"1=longer-than-that",
                           "k%2By%2F0%221%3Dlonger-than-that",
                           "k%2by%2f0%221%3dlonger-than-that",
                           "k%2By/0%221%3Dlonger-than-that",
                           "k+y/0\\\"1=longer-than-that",
                           "k+y\\/0\\\"1=longer-than-that",
                           "6b2b792f3022313d6c6f6e6765722d7468616e2d74686174"}) {
    EXPECT_EQ(redactor.redacted(std::string("said: ") + text + "."), "said: ***.") << text;
  }
  // As base64 of "user:" and the secret: what depends on the secret alone is gone.
  const std::string basic = redactor.redacted("dXNlcjprK3kvMCIxPWxvbmdlci10aGFuLXRoYXQ=");
  EXPECT_EQ(basic.find("xvbmdlci10aGFu"), std::string::npos) << basic;
  EXPECT_NE(basic.find("***"), std::string::npos) << basic;
}

TEST(Redactor, LeavesOtherTextAndShortSecretsAlone) {
  Redactor redactor;
  redactor.add("abc");
  EXPECT_TRUE(redactor.empty());
  redactor.add("secret");
  EXPECT_EQ(redactor.redacted("abc secre ecret"), "abc secre ecret");
  EXPECT_EQ(redactor.redacted("secretsecret"), "******");
}

TEST(Redactor, TakesTheLongerOfTwoSecretsFirst) {
  Redactor redactor;
  redactor.add("token");
  redactor.add("token-and-more");
  EXPECT_EQ(redactor.redacted("token-and-more, token"), "***, ***");
}

}  // namespace
}  // namespace kpi
