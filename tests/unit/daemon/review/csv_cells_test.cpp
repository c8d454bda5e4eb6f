#include "daemon/review/csv_cells.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

namespace kpi::test {
namespace {

struct CellCase {
  const char* name;
  std::string text;
  std::string expected;
};

class CsvCell : public testing::TestWithParam<CellCase> {};

TEST_P(CsvCell, IsQuotedAndIsNoFormula) {
  EXPECT_EQ(csv_cell(GetParam().text), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(Texts,
                         CsvCell,
                         testing::Values(CellCase{"plain", "SE", "SE"},
                                         CellCase{"empty", "", ""},
                                         CellCase{"comma", "a,b", "\"a,b\""},
                                         CellCase{"quote", "a \"b\"", "\"a \"\"b\"\"\""},
                                         CellCase{"line_feed", "a\nb", "\"a\nb\""},
                                         CellCase{"carriage_return_inside", "a\rb", "\"a\rb\""},
                                         CellCase{"space_at_an_end", " a", "\" a\""},
                                         CellCase{"equals", "=1+1", "'=1+1"},
                                         CellCase{"plus", "+cmd", "'+cmd"},
                                         CellCase{"minus", "-cmd", "'-cmd"},
                                         CellCase{"at", "@SUM(A1)", "'@SUM(A1)"},
                                         CellCase{"tab", "\tx", "\"'\tx\""},
                                         CellCase{"carriage_return_first", "\rx", "\"'\rx\""},
                                         CellCase{"formula_with_comma", "=A(1,2)", "\"'=A(1,2)\""},
                                         CellCase{"negative_number", "-5.25", "-5.25"},
                                         CellCase{"not_quite_a_number", "-5+A1", "'-5+A1"},
                                         CellCase{"later_equals", "a=b", "a=b"}),
                         [](const auto& param) { return std::string(param.param.name); });

TEST(CsvNumber, HasAPointAndIsEmptyWhenThereIsNone) {
  EXPECT_EQ(csv_cell(0.021), "0.021");
  EXPECT_EQ(csv_cell(-1250.0), "-1250");
  EXPECT_EQ(csv_cell(std::nan("")), "");
  EXPECT_EQ(csv_cell(std::numeric_limits<double>::infinity()), "");
}

}  // namespace
}  // namespace kpi::test
