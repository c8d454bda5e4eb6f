#include "daemon/cli/command.hpp"
#include "daemon/cli/reading.hpp"
#include "daemon/cli/shown_diagnostics.hpp"
#include "daemon/cli/verbs.hpp"
#include "daemon/config/last_good.hpp"
#include "rules/base/text.hpp"

#include <boost/program_options.hpp>

#include <unistd.h>

#include <algorithm>
#include <functional>
#include <ostream>

namespace kpi {
namespace {

namespace options = boost::program_options;

bool takes(const Command& command, std::string_view name) {
  return std::ranges::find(command.arguments, name, &ArgumentSpec::name) != command.arguments.end();
}

/// Boost's description of what a verb takes.
options::options_description describe(const Command& command) {
  options::options_description description;
  if (!takes(command, "config")) {  // every verb takes it, so that an alias or a script can add it to each
    description.add_options()("config", options::value<std::vector<std::string>>(), "not needed here");
  }
  for (const ArgumentSpec& argument : command.arguments) {
    if (argument.value.empty()) {
      description.add_options()(argument.name.c_str(), argument.help.c_str());
    } else {
      description.add_options()(
          argument.name.c_str(), options::value<std::vector<std::string>>()->composing(), argument.help.c_str());
    }
  }
  description.add_options()("help,h", "show this help");
  return description;
}

std::string usage(const Command& command) {
  std::string text = "kpid " + command.name;
  for (const ArgumentSpec& argument : command.arguments) {
    const std::string shown = argument.is_positional   ? argument.value
                              : argument.value.empty() ? "--" + argument.name
                                                       : "--" + argument.name + " " + argument.value;
    text += " " + (argument.is_required ? shown : "[" + shown + "]") + (argument.is_repeated ? "…" : "");
  }
  return text;
}

void print_help(const Command& command, std::ostream& out) {
  out << command.summary << "\n\nusage: " << usage(command) << "\n";
  std::size_t width = 0;
  const auto shown = [](const ArgumentSpec& a) {
    return a.is_positional ? a.value : "--" + a.name + (a.value.empty() ? "" : " " + a.value);
  };
  for (const ArgumentSpec& argument : command.arguments) {
    width = std::max(width, shown(argument).size());
  }
  if (!command.arguments.empty()) {
    out << "\n";
  }
  for (const ArgumentSpec& argument : command.arguments) {
    const std::string name = shown(argument);
    out << "  " << name << std::string(width - name.size() + 2, ' ') << argument.help << "\n";
  }
  out << "\nexample:\n";
  for (const std::string_view line : split(command.example, '\n')) {
    out << "  " << line << "\n";
  }
}

void print_overview(std::ostream& out) {
  out << "kpid watches key performance indicators and tells people when one misses its target.\n\nusage: kpid VERB "
         "[options]\n\n";
  std::size_t width = 0;
  for (const Command& command : commands()) {
    width = std::max(width, command.name.size());
  }
  for (const Command& command : commands()) {
    out << "  " << command.name << std::string(width - command.name.size() + 2, ' ') << command.summary << "\n";
  }
  out << "\n`kpid help VERB` shows its options and an example.\n";
}

/// The verb that `words` begins with ("history export" is two words), and how many words it takes.
const Command* find_command(const std::vector<std::string>& words, std::size_t& used) {
  for (const std::size_t count : {std::size_t{2}, std::size_t{1}}) {
    if (words.size() < count) {
      continue;
    }
    const std::string name = count == 2 ? words[0] + " " + words[1] : words[0];
    const auto found = std::ranges::find(commands(), name, &Command::name);
    if (found != commands().end()) {
      used = count;
      return &*found;
    }
  }
  return nullptr;
}

int unknown_verb(const std::string& word, Io& io) {
  std::vector<std::string> names;
  std::vector<std::string> family;
  for (const Command& command : commands()) {
    names.push_back(command.name);
    if (command.name.starts_with(word + " ")) {
      family.push_back(command.name.substr(word.size() + 1));
    }
  }
  if (!family.empty()) {
    return complain(io, kExitUsage, "`kpid " + word + "` wants one of: " + join(family, ", "));
  }
  const std::string near = did_you_mean(word, names);
  return complain(
      io, kExitUsage, "there is no verb \"" + printable(word) + "\"; " + (near.empty() ? "see `kpid help`" : near));
}

int help(const std::vector<std::string>& words, Io& io) {
  if (words.empty()) {
    print_overview(io.out);
    return kExitFine;
  }
  std::size_t used = 0;
  const Command* command = find_command(words, used);
  if (command == nullptr) {
    // "kpid help history" shows every verb of that family.
    bool any = false;
    for (const Command& known : commands()) {
      if (known.name.starts_with(words[0] + " ")) {
        io.out << (any ? "\n" : "");
        print_help(known, io.out);
        any = true;
      }
    }
    return any ? kExitFine : unknown_verb(words[0], io);
  }
  print_help(*command, io.out);
  return kExitFine;
}

/// A negative number is a value, not an option.
std::vector<options::option> take_number(std::vector<std::string>& words) {
  const std::string& word = words.front();
  if (word.size() < 2 || word[0] != '-' || (word[1] != '.' && (word[1] < '0' || word[1] > '9'))) {
    return {};
  }
  options::option value;
  value.value.push_back(word);
  value.original_tokens.push_back(word);
  words.erase(words.begin());
  return {value};
}

/// The words after the verb, as the verb's arguments. Throws boost's errors.
Arguments parse(const Command& command, const std::vector<std::string>& words) {
  options::positional_options_description positional;
  for (const ArgumentSpec& argument : command.arguments) {
    if (argument.is_positional) {
      positional.add(argument.name.c_str(), argument.is_repeated ? -1 : 1);
    }
  }
  const options::options_description description = describe(command);
  const int style = options::command_line_style::default_style & ~options::command_line_style::allow_guessing;
  options::variables_map map;
  options::store(options::command_line_parser(words)
                     .options(description)
                     .positional(positional)
                     .style(style)
                     .extra_style_parser(take_number)
                     .run(),
                 map);
  Arguments arguments;
  for (const auto& [name, value] : map) {
    if (const auto* texts = boost::any_cast<std::vector<std::string>>(&value.value())) {
      for (const std::string& text : *texts) {
        arguments.add(name, text);
      }
    } else {
      arguments.add(name, "");
    }
  }
  return arguments;
}

std::optional<std::string> check(const Command& command, const Arguments& arguments) {
  for (const ArgumentSpec& argument : command.arguments) {
    const std::string shown = argument.is_positional ? argument.value : "--" + argument.name;
    if (argument.is_required && !arguments.has(argument.name)) {
      return shown + " is missing";
    }
    if (!argument.is_repeated && arguments.list(argument.name).size() > 1) {
      return shown + " is given twice";
    }
  }
  return std::nullopt;
}

}  // namespace

std::string Arguments::text(const std::string& name, const std::string& fallback) const {
  const auto found = values_.find(name);
  return found == values_.end() ? fallback : found->second.front();
}

std::vector<std::string> Arguments::list(const std::string& name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::vector<std::string>{} : found->second;
}

const std::vector<Command>& commands() {
  static const std::vector<Command> kCommands{run_command(),
                                              check_command(),
                                              test_command(),
                                              backtest_command(),
                                              status_command(),
                                              explain_command(),
                                              alerts_command(),
                                              history_export_command(),
                                              history_backup_command(),
                                              history_verify_command(),
                                              history_salvage_command(),
                                              report_command(),
                                              forecast_command(),
                                              anomaly_command(),
                                              enter_command(),
                                              channel_test_command(),
                                              ack_command(),
                                              silence_add_command(),
                                              silence_list_command(),
                                              silence_end_command(),
                                              review_command(),
                                              note_command(),
                                              reload_command(),
                                              deadletter_list_command(),
                                              deadletter_resend_command(),
                                              source_test_command(),
                                              import_command(),
                                              config_command(),
                                              plugins_command(),
                                              init_command()};
  return kCommands;
}

int run_program(const std::vector<std::string>& words, Io& io) {
  if (words.empty() || words[0] == "--help" || words[0] == "-h") {
    print_overview(words.empty() ? io.err : io.out);
    return words.empty() ? kExitUsage : kExitFine;
  }
  if (words[0] == "help") {
    return help({words.begin() + 1, words.end()}, io);
  }
  if (words[0] == "version" || words[0] == "--version") {
    io.out << "kpid " KPI_VERSION "\n";
    return kExitFine;
  }
  std::size_t used = 0;
  const Command* command = find_command(words, used);
  if (command == nullptr) {
    return unknown_verb(words[0], io);
  }
  try {
    const Arguments arguments = parse(*command, {words.begin() + static_cast<std::ptrdiff_t>(used), words.end()});
    if (arguments.has("help")) {
      print_help(*command, io.out);
      return kExitFine;
    }
    if (const auto problem = check(*command, arguments)) {
      return complain(io, kExitUsage, *problem + "\nusage: " + usage(*command));
    }
    return command->run(arguments, io);
  } catch (const options::error& error) {
    return complain(io, kExitUsage, std::string(error.what()) + "\nusage: " + usage(*command));
  }
}

ArgumentSpec config_argument() {
  return {"config", "PATH", "the configuration (default ./kpid.yaml, then /etc/kpid/kpid.yaml)"};
}

ArgumentSpec json_argument() {
  return {"json", "", "print one JSON document"};
}

std::string config_path(const Arguments& arguments) {
  if (arguments.has("config")) {
    return arguments.text("config");
  }
  for (const char* path : {"kpid.yaml", "/etc/kpid/kpid.yaml"}) {
    if (::access(path, F_OK) == 0) {
      return path;
    }
  }
  return "";
}

namespace {

using Load = std::function<ConfigLoad(const std::string& path)>;

std::shared_ptr<const Config> load_by(const Load& load_files, const Arguments& arguments, Io& io) {
  if (io.config != nullptr) {
    return io.config;
  }
  const std::string path = config_path(arguments);
  if (path.empty()) {
    complain(
        io,
        kExitNo,
        "there is no ./kpid.yaml and no /etc/kpid/kpid.yaml; name one with --config, or make one with `kpid init`");
    return nullptr;
  }
  const ConfigLoad load = load_files(path);
  if (!load.config) {
    io.err << shown_text(load.diagnostics);
  }
  return load.config;
}

}  // namespace

std::shared_ptr<const Config> load_for_verb(const Arguments& arguments, Secrets secrets, Io& io) {
  return load_by([&](const std::string& path) { return load_config(path, secrets, io.host); }, arguments, io);
}

std::shared_ptr<const Config> load_source_for_verb(const std::string& name,
                                                   const Arguments& arguments,
                                                   Secrets secrets,
                                                   Io& io) {
  return load_by([&](const std::string& path) { return load_source(path, name, secrets, io.host); }, arguments, io);
}

std::shared_ptr<const Config> load_or_last_good(const Arguments& arguments, Secrets secrets, Io& io) {
  const std::string path = config_path(arguments);
  if (io.config != nullptr || path.empty()) {
    return load_for_verb(arguments, secrets, io);
  }
  const ReadConfig read = read_config(path, secrets, io.host);
  if (read.load.config) {
    return read.load.config;
  }
  io.err << shown_text(read.load.diagnostics);
  const auto good = last_good(path, read, secrets);
  if (!good) {
    return nullptr;
  }
  io.refused =
      "the configuration has errors; this is by the last good one, of " + local_text(good->kept, good->config->zone);
  io.err << "kpid: " << io.refused << "\n";
  return good->config;
}

std::optional<Instant> parse_time(std::string_view text, const Zone& zone) {
  if (const auto instant = parse_rfc3339(text)) {
    return instant;
  }
  const auto local = parse_local(text);
  return local ? std::optional(zone.to_instant(*local)) : std::nullopt;
}

int complain(Io& io, ExitCode code, std::string_view message) {
  io.err << "kpid: " << message << "\n";
  return code;
}

std::optional<Labels> parse_segment(std::string_view text, const Kpi& kpi) {
  Labels labels;
  if (text == "total" || text.empty()) {
    return labels;
  }
  const auto is_label = [&](std::string_view name) {
    return kpi.split_by.empty() || std::ranges::any_of(kpi.split_by, [&](const std::vector<std::string>& split) {
             return std::ranges::find(split, name) != split.end();
           });
  };
  for (const std::string_view part : split(text, ',')) {
    const std::size_t equals = part.find('=');
    const std::string_view name = trim(part.substr(0, std::min(equals, part.size())));
    if (!labels.empty() && (equals == std::string_view::npos || !is_label(name))) {
      labels.back().second += "," + std::string(part);  // of a value: "country=Korea, Republic of"
      continue;
    }
    if (equals != std::string_view::npos) {
      labels.emplace_back(name, part.substr(equals + 1));
      continue;
    }
    const bool is_plain = kpi.split_by.size() == 1 && kpi.split_by[0].size() == 1;
    if (!is_plain) {
      return std::nullopt;
    }
    labels.emplace_back(kpi.split_by[0][0], part);
  }
  for (auto& [name, value] : labels) {
    value = std::string(trim(value));
  }
  std::ranges::sort(labels);
  return labels;
}

}  // namespace kpi
