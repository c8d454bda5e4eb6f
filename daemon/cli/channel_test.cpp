#include "daemon/cli/verbs.hpp"
#include "daemon/config/secret_reference.hpp"
#include "daemon/engine/deliveries.hpp"
#include "daemon/notify/message_json.hpp"
#include "daemon/os/curl_http.hpp"
#include "rules/base/text.hpp"
#include "rules/words/say.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <ostream>

namespace kpi {
namespace {

using nlohmann::ordered_json;

/// One that nobody has seen before: a second test is not dropped as a copy of the first.
NotificationRow test_row(const Config& config, const std::string& channel, Instant now) {
  Message message;
  message.id = "msg_" + fingerprint("test " + channel + " " + std::to_string(now.time_since_epoch().count()));
  message.type = MessageType::kTest;
  message.channel = channel;
  message.created = std::chrono::floor<std::chrono::seconds>(now);
  const Voice voice = config.voice_of(channel);
  message.language = voice.language;
  message.zone = voice.zone.value_or(config.zone);
  const auto count = [&](Phrase phrase, std::size_t n) { return say(voice.language, phrase, {{"n", n}}); };
  message.text = say(voice.language, Phrase::kTestMessage, {{"channel", channel}}) + "\n\n" +
                 say(voice.language,
                     Phrase::kTestWatches,
                     {{"kpis", count(Phrase::kCountOfKpis, config.rules.kpis.size())},
                      {"sources", count(Phrase::kCountOfSources, config.sources.size())}});
  NotificationRow row;
  row.id = message.id;
  row.channel = channel;
  row.body = outbox_json(message);
  return row;
}

std::string_view word_of(const Outcome& outcome) {
  switch (outcome.kind) {
    case Outcome::Kind::kDelivered:
      return "delivered";
    case Outcome::Kind::kRetry:
      return outcome.is_partly_taken ? "not delivered to all, the rest would be tried again"
                                     : "not delivered, it would be tried again";
    case Outcome::Kind::kRefused:
      return "refused";
    case Outcome::Kind::kDisabled:
      break;
  }
  return "refused, as everything else would be";
}

/// What the channel lacks here: its variables are the daemon's, and seldom those of a shell.
std::string missing_secrets(const Arguments& arguments, const Config& config, const ChannelConfig& channel, Io& io) {
  std::uint32_t end = UINT32_MAX;
  for (const ChannelConfig& other : config.channels) {
    end = other.position.line > channel.position.line ? std::min(end, other.position.line) : end;
  }
  std::vector<std::string> lacks;
  const ConfigLoad load = load_config(config_path(arguments), Secrets::kChecked, io.host);
  for (const Diagnostic& found : load.diagnostics.items()) {
    const Position& at = found.position;
    if (found.remedy == kMissingSecret && at.line >= channel.position.line && at.line < end) {
      lacks.push_back(found.message);
    }
  }
  return lacks.empty() ? "a secret of it is not there" : join(lacks, "; ");
}

int test_channel(const Arguments& arguments, Io& io) {
  const auto config = load_for_verb(arguments, Secrets::kChecked, io);  // others may lack theirs
  if (!config) {
    return kExitNo;
  }
  const std::string name = arguments.text("name");
  if (config->find_channel(name) == nullptr) {
    std::vector<std::string> names;
    std::ranges::transform(config->channels, std::back_inserter(names), &ChannelConfig::name);
    const std::string near = did_you_mean(name, names);
    return complain(io,
                    kExitUsage,
                    "there is no channel \"" + printable(name, 64) + "\"" +
                        (!near.empty()   ? "; " + near
                         : names.empty() ? ""
                                         : "; there are " + join(names, ", ")));
  }
  if (const ChannelConfig& channel = *config->find_channel(name); channel.channel == nullptr) {
    return complain(io,
                    kExitFailed,
                    name + ": " + missing_secrets(arguments, *config, channel, io) +
                        "; test it where the daemon's variables and credentials are");
  }
  const auto http = make_curl_client();
  std::mutex console;
  ChannelHost host{*http, arguments.has("json") ? io.err : io.out, [&] { return io.clock.now(); }};
  host.host = &io.host;
  const Outcome outcome = deliver_once(*config, test_row(*config, name, io.clock.now()), host, console, {});
  const bool is_whole = outcome.kind == Outcome::Kind::kDelivered;
  const bool is_refused = std::ranges::any_of(outcome.recipients, [](const auto& one) { return !one.second.empty(); });
  const bool is_delivered = is_whole && !is_refused;
  const std::string detail = outcome.complaint.empty() ? outcome.detail : outcome.complaint;
  if (arguments.has("json")) {
    const ordered_json document{{"channel", name}, {"delivered", is_delivered}, {"detail", detail}};
    io.out << document.dump(2, ' ', false, ordered_json::error_handler_t::replace) << "\n";
  } else {
    (is_delivered ? io.out : io.err) << (is_delivered ? "" : "kpid: ") << name << ": "
                                     << (is_refused && is_whole ? "not delivered to all" : word_of(outcome))
                                     << (detail.empty() ? "" : ": " + detail) << "\n";
  }
  return is_delivered ? kExitFine : kExitFailed;
}

}  // namespace

Command channel_test_command() {
  return {"channel test",
          "send a test message to a channel",
          "kpid channel test growth    tells at once whether it arrived, and what the receiver said",
          {config_argument(), {"name", "NAME", "the channel", true, false, true}, json_argument()},
          test_channel};
}

}  // namespace kpi
