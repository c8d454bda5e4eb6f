#pragma once
// E-mail by SMTP. Each mail goes to all addresses at once; one that is refused does not keep it from the others, and
// the next attempt is made to those only that were asked to wait.

#include "daemon/notify/channel.hpp"

#include <memory>

namespace kpi {

std::unique_ptr<Channel> create_mail_channel(const ChannelSettings& settings, Diagnostics& diagnostics);

}  // namespace kpi
