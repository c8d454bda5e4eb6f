#include "daemon/web/api.hpp"
#include "rules/base/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace kpi {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr int kDeepest = 6;

/// A small JSON object from outside, read field by field; the first thing wrong is kept.
class Body {
 public:
  explicit Body(std::string_view text) {
    const auto shallow = [](int depth, json::parse_event_t, json&) { return depth <= kDeepest; };
    object_ = text.empty() ? json::object() : json::parse(text, shallow, false);
    if (!object_.is_object()) {
      problem_ = "the body is no JSON object";
      object_ = json::object();
    }
  }

  /// A text, or a number as it would be written.
  std::string text_or_number(const char* name) {
    const auto found = object_.find(name);
    if (found == object_.end() || !found->is_number()) {
      return text(name);
    }
    used_.emplace_back(name);
    return number_text(found->get<double>());
  }

  std::string text(const char* name, bool is_required = true) {
    used_.emplace_back(name);
    const auto found = object_.find(name);
    if (found == object_.end() || found->is_null()) {
      wrong(is_required, std::string("\"") + name + "\" is missing");
      return "";
    }
    wrong(!found->is_string(), std::string("\"") + name + "\" is no text");
    return found->is_string() ? found->get<std::string>() : "";
  }

  std::vector<std::string> texts(const char* name) {
    used_.emplace_back(name);
    std::vector<std::string> texts;
    const auto found = object_.find(name);
    if (found == object_.end()) {
      return texts;
    }
    wrong(!found->is_array(), std::string("\"") + name + "\" is no list");
    for (const json& item : *found) {
      wrong(!item.is_string(), std::string("\"") + name + "\" holds something that is no text");
      if (item.is_string()) {
        texts.push_back(item.get<std::string>());
      }
    }
    return texts;
  }

  void wrong(bool is_wrong, std::string what) {
    if (is_wrong && problem_.empty()) {
      problem_ = std::move(what);
    }
  }

  /// What is wrong, a field that nobody asked for included; empty: nothing.
  std::string problem() {
    for (const auto& [name, value] : object_.items()) {
      wrong(std::ranges::find(used_, name) == used_.end(), "\"" + printable(name, 40) + "\" means nothing here");
    }
    return problem_;
  }

 private:
  json object_;
  std::vector<std::string> used_;
  std::string problem_;
};

Instant time_at(Body& body, const char* name, const Zone& zone, Instant now) {
  const std::string text = body.text(name);
  const auto time = parse_until(text, zone, now);
  body.wrong(!time,
             std::string("\"") + name +
                 "\" wants a time such as 2026-03-31T06:00:00Z or a span such as 2 days, got \"" + printable(text, 40) +
                 "\"");
  return time.value_or(now);
}

AcknowledgeAction acknowledge_of(Body& body, const std::string& id, const Zone& zone, Instant now) {
  AcknowledgeAction action;
  action.episode = id;
  action.by = body.text("by");
  action.comment = body.text("comment", false);
  action.until = time_at(body, "until", zone, now);
  return action;
}

SilenceAction silence_of(Body& body, const Zone& zone, Instant now) {
  SilenceAction action;
  for (const std::string& text : body.texts("match")) {
    const auto match = parse_matchers(text);
    body.wrong(!match, match ? "" : match.error().message);
    if (match) {
      action.match.insert(action.match.end(), match->begin(), match->end());
    }
  }
  body.wrong(action.match.empty(), "\"match\" wants at least one matcher such as \"kpi=visits\"");
  action.by = body.text("by");
  action.comment = body.text("comment", false);
  const std::string start = body.text("start", false);
  if (!start.empty()) {
    action.start = parse_until(start, zone, now);
    body.wrong(!action.start, "\"start\" is no time");
  }
  action.end = time_at(body, "until", zone, now);
  return action;
}

NoteAction note_of(Body& body) {
  NoteAction action;
  action.kpi = body.text("kpi", false);
  action.kpi = action.kpi == "all" ? "" : action.kpi;  // as `kpid note all`
  const std::string day = body.text("date");
  const auto date = parse_date(day);
  body.wrong(!date, "\"date\" wants a date such as 2026-03-31");
  action.day = date.value_or(Date{});
  action.text = body.text("text");
  action.by = body.text("by");
  return action;
}

EntryAction entry_of(Body& body) {
  return EntryAction{{.metric = body.text("metric"),
                      .value = body.text_or_number("value"),
                      .period = body.text("for"),
                      .by = body.text("by"),
                      .note = body.text("note", false)}};
}

std::optional<Action> action_of(const std::vector<std::string>& path, Body& body, const Zone& zone, Instant now) {
  const std::string& first = path[0];
  if (path.size() == 3 && first == "alerts" && path[2] == "ack") {
    return acknowledge_of(body, path[1], zone, now);
  }
  if (path.size() == 3 && first == "silences" && path[2] == "end") {
    return EndSilenceAction{path[1]};
  }
  if (path.size() == 3 && first == "notifications" && path[2] == "resend") {
    return ResendAction{{path[1]}};
  }
  if (path.size() != 1) {
    return std::nullopt;
  }
  if (first == "silences") {
    return silence_of(body, zone, now);
  }
  if (first == "reviews") {
    return ReviewAction{body.texts("kpis"), body.text("by"), body.text("note", false)};
  }
  if (first == "notes") {
    return note_of(body);
  }
  if (first == "entries") {
    return entry_of(body);
  }
  if (first == "resend") {
    return ResendAction{body.texts("ids")};
  }
  if (first == "reload") {
    return ReloadAction{};
  }
  return std::nullopt;
}

/// Each action as the request that means it.
struct Writing {
  ActionRequest operator()(const AcknowledgeAction& action) const {
    return post("alerts/" + action.episode + "/ack",
                {{"by", action.by}, {"comment", action.comment}, {"until", rfc3339(action.until)}});
  }

  ActionRequest operator()(const SilenceAction& action) const {
    ordered_json match = ordered_json::array();
    for (const LabelMatch& one : action.match) {
      match.push_back(text_of(std::vector{one}));
    }
    ordered_json body{{"match", match}, {"by", action.by}, {"comment", action.comment}, {"until", rfc3339(action.end)}};
    if (action.start) {
      body["start"] = rfc3339(*action.start);
    }
    return post("silences", std::move(body));
  }

  ActionRequest operator()(const EndSilenceAction& action) const { return post("silences/" + action.id + "/end", {}); }

  ActionRequest operator()(const EntryAction& action) const {
    return post("entries",
                {{"metric", action.words.metric},
                 {"value", action.words.value},
                 {"for", action.words.period},
                 {"by", action.words.by},
                 {"note", action.words.note}});
  }

  ActionRequest operator()(const ReviewAction& action) const {
    return post("reviews", {{"kpis", action.kpis}, {"by", action.by}, {"note", action.note}});
  }

  ActionRequest operator()(const NoteAction& action) const {
    return post("notes",
                {{"kpi", action.kpi}, {"date", date_text(action.day)}, {"text", action.text}, {"by", action.by}});
  }

  ActionRequest operator()(const ResendAction& action) const { return post("resend", {{"ids", action.ids}}); }

  ActionRequest operator()(const ReloadAction& /*action*/) const { return post("reload", {}); }

  static ActionRequest post(const std::string& path, const ordered_json& body) {
    const ordered_json object = body.is_null() ? ordered_json::object() : body;
    return {"POST", "/api/v1/" + path, object.dump(-1, ' ', false, ordered_json::error_handler_t::replace)};
  }
};

}  // namespace

Result<Action> parse_action(const std::vector<std::string>& path,
                            std::string_view body,
                            const Zone& zone,
                            Instant now) {
  Body fields(body);
  auto action = path.empty() ? std::nullopt : action_of(path, fields, zone, now);
  if (!action) {
    return fail(ErrorKind::kNotFound, "there is nothing to write there");
  }
  const std::string wrong = fields.problem();
  if (!wrong.empty()) {
    return fail(ErrorKind::kInvalid, wrong);
  }
  return *std::move(action);
}

ActionRequest action_request(const Action& action) {
  return std::visit(Writing{}, action);
}

Result<std::vector<LabelMatch>> parse_matchers(std::string_view text) {
  std::vector<LabelMatch> matchers;
  for (const std::string_view part : split(text, ',')) {
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos || equals == 0 || trim(part.substr(equals + 1)).empty()) {
      return fail(ErrorKind::kInvalid,
                  "\"" + printable(trim(part), 60) + "\" is no matcher; write kpi=visits or severity!=info");
    }
    const bool is_negated = part[equals - 1] == '!';
    const std::string_view label = trim(part.substr(0, is_negated ? equals - 1 : equals));
    matchers.push_back({std::string(label), {std::string(trim(part.substr(equals + 1)))}, is_negated});
  }
  return matchers;
}

std::string matchers_text(std::string_view stored) {
  std::vector<LabelMatch> match;
  const json list = json::parse(stored, nullptr, false);
  for (const json& one : list.is_array() ? list : json::array()) {
    if (one.is_object() && one.contains("label") && one.contains("values") && one["values"].is_array()) {
      LabelMatch& made = match.emplace_back();
      made.label = one["label"].is_string() ? one["label"].get<std::string>() : "";
      made.is_negated = one.value("negated", false);
      for (const json& value : one["values"]) {
        made.values.push_back(value.is_string() ? value.get<std::string>() : "");
      }
    }
  }
  return text_of(match);
}

}  // namespace kpi
