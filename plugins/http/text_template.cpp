#include "plugins/http/text_template.hpp"

#include "rules/base/text.hpp"
#include "rules/base/time.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace kpi {
namespace {

bool is_name(std::string_view text) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
  };
  return !text.empty() && std::ranges::all_of(text, fits);
}

Result<TextTemplate::Part> parse_variable(std::string_view inside) {
  TextTemplate::Part part;
  part.is_variable = true;
  const std::size_t bar = inside.find('|');
  if (bar != std::string_view::npos) {
    part.fallback = std::string(trim(inside.substr(bar + 1)));
  }
  std::string_view name = trim(inside.substr(0, bar));
  if (const std::size_t as = name.find(" as "); as != std::string_view::npos) {
    part.format = trim(name.substr(as + 4));
    name = trim(name.substr(0, as));
    if (const std::string unknown = unknown_directive(part.format); !unknown.empty()) {
      return fail(ErrorKind::kInvalid,
                  "{{" + printable(trim(inside), 60) + "}} has " + unknown +
                      ", which means nothing: use %Y %y %m %d %H %M %S %F %T %s %Q %f %z, and %-d without a zero");
    }
  }
  if (!is_name(name)) {
    return fail(ErrorKind::kInvalid,
                "\"" + printable(name, 60) +
                    "\" is no name of a variable: write {{name}}, {{name|default}} or "
                    "{{window.start as %Y%m%d}}");
  }
  part.text = name;
  return part;
}

std::string offset_text(std::int64_t ms) {
  const std::int64_t minutes = std::abs(ms) / 60'000;
  return minutes == 0 ? "Z" : fmt::format("{}{:02}:{:02}", ms < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

std::string directive_text(char directive, std::int64_t local_ms, std::int64_t utc_ms) {
  const Date date = date_of(Slot{local_ms});
  const std::int64_t of_day = ((local_ms % kDayMs) + kDayMs) % kDayMs;
  const auto two = [](std::int64_t number) { return fmt::format("{:02}", number); };
  switch (directive) {
    case 'Y':
      return fmt::format("{:04}", static_cast<int>(date.year()));
    case 'y':
      return two(static_cast<int>(date.year()) % 100);
    case 'm':
      return two(static_cast<unsigned>(date.month()));
    case 'd':
      return two(static_cast<unsigned>(date.day()));
    case 'H':
      return two(of_day / 3'600'000);
    case 'M':
      return two(of_day / 60'000 % 60);
    case 'S':
      return two(of_day / 1000 % 60);
    case 'F':
      return date_text(date);
    case 'T':
      return two(of_day / 3'600'000) + ':' + two(of_day / 60'000 % 60) + ':' + two(of_day / 1000 % 60);
    case 's':
      return std::to_string(utc_ms / 1000);
    case 'Q':
      return std::to_string(utc_ms);
    case 'f':  // microseconds since 1970
      return std::to_string(utc_ms * 1000);
    case 'z':
      return offset_text(local_ms - utc_ms);
    default:
      return {directive};
  }
}

}  // namespace

std::string unknown_directive(std::string_view format) {
  static constexpr std::string_view kKnown = "YymdHMSFTsQfz%";
  for (std::size_t at = format.find('%'); at != std::string_view::npos; at = format.find('%', at)) {
    const std::size_t letter = at + (format.substr(at + 1).starts_with('-') ? 2 : 1);
    if (letter >= format.size() || kKnown.find(format[letter]) == std::string_view::npos) {
      return printable(format.substr(at, letter + 1 - at), 10);
    }
    at = letter + 1;
  }
  return "";
}

Result<TextTemplate> TextTemplate::parse(std::string_view text) {
  TextTemplate result;
  std::size_t done = 0;
  for (std::size_t begin = text.find("{{"); begin != std::string_view::npos; begin = text.find("{{", done)) {
    const std::size_t end = text.find("}}", begin);
    if (end == std::string_view::npos) {
      return fail(ErrorKind::kInvalid, "\"{{\" has no \"}}\" behind it: write {{name}}");
    }
    if (begin > done) {
      result.parts_.push_back({.text = std::string(text.substr(done, begin - done)), .format = {}});
    }
    result.parts_.push_back(KPI_TRY(parse_variable(text.substr(begin + 2, end - begin - 2))));
    done = end + 2;
  }
  if (done < text.size()) {
    result.parts_.push_back({.text = std::string(text.substr(done)), .format = {}});
  }
  return result;
}

std::string time_text(std::string_view format, std::int64_t local_ms, std::int64_t utc_ms) {
  std::string text;
  for (std::size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%' || i + 1 == format.size()) {
      text += format[i];
      continue;
    }
    const bool is_bare = format[i + 1] == '-' && i + 2 < format.size();  // %-d: without a leading zero
    i += is_bare ? 2 : 1;
    std::string part = directive_text(format[i], local_ms, utc_ms);
    if (is_bare && part.size() == 2 && part.front() == '0') {
      part.erase(0, 1);
    }
    text += part;
  }
  return text;
}

}  // namespace kpi
