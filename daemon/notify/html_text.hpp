// Text inside HTML. Pure.
#pragma once

#include <string>
#include <string_view>

namespace kpi {

/// As text between tags or in a quoted attribute: `&`, `<`, `>` and quotes as entities. Of valid UTF-8, any thread.
[[nodiscard]] std::string html_escaped(std::string_view text);

}  // namespace kpi
