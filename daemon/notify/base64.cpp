#include "daemon/notify/base64.hpp"

#include <openssl/evp.h>

namespace kpi {

std::string to_base64(std::string_view bytes) {
  std::string text(((bytes.size() + 2) / 3 * 4) + 1, '\0');
  const int written = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                      reinterpret_cast<const unsigned char*>(bytes.data()),
                                      static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(written));
  return text;
}

std::optional<std::string> from_base64(std::string_view given) {
  std::string text(given);
  while (text.ends_with('=')) {
    text.pop_back();
  }
  const std::size_t missing = (4 - text.size() % 4) % 4;
  if (missing == 3 || text.find_first_of("= \t\r\n-") != std::string::npos) {
    return std::nullopt;
  }
  text.append(missing, '=');
  std::string bytes(text.size() / 4 * 3, '\0');
  const int written = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                      reinterpret_cast<const unsigned char*>(text.data()),
                                      static_cast<int>(text.size()));
  if (written < 0) {
    return std::nullopt;
  }
  bytes.resize(static_cast<std::size_t>(written) - missing);
  return bytes;
}

}  // namespace kpi
