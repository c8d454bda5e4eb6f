#include "daemon/engine/routing_json.hpp"

#include "daemon/notify/message_json.hpp"
#include "rules/base/text.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <charconv>

namespace kpi {
namespace {

using nlohmann::json;

constexpr std::array<const char*, 3> kNewsKinds{"fires", "ends", "notice"};
constexpr std::array<const char*, 3> kGroupKinds{"alerts", "escalation", "summary"};
constexpr std::array<const char*, 4> kEnds{"", "rose", "resolved", "replaced"};

/// The place of a word in its list; throws json::exception's sibling for a word that is in none.
template <class Enum, std::size_t N>
Enum word_of(const std::array<const char*, N>& words, const std::string& word) {
  for (std::size_t i = 0; i < N; ++i) {
    if (word == words.at(i)) {
      return static_cast<Enum>(i);
    }
  }
  throw std::invalid_argument("the word \"" + printable(word, 32) + "\" is not known");
}

template <class Enum, std::size_t N>
const char* text_of(const std::array<const char*, N>& words, Enum value) {
  return words.at(static_cast<std::size_t>(value));
}

std::string dump(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

json instant_json(const std::optional<Instant>& instant) {
  return instant ? json(instant->time_since_epoch().count()) : json(nullptr);
}

std::optional<Instant> instant_at(const json& value, const char* key) {
  const auto found = value.find(key);
  return found == value.end() || found->is_null() ? std::nullopt
                                                  : std::optional(Instant{Duration{found->get<std::int64_t>()}});
}

json labels_json(const Labels& labels) {
  json result = json::object();
  for (const auto& [name, value] : labels) {
    result[name] = value;
  }
  return result;
}

Labels labels_of(const json& value) {
  Labels labels;
  for (const auto& [name, text] : value.get_ref<const json::object_t&>()) {
    labels.emplace_back(name, text.get<std::string>());
  }
  return labels;
}

MessageType type_of(const json& value) {
  const auto type = parse_message_type(value.get<std::string>());
  if (!type) {
    throw std::invalid_argument("a message type is not known");
  }
  return *type;
}

json news_json(const News& news) {
  json result{{"kind", text_of(kNewsKinds, news.kind)}, {"type", name_of(news.type)}};
  if (news.view) {
    result["view"] = encode_view(*news.view);
  }
  if (!news.held_by.empty()) {
    result["held_by"] = news.held_by;
  }
  return result;
}

News news_of(const json& value) {
  News news;
  news.kind = word_of<News::Kind>(kNewsKinds, value.at("kind").get<std::string>());
  news.type = type_of(value.at("type"));
  if (value.contains("view")) {
    auto view = decode_view(value["view"].get<std::string>());
    if (!view) {
      throw std::invalid_argument(view.error().message);
    }
    news.view = std::move(*view);
  }
  news.held_by = value.value("held_by", "");
  return news;
}

json member_json(const Member& member, Severity severity) {
  json result{{"group", member.group}};
  if (!member.told.empty()) {
    result["told"] = member.told;
  }
  for (const News& news : member.news) {
    result["news"].push_back(news_json(news));
  }
  if (member.steps != 0) {
    result["steps"] = member.steps;
  }
  if (!member.is_current) {
    result["current"] = false;
  }
  if (member.reminder) {
    result["reminder"] = instant_json(member.reminder);
  }
  if (member.reminded != 0) {
    result["reminded"] = member.reminded;
  }
  if (member.severity != severity) {
    result["severity"] = name_of(member.severity);
  }
  if (member.since) {
    result["since"] = instant_json(member.since);
  }
  return result;
}

/// Where it says nothing else, and in histories of earlier releases, what is known is what is routed.
Severity severity_at(const json& value, const char* key, Severity otherwise) {
  const auto found = value.find(key);
  return found == value.end() ? otherwise : parse_severity(found->get<std::string>()).value_or(otherwise);
}

Member member_of(const json& value, Severity severity) {
  Member member;
  member.severity = severity_at(value, "severity", severity);
  member.group = value.at("group").get<std::string>();
  member.told = value.value("told", "");
  member.steps = value.value("steps", 0U);
  member.is_current = value.value("current", true);
  member.since = instant_at(value, "since");
  member.reminder = instant_at(value, "reminder");
  member.reminded = value.value("reminded", 0U);
  for (const json& news : value.value("news", json::array())) {
    member.news.push_back(news_of(news));
  }
  return member;
}

TrackedAlert tracked_of(const json& value) {
  TrackedAlert alert;
  alert.episode = value.at("episode").get<std::string>();
  alert.is_firing = value.at("firing").get<bool>();
  alert.is_reminded = value.value("reminded", true);
  alert.type = type_of(value.at("type"));
  alert.severity = parse_severity(value.at("severity").get<std::string>()).value_or(Severity::kNone);
  alert.present = severity_at(value, "present", alert.severity);
  alert.acknowledged = instant_at(value, "acknowledged");
  alert.labels = labels_of(value.at("labels"));
  alert.fired = instant_at(value, "fired").value_or(Instant{});
  for (const json& member : value.at("members")) {
    alert.members.push_back(member_of(member, alert.severity));
  }
  for (const json& labels : value.value("also", json::array())) {
    alert.also.push_back(labels_of(labels));
  }
  return alert;
}

RoutingGroup group_of(const json& value) {
  RoutingGroup group;
  group.id = value.at("id").get<std::string>();
  group.kind = word_of<RoutingGroup::Kind>(kGroupKinds, value.at("kind").get<std::string>());
  group.route = value.at("route").get<std::string>();
  group.channel = value.at("channel").get<std::string>();
  group.labels = labels_of(value.at("labels"));
  group.due = instant_at(value, "due");
  group.last = instant_at(value, "last");
  group.reminder = instant_at(value, "reminder");
  group.step = instant_at(value, "step");
  return group;
}

/// "a/12/thresholds"
std::optional<AlertKey> parse_alert_key(std::string_view key) {
  const std::size_t slash = key.find('/', 2);
  AlertKey alert;
  if (slash == std::string_view::npos) {
    return std::nullopt;
  }
  const auto [end, error] = std::from_chars(key.data() + 2, key.data() + slash, alert.line);
  alert.rule = key.substr(slash + 1);
  return error == std::errc{} && end == key.data() + slash ? std::optional(alert) : std::nullopt;
}

Error unreadable(const std::string& why) {
  return {ErrorKind::kStorage, "what routing remembers cannot be read from the history: " + why};
}

}  // namespace

std::string key_of_row(const AlertKey& alert) {
  return "a/" + std::to_string(alert.line) + "/" + alert.rule;
}

std::string key_of_group_row(std::string_view group) {
  return "g/" + std::string(group);
}

std::string encode_tracked(const TrackedAlert& alert) {
  json members = json::array();
  for (const Member& member : alert.members) {
    members.push_back(member_json(member, alert.severity));
  }
  json result{{"episode", alert.episode},
              {"firing", alert.is_firing},
              {"type", name_of(alert.type)},
              {"severity", name_of(alert.severity)},
              {"labels", labels_json(alert.labels)},
              {"fired", instant_json(alert.fired)},
              {"members", std::move(members)}};
  if (alert.present != alert.severity) {
    result["present"] = name_of(alert.present);
  }
  if (alert.acknowledged) {
    result["acknowledged"] = instant_json(alert.acknowledged);
  }
  if (!alert.is_reminded) {
    result["reminded"] = false;
  }
  for (const Labels& labels : alert.also) {
    result["also"].push_back(labels_json(labels));
  }
  return dump(result);
}

std::string encode_group(const RoutingGroup& group) {
  json result{{"id", group.id},
              {"kind", text_of(kGroupKinds, group.kind)},
              {"route", group.route},
              {"channel", group.channel},
              {"labels", labels_json(group.labels)}};
  const auto put = [&](const char* key, const std::optional<Instant>& instant) {
    if (instant) {
      result[key] = instant_json(instant);
    }
  };
  put("due", group.due);
  put("last", group.last);
  put("reminder", group.reminder);
  put("step", group.step);
  return dump(result);
}

Result<void> decode_routing(const RoutingRow& row, RoutingState& state) {
  try {
    if (row.key.starts_with("g/")) {
      RoutingGroup group = group_of(json::parse(row.state));
      std::string id = group.id;
      state.groups.insert_or_assign(std::move(id), std::move(group));
    } else if (const auto key = parse_alert_key(row.key)) {
      state.alerts.insert_or_assign(*key, tracked_of(json::parse(row.state)));
    }
  } catch (const json::exception& error) {
    return tl::unexpected(unreadable(error.what()));
  } catch (const std::invalid_argument& error) {
    return tl::unexpected(unreadable(error.what()));
  }
  return {};
}

SilenceRow row_of(const Silence& silence) {
  json match = json::array();
  for (const LabelMatch& one : silence.match) {
    match.push_back({{"label", one.label}, {"values", one.values}, {"negated", one.is_negated}});
  }
  return {silence.id, dump(match), silence.start, silence.end, silence.by, silence.comment, silence.created};
}

Result<Silence> silence_of(const SilenceRow& row) {
  Silence silence{row.id, {}, row.start, row.end, row.by, row.comment, row.created};
  try {
    for (const json& one : json::parse(row.match)) {
      silence.match.push_back({one.at("label").get<std::string>(),
                               one.at("values").get<std::vector<std::string>>(),
                               one.at("negated").get<bool>()});
    }
  } catch (const json::exception& error) {
    return tl::unexpected(unreadable(error.what()));
  }
  return silence;
}

AcknowledgementRow row_of(const Acknowledgement& acknowledgement) {
  return {acknowledgement.episode,
          acknowledgement.by,
          acknowledgement.comment,
          acknowledgement.at,
          acknowledgement.until,
          acknowledgement.severity,
          text_of(kEnds, acknowledgement.ended),
          acknowledgement.ended_at};
}

Acknowledgement acknowledgement_of(const AcknowledgementRow& row) {
  Acknowledgement acknowledgement{row.episode, row.by, row.comment, row.at, row.until, row.severity, {}, row.ended_at};
  for (std::size_t i = 0; i < kEnds.size(); ++i) {
    acknowledgement.ended = row.ended == kEnds.at(i) ? static_cast<Acknowledgement::End>(i) : acknowledgement.ended;
  }
  return acknowledgement;
}

std::string encode_view(const AlertView& view) {
  Message message;
  message.alerts = {view};
  return message_json(message);
}

Result<AlertView> decode_view(std::string_view text) {
  const Message message = KPI_TRY(parse_message_json(text));
  if (message.alerts.size() != 1) {
    return fail(ErrorKind::kStorage, "it holds no alert");
  }
  return message.alerts.front();
}

}  // namespace kpi
