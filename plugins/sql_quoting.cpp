#include "plugins/sql_quoting.hpp"

#include "rules/base/text.hpp"

#include <algorithm>

namespace kpi {
namespace {

constexpr std::size_t kNever = std::string_view::npos;

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// Of a name without quotes, where letters beyond ASCII and $ may stand too.
bool is_of_name(char c) {
  return is_word(c) || c == '$' || static_cast<unsigned char>(c) >= 0x80U;
}

bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

char char_at(std::string_view text, std::size_t at) {
  return at < text.size() ? text[at] : '\0';
}

/// Behind what `mark` closes.
std::size_t behind(std::string_view text, std::string_view mark, std::size_t from) {
  const std::size_t end = text.find(mark, from);
  return end == kNever ? kNever : end + mark.size();
}

/// Behind the quote that closes the one at `at`; of a doubled one the second opens another text, which comes to the
/// same.
std::size_t end_of_quote(std::string_view text, std::size_t at, bool has_escapes) {
  const char close = text[at] == '[' ? ']' : text[at];
  for (std::size_t i = at + 1; i < text.size(); ++i) {
    if (has_escapes && text[i] == '\\') {
      ++i;
    } else if (text[i] == close) {
      return i + 1;
    }
  }
  return kNever;
}

/// E'…' goes on in the next quote, after a doubled one and on the next line.
std::size_t end_of_escape_text(std::string_view text, std::size_t at) {
  std::size_t end = end_of_quote(text, at, true);
  while (end != kNever) {
    std::size_t next = end;
    while (next < text.size() && is_space(text[next])) {
      ++next;
    }
    const bool goes_on =
        char_at(text, next) == '\'' && (next == end || text.substr(end, next - end).find('\n') != kNever);
    if (!goes_on) {
      break;
    }
    end = end_of_quote(text, next, true);
  }
  return end;
}

std::size_t end_of_comment(std::string_view text, std::size_t at, bool nests) {
  if (!nests) {
    return behind(text, "*/", at + 2);
  }
  std::size_t depth = 0;
  for (std::size_t i = at; i + 1 < text.size(); ++i) {
    const std::string_view pair = text.substr(i, 2);
    if (pair == "/*") {
      ++depth;
      ++i;
    } else if (pair == "*/") {
      ++i;
      if (--depth == 0) {
        return i + 1;
      }
    }
  }
  return kNever;
}

/// `at` itself where no text opens: $1 is none, nor is a $ within a name.
std::size_t end_of_dollar_text(std::string_view text, std::size_t at) {
  std::size_t end = at + 1;
  while (end < text.size() && text[end] != '$' && is_of_name(text[end])) {
    ++end;
  }
  const char first = char_at(text, at + 1);
  if (char_at(text, end) != '$' || (first >= '0' && first <= '9')) {
    return at;
  }
  return behind(text, text.substr(at, end + 1 - at), end + 1);
}

/// Where /*!50000 or /*M! opens code that other servers take for a comment.
std::size_t behind_version(std::string_view text, std::size_t at) {
  std::size_t end = at + 2;
  end += char_at(text, end) == 'M' ? 1U : 0U;
  if (char_at(text, end) != '!') {
    return at;
  }
  ++end;
  while (end < text.size() && text[end] >= '0' && text[end] <= '9') {
    ++end;
  }
  return end;
}

}  // namespace

std::size_t skip_quoted(std::string_view text, std::size_t at, const SqlQuoting& quoting) {
  const char c = text[at];
  const char next = char_at(text, at + 1);
  const bool is_in_name = at > 0 && is_of_name(text[at - 1]);
  if (c == '\'' || c == '"') {
    return end_of_quote(text, at, c == '\'' ? quoting.escapes_single : quoting.escapes_double);
  }
  if ((c == '`' && quoting.has_backticks) || (c == '[' && quoting.has_brackets)) {
    return end_of_quote(text, at, false);
  }
  if ((c == 'E' || c == 'e') && next == '\'' && quoting.has_escape_texts && !is_in_name) {
    return end_of_escape_text(text, at + 1);
  }
  if (c == '$' && quoting.has_dollar_texts && !is_in_name) {
    return end_of_dollar_text(text, at);
  }
  const bool is_dashes =
      c == '-' && next == '-' && (!quoting.has_hash_comments || at + 2 >= text.size() || is_space(text[at + 2]));
  if (is_dashes || (c == '#' && quoting.has_hash_comments)) {
    return std::min(text.find('\n', at), text.size());
  }
  if (c == '/' && next == '*') {
    const std::size_t code = quoting.has_hash_comments ? behind_version(text, at) : at;
    return code > at ? code : end_of_comment(text, at, quoting.nests_comments);
  }
  return at;
}

bool begins_reading(std::string_view text, const SqlQuoting& quoting) {
  std::size_t at = 0;
  while (at < text.size()) {
    const bool may_comment = text[at] == '-' || text[at] == '/' || text[at] == '#';
    const std::size_t end = may_comment ? skip_quoted(text, at, quoting) : at;
    if (end > at) {
      at = end;
    } else if (is_space(text[at]) || text[at] == '(') {
      ++at;
    } else {
      break;
    }
  }
  const std::string word = to_lower_ascii(text.substr(std::min(at, text.size()), 7));
  return word.starts_with("select") || word.starts_with("with") || word.starts_with("values") ||
         word.starts_with("table");
}

Result<BoundQuery> with_parameters(std::string_view text,
                                   const SqlQuoting& quoting,
                                   const std::array<std::string_view, 2>& names) {
  BoundQuery bound;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = skip_quoted(text, at, quoting);
    if (end == kNever) {
      return fail(ErrorKind::kInvalid,
                  "the query has a quote or comment that is never closed: " + printable(text.substr(at), 40));
    }
    if (end > at) {
      bound.text += text.substr(at, end - at);
      at = end;
    } else if (text.substr(at, 2) == "::") {
      bound.text += "::";
      at += 2;
    } else if (text[at] == ':' && is_word(char_at(text, at + 1))) {
      std::size_t stop = at + 1;
      while (is_word(char_at(text, stop))) {
        ++stop;
      }
      const std::string_view word = text.substr(at + 1, stop - at - 1);
      if (word != "from" && word != "to") {
        return fail(ErrorKind::kInvalid,
                    "the query has a parameter :" + std::string(word) + "; there are :from and :to");
      }
      (word == "from" ? bound.uses_from : bound.uses_to) = true;
      bound.text += names[word == "from" ? 0 : 1];
      at = stop;
    } else {
      bound.text += text[at++];
    }
  }
  if (bound.uses_from != bound.uses_to) {
    return fail(ErrorKind::kInvalid, "the query uses one of :from and :to: write both, or neither");
  }
  return bound;
}

}  // namespace kpi
