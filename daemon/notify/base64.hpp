#pragma once
// Base64 as signatures, mail and the outbox use it. Pure.

#include <optional>
#include <string>
#include <string_view>

namespace kpi {

std::string to_base64(std::string_view bytes);
/// Standard base64; the padding may be left out. Nothing: it is something else.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace kpi
