#pragma once
// A database's client library, loaded when a source first needs it: kpid runs without those that are not installed. Any
// thread.

#include "rules/base/result.hpp"

#include <string>

namespace kpi {

/// kInvalid: it is not installed, with the package that has it.
Result<void*> load_driver(const char* library, const char* package);

/// A function of it, as the type of the declaration in the library's header.
template <class Function>
bool find_function(void* driver, const char* name, Function*& function);

void* driver_symbol(void* driver, const char* name);

template <class Function>
bool find_function(void* driver, const char* name, Function*& function) {
  function = reinterpret_cast<Function*>(driver_symbol(driver, name));
  return function != nullptr;
}

}  // namespace kpi
