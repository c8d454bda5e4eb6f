#pragma once
// What people ask of a running watch: one plain struct each. A verb sends it over the daemon's socket, the page and the
// API bring it too; without a daemon the verb applies it itself. All end in apply(), on the thread that owns the
// engine.

#include "daemon/engine/engine.hpp"
#include "daemon/engine/entry.hpp"
#include "rules/routing/route.hpp"

#include <future>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace kpi {

/// "I have it": no reminder and no escalation of an episode until then.
struct AcknowledgeAction {
  std::string episode;
  std::string by;
  std::string comment;
  Instant until;
};

/// "Not now" to whatever matches.
struct SilenceAction {
  std::vector<LabelMatch> match;
  std::optional<Instant> start;  ///< None: now.
  Instant end;
  std::string by;
  std::string comment;
};

struct EndSilenceAction {
  std::string id;
};

/// A value of a manual source.
struct EntryAction {
  EntryWords words;
};

/// Somebody has gone through these KPIs.
struct ReviewAction {
  std::vector<std::string> kpis;
  std::string by;
  std::string note;
};

/// What happened on a day; of all KPIs when `kpi` is empty.
struct NoteAction {
  std::string kpi;
  Date day;
  std::string text;
  std::string by;
};

/// Dead messages are to be tried again; none named: all of them.
struct ResendAction {
  std::vector<std::string> ids;
};

struct ReloadAction {};

using Action = std::variant<AcknowledgeAction,
                            SilenceAction,
                            EndSilenceAction,
                            EntryAction,
                            ReviewAction,
                            NoteAction,
                            ResendAction,
                            ReloadAction>;

/// What came of it.
struct ActionAnswer {
  std::string text;  ///< For people: one line, English.
  std::string id;    ///< Of what was made; empty: nothing with an id.
};

/// A action on its way to the engine's thread. The answer is given when what it changed is in the history.
struct PendingAction {
  Action action;
  std::promise<Result<ActionAnswer>> answer;
};

/// Hands the action to the engine; the next step commits it and should follow at once. REQUIRES that it is neither a
/// ReloadAction nor a ResendAction, which are the watch's. kInvalid, kNotFound: with the value and the remedy.
Result<ActionAnswer> apply(const Action& action, Engine& engine, Instant now);

/// "2 days", "90m": from `now` on; else RFC 3339 or `YYYY-MM-DD[ HH:MM]` in the zone. Nothing: it is no time.
std::optional<Instant> parse_until(std::string_view text, const Zone& zone, Instant now);

}  // namespace kpi
