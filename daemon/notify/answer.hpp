#pragma once
// What the answer of an HTTP receiver means for a delivery. Pure.

#include "daemon/notify/channel.hpp"

#include <string>

namespace kpi {

/// The rules common to all receivers (see deliver_http), for an answer or for the failure to get one.
Outcome outcome_of(const HttpRequest& request, const Result<HttpResponse>& answer, Instant now);

/// The beginning of the answer's body for a log: printable, at most 256 bytes, without anything of the request's URL or
/// of its headers that could be a secret.
std::string answer_excerpt(const HttpRequest& request, const HttpResponse& response);

}  // namespace kpi
