#pragma once
// A message as the HTML half of a mail: tables and inline styles, since mail programs know little else; nothing is
// loaded from anywhere. Pure; every text is escaped.

#include "rules/routing/message.hpp"

#include <cstddef>
#include <string>

namespace kpi {

std::string mail_html(const Message& message);

/// Of the attachment with this place in the message, where the HTML shows it.
std::string content_id(std::size_t attachment);

}  // namespace kpi
