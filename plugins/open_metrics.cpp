#include "plugins/exec.hpp"
#include "rules/base/text.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace kpi {
namespace {

/// The year 10000: what lies beyond is a slip, such as milliseconds read as seconds.
constexpr double kEndMs = 253'402'300'800'000;
/// A time of 1973 or before is one in seconds that is read as milliseconds.
constexpr double kEndOfSeconds = 1e11;

struct Line {
  std::string name;
  Labels labels;
  double value = 0;
  std::optional<double> time;
};

bool is_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == ':' || c == '.';
}

std::string_view name_in(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size() && is_name(text[at])) {
    ++at;
  }
  return text.substr(0, at);
}

/// `name="value"`, with \\ \" and \n within; false where it is none.
bool next_label(std::string_view& text, Labels& labels) {
  const std::size_t equals = text.find("=\"");
  if (equals == std::string_view::npos) {
    return false;
  }
  std::string value;
  std::size_t at = equals + 2;
  for (; at < text.size() && text[at] != '"'; ++at) {
    if (text[at] == '\\' && at + 1 < text.size()) {
      ++at;
      value += text[at] == 'n' ? '\n' : text[at];
    } else {
      value += text[at];
    }
  }
  if (at >= text.size()) {
    return false;
  }
  const std::string name(trim(text.substr(0, equals)));
  if (std::ranges::find(labels, name, &std::pair<std::string, std::string>::first) != labels.end()) {
    return false;  // which of its values counts nobody knows
  }
  labels.emplace_back(name, std::move(value));
  text = trim(text.substr(at + 1));
  if (text.starts_with(',')) {
    text = trim(text.substr(1));
  }
  return true;
}

std::optional<double> number_of(std::string_view text) {
  const std::string lower = to_lower_ascii(text);
  if (lower == "nan") {
    return std::nan("");
  }
  if (lower == "+inf" || lower == "inf" || lower == "-inf") {
    return lower.front() == '-' ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
  }
  return parse_number(text.starts_with('+') ? text.substr(1) : text);
}

/// Nothing: it cannot be read.
std::optional<Line> read_line(std::string_view text) {
  Line line;
  line.name = name_in(text);
  text = trim(text.substr(line.name.size()));
  if (text.starts_with('{')) {
    text = trim(text.substr(1));
    while (!text.starts_with('}')) {
      if (!next_label(text, line.labels)) {
        return std::nullopt;
      }
    }
    text = trim(text.substr(1));
  }
  if (const std::size_t exemplar = text.find(" # "); exemplar != std::string_view::npos) {
    text = trim(text.substr(0, exemplar));
  }
  const std::size_t blank = text.find_first_of(" \t");
  const auto value = number_of(text.substr(0, blank));
  if (line.name.empty() || !value) {
    return std::nullopt;
  }
  line.value = *value;
  if (blank != std::string_view::npos) {
    line.time = parse_number(trim(text.substr(blank)));
    if (!line.time) {
      return std::nullopt;
    }
  }
  return line;
}

class Reading {
 public:
  Reading(const SourceSettings& settings, const PollRequest& request, bool is_open_metrics)
      : settings_(settings),
        present_(present_slot(request.now, settings)),
        milliseconds_(is_open_metrics ? 1000 : 1),
        rows_(settings,
              {.dates = {}, .numbers = kDataNumbers},
              request.from,
              [](std::uint64_t row, RowReader::Place) { return "line " + std::to_string(row); }),
        labels_(settings.labels.size()) {}

  void take(std::size_t number, std::string_view text) {
    const auto line = read_line(text);
    if (!line) {
      lose(number, text);
      return;
    }
    names_.insert(line->name);
    for (std::size_t i = 0; i < settings_.metrics.size(); ++i) {
      if (column_of(settings_.metrics[i]) == line->name) {
        take(number, *line, i);
      }
    }
    last_ = number;
  }

  Result<Poll> finish() {
    for (const SourceMetric& metric : settings_.metrics) {
      if (!names_.empty() && !names_.contains(column_of(metric))) {
        rows_.tell(last_, [&] { return RowProblem{column_of(metric), never_seen(metric)}; });
      }
    }
    return rows_.finish("its output");
  }

 private:
  /// A line that is none is of now, if it has a time that cannot be read either, and of the metrics of its name.
  void lose(std::size_t number, std::string_view text) {
    const std::string_view name = name_in(text);
    cells_.assign(settings_.metrics.size(), RowCell::absent());
    for (std::size_t i = 0; i < settings_.metrics.size(); ++i) {
      cells_[i] = column_of(settings_.metrics[i]) == name ? RowCell() : RowCell::absent();
    }
    rows_.lose_at(number, present_, cells_, [&] {
      return RowProblem{"line " + std::to_string(number), '"' + printable(text, 60) + "\" is no sample"};
    });
  }

  /// A sample that is misspelt would never come.
  [[nodiscard]] std::string never_seen(const SourceMetric& metric) const {
    std::vector<std::string> names(names_.begin(), names_.end());
    const std::string near = did_you_mean(column_of(metric), names);
    constexpr std::size_t most = 10;
    if (names.size() > most) {
      names.resize(most);
      names.emplace_back("…");
    }
    return "no sample has this name" +
           (near.empty() ? ": there are " + printable(join(names, ", "), 500) : "; " + near);
  }

  void take(std::size_t number, const Line& line, std::size_t metric) {
    for (std::size_t i = 0; i < labels_.size(); ++i) {
      const auto found =
          std::ranges::find(line.labels, settings_.labels[i].column, &std::pair<std::string, std::string>::first);
      labels_[i] = found == line.labels.end() ? std::string_view() : std::string_view(found->second);
    }
    Slot slot = present_;
    if (line.time) {
      const double ms = *line.time * milliseconds_;
      if (!(ms >= 0 && ms < kEndMs)) {
        rows_.lose(number, [&] {
          return RowProblem{"line " + std::to_string(number), number_text(*line.time) + " is no time"};
        });
        return;
      }
      if (milliseconds_ == 1 && ms < kEndOfSeconds) {
        rows_.lose(number, [&] {
          return RowProblem{"line " + std::to_string(number),
                            number_text(*line.time) +
                                " would be milliseconds since 1970: where times are seconds, print # EOF at the end"};
        });
        return;
      }
      const Instant instant{Duration{std::llround(ms)}};
      slot = slot_at(instant, settings_.grain, settings_.zone, settings_.calendar);
    }
    // A line is of one metric: the others have nothing here, not a null.
    cells_.assign(settings_.metrics.size(), RowCell::absent());
    cells_[metric] = RowCell::of(line.value);
    rows_.read_at(number, slot, labels_, cells_);
  }

  const SourceSettings& settings_;
  Slot present_;
  double milliseconds_;  // in one unit of a time
  RowReader rows_;
  std::vector<std::string_view> labels_;
  std::vector<RowCell> cells_;
  std::set<std::string> names_;  // of all samples
  std::size_t last_ = 0;         // the line of the last one
};

}  // namespace

Result<Poll> read_open_metrics(std::string_view text, const SourceSettings& settings, const PollRequest& request) {
  // OpenMetrics ends with a mark of its own, and counts time in seconds; Prometheus' older format in milliseconds.
  const bool is_open_metrics = trim(text).ends_with("# EOF");
  if (!is_open_metrics && ("\n" + std::string(text)).find("\n# UNIT ") != std::string::npos) {
    return fail(ErrorKind::kUnavailable,
                "its output is OpenMetrics (# UNIT) and does not end with # EOF: it was cut off, or print that mark");
  }
  if (!is_open_metrics && !text.empty() && !text.ends_with('\n')) {
    return fail(ErrorKind::kUnavailable,
                "its output has no line end behind its last line, and nothing of it counts: it may be half of one; end "
                "each line, the last one too");
  }
  Reading reading(settings, request, is_open_metrics);
  bool has_sample = false;
  std::size_t number = 0;
  std::size_t end = 0;
  for (const std::string_view line : split(text, '\n')) {
    ++number;
    const std::string_view trimmed = trim(line);
    if (end > 0 && !trimmed.empty()) {
      return fail(ErrorKind::kInvalid,
                  "line " + std::to_string(number) + " of its output stands behind # EOF in line " +
                      std::to_string(end) + ", where nothing may: print # EOF once, at the end");
    }
    end = trimmed == "# EOF" ? number : end;
    if (!trimmed.empty() && !trimmed.starts_with('#')) {
      has_sample = true;
      reading.take(number, trimmed);
    }
  }
  if (!has_sample) {
    return fail(ErrorKind::kUnavailable,
                "its output has no sample: a program that cannot tell exits with another code");
  }
  return reading.finish();
}

}  // namespace kpi
