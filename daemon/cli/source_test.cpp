#include "daemon/cli/reading.hpp"
#include "daemon/cli/table.hpp"
#include "daemon/cli/verbs.hpp"
#include "daemon/engine/lost_rows.hpp"
#include "plugins/rows.hpp"
#include "rules/base/text.hpp"
#include "rules/base/units.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <ostream>

namespace kpi {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t kShownRows = 10;
constexpr std::size_t kShownProblems = 5;

/// One sample as it would be stored.
struct Stored {
  Slot slot;
  const SourceMetric* metric = nullptr;
  const Metric* model = nullptr;
  const Labels* labels = nullptr;
  double value = 0;
  bool is_running = false;    ///< Its period has not ended.
  bool is_converted = false;  ///< To another currency, before it is stored.
};

class SourceTest {
 public:
  SourceTest(const Config& config, const SourceConfig& source, const Poll& poll, Instant now)
      : config_(config), source_(source), poll_(poll), rows_(poll.samples.size()) {
    const SourceSettings& settings = source.settings;
    const Slot running = slot_at(now, settings.grain, settings.zone, settings.calendar);
    const bool is_instant = settings.grain.unit == Grain::Unit::kInstant;
    std::ranges::transform(poll.samples, rows_.begin(), [&](const PolledSample& sample) {
      const PolledSeries& series = poll.series[sample.series];
      return Stored{.slot = sample.slot,
                    .metric = &settings.metrics[series.metric],
                    .model = &config.rules.metrics[source.metrics[series.metric]],
                    .labels = &series.labels,
                    .value = sample.value,
                    .is_running = is_instant ? sample.slot > running : sample.slot >= running,
                    .is_converted = source.conversions[series.metric].has_value()};
    });
    std::ranges::stable_sort(rows_, {}, &Stored::slot);
    lost_ = lost_row(poll, source, config, now);
  }

  void print_text(Duration took, std::size_t shown, Io& io) const {
    const bool colour = wants_colour(io);
    io.out << painted("source " + source_.settings.name, CellTone::kHeading, colour) << " (" << source_.plugin
           << ") answered in " << number_text(std::round(static_cast<double>(took.count()) / 10) / 100)
           << " s: " << counted(rows_.size(), "value") << " of " << counted(poll_.series.size(), "series", "series");
    if (!rows_.empty()) {
      io.out << ", " << period(rows_.front().slot) << " to " << period(rows_.back().slot);
    }
    io.out << "\n";
    print_rows(shown, colour, io);
    if (poll_.problem_count > 0) {
      io.out << painted(counted(poll_.problem_count, "row"), CellTone::kWarning, colour) << " could not be used:\n";
    }
    for (std::size_t i = 0; i < std::min(poll_.problems.size(), kShownProblems); ++i) {
      io.out << wrapped(printable(poll_.problems[i].where + ": " + poll_.problems[i].message, 1000), 2);
    }
    for (const std::string& remark : poll_.remarks) {
      io.out << (remark.starts_with(kLostRemark) ? "" : printable(remark, 500) + "\n");
    }
    if (lost_) {
      io.out << wrapped(printable(*lost_, 1000), 0);
    }
    io.out << painted(cost(), CellTone::kQuiet, colour) << "\n";
  }

  [[nodiscard]] ordered_json json(Duration took) const {
    ordered_json rows = ordered_json::array();
    for (const Stored& row : rows_) {
      ordered_json labels = ordered_json::object();
      for (const auto& [name, value] : *row.labels) {
        labels[name] = value;
      }
      rows.push_back({{"period", period(row.slot)},
                      {"metric", row.metric->name},
                      {"labels", std::move(labels)},
                      {"value", std::isnan(row.value) ? ordered_json(nullptr) : ordered_json(row.value)},
                      {"stored", !row.is_running && !lost_}});
    }
    ordered_json problems = ordered_json::array();
    for (const RowProblem& problem : poll_.problems) {
      problems.push_back(problem.where + ": " + problem.message);
    }
    return {{"source", source_.settings.name},
            {"plugin", source_.plugin},
            {"seconds", static_cast<double>(took.count()) / 1000},
            {"rows", std::move(rows)},
            {"problem_count", poll_.problem_count},
            {"problems", std::move(problems)},
            {"remarks", poll_.remarks}};
  }

 private:
  void print_rows(std::size_t shown, bool colour, Io& io) const {
    Table table({{"period", false}, {"metric", false}, {"labels", false}, {"value", true}, {"", false}});
    const std::size_t first = rows_.size() - std::min(shown, rows_.size());
    for (std::size_t i = first; i < rows_.size(); ++i) {
      const Stored& row = rows_[i];
      table.add({{period(row.slot)},
                 {row.metric->name},
                 {row.labels->empty() ? "" : printable(labels_text(*row.labels))},
                 {value(row)},
                 {row.is_running ? "has not ended: not stored yet" : "", CellTone::kQuiet}});
    }
    if (!rows_.empty()) {
      io.out << (first == 0 ? "" : "the last " + std::to_string(rows_.size() - first) + ":\n") << table.text(colour);
    }
  }

  [[nodiscard]] std::string value(const Stored& row) const {
    if (std::isnan(row.value)) {
      return "no value";
    }
    // In the currency it was delivered in: the rates are in the history, which is not looked at.
    if (const std::string_view currency = label_value(*row.labels, kCurrencyLabel);
        !currency.empty() && row.is_converted) {
      return number_text(row.value) + " " + printable(currency, 16);
    }
    const auto unit = Unit::parse(row.model->unit);
    return row.model->unit.empty() || !unit ? number_text(row.value)
                                            : format_value(row.value, *unit, Language::kEnglish);
  }

  [[nodiscard]] std::string period(Slot slot) const {
    return source_.settings.grain.is_civil() ? date_text(date_of(slot)) : rfc3339(Instant{Duration{slot.ms}});
  }

  [[nodiscard]] std::string cost() const {
    const auto polls = std::chrono::hours{24} / source_.every;
    return "polled every " + Span{0, 0, source_.every.count()}.text() + ", that is " +
           (polls >= 1 ? counted(static_cast<std::uint64_t>(polls), "poll") + " a day" : "less than once a day");
  }

  const Config& config_;
  const SourceConfig& source_;
  const Poll& poll_;
  std::vector<Stored> rows_;
  std::optional<std::string> lost_;  ///< Why nothing of them would be stored.
};

int source_test(const Arguments& arguments, Io& io) {
  const auto config = load_for_verb(arguments, Secrets::kRequired, io);
  if (!config) {
    return kExitNo;
  }
  const SourceConfig* source = find_source_for_verb(*config, arguments.text("name"), io);
  if (source == nullptr) {
    return kExitUsage;
  }
  PollRequest request;
  request.now = io.clock.now();
  if (source->since) {
    request.from = slot_of(*source->since);
  }
  if (arguments.has("from")) {
    const auto from = parse_date(arguments.text("from"));
    if (!from) {
      return complain(io, kExitUsage, "--from wants a date such as 2026-03-31");
    }
    request.from = slot_of(*from);
  }
  std::size_t shown = kShownRows;
  if (arguments.has("rows")) {
    const std::string text = arguments.text("rows");
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), shown);
    if (error != std::errc() || end != text.data() + text.size()) {
      return complain(io, kExitUsage, "--rows wants a number such as 20");
    }
  }
  const auto begun = io.clock.steady();
  const auto poll = source->source->poll(request, io.host, {});
  const auto took = std::chrono::duration_cast<Duration>(io.clock.steady() - begun);
  if (!poll) {
    return complain(io, kExitFailed, "source " + source->settings.name + ": " + poll.error().message);
  }
  const SourceTest test(*config, *source, *poll, request.now);
  if (arguments.has("json")) {
    io.out << test.json(took).dump(2, ' ', false, ordered_json::error_handler_t::replace) << "\n";
  } else {
    test.print_text(took, shown, io);
    if (source->is_entered) {
      io.out << "its values are entered with `kpid enter`, and are not read here\n";
    }
  }
  return kExitFine;
}

}  // namespace

const SourceConfig* find_source_for_verb(const Config& config, const std::string& name, Io& io) {
  if (const SourceConfig* source = config.find_source(name)) {
    return source;
  }
  std::vector<std::string> names;
  for (const SourceConfig& known : config.sources) {
    names.push_back(known.settings.name);
  }
  const std::string near = did_you_mean(name, names);
  complain(io,
           kExitUsage,
           "there is no source \"" + printable(name, 64) + "\"; " +
               (near.empty() ? "there are " + (names.empty() ? "none" : join(names, ", ")) : near));
  return nullptr;
}

Command source_test_command() {
  return {"source test",
          "poll one source now and show what would be stored; nothing is",
          "kpid source test web                      the newest rows, what could not be read, what a poll costs\n"
          "kpid source test web --from 2026-03-01    of these days on\n"
          "kpid source test web --json               all rows, for programs",
          {{"name", "NAME", "the source", true, false, true},
           {"from", "DATE", "how far back it reads (default: as the source says)"},
           {"rows", "N", "how many rows are shown (default 10)"},
           config_argument(),
           json_argument()},
          source_test};
}

}  // namespace kpi
