#include "daemon/store/row_text.hpp"

#include "daemon/store/sqlite_file.hpp"
#include "rules/base/text.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace kpi::sqlite {
namespace {

using nlohmann::json;

std::string text_of(const json& document) {
  return document.dump(-1, ' ', false, json::error_handler_t::replace);
}

template <class Value>
Value value_of(std::string_view text) {
  try {
    return json::parse(text).get<Value>();
  } catch (const json::exception&) {
    throw BadRow(fmt::format("it holds {} where kpid writes JSON", printable(text, 64)));
  }
}

}  // namespace

std::string labels_json(const Labels& labels) {
  if (labels.empty()) {
    return "{}";
  }
  json document = json::object();
  for (const auto& [name, value] : labels) {
    document[name] = value;
  }
  return text_of(document);
}

Labels labels_from_json(std::string_view text) {
  Labels labels;
  if (text == "{}") {
    return labels;
  }
  for (auto& [name, value] : value_of<std::map<std::string, std::string>>(text)) {
    labels.emplace_back(name, std::move(value));
  }
  return labels;
}

std::string texts_json(const std::vector<std::string>& texts) {
  return text_of(json(texts));
}

std::vector<std::string> texts_from_json(std::string_view text) {
  return value_of<std::vector<std::string>>(text);
}

}  // namespace kpi::sqlite
