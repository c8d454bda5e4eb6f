#include "daemon/review/svg_pen.hpp"

#include <cmath>

namespace kpi {
namespace {

long long tenths_of(double number) {
  return std::llround(number * 10);
}

}  // namespace

void SvgPen::move(double x, double y) {
  x_ = tenths_of(x);
  y_ = tenths_of(y);
  data_ += 'M';
  put(x_);
  put_next(y_);
  is_in_line_ = false;
}

void SvgPen::line(double x, double y) {
  const long long across = tenths_of(x) - x_;
  const long long down = tenths_of(y) - y_;
  if (is_in_line_) {
    put_next(across);
  } else {
    data_ += 'l';
    put(across);
  }
  put_next(down);
  x_ += across;
  y_ += down;
  is_in_line_ = true;
}

void SvgPen::across(double length) {
  const long long tenths = tenths_of(length);
  data_ += 'h';
  put(tenths);
  x_ += tenths;
  is_in_line_ = false;
}

void SvgPen::down(double length) {
  const long long tenths = tenths_of(length);
  data_ += 'v';
  put(tenths);
  y_ += tenths;
  is_in_line_ = false;
}

void SvgPen::close() {
  data_ += 'z';
  is_in_line_ = false;
}

bool SvgPen::is_level(double y) const {
  return tenths_of(y) == y_;
}

std::string SvgPen::path(std::string_view name) const {
  if (data_.empty()) {
    return "";
  }
  std::string element = "<path class=\"";
  element.append(name).append("\" d=\"").append(data_).append("\"/>");
  return element;
}

void SvgPen::put(long long tenths) {
  const long long digits = tenths < 0 ? -tenths : tenths;
  data_ += tenths < 0 ? "-" : "";
  data_ += std::to_string(digits / 10);
  if (digits % 10 != 0) {
    data_ += '.';
    data_ += static_cast<char>('0' + digits % 10);
  }
}

/// After another number: a sign keeps the two apart as well as a space.
void SvgPen::put_next(long long tenths) {
  data_ += tenths < 0 ? "" : " ";
  put(tenths);
}

}  // namespace kpi
