#pragma once
// What stands in a request and in an answer, by name. Pure; any thread.

#include "daemon/web/http_server.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace kpi {

/// By its name in small letters; empty: it has none.
std::string header_of(const WebRequest& request, const std::string& name);

/// A parameter of the query; empty: it is not there.
std::string parameter_of(const WebRequest& request, const std::string& name);

/// A number that query_problem() found nothing wrong with.
std::size_t number_of(const WebRequest& request, const std::string& name, std::size_t fallback);

WebReply json_reply(const nlohmann::ordered_json& document);

/// RFC 9457.
WebReply problem(int status, std::string_view title);

}  // namespace kpi
