#pragma once
// Numbers as people and spreadsheets write them: "2,146", "1 582,5", "45,3 %". Pure; any thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kpi {

/// How the numbers of one source are written.
struct NumberFormat {
  /// What may stand between groups of three digits. kAuto: a space, or whichever of `,` and `.` is not the decimal
  /// sign; kSpace takes a narrow or non-breaking space as well.
  enum class Thousands : std::uint8_t { kAuto, kNone, kComma, kPoint, kSpace, kApostrophe };

  char decimal = '.';
  Thousands thousands = Thousands::kAuto;
  /// Nothing tells whether "12,345" is 12.345 or 12345 (a file cut by semicolons that does not state its decimal sign):
  /// a comma is then refused rather than guessed. With is_fixed, only one that may be either is.
  bool comma_is_doubtful = false;
  /// The source has no keys that say how its numbers are written: its messages name none.
  bool is_fixed = false;
  std::string_view decimal_place{};  ///< With is_fixed: where the one key stands that it has, `decimal`.
};

/// Texts in data of an origin that nothing is known of, where no key says how they are written.
inline constexpr NumberFormat kDataNumbers{.comma_is_doubtful = true, .is_fixed = true};

/// Whether a cell says that there is no value: empty, `-`, `–`, `NA`, `N/A`, `#N/A`, `null` or `nan`, in any case.
bool is_absent(std::string_view cell);

/// A whole cell as a finite number; NaN for an absent one; nothing when it cannot be read beyond doubt. A `%` behind
/// the number is dropped: 45.3 for "45.3 %". Where no key can say what a comma is (is_fixed), that of
/// "45,3 %" is a decimal one; "45,312 %", which may be 45.312 or 45312, cannot be read beyond doubt. Groups hold
/// exactly three digits, and the first one does not begin with 0.
std::optional<double> read_number(std::string_view cell, const NumberFormat& format);

/// Why read_number() refused this cell, and what to do: `"1,5" has a decimal comma: write decimal: ","`.
std::string number_trouble(std::string_view cell, const NumberFormat& format);

/// What the points and commas of a cell say of the decimal sign of its column.
enum class DecimalSign : std::uint8_t {
  kUntold,
  kAsRead,  ///< `format` reads it.
  kOther,   ///< It is a number with the other sign only: "1,5" and "1.204.511" where the decimal sign is a point.
};
/// `is_given`: the sign was stated. Then only a cell with it tells anything: one that the other sign reads too is
/// kAsRead ("987.654"), and one in which it sets thousands apart kOther.
DecimalSign decimal_sign_of(std::string_view cell, const NumberFormat& format, bool is_given);

/// A delivered number in the metric's own scale. By a tenth, a hundredth and so on the decimal point is moved: 45.3
/// percent is the double that 0.453 reads as, which neither 45.3 * 0.01 nor 45.3 / 100 is.
double scaled(double number, double scale);

}  // namespace kpi
