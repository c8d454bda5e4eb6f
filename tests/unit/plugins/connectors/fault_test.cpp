// The faults that other sides have, against every connector: no false value, no lost day, no storm of requests.

#include "rules/base/text.hpp"
#include "tests/unit/plugins/connectors/recording.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

namespace kpi::test {
namespace {

constexpr std::size_t kMostRequests = 12;

struct Fault {
  std::string name;
  /// What comes instead of a good answer.
  Result<HttpResponse> (*answer)(const HttpResponse& good);
  int times = 1;
  int after = 0;  ///< So many good answers come before it.
};

bool is_login(const HttpRequest& request) {
  return request.url.find("token") != std::string::npos || request.url.find("signin") != std::string::npos ||
         request.url.find("accessToken") != std::string::npos;
}

HttpResponse with(int status, std::vector<std::pair<std::string, std::string>> headers, std::string body) {
  HttpResponse response;
  response.status = status;
  response.headers = std::move(headers);
  response.body = std::move(body);
  return response;
}

std::string led_away(std::string text) {
  for (std::size_t at = text.find("https://"); at != std::string::npos; at = text.find("https://", at + 8)) {
    const std::size_t end = std::min(text.find_first_of("/\"\\> ?", at + 8), text.size());
    text.replace(at, end - at, "https://evil.example");
  }
  return text;
}

/// Every address in an answer, that of the next page too, leads to another host.
Result<HttpResponse> leading_away(const HttpResponse& good) {
  HttpResponse other = good;
  other.body = led_away(good.body);
  for (auto& [name, value] : other.headers) {
    value = led_away(value);
  }
  return other;
}

const std::vector<Fault>& faults() {
  static const std::vector<Fault> kFaults{
      {"refused once", [](const HttpResponse&) -> Result<HttpResponse> { return with(401, {}, ""); }},
      {"refused for good", [](const HttpResponse&) -> Result<HttpResponse> { return with(401, {}, ""); }, 100},
      {"limited in seconds",
       [](const HttpResponse&) -> Result<HttpResponse> { return with(429, {{"retry-after", "3"}}, ""); }},
      {"limited for hours",
       [](const HttpResponse&) -> Result<HttpResponse> { return with(429, {{"retry-after", "7200"}}, ""); },
       100},
      {"limited until a date",
       [](const HttpResponse&) -> Result<HttpResponse> {
         return with(
             429, {{"date", "Sat, 21 Nov 2026 12:00:00 GMT"}, {"retry-after", "Sat, 21 Nov 2026 12:00:05 GMT"}}, "");
       }},
      {"limited without a word", [](const HttpResponse&) -> Result<HttpResponse> { return with(429, {}, ""); }, 100},
      {"broken", [](const HttpResponse&) -> Result<HttpResponse> { return with(500, {}, "oops"); }},
      {"broken for good", [](const HttpResponse&) -> Result<HttpResponse> { return with(502, {}, ""); }, 100},
      {"slow",
       [](const HttpResponse&) -> Result<HttpResponse> {
         return fail(ErrorKind::kTimeout, "https://x: no answer in time");
       }},
      {"gone",
       [](const HttpResponse&) -> Result<HttpResponse> { return fail(ErrorKind::kUnavailable, "https://x: refused"); },
       100},
      {"cut off",
       [](const HttpResponse& good) -> Result<HttpResponse> {
         HttpResponse cut = good;
         cut.body = good.body.substr(0, good.body.size() / 2);
         return cut;
       }},
      {"empty",
       [](const HttpResponse& good) -> Result<HttpResponse> {
         HttpResponse cut = good;
         cut.body.clear();
         return cut;
       }},
      {"a page to log in",
       [](const HttpResponse&) -> Result<HttpResponse> {
         return with(200, {{"content-type", "text/html"}}, "<!DOCTYPE html><html><body>Log in</body></html>");
       }},
      {"of another type",
       [](const HttpResponse& good) -> Result<HttpResponse> {
         HttpResponse other = good;
         std::erase_if(other.headers, [](const auto& header) { return header.first == "content-type"; });
         other.headers.emplace_back("content-type", "application/octet-stream");
         return other;
       },
       100},
      {"without its second page",
       [](const HttpResponse&) -> Result<HttpResponse> { return with(404, {}, ""); },
       100,
       1},
      {"with a second page of nothing",
       [](const HttpResponse&) -> Result<HttpResponse> { return with(200, {}, "{}"); },
       100,
       1},
      {"with a second page that is a list",
       [](const HttpResponse&) -> Result<HttpResponse> { return with(200, {}, "[]"); },
       100,
       1},
      {"of nothing", [](const HttpResponse&) -> Result<HttpResponse> { return with(200, {}, "{}"); }, 100},
      {"of null", [](const HttpResponse&) -> Result<HttpResponse> { return with(200, {}, "null"); }, 100},
      {"of a zero", [](const HttpResponse&) -> Result<HttpResponse> { return with(200, {}, "0"); }, 100},
      {"of a text", [](const HttpResponse&) -> Result<HttpResponse> { return with(200, {}, "\"ok\""); }, 100},
      {"that is an empty list", [](const HttpResponse&) -> Result<HttpResponse> { return with(200, {}, "[]"); }, 100},
      {"with a second page of null",
       [](const HttpResponse&) -> Result<HttpResponse> { return with(200, {}, "null"); },
       100,
       1},
      {"with a next page at another host", leading_away, 100},
      {"elsewhere",
       [](const HttpResponse&) -> Result<HttpResponse> {
         return with(302, {{"location", "https://evil.example"}}, "");
       }},
  };
  return kFaults;
}

class Faulty : public ::testing::TestWithParam<std::string> {};

TEST_P(Faulty, OtherSidesCauseNoFalseValueNoLostDayAndNoStorm) {
  const Recording recording = read_recording(GetParam());
  for (const Fault& fault : faults()) {
    SCOPED_TRACE(fault.name);
    const LoadedSource loaded = load_source(recording.source);
    ASSERT_NE(loaded.source, nullptr) << loaded.diagnostics;
    Player player(recording);
    int left = fault.times;
    int good_ones = fault.after;
    FakeHost host([&](const HttpRequest& request) -> Result<HttpResponse> {
      auto good = player(request);
      if (is_login(request) || good_ones-- > 0) {
        return good;
      }
      return left-- > 0 ? fault.answer(*good) : good;
    });
    host.time = recording.now;
    PollRequest request;
    request.now = recording.now;
    request.from = slot_of(Date{std::chrono::year{2026}, std::chrono::November, std::chrono::day{18}});

    const auto poll = loaded.source->poll(request, host, {});

    EXPECT_LE(host.requests.size(), std::max(kMostRequests, recording.exchanges.size() + 4));
    EXPECT_TRUE(std::ranges::none_of(
        host.requests, [](const HttpRequest& sent) { return sent.url.find("evil.example") != std::string::npos; }));
    if (poll) {
      for (const std::string& sample : samples_text(*poll, loaded.settings)) {
        EXPECT_NE(std::ranges::find(recording.samples, sample), recording.samples.end()) << sample;
      }
      request.cursor = poll->cursor;
    } else {
      EXPECT_EQ(poll.error().message.find("secret"), std::string::npos) << poll.error().message;
    }
    if (poll && poll->problem_count == 0 && !poll->broken_off) {
      EXPECT_EQ(join(samples_text(*poll, loaded.settings), "\n"), join(recording.samples, "\n"));
      continue;
    }
    // A source that was told to wait asks nothing until then.
    const std::size_t before = host.requests.size();
    if (!poll && fault.name == "limited for hours") {
      host.time += std::chrono::minutes{30};
      static_cast<void>(loaded.source->poll(request, host, {}));
      EXPECT_EQ(host.requests.size(), before);
    }
    left = 0;
    host.time += std::chrono::hours{4};
    const auto later = loaded.source->poll(request, host, {});
    ASSERT_TRUE(later.has_value()) << later.error().message;
    std::vector<std::string> all = samples_text(*later, loaded.settings);
    if (poll) {
      for (const std::string& sample : samples_text(*poll, loaded.settings)) {
        if (std::ranges::find(all, sample) == all.end()) {
          all.push_back(sample);
        }
      }
    }
    std::ranges::sort(all);
    EXPECT_EQ(join(all, "\n"), join(recording.samples, "\n"));
  }
}

class Paged : public ::testing::TestWithParam<std::string> {};

TEST_P(Paged, AnswersThatRepeatTheirFirstPageMakeNoValue) {
  const Recording recording = read_recording(GetParam());
  const LoadedSource loaded = load_source(recording.source);
  ASSERT_NE(loaded.source, nullptr) << loaded.diagnostics;
  Player player(recording);
  std::optional<HttpResponse> first;
  FakeHost host([&](const HttpRequest& request) -> Result<HttpResponse> {
    if (is_login(request)) {
      return player(request);
    }
    if (!first) {
      first = *player(request);
    }
    return *first;
  });
  host.time = recording.now;
  PollRequest request;
  request.now = recording.now;
  request.from = slot_of(Date{std::chrono::year{2026}, std::chrono::November, std::chrono::day{18}});
  const auto poll = loaded.source->poll(request, host, {});
  EXPECT_FALSE(poll.has_value()) << poll_text(poll, loaded.settings);
  EXPECT_LE(host.requests.size(), 4U);
}

INSTANTIATE_TEST_SUITE_P(Connectors,
                         Paged,
                         ::testing::Values("ga4", "google_ads", "meta", "salesforce", "shopify", "stripe"),
                         [](const auto& one) { return one.param; });

TEST_P(Faulty, ClocksChangeNothing) {
  const Recording recording = read_recording(GetParam());
  for (const int minutes : {-20, 20}) {
    SCOPED_TRACE(minutes);
    const LoadedSource loaded = load_source(recording.source);
    Player player(recording);
    FakeHost host([&](const HttpRequest& request) { return player(request); });
    host.time = recording.now + std::chrono::minutes{minutes};
    PollRequest request;
    request.now = recording.now;
    request.from = slot_of(Date{std::chrono::year{2026}, std::chrono::November, std::chrono::day{18}});
    const auto poll = loaded.source->poll(request, host, {});
    ASSERT_TRUE(poll.has_value()) << poll.error().message;
    EXPECT_EQ(join(samples_text(*poll, loaded.settings), "\n"), join(recording.samples, "\n"));
  }
}

INSTANTIATE_TEST_SUITE_P(Connectors, Faulty, ::testing::ValuesIn(recording_names()), [](const auto& one) {
  return one.param;
});

}  // namespace
}  // namespace kpi::test
