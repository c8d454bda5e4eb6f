#include "daemon/notify/message_json.hpp"

#include "daemon/notify/alert_words.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/sample_messages.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace kpi {
namespace {

class MessageJson : public testing::TestWithParam<test::SampleMessage> {};

TEST_P(MessageJson, IsAsDocumented) {
  const std::string json = message_json(GetParam().message);
  EXPECT_TRUE(
      test::matches_golden("webhook/" + GetParam().name + ".json", nlohmann::ordered_json::parse(json).dump(2) + "\n"));
}

TEST_P(MessageJson, IsReadBackByteForByte) {
  const std::string json = message_json(GetParam().message);
  const Result<Message> read = parse_message_json(json);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(message_json(*read), json);
}

INSTANTIATE_TEST_SUITE_P(Samples, MessageJson, testing::ValuesIn(test::sample_messages()), [](const auto& sample) {
  return sample.param.name;
});

TEST(MessageJsonText, IsOneLineInTheOrderOfTheContract) {
  const std::string json = message_json(test::sample_message("firing"));
  EXPECT_EQ(json.find('\n'), std::string::npos);
  std::size_t last = 0;
  for (const char* key :
       {"type",        "timestamp", "data",     "group",     "alerts", "id",        "status",  "kpi",
        "title",       "rule",      "segment",  "severity",  "value",  "formatted", "unit",    "limit",
        "since",       "period",    "previous", "target",    "goal",   "deadline",  "pace",    "projected",
        "probability", "required",  "owner",    "objective", "labels", "reason",    "runbook", "url"}) {
    const std::size_t at = json.find("\"" + std::string(key) + "\":", last);
    ASSERT_NE(at, std::string::npos) << key << " is missing or out of order";
    last = at;
  }
}

TEST(MessageJsonText, ReadsBackEveryField) {
  for (const char* name : {"firing", "firing_group", "resolved", "no_data", "target_status", "source_error", "test"}) {
    Message message = test::sample_message(name);
    const Result<Message> read = parse_message_json(message_json(message));
    ASSERT_TRUE(read) << read.error().message;
    message.id.clear();  // Kept beside the document.
    message.channel.clear();
    std::vector<AlertView> written;  // the worst first
    for (const AlertView* alert : worst_first(message)) {
      written.push_back(*alert);
    }
    message.alerts = std::move(written);
    EXPECT_EQ(*read, message) << name;
  }
}

TEST(MessageJsonText, KeepsNumbersExactly) {
  Message message = test::sample_message("firing");
  message.alerts[0].value = 0.1 + 0.2;
  message.alerts[0].previous = 1e300;
  const Message read = parse_message_json(message_json(message)).value();
  EXPECT_EQ(read.alerts[0].value, 0.1 + 0.2);
  EXPECT_EQ(read.alerts[0].previous, 1e300);
}

TEST(MessageJsonText, SaysNullForWhatIsNoNumber) {
  Message message = test::sample_message("firing");
  message.alerts[0].value = std::numeric_limits<double>::quiet_NaN();
  message.alerts[0].limit = std::numeric_limits<double>::infinity();
  const Message read = parse_message_json(message_json(message)).value();
  EXPECT_EQ(read.alerts[0].value, std::nullopt);
  EXPECT_EQ(read.alerts[0].limit, std::nullopt);
}

struct BadJsonRow {
  const char* name;
  std::string json;
  const char* error;
};

class BadMessageJson : public testing::TestWithParam<BadJsonRow> {};

TEST_P(BadMessageJson, IsRefused) {
  const Result<Message> read = parse_message_json(GetParam().json);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, ErrorKind::kInvalid);
  EXPECT_THAT(read.error().message, testing::StartsWith(GetParam().error));
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  return text.replace(text.find(what), what.size(), with);
}

std::string sample_json() {
  return message_json(test::sample_message("firing"));
}

INSTANTIATE_TEST_SUITE_P(
    Rows,
    BadMessageJson,
    testing::Values(
        BadJsonRow{"Empty", "", "not a message: [json.exception.parse_error.101]"},
        BadJsonRow{"NoObject", "[]", "not a message: [json.exception.type_error.304]"},
        BadJsonRow{"NoData",
                   R"({"type":"test","timestamp":"2026-03-31T06:00:00Z"})",
                   "not a message: [json.exception.out_of_range.403] key 'data' not found"},
        BadJsonRow{"UnknownType",
                   replaced(sample_json(), "alert.firing", "alert.fired"),
                   "not a message: type cannot be \"alert.fired\""},
        BadJsonRow{"UnknownSeverity",
                   replaced(sample_json(), "\"warning\"", "\"bad\\n\""),
                   "not a message: severity cannot be \"bad\\x0a\""},
        BadJsonRow{"BadTime",
                   replaced(sample_json(), "2026-03-31T06:00:00Z", "today"),
                   "not a message: timestamp cannot be \"today\""},
        BadJsonRow{
            "WrongKind", replaced(sample_json(), "0.021", "\"low\""), "not a message: [json.exception.type_error.302]"},
        BadJsonRow{
            "LabelIsNoText", replaced(sample_json(), "\"SE\"", "7"), "not a message: [json.exception.type_error.302]"},
        BadJsonRow{"TooLarge", std::string((16U << 20U) + 1, ' '), "not a message: it is larger than 16 MiB"}),
    [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace kpi
