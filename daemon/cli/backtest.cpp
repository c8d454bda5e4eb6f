#include "daemon/cli/backtest_report.hpp"
#include "daemon/cli/progress.hpp"
#include "daemon/cli/reading.hpp"
#include "daemon/cli/table.hpp"
#include "daemon/cli/verbs.hpp"
#include "daemon/engine/convert.hpp"
#include "daemon/engine/recorded_rules.hpp"
#include "daemon/engine/rehearsal.hpp"
#include "rules/base/text.hpp"

#include <algorithm>
#include <ostream>
#include <set>
#include <tuple>

namespace kpi {
namespace {

/// What is asked for.
struct Wanted {
  Instant from;
  Instant to;
  std::set<std::string> afresh;  ///< Sources that are read now, not from the history.
};

/// What the script says, for the rates of what is read afresh: former values are replaced by later ones.
SampleTable table_of(const Script& script, const Config& config) {
  std::vector<const Script::Arrival*> arrivals;
  for (const Script::Arrival& arrival : script.arrivals) {
    arrivals.push_back(&arrival);
  }
  std::ranges::stable_sort(arrivals, {}, &Script::Arrival::at);
  SampleTable table;
  for (const Script::Arrival* arrival : arrivals) {
    const Script::Series& series = script.series[arrival->series];
    const std::uint32_t metric = config.sources[series.source].metrics[series.metric];
    table.put(table.series(metric, series.labels), arrival->slot, arrival->value);
  }
  return table;
}

/// What the source has now, as if each of its periods had been delivered when it ended.
Result<void> add_afresh(const Config& config, std::uint32_t index, Instant now, Io& io, Script& script) {
  const SourceConfig& source = config.sources[index];
  Poll poll = KPI_TRY(source.source->poll({now, "", std::nullopt}, io.host, std::stop_token()));
  if (converts(source)) {
    convert(poll, source, config, table_of(script, config));
  }
  const auto first = static_cast<std::uint32_t>(script.series.size());
  for (const PolledSeries& series : poll.series) {
    script.series.push_back({index, series.metric, series.labels});
  }
  const Grain& grain = source.settings.grain;
  for (const PolledSample& sample : poll.samples) {
    const bool is_instant = grain.unit == Grain::Unit::kInstant;
    const Instant at =
        is_instant ? Instant{Duration{sample.slot.ms}} : period_of(sample.slot, grain, source.settings.zone).end;
    if (at <= now) {
      script.arrivals.push_back({at, first + sample.series, sample.slot, sample.value});
    }
  }
  return {};
}

/// What is judged by: a configuration, and those that came after it.
struct Judges {
  std::shared_ptr<const Config> first;
  std::vector<Script::Reload> later;
};

const Config& newest(const Judges& judges) {
  return judges.later.empty() ? *judges.first : *judges.later.back().config;
}

std::size_t count_kpis(const Judges& judges) {
  std::set<std::string> ids;
  const auto add = [&](const Config& config) {
    for (const Kpi& kpi : config.rules.kpis) {
      ids.insert(kpi.id);
    }
  };
  add(*judges.first);
  for (const Script::Reload& reload : judges.later) {
    add(*reload.config);
  }
  return ids.size();
}

/// What is replayed, and until when something is known: nobody knows what is missing from days to come.
struct Known {
  Script script;
  Instant until;
};

/// `says_ends`: that there is no history, or that it ends earlier than asked for.
Result<Known> make_script(const Config& config, const Wanted& wanted, bool says_ends, Io& io) {
  Known known;
  Script& script = known.script;
  if (wanted.afresh.size() < config.sources.size()) {
    const auto reader = open_history_reader(config.history);
    if (!reader && (wanted.afresh.empty() || reader.error().kind != ErrorKind::kNotFound)) {
      return tl::unexpected(reader.error());
    }
    if (reader) {
      // All of it: what was imported later is known of those periods too.
      script = KPI_TRY(read_script(**reader, config, wanted.afresh, Instant::max()));
      const auto last = KPI_TRY((*reader)->last_step());
      known.until = last.value_or(known.until);
    } else if (says_ends) {
      const std::vector<std::string> names(wanted.afresh.begin(), wanted.afresh.end());
      io.err << "kpid: there is no history yet: only " << join(names, ", ") << (names.size() == 1 ? " is" : " are")
             << " looked at\n";
    }
  }
  if (!wanted.afresh.empty()) {
    known.until = std::max(known.until, io.clock.now());
  }
  if (says_ends && known.until != Instant{} && known.until + std::chrono::days{1} < wanted.to) {
    io.err << "kpid: nothing is known of what comes after " << local_text(known.until, config.zone)
           << ": the history ends there\n";
  }
  // Rates come before what is converted by them.
  for (const bool is_converted : {false, true}) {
    for (std::uint32_t i = 0; i < config.sources.size(); ++i) {
      const SourceConfig& source = config.sources[i];
      if (converts(source) == is_converted && wanted.afresh.contains(source.settings.name)) {
        KPI_TRY(add_afresh(config, i, known.until, io, script));
      }
    }
  }
  return known;
}

/// At the times at which the history was made. `is_record`: by the rules that made it. Others give up in between what
/// they wait for, but only while kpid was running: looked at when nobody looked, they would miss what came later.
Result<Backtest> play(const Judges& judges, const Wanted& wanted, bool is_record, Io& io) {
  Known known = KPI_TRY(make_script(newest(judges), wanted, is_record, io));
  Script& script = known.script;
  script.looks_between = !is_record;
  script.reloads = judges.later;
  if (!wanted.afresh.empty()) {
    script.steps.clear();  // what is read afresh has its own times
    script.reads.clear();
    script.away.clear();
  }
  Backtest backtest{wanted.from, wanted.to, 0, {}};
  Instant begin = wanted.from;
  // The last periods are judged after they have ended.
  Instant end = script.steps.empty() ? known.until : std::max(std::min(wanted.to, known.until), script.steps.back());
  for (const Script::Arrival& arrival : script.arrivals) {
    begin = std::min(begin, arrival.at);
    end = std::max(end, arrival.at);
  }
  Rehearsal rehearsal(judges.first, std::move(script));
  rehearsal.on_verdict = [&](const VerdictRow& row) {
    backtest.evaluations += row.period.start >= wanted.from && row.period.start < wanted.to ? 1 : 0;
  };
  Progress progress(io, "backtest");
  constexpr int kParts = 50;
  for (int part = 1; part <= kParts; ++part) {
    KPI_TRY(rehearsal.advance(begin + (end - begin) / kParts * part));
    rehearsal.take_messages();
    progress.show(std::to_string(100 * part / kParts) + "%");
  }
  KPI_TRY(rehearsal.advance(end));
  backtest.episodes.reserve(rehearsal.episodes().size());
  for (const auto& [id, row] : rehearsal.episodes()) {
    const bool is_inside = row.since < wanted.to && (!row.resolved || *row.resolved > wanted.from);
    if (row.line != 0 && row.firing && is_inside) {
      const LineRow& line = rehearsal.line(row.line);
      backtest.episodes.push_back(
          {line.kpi, row.rule, line.segment, row.severity, row.since, row.pending, row.firing, row.resolved});
    }
  }
  std::ranges::sort(backtest.episodes, {}, [](const BacktestEpisode& episode) {
    return std::tie(episode.kpi, episode.segment, episode.rule, episode.since, episode.firing, episode.resolved);
  });
  return backtest;
}

void print_text(const Backtest& backtest, const std::vector<EpisodeChange>* changes, const Judges& judges, Io& io) {
  const Config& config = *judges.first;
  const auto day = [&](Instant instant) { return local_text(instant, config.zone).substr(0, 10); };
  io.out << day(backtest.from) << " to " << day(backtest.to) << ": " << counted(backtest.evaluations, "evaluation")
         << " of " << counted(count_kpis(judges), "KPI") << ", " << counted(backtest.episodes.size(), "episode")
         << "\n";
  const auto section = [&](const std::string& text) { io.out << (text.empty() ? "" : "\n") << text; };
  const std::size_t columns = columns_of(io);
  section(timeline_text(backtest, config.zone, columns));
  section(episodes_text(backtest, config.zone, columns));
  if (changes == nullptr) {
    return;
  }
  io.out << "\nagainst the rules of that time: "
         << (changes->empty() ? "the same episodes" : counted(changes->size(), "difference")) << "\n";
  section(changes_text(*changes, config.zone, columns));
}

Result<Wanted> read_wanted(const Arguments& arguments, const Config& config) {
  Wanted wanted;
  for (const auto& [name, out] : {std::pair("from", &wanted.from), std::pair("to", &wanted.to)}) {
    const auto time = parse_time(arguments.text(name), config.zone);
    if (!time) {
      return fail(ErrorKind::kInvalid,
                  "--" + std::string(name) + " " + printable(arguments.text(name)) + " is no time; write 2026-03-31");
    }
    *out = *time;
  }
  if (wanted.from >= wanted.to) {
    return fail(ErrorKind::kInvalid, "--from does not lie before --to");
  }
  for (const std::string& name : arguments.list("source")) {
    std::vector<std::string> known;
    for (const SourceConfig& source : config.sources) {
      known.push_back(source.settings.name);
    }
    if (std::ranges::find(known, name) == known.end()) {
      const std::string near = did_you_mean(name, known);
      return fail(
          ErrorKind::kInvalid,
          "there is no source \"" + printable(name) + "\"; " + (near.empty() ? "sources: " + join(known, " ") : near));
    }
    wanted.afresh.insert(name);
  }
  return wanted;
}

/// The history needs no secrets, a source does.
Secrets secrets_for(const Arguments& arguments) {
  return arguments.has("source") ? Secrets::kRequired : Secrets::kIgnored;
}

/// The configuration with other rule files. Null: they have errors, which were printed.
std::shared_ptr<const Config> load_other_rules(const Arguments& arguments, Io& io) {
  const ConfigLoad load =
      load_rule_files({config_path(arguments), arguments.list("rules"), nullptr, std::nullopt, nullptr, {}},
                      secrets_for(arguments),
                      io.host);
  io.err << load.diagnostics.text();
  return load.config;
}

/// The rules of each time; those that are configured where there is no record of them, or where sources are read
/// afresh, whose times are not those of the record.
Result<Judges> judges_of_record(const std::shared_ptr<const Config>& config,
                                const Wanted& wanted,
                                bool says_unjudged,
                                Io& io) {
  if (!wanted.afresh.empty()) {
    return Judges{config, {}};
  }
  const auto reader = KPI_TRY(open_history_reader(config->history));
  const RecordedRules recorded = KPI_TRY(read_recorded_rules(*reader, config));
  for (const std::string& remark : recorded.remarks) {
    io.err << "kpid: " << printable(remark, 1000) << "\n";
  }
  if (says_unjudged && !recorded.unjudged.empty()) {
    io.err << "kpid: not judged by yet, and not in this: the rules of " << join(recorded.unjudged, ", ")
           << " as they are now; --rules FILE tries them\n";
  }
  Judges judges{recorded.versions.front().config, {}};
  for (auto version = std::next(recorded.versions.begin()); version != recorded.versions.end(); ++version) {
    judges.later.push_back({version->from, version->config});
  }
  return judges;
}

int backtest(const Arguments& arguments, Io& io) {
  const auto config = load_for_verb(arguments, secrets_for(arguments), io);
  if (!config) {
    return kExitNo;
  }
  const auto wanted = read_wanted(arguments, *config);
  if (!wanted) {
    return complain(io, kExitUsage, wanted.error().message);
  }
  const auto other = arguments.has("rules") ? load_other_rules(arguments, io) : nullptr;
  const bool is_compared = arguments.has("rules");
  if (is_compared && !other) {
    return kExitNo;
  }
  const auto recorded = judges_of_record(config, *wanted, !is_compared, io);
  if (!recorded) {
    return complain(io, kExitFailed, recorded.error().message);
  }
  const Judges judges = is_compared ? Judges{other, {}} : *recorded;
  const auto now = play(*recorded, *wanted, true, io);
  const auto then = is_compared ? play(judges, *wanted, false, io) : now;
  if (!now || !then) {
    return complain(io, kExitFailed, (now ? then : now).error().message);
  }
  const std::vector<EpisodeChange> changes =
      is_compared ? compare_backtests(*now, *then) : std::vector<EpisodeChange>();
  if (arguments.has("json")) {
    io.out << backtest_json(*then, is_compared ? &changes : nullptr);
  } else {
    print_text(*then, is_compared ? &changes : nullptr, judges, io);
  }
  return kExitFine;
}

}  // namespace

Command backtest_command() {
  return {"backtest",
          "judges the history once more, by the rules of its time or by others; nothing is sent",
          "kpid backtest --from 2026-01-01 --to 2026-04-01                         the episodes, and a timeline\n"
          "kpid backtest --from 2026-01-01 --to 2026-04-01 --rules try/shop.yaml   and how other rules differ",
          {config_argument(),
           {"from", "TIME", "the first day", false, false, true},
           {"to", "TIME", "the day after the last", false, false, true},
           {"rules", "PATH", "rule files instead of the configured ones", false, true},
           {"source", "NAME", "read this source afresh, not from the history", false, true},
           json_argument()},
          backtest};
}

}  // namespace kpi
