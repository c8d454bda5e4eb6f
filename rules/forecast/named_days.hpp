#pragma once
// What days with a name (holidays, events of the calendar) do to the values of a series: learned from earlier ones,
// shrunk by how sure it is, and believed only when there were enough. Pure; any thread may call it.

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace kpi::forecast {

/// Of which kind a value's period is; 0: an ordinary one. Periods of one kind are thought to be alike.
using Mark = std::uint16_t;

/// A value of a named period, and what an ordinary one would have been.
struct NamedValue {
  double value = 0;
  double ordinary = 0;
};

/// What a kind of days does.
struct DayEffect {
  bool is_known = false;  ///< False: it happened too seldom to say.
  bool is_factor = true;  ///< A share of the ordinary value, else an amount.
  double size = 0;        ///< -0.6: sixty per cent less; or the amount.
  double doubt = 0;       ///< How far a value lies from that beyond the usual noise, in the unit of `size`.

  /// What is added to an ordinary value, and how much that is in doubt.
  [[nodiscard]] double of(double ordinary) const { return is_factor ? size * ordinary : size; }

  [[nodiscard]] double doubt_of(double ordinary) const;
};

/// From the values of one kind; those of one happening (Christmas and the day after, the hours of a day) come in one
/// run. `noise`: the usual distance of an ordinary value from what it was thought to be.
class DayLesson {
 public:
  void take(NamedValue value, bool begins_run);
  [[nodiscard]] DayEffect learned(double noise) const;

 private:
  /// The newest so many tell what there is to tell.
  static constexpr std::size_t kMost = 64;

  std::vector<NamedValue> values_;
  std::size_t next_ = 0;
  std::size_t runs_ = 0;
};

/// A series as it would be without its named days, and what those to come are expected to do.
class DayEffects {
 public:
  /// `marks` are those of the values and then of what is to be forecast. `period`: the season, 1: none. Values of a
  /// kind that happened too seldom are replaced by ordinary ones. A kind that more than a third of the values have is
  /// none.
  DayEffects(std::span<const double> values, std::span<const Mark> marks, std::size_t period);

  [[nodiscard]] const std::vector<double>& ordinary() const { return ordinary_; }

  /// Of a period after the values, from 1; null: none is known.
  [[nodiscard]] const DayEffect* ahead(std::size_t step) const;

 private:
  struct Kind {
    Mark mark = 0;
    std::size_t count = 0;
    DayLesson lesson;
    DayEffect effect;
  };

  void find_kinds();
  void learn(std::span<const double> values);
  [[nodiscard]] double ordinary_at(std::span<const double> values, std::size_t at) const;

  std::size_t count_ = 0;
  std::size_t period_ = 1;
  std::span<const Mark> marks_;
  std::vector<Kind> kinds_;
  std::vector<std::size_t> kind_at_;  ///< By position, from 1; 0: ordinary.
  std::vector<double> ordinary_;
};

}  // namespace kpi::forecast
