#include "plugins/csv.hpp"
#include "plugins/http/preset.hpp"
#include "plugins/json.hpp"
#include "plugins/manual.hpp"
#include "plugins/source.hpp"

#include <algorithm>
#include <array>

namespace kpi {

std::span<const Plugin> plugins() {
  static const std::array table{csv_plugin(), http_plugin(), json_plugin(), manual_plugin()};
  return table;
}

const Plugin* find_plugin(std::string_view name) {
  const auto known = plugins();
  const auto found = std::ranges::find(known, name, &Plugin::name);
  return found == known.end() ? nullptr : &*found;
}

}  // namespace kpi
