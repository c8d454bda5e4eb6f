#pragma once
// Who may ask: a request for this host, from a page of its own, with the token where one is wanted. Pure; any thread.

#include "daemon/web/api.hpp"

#include <optional>

namespace kpi {

/// Of a request that is meant for another host, comes from another page or asks for another daemon's history.
std::optional<WebReply> refusal_of(const WebRequest& request, const ApiOptions& options);

/// Whether it brings the token, which there must be.
bool has_token(const WebRequest& request, const ApiOptions& options);

}  // namespace kpi
