#include "daemon/notify/channels/console.hpp"

#include "daemon/notify/text_message.hpp"

namespace kpi {

namespace {

class ConsoleChannel final : public Channel {
 public:
  Outcome deliver(const Message& message, ChannelHost& host, const std::stop_token& /*stop*/) override {
    host.console << text_rule(message) << '\n' << text_message(message) << '\n' << std::flush;
    if (!host.console) {
      host.console.clear();
      return {Outcome::Kind::kRetry, "standard output could not be written", {}};
    }
    return {Outcome::Kind::kDelivered, "", {}};
  }
};

}  // namespace

std::unique_ptr<Channel> create_console_channel(const ChannelSettings& /*settings*/, Diagnostics& /*diagnostics*/) {
  return std::make_unique<ConsoleChannel>();
}

}  // namespace kpi
