#include "rules/base/diagnostic.hpp"

#include "rules/base/secret_words.hpp"
#include "rules/base/text.hpp"

#include <algorithm>
#include <cstddef>
#include <tuple>
#include <utility>

namespace kpi {

namespace {

constexpr std::size_t kBefore = 80;   // Bytes of a long line shown before the caret,
constexpr std::size_t kWindow = 160;  // and in all.

bool continues_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80;
}

/// What a stretch of a line looks like on a terminal; a tab takes one column, so that the caret stays below its word.
std::string shown(std::string_view text) {
  std::string spaced(text);
  std::ranges::replace(spaced, '\t', ' ');
  return printable(spaced, spaced.size());
}

std::size_t columns_of(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return !continues_character(c); }));
}

constexpr std::string_view kNameBytes = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";

/// Where the scalar that begins at `at` ends: at its quote; without one at what ends it in a map on one line, or at a
/// comment.
std::size_t scalar_end(std::string_view line, std::size_t at) {
  if (at < line.size() && (line[at] == '"' || line[at] == '\'')) {
    return std::min(line.find(line[at], at + 1), line.size());
  }
  return std::min({line.find_first_of(",}]", at), line.find(" #", at), line.size()});
}

/// `line` with asterisks where a secret stands: below a name such as "token", or in an address. A reference to a secret
/// is none. What is printed goes into logs, chats and the page.
std::string without_secrets(std::string_view line) {
  std::string masked(line);
  const auto mask = [&](std::size_t from, std::size_t to) {
    if (from < to && line.substr(from, to - from).find("${") == std::string_view::npos) {
      std::fill(
          masked.begin() + static_cast<std::ptrdiff_t>(from), masked.begin() + static_cast<std::ptrdiff_t>(to), '*');
    }
  };
  for (std::size_t colon = line.find(": "); colon != std::string_view::npos; colon = line.find(": ", colon + 1)) {
    std::size_t end = colon;
    end -= end > 0 && (line[end - 1] == '"' || line[end - 1] == '\'') ? 1 : 0;
    const std::size_t before = line.substr(0, end).find_last_not_of(kNameBytes);
    const std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
    const std::size_t value = std::min(line.find_first_not_of(' ', colon + 1), line.size());
    if (value == line.size() || !is_secret_name(line.substr(begin, end - begin)) ||
        std::string_view("{[|>#&!").find(line[value]) != std::string_view::npos) {
      continue;
    }
    mask(value + (line[value] == '"' || line[value] == '\'' ? 1 : 0), scalar_end(line, value));
  }
  for (const std::string_view word : split(line, ' ')) {
    const std::string_view address = word.substr(0, word.find_last_not_of("\"',}]") + 1);
    if (const std::size_t host = address.find("://");
        host != std::string_view::npos && address.find("hook") != std::string_view::npos) {
      // Whoever knows the address of a hook can write to it.
      const std::size_t path = address.find('/', host + 3);
      mask(path == std::string_view::npos ? line.size() : static_cast<std::size_t>(address.data() - line.data()) + path,
           static_cast<std::size_t>(address.data() - line.data()) + address.size());
    }
    for (const std::string_view secret : secrets_in_address(address)) {
      const auto from = static_cast<std::size_t>(secret.data() - line.data());
      mask(from, from + secret.size());
    }
  }
  return masked;
}

/// The source line and a caret below the place; nothing where the line is not known, or is not to be shown (length 0).
std::string excerpt(const Position& position) {
  if (position.source == nullptr || position.line == 0 || position.column == 0 || position.length == 0) {
    return "";
  }
  const std::string masked = without_secrets(position.source->line(position.line));
  const std::string_view line = masked;
  std::size_t at = std::min<std::size_t>(position.column - 1, line.size());
  std::size_t begin = at > kBefore ? at - kBefore : 0;
  while (begin > 0 && begin < line.size() && continues_character(line[begin])) {
    --begin;
  }
  std::size_t end = std::min(line.size(), begin + kWindow);
  while (end < line.size() && continues_character(line[end])) {
    --end;
  }
  const std::string number = std::to_string(position.line);
  const std::string_view cut = begin > 0 ? "…" : "";
  const std::string before = shown(line.substr(begin, at - begin));
  const std::size_t length = std::clamp<std::size_t>(position.length, 1, std::max<std::size_t>(end - at, 1));
  const std::size_t width = std::max<std::size_t>(columns_of(shown(line.substr(at, length))), 1);

  std::string text = "  " + number + " | ";
  text += cut;
  text += before + shown(line.substr(at, end - at)) + (end < line.size() ? "…" : "") + "\n";
  text += "  " + std::string(number.size(), ' ') + " | " + std::string(columns_of(cut) + columns_of(before), ' ') +
          "^" + std::string(width - 1, '~') + "\n";
  return text;
}

std::string headed(const Position& position, std::string_view kind, std::string_view message) {
  std::string text = position.text();
  text += text.empty() ? "" : ": ";
  text += kind;
  text += ": ";
  text += message;
  return text + "\n" + excerpt(position);
}

bool same_place(const Diagnostic& a, const Diagnostic& b) {
  return a.position.source == b.position.source && a.position.line == b.position.line &&
         a.position.column == b.position.column;
}

}  // namespace

std::string_view SourceText::line(std::uint32_t number) const {
  std::string_view rest = text;
  for (std::uint32_t i = 1; i < number && !rest.empty(); ++i) {
    const std::size_t end = rest.find('\n');
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  if (number == 0) {
    return {};
  }
  rest = rest.substr(0, rest.find('\n'));
  if (rest.ends_with('\r')) {
    rest.remove_suffix(1);
  }
  return rest;
}

const SourceText& SourceSet::add(std::string name, std::string text) {
  return texts_.emplace_back(SourceText{std::move(name), std::move(text)});
}

std::string Position::text() const {
  std::string where = source == nullptr ? "" : source->name;
  for (const std::uint32_t number : {line, line == 0 ? 0 : column}) {
    if (number != 0) {
      where += (where.empty() ? "" : ":") + std::to_string(number);
    }
  }
  return where;
}

std::string Diagnostic::text() const {
  std::string out = headed(position, severity == Severity::kError ? "error" : "warning", message);
  if (!remedy.empty()) {
    out += "  help: " + remedy + "\n";
  }
  if (related.source != nullptr) {
    out += headed(related, "note", related_message);
  }
  return out;
}

void Diagnostics::error(Position position, std::string message, std::string remedy) {
  add({Diagnostic::Severity::kError, position, std::move(message), std::move(remedy), {}, {}});
}

void Diagnostics::warning(Position position, std::string message, std::string remedy) {
  add({Diagnostic::Severity::kWarning, position, std::move(message), std::move(remedy), {}, {}});
}

bool Diagnostics::has_errors() const {
  return count(Diagnostic::Severity::kError) > 0;
}

std::size_t Diagnostics::count(Diagnostic::Severity severity) const {
  return static_cast<std::size_t>(std::ranges::count(items_, severity, &Diagnostic::severity));
}

void Diagnostics::sort() {
  std::vector<const SourceText*> files;
  for (const Diagnostic& item : items_) {
    if (std::ranges::find(files, item.position.source) == files.end()) {
      files.push_back(item.position.source);
    }
  }
  std::vector<std::tuple<std::ptrdiff_t, std::uint32_t, std::uint32_t, std::size_t>> order;
  for (std::size_t i = 0; i < items_.size(); ++i) {
    const Position& position = items_[i].position;
    const auto file = std::ranges::find(files, position.source) - files.begin();
    order.emplace_back(file, position.line, position.column, i);
  }
  std::ranges::sort(order);
  std::vector<Diagnostic> kept;
  for (const auto& place : order) {
    Diagnostic& item = items_[std::get<3>(place)];
    bool known = false;
    for (auto other = kept.rbegin(); !known && other != kept.rend() && same_place(*other, item); ++other) {
      known = other->severity == item.severity && other->message == item.message;
    }
    if (!known) {
      kept.push_back(std::move(item));
    }
  }
  items_ = std::move(kept);
}

std::string Diagnostics::text() const {
  std::string out;
  for (const Diagnostic& item : items_) {
    out += item.text();
  }
  return out;
}

}  // namespace kpi
