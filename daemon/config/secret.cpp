#include "daemon/config/secret.hpp"

#include <openssl/crypto.h>

namespace kpi {

Secret::~Secret() {
  // A plain assignment to memory about to be freed would be optimised away; and short values live inside the string.
  OPENSSL_cleanse(value_.data(), value_.size());
}

}  // namespace kpi
