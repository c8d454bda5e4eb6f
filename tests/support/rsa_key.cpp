#include "tests/support/rsa_key.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <utility>

namespace kpi::test {
namespace {

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string text(data, static_cast<std::size_t>(size));
  BIO_free(bio);
  return text;
}

const std::pair<std::string, std::string>& pair() {
  static const std::pair<std::string, std::string> both = [] {
    EVP_PKEY* key = EVP_RSA_gen(2048);
    BIO* secret = BIO_new(BIO_s_mem());
    PEM_write_bio_PrivateKey(secret, key, nullptr, nullptr, 0, nullptr, nullptr);
    BIO* open = BIO_new(BIO_s_mem());
    PEM_write_bio_PUBKEY(open, key);
    EVP_PKEY_free(key);
    return std::pair(text_of(secret), text_of(open));
  }();
  return both;
}

}  // namespace

const std::string& rsa_private_key() {
  return pair().first;
}

const std::string& rsa_public_key() {
  return pair().second;
}

}  // namespace kpi::test
