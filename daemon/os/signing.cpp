#include "daemon/os/signing.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include <array>
#include <memory>

namespace kpi {
namespace {

struct Free {
  void operator()(BIO* bio) const { BIO_free(bio); }

  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }

  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

using Key = std::unique_ptr<EVP_PKEY, Free>;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

/// A key with a passphrase would make OpenSSL ask for it on the terminal.
int no_passphrase(char* /*buffer*/, int /*size*/, int /*for_writing*/, void* /*data*/) {
  return 0;
}

Result<Key> rsa_key(const Secret& pem) {
  const std::unique_ptr<BIO, Free> bio(BIO_new_mem_buf(pem.reveal().data(), static_cast<int>(pem.reveal().size())));
  Key key(bio == nullptr ? nullptr : PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr));
  if (key == nullptr || EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_RSA) {
    return fail(ErrorKind::kInvalid,
                "the private key is no RSA key in PEM form without a passphrase (-----BEGIN PRIVATE KEY-----)");
  }
  return key;
}

}  // namespace

Result<std::string> rs256_signature(const Secret& key, std::string_view text) {
  const Key rsa = KPI_TRY(rsa_key(key));
  const std::unique_ptr<EVP_MD_CTX, Free> context(EVP_MD_CTX_new());
  std::size_t size = 0;
  std::string signature;
  const bool is_ready = context != nullptr &&
                        EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, rsa.get()) == 1 &&
                        EVP_DigestSign(context.get(), nullptr, &size, bytes_of(text), text.size()) == 1;
  signature.resize(size);
  if (!is_ready ||
      EVP_DigestSign(
          context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, bytes_of(text), text.size()) != 1) {
    return fail(ErrorKind::kInvalid, "the private key cannot sign");
  }
  signature.resize(size);
  return signature;
}

Result<std::string> rsa_public_key_digest(const Secret& key) {
  const Key rsa = KPI_TRY(rsa_key(key));
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(rsa.get(), &der);
  if (size <= 0) {
    return fail(ErrorKind::kInvalid, "the private key has no public half");
  }
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(der, static_cast<std::size_t>(size), digest.data());
  OPENSSL_free(der);
  return std::string(reinterpret_cast<const char*>(digest.data()), digest.size());
}

std::string hmac_sha256_of(const Secret& key, std::string_view text) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> code{};
  unsigned size = 0;
  HMAC(EVP_sha256(),
       key.reveal().data(),
       static_cast<int>(key.reveal().size()),
       bytes_of(text),
       text.size(),
       code.data(),
       &size);
  return {reinterpret_cast<const char*>(code.data()), size};
}

}  // namespace kpi
