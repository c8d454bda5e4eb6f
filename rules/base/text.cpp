#include "rules/base/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <utility>

namespace kpi {

namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

constexpr std::uint8_t byte_at(std::string_view text, std::size_t index) {
  return static_cast<std::uint8_t>(text[index]);
}

/// One character of UTF-8 at the front of a text; length 0 where it is none.
struct Character {
  std::size_t length = 0;
  char32_t code = 0;
};

Character first_character(std::string_view text) {
  const std::uint8_t lead = byte_at(text, 0);
  if (lead < 0x80) {
    return {1, lead};
  }
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) {
    return {};
  }
  char32_t code = lead & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte_at(text, i) & 0xC0U) != 0x80) {
      return {};
    }
    code = (code << 6U) | (byte_at(text, i) & 0x3FU);
  }
  constexpr std::array<char32_t, 5> smallest = {0, 0, 0x80, 0x800, 0x10000};
  if (code < smallest.at(length) || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) {
    return {};
  }
  return {length, code};
}

/// What moves a terminal's cursor, ends a line or turns the direction of writing.
bool is_control(char32_t code) {
  return code < 0x20 || (code >= 0x7F && code <= 0x9F) || (code >= 0x2028 && code <= 0x202E) ||
         (code >= 0x2066 && code <= 0x2069);
}

void append_escaped(std::string& out, std::string_view bytes) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    out += "\\x";
    out += kHexDigits[byte_at(bytes, i) >> 4U];
    out += kHexDigits[byte_at(bytes, i) & 0xFU];
  }
}

/// FNV-1a with 128 bits. Its prime is 2^88 + 0x13b.
class Fnv128 {
 public:
  void add(std::string_view bytes) {
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      low_ ^= byte_at(bytes, i);
      multiply();
    }
  }

  [[nodiscard]] std::uint64_t high() const { return high_; }

  [[nodiscard]] std::uint64_t low() const { return low_; }

 private:
  void multiply() {
    constexpr std::uint64_t prime = 0x13b;
    const std::uint64_t lower = (low_ & 0xFFFFFFFFU) * prime;
    const std::uint64_t upper = ((low_ >> 32U) * prime) + (lower >> 32U);
    high_ = (high_ * prime) + (upper >> 32U) + (low_ << 24U);
    low_ = (upper << 32U) | (lower & 0xFFFFFFFFU);
  }

  std::uint64_t high_ = 0x6c62272e07bb0142;
  std::uint64_t low_ = 0x62b821756295c58d;
};

void append_base32(std::string& out, std::uint64_t number, unsigned digits) {
  constexpr std::string_view crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  for (unsigned i = digits; i > 0; --i) {
    out += crockford[(number >> (5 * (i - 1))) & 0x1FU];
  }
}

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit) {
  const std::size_t difference = a.size() > b.size() ? a.size() - b.size() : b.size() - a.size();
  if (difference > limit) {
    return limit + 1;
  }
  std::vector<std::size_t> before_last(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::swap(before_last, last);
    std::swap(last, row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      row[j] = std::min({last[j] + 1,
                         row[j - 1] + 1,
                         last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1),
                         swapped ? before_last[j - 2] + 1 : a.size() + b.size()});
    }
    // A swap reaches back two rows, so one row above the limit proves nothing by itself.
    if (*std::ranges::min_element(row) > limit + 1) {
      return limit + 1;
    }
  }
  return std::min(row[b.size()], limit + 1);
}

std::optional<std::string> nearest(std::string_view word, std::span<const std::string> candidates) {
  const std::string lower = to_lower_ascii(word);
  std::size_t limit = std::min<std::size_t>(word.size() / 3, 3);
  const std::string* best = nullptr;
  for (const std::string& candidate : candidates) {
    const std::size_t distance = edit_distance(lower, to_lower_ascii(candidate), limit);
    if (distance > limit) {
      continue;
    }
    best = &candidate;
    if (distance == 0) {
      break;
    }
    limit = distance - 1;
  }
  return best == nullptr ? std::nullopt : std::optional(*best);
}

std::string did_you_mean(std::string_view word, std::span<const std::string> candidates) {
  const auto found = nearest(word, candidates);
  return found ? "did you mean \"" + *found + "\"?" : "";
}

bool is_valid_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = first_character(text).length;
    if (length == 0) {
      return false;
    }
    text.remove_prefix(length);
  }
  return true;
}

std::string printable(std::string_view text, std::size_t limit) {
  std::string out;
  std::size_t used = 0;
  while (!text.empty()) {
    const Character character = first_character(text);
    const std::size_t length = std::max<std::size_t>(character.length, 1);
    if (used + length > limit) {
      return out + "…";
    }
    const std::string_view bytes = text.substr(0, length);
    if (character.length == 0 || is_control(character.code)) {
      append_escaped(out, bytes);
    } else {
      out += bytes;
    }
    used += length;
    text.remove_prefix(length);
  }
  return out;
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view spaces = " \t\r\n\f\v";
  const std::size_t begin = text.find_first_not_of(spaces);
  if (begin == std::string_view::npos) {
    return {};
  }
  return text.substr(begin, text.find_last_not_of(spaces) - begin + 1);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (std::size_t end = text.find(separator); end != std::string_view::npos; end = text.find(separator)) {
    parts.push_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  parts.push_back(text);
  return parts;
}

std::string join(std::span<const std::string> parts, std::string_view separator) {
  std::string out;
  for (const std::string& part : parts) {
    if (&part != parts.data()) {
      out += separator;
    }
    out += part;
  }
  return out;
}

std::string counted(std::uint64_t count, std::string_view one, std::string_view many) {
  if (count == 1) {
    return "1 " + std::string(one);
  }
  return std::to_string(count) + " " + (many.empty() ? std::string(one) + "s" : std::string(many));
}

std::string to_lower_ascii(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return out;
}

std::string number_text(double number) {
  if (std::isnan(number)) {
    return "nan";
  }
  if (std::isinf(number)) {
    return number < 0 ? "-inf" : "inf";
  }
  const double size = std::abs(number);
  const bool plain = size == 0 || (size >= 1e-6 && size < 1e21);
  std::array<char, 64> buffer{};
  const auto end = std::to_chars(buffer.data(),
                                 buffer.data() + buffer.size(),
                                 number,
                                 plain ? std::chars_format::fixed : std::chars_format::scientific);
  return {buffer.data(), end.ptr};
}

double times_power_of_ten(double number, int power) {
  if (!std::isfinite(number)) {
    return number;
  }
  std::array<char, 48> text{};
  char* const last = text.data() + text.size();
  char* const end = std::to_chars(text.data(), last, number, std::chars_format::scientific).ptr;
  char* const mark = std::find(text.data(), end, 'e') + 1;
  int exponent = 0;
  std::from_chars(*mark == '+' ? mark + 1 : mark, end, exponent);
  double moved = 0;
  const auto read = std::from_chars(text.data(), std::to_chars(mark, last, exponent + power).ptr, moved);
  return read.ec == std::errc{} ? moved : number * std::pow(10.0, power);  // too large or too small for the text
}

std::optional<double> parse_number(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(number)) {
    return std::nullopt;
  }
  return number;
}

std::string stable_id(std::int64_t milliseconds, std::span<const std::string_view> parts) {
  Fnv128 hash;
  for (const std::string_view part : parts) {
    // The length keeps {"ab", "c"} and {"a", "bc"} apart.
    hash.add(std::to_string(part.size()));
    hash.add(":");
    hash.add(part);
  }
  std::string id;
  append_base32(id, static_cast<std::uint64_t>(std::max<std::int64_t>(milliseconds, 0)), 10);
  append_base32(id, hash.high() ^ (hash.high() >> 24U), 8);
  append_base32(id, hash.low() ^ (hash.low() >> 24U), 8);
  return id;
}

std::string fingerprint(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (std::size_t i = 0; i < text.size(); ++i) {
    hash = (hash ^ byte_at(text, i)) * 0x100000001b3;
  }
  std::string out;
  for (unsigned shift = 64; shift > 0; shift -= 4) {
    out += kHexDigits[(hash >> (shift - 4)) & 0xFU];
  }
  return out;
}

}  // namespace kpi
