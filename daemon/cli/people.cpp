#include "daemon/cli/asking.hpp"
#include "daemon/cli/owner.hpp"
#include "daemon/cli/reading.hpp"
#include "daemon/cli/verbs.hpp"
#include "daemon/web/api.hpp"
#include "rules/base/text.hpp"

#include <algorithm>
#include <iterator>
#include <ostream>
#include <set>
#include <sstream>

namespace kpi {
namespace {

/// What --until says; nothing: it was complained of.
std::optional<Instant> until_of(const Arguments& arguments, const Config& config, Instant now, Io& io) {
  const std::string text = arguments.text("until");
  const auto until = parse_until(text, config.zone, now);
  if (!until) {
    complain(io,
             kExitUsage,
             "--until wants a time such as \"2026-03-31 06:00\" or a span such as \"2 days\", got \"" +
                 printable(text) + "\"");
  }
  return until;
}

int ack(const Arguments& arguments, Io& io) {
  const auto config = load_or_last_good(arguments, Secrets::kIgnored, io);
  if (!config) {
    return kExitNo;
  }
  const auto acknowledge = [&](Instant now) -> std::optional<Action> {
    const auto until = until_of(arguments, *config, now, io);
    return until ? std::optional<Action>(
                       AcknowledgeAction{arguments.text("id"), arguments.text("by"), arguments.text("comment"), *until})
                 : std::nullopt;
  };
  return ask_as_of(acknowledge, config, io);
}

/// The labels that alerts can have, whatever comes with the data.
std::vector<std::string> labels_of(const std::vector<Kpi>& kpis) {
  std::set<std::string> labels{"kpi", "owner", "objective", "severity", "type", "source"};
  const auto add = [&](const Labels& all) {
    for (const auto& [name, value] : all) {
      labels.insert(name);
    }
  };
  for (const Kpi& kpi : kpis) {
    add(kpi.labels);
    for (const AlertRule& alert : kpi.alerts) {
      add(alert.labels);
    }
    for (const auto& split : kpi.split_by) {
      labels.insert(split.begin(), split.end());
    }
  }
  return {labels.begin(), labels.end()};
}

/// A slip of the pen silences nothing. But a KPI may come later: the silence is made all the same.
void warn_of_slips(const std::vector<LabelMatch>& match, const std::vector<Kpi>& kpis, Io& io) {
  const std::vector<std::string> labels = labels_of(kpis);
  std::vector<std::string> ids;
  std::ranges::transform(kpis, std::back_inserter(ids), &Kpi::id);
  const auto warn = [&](const std::string& what, const std::string& word, const std::vector<std::string>& known) {
    const std::string near = did_you_mean(word, known);
    io.err << "kpid: warning: " << what << " \"" << printable(word, 60) << "\"" << (near.empty() ? "" : "; " + near)
           << "\n";
  };
  for (const LabelMatch& one : match) {
    if (std::ranges::find(labels, one.label) == labels.end()) {
      warn("no alert has the label", one.label, labels);
    }
    for (const std::string& value : one.label == "kpi" ? one.values : std::vector<std::string>()) {
      if (std::ranges::find(ids, value) == ids.end()) {
        warn("there is no KPI", value, ids);
      }
    }
  }
}

int add_silence(const Arguments& arguments, Io& io) {
  const auto config = load_or_last_good(arguments, Secrets::kIgnored, io);
  if (!config) {
    return kExitNo;
  }
  SilenceAction action;
  for (const std::string& text : arguments.list("match")) {
    const auto matchers = parse_matchers(text);
    if (!matchers) {
      return complain(io, kExitUsage, matchers.error().message);
    }
    action.match.insert(action.match.end(), matchers->begin(), matchers->end());
  }
  warn_of_slips(action.match, config->rules.kpis, io);
  action.by = arguments.text("by");
  action.comment = arguments.text("comment");
  const auto silence = [&](Instant now) -> std::optional<Action> {
    const auto until = until_of(arguments, *config, now, io);
    action.end = until.value_or(Instant{});
    return until ? std::optional<Action>(action) : std::nullopt;
  };
  return ask_as_of(silence, config, io);
}

int end_silence(const Arguments& arguments, Io& io) {
  const auto config = load_or_last_good(arguments, Secrets::kIgnored, io);
  return config ? ask(EndSilenceAction{arguments.text("id")}, config, io) : int{kExitNo};
}

int list_silences(const Arguments& arguments, Io& io) {
  const auto config = load_or_last_good(arguments, Secrets::kIgnored, io);
  if (!config) {
    return kExitNo;
  }
  if (const auto code = run_by_owner("silence list", arguments, *config, io)) {
    return *code;
  }
  auto reader = open_history_reader(config->history);
  const auto silences = reader ? (*reader)->silences(arguments.has("all") ? Instant{} : io.clock.now())
                               : Result<std::vector<SilenceRow>>(tl::unexpected<Error>(reader.error()));
  if (!silences) {
    return complain(io, kExitFailed, silences.error().message);
  }
  for (const SilenceRow& row : *silences) {
    io.out << row.id << "  until " << local_text(row.end, config->zone) << "  " << matchers_text(row.match) << "  by "
           << printable(row.by, 40) << (row.comment.empty() ? "" : ": " + printable(row.comment, 200)) << "\n";
  }
  if (silences->empty()) {
    io.out << "no silence is in force\n";
  }
  return kExitFine;
}

int review(const Arguments& arguments, Io& io) {
  const auto config = load_or_last_good(arguments, Secrets::kIgnored, io);
  return config ? ask(ReviewAction{arguments.list("kpi"), arguments.text("by"), arguments.text("note")}, config, io)
                : int{kExitNo};
}

int note(const Arguments& arguments, Io& io) {
  const auto config = load_or_last_good(arguments, Secrets::kIgnored, io);
  if (!config) {
    return kExitNo;
  }
  const auto day = parse_date(arguments.text("date"));
  if (!day) {
    return complain(
        io, kExitUsage, "a note wants a date such as 2026-03-31, got \"" + printable(arguments.text("date")) + "\"");
  }
  const std::string kpi = arguments.text("kpi") == "all" ? "" : arguments.text("kpi");
  return ask(NoteAction{kpi, *day, arguments.text("text"), arguments.text("by", "kpid note")}, config, io);
}

int reload(const Arguments& arguments, Io& io) {
  std::ostringstream errors;  // the daemon says the same again
  Io quiet{io.out, errors, io.is_terminal, io.clock, io.host, io.config};
  const auto config = load_or_last_good(arguments, Secrets::kIgnored, quiet);
  if (!config) {
    io.err << errors.str();
    return kExitNo;
  }
  return ask(ReloadAction{}, config, io);
}

}  // namespace

Command ack_command() {
  return {"ack",
          "say that you have an alert in hand: no reminder and no escalation until then",
          "kpid ack ep_01K3… --by anna --until \"2 hours\" --comment \"calling the agency\"    ids: see `kpid alerts`",
          {{"id", "ID", "the alert's id", true, false, true},
           {"by", "WHO", "who has it", false, false, true},
           {"until",
            "TIME",
            "a time, or a span such as \"2 days\" from now; without a daemon, from the last step",
            false,
            false,
            true},
           {"comment", "TEXT", "kept with it"},
           config_argument()},
          ack};
}

Command silence_add_command() {
  return {"silence add",
          "hold back messages about whatever matches, until then",
          "kpid silence add kpi=conversion_rate country=SE --until \"2026-03-31 08:00\" --by anna\n"
          "kpid silence add owner=growth severity!=critical --until \"3 days\" --by anna --comment campaign",
          {{"match", "LABEL=VALUE", "what it matches: all of them must hold; != for anything but", true, true, true},
           {"until", "TIME", "a time, or a span from now; without a daemon, from the last step", false, false, true},
           {"by", "WHO", "who says so", false, false, true},
           {"comment", "TEXT", "kept with it"},
           config_argument()},
          add_silence};
}

Command silence_list_command() {
  return {"silence list",
          "the silences that are in force or to come",
          "kpid silence list --all    those that are over too",
          {{"all", "", "those that are over too"}, config_argument()},
          list_silences};
}

Command silence_end_command() {
  return {"silence end",
          "end a silence now",
          "kpid silence end si_01K3…",
          {{"id", "ID", "see `kpid silence list`", true, false, true}, config_argument()},
          end_silence};
}

Command review_command() {
  return {"review",
          "record that somebody has gone through KPIs",
          "kpid review conversion_rate cac --by anna --note \"Q3 meeting: the goals stand\"",
          {{"kpi", "KPI", "which", true, true, true},
           {"by", "WHO", "who went through them", false, false, true},
           {"note", "TEXT", "what was said"},
           config_argument()},
          review};
}

Command note_command() {
  return {"note",
          "write what happened on a day, for charts and reports",
          "kpid note visits 2026-03-28 \"New landing page\" --by anna\n"
          "kpid note all 2026-11-27 \"Black Friday\"    to every KPI",
          {{"kpi", "KPI", "which KPI, or all", true, false, true},
           {"date", "DATE", "the day", true, false, true},
           {"text", "TEXT", "what happened", true, false, true},
           {"by", "WHO", "who says so"},
           config_argument()},
          note};
}

Command reload_command() {
  return {"reload",
          "ask the running daemon to load its files again; exit 1, with the errors, when it refuses",
          "kpid reload    all files or none: with errors the last good ones go on",
          {config_argument()},
          reload};
}

}  // namespace kpi
