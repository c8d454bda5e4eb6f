#include "rules/load/yaml_quoting.hpp"

#include "rules/base/text.hpp"

#include <cctype>

namespace kpi {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::size_t kLongestShown = 200;  // a longer value is not repeated in a remedy
constexpr std::size_t kLongestRead = 4096;  // of a line: nobody wrote more by hand, and the scans below may look twice

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

std::size_t skip_blanks(std::string_view line, std::size_t i) {
  while (i < line.size() && is_blank(line[i])) {
    ++i;
  }
  return i;
}

/// The byte after the text in quotes that begins at `i`; npos when it is not closed.
std::size_t skip_quoted(std::string_view line, std::size_t i) {
  const char quote = line[i];
  for (++i; i < line.size(); ++i) {
    if (quote == '"' && line[i] == '\\') {
      ++i;
    } else if (line[i] == quote) {
      return i + 1;
    }
  }
  return std::string_view::npos;
}

/// The colon that ends the key beginning at `i`, or npos. Inside { } a comma or a bracket ends the search.
std::size_t colon_after_key(std::string_view line, std::size_t i, bool in_flow) {
  if (i < line.size() && (line[i] == '"' || line[i] == '\'')) {
    i = skip_quoted(line, i);
  }
  for (; i < line.size(); ++i) {
    if (line[i] == ':' && (i + 1 == line.size() || is_blank(line[i + 1]))) {
      return i;
    }
    if (in_flow && std::string_view(",{}[]").find(line[i]) != std::string_view::npos) {
      return std::string_view::npos;
    }
  }
  return std::string_view::npos;
}

/// Whether the value at `i` is well quoted, so that more quotes would not mend anything.
bool is_quoted_value(std::string_view line, std::size_t i, std::size_t end) {
  return i < end && (line[i] == '"' || line[i] == '\'') && skip_quoted(line, i) == end;
}

/// Takes away the quotes around `value` when they do not reach around all of it: 'it's', "say "hi" now".
std::string_view without_broken_quotes(std::string_view value) {
  if (value.size() < 3 || (value.front() != '"' && value.front() != '\'') || value.back() != value.front()) {
    return value;
  }
  const std::size_t inner = value.find(value.front(), 1);
  const bool closes = inner + 1 < value.size() && !is_blank(value[inner - 1]) &&
                      std::isalnum(static_cast<unsigned char>(value[inner + 1])) == 0;
  return closes ? value : value.substr(1, value.size() - 2);
}

/// The brackets that are open at a place of a text.
class Brackets {
 public:
  [[nodiscard]] std::size_t depth() const { return closers_.size(); }

  [[nodiscard]] bool closes(char c) const { return !closers_.empty() && closers_.back() == c; }

  /// False for a bracket that closes what was not opened; it is passed over.
  bool take(char c) {
    if (c == '(' || c == '[' || c == '{') {
      closers_ += c == '(' ? ')' : c == '[' ? ']' : '}';
    } else if (closes(c)) {
      closers_.pop_back();
    } else {
      return c != ')' && c != ']' && c != '}';
    }
    return true;
  }

 private:
  std::string closers_;
};

}  // namespace

std::size_t indent_end(std::string_view line) {
  return skip_blanks(line, line.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0);
}

std::size_t item_begin(std::string_view line) {
  std::size_t i = indent_end(line);
  while (i + 1 < line.size() && line[i] == '-' && is_blank(line[i + 1])) {
    i = skip_blanks(line, i + 1);
  }
  return i;
}

std::size_t comment_begin(std::string_view line) {
  line = line.substr(0, kLongestRead);
  for (std::size_t i = 0; i < line.size();) {
    const bool begins = i == 0 || is_blank(line[i - 1]);
    if (begins && line[i] == '#') {
      return i;
    }
    const bool quotes = (line[i] == '"' || line[i] == '\'') && (begins || line[i - 1] == '{' || line[i - 1] == '[');
    const std::size_t after = quotes ? skip_quoted(line, i) : std::string_view::npos;
    i = after == std::string_view::npos ? i + 1 : after;
  }
  return std::string_view::npos;
}

std::string_view value_from(std::string_view line, std::size_t begin, bool in_flow) {
  line = line.substr(0, begin + kLongestRead);
  Brackets brackets;
  std::size_t end = begin;
  while (end < line.size()) {
    const char c = line[end];
    const bool outside = brackets.depth() == 0;
    if (in_flow && ((outside && c == ',') || ((c == ']' || c == '}') && !brackets.closes(c)))) {
      break;
    }
    if (outside && c == '#' && end > begin && is_blank(line[end - 1])) {
      break;
    }
    if (c == '"' || c == '\'') {
      const std::size_t after = skip_quoted(line, end);
      end = after == std::string_view::npos ? end + 1 : after;  // an apostrophe closes nothing
      continue;
    }
    brackets.take(c);
    ++end;
  }
  return trim(line.substr(begin, end - begin));
}

std::optional<KeyAndValue> value_at(std::string_view line, std::size_t column, bool in_flow) {
  line = line.substr(0, kLongestRead);
  std::size_t i = item_begin(line);
  bool inside = false;  // of a { or [ of this line
  while (i < line.size() && i <= column) {
    const std::size_t colon = colon_after_key(line, i, inside);
    KeyAndValue found;
    std::size_t begin = i;
    if (colon != std::string_view::npos) {
      found.key = trim(line.substr(i, colon - i));
      begin = skip_blanks(line, colon + 1);
    } else if (!in_flow) {
      return std::nullopt;
    }
    if (in_flow && begin < line.size() && (line[begin] == '{' || line[begin] == '[')) {
      inside = true;
      i = skip_blanks(line, begin + 1);
      continue;
    }
    found.value = value_from(line, begin, in_flow);
    const std::size_t end = begin + found.value.size();
    if (column >= begin && column <= end && !found.value.empty()) {
      return is_quoted_value(line, begin, end) ? std::nullopt : std::optional(found);
    }
    if (!in_flow) {
      return std::nullopt;
    }
    inside = true;
    i = line.find_first_not_of(" \t,]}", end);
  }
  return std::nullopt;
}

std::string quote_yaml(std::string_view text) {
  if (text.find_first_of("\"\\") == std::string_view::npos) {
    return '"' + std::string(text) + '"';
  }
  std::string quoted = "'";
  for (const char c : text) {
    quoted += c;
    if (c == '\'') {
      quoted += c;
    }
  }
  return quoted + "'";
}

std::string write_quoted(const KeyAndValue& line) {
  if (line.value.size() > kLongestShown || line.key.size() > kLongestShown) {
    return "put the text in quotes";
  }
  const std::string key = line.key.empty() ? "" : std::string(line.key) + ": ";
  return "write: " + printable(key + quote_yaml(without_broken_quotes(line.value)), 4 * kLongestShown);
}

int open_brackets(std::string_view text) {
  text = text.substr(0, kLongestRead);
  Brackets brackets;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::size_t after = text[i] == '"' ? skip_quoted(text, i) : std::string_view::npos;
    if (after != std::string_view::npos) {
      i = after - 1;
    } else if (!brackets.take(text[i])) {
      return -1;
    }
  }
  return static_cast<int>(brackets.depth());
}

}  // namespace kpi
