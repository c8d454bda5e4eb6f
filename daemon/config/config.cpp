#include "daemon/config/config.hpp"

#include <algorithm>

namespace kpi {

const SourceConfig* Config::find_source(std::string_view name) const {
  const auto found =
      std::ranges::find_if(sources, [&](const SourceConfig& source) { return source.settings.name == name; });
  return found == sources.end() ? nullptr : &*found;
}

const ChannelConfig* Config::find_channel(std::string_view name) const {
  const auto found = std::ranges::find(channels, name, &ChannelConfig::name);
  return found == channels.end() ? nullptr : &*found;
}

Voice Config::voice_of(std::string_view channel) const {
  const ChannelConfig* found = find_channel(channel);
  return found == nullptr ? Voice{language, {}} : found->voice;
}

std::vector<Voice> Config::voices() const {
  std::vector<Voice> voices{Voice{language, {}}};
  for (const ChannelConfig& channel : channels) {
    if (std::ranges::find(voices, channel.voice) == voices.end()) {
      voices.push_back(channel.voice);
    }
  }
  return voices;
}

}  // namespace kpi
