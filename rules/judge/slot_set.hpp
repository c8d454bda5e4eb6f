#pragma once
// A set of slots in one sorted array: a line keeps thousands of them for years, and mostly adds at the end.

#include "rules/base/time.hpp"

#include <algorithm>
#include <vector>

namespace kpi {

class SlotSet {
 public:
  void insert(Slot slot) {
    const auto at = place(slot);
    if (at == slots_.end() || *at != slot) {
      slots_.insert(at, slot);
    }
  }

  void erase(Slot slot) {
    const auto at = place(slot);
    if (at != slots_.end() && *at == slot) {
      slots_.erase(at);
    }
  }

  [[nodiscard]] bool contains(Slot slot) const { return std::ranges::binary_search(slots_, slot); }

  [[nodiscard]] std::size_t size() const { return slots_.size(); }

  bool operator==(const SlotSet&) const = default;

 private:
  std::vector<Slot>::iterator place(Slot slot) {
    return slots_.empty() || slots_.back() < slot ? slots_.end() : std::ranges::lower_bound(slots_, slot);
  }

  std::vector<Slot> slots_;
};

}  // namespace kpi
