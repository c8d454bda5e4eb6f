#pragma once
// A verb of the program: what it takes, what it says of itself, what it does. One file per verb, one row in
// commands.cpp.

#include "daemon/config/config.hpp"
#include "daemon/os/clock.hpp"

#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kpi {

/// How long a verb waits for another one that has the history.
inline constexpr std::chrono::seconds kHistoryPatience{3};

/// What the process says when it ends.
enum ExitCode : std::uint8_t {
  kExitFine = 0,
  kExitNo = 1,      ///< The answer is no: invalid rules, failed tests, alerts firing with `--fail-on`.
  kExitUsage = 2,   ///< The command line is wrong.
  kExitFailed = 3,  ///< It could not be done: I/O, network.
};

/// One option or argument of a verb.
struct ArgumentSpec {
  std::string name;   ///< "config"; given as --config VALUE.
  std::string value;  ///< What the value is called in help; empty: a flag.
  std::string help;
  bool is_positional = false;
  bool is_repeated = false;
  bool is_required = false;
};

/// The command line as parsed.
class Arguments {
 public:
  [[nodiscard]] bool has(const std::string& name) const { return values_.contains(name); }

  /// The value, or `fallback` when it was not given.
  [[nodiscard]] std::string text(const std::string& name, const std::string& fallback = "") const;
  [[nodiscard]] std::vector<std::string> list(const std::string& name) const;

  void add(const std::string& name, std::string value) { values_[name].push_back(std::move(value)); }

 private:
  std::map<std::string, std::vector<std::string>> values_;
};

/// The world as a verb sees it; tests give their own.
struct Io {
  std::ostream& out;
  std::ostream& err;
  bool is_terminal;  ///< Standard output is one: colours, tables fitted to it.
  Clock& clock;
  Host& host;
  /// Instead of loading one: what the daemon runs, when a verb answers for it.
  std::shared_ptr<const Config> config = nullptr;
  std::string refused{};        ///< With `config`: why the files on disk are not what runs; empty: they are.
  bool shows_progress = false;  ///< Standard error is a terminal that can take a line back.
};

struct Command {
  std::string name;     ///< "run", "history export"
  std::string summary;  ///< One line.
  std::string example;  ///< A command line or several, with a word on what they do.
  std::vector<ArgumentSpec> arguments;
  int (*run)(const Arguments& arguments, Io& io) = nullptr;
};

/// All verbs, in the order of `kpid help`.
const std::vector<Command>& commands();

/// The whole program but for main's one line.
int run_program(const std::vector<std::string>& words, Io& io);

// --- what verbs share ---

/// `--config PATH`, for the verbs that take it.
ArgumentSpec config_argument();
/// `--json`.
ArgumentSpec json_argument();

/// The configuration file: --config, else ./kpid.yaml, else /etc/kpid/kpid.yaml. Empty when none of them exists.
std::string config_path(const Arguments& arguments);

/// Loads the configuration and prints what is wrong with it. Null: the verb ends with kExitNo.
std::shared_ptr<const Config> load_for_verb(const Arguments& arguments, Secrets secrets, Io& io);
/// The same of one source and what it needs; of all where none has this name.
std::shared_ptr<const Config> load_source_for_verb(const std::string& name,
                                                   const Arguments& arguments,
                                                   Secrets secrets,
                                                   Io& io);

/// The same, for verbs that must work while the files are broken: what the daemon then runs on, the last good
/// configuration. Io::refused says so afterwards.
std::shared_ptr<const Config> load_or_last_good(const Arguments& arguments, Secrets secrets, Io& io);

/// The source of this name; null when there is none, which is then said: the verb ends with kExitUsage.
const SourceConfig* find_source_for_verb(const Config& config, const std::string& name, Io& io);

/// RFC 3339, or `YYYY-MM-DD[ HH:MM]` in the zone.
std::optional<Instant> parse_time(std::string_view text, const Zone& zone);

/// `kpid: message` on standard error, and the code.
int complain(Io& io, ExitCode code, std::string_view message);

/// "country=SE, channel=mail" as labels; one bare value is the value of `label` when the KPI is split by one label
/// alone. What follows a comma belongs to the value before it unless it begins with a label that the KPI is split by.
std::optional<Labels> parse_segment(std::string_view text, const Kpi& kpi);

}  // namespace kpi
