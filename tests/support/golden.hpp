#pragma once
// Golden files: whole outputs kept under tests/golden and compared byte for byte. KPI_UPDATE_GOLDEN=1 in the
// environment rewrites them; the difference is then reviewed like any other change.

#include <gtest/gtest.h>

#include <string>

namespace kpi::test {

/// Succeeds when tests/golden/`name` holds exactly `actual`.
testing::AssertionResult matches_golden(const std::string& name, const std::string& actual);

}  // namespace kpi::test
