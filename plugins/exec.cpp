#include "plugins/exec.hpp"

#include "plugins/exec_question.hpp"
#include "plugins/http/credential_desk.hpp"
#include "plugins/network.hpp"
#include "plugins/option_tree.hpp"
#include "plugins/poll_secrets.hpp"
#include "rules/base/text.hpp"

#include <charconv>
#include <utility>

namespace kpi {
namespace {

enum class Format : std::uint8_t { kLines, kNagios, kOpenMetrics };

const OptionValue* given(const OptionValues& options, std::string_view key) {
  const auto found = options.find(key);
  return found == options.end() || !found->second.given ? nullptr : &found->second;
}

/// The program, with the script that an interpreter is to run.
std::string program_of(const std::vector<std::string>& command) {
  const bool has_script = command.size() > 1 && !command[1].starts_with('-');
  return "exec " + command.front() + (has_script ? ' ' + command[1] : "");
}

/// A program may print what it was told.
std::vector<std::string> texts_of(const OptionValue* secrets) {
  std::vector<std::string> texts;
  if (secrets != nullptr && secrets->tree != nullptr) {
    for (const auto& [name, value] : secrets->tree->entries) {
      texts.emplace_back(value.reveal());
    }
  }
  return texts;
}

class ExecSource final : public Source {
 public:
  ExecSource(SourceSettings settings, ProcessRequest process, Format format, int connections)
      : settings_(std::move(settings)),
        process_(std::move(process)),
        format_(format),
        program_(program_of(process_.command)),
        connections_(connections) {}

  Result<Poll> poll(const PollRequest& request, Host& host, const std::stop_token& stop) override {
    const std::string present = std::to_string(present_slot(request.now, settings_).ms);
    const bool has_no_time = format_ != Format::kLines && settings_.grain.unit != Grain::Unit::kInstant;
    if (has_no_time && request.cursor == present) {
      // What a period was is read once, just after its end: later readings are about the next one.
      Poll poll;
      poll.unchanged = true;
      poll.cursor = request.cursor;
      return poll;
    }
    ProcessRequest process = process_;
    const OptionValue* secrets = given(settings_.options, "secrets");
    process.input = format_ == Format::kLines
                        ? exec_question(settings_, request, secrets == nullptr ? nullptr : secrets->tree.get())
                        : "";
    const CredentialPlace place = KPI_TRY(CredentialPlace::take(host, program_, connections_, stop));
    const ProcessResult result = KPI_TRY(host.run(process, stop));
    if (!is_valid_utf8(result.output)) {
      return fail(ErrorKind::kInvalid, process.command.front() + ": its output is not UTF-8");
    }
    Poll poll = KPI_TRY(without_secrets(read(result, request), texts_of(secrets)));
    if (has_no_time) {
      poll.cursor = present;
    }
    return poll;
  }

 private:
  Result<Poll> read(const ProcessResult& result, const PollRequest& request) const {
    if (format_ == Format::kNagios && result.signal == 0) {
      return named(read_nagios(result.output, result.code, settings_, request));
    }
    if (format_ == Format::kLines && result.code == 0) {
      return named(read_exec_lines(result.output, settings_, request));
    }
    if (format_ == Format::kOpenMetrics && result.code == 0) {
      return named(read_open_metrics(result.output, settings_, request));
    }
    // A program may say in its last line why it failed.
    if (format_ == Format::kLines) {
      const auto answer = read_exec_lines(result.output, settings_, request);
      if (!answer && answer.error().kind == ErrorKind::kUnavailable && result.signal == 0) {
        return named(answer);
      }
    }
    const std::string_view said = trim(result.errors.empty() ? result.output : result.errors);
    const std::size_t last = said.rfind('\n');
    const std::string why = printable(last == std::string_view::npos ? said : said.substr(last + 1), 256);
    return fail(ErrorKind::kUnavailable,
                process_.command.front() +
                    (result.signal != 0 ? " was ended by signal " + std::to_string(result.signal)
                                        : " exited with " + std::to_string(result.code)) +
                    (why.empty() ? "" : ": " + why));
  }

  [[nodiscard]] Result<Poll> named(Result<Poll> poll) const {
    if (!poll) {
      return fail(poll.error().kind, process_.command.front() + ": " + poll.error().message);
    }
    return poll;
  }

  SourceSettings settings_;
  ProcessRequest process_;
  Format format_;
  std::string program_;  ///< What counts as one, however it is called.
  int connections_;
};

std::unique_ptr<Source> create_exec(const SourceSettings& settings, Diagnostics& diagnostics) {
  const std::size_t before = diagnostics.items().size();
  ProcessRequest process;
  const OptionValue* command = given(settings.options, "command");
  if (command == nullptr || command->items.empty() || command->items.front().empty()) {
    diagnostics.error(command == nullptr ? settings.position : command->position,
                      "command is empty",
                      "write the program and its arguments: command: [./sales.py, --days, \"7\"]");
    return nullptr;
  }
  process.command = command->items;
  if (process.command.front().find('/') != std::string::npos) {
    process.command.front() = path_near(command->position, process.command.front());
  } else if (process.command.front().find(' ') != std::string::npos) {
    diagnostics.error(command->position,
                      "command is run without a shell: \"" + printable(process.command.front(), 100) +
                          "\" is taken for the name of one program",
                      "write a list: command: [program, argument]");
  }
  for (const auto& [key, list] :
       {std::pair{"environment", &process.passed}, {"read", &process.readable}, {"write", &process.writable}}) {
    if (const OptionValue* option = given(settings.options, key)) {
      *list = option->items;
    }
  }
  for (auto* paths : {&process.readable, &process.writable}) {
    for (std::string& path : *paths) {
      path = path_near(command->position, path);
    }
  }
  process.folder = path_near(command->position, ".");
  process.environment = {{"KPID_SOURCE", settings.name}};
  if (const OptionValue* timeout = given(settings.options, "timeout")) {
    std::int64_t ms = 0;
    std::from_chars(timeout->text.data(), timeout->text.data() + timeout->text.size(), ms);
    if (ms < 100 || ms > 3'600'000) {
      diagnostics.error(timeout->position, "timeout must lie between 100 ms and an hour", "write timeout: 30s");
    }
    process.timeout = std::chrono::milliseconds{ms};
  }
  if (const OptionValue* secrets = given(settings.options, "secrets")) {
    const bool is_map = secrets->tree && secrets->tree->kind == OptionTree::Kind::kMap;
    if (!is_map) {
      diagnostics.error(
          secrets->position, "secrets wants names and values", "write secrets: {token: \"${env:TOKEN}\"}");
    }
  }
  Format format = Format::kLines;
  if (const OptionValue* option = given(settings.options, "format")) {
    format = option->text == "nagios"        ? Format::kNagios
             : option->text == "openmetrics" ? Format::kOpenMetrics
                                             : Format::kLines;
  }
  if (format == Format::kNagios && !settings.labels.empty()) {
    diagnostics.error(
        settings.labels.front().position, "the output of a Nagios plugin has no labels", "leave them out");
  }
  if (const OptionValue* secrets = given(settings.options, "secrets"); secrets != nullptr && format != Format::kLines) {
    diagnostics.error(secrets->position,
                      "secrets are told with the question, which only a program of format: lines is asked",
                      "pass them in a variable: environment: [NAME]");
  }
  const int connections = read_connections(settings.options, diagnostics);
  return diagnostics.items().size() == before
             ? std::make_unique<ExecSource>(settings, std::move(process), format, connections)
             : nullptr;
}

OptionSpec option(std::string key, OptionSpec::Type type, std::string fallback, std::string help) {
  return {.key = std::move(key),
          .type = type,
          .required = false,
          .fallback = std::move(fallback),
          .choices = {},
          .help = std::move(help)};
}

std::vector<OptionSpec> options() {
  using Type = OptionSpec::Type;
  OptionSpec command = option("command", Type::kList, "", "The program, and its arguments; there is no shell.");
  command.required = true;
  OptionSpec format = option("format",
                             Type::kChoice,
                             "lines",
                             "What it prints: JSON lines as in docs/exec.md, what a "
                             "Nagios plugin prints (with perfdata), or OpenMetrics text.");
  format.choices = {"lines", "nagios", "openmetrics"};
  return {std::move(command),
          std::move(format),
          option("timeout", Type::kDuration, "30s", "Then the program and all that it started is killed."),
          connections_option("of one program may run at once"),
          option("environment", Type::kList, "", "Names of variables that are passed on; else it has PATH and LANG."),
          option("secrets", Type::kTree, "", "What it is told on its standard input, by name; format lines only."),
          option("read", Type::kList, "", "Files and folders that it may read, besides the system's and its own."),
          option("write", Type::kList, "", "Files and folders that it may write to.")};
}

}  // namespace

std::string path_near(const Position& position, const std::string& path) {
  if (path.starts_with('/') || position.source == nullptr) {
    return path;
  }
  const std::size_t slash = position.source->name.rfind('/');
  return slash == std::string::npos ? path : position.source->name.substr(0, slash + 1) + path;
}

const std::string& column_of(const SourceMetric& metric) {
  const auto column = metric.options.find("column");
  return column == metric.options.end() || column->second.text.empty() ? metric.name : column->second.text;
}

Plugin exec_plugin() {
  return {.name = "exec",
          .help = "Any program: it prints JSON lines, what a Nagios plugin prints, or OpenMetrics text.",
          .options = options(),
          .metric_options = {option("column",
                                    OptionSpec::Type::kText,
                                    "",
                                    "The program's name for it; without it, the metric's own. Of a Nagios plugin a "
                                    "label of its perfdata, or exit_code.")},
          .create = create_exec};
}

}  // namespace kpi
