#include "daemon/cli/interruption.hpp"
#include "daemon/cli/reading.hpp"
#include "daemon/cli/table.hpp"
#include "daemon/cli/verbs.hpp"
#include "daemon/engine/convert.hpp"
#include "daemon/engine/lost_rows.hpp"
#include "plugins/rows.hpp"
#include "rules/base/text.hpp"
#include "rules/base/units.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <ostream>
#include <set>

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
  bool is_running = false;                 ///< Its period has not ended.
  const Conversion* conversion = nullptr;  ///< To another currency, before it is stored.
};

class SourceTest {
 public:
  /// `rates` has the samples of the sources of exchange rates.
  SourceTest(const Config& config, const SourceConfig& source, const Poll& poll, const SampleTable& rates, Instant now)
      : config_(config), source_(source), poll_(poll), rates_(rates), rows_(poll.samples.size()) {
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
                    .conversion = source.conversions[series.metric] ? &*source.conversions[series.metric] : nullptr};
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
      labels.erase(kCurrencyLabel);
      rows.push_back({{"period", period(row.slot)},
                      {"metric", row.metric->name},
                      {"labels", std::move(labels)},
                      {"value", std::isnan(row.value) ? ordered_json(nullptr) : ordered_json(row.value)},
                      {"stored", !row.is_running && !lost_}});
      if (row.conversion != nullptr) {
        const auto rate = rate_of(row);
        rows.back()["currency"] = currency_of(row);
        rows.back()["converted"] = rate && !std::isnan(row.value) ? ordered_json(row.value * rate->factor) : nullptr;
        rows.back()["rate"] = rate ? ordered_json(rate->factor) : nullptr;
        rows.back()["rate_of"] = rate ? ordered_json(period(rate->slot)) : nullptr;
      }
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
    Table table(
        {{"period", false}, {"metric", false}, {"labels", false}, {"value", true}, {"stored as", true}, {"", false}});
    const std::size_t first = rows_.size() - std::min(shown, rows_.size());
    for (std::size_t i = first; i < rows_.size(); ++i) {
      const Stored& row = rows_[i];
      table.add({{period(row.slot)},
                 {row.metric->name},
                 {labels(row)},
                 {value(row)},
                 {stored(row)},
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
    if (row.conversion != nullptr) {  // as it was delivered
      return number_text(row.value) + " " + printable(currency_of(row), 16);
    }
    return in_unit(row, row.value);
  }

  [[nodiscard]] static std::string_view currency_of(const Stored& row) {
    return label_value(*row.labels, kCurrencyLabel);
  }

  [[nodiscard]] std::optional<DayRate> rate_of(const Stored& row) const {
    return rate_on(currency_of(row), source_, *row.conversion, row.slot, config_, rates_);
  }

  /// "1,320 SEK, 11 of 2026-03-01": converted, at which rate of which day.
  [[nodiscard]] std::string stored(const Stored& row) const {
    if (row.conversion == nullptr) {
      return "";
    }
    const auto rate = rate_of(row);
    return !rate                   ? "no rate: unknown"
           : std::isnan(row.value) ? "no value"
                                   : in_unit(row, row.value * rate->factor) + ", " + number_text(rate->factor) +
                                         " of " + period(rate->slot);
  }

  [[nodiscard]] static std::string labels(const Stored& row) {
    Labels shown = *row.labels;
    std::erase_if(shown, [](const auto& label) { return label.first == kCurrencyLabel; });
    return shown.empty() ? "" : printable(labels_text(shown));
  }

  [[nodiscard]] std::string in_unit(const Stored& row, double value) const {
    const auto unit = Unit::parse(row.model->unit);
    return row.model->unit.empty() || !unit ? number_text(value) : format_value(value, *unit, Language::kEnglish);
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
  const SampleTable& rates_;
  std::vector<Stored> rows_;
  std::optional<std::string> lost_;  ///< Why nothing of them would be stored.
};

/// The exchange rates that the source is converted with, as they are delivered now.
SampleTable rates_for(const Config& config, const SourceConfig& source, Io& io) {
  SampleTable table;
  std::set<std::string> asked;
  for (const auto& conversion : source.conversions) {
    const SourceConfig* rates = conversion ? config.find_source(conversion->rates) : nullptr;
    if (rates == nullptr || !asked.insert(conversion->rates).second) {
      continue;
    }
    PollRequest request;
    request.now = io.clock.now();
    const auto poll = rates->source->poll(request, io.host, {});
    if (!poll) {
      io.err << "kpid: the rates of " << conversion->rates << " cannot be read: " << poll.error().message << "\n";
      continue;
    }
    for (const PolledSample& sample : poll->samples) {
      const PolledSeries& series = poll->series[sample.series];
      table.put(table.series(rates->metrics[series.metric], series.labels), sample.slot, sample.value);
    }
  }
  return table;
}

int source_test(const Arguments& arguments, Io& io) {
  const auto config = load_source_for_verb(arguments.text("name"), arguments, Secrets::kRequired, io);
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
  const Interruption interruption(io.host.credentials());
  const auto begun = io.clock.steady();
  const auto poll = source->source->poll(request, io.host, {});
  const auto took = std::chrono::duration_cast<Duration>(io.clock.steady() - begun);
  if (!poll && arguments.has("json")) {
    const ordered_json document{{"source", source->settings.name}, {"error", poll.error().message}};
    io.out << document.dump(2, ' ', false, ordered_json::error_handler_t::replace) << "\n";
  }
  if (!poll) {
    return complain(io, kExitFailed, "source " + source->settings.name + ": " + poll.error().message);
  }
  const SampleTable rates = rates_for(*config, *source, io);
  const SourceTest test(*config, *source, *poll, rates, request.now);
  if (arguments.has("json")) {
    io.out << test.json(took).dump(2, ' ', false, ordered_json::error_handler_t::replace) << "\n";
  } else {
    test.print_text(took, shown, io);
    if (source->is_entered) {
      io.out << "its values are entered with `kpid enter`, and are not read here\n";
    }
  }
  if (poll->broken_off) {
    return complain(io, kExitFailed, "source " + source->settings.name + ": " + poll->broken_off->message);
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
