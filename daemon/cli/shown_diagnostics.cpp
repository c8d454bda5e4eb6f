#include "daemon/cli/shown_diagnostics.hpp"

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

}  // namespace

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
