#pragma once
// Takes secrets out of text that others wrote: as they are, and as URLs, HTML, JSON, base64 and hexadecimal have them,
// one inside the other too, and whatever became of capital letters. Of a token also a part, and what is put between its
// letters and digits: blanks, signs, tags. Not thread-safe while secrets are added.

#include <cstddef>
#include <cstdint>
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

  void add_pieces(std::string_view form);
  /// The same for pieces, in the text without all that is no letter or digit.
  void find_pieces(std::string_view text, const std::function<void(std::size_t, std::size_t)>& found) const;

  std::vector<std::uint64_t> pieces_;  // of tokens: prints of so many letters and digits in a row, sorted
  std::vector<Form> forms_;            // the longest first: one may hold another
};

}  // namespace kpi
