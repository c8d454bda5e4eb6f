#include "daemon/cli/table.hpp"

#include "tests/unit/daemon/cli/program.hpp"

#include <gtest/gtest.h>

namespace kpi::test {
namespace {

TEST(Table, LinesUpLettersOfAnyAlphabet) {
  Table table({{"KPI"}, {"VALUE", true}, {"", false, 1}, {"STATE"}});
  table.add({{"räksmörgås"}, {"1,250"}, {"SEK"}, {"ok", CellTone::kGood}});
  table.add({{"ra\u0308ka"}, {"7"}, {""}, {"critical", CellTone::kCritical}});  // an a and a combining diaeresis
  EXPECT_EQ(table.text(false),
            "KPI         VALUE      STATE\n"
            "räksmörgås  1,250 SEK  ok\n"
            "ra\u0308ka            7      critical\n");
}

TEST(Table, LeavesOutAColumnThatIsEmpty) {
  Table table({{"KPI"}, {"TARGET"}, {"SINCE"}});
  table.add({{"a"}, {""}, {"today"}});
  table.add({{"b"}, {""}, {""}});
  EXPECT_EQ(table.text(false), "KPI  SINCE\na    today\nb\n");
}

TEST(Table, PaintsTheTextAndNotTheSpaceAroundIt) {
  Table table({{""}, {""}});
  table.add({{"ok", CellTone::kGood}, {"x"}});
  table.add({{"broken", CellTone::kCritical}, {"y"}});
  EXPECT_EQ(table.text(true), "\x1b[32mok\x1b[0m      x\n\x1b[1;31mbroken\x1b[0m  y\n");
}

TEST(Table, PutsWhatDoesNotFitUnderItsRow) {
  Table table({{"KPI"}, {"VALUE", true}, {"", false, 1}, {"STATE"}, {"TARGET"}, {"PACE", true}});
  table.add({{"visits"}, {"220.9"}, {"visits"}, {"ok"}, {"on track"}, {"104%"}});
  table.add({{"orders"}, {"6"}, {"orders"}, {"warning"}, {""}, {""}});
  EXPECT_EQ(table.text(false, 49), table.text(false));
  EXPECT_EQ(table.text(false, 38),
            "KPI     VALUE         STATE\n"
            "visits  220.9 visits  ok\n"
            "    target on track, pace 104%\n"
            "orders      6 orders  warning\n");
  EXPECT_EQ(table.text(false, 20),
            "KPI     VALUE\n"
            "visits  220.9 visits\n"
            "    state ok, target\n"
            "    on track, pace\n"
            "    104%\n"
            "orders      6 orders\n"
            "    state warning\n");
}

TEST(Wrapped, BreaksBetweenWordsAndKeepsALongOneWhole) {
  const std::string url(90, 'u');
  EXPECT_EQ(wrapped("one  two", 2), "  one two\n");
  EXPECT_EQ(wrapped(std::string(40, 'a') + " " + std::string(40, 'b'), 0),
            std::string(40, 'a') + "\n" + std::string(40, 'b') + "\n");
  EXPECT_EQ(wrapped("see " + url + " now", 2), "  see\n  " + url + "\n  now\n");
}

struct ColourCase {
  const char* name;
  bool is_terminal;
  const char* no_color;
  const char* term;
  bool expected;
};

class Colour : public testing::TestWithParam<ColourCase> {};

TEST_P(Colour, IsForTerminalsWhosePeopleWantIt) {
  const ScopedVariable no_color("NO_COLOR", GetParam().no_color);
  const ScopedVariable term("TERM", GetParam().term);
  Program program("2026-03-15T06:00:00Z");
  program.is_terminal = GetParam().is_terminal;
  const Ended ended = program.run({"plugins", "csv"});
  EXPECT_EQ(ended.out.find('\x1b') != std::string::npos, GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(Table,
                         Colour,
                         testing::Values(ColourCase{"terminal", true, nullptr, "xterm", true},
                                         ColourCase{"empty_no_color", true, "", "xterm", true},
                                         ColourCase{"no_color", true, "1", "xterm", false},
                                         ColourCase{"dumb", true, nullptr, "dumb", false},
                                         ColourCase{"pipe", false, nullptr, "xterm", false}),
                         [](const auto& param) { return param.param.name; });

TEST(Hanging, BreaksLinesAtSpacesAndGoesOnBelowTheirText) {
  EXPECT_EQ(hanging("  value     12 visits\n  why       thresholds: not firing today\n", 12, 30),
            "  value     12 visits\n"
            "  why       thresholds: not\n"
            "            firing today\n");
  EXPECT_EQ(hanging("    sum, 3 of 3 there\n", 4, 14), "    sum, 3 of\n      3 there\n");
  EXPECT_EQ(hanging("  a-word-that-is-longer here\n", 2, 12), "  a-word-that-is-longer\n    here\n");
  EXPECT_EQ(hanging("as it is, without an end\n", 2, 0), "as it is, without an end\n");
  EXPECT_EQ(hanging("", 2, 20), "");
}

}  // namespace
}  // namespace kpi::test
