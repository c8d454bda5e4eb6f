#pragma once
// How a secret is recognised by what stands before it: names of parameters and headers, parts of an address. Pure; any
// thread.

#include <string_view>
#include <vector>

namespace kpi {

/// "token", "X-Api-Key", "client_secret": what stands under such a name in a query, a form or a header is a secret.
bool is_secret_name(std::string_view name);

/// Whether the key of `auth` that is so named holds a secret, where it is a text of its own.
bool is_secret_of_auth(std::string_view key);

/// The password before the host of an address, and the values of its query under such names, as they stand there.
std::vector<std::string_view> secrets_in_address(std::string_view address);

}  // namespace kpi
