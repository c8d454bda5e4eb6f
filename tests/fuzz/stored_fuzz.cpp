// What kpid reads back of its own, after somebody else has written to it: alerts, routing and messages of the history,
// and calendars. The first byte chooses. What must hold: no crash, and what was read is read again from its own text.

#include "daemon/engine/alert_json.hpp"
#include "daemon/engine/routing_json.hpp"
#include "daemon/notify/message_json.hpp"
#include "rules/load/ics.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace kpi;  // NOLINT(google-build-using-namespace): one function

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

void read_alert(std::string_view text) {
  if (const auto memory = decode_alert(text)) {
    require(decode_alert(encode_alert(*memory)).has_value());
  }
}

void read_routing(std::string_view text) {
  const std::size_t line = text.find('\n');
  RoutingState state;
  // What cannot be read is an error, and nothing else happens.
  std::ignore = decode_routing(
      {std::string(text.substr(0, line)), line == std::string_view::npos ? "" : std::string(text.substr(line + 1))},
      state);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] & 7U) {
    case 0:
      read_alert(text);
      break;
    case 1:
      read_routing(text);
      break;
    case 2:
      if (const auto view = decode_view(text)) {
        require(decode_view(encode_view(*view)).has_value());
      }
      break;
    case 3:
      std::ignore = parse_message_json(text).has_value();
      break;
    default:
      if (const auto days = parse_ics(text)) {
        require(days->size() < 1'000'000);
      }
  }
  return 0;
}
