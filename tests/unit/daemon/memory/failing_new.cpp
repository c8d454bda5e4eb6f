#include "tests/unit/daemon/memory/failing_new.hpp"

#include <algorithm>
#include <cstdlib>
#include <new>

namespace {

thread_local bool is_counting = false;
thread_local std::size_t counted = 0;
thread_local std::size_t failing = 0;

void* take(std::size_t size, std::size_t alignment) noexcept {
  if (is_counting && ++counted == failing) {
    if (const std::new_handler end = std::get_new_handler(); end != nullptr) {
      end();
    }
    return nullptr;
  }
  // NOLINTBEGIN(cppcoreguidelines-no-malloc): what operator new is made of
  return alignment <= alignof(std::max_align_t)
             ? std::malloc(std::max<std::size_t>(size, 1))
             : std::aligned_alloc(alignment, (std::max<std::size_t>(size, 1) + alignment - 1) / alignment * alignment);
  // NOLINTEND(cppcoreguidelines-no-malloc)
}

void* take_or_throw(std::size_t size, std::size_t alignment = 1) {
  void* const memory = take(size, alignment);
  if (memory == nullptr) {
    throw std::bad_alloc();
  }
  return memory;
}

void give_back(void* memory) noexcept {
  std::free(memory);  // NOLINT(cppcoreguidelines-no-malloc)
}

}  // namespace

namespace kpi::test {

FailingNew::FailingNew(std::size_t fails) {
  counted = 0;
  failing = fails;
  is_counting = true;
}

FailingNew::~FailingNew() {
  is_counting = false;
}

std::size_t FailingNew::count() const {
  return counted;
}

}  // namespace kpi::test

void* operator new(std::size_t size) {
  return take_or_throw(size);
}

void* operator new[](std::size_t size) {
  return take_or_throw(size);
}

void* operator new(std::size_t size, std::align_val_t alignment) {
  return take_or_throw(size, static_cast<std::size_t>(alignment));
}

void* operator new[](std::size_t size, std::align_val_t alignment) {
  return take_or_throw(size, static_cast<std::size_t>(alignment));
}

void* operator new(std::size_t size, const std::nothrow_t& /*tag*/) noexcept {
  return take(size, 1);
}

void* operator new[](std::size_t size, const std::nothrow_t& /*tag*/) noexcept {
  return take(size, 1);
}

void operator delete(void* memory) noexcept {
  give_back(memory);
}

void operator delete[](void* memory) noexcept {
  give_back(memory);
}

void operator delete(void* memory, std::size_t /*size*/) noexcept {
  give_back(memory);
}

void operator delete[](void* memory, std::size_t /*size*/) noexcept {
  give_back(memory);
}

void operator delete(void* memory, std::align_val_t /*alignment*/) noexcept {
  give_back(memory);
}

void operator delete[](void* memory, std::align_val_t /*alignment*/) noexcept {
  give_back(memory);
}

void operator delete(void* memory, std::size_t /*size*/, std::align_val_t /*alignment*/) noexcept {
  give_back(memory);
}

void operator delete[](void* memory, std::size_t /*size*/, std::align_val_t /*alignment*/) noexcept {
  give_back(memory);
}

void operator delete(void* memory, const std::nothrow_t& /*tag*/) noexcept {
  give_back(memory);
}

void operator delete[](void* memory, const std::nothrow_t& /*tag*/) noexcept {
  give_back(memory);
}
