#include "daemon/os/curl_certificates.hpp"

#include "rules/base/text.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string_view>

namespace kpi {
namespace {

constexpr std::chrono::hours kSoon{14 * 24};
constexpr std::size_t kMostOrigins = 10'000;

struct Validity {
  Instant begin;
  Instant end;
};

struct Known {
  std::mutex mutex;
  std::map<std::string, Validity> certificates;  // by origin
};

Known& known() {
  static Known all;
  return all;
}

/// libcurl's dates: "Apr 12 09:00:00 2026 GMT".
std::optional<Instant> certificate_time(const std::string& text) {
  std::tm parts{};
  if (::strptime(text.c_str(), "%b %d %H:%M:%S %Y", &parts) == nullptr) {
    return std::nullopt;
  }
  return Instant(std::chrono::seconds(::timegm(&parts)));
}

/// The value of the line that begins with `name`.
std::optional<Instant> time_of(const curl_slist* lines, std::string_view name) {
  for (; lines != nullptr; lines = lines->next) {
    const std::string_view line(lines->data);
    if (line.starts_with(name)) {
      return certificate_time(std::string(line.substr(name.size())));
    }
  }
  return std::nullopt;
}

}  // namespace

void remember_certificate(CURL* easy, const std::string& origin) {
  curl_certinfo* chain = nullptr;
  if (curl_easy_getinfo(easy, CURLINFO_CERTINFO, &chain) != CURLE_OK || chain == nullptr || chain->num_of_certs < 1) {
    return;
  }
  const auto begin = time_of(chain->certinfo[0], "Start date:");
  const auto end = time_of(chain->certinfo[0], "Expire date:");
  if (!begin || !end) {
    return;
  }
  const std::scoped_lock lock(known().mutex);
  auto& certificates = known().certificates;
  if (certificates.size() < kMostOrigins || certificates.contains(origin)) {
    certificates.insert_or_assign(origin, Validity{*begin, *end});
  }
}

std::vector<std::string> certificates_about_to_expire(Instant now) {
  std::vector<std::string> texts;
  const std::scoped_lock lock(known().mutex);
  for (const auto& [origin, validity] : known().certificates) {
    const Duration left = validity.end - now;
    if (left < kSoon && left < (validity.end - validity.begin) / 3) {
      texts.push_back("the certificate of " + origin + " expires on " + rfc3339(validity.end).substr(0, 10));
    }
  }
  return texts;
}

}  // namespace kpi
