#pragma once
// A digest as part of the generic webhook's body, and back. For message_json.cpp only; reading throws what
// nlohmann::json throws, and std::invalid_argument for a word that is not one of ours.

#include "rules/routing/digest_view.hpp"

#include <nlohmann/json.hpp>

namespace kpi {

nlohmann::ordered_json digest_json(const DigestView& digest);
DigestView digest_of(const nlohmann::ordered_json& json);

}  // namespace kpi
