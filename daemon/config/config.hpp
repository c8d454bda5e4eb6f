#pragma once
// kpid.yaml and the rule files it names, loaded whole: either everything is right, or everything that is wrong is said.

#include "daemon/notify/channel.hpp"
#include "plugins/source.hpp"
#include "rules/base/secret.hpp"
#include "rules/base/units.hpp"
#include "rules/load/yaml.hpp"
#include "rules/model/kpi.hpp"
#include "rules/routing/digest_rule.hpp"
#include "rules/routing/message.hpp"
#include "rules/routing/route.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace kpi {

/// A label of this name is no label of the samples but their currency, which the engine takes out again.
inline constexpr const char* kCurrencyLabel = "(currency)";

/// A metric whose samples come in several currencies (`convert`).
struct Conversion {
  std::string to;     ///< "SEK"
  std::string rates;  ///< The source with the rates: metrics whose unit is "SEK/EUR".
  Position position;
};

/// One configured source.
struct SourceConfig {
  SourceSettings settings;
  std::string plugin;
  std::shared_ptr<Source> source;  ///< Null in rule tests, whose data stands in the test.
  std::chrono::milliseconds every{std::chrono::minutes{15}};
  Span settle;
  Missing missing = Missing::kUnknown;
  std::optional<Date> since;
  std::optional<Span> stale;  ///< So late a period may be, after its end and `settle`, before somebody is told.
  bool is_entered = false;    ///< By people: see Plugin::is_entered.
  std::vector<std::optional<Conversion>> conversions;  ///< Of SourceSettings::metrics; none: as delivered.
  std::vector<std::uint32_t> metrics;  ///< Of SourceSettings::metrics, their places in RuleSet::metrics.
  Position position;
};

/// One configured channel.
struct ChannelConfig {
  std::string name;
  std::string type;
  std::shared_ptr<Channel> channel;
  Position position;
  DeliveryRules delivery{};
  Voice voice{};  ///< `language` and `timezone`; those of the daemon unless said.
};

/// The page and the API.
struct WebConfig {
  std::string listen;      ///< "127.0.0.1:8470"; empty: only the unix socket.
  bool is_public = false;  ///< Beyond loopback.
  Secret token;            ///< For writing; beyond loopback for reading too.
};

/// A dead man's switch outside, which raises the alarm when no beat comes any more.
struct HeartbeatConfig {
  Secret url;
  std::chrono::milliseconds every{std::chrono::minutes{5}};
  std::vector<std::string> allow_private;
};

/// How long what is not the ledger stays; none: for ever.
struct Retention {
  std::optional<Span> samples;        ///< Older ones become one roll-up a day. In whole days.
  std::optional<Span> notifications;  ///< Messages that were delivered or given up.
};

/// A copy of the history for other tools to read.
struct HistoryExport {
  std::string path;  ///< Empty: none is made.
  std::chrono::milliseconds every{std::chrono::hours{24}};
};

struct Config {
  std::shared_ptr<SourceSet> texts;  ///< What all positions point into.
  std::string path;
  Zone zone;
  Language language = Language::kEnglish;
  std::string history;  ///< The SQLite file.
  HistoryExport history_export;
  Retention retention;
  WebConfig web;
  RuleSet rules;
  double false_alarms = 1;  ///< See RuleGround.
  std::vector<SourceConfig> sources;
  std::vector<ChannelConfig> channels;
  RoutingRules routing;
  std::vector<DigestRule> digests;
  std::optional<HeartbeatConfig> heartbeat;
  std::string public_url;  ///< Where people find the page, without a slash at the end; empty: nowhere.

  [[nodiscard]] const SourceConfig* find_source(std::string_view name) const;
  [[nodiscard]] const ChannelConfig* find_channel(std::string_view name) const;
  /// How a channel is spoken to; as the daemon where there is none.
  [[nodiscard]] Voice voice_of(std::string_view channel) const;
  /// The daemon's voice, and the others that channels have.
  [[nodiscard]] std::vector<Voice> voices() const;
};

/// What loading found. Positions in `diagnostics` point into `texts`.
struct ConfigLoad {
  std::shared_ptr<SourceSet> texts;
  Diagnostics diagnostics;
  std::shared_ptr<const Config> config;  ///< Null when there was an error.
};

/// Where secrets come from, and whether they must be there.
enum class Secrets : std::uint8_t {
  kRequired,  ///< The daemon: a missing one is an error.
  kChecked,   ///< A missing one is a warning: what is asked can be done without.
  kIgnored,   ///< Rule tests: never looked up.
};

/// Loads `path` and everything it names. kNotFound is a diagnostic too.
ConfigLoad load_config(const std::string& path, Secrets secrets, Host& host);

/// One source, and those of the rates that it is converted by, for `kpid source test`: neither the others nor rules,
/// routes and channels need to be there, or right. Where no source has this name, every source.
ConfigLoad load_source(const std::string& path, const std::string& name, Secrets secrets, Host& host);

/// Rule files looked at by themselves, for `kpid check FILE` and `kpid test`.
struct RuleFiles {
  std::string config;                  ///< The kpid.yaml they are to be loaded with; empty: none.
  std::vector<std::string> files;      ///< Instead of those that kpid.yaml names.
  const YamlNode* sources = nullptr;   ///< Instead of kpid.yaml's.
  std::optional<Zone> zone;            ///< Instead of kpid.yaml's.
  const YamlNode* calendar = nullptr;  ///< Instead of kpid.yaml's.
  std::string base;                    ///< The file that `calendar` stands in: its paths are relative to it.
};

ConfigLoad load_rule_files(const RuleFiles& rule_files, Secrets secrets, Host& host);

/// A path as `file` names it: relative ones are relative to the file's folder.
std::string resolve_path(const std::string& file, const std::string& path);

}  // namespace kpi
