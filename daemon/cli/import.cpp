#include "daemon/cli/check_grains.hpp"
#include "daemon/cli/interruption.hpp"
#include "daemon/cli/progress.hpp"
#include "daemon/cli/verbs.hpp"
#include "daemon/engine/engine.hpp"
#include "daemon/store/sqlite_store.hpp"
#include "rules/base/text.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <ostream>
#include <utility>

namespace kpi {
namespace {

/// A source that asks for one day at a time reads so much of a long history by several polls.
constexpr int kMostPolls = 100;

/// What a backfill changed, and why it ended early, if it did.
struct Backfill {
  StepSummary summary;
  std::string trouble;
};

void add(StepSummary& all, StepSummary step) {
  all.new_samples += step.new_samples;
  all.restated_samples += step.restated_samples;
  all.judged += step.judged;
  all.past_samples += step.past_samples;
  all.remarks = std::move(step.remarks);  // of a poll before the last, that there is more
  std::ranges::move(step.messages, std::back_inserter(all.messages));
  std::ranges::move(step.warnings, std::back_inserter(all.warnings));
}

/// Polls that read everything from `from` on. What came before a failure is kept.
Result<Backfill> import_from(std::shared_ptr<const Config> config,
                             std::uint32_t source,
                             std::optional<Slot> from,
                             Instant clock,
                             Store& store,
                             Io& io) {
  Engine engine(config, store);
  KPI_TRY(engine.restore(clock));
  KPI_TRY(refuse_other_grains(*config, engine));
  const Instant now = std::max(clock, engine.last_step().value_or(clock));
  Backfill backfill;
  const bool was_read = engine.read_grain(config->sources[source].settings.name).has_value();
  PollRequest request = engine.poll_request(source, now);
  request.cursor.clear();
  Progress progress(io, "import");
  std::size_t samples = 0;
  for (int polls = 0; polls < kMostPolls; ++polls) {
    request.from = from ? from : request.from;
    progress.show("reading" + (samples > 0 ? ", " + counted(samples, "sample") + " so far" : ""));
    auto poll = config->sources[source].source->poll(request, io.host, {});
    if (!poll && polls == 0) {
      return tl::unexpected<Error>(poll.error());
    }
    if (!poll) {
      backfill.trouble = poll.error().message;
      break;
    }
    const bool has_more = poll->has_more;
    const std::optional<Error> broken_off = poll->broken_off;
    const std::string cursor = poll->cursor;
    samples += poll->samples.size();
    progress.show("judging by " + counted(samples, "sample"));
    engine.receive(PollResult{source, now, *std::move(poll), 0, was_read});
    add(backfill.summary, KPI_TRY(engine.step(now)));
    if (broken_off) {
      backfill.trouble = broken_off->message;
    }
    if (!has_more || broken_off || cursor.empty() || cursor == request.cursor) {
      break;
    }
    request = engine.poll_request(source, now);
    request.cursor = cursor;
  }
  return backfill;
}

int import(const Arguments& arguments, Io& io) {
  const auto config = load_for_verb(arguments, Secrets::kRequired, io);
  if (!config) {
    return kExitNo;
  }
  const SourceConfig* source = find_source_for_verb(*config, arguments.text("source"), io);
  if (source == nullptr) {
    return kExitUsage;
  }
  std::optional<Slot> from;
  if (arguments.has("from")) {
    const auto date = parse_date(arguments.text("from"));
    if (!date) {
      return complain(io, kExitUsage, "--from wants a date such as 2026-03-31");
    }
    from = slot_of(*date);
  }
  const std::optional<Instant> now =
      arguments.has("now") ? parse_time(arguments.text("now"), config->zone) : std::optional(io.clock.now());
  if (!now) {
    return complain(io, kExitUsage, "--now wants a time such as 2026-03-31T06:00:00Z or \"2026-03-31 06:00\"");
  }
  if (from && start_of(*from, {}, source->settings.zone) > *now) {
    return complain(io,
                    kExitUsage,
                    "--from " + arguments.text("from") + " lies in the future: there is nothing to read from then on");
  }
  const Interruption interruption(io.host.credentials());
  auto store = open_sqlite_store(config->history, {.patience = kHistoryPatience});
  if (!store) {
    return complain(io, kExitFailed, store.error().message);
  }
  const auto index = static_cast<std::uint32_t>(source - config->sources.data());
  const auto backfill = import_from(config, index, from, *now, **store, io);
  if (!backfill) {
    return complain(io, kExitFailed, "source " + source->settings.name + ": " + backfill.error().message);
  }
  const StepSummary* summary = &backfill->summary;
  for (const std::string& warning : summary->warnings) {
    io.err << "kpid: " << warning << "\n";
  }
  io.out << source->settings.name << ": " << counted(summary->new_samples, "new sample") << ", "
         << summary->restated_samples << " restated, " << counted(summary->judged, "period") << " judged\n";
  for (const std::string& remark : summary->remarks) {
    io.out << remark << "\n";
  }
  if (summary->past_samples > 0) {
    io.out << counted(summary->past_samples, "sample") << " not taken: older than retention keeps\n";
  }
  if (!summary->messages.empty()) {
    io.out << counted(summary->messages.size(), "message leaves", "messages leave") << " with the next `kpid run`\n";
  }
  if (!backfill->trouble.empty()) {
    return complain(io,
                    kExitFailed,
                    "source " + source->settings.name + ": " + backfill->trouble +
                        "; what came before is kept, --from goes on from a later day");
  }
  return kExitFine;
}

}  // namespace

Command import_command() {
  return {"import",
          "backfill the history from a source",
          "kpid import --source web                      all it has\n"
          "kpid import --source web --from 2024-01-01    from that day on, whatever its `since` says",
          {{"source", "NAME", "the source", false, false, true},
           {"from", "DATE", "the first day (default: the source's `since`, else everything)"},
           {"now", "TIME", "the time it is, as of `run --once --now`: what follows is judged later"},
           config_argument()},
          import};
}

}  // namespace kpi
