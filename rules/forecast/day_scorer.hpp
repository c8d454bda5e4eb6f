#pragma once
// Anomaly scores of a series some of whose periods have a name: what a holiday usually does is no anomaly. Online: each
// value is judged by what came before it. Pure; a DayScorer belongs to one thread.

#include "rules/forecast/anomaly.hpp"
#include "rules/forecast/named_days.hpp"

#include <cstddef>
#include <vector>

namespace kpi::forecast {

class DayScorer {
 public:
  explicit DayScorer(const AnomalyOptions& options) : scorer_(options) {}

  /// A named value is judged, and taken in, as the ordinary one that its rest shows, at the noise of its kind; while
  /// its kind happened too seldom to say, it is scored 0 and only remembered. A kind that more than a third of the
  /// values have is an ordinary one.
  AnomalyVerdict look_at(double value, Mark mark);

 private:
  struct Kind {
    Mark mark = 0;
    std::size_t count = 0;
    DayLesson lesson;
  };

  [[nodiscard]] Kind& kind_of(Mark mark);
  AnomalyVerdict look_at_named(double value, Kind& kind, bool begins_run);

  AnomalyScorer scorer_;
  std::vector<Kind> kinds_;
  std::size_t count_ = 0;
  Mark before_ = 0;
};

}  // namespace kpi::forecast
