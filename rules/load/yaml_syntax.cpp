#include "rules/load/yaml_syntax.hpp"

#include "rules/base/text.hpp"
#include "rules/load/yaml_quoting.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <span>

namespace kpi {
namespace {

constexpr std::size_t kLongestShown = 200;  // a longer value is not repeated in a remedy

std::string shown(std::string_view text) {
  return '"' + printable(text, 60) + '"';
}

char byte_at(const Position& position) {
  const std::string_view line = position.source->line(position.line);
  return position.column >= 1 && position.column <= line.size() ? line[position.column - 1] : '\0';
}

bool is_first_on_line(const Position& position) {
  return indent_end(position.source->line(position.line)) + 1 >= position.column;
}

bool says(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

Diagnostic error_at(Position position, std::string message, std::string remedy) {
  Diagnostic diagnostic;
  diagnostic.position = position;
  diagnostic.message = std::move(message);
  diagnostic.remedy = std::move(remedy);
  return diagnostic;
}

void relate(Diagnostic& diagnostic, Position position, std::string message) {
  if (position.source != nullptr && position != diagnostic.position) {
    diagnostic.related = position;
    diagnostic.related_message = std::move(message);
  }
}

/// The value at the error with quotes around it, if that is the cure.
std::string quoting_remedy(const YamlSyntaxError& error) {
  const auto value = value_at(error.at.source->line(error.at.line), error.at.column - 1, error.in_flow);
  return value ? write_quoted(*value) : "";
}

/// The last text read before the error runs over several lines and ends where reading failed.
bool runs_on(const YamlSyntaxError& error) {
  return error.last_scalar.source != nullptr && error.last_scalar.line < error.last_scalar_end_line &&
         error.last_scalar_end_line == error.at.line;
}

Diagnostic unclosed_quote(const YamlSyntaxError& error) {
  return error_at(error.began, "this quote is never closed", std::string("close it with ") + byte_at(error.began));
}

Diagnostic quote_runs_on(const YamlSyntaxError& error) {
  Diagnostic diagnostic = error_at(error.last_scalar,
                                   "this text in quotes runs on to line " + std::to_string(error.last_scalar_end_line) +
                                       "; its closing quote seems to be missing",
                                   std::string("close it with ") + byte_at(error.last_scalar));
  relate(diagnostic, error.at, "reading failed here");
  return diagnostic;
}

Diagnostic tab_at(const YamlSyntaxError& error) {
  if (is_first_on_line(error.at)) {
    return error_at(error.at, "a tab cannot indent a line", "indent it with spaces");
  }
  return error_at(error.at, "a tab cannot stand here", "write a space");
}

/// A line that should be a key, or an item of the list above.
Diagnostic line_without_colon(const Position& begin) {
  const std::string_view line = begin.source->line(begin.line);
  const std::string_view above = begin.line > 1 ? begin.source->line(begin.line - 1) : "";
  const std::string_view key = trim(line.substr(item_begin(line)));
  const std::size_t colon = key.find(':');
  if (colon != std::string_view::npos && colon > 0 && colon + 1 < key.size() && key.size() <= kLongestShown) {
    const std::string name(key.substr(0, colon + 1));
    return error_at(begin,
                    "a space is missing after " + shown(name),
                    "write: " + printable(name + " " + std::string(key.substr(colon + 1))));
  }
  if (indent_end(above) == indent_end(line) && item_begin(above) > indent_end(above)) {
    return error_at(begin, "this line is no item of the list above", "begin it with \"- \"");
  }
  return error_at(begin, "a colon is missing after " + shown(key), "write key: value");
}

Diagnostic missing_colon(const YamlSyntaxError& error) {
  return line_without_colon(error.began);
}

/// Keys with keys below them, of which somebody wrote the first on the same line: thresholds: warning: 5.
constexpr std::array<std::string_view, 18> kMapKeys{"thresholds",
                                                    "target",
                                                    "no_data",
                                                    "min_sample",
                                                    "expect",
                                                    "labels",
                                                    "parts",
                                                    "severity",
                                                    "metrics",
                                                    "date",
                                                    "rename",
                                                    "match",
                                                    "retention",
                                                    "calendar",
                                                    "convert",
                                                    "unusual",
                                                    "anomalies",
                                                    "heartbeat"};

Diagnostic stray_colon(const YamlSyntaxError& error) {
  const auto entry = value_at(error.at.source->line(error.at.line), error.at.column - 1, error.in_flow);
  if (entry && std::ranges::find(kMapKeys, entry->key) != kMapKeys.end() && entry->value.size() <= kLongestShown) {
    return error_at(error.at,
                    "the keys of " + std::string(entry->key) + " stand in braces, or on lines of their own",
                    "write: " + std::string(entry->key) + ": {" + printable(entry->value) + "}");
  }
  std::string remedy = quoting_remedy(error);
  if (!remedy.empty()) {
    return error_at(error.at, "text that holds \": \" must be in quotes", std::move(remedy));
  }
  if (runs_on(error) &&
      item_begin(error.last_scalar.source->line(error.last_scalar.line)) + 1 >= error.last_scalar.column) {
    Diagnostic diagnostic = line_without_colon(error.last_scalar);
    relate(diagnostic, error.at, "reading failed here");
    return diagnostic;
  }
  const std::string_view line = error.at.source->line(error.at.line);
  const std::size_t begin = std::min<std::size_t>(item_begin(line), error.at.column - 1);
  Diagnostic diagnostic = error_at(error.at,
                                   shown(line.substr(begin, error.at.column - begin)) + " cannot begin a key here",
                                   "indent it by as many spaces as the keys it belongs with");
  if (runs_on(error)) {
    relate(diagnostic, error.last_scalar, "this text runs on into that line");
  }
  return diagnostic;
}

/// A # after a blank, outside quotes, behind which the brackets are closed that began on its line.
std::optional<Diagnostic> cut_by_comment(const Position& open, char closer) {
  const std::string_view line = open.source->line(open.line).substr(0, kLongestShown);
  const std::size_t hash = comment_begin(line);
  if (hash == std::string_view::npos || hash < open.column || line.find(closer, hash) == std::string_view::npos) {
    return std::nullopt;
  }
  auto text = value_at(line, line.find_last_not_of(" \t", hash - 1), true);
  if (!text) {
    return std::nullopt;
  }
  const std::string_view whole = line.substr(static_cast<std::size_t>(text->value.data() - line.data()));
  text->value = trim(whole.substr(0, whole.find_last_not_of(" \t]}") + 1));
  Position at = open;
  at.column = static_cast<std::uint32_t>(hash + 1);
  return error_at(at, "YAML takes what follows this # for a comment", write_quoted(*text));
}

Diagnostic flow_not_closed(const YamlSyntaxError& error) {
  const Position at = error.open_flow.source != nullptr ? error.open_flow : error.began;
  const char open = byte_at(at);
  if (auto cut = cut_by_comment(at, open == '[' ? ']' : '}')) {
    return *std::move(cut);
  }
  Diagnostic diagnostic =
      error_at(at,
               std::string("this \"") + open + "\" is not closed",
               std::string("close it with ") + (open == '[' ? ']' : '}') + ", and put a comma between its entries");
  relate(diagnostic, error.at, "reading failed here");
  return diagnostic;
}

Diagnostic flow_error(const YamlSyntaxError& error) {
  if (runs_on(error) || is_first_on_line(error.at) || byte_at(error.at) == '\0') {
    return flow_not_closed(error);
  }
  std::string remedy = quoting_remedy(error);
  if (remedy.empty()) {
    return flow_not_closed(error);
  }
  if (byte_at(error.at) == ':') {
    return error_at(error.at, "a comma is missing before this entry, or the text needs quotes", std::move(remedy));
  }
  return error_at(error.at,
                  "text that holds " +
                      shown(std::string_view(error.at.source->line(error.at.line)).substr(error.at.column - 1, 1)) +
                      " must be in quotes here",
                  std::move(remedy));
}

Diagnostic block_error(const YamlSyntaxError& error) {
  const std::string_view rest = trim(error.at.source->line(error.at.line).substr(error.at.column - 1));
  if (!rest.empty() && rest.find_first_not_of("]}") == std::string_view::npos) {
    return error_at(error.at, std::string("this \"") + rest.front() + "\" closes nothing", "remove it");
  }
  if (!is_first_on_line(error.at)) {
    std::string remedy = quoting_remedy(error);
    return error_at(error.at,
                    "text goes on after the end of the value",
                    remedy.empty() ? "put the whole text in quotes" : std::move(remedy));
  }
  if (byte_at(error.at) == ':') {
    return error_at(error.at, "a key is missing before the colon", "write key: value");
  }
  Diagnostic diagnostic;
  if (says(error.context, "block collection")) {
    diagnostic = error_at(error.at,
                          "this line is no item of the list above",
                          "begin it with \"- \", or indent it like the lines it belongs with");
    relate(diagnostic, error.began, "the list begins here");
  } else {
    diagnostic = error_at(error.at,
                          "the indentation of this line fits no line above",
                          "indent it by as many spaces as the keys it belongs with");
    relate(diagnostic, error.began, "the map around it begins here");
  }
  return diagnostic;
}

Diagnostic list_after_key(const YamlSyntaxError& error) {
  const std::string_view line = error.at.source->line(error.at.line);
  const std::string_view item = trim(line.substr(std::min<std::size_t>(error.at.column, line.size())));
  return error_at(error.at,
                  "a list cannot begin on the line of its key",
                  item.empty() || item.size() > kLongestShown
                      ? "begin it on the next line"
                      : "put \"- " + printable(item) + "\" on the next line, or write [" + printable(item) + "]");
}

/// A character that means something else at the beginning of a value.
Diagnostic bad_start(const YamlSyntaxError& error) {
  const Position at = error.began.source != nullptr ? error.began : error.at;
  if (byte_at(at) == '\t' || byte_at(error.at) == '\t') {
    return tab_at(error);
  }
  YamlSyntaxError here = error;
  here.at = at;
  std::string remedy = quoting_remedy(here);
  return error_at(
      at,
      "text that begins with " + shown(at.source->line(at.line).substr(at.column - 1, 1)) + " must be in quotes",
      remedy.empty() ? "put the text in quotes" : std::move(remedy));
}

Diagnostic missing_value(const YamlSyntaxError& error) {
  const char c = byte_at(error.at);
  if (c == '\0') {
    return error.open_flow.source != nullptr ? flow_not_closed(error)
                                             : error_at(error.at, "a value is missing here", "write one");
  }
  if (c == ':') {
    return error_at(error.at, "a key is missing before the colon", "write key: value");
  }
  std::string remedy = error.in_flow ? "" : quoting_remedy(error);
  const std::string sign = shown(std::string_view(&c, 1));
  return error_at(error.at,
                  "a value is missing before " + sign,
                  remedy.empty() ? "write one, or remove the " + sign : std::move(remedy));
}

Diagnostic bad_escape(const YamlSyntaxError& error) {
  const std::string_view line = error.at.source->line(error.at.line);
  return error_at(error.at,
                  shown(line.substr(std::min<std::size_t>(error.at.column - 1, line.size()), 2)) +
                      " means nothing in double quotes",
                  "write \\\\ for a backslash, or use single quotes");
}

Diagnostic colon_without_space(const YamlSyntaxError& error) {
  return error_at(error.at, "a space is missing after this colon", "write key: value, or put the text in quotes");
}

Diagnostic bad_directive(const YamlSyntaxError& error) {
  const Position at = error.began.source != nullptr ? error.began : error.at;
  return error_at(at, "lines that begin with % are not used here", "remove the line");
}

Diagnostic missing_document_start(const YamlSyntaxError& error) {
  return error_at(error.at, "a line of --- is missing before this one", "remove the % lines above");
}

/// What libyaml says, and who explains it. The first row whose parts are found in context and problem wins.
struct Row {
  std::string_view context;
  std::string_view problem;
  Diagnostic (*explain)(const YamlSyntaxError&);
};

constexpr std::array kRows = {
    Row{"quoted scalar", "found unexpected", unclosed_quote},
    Row{"quoted scalar", "", bad_escape},
    Row{"", "found a tab character", tab_at},
    Row{"", "could not find expected ':'", missing_colon},
    Row{"", "found unexpected ':'", colon_without_space},
    Row{"", "mapping values are not allowed", stray_colon},
    Row{"", "did not find expected ',' or", flow_error},
    Row{"", "block sequence entries are not allowed", list_after_key},
    Row{"", "cannot start any token", bad_start},
    Row{"", "mapping keys are not allowed", bad_start},
    Row{"block scalar", "", bad_start},
    Row{"scanning an a", "", bad_start},  // an alias, an anchor
    Row{"scanning a tag", "", bad_start},
    Row{"parsing a tag", "", bad_start},
    Row{"", "did not find expected node content", missing_value},
    Row{"", "did not find expected key", block_error},
    Row{"", "did not find expected '-' indicator", block_error},
    Row{"directive", "", bad_directive},
    Row{"", "%", bad_directive},
    Row{"", "incompatible YAML document", bad_directive},
    Row{"", "expected <document start>", missing_document_start},
};

}  // namespace

Diagnostic explain(const YamlSyntaxError& error) {
  if (error.last_scalar_quoted && runs_on(error)) {
    return quote_runs_on(error);
  }
  for (const Row& row : kRows) {
    if (says(error.context, row.context) && says(error.problem, row.problem)) {
      return row.explain(error);
    }
  }
  return error_at(error.at, "this is no YAML: " + std::string(error.problem), "");
}

}  // namespace kpi
