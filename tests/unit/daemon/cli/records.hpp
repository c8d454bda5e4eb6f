#pragma once
// A history, and what a rehearsal makes of what it knows: the one is the other.

#include "tests/unit/daemon/cli/program.hpp"

#include <map>
#include <set>
#include <string>

namespace kpi::test {

/// "2026-03-05"
std::string day_of_march(int day);

/// A KPI each, whose entry is one line.
using Entries = std::map<std::string, std::string>;

void write_rules(const Program& program, const Entries& entries, const char* file = "rules.yaml");

/// The verdicts and episodes of KPIs in the history, and those of its rehearsal until `end`, the last step; a line of
/// text each.
struct Records {
  std::set<std::string> recorded;
  std::set<std::string> rehearsed;
};

Records records_of(const Program& program, const std::string& end);

void expect_equal(const Records& records);

}  // namespace kpi::test
