#pragma once
// Charts come as SVG, which mail programs do not show: rsvg-convert makes PNG of them. Called from pool threads.

#include "daemon/notify/channel.hpp"

#include <stop_token>

namespace kpi {

/// The message with PNG in place of SVG; without its pictures where the program is missing or fails: the text says all
/// of it.
Message with_pictures(Message message, Host* host, const std::stop_token& stop);

}  // namespace kpi
