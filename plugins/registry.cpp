#include "plugins/csv.hpp"
#include "plugins/exec.hpp"
#include "plugins/http/preset.hpp"
#include "plugins/json.hpp"
#include "plugins/manual.hpp"
#include "plugins/shared_object.hpp"
#include "plugins/source.hpp"
#include "plugins/sql.hpp"

#include <algorithm>
#include <array>

namespace kpi {

std::span<const Plugin> plugins() {
  static const std::array table{
      csv_plugin(), json_plugin(), http_plugin(), sql_plugin(), exec_plugin(), manual_plugin(), shared_plugin()};
  return table;
}

const Plugin* find_plugin(std::string_view name) {
  const auto known = plugins();
  const auto found = std::ranges::find(known, name, &Plugin::name);
  return found == known.end() ? nullptr : &*found;
}

}  // namespace kpi
