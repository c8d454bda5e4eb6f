#include "daemon/notify/channel.hpp"

#include "daemon/notify/answer.hpp"
#include "rules/base/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace kpi {

namespace {

using std::chrono::seconds;

constexpr seconds kMostRetryAfter{24 * 60 * 60};

std::optional<int> parse_digits(std::string_view text, std::size_t most_digits) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || text.size() > most_digits || text.front() == '-' || error != std::errc{} ||
      end != text.data() + text.size()) {
    return std::nullopt;
  }
  return number;
}

std::optional<std::chrono::month> parse_month(std::string_view text) {
  constexpr std::array<std::string_view, 12> months = {
      "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"};
  const auto* const found = std::ranges::find(months, to_lower_ascii(text));
  if (found == months.end()) {
    return std::nullopt;
  }
  return std::chrono::month{static_cast<unsigned>(found - months.begin()) + 1};
}

std::optional<seconds> parse_time_of_day(std::string_view text) {
  const std::vector<std::string_view> parts = split(text, ':');
  if (parts.size() != 3) {
    return std::nullopt;
  }
  const std::optional<int> hour = parse_digits(parts[0], 2);
  const std::optional<int> minute = parse_digits(parts[1], 2);
  const std::optional<int> second = parse_digits(parts[2], 2);
  if (!hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 60) {
    return std::nullopt;
  }
  return std::chrono::hours{*hour} + std::chrono::minutes{*minute} + seconds{*second};
}

/// The three forms of an HTTP date: "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT" and
/// "Sun Nov  6 08:49:37 1994". The day of the week is not looked at.
std::optional<std::chrono::sys_seconds> parse_http_date(std::string_view text) {
  std::string spaced(text);
  std::ranges::replace_if(spaced, [](char c) { return c == ',' || c == '-'; }, ' ');
  std::vector<std::string_view> words = split(spaced, ' ');
  std::erase_if(words, [](std::string_view word) { return word.empty() || word == "GMT"; });
  if (words.size() != 5) {
    return std::nullopt;
  }
  const bool is_asctime = parse_month(words[1]).has_value();
  const std::optional<int> day = parse_digits(words[is_asctime ? 2 : 1], 2);
  const std::optional<std::chrono::month> month = parse_month(words[is_asctime ? 1 : 2]);
  const std::string_view year_text = words[is_asctime ? 4 : 3];
  const std::optional<int> year = parse_digits(year_text, 4);
  const std::optional<seconds> time = parse_time_of_day(words[is_asctime ? 3 : 4]);
  if (!day || !month || !year || !time) {
    return std::nullopt;
  }
  const int century = year_text.size() == 2 ? (*year < 70 ? 2000 : 1900) : 0;
  const std::chrono::year_month_day date{
      std::chrono::year{century + *year}, *month, std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok()) {
    return std::nullopt;
  }
  return std::chrono::sys_days{date} + *time;
}

bool looks_like_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("-0123456789.") == std::string_view::npos;
}

}  // namespace

bool is_with_some(std::string_view progress) {
  return std::ranges::any_of(split(progress, ' '), [](std::string_view recipient) {
    return recipient.find('@') != std::string_view::npos && !recipient.starts_with('<');
  });
}

std::string without_refusals(std::string_view progress) {
  std::vector<std::string> kept;
  for (const std::string_view one : split(progress, ' ')) {
    if (!one.starts_with('<') || !one.ends_with('>')) {
      kept.emplace_back(one);
    }
  }
  return join(kept, " ");
}

std::optional<seconds> parse_retry_after(std::string_view text, Instant now) {
  text = trim(text);
  if (looks_like_number(text)) {
    const std::optional<double> number = parse_number(text);
    if (!number) {
      return std::nullopt;
    }
    const auto most = static_cast<double>(kMostRetryAfter.count());
    return seconds{static_cast<std::int64_t>(std::ceil(std::clamp(*number, 0.0, most)))};
  }
  const std::optional<std::chrono::sys_seconds> date = parse_http_date(text);
  if (!date) {
    return std::nullopt;
  }
  return std::clamp(std::chrono::ceil<seconds>(*date - now), seconds{0}, kMostRetryAfter);
}

Outcome deliver_http(const HttpRequest& request, ChannelHost& host, const std::stop_token& stop) {
  return outcome_of(request, host.http.send(request, stop), host.now());
}

}  // namespace kpi
