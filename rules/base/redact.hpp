#pragma once
// Takes secrets out of text that others wrote: as they are, and as URLs, HTML, JSON, base64 and hexadecimal have them,
// one inside the other too, and whatever became of capital letters. Not thread-safe while secrets are added.

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace kpi {

class Redactor {
 public:
  /// What is shorter than four bytes is left: it would take words apart and hide nothing.
  void add(std::string_view secret);

  /// The text with *** where a form of a secret stood, or most of one. Takes time with the size of the text: cut it
  /// first.
  [[nodiscard]] std::string redacted(std::string_view text) const;

  [[nodiscard]] bool empty() const { return forms_.empty(); }

 private:
  struct Form {
    std::string text;
    bool is_base64 = false;  ///< What stands around it is of the same token, and hidden with it.
  };

  /// Calls with the begin and end of each form in the text as it is.
  void find(std::string_view text, const std::function<void(std::size_t, std::size_t)>& found) const;

  std::vector<Form> forms_;  // the longest first: one may hold another
};

}  // namespace kpi
