#include "daemon/config/option_tree.hpp"

#include "daemon/config/secret_reference.hpp"

namespace kpi {

Secret SourceSecrets::read(const YamlNode& node, std::string_view key) const {
  if (node.kind != YamlNode::Kind::kScalar) {
    diagnostics_.error(
        node.position, std::string(key) + " wants a text", "write " + std::string(key) + ": \"${env:NAME}\"");
    return {};
  }
  if (!holds_secret_reference(node.scalar)) {
    diagnostics_.warning(
        node.position, "a secret stands in the file", "write " + std::string(key) + ": \"${env:NAME}\"");
    return Secret(node.scalar);
  }
  return expand(node);
}

Secret SourceSecrets::expand(const YamlNode& node) const {
  // So that everything else about the source can still be checked; nothing is sent with it.
  static const Secret kMissing(std::string("missing"));
  if (mode_ == Secrets::kIgnored) {
    return kMissing;
  }
  auto found = expand_secrets(node.position.source->name, node.scalar);
  if (found) {
    return *std::move(found);
  }
  if (mode_ == Secrets::kChecked && found.error().kind == ErrorKind::kNotFound) {
    diagnostics_.warning(node.position, found.error().message, "the daemon will refuse to start without it");
  } else {
    diagnostics_.error(node.position, found.error().message);
  }
  return kMissing;
}

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
        tree.secret = secrets->expand(node);
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
