#include "plugins/option_tree.hpp"

#include <algorithm>

namespace kpi {

// Here, not in the header: a pair of trees would need it before the tree is complete.
OptionTree::OptionTree() = default;

const OptionTree* OptionTree::find(std::string_view key) const {
  const auto found = std::ranges::find_if(entries, [&](const auto& entry) { return entry.first.text == key; });
  return found == entries.end() ? nullptr : &found->second;
}

}  // namespace kpi
