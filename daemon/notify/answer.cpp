#include "daemon/notify/answer.hpp"

#include "daemon/os/no_connection.hpp"
#include "rules/base/redact.hpp"
#include "rules/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

namespace kpi {

namespace {

/// How much of an answer is looked at.
constexpr std::size_t kMaxScanned = 4096;
constexpr std::size_t kMaxExcerpt = 256;
/// Shorter parts of a URL ("hooks", "v1") are words, not keys.
constexpr std::size_t kShortestSecret = 8;

/// The parts of a URL behind its scheme that could be a key: receivers like to echo them one by one.
std::vector<std::string_view> secret_parts(const HttpRequest& request) {
  std::vector<std::string_view> parts;
  const std::string_view url = request.url;
  const std::size_t scheme = url.find("://");
  std::size_t at = scheme == std::string_view::npos ? 0 : scheme + 3;
  while (at <= url.size()) {
    const std::size_t end = std::min(url.find_first_of("/?&=#:@;", at), url.size());
    if (end - at >= kShortestSecret) {
      parts.push_back(url.substr(at, end - at));
    }
    at = end + 1;
  }
  for (const auto& [name, value] : request.headers) {
    const std::string lower = to_lower_ascii(name);
    if (lower == "content-type" || lower == "webhook-timestamp") {
      continue;
    }
    // "Bearer KEY": the key may be echoed by itself.
    const std::string_view whole = value;
    const std::size_t space = whole.rfind(' ');
    for (const std::string_view part : {whole, space == std::string_view::npos ? whole : whole.substr(space + 1)}) {
      if (part.size() >= kShortestSecret) {
        parts.push_back(part);
      }
    }
  }
  // The longest first: a part may hold another one.
  std::ranges::sort(parts, [](std::string_view a, std::string_view b) { return a.size() > b.size(); });
  return parts;
}

std::string replaced(std::string text, std::string_view what) {
  constexpr std::string_view redacted = "[redacted]";
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + redacted.size())) {
    text.replace(at, what.size(), redacted);
  }
  return text;
}

Outcome::Kind kind_of_status(int status) {
  if (status >= 200 && status < 300) {
    return Outcome::Kind::kDelivered;
  }
  if (status == 401 || status == 410) {
    return Outcome::Kind::kDisabled;
  }
  if (status == 408 || status == 425 || status == 429 || (status >= 500 && status < 600)) {
    return Outcome::Kind::kRetry;
  }
  return Outcome::Kind::kRefused;
}

Outcome outcome_of_error(const Error& error) {
  const bool is_final = error.kind == ErrorKind::kInvalid || error.kind == ErrorKind::kNotFound;
  Outcome outcome{
      is_final ? Outcome::Kind::kRefused : Outcome::Kind::kRetry, printable(error.message, kMaxExcerpt), {}};
  outcome.is_unreached = is_unreached(error);
  return outcome;
}

}  // namespace

std::string answer_excerpt(const HttpRequest& request, const HttpResponse& response) {
  std::string text = response.body.substr(0, kMaxScanned);
  Redactor derived;
  for (const std::string_view part : secret_parts(request)) {
    text = replaced(std::move(text), part);
    derived.add(part);
  }
  return printable(trim(derived.redacted(text)), kMaxExcerpt);
}

Outcome outcome_of(const HttpRequest& request, const Result<HttpResponse>& answer, Instant now) {
  if (!answer) {
    return outcome_of_error(answer.error());
  }
  Outcome outcome;
  outcome.kind = kind_of_status(answer->status);
  outcome.detail = fmt::format("answered {}", answer->status);
  if (answer->status >= 300 && answer->status < 400) {
    outcome.detail += ": redirects are not followed; write the final address as the channel's url";
  } else if (const std::string excerpt = answer_excerpt(request, *answer); !excerpt.empty()) {
    outcome.detail += ": " + excerpt;
  }
  if (outcome.kind == Outcome::Kind::kRetry) {
    outcome.retry_after = parse_retry_after(answer->header("retry-after"), now);
  }
  return outcome;
}

}  // namespace kpi
