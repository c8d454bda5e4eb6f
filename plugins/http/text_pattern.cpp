#include "plugins/http/text_pattern.hpp"

#include "rules/base/text.hpp"

#include <algorithm>

namespace kpi {
namespace {

using Ranges = std::vector<std::pair<unsigned char, unsigned char>>;

constexpr std::size_t kMostText = std::size_t{64} << 10U;
constexpr std::size_t kMostSteps = 1'000'000;

bool add_class(char letter, Ranges& ranges) {
  switch (letter) {
    case 'd':
      ranges.emplace_back('0', '9');
      return true;
    case 'w':
      ranges.insert(ranges.end(), {{'0', '9'}, {'a', 'z'}, {'A', 'Z'}, {'_', '_'}});
      return true;
    case 's':
      ranges.insert(ranges.end(), {{' ', ' '}, {'\t', '\r'}});
      return true;
    default:
      return false;
  }
}

void add_character(char c, Ranges& ranges) {
  ranges.emplace_back(static_cast<unsigned char>(c), static_cast<unsigned char>(c));
}

/// The class that opens at `at`; `at` becomes the place of its end. False: it has none.
bool read_brackets(std::string_view text, std::size_t& at, Ranges& ranges, bool& is_negated) {
  std::size_t i = at + 1;
  if (i < text.size() && text[i] == '^') {
    is_negated = true;
    ++i;
  }
  for (; i < text.size() && text[i] != ']'; ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) {
      if (!add_class(text[++i], ranges)) {
        add_character(text[i], ranges);
      }
    } else if (i + 2 < text.size() && text[i + 1] == '-' && text[i + 2] != ']') {
      ranges.emplace_back(static_cast<unsigned char>(text[i]), static_cast<unsigned char>(text[i + 2]));
      i += 2;
    } else {
      add_character(text[i], ranges);
    }
  }
  at = i;
  return i < text.size();
}

}  // namespace

bool TextPattern::Atom::takes(char c) const {
  const auto byte = static_cast<unsigned char>(c);
  const bool is_in =
      std::ranges::any_of(ranges, [&](const auto& range) { return byte >= range.first && byte <= range.second; });
  return is_in != is_negated;
}

Result<TextPattern> TextPattern::parse(std::string_view text) {
  TextPattern pattern;
  for (const std::string_view part : split(text, '|')) {
    pattern.alternatives_.push_back(KPI_TRY(parse_alternative(part)));
  }
  return pattern;
}

Result<TextPattern::Alternative> TextPattern::parse_alternative(std::string_view text) {
  Alternative alternative;
  if (text.starts_with('^')) {
    alternative.at_begin = true;
    text.remove_prefix(1);
  }
  if (text.ends_with('$') && !text.ends_with("\\$")) {
    alternative.at_end = true;
    text.remove_suffix(1);
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    Atom atom;
    const char c = text[i];
    const bool is_repeat = c == '*' || c == '+' || c == '?';
    if (is_repeat && !alternative.atoms.empty() && alternative.atoms.back().times == '1') {
      alternative.atoms.back().times = c;
      continue;
    }
    if (is_repeat || c == '(' || c == ')' || c == '{' || c == '}') {
      return fail(
          ErrorKind::kInvalid,
          "\"" + printable(text, 60) +
              "\" is no pattern kpid knows: write \\ before signs that are meant as they are; it has . [a-z] \\d "
              "^ $ * + ? and |, no groups");
    }
    if (c == '[' && !read_brackets(text, i, atom.ranges, atom.is_negated)) {
      return fail(ErrorKind::kInvalid, "\"" + printable(text, 60) + "\" has a [ without its ]");
    }
    if (c == '.') {
      atom.is_negated = true;
    } else if (c == '\\' && i + 1 < text.size()) {
      if (!add_class(text[++i], atom.ranges)) {
        add_character(text[i], atom.ranges);
      }
    } else if (c != '[') {
      add_character(c, atom.ranges);
    }
    alternative.atoms.push_back(std::move(atom));
  }
  return alternative;
}

bool TextPattern::match(const Alternative& alternative, std::size_t atom, std::string_view text, std::size_t& steps) {
  if (++steps > kMostSteps) {
    return false;
  }
  if (atom == alternative.atoms.size()) {
    return !alternative.at_end || text.empty() || text == "\n" || text == "\r\n";
  }
  const Atom& one = alternative.atoms[atom];
  const std::size_t least = one.times == '*' || one.times == '?' ? 0 : 1;
  const std::size_t most = one.times == '*' || one.times == '+' ? text.size() : 1;
  std::size_t count = 0;
  while (count < most && count < text.size() && one.takes(text[count])) {
    ++count;
  }
  for (std::size_t used = count + 1; used-- > least;) {
    if (match(alternative, atom + 1, text.substr(used), steps)) {
      return true;
    }
  }
  return false;
}

bool TextPattern::fits(std::string_view text) const {
  text = text.substr(0, kMostText);
  std::size_t steps = 0;
  for (const Alternative& alternative : alternatives_) {
    const std::size_t last = alternative.at_begin ? 0 : text.size();
    for (std::size_t begin = 0; begin <= last; ++begin) {
      if (match(alternative, 0, text.substr(begin), steps)) {
        return true;
      }
    }
  }
  return false;
}

}  // namespace kpi
