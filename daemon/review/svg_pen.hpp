#pragma once
// The data of a path in a chart: coordinates in tenths, lines as steps from one point to the next, as few characters as
// can be. A review has hundreds of numbers in each chart, and may have thousands of charts. One thread.

#include <string>
#include <string_view>

namespace kpi {

class SvgPen {
 public:
  /// Begins anew there, without a line.
  void move(double x, double y);
  /// REQUIRES that something was begun; so do the next.
  void line(double x, double y);
  void across(double length);
  void down(double length);
  void close();

  /// Whether a point lies as high as the last one.
  [[nodiscard]] bool is_level(double y) const;
  /// As an element of this class; empty when nothing was drawn.
  [[nodiscard]] std::string path(std::string_view name) const;

 private:
  void put(long long tenths);
  void put_next(long long tenths);

  std::string data_;
  long long x_ = 0;  // in tenths
  long long y_ = 0;
  bool is_in_line_ = false;
};

}  // namespace kpi
