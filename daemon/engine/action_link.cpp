#include "daemon/engine/action_link.hpp"

#include "daemon/notify/base64.hpp"
#include "daemon/os/kept_files.hpp"
#include "daemon/os/signing.hpp"
#include "rules/base/text.hpp"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>

namespace kpi {
namespace {

constexpr std::string_view kPrefix = "/act/";
constexpr std::array<std::string_view, 2> kNames{"acknowledge", "silence"};
constexpr std::size_t kKeyBytes = 32;
/// 128 bits of the signature: nobody guesses them, and the address stays short.
constexpr std::size_t kSignatureBytes = 16;

std::string_view name_of(ActionLink::Kind kind) {
  return kNames.at(static_cast<std::size_t>(kind));
}

std::int64_t seconds_of(Instant at) {
  return std::chrono::floor<std::chrono::seconds>(at.time_since_epoch()).count();
}

/// Base64 as addresses take it.
std::string url_base64(std::string_view bytes) {
  std::string text = to_base64(bytes);
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  text.erase(text.find_last_not_of('=') + 1);
  return text;
}

std::string value_of(const std::map<std::string, std::string>& query, const std::string& name) {
  const auto found = query.find(name);
  return found == query.end() ? "" : found->second;
}

/// Compares without telling by its time how much was right.
bool is_same(std::string_view a, std::string_view b) {
  unsigned difference = a.size() == b.size() ? 0 : 1;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    difference |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]);
  }
  return difference == 0;
}

}  // namespace

std::string url_escaped(std::string_view text) {
  static constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                          c == '_' || c == '.' || c == '~';
    if (is_plain) {
      out += c;
    } else {
      out += {'%', kHex[byte >> 4U], kHex[byte & 15U]};
    }
  }
  return out;
}

bool is_action_path(std::string_view path) {
  return path.starts_with(kPrefix);
}

Result<void> LinkSigner::find_key() {
  if (!key_.empty()) {
    return {};
  }
  const std::filesystem::path file(history_);
  const std::string folder = file.has_parent_path() ? file.parent_path().string() : ".";
  const std::string name = file.filename().string() + ".link-key";
  std::string kept = KPI_TRY(read_kept(folder, name));
  if (kept.size() < kKeyBytes) {
    std::array<char, kKeyBytes> bytes{};
    if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
      return fail(ErrorKind::kUnavailable, "the system gives no random bytes");
    }
    kept = to_base64({bytes.data(), bytes.size()});
    KPI_TRY(write_kept(folder, name, kept));
  }
  key_ = Secret(std::move(kept));
  return {};
}

Result<std::string> LinkSigner::signature_of(const ActionLink& link) {
  const std::scoped_lock lock(mutex_);
  KPI_TRY(find_key());
  const std::string text = "link 1\n" + std::string(name_of(link.kind)) + "\n" + link.episode + "\n" + link.channel +
                           "\n" + std::to_string(seconds_of(link.expires));
  return url_base64(std::string_view(hmac_sha256_of(key_, text)).substr(0, kSignatureBytes));
}

Result<std::string> LinkSigner::path_of(const ActionLink& link) {
  const std::string signature = KPI_TRY(signature_of(link));
  return std::string(kPrefix) + std::string(name_of(link.kind)) + "/" + url_escaped(link.episode) +
         "?channel=" + url_escaped(link.channel) + "&until=" + std::to_string(seconds_of(link.expires)) +
         "&signature=" + signature;
}

std::optional<ActionLink> LinkSigner::read(std::string_view path, const std::map<std::string, std::string>& query) {
  if (!is_action_path(path)) {
    return std::nullopt;
  }
  path.remove_prefix(kPrefix.size());
  const std::size_t slash = path.find('/');
  const auto kind = std::ranges::find(kNames, path.substr(0, slash));
  std::int64_t until = 0;
  const std::string until_text = value_of(query, "until");
  const auto [end, error] = std::from_chars(until_text.data(), until_text.data() + until_text.size(), until);
  constexpr std::int64_t last = 253'402'300'799;  // of the year 9999
  if (slash == std::string_view::npos || kind == kNames.end() || error != std::errc() || until < 0 || until > last) {
    return std::nullopt;
  }
  ActionLink link;
  link.kind = static_cast<ActionLink::Kind>(kind - kNames.begin());
  link.episode = path.substr(slash + 1);  // an id has nothing that would be escaped
  link.channel = value_of(query, "channel");
  link.expires = Instant{std::chrono::seconds{until}};
  const auto signature = signature_of(link);
  return signature && is_same(value_of(query, "signature"), *signature) ? std::optional(link) : std::nullopt;
}

}  // namespace kpi
