#include "plugins/http/preset_params.hpp"

#include "plugins/http/tree_reader.hpp"
#include "rules/base/text.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace kpi {
namespace {

using Type = OptionSpec::Type;

/// A parameter's value; null: none.
Json value_of(const OptionSpec& spec, const OptionValue& value) {
  switch (spec.type) {
    case Type::kSecret:
      return value.secret.empty() ? Json() : Json(value.secret.reveal());
    case Type::kTree:
      return value.tree ? json_of(*value.tree) : Json();
    case Type::kList:
      return value.given ? Json(value.items) : Json();
    case Type::kNumber: {
      const auto number = parse_number(value.text);
      const bool is_whole =
          number && std::abs(*number) < 9e15 && *number == static_cast<double>(static_cast<std::int64_t>(*number));
      return !number ? Json() : is_whole ? Json(static_cast<std::int64_t>(*number)) : Json(*number);
    }
    default:
      return value.text.empty() ? Json() : Json(value.text);
  }
}

}  // namespace

OptionSpec read_param(const OptionTree& name, const OptionTree& node, Diagnostics& diagnostics) {
  OptionSpec spec;
  spec.key = name.text;
  TreeReader map(node, "params." + name.text, diagnostics);
  bool optional = false;
  bool secret = false;
  bool json = false;
  bool list = false;
  bool number = false;
  map.flag("required", spec.required);
  map.flag("optional", optional);
  map.flag("secret", secret);
  map.flag("json", json);
  map.flag("list", list);
  map.flag("number", number);
  map.text("default", spec.fallback);
  map.text("help", spec.help);
  if (const OptionTree* choices = map.optional("choices")) {
    for (const OptionTree* choice : items_of(*choices)) {
      spec.choices.push_back(choice->text);
    }
  }
  map.finish();
  spec.type = secret                  ? Type::kSecret
              : json                  ? Type::kTree
              : list                  ? Type::kList
              : number                ? Type::kNumber
              : !spec.choices.empty() ? Type::kChoice
                                      : Type::kText;
  const bool is_chosen = spec.fallback.empty() || std::ranges::find(spec.choices, spec.fallback) != spec.choices.end();
  if (spec.type == Type::kChoice && !is_chosen) {
    diagnostics.error(
        map.optional("default")->position,
        "params." + name.text + ".default \"" + printable(spec.fallback, 60) + "\" is none of its choices",
        "write one of " + join(spec.choices, ", "));
  }
  return spec;
}

std::vector<OptionSpec> read_params(const OptionTree* node, Diagnostics& diagnostics) {
  std::vector<OptionSpec> specs;
  if (node == nullptr) {
    return specs;
  }
  for (const auto& [name, body] : node->entries) {
    static const OptionTree kEmpty = [] {
      OptionTree tree;
      tree.kind = OptionTree::Kind::kMap;
      return tree;
    }();
    specs.push_back(read_param(name, body.kind == OptionTree::Kind::kNull ? kEmpty : body, diagnostics));
  }
  return specs;
}

bool is_declared(const OptionTree& node) {
  static constexpr std::array<std::string_view, 8> kWords{
      "required", "optional", "default", "secret", "json", "list", "number", "choices"};
  return std::ranges::any_of(kWords, [&](std::string_view word) { return node.find(word) != nullptr; });
}

void add_constants(const SourceSettings& settings, HttpPlan& plan) {
  for (const auto& [key, prefix] : {std::pair("params", ""), std::pair("secrets", "secret.")}) {
    const auto option = settings.options.find(key);
    if (option == settings.options.end() || !option->second.tree) {
      continue;
    }
    plan.trees.push_back(option->second.tree);
    for (const auto& [name, value] : option->second.tree->entries) {
      if (!is_declared(value)) {
        plan.values[prefix + name.text] = json_of(value);
      }
      if (value.secret) {
        plan.values["secret." + name.text] = value.secret->reveal();
      }
    }
  }
}

void add_parameters(const std::vector<OptionSpec>& specs, const SourceSettings& settings, HttpPlan& plan) {
  for (const OptionSpec& spec : specs) {
    const auto option = settings.options.find(spec.key);
    plan.values[spec.key] = option == settings.options.end() ? Json() : value_of(spec, option->second);
    if (spec.type == Type::kSecret) {
      plan.values["secret." + spec.key] = plan.values[spec.key];
    }
  }
}

}  // namespace kpi
