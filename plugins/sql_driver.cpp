#include "plugins/sql_driver.hpp"

#include <dlfcn.h>

namespace kpi {

Result<void*> load_driver(const char* library, const char* package) {
  // Never unloaded: it may have threads or handlers of its own.
  if (void* driver = ::dlopen(library, RTLD_NOW | RTLD_LOCAL)) {
    return driver;
  }
  return fail(ErrorKind::kInvalid,
              std::string("the client library ") + library + " is not there: apt install " + package);
}

void* driver_symbol(void* driver, const char* name) {
  return ::dlsym(driver, name);
}

}  // namespace kpi
