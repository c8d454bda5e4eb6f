#include "daemon/notify/channel_template.hpp"

#include "daemon/notify/channels/slack_blocks.hpp"
#include "daemon/notify/mail_html.hpp"
#include "daemon/notify/text_message.hpp"
#include "tests/support/sample_messages.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kpi::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::string rendered(const std::string& text, const Message& message) {
  EXPECT_THAT(ChannelTemplate::problems_of(text), IsEmpty());
  const auto out = ChannelTemplate(text).render(message);
  EXPECT_TRUE(out) << out.error().message;
  return out.value_or("");
}

TEST(ChannelTemplate, TellsEachAlertInItsOwnWords) {
  EXPECT_EQ(rendered("{{count}}\n{{#alerts}}\n- {{subject}}: {{value}}, limit {{limit}}, {{owner}}\n{{/alerts}}\n",
                     sample_message("firing")),
            "1 alert\n- Conversion rate (country: SE): 2.1%, limit 2.2%, growth\n");
}

TEST(ChannelTemplate, LeavesOutTheSectionOfWhatIsUnknown) {
  Message message = sample_message("firing");
  message.alerts.front().runbook.clear();
  EXPECT_EQ(
      rendered("{{#alerts}}[{{#runbook}}see {{runbook}}{{/runbook}}{{^runbook}}ask{{/runbook}}]{{/alerts}}", message),
      "[ask]");
}

TEST(ChannelTemplate, IsNotReadInWhatIsPutIn) {
  Message message = sample_message("firing");
  message.alerts.front().title = "{{id}} {{#alerts}}";
  EXPECT_EQ(rendered("{{#alerts}}{{title}}{{/alerts}}", message), "{{id}} {{#alerts}}");
}

TEST(ChannelTemplate, NamesEverythingThatIsWrongWithItsLine) {
  EXPECT_THAT(ChannelTemplate::problems_of("{{headlin}}\n{{title}}\n{{#alerts}}{{> x}}\n{{/alert}}"),
              ElementsAre("line 1 of the template: there is no field \"headlin\"; did you mean \"headline\"?",
                          "line 2 of the template: \"title\" belongs to an alert: write it between {{#alerts}} and "
                          "{{/alerts}}",
                          "line 3 of the template: there are no partials",
                          "line 4 of the template: {{/alert}} stands where {{/alerts}} is due",
                          "line 3 of the template: the section \"alerts\" is not closed; write {{/alerts}}"));
  EXPECT_THAT(ChannelTemplate::problems_of("a {{headline"),
              ElementsAre("line 1 of the template: a tag is not closed; write {{title}}"));
  EXPECT_THAT(ChannelTemplate::problems_of("{{=<% %>=}}x"),
              ElementsAre("line 1 of the template: the tags stay {{ and }}"));
  EXPECT_THAT(ChannelTemplate::problems_of("{{#alerts}}{{#alerts}}{{/alerts}}{{/alerts}}"),
              ElementsAre("line 1 of the template: alerts stand in no other alerts"));
  EXPECT_THAT(ChannelTemplate::problems_of(" {{^alerts}}none{{/alerts}} "),
              ElementsAre("tried on a made-up alert: the template says nothing"));
  EXPECT_THAT(ChannelTemplate::problems_of(std::string(9'000, 'x')), ElementsAre("a template has at most 8000 bytes"));
}

TEST(ChannelTemplate, IsEscapedByTheChannel) {
  Message message = sample_message("firing");
  message.alerts.front().title = "<b>&<!channel>";
  message.text = rendered("*{{headline}}*\n{{#alerts}}{{title}} {{{title}}}{{/alerts}}", message);
  EXPECT_THAT(slack_payload(message), HasSubstr("&lt;b&gt;&amp;&lt;!channel&gt; &lt;b&gt;"));
  EXPECT_THAT(slack_payload(message), Not(HasSubstr("<!channel>")));
  EXPECT_THAT(mail_html(message), HasSubstr("&lt;b&gt;&amp;&lt;!channel&gt; &lt;b&gt;"));
  EXPECT_THAT(text_message(message), HasSubstr("<b>&<!channel> <b>&<!channel>"));
}

TEST(ChannelTemplate, ThatSaysTooMuchOrNothingIsRefusedWhenItIsSent) {
  Message message = sample_message("many");
  const auto much = ChannelTemplate("{{#alerts}}" + std::string(2'000, 'x') + "{{/alerts}}").render(message);
  ASSERT_FALSE(much);
  EXPECT_EQ(much.error().message, "the template says more than 60000 bytes");
  message.alerts.front().owner.clear();
  message.alerts.resize(1);
  EXPECT_FALSE(ChannelTemplate("{{#alerts}}{{owner}}{{/alerts}}").render(message));
}

}  // namespace
}  // namespace kpi::test
