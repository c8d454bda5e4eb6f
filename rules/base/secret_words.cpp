#include "rules/base/secret_words.hpp"

#include "rules/base/text.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace kpi {

bool is_secret_name(std::string_view name) {
  static constexpr std::array<std::string_view, 10> kWhole{
      "key", "token", "auth", "pwd", "pass", "secret", "sig", "signature", "cookie", "authorization"};
  static constexpr std::array<std::string_view, 15> kParts{"api_key",
                                                           "routing_key",
                                                           "integration_key",
                                                           "service_key",
                                                           "apikey",
                                                           "access_key",
                                                           "secret_key",
                                                           "auth_key",
                                                           "private_key",
                                                           "access_token",
                                                           "auth_token",
                                                           "token_auth",
                                                           "refresh_token",
                                                           "client_secret",
                                                           "passw"};
  std::string lower = to_lower_ascii(name);
  std::ranges::replace(lower, '-', '_');
  return std::ranges::find(kWhole, lower) != kWhole.end() ||
         std::ranges::any_of(kParts, [&](std::string_view part) { return lower.find(part) != std::string::npos; });
}

bool is_secret_of_auth(std::string_view key) {
  return key == "value" || key == "token" || key == "password" || key == "client_secret" || key == "refresh_token" ||
         key == "key" || key == "secret_key" || key == "session_token";
}

std::vector<std::string_view> secrets_in_address(std::string_view address) {
  std::vector<std::string_view> found;
  const std::size_t scheme = address.find("://");
  const bool is_plain_login = scheme == std::string_view::npos && !address.starts_with("mailto:") &&
                              address.find('@') != std::string_view::npos &&
                              address.find_first_of(" \t") == std::string_view::npos;
  if (scheme == std::string_view::npos && !is_plain_login) {
    return found;
  }
  const std::string_view behind = is_plain_login ? address : address.substr(scheme + 3);
  const std::string_view authority = behind.substr(0, behind.find_first_of("/?#"));
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    const std::size_t colon = authority.find(':');
    if (colon < at && at - colon > 1) {
      found.push_back(authority.substr(colon + 1, at - colon - 1));
    }
  }
  const std::size_t query = behind.find('?');
  const std::string_view all = query == std::string_view::npos ? "" : behind.substr(query + 1);
  for (const std::string_view pair : split(all.substr(0, all.find('#')), '&')) {
    const std::size_t equals = pair.find('=');
    if (equals != std::string_view::npos && equals + 1 < pair.size() && is_secret_name(pair.substr(0, equals))) {
      found.push_back(pair.substr(equals + 1));
    }
  }
  return found;
}

}  // namespace kpi
