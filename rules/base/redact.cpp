#include "rules/base/redact.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <numeric>
#include <optional>
#include <utility>

namespace kpi {
namespace {

constexpr std::size_t kShortest = 4;
constexpr std::size_t kShortestBase64 = 5;
/// So many letters and digits of a token in a row are no chance; and what is longer than any token has no pieces.
constexpr std::size_t kPiece = 12;
constexpr std::size_t kLongestToken = 512;
constexpr std::size_t kLongestTwice = 256;
constexpr std::size_t kLongestTag = 64;
/// An address in a query, in a page, in a JSON text.
constexpr int kDeepest = 3;
constexpr std::string_view kHex = "0123456789abcdef";
constexpr std::string_view kStars = "***";

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string in_hex(std::string_view secret) {
  std::string text;
  for (const char c : secret) {
    const auto byte = static_cast<unsigned char>(c);
    text += {kHex[byte >> 4U], kHex[byte & 15U]};
  }
  return text;
}

/// The digits that depend on the secret alone when `offset` bytes stand before it.
std::string in_base64(std::string_view secret, std::size_t offset, std::string_view last_two) {
  const std::string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789" + std::string(last_two);
  const std::size_t end = (offset + secret.size()) * 8;
  std::string text;
  for (std::size_t bit = (offset * 8 + 5) / 6 * 6; bit + 6 <= end; bit += 6) {
    unsigned digit = 0;
    for (std::size_t i = bit; i < bit + 6; ++i) {
      const auto byte = static_cast<unsigned char>(secret[(i / 8) - offset]);
      digit = (digit << 1U) | ((byte >> (7 - (i % 8))) & 1U);
    }
    text += digits[digit];
  }
  return text;
}

bool is_base64_digit(char c) {
  return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/' || c == '-' || c == '_';
}

/// Caseless, and as forms write a space: what is looked for and what is looked through.
std::string plain(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), [](char c) { return c == '+' ? ' ' : lower(c); });
  return result;
}

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// An address, a text of words or a whole key file has parts that are no secret.
bool is_token(std::string_view secret) {
  return secret.size() <= kLongestToken && secret.find("://") == std::string_view::npos &&
         secret.find_first_of(" \n{@") == std::string_view::npos;
}

/// Where a tag that begins here ends; `at`: none does.
std::size_t behind_tag(std::string_view text, std::size_t at) {
  const std::size_t end = text.substr(0, at + kLongestTag).find('>', at);
  const bool is_tag = text[at] == '<' && end != std::string_view::npos && at + 1 < text.size() &&
                      (is_letter_or_digit(text[at + 1]) || text[at + 1] == '/');
  return is_tag ? end + 1 : at;
}

std::uint64_t print_of(std::string_view piece) {
  std::uint64_t print = 14'695'981'039'346'656'037U;  // FNV-1a
  for (const char c : piece) {
    print = (print ^ static_cast<unsigned char>(c)) * 1'099'511'628'211U;
  }
  return print;
}

/// Letters and digits alone, small, and where each stood.
struct Squeezed {
  std::string text;
  std::vector<std::size_t> at;
};

Squeezed squeezed(std::string_view text) {
  Squeezed result;
  for (std::size_t i = 0; i < text.size();) {
    if (const std::size_t behind = behind_tag(text, i); behind > i) {
      i = behind;
      continue;
    }
    if (is_letter_or_digit(text[i])) {
      result.text += lower(text[i]);
      result.at.push_back(i);
    }
    ++i;
  }
  return result;
}

/// A text whose escapes were read, and where each of its bytes came from.
struct Level {
  std::string text;
  std::vector<std::size_t> from;  // and the end
};

/// A byte or character that is written as an escape, and how long that is; 0: none begins there.
struct Unescaped {
  std::uint32_t code = 0;
  std::size_t length = 0;
};

Unescaped number_at(std::string_view text, std::size_t before, std::size_t digits, int base) {
  Unescaped result;
  const char* begin = text.data() + std::min(before, text.size());
  const char* end = begin + std::min(digits, text.size() - std::min(before, text.size()));
  const auto [stop, error] = std::from_chars(begin, end, result.code, base);
  result.length = error == std::errc() ? static_cast<std::size_t>(stop - text.data()) : 0;
  return result;
}

/// "%2F", "\u002f", "\x2f", "\/", "\n"
Unescaped byte_escape(std::string_view text) {
  const std::size_t before = text.starts_with('%') ? 1 : 2;
  if (before == 1 || text.starts_with("\\u") || text.starts_with("\\x")) {
    const std::size_t digits = text.starts_with("\\u") ? 4 : 2;
    const Unescaped found = number_at(text, before, digits, 16);
    return found.length == before + digits ? found : Unescaped{};
  }
  constexpr std::string_view kControls = "nrtbf";
  if (text.size() > 1 && text[0] == '\\' && kControls.find(text[1]) != std::string_view::npos) {
    return {static_cast<std::uint32_t>(' '), 2};
  }
  const bool is_quoted =
      text.size() > 1 && text[0] == '\\' && std::string_view("\"'\\/").find(text[1]) != std::string_view::npos;
  return is_quoted ? Unescaped{static_cast<unsigned char>(text[1]), 2} : Unescaped{};
}

/// "&amp;", "&#38;", "&#x26;"
Unescaped page_escape(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, char>, 5> kNamed{
      {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}}};
  for (const auto& [name, c] : kNamed) {
    if (text.starts_with(name)) {
      return {static_cast<unsigned char>(c), name.size()};
    }
  }
  const bool is_hex = text.starts_with("&#x") || text.starts_with("&#X");
  if (!text.starts_with("&#")) {
    return {};
  }
  Unescaped found = is_hex ? number_at(text, 3, 6, 16) : number_at(text, 2, 7, 10);
  found.length = found.length > 0 && found.length < text.size() && text[found.length] == ';' ? found.length + 1 : 0;
  return found;
}

/// One level of escapes read; nothing: there were none.
std::optional<Level> unescaped(const Level& level) {
  Level result;
  const std::string_view text = level.text;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    const Unescaped found = c == '%' || c == '\\' ? byte_escape(text.substr(at))
                            : c == '&'            ? page_escape(text.substr(at))
                                                  : Unescaped{};
    const bool is_byte = c == '%' || found.code < 0x80;
    if (found.length > 0 && !is_byte && found.code < 0x800) {
      result.text += static_cast<char>(0xC0U | (found.code >> 6U));
      result.from.push_back(level.from[at]);
      result.text += static_cast<char>(0x80U | (found.code & 0x3FU));
    } else {
      result.text += found.length == 0 ? c : is_byte ? static_cast<char>(found.code) : '?';
    }
    result.from.push_back(level.from[at]);
    at += std::max<std::size_t>(found.length, 1);
  }
  if (result.text.size() == text.size()) {
    return std::nullopt;
  }
  result.from.push_back(level.from.back());
  return result;
}

/// How many bytes of the text at `at` are the form: all of it, or nearly all, or its begin where the text was cut.
std::size_t length_at(std::string_view text, std::size_t at, std::string_view form) {
  const std::string_view here = text.substr(at, form.size());
  const auto same = static_cast<std::size_t>(std::ranges::mismatch(here, form).in1 - here.begin());
  const bool is_cut = at + same == text.size() || text.substr(at + same).starts_with("…");
  const bool is_enough = same == form.size() || (same >= 8 && same * 4 >= form.size() * 3) || (same >= 12 && is_cut);
  return is_enough ? same : 0;
}

}  // namespace

void Redactor::add(std::string_view secret) {
  if (secret.size() < kShortest) {
    return;
  }
  std::vector<Form> forms{{plain(secret)}, {in_hex(secret)}};
  if (is_token(secret)) {
    add_pieces(secret);
    add_pieces(in_hex(secret));
  }
  const bool is_twice = is_token(secret) && secret.size() <= kLongestTwice;
  for (std::size_t offset = 0; offset < 3; ++offset) {
    for (const std::string_view last : {"+/", "-_"}) {
      if (const std::string text = in_base64(secret, offset, last); text.size() >= kShortestBase64) {
        forms.push_back({plain(text), true});
        for (std::size_t outer = 0; outer < 3 && last == "+/" && is_twice; ++outer) {
          add_pieces(in_base64(text, outer, last));  // once more, as some put it into a header
        }
      }
    }
  }
  std::ranges::sort(pieces_);
  for (Form& form : forms) {
    if (std::ranges::find(forms_, form.text, &Form::text) == forms_.end()) {
      forms_.push_back(std::move(form));
    }
  }
  std::ranges::stable_sort(forms_, [](const Form& a, const Form& b) { return a.text.size() > b.text.size(); });
}

void Redactor::add_pieces(std::string_view form) {
  const std::string text = squeezed(form).text;
  for (std::size_t at = 0; at + kPiece <= text.size(); ++at) {
    pieces_.push_back(print_of(std::string_view(text).substr(at, kPiece)));
  }
}

void Redactor::find_pieces(std::string_view text, const std::function<void(std::size_t, std::size_t)>& found) const {
  const Squeezed bare = squeezed(text);
  for (std::size_t at = 0; at + kPiece <= bare.text.size() && !pieces_.empty(); ++at) {
    if (std::ranges::binary_search(pieces_, print_of(std::string_view(bare.text).substr(at, kPiece)))) {
      found(bare.at[at], bare.at[at + kPiece - 1] + 1);
    }
  }
}

void Redactor::find(std::string_view text, const std::function<void(std::size_t, std::size_t)>& found) const {
  const std::string looked_through = plain(text);
  const std::string_view look = looked_through;
  for (const Form& form : forms_) {
    const std::string_view begin = std::string_view(form.text).substr(0, 8);
    for (std::size_t at = look.find(begin); at != std::string_view::npos;) {
      std::size_t end = at + length_at(look, at, form.text);
      const std::size_t next = std::max(end, at + 1);
      if (end > at && form.is_base64) {
        for (; at > 0 && is_base64_digit(text[at - 1]); --at) {
        }
        for (; end < text.size() && (is_base64_digit(text[end]) || text[end] == '='); ++end) {
        }
      }
      if (end > at) {
        found(at, end);
      }
      at = look.find(begin, next);
    }
  }
}

std::string Redactor::redacted(std::string_view text) const {
  Level level{std::string(text), std::vector<std::size_t>(text.size() + 1)};
  std::iota(level.from.begin(), level.from.end(), 0);
  std::vector<std::pair<std::size_t, std::size_t>> hidden;
  for (int depth = 0; depth <= kDeepest && !empty(); ++depth) {
    const auto hide = [&](std::size_t begin, std::size_t end) {
      hidden.emplace_back(level.from[begin], level.from[end]);
    };
    find(level.text, hide);
    find_pieces(level.text, hide);
    auto next = depth < kDeepest ? unescaped(level) : std::nullopt;
    if (!next) {
      break;
    }
    level = *std::move(next);
  }
  std::ranges::sort(hidden);
  std::string clean;
  std::size_t done = 0;
  for (std::size_t i = 0; i < hidden.size();) {
    auto [begin, end] = hidden[i];
    for (++i; i < hidden.size() && hidden[i].first < end; ++i) {
      end = std::max(end, hidden[i].second);
    }
    clean += text.substr(done, begin - done);
    clean += kStars;
    done = end;
  }
  return clean += text.substr(done);
}

}  // namespace kpi
