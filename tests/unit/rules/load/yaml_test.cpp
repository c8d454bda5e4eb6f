#include "rules/load/yaml.hpp"

#include "rules/load/yaml_quoting.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace kpi {
namespace {

using ::testing::ElementsAre;

/// A text and what came of it; positions point into it, so it stays where it is.
struct Parsed {
  explicit Parsed(std::string text) : source{"kpis.yaml", std::move(text)}, tree(parse_yaml(source, diagnostics)) {}

  /// What is wrong, as a person sees it.
  [[nodiscard]] std::string errors() const { return diagnostics.text(); }

  SourceText source;
  Diagnostics diagnostics;
  std::optional<YamlNode> tree;
};

/// The tree in brackets, each scalar with what it was taken for: s'text' in quotes, s text plain, null.
std::string shape(const YamlNode& node) {
  std::string text;
  switch (node.kind) {
    case YamlNode::Kind::kNull:
      return "null(" + node.scalar + ")";
    case YamlNode::Kind::kScalar:
      return node.quoted ? "'" + node.scalar + "'" : node.scalar;
    case YamlNode::Kind::kSequence:
      for (const YamlNode& item : node.items) {
        text += (text.empty() ? "" : " ") + shape(item);
      }
      return "[" + text + "]";
    case YamlNode::Kind::kMap:
      break;
  }
  for (const auto& [key, value] : node.entries) {
    text += (text.empty() ? "" : " ") + shape(key) + ":" + shape(value);
  }
  return "{" + text + "}";
}

std::string at(const YamlNode& node) {
  return node.position.text() + "+" + std::to_string(node.position.length);
}

struct TreeCase {
  std::string name;
  std::string text;
  std::string shape;
};

class YamlTree : public testing::TestWithParam<TreeCase> {};

TEST_P(YamlTree, IsReadWithoutComplaint) {
  const Parsed parsed(GetParam().text);
  EXPECT_EQ(parsed.errors(), "");
  ASSERT_TRUE(parsed.tree);
  EXPECT_EQ(shape(*parsed.tree), GetParam().shape);
}

INSTANTIATE_TEST_SUITE_P(
    Yaml,
    YamlTree,
    testing::Values(
        TreeCase{"EmptyFileIsAnEmptyMap", "", "{}"},
        TreeCase{"CommentsAloneAreAnEmptyMap", "# nothing yet\n\n", "{}"},
        TreeCase{"DocumentStartAloneIsAnEmptyMap", "---\n", "{}"},
        TreeCase{"BlockMapsAndLists", "a:\n  - b\n  - c: d\n    e: f\n", "{a:[b {c:d e:f}]}"},
        TreeCase{"FlowMapsAndLists", "a: {b: [c, {d: e}], f: {}}\n", "{a:{b:[c {d:e}] f:{}}}"},
        TreeCase{"OnlyTildeNullAndNothingAreNull",
                 "a: ~\nb: null\nc:\nd: Null\ne: NULL\nf: nil\ng: none\n",
                 "{a:null(~) b:null(null) c:null() d:Null e:NULL f:nil g:none}"},
        TreeCase{"NothingInQuotesIsText", "a: ''\nb: \"~\"\nc: 'null'\n", "{a:'' b:'~' c:'null'}"},
        TreeCase{"KeysAreAlwaysText", "null: a\n~: b\ntrue: c\n1: d\nNO: e\n", "{null:a ~:b true:c 1:d NO:e}"},
        TreeCase{"NorwayTimesAndRatiosStayText",
                 "country: NO\nstart: 22:00\ngoal: 10:1\nold: 012\n",
                 "{country:NO start:22:00 goal:10:1 old:012}"},
        TreeCase{"QuotedKeys", "\"a: b\": c\n'<<': d\n", "{'a: b':c '<<':d}"},
        TreeCase{
            "BracesInsidePlainBlockText", "value: web.visits{country=\"SE\"}\n", "{value:web.visits{country=\"SE\"}}"},
        TreeCase{"CommasInsidePlainBlockText",
                 "when: change(value, 1 week) < -30% # a week ago\n",
                 "{when:change(value, 1 week) < -30%}"},
        TreeCase{"TextOverSeveralLines", "a: |\n  x\n  y\nb: >-\n  x\n  y\nc: x\n  y\n", "{a:'x\ny\n' b:'x y' c:x y}"},
        TreeCase{"QuotedTextOverSeveralLines", "a: \"x\n  y\"\n", "{a:'x y'}"},
        TreeCase{"Escapes", R"(a: "\u00e5\t\"")", "{a:'\u00e5\t\"'}"},
        TreeCase{"VersionDirective", "%YAML 1.2\n---\na: 1\n...\n", "{a:1}"},
        TreeCase{"WindowsLineEnds", "a: 1\r\nb:\r\n  - c\r\n", "{a:1 b:[c]}"},
        TreeCase{"ByteOrderMark",
                 "\xEF\xBB\xBF"
                 "a: 1\n",
                 "{a:1}"},
        TreeCase{"HashInsideAWord", "a: b#c\nd: 'e #f'\n", "{a:b#c d:'e #f'}"},
        TreeCase{"AListAlone", "- a\n- b\n", "[a b]"},
        TreeCase{"AWordAlone", "hello\n", "hello"},
        TreeCase{"UnbalancedTextThatNothingCut", "a: [x (, y]\nb: :-(\n", "{a:[x ( y] b::-(}"}),
    [](const auto& test) { return test.param.name; });

TEST(Yaml, GivesPlacesInBytesFromOne) {
  const Parsed parsed("# å\nå: ö\n\"åäö\": {\"é\": 'x''y', z: [1, 22]}\nlast: |\n  text\n");
  ASSERT_TRUE(parsed.tree) << parsed.errors();
  std::vector<std::string> places;
  for (const auto& [key, value] : parsed.tree->entries) {
    places.push_back(at(key));
    places.push_back(at(value));
  }
  EXPECT_THAT(places,
              ElementsAre("kpis.yaml:2:1+2",
                          "kpis.yaml:2:5+2",
                          "kpis.yaml:3:1+8",
                          "kpis.yaml:3:11+1",
                          "kpis.yaml:4:1+4",
                          "kpis.yaml:4:7+1"));
  const YamlNode& inner = parsed.tree->entries[1].second;
  EXPECT_EQ(at(inner.entries[0].second), "kpis.yaml:3:18+6");
  EXPECT_EQ(at(inner.entries[1].second.items[1]), "kpis.yaml:3:33+2");
}

TEST(Yaml, CountsPlacesAfterAByteOrderMark) {
  const Parsed parsed(
      "\xEF\xBB\xBF"
      "a: 1\nb: 2\n");
  ASSERT_TRUE(parsed.tree);
  EXPECT_EQ(at(parsed.tree->entries[0].first), "kpis.yaml:1:4+1");
  EXPECT_EQ(at(parsed.tree->entries[1].first), "kpis.yaml:2:1+1");
}

TEST(Yaml, FindsAKeyOfAMap) {
  const Parsed parsed("a: 1\nb: 2\n");
  ASSERT_TRUE(parsed.tree);
  ASSERT_NE(parsed.tree->find("b"), nullptr);
  EXPECT_EQ(parsed.tree->find("b")->scalar, "2");
  EXPECT_EQ(parsed.tree->find("c"), nullptr);
  EXPECT_EQ(parsed.tree->find("b")->find("a"), nullptr);
}

struct RefusedCase {
  std::string name;
  std::string text;
  std::string shape;
};

class YamlRefusal : public testing::TestWithParam<RefusedCase> {};

TEST_P(YamlRefusal, LeavesTheRestOfTheTree) {
  const Parsed parsed(GetParam().text);
  EXPECT_TRUE(parsed.diagnostics.has_errors());
  ASSERT_TRUE(parsed.tree);
  EXPECT_EQ(shape(*parsed.tree), GetParam().shape);
}

INSTANTIATE_TEST_SUITE_P(Yaml,
                         YamlRefusal,
                         testing::Values(RefusedCase{"SecondOfTwoKeys", "a: 1\na: 2\nb: 3\n", "{a:1 b:3}"},
                                         RefusedCase{"AliasAndItsKey", "a: &x 1\nb: *x\nc: [*x, 2]\n", "{a:1 c:[2]}"},
                                         RefusedCase{"TagOnNothing", "a: !info\nb: !!int 2\n", "{b:2}"},
                                         RefusedCase{"MergeKey", "a: {b: 1}\n<<: {c: 2}\nd: 3\n", "{a:{b:1} d:3}"},
                                         RefusedCase{"MapAsKey", "{a: 1}: b\nc: d\n", "{c:d}"},
                                         RefusedCase{"SecondDocument", "a: 1\n---\nb: 2\n", "{a:1}"},
                                         RefusedCase{"TextCutByAComma",
                                                     "- {when: change(a, 1 day, b) < 2, for: 2 days}\n",
                                                     "[{when:'change(a, 1 day, b) < 2' for:2 days}]"},
                                         RefusedCase{"ItemCutByAComma",
                                                     "[f(a, b), c, g(d, (e, 2), 3)]\n",
                                                     "['f(a, b)' c 'g(d, (e, 2), 3)']"},
                                         RefusedCase{"OnlyTheTextThatWasCut",
                                                     "- [some long text(a, b), x]\n- [\"p\", q, g(h, i)]\n",
                                                     "[['some long text(a, b)' x] ['p' q 'g(h, i)']]"},
                                         RefusedCase{"TextCutByAHash", "a: sum(b #c)\nd: 1\n", "{a:'sum(b #c)' d:1}"}),
                         [](const auto& test) { return test.param.name; });

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<std::string> bad_files() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(KPI_BAD_YAML)) {
    if (entry.path().extension() == ".yaml") {
      names.push_back(entry.path().stem().string());
    }
  }
  std::ranges::sort(names);
  return names;
}

class BadYaml : public testing::TestWithParam<std::string> {};

TEST_P(BadYaml, IsExplainedAsExpected) {
  const std::filesystem::path directory = KPI_BAD_YAML;
  const SourceText source{GetParam() + ".yaml", read_file(directory / (GetParam() + ".yaml"))};
  const std::string expected = read_file(directory / (GetParam() + ".txt"));
  ASSERT_NE(expected, "") << "the expected text is missing";
  Diagnostics diagnostics;
  parse_yaml(source, diagnostics);
  diagnostics.sort();
  EXPECT_EQ(diagnostics.text(), expected);
}

INSTANTIATE_TEST_SUITE_P(Yaml, BadYaml, testing::ValuesIn(bad_files()), [](const auto& test) { return test.param; });

TEST(Yaml, RefusesAFileOverTheSizeLimit) {
  const Parsed largest("a: " + std::string(kMaxYamlBytes - 4, 'x') + "\n");
  EXPECT_EQ(largest.errors(), "");
  const Parsed larger("a: " + std::string(kMaxYamlBytes - 3, 'x') + "\n");
  EXPECT_EQ(larger.errors(),
            "kpis.yaml: error: the file is larger than 8 MB\n"
            "  help: split it into several files\n");
  EXPECT_FALSE(larger.tree);
}

TEST(Yaml, RefusesMoreNodesThanTheLimit) {
  std::string text = "[1";
  for (std::size_t i = 2; i < kMaxYamlNodes; ++i) {
    text += i % 1000 == 0 ? ",\n1" : ",1";
  }
  EXPECT_EQ(Parsed(text + "]").errors(), "");
  const Parsed more(text + ",\n1]");
  EXPECT_EQ(more.errors(),
            "kpis.yaml:501:1: error: the file holds more than 500000 keys and values\n"
            "  501 | 1]\n"
            "      | ^\n"
            "  help: split it into several files\n");
  EXPECT_FALSE(more.tree);
}

TEST(Yaml, ReadsAsDeepAsTheLimit) {
  EXPECT_EQ(Parsed(std::string(kMaxYamlDepth, '[') + std::string(kMaxYamlDepth, ']')).errors(), "");
  EXPECT_FALSE(Parsed(std::string(100'000, '[')).tree);
  EXPECT_FALSE(Parsed(std::string(100'000, '{')).tree);
  std::string steps;
  for (std::size_t i = 0; i < 1000; ++i) {
    steps += std::string(i, ' ') + "a:\n";
  }
  EXPECT_FALSE(Parsed(steps).tree);
}

TEST(Yaml, StopsReportingAFileThatIsWrongThroughout) {
  std::string twice;
  for (int i = 0; i < 1000; ++i) {
    twice += "- {a: 1, a: 2}\n";
  }
  const Parsed doubled(twice);
  ASSERT_EQ(doubled.diagnostics.items().size(), 202U);
  EXPECT_EQ(doubled.diagnostics.items().back().message, "reading ends here: too much of this file is wrong");
  EXPECT_FALSE(doubled.tree);
  std::string one_map;
  for (int i = 0; i < 1000; ++i) {
    one_map += "a: 1\n";
  }
  EXPECT_EQ(Parsed(one_map).diagnostics.items().size(), 202U);
  std::string tags;
  for (int i = 0; i < 1000; ++i) {
    tags += "- !x 1\n";
  }
  const Parsed tagged(tags);
  ASSERT_EQ(tagged.diagnostics.items().size(), 202U);
  EXPECT_EQ(tagged.diagnostics.items().back().message, "reading ends here: too much of this file is wrong");
}

TEST(Yaml, FindsManyErrorsInOnePass) {
  const Parsed parsed("a: 1\na: 2\nb: !x 3\nc: &y 4\n<<: {}\nwhen: {x: f(1, 2)}\n");
  std::vector<std::uint32_t> lines;
  for (const Diagnostic& item : parsed.diagnostics.items()) {
    lines.push_back(item.position.line);
  }
  std::ranges::sort(lines);
  EXPECT_THAT(lines, ElementsAre(2, 3, 4, 5, 6));
}

RC_GTEST_PROP(Yaml, TextInTheQuotesOfARemedyReadsBack, ()) {
  const auto text = *rc::gen::container<std::string>(rc::gen::inRange(' ', '\x7F'));
  const std::string quoted = quote_yaml(text);
  for (const std::string& line : {"key: " + quoted, "{key: " + quoted + "}", "{key: [" + quoted + "]}"}) {
    const Parsed parsed(line);
    RC_ASSERT(parsed.errors().empty());
    const YamlNode& value = parsed.tree->entries.at(0).second;
    RC_ASSERT((value.items.empty() ? value : value.items[0]).scalar == text);
  }
}

RC_GTEST_PROP(Yaml, ReportsOnlyPlacesInsideTheText, ()) {
  const auto text =
      *rc::gen::container<std::string>(rc::gen::elementOf(std::string("ab: ,-[]{}'\"#&*!|>%@?\n\t\xC3\xA5")));
  const Parsed parsed(text);
  const auto lines = static_cast<std::size_t>(std::ranges::count(text, '\n')) + 1;
  for (const Diagnostic& item : parsed.diagnostics.items()) {
    RC_ASSERT(item.position.line >= 1U && item.position.line <= lines);
    RC_ASSERT(item.position.column >= 1U);
    RC_ASSERT(item.position.column <= parsed.source.line(item.position.line).size() + 1);
  }
  RC_ASSERT(parsed.tree.has_value() || parsed.diagnostics.has_errors());
}

}  // namespace
}  // namespace kpi
