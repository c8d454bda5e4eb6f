#pragma once
// Which methods an address takes, which parameters a query may have, and what their values may be, by the API's own
// description (openapi.json): names, lists, and numbers with bounds. So what is promised is what is checked. Immutable;
// any thread.

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace kpi {

/// What is wrong with the first parameter or value that the description of this address does not have; empty:
/// nothing. `path` is what follows /api/v1. An empty value is as good as none.
std::string query_problem(const std::vector<std::string>& path, const std::map<std::string, std::string>& query);

/// "GET, HEAD", "POST" or both of an address that is described; empty: it is not.
std::string methods_of(const std::vector<std::string>& path);

}  // namespace kpi
