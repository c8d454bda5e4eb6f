#include "rules/forecast/anomaly.hpp"

#include "daemon/cli/series_file.hpp"
#include "daemon/cli/verbs.hpp"
#include "rules/base/text.hpp"

#include <cmath>
#include <ostream>
#include <utility>

namespace kpi {
namespace {

/// As few as make a score as rare as it says; see docs/forecasting.md.
constexpr std::size_t kWarmUp = 40;
constexpr std::size_t kRest = 30;

Result<void> score_file(const std::string& path, forecast::AnomalyScorer& scorer, Io& io) {
  SeriesFile file = KPI_TRY(SeriesFile::open(path));
  std::string header = "timestamp,value,score\n";  // nothing is written where the file cannot be read
  for (;;) {
    const auto cells = KPI_TRY(file.next());
    if (!cells) {
      io.out << header;
      return {};
    }
    const std::string value = cells->size() > 1 ? (*cells)[1] : "";
    const auto number = cells->size() > 1 ? cell_number(value) : std::nullopt;
    if (!number && file.is_first() && cells->size() > 1) {
      continue;  // the names of the columns
    }
    if (!number) {
      return fail(ErrorKind::kInvalid,
                  file.place() + " no number in \"" + printable(value, 40) +
                      "\"; write timestamp,value as in 2026-03-31 06:00,1234.5, with nothing for a missing value");
    }
    io.out << std::exchange(header, "") << echoed_cell(cells->front()) << "," << echoed_cell(value) << ","
           << number_text(scorer.look_at(*number).score) << "\n";
  }
}

int anomaly(const Arguments& arguments, Io& io) {
  forecast::AnomalyOptions options{.warm_up = kWarmUp, .rest = kRest};
  if (arguments.has("period")) {
    const auto period = parse_number(arguments.text("period"));
    if (!period || *period < 1 || *period > 1e6 || *period != std::floor(*period)) {
      return complain(io, kExitUsage, "--period takes the number of values in a season: 288, or 1 for none");
    }
    options.period = static_cast<std::size_t>(*period);
  }
  forecast::AnomalyScorer scorer(options);
  if (const auto done = score_file(arguments.text("file"), scorer, io); !done) {
    return complain(io, kExitFailed, done.error().message);
  }
  return kExitFine;
}

}  // namespace

Command anomaly_command() {
  return {"anomaly",
          "score how unusual each value of a series is",
          "kpid anomaly orders.csv --period 288     score 0 to 1, each row by itself and the rows before it; a line is "
          "timestamp,value",
          {{"file",
            "FILE.csv",
            "lines timestamp,value, in time order; the first 40, and two seasons, score 0: of so few nothing is rare",
            true,
            false,
            true},
           {"period", "M", "values in a season: 288; 1 is none (default: found in the series)"}},
          anomaly};
}

}  // namespace kpi
