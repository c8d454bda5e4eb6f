#include "plugins/exec.hpp"
#include "rules/base/text.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <utility>

namespace kpi {
namespace {

constexpr int kUnknown = 3;
/// The column of what the plugin exited with.
constexpr const char* kExitCode = "exit_code";

/// What stands behind the number of a perfdata value, as a factor to the unit in full.
constexpr std::array<std::pair<std::string_view, double>, 10> kUnits{{{"", 1},
                                                                      {"c", 1},
                                                                      {"s", 1},
                                                                      {"ms", 1e-3},
                                                                      {"us", 1e-6},
                                                                      {"B", 1},
                                                                      {"KB", 1024},
                                                                      {"MB", 1048576},
                                                                      {"GB", 1073741824},
                                                                      {"TB", 1099511627776.0}}};

/// One label and its value as text: "0.12s", "45%", "U".
using Perfdata = std::map<std::string, std::string, std::less<>>;

/// What stands for a label that comes more than once: which of its values is right nobody knows.
constexpr std::string_view kTwice = "twice";

/// The next `'label'=value;warn;…`; false at the end of the text.
bool next_value(std::string_view& text, Perfdata& values) {
  text = trim(text);
  if (text.empty()) {
    return false;
  }
  std::string label;
  std::size_t at = 0;
  if (text.front() == '\'') {
    for (at = 1; at < text.size(); ++at) {
      if (text[at] != '\'') {
        label += text[at];
      } else if (at + 1 < text.size() && text[at + 1] == '\'') {
        label += text[++at];
      } else {
        break;
      }
    }
    at = text.find('=', at);
  } else {
    at = text.find('=');
    label = at == std::string_view::npos ? "" : text.substr(0, at);
  }
  if (at == std::string_view::npos) {
    return false;
  }
  const std::string_view rest = text.substr(at + 1);
  const std::size_t end = std::min(rest.find_first_of(" \t\n"), rest.size());
  const std::string_view value = rest.substr(0, std::min(rest.find(';'), end));
  const auto [known, is_new] = values.emplace(label, value);
  if (!is_new) {
    known->second = kTwice;
  }
  text = rest.substr(end);
  return true;
}

/// The perfdata of the first line, and of the long output behind its second bar.
Perfdata perfdata_of(std::string_view output) {
  Perfdata values;
  const std::size_t line_end = std::min(output.find('\n'), output.size());
  const std::string_view first = output.substr(0, line_end);
  const std::string_view more = output.substr(line_end);
  for (std::string_view part : {first, more}) {
    const std::size_t bar = part.find('|');
    if (bar == std::string_view::npos) {
      continue;
    }
    part.remove_prefix(bar + 1);
    while (next_value(part, values)) {
    }
  }
  return values;
}

/// A value as a cell; `storage` keeps its text.
RowCell cell_of(const std::string& text, std::string& storage) {
  const std::size_t unit_at = text.find_first_not_of("0123456789.+-eE");
  const std::string_view number = std::string_view(text).substr(0, unit_at);
  const std::string_view unit = unit_at == std::string::npos ? "" : std::string_view(text).substr(unit_at);
  if (text == "U" || text.empty()) {
    return {};  // could not be determined
  }
  const auto parsed = parse_number(number);
  for (const auto& [name, factor] : kUnits) {
    if (parsed && unit == name) {
      return RowCell::of(*parsed * factor);
    }
  }
  storage = text;
  return RowCell::of(std::string_view(storage));
}

}  // namespace

Result<Poll> read_nagios(std::string_view output,
                         int code,
                         const SourceSettings& settings,
                         const PollRequest& request) {
  const std::string_view first = trim(output.substr(0, output.find('\n')));
  const std::string said = printable(first.substr(0, first.find('|')), 256);
  if (code >= kUnknown || code < 0) {
    return fail(ErrorKind::kUnavailable,
                code == kUnknown ? "is UNKNOWN: " + said : "exited with " + std::to_string(code) + ": " + said);
  }
  Perfdata values = perfdata_of(output);
  values.emplace(kExitCode, std::to_string(code));
  std::vector<RowCell> cells;
  std::vector<std::string> texts(settings.metrics.size());
  std::vector<std::string> lacking;
  const bool reads_state =
      std::ranges::any_of(settings.metrics, [](const SourceMetric& metric) { return column_of(metric) == kExitCode; });
  for (std::size_t i = 0; i < settings.metrics.size(); ++i) {
    const std::string& label = column_of(settings.metrics[i]);
    const auto found = values.find(label);
    if (found == values.end() && code != 0 && reads_state) {
      cells.emplace_back();  // what is down gives no figures, and its state is what is asked for
      lacking.push_back(printable(label, 60));
      continue;
    }
    if (found == values.end()) {
      std::vector<std::string> names;
      for (const auto& [name, value] : values) {
        names.push_back(printable(name, 60));
      }
      if (values.size() == 1 && !said.empty()) {
        return fail(ErrorKind::kInvalid,
                    "has no perfdata for metric " + settings.metrics[i].name + "; it says \"" + said +
                        "\": read: names what it may look at");
      }
      return fail(ErrorKind::kInvalid,
                  "its perfdata has no \"" + label + "\" for metric " + settings.metrics[i].name + "; it has " +
                      join(names, ", "));
    }
    if (found->second == kTwice) {
      return fail(ErrorKind::kInvalid,
                  "its perfdata has \"" + printable(label, 60) + "\" more than once for metric " +
                      settings.metrics[i].name + ", and nothing says which counts: give each value a label of its own");
    }
    cells.push_back(cell_of(found->second, texts[i]));
  }
  RowReader rows(
      settings, {.dates = {}, .numbers = kDataNumbers}, request.from, [&](std::uint64_t, RowReader::Place place) {
        return "perfdata " + column_of(settings.metrics[place.index]);
      });
  rows.read_at(0, present_slot(request.now, settings), {}, cells);
  for (const std::string& label : lacking) {
    rows.tell(0, [&] { return RowProblem{"perfdata " + label, "is not there; it says \"" + said + "\""}; });
  }
  Poll poll = KPI_TRY(rows.finish("its perfdata"));
  poll.remarks.push_back(said);
  return poll;
}

}  // namespace kpi
