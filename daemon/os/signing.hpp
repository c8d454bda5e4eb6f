#pragma once
// Signatures that vendors ask for. Thread-safe. No message holds a key.

#include "rules/base/result.hpp"
#include "rules/base/secret.hpp"

#include <string>
#include <string_view>

namespace kpi {

/// RSASSA-PKCS1-v1_5 with SHA-256, as bytes. kInvalid: no PEM private key for RSA.
Result<std::string> rs256_signature(const Secret& key, std::string_view text);
/// The SHA-256 digest of the public half of such a key (DER SubjectPublicKeyInfo), as bytes.
Result<std::string> rsa_public_key_digest(const Secret& key);
/// HMAC with SHA-256, as bytes.
std::string hmac_sha256_of(const Secret& key, std::string_view text);

}  // namespace kpi
