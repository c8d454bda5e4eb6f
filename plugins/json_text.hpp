#pragma once
// JSON from outside, read safely: capped in depth, UTF-8 only, errors with line and column. Pure; any thread.

#include "rules/base/result.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace kpi {

inline constexpr std::size_t kMaxJsonDepth = 64;
/// Of one object.
inline constexpr std::size_t kMaxJsonKeys = 10'000;

/// One document. The error begins with `name:line:column`, and says what is wrong there.
Result<nlohmann::ordered_json> parse_json(std::string_view name, std::string_view text);

/// The text that an object has under a key; what has another type counts as absent.
std::string json_member(const nlohmann::ordered_json& object, std::string_view key, std::string_view fallback = "");

/// What a JSON value is, for people: "a list", "an object", "true".
std::string json_kind(const nlohmann::ordered_json& value);

}  // namespace kpi
