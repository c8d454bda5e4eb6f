#include "rules/base/secret.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <new>

namespace kpi {
namespace {

TEST(Secret, IsWipedFromItsMemoryWhenItEnds) {
  // Short enough to live inside the object, whose memory outlives it here and may be looked at.
  alignas(Secret) std::array<unsigned char, sizeof(Secret)> memory{};
  auto* const secret = new (memory.data()) Secret("hunter2-hunter2");
  const std::string_view before(reinterpret_cast<const char*>(memory.data()), memory.size());
  ASSERT_NE(before.find("hunter2"), std::string_view::npos);
  secret->~Secret();
  const std::string after(reinterpret_cast<const char*>(memory.data()), memory.size());
  EXPECT_EQ(after.find("hunter2"), std::string::npos);
}

}  // namespace
}  // namespace kpi
