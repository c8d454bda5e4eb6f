#pragma once
// What the settings of every HTTP channel must satisfy, and the request they all begin with.

#include "daemon/notify/channel.hpp"

#include <string>

namespace kpi {

/// Reports a missing or unusable `url` and ranges of `allow_private` that are none. True: all is well.
bool check_http_settings(const ChannelSettings& settings, Diagnostics& diagnostics);

/// A POST of JSON with the settings' address, limits and permissions. The body is the caller's to set.
HttpRequest json_post(const ChannelSettings& settings);

}  // namespace kpi
