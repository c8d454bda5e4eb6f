#include "daemon/cli/explanation.hpp"
#include "daemon/cli/explanation_before.hpp"
#include "daemon/cli/owner.hpp"
#include "daemon/cli/table.hpp"
#include "daemon/cli/verbs.hpp"
#include "daemon/store/part_of_history.hpp"
#include "daemon/store/sqlite_store.hpp"
#include "rules/base/text.hpp"

#include <algorithm>
#include <ostream>
#include <sstream>

namespace kpi {
namespace {

int unknown_kpi(const std::string& name, const RuleSet& rules, Io& io) {
  std::vector<std::string> names;
  names.reserve(rules.kpis.size());
  for (const Kpi& kpi : rules.kpis) {
    names.push_back(kpi.id);
  }
  const std::string near = did_you_mean(name, names);
  return complain(
      io,
      kExitUsage,
      "there is no KPI \"" + printable(name) + "\"; " + (near.empty() ? "KPIs: " + join(names, " ") : near));
}

/// "write --segment country=…,device=…": each split once.
std::string segment_remedy(const Kpi& kpi) {
  if (kpi.split_by.empty()) {
    return kpi.id + " is not split: leave --segment out";
  }
  std::vector<std::string> ways;
  for (const std::vector<std::string>& split : kpi.split_by) {
    ways.push_back("--segment " + join(split, "=…,") + "=…");
  }
  return "write " + join(ways, " or ");
}

/// The period that `--at` asks about: the newest one that had ended then.
std::optional<Slot> period_at(const Arguments& arguments, const Kpi& kpi, const Config& config, bool& is_fine) {
  is_fine = true;
  if (!arguments.has("at")) {
    return std::nullopt;
  }
  const auto at = parse_time(arguments.text("at"), config.zone);
  is_fine = at.has_value();
  return at ? std::optional(next_slot(slot_at(*at, kpi.every, kpi.zone, config.rules.calendar), kpi.every, -1))
            : std::nullopt;
}

int print(const Explanation& found, const Arguments& arguments, Io& io) {
  if (arguments.has("json")) {
    print_explanation_json(found, io);
    return kExitFine;
  }
  std::ostringstream text;
  print_explanation(found, text);
  io.out << hanging(text.str(), kExplanationColumn, columns_of(io));
  return kExitFine;
}

/// A segment that is not known, or may not be for there are too many.
int unknown_segment(const Engine& engine, const Kpi& kpi, const Labels& segment, Io& io) {
  const auto is_live = [&](const Line& other) {
    return &engine.config().rules.kpis[other.kpi] == &kpi && !other.segment.empty() && !other.is_retired;
  };
  const bool is_full = static_cast<std::size_t>(std::ranges::count_if(engine.lines(), is_live)) >= kpi.max_segments;
  return complain(
      io,
      kExitUsage,
      kpi.id + " has no segment " + labels_text(segment) +
          (is_full ? ": max_segments is " + std::to_string(kpi.max_segments) + ", and so many are known" : " yet"));
}

int explain(const Arguments& arguments, Io& io) {
  const auto config = load_or_last_good(arguments, Secrets::kIgnored, io);
  if (!config) {
    return kExitNo;
  }
  const std::string name = arguments.text("kpi");
  const Kpi* kpi = config->rules.find(name);
  if (kpi == nullptr) {
    return unknown_kpi(name, config->rules, io);
  }
  const auto segment = parse_segment(arguments.text("segment", "total"), *kpi);
  if (!segment) {
    return complain(io, kExitUsage, "which segment? " + segment_remedy(*kpi));
  }
  bool is_time = true;
  const std::optional<Slot> slot = period_at(arguments, *kpi, *config, is_time);
  if (!is_time) {
    return complain(io, kExitUsage, "--at wants a time such as 2026-03-31T06:00:00Z or \"2026-03-31 06:00\"");
  }
  if (const auto code = run_by_owner("explain", arguments, *config, io)) {
    return *code;
  }
  auto store = open_sqlite_store_for_reading(config->history);
  if (!store) {
    return complain(io, kExitFailed, store.error().message);
  }
  PartOfHistory part(config->rules, *kpi, **store);
  Engine engine(config, part);
  const Instant now = io.clock.now();
  if (const auto restored = engine.restore(now); !restored) {
    return complain(io, kExitFailed, restored.error().message);
  }
  const Line* line = engine.find_line(name, *segment);
  if (line == nullptr && !segment->empty()) {
    return unknown_segment(engine, *kpi, *segment, io);
  }
  if (line == nullptr) {
    Line total;
    return print(explain_before_samples(engine, *kpi, now, total), arguments, io);
  }
  const auto history = open_history_reader(config->history);
  if (!history) {
    return complain(io, kExitFailed, history.error().message);
  }
  const auto found = explain_line(engine, **history, engine.last_step().value_or(now), *line, slot);
  if (!found) {
    return complain(io, kExitFailed, found.error().message);
  }
  return print(*found, arguments, io);
}

}  // namespace

Command explain_command() {
  return {"explain",
          "why a KPI is in the state it is in: formula, inputs, limits",
          "kpid explain conversion_rate\n"
          "kpid explain conversion_rate --segment SE --at \"2026-03-31 06:00\"",
          {config_argument(),
           {"kpi", "KPI", "its name", true, false, true},
           {"segment", "S", "country=SE, or SE when the KPI is split by one label (default: the total)"},
           {"at", "TIME", "the newest period that had ended then (default: the newest judged)"},
           json_argument()},
          explain};
}

}  // namespace kpi
