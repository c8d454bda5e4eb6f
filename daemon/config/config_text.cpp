#include "daemon/config/config_tree.hpp"
#include "daemon/config/literal_secrets.hpp"
#include "daemon/config/secret_reference.hpp"
#include "rules/base/text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace kpi {
namespace {

constexpr std::size_t kOriginColumn = 64;

/// Text that needs no quotes: nothing in it means anything to YAML.
bool is_plain(std::string_view text) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.' || c == '/' || c == '+' || c == '%' || c == ' ' || c == '(' || c == ')' || c == '*' ||
           static_cast<unsigned char>(c) >= 0x80;
  };
  const bool may_begin = !text.empty() && text.front() != '-' && text.front() != '%' && text.front() != '*' &&
                         text.front() != ' ' && text.back() != ' ';
  return may_begin && std::ranges::all_of(text, fits);
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
    }
    out += c == '\n' ? "\\n" : std::string(1, c);
  }
  return out + "\"";
}

/// Whether all of it is references, but for words such as Bearer before one.
bool is_reference(std::string_view text) {
  const std::size_t begin = text.find("${");
  const std::string_view before = trim(text.substr(0, std::min(begin, text.size())));
  const bool is_scheme = before.empty() || before == "Bearer" || before == "Basic" || before == "Token";
  return begin != std::string_view::npos && is_scheme && is_secret_reference(std::string(text.substr(begin)));
}

bool is_secret_key(std::string_view key) {
  static constexpr std::array<std::string_view, 12> kWords{"secret",
                                                           "token",
                                                           "password",
                                                           "passwd",
                                                           "authorization",
                                                           "api_key",
                                                           "api-key",
                                                           "apikey",
                                                           "_key",
                                                           "credential",
                                                           "cookie",
                                                           "dsn"};
  const std::string name = to_lower_ascii(key);
  return std::ranges::any_of(kWords, [&](std::string_view word) { return name.find(word) != std::string::npos; });
}

/// Addresses that hold a name and a password, or a query in which a key may stand; those of channels are secrets whole.
bool may_hold_secret(std::string_view text, bool in_channels) {
  const bool is_address = text.find("://") != std::string_view::npos;
  return is_address &&
         (in_channels || text.find('@') != std::string_view::npos || text.find('?') != std::string_view::npos);
}

/// At the top only what kpid itself has: a section may be named like a secret.
bool is_hidden_key(std::string_view key, std::size_t depth) {
  return depth > 0 ? is_secret_key(key) : key == "token";
}

/// Writes the tree, a line for each scalar.
class Printer {
 public:
  /// What the load warns of as a secret is not shown, whatever it is called.
  explicit Printer(const Diagnostics& found) {
    for (const Diagnostic& item : found.items()) {
      if (is_of_literal_secret(item)) {
        secrets_.insert(place_of(item.position));
      }
    }
  }

  std::string print(const YamlNode& map) {
    print_map(map, 0, false);
    return std::move(text_);
  }

 private:
  using Place = std::tuple<const SourceText*, std::uint32_t, std::uint32_t>;

  static Place place_of(const Position& position) { return {position.source, position.line, position.column}; }

  static std::string indent(std::size_t depth) { return std::string(2 * depth, ' '); }

  void line(std::string text, const Position& position) {
    text_ += text;
    if (position.source != nullptr) {
      text_ += std::string(text.size() < kOriginColumn ? kOriginColumn - text.size() : 1, ' ') + " # " +
               printable(position.source->name) + ":" + std::to_string(position.line);
    }
    text_ += "\n";
  }

  /// `hides`: the value belongs to something whose name says that it is a secret.
  [[nodiscard]] std::string scalar(const YamlNode& node, bool hides) const {
    const bool is_hidden = (hides || secrets_.contains(place_of(node.position)) ||
                            may_hold_secret(node.scalar, section_ == "channels" || section_ == "heartbeat")) &&
                           !is_reference(node.scalar) && !node.scalar.empty();
    if (is_hidden) {
      return "\"(hidden)\"";
    }
    if (node.kind == YamlNode::Kind::kNull) {
      return "";
    }
    return is_plain(node.scalar) && !node.quoted ? node.scalar : quoted(node.scalar);
  }

  void print_map(const YamlNode& map, std::size_t depth, bool hides) {
    for (const auto& [key, value] : map.entries) {
      if (depth == 0) {
        section_ = key.scalar;
      }
      const std::string name = is_plain(key.scalar) ? key.scalar : quoted(key.scalar);
      print_value(indent(depth) + name + ":", value, key.position, depth, hides || is_hidden_key(key.scalar, depth));
    }
  }

  void print_value(
      const std::string& head, const YamlNode& value, const Position& origin, std::size_t depth, bool hides) {
    if (value.kind == YamlNode::Kind::kMap && !value.entries.empty()) {
      line(head, origin);
      print_map(value, depth + 1, hides);
    } else if (value.kind == YamlNode::Kind::kSequence && !value.items.empty()) {
      line(head, origin);
      for (const YamlNode& item : value.items) {
        print_value(indent(depth + 1) + "-", item, item.position, depth + 1, hides);
      }
    } else {
      const std::string shown = value.kind == YamlNode::Kind::kMap        ? "{}"
                                : value.kind == YamlNode::Kind::kSequence ? "[]"
                                                                          : scalar(value, hides);
      line(head + (shown.empty() ? "" : " " + shown), origin);
    }
  }

  std::set<Place> secrets_;
  std::string text_;
  std::string section_;
};

}  // namespace

std::string config_text(const ConfigTree& tree) {
  return Printer(tree.load.diagnostics).print(tree.whole);
}

}  // namespace kpi
