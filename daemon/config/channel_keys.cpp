#include "daemon/config/config_keys.hpp"
#include "daemon/config/literal_secrets.hpp"
#include "daemon/config/secret_reference.hpp"
#include "daemon/notify/channel_template.hpp"
#include "rules/base/text.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace kpi {
namespace {

/// Whether a literal under this key is worth a warning: a Slack URL is a password, a webhook's is not.
bool is_secret_key(const std::string& type, std::string_view key) {
  static constexpr std::array<std::string_view, 5> kAddresses{
      "webhook", "alertmanager", "ntfy", "pagerduty", "opsgenie"};
  return key != "url" || std::ranges::find(kAddresses, type) == kAddresses.end();
}

class ChannelReader {
 public:
  ChannelReader(const YamlNode& name, ConfigReading& reading)
      : name_(name),
        reading_(reading),
        diagnostics_(reading.diagnostics),
        errors_before_(reading.diagnostics.count(Diagnostic::Severity::kError)) {}

  void read(const YamlNode& body) {
    settings_.name = name_.scalar;
    settings_.position = name_.position;
    MapReader map(body, "channels.{" + printable(name_.scalar) + "}", diagnostics_);
    const ChannelKind* kind = read_type(map);
    if (kind == nullptr) {
      reading_.config.channels.push_back(
          {settings_.name, "", nullptr, name_.position});  // so that routes do not miss it
      return;
    }
    for (const std::string& key : kind->keys) {
      const bool required = std::ranges::find(kind->required, key) != kind->required.end();
      read_key(map, channel_key(key), required);
    }
    ChannelConfig channel;
    read_delivery(map, channel.delivery);
    channel.voice = read_voice(map);
    std::optional<ChannelTemplate> words = read_template(map, *kind);
    map.finish();
    warn_of_literal_secrets(body, diagnostics_);
    channel.name = settings_.name;
    channel.type = settings_.type;
    channel.position = settings_.position;
    const bool buildable = !missing_secret_ && diagnostics_.count(Diagnostic::Severity::kError) == errors_before_;
    if (buildable && reading_.secrets != Secrets::kIgnored) {
      std::unique_ptr<Channel> made = kind->create(settings_, diagnostics_);
      channel.channel = made != nullptr && words ? templated(std::move(made), *std::move(words)) : std::move(made);
    }
    reading_.config.channels.push_back(std::move(channel));
  }

 private:
  const ChannelKind* read_type(MapReader& map) {
    const YamlNode* node = map.required("type", "the kind of channel, such as slack");
    if (node == nullptr) {
      return nullptr;
    }
    settings_.type = node->scalar;
    const ChannelKind* kind = find_channel_kind(node->scalar);
    if (kind == nullptr) {
      std::vector<std::string> names;
      for (const ChannelKind& known : channel_kinds()) {
        names.push_back(known.name);
      }
      const std::string near = did_you_mean(node->scalar, names);
      diagnostics_.error(node->position,
                         "there is no channel type \"" + printable(node->scalar) + "\"",
                         near.empty() ? "types: " + join(names, " ") : near);
    }
    return kind;
  }

  /// What every channel understands, whatever its type.
  void read_delivery(MapReader& map, DeliveryRules& delivery) {
    constexpr std::int64_t most = 64;
    if (const YamlNode* rate = map.optional("rate")) {
      if (auto parsed = parse_rate(rate->scalar)) {
        delivery = *std::move(parsed);
      } else {
        diagnostics_.error(rate->position, parsed.error().message);
      }
    }
    auto concurrency = static_cast<std::int64_t>(delivery.concurrency);
    if (map.integer("concurrency", 1, most, concurrency)) {
      delivery.concurrency = static_cast<std::size_t>(concurrency);
    }
    if (map.text("fallback", delivery.fallback) && delivery.fallback == settings_.name) {
      diagnostics_.error(map.position_of("fallback"), "a channel cannot be its own fallback", "name another channel");
    }
    reading_.fallbacks.emplace_back(map.position_of("fallback"), delivery.fallback);
  }

  /// In which language and time its readers live.
  Voice read_voice(MapReader& map) {
    Voice voice{reading_.config.language, {}};
    std::size_t language = 0;
    if (map.choice("language", {"en", "sv", "da", "nb"}, language)) {
      voice.language = static_cast<Language>(language);
    }
    Zone zone;
    if (map.zone("timezone", zone)) {
      voice.zone = zone;
    }
    return voice;
  }

  std::optional<ChannelTemplate> read_template(MapReader& map, const ChannelKind& kind) {
    std::string text;
    if (!map.text("template", text)) {
      return std::nullopt;
    }
    const Position position = map.position_of("template");
    if (kind.keeps_incidents) {
      diagnostics_.error(position, "a channel of type " + kind.name + " gets fields, not text: it takes no template");
      return std::nullopt;
    }
    const std::vector<std::string> problems = ChannelTemplate::problems_of(text);
    for (const std::string& problem : problems) {
      diagnostics_.error(position, problem, "docs/messages.md lists the fields");
    }
    return problems.empty() ? std::optional(ChannelTemplate(std::move(text))) : std::nullopt;
  }

  void read_key(MapReader& map, const ChannelKey& key, bool required) {
    const YamlNode* node = required ? map.required(key.name, key.help) : map.optional(key.name);
    if (node == nullptr) {
      settings_.texts[key.name] = key.fallback;
      return;
    }
    switch (key.type) {
      case ChannelKey::Type::kDuration:
        read_duration(*node, key.name);
        break;
      case ChannelKey::Type::kList:
        (key.name == "allow_private" ? settings_.allow_private : settings_.lists[key.name]) =
            read_text_list(*node, diagnostics_, key.name);
        resolve_command();
        break;
      case ChannelKey::Type::kPath: {
        const std::string path = read_text(*node, diagnostics_, key.name).value_or("");
        (key.name == "ca_file" ? settings_.ca_file : settings_.texts[key.name]) =
            resolve_path(name_.position.source->name, path);
        break;
      }
      case ChannelKey::Type::kChoice:
        settings_.texts[key.name] = key.choices[read_choice(*node, key.choices, diagnostics_, key.name).value_or(0)];
        break;
      case ChannelKey::Type::kText:
        settings_.texts[key.name] = read_text(*node, diagnostics_, key.name).value_or("");
        break;
      case ChannelKey::Type::kSecret:
      case ChannelKey::Type::kSecrets:
        read_secrets(*node, key);
        break;
    }
  }

  /// A program with a slash in its name is found from the file that names it, and keeps one: without, it would be
  /// looked for in the usual folders.
  void resolve_command() {
    const auto command = settings_.lists.find("command");
    if (command != settings_.lists.end() && !command->second.empty() &&
        command->second.front().find('/') != std::string::npos) {
      const std::string path = resolve_path(name_.position.source->name, command->second.front());
      command->second.front() = path.find('/') == std::string::npos ? "./" + path : path;
    }
  }

  void read_duration(const YamlNode& node, const std::string& key) {
    const auto span = read_span(node, diagnostics_, key);
    const std::chrono::milliseconds time{span ? span->approximate_ms() : 0};
    if (span && key == "timeout") {
      settings_.timeout = time;
    } else if (span) {
      settings_.texts[key] = std::to_string(time.count()) + "ms";
    }
  }

  /// A list of secrets becomes one, with spaces between.
  void read_secrets(const YamlNode& node, const ChannelKey& key) {
    const bool is_list = node.kind == YamlNode::Kind::kSequence && key.type == ChannelKey::Type::kSecrets;
    Secret all;
    for (const YamlNode& item : is_list ? node.items : std::vector<YamlNode>{node}) {
      const Secret one = read_text(item, diagnostics_, key.name) ? secret(item, key.name) : Secret();
      all = all.empty() ? one : Secret(all.reveal() + " " + one.reveal());
    }
    (key.name == "url"      ? settings_.url
     : key.name == "secret" ? settings_.secret
                            : settings_.keys[key.name]) = std::move(all);
  }

  Secret secret(const YamlNode& node, const std::string& key) {
    if (!is_secret_reference(node.scalar) && !holds_secret_reference(node.scalar)) {
      if (is_secret_key(settings_.type, key)) {
        warn_of_literal_secret(node.position, "write " + key + ": \"${env:NAME}\"", diagnostics_);
      }
      return Secret(node.scalar);
    }
    const std::optional<Secret> found = look_up_secret(node, reading_);
    missing_secret_ = missing_secret_ || !found;
    return found.value_or(Secret());
  }

  const YamlNode& name_;
  ConfigReading& reading_;
  Diagnostics& diagnostics_;
  ChannelSettings settings_;
  bool missing_secret_ = false;
  std::size_t errors_before_;  // those of other channels
};

void check_fallbacks(ConfigReading& reading) {
  std::vector<std::string> names;
  std::ranges::transform(reading.config.channels, std::back_inserter(names), &ChannelConfig::name);
  for (const auto& [position, fallback] : reading.fallbacks) {
    if (!fallback.empty() && std::ranges::find(names, fallback) == names.end()) {
      const std::string near = did_you_mean(fallback, names);
      reading.diagnostics.error(position,
                                "there is no channel \"" + printable(fallback) + "\" to fall back to",
                                near.empty() ? "channels: " + join(names, " ") : near);
    }
  }
}

}  // namespace

void read_channels(const YamlNode& node, ConfigReading& reading) {
  if (node.kind != YamlNode::Kind::kMap) {
    reading.diagnostics.error(node.position,
                              "channels wants names and settings",
                              "write channels: {growth: {type: slack, url: \"${env:SLACK_WEBHOOK_URL}\"}}");
    return;
  }
  for (const auto& [name, body] : node.entries) {
    if (reading.define("channel", name)) {
      ChannelReader(name, reading).read(body);
    }
  }
  check_fallbacks(reading);
}

void check_unused_channels(const YamlNode& node, ConfigReading& reading) {
  if (reading.diagnostics.has_errors()) {
    return;  // a misspelt name may be the one that is missed
  }
  std::set<std::string> used{reading.config.routing.fallback};
  const auto use = [&](const std::vector<std::string>& names) { used.insert(names.begin(), names.end()); };
  for (const Route& route : reading.config.routing.routes) {
    use(route.to);
    for (const Route::Step& step : route.escalate) {
      use(step.to);
    }
  }
  for (const DigestRule& digest : reading.config.digests) {
    use(digest.to);
  }
  for (const auto& [position, fallback] : reading.fallbacks) {
    used.insert(fallback);
  }
  for (const auto& [name, body] : node.entries) {
    if (!used.contains(name.scalar)) {
      reading.diagnostics.warning(name.position,
                                  "nothing is sent to the channel \"" + printable(name.scalar) + "\"",
                                  "write it under `to` of a route or a digest, or remove it");
    }
  }
}

}  // namespace kpi
