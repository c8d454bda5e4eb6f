#include "daemon/os/free_memory.hpp"

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace kpi {

void give_back_free_memory() {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

}  // namespace kpi
