#include "daemon/cli/reading.hpp"
#include "daemon/cli/shown_diagnostics.hpp"
#include "daemon/cli/verbs.hpp"
#include "daemon/config/last_good.hpp"
#include "daemon/store/history_copy.hpp"
#include "rules/base/text.hpp"

#include <ostream>

namespace kpi {
namespace {

/// Where the history is, as far as the configuration says so: it is looked after whatever is wrong with the rules.
/// Nothing: it was complained of.
std::optional<std::string> history_of(const Arguments& arguments, Io& io) {
  const std::string path = config_path(arguments);
  if (io.config != nullptr || path.empty()) {
    const auto config = load_for_verb(arguments, Secrets::kIgnored, io);
    return config ? std::optional(config->history) : std::nullopt;
  }
  const ReadConfig read = read_config(path, Secrets::kIgnored, io.host);
  if (read.history.empty()) {
    io.err << shown_text(read.load.diagnostics);
    return std::nullopt;
  }
  if (!read.load.config) {
    io.err << "kpid: the configuration has errors, see `kpid check`; its history is " << printable(read.history)
           << "\n";
  }
  return read.history;
}

int backup(const Arguments& arguments, Io& io) {
  const auto history = history_of(arguments, io);
  if (!history) {
    return kExitNo;
  }
  const std::string to = arguments.text("file");
  if (const auto copied = back_up_history(*history, to); !copied) {
    const bool is_taken = copied.error().kind == ErrorKind::kInvalid;
    return complain(io, is_taken ? kExitUsage : kExitFailed, copied.error().message);
  }
  io.out << printable(to) << ": a copy of the history as it is now\n";
  return kExitFine;
}

int verify(const Arguments& arguments, Io& io) {
  std::string path = arguments.text("file");
  if (!arguments.has("file")) {  // a copy is verified on any machine, with or without a configuration
    const auto history = history_of(arguments, io);
    if (!history) {
      return kExitFailed;  // nothing was found out about the history
    }
    path = *history;
  }
  const auto findings = verify_history(path);
  if (!findings) {
    return complain(io, kExitFailed, findings.error().message);
  }
  for (const std::string& problem : findings->problems) {
    io.out << "not sound: " << problem << "\n";
  }
  if (findings->is_foreign) {
    return complain(
        io, kExitNo, printable(path) + " is no history: name the file \"history: path\" names, or a backup");
  }
  if (!findings->problems.empty()) {
    return complain(io,
                    kExitNo,
                    printable(path) + " is not sound, it has " + counted(findings->problems.size(), "problem") +
                        ": restore a backup, or let \"kpid history salvage\" save what can be read of it");
  }
  std::vector<std::string> rows;
  for (const auto& [table, count] : findings->counts) {
    if (count > 0) {
      rows.push_back(std::to_string(count) + " in " + table);
    }
  }
  io.out << printable(path) << " is sound. Rows: " << join(rows, ", ") << "\n";
  return kExitFine;
}

int salvage(const Arguments& arguments, Io& io) {
  const auto history = history_of(arguments, io);
  if (!history) {
    return kExitNo;
  }
  const auto findings = verify_history(*history);
  if (!findings) {  // not damage: a file that cannot be opened, or that a newer kpid wrote
    return complain(io, kExitFailed, findings.error().message);
  }
  if (findings->is_foreign) {
    return complain(io,
                    kExitFailed,
                    printable(*history) + " is another program's database (" + join(findings->problems, "; ") +
                        "): give the history a file of its own in \"history: path\"");
  }
  if (findings->problems.empty()) {
    io.out << printable(*history) << " is sound: there is nothing to salvage\n";
    return kExitFine;
  }
  const auto saved = salvage_unused_history(*history);
  if (!saved) {
    return complain(io, kExitFailed, saved.error().message);
  }
  io.out << text_of(*saved, *history) << "\n";
  return kExitFine;
}

}  // namespace

Command history_backup_command() {
  return {
      "history backup",
      "a whole copy of the history, while the daemon runs",
      "kpid history backup /backup/kpid-2026-09-30.db    for keeping; restore it by putting it back as the history\n"
      "kpid history backup /tmp/look.db                  for sqlite3, Metabase or Grafana to read",
      {config_argument(), {"file", "FILE", "a file that does not exist yet", true, false, true}},
      backup};
}

Command history_verify_command() {
  return {"history verify",
          "whether the history is sound: exit 1 when it is not",
          "kpid history verify                      the configured one\n"
          "kpid history verify kpid-2026-09-30.db    a backup, before it is needed",
          {config_argument(), {"file", "FILE", "a copy instead", true}},
          verify};
}

Command history_salvage_command() {
  return {"history salvage",
          "move a damaged history aside and save what can be read of it",
          "kpid history salvage                     after \"kpid history verify\" has found problems; stop the daemon "
          "first",
          {config_argument()},
          salvage};
}

}  // namespace kpi
