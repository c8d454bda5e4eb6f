#pragma once
// What a rule test expects at a moment, and whether it is so. For rule_test.cpp.

#include "daemon/cli/rule_test.hpp"
#include "daemon/engine/engine.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace kpi {

struct SentExpectation {
  std::string to;
  std::string type;
  std::vector<std::string> contains;
};

struct Expectation {
  Position position;
  Instant at;
  std::string kpi;
  Labels segment;
  std::optional<double> value;
  bool value_unknown = false;
  std::vector<std::pair<std::string, std::string>> words;  ///< state, verdict, severity, reason, target, formatted
  std::optional<std::vector<SentExpectation>> sent;
};

/// Counts the expectation in `result`, and adds what is otherwise. `messages`: those since the expectation before that
/// spoke of messages.
void verify(const Expectation& expectation,
            const Engine& engine,
            const std::vector<Message>& messages,
            RuleTestResult& result);

}  // namespace kpi
