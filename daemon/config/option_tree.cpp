#include "daemon/config/option_tree.hpp"

#include "daemon/config/literal_secrets.hpp"
#include "daemon/config/secret_reference.hpp"

namespace kpi {
namespace {

/// `key_file` takes the key itself, which is JSON, or where it is.
bool is_path_of_a_key(std::string_view text, std::string_view key) {
  return key.ends_with("_file") && text.find('{') == std::string_view::npos;
}

}  // namespace

Secret SourceSecrets::read(const YamlNode& node, std::string_view key) const {
  if (node.kind != YamlNode::Kind::kScalar) {
    diagnostics_.error(
        node.position, std::string(key) + " wants a text", "write " + std::string(key) + ": \"${env:NAME}\"");
    return {};
  }
  if (!holds_secret_reference(node.scalar)) {
    if (is_secret_reference(node.scalar)) {
      diagnostics_.error(node.position, read_secret(node.position.source->name, node.scalar).error().message);
    } else if (!is_path_of_a_key(node.scalar, key)) {
      warn_of_literal_secret(node.position, "write " + std::string(key) + ": \"${env:NAME}\"", diagnostics_);
    }
    return Secret(node.scalar);
  }
  return expand(node).text;
}

ExpandedText SourceSecrets::expand(const YamlNode& node) const {
  // So that everything else about the source can still be checked; nothing is sent with it.
  static const ExpandedText kMissing{Secret(std::string("missing")), {}};
  if (mode_ == Secrets::kIgnored) {
    return kMissing;
  }
  auto found = expand_secrets(node.position.source->name, node.scalar);
  if (found) {
    return *std::move(found);
  }
  if (mode_ == Secrets::kChecked && found.error().kind == ErrorKind::kNotFound) {
    diagnostics_.warning(node.position, found.error().message, std::string(kMissingSecret));
  } else {
    diagnostics_.error(node.position, found.error().message);
  }
  return kMissing;
}

namespace {

/// "https://api.example.com/?key=${env:KEY}&day={{day}}" in pieces; none of what is a reference and nothing else.
std::vector<OptionTree> pieces_of(const ExpandedText& expanded, const Position& position) {
  const std::string& whole = expanded.text.reveal();
  std::vector<OptionTree> pieces;
  const auto add = [&](std::size_t from, std::size_t to, bool is_secret) {
    if (from == to) {
      return;
    }
    OptionTree piece;
    piece.kind = OptionTree::Kind::kText;
    piece.is_quoted = true;
    piece.position = position;
    if (is_secret) {
      piece.secret = Secret(whole.substr(from, to - from));
    } else {
      piece.text = whole.substr(from, to - from);
    }
    pieces.push_back(std::move(piece));
  };
  std::size_t done = 0;
  for (const auto& [from, to] : expanded.parts) {
    add(done, from, false);
    add(from, to, true);
    done = to;
  }
  add(done, whole.size(), expanded.parts.empty());
  return pieces.size() > 1 ? pieces : std::vector<OptionTree>{};
}

}  // namespace

OptionTree option_tree(const YamlNode& node, const SourceSecrets* secrets) {
  OptionTree tree;
  tree.position = node.position;
  switch (node.kind) {
    case YamlNode::Kind::kNull:
      tree.text = node.scalar;
      break;
    case YamlNode::Kind::kScalar:
      tree.kind = OptionTree::Kind::kText;
      tree.is_quoted = node.quoted;
      if (secrets != nullptr && holds_secret_reference(node.scalar)) {
        const ExpandedText expanded = secrets->expand(node);
        tree.secret = expanded.text;
        tree.items = pieces_of(expanded, node.position);
      } else {
        tree.text = node.scalar;
      }
      break;
    case YamlNode::Kind::kSequence:
      tree.kind = OptionTree::Kind::kList;
      for (const YamlNode& item : node.items) {
        tree.items.push_back(option_tree(item, secrets));
      }
      break;
    case YamlNode::Kind::kMap:
      tree.kind = OptionTree::Kind::kMap;
      for (const auto& [key, value] : node.entries) {
        OptionTree name;
        name.kind = OptionTree::Kind::kText;
        name.text = key.scalar;
        name.position = key.position;
        tree.entries.emplace_back(std::move(name), option_tree(value, secrets));
      }
      break;
  }
  return tree;
}

}  // namespace kpi
