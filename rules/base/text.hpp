#pragma once
// Words and characters: what every room says about text in the same way.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kpi {

/// Damerau-Levenshtein distance, in bytes; stops counting above `limit` and then returns limit + 1.
std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit);

/// The candidate nearest to `word`, upper and lower case alike, if it is near enough to be a slip (a third of its
/// length, at most 3), else nothing.
std::optional<std::string> nearest(std::string_view word, std::span<const std::string> candidates);

/// `did you mean "x"?`, or an empty text when nothing is near.
std::string did_you_mean(std::string_view word, std::span<const std::string> candidates);

bool is_valid_utf8(std::string_view text);

/// Control characters (and what is not UTF-8) written as \xNN, at most `limit` bytes of the original, "…" where it was
/// cut: safe on a terminal and in one line of a log.
std::string printable(std::string_view text, std::size_t limit = 256);

std::string_view trim(std::string_view text);
std::vector<std::string_view> split(std::string_view text, char separator);
std::string join(std::span<const std::string> parts, std::string_view separator);
std::string to_lower_ascii(std::string_view text);

/// "1 row", "2 rows": English, for the terminal and the log. `many` is `one` with an s unless said otherwise.
std::string counted(std::uint64_t count, std::string_view one, std::string_view many = "");

/// The fewest digits that read back as the same double, with an exponent only below 1e-6 and from 1e21; "nan", "inf",
/// "-inf" otherwise.
std::string number_text(double number);

/// number x 10^power as its text with the decimal point moved would be read: 2.2 and -2 is the double of 0.022, which
/// neither 2.2 / 100 nor 2.2 * 0.01 is.
double times_power_of_ten(double number, int power);

/// A whole text as a finite double with a decimal point (no thousands separators, no spaces), else nothing.
std::optional<double> parse_number(std::string_view text);

/// An id that is the same for the same parts on every run: 26 characters of Crockford's base 32. The first ten sort by
/// `milliseconds` (of the Unix time), the rest is an FNV-1a hash of the parts. Not for secrets.
std::string stable_id(std::int64_t milliseconds, std::span<const std::string_view> parts);

/// 64-bit FNV-1a in 16 hexadecimal digits: names a version of a text. Not for secrets.
std::string fingerprint(std::string_view text);

}  // namespace kpi
