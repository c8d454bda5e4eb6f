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
}

TEST(Redactor, FindsASecretThatWasEscapedTwiceOrForAPage) {
  Redactor redactor;
  redactor.add("a&b/\"c'<d> e+f");
  for (const char* text : {"a&amp;b/&quot;c&#39;&lt;d&gt; e+f",
                           "a&#38;b&#x2F;&#34;c&#039;&#60;d&#x3e;&#32;e&#43;f",
                           "a%26b%2f%22c%27%3cd%3e+e%2bf",
                           "a%2526b%252F%2522c%2527%253Cd%253E%2520e%252Bf",
                           "a%252526b%25252f%252522c%252527%25253cd%25253e%252520e%25252bf",
                           R"(a\u0026b/\"c'\u003Cd\u003e e\u002bf)",
                           R"(a\\u0026b\\/\\\"c'<d> e+f)",
                           "a%26amp%3Bb/&amp;quot;c'<d> e+f",
                           "A&B/\"C'<D> E+F"}) {
    EXPECT_EQ(redactor.redacted(std::string("said: ") + text + "."), "said: ***.") << text;
  }
}

TEST(Redactor, TakesTheWholeTokenWhereASecretStandsInBase64) {
  Redactor redactor;
  redactor.add("s3cret?");
  // "a:", "ab:", "abc:" and the secret, and one with more behind it.
  for (const char* text : {"YTpzM2NyZXQ/",
                           "YWI6czNjcmV0Pw==",
                           "YWJjOnMzY3JldD8=",
                           "eHk6czNjcmV0PzpOYWls",
                           "YTpzM2NyZXQ_",
                           "YTpzM2NyZXQ%2F",
                           "a+b/YTpzM2NyZXQ%2F+c%3D%3d"}) {
    const std::string clean = redactor.redacted(std::string("Basic ") + text + " refused");
    EXPECT_EQ(clean.substr(0, 9), "Basic ***") << clean;
    EXPECT_EQ(clean.substr(clean.size() - 8), " refused") << clean;
    EXPECT_LE(clean.size(), 20U) << clean;
  }
}

TEST(Redactor, FindsASecretThatWasCut) {
  Redactor redactor;
  redactor.add("sk_live_0123456789abcdef");
  EXPECT_EQ(redactor.redacted("key sk_live_0123456789a is wrong"), "key *** is wrong");
  EXPECT_EQ(redactor.redacted("key sk_live_01234…"), "key ***…");
  EXPECT_EQ(redactor.redacted("key sk_live_01234"), "key ***");
  EXPECT_EQ(redactor.redacted("keys begin with sk_live_: look"), "keys begin with sk_live_: look");
}

TEST(Redactor, FindsATokenThatIsDisguised) {
  Redactor redactor;
  redactor.add("sk_live_0123456789abcdefGHIJ");
  for (const char* text : {"sk_live_0123456\\789abcdefGHIJ",  // a stray backslash
                           "sk_live_0123456\xC2\xAD"
                           "789abcdefGHIJ",  // a soft hyphen
                           "sk_live_0123\xE2\x80\x8B"
                           "456789abcdefGHIJ",
                           "sk_live_0123456\\n789abcdefGHIJ",  // a line of a JSON text
                           "sk_live_<b>0123456789</b>abcdefGHIJ",
                           "sk_live_0123 4567-89ab.cdef GHIJ",
                           "k_live_0123456789abcdefGHIJ",  // without its begin
                           "\"sk_live_012345678\"",        // its first half
                           "73 6b 5f 6c 69 76 65 5f 30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66 47 48 49 4a",
                           "c2tfbGl2ZV8wMTIzNDU2Nzg5YWJjZGVmR0hJSg",
                           "YzJ0ZmJHbDJaVjh3TVRJek5EVTJOemc1WVdKalpHVm1SMGhKU2c"}) {
    const std::string clean = redactor.redacted(std::string("said: ") + text + ", and no more");
    EXPECT_EQ(clean.substr(0, 6), "said: ") << clean;
    EXPECT_NE(clean.find("***"), std::string::npos) << clean;
    EXPECT_EQ(clean.substr(clean.size() - 13), ", and no more") << clean;
    for (const char* part : {"01234", "56789", "789ab", "abcde", "GHIJ", "34 35", "MDEy", "VjhN"}) {
      EXPECT_EQ(clean.find(part), std::string::npos) << clean;
    }
  }
}

TEST(Redactor, KnowsNoPiecesOfAddressesAndWords) {
  Redactor redactor;
  redactor.add("https://hooks.example.com/services/T000/B000/abcdefghijkl");
  redactor.add("a long pass phrase of words");
  redactor.add("{\"token_uri\": \"oauth2.googleapis.com/token\"}");
  for (const char* text : {"https://hooks.example.com: status 500",
                           "a long pass phrase is no secret",
                           "oauth2.googleapis.com/token: refused"}) {
    EXPECT_EQ(redactor.redacted(text), text);
  }
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
