#pragma once
// Takes secrets out of text that others wrote: as they are, and as URLs, JSON, base64 and hexadecimal have them. Not
// thread-safe while secrets are added.

#include <string>
#include <string_view>
#include <vector>

namespace kpi {

class Redactor {
 public:
  /// What is shorter than four bytes is left: it would take words apart and hide nothing.
  void add(std::string_view secret);

  /// The text with *** where a form of a secret stood.
  [[nodiscard]] std::string redacted(std::string_view text) const;

  [[nodiscard]] bool empty() const { return forms_.empty(); }

 private:
  std::vector<std::string> forms_;  // the longest first: one may hold another
};

}  // namespace kpi
