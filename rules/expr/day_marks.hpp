#pragma once
// Which periods of a series have a name in the calendar: holidays and events. For what foresees and scores; pure, any
// thread may call it.

#include "rules/base/calendar.hpp"
#include "rules/forecast/named_days.hpp"

namespace kpi {

/// Of a day or shorter, and of weeks. Longer periods have such days nearly always, and are not marked.
class DayMarks {
 public:
  /// `calendar` null: no period has a name.
  DayMarks(const CalendarRules* calendar, const Grain& grain, const Zone& zone);

  /// Whether there is anything to be found.
  [[nodiscard]] bool any() const { return days_ != nullptr; }

  /// An event goes before a holiday; those on Saturdays and Sundays are of a kind of their own.
  [[nodiscard]] forecast::Mark of(Slot slot) const;

 private:
  const NamedDays* days_ = nullptr;
  Grain grain_;
  Zone zone_;
};

}  // namespace kpi
