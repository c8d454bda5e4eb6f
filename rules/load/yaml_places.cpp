#include "rules/load/yaml_places.hpp"

#include "rules/base/text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace kpi {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

constexpr std::array<std::string_view, 5> kInvisible = {
    "\xE2\x80\xA8", "\xE2\x80\xA9", kByteOrderMark, "\xEF\xBF\xBE", "\xEF\xBF\xBF"};

bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

std::size_t utf8_length(unsigned char lead) {
  if (lead < 0x80) {
    return 1;
  }
  if (lead < 0xE0) {
    return 2;
  }
  return lead < 0xF0 ? 3 : 4;
}

/// Characters that one of the two parsers, or an editor, takes for a line's end or for nothing at all.
bool is_invisible(std::string_view character) {
  const bool c1_control = character.size() == 2 && character[0] == '\xC2' && character[1] < '\xA0';
  return c1_control || std::ranges::find(kInvisible, character) != kInvisible.end();
}

std::string code_point(std::string_view character) {
  std::uint32_t code = static_cast<unsigned char>(character[0]) & (character.size() == 2 ? 0x1FU : 0x0FU);
  for (const char c : character.substr(1)) {
    code = (code << 6U) | (static_cast<unsigned char>(c) & 0x3FU);
  }
  std::string text = "U+";
  for (unsigned shift = 16; shift > 0; shift -= 4) {
    text += "0123456789ABCDEF"[(code >> (shift - 4)) & 0xFU];
  }
  return text;
}

std::optional<BadBytes> bad_bytes_at(std::string_view text, std::size_t i, std::size_t length) {
  const auto c = static_cast<unsigned char>(text[i]);
  const std::string_view character = text.substr(i, length);
  if (c >= 0x80 && !is_valid_utf8(character)) {
    return BadBytes{i, "the byte " + printable(text.substr(i, 1)) + " is not UTF-8", "save the file as UTF-8"};
  }
  if (c >= 0x80 && is_invisible(character)) {
    return BadBytes{i,
                    "the character " + code_point(character) + " cannot be seen and is not used here",
                    "remove it, or write it as \\u" + code_point(character).substr(2) + " in double quotes"};
  }
  if (c == '\0') {
    return BadBytes{i, "the file holds a NUL byte", "save the file as UTF-8 text"};
  }
  if (c == '\r' && (i + 1 == text.size() || text[i + 1] != '\n')) {
    return BadBytes{i, "a carriage return stands without a line feed", "save the file with Unix line ends"};
  }
  if (c == 0x7F || (c < 0x20 && c != '\n' && c != '\t' && c != '\r')) {
    return BadBytes{i, "the control character " + printable(text.substr(i, 1)) + " is not text", "remove it"};
  }
  return std::nullopt;
}

}  // namespace

std::string_view without_byte_order_mark(std::string_view text) {
  return text.starts_with(kByteOrderMark) ? text.substr(kByteOrderMark.size()) : text;
}

YamlPlaces::YamlPlaces(const SourceText& source)
    : source_(source), text_(without_byte_order_mark(source.text)), skipped_(source.text.size() - text_.size()) {
  line_starts_.push_back(0);
  for (std::size_t i = text_.find('\n'); i != std::string_view::npos; i = text_.find('\n', i + 1)) {
    line_starts_.push_back(i + 1);
  }
  ascii_ = std::ranges::all_of(text_, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::size_t YamlPlaces::offset_of(std::size_t character) {
  if (ascii_) {
    return std::min(character, text_.size());
  }
  while (character_ < character && offset_ < text_.size()) {
    ++character_;
    do {
      ++offset_;
    } while (offset_ < text_.size() && is_continuation(text_[offset_]));
  }
  while (character_ > character) {
    --character_;
    do {
      --offset_;
    } while (is_continuation(text_[offset_]));
  }
  return offset_;
}

Position YamlPlaces::at(std::size_t offset) const {
  const auto next = std::ranges::upper_bound(line_starts_, offset);
  auto line = static_cast<std::size_t>(next - line_starts_.begin()) - 1;
  if (offset == text_.size() && line > 0 && line_starts_[line] == offset) {
    --line;
    offset -= text_.ends_with("\r\n") ? 2 : 1;
  }
  const std::size_t column = offset - line_starts_[line] + (line == 0 ? skipped_ : 0);
  return {&source_, static_cast<std::uint32_t>(line + 1), static_cast<std::uint32_t>(column + 1), 1};
}

std::optional<BadBytes> find_bad_bytes(std::string_view text) {
  std::optional<BadBytes> bad;
  for (std::size_t i = 0; i < text.size() && !bad;) {
    const auto c = static_cast<unsigned char>(text[i]);
    const std::size_t length = utf8_length(c);
    if (c < 0x20 || c >= 0x7F) {
      bad = bad_bytes_at(text, i, length);
    }
    i += length;
  }
  return bad;
}

}  // namespace kpi
