#include "rules/base/secret.hpp"

#include <cstring>

namespace kpi {

Secret::~Secret() {
  // A plain assignment to memory about to be freed would be optimised away; and short values live inside the string.
  ::explicit_bzero(value_.data(), value_.size());
}

}  // namespace kpi
