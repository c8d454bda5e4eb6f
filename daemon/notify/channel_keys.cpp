#include "daemon/notify/channel.hpp"
#include "rules/base/text.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace kpi {

namespace {

using Type = ChannelKey::Type;

const std::vector<ChannelKey>& table() {
  static const std::vector<ChannelKey> kKeys{
      {"url", Type::kSecret, "", "Where messages go; ${env:NAME} or ${file:path} keeps it out of the file."},
      {"secret",
       Type::kSecrets,
       "",
       "What messages are signed with: whsec_ and base64, or at least 24 bytes; a list while a key is changed."},
      {"ca_file", Type::kPath, "", "Certificates to trust instead of the system's."},
      {"allow_private", Type::kList, "", "Private networks it may connect to, such as 10.0.0.0/8."},
      {"timeout", Type::kDuration, "15s", "How long one attempt may take."},
      {"token", Type::kSecret, "", "What the receiver gave you to sign in with."},
      {"api_key", Type::kSecret, "", "The key of the receiver's API."},
      {"routing_key", Type::kSecret, "", "The integration key of the PagerDuty service."},
      {"username", Type::kText, "", "The name to sign in with."},
      {"password", Type::kSecret, "", "The password that goes with it."},
      {"smtp", Type::kText, "", "The mail server: smtp.example.com:587, or smtps://smtp.example.com for port 465."},
      {"tls", Type::kChoice, "required", "Whether mail may travel unencrypted.", {"required", "none"}},
      {"from", Type::kText, "", "The sender's address: kpid@example.com, or \"KPI watch <kpid@example.com>\"."},
      {"to", Type::kList, "", "The addresses that get each message."},
      {"unsubscribe", Type::kText, "", "Where to leave the list: an https or a mailto address."},
      {"channel", Type::kText, "", "The channel's name or id: \"#growth\", C024BE91L."},
      {"chat", Type::kText, "", "The id of the chat: -1001234567890, or @channelname."},
      {"thread", Type::kText, "", "The number of the topic in the chat."},
      {"topic", Type::kText, "", "The topic that people subscribe to."},
      {"source", Type::kText, "kpid", "What the receiver takes for the sender."},
      {"every", Type::kDuration, "1m", "How often what still burns is sent again."},
      {"command", Type::kList, "", "The program and its arguments; no shell."},
      {"path", Type::kPath, "", "The file that messages are added to."},
      {"format",
       Type::kChoice,
       "text",
       "What is written: text to read, or one JSON document a line.",
       {"text", "json"}},
  };
  return kKeys;
}

template <class Map>
const typename Map::mapped_type& value_or_empty(const Map& map, std::string_view name) {
  static const typename Map::mapped_type kEmpty;
  const auto found = map.find(name);
  return found == map.end() ? kEmpty : found->second;
}

}  // namespace

std::span<const ChannelKey> channel_keys() {
  return table();
}

const ChannelKey& channel_key(std::string_view name) {
  return *std::ranges::find(table(), name, &ChannelKey::name);
}

Result<DeliveryRules> parse_rate(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, double>, 4> kUnits{
      {{"s", 1}, {"min", 60}, {"h", 3600}, {"d", 86400}}};
  const std::size_t slash = text.find('/');
  const std::optional<double> count = parse_number(trim(text.substr(0, slash)));
  const std::string_view word = slash == std::string_view::npos ? "" : trim(text.substr(slash + 1));
  const auto* const unit = std::ranges::find(kUnits, word, &std::pair<std::string_view, double>::first);
  if (!count || unit == kUnits.end() || *count < 1 || *count > 1e6) {
    return fail(ErrorKind::kInvalid, "rate wants messages by time, such as 1/s, 20/min, 100/h or 1000/d");
  }
  DeliveryRules rules;
  rules.per_second = *count / unit->second;
  rules.burst = *count;
  return rules;
}

const Secret& ChannelSettings::key(std::string_view wanted) const {
  return value_or_empty(keys, wanted);
}

const std::string& ChannelSettings::text(std::string_view wanted) const {
  return value_or_empty(texts, wanted);
}

const std::vector<std::string>& ChannelSettings::list(std::string_view wanted) const {
  return value_or_empty(lists, wanted);
}

}  // namespace kpi
