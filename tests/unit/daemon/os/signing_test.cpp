#include "daemon/os/signing.hpp"

#include "tests/support/rsa_key.hpp"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <string>

namespace kpi {
namespace {

bool is_signed(const std::string& signature, const std::string& text) {
  const std::string& pem = test::rsa_public_key();
  BIO* bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  EVP_PKEY* key = PEM_read_bio_PUBKEY(bio, nullptr, nullptr, nullptr);
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  const bool fits = EVP_DigestVerifyInit(context, nullptr, EVP_sha256(), nullptr, key) == 1 &&
                    EVP_DigestVerify(context,
                                     reinterpret_cast<const unsigned char*>(signature.data()),
                                     signature.size(),
                                     reinterpret_cast<const unsigned char*>(text.data()),
                                     text.size()) == 1;
  EVP_MD_CTX_free(context);
  EVP_PKEY_free(key);
  BIO_free(bio);
  return fits;
}

TEST(Signing, ByRsaIsVerifiedWithThePublicKey) {
  const auto signature = rs256_signature(Secret(test::rsa_private_key()), "header.claims");
  ASSERT_TRUE(signature.has_value());
  EXPECT_TRUE(is_signed(*signature, "header.claims"));
  EXPECT_FALSE(is_signed(*signature, "header.claimz"));
}

TEST(Signing, RefusesWhatIsNoKeyWithoutShowingIt) {
  const auto signature =
      rs256_signature(Secret("-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----"), "x");
  ASSERT_FALSE(signature.has_value());
  EXPECT_EQ(signature.error(),
            (Error{ErrorKind::kInvalid,
                   "the private key is no RSA key in PEM form without a passphrase (-----BEGIN PRIVATE KEY-----)"}));
}

TEST(Signing, ByHmacIsThatOfRfc4231) {
  std::string hex;
  for (const char c : hmac_sha256_of(Secret("Jefe"), "what do ya want for nothing?")) {
    constexpr const char* digits = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(c);
    hex += {digits[byte >> 4U], digits[byte & 15U]};
  }
  EXPECT_EQ(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

}  // namespace
}  // namespace kpi
