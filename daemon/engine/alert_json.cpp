#include "daemon/engine/alert_json.hpp"

#include <nlohmann/json.hpp>

#include <array>

namespace kpi {
namespace {

using nlohmann::json;

constexpr std::array<const char*, 3> kRungs{"info", "warning", "critical"};

json encode_run(const std::optional<Rung::Run>& run) {
  return run ? json{{"first", run->first.ms}, {"gaps", run->gaps}} : json(nullptr);
}

std::optional<Rung::Run> decode_run(const json& value) {
  if (value.is_null()) {
    return std::nullopt;
  }
  return Rung::Run{Slot{value.at("first").get<std::int64_t>()}, value.at("gaps").get<std::int32_t>()};
}

json encode_instant(const std::optional<Instant>& instant) {
  return instant ? json(instant->time_since_epoch().count()) : json(nullptr);
}

std::optional<Instant> decode_instant(const json& value) {
  return value.is_null() ? std::nullopt : std::optional(Instant{Duration{value.get<std::int64_t>()}});
}

json encode_slot(const std::optional<Slot>& slot) {
  return slot ? json(slot->ms) : json(nullptr);
}

std::optional<Slot> decode_slot(const json& value) {
  return value.is_null() ? std::nullopt : std::optional(Slot{value.get<std::int64_t>()});
}

json encode_state(const AlertState& state) {
  json rungs = json::object();
  for (std::size_t i = 0; i < kRungs.size(); ++i) {
    const Rung& rung = state.rungs.at(i);
    if (!(rung == Rung{})) {
      rungs[kRungs.at(i)] = {{"on", rung.is_on}, {"missed", encode_run(rung.missed)}, {"fine", encode_run(rung.fine)}};
    }
  }
  json result{{"phase", name_of(state.phase)},
              {"severity", name_of(state.severity)},
              {"worst", name_of(state.worst)},
              {"stale", state.is_stale},
              {"since", encode_slot(state.since)},
              {"episode", state.episode},
              {"pending_at", encode_instant(state.pending_at)},
              {"firing_at", encode_instant(state.firing_at)},
              {"rungs", rungs}};
  if (state.changes != 0) {
    result["changes"] = state.changes;
    result["flapping"] = state.is_flapping;
  }
  for (const NamedEpisode& named : state.named) {
    result["named"].push_back({{"since", named.since.ms}, {"episode", named.episode}});
  }
  return result;
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
  json result = json::object();
  if (!(memory.state == AlertState{})) {
    result["state"] = encode_state(memory.state);
  }
  if (!(memory.told == Told{})) {
    result["told"] = {{"episode", memory.told.episode},
                      {"severity", name_of(memory.told.severity)},
                      {"status", memory.told.status},
                      {"since", encode_slot(memory.told.since)}};
    if (memory.told.is_flapping) {
      result["told"]["flapping"] = true;
    }
    if (!memory.told.reminded.empty()) {
      result["told"]["reminded"] = memory.told.reminded;
    }
  }
  if (!(memory.no_data == NoDataState{})) {
    result["no_data"] = {{"first", encode_slot(memory.no_data.first)},
                         {"on", memory.no_data.is_on},
                         {"episode", memory.no_data.episode},
                         {"firing_at", encode_instant(memory.no_data.firing_at)}};
  }
  if (memory.failures != 0) {
    result["failures"] = memory.failures;
  }
  return result.empty() ? "" : result.dump();
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
    if (value.contains("failures")) {
      memory.failures = value["failures"].get<int>();
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
