#pragma once
// What a digest says: worked out from what the engine has in memory and what the history has of episodes. One thread.

#include "daemon/engine/engine.hpp"
#include "daemon/review/period_figure.hpp"
#include "rules/routing/digest_rule.hpp"
#include "rules/routing/digest_view.hpp"
#include "rules/words/say.hpp"

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

namespace kpi {

/// An episode under the names people know.
struct DigestEpisode {
  std::string kpi;  ///< Empty: of a source.
  Labels segment;
  EpisodeRow row;
  std::optional<Instant> fine_from{};  ///< When the first fine period began; none: it goes on, or nobody knows.
};

/// An alert that was held back until it was over.
struct DigestHushed {
  AlertView view;
  Instant at;
  std::optional<Instant> fine_from{};  ///< As of an episode.
};

/// What happened in the period, from the history.
struct DigestEvents {
  std::vector<DigestEpisode> episodes;  ///< That fired, in the order in which they began.
  std::vector<DigestHushed> hushed;
};

/// The days that an issue is about.
ReviewPeriod period_of(const DigestRule& rule, const DigestDue& due, const CalendarRules& calendar);

class DigestMaker {
 public:
  /// `now`: when it is made, which may be later than it was due.
  DigestMaker(const Engine& engine, const DigestRule& rule, const DigestDue& due, Voice voice, Instant now);

  DigestView make(const DigestEvents& events);

 private:
  /// What stands for a KPI in a period.
  struct Figure {
    std::optional<double> value;
    Coverage coverage;
    std::optional<Slot> slot;  ///< Whose judged value it is; none: it is of all of the period.
  };

  [[nodiscard]] bool has(const Kpi& kpi) const;
  [[nodiscard]] std::string summary_of(const std::vector<DigestLine>& lines) const;
  DigestLine line_of(std::uint32_t kpi, const Line& line);
  std::string add_figures(DigestLine& row, std::uint32_t kpi, const Line& line);
  void add_value_of_before(DigestLine& row, const Kpi& kpi, const Line& line) const;
  void add_state(DigestLine& row, const Kpi& kpi, const Line& line) const;
  [[nodiscard]] std::string firing_words(const Kpi& kpi, const Line& line) const;
  void add_segments(DigestLine& row, const Kpi& kpi, const Line& total) const;
  void add_target(DigestLine& row, const Kpi& kpi, const Line& line) const;
  Figure figure_over(std::uint32_t kpi, const Line& line, const ReviewPeriod& period);
  Figure figure_beside(std::uint32_t kpi, const Line& line, const Figure& now, const ReviewPeriod& period);
  [[nodiscard]] std::string change_words(double now, double before, const Unit& unit) const;
  // digest_alerts.cpp
  [[nodiscard]] DigestAlert alert_of(const DigestEpisode& episode, const Kpi& kpi) const;
  [[nodiscard]] DigestAlert alert_of(const std::vector<DigestEpisode>& episodes, const Kpi& kpi) const;
  [[nodiscard]] std::vector<DigestAlert> alerts_of(const std::vector<DigestEpisode>& episodes) const;
  void add_alerts(DigestView& view, const DigestEvents& events, const std::set<std::string>& kpis) const;
  [[nodiscard]] std::vector<std::pair<Labels, std::int64_t>> missing_segments(std::uint32_t kpi,
                                                                              const Line& total,
                                                                              const ReviewPeriod& period) const;
  void add_missing_segments(DigestLine& row, std::uint32_t kpi, const Line& total) const;
  [[nodiscard]] std::string day_of(Instant at, const Zone& zone) const;
  [[nodiscard]] std::string say_it(Phrase phrase, std::initializer_list<Fill> fills = {}) const;

  const Engine& engine_;
  const RuleSet& rules_;
  const DigestRule& rule_;
  Voice voice_;
  Zone zone_;
  ReviewPeriod period_;
  ReviewPeriod before_;
  ReviewPeriod year_ago_;
  Instant due_;
  Instant now_;
  PeriodFigures figures_;
};

}  // namespace kpi
