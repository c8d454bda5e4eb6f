#include "rules/model/message_template.hpp"

#include "rules/base/text.hpp"

#include <algorithm>
#include <vector>

namespace kpi {

std::span<const std::string> placeholder_names() {
  static const std::vector<std::string> kNames{
      "title", "segment", "value", "limit", "change", "previous", "since", "target", "owner", "reason"};
  return kNames;
}

std::optional<TemplateError> check_message(std::string_view text) {
  if (text.size() > kMaxMessageBytes) {
    return TemplateError{"a message has at most " + std::to_string(kMaxMessageBytes) + " bytes, this one has " +
                             std::to_string(text.size()),
                         "keep it to a sentence, and put the rest behind `runbook`"};
  }
  const auto names = placeholder_names();
  for (std::size_t open = text.find('{'); open != std::string_view::npos; open = text.find('{', open + 1)) {
    const std::size_t close = text.find('}', open);
    if (close == std::string_view::npos) {
      return TemplateError{"a brace is opened and not closed", "write {value}"};
    }
    const std::string_view name = text.substr(open + 1, close - open - 1);
    if (std::ranges::find(names, name) == names.end()) {
      const std::string meant = did_you_mean(name, names);
      return TemplateError{"there is no placeholder {" + printable(name, 40) + "}",
                           meant.empty() ? "there are {" + join(names, "} {") + "}" : meant};
    }
  }
  return std::nullopt;
}

std::string fill_message(std::string_view text, const std::function<std::string(std::string_view)>& value_of) {
  std::string result;
  while (true) {
    const std::size_t open = text.find('{');
    const std::size_t close = text.find('}', open == std::string_view::npos ? text.size() : open);
    if (close == std::string_view::npos) {
      return result + std::string(text);
    }
    result += text.substr(0, open);
    result += value_of(text.substr(open + 1, close - open - 1));
    text.remove_prefix(close + 1);
  }
}

}  // namespace kpi
