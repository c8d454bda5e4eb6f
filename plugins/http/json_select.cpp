#include "plugins/http/json_select.hpp"

#include "plugins/json_text.hpp"
#include "rules/base/text.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace kpi {
namespace {

constexpr std::size_t kMostFound = 2'000'000;
constexpr std::size_t kMostSteps = 32;

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return !text.empty() && error == std::errc() && end == text.data() + text.size() ? std::optional(number)
                                                                                   : std::nullopt;
}

std::string unescaped(std::string_view step) {
  std::string text;
  for (std::size_t i = 0; i < step.size(); ++i) {
    const bool is_escape = step[i] == '~' && i + 1 < step.size() && (step[i + 1] == '0' || step[i + 1] == '1');
    text += is_escape ? (step[++i] == '0' ? '~' : '/') : step[i];
  }
  return text;
}

std::string_view unquoted(std::string_view text) {
  text = trim(text);
  const bool is_quoted =
      text.size() >= 2 && (text.front() == '\'' || text.front() == '"') && text.back() == text.front();
  return is_quoted ? text.substr(1, text.size() - 2) : text;
}

tl::unexpected<Error> bad_path(std::string_view text) {
  return fail(ErrorKind::kInvalid,
              "\"" + printable(text, 80) +
                  "\" is no path: write a JSON pointer such as /data/rows, or a JSONPath such as "
                  "metrics[?metric=='sent'].value");
}

/// Where the bracket that opens at `begin` closes, quotes apart.
std::size_t closing_bracket(std::string_view text, std::size_t begin) {
  char quote = 0;
  for (std::size_t i = begin + 1; i < text.size(); ++i) {
    if (quote != 0) {
      quote = text[i] == quote ? '\0' : quote;
    } else if (text[i] == '\'' || text[i] == '"') {
      quote = text[i];
    } else if (text[i] == ']') {
      return i;
    }
  }
  return std::string_view::npos;
}

}  // namespace

bool json_equals(const Json& value, std::string_view text) {
  if (value.is_structured()) {
    return false;
  }
  const std::string own = value.is_null() ? "null" : json_text_of(value);
  if (own == text) {
    return true;
  }
  const auto a = parse_number(own);
  const auto b = parse_number(text);
  return a && b && *a == *b;
}

std::string json_text_of(const Json& value) {
  if (value.is_string()) {
    return value.get_ref<const std::string&>();
  }
  if (value.is_null()) {
    return "";
  }
  if (value.is_number_float()) {
    return number_text(value.get<double>());
  }
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<JsonSelect> JsonSelect::parse(std::string_view text) {
  JsonSelect select;
  select.text_ = text;
  if (text.empty() || text == "/" || text == "$") {
    return select;
  }
  select.steps_ = KPI_TRY(text.front() == '/' ? parse_pointer(text.substr(1)) : parse_path(text));
  return select.steps_.size() > kMostSteps ? Result<JsonSelect>(bad_path(text)) : Result<JsonSelect>(std::move(select));
}

Result<std::vector<JsonSelect::Step>> JsonSelect::parse_pointer(std::string_view text) {
  std::vector<Step> steps;
  for (const std::string_view part : split(text, '/')) {
    Step step;
    if (part == "*") {
      step.kind = Step::Kind::kEvery;
    } else if (part.starts_with("[?") && part.ends_with(']')) {
      step = KPI_TRY(parse_filter(part.substr(2, part.size() - 3)));
    } else {
      step.name = unescaped(part);
    }
    steps.push_back(std::move(step));
  }
  return steps;
}

Result<std::vector<JsonSelect::Step>> JsonSelect::parse_path(std::string_view text) {
  std::vector<Step> steps;
  std::size_t i = text.starts_with('$') ? 1 : 0;
  while (i < text.size()) {
    if (text[i] == '[') {
      const std::size_t end = closing_bracket(text, i);
      if (end == std::string_view::npos) {
        return bad_path(text);
      }
      steps.push_back(KPI_TRY(parse_bracket(text.substr(i + 1, end - i - 1))));
      i = end + 1;
      continue;
    }
    i += text[i] == '.' ? 1U : 0U;
    const std::size_t end = std::min(text.find_first_of(".[", i), text.size());
    if (end == i) {
      return bad_path(text);
    }
    Step step;
    step.name = text.substr(i, end - i);
    step.kind = step.name == "*" ? Step::Kind::kEvery : Step::Kind::kName;
    steps.push_back(std::move(step));
    i = end;
  }
  return steps;
}

Result<JsonSelect::Step> JsonSelect::parse_bracket(std::string_view inside) {
  inside = trim(inside);
  if (inside.starts_with('?')) {
    return parse_filter(inside.substr(1));
  }
  Step step;
  if (inside == "*") {
    step.kind = Step::Kind::kEvery;
  } else if (const auto index = whole_number(inside)) {
    step.kind = Step::Kind::kIndex;
    step.index = *index;
  } else if (unquoted(inside) != inside) {
    step.name = unquoted(inside);
  } else {
    return bad_path(inside);
  }
  return step;
}

Result<JsonSelect::Step> JsonSelect::parse_filter(std::string_view inside) {
  inside = trim(inside);
  if (inside.starts_with('(') && inside.ends_with(')')) {
    inside = trim(inside.substr(1, inside.size() - 2));
  }
  const std::size_t equal = inside.find("==");
  const std::size_t unequal = inside.find("!=");
  const std::size_t at = std::min(equal, unequal);
  if (at == std::string_view::npos) {
    return bad_path(inside);
  }
  std::string_view name = trim(inside.substr(0, at));
  if (name.starts_with("@.")) {
    name.remove_prefix(2);
  }
  Step step;
  step.kind = Step::Kind::kFilter;
  step.name = name;
  step.is_negated = unequal < equal;
  step.wanted = unquoted(inside.substr(at + 2));
  return step;
}

void JsonSelect::apply(const Step& step, const Json& value, std::vector<const Json*>& out) {
  if (step.kind == Step::Kind::kName && value.is_object()) {
    if (const auto found = value.find(step.name); found != value.end()) {
      out.push_back(&*found);
    }
    return;
  }
  if (step.kind == Step::Kind::kName || step.kind == Step::Kind::kIndex) {
    std::int64_t index = step.kind == Step::Kind::kIndex ? step.index : whole_number(step.name).value_or(-1);
    if (!value.is_array() || (step.kind == Step::Kind::kName && index < 0)) {
      return;
    }
    index += index < 0 ? static_cast<std::int64_t>(value.size()) : 0;
    if (index >= 0 && index < static_cast<std::int64_t>(value.size())) {
      out.push_back(&value[static_cast<std::size_t>(index)]);
    }
    return;
  }
  if (!value.is_structured()) {
    return;
  }
  for (const Json& element : value) {
    if (out.size() >= kMostFound) {
      return;
    }
    if (step.kind == Step::Kind::kEvery) {
      out.push_back(&element);
      continue;
    }
    const auto member = element.is_object() ? element.find(step.name) : element.end();
    const bool is_equal = element.is_object() && member != element.end() && json_equals(*member, step.wanted);
    if (element.is_object() && is_equal != step.is_negated) {
      out.push_back(&element);
    }
  }
}

std::vector<const Json*> JsonSelect::all(const Json& root) const {
  std::vector<const Json*> found{&root};
  for (const Step& step : steps_) {
    std::vector<const Json*> next;
    for (const Json* value : found) {
      apply(step, *value, next);
    }
    found = std::move(next);
  }
  return found;
}

bool JsonSelect::ends_in_empty(const Json& root) const {
  std::vector<const Json*> found{&root};
  for (const Step& step : steps_) {
    std::vector<const Json*> next;
    for (const Json* value : found) {
      apply(step, *value, next);
    }
    if (next.empty()) {
      const bool is_choice = step.kind == Step::Kind::kEvery || step.kind == Step::Kind::kFilter;
      return is_choice && std::ranges::all_of(found, [](const Json* value) { return value->is_structured(); });
    }
    found = std::move(next);
  }
  return false;
}

std::string JsonSelect::incomplete_element(const Json& root) const {
  return incomplete_from(0, root, "", false);
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as the path has steps.
std::string JsonSelect::incomplete_from(std::size_t step,
                                        const Json& value,
                                        const std::string& place,
                                        bool is_in_element) const {
  if (step == steps_.size()) {
    return "";
  }
  const Step& next = steps_[step];
  std::vector<const Json*> found;
  apply(next, value, found);
  const bool is_choice = next.kind == Step::Kind::kEvery || next.kind == Step::Kind::kFilter;
  if (!is_choice && found.empty()) {
    const std::string name = next.kind == Step::Kind::kIndex ? std::to_string(next.index) : next.name;
    return is_in_element ? place + " has no " + printable(name, 60) : "";
  }
  if (!is_choice) {
    const std::string name = next.kind == Step::Kind::kIndex ? std::to_string(next.index) : next.name;
    return incomplete_from(step + 1, *found.front(), place + '/' + name, is_in_element);
  }
  if (!value.is_structured()) {
    return is_in_element ? place + " is " + json_kind(value) + ", not a list" : "";
  }
  std::size_t index = 0;
  for (const auto& [name, element] : value.items()) {
    const bool is_chosen = index < found.size() && found[index] == &element;
    index += is_chosen ? 1U : 0U;
    if (is_chosen) {
      if (std::string trouble = incomplete_from(step + 1, element, place + '/' + printable(name, 60), true);
          !trouble.empty()) {
        return trouble;
      }
    }
  }
  return "";
}

JsonSelect::NearMiss JsonSelect::near_miss(const Json& root) const {
  const Json* at = &root;
  for (const Step& step : steps_) {
    std::vector<const Json*> next;
    apply(step, *at, next);
    if (!next.empty()) {
      at = next.front();
      continue;
    }
    if (step.kind != Step::Kind::kName || !at->is_object()) {
      return {};
    }
    std::vector<std::string> names;
    for (const auto& [name, value] : at->items()) {
      names.push_back(name);
    }
    const auto near = nearest(step.name, names);
    return near ? NearMiss{*near, &*at->find(*near)} : NearMiss{};
  }
  return {};
}

bool JsonSelect::may_be_several() const {
  return std::ranges::any_of(
      steps_, [](const Step& step) { return step.kind == Step::Kind::kEvery || step.kind == Step::Kind::kFilter; });
}

const Json* JsonSelect::first(const Json& root) const {
  if (steps_.empty()) {
    return &root;
  }
  if (root.is_object() && text_.front() != '/') {
    if (const auto found = root.find(text_); found != root.end()) {
      return &*found;
    }
  }
  const auto found = all(root);
  return found.empty() ? nullptr : found.front();
}

}  // namespace kpi
