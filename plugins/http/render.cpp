#include "plugins/http/render.hpp"

#include "plugins/http/tree_reader.hpp"
#include "rules/base/text.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace kpi {
namespace {

/// A list in a text is its elements with commas between them.
std::string plain_text(const Json& value) {
  if (!value.is_array()) {
    return json_text_of(value);
  }
  std::string text;
  for (const Json& element : value) {
    text += (text.empty() ? "" : ",") + json_text_of(element);
  }
  return text;
}

bool is_host_text(std::string_view text) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
  };
  return std::ranges::all_of(text, fits);
}

Result<std::string> escaped(const std::string& text, Escape escape, std::string_view name) {
  switch (escape) {
    case Escape::kNone:
      return text;
    case Escape::kPath:
      return percent_encoded(text);
    case Escape::kHost:
      return is_host_text(text) ? Result<std::string>(text)
                                : fail(ErrorKind::kInvalid,
                                       std::string(name) +
                                           " stands in a host name and may hold letters, digits, - and "
                                           ". only: correct its value");
  }
  return text;
}

Result<Json> needed(const TextTemplate::Part& part, const RenderScope& scope) {
  const auto value = KPI_TRY(scope.value(part));
  if (!value) {
    return fail(ErrorKind::kInvalid, "{{" + part.text + "}} has no value: write it in the source's settings");
  }
  return *value;
}

/// What a text is made of: references, whose braces are their own, and text with variables.
std::vector<const OptionTree*> pieces_of(const OptionTree& node) {
  std::vector<const OptionTree*> pieces;
  for (const OptionTree& item : node.items) {
    pieces.push_back(&item);
  }
  return node.secret && !pieces.empty() ? pieces : std::vector{&node};
}

/// Called with each part of a text, in order, and the name of what stands for it; empty: it is text itself.
using Take = std::function<Result<void>(const std::string& text, std::string_view name)>;

Result<void> each_part(const OptionTree& piece, const RenderScope& scope, const Take& take) {
  if (piece.secret) {
    return take(piece.secret->reveal(), "a secret");
  }
  const TextTemplate text = KPI_TRY(TextTemplate::parse(piece.text));
  for (const TextTemplate::Part& part : text.parts()) {
    if (!part.is_variable) {
      KPI_TRY(take(part.text, ""));
      continue;
    }
    const Json value = KPI_TRY(needed(part, scope));
    KPI_TRY(take(plain_text(value), part.text));
  }
  return {};
}

/// One part of a URL's text, by where it stands.
Escape place_in_url(std::string_view before) {
  const std::size_t scheme = before.find("://");
  if (scheme == std::string_view::npos) {
    return Escape::kNone;
  }
  return before.find_first_of("/?#", scheme + 3) == std::string_view::npos ? Escape::kHost : Escape::kPath;
}

Result<Json> render_list(const OptionTree& node, const RenderScope& scope) {
  Json list = Json::array();
  for (const OptionTree& item : node.items) {
    const auto add = [&](const RenderScope& inner) -> Result<void> {
      auto value = KPI_TRY(render_json(item, inner));
      // One variable that is a list is spliced.
      if (value && item.kind == OptionTree::Kind::kText && value->is_array()) {
        list.insert(list.end(), value->begin(), value->end());
      } else if (value) {
        list.push_back(*std::move(value));
      }
      return {};
    };
    KPI_TRY(for_each_named(item, scope, add));
  }
  return list;
}

Result<void> add_pair(const std::string& key,
                      const OptionTree& node,
                      const RenderScope& scope,
                      bool escape,
                      std::vector<std::pair<std::string, std::string>>& pairs) {
  const auto put = [&](const std::string& text) {
    pairs.emplace_back(escape ? percent_encoded(key) : key, escape ? percent_encoded(text) : text);
  };
  if (node.kind == OptionTree::Kind::kMap) {
    if (const OptionTree* raw = node.find("raw")) {
      pairs.emplace_back(key, KPI_TRY(render_text(*raw, scope, Escape::kPath)));
    } else if (const OptionTree* json = node.find("json")) {
      if (const auto value = KPI_TRY(render_json(*json, scope))) {
        put(value->dump(-1, ' ', false, Json::error_handler_t::replace));
      }
    }
    return {};
  }
  const auto text = KPI_TRY(render_optional(node, scope, Escape::kNone));
  if (!text) {
    return {};
  }
  // ids[]=1&ids[]=2, but fields=a,b
  const TextTemplate parts = KPI_TRY(TextTemplate::parse(node.text));
  const auto value =
      parts.is_variable() && key.ends_with("[]") ? KPI_TRY(scope.value(parts.parts().front())) : std::nullopt;
  if (value && value->is_array()) {
    for (const Json& element : *value) {
      put(json_text_of(element));
    }
  } else {
    put(*text);
  }
  return {};
}

}  // namespace

std::string percent_encoded(std::string_view text) {
  static constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                          c == '.' || c == '_' || c == '~';
    if (is_plain) {
      result += c;
    } else {
      result += {'%', kDigits[byte >> 4U], kDigits[byte & 15U]};
    }
  }
  return result;
}

std::string base64_of(std::string_view bytes, bool for_urls) {
  const std::string_view digits = for_urls ? "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
                                           : "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto byte = [&](std::size_t at) {
      return at < bytes.size() ? static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[at])) : 0U;
    };
    const std::uint32_t group = byte(i) << 16U | byte(i + 1) << 8U | byte(i + 2);
    const std::size_t count = std::min<std::size_t>(bytes.size() - i, 3) + 1;
    for (std::size_t k = 0; k < count; ++k) {
      text += digits[group >> (18U - (6U * k)) & 63U];
    }
    text.append(for_urls ? 0 : 4 - count, '=');
  }
  return text;
}

Result<std::string> render_text(const OptionTree& node, const RenderScope& scope, Escape escape) {
  std::string result;
  const Take take = [&](const std::string& text, std::string_view name) -> Result<void> {
    result += name.empty() ? text : KPI_TRY(escaped(text, escape, name));
    return {};
  };
  for (const OptionTree* piece : pieces_of(node)) {
    KPI_TRY(each_part(*piece, scope, take));
  }
  return result;
}

Result<std::optional<std::string>> render_optional(const OptionTree& node, const RenderScope& scope, Escape escape) {
  const TextTemplate text = KPI_TRY(TextTemplate::parse(node.text));
  if (text.is_variable()) {
    const auto value = KPI_TRY(scope.value(text.parts().front()));
    if (!value || (value->is_array() && value->empty())) {
      return std::optional<std::string>();
    }
  }
  return std::optional(KPI_TRY(render_text(node, scope, escape)));
}

Result<std::string> render_url(const OptionTree& node, const RenderScope& scope) {
  std::string url;
  const std::vector<const OptionTree*> pieces = pieces_of(node);
  bool is_login = false;
  const Take take = [&](const std::string& text, std::string_view name) -> Result<void> {
    url += name.empty() ? text : KPI_TRY(escaped(text, is_login ? Escape::kPath : place_in_url(url), name));
    return {};
  };
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    // A password before the host is no part of its name.
    is_login = pieces[i]->secret && i + 1 < pieces.size() && pieces[i + 1]->text.starts_with('@');
    KPI_TRY(each_part(*pieces[i], scope, take));
  }
  return url;
}

Result<std::optional<Json>> render_json(const OptionTree& node, const RenderScope& scope) {
  switch (node.kind) {
    case OptionTree::Kind::kNull:
      return std::optional<Json>(Json(nullptr));
    case OptionTree::Kind::kList:
      return std::optional<Json>(KPI_TRY(render_list(node, scope)));
    case OptionTree::Kind::kMap: {
      Json object = Json::object();
      for (const auto& [key, value] : node.entries) {
        if (auto rendered = KPI_TRY(render_json(value, scope))) {
          object[KPI_TRY(render_text(key, scope, Escape::kNone))] = *std::move(rendered);
        }
      }
      return std::optional<Json>(std::move(object));
    }
    case OptionTree::Kind::kText:
      break;
  }
  if (node.secret) {
    return std::optional<Json>(KPI_TRY(render_text(node, scope, Escape::kNone)));
  }
  const TextTemplate text = KPI_TRY(TextTemplate::parse(node.text));
  if (text.is_variable()) {
    return scope.value(text.parts().front());
  }
  const bool is_literal =
      std::ranges::none_of(text.parts(), [](const TextTemplate::Part& part) { return part.is_variable; });
  return std::optional<Json>(is_literal ? json_of(node) : Json(KPI_TRY(render_text(node, scope, Escape::kNone))));
}

Result<std::vector<std::pair<std::string, std::string>>> render_pairs(const OptionTree& node,
                                                                      const RenderScope& scope,
                                                                      bool escape) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const auto& [key, value] : node.entries) {
    const std::string name = KPI_TRY(render_text(key, scope, Escape::kNone));
    for (const OptionTree* item : items_of(value)) {
      KPI_TRY(for_each_named(
          *item, scope, [&](const RenderScope& inner) { return add_pair(name, *item, inner, escape, pairs); }));
    }
  }
  return pairs;
}

}  // namespace kpi
