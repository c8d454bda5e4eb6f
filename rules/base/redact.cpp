#include "rules/base/redact.hpp"

#include <algorithm>
#include <cstdint>
#include <set>

namespace kpi {
namespace {

constexpr std::size_t kShortest = 4;
constexpr std::string_view kUpper = "0123456789ABCDEF";
constexpr std::string_view kLower = "0123456789abcdef";

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
         c == '.' || c == '~';
}

std::string in_hex(std::string_view secret, std::string_view digits) {
  std::string text;
  for (const char c : secret) {
    const auto byte = static_cast<unsigned char>(c);
    text += {digits[byte >> 4U], digits[byte & 15U]};
  }
  return text;
}

/// `keeps` are bytes that some encoders leave.
std::string in_url(std::string_view secret, std::string_view keeps, std::string_view digits) {
  std::string text;
  for (const char c : secret) {
    if (is_plain(c) || keeps.find(c) != std::string_view::npos) {
      text += c;
    } else {
      text += '%' + in_hex({&c, 1}, digits);
    }
  }
  return text;
}

std::string in_json(std::string_view secret, bool escapes_slash) {
  std::string text;
  for (const char c : secret) {
    if (c == '"' || c == '\\' || (c == '/' && escapes_slash)) {
      text += '\\';
    }
    text += c;
  }
  return text;
}

/// The digits that depend on the secret alone when `offset` bytes stand before it.
std::string in_base64(std::string_view secret, std::size_t offset, std::string_view last_two) {
  const std::string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789" + std::string(last_two);
  std::string text;
  std::uint32_t bits = 0;
  std::size_t count = 0;
  const std::size_t skipped = (3 - offset) % 3;  // the first bytes share a digit with what stands before
  for (const char c : secret.substr(std::min(skipped, secret.size()))) {
    bits = (bits << 8U) | static_cast<unsigned char>(c);
    if (++count % 3 == 0) {
      for (int shift = 18; shift >= 0; shift -= 6) {
        text += digits[(bits >> static_cast<unsigned>(shift)) & 63U];
      }
      bits = 0;
    }
  }
  return text;
}

}  // namespace

void Redactor::add(std::string_view secret) {
  if (secret.size() < kShortest) {
    return;
  }
  std::set<std::string> forms{std::string(secret),
                              in_json(secret, false),
                              in_json(secret, true),
                              in_hex(secret, kLower),
                              in_hex(secret, kUpper)};
  for (const std::string_view keeps : {"", "/", "/:@!$&'()*,;=+"}) {
    forms.insert(in_url(secret, keeps, kUpper));
    forms.insert(in_url(secret, keeps, kLower));
  }
  for (std::size_t offset = 0; offset < 3; ++offset) {
    for (const std::string_view last : {"+/", "-_"}) {
      if (std::string text = in_base64(secret, offset, last); text.size() >= 2 * kShortest) {
        forms.insert(std::move(text));
      }
    }
  }
  forms.insert(forms_.begin(), forms_.end());
  forms_.assign(forms.begin(), forms.end());
  std::ranges::stable_sort(forms_, [](const auto& a, const auto& b) { return a.size() > b.size(); });
}

std::string Redactor::redacted(std::string_view text) const {
  constexpr std::string_view stars = "***";
  std::string clean(text);
  for (const std::string& form : forms_) {
    for (std::size_t at = clean.find(form); at != std::string::npos; at = clean.find(form, at + stars.size())) {
      clean.replace(at, form.size(), stars);
    }
  }
  return clean;
}

}  // namespace kpi
