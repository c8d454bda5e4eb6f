#include "daemon/review/review_people.hpp"

#include "rules/base/text.hpp"
#include "rules/model/earlier_names.hpp"

#include <algorithm>
#include <functional>
#include <map>

namespace kpi {
namespace {

using std::chrono::sys_days;

Date day_of(Instant at, const Zone& zone) {
  return Date{sys_days{std::chrono::floor<std::chrono::days>(zone.to_local(at)).time_since_epoch()}};
}

/// The lines of a target's text but for what `changes:` says: that comes from the rule, with its reason.
std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (const std::string_view line : split(text, '\n')) {
    if (!line.empty() && !line.starts_with("change ")) {
      lines.emplace_back(line);
    }
  }
  return lines;
}

std::vector<std::string> without(std::vector<std::string> lines, const std::vector<std::string>& others) {
  std::erase_if(lines, [&](const auto& line) { return std::ranges::find(others, line) != others.end(); });
  return lines;
}

bool is_of_share(const std::vector<std::string>& lines) {
  return std::ranges::find(lines, "measure: share_met") != lines.end();
}

class People {
 public:
  People(Review& review, const Config& config, HistoryReader& reader)
      : review_(review), config_(config), reader_(reader) {
    for (ReviewKpi& kpi : review_.kpis) {
      by_name_.emplace(kpi.kpi->id, &kpi);
    }
    for (const auto& [name, now] : earlier_names(config.rules)) {
      if (const auto kpi = by_name_.find(now); kpi != by_name_.end()) {
        by_name_.emplace(name, kpi->second);
      }
    }
  }

  Result<void> add() {
    KPI_TRY(add_versions());
    KPI_TRY(add_rules());
    for (ReviewKpi& kpi : review_.kpis) {
      add_planned_changes(kpi);
    }
    KPI_TRY(add_notes());
    KPI_TRY(add_reviews());
    count_owners();
    count_crowds();
    return {};
  }

 private:
  [[nodiscard]] bool is_within(Date date) const {
    return sys_days{date} >= sys_days{review_.period.from} && sys_days{date} < sys_days{review_.period.to};
  }

  /// By the name of now, or one that it had.
  ReviewKpi* find(std::string_view name) const {
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : found->second;
  }

  /// A target that was edited without a word: which of its lines are others now.
  Result<void> add_versions() {
    std::map<std::pair<const ReviewKpi*, std::string>, std::vector<std::string>> before;
    for (const KnownTarget& version : KPI_TRY(reader_.target_versions())) {
      std::vector<std::string> lines = lines_of(version.row.text);
      ReviewKpi* kpi = find(version.row.kpi);
      const auto key = std::pair(kpi, version.row.target);
      const auto earlier = before.find(key);
      const Date date = day_of(version.first_met, config_.zone);
      if (kpi != nullptr && earlier != before.end() && is_within(date) && earlier->second != lines) {
        kpi->changes.push_back({date,
                                version.row.target,
                                without(earlier->second, lines),
                                without(lines, earlier->second),
                                is_of_share(earlier->second),
                                is_of_share(lines),
                                ""});
      }
      before.insert_or_assign(key, std::move(lines));
    }
    return {};
  }

  /// A rule whose limits, formula or times were edited: later periods were judged by another one.
  Result<void> add_rules() {
    std::map<const ReviewKpi*, std::vector<std::string>> before;
    for (const KnownRule& rule : KPI_TRY(reader_.rule_versions())) {
      ReviewKpi* kpi = find(rule.kpi);
      if (kpi == nullptr) {
        continue;
      }
      std::vector<std::string> lines = lines_of(rule.text);
      const auto [earlier, is_first] = before.try_emplace(kpi, lines);
      const Date date = day_of(rule.first_used, config_.zone);
      RuleTurnover turn{date, without(earlier->second, lines), without(lines, earlier->second)};
      if (!is_first && is_within(date) && !(turn.was.empty() && turn.is.empty())) {
        kpi->rule_changes.push_back(std::move(turn));
      }
      earlier->second = std::move(lines);
    }
    return {};
  }

  void add_planned_changes(ReviewKpi& kpi) const {
    for (const Target& target : kpi.kpi->targets) {
      double goal = target.goal;
      std::optional<Date> deadline = target.deadline;
      const bool is_share = target.measure == Target::Measure::kShareMet;
      for (const Target::Change& change : target.changes) {
        TargetTurnover turn{
            change.date, target.name.empty() ? "target" : target.name, {}, {}, is_share, is_share, change.why};
        if (change.goal) {
          turn.was.push_back("to: " + number_text(goal));
          turn.is.push_back("to: " + number_text(*change.goal));
          goal = *change.goal;
        }
        if (change.deadline) {
          turn.was.push_back("by: " + (deadline ? date_text(*deadline) : std::string("-")));
          turn.is.push_back("by: " + date_text(*change.deadline));
          deadline = change.deadline;
        }
        if (is_within(change.date)) {
          kpi.changes.push_back(std::move(turn));
        }
      }
    }
    std::ranges::stable_sort(kpi.changes, {}, [](const TargetTurnover& turn) { return sys_days{turn.date}; });
  }

  Result<void> add_notes() {
    for (const NoteRow& note : KPI_TRY(reader_.notes(review_.period.from, review_.period.to))) {
      if (note.kpi.empty()) {
        review_.notes.push_back(note);
      }
      for (ReviewKpi& kpi : review_.kpis) {
        if (note.kpi.empty() || find(note.kpi) == &kpi) {
          kpi.notes.push_back(note);
        }
      }
    }
    return {};
  }

  Result<void> add_reviews() {
    for (ReviewKpi& kpi : review_.kpis) {
      kpi.reviewed = kpi.kpi->reviewed;
    }
    for (const ReviewRow& row : KPI_TRY(reader_.reviews())) {
      const Date day = day_of(row.at, config_.zone);
      ReviewKpi* kpi = find(row.kpi);
      if (kpi != nullptr && (!kpi->reviewed || sys_days{*kpi->reviewed} <= sys_days{day})) {
        kpi->reviewed = day;
        kpi->reviewed_by = row.by;
        kpi->review_note = row.note;
      }
    }
    const Date today = day_of(review_.now, config_.zone);
    const Grain quarter{Grain::Unit::kQuarter, 0};
    const Slot since = next_slot(slot_at(today, quarter, config_.rules.calendar), quarter, -1);
    for (ReviewKpi& kpi : review_.kpis) {
      if (!kpi.removed) {
        kpi.is_overdue = !kpi.reviewed || slot_of(*kpi.reviewed) < since;
        kpi.gaps = smart_gaps(*kpi.kpi, today);
      }
    }
    return {};
  }

  void count_owners() {
    std::map<std::string, OwnerLoad> owners;
    for (const ReviewKpi& kpi : review_.kpis) {
      OwnerLoad& load = owners[kpi.kpi->owner];
      load.owner = kpi.kpi->owner;
      ++load.kpis;
      const auto add = [&](const ReviewLine& line) {
        const auto critical = std::ranges::count(line.episodes, Severity::kCritical, &EpisodeRow::severity);
        load.episodes += line.episodes.size();
        load.critical += static_cast<std::size_t>(critical);
      };
      add(kpi.total);
      std::ranges::for_each(kpi.segments, add);
    }
    for (auto& [name, load] : owners) {
      review_.owners.push_back(std::move(load));
    }
    std::ranges::stable_sort(review_.owners, std::greater<>{}, &OwnerLoad::episodes);
  }

  void count_crowds() {
    std::map<std::string, std::size_t> objectives;
    for (const ReviewKpi& kpi : review_.kpis) {
      const bool counts = !kpi.removed && promises(*kpi.kpi) && !kpi.kpi->objective.empty();
      objectives[kpi.kpi->objective] += counts ? 1 : 0;
    }
    for (const auto& [objective, count] : objectives) {
      if (count > kMostPerObjective) {
        review_.crowds.push_back({objective, count});
      }
    }
  }

  Review& review_;
  const Config& config_;
  HistoryReader& reader_;
  std::map<std::string, ReviewKpi*, std::less<>> by_name_;
};

}  // namespace

Result<void> add_people(Review& review, const Config& config, HistoryReader& reader) {
  return People(review, config, reader).add();
}

}  // namespace kpi
