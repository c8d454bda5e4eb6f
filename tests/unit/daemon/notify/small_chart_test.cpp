#include "daemon/notify/small_chart.hpp"

#include "daemon/notify/channels/mail_pictures.hpp"
#include "tests/support/golden.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace kpi {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

SmallChart conversion() {
  SmallChart chart;
  chart.title = "Conversion rate";
  chart.unit = Unit::parse("%").value();
  chart.limit = 0.022;
  chart.first = "1 mars 2026";
  chart.last = "30 mars 2026";
  for (int day = 0; day < 30; ++day) {
    const bool is_gap = day == 11 || day == 12 || day == 20;
    const double value = 0.026 + 0.002 * std::sin(day) - (day > 24 ? 0.005 : 0);
    chart.points.push_back({is_gap ? std::nullopt : std::optional(value), 0.022 + 0.0001 * day});
  }
  return chart;
}

TEST(SmallChart, DrawsTheValueItsGapsTheLimitAndThePath) {
  EXPECT_TRUE(test::matches_golden("mail/chart.svg", small_chart(conversion(), Language::kSwedish)));
}

TEST(SmallChart, LeavesAGapWhereThereIsNoValue) {
  SmallChart chart;
  chart.points = {{1, {}}, {2, {}}, {{}, {}}, {3, {}}, {4, {}}};
  const std::string svg = small_chart(chart, Language::kEnglish);
  EXPECT_THAT(svg, HasSubstr("M84.0 "));
  EXPECT_THAT(svg, HasSubstr("M424.5 ")) << "it begins again after the gap";
}

TEST(SmallChart, HasRoomForALongNumberBesideTheAxis) {
  SmallChart chart;
  chart.unit = Unit::parse("visits").value();
  chart.points = {{1'234'567'890, {}}, {2'345'678'901, {}}};
  const std::string svg = small_chart(chart, Language::kEnglish);
  EXPECT_THAT(svg, HasSubstr(">1,234,567,890<"));
  EXPECT_THAT(svg, Not(HasSubstr("x=\"76.0\"")));
}

TEST(SmallChart, SaysNothingOfLessThanTwoValues) {
  SmallChart chart;
  chart.points = {{{}, 1}, {2, 1}};
  EXPECT_EQ(small_chart(chart, Language::kEnglish), "");
}

TEST(SmallChart, TakesATitleForText) {
  SmallChart chart = conversion();
  chart.title = "</title><script>alert(1)</script>";
  chart.first = "<image href=\"file:///etc/passwd\"/>";
  const std::string svg = small_chart(chart, Language::kEnglish);
  EXPECT_THAT(svg, Not(HasSubstr("<script")));
  EXPECT_THAT(svg, Not(HasSubstr("<image")));
}

class Painter final : public Host {
 public:
  explicit Painter(std::string output) : output_(std::move(output)) {}

  Result<File> read_file(const std::string& path, std::size_t /*limit*/) override {
    return fail(ErrorKind::kNotFound, path);
  }

  Result<std::string> file_version(const std::string& /*path*/) override { return "1"; }

  Result<ProcessResult> run(const ProcessRequest& request, const std::stop_token& /*stop*/) override {
    input = request.input;
    return ProcessResult{0, 0, output_, ""};
  }

  std::string input;

 private:
  std::string output_;
};

Message with_chart() {
  Message message;
  message.attachments = {{"visits.svg", "image/svg+xml", "<svg/>", true}, {"review.html", "text/html", "x", false}};
  return message;
}

TEST(MailPictures, AreMadePngAndNothingElseIsTouched) {
  Painter painter("\x89PNG\r\n\x1a\n…");
  const Message message = with_pictures(with_chart(), &painter, {});
  ASSERT_THAT(message.attachments, SizeIs(2));
  EXPECT_EQ(message.attachments[0].name, "visits.png");
  EXPECT_EQ(message.attachments[0].content_type, "image/png");
  EXPECT_EQ(message.attachments[1], with_chart().attachments[1]);
  EXPECT_EQ(painter.input, "<svg/>");
}

TEST(MailPictures, AreLeftOutWhereTheyCannotBeMade) {
  Painter painter("not a picture");
  EXPECT_THAT(with_pictures(with_chart(), &painter, {}).attachments, SizeIs(1));
  EXPECT_THAT(with_pictures(with_chart(), nullptr, {}).attachments, SizeIs(1));
}

}  // namespace
}  // namespace kpi
