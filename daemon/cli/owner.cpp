#include "daemon/cli/owner.hpp"

#include "daemon/cli/reading.hpp"
#include "daemon/web/client.hpp"
#include "rules/base/text.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ostream>

namespace kpi {
namespace {

/// The command line again, without the files that are named for this side.
std::vector<std::string> words_of(const Command& command, const Arguments& arguments) {
  std::vector<std::string> words;
  for (const std::string_view word : split(command.name, ' ')) {
    words.emplace_back(word);
  }
  std::vector<std::string> positional{"--"};
  for (const ArgumentSpec& spec : command.arguments) {
    if (!arguments.has(spec.name) || spec.name == "config" || spec.name == "out") {
      continue;
    }
    for (const std::string& value : arguments.list(spec.name)) {
      if (spec.is_positional) {
        positional.push_back(value);
        continue;
      }
      words.push_back("--" + spec.name);
      if (!spec.value.empty()) {
        words.push_back(value);
      }
    }
  }
  if (positional.size() > 1) {
    words.insert(words.end(), positional.begin(), positional.end());
  }
  return words;
}

bool is_kept_from_us(const std::string& history) {
  return ::access(history.c_str(), R_OK) != 0 && errno == EACCES;
}

}  // namespace

std::optional<int> run_by_owner(const std::string& verb, const Arguments& arguments, const Config& config, Io& io) {
  const auto command = std::ranges::find(commands(), verb, &Command::name);
  if (io.config != nullptr || command == commands().end() || !is_kept_from_us(config.history)) {
    return std::nullopt;
  }
  const auto answer = ask_daemon_to_read(words_of(*command, arguments), config);
  if (!answer) {
    return std::nullopt;
  }
  if (!*answer) {
    return complain(io, kExitFailed, answer->error().message);
  }
  io.err << (*answer)->err;
  const std::string path = out_file(arguments);
  if (path.empty() || (*answer)->code != kExitFine) {
    io.out << (*answer)->out;
    return (*answer)->code;
  }
  if (const auto written = write_whole(path, (*answer)->out); !written) {
    return complain(io, kExitFailed, written.error().message);
  }
  io.err << path << ": written\n";
  return kExitFine;
}

}  // namespace kpi
