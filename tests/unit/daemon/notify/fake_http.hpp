#pragma once
// An HttpClient that records what it was asked and answers as told.

#include "daemon/notify/channel.hpp"

#include <optional>
#include <sstream>
#include <vector>

namespace kpi::test {

class FakeHttp final : public HttpClient {
 public:
  Result<HttpResponse> send(const HttpRequest& request, const std::stop_token& /*stop*/) override {
    requests.push_back(request);
    return answer;
  }

  void answer_with(int status, std::string body, std::vector<std::pair<std::string, std::string>> headers = {}) {
    HttpResponse response;
    response.status = status;
    response.body = std::move(body);
    response.headers = std::move(headers);
    answer = std::move(response);
  }

  Result<HttpResponse> answer = HttpResponse{};
  std::vector<HttpRequest> requests;
};

/// What a channel sees of the world, with a clock that stands.
struct FakeChannelHost {
  FakeHttp http;
  std::ostringstream console;
  Instant now = parse_rfc3339("2026-03-31T06:00:05.900Z").value();
  ChannelHost host{http, console, [this] { return now; }};
};

}  // namespace kpi::test
