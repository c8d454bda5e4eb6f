#include "daemon/review/svg_pen.hpp"

#include <gtest/gtest.h>

namespace kpi {
namespace {

TEST(SvgPen, WritesLinesAsStepsInTenths) {
  SvgPen pen;
  pen.move(67.5, 119.44);
  pen.line(74.5, 147.9);
  pen.line(81.5, 95.55);
  pen.line(81.5, 95.04);
  EXPECT_EQ(pen.path("value"), R"(<path class="value" d="M67.5 119.4l7 28.5 7-52.3 0-0.6"/>)");
}

TEST(SvgPen, StepsAddUpToThePointHoweverManyThereAre) {
  SvgPen pen;
  pen.move(0, 0);
  for (int i = 1; i < 100; ++i) {
    pen.line(i / 3.0, i / 7.0);
  }
  pen.line(40, 20);
  EXPECT_TRUE(pen.is_level(20));
  EXPECT_FALSE(pen.is_level(20.1));
}

TEST(SvgPen, DrawsRectanglesAndDotsAndNothingWhereNothingWasDrawn) {
  SvgPen pen;
  EXPECT_EQ(pen.path("band"), "");
  pen.move(1, 2);
  pen.across(3.5);
  pen.down(4);
  pen.across(-3.5);
  pen.close();
  pen.move(-0.5, 0);
  pen.across(0);
  EXPECT_EQ(pen.path("band"), R"(<path class="band" d="M1 2h3.5v4h-3.5zM-0.5 0h0"/>)");
}

}  // namespace
}  // namespace kpi
