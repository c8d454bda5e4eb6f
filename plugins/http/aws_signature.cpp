#include "plugins/http/aws_signature.hpp"

#include "plugins/http/render.hpp"
#include "rules/base/text.hpp"

#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <map>
#include <vector>

namespace kpi {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";

/// "20261121T060000Z"
std::string stamp_of(Instant now) {
  std::string text;
  for (const char c : rfc3339(std::chrono::floor<std::chrono::seconds>(now))) {
    if (c != '-' && c != ':') {
      text += c;
    }
  }
  return text;
}

std::string digest_of(std::string_view text) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return hex_of({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

struct Address {
  std::string host;   ///< As the Host header has it: without a port that goes without saying.
  std::string path;   ///< Encoded once more, as every service but S3 wants it.
  std::string query;  ///< In order.
};

Address address_of(std::string_view url, bool is_s3) {
  Address address;
  const bool is_tls = url.starts_with("https://");
  url.remove_prefix(std::min(url.find("://") + 3, url.size()));
  const std::size_t end = std::min(url.find_first_of("/?#"), url.size());
  address.host = to_lower_ascii(url.substr(0, end));
  if (address.host.ends_with(is_tls ? ":443" : ":80")) {
    address.host.resize(address.host.rfind(':'));
  }
  url.remove_prefix(end);
  url = url.substr(0, url.find('#'));
  const std::size_t mark = std::min(url.find('?'), url.size());
  for (const std::string_view segment : split(url.substr(0, mark), '/')) {
    address.path += (address.path.empty() && segment.empty() ? "" : "/") +
                    (is_s3 ? std::string(segment) : percent_encoded(segment));
  }
  if (!address.path.starts_with('/')) {
    address.path.insert(0, "/");
  }
  std::vector<std::string> pairs;
  if (mark < url.size()) {
    for (const std::string_view pair : split(url.substr(mark + 1), '&')) {
      pairs.push_back(std::string(pair) + (pair.find('=') == std::string_view::npos ? "=" : ""));
    }
  }
  std::ranges::sort(pairs);
  address.query = join(pairs, "&");
  return address;
}

}  // namespace

std::string hex_of(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += kDigits[byte >> 4U];
    text += kDigits[byte & 15U];
  }
  return text;
}

Result<void> sign_for_aws(HttpRequest& request, const AwsCredential& credential, Host& host) {
  const std::string stamp = stamp_of(host.now());
  const std::string day = stamp.substr(0, 8);
  const std::string payload = digest_of(request.body);
  const Address address = address_of(request.url, credential.service == "s3");
  request.headers.emplace_back("x-amz-content-sha256", payload);
  request.headers.emplace_back("x-amz-date", stamp);
  if (!credential.session_token.empty()) {
    request.headers.emplace_back("x-amz-security-token", credential.session_token);
  }
  std::map<std::string, std::string> headers{{"host", address.host}};
  for (const auto& [name, value] : request.headers) {
    if (name.starts_with("x-amz-") || name == "content-type") {
      headers[name] = std::string(trim(value));
    }
  }
  std::string text;
  std::string names;
  for (const auto& [name, value] : headers) {
    text += name + ':' + value + '\n';
    names += (names.empty() ? "" : ";") + name;
  }
  const std::string canonical =
      request.method + '\n' + address.path + '\n' + address.query + '\n' + text + '\n' + names + '\n' + payload;
  const std::string scope = day + '/' + credential.region + '/' + credential.service + "/aws4_request";
  const std::string to_sign = std::string(kAlgorithm) + '\n' + stamp + '\n' + scope + '\n' + digest_of(canonical);
  Secret key("AWS4" + credential.secret_key.reveal());
  for (const std::string& part : {day, credential.region, credential.service, std::string("aws4_request")}) {
    key = Secret(KPI_TRY(host.hmac_sha256(key, part)));
  }
  const std::string signature = hex_of(KPI_TRY(host.hmac_sha256(key, to_sign)));
  request.headers.emplace_back("authorization",
                               std::string(kAlgorithm) + " Credential=" + credential.access_key + '/' + scope +
                                   ", SignedHeaders=" + names + ", Signature=" + signature);
  return {};
}

}  // namespace kpi
