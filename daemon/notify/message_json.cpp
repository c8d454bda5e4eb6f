#include "daemon/notify/message_json.hpp"

#include "daemon/notify/alert_words.hpp"
#include "daemon/notify/base64.hpp"
#include "daemon/notify/digest_json.hpp"
#include "rules/base/text.hpp"

#include <nlohmann/json.hpp>

#include <cmath>

namespace kpi {

namespace {

/// Keeps the order in which keys are added: the body is signed and stored byte for byte.
using Json = nlohmann::ordered_json;

constexpr std::size_t kMaxStored = 16U << 20U;

/// Unknown is null, also for a text.
Json text_or_null(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

Json number_or_null(const std::optional<double>& number) {
  return number && std::isfinite(*number) ? Json(*number) : Json(nullptr);
}

Json instant_or_null(const std::optional<Instant>& instant) {
  return instant ? Json(rfc3339(*instant)) : Json(nullptr);
}

Json labels_json(const Labels& labels) {
  Json json = Json::object();
  for (const auto& [name, value] : labels) {
    json[name] = value;
  }
  return json;
}

Json target_json(const TargetView& target) {
  Json json;
  json["status"] = name_of(target.status);
  json["goal"] = number_or_null(target.goal);
  json["deadline"] = text_or_null(target.deadline);
  json["pace"] = number_or_null(target.pace);
  json["projected"] = number_or_null(target.projected);
  json["probability"] = number_or_null(target.probability);
  json["required"] = number_or_null(target.required);
  json["expected"] = number_or_null(target.expected);
  json["progress"] = number_or_null(target.progress);
  json["days_left"] = target.days_left ? Json(*target.days_left) : Json(nullptr);
  json["formatted_goal"] = text_or_null(target.formatted_goal);
  json["formatted_expected"] = text_or_null(target.formatted_expected);
  // What only some targets have.
  const auto add_text = [&](const char* key, const std::string& text) {
    if (!text.empty()) {
      json[key] = text;
    }
  };
  const auto add_number = [&](const char* key, const std::optional<double>& number) {
    if (number) {
      json[key] = *number;
    }
  };
  add_text("name", target.name);
  add_number("actual", target.actual);
  add_text("formatted_actual", target.formatted_actual);
  add_number("budget", target.budget);
  add_number("budget_left", target.budget_left);
  add_number("burn_rate", target.burn_rate);
  add_number("projected_low", target.projected_low);
  add_number("projected_high", target.projected_high);
  add_text("formatted_projected", target.formatted_projected);
  add_text("expected_date", target.expected_date);
  add_number("recent", target.recent);
  add_number("best", target.best);
  add_text("needed", target.needed);
  add_text("judged_by", target.judged_by);
  add_text("problem", target.problem);
  add_text("formatted_baseline", target.formatted_baseline);
  return json;
}

Json period_json(const std::optional<Period>& period) {
  Json json;
  if (period) {
    json["start"] = rfc3339(period->start);
    json["end"] = rfc3339(period->end);
  }
  return json;
}

Json texts_json(const AlertTexts& texts) {
  return Json::array({texts.formatted,
                      texts.limit,
                      texts.previous,
                      texts.since,
                      texts.period,
                      texts.reason,
                      texts.goal,
                      texts.expected,
                      texts.actual,
                      texts.problem,
                      texts.projected,
                      texts.needed});
}

AlertTexts texts_of_json(const Json& json) {
  // What an earlier version wrote is shorter.
  const auto text = [&](std::size_t at) { return at < json.size() ? json.at(at).get<std::string>() : std::string(); };
  return {text(0), text(1), text(2), text(3), text(4), text(5), text(6), text(7), text(8), text(9), text(10), text(11)};
}

Json alert_json(const AlertView& alert) {
  Json json;
  json["id"] = alert.id;
  json["status"] = alert.firing ? "firing" : "resolved";
  json["kpi"] = text_or_null(alert.kpi);
  json["title"] = alert.title;
  json["rule"] = alert.rule;
  json["segment"] = labels_json(alert.segment);
  json["severity"] = name_of(alert.severity);
  json["value"] = number_or_null(alert.value);
  json["formatted"] = text_or_null(alert.formatted);
  json["unit"] = text_or_null(alert.unit);
  json["limit"] = number_or_null(alert.limit);
  json["since"] = instant_or_null(alert.since);
  json["period"] = period_json(alert.period);
  json["previous"] = number_or_null(alert.previous);
  json["target"] = alert.target ? target_json(*alert.target) : Json(nullptr);
  json["owner"] = text_or_null(alert.owner);
  json["objective"] = text_or_null(alert.objective);
  json["labels"] = labels_json(alert.labels);
  json["reason"] = text_or_null(alert.reason);
  if (alert.is_stale) {
    json["stale"] = true;
  }
  if (alert.is_known) {
    json["known"] = true;
  }
  if (alert.unanswered_since) {
    json["unanswered_since"] = instant_or_null(alert.unanswered_since);
  }
  json["runbook"] = text_or_null(alert.runbook);
  json["url"] = text_or_null(alert.url);
  json["acknowledge_url"] = text_or_null(alert.acknowledge_url);
  json["silence_url"] = text_or_null(alert.silence_url);
  json["source"] = text_or_null(alert.source);
  json["description"] = text_or_null(alert.description);
  json["formatted_limit"] = text_or_null(alert.formatted_limit);
  json["formatted_previous"] = text_or_null(alert.formatted_previous);
  json["since_text"] = text_or_null(alert.since_text);
  json["period_text"] = text_or_null(alert.period_text);
  for (const auto& [voice, texts] : alert.others) {
    json["voices"][voice] = texts_json(texts);
  }
  return json;
}

// Reading back. The functions below throw nlohmann::json exceptions, or std::invalid_argument for a word that is not
// one of ours; parse_message_json is where both end.

[[noreturn]] void throw_unknown(const char* key, std::string_view word) {
  throw std::invalid_argument(std::string(key) + " cannot be \"" + printable(word, 64) + "\"");
}

std::string text_at(const Json& json, const char* key) {
  const Json& value = json.at(key);
  return value.is_null() ? "" : value.get<std::string>();
}

/// Of what messages of earlier versions do not have.
std::string text_if_there(const Json& json, const char* key) {
  return json.contains(key) ? text_at(json, key) : "";
}

std::optional<double> number_at(const Json& json, const char* key) {
  const Json& value = json.at(key);
  return value.is_null() ? std::nullopt : std::optional(value.get<double>());
}

/// The word at `key`, read by `parse`.
template <class Parse>
auto word_at(const Json& json, const char* key, Parse parse) {
  const std::string word = json.at(key).get<std::string>();
  const auto parsed = parse(word);
  if (!parsed) {
    throw_unknown(key, word);
  }
  return *parsed;
}

std::optional<Instant> instant_at(const Json& json, const char* key) {
  return json.at(key).is_null() ? std::nullopt : std::optional(word_at(json, key, parse_rfc3339));
}

Labels labels_at(const Json& json, const char* key) {
  Labels labels;
  for (const auto& [name, value] : json.at(key).get_ref<const Json::object_t&>()) {
    labels.emplace_back(name, value.get<std::string>());
  }
  return labels;
}

std::optional<TargetView> target_of(const Json& json) {
  if (json.is_null()) {
    return std::nullopt;
  }
  TargetView target;
  target.status = word_at(json, "status", parse_target_status);
  target.goal = number_at(json, "goal").value_or(std::nan(""));
  target.formatted_goal = text_at(json, "formatted_goal");
  target.deadline = text_at(json, "deadline");
  target.expected = number_at(json, "expected");
  target.formatted_expected = text_at(json, "formatted_expected");
  target.progress = number_at(json, "progress");
  target.pace = number_at(json, "pace");
  target.required = number_at(json, "required");
  if (!json.at("days_left").is_null()) {
    target.days_left = json.at("days_left").get<int>();
  }
  target.name = json.value("name", "");
  target.formatted_actual = json.value("formatted_actual", "");
  target.judged_by = json.value("judged_by", "");
  target.problem = json.value("problem", "");
  target.formatted_baseline = json.value("formatted_baseline", "");
  const auto number_if_there = [&](const char* key) {
    return json.contains(key) ? number_at(json, key) : std::nullopt;
  };
  target.actual = number_if_there("actual");
  target.budget = number_if_there("budget");
  target.budget_left = number_if_there("budget_left");
  target.burn_rate = number_if_there("burn_rate");
  target.projected = number_if_there("projected");
  target.probability = number_if_there("probability");
  target.projected_low = number_if_there("projected_low");
  target.projected_high = number_if_there("projected_high");
  target.formatted_projected = json.value("formatted_projected", "");
  target.expected_date = json.value("expected_date", "");
  target.recent = number_if_there("recent");
  target.best = number_if_there("best");
  target.needed = json.value("needed", "");
  return target;
}

std::optional<Period> period_of(const Json& json) {
  if (json.is_null()) {
    return std::nullopt;
  }
  return Period{word_at(json, "start", parse_rfc3339), word_at(json, "end", parse_rfc3339)};
}

AlertView alert_of(const Json& json) {
  AlertView alert;
  alert.id = text_at(json, "id");
  alert.firing = json.at("status").get<std::string>() == "firing";
  alert.kpi = text_at(json, "kpi");
  alert.source = text_at(json, "source");
  alert.title = text_at(json, "title");
  alert.description = text_at(json, "description");
  alert.rule = text_at(json, "rule");
  alert.segment = labels_at(json, "segment");
  alert.severity = word_at(json, "severity", parse_severity);
  alert.value = number_at(json, "value");
  alert.formatted = text_at(json, "formatted");
  alert.unit = text_at(json, "unit");
  alert.limit = number_at(json, "limit");
  alert.formatted_limit = text_at(json, "formatted_limit");
  alert.since = instant_at(json, "since");
  alert.since_text = text_at(json, "since_text");
  alert.period = period_of(json.at("period"));
  alert.period_text = text_at(json, "period_text");
  alert.previous = number_at(json, "previous");
  alert.formatted_previous = text_at(json, "formatted_previous");
  alert.target = target_of(json.at("target"));
  alert.owner = text_at(json, "owner");
  alert.objective = text_at(json, "objective");
  alert.labels = labels_at(json, "labels");
  alert.reason = text_at(json, "reason");
  alert.is_stale = json.contains("stale") && json["stale"] == true;
  alert.is_known = json.contains("known") && json["known"] == true;
  alert.unanswered_since = json.contains("unanswered_since") ? instant_at(json, "unanswered_since") : std::nullopt;
  alert.runbook = text_at(json, "runbook");
  alert.url = text_at(json, "url");
  alert.acknowledge_url = text_if_there(json, "acknowledge_url");
  alert.silence_url = text_if_there(json, "silence_url");
  if (json.contains("voices")) {
    for (const auto& [voice, texts] : json.at("voices").get_ref<const Json::object_t&>()) {
      alert.others.emplace(voice, texts_of_json(texts));
    }
  }
  return alert;
}

/// Finds data.alerts[].id and .status while the text goes by.
class AlertIds final : public nlohmann::json_sax<Json> {
 public:
  std::vector<ToldAlert> found;

  bool null() override { return true; }

  bool boolean(bool value) override {
    if (is_in_alert() && key_ == "known") {
      found.back().is_known = value;
    }
    return true;
  }

  bool number_integer(number_integer_t /*value*/) override { return true; }

  bool number_unsigned(number_unsigned_t /*value*/) override { return true; }

  bool number_float(number_float_t /*value*/, const string_t& /*text*/) override { return true; }

  bool binary(binary_t& /*value*/) override { return true; }

  bool string(string_t& value) override {
    if (is_in_alert() && key_ == "id") {
      found.back().id = std::move(value);
    } else if (is_in_alert() && key_ == "status") {
      found.back().ends = value != "firing";
    }
    return true;
  }

  bool key(string_t& value) override {
    if (depth_ == 2) {
      is_alerts_ = value == "alerts";
    }
    key_ = std::move(value);
    return true;
  }

  bool start_object(std::size_t /*size*/) override {
    ++depth_;
    if (is_in_alert()) {
      found.emplace_back();
    }
    return true;
  }

  bool end_object() override {
    --depth_;
    return true;
  }

  bool start_array(std::size_t /*size*/) override { return start_object_like(); }

  bool end_array() override { return end_object(); }

  bool parse_error(std::size_t /*at*/, const std::string& /*token*/, const Json::exception& /*error*/) override {
    found.clear();
    return false;
  }

 private:
  bool start_object_like() {
    ++depth_;
    return true;
  }

  /// The document, its data, their alerts, one of them.
  [[nodiscard]] bool is_in_alert() const { return depth_ == 4 && is_alerts_; }

  int depth_ = 0;
  bool is_alerts_ = false;
  std::string key_;
};

Attachment attachment_of(const Json& json) {
  std::optional<std::string> bytes = from_base64(json.at("base64").get_ref<const std::string&>());
  if (!bytes) {
    throw std::invalid_argument("an attachment is not base64");
  }
  return {text_at(json, "name"), text_at(json, "content_type"), *std::move(bytes), json.at("inline").get<bool>()};
}

Message message_of(const Json& json) {
  Message message;
  message.type = word_at(json, "type", parse_message_type);
  message.created = word_at(json, "timestamp", parse_rfc3339);
  const Json& data = json.at("data");
  message.group = labels_at(data, "group");
  for (const Json& alert : data.at("alerts").get_ref<const Json::array_t&>()) {
    message.alerts.push_back(alert_of(alert));
  }
  message.text = text_at(data, "text");
  if (json.contains("attachments")) {
    for (const Json& file : json.at("attachments").get_ref<const Json::array_t&>()) {
      message.attachments.push_back(attachment_of(file));
    }
  }
  if (data.contains("digest")) {
    message.digest = digest_of(data.at("digest"));
  }
  message.language = parse_language(text_if_there(data, "language")).value_or(Language::kEnglish);
  message.zone = Zone::find(text_if_there(data, "timezone")).value_or(Zone());
  return message;
}

Json json_of(const Message& message) {
  Json alerts = Json::array();
  for (const AlertView* alert : worst_first(message)) {
    alerts.push_back(alert_json(*alert));
  }
  Json data;
  data["group"] = labels_json(message.group);
  data["alerts"] = std::move(alerts);
  data["text"] = text_or_null(message.text);
  if (message.digest) {
    data["digest"] = digest_json(*message.digest);
  }
  data["language"] = name_of(message.language);
  data["timezone"] = message.zone.name();
  Json json;
  json["type"] = name_of(message.type);
  json["timestamp"] = rfc3339(message.created);
  json["data"] = std::move(data);
  return json;
}

/// Titles and labels come from outside: what is not UTF-8 is replaced, never a reason to say nothing.
std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string message_json(const Message& message) {
  return dump(json_of(message));
}

std::string outbox_json(const Message& message) {
  Json json = json_of(message);
  for (const Attachment& file : message.attachments) {
    json["attachments"].push_back({{"name", file.name},
                                   {"content_type", file.content_type},
                                   {"base64", to_base64(file.bytes)},
                                   {"inline", file.is_inline}});
  }
  return dump(json);
}

Result<Message> parse_message_json(std::string_view json) {
  if (json.size() > kMaxStored) {
    return fail(ErrorKind::kInvalid, "not a message: it is larger than 16 MiB");
  }
  try {
    return message_of(Json::parse(json));
  } catch (const Json::exception& error) {
    return fail(ErrorKind::kInvalid, "not a message: " + printable(error.what()));
  } catch (const std::invalid_argument& error) {
    return fail(ErrorKind::kInvalid, std::string("not a message: ") + error.what());
  }
}

std::vector<ToldAlert> told_alerts(std::string_view json) {
  AlertIds ids;
  Json::sax_parse(json, &ids);
  return std::move(ids.found);
}

std::string target_view_json(const TargetView& target) {
  return target_json(target).dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace kpi
