#pragma once
// Signatures as the Standard Webhooks specification has them: HMAC-SHA256 of "id.timestamp.body", one per key. Pure.

#include "rules/base/result.hpp"
#include "rules/base/secret.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kpi {

/// The keys in a `secret` setting: one, or several separated by spaces while a key is being changed. Each is "whsec_"
/// and base64, or any text, of at least 24 bytes. The error names what is wrong, never the secret.
Result<std::vector<Secret>> parse_signing_keys(const Secret& setting);

/// "v1,…" for each key, separated by spaces: the value of `webhook-signature`.
std::string webhook_signature(const std::vector<Secret>& keys,
                              std::string_view id,
                              std::int64_t timestamp,
                              std::string_view body);

}  // namespace kpi
