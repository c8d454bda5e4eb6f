#pragma once
// The operator new of this test program: it counts, and one allocation of the thread can be made to fail.

#include <cstddef>

namespace kpi::test {

/// While it lives the thread's allocations are counted from 1; number `fails` is not had (0: all are).
class FailingNew {
 public:
  explicit FailingNew(std::size_t fails);
  FailingNew(const FailingNew&) = delete;
  FailingNew(FailingNew&&) = delete;
  FailingNew& operator=(const FailingNew&) = delete;
  FailingNew& operator=(FailingNew&&) = delete;
  ~FailingNew();

  [[nodiscard]] std::size_t count() const;
};

}  // namespace kpi::test
