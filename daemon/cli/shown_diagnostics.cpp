#include "daemon/cli/shown_diagnostics.hpp"

#include "daemon/config/literal_secrets.hpp"
#include "rules/base/text.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <string_view>
#include <utility>

namespace kpi {
namespace {

constexpr std::size_t kMostAlike = 20;

bool is_name(std::string_view word) {
  return std::ranges::any_of(word.substr(0, word.size() - 1),
                             [](char c) { return c == '.' || c == '_' || (c >= '0' && c <= '9'); });
}

/// What is wrong, without the names that it is wrong with: what stands in quotes, paths of keys, numbers.
std::pair<Diagnostic::Severity, std::string> kind_of(const Diagnostic& item) {
  std::string plain;
  bool is_quoted = false;
  for (const char c : item.message) {
    is_quoted = is_quoted != (c == '"');
    plain += is_quoted ? "" : std::string(1, c);
  }
  std::string kind;
  for (const std::string_view word : split(plain, ' ')) {
    kind += word.empty() || is_name(word) ? " " : std::string(word) + " ";
  }
  return {item.severity, kind};
}

/// Up to what it says of a value: `unknown key "…" in channels.mail`, `aliases are not used here`.
std::string without_quotes(std::string_view message) {
  std::string plain;
  bool is_quoted = false;
  for (const char c : message.substr(0, message.find(": "))) {
    is_quoted = is_quoted != (c == '"');
    plain += c == '"' && is_quoted ? "\"…\"" : is_quoted || c == '"' ? std::string() : std::string(1, c);
  }
  return plain;
}

}  // namespace

Diagnostics without_values(const Diagnostics& diagnostics) {
  std::map<const SourceText*, bool> holds;
  Diagnostics plain;
  for (Diagnostic item : diagnostics.items()) {
    const SourceText* source = item.position.source;
    const auto [known, is_new] = holds.try_emplace(source, false);
    if (is_new && source != nullptr) {
      known->second = holds_settings(*source);
    }
    if (known->second) {
      item.position.length = 0;
      item.related.length = 0;
      item.message = without_quotes(item.message);
      item.remedy = item.remedy.empty() ? "" : "kpid check shows what is wrong, and what to write";
    }
    plain.add(std::move(item));
  }
  return plain;
}

std::vector<std::string> shown_diagnostics(const Diagnostics& diagnostics) {
  struct Count {
    std::size_t all = 0;
    std::size_t shown = 0;
  };

  std::map<std::pair<Diagnostic::Severity, std::string>, Count> counts;
  for (const Diagnostic& item : diagnostics.items()) {
    ++counts[kind_of(item)].all;
  }
  std::vector<std::string> texts;
  for (const Diagnostic& item : diagnostics.items()) {
    Count& count = counts[kind_of(item)];
    if (count.shown == kMostAlike) {
      continue;
    }
    texts.push_back(item.text());
    if (++count.shown == kMostAlike && count.all > kMostAlike) {
      texts.back() += "  and " + std::to_string(count.all - kMostAlike) + " more like it\n";
    }
  }
  return texts;
}

std::string shown_text(const Diagnostics& diagnostics) {
  std::string all;
  for (const std::string& text : shown_diagnostics(diagnostics)) {
    all += text;
  }
  return all;
}

}  // namespace kpi
