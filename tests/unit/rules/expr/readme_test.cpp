// The functions in rules/README.md: all of them, and each example is worth what stands there.

#include "rules/expr/compiler.hpp"
#include "tests/unit/rules/expr/readings.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <set>

namespace kpi {
namespace {

struct Row {
  std::string example;
  std::string value;
};

/// The rows of the table whose first cell is a call.
std::vector<Row> rows() {
  std::ifstream file(KPI_SOURCE_DIR "/rules/README.md");
  std::vector<Row> found;
  bool is_there = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("## ")) {
      is_there = line == "## Expressions";
    }
    const auto cells = split(line, '|');
    if (is_there && line.starts_with("| `") && cells.size() >= 4) {
      const std::string_view example = trim(cells[1]);
      found.push_back({std::string(example.substr(1, example.size() - 2)), std::string(trim(cells[2]))});
    }
  }
  return found;
}

void collect_calls(const Expr& expr, std::set<std::string>& names) {
  if (expr.kind == Expr::Kind::kCall) {
    names.insert(expr.text);
  }
  for (const auto& child : expr.children) {
    collect_calls(*child, names);
  }
}

TEST(Readme, NamesEveryFunctionAndNoOther) {
  std::set<std::string> names;
  for (const Row& row : rows()) {
    const auto tree = parse_expression(row.example);
    ASSERT_TRUE(tree.has_value()) << row.example;
    collect_calls(**tree, names);
  }
  EXPECT_THAT(names, testing::ElementsAreArray(function_names()));
}

Metric by_country(std::string name) {
  Metric metric = metric_named(std::move(name));
  metric.labels = {"country"};
  return metric;
}

TEST(Readme, SaysWhatTheExamplesAreWorth) {
  Readings readings({by_country("web.visits"), by_country("shop.orders"), by_country("web.returns")});
  readings.given("web.visits", "2026-02-01", "5x29 10 20 30 40 50 60 70", {{"country", "SE"}})
      .given("web.visits", "2026-02-01", "15x29 30 60 90 120 150 180 210", {{"country", "DK"}})
      .given("shop.orders", "2026-02-01", "1x29 1 2 3 4 5 6 7", {{"country", "SE"}})
      .given("shop.orders", "2026-02-01", "3x29 3 6 9 12 15 18 21", {{"country", "DK"}});
  const Date friday{std::chrono::year{2026} / 11 / 27};
  readings.days({{friday}, {{"black_friday", {friday}}}}).split_by("country").segment({{"country", "SE"}});
  readings.over("7 days");
  ASSERT_GT(rows().size(), 20U);
  for (const Row& row : rows()) {
    const std::string wanted = row.value == "true" ? "1" : row.value == "false" ? "0" : row.value;
    const auto tree = parse_expression(row.example);
    ASSERT_TRUE(tree.has_value()) << row.example;
    readings.segment(row.example.starts_with("segments") ? Labels{} : Labels{{"country", "SE"}});
    const std::string value = readings.value(row.example, "2026-03-08");
    EXPECT_EQ(value, wanted) << row.example;
  }
}

}  // namespace
}  // namespace kpi
