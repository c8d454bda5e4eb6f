#include "daemon/notify/channels/file.hpp"

#include "daemon/notify/message_json.hpp"
#include "daemon/notify/text_message.hpp"
#include "daemon/os/append_file.hpp"
#include "rules/base/text.hpp"

namespace kpi {

namespace {

class FileChannel final : public Channel {
 public:
  FileChannel(std::string path, bool is_json) : path_(std::move(path)), is_json_(is_json) {}

  Outcome deliver(const Message& message, ChannelHost& /*host*/, const std::stop_token& /*stop*/) override {
    const std::string text =
        is_json_ ? message_json(message) + "\n" : text_rule(message) + "\n" + text_message(message) + "\n";
    if (const Result<void> done = append_file(path_, text); !done) {
      return {Outcome::Kind::kRetry, printable(done.error().message, 256), {}};
    }
    return {};
  }

 private:
  std::string path_;
  bool is_json_;
};

}  // namespace

std::unique_ptr<Channel> create_file_channel(const ChannelSettings& settings, Diagnostics& diagnostics) {
  if (settings.text("path").empty()) {
    diagnostics.error(settings.position, "channel " + settings.name + ": path is missing", "add path: messages.log");
    return nullptr;
  }
  return std::make_unique<FileChannel>(settings.text("path"), settings.text("format") == "json");
}

}  // namespace kpi
