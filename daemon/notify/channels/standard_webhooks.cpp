#include "daemon/notify/channels/standard_webhooks.hpp"

#include "daemon/notify/base64.hpp"
#include "rules/base/text.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <optional>

namespace kpi {

namespace {

constexpr std::string_view kBase64Prefix = "whsec_";
constexpr std::size_t kLongestKey = 4096;

Result<Secret> parse_key(std::string_view word) {
  if (word.size() > kLongestKey) {
    return fail(ErrorKind::kInvalid, "a key of secret is longer than 4096 bytes");
  }
  const bool is_base64 = word.starts_with(kBase64Prefix);
  const std::optional<std::string> bytes =
      is_base64 ? from_base64(word.substr(kBase64Prefix.size())) : std::string(word);
  const std::optional<Secret> key = bytes ? std::optional(Secret(*bytes)) : std::nullopt;
  if (!key) {
    return fail(ErrorKind::kInvalid, "secret has something other than base64 after \"whsec_\"");
  }
  if (key->empty()) {
    return fail(ErrorKind::kInvalid, "secret has nothing after \"whsec_\"");
  }
  return *key;
}

}  // namespace

Result<std::vector<Secret>> parse_signing_keys(const Secret& setting) {
  std::vector<Secret> keys;
  for (const std::string_view word : split(setting.reveal(), ' ')) {
    if (word.empty()) {
      continue;
    }
    Result<Secret> key = parse_key(word);
    if (!key) {
      return tl::unexpected(std::move(key).error());
    }
    keys.push_back(*std::move(key));
  }
  if (keys.empty() && !setting.empty()) {
    return fail(ErrorKind::kInvalid, "secret is blank");
  }
  return keys;
}

std::string webhook_signature(const std::vector<Secret>& keys,
                              std::string_view id,
                              std::int64_t timestamp,
                              std::string_view body) {
  const std::string signed_text = std::string(id) + "." + std::to_string(timestamp) + "." + std::string(body);
  std::vector<std::string> signatures;
  for (const Secret& key : keys) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    HMAC(EVP_sha256(),
         key.reveal().data(),
         static_cast<int>(key.reveal().size()),
         reinterpret_cast<const unsigned char*>(signed_text.data()),
         signed_text.size(),
         digest.data(),
         &size);
    signatures.push_back("v1," + to_base64({reinterpret_cast<const char*>(digest.data()), size}));
  }
  return join(signatures, " ");
}

}  // namespace kpi
