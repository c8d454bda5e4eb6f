#include "daemon/cli/check_grains.hpp"
#include "daemon/cli/check_seasons.hpp"
#include "daemon/cli/interruption.hpp"
#include "daemon/cli/progress.hpp"
#include "daemon/cli/reading.hpp"
#include "daemon/cli/shown_diagnostics.hpp"
#include "daemon/cli/status_words.hpp"
#include "daemon/cli/table.hpp"
#include "daemon/cli/verbs.hpp"
#include "daemon/config/last_good.hpp"
#include "daemon/engine/action_link.hpp"
#include "daemon/engine/watch.hpp"
#include "daemon/os/change_watch.hpp"
#include "daemon/os/curl_http.hpp"
#include "daemon/os/free_memory.hpp"
#include "daemon/os/log.hpp"
#include "daemon/os/process_starter.hpp"
#include "daemon/os/signals.hpp"
#include "daemon/review/report.hpp"
#include "daemon/store/history_reader.hpp"
#include "daemon/store/sqlite_store.hpp"
#include "daemon/web/front.hpp"
#include "rules/base/text.hpp"

#include <nlohmann/json.hpp>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ostream>
#include <sstream>

namespace kpi {
namespace {

using nlohmann::ordered_json;

void print_summary(const OnceReport& report, const Engine& engine, Instant now, Io& io) {
  std::size_t firing = 0;
  for (const Line& line : engine.lines()) {
    firing += state_of(line) == KpiState::kFiring ? 1 : 0;
  }
  const StepSummary& step = report.summary;
  io.out << rfc3339(now) << ": " << counted(step.new_samples, "new sample");
  if (step.restated_samples > 0) {
    io.out << ", " << step.restated_samples << " restated";
  }
  io.out << "; " << counted(step.judged, "period") << " judged; "
         << counted(firing, "KPI firing", "KPIs or segments firing") << "; " << counted(step.messages.size(), "message")
         << ", " << report.delivered << " delivered\n";
  for (const std::string& remark : step.remarks) {
    io.out << wrapped(remark, 2);
  }
  if (step.past_samples > 0) {
    io.out << counted(step.past_samples, "sample") << " not taken: older than retention keeps\n";
  }
  for (const std::string& warning : step.warnings) {
    io.err << "kpid: " << warning << "\n";
  }
  for (const std::string& failed : report.failed_deliveries) {
    io.err << "kpid: not delivered to " << failed << "\n";
  }
}

void print_json(const OnceReport& report, Instant now, Io& io) {
  ordered_json messages = ordered_json::array();
  for (const Message& message : report.summary.messages) {
    messages.push_back({{"id", message.id}, {"type", name_of(message.type)}, {"channel", message.channel}});
  }
  const ordered_json document{{"now", rfc3339(now)},
                              {"new_samples", report.summary.new_samples},
                              {"restated_samples", report.summary.restated_samples},
                              {"past_samples", report.summary.past_samples},
                              {"judged", report.summary.judged},
                              {"messages", messages},
                              {"delivered", report.delivered},
                              {"failed_deliveries", report.failed_deliveries},
                              {"warnings", report.summary.warnings},
                              {"remarks", report.summary.remarks}};
  io.out << document.dump(2, ' ', false, ordered_json::error_handler_t::replace) << "\n";
}

/// For digests that bring a review: what the history says of the period.
Result<std::string> review_file(const Config& config, const ReviewPeriod& period, Language language) {
  const auto reader = KPI_TRY(open_history_reader(config.history));
  return make_report(config, period, ReportFormat::kHtml, language, *reader);
}

/// A clock that is set right moves back by so much at the most; time stands still until then.
constexpr std::chrono::minutes kClockMovedBack{10};

/// With threads that would not end; all that was done is in the history.
[[noreturn]] void end_at_once(int code) {
  std::fflush(nullptr);
  std::_Exit(code);
}

int run_once(
    std::shared_ptr<const Config> config, Store& store, World world, Instant now, const Arguments& arguments, Io& io) {
  const Interruption interruption(io.host.credentials());
  EngineOptions options{1, true};
  options.make_review = review_file;
  Watch watch(std::move(config), store, world, std::move(options));
  if (const auto restored = watch.restore(now); !restored) {
    return complain(io, kExitFailed, restored.error().message);
  }
  Diagnostics found;
  check_seasons(watch.config()->rules, &watch.engine(), now, found);
  check_grains(*watch.config(), watch.engine(), found);
  if (found.has_errors()) {
    io.err << shown_text(found);
    return kExitNo;
  }
  if (const auto last = watch.engine().last_step(); last && now < *last) {
    if (arguments.has("now")) {
      return complain(io,
                      kExitUsage,
                      "--now " + rfc3339(now) + " lies before the last step at " + rfc3339(*last) +
                          ": what has been judged cannot be unseen");
    }
    if (*last - now > kClockMovedBack) {
      return complain(io,
                      kExitFailed,
                      "the clock says " + rfc3339(now) + ", and the last step was at " + rfc3339(*last) +
                          ": set the clock, or replay with --now");
    }
    now = *last;
  }
  Progress progress(io, "run");
  watch.on_doing = [&](const std::string& doing) { progress.show(doing); };
  const auto report = watch.once(now);
  progress.show("");
  if (!report) {
    return complain(io, kExitFailed, report.error().message);
  }
  if (arguments.has("json")) {
    print_json(*report, now, io);
  } else {
    print_summary(*report, watch.engine(), now, io);
  }
  if (!report->failed_copy.empty()) {
    io.err << "kpid: history.export_copy: " << report->failed_copy << "\n";
  }
  const bool has_failed =
      report->has_failed_source || !report->failed_deliveries.empty() || !report->failed_copy.empty();
  const int code = has_failed ? kExitFailed : kExitFine;
  if (!watch.close()) {
    end_at_once(code);
  }
  return code;
}

/// A verb on the configuration that runs, its output kept: what the API answers with.
VerbResult run_verb(const std::vector<std::string>& words,
                    std::shared_ptr<const Config> config,
                    std::string refused,
                    Io& io) {
  std::ostringstream out;
  std::ostringstream err;
  Io quiet{out, err, false, io.clock, io.host, std::move(config), std::move(refused)};
  const int code = run_program(words, quiet);
  return {code, out.str(), err.str()};
}

void log_diagnostics(const Diagnostics& diagnostics) {
  Diagnostics errors;
  Diagnostics warnings;
  const Diagnostics plain = without_values(diagnostics);
  for (const Diagnostic& diagnostic : plain.items()) {
    (diagnostic.severity == Diagnostic::Severity::kError ? errors : warnings).add(diagnostic);
  }
  for (const std::string& text : shown_diagnostics(errors)) {
    log_error(text);
  }
  for (const std::string& text : shown_diagnostics(warnings)) {
    log_warning(text);
  }
}

/// The errors, a line each, for people who are far from the log: the first of them.
std::string refusal_of(const Diagnostics& diagnostics) {
  constexpr std::size_t most = 10;
  std::string text;
  std::size_t count = 0;
  const Diagnostics plain = without_values(diagnostics);
  for (const Diagnostic& diagnostic : plain.items()) {
    if (diagnostic.severity == Diagnostic::Severity::kError && ++count <= most) {
      text += diagnostic.text() + "\n";
    }
  }
  return count <= most ? text : text + "and " + counted(count - most, "more error") + "\n";
}

/// The grains that are not those of the history; they are in the log. Empty: none.
std::string other_grains(const Config& config, const Engine& engine) {
  Diagnostics found;
  check_grains(config, engine, found);
  log_diagnostics(found);
  return refusal_of(found);
}

/// The seasonal paths for which the history has no last year; they are in the log. Empty: none.
std::string lacking_seasons(const Config& config, const Engine& engine, Instant now) {
  Diagnostics found;
  check_seasons(config.rules, &engine, now, found);
  log_diagnostics(found);
  return refusal_of(found);
}

/// What the daemon starts with.
struct StartFiles {
  std::string path;
  ReadConfig read;
  FilesAsSeen seen;
  std::shared_ptr<const Config> config;  ///< Null: nothing is right, or ever was.
  std::string refused;                   ///< Why it is not what the files say; empty: it is.
};

StartFiles no_files(const Io& io) {
  return {"", {{}, ConfigFiles(io.host), ""}, {}, nullptr, ""};
}

/// The files of the configuration while the daemon runs: loads them again, notices that they have changed, and keeps
/// the last that were right. Of the engine's thread.
class RunningFiles {
 public:
  RunningFiles(std::string path, Watch& watch, Front& front, Io& io)
      : path_(std::move(path)), watch_(watch), front_(front), io_(io), changes_(kLookAgain, [&watch] {
          watch.inbox().post(ReloadRequest{});
        }) {}

  /// How the daemon was started.
  void begin(const StartFiles& start) {
    look_at(start.read.files, start.seen);
    if (start.refused.empty()) {
      keep(start.read);
      return;
    }
    front_.refuse(start.refused);
    watch_.tell_config_error(start.refused);
  }

  /// Loads the files again; the log, the page and the routes say why they are refused.
  Result<std::shared_ptr<const Config>> load_again() {
    const ReadConfig read = read_config(path_, Secrets::kRequired, io_.host);
    look_at(read.files, read.files.as_seen());
    log_diagnostics(read.load.diagnostics);
    std::string refused;
    if (!read.load.config) {
      refused = refusal_of(read.load.diagnostics) + "the configuration has errors; the last good one goes on";
    } else if (const std::string lacks = lacking_seasons(*read.load.config, watch_.engine(), io_.clock.now());
               !lacks.empty()) {
      refused = lacks + "the configuration has errors; the last good one goes on";
    } else if (const std::string grains = other_grains(*read.load.config, watch_.engine()); !grains.empty()) {
      refused = grains + "the configuration has errors; the last good one goes on";
    } else if (read.load.config->history != watch_.engine().config().history) {
      refused = "the history cannot be moved while the daemon runs; the last good configuration goes on";
    }
    front_.refuse(refused);
    if (!refused.empty()) {
      log_error(refused.substr(refused.rfind('\n') + 1));
      return fail(ErrorKind::kInvalid, refused);
    }
    keep(read);
    return read.load.config;
  }

 private:
  void look_at(const ConfigFiles& files, FilesAsSeen known) {
    changes_.look_at([files] { return files.as_seen(); }, std::move(known));
  }

  void keep(const ReadConfig& read) {
    if (const auto kept = keep_last_good(*read.load.config, read.files, io_.clock.now()); !kept) {
      log_warning("the configuration could not be kept for a start on broken files: " + kept.error().message);
    }
  }

  static constexpr std::chrono::seconds kLookAgain{1};

  std::string path_;
  Watch& watch_;
  Front& front_;
  Io& io_;
  ChangeWatch changes_;
};

int run_daemon(StartFiles start, Store& store, World world, SignalWatch& signals, Io& io) {
  EngineOptions options;
  options.make_review = review_file;
  const auto links = std::make_shared<LinkSigner>(start.config->history);
  options.links = links;
  Watch watch(start.config, store, world, std::move(options));
  if (const auto restored = watch.restore(io.clock.now()); !restored) {
    return complain(io, kExitFailed, restored.error().message);
  }
  if (!other_grains(*start.config, watch.engine()).empty()) {
    return kExitNo;
  }
  if (const std::string lacks = lacking_seasons(*start.config, watch.engine(), io.clock.now());
      !lacks.empty() && start.refused.empty()) {
    start.refused = lacks + "without last year's values the target judges nothing; the rest of the configuration runs";
  }
  StatusWords status;
  Front front(
      watch.inbox(),
      io.clock,
      [&](const std::vector<std::string>& words, std::shared_ptr<const Config> running, std::string why) {
        return run_verb(words, std::move(running), std::move(why), io);
      },
      [&](const std::shared_ptr<const Config>& running, const std::string& why) { return status.read(running, why); },
      links);
  watch.on_turn = [&](const StepSummary& summary) { front.take(watch, summary); };
  front.take(watch, StepSummary{});
  if (const auto opened = front.open(*watch.config()); !opened) {
    return complain(io, kExitFailed, opened.error().message);
  }
  RunningFiles files(start.path, watch, front, io);
  files.begin(start);
  start = no_files(io);  // a reload would keep them beside its own for ever
  give_back_free_memory();
  signals.start([&](int signal) {
    if (signal == SIGHUP) {
      watch.inbox().post(ReloadRequest{});
    } else {
      watch.inbox().post(StopRequest{});
    }
  });
  const auto ran = watch.run([&] { return files.load_again(); });
  signals.stop();  // before what its calls use
  const int code = ran ? kExitFine : complain(io, kExitFailed, ran.error().message);
  // Answers only read, and a poll has no say any more: all that was done is in the history. Who waits for a long one
  // would hold up the end for it.
  const bool is_answered = front.close();
  const bool is_polled = watch.close();
  if (!is_answered) {
    log_warning("some requests were still being answered; they are given up");
  }
  if (!is_polled) {
    log_warning("some polls do not heed the stop; they are given up");
  }
  if (!is_answered || !is_polled) {
    end_at_once(code);
  }
  return code;
}

/// What the daemon starts with: the files, or the last that were right. The errors are printed. No config: nothing.
StartFiles start_files(const Arguments& arguments, Io& io) {
  StartFiles start{config_path(arguments), {{}, ConfigFiles(io.host), ""}, {}, nullptr, ""};
  if (start.path.empty()) {
    load_for_verb(arguments, Secrets::kRequired, io);  // says so
    return start;
  }
  start.read = read_config(start.path, Secrets::kRequired, io.host);
  start.seen = start.read.files.as_seen();
  start.config = start.read.load.config;
  if (start.config != nullptr) {
    return start;
  }
  io.err << shown_text(without_values(start.read.load.diagnostics));
  const auto good = last_good(start.path, start.read, Secrets::kRequired);
  if (!good) {
    io.err << "kpid: it cannot start: " << good.error().message << "\n";
    return start;
  }
  start.config = good->config;
  start.refused = refusal_of(start.read.load.diagnostics) +
                  "the configuration has errors; the daemon was started with the last good one, of " +
                  local_text(good->kept, good->config->zone);
  log_error(start.refused.substr(start.refused.rfind('\n') + 1));
  return start;
}

int run(const Arguments& arguments, Io& io) {
  for (const std::string name : {"now", "json"}) {
    if (arguments.has(name) && !arguments.has("once")) {
      return complain(io, kExitUsage, "--" + name + " goes with --once");
    }
  }
  if (const std::string log = arguments.text("log", "text"); log == "json") {
    log_as_json();
  } else if (log != "text") {
    return complain(io, kExitUsage, "--log wants text or json, got \"" + printable(log) + "\"");
  }
  if (arguments.has("debug")) {
    log_everything();
  }
  std::optional<ProcessStarter> starter;
  std::optional<SignalWatch> signals;
  if (!arguments.has("once")) {
    starter.emplace();
    signals.emplace();  // before any thread
  }
  StartFiles start = no_files(io);
  if (signals) {
    start = start_files(arguments, io);
  } else {
    start.config = load_for_verb(arguments, Secrets::kRequired, io);
  }
  const std::shared_ptr<const Config>& config = start.config;
  if (!config) {
    return kExitNo;
  }
  // Before the history is made: a wrong command line leaves nothing behind.
  const std::optional<Instant> now =
      arguments.has("now") ? parse_time(arguments.text("now"), config->zone) : std::optional(io.clock.now());
  if (!now) {
    return complain(io,
                    kExitUsage,
                    R"(--now wants a time such as 2026-03-31T06:00:00Z or "2026-03-31 06:00", got ")" +
                        printable(arguments.text("now")) + "\"");
  }
  SqliteStoreOptions options;
  if (!signals) {
    options.patience = kHistoryPatience;
  }
  auto store = open_sqlite_store(config->history, options);
  if (!store) {
    return complain(io, kExitFailed, store.error().message);
  }
  const auto http = make_curl_client();
  // One JSON document and nothing else: messages for people go where the log goes.
  std::ostream& console = arguments.has("once") && arguments.has("json") ? io.err : io.out;
  const World world{io.clock, io.host, *http, console};
  return signals ? run_daemon(std::move(start), **store, world, *signals, io)
                 : run_once(config, **store, world, arguments.has("now") ? *now : io.clock.now(), arguments, io);
}

}  // namespace

Command run_command() {
  return {"run",
          "watch: poll, judge, tell; in the foreground",
          "kpid run                                  the daemon\n"
          "kpid run --once                           poll, judge and deliver once: for cron or CI\n"
          "kpid run --once --now \"2026-03-31 06:00\"  the same as of then: for replays",
          {config_argument(),
           {"once", "", "poll everything once, judge, deliver, print a summary, exit"},
           {"now", "TIME", "with --once: the time it is, RFC 3339 or YYYY-MM-DD[ HH:MM] in the daemon's zone"},
           {"log", "FORMAT", "the daemon's log on standard error: text (default) or json, an object a line"},
           {"debug", "", "log each poll and each attempt of a delivery too"},
           {"json", "", "with --once: print the summary as one JSON document"}},
          run};
}

}  // namespace kpi
