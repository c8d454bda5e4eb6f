#include "plugins/http.hpp"

#include <algorithm>

namespace kpi {

std::string_view HttpResponse::header(std::string_view name) const {
  const auto found = std::ranges::find_if(headers, [&](const auto& header) { return header.first == name; });
  return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

}  // namespace kpi
