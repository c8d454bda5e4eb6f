#include "daemon/cli/verbs.hpp"
#include "daemon/engine/watch.hpp"
#include "daemon/os/curl_http.hpp"
#include "daemon/os/log.hpp"
#include "daemon/os/signals.hpp"
#include "daemon/review/report.hpp"
#include "daemon/store/history_reader.hpp"
#include "daemon/store/sqlite_store.hpp"
#include "daemon/web/front.hpp"
#include "rules/base/text.hpp"

#include <nlohmann/json.hpp>

#include <csignal>
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
                              {"judged", report.summary.judged},
                              {"messages", messages},
                              {"delivered", report.delivered},
                              {"failed_deliveries", report.failed_deliveries},
                              {"warnings", report.summary.warnings}};
  io.out << document.dump(2, ' ', false, ordered_json::error_handler_t::replace) << "\n";
}

/// For digests that bring a review: what the history says of the period.
Result<std::string> review_file(const Config& config, const ReviewPeriod& period, Language language) {
  const auto reader = KPI_TRY(open_history_reader(config.history));
  return make_report(config, period, ReportFormat::kHtml, language, *reader);
}

int run_once(
    std::shared_ptr<const Config> config, Store& store, World world, Instant now, const Arguments& arguments, Io& io) {
  EngineOptions options{1, true};
  options.make_review = review_file;
  Watch watch(std::move(config), store, world, std::move(options));
  if (const auto restored = watch.restore(now); !restored) {
    return complain(io, kExitFailed, restored.error().message);
  }
  if (const auto last = watch.engine().last_step(); last && now < *last) {
    return complain(io,
                    kExitUsage,
                    "--now " + rfc3339(now) + " lies before the last step at " + rfc3339(*last) +
                        ": what has been judged cannot be unseen");
  }
  const auto report = watch.once(now);
  if (!report) {
    return complain(io, kExitFailed, report.error().message);
  }
  if (arguments.has("json")) {
    print_json(*report, now, io);
  } else {
    print_summary(*report, watch.engine(), now, io);
  }
  return report->has_failed_source || !report->failed_deliveries.empty() ? kExitFailed : kExitFine;
}

/// A verb on the configuration that runs, its output kept: what the API answers with.
VerbResult run_verb(const std::vector<std::string>& words, std::shared_ptr<const Config> config, Io& io) {
  std::ostringstream out;
  std::ostringstream err;
  Io quiet{out, err, false, io.clock, io.host, std::move(config)};
  const int code = run_program(words, quiet);
  return {code, out.str(), err.str()};
}

/// Loads the files again; the log and the page say why they are refused.
Result<std::shared_ptr<const Config>> load_again(const std::string& path, const Watch& watch, Front& front, Io& io) {
  const ConfigLoad load = load_config(path, Secrets::kRequired, io.host);
  for (const Diagnostic& diagnostic : load.diagnostics.items()) {
    const bool is_error = diagnostic.severity == Diagnostic::Severity::kError;
    (is_error ? log_error : log_warning)(diagnostic.text());
  }
  std::string refused;
  if (!load.config) {
    refused = load.diagnostics.text() + "the configuration has errors; the last good one goes on";
  } else if (load.config->history != watch.engine().config().history) {
    refused = "the history cannot be moved while the daemon runs; the last good configuration goes on";
  }
  front.refuse(refused);
  if (!refused.empty()) {
    log_error(refused.substr(refused.rfind('\n') + 1));
    return fail(ErrorKind::kInvalid, refused);
  }
  return load.config;
}

int run_daemon(std::shared_ptr<const Config> config, Store& store, World world, SignalWatch& signals, Io& io) {
  const std::string path = config->path;
  EngineOptions options;
  options.make_review = review_file;
  Watch watch(std::move(config), store, world, std::move(options));
  if (const auto restored = watch.restore(io.clock.now()); !restored) {
    return complain(io, kExitFailed, restored.error().message);
  }
  Front front(
      watch.inbox(), io.clock, [&](const std::vector<std::string>& words, std::shared_ptr<const Config> running) {
        return run_verb(words, std::move(running), io);
      });
  watch.on_turn = [&](const StepSummary& summary) { front.take(watch, summary); };
  front.take(watch, StepSummary{});
  if (const auto opened = front.open(*watch.config()); !opened) {
    return complain(io, kExitFailed, opened.error().message);
  }
  signals.start([&](int signal) {
    if (signal == SIGHUP) {
      watch.inbox().post(ReloadRequest{});
    } else {
      watch.inbox().post(StopRequest{});
    }
  });
  const auto ran = watch.run([&] { return load_again(path, watch, front, io); });
  signals.stop();  // before what its calls use
  if (!ran) {
    return complain(io, kExitFailed, ran.error().message);
  }
  return kExitFine;
}

int run(const Arguments& arguments, Io& io) {
  if (arguments.has("now") && !arguments.has("once")) {
    return complain(io, kExitUsage, "--now goes with --once");
  }
  std::optional<SignalWatch> signals;
  if (!arguments.has("once")) {
    signals.emplace();  // before any thread
  }
  const auto config = load_for_verb(arguments, Secrets::kRequired, io);
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
  auto store = open_sqlite_store(config->history);
  if (!store) {
    return complain(io, kExitFailed, store.error().message);
  }
  const auto http = make_curl_client();
  const World world{io.clock, io.host, *http, io.out};
  return signals ? run_daemon(config, **store, world, *signals, io)
                 : run_once(config, **store, world, *now, arguments, io);
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
           {"json", "", "with --once: print the summary as one JSON document"}},
          run};
}

}  // namespace kpi
