#include "rules/base/text.hpp"
#include "rules/load/yaml.hpp"
#include "rules/load/yaml_quoting.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <cmath>
#include <limits>
#include <span>

namespace kpi {
namespace {

constexpr std::array<std::string_view, 8> kThousands = {
    " ", "\t", "_", "'", "\xC2\xA0", "\xE2\x80\xAF", "\xE2\x80\x89", "\xE2\x80\x99"};
constexpr std::array<std::string_view, 7> kYes = {"yes", "on", "y", "1", "true", "enabled", "ja"};
constexpr std::array<std::string_view, 8> kNo = {"no", "off", "n", "0", "false", "disabled", "nej", "never"};
constexpr double kExact = 9007199254740992.0;  // 2^53: beyond, a double skips whole numbers
constexpr std::size_t kLongestScalar = 200;    // of numbers, dates and the like

std::string shown(std::string_view text) {
  return '"' + printable(text, 60) + '"';
}

/// "the text "x"", "a list": what stands where something else was wanted.
std::string got(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::kNull:
      return "nothing";
    case YamlNode::Kind::kSequence:
      return "a list";
    case YamlNode::Kind::kMap:
      return "a map";
    case YamlNode::Kind::kScalar:
      break;
  }
  return shown(node.scalar);
}

/// What is wanted by whom: the beginning of every message here.
struct Wish {
  const YamlNode& node;
  std::string_view name;
  std::string_view wanted;  ///< "a grain such as day, week or 5m"
  Diagnostics& diagnostics;

  void refuse(std::string remedy = "") const {
    diagnostics.error(
        node.position, printable(name, 60) + " wants " + std::string(wanted) + ", got " + got(node), std::move(remedy));
  }

  /// The scalar to read, or nothing (reported) when there is none.
  [[nodiscard]] std::optional<std::string_view> scalar() const {
    if (node.kind == YamlNode::Kind::kScalar && node.scalar.size() <= kLongestScalar) {
      return std::string_view(node.scalar);
    }
    refuse();
    return std::nullopt;
  }
};

/// The part of a message of rules/base after `mark`: its remedy.
std::string remedy_in(const std::string& message, std::string_view mark) {
  const std::size_t found = message.rfind(mark);
  return found == std::string::npos ? message : message.substr(found + mark.size());
}

/// "dayly", "weekly", "days": the grain meant.
std::string grain_remedy(std::string_view text, const std::string& message) {
  static const std::vector<std::string> grains = {
      "minute", "hour", "day", "week", "month", "quarter", "year", "instant"};
  const std::string_view stem = text.ends_with("ly") ? text.substr(0, text.size() - 2) : text;
  std::string remedy = did_you_mean(stem, grains);
  return remedy.empty() ? remedy_in(message, "is not a grain; ") : remedy;
}

/// "7 dayz": the span meant.
std::string span_remedy(std::string_view text, const std::string& message) {
  static const std::vector<std::string> units = {"days", "weeks", "months", "quarters", "years"};
  const std::size_t word = std::min(text.find_first_not_of("0123456789 "), text.size());
  const std::string unit = nearest(text.substr(word), units).value_or("");
  const std::string many = std::string(trim(text.substr(0, word))) + " " + unit;
  const std::string one = many.substr(0, many.size() - 1);
  for (const std::string& meant : {many, one}) {
    if (!unit.empty() && parse_span(meant)) {
      return "did you mean \"" + meant + "\"?";
    }
  }
  return remedy_in(message, "is not a length of time: ");
}

/// 10:1, a number with k, M or %, or a plain one.
std::optional<double> number_in(std::string_view text) {
  int power = 0;
  if (text.ends_with(":1")) {
    text.remove_suffix(2);
  } else if (text.ends_with('k') || text.ends_with('M')) {
    power = text.back() == 'k' ? 3 : 6;
    text.remove_suffix(1);
  } else if (text.ends_with('%')) {
    power = -2;
    text.remove_suffix(1);
  }
  const auto number = parse_number(text);
  const double value = times_power_of_ten(number.value_or(0), power);
  return number && std::isfinite(value) ? std::optional(value) : std::nullopt;
}

/// Takes all the ways to write a thousands separator out of a number: spaces of any kind, apostrophes, underscores.
std::string without_separators(std::string_view text) {
  std::string kept;
  for (std::size_t i = 0; i < text.size();) {
    const auto separator =
        std::ranges::find_if(kThousands, [rest = text.substr(i)](auto part) { return rest.starts_with(part); });
    if (separator != kThousands.end()) {
      i += separator->size();
    } else {
      kept += text[i++];
    }
  }
  return kept;
}

/// 1234567 as "1234567 or 1.234567M" when the short form is short.
std::string with_short_form(std::string_view number) {
  const auto value = parse_number(number);
  if (!value) {
    return std::string(number);
  }
  std::string text = number_text(*value);
  const double size = std::abs(*value);
  const std::string brief = size >= 1e6 ? number_text(*value / 1e6) + "M" : number_text(*value / 1e3) + "k";
  if (size >= 1e3 && brief.size() <= text.size()) {
    text += " or " + brief;
  }
  return text;
}

/// Whether the digits after the first `sign` stand in groups of three.
bool groups_thousands(std::string_view number, char sign) {
  const auto parts = split(number, sign);
  return parts.size() > 1 && !parts.front().empty() && parts.front().size() <= 4 &&
         std::ranges::all_of(parts.begin() + 1, parts.end(), [](std::string_view part) { return part.size() == 3; });
}

std::string without(std::string_view text, char sign) {
  std::string kept(text);
  std::erase(kept, sign);
  return kept;
}

std::string with_point(std::string number) {
  std::ranges::replace(number, ',', '.');
  return number;
}

/// What a number with commas and points was meant to be; two spellings when that is not certain.
std::vector<std::string> meanings(const std::string& number) {
  const std::size_t comma = number.rfind(',');
  const std::size_t point = number.rfind('.');
  if (comma == std::string::npos) {
    return {groups_thousands(number, '.') ? without(number, '.') : number};
  }
  if (point != std::string::npos) {
    return {comma > point ? with_point(without(number, '.')) : without(number, ',')};
  }
  if (!groups_thousands(number, ',')) {
    return {with_point(number)};
  }
  if (std::ranges::count(number, ',') > 1) {
    return {without(number, ',')};
  }
  return {with_point(number), without(number, ',')};
}

std::string number_remedy(std::string_view text) {
  std::string plain = without_separators(trim(text));
  const std::size_t digits = plain.find_first_of("0123456789");
  if (digits == std::string::npos) {
    return "";
  }
  const std::size_t end = std::min(plain.find_first_not_of("0123456789.,", digits), plain.size());
  std::string suffix = plain.substr(end);
  if (suffix == "K" || suffix == "m") {
    suffix = suffix == "K" ? "k" : "M";
  }
  if (suffix.find_first_of("0123456789") != std::string::npos) {
    return "";
  }
  const bool negative = digits > 0 && plain[digits - 1] == '-';
  std::vector<std::string> numbers = meanings(plain.substr(digits, end - digits));
  for (std::string& number : numbers) {
    number.insert(0, negative ? "-" : "");
    if (!number_in(number)) {
      return "";
    }
  }
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kLarge{
      {{"G", "000M"}, {"B", "000M"}, {"bn", "000M"}, {"T", "000000M"}, {"mn", "M"}, {"mio", "M"}}};
  for (const auto& [word, meant] : kLarge) {
    if (suffix == word && numbers.size() == 1 && numbers.front().find('.') == std::string::npos) {
      return "write " + numbers.front() + std::string(meant) + ": the suffixes are k and M";
    }
  }
  if (digits > (negative ? 1U : 0U) || !(suffix.empty() || number_in("1" + suffix))) {
    return numbers.size() == 1 ? "write " + numbers.front() + "; the unit is given by the key unit" : "";
  }
  if (numbers.size() > 1) {
    return "write " + numbers.front() + suffix + " or " + numbers.back() + suffix;
  }
  return "write " + (suffix.empty() ? with_short_form(numbers.front()) : numbers.front() + suffix);
}

/// 31/3/2026, 2026-3-31, 31.3.2026: the date meant, when there is one only.
std::string date_remedy(std::string_view text) {
  std::array<int, 3> parts{};
  std::size_t count = 0;
  bool after_digit = false;
  for (const char c : text) {
    const bool digit = std::isdigit(static_cast<unsigned char>(c)) != 0;
    if (digit && !after_digit && count++ == parts.size()) {
      return "";
    }
    if (digit) {
      int& part = parts.at(count - 1);
      part = std::min(part, 9999) * 10 + (c - '0');
    } else if (c != '-' && c != '/' && c != '.' && c != ' ') {
      return "";
    }
    after_digit = digit;
  }
  if (count != parts.size()) {
    return "";
  }
  if (parts[0] < 32) {
    std::swap(parts[0], parts[2]);
    if (parts[1] > 12) {
      std::swap(parts[1], parts[2]);
    } else if (parts[2] <= 12 && parts[1] != parts[2]) {
      return "write the year, the month and the day: YYYY-MM-DD";
    }
  }
  const Date date{std::chrono::year{parts[0]},
                  std::chrono::month{static_cast<unsigned>(parts[1])},
                  std::chrono::day{static_cast<unsigned>(parts[2])}};
  if (date.ok() && parts[0] <= 9999) {
    return "write " + date_text(date);
  }
  if (date.year().ok() && parts[1] > 12) {
    return "a year has 12 months: write " + std::to_string(parts[0]) + "-12-31, or the month that is meant";
  }
  const bool month_ok = date.year().ok() && date.month().ok() && parts[2] > 28;
  const auto last = date.year() / date.month() / std::chrono::last;
  return month_ok ? "the last day of that month is " + date_text(Date{last}) : "";
}

/// Text that YAML took for a map or a list because it begins with a bracket.
std::string bracket_remedy(const YamlNode& node, std::string_view key) {
  if (node.position.source == nullptr || node.position.column == 0) {
    return "";
  }
  const std::string_view line = node.position.source->line(node.position.line);
  const std::size_t begin = node.position.column - 1;
  if (begin >= line.size() || (line[begin] != '{' && line[begin] != '[')) {
    return "";
  }
  const std::string_view whole = value_from(line, begin, true);
  return open_brackets(whole) == 0 ? "if it is text, " + write_quoted({key == "this" ? "" : key, whole}) : "";
}

}  // namespace

std::optional<std::string> read_text(const YamlNode& node, Diagnostics& diagnostics, std::string_view name) {
  if (node.kind == YamlNode::Kind::kScalar) {
    return node.scalar;
  }
  Wish{node, name, "text", diagnostics}.refuse(bracket_remedy(node, name));
  return std::nullopt;
}

std::optional<std::string> read_unit_text(const YamlNode& node, Diagnostics& diagnostics) {
  auto text = read_text(node, diagnostics, "unit");
  if (text && trim(*text).empty()) {
    diagnostics.error(
        node.position, "the unit is empty", "write unit: SEK, or leave it out: it follows from the value");
    return std::nullopt;
  }
  return text;
}

std::optional<bool> read_flag(const YamlNode& node, Diagnostics& diagnostics, std::string_view name) {
  const Wish wish{node, name, "true or false", diagnostics};
  const auto text = wish.scalar();
  if (!text || *text == "true" || *text == "false") {
    return text ? std::optional(*text == "true") : std::nullopt;
  }
  const std::string lower = to_lower_ascii(*text);
  const bool yes = std::ranges::find(kYes, lower) != kYes.end();
  const bool no = std::ranges::find(kNo, lower) != kNo.end();
  wish.refuse(yes ? "write true" : no ? "write false" : "");
  return std::nullopt;
}

std::optional<double> read_number(const YamlNode& node, Diagnostics& diagnostics, std::string_view name) {
  const Wish wish{node, name, "a number such as 12.5, 1.5k, 2M or 2%", diagnostics};
  const auto text = wish.scalar();
  const auto number = text ? number_in(*text) : std::nullopt;
  if (text && !number) {
    wish.refuse(number_remedy(*text));
  }
  return number;
}

std::optional<std::int64_t> read_integer(
    const YamlNode& node, std::int64_t least, std::int64_t most, Diagnostics& diagnostics, std::string_view name) {
  const bool open = most == std::numeric_limits<std::int64_t>::max();
  const std::string wanted = open ? "a whole number, " + std::to_string(least) + " or more"
                                  : "a whole number from " + std::to_string(least) + " to " + std::to_string(most);
  const Wish wish{node, name, wanted, diagnostics};
  const auto text = wish.scalar();
  if (!text) {
    return std::nullopt;
  }
  const auto number = number_in(*text);
  if (!number || std::abs(*number) > kExact || std::trunc(*number) != *number) {
    wish.refuse(number ? "" : number_remedy(*text));
    return std::nullopt;
  }
  const auto integer = static_cast<std::int64_t>(*number);
  if (integer < least || integer > most) {
    wish.refuse(name == "this" ? ""
                               : "write " + std::string(name) + ": " + std::to_string(integer < least ? least : most));
    return std::nullopt;
  }
  return integer;
}

std::optional<Span> read_span(const YamlNode& node, Diagnostics& diagnostics, std::string_view name) {
  const Wish wish{node, name, "a length of time such as 7 days, 1 month or 5m", diagnostics};
  const auto text = wish.scalar();
  if (!text) {
    return std::nullopt;
  }
  const auto span = parse_span(*text);
  if (!span) {
    wish.refuse(span_remedy(*text, span.error().message));
    return std::nullopt;
  }
  return *span;
}

std::optional<Date> read_date(const YamlNode& node, Diagnostics& diagnostics, std::string_view name) {
  const Wish wish{node, name, "a date such as 2026-03-31", diagnostics};
  const auto text = wish.scalar();
  const auto date = text ? parse_date(*text) : std::nullopt;
  if (text && !date) {
    wish.refuse(parse_span(*text) ? "write the day itself" : date_remedy(*text));
  }
  return date;
}

std::optional<Grain> read_grain(const YamlNode& node, Diagnostics& diagnostics, std::string_view name) {
  const Wish wish{node, name, "a grain such as day, week or 5m", diagnostics};
  const auto text = wish.scalar();
  if (!text) {
    return std::nullopt;
  }
  const auto grain = parse_grain(*text);
  if (!grain) {
    wish.refuse(grain_remedy(*text, grain.error().message));
    return std::nullopt;
  }
  return *grain;
}

std::optional<Zone> read_zone(const YamlNode& node, Diagnostics& diagnostics, std::string_view name) {
  const Wish wish{node, name, "a time zone such as Europe/Stockholm", diagnostics};
  const auto text = wish.scalar();
  if (!text) {
    return std::nullopt;
  }
  const auto zone = Zone::find(*text);
  if (!zone) {
    wish.refuse(remedy_in(zone.error().message, "\"; "));
    return std::nullopt;
  }
  return *zone;
}

std::vector<std::string> read_text_list(const YamlNode& node, Diagnostics& diagnostics, std::string_view name) {
  std::vector<std::string> texts;
  if (node.kind == YamlNode::Kind::kScalar) {
    return {node.scalar};
  }
  if (node.kind != YamlNode::Kind::kSequence) {
    Wish{node, name, "a list of texts", diagnostics}.refuse(bracket_remedy(node, name));
  }
  for (const YamlNode& item : node.items) {
    if (item.kind == YamlNode::Kind::kScalar) {
      texts.push_back(item.scalar);
    } else {
      const std::string item_name = "each item of " + std::string(name);
      Wish{item, item_name, "text", diagnostics}.refuse(bracket_remedy(item, ""));
    }
  }
  return texts;
}

namespace {

/// Other words for some of the choices.
std::string choice_meant(std::string_view text, const std::vector<std::string>& choices) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 34> kWords{
      {{"up", "higher"},         {"more", "higher"},   {"increase", "higher"},
       {"high", "higher"},       {"down", "lower"},    {"less", "lower"},
       {"decrease", "lower"},    {"low", "lower"},     {"fatal", "critical"},
       {"error", "critical"},    {"crit", "critical"}, {"high", "critical"},
       {"page", "critical"},     {"warn", "warning"},  {"medium", "warning"},
       {"low", "info"},          {"notice", "info"},   {"debug", "info"},
       {"sum", "total"},         {"sum", "flow"},      {"count", "flow"},
       {"counter", "flow"},      {"gauge", "level"},   {"last", "level"},
       {"average", "mean"},      {"avg", "mean"},      {"unique", "distinct"},
       {"uniques", "distinct"},  {"no", "nb"},         {"mean", "average"},
       {"avg", "average"},       {"value", "level"},   {"exponential", "compound"},
       {"geometric", "compound"}}};
  const std::string lower = to_lower_ascii(text);
  for (const auto& [word, choice] : kWords) {
    if (lower == word && std::ranges::find(choices, choice) != choices.end()) {
      return std::string(choice);
    }
  }
  return "";
}

}  // namespace

std::optional<std::size_t> read_choice(const YamlNode& node,
                                       const std::vector<std::string>& choices,
                                       Diagnostics& diagnostics,
                                       std::string_view name) {
  std::vector<std::string> shown = choices;
  for (std::string& choice : shown) {
    const bool is_sign =
        std::ranges::none_of(choice, [](char c) { return std::isalnum(static_cast<unsigned char>(c)); });
    choice = is_sign ? '"' + choice + '"' : choice;  // `one of ., ,` says nothing
  }
  const std::string wanted = (choices.size() == 1 ? "" : "one of ") + join(shown, ", ");
  const Wish wish{node, name, wanted, diagnostics};
  const auto text = wish.scalar();
  if (!text) {
    return std::nullopt;
  }
  const auto found = std::ranges::find(choices, *text);
  if (found == choices.end()) {
    const std::string near = did_you_mean(*text, choices);
    std::string meant = near.empty() ? choice_meant(*text, choices) : "";
    meant = near.empty() && meant.empty() && name == "language" ? choices.front() : meant;  // others are not spoken
    if (near.empty() && meant.empty() && choices.size() > 1 && name != "this") {
      meant = join({choices.data(), choices.size() - 1}, ", ") + " or " + choices.back();
    }
    wish.refuse(meant.empty() ? near : "write " + std::string(name) + ": " + meant);
    return std::nullopt;
  }
  return static_cast<std::size_t>(found - choices.begin());
}

}  // namespace kpi
