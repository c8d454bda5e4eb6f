#include "daemon/config/literal_secrets.hpp"

#include "daemon/config/secret_reference.hpp"
#include "rules/base/secret_words.hpp"
#include "rules/base/text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kpi {
namespace {

constexpr std::string_view kMessage = "a secret stands in the file";

/// A variable of a preset, or a reference: what stands there is elsewhere.
bool is_elsewhere(std::string_view text) {
  return text.empty() || text.find("{{") != std::string_view::npos || holds_secret_reference(text);
}

class Search {
 public:
  explicit Search(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

  /// `map` is the key of the map that it stands in, `key` its own. `is_body`: it is part of what the other side is
  /// told.
  void look(const YamlNode& node,
            std::string_view map,
            std::string_view key,
            bool is_body = false) {  // NOLINT(misc-no-recursion)
    for (const YamlNode& item : node.items) {
      look(item, map, key, is_body);
    }
    for (const auto& [name, value] : node.entries) {
      look(value, key, name.scalar, is_body || key == "json" || key == "graphql" || key == "settings");
    }
    if (node.kind != YamlNode::Kind::kScalar) {
      return;
    }
    if (key == "environment" && node.scalar.find('=') != std::string::npos) {
      warn(node, "write only the name of the variable, which is passed on from the daemon's own environment");
    } else if (key == "command" && is_secret_argument(node.scalar)) {
      warn(node, "everybody sees the arguments of a program: write secrets: {NAME: \"${env:NAME}\"}");
    } else if ((is_told(map, key) || is_of_auth(map, key, node.scalar) || (is_body && is_secret_name(key))) &&
               !is_elsewhere(node.scalar)) {
      warn(node, "write " + std::string(key) + ": \"${env:NAME}\"");
    } else {
      look_into(node);
    }
  }

 private:
  static bool is_told(std::string_view map, std::string_view key) {
    return map == "secrets" ||
           ((map == "query" || map == "form" || map == "headers" || map == "params") && is_secret_name(key));
  }

  /// A path says where a login's answer has its token.
  static bool is_of_auth(std::string_view map, std::string_view key, std::string_view text) {
    return (map == "auth" && is_secret_of_auth(key) && !text.starts_with('/')) || (map == "proof" && key == "key") ||
           (map == "login" && key == "text");
  }

  /// "--password=abc"
  static bool is_secret_argument(std::string_view text) {
    const std::size_t equals = text.find('=');
    const std::size_t name = std::min(text.find_first_not_of('-'), text.size());
    return text.starts_with('-') && equals != std::string_view::npos && name < equals && equals + 1 < text.size() &&
           is_secret_name(text.substr(name, equals - name));
  }

  void look_into(const YamlNode& node) {
    for (const std::string_view secret : secrets_in_address(node.scalar)) {
      if (!is_elsewhere(secret)) {
        warn(node, "write \"${env:NAME}\" in its place in the address");
        return;
      }
    }
  }

  void warn(const YamlNode& node, std::string remedy) {
    const Position& place = node.position;
    const auto is_known = [&](const Diagnostic& known) {
      const Position& at = known.position;
      return at.source == place.source && at.line == place.line && at.column == place.column;
    };
    if (std::ranges::none_of(diagnostics_.items(), is_known)) {
      warn_of_literal_secret(place, std::move(remedy), diagnostics_);
    }
  }

  Diagnostics& diagnostics_;
};

/// What stands behind the names of secrets on a line, and behind the begin of an address; or a line without any name.
/// By its text alone: a file that could not be parsed has no keys.
struct SecretPart {
  std::string_view text;
  bool is_address = false;
};

bool is_of_letters_and_digits(std::string_view word) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  return std::ranges::any_of(word, is_digit) && std::ranges::any_of(word, is_letter);
}

/// A line on which no key stands: its colon was forgotten, or it goes on with the value of the line before.
bool is_bare_secret(std::string_view line) {
  constexpr std::size_t kShortest = 6;
  const std::string_view text = trim(line.substr(0, line.find(" #")));
  return text.find(": ") == std::string_view::npos && !text.ends_with(':') && !text.starts_with('#') &&
         std::ranges::any_of(split(text, ' '), [](std::string_view word) {
           return word.size() >= kShortest && is_of_letters_and_digits(word);
         });
}

/// The same in a map on one line: `{type: telegram, token abc123, chat: 1}`.
bool has_bare_piece(std::string_view line) {
  for (std::size_t begin = line.find('{'); begin != std::string_view::npos;
       begin = line.find_first_of("{,", begin + 1)) {
    const std::string_view rest = line.substr(begin + 1);
    const std::string_view piece = trim(rest.substr(0, rest.find_first_of(",{}")));
    if (piece.find(' ') != std::string_view::npos && is_bare_secret(piece)) {
      return true;
    }
  }
  return false;
}

/// "user:password@host"
bool is_login(std::string_view part) {
  const std::string_view word = part.substr(0, part.find(' '));
  const std::size_t colon = word.find(':');
  return colon != std::string_view::npos && word.find('@', colon) != std::string_view::npos;
}

/// Long, and of letters and digits: no word that somebody reads.
bool is_like_token(std::string_view word) {
  constexpr std::size_t kShortest = 16;
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return word.size() >= kShortest && std::ranges::any_of(word, is_digit) && !std::ranges::all_of(word, is_digit);
}

/// `has_keys`: those of a map are none of them. A file that could not be parsed may have a value where a key would
/// stand.
std::vector<std::string_view> words_of(std::string_view part, bool has_keys) {
  std::vector<std::string_view> words;
  for (std::size_t begin = 0; begin < part.size();) {
    const std::size_t end = std::min(part.find_first_of(" \t\"',:/?&=#[]{}", begin), part.size());
    if (end > begin && !(has_keys && part.substr(end).starts_with(": "))) {
      words.push_back(part.substr(begin, end - begin));
    }
    begin = end + 1;
  }
  return words;
}

std::vector<SecretPart> parts_like_secrets(std::string_view line, bool of_settings) {
  std::vector<SecretPart> parts;
  for (std::size_t colon = line.find(':'); colon != std::string_view::npos; colon = line.find(':', colon + 1)) {
    const std::string_view before = line.substr(0, colon);
    const std::size_t begin = before.find_last_of(" \t{,\"'");
    const bool is_address = line.substr(colon).starts_with("://");
    const std::string_view name = before.substr(begin == std::string_view::npos ? 0 : begin + 1);
    const std::string_view part = trim(line.substr(colon + (is_address ? 3 : 1)));
    // `auth: {…}` has keys of its own, each with its name.
    const bool is_named =
        (is_secret_name(name) && !(name == "auth" && part.starts_with('{'))) || name == "topic" || is_login(part);
    if ((is_address || is_named) && !part.empty()) {
      parts.push_back({part, is_address});
    }
  }
  if (of_settings && (is_bare_secret(line) || has_bare_piece(line))) {
    parts.push_back({trim(line)});
  }
  for (const std::string_view word : of_settings ? words_of(line, false) : std::vector<std::string_view>{}) {
    if (is_like_token(word)) {
      parts.push_back({word});  // whatever its key is called
    }
  }
  return parts;
}

/// A value under the name of a secret that is no reference, or an address with a token in it.
bool holds_literal(std::string_view line, bool of_settings) {
  return std::ranges::any_of(parts_like_secrets(line, of_settings), [&](const SecretPart& part) {
    return part.text.find("${") == std::string_view::npos &&
           (!part.is_address || std::ranges::any_of(words_of(part.text, true), is_like_token));
  });
}

/// Whether a text has a word of what may be a secret on the line.
bool quotes_secret(std::string_view text, std::string_view line, bool has_keys) {
  constexpr std::size_t kShortest = 4;
  return std::ranges::any_of(parts_like_secrets(line, true), [&](const SecretPart& part) {
    return std::ranges::any_of(words_of(part.text, has_keys), [&](std::string_view word) {
      return word.size() >= kShortest && text.find(word) != std::string_view::npos;
    });
  });
}

using Lines = std::set<std::pair<const SourceText*, std::uint32_t>>;

/// The lines of texts, each text read once: there may be a finding on each of its lines.
class TextLines {
 public:
  std::string_view at(const Position& place) {
    if (place.source == nullptr) {
      return "";
    }
    std::vector<std::string_view>& lines = lines_[place.source];
    if (lines.empty()) {
      lines = split(place.source->text, '\n');
    }
    return place.line > 0 && place.line <= lines.size() ? lines[place.line - 1] : "";
  }

  /// Of the text that the place is in.
  bool hold_settings(const Position& place) {
    const auto [known, is_new] = of_settings_.try_emplace(place.source, false);
    if (is_new && place.source != nullptr) {
      known->second = holds_settings(*place.source);
    }
    return known->second;
  }

 private:
  std::map<const SourceText*, std::vector<std::string_view>> lines_;
  std::map<const SourceText*, bool> of_settings_;
};

/// Neither the lines nor words of them.
void hide(const Lines& lines, TextLines& texts, bool has_keys, Diagnostics& diagnostics) {
  if (lines.empty()) {
    return;
  }
  Diagnostics hidden;
  for (Diagnostic item : diagnostics.items()) {
    for (Position* place : {&item.position, &item.related}) {
      if (!lines.contains({place->source, place->line})) {
        continue;
      }
      place->length = 0;
      const std::string_view line = texts.at(*place);
      if (quotes_secret(item.message, line, has_keys)) {
        item.message = "something is wrong on this line, which may hold a secret and is not shown";
      }
      if (quotes_secret(item.remedy, line, has_keys)) {
        item.remedy = "write the value in quotes, or as a reference such as \"${env:NAME}\"";
      }
    }
    hidden.add(std::move(item));
  }
  diagnostics = std::move(hidden);
}

}  // namespace

void warn_of_literal_secret(const Position& position, std::string remedy, Diagnostics& diagnostics) {
  Position place = position;
  place.length = 0;
  diagnostics.warning(place, std::string(kMessage), std::move(remedy));
}

bool is_of_literal_secret(const Diagnostic& diagnostic) {
  return diagnostic.message == kMessage;
}

bool holds_settings(const SourceText& source) {
  // However they are written: indented, in quotes, as JSON, or with their colon forgotten at the begin of a line.
  constexpr std::array<std::string_view, 4> keys{"sources", "channels", "token", "heartbeat"};
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
  const std::string_view text = source.text;
  return std::ranges::any_of(keys, [&](std::string_view key) {
    for (std::size_t at = text.find(key); at != std::string_view::npos; at = text.find(key, at + 1)) {
      const std::size_t behind = std::min(text.find_first_not_of("\"' \t", at + key.size()), text.size());
      const bool begins_line = at == 0 || text[at - 1] == '\n';
      const bool is_whole = at == 0 || letters.find(text[at - 1]) == std::string_view::npos;
      if (begins_line || (is_whole && behind < text.size() && text[behind] == ':')) {
        return true;
      }
    }
    return false;
  });
}

void hide_lines_of_secrets(Diagnostics& diagnostics) {
  Lines lines;
  TextLines texts;
  for (const Diagnostic& item : diagnostics.items()) {
    for (const Position& place : {item.position, item.related}) {
      const bool is_warned_of = is_of_literal_secret(item) && place == item.position;
      if (place.source != nullptr && (is_warned_of || holds_literal(texts.at(place), texts.hold_settings(place)))) {
        lines.emplace(place.source, place.line);
      }
    }
  }
  hide(lines, texts, true, diagnostics);
}

void hide_lines_like_secrets(Diagnostics& diagnostics) {
  Lines lines;
  TextLines texts;
  for (const Diagnostic& item : diagnostics.items()) {
    for (const Position& place : {item.position, item.related}) {
      if (place.source != nullptr && !parts_like_secrets(texts.at(place), texts.hold_settings(place)).empty()) {
        lines.emplace(place.source, place.line);
      }
    }
  }
  hide(lines, texts, false, diagnostics);
}

void warn_of_literal_secrets(const YamlNode& node, Diagnostics& diagnostics) {
  Search(diagnostics).look(node, "", "");
}

}  // namespace kpi
