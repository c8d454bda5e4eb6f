#pragma once
// The body of an answer as JSON, whatever it was written in. Pure; any thread.

#include "plugins/http/plan.hpp"

#include <string>
#include <string_view>

namespace kpi {

/// Rows of CSV become objects by their header, or lists without one; lines become a list; chunks are put together.
/// kUnavailable: cut off, empty, or an HTML page: asking again may help. kInvalid: it will not.
Result<Json> decode(const DecodePlan& plan, const HttpResponse& response, std::string_view name);

/// Whether what is good by its status says what is wrong, as many do: {"error": …}, {"errors": […]}.
bool says_error(const Json& answer);

}  // namespace kpi
