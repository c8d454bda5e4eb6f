#include "rules/load/yaml.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

namespace kpi {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

/// The value under `key:` of a one-line file, and what was reported about it.
struct Value {
  explicit Value(const std::string& text)
      : source{"kpis.yaml", "key: " + text + "\n"}, tree(parse_yaml(source, found)) {
    if (tree && tree->find("key") != nullptr) {
      node = *tree->find("key");
    }
  }

  /// "message | remedy" of the only diagnostic; empty when there is none.
  [[nodiscard]] std::string report() const {
    std::string text;
    for (const Diagnostic& item : found.items()) {
      text += (text.empty() ? "" : "\n") + item.message + " | " + item.remedy;
    }
    return text;
  }

  SourceText source;
  Diagnostics found;
  std::optional<YamlNode> tree;
  YamlNode node;
};

struct GoodCase {
  std::string text;
  double number;
};

TEST(YamlNumber, IsReadInItsSpellings) {
  const std::vector<GoodCase> cases = {{"12", 12},
                                       {"-12.5", -12.5},
                                       {"1.5k", 1500},
                                       {"2M", 2e6},
                                       {"2%", 0.02},
                                       {"-30%", -0.3},
                                       {"10:1", 10},
                                       {"'95%'", 0.95},
                                       {"012", 12},
                                       {"0", 0}};
  for (const GoodCase& test : cases) {
    Value value(test.text);
    const auto number = read_number(value.node, value.found);
    EXPECT_EQ(value.report(), "") << test.text;
    ASSERT_TRUE(number) << test.text;
    EXPECT_DOUBLE_EQ(*number, test.number) << test.text;
  }
}

/// Reads a value in one way and throws the result away, which must be nothing.
using Reader = std::function<bool(const YamlNode&, Diagnostics&)>;

struct WrongCase {
  std::string name;
  Reader reads;
  std::string text;
  std::string report;
};

Reader number() {
  return [](const YamlNode& node, Diagnostics& found) { return read_number(node, found).has_value(); };
}

Reader integer() {
  return [](const YamlNode& node, Diagnostics& found) { return read_integer(node, 1, 500, found).has_value(); };
}

Reader flag() {
  return [](const YamlNode& node, Diagnostics& found) { return read_flag(node, found).has_value(); };
}

Reader span() {
  return [](const YamlNode& node, Diagnostics& found) { return read_span(node, found, "over").has_value(); };
}

Reader date() {
  return [](const YamlNode& node, Diagnostics& found) { return read_date(node, found).has_value(); };
}

Reader grain() {
  return [](const YamlNode& node, Diagnostics& found) { return read_grain(node, found, "every").has_value(); };
}

Reader zone() {
  return [](const YamlNode& node, Diagnostics& found) { return read_zone(node, found, "timezone").has_value(); };
}

Reader text() {
  return [](const YamlNode& node, Diagnostics& found) { return read_text(node, found, "title").has_value(); };
}

Reader text_list() {
  return [](const YamlNode& node, Diagnostics& found) { return !read_text_list(node, found, "to").empty(); };
}

Reader choice() {
  return [](const YamlNode& node, Diagnostics& found) {
    return read_choice(node, {"higher", "lower"}, found, "better").has_value();
  };
}

class WrongScalar : public testing::TestWithParam<WrongCase> {};

TEST_P(WrongScalar, IsExplained) {
  Value value(GetParam().text);
  ASSERT_EQ(value.report(), "");
  EXPECT_FALSE(GetParam().reads(value.node, value.found));
  EXPECT_EQ(value.report(), GetParam().report);
}

std::string wants_number(const std::string& got, const std::string& remedy) {
  return "this wants a number such as 12.5, 1.5k, 2M or 2%, got " + got + " | " + remedy;
}

INSTANTIATE_TEST_SUITE_P(
    Number,
    WrongScalar,
    testing::Values(
        WrongCase{"DecimalComma", number(), "12,5", wants_number("\"12,5\"", "write 12.5")},
        WrongCase{"Spaces", number(), "1 200 000", wants_number("\"1 200 000\"", "write 1200000 or 1.2M")},
        WrongCase{"NarrowSpaces", number(), "1\u202F200", wants_number("\"1\u202F200\"", "write 1200 or 1.2k")},
        WrongCase{"Commas", number(), "1,200,000", wants_number("\"1,200,000\"", "write 1200000 or 1.2M")},
        WrongCase{"Points", number(), "1.200.000", wants_number("\"1.200.000\"", "write 1200000 or 1.2M")},
        WrongCase{"CommaOfEitherMeaning", number(), "1,234", wants_number("\"1,234\"", "write 1.234 or 1234")},
        WrongCase{"PointsAndComma", number(), "-1.234,5", wants_number("\"-1.234,5\"", "write -1234.5")},
        WrongCase{"CommasAndPoint", number(), "12,345.25", wants_number("\"12,345.25\"", "write 12345.25")},
        WrongCase{"PercentWithCommaAndSpace", number(), "45,3 %", wants_number("\"45,3 %\"", "write 45.3%")},
        WrongCase{"LargeK", number(), "5K", wants_number("\"5K\"", "write 5k")},
        WrongCase{"Billions", number(), "2G", wants_number("\"2G\"", "write 2000M: the suffixes are k and M")},
        WrongCase{"Underscores", number(), "1_000", wants_number("\"1_000\"", "write 1000 or 1k")},
        WrongCase{"CurrencyAfter",
                  number(),
                  "500 SEK",
                  wants_number("\"500 SEK\"", "write 500; the unit is given by the key unit")},
        WrongCase{"CurrencyBefore",
                  number(),
                  "$12.50",
                  wants_number("\"$12.50\"", "write 12.50; the unit is given by the key unit")},
        WrongCase{"Word", number(), "many", wants_number("\"many\"", "")},
        WrongCase{"Infinity", number(), ".inf", wants_number("\".inf\"", "")},
        WrongCase{"TooLarge", number(), "1e400", wants_number("\"1e400\"", "")},
        WrongCase{"AList", number(), "[1]", wants_number("a list", "")},
        WrongCase{"Nothing", number(), "~", wants_number("nothing", "")},
        WrongCase{"Fraction", integer(), "1.5", "this wants a whole number from 1 to 500, got \"1.5\" | "},
        WrongCase{"TooFew", integer(), "0", "this wants a whole number from 1 to 500, got \"0\" | "},
        WrongCase{"TooMany", integer(), "1k", "this wants a whole number from 1 to 500, got \"1k\" | "},
        WrongCase{
            "WholeWithSpaces", integer(), "1 00", "this wants a whole number from 1 to 500, got \"1 00\" | write 100"}),
    [](const auto& test) { return test.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Word,
    WrongScalar,
    testing::Values(WrongCase{"Yes", flag(), "yes", "this wants true or false, got \"yes\" | write true"},
                    WrongCase{"Off", flag(), "Off", "this wants true or false, got \"Off\" | write false"},
                    WrongCase{"LargeTrue", flag(), "True", "this wants true or false, got \"True\" | write true"},
                    WrongCase{"Maybe", flag(), "maybe", "this wants true or false, got \"maybe\" | "},
                    WrongCase{"Choice",
                              choice(),
                              "hihger",
                              "better wants one of higher, lower, got \"hihger\" | did you mean \"higher\"?"},
                    WrongCase{"FarChoice", choice(), "{a: b}", "better wants one of higher, lower, got a map | "},
                    WrongCase{"TextFromBraces",
                              text(),
                              "{title}",
                              "title wants text, got a map | if it is text, write: title: \"{title}\""},
                    WrongCase{"TextFromAList",
                              text(),
                              "[a, b] # c",
                              "title wants text, got a list | if it is text, write: title: \"[a, b]\""},
                    WrongCase{"ListOfMaps",
                              text_list(),
                              "[{a: b}]",
                              "each item of to wants text, got a map | if it is text, write: \"{a: b}\""},
                    WrongCase{"ListFromAMap",
                              text_list(),
                              "{}",
                              "to wants a list of texts, got a map | if it is text, write: to: \"{}\""}),
    [](const auto& test) { return test.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Time,
    WrongScalar,
    testing::Values(
        WrongCase{"Grain",
                  grain(),
                  "dayly",
                  "every wants a grain such as day, week or 5m, got \"dayly\" | did you mean \"day\"?"},
        WrongCase{"IntervalOfOddLength",
                  grain(),
                  "7m",
                  "every wants a grain such as day, week or 5m, got \"7m\" | an interval must divide a day evenly: "
                  "write 6m or 8m"},
        WrongCase{"FarGrain",
                  grain(),
                  "fortnight",
                  "every wants a grain such as day, week or 5m, got \"fortnight\" | write minute, hour, day, week, "
                  "month, quarter, year, instant, or an interval such as 5m or 2h"},
        WrongCase{"Weekly",
                  grain(),
                  "weekly",
                  "every wants a grain such as day, week or 5m, got \"weekly\" | did you mean \"week\"?"},
        WrongCase{"FarSpan",
                  span(),
                  "soon",
                  "over wants a length of time such as 7 days, 1 month or 5m, got \"soon\" | write 30s, 5m, 2h, 3 "
                  "days, 2 weeks, 1 month, 1 quarter or 1 year"},
        WrongCase{
            "Span",
            span(),
            "7 dayz",
            "over wants a length of time such as 7 days, 1 month or 5m, got \"7 dayz\" | did you mean \"7 days\"?"},
        WrongCase{"SpanAbbreviated",
                  span(),
                  "7d",
                  "over wants a length of time such as 7 days, 1 month or 5m, got \"7d\" | write \"7 days\""},
        WrongCase{"Zone",
                  zone(),
                  "Europe/Stokholm",
                  "timezone wants a time zone such as Europe/Stockholm, got \"Europe/Stokholm\" | did you mean "
                  "\"Europe/Stockholm\"?"},
        WrongCase{"ZoneByCity",
                  zone(),
                  "Stockholm",
                  "timezone wants a time zone such as Europe/Stockholm, got \"Stockholm\" | did you mean "
                  "\"Europe/Stockholm\"?"},
        WrongCase{"DayFirst",
                  date(),
                  "31/3/2026",
                  "this wants a date such as 2026-03-31, got \"31/3/2026\" | write 2026-03-31"},
        WrongCase{"MonthFirst",
                  date(),
                  "3/31/2026",
                  "this wants a date such as 2026-03-31, got \"3/31/2026\" | write 2026-03-31"},
        WrongCase{"DayOrMonthFirst",
                  date(),
                  "3.4.2026",
                  "this wants a date such as 2026-03-31, got \"3.4.2026\" | write the year, the month and the day: "
                  "YYYY-MM-DD"},
        WrongCase{"ShortDate",
                  date(),
                  "2026-3-1",
                  "this wants a date such as 2026-03-31, got \"2026-3-1\" | write 2026-03-01"},
        WrongCase{
            "NoSuchDay",
            date(),
            "2026-02-30",
            "this wants a date such as 2026-03-31, got \"2026-02-30\" | the last day of that month is 2026-02-28"},
        WrongCase{
            "NoSuchMonth",
            date(),
            "2026-13-01",
            "this wants a date such as 2026-03-31, got \"2026-13-01\" | a year has 12 months: write 2026-12-31, or "
            "the month that is meant"},
        WrongCase{"NoDate", date(), "soon", "this wants a date such as 2026-03-31, got \"soon\" | "}),
    [](const auto& test) { return test.param.name; });

TEST(YamlScalar, IsReadAsWhatTheKeyWants) {
  Value yes("true");
  EXPECT_EQ(read_flag(yes.node, yes.found), true);
  Value no("\"false\"");
  EXPECT_EQ(read_flag(no.node, no.found), false);
  Value norway("NO");
  EXPECT_EQ(read_text(norway.node, norway.found), "NO");
  Value year("2026");
  EXPECT_EQ(read_text(year.node, year.found), "2026");
  Value nothing("''");
  EXPECT_EQ(read_text(nothing.node, nothing.found), "");
  Value week("2 weeks");
  EXPECT_EQ(read_span(week.node, week.found), (Span{0, 14, 0}));
  Value day("2026-03-31");
  EXPECT_EQ(read_date(day.node, day.found), Date(std::chrono::year{2026} / 3 / 31));
  Value five("5m");
  EXPECT_EQ(read_grain(five.node, five.found), (Grain{Grain::Unit::kInterval, 300'000}));
  Value stockholm("Europe/Stockholm");
  EXPECT_EQ(read_zone(stockholm.node, stockholm.found)->name(), "Europe/Stockholm");
  Value two_hundred("2k");
  EXPECT_EQ(read_integer(two_hundred.node, 1, 5000, two_hundred.found), 2000);
  Value lower("lower");
  EXPECT_EQ(read_choice(lower.node, {"higher", "lower"}, lower.found), 1U);
  Value list("[a, 'b']");
  EXPECT_THAT(read_text_list(list.node, list.found), ElementsAre("a", "b"));
  Value one("a");
  EXPECT_THAT(read_text_list(one.node, one.found), ElementsAre("a"));
  for (const Value* value : {&yes, &no, &norway, &year, &nothing, &week, &day, &five, &stockholm, &list, &one}) {
    EXPECT_EQ(value->report(), "");
  }
}

/// A map that is read as a KPI of few keys.
struct Kpi {
  explicit Kpi(const std::string& text) : source{"kpis.yaml", text}, tree(parse_yaml(source, found)) {}

  void read(const std::function<void(MapReader&)>& keys) {
    MapReader reader(*tree, "kpis.visitors", found);
    keys(reader);
    reader.finish();
    found.sort();
  }

  SourceText source;
  Diagnostics found;
  std::optional<YamlNode> tree;
};

TEST(MapReader, SetsWhatIsThereAndLeavesTheRest) {
  Kpi kpi(
      "title: Visitors\nevery: week\nover: 7 days\nnumber: 2%\nto: [a, b]\nflag: true\nsince: 2026-01-02\n"
      "timezone: UTC\nlimit: 7\nbetter: lower\n");
  std::string title = "none";
  std::string owner = "nobody";
  Grain every;
  Span over;
  double number = 0;
  std::vector<std::string> to;
  bool flag = false;
  Date since;
  Zone zone;
  std::int64_t limit = 0;
  std::size_t better = 0;
  kpi.read([&](MapReader& reader) {
    EXPECT_TRUE(reader.text("title", title));
    EXPECT_FALSE(reader.text("owner", owner));
    EXPECT_TRUE(reader.grain("every", every));
    EXPECT_TRUE(reader.span("over", over));
    EXPECT_TRUE(reader.number("number", number));
    EXPECT_TRUE(reader.text_list("to", to));
    EXPECT_TRUE(reader.flag("flag", flag));
    EXPECT_TRUE(reader.date("since", since));
    EXPECT_TRUE(reader.zone("timezone", zone));
    EXPECT_TRUE(reader.integer("limit", 1, 10, limit));
    EXPECT_TRUE(reader.choice("better", {"higher", "lower"}, better));
  });
  EXPECT_EQ(kpi.found.text(), "");
  EXPECT_EQ(title, "Visitors");
  EXPECT_EQ(owner, "nobody");
  EXPECT_EQ(every.unit, Grain::Unit::kWeek);
  EXPECT_EQ(over, (Span{0, 7, 0}));
  EXPECT_DOUBLE_EQ(number, 0.02);
  EXPECT_THAT(to, ElementsAre("a", "b"));
  EXPECT_TRUE(flag);
  EXPECT_EQ(since, Date(std::chrono::year{2026} / 1 / 2));
  EXPECT_EQ(zone.name(), "UTC");
  EXPECT_EQ(limit, 7);
  EXPECT_EQ(better, 1U);
}

TEST(MapReader, NamesTheKeyOfAWrongValueAndLeavesWhatWasThere) {
  Kpi kpi("every: dayly\nto: [a, [b]]\n");
  Grain every{Grain::Unit::kMonth, 0};
  std::vector<std::string> to = {"x"};
  kpi.read([&](MapReader& reader) {
    EXPECT_FALSE(reader.grain("every", every));
    EXPECT_FALSE(reader.text_list("to", to));
  });
  EXPECT_EQ(kpi.found.text(),
            "kpis.yaml:1:8: error: every wants a grain such as day, week or 5m, got \"dayly\"\n"
            "  1 | every: dayly\n"
            "    |        ^~~~~\n"
            "  help: did you mean \"day\"?\n"
            "kpis.yaml:2:9: error: each item of to wants text, got a list\n"
            "  2 | to: [a, [b]]\n"
            "    |         ^\n"
            "  help: if it is text, write: \"[b]\"\n");
  EXPECT_EQ(every.unit, Grain::Unit::kMonth);
  EXPECT_THAT(to, ElementsAre("x"));
}

TEST(MapReader, NamesTheNearestKeyForAnUnknownOne) {
  Kpi kpi("treshold: 1\nthresholds: {}\n");
  kpi.read([](MapReader& reader) { EXPECT_NE(reader.optional("thresholds"), nullptr); });
  EXPECT_EQ(kpi.found.text(),
            "kpis.yaml:1:1: error: unknown key \"treshold\" in kpis.visitors\n"
            "  1 | treshold: 1\n"
            "    | ^~~~~~~~\n"
            "  help: did you mean \"thresholds\"?\n");
}

TEST(MapReader, ListsTheKnownKeysWhenNoneIsNear) {
  Kpi kpi("colour: red\n");
  kpi.read([](MapReader& reader) {
    reader.optional("value");
    reader.optional("every");
  });
  EXPECT_EQ(kpi.found.items().at(0).remedy, "the known keys are value, every");
  Kpi longer("colour: red\n");
  longer.read([](MapReader& reader) {
    for (int i = 0; i < 14; ++i) {
      reader.optional("key_number_" + std::to_string(i));
    }
  });
  const std::string& remedy = longer.found.items().at(0).remedy;
  EXPECT_TRUE(remedy.ends_with("key_number_11, …")) << remedy;
}

TEST(MapReader, ShowsATextThatACommaHasCut) {
  Kpi kpi("{warning: 12,5, message: Sales are down, act now, for: 2 days}\n");
  kpi.read([](MapReader& reader) {
    reader.optional("warning");
    reader.optional("message");
    reader.optional("for");
  });
  EXPECT_EQ(kpi.found.text(),
            "kpis.yaml:1:14: error: unknown key \"5\" in kpis.visitors\n"
            "  1 | {warning: 12,5, message: Sales are down, act now, for: 2 days}\n"
            "    |              ^\n"
            "  help: write: warning: 12.5\n"
            "kpis.yaml:1:42: error: unknown key \"act now\" in kpis.visitors\n"
            "  1 | {warning: 12,5, message: Sales are down, act now, for: 2 days}\n"
            "    |                                          ^~~~~~~\n"
            "  help: if it belongs to the text before it, write: message: \"Sales are down, act now\"\n");
}

TEST(MapReader, SeesAPercentageThatACommaHasCut) {
  Kpi kpi("{warning: 2,2%}\n");
  kpi.read([](MapReader& reader) { reader.optional("warning"); });
  EXPECT_EQ(kpi.found.text(),
            "kpis.yaml:1:13: error: unknown key \"2%\" in kpis.visitors\n"
            "  1 | {warning: 2,2%}\n"
            "    |             ^~\n"
            "  help: write: warning: 2.2%\n");
}

TEST(MapReader, ReportsAKeyWithoutValueOnce) {
  Kpi kpi("owner:\nchannel: #growth\n");
  std::string owner;
  kpi.read([&](MapReader& reader) {
    EXPECT_FALSE(reader.text("owner", owner));
    EXPECT_EQ(reader.required("owner"), nullptr);
    EXPECT_EQ(reader.optional("channel"), nullptr);
  });
  EXPECT_EQ(kpi.found.text(),
            "kpis.yaml:1:1: error: owner has no value\n"
            "  1 | owner:\n"
            "    | ^~~~~\n"
            "  help: write a value, or remove the key\n"
            "kpis.yaml:2:1: error: channel has no value\n"
            "  2 | channel: #growth\n"
            "    | ^~~~~~~\n"
            "  help: write: channel: \"#growth\"\n");
}

TEST(MapReader, ReportsAMissingKeyAtItsMap) {
  Kpi kpi("title: a\n");
  kpi.read([](MapReader& reader) {
    EXPECT_NE(reader.required("title"), nullptr);
    EXPECT_EQ(reader.required("value", "write value: source.metric"), nullptr);
    EXPECT_EQ(reader.position().text(), "kpis.yaml:1:1");
  });
  EXPECT_EQ(kpi.found.text(),
            "kpis.yaml:1:1: error: kpis.visitors lacks \"value\"\n"
            "  1 | title: a\n"
            "    | ^\n"
            "  help: write value: source.metric\n");
}

TEST(MapReader, ReportsOnceThatANodeIsNoMap) {
  Kpi kpi("- a\n");
  kpi.read([](MapReader& reader) {
    EXPECT_EQ(reader.required("value"), nullptr);
    EXPECT_EQ(reader.optional("title"), nullptr);
  });
  EXPECT_EQ(kpi.found.text(),
            "kpis.yaml:1:1: error: kpis.visitors wants keys with values, got a list\n"
            "  1 | - a\n"
            "    | ^\n"
            "  help: write key: value\n");
}

TEST(MapReader, TellsTheKeysItIsAskedFor) {
  std::vector<std::pair<std::string, std::string>> keys;
  MapReader::key_log = [&keys](const std::string& where, std::string_view key) { keys.emplace_back(where, key); };
  Kpi kpi("a: 1\n");
  double number = 0;
  kpi.read([&](MapReader& reader) {
    reader.number("a", number);
    reader.optional("b");
  });
  MapReader::key_log = nullptr;
  EXPECT_THAT(keys, ElementsAre(Pair("kpis.visitors", "a"), Pair("kpis.visitors", "b")));
}

}  // namespace
}  // namespace kpi
