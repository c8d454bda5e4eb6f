#pragma once
// What the settings of every HTTP channel must satisfy, and the request they all begin with.

#include "daemon/notify/channel.hpp"

#include <functional>
#include <string>

namespace kpi {

/// Reports a missing or unusable `url` and ranges of `allow_private` that are none. True: all is well.
bool check_http_settings(const ChannelSettings& settings, Diagnostics& diagnostics);

/// The same where `url` may be left out: it is then `fallback`.
bool check_http_settings(ChannelSettings& settings, const std::string& fallback, Diagnostics& diagnostics);

/// The url without the slashes at its end.
std::string base_of(const ChannelSettings& settings);

/// One request for each alert of a message, as far as `progress` says it has not come yet. What is refused of one alert
/// does not hold back the others.
Outcome send_each(const Message& message,
                  const ChannelHost& host,
                  const std::function<Outcome(const AlertView&)>& send);

/// A POST of JSON with the settings' address, limits and permissions. The body is the caller's to set.
HttpRequest json_post(const ChannelSettings& settings);

}  // namespace kpi
