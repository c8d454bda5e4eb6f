#pragma once
// A small regular expression: literals, `.`, classes `[a-z]`, `\d \w \s`, `^ $`, `* + ?` behind one character, and `|`
// between whole alternatives. It works in a bounded number of steps on any text. Pure; any thread.

#include "rules/base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kpi {

class TextPattern {
 public:
  static Result<TextPattern> parse(std::string_view text);

  /// Whether it fits anywhere in the first 64 KiB of `text`.
  [[nodiscard]] bool fits(std::string_view text) const;

 private:
  struct Atom {
    std::vector<std::pair<unsigned char, unsigned char>> ranges;
    bool is_negated = false;
    char times = '1';  ///< 1, * + or ?

    [[nodiscard]] bool takes(char c) const;
  };

  struct Alternative {
    std::vector<Atom> atoms;
    bool at_begin = false;
    bool at_end = false;
  };

  static Result<Alternative> parse_alternative(std::string_view text);
  static bool match(const Alternative& alternative, std::size_t atom, std::string_view text, std::size_t& steps);

  std::vector<Alternative> alternatives_;
};

}  // namespace kpi
