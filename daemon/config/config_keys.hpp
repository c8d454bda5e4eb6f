#pragma once
// The keys of kpid.yaml, one function for each map. Private to load_config.

#include "daemon/config/config.hpp"
#include "rules/load/yaml.hpp"

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace kpi {

/// What the readers of the maps share.
struct ConfigReading {
  Config& config;
  Diagnostics& diagnostics;
  Secrets secrets;
  std::map<std::string, Position> names;  ///< "source web", "channel growth": where each was first defined.
  std::vector<std::pair<Position, std::string>> fallbacks{};  ///< Of channels: looked up once all are known.

  /// Reports a name that was defined before. True when it is new.
  bool define(const std::string& what, const YamlNode& name);
};

/// The text of a secret, with what its references stand for in their places. Nothing, and said, when one cannot be
/// read; nothing where secrets are not read.
std::optional<Secret> look_up_secret(const YamlNode& node, ConfigReading& reading);
/// The same of a text that is a secret, with references or without, of which `remedy` warns. Empty: nothing.
Secret read_secret_text(const YamlNode& node, std::string remedy, ConfigReading& reading);
/// `sources:`. `with_plugins` false: those that a rule test names, of which only kinds, units and grains count.
void read_sources(const YamlNode& node, ConfigReading& reading, bool with_plugins);
/// `unit: {column: Currency}, convert: {to: SEK, rates: fx}`: the column is read like a label, which the engine takes
/// out again.
void read_conversion(
    const YamlNode& unit, const YamlNode& convert, SourceConfig& source, Metric& model, Diagnostics& diagnostics);
/// The sources of rates that `convert` names must have some.
void check_conversions(const Config& config, Diagnostics& diagnostics);
void read_channels(const YamlNode& node, ConfigReading& reading);
void read_routes(const YamlNode& node, ConfigReading& reading);
/// Every channel that routes name must exist; the last route must match everything.
void check_routes(const YamlNode* node, ConfigReading& reading);
/// What routes match must be what some alert has. REQUIRES that all rules were loaded.
void check_matches(const YamlNode& routes, ConfigReading& reading);
/// The same of `kpis` of digests.
void check_digest_kpis(const YamlNode& digests, ConfigReading& reading);
/// `mutes`, and `calendar.hours`: named windows of the week. `where` is how messages call the map.
void read_hours(const YamlNode& node,
                const std::string& where,
                std::map<std::string, Hours, std::less<>>& out,
                Diagnostics& diagnostics);
/// What `match` (or `kpis`) holds: labels and values.
std::vector<LabelMatch> read_match(const YamlNode& node, std::string_view key, Diagnostics& diagnostics);
/// "08:00", "24:00" as minutes since midnight.
std::optional<std::chrono::minutes> parse_clock(std::string_view text);
/// REQUIRES that channels were read.
void read_digests(const YamlNode& node, ConfigReading& reading);
void read_mutes(const YamlNode& node, ConfigReading& reading);
/// A mute that no route names has no effect. REQUIRES that routes were read.
void check_mutes(const YamlNode& node, ConfigReading& reading);
/// A channel that no route, digest or fallback names is never told anything. REQUIRES that all these were read.
void check_unused_channels(const YamlNode& node, ConfigReading& reading);
/// `packs:`. Adds to `kpis` those of each pack, which are kept in `trees`. REQUIRES that sources were read, and that
/// `kpis` has those of the rule files.
void read_packs(const YamlNode& list,
                ConfigReading& reading,
                SourceSet& texts,
                std::vector<const YamlNode*>& kpis,
                std::deque<YamlNode>& trees);
/// `heartbeat:`
void read_heartbeat(const YamlNode& node, ConfigReading& reading);
/// REQUIRES that channels were read.
void read_fallback(const YamlNode& node, ConfigReading& reading);
/// `listen`, `token`.
void read_web(MapReader& map, ConfigReading& reading);
/// `history`, `retention`. `path` is the file they stand in.
void read_history(MapReader& map, const std::string& path, ConfigReading& reading);
/// No rule may look back beyond the samples that are kept. REQUIRES that the rules were loaded.
void check_retention(Position position, ConfigReading& reading);
/// `calendar:`. `read_near` reads a file that is named beside kpid.yaml.
void read_calendar(const YamlNode& node,
                   ConfigReading& reading,
                   const std::function<Result<std::string>(const std::string&)>& read_near);

}  // namespace kpi
