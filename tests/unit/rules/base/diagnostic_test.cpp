#include "rules/base/diagnostic.hpp"

#include <gtest/gtest.h>

#include <string>

namespace kpi {
namespace {

class DiagnosticText : public testing::Test {
 protected:
  const SourceText& file(std::string text) { return files_.add("rules/a.yaml", std::move(text)); }

 private:
  SourceSet files_;
};

TEST_F(DiagnosticText, ShowsThePlaceTheLineACaretAndTheRemedy) {
  const SourceText& source = file("kpis:\n  rate:\n    tresholds: 1\n");
  const Diagnostic diagnostic{.position = {&source, 3, 5, 9},
                              .message = "unknown key \"tresholds\"",
                              .remedy = "did you mean \"thresholds\"?",
                              .related = {},
                              .related_message = {}};
  EXPECT_EQ(diagnostic.text(),
            "rules/a.yaml:3:5: error: unknown key \"tresholds\"\n"
            "  3 |     tresholds: 1\n"
            "    |     ^~~~~~~~~\n"
            "  help: did you mean \"thresholds\"?\n");
}

TEST_F(DiagnosticText, ShowsASecondPlace) {
  const SourceText& source = file("a: 1\nb: 2\na: 3");
  const Diagnostic diagnostic{.severity = Diagnostic::Severity::kWarning,
                              .position = {&source, 3, 1},
                              .message = "a stands here twice",
                              .remedy = "",
                              .related = {&source, 1, 1},
                              .related_message = "first here"};
  EXPECT_EQ(diagnostic.text(),
            "rules/a.yaml:3:1: warning: a stands here twice\n"
            "  3 | a: 3\n"
            "    | ^\n"
            "rules/a.yaml:1:1: note: first here\n"
            "  1 | a: 1\n"
            "    | ^\n");
}

TEST_F(DiagnosticText, PutsTheCaretBelowItsWordAfterTabsLettersAndControlBytes) {
  const SourceText& source = file("\tä\x1b: bad");
  const Diagnostic diagnostic{
      .position = {&source, 1, 7, 3}, .message = "bad", .remedy = "", .related = {}, .related_message = {}};
  EXPECT_EQ(diagnostic.text(),
            "rules/a.yaml:1:7: error: bad\n"
            "  1 |  ä\\x1b: bad\n"
            "    |         ^~~\n");
}

TEST_F(DiagnosticText, PointsBehindALineThatEndsTooEarly) {
  const SourceText& source = file("unit:\r\nnext: 1");
  const Diagnostic diagnostic{
      .position = {&source, 1, 99, 20}, .message = "no value", .remedy = "", .related = {}, .related_message = {}};
  EXPECT_EQ(diagnostic.text(),
            "rules/a.yaml:1:99: error: no value\n"
            "  1 | unit:\n"
            "    |      ^\n");
}

TEST_F(DiagnosticText, ShowsOnlyTheSurroundingsInALongLine) {
  const SourceText& source = file(std::string(500, 'a') + "X" + std::string(500, 'b'));
  const Diagnostic diagnostic{
      .position = {&source, 1, 501, 1}, .message = "bad", .remedy = "", .related = {}, .related_message = {}};
  EXPECT_EQ(diagnostic.text(),
            "rules/a.yaml:1:501: error: bad\n"
            "  1 | …" +
                std::string(80, 'a') + "X" + std::string(79, 'b') +
                "…\n"
                "    |  " +
                std::string(80, ' ') + "^\n");
}

TEST_F(DiagnosticText, HidesWhatStandsBelowTheNameOfASecretOrInAnAddress) {
  const auto shown = [&](const std::string& line) {
    const std::string text = Diagnostic{
        .position = {&file(line), 1, 1},
        .message = "wrong",
        .remedy = "",
        .related = {},
        .related_message = {}}.text();
    const std::size_t begin = text.find("| ") + 2;
    return text.substr(begin, text.find('\n', begin) - begin);
  };
  EXPECT_EQ(shown("token: \"hush-hush\"  # mine"), "token: \"*********\"  # mine");
  EXPECT_EQ(shown("a: {password: hush, size: 4, \"X-Api-Key\": 'ab cd'}"),
            "a: {password: ****, size: 4, \"X-Api-Key\": '*****'}");
  EXPECT_EQ(shown("token: \"${env:TOKEN}\""), "token: \"${env:TOKEN}\"");
  EXPECT_EQ(shown("url: \"https://me:hush@a.example/?token=1&day=2\""),
            "url: \"https://me:****@a.example/?token=*&day=2\"");
  EXPECT_EQ(shown("  url: \"https://hooks.slack.com/services/T0/x\"}"),
            "  url: \"https://hooks.slack.com**************\"}");
  EXPECT_EQ(shown("url: https://hooks.example.com"), "url: https://hooks.example.com");
  EXPECT_EQ(shown("auth: {type: bearer, token: x}"), "auth: {type: bearer, token: *}");
  EXPECT_EQ(shown("description: no token: here"), "description: no token: ****");
  EXPECT_EQ(shown("title: Keys: of all"), "title: Keys: of all");
}

TEST_F(DiagnosticText, SaysAsMuchOfThePlaceAsIsKnown) {
  const SourceText& source = file("a: 1");
  EXPECT_EQ((Position{&source, 0, 0}.text()), "rules/a.yaml");
  EXPECT_EQ((Position{&source, 4, 0}.text()), "rules/a.yaml:4");
  EXPECT_EQ((Position{nullptr, 1, 7}.text()), "1:7");
  EXPECT_EQ(Position{}.text(), "");
  Diagnostics diagnostics;
  diagnostics.error({}, "no file", "name one");
  EXPECT_EQ(diagnostics.text(), "error: no file\n  help: name one\n");
}

TEST(SourceText, GivesLinesWithoutTheirEnds) {
  const SourceText source{"a", "one\r\ntwo\n\nfour"};
  EXPECT_EQ(source.line(1), "one");
  EXPECT_EQ(source.line(2), "two");
  EXPECT_EQ(source.line(3), "");
  EXPECT_EQ(source.line(4), "four");
  EXPECT_EQ(source.line(5), "");
  EXPECT_EQ(source.line(0), "");
}

TEST(SourceSet, KeepsAddresses) {
  SourceSet files;
  const SourceText& first = files.add("a", "1");
  for (int i = 0; i < 1000; ++i) {
    files.add("b", "2");
  }
  EXPECT_EQ(&first, &files.texts().front());
}

TEST(Diagnostics, CountsBySeverity) {
  Diagnostics diagnostics;
  diagnostics.warning({}, "odd");
  EXPECT_FALSE(diagnostics.has_errors());
  diagnostics.error({}, "bad");
  EXPECT_TRUE(diagnostics.has_errors());
  EXPECT_EQ(diagnostics.count(Diagnostic::Severity::kError), 1U);
  EXPECT_EQ(diagnostics.count(Diagnostic::Severity::kWarning), 1U);
}

TEST(Diagnostics, SortByFirstSeenFileThenPlaceAndKeepEachOnce) {
  SourceSet files;
  const SourceText& a = files.add("a", "");
  const SourceText& b = files.add("b", "");
  Diagnostics diagnostics;
  diagnostics.error({&b, 9, 1}, "b late");
  diagnostics.error({&a, 2, 3}, "a second");
  diagnostics.error({&b, 1, 1}, "b early");
  diagnostics.error({&a, 2, 1}, "a first");
  diagnostics.warning({&a, 2, 3}, "a second");
  diagnostics.error({&a, 2, 3, 7}, "a second");
  diagnostics.sort();
  std::string order;
  for (const Diagnostic& item : diagnostics.items()) {
    order += (item.severity == Diagnostic::Severity::kError ? "error " : "warning ") + item.message + "\n";
  }
  EXPECT_EQ(order, "error b early\nerror b late\nerror a first\nerror a second\nwarning a second\n");
}

}  // namespace
}  // namespace kpi
