// The API on any request: method, path with query, headers and body, a line each. What must hold: no crash, an answer
// with a status and a body that is JSON where it says so, and nothing is changed without the token.

#include "daemon/web/api.hpp"
#include "daemon/web/status_index.hpp"
#include "rules/base/text.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace kpi;  // NOLINT(google-build-using-namespace): one function

constexpr const char* kToken = "a token that nobody guesses";

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

std::string_view next_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

/// As the server hands it over: the query decoded, the names of headers in lower case.
WebRequest request_of(std::string_view text) {
  WebRequest request;
  request.method = next_line(text);
  const std::string_view target = next_line(text);
  const std::size_t mark = target.find('?');
  request.path = target.substr(0, mark);
  for (const std::string_view part : split(mark == std::string_view::npos ? "" : target.substr(mark + 1), '&')) {
    const std::size_t equals = part.find('=');
    request.query[std::string(part.substr(0, equals))] =
        equals == std::string_view::npos ? "" : std::string(part.substr(equals + 1));
  }
  for (std::string_view line = next_line(text); !line.empty(); line = next_line(text)) {
    const std::size_t colon = line.find(':');
    request.headers[to_lower_ascii(line.substr(0, colon))] =
        colon == std::string_view::npos ? "" : std::string(trim(line.substr(colon + 1)));
  }
  request.body = text;
  return request;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::size_t changes = 0;
  ApiGround ground;
  ground.config = [] { return std::make_shared<const Config>(); };
  ground.verb = [](const std::vector<std::string>& words) {
    require(!words.empty());
    return VerbResult{0, R"({"now":null,"kpis":[],"sources":[],"channels":[]})", ""};
  };
  ground.status = []() -> Result<StatusSnapshot> { return StatusSnapshot{}; };
  ground.ask = [&](const Action& /*action*/) -> Result<ActionAnswer> {
    ++changes;
    return ActionAnswer{"done", "id_1"};
  };
  ground.metrics = [] { return std::string("kpid_build_info 1\n"); };
  ground.problem = [] { return std::string(); };
  ground.config_errors = [] { return std::string(); };
  ground.step = [] { return std::uint64_t{1}; };
  ground.now = [] { return Instant{std::chrono::hours{493'000}}; };
  Api api(std::move(ground), ApiOptions{Secret(kToken), false, {"localhost"}, "/nowhere/history.db"});
  const WebRequest request = request_of({reinterpret_cast<const char*>(data), size});
  const WebReply reply = api.handle(request);
  require(reply.status >= 200 && reply.status < 600);
  if (reply.type.find("json") != std::string::npos) {
    require(nlohmann::json::accept(reply.body));
  }
  const auto token = request.headers.find("authorization");
  require(changes == 0 || (token != request.headers.end() && token->second.find(kToken) != std::string::npos));
  return 0;
}
