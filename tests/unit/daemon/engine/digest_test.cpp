// Digests and voices through the engine: who is told what, in which language, and how often.

#include "daemon/notify/message_json.hpp"
#include "daemon/notify/text_message.hpp"
#include "tests/support/golden.hpp"
#include "tests/unit/daemon/engine/story.hpp"

#include <gmock/gmock.h>

namespace kpi::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const std::string kSource =
    "timezone: UTC\n"
    "sources:\n"
    "  web: {plugin: csv, path: web.csv, metrics: {visits: {unit: visits}, orders: {unit: orders}}}\n";

const std::string kConfig =
    kSource +
    "channels: {team: {type: console}, board: {type: console, language: sv}}\n"
    "routes: [{match: {}, to: [team]}]\n"
    "digests: [{to: [team, board], every: week, at: \"monday 08:00\", kpis: {owner: growth}}]\n";

const std::string kRules =
    "kpis:\n"
    "  visits: {title: Visits, owner: growth, value: web.visits, unit: visits, thresholds: {warning: 100}}\n"
    "  conversion: {title: Conversion, owner: growth, value: web.orders / web.visits, unit: \"%\"}\n"
    "  orders: {title: Orders, owner: sales, value: web.orders, unit: orders}\n";

/// Three weeks of days up to Sunday 22 March 2026, the last with one bad day.
void tell_weeks(Story& story, int last = 22) {
  for (int day = 2; day <= last; ++day) {
    const std::string date = "2026-03-" + std::string(day < 10 ? "0" : "") + std::to_string(day);
    story.put("web.visits", date, day == 18 ? 60 : 200);
    story.put("web.orders", date, day > 15 ? 5 : 4);
    story.step(date_text(Date{std::chrono::sys_days{parse_date(date).value()} + std::chrono::days{1}}) + " 01:00");
  }
}

std::vector<Message> digests_of(Story& story, std::string_view time) {
  story.step(time);
  std::vector<Message> found;
  for (const Message& message : story.messages()) {
    if (message.type == MessageType::kDigest && message.created == at(time)) {
      found.push_back(message);
    }
  }
  return found;
}

TEST(Digest, ComparesNoSumOfFewerDays) {
  Story story(kConfig, kRules);
  tell_weeks(story, 20);  // nothing came for the weekend
  const std::vector<Message> messages = digests_of(story, "2026-03-23 08:00");
  ASSERT_THAT(messages, SizeIs(2));
  const DigestView& digest = *messages[0].digest;
  const auto visits = std::ranges::find(digest.lines, "visits", &DigestLine::kpi);
  EXPECT_EQ(visits->formatted + " after " + visits->formatted_previous, "860 visits after 1,400 visits");
  EXPECT_EQ(visits->change, "") << "not -38.6%";
  const auto conversion = std::ranges::find(digest.lines, "conversion", &DigestLine::kpi);
  EXPECT_EQ(conversion->change, "+0.91 points") << "a share is one, of however many days";
}

TEST(Digest, SaysEachKpiOverThePeriodAndWhatItWasBefore) {
  Story story(kConfig, kRules);
  tell_weeks(story);
  const std::vector<Message> messages = digests_of(story, "2026-03-23 08:00");
  ASSERT_THAT(messages, SizeIs(2));
  const DigestView& digest = *messages[0].digest;
  EXPECT_EQ(digest.title, "Weekly digest: week 12, 16–22 March 2026");
  EXPECT_EQ(digest.summary, "2 KPIs, all fine now");
  ASSERT_THAT(digest.lines, SizeIs(2));
  EXPECT_EQ(digest.lines[0].kpi, "visits") << "in the order of the file, without those of others";
  const auto visits = std::ranges::find(digest.lines, "visits", &DigestLine::kpi);
  EXPECT_EQ(visits->formatted, "1,260 visits");
  EXPECT_EQ(visits->formatted_previous, "1,400 visits");
  EXPECT_EQ(visits->change, "-10%");
  EXPECT_EQ(visits->formatted_year_ago, "");
  const auto conversion = std::ranges::find(digest.lines, "conversion", &DigestLine::kpi);
  EXPECT_EQ(conversion->formatted, "2.78%") << "35 of 1,260: a ratio of sums";
  EXPECT_EQ(conversion->change, "+0.78 points");
  ASSERT_THAT(digest.alerts, SizeIs(1));
  EXPECT_EQ(digest.alerts[0].text, "Warning, 18 March 2026")
      << "the day that was bad, not the day it was seen to be over";
  EXPECT_EQ(messages[1].digest->title, "Veckosammanfattning: v. 12, 16–22 mars 2026");
  EXPECT_EQ(std::ranges::find(messages[1].digest->lines, "visits", &DigestLine::kpi)->formatted, "1\u00A0260 visits");
  EXPECT_TRUE(matches_golden("text/digest.txt", text_message(messages[0]))) << text_message(messages[0]);
  EXPECT_TRUE(matches_golden("text/digest_sv.txt", text_message(messages[1]))) << text_message(messages[1]);
}

TEST(Digest, SaysNothingIsMissedWhereTheNewestDayHasNotCome) {
  Story story(kConfig, "kpis: {visits: {owner: growth, value: web.visits, no_data: {after: 2 days}}}\n");
  story.put("web.visits", "2026-03-21", 200);
  story.step("2026-03-22 01:00");
  const std::vector<Message> messages = digests_of(story, "2026-03-23 08:00");
  ASSERT_THAT(messages, SizeIs(2));
  EXPECT_EQ(story.state("visits"), KpiState::kPending);
  EXPECT_EQ(messages[0].digest->summary, "1 KPI, all fine now");
  EXPECT_EQ(messages[0].digest->lines.at(0).state_text, "fine; 1 of 7 days have data");
}

TEST(Digest, DoesNotCallFineWhatItKnowsNothingOf) {
  const std::string channels =
      "channels: {en: {type: console}, sv: {type: console, language: sv}, da: {type: console, language: da},\n"
      "           nb: {type: console, language: nb}}\n"
      "routes: [{match: {}, to: [en]}]\n"
      "digests: [{to: [en, sv, da, nb], every: day, at: \"08:00\", kpis: {}}]\n";
  const std::string visits =
      "kpis:\n  visits: {title: Visits, value: web.visits, unit: visits, no_data: {after: 3 days}}\n";
  const std::string orders = "  orders: {title: Orders, value: web.orders, unit: orders, thresholds: {warning: 10}}\n";
  const auto told_of = [&](const std::string& rules, double orders_then) {
    Story story(kSource + channels, rules);
    story.put("web.visits", "2026-03-05", 200);
    story.put("web.orders", "2026-03-05", 20);
    story.step("2026-03-06 09:00");
    story.put("web.orders", "2026-03-06", orders_then);
    std::vector<std::string> told;
    for (const Message& message : digests_of(story, "2026-03-07 08:00")) {
      const auto line = std::ranges::find(message.digest->lines, "visits", &DigestLine::kpi);
      EXPECT_EQ(line->state, KpiState::kPending);
      told.push_back(message.digest->summary + " / " + line->state_text);
    }
    return told;
  };
  EXPECT_THAT(told_of(visits, 20),
              ElementsAre("1 KPI: 1 without data / pending: its data has not come",
                          "1 KPI: 1 utan data / väntar: data har inte kommit",
                          "1 KPI: 1 uden data / venter: data er ikke kommet",
                          "1 KPI: 1 uten data / venter: data har ikke kommet"));
  EXPECT_EQ(told_of(visits + orders, 20).at(0), "2 KPIs: 1 without data / pending: its data has not come");
  EXPECT_EQ(told_of(visits + orders, 5).at(0),
            "1 of 2 KPIs needs attention, 1 without data / pending: its data has not come");
}

/// The line of a KPI in a digest.
const DigestLine& line_in(const Message& message, const std::string& kpi) {
  return *std::ranges::find(message.digest->lines, kpi, &DigestLine::kpi);
}

/// The night after a day.
std::string night_after(const std::string& date) {
  return date_text(Date{std::chrono::sys_days{parse_date(date).value()} + std::chrono::days{1}}) + " 01:00";
}

TEST(Digest, OfARatioLeavesOutADayThatLacksOneSide) {
  Story story(kConfig,
              "kpis:\n"
              "  conversion: {owner: growth, value: web.orders / web.visits, unit: \"%\"}\n"
              "  doubled: {owner: growth, value: 2 * conversion, unit: \"%\"}\n"
              "  others: {owner: growth, value: web.visits - web.orders, unit: visits}\n");
  for (int day = 9; day <= 22; ++day) {
    const std::string date = "2026-03-" + std::string(day < 10 ? "0" : "") + std::to_string(day);
    story.put("web.visits", date, 100);
    if (day != 17 && day != 18) {
      story.put("web.orders", date, 2);
    }
    story.step(night_after(date));
  }
  const std::vector<Message> messages = digests_of(story, "2026-03-23 08:00");
  ASSERT_THAT(messages, SizeIs(2));
  const DigestLine& conversion = line_in(messages[0], "conversion");
  EXPECT_EQ(conversion.formatted, "2%") << "as on each of its days, not 10 of 700";
  EXPECT_EQ(conversion.change, "0 points");
  EXPECT_EQ(conversion.state_text, "fine; 5 of 7 days have data");
  EXPECT_EQ(line_in(messages[1], "conversion").state_text, "bra; 5 av 7 dagar har data");
  EXPECT_EQ(line_in(messages[0], "doubled").formatted, "4%");
  const DigestLine& others = line_in(messages[0], "others");
  EXPECT_EQ(others.formatted + " after " + others.formatted_previous, "490 visits after 686 visits");
  EXPECT_EQ(others.change, "") << "five days against seven";
}

TEST(Digest, OfARatioComparesHoursWithDays) {
  Story story(
      "timezone: UTC\n"
      "sources:\n"
      "  web: {plugin: csv, path: web.csv, metrics: {visits: {unit: visits}}}\n"
      "  shop: {plugin: csv, path: shop.csv, grain: hour, every: 1h, metrics: {orders: {kind: flow, unit: orders}}}\n"
      "channels: {team: {type: console}}\n"
      "routes: [{match: {}, to: [team]}]\n"
      "digests: [{to: [team], every: week, kpis: {}}]\n",
      "kpis: {conversion: {value: shop.orders / web.visits, unit: \"%\"}}\n");
  for (int day = 16; day <= 22; ++day) {
    const std::string date = "2026-03-" + std::to_string(day);
    story.put("web.visits", date, 2400);
    for (int hour = 0; hour < (day == 18 ? 20 : 24); ++hour) {
      story.put("shop.orders", date + (hour < 10 ? " 0" : " ") + std::to_string(hour) + ":00", 2);
    }
    story.step(night_after(date));
  }
  const std::vector<Message> messages = digests_of(story, "2026-03-23 08:00");
  ASSERT_THAT(messages, SizeIs(1));
  EXPECT_EQ(line_in(messages[0], "conversion").formatted, "2%") << "without the day that lacks four hours";
  EXPECT_EQ(line_in(messages[0], "conversion").state_text, "fine; 6 of 7 days have data");
}

const std::string kInFourLanguages =
    "channels: {en: {type: console}, sv: {type: console, language: sv}, da: {type: console, language: da},\n"
    "           nb: {type: console, language: nb}}\n"
    "routes: [{match: {}, to: [en]}]\n";

TEST(Digest, CallsNothingFineOfAPeriodWithoutDataWhenItIsBackSince) {
  Story story(
      kSource + kInFourLanguages + "digests: [{to: [en, sv, da, nb], every: week, at: \"tuesday 08:00\", kpis: {}}]\n",
      "kpis: {visits: {value: web.visits, thresholds: {warning: 100}}}\n");
  for (const std::string date : {"2026-03-14", "2026-03-15", "2026-03-23"}) {
    story.put("web.visits", date, 200);
    story.step(night_after(date));
  }
  std::vector<std::string> told;
  for (const Message& message : digests_of(story, "2026-03-24 08:00")) {
    const DigestLine& line = message.digest->lines.at(0);
    EXPECT_EQ(line.state, KpiState::kNoData);
    EXPECT_FALSE(line.needs_attention) << "it is well now";
    told.push_back(message.digest->summary + " / " + line.state_text);
  }
  EXPECT_EQ(story.state("visits"), KpiState::kOk);
  EXPECT_THAT(told,
              ElementsAre("1 KPI: 1 without data / no data in this period",
                          "1 KPI: 1 utan data / inga data för perioden",
                          "1 KPI: 1 uden data / ingen data for perioden",
                          "1 KPI: 1 uten data / ingen data for perioden"));
}

TEST(Digest, OfDaysShowsTheLastWeekOfAWeeklyKpiByItsName) {
  Story story(kSource + kInFourLanguages + "digests: [{to: [en, sv, da, nb], every: day, at: \"08:00\", kpis: {}}]\n",
              "kpis: {visits: {value: web.visits, every: week, unit: visits, thresholds: {warning: 100}}}\n");
  for (int day = 2; day <= 17; ++day) {
    const std::string date = "2026-03-" + std::string(day < 10 ? "0" : "") + std::to_string(day);
    story.put("web.visits", date, day < 9 ? 100 : 200);
    story.step(night_after(date));
    const std::vector<Message> messages = digests_of(story, night_after(date).substr(0, 10) + " 08:00");
    if (day == 15) {
      ASSERT_THAT(messages, SizeIs(4));
      EXPECT_EQ(messages[0].digest->lines.at(0).formatted, "1,400 visits");
      EXPECT_EQ(messages[0].digest->lines.at(0).state_text, "fine") << "the week ended on the digest's day";
    }
  }
  std::vector<std::string> told;
  for (const Message& message : story.messages()) {
    const DigestLine& line = message.digest->lines.at(0);
    EXPECT_EQ(line.value, 1400);
    EXPECT_EQ(line.change, "");
    told.push_back(line.state_text);
  }
  EXPECT_THAT(told,
              ElementsAre("fine; the value is of week 11, 9–15 March 2026",
                          "bra; värdet gäller v. 11, 9–15 mars 2026",
                          "fint; værdien gælder uge 11, 9.–15. marts 2026",
                          "bra; verdien gjelder uke 11, 9.–15. mars 2026"));
  Message read = parse_message_json(outbox_json(story.messages().at(0))).value();
  EXPECT_EQ(read.digest->lines.at(0).value_of, "week 11, 9–15 March 2026");
}

/// An hourly KPI: `value` an hour from 2 March on; one hour of 4 March is missing.
void tell_hours(Story& story) {
  for (int hour = 0; hour < 3 * 24; ++hour) {
    if (hour == 2 * 24 + 5) {
      continue;
    }
    const Instant time = at("2026-03-02") + std::chrono::hours{hour};
    std::string text = rfc3339(time).substr(0, 16);
    text[10] = ' ';
    story.put("web.visits", text, hour < 24 ? 900 : hour == 47 ? 150 : 400);
  }
}

TEST(Digest, OfADayAddsUpTheHoursOfIt) {
  Story story(
      "timezone: UTC\n"
      "sources:\n"
      "  web: {plugin: csv, path: web.csv, grain: hour, every: 1h, metrics: {visits: {kind: flow, unit: visits}}}\n"
      "channels: {team: {type: console}}\n"
      "routes: [{match: {}, to: [team]}]\n"
      "digests: [{to: [team], every: day, at: \"08:00\", kpis: {}}]\n",
      "kpis: {visits: {title: Visits, every: hour, value: web.visits, unit: visits}}\n");
  story.step("2026-03-02 00:30");
  tell_hours(story);
  story.step("2026-03-04 07:00");
  const std::vector<Message> second = digests_of(story, "2026-03-04 08:00");
  ASSERT_THAT(second, SizeIs(1));
  const DigestLine& day = second[0].digest->lines.at(0);
  EXPECT_EQ(day.formatted + " after " + day.formatted_previous, "9,350 visits after 21,600 visits")
      << "not 150, the last hour's";
  EXPECT_EQ(day.change, "-56.7%");
  EXPECT_EQ(day.state_text, "fine");
  tell_hours(story);
  story.step("2026-03-05 07:00");
  const std::vector<Message> third = digests_of(story, "2026-03-05 08:00");
  ASSERT_THAT(third, SizeIs(1));
  EXPECT_THAT(third[0].digest->lines.at(0).state_text, HasSubstr("; 23 of 24 hours have data"));
}

TEST(Digest, OfTheNextPeriodDoesNotListWhatWasOverBefore) {
  Story story(kConfig, kRules);
  for (int day = 2; day <= 29; ++day) {
    const std::string date = "2026-03-" + std::string(day < 10 ? "0" : "") + std::to_string(day);
    story.put("web.visits", date, day == 22 ? 60 : 200);
    story.step(date_text(Date{std::chrono::sys_days{parse_date(date).value()} + std::chrono::days{1}}) + " 01:00");
  }
  const std::vector<Message> messages = digests_of(story, "2026-03-30 08:00");
  ASSERT_THAT(messages, SizeIs(2));
  EXPECT_THAT(messages[0].digest->alerts, IsEmpty()) << "Sunday the 22nd was bad, and told by the digest of its week";
}

TEST(Digest, NamesTheSegmentThatATotalHides) {
  Story story(kSource.substr(0, kSource.find("metrics")) + "labels: {country: Country}, " +
                  kSource.substr(kSource.find("metrics")) +
                  "channels: {team: {type: console}}\n"
                  "routes: [{match: {}, to: [team]}]\n"
                  "digests: [{to: [team], every: week, kpis: {}}]\n",
              "kpis: {visits: {title: Visits, value: web.visits, split_by: [country], thresholds: {warning: 100}}}\n");
  for (int day = 16; day <= 22; ++day) {
    const std::string date = "2026-03-" + std::to_string(day);
    story.put("web.visits", date, day < 20 ? 150 : 50, {{"country", "SE"}});
    story.put("web.visits", date, 500, {{"country", "DK"}});
    story.step(date_text(Date{std::chrono::sys_days{parse_date(date).value()} + std::chrono::days{1}}) + " 01:00");
  }
  const std::vector<Message> messages = digests_of(story, "2026-03-23 08:00");
  ASSERT_THAT(messages, SizeIs(1));
  const DigestLine& visits = messages[0].digest->lines.at(0);
  EXPECT_EQ(visits.state_text, "Warning since 20 March 2026 (country: SE)");
  EXPECT_TRUE(visits.needs_attention);
  EXPECT_EQ(messages[0].digest->summary, "1 of 1 KPI needs attention");
}

TEST(Digest, ComesBackOutOfTheOutboxAsItWas) {
  Story story(kConfig, kRules);
  tell_weeks(story);
  const std::vector<Message> messages = digests_of(story, "2026-03-23 08:00");
  ASSERT_THAT(messages, SizeIs(2));
  Message read = parse_message_json(outbox_json(messages[1])).value();
  read.id = messages[1].id;
  read.channel = messages[1].channel;
  EXPECT_EQ(read, messages[1]);
}

TEST(Digest, GoesOutOncePerPeriodOverKillsAndDownTime) {
  Story story(kConfig, kRules);
  story.put("web.visits", "2026-03-02", 200);
  story.put("web.orders", "2026-03-02", 4);
  EXPECT_THAT(digests_of(story, "2026-03-03 01:00"), IsEmpty()) << "nothing of the time before it was asked for";
  EXPECT_THAT(digests_of(story, "2026-03-09 07:59"), IsEmpty());
  EXPECT_EQ(rfc3339(story.engine().next_event()), "2026-03-09T08:00:00Z");
  EXPECT_THAT(digests_of(story, "2026-03-09 08:00"), SizeIs(2));
  EXPECT_THAT(digests_of(story, "2026-03-09 08:01"), IsEmpty());
  story.restart();
  EXPECT_THAT(digests_of(story, "2026-03-09 08:02"), IsEmpty());
  // Down over two Mondays: the last of them is told, late.
  story.restart();
  const std::vector<Message> late = digests_of(story, "2026-03-24 10:00");
  ASSERT_THAT(late, SizeIs(2));
  EXPECT_THAT(late[0].digest->notes, ElementsAre("This digest comes late: it was due 23 March 2026 08:00."));
  EXPECT_THAT(digests_of(story, "2026-03-24 10:05"), IsEmpty());
}

TEST(Digest, WhoseCommitFailsIsSentByTheNextStepWithTheSameId) {
  Story story(kConfig, kRules);
  tell_weeks(story);
  story.store().is_broken = true;
  story.fail_step("2026-03-23 08:00");
  story.store().is_broken = false;
  story.restart();
  EXPECT_THAT(digests_of(story, "2026-03-23 08:01"), SizeIs(2));
  EXPECT_THAT(digests_of(story, "2026-03-23 08:02"), IsEmpty());
}

/// What loading says of these digests.
std::string complaints(const std::string& digests) {
  class OneFile final : public Host {
   public:
    explicit OneFile(std::string text) : text_(std::move(text)) {}

    Result<File> read_file(const std::string& path, std::size_t /*limit*/) override {
      return path == "kpid.yaml" ? Result<File>(File{text_, "1"}) : fail(ErrorKind::kNotFound, path);
    }

    Result<std::string> file_version(const std::string& /*path*/) override { return "1"; }

   private:
    std::string text_;
  };

  OneFile host(
      "channels: {team: {type: console}, pager: {type: pagerduty, routing_key: "
      "12345678901234567890123456789012}}\nroutes: [{match: {}, to: [team]}]\ndigests:\n" +
      digests);
  return load_config("kpid.yaml", Secrets::kIgnored, host).diagnostics.text();
}

TEST(Digest, ThatIsNotUnderstoodIsAnErrorWithItsPlace) {
  EXPECT_THAT(complaints("  - {to: [team], every: week, at: \"monday 08:00\", kpis: {}}\n"),
              testing::Not(HasSubstr("error")));
  const std::string at_error = complaints("  - {to: [team], every: month, at: monday 08:00, kpis: {}}\n");
  EXPECT_THAT(at_error, HasSubstr("kpid.yaml:4:36"));
  EXPECT_THAT(at_error, HasSubstr("at wants when a digest of every month comes, got \"monday 08:00\""));
  EXPECT_THAT(at_error, HasSubstr("write at: \"day 1 08:00\""));
  EXPECT_THAT(complaints("  - {to: [taem], every: day, kpis: {}}\n"), HasSubstr("did you mean \"team\"?"));
  EXPECT_THAT(complaints("  - {to: [team], every: day}\n"), HasSubstr("kpis: {owner: growth}; {} is all"));
  EXPECT_THAT(complaints("  - {to: [team], every: year, kpis: {}}\n"), HasSubstr("year"));
  EXPECT_THAT(complaints("  - {to: [pager], every: day, kpis: {}}\n"),
              HasSubstr("a digest is no incident: pager (pagerduty) would open one that nobody closes"));
  EXPECT_THAT(complaints("  - {to: [team], every: day, kpis: {}}\n  - {to: [team], every: day, kpis: {}}\n"),
              HasSubstr("this digest goes to the same channel twice"));
}

TEST(Digest, BringsTheReviewWhereItIsAskedFor) {
  EngineOptions options{.waits_elapsed = true};
  options.make_review = [](const Config&, const ReviewPeriod& period, Language language) -> Result<std::string> {
    return "review " + period.name + " " + std::string(name_of(language));
  };
  Story story(kSource +
                  "channels:\n"
                  "  board: {type: email, smtp: \"mail.example.com:25\", tls: none, from: kpid@example.com,\n"
                  "          to: [board@example.com], language: da}\n"
                  "  team: {type: console}\n"
                  "routes: [{match: {}, to: [board]}]\n"
                  "digests: [{to: [board, team], every: month, at: \"day 5 08:00\", kpis: {}, attach: review}]\n",
              kRules,
              options);
  tell_weeks(story);
  const std::vector<Message> messages = digests_of(story, "2026-04-05 08:00");
  ASSERT_THAT(messages, SizeIs(2));
  ASSERT_THAT(messages[0].attachments, SizeIs(1));
  EXPECT_EQ(messages[0].attachments[0].bytes, "review 2026-03 da");
  EXPECT_THAT(messages[0].digest->notes, ElementsAre("Gennemgangen er vedhæftet."));
  EXPECT_THAT(messages[1].attachments, IsEmpty()) << "only mail can bring it";
  EXPECT_THAT(messages[1].digest->notes, IsEmpty());
}

TEST(Digest, ItsReviewIsMadeFromWhatItsOwnStepJudged) {
  Story* told = nullptr;
  std::size_t verdicts = 0;
  EngineOptions options{.waits_elapsed = true};
  options.make_review = [&](const Config&, const ReviewPeriod&, Language) -> Result<std::string> {
    verdicts = told->ledger().size();
    return "review";
  };
  Story story(kSource +
                  "channels:\n"
                  "  board: {type: email, smtp: \"mail.example.com:25\", tls: none, from: kpid@example.com,\n"
                  "          to: [board@example.com]}\n"
                  "routes: [{match: {}, to: [board]}]\n"
                  "digests: [{to: [board], every: week, kpis: {}, attach: review}]\n",
              "kpis: {visits: {value: web.visits}}\n",
              options);
  told = &story;
  story.put("web.visits", "2026-03-21", 200);
  story.step("2026-03-22 08:00");
  story.put("web.visits", "2026-03-22", 200);
  ASSERT_THAT(digests_of(story, "2026-03-23 09:00"), SizeIs(1));
  EXPECT_EQ(verdicts, 2U) << "the last day of the week is in the history that the review is made from";
}

TEST(Digest, HasWhatCameAndWentUnderAMute) {
  Story story(kSource +
                  "channels: {team: {type: console}}\n"
                  "mutes: {march: {days: [monday-sunday], start: \"00:00\", end: \"24:00\"}}\n"
                  "routes: [{match: {}, to: [team], mute: [march]}]\n"
                  "digests: [{to: [team], every: week, kpis: {}}]\n",
              kRules);
  tell_weeks(story);
  const std::vector<Message> messages = digests_of(story, "2026-03-23 08:00");
  ASSERT_THAT(messages, SizeIs(1));
  ASSERT_THAT(messages[0].digest->hushed, SizeIs(1));
  EXPECT_EQ(messages[0].digest->hushed[0].kpi, "visits");
  EXPECT_THAT(text_message(messages[0]), HasSubstr("Came and went while messages were held back"));
}

TEST(Digest, OfEachChannelHasWhatWasHeldBackAndNamesItOnce) {
  Story story(kSource +
                  "channels: {team: {type: console}, board: {type: console}}\n"
                  "mutes: {march: {days: [monday-sunday], start: \"00:00\", end: \"24:00\"}}\n"
                  "routes: [{match: {}, to: [team], mute: [march]}]\n"
                  "digests: [{to: [team, board], every: week, kpis: {}}]\n",
              kRules);
  tell_weeks(story);
  const std::vector<Message> messages = digests_of(story, "2026-03-23 08:00");
  ASSERT_THAT(messages, SizeIs(2));
  for (const Message& message : messages) {
    EXPECT_THAT(message.digest->hushed, SizeIs(1)) << message.channel;
    EXPECT_THAT(message.digest->alerts, IsEmpty()) << "under one heading alone";
  }
}

TEST(Digest, CallsHeldBackWhatItsOwnReaderOrNobodyWasToldOf) {
  Story story(kSource +
                  "channels: {team: {type: console}, duty: {type: console}, board: {type: console}}\n"
                  "mutes: {march: {days: [monday-sunday], start: \"00:00\", end: \"24:00\"}}\n"
                  "routes: [{match: {}, to: [team], mute: [march], continue: true}, {match: {}, to: [duty]}]\n"
                  "digests: [{to: [team, duty, board], every: week, kpis: {}}]\n",
              kRules);
  tell_weeks(story);
  std::vector<std::string> told;
  for (const Message& message : digests_of(story, "2026-03-23 08:00")) {
    told.push_back(message.channel +
                   (message.digest->hushed.empty() ? " reads it among the alerts" : " hears of it now"));
    EXPECT_EQ(message.digest->alerts.size() + message.digest->hushed.size(), 1U) << message.channel;
  }
  EXPECT_THAT(told,
              ElementsAre("team hears of it now", "duty reads it among the alerts", "board reads it among the alerts"));
}

TEST(Digest, TellsWhatComesAgainAndAgainInOneLine) {
  Story story(kConfig, kRules);
  for (int day = 2; day <= 22; ++day) {
    const std::string date = "2026-03-" + std::string(day < 10 ? "0" : "") + std::to_string(day);
    story.put("web.visits", date, day >= 16 && day % 2 == 0 ? 60 : 200);
    story.step(date_text(Date{std::chrono::sys_days{parse_date(date).value()} + std::chrono::days{1}}) + " 01:00");
  }
  const std::vector<Message> messages = digests_of(story, "2026-03-23 08:00");
  ASSERT_THAT(messages, SizeIs(2));
  ASSERT_THAT(messages[0].digest->alerts, SizeIs(1));
  EXPECT_EQ(messages[0].digest->alerts[0].times, 4U);
  EXPECT_EQ(messages[0].digest->alerts[0].text, "Warning, 4 times since 16 March 2026, still open");
}

TEST(Digest, SaysThatAFigureLacksDays) {
  Story story(kConfig, kRules);
  tell_weeks(story, 20);
  const std::vector<Message> messages = digests_of(story, "2026-03-23 08:00");
  ASSERT_THAT(messages, SizeIs(2));
  const auto visits = std::ranges::find(messages[0].digest->lines, "visits", &DigestLine::kpi);
  EXPECT_THAT(visits->state_text, HasSubstr("; 5 of 7 days have data"));
}

/// Visits of 100 on each day from `first` to 22 March 2026 but those left out, judged night by night.
void tell_days(Story& story, int first, const std::vector<int>& without) {
  for (int day = first; day <= 22; ++day) {
    const std::string date = "2026-03-" + std::string(day < 10 ? "0" : "") + std::to_string(day);
    if (std::ranges::find(without, day) == without.end()) {
      story.put("web.visits", date, 100);
    }
    story.step(night_after(date));
  }
}

TEST(Digest, OfAWeeklyKpiComparesNoWeekThatLacksDays) {
  Story story(kConfig,
              "kpis: {visits: {owner: growth, value: web.visits, every: week, unit: visits, complete: 50%}}\n");
  tell_days(story, 9, {17, 18});
  const std::vector<Message> messages = digests_of(story, "2026-03-23 08:00");
  ASSERT_THAT(messages, SizeIs(2));
  const DigestLine& line = line_in(messages[0], "visits");
  EXPECT_EQ(line.formatted + " after " + line.formatted_previous, "500 visits after 700 visits");
  EXPECT_EQ(line.change, "") << "not -28.6%";
  EXPECT_EQ(line.state_text, "fine; 5 of 7 days have data");
}

TEST(Digest, ComparesNoSumOfOtherDays) {
  Story story(kConfig, "kpis: {visits: {owner: growth, value: web.visits, unit: visits}}\n");
  tell_days(story, 9, {14, 15, 16, 17});  // a weekend of one week, two weekdays of the next
  const std::vector<Message> messages = digests_of(story, "2026-03-23 08:00");
  ASSERT_THAT(messages, SizeIs(2));
  EXPECT_EQ(line_in(messages[0], "visits").formatted_previous, "500 visits");
  EXPECT_EQ(line_in(messages[0], "visits").change, "") << "five days of each, and not the same";
}

TEST(Digest, CountsTheDaysLeftFromWhenItIsMade) {
  Story story(kConfig,
              "kpis: {visits: {owner: growth, value: web.visits, unit: visits, every: month, better: higher,\n"
              "                target: {from: 1000, to: 2000, start: 2026-01-01, by: 2026-06-30, judge: pace}}}\n");
  for (int day = 1; day <= 28; ++day) {
    story.put("web.visits", std::string("2026-02-") + (day < 10 ? "0" : "") + std::to_string(day), 50);
  }
  story.step("2026-03-01 01:00");
  const std::vector<Message> messages = digests_of(story, "2026-03-16 08:00");
  ASSERT_THAT(messages, SizeIs(2));
  EXPECT_THAT(line_in(messages[0], "visits").goal, HasSubstr("107 days left"));
}

TEST(Digest, OfAFormulaWithWindowsOfItsOwnComparesNoWeekThatLacksDays) {
  const std::string rules =
      "kpis: {so_far: {owner: growth, value: \"to_date(web.visits, week)\", unit: visits, complete: 50%}}\n";
  Story story(kConfig, rules);
  tell_days(story, 9, {17, 18});
  const std::vector<Message> messages = digests_of(story, "2026-03-23 08:00");
  ASSERT_THAT(messages, SizeIs(2));
  const DigestLine& line = line_in(messages[0], "so_far");
  EXPECT_EQ(line.formatted + " after " + line.formatted_previous, "500 visits after 700 visits");
  EXPECT_EQ(line.change, "");
  EXPECT_EQ(line.state_text, "fine; 5 of 7 days have data");
}

TEST(Digest, OfAnEndThatIsMissingSaysOfWhichDayTheValueIs) {
  const std::string rules = "kpis: {so_far: {owner: growth, value: \"to_date(web.visits, week)\", unit: visits}}\n";
  Story story(kConfig, rules);
  tell_days(story, 9, {21, 22});
  const std::vector<Message> messages = digests_of(story, "2026-03-23 08:00");
  ASSERT_THAT(messages, SizeIs(2));
  const DigestLine& line = line_in(messages[0], "so_far");
  EXPECT_EQ(line.formatted + " after " + line.formatted_previous, "500 visits after 500 visits")
      << "Friday beside Friday, not Sunday";
  EXPECT_EQ(line.change, "0%");
  EXPECT_THAT(line.state_text, HasSubstr("; the value is of 20 March 2026"));
}

TEST(Digest, SaysWhatIsMissingBeforeTheHistoryBegins) {
  Story story(kConfig, "kpis: {visits: {owner: growth, value: web.visits, unit: visits}}\n");
  tell_days(story, 18, {});
  const std::vector<Message> messages = digests_of(story, "2026-03-23 08:00");
  ASSERT_THAT(messages, SizeIs(2));
  EXPECT_EQ(line_in(messages[0], "visits").state_text, "fine; 5 of 7 days have data");
}

TEST(Digest, OfUniqueCountsSaysOfHowManyDaysTheMeanIs) {
  Story story(
      "timezone: UTC\n"
      "sources: {web: {plugin: csv, path: web.csv, metrics: {visits: {kind: distinct, unit: people}}}}\n"
      "channels: {team: {type: console}}\n"
      "routes: [{match: {}, to: [team]}]\n"
      "digests: [{to: [team], every: week, kpis: {}}]\n",
      "kpis: {visits: {value: web.visits, unit: people}}\n");
  tell_days(story, 9, {17, 18});
  const std::vector<Message> messages = digests_of(story, "2026-03-23 08:00");
  ASSERT_THAT(messages, SizeIs(1));
  EXPECT_EQ(line_in(messages[0], "visits").formatted, "100 people");
  EXPECT_EQ(line_in(messages[0], "visits").change, "0%");
  EXPECT_EQ(line_in(messages[0], "visits").state_text, "fine; 5 of 7 days have data");
}

TEST(Digest, SaysOfAKpiInTroubleThatThePeriodHasNoData) {
  Story story(kConfig,
              "kpis: {visits: {owner: growth, value: web.visits, unit: visits, no_data: {then: hold},\n"
              "                thresholds: {warning: 150}}}\n");
  tell_days(story, 9, {16, 17, 18, 19, 20, 21, 22});
  const std::vector<Message> messages = digests_of(story, "2026-03-23 08:00");
  ASSERT_THAT(messages, SizeIs(2));
  EXPECT_EQ(line_in(messages[0], "visits").state_text, "Warning since 9 March 2026; no data in this period");
}

TEST(Digest, AndTheMessageNameTheSegmentThatATotalLacks) {
  std::string source = kSource;
  source.replace(source.find("path: web.csv,"), 14, "path: web.csv, labels: {country: country},");
  Story story(source +
                  "channels: {team: {type: console}}\n"
                  "routes: [{match: {}, to: [team], repeat: 0}]\n"
                  "digests: [{to: [team], every: week, kpis: {}}]\n",
              "kpis:\n"
              "  visits: {title: Visits, value: web.visits, unit: visits, split_by: [country],\n"
              "           expect: {country: [\"NO\", SE]}, no_data: {after: 0 days},\n"
              "           thresholds: {warning: 150, segments: [{match: {country: [\"NO\", SE]}, warning: 10}]}}\n");
  for (int day = 2; day <= 22; ++day) {
    const std::string date = "2026-03-" + std::string(day < 10 ? "0" : "") + std::to_string(day);
    story.put("web.visits", date, 100, {{"country", "NO"}});
    if (day < 18 || day > 19) {
      story.put("web.visits", date, 100, {{"country", "SE"}});
    }
    const auto told =
        story.step(date_text(Date{std::chrono::sys_days{parse_date(date).value()} + std::chrono::days{1}}) + " 01:00");
    if (day == 18) {
      EXPECT_THAT(told,
                  testing::Contains("team alert.firing visits thresholds: below 150 visits; without country: SE, of "
                                    "which no data came"));
    }
  }
  const std::vector<Message> messages = digests_of(story, "2026-03-23 08:00");
  ASSERT_THAT(messages, SizeIs(1));
  EXPECT_THAT(messages[0].digest->lines.at(0).state_text, HasSubstr("; without country: SE for 2 days"));
}

TEST(Voices, EachChannelReadsItsLanguageAndItsTime) {
  Story story(
      "timezone: Europe/Stockholm\n"
      "public_url: https://kpi.example.com/\n"
      "sources:\n"
      "  web: {plugin: csv, path: web.csv, timezone: UTC, grain: hour, metrics: {visits: {unit: visits}}}\n"
      "channels:\n"
      "  en: {type: console, language: en}\n"
      "  sv: {type: console, language: sv}\n"
      "  da: {type: console, language: da, timezone: Europe/Copenhagen}\n"
      "  nb: {type: console, language: nb}\n"
      "routes: [{match: {}, to: [en, sv, da, nb]}]\n",
      "kpis: {visits: {title: Visits, value: web.visits, unit: visits, thresholds: {warning: 1200}}}\n");
  story.put("web.visits", "2026-03-31 10:00", 900);
  story.put("web.visits", "2026-03-31 11:00", 950);
  story.step("2026-03-31 12:00");
  ASSERT_THAT(story.messages(), SizeIs(4));
  const auto of = [&](std::string_view channel) {
    return std::ranges::find(story.messages(), channel, &Message::channel)->alerts.at(0);
  };
  EXPECT_EQ(of("en").reason, "below 1,200 visits for 2 hours");
  EXPECT_EQ(of("sv").reason, "under 1\u00A0200 visits i 2 timmar");
  EXPECT_EQ(of("da").reason, "under 1.200 visits i 2 timer");
  EXPECT_EQ(of("nb").reason, "under 1\u00A0200 visits i 2 timer");
  EXPECT_EQ(of("sv").since_text, "31 mars 2026 kl. 10:00") << "the KPI's zone is that of its source";
  EXPECT_EQ(of("da").since_text, "31. marts 2026 kl. 12.00");
  EXPECT_EQ(of("da").period_text, "31. marts 2026 kl. 13.00–14.00");
  EXPECT_EQ(of("nb").url, "https://kpi.example.com/kpis/visits");
  EXPECT_THAT(of("nb").others, IsEmpty());
  EXPECT_THAT(outbox_json(story.messages()[0]), testing::Not(HasSubstr("voices")));
}

TEST(Voices, WhatIsKeptForLaterIsToldInTheRightOne) {
  Story story(kSource +
                  "channels: {team: {type: console}, board: {type: console, language: nb}}\n"
                  "routes: [{match: {}, to: [team, board], wait: 30s}]\n",
              "kpis: {visits: {title: Visits, value: web.visits, thresholds: {warning: 100}}}\n",
              EngineOptions{});
  story.put("web.visits", "2026-03-01", 50);
  story.step("2026-03-02 01:00");
  story.pass("2026-03-02 02:00");
  story.put("web.visits", "2026-03-02", 150);
  story.step("2026-03-03 01:00");
  story.restart();
  story.step("2026-03-03 01:01");
  story.pass("2026-03-03 03:00");
  std::map<std::string, std::string> reasons;
  for (const Message& message : story.messages()) {
    reasons[message.channel] = message.alerts.at(0).reason;
  }
  EXPECT_EQ(reasons["team"], "fine again, after trouble since 1 March 2026");
  EXPECT_EQ(reasons["board"], "tilbake til det normale; hadde avveket siden 1. mars 2026");
}

}  // namespace
}  // namespace kpi::test
