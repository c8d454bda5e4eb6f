#include "daemon/notify/channels/exec.hpp"

#include "daemon/notify/alert_words.hpp"
#include "daemon/notify/message_json.hpp"
#include "rules/base/text.hpp"

#include <fmt/format.h>

namespace kpi {

namespace {

/// What a program exits with when the same message will never do (EX_DATAERR, EX_CONFIG of sysexits.h).
constexpr int kDataError = 65;
constexpr int kConfigError = 78;
/// Nothing was found to run, or it may not be run.
constexpr int kNotExecutable = 126;
constexpr int kNotFound = 127;

class ExecChannel final : public Channel {
 public:
  explicit ExecChannel(ChannelSettings settings) : settings_(std::move(settings)) {
    if (settings_.position.source != nullptr) {
      const std::string& file = settings_.position.source->name;
      const std::size_t slash = file.rfind('/');
      folder_ = slash == std::string::npos ? "." : file.substr(0, slash + 1);
    }
  }

  Outcome deliver(const Message& message, ChannelHost& host, const std::stop_token& stop) override {
    if (host.host == nullptr) {
      return {Outcome::Kind::kRefused, "programs cannot be run here", {}};
    }
    ProcessRequest request;
    request.command = settings_.list("command");
    request.environment = {{"KPID_MESSAGE_ID", message.id},
                           {"KPID_MESSAGE_TYPE", std::string(name_of(message.type))},
                           {"KPID_CHANNEL", settings_.name},
                           {"KPID_HEADLINE", headline(message)}};
    request.input = message_json(message) + "\n";
    request.folder = folder_;
    request.sees_all = true;  // it is there to do something
    request.timeout = settings_.timeout;
    request.max_output = 64U << 10U;
    const Result<ProcessResult> ended = host.host->run(request, stop);
    if (!ended) {
      const bool is_final = ended.error().kind == ErrorKind::kInvalid || ended.error().kind == ErrorKind::kNotFound;
      return {is_final ? Outcome::Kind::kRefused : Outcome::Kind::kRetry, printable(ended.error().message, 256), {}};
    }
    return read(*ended);
  }

 private:
  static Outcome read(const ProcessResult& ended) {
    if (ended.code == 0) {
      return {Outcome::Kind::kDelivered, "exited with 0", {}};
    }
    const std::string said = printable(trim(ended.errors.empty() ? ended.output : ended.errors), 200);
    const bool is_final = ended.code == kDataError || ended.code == kConfigError || ended.code == kNotExecutable ||
                          ended.code == kNotFound;
    return {is_final ? Outcome::Kind::kRefused : Outcome::Kind::kRetry,
            (ended.signal != 0 ? fmt::format("ended by signal {}", ended.signal)
                               : fmt::format("exited with {}", ended.code)) +
                (said.empty() ? "" : ": " + said),
            {}};
  }

  ChannelSettings settings_;
  std::string folder_;  ///< Of the file that names it.
};

}  // namespace

std::unique_ptr<Channel> create_exec_channel(const ChannelSettings& settings, Diagnostics& diagnostics) {
  const std::vector<std::string>& command = settings.list("command");
  if (command.empty() || command.front().empty()) {
    diagnostics.error(settings.position,
                      "channel " + settings.name + ": command is missing",
                      "write command: [/usr/local/bin/page-me, --urgent]");
    return nullptr;
  }
  return std::make_unique<ExecChannel>(settings);
}

}  // namespace kpi
