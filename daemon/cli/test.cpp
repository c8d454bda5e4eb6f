#include "daemon/cli/rule_test.hpp"
#include "daemon/cli/verbs.hpp"

#include <nlohmann/json.hpp>

#include <ostream>

namespace kpi {
namespace {

using nlohmann::ordered_json;

int test(const Arguments& arguments, Io& io) {
  const bool as_json = arguments.has("json");
  const std::string config = config_path(arguments);
  std::size_t passed = 0;
  std::size_t failed = 0;
  ordered_json failures = ordered_json::array();
  for (const std::string& file : arguments.list("file")) {
    const RuleTestResult result = run_rule_test(file, config, io.host);
    passed += result.passed;
    failed += result.failed;
    if (result.diagnostics.has_errors() || !result.error.empty()) {
      ++failed;
      io.err << result.diagnostics.text() << (result.error.empty() ? "" : "kpid: " + result.error + "\n");
      failures.push_back(
          {{"file", file}, {"message", result.error.empty() ? result.diagnostics.text() : result.error}});
    }
    for (const RuleTestFailure& failure : result.failures) {
      failures.push_back({{"file", file}, {"line", failure.position.line}, {"message", failure.message}});
      if (!as_json) {
        io.out << failure.position.text() << ": " << failure.message << "\n";
      }
    }
  }
  if (as_json) {
    const ordered_json document{{"passed", passed}, {"failed", failed}, {"failures", failures}};
    io.out << document.dump(2, ' ', false, ordered_json::error_handler_t::replace) << "\n";
  } else {
    io.out << passed << " passed, " << failed << " failed\n";
  }
  return failed == 0 ? kExitFine : kExitNo;
}

}  // namespace

Command test_command() {
  return {"test",
          "run rule tests",
          "kpid test rules/shop.test.yaml      prints what failed, then `N passed, N failed`\n"
          "kpid test rules/*.test.yaml",
          {config_argument(), {"file", "FILE", "tests: x.test.yaml", true, true, true}, json_argument()},
          test};
}

}  // namespace kpi
