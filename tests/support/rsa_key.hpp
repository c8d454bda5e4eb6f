#pragma once
// An RSA key that is made once for a test program, as PEM. Any thread.

#include <string>

namespace kpi::test {

const std::string& rsa_private_key();
const std::string& rsa_public_key();

}  // namespace kpi::test
