#include "daemon/notify/small_chart.hpp"

#include "rules/words/say.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>

namespace kpi {

namespace {

constexpr double kWidth = 552;
constexpr double kHeight = 180;
constexpr double kLeft = 84;  // at least, see Plane::left
constexpr double kRight = 14;
constexpr double kLetter = 7.2;
constexpr double kTop = 34;
constexpr double kBottom = 26;
constexpr std::string_view kValueColour = "#1f5f9e";
constexpr std::string_view kLimitColour = "#c0392b";
constexpr std::string_view kPathColour = "#2e8b57";

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      default:
        out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
  }
  return out;
}

/// Where things are drawn.
struct Plane {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
  std::size_t count = 0;
  double left = kLeft;

  void see(const std::optional<double>& number) {
    if (number && std::isfinite(*number)) {
      low = std::min(low, *number);
      high = std::max(high, *number);
    }
  }

  /// Zero is the ground of what lies near it.
  void fit() {
    low = low >= 0 && low < 0.5 * high ? 0 : low;
    if (high - low < 1e-12 * std::max(1.0, std::abs(high))) {
      high += std::max(1.0, std::abs(high)) * 0.1;
    }
  }

  [[nodiscard]] double x(std::size_t at) const {
    return left + (kWidth - left - kRight) * static_cast<double>(at) / static_cast<double>(count - 1);
  }

  [[nodiscard]] double y(double number) const {
    return kTop + (kHeight - kTop - kBottom) * (1 - (number - low) / (high - low));
  }
};

/// "M1 2L3 4": through what is known, broken where it is not.
std::string path_through(const SmallChart& chart, const Plane& plane, std::optional<double> ChartPoint::* what) {
  std::string path;
  bool is_open = false;
  for (std::size_t i = 0; i < chart.points.size(); ++i) {
    const std::optional<double>& number = chart.points[i].*what;
    if (!number || !std::isfinite(*number)) {
      is_open = false;
      continue;
    }
    path += fmt::format("{}{:.1f} {:.1f}", is_open ? "L" : "M", plane.x(i), plane.y(*number));
    is_open = true;
  }
  return path;
}

std::string line(const std::string& path, std::string_view colour, std::string_view dashes, double width) {
  return path.empty() ? ""
                      : fmt::format(
                            "<path d=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"{}\" "
                            "stroke-linejoin=\"round\" stroke-linecap=\"round\"{}/>",
                            path,
                            colour,
                            width,
                            dashes.empty() ? "" : fmt::format(" stroke-dasharray=\"{}\"", dashes));
}

std::string text(double x, double y, std::string_view anchor, std::string_view colour, std::string_view words) {
  return fmt::format(
      "<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\" fill=\"{}\">{}</text>", x, y, anchor, colour, escaped(words));
}

/// What the colours mean, from the left.
std::string legend(const SmallChart& chart, const Plane& plane, Language language) {
  std::string out;
  double x = plane.left;
  const auto add = [&](Phrase label, std::string_view colour, std::string_view dashes) {
    const std::string words = say(language, label);
    out += line(fmt::format("M{:.1f} 16L{:.1f} 16", x, x + 20), colour, dashes, 2);
    out += text(x + 26, 20, "start", "#5c6670", words);
    x += 26 + kLetter * static_cast<double>(words.size()) + 16;
  };
  add(Phrase::kChartValue, kValueColour, "");
  if (chart.limit) {
    add(Phrase::kChartLimit, kLimitColour, "5 4");
  }
  if (std::ranges::any_of(chart.points, [](const ChartPoint& point) { return point.expected.has_value(); })) {
    add(Phrase::kChartPath, kPathColour, "1 4");
  }
  return out;
}

std::string dots(const SmallChart& chart, const Plane& plane) {
  std::string out;
  const auto is_known = [&](std::size_t at) { return at < chart.points.size() && chart.points[at].value.has_value(); };
  for (std::size_t i = 0; i < chart.points.size(); ++i) {
    const bool is_alone = !is_known(i + 1) && (i == 0 || !is_known(i - 1));
    const bool is_last = i + 1 == chart.points.size();
    if (is_known(i) && (is_alone || is_last)) {
      out += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{}\" fill=\"{}\"/>",
                         plane.x(i),
                         plane.y(*chart.points[i].value),
                         is_last ? 4 : 2,
                         kValueColour);
    }
  }
  return out;
}

}  // namespace

std::string small_chart(const SmallChart& chart, Language language) {
  Plane plane;
  plane.count = chart.points.size();
  plane.see(chart.limit);
  std::size_t known = 0;
  for (const ChartPoint& point : chart.points) {
    plane.see(point.value);
    plane.see(point.expected);
    known += point.value && std::isfinite(*point.value) ? 1U : 0U;
  }
  if (known < 2) {
    return "";
  }
  plane.fit();
  // A named unit would find no room beside its number.
  const Unit axis = chart.unit.show() == Unit::Show::kNamed ? Unit() : chart.unit;
  const auto label = [&](double number) { return format_value(number, axis, language); };
  for (const double number : {plane.low, plane.high}) {
    plane.left = std::max(plane.left, 8 + kLetter * static_cast<double>(label(number).size()) + 8);
  }
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" "
      "font-family=\"DejaVu Sans, sans-serif\" font-size=\"12\"><title>{2}</title>"
      "<rect width=\"{0}\" height=\"{1}\" fill=\"#ffffff\"/>",
      kWidth,
      kHeight,
      escaped(chart.title));
  for (const double number : {plane.low, plane.high}) {
    svg +=
        line(fmt::format("M{:.1f} {:.1f}L{:.1f} {:.1f}", plane.left, plane.y(number), kWidth - kRight, plane.y(number)),
             "#e4e8ec",
             "",
             1);
    svg += text(plane.left - 8, plane.y(number) + 4, "end", "#5c6670", label(number));
  }
  if (chart.limit) {
    const double y = plane.y(*chart.limit);
    svg +=
        line(fmt::format("M{:.1f} {:.1f}L{:.1f} {:.1f}", plane.left, y, kWidth - kRight, y), kLimitColour, "5 4", 1.5);
  }
  svg += line(path_through(chart, plane, &ChartPoint::expected), kPathColour, "1 4", 2);
  svg += line(path_through(chart, plane, &ChartPoint::value), kValueColour, "", 2);
  svg += dots(chart, plane);
  svg += text(plane.left, kHeight - 8, "start", "#5c6670", chart.first);
  svg += text(kWidth - kRight, kHeight - 8, "end", "#5c6670", chart.last);
  return svg + legend(chart, plane, language) + "</svg>";
}

}  // namespace kpi
