#include "tests/support/fake_host.hpp"

#include "daemon/os/signing.hpp"

namespace kpi::test {

Result<std::string> FakeHost::sign_rs256(const Secret& key, std::string_view text) {
  return rs256_signature(key, text);
}

Result<std::string> FakeHost::public_key_digest(const Secret& key) {
  return rsa_public_key_digest(key);
}

Result<std::string> FakeHost::hmac_sha256(const Secret& key, std::string_view text) {
  return hmac_sha256_of(key, text);
}

}  // namespace kpi::test
