#include "daemon/cli/status_text.hpp"

#include "daemon/cli/explanation.hpp"
#include "daemon/cli/reading.hpp"
#include "daemon/cli/table.hpp"
#include "rules/base/text.hpp"
#include "rules/judge/target_plan.hpp"
#include "rules/routing/describe.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <ostream>
#include <utility>

namespace kpi {
namespace {

using nlohmann::json;

CellTone tone_of(Severity severity) {
  static constexpr std::array kTones{CellTone::kPlain, CellTone::kNotice, CellTone::kWarning, CellTone::kCritical};
  return kTones.at(static_cast<std::size_t>(severity));
}

/// A segment whose missing data is no trouble any more: it was silent for as long as `retire` says, or an edit of its
/// source took its rows away.
bool is_retired(const StatusLine& line) {
  if (line.segment.empty() || !line.row || line.verdict() != Verdict::kNoData) {
    return false;
  }
  return line.row->reason == Reason::kSourceEdited ||
         (line.kpi->retire && std::isnan(line.row->value) && line.kpi->no_data.then == NoDataPolicy::Then::kAlert);
}

/// How it is, in one word or two: what fires says how bad it is.
Cell state_cell(const StatusLine& line) {
  switch (line.state) {
    case KpiState::kFiring:
      return {std::string(name_of(line.severity)) + (line.is_stale() ? ", stale" : ""), tone_of(line.severity)};
    case KpiState::kNoData:
      return {"no data", line.row ? CellTone::kWarning : CellTone::kQuiet};
    case KpiState::kError:
      return {"error", CellTone::kCritical};
    case KpiState::kPending:
      return {"pending", CellTone::kNotice};
    case KpiState::kOk:
      break;
  }
  if (is_retired(line)) {
    return {"retired", CellTone::kQuiet};
  }
  return line.verdict() == Verdict::kProvisional ? Cell{"so far", CellTone::kQuiet} : Cell{"ok", CellTone::kGood};
}

/// A value in two cells, so that numbers line up and units do too.
std::pair<Cell, Cell> value_cells(const StatusLine& line) {
  if (!line.row) {
    return {Cell{}, Cell{"no sample yet", CellTone::kQuiet}};
  }
  const std::string text = value_text(line.row->value, line.kpi);
  if (std::isnan(line.row->value)) {
    return {Cell{text, CellTone::kQuiet}, Cell{}};
  }
  const std::size_t space = text.find(' ');
  return {Cell{text.substr(0, space)}, Cell{space == std::string::npos ? "" : text.substr(space + 1)}};
}

std::string since_of(const StatusLine& line, const Config& config) {
  return line.row && line.row->since ? period_start_text(*line.row->since, line.kpi, config.zone) : "";
}

std::string words(std::string text) {
  std::ranges::replace(text, '_', ' ');
  return text;
}

/// As bad as the severities that targets have by default.
CellTone tone_of_target(const std::string& status) {
  static const std::map<std::string, CellTone, std::less<>> kTones{{"not_started", CellTone::kQuiet},
                                                                   {"on_track", CellTone::kGood},
                                                                   {"at_risk", CellTone::kNotice},
                                                                   {"off_track", CellTone::kWarning},
                                                                   {"achieved", CellTone::kGood},
                                                                   {"missed", CellTone::kCritical}};
  const auto known = kTones.find(status);
  return known == kTones.end() ? CellTone::kPlain : known->second;
}

/// The target as the history keeps it: the JSON of a TargetView; null when there is none.
json target_of(const StatusLine& line) {
  if (!line.row || line.row->target.empty()) {
    return nullptr;
  }
  json target = json::parse(line.row->target, nullptr, false);
  return target.is_object() ? target : json(nullptr);
}

/// A text or number of the target's JSON; empty when it is not there.
std::string text_at(const json& target, const char* key) {
  const auto found = target.find(key);
  return found != target.end() && found->is_string() ? found->get<std::string>() : "";
}

std::optional<double> number_at(const json& target, const char* key) {
  const auto found = target.find(key);
  return found != target.end() && found->is_number() ? std::optional(found->get<double>()) : std::nullopt;
}

std::string percent(double share) {
  return format_value(std::round(share * 100) / 100, Unit::parse("%").value(), Language::kEnglish);
}

/// The target's status, and its pace.
std::pair<Cell, Cell> target_cells(const StatusLine& line) {
  const json target = target_of(line);
  if (target.is_null()) {
    return {};
  }
  const std::string status = text_at(target, "status");
  const auto pace = number_at(target, "pace");
  if (!text_at(target, "problem").empty()) {
    return {Cell{"not judged", CellTone::kNotice}, Cell{}};
  }
  return {Cell{words(status), tone_of_target(status)}, Cell{pace ? percent(*pace) : ""}};
}

/// "2 critical, 1 warning, 1 without data"; "all fine".
std::string summary_of(const StatusReport& report) {
  std::array<std::size_t, 4> firing{};  // by Severity
  std::array<std::size_t, 5> others{};  // by KpiState
  for (const StatusLine& line : report.lines) {
    if (line.state == KpiState::kFiring) {
      ++firing.at(static_cast<std::size_t>(line.severity));
    } else {
      ++others.at(static_cast<std::size_t>(line.state));
    }
  }
  std::vector<std::string> parts;
  const auto add = [&](std::size_t count, const std::string& what) {
    if (count > 0) {
      parts.push_back(std::to_string(count) + " " + what);
    }
  };
  add(firing[static_cast<std::size_t>(Severity::kCritical)], "critical");
  add(firing[static_cast<std::size_t>(Severity::kWarning)], firing[2] == 1 ? "warning" : "warnings");
  add(firing[static_cast<std::size_t>(Severity::kInfo)], "info");
  add(others[static_cast<std::size_t>(KpiState::kError)], "in error");
  add(others[static_cast<std::size_t>(KpiState::kNoData)], "without data");
  add(others[static_cast<std::size_t>(KpiState::kPending)], "pending");
  add(others[static_cast<std::size_t>(KpiState::kOk)], "ok");
  return join(parts, ", ");
}

/// Prints a report for people.
class StatusText {
 public:
  StatusText(const StatusReport& report, const Config& config, Io& io)
      : report_(report), config_(config), io_(io), colour_(wants_colour(io)), columns_(columns_of(io)) {}

  void print_all() {
    io_.out << paint(summary_of(report_), CellTone::kHeading) << "\n" << when() << "\n\n";
    print_refused();
    if (report_.lines.empty()) {
      io_.out << "no KPI is configured yet: `kpid init` writes a configuration to start from\n\n";
    }
    Table table({{"KPI"}, {"VALUE", true}, {"", false, 1}, {"STATE"}, {"SINCE"}, {"TARGET"}, {"PACE", true}});
    for (const StatusLine& line : report_.lines) {
      const auto [number, unit] = value_cells(line);
      const auto [target, pace] = target_cells(line);
      const std::string name = line.segment.empty() ? line.kpi->id : "  " + segment_text(line.segment, line.kpi);
      table.add({{name}, number, unit, state_cell(line), {since_of(line, config_)}, target, pace});
    }
    io_.out << table.text(colour_, columns_) << "\n";
    print_sources();
    print_channels();
  }

  void print_one(const Kpi& kpi) {
    io_.out << paint(kpi.title, CellTone::kHeading) << (kpi.title == kpi.id ? "" : " (" + kpi.id + ")") << "\n"
            << when() << "\n";
    for (const std::string& words : {kpi.description,
                                     kpi.objective.empty() ? "" : "Objective: " + kpi.objective,
                                     kpi.owner.empty() ? "" : "Owner: " + kpi.owner}) {
      io_.out << (words.empty() ? "" : wrapped(printable(words, 1000), 0, columns_));
    }
    io_.out << "\n";
    Table table({{"SEGMENT"}, {"PERIOD"}, {"VALUE", true}, {"", false, 1}, {"VERDICT"}, {"STATE"}, {"SINCE"}});
    for (const StatusLine& line : report_.lines) {
      const auto [number, unit] = value_cells(line);
      const std::string segment = line.segment.empty() ? "total" : segment_text(line.segment, line.kpi);
      table.add({{segment},
                 {line.row ? period_text(line.row->slot, kpi.every, kpi.zone) : ""},
                 number,
                 unit,
                 {line.row ? words(std::string(name_of(line.verdict()))) : ""},
                 state_cell(line),
                 {since_of(line, config_)}});
    }
    io_.out << table.text(colour_, columns_);
    for (const StatusLine& line : report_.lines) {
      print_provisional(line);
      print_target(line);
    }
    const bool has_trouble = std::ranges::any_of(report_.sources, is_in_trouble);
    if (has_trouble) {
      io_.out << "\n";
      print_sources();
    }
  }

 private:
  std::string paint(std::string_view text, CellTone tone) const { return painted(text, tone, colour_); }

  /// "as of 2026-03-31 06:00 Europe/Stockholm", and how long ago that is where it matters.
  std::string when() const {
    if (!report_.now) {
      return paint("nothing has been judged yet", CellTone::kQuiet);
    }
    const Duration age = io_.clock.now() - *report_.now;
    std::string text =
        paint("as of " + local_text(*report_.now, config_.zone) + " " + config_.zone.name(), CellTone::kQuiet);
    if (age >= std::chrono::hours{1}) {
      const CellTone tone = age >= std::chrono::hours{24} ? CellTone::kWarning : CellTone::kQuiet;
      text += paint(", " + rough_text(age) + " ago", tone);
    }
    return text;
  }

  void print_target(const StatusLine& line) {
    const json target = target_of(line);
    if (target.is_null()) {
      return;
    }
    const auto [status, pace] = target_cells(line);
    std::string goal = text_at(target, "formatted_goal");
    goal += text_at(target, "deadline").empty() ? "" : " by " + text_at(target, "deadline");
    if (const auto days = number_at(target, "days_left"); days && *days > 0) {
      goal += ", " + counted(static_cast<std::size_t>(*days), "day") + " left";
    }
    const std::string judged_by = text_at(target, "judged_by");
    const std::string problem = text_at(target, "problem");
    io_.out << "\nTarget " << goal << ": ";
    if (!problem.empty()) {
      io_.out << paint("cannot be judged", CellTone::kWarning) << "\n" << wrapped(problem, 2, columns_);
      return;
    }
    io_.out << paint(status.text, status.tone) << (judged_by.empty() ? "" : ", judged by " + judged_by) << "\n";
    if (const std::string actual = text_at(target, "formatted_actual"); !actual.empty()) {
      const bool is_over = is_settled(parse_target_status(text_at(target, "status")).value_or(TargetStatus::kOnTrack));
      io_.out << "  " << (is_over ? "it came to " + actual : actual + " so far") << "\n";
    }
    const auto left = number_at(target, "budget_left");
    const auto budget = number_at(target, "budget");
    if (left && budget) {
      const auto rate = number_at(target, "burn_rate");
      io_.out << "  " << misses_text(*left, *budget) << (rate ? ", burn rate " + percent(*rate) : "") << "\n";
    }
    const std::string expected = text_at(target, "formatted_expected");
    if (!pace.text.empty() && !expected.empty()) {
      io_.out << "  at " << pace.text << " of the pace needed; " << expected << " is due by now\n";
    }
    const auto is_budget = [&](const Target& one) { return is_ceiling(one, line.kpi->better); };
    if (std::ranges::any_of(line.kpi->targets, is_budget)) {
      const std::string needed = text_at(target, "needed");
      io_.out << (expected.empty() ? "" : "  " + expected + " planned by now\n")
              << (needed.empty() ? "" : wrapped(needed, 2, columns_));
    }
    if (const std::string baseline = text_at(target, "formatted_baseline"); !baseline.empty()) {
      io_.out << "  from " << baseline << ", as measured before the start\n";
    }
  }

  void print_provisional(const StatusLine& line) {
    if (line.row && line.row->provisional) {
      const auto date = line.kpi->zone.to_local(line.row->provisional->start);
      const std::string name = line.segment.empty() ? "" : segment_text(line.segment, line.kpi) + " ";
      io_.out << paint(name + "so far, may still be restated: ", CellTone::kQuiet)
              << format_value(line.row->provisional_value, line.kpi->unit, Language::kEnglish)
              << paint(" for " + rfc3339(Instant{date.time_since_epoch()}).substr(0, 10), CellTone::kQuiet) << "\n";
    }
  }

  static bool is_in_trouble(const SourceStatus& source) {
    return source.row && (!source.row->error.empty() || !source.row->late.empty() || source.row->problem_count > 0);
  }

  void print_refused() {
    if (!io_.refused.empty()) {
      io_.out << paint("The files of the configuration are not what runs", CellTone::kCritical) << ":\n"
              << wrapped(printable(io_.refused, 4000), 2, columns_) << "\n";
    }
    if (report_.trouble.empty()) {
      return;
    }
    io_.out << paint("kpid itself", CellTone::kCritical) << ":\n";
    for (const std::string_view trouble : split(report_.trouble, '\n')) {
      io_.out << wrapped(printable(trouble, 1000), 2, columns_);
    }
    io_.out << "\n";
  }

  void print_sources() {
    std::size_t fine = 0;
    std::size_t unseen = 0;
    for (const SourceStatus& source : report_.sources) {
      if (!source.row) {
        ++unseen;
      } else if (!is_in_trouble(source)) {
        ++fine;
      } else {
        print_trouble(*source.row);
      }
      if (source.row && !source.row->quota.empty()) {
        io_.out << paint("source " + source.name + ": " + printable(join(source.row->quota, "; "), 500),
                         CellTone::kQuiet)
                << "\n";
      }
    }
    std::string text = counted(fine, "source") + " fine";
    text += unseen == 0 ? "" : ", " + std::to_string(unseen) + " not polled yet";
    io_.out << (fine + unseen == 0 ? "" : paint(text, CellTone::kQuiet) + "\n");
  }

  void print_trouble(const SourceRow& source) {
    if (!source.error.empty()) {
      io_.out << paint("source " + source.name + " fails", CellTone::kCritical);
      io_.out << (source.last_success ? ", last read " + local_text(*source.last_success, config_.zone) : "") << ":\n"
              << wrapped(printable(source.error, 1000), 2, columns_);
      if (source.next_poll) {
        io_.out << "  failed " << counted(static_cast<std::uint64_t>(source.failures), "time")
                << " in a row: left alone until " << local_text(*source.next_poll, config_.zone) << "\n";
      }
      return;
    }
    if (!source.late.empty()) {
      io_.out << paint("source " + source.name + " is late", CellTone::kWarning) << ": " << printable(source.late, 1000)
              << "\n";
    }
    if (source.problem_count == 0) {
      return;
    }
    io_.out << paint("source " + source.name, CellTone::kWarning) << ": " << counted(source.problem_count, "row")
            << " could not be used" << (source.problems.empty() ? "" : "; the first:") << "\n";
    if (!source.problems.empty()) {
      io_.out << wrapped(printable(source.problems.front(), 1000), 2, columns_);
    }
  }

  void print_channels() {
    for (const ChannelQueue& channel : report_.channels) {
      if (!channel.disabled.empty()) {
        io_.out << paint("channel " + printable(channel.channel) + " takes nothing", CellTone::kCritical) << ": "
                << printable(channel.disabled, 300) << "\n";
      }
      for (const auto& [address, why] : channel.refused) {
        io_.out << paint("channel " + printable(channel.channel) + " does not reach " + printable(address),
                         CellTone::kCritical)
                << ": " << printable(why, 300) << "\n";
      }
      if (channel.queued + channel.dead == 0) {
        continue;
      }
      const bool is_known = config_.find_channel(channel.channel) != nullptr;
      io_.out << paint("channel " + printable(channel.channel),
                       channel.dead > 0 ? CellTone::kCritical : CellTone::kWarning)
              << (is_known ? "" : ", which is not configured any more") << ": ";
      io_.out << (channel.queued == 0 ? "" : counted(channel.queued, "message waits", "messages wait"));
      io_.out << (channel.queued == 0 || channel.dead == 0 ? "" : ", ");
      io_.out << (channel.dead == 0 ? ""
                                    : counted(channel.dead, "was", "were") + " refused for good: kpid deadletter list")
              << "\n";
      if (channel.next_attempt) {
        io_.out << wrapped("the last attempt: " + printable(channel.last_error, 300) + "; the next is due at " +
                               local_text(*channel.next_attempt, config_.zone),
                           2,
                           columns_);
      }
    }
  }

  const StatusReport& report_;
  const Config& config_;
  Io& io_;
  bool colour_;
  std::size_t columns_;
};

}  // namespace

void print_status(const StatusReport& report, const Config& config, Io& io) {
  StatusText(report, config, io).print_all();
}

void print_status_of(const Kpi& kpi, const StatusReport& report, const Config& config, Io& io) {
  StatusText(report, config, io).print_one(kpi);
}

}  // namespace kpi
