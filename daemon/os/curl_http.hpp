#pragma once
// The one wrapper of libcurl: every source's and channel's HTTP goes through here and gets the same safety. HTTP/1.1
// only, redirects off, no proxy or netrc from the environment, TLS verified, gzip at most, sizes and times capped, the
// address policy applied to the connected address.

#include "plugins/http.hpp"

#include <chrono>
#include <memory>
#include <string>

namespace kpi {

/// A thread-safe client that keeps a few idle connections between calls. A request that may be repeated (GET, HEAD, or
/// one with a `webhook-id` header) may use one of them and is sent once more when it turns out to be dead; any other
/// gets a connection of its own, so that it is never sent twice. An exchange in which nothing has moved for
/// `stalled_after` is given up even if its timeout is longer; zero: some answer only after minutes, and their timeout
/// says how many.
std::unique_ptr<HttpClient> make_curl_client(std::chrono::seconds stalled_after = std::chrono::seconds{0});

/// "https://hooks.example.com", "http://10.0.0.7:9093": as much of a URL as may be shown, with the port where it is not
/// the scheme's own. kInvalid, without any of the URL, when it is not an
/// http or https address.
Result<std::string> url_origin(const std::string& url);

}  // namespace kpi
