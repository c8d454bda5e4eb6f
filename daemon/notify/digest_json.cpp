#include "daemon/notify/digest_json.hpp"

#include "rules/base/text.hpp"

#include <cmath>
#include <stdexcept>

namespace kpi {

namespace {

using Json = nlohmann::ordered_json;

Json text_or_null(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

Json number_or_null(const std::optional<double>& number) {
  return number && std::isfinite(*number) ? Json(*number) : Json(nullptr);
}

std::string text_at(const Json& json, const char* key) {
  const Json& value = json.at(key);
  return value.is_null() ? "" : value.get<std::string>();
}

std::optional<double> number_at(const Json& json, const char* key) {
  const Json& value = json.at(key);
  return value.is_null() ? std::nullopt : std::optional(value.get<double>());
}

Instant instant_of(const std::string& text) {
  const auto parsed = parse_rfc3339(text);
  if (!parsed) {
    throw std::invalid_argument("\"" + printable(text, 40) + "\" is no time");
  }
  return *parsed;
}

template <class Parse>
auto word_at(const Json& json, const char* key, Parse parse) {
  const auto word = json.at(key).get<std::string>();
  const auto parsed = parse(word);
  if (!parsed) {
    throw std::invalid_argument(std::string(key) + " cannot be \"" + printable(word, 40) + "\"");
  }
  return *parsed;
}

Json line_json(const DigestLine& line) {
  Json json;
  json["kpi"] = line.kpi;
  json["title"] = line.title;
  json["owner"] = text_or_null(line.owner);
  json["objective"] = text_or_null(line.objective);
  json["unit"] = text_or_null(line.unit);
  json["value"] = number_or_null(line.value);
  json["formatted"] = text_or_null(line.formatted);
  json["value_of"] = text_or_null(line.value_of);
  json["previous"] = number_or_null(line.previous);
  json["formatted_previous"] = text_or_null(line.formatted_previous);
  json["change"] = text_or_null(line.change);
  json["year_ago"] = number_or_null(line.year_ago);
  json["formatted_year_ago"] = text_or_null(line.formatted_year_ago);
  json["change_on_year"] = text_or_null(line.change_on_year);
  json["state"] = name_of(line.state);
  json["severity"] = name_of(line.severity);
  json["state_text"] = text_or_null(line.state_text);
  json["target_status"] = name_of(line.target_status);
  json["target"] = text_or_null(line.target);
  json["goal"] = text_or_null(line.goal);
  json["url"] = text_or_null(line.url);
  json["needs_attention"] = line.needs_attention;
  return json;
}

DigestLine line_of(const Json& json) {
  DigestLine line;
  line.kpi = text_at(json, "kpi");
  line.title = text_at(json, "title");
  line.owner = text_at(json, "owner");
  line.objective = text_at(json, "objective");
  line.unit = text_at(json, "unit");
  line.value = number_at(json, "value");
  line.formatted = text_at(json, "formatted");
  line.value_of = json.contains("value_of") ? text_at(json, "value_of") : "";  // earlier releases had none
  line.previous = number_at(json, "previous");
  line.formatted_previous = text_at(json, "formatted_previous");
  line.change = text_at(json, "change");
  line.year_ago = number_at(json, "year_ago");
  line.formatted_year_ago = text_at(json, "formatted_year_ago");
  line.change_on_year = text_at(json, "change_on_year");
  line.state = word_at(json, "state", parse_kpi_state);
  line.severity = word_at(json, "severity", parse_severity);
  line.state_text = text_at(json, "state_text");
  line.target_status = word_at(json, "target_status", parse_target_status);
  line.target = text_at(json, "target");
  line.goal = text_at(json, "goal");
  line.url = text_at(json, "url");
  line.needs_attention = json.at("needs_attention").get<bool>();
  return line;
}

Json alert_json(const DigestAlert& alert) {
  Json json;
  json["id"] = alert.id;
  json["kpi"] = alert.kpi;
  json["title"] = alert.title;
  json["segment"] = Json::object();
  for (const auto& [name, value] : alert.segment) {
    json["segment"][name] = value;
  }
  json["severity"] = name_of(alert.severity);
  json["since"] = rfc3339(alert.since);
  json["resolved"] = alert.resolved ? Json(rfc3339(*alert.resolved)) : Json(nullptr);
  if (alert.times > 1) {
    json["times"] = alert.times;
  }
  json["text"] = alert.text;
  return json;
}

DigestAlert alert_of(const Json& json) {
  DigestAlert alert;
  alert.id = text_at(json, "id");
  alert.kpi = text_at(json, "kpi");
  alert.title = text_at(json, "title");
  for (const auto& [name, value] : json.at("segment").get_ref<const Json::object_t&>()) {
    alert.segment.emplace_back(name, value.get<std::string>());
  }
  alert.severity = word_at(json, "severity", parse_severity);
  alert.since = instant_of(json.at("since").get<std::string>());
  if (!json.at("resolved").is_null()) {
    alert.resolved = instant_of(json.at("resolved").get<std::string>());
  }
  alert.times = json.value("times", std::size_t{1});
  alert.text = text_at(json, "text");
  return alert;
}

template <class Item, class Write>
Json list_json(const std::vector<Item>& items, const Write& write) {
  Json list = Json::array();
  for (const Item& item : items) {
    list.push_back(write(item));
  }
  return list;
}

template <class Item, class Read>
void read_list(const Json& json, std::vector<Item>& items, const Read& read) {
  for (const Json& item : json.get_ref<const Json::array_t&>()) {
    items.push_back(read(item));
  }
}

}  // namespace

Json digest_json(const DigestView& digest) {
  Json json;
  json["every"] = digest.every;
  json["period"] = {{"start", rfc3339(digest.period.start)}, {"end", rfc3339(digest.period.end)}};
  json["title"] = digest.title;
  json["summary"] = digest.summary;
  json["kpis"] = list_json(digest.lines, line_json);
  json["alerts"] = list_json(digest.alerts, alert_json);
  json["came_and_went"] = list_json(digest.hushed, alert_json);
  json["notes"] = digest.notes;
  return json;
}

DigestView digest_of(const Json& json) {
  DigestView digest;
  digest.every = text_at(json, "every");
  digest.period = {instant_of(json.at("period").at("start").get<std::string>()),
                   instant_of(json.at("period").at("end").get<std::string>())};
  digest.title = text_at(json, "title");
  digest.summary = text_at(json, "summary");
  read_list(json.at("kpis"), digest.lines, line_of);
  read_list(json.at("alerts"), digest.alerts, alert_of);
  read_list(json.at("came_and_went"), digest.hushed, alert_of);
  digest.notes = json.at("notes").get<std::vector<std::string>>();
  return digest;
}

}  // namespace kpi
