// What programs and files answer, on any bytes: JSON lines, Nagios plugins, OpenMetrics, JSON documents. The first byte
// chooses the reader. What must hold: no crash, every slot of a series once, values finite or null, texts that a
// terminal can show.

#include "plugins/exec.hpp"
#include "plugins/json.hpp"
#include "rules/base/text.hpp"
#include "tests/unit/plugins/csv_source.hpp"

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace {

using namespace kpi;           // NOLINT(google-build-using-namespace): one function
using namespace kpi::testing;  // NOLINT(google-build-using-namespace): the tests' own words

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

void check(const Result<Poll>& poll) {
  if (!poll) {
    require(!poll.error().message.empty());
    require(printable(poll.error().message, poll.error().message.size()) == poll.error().message);
    return;
  }
  require(poll->problems.size() <= 100 && poll->problems.size() <= poll->problem_count);
  for (const RowProblem& problem : poll->problems) {
    require(printable(problem.message, problem.message.size()) == problem.message);
  }
  std::set<std::pair<std::uint32_t, Slot>> seen;
  for (const PolledSample& sample : poll->samples) {
    require(sample.series < poll->series.size());
    require(!std::isinf(sample.value));
    require(seen.emplace(sample.series, sample.slot).second);
  }
}

Result<Poll> read_document(const SourceSettings& given_settings, std::string text, bool is_lines) {
  SourceSettings settings = given_settings;
  settings.options["path"] = given("x.json");
  settings.options["format"] = given(is_lines ? "lines" : "json");
  settings.options["records"] = given(is_lines ? "" : "/a/*");
  Diagnostics diagnostics;
  MemoryHost host;
  host.put("x.json", std::move(text));
  return json_plugin().create(settings, diagnostics)->poll({.now = {}, .cursor = "", .from = {}}, host, {});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  SourceSettings settings = csv_settings();
  settings.metrics = {metric("a", MetricKind::kFlow), metric("b", MetricKind::kLevel)};
  PollRequest request;
  request.now = Instant{std::chrono::hours{500'000}};
  if ((data[0] & 8U) != 0) {
    settings.grain = grain("5m");
  }
  if ((data[0] & 16U) != 0) {
    settings.labels = {label("c", "c")};
  }
  switch (data[0] & 7U) {
    case 0:
      if (is_valid_utf8(text)) {
        check(read_exec_lines(text, settings, request));
      }
      break;
    case 1:
      settings.labels.clear();
      if (is_valid_utf8(text)) {
        check(read_nagios(text, 0, settings, request));
      }
      break;
    case 2:
      if (is_valid_utf8(text)) {
        check(read_open_metrics(text, settings, request));
      }
      break;
    default:
      check(read_document(settings, std::string(text), (data[0] & 7U) == 3));
  }
  return 0;
}
