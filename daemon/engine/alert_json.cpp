#include "daemon/engine/alert_json.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace kpi {
namespace {

using nlohmann::json;

constexpr std::array<const char*, 3> kRungs{"info", "warning", "critical"};

std::optional<Rung::Run> decode_run(const json& value) {
  if (value.is_null()) {
    return std::nullopt;
  }
  return Rung::Run{Slot{value.at("first").get<std::int64_t>()}, value.at("gaps").get<std::int32_t>()};
}

std::optional<Instant> decode_instant(const json& value) {
  return value.is_null() ? std::nullopt : std::optional(Instant{Duration{value.get<std::int64_t>()}});
}

std::optional<Slot> decode_slot(const json& value) {
  return value.is_null() ? std::nullopt : std::optional(Slot{value.get<std::int64_t>()});
}

/// Writes an object key by key, in the order of their names: alerts change by the ten thousand in a step, where
/// building a tree for each costs more than all else that is done for it.
class ObjectWriter {
 public:
  explicit ObjectWriter(std::string& to) : to_(to) { to_ += '{'; }

  ObjectWriter(const ObjectWriter&) = delete;
  ObjectWriter& operator=(const ObjectWriter&) = delete;
  ObjectWriter(ObjectWriter&&) = delete;
  ObjectWriter& operator=(ObjectWriter&&) = delete;

  ~ObjectWriter() { to_ += '}'; }

  /// Its value is written next.
  std::string& key(std::string_view name) {
    to_ += is_first_ ? "\"" : ",\"";
    is_first_ = false;
    to_ += name;
    to_ += "\":";
    return to_;
  }

  void boolean(std::string_view name, bool value) { key(name) += value ? "true" : "false"; }

  void number(std::string_view name, std::int64_t value) { key(name) += std::to_string(value); }

  void text(std::string_view name, std::string_view value) {
    const auto is_plain = [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; };
    std::string& to = key(name);
    if (std::ranges::all_of(value, is_plain)) {
      to += '"';
      to += value;
      to += '"';
    } else {
      to += json(value).dump();
    }
  }

  void slot(std::string_view name, const std::optional<Slot>& value) {
    key(name) += value ? std::to_string(value->ms) : "null";
  }

  void instant(std::string_view name, const std::optional<Instant>& value) {
    key(name) += value ? std::to_string(value->time_since_epoch().count()) : "null";
  }

 private:
  std::string& to_;
  bool is_first_ = true;
};

void encode_run(const std::optional<Rung::Run>& run, std::string& to) {
  if (!run) {
    to += "null";
    return;
  }
  ObjectWriter object(to);
  object.slot("first", run->first);
  object.number("gaps", run->gaps);
}

void encode_rungs(const AlertState& state, std::string& to) {
  ObjectWriter object(to);
  for (const std::size_t i : {2U, 0U, 1U}) {  // by their names
    if (const Rung& rung = state.rungs.at(i); !(rung == Rung{})) {
      ObjectWriter inner(object.key(kRungs.at(i)));
      encode_run(rung.fine, inner.key("fine"));
      encode_run(rung.missed, inner.key("missed"));
      inner.boolean("on", rung.is_on);
    }
  }
}

void encode_named(const std::vector<NamedEpisode>& all, std::string& to) {
  to += '[';
  for (std::size_t i = 0; i < all.size(); ++i) {
    to += i == 0 ? "" : ",";
    ObjectWriter object(to);
    object.text("episode", all[i].episode);
    object.slot("since", all[i].since);
  }
  to += ']';
}

void encode_state(const AlertState& state, std::string& to) {
  ObjectWriter object(to);
  if (state.changes != 0) {
    object.number("changes", state.changes);
  }
  object.text("episode", state.episode);
  object.instant("firing_at", state.firing_at);
  if (state.changes != 0) {
    object.boolean("flapping", state.is_flapping);
  }
  if (!state.named.empty()) {
    encode_named(state.named, object.key("named"));
  }
  object.instant("pending_at", state.pending_at);
  object.text("phase", name_of(state.phase));
  encode_rungs(state, object.key("rungs"));
  object.text("severity", name_of(state.severity));
  object.slot("since", state.since);
  object.boolean("stale", state.is_stale);
  object.text("worst", name_of(state.worst));
}

void encode_no_data(const NoDataState& no_data, std::string& to) {
  ObjectWriter object(to);
  object.text("episode", no_data.episode);
  object.instant("firing_at", no_data.firing_at);
  object.slot("first", no_data.first);
  object.boolean("on", no_data.is_on);
}

void encode_told(const Told& told, std::string& to) {
  ObjectWriter object(to);
  object.text("episode", told.episode);
  if (told.is_flapping) {
    object.boolean("flapping", true);
  }
  if (!told.reminded.empty()) {
    object.text("reminded", told.reminded);
  }
  object.text("severity", name_of(told.severity));
  object.slot("since", told.since);
  object.text("status", told.status);
}

void encode_memory(const AlertMemory& memory, std::string& to) {
  ObjectWriter object(to);
  if (memory.edited) {
    if (!(memory.at_edit == AlertState{})) {
      encode_state(memory.at_edit, object.key("at_edit"));
    }
    object.slot("edited", memory.edited);
  }
  if (memory.failures != 0) {
    object.number("failures", memory.failures);
  }
  if (!(memory.no_data == NoDataState{})) {
    encode_no_data(memory.no_data, object.key("no_data"));
  }
  if (!memory.rule.empty()) {
    object.text("rule", memory.rule);
    object.slot("seen", memory.seen);
  }
  if (!(memory.state == AlertState{})) {
    encode_state(memory.state, object.key("state"));
  }
  if (!(memory.told == Told{})) {
    encode_told(memory.told, object.key("told"));
  }
}

AlertState decode_state(const json& value) {
  AlertState state;
  state.phase = parse_alert_phase(value.at("phase").get<std::string>()).value_or(AlertPhase::kInactive);
  state.severity = parse_severity(value.at("severity").get<std::string>()).value_or(Severity::kNone);
  state.worst = parse_severity(value.at("worst").get<std::string>()).value_or(Severity::kNone);
  state.is_stale = value.at("stale").get<bool>();
  state.since = decode_slot(value.at("since"));
  state.episode = value.at("episode").get<std::string>();
  state.pending_at = decode_instant(value.at("pending_at"));
  state.firing_at = decode_instant(value.at("firing_at"));
  state.changes = value.value("changes", 0U);
  state.is_flapping = value.value("flapping", false);
  for (const json& named : value.value("named", json::array())) {
    state.named.push_back({Slot{named.at("since").get<std::int64_t>()}, named.at("episode").get<std::string>()});
  }
  for (std::size_t i = 0; i < kRungs.size(); ++i) {
    const auto rung = value.at("rungs").find(kRungs.at(i));
    if (rung != value.at("rungs").end()) {
      state.rungs.at(i) =
          Rung{rung->at("on").get<bool>(), decode_run(rung->at("missed")), decode_run(rung->at("fine"))};
    }
  }
  return state;
}

}  // namespace

std::string encode_alert(const AlertMemory& memory) {
  std::string text;
  if (!(memory == AlertMemory{})) {
    encode_memory(memory, text);
  }
  return text;
}

Result<AlertMemory> decode_alert(std::string_view text) {
  AlertMemory memory;
  if (text.empty()) {
    return memory;
  }
  try {
    const json value = json::parse(text);
    if (value.contains("state")) {
      memory.state = decode_state(value["state"]);
    }
    if (value.contains("edited")) {
      memory.edited = decode_slot(value["edited"]);
    }
    if (value.contains("at_edit")) {
      memory.at_edit = decode_state(value["at_edit"]);
    }
    if (value.contains("failures")) {
      memory.failures = value["failures"].get<int>();
    }
    if (value.contains("rule")) {
      memory.rule = value["rule"].get<std::string>();
      memory.seen = decode_slot(value.at("seen"));
    }
    if (value.contains("told")) {
      const json& told = value["told"];
      memory.told = {told.at("episode").get<std::string>(),
                     parse_severity(told.at("severity").get<std::string>()).value_or(Severity::kNone),
                     told.at("status").get<std::string>(),
                     decode_slot(told.at("since")),
                     told.value("flapping", false),
                     told.value("reminded", "")};
    }
    if (value.contains("no_data")) {
      const json& no_data = value["no_data"];
      memory.no_data = {decode_slot(no_data.at("first")),
                        no_data.at("on").get<bool>(),
                        no_data.at("episode").get<std::string>(),
                        decode_instant(no_data.at("firing_at"))};
    }
  } catch (const json::exception& error) {
    return fail(ErrorKind::kStorage,
                std::string("the state of an alert in the history cannot be read: ") + error.what());
  }
  return memory;
}

}  // namespace kpi
