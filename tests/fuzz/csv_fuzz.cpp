// The csv source on any bytes. The first byte chooses the settings, the rest is the file. What must hold: no crash,
// every slot of a series once, at most a hundred problems, values finite or null, and texts that a terminal can show.

#include "rules/base/text.hpp"
#include "tests/unit/plugins/csv_source.hpp"

#include <array>
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

SourceSettings settings_of(std::uint8_t choice) {
  constexpr std::array formats{"", "%m/%d/%Y", "%Y-W%V-%u", "%s", "%d %b %Y %I:%M %p %z", "%Y-%j", "%a %F %T.%f", "%Q"};
  SourceSettings settings = csv_settings();
  settings.metrics = {metric("visits"), metric("stock", MetricKind::kLevel, "b")};
  settings.metrics[1].scale = 0.01;
  const std::string_view format = formats.at(choice & 7U);
  if (!format.empty()) {
    settings.options["date.format"] = given(std::string(format));
  }
  if ((choice & 8U) != 0) {
    settings.options["decimal"] = given(",");
  }
  if ((choice & 16U) != 0) {
    settings.labels = {label("country", "c", {{"Sverige", "SE"}})};
  }
  if ((choice & 32U) != 0) {
    settings.options["delimiter"] = given(";");
  }
  if ((choice & 64U) != 0) {
    settings.zone = zone("Europe/Stockholm");
  }
  return settings;
}

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

void check(const Poll& poll) {
  require(poll.problems.size() <= 100 && poll.problems.size() <= poll.problem_count);
  for (const RowProblem& problem : poll.problems) {
    require(printable(problem.message, problem.message.size()) == problem.message);
  }
  std::set<std::pair<std::uint32_t, Slot>> seen;
  for (const PolledSample& sample : poll.samples) {
    require(sample.series < poll.series.size());
    require(!std::isinf(sample.value));
    require(seen.emplace(sample.series, sample.slot).second);
  }
}

}  // namespace

// The name is libFuzzer's.
// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const auto poll = poll_text(settings_of(data[0]), {data + 1, data + size});
  if (poll) {
    check(*poll);
  } else {
    require(printable(poll.error().message, poll.error().message.size()) == poll.error().message);
  }
  return 0;
}
