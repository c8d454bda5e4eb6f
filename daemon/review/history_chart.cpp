#include "daemon/review/history_chart.hpp"

#include "daemon/notify/html_text.hpp"
#include "daemon/review/svg_pen.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

namespace kpi {
namespace {

constexpr double kWidth = 720;
constexpr double kHeight = 238;
constexpr double kLeft = 64;
constexpr double kRight = 12;
constexpr double kTop = 22;
constexpr double kBottom = 26;
constexpr std::size_t kMostPoints = 400;

/// Where things are drawn.
struct Plane {
  double from_ms = 0;
  double to_ms = 1;
  double low = 0;
  double high = 1;
  double step = 0.2;  ///< Between grid lines.
  double left = kLeft;
  double width = kWidth - kLeft - kRight;
  double top = kTop;
  double height = kHeight - kTop - kBottom;

  [[nodiscard]] double x(double ms) const {
    return left + width * std::clamp((ms - from_ms) / (to_ms - from_ms), 0.0, 1.0);
  }

  [[nodiscard]] double y(double value) const { return top + height * (1 - (value - low) / (high - low)); }
};

double middle(const ReviewPoint& point) {
  return (static_cast<double>(point.slot.ms) + static_cast<double>(point.end.ms)) / 2;
}

/// 1, 2 or 5 times a power of ten: so far apart are grid lines, at most `most` of them.
double nice_step(double range, int most) {
  const double rough = range / most;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (rough <= factor * power) {
      return factor * power;
    }
  }
  return 10 * power;
}

/// The forecast of a level, which stands on the same axis as its values.
const ReviewOutlook* drawn_outlook(const ReviewLine& line) {
  const bool has_value = !line.points.empty() && !std::isnan(line.points.back().value);
  const bool is_there = has_value && line.target && line.target->outlook && line.target->outlook->is_level &&
                        slot_of(line.target->outlook->deadline) > line.points.back().slot;
  return is_there ? &*line.target->outlook : nullptr;
}

double deadline_ms(const ReviewOutlook& outlook) {
  return static_cast<double>(slot_of(outlook.deadline).ms + kDayMs);
}

/// The way from the last value to the forecast, as far as the picture goes.
struct ForecastEdge {
  double ms = 0;
  double projected = 0;
  double low = 0;
  double high = 0;
};

ForecastEdge cut_at(const Plane& plane, const ReviewLine& line, const ReviewOutlook& outlook) {
  const ReviewPoint& last = line.points.back();
  const double ms = std::min(plane.to_ms, deadline_ms(outlook));
  const double part = std::clamp((ms - middle(last)) / (deadline_ms(outlook) - middle(last)), 0.0, 1.0);
  const auto on_way = [&](double end) { return last.value + part * (end - last.value); };
  return {ms, on_way(outlook.projected), on_way(outlook.low), on_way(outlook.high)};
}

/// The lowest and the highest number drawn, on whole grid lines.
void fit(Plane& plane, const ReviewLine& line) {
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  const auto see = [&](double number) {
    if (std::isfinite(number)) {
      low = std::min(low, number);
      high = std::max(high, number);
    }
  };
  for (const ReviewPoint& point : line.points) {
    see(point.value);
    see(point.limit);
    see(has_path_of_values(line) ? point.expected : std::numeric_limits<double>::quiet_NaN());
  }
  if (const ReviewOutlook* outlook = drawn_outlook(line)) {
    const auto at_edge = cut_at(plane, line, *outlook);
    see(at_edge.low);
    see(at_edge.high);
  }
  if (low > high) {
    return;
  }
  if (low >= 0 && low < 0.5 * high) {
    low = 0;
  }
  if (high - low < 1e-12 * std::max(1.0, std::abs(high))) {
    high += std::max(1.0, std::abs(high)) * 0.1;
    low -= low == 0 ? 0 : std::max(1.0, std::abs(low)) * 0.1;
  }
  plane.step = nice_step(high - low, 5);
  plane.low = std::floor(low / plane.step) * plane.step;
  plane.high = std::ceil(high / plane.step) * plane.step;
}

/// Of many points the lowest and the highest of each stretch, in time order.
std::vector<const ReviewPoint*> thinned(const std::vector<ReviewPoint>& points, std::size_t most) {
  std::vector<const ReviewPoint*> kept;
  const auto follows = [&](std::size_t i) { return i == 0 || points[i].slot <= points[i - 1].end; };
  const std::size_t stretch = points.size() <= most ? 1 : (2 * points.size() + most - 1) / most;
  for (std::size_t i = 0; i < points.size(); i += stretch) {
    const ReviewPoint* low = nullptr;
    const ReviewPoint* high = nullptr;
    bool has_gap = false;
    for (std::size_t j = i; j < std::min(points.size(), i + stretch); ++j) {
      const ReviewPoint& point = points[j];
      has_gap = has_gap || std::isnan(point.value) || !follows(j);
      if (!std::isnan(point.value)) {
        low = low == nullptr || point.value < low->value ? &point : low;
        high = high == nullptr || point.value > high->value ? &point : high;
      }
    }
    if (has_gap) {
      kept.push_back(nullptr);
    }
    if (low != nullptr) {
      kept.push_back(std::min(low, high));
      if (low != high) {
        kept.push_back(std::max(low, high));
      }
    }
  }
  return kept;
}

/// Lines through what is known, broken where it is not. Of points on one height only the first and the last stand in
/// it, as of most limits.
template <class ValueOf>
std::string path_through(std::string_view name,
                         const std::vector<const ReviewPoint*>& points,
                         const Plane& plane,
                         const ValueOf& value_of) {
  SvgPen pen;
  bool is_open = false;
  std::optional<std::pair<double, double>> level;  // the last point of a level stretch, still to be drawn
  const auto finish = [&] {
    if (level) {
      pen.line(level->first, level->second);
      level.reset();
    }
  };
  for (const ReviewPoint* point : points) {
    const double value = point == nullptr ? std::numeric_limits<double>::quiet_NaN() : value_of(*point);
    if (!std::isfinite(value)) {
      finish();
      is_open = false;
      continue;
    }
    const double x = plane.x(middle(*point));
    const double y = plane.y(value);
    if (is_open && pen.is_level(y)) {
      level = std::pair(x, y);
      continue;
    }
    finish();
    if (is_open) {
      pen.line(x, y);
    } else {
      pen.move(x, y);
    }
    is_open = true;
  }
  finish();
  return pen.path(name);
}

std::string alone_points(const std::vector<const ReviewPoint*>& points, const Plane& plane) {
  std::string dots;
  const auto is_known = [&](std::size_t i) { return i < points.size() && points[i] != nullptr; };
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (is_known(i) && !is_known(i + 1) && (i == 0 || !is_known(i - 1))) {
      dots += fmt::format(R"(<circle class="dot" cx="{:.1f}" cy="{:.1f}" r="2"/>)",
                          plane.x(middle(*points[i])),
                          plane.y(points[i]->value));
    }
  }
  return dots;
}

std::string grid(const Plane& plane, const Kpi& kpi, const ReportStyle& style) {
  // A named unit stands once, above the numbers.
  const bool is_named = kpi.unit.show() == Unit::Show::kNamed;
  const Unit unit = is_named ? Unit() : kpi.unit;
  std::string text =
      is_named
          ? fmt::format(R"(<text class="axis" x="{:.0f}" y="11">{}</text>)", plane.left, html_text(kpi.unit.text()))
          : std::string();
  SvgPen lines;
  std::string numbers;
  for (double at = plane.low; at <= plane.high + plane.step / 2; at += plane.step) {
    const double number = std::abs(at) < plane.step / 1e6 ? 0 : at;
    const double y = plane.y(number);
    lines.move(plane.left, y);
    lines.across(plane.width);
    numbers += fmt::format(R"(<text x="{:.0f}" y="{:.1f}">{}</text>)",
                           plane.left - 8,
                           y + 3.5,
                           html_text(format_value(number, unit, style.language)));
  }
  return text + lines.path("grid") + R"(<g class="axis" text-anchor="end">)" + numbers + "</g>";
}

/// Dates below: the firsts of months, or of a short period some days.
std::string dates(const Plane& plane, ReviewPeriod period, const ReportWords& words) {
  period.to = date_of(Slot{static_cast<std::int64_t>(plane.to_ms)});  // farther than the review's: a forecast
  std::vector<Date> marks;
  const auto days = (std::chrono::sys_days{period.to} - std::chrono::sys_days{period.from}).count();
  if (days > 45) {
    const int months = days > 400 ? 3 : 1;
    Date at = period.from.year() / period.from.month() / 1;
    for (; std::chrono::sys_days{at} < std::chrono::sys_days{period.to}; at += std::chrono::months{months}) {
      marks.push_back(at);
    }
  } else {
    const auto step = std::chrono::days{std::max<std::int64_t>(1, days / 6)};
    for (auto at = std::chrono::sys_days{period.from}; at < std::chrono::sys_days{period.to}; at += step) {
      marks.emplace_back(at);
    }
  }
  SvgPen ticks;
  std::string names;
  for (const Date& mark : marks) {
    if (std::chrono::sys_days{mark} >= std::chrono::sys_days{period.from}) {
      const double x = plane.x(static_cast<double>(slot_of(mark).ms));
      ticks.move(x, plane.top + plane.height);
      ticks.down(4);
      names += fmt::format(R"(<text x="{:.1f}" y="{:.0f}">{}</text>)",
                           x,
                           plane.top + plane.height + 17,
                           html_text(short_date(mark, words)));
    }
  }
  return ticks.path("tick") + R"(<g class="axis">)" + names + "</g>";
}

std::string bands(const Plane& plane, const ReviewLine& line, const Zone& zone, Instant now) {
  std::map<Severity, SvgPen> pens;
  const auto on_axis = [&](Instant at) { return static_cast<double>(zone.to_local(at).time_since_epoch().count()); };
  for (const EpisodeRow& episode : line.episodes) {
    const double from = plane.x(on_axis(episode.since));
    const double width = std::max(2.0, plane.x(on_axis(episode.resolved.value_or(now))) - from);
    SvgPen& pen = pens[episode.severity];
    pen.move(from, plane.top);
    pen.across(width);
    pen.down(plane.height);
    pen.across(-width);
    pen.close();
  }
  std::string text;
  for (const auto& [severity, pen] : pens) {
    text += pen.path(fmt::format("band {}", name_of(severity)));
  }
  return text;
}

std::string forecast_fan(const Plane& plane, const ReviewLine& line) {
  const ReviewOutlook* outlook = drawn_outlook(line);
  if (outlook == nullptr) {
    return "";
  }
  const ForecastEdge edge = cut_at(plane, line, *outlook);
  const double x = plane.x(middle(line.points.back()));
  const double y = plane.y(line.points.back().value);
  return fmt::format(R"(<path class="fan" d="M{0:.1f} {1:.1f}L{2:.1f} {3:.1f}L{2:.1f} {4:.1f}Z"/>)"
                     R"(<path class="forecast" d="M{0:.1f} {1:.1f}L{2:.1f} {5:.1f}"/>)",
                     x,
                     y,
                     plane.x(edge.ms),
                     plane.y(edge.high),
                     plane.y(edge.low),
                     plane.y(edge.projected));
}

std::string marks(const Plane& plane, const HistoryChart& chart) {
  SvgPen dots;  // lines without a length, whose ends are round
  std::size_t missed = 0;
  for (const ReviewPoint& point : chart.line->points) {
    if (point.verdict == Verdict::kMissed && !std::isnan(point.value) && ++missed <= kMostPoints) {
      dots.move(plane.x(middle(point)), plane.y(point.value));
      dots.across(0);
    }
  }
  std::string text = dots.path("missed");
  for (const Restatement& change : chart.line->restated) {
    const auto point = std::ranges::find(chart.line->points, change.slot, &ReviewPoint::slot);
    if (point != chart.line->points.end() && !std::isnan(point->value)) {
      text += fmt::format(R"(<circle class="restated" cx="{:.1f}" cy="{:.1f}" r="4.5"/>)",
                          plane.x(middle(*point)),
                          plane.y(point->value));
    }
  }
  std::size_t number = 0;
  for (const NoteRow& note : *chart.notes) {
    const double x = plane.x(static_cast<double>(slot_of(note.day).ms) + kDayMs / 2.0);
    text += fmt::format(R"(<line class="note" x1="{0:.1f}" x2="{0:.1f}" y1="{1:.1f}" y2="{2:.1f}"/>)",
                        x,
                        plane.top,
                        plane.top + plane.height);
    text += fmt::format(R"(<text class="note" x="{:.1f}" y="{:.1f}">{}</text>)", x + 3, plane.top + 9, ++number);
  }
  return text;
}

/// What the picture shows, for those who cannot see it.
std::string description(const HistoryChart& chart, const ReportStyle& style, const ReportWords& words) {
  const auto text = [&](double value) { return format_value(value, chart.kpi->unit, style.language); };
  const ReviewPoint* first = nullptr;
  const ReviewPoint* last = nullptr;
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  for (const ReviewPoint& point : chart.line->points) {
    if (!std::isnan(point.value)) {
      first = first == nullptr ? &point : first;
      last = &point;
      low = std::min(low, point.value);
      high = std::max(high, point.value);
    }
  }
  const std::string_view title = chart.title.empty() ? std::string_view(chart.kpi->title) : chart.title;
  if (first == nullptr) {
    return filled(words.chart_empty, {{"title", title}});
  }
  return filled(words.chart,
                {{"title", title},
                 {"count", std::to_string(chart.line->points.size())},
                 {"first", text(first->value)},
                 {"last", text(last->value)},
                 {"low", text(low)},
                 {"high", text(high)}});
}

}  // namespace

std::string html_text(std::string_view text) {
  std::string escaped = html_escaped(text);
  // Control characters have no business in a document; a line break is white space.
  std::ranges::replace_if(escaped, [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  // So have marks that turn the reading order around (U+202A to U+202E, U+2066 to U+2069): a name could pose as
  // another.
  for (const auto& [lead, first, last] :
       {std::tuple("\xE2\x80", '\xAA', '\xAE'), std::tuple("\xE2\x81", '\xA6', '\xA9')}) {
    for (std::size_t at = escaped.find(lead); at != std::string::npos; at = escaped.find(lead, at)) {
      const bool turns = at + 2 < escaped.size() && escaped[at + 2] >= first && escaped[at + 2] <= last;
      at = turns ? (escaped.erase(at, 3), at) : at + 2;
    }
  }
  return escaped;
}

std::string history_chart(const HistoryChart& chart, const ReportStyle& style) {
  const ReportWords& words = report_words(style.language);
  Plane plane;
  plane.from_ms = static_cast<double>(slot_of(chart.period.from).ms);
  plane.to_ms = static_cast<double>(slot_of(chart.period.to).ms);
  if (const ReviewOutlook* outlook = drawn_outlook(*chart.line)) {
    // Room for where it goes: a third of the period at the most.
    plane.to_ms =
        std::max(plane.to_ms, std::min(deadline_ms(*outlook), plane.to_ms + (plane.to_ms - plane.from_ms) / 3));
  }
  fit(plane, *chart.line);
  const auto points = thinned(chart.line->points, kMostPoints);
  std::string svg = fmt::format(R"(<svg class="chart" viewBox="0 0 {:.0f} {:.0f}" role="img" aria-label="{}">)",
                                kWidth,
                                kHeight,
                                html_text(description(chart, style, words)));
  svg += grid(plane, *chart.kpi, style);
  svg += dates(plane, chart.period, words);
  svg += bands(plane, *chart.line, chart.kpi->zone, chart.now);
  svg += path_through("limit", points, plane, [](const ReviewPoint& point) { return point.limit; });
  if (has_path_of_values(*chart.line)) {
    svg += path_through("path", points, plane, [](const ReviewPoint& point) { return point.expected; });
  }
  svg += forecast_fan(plane, *chart.line);
  svg += path_through("value", points, plane, [](const ReviewPoint& point) { return point.value; });
  svg += alone_points(points, plane);
  svg += marks(plane, chart);
  return svg + "</svg>";
}

bool has_path_of_values(const ReviewLine& line) {
  return !line.target || line.target->measure == Target::Measure::kLevel ||
         line.target->measure == Target::Measure::kAverage;
}

std::string progress_chart(const HistoryChart& chart, const ReportStyle& style) {
  const ReviewLine& line = *chart.line;
  const auto is_known = [](double number) { return std::isfinite(number); };
  if (!line.target || std::ranges::none_of(line.so_far, is_known)) {
    return "";
  }
  ReviewLine way;  // drawn like the values of a level
  way.target = line.target;
  way.target->measure = Target::Measure::kLevel;
  for (std::size_t i = 0; i < line.points.size(); ++i) {
    const ReviewPoint& point = line.points[i];
    if (std::isfinite(line.so_far[i])) {
      way.points.push_back({point.slot,
                            point.end,
                            line.so_far[i],
                            std::numeric_limits<double>::quiet_NaN(),
                            point.expected,
                            Verdict::kRecorded});
    }
  }
  if (way.target->outlook) {
    way.target->outlook->is_level = true;
  }
  const std::vector<NoteRow> no_notes;
  const std::string title = chart.kpi->title + ", " + std::string(report_words(style.language).so_far);
  return history_chart({&way, chart.kpi, &no_notes, chart.period, chart.now, title}, style);
}

std::string sparkline(const ReviewLine& line, const ReviewPeriod& period) {
  Plane plane;
  plane.from_ms = static_cast<double>(slot_of(period.from).ms);
  plane.to_ms = static_cast<double>(slot_of(period.to).ms);
  plane.left = 2;
  plane.width = 116;
  plane.top = 3;
  plane.height = 22;
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  for (const ReviewPoint& point : line.points) {
    if (!std::isnan(point.value)) {
      low = std::min(low, point.value);
      high = std::max(high, point.value);
    }
  }
  if (low > high) {
    return "";
  }
  plane.low = low;
  plane.high = high > low ? high : low + 1;
  const auto points = thinned(line.points, 120);
  return R"(<svg class="spark" viewBox="0 0 120 28" aria-hidden="true">)" +
         path_through("value", points, plane, [](const ReviewPoint& point) { return point.value; }) +
         alone_points(points, plane) + "</svg>";
}

}  // namespace kpi
