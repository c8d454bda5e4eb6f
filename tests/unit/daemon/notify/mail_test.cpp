#include "daemon/notify/mail_html.hpp"
#include "daemon/notify/mail_message.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/sample_messages.hpp"
#include "tests/unit/daemon/notify/fake_http.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kpi {
namespace {

using testing::HasSubstr;
using testing::Not;

MailEnvelope envelope() {
  return {{"KPI-vakt Åse", "kpid@example.com"}, {{"", "growth@example.com"}, {"Anna", "anna@example.com"}}, ""};
}

class MailContent : public testing::TestWithParam<std::string> {};

TEST_P(MailContent, ReadsAsItShould) {
  std::string mail = mail_content(test::sample_message(GetParam()), envelope());
  std::erase(mail, '\r');  // the next test looks at those
  EXPECT_TRUE(test::matches_golden("mail/" + GetParam() + ".txt", mail));
}

TEST_P(MailContent, HasNoLongOrBareLines) {
  const std::string mail = mail_content(test::sample_message(GetParam()), envelope());
  std::size_t begin = 0;
  for (std::size_t end = mail.find("\r\n"); end != std::string::npos; end = mail.find("\r\n", begin)) {
    const std::string line = mail.substr(begin, end - begin);
    EXPECT_LE(line.size(), 200U) << line;
    EXPECT_THAT(line, Not(HasSubstr("\n")));
    EXPECT_THAT(line, Not(HasSubstr("\r")));
    begin = end + 2;
  }
  EXPECT_EQ(begin, mail.size());
}

INSTANTIATE_TEST_SUITE_P(Rows,
                         MailContent,
                         testing::Values("firing", "firing_group", "resolved", "hostile", "test"),
                         [](const auto& row) { return row.param; });

TEST(MailContent, CarriesPicturesInsideAndFilesBeside) {
  Message message = test::sample_message("firing");
  message.attachments = {{"chart.png", "image/png", "\x89PNG", true},
                         {"review \"Q3\".html", "text/html", "<p>", false}};
  const std::string mail = mail_content(message, envelope());
  EXPECT_THAT(mail, HasSubstr("Content-ID: <picture-1@kpid>\r\n"));
  EXPECT_THAT(mail, HasSubstr("cid:picture-1@kpid"));
  EXPECT_THAT(mail, HasSubstr("alt=3D\"chart\""));
  EXPECT_THAT(mail, HasSubstr("Content-Disposition: attachment; filename=\"review _Q3_.html\"\r\n"));
  EXPECT_THAT(mail, HasSubstr("Content-Type: text/html; charset=utf-8; name=\"review _Q3_.html\"\r\n"));
  EXPECT_THAT(mail, HasSubstr("Content-Type: image/png; name="));
  EXPECT_THAT(mail, HasSubstr("multipart/mixed"));
}

TEST(MailContent, AChartStandsBesideItsAlert) {
  Message message = test::sample_message("firing_group");
  message.attachments = {{"Bounce rate.png", "image/png", "\x89PNG", true},
                         {"Conversion rate (country: SE).png", "image/png", "\x89PNG", true},
                         {"another.png", "image/png", "\x89PNG", true}};
  const std::string html = mail_html(message);
  const auto at = [&](const char* text) { return html.find(text); };
  EXPECT_LT(at(">Conversion rate (country: SE)</h2>"), at("cid:picture-2@kpid"));
  EXPECT_LT(at("cid:picture-2@kpid"), at(">Bounce rate</h2>"));
  EXPECT_LT(at(">Bounce rate</h2>"), at("cid:picture-1@kpid"));
  EXPECT_LT(at("cid:picture-1@kpid"), at("cid:picture-3@kpid")) << "one of no alert comes last";
}

TEST(MailAddress, IsOnePlainAddress) {
  EXPECT_EQ(parse_mail_address(" KPI <a@b.se> ").value(), (MailAddress{"KPI", "a@b.se"}));
  for (const char* wrong :
       {"", "a", "@b", "a@", "a@b@c", "a b@c.se", "a@b.se\r\nBcc: x@y.se", "<a@b.se", "a@b.se>", "å@b.se"}) {
    EXPECT_FALSE(parse_mail_address(wrong)) << wrong;
  }
}

TEST(EncodedHeader, IsFoldedAndNeverSplit) {
  EXPECT_EQ(encoded_header("plain"), "plain");
  EXPECT_EQ(encoded_header("Omsättning"), "=?UTF-8?B?T21zw6R0dG5pbmc=?=");
  EXPECT_EQ(encoded_header("a\r\nBcc: b"), "a Bcc: b");
  EXPECT_THAT(encoded_header(std::string(100, 'x') + "ö"), HasSubstr("?=\r\n =?UTF-8?B?"));
  EXPECT_EQ(encoded_header("=?UTF-8?Q?x?="), "=?UTF-8?B?PT9VVEYtOD9RP3g/PQ==?=");
}

TEST(QuotedPrintable, KeepsToItsLines) {
  EXPECT_EQ(quoted_printable("a=b \n.x\nFrom y\n"), "a=3Db=20\r\n=2Ex\r\n=46rom y\r\n");
  EXPECT_EQ(quoted_printable(std::string(80, 'x')), std::string(75, 'x') + "=\r\n" + std::string(5, 'x'));
}

TEST(MailHtml, IsInertWhateverPeopleWrote) {
  const std::string html = mail_html(test::sample_message("hostile"));
  EXPECT_THAT(html, Not(HasSubstr("</script>")));
  EXPECT_THAT(html, HasSubstr("&lt;!channel&gt;"));
}

TEST(MailChannel, SaysWhatIsWrongWithItsSettings) {
  ChannelSettings settings;
  settings.name = "mail";
  settings.texts = {{"smtp", "http://x"}, {"from", "kpid"}, {"tls", "none"}, {"username", "kpid"}};
  settings.keys["password"] = Secret("hunter2-hunter2");
  settings.lists["to"] = {"a@b.se", "nobody"};
  Diagnostics diagnostics;
  EXPECT_EQ(find_channel_kind("email")->create(settings, diagnostics), nullptr);
  const std::string text = diagnostics.text();
  EXPECT_THAT(text, HasSubstr("smtp is not a mail server"));
  EXPECT_THAT(text, HasSubstr("from: \"kpid\" is not a mail address"));
  EXPECT_THAT(text, HasSubstr("to: \"nobody\" is not a mail address"));
  EXPECT_THAT(text, HasSubstr("a password would travel in the open"));
  EXPECT_THAT(text, Not(HasSubstr("hunter2")));
}

}  // namespace
}  // namespace kpi
