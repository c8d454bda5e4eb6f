#include "plugins/json_path.hpp"

#include "plugins/json_text.hpp"
#include "rules/base/text.hpp"

#include <nlohmann/json.hpp>

#include <charconv>
#include <utility>

namespace kpi {
namespace {

using Json = nlohmann::ordered_json;

std::string escaped(std::string_view key) {
  std::string text;
  for (const char c : key) {
    text += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  }
  return text;
}

Result<std::string> unescaped(std::string_view step) {
  std::string text;
  for (std::size_t i = 0; i < step.size(); ++i) {
    if (step[i] != '~') {
      text += step[i];
    } else if (i + 1 < step.size() && (step[i + 1] == '0' || step[i + 1] == '1')) {
      text += step[++i] == '0' ? '~' : '/';
    } else {
      return fail(ErrorKind::kInvalid, "in a JSON pointer write ~0 for ~ and ~1 for / within a name");
    }
  }
  return text;
}

const Json* child(const Json& parent, const std::string& step) {
  if (parent.is_object()) {
    const auto found = parent.find(step);
    return found == parent.end() ? nullptr : &*found;
  }
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(step.data(), step.data() + step.size(), index);
  const bool is_index = error == std::errc() && end == step.data() + step.size();
  return parent.is_array() && is_index && index < parent.size() ? &parent[index] : nullptr;
}

void add_children(const JsonPlace& parent, std::vector<JsonPlace>& places) {
  if (parent.value->is_array()) {
    for (std::size_t i = 0; i < parent.value->size(); ++i) {
      places.push_back({&(*parent.value)[i], parent.pointer + '/' + std::to_string(i)});
    }
  } else if (parent.value->is_object()) {
    for (const auto& [key, value] : parent.value->items()) {
      places.push_back({&value, parent.pointer + '/' + escaped(key)});
    }
  }
}

}  // namespace

Result<JsonPath> JsonPath::parse(std::string_view text) {
  JsonPath path;
  if (text.empty() || text == "/") {
    return path;
  }
  if (!text.starts_with('/')) {
    path.steps_ = {std::string(text)};
    path.pointer_ = '/' + escaped(text);
    return path;
  }
  path.pointer_ = text;
  for (const std::string_view step : split(text.substr(1), '/')) {
    path.steps_.push_back(KPI_TRY(unescaped(step)));
  }
  return path;
}

std::vector<JsonPlace> JsonPath::find(const Json& root) const {
  std::vector<JsonPlace> places{{&root, ""}};
  for (const std::string& step : steps_) {
    std::vector<JsonPlace> next;
    for (const JsonPlace& place : places) {
      if (step == "*") {
        add_children(place, next);
      } else if (const Json* value = child(*place.value, step)) {
        next.push_back({value, place.pointer + '/' + escaped(step)});
      }
    }
    places = std::move(next);
  }
  return places;
}

std::string JsonPath::incomplete_element(const Json& root) const {
  std::vector<JsonPlace> places{{&root, ""}};
  bool is_in_element = false;
  for (const std::string& step : steps_) {
    std::vector<JsonPlace> next;
    for (const JsonPlace& place : places) {
      const Json* value = step == "*" ? nullptr : child(*place.value, step);
      if (step == "*" && is_in_element && !place.value->is_structured()) {
        return place.pointer + " is " + json_kind(*place.value) + ", not a list";
      }
      if (step == "*") {
        add_children(place, next);
      } else if (value != nullptr) {
        next.push_back({value, place.pointer + '/' + escaped(step)});
      } else if (is_in_element) {
        return place.pointer + " has no " + printable(step, 60);
      }
    }
    is_in_element = is_in_element || step == "*";
    places = std::move(next);
  }
  return "";
}

bool JsonPath::may_be_several() const {
  return std::ranges::find(steps_, "*") != steps_.end();
}

const Json* JsonPath::first(const Json& root) const {
  const Json* value = &root;
  for (const std::string& step : steps_) {
    if (step == "*") {
      const auto places = find(root);
      return places.empty() ? nullptr : places.front().value;
    }
    value = child(*value, step);
    if (value == nullptr) {
      return nullptr;
    }
  }
  return value;
}

}  // namespace kpi
