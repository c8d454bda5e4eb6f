#include "daemon/notify/channels/standard_webhooks.hpp"

#include "rules/base/text.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <optional>

namespace kpi {

namespace {

constexpr std::string_view kBase64Prefix = "whsec_";
constexpr std::size_t kShortestKey = 24;
constexpr std::size_t kLongestKey = 4096;

std::string base64(const unsigned char* bytes, std::size_t size) {
  std::string text(((size + 2) / 3 * 4) + 1, '\0');
  const int written = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes, static_cast<int>(size));
  text.resize(static_cast<std::size_t>(written));
  return text;
}

/// Standard base64; the padding may be left out.
std::optional<Secret> from_base64(std::string text) {
  while (text.ends_with('=')) {
    text.pop_back();
  }
  const std::size_t missing = (4 - text.size() % 4) % 4;
  if (missing == 3 || text.find_first_of("= \t\r\n-") != std::string::npos) {
    return std::nullopt;
  }
  text.append(missing, '=');
  std::string bytes(text.size() / 4 * 3, '\0');
  const int written = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                      reinterpret_cast<const unsigned char*>(text.data()),
                                      static_cast<int>(text.size()));
  if (written < 0) {
    return std::nullopt;
  }
  bytes.resize(static_cast<std::size_t>(written) - missing);
  return Secret(std::move(bytes));
}

Result<Secret> parse_key(std::string_view word) {
  if (word.size() > kLongestKey) {
    return fail(ErrorKind::kInvalid, "a key of secret is longer than 4096 bytes");
  }
  const bool is_base64 = word.starts_with(kBase64Prefix);
  const std::optional<Secret> key =
      is_base64 ? from_base64(std::string(word.substr(kBase64Prefix.size()))) : Secret(std::string(word));
  if (!key) {
    return fail(ErrorKind::kInvalid, "secret has something other than base64 after \"whsec_\"");
  }
  if (key->reveal().size() < kShortestKey) {
    return fail(ErrorKind::kInvalid, "secret is too short: a key has at least 24 bytes");
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
    signatures.push_back("v1," + base64(digest.data(), size));
  }
  return join(signatures, " ");
}

}  // namespace kpi
