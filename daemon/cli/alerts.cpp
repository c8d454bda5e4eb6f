#include "daemon/cli/owner.hpp"
#include "daemon/cli/reading.hpp"
#include "daemon/cli/table.hpp"
#include "daemon/cli/verbs.hpp"
#include "rules/base/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <map>
#include <ostream>
#include <utility>

namespace kpi {
namespace {

using nlohmann::ordered_json;

/// An episode and the number it is about: of the newest judged period while it lasts, of its first one afterwards.
struct Alert {
  KpiEpisode episode;
  const Kpi* kpi = nullptr;  ///< Null: about a source, or not configured any more.
  double value = std::nan("");
  double limit = std::nan("");  ///< Of the rule `thresholds`: the one that was missed, where it is known.
  std::string error;            ///< Of the source, while it fails.
  bool is_stale = false;        ///< It goes on, and the newest period has no data.
  std::optional<AcknowledgementRow> acknowledgement;  ///< The last one.
  std::size_t lines = 0;  ///< Of its KPI, those that have its segment's labels: what a silence of these holds back.

  [[nodiscard]] bool is_open() const { return !episode.row.resolved; }

  /// The source's name; empty when it is about a KPI.
  [[nodiscard]] std::string source() const {
    return episode.row.rule.starts_with("source:") ? episode.row.rule.substr(7) : "";
  }
};

/// Gathers episodes and what the history says beside them.
class AlertReader {
 public:
  AlertReader(const Config& config, HistoryReader& reader) : config_(config), reader_(reader) {}

  /// The newest first; `kpi`: only those of this one.
  Result<std::vector<Alert>> read(bool with_resolved, const std::optional<std::string>& kpi) {
    std::vector<Alert> alerts;
    std::map<std::string_view, const Kpi*> kpis;
    for (const Kpi& known : config_.rules.kpis) {
      kpis.emplace(known.id, &known);
    }
    KPI_TRY(reader_.episodes({.open_only = !with_resolved, .kpi = kpi}, [&](const KpiEpisode& episode) {
      Alert& alert = alerts.emplace_back();
      alert.episode = episode;
      const auto found = kpis.find(episode.kpi);
      alert.kpi = found == kpis.end() ? nullptr : found->second;
    }));
    const std::vector<KpiStatus> statuses = KPI_TRY(reader_.statuses());
    for (const KpiStatus& status : statuses) {
      const bool is_absent = status.row.verdict == Verdict::kNoData && std::isnan(status.row.value);
      newest_.emplace(status.row.line, Newest{status.row.slot, is_absent});
    }
    count_lines(alerts, statuses);
    const std::vector<SourceRow> sources = KPI_TRY(reader_.sources());
    for (Alert& alert : alerts) {
      const auto source = std::ranges::find(sources, alert.source(), &SourceRow::name);
      if (source != sources.end() && alert.is_open()) {
        alert.error = source->error.empty() ? source->late : source->error;
      }
      const auto newest = newest_.find(alert.episode.row.line);
      alert.is_stale = alert.is_open() && alert.episode.row.rule != "no_data" && alert.episode.row.rule != "target" &&
                       newest != newest_.end() && newest->second.is_absent;
    }
    KPI_TRY(read_numbers(alerts));
    KPI_TRY(read_acknowledgements(alerts));
    std::ranges::stable_sort(alerts, [](const Alert& a, const Alert& b) { return began(a) > began(b); });
    return alerts;
  }

 private:
  /// The last period of a line.
  struct Newest {
    Slot slot;
    bool is_absent = false;  ///< It has no data.
  };

  static Instant began(const Alert& alert) { return alert.episode.row.firing.value_or(alert.episode.row.since); }

  static void count_lines(std::vector<Alert>& alerts, const std::vector<KpiStatus>& statuses) {
    std::map<std::string_view, std::vector<const Labels*>> segments;
    for (const KpiStatus& status : statuses) {
      segments[status.kpi].push_back(&status.segment);
    }
    for (Alert& alert : alerts) {
      const Labels& wanted = alert.episode.segment;
      const auto has_its_labels = [&](const Labels* segment) {
        return std::ranges::all_of(
            wanted, [&](const auto& label) { return label_value(*segment, label.first) == label.second; });
      };
      const auto found = segments.find(alert.episode.kpi);
      if (alert.is_open() && found != segments.end()) {
        alert.lines = static_cast<std::size_t>(std::ranges::count_if(found->second, has_its_labels));
      }
    }
  }

  /// The period whose number is shown; none where the history cannot know it.
  std::optional<Slot> slot_of(const Alert& alert) const {
    const auto newest = newest_.find(alert.episode.row.line);
    if (newest == newest_.end() || alert.is_open()) {
      return newest == newest_.end() ? std::nullopt : std::optional(newest->second.slot);
    }
    if (alert.kpi == nullptr || alert.episode.row.rule == "no_data") {
      return std::nullopt;
    }
    return slot_at(alert.episode.row.since, alert.kpi->every, alert.kpi->zone, config_.rules.calendar);
  }

  /// The ledger has the mildest limit. That of a critical period is known where both are numbers and still the same.
  static double limit_of(const Alert& alert, const VerdictRow& row) {
    const Thresholds* rule = alert.kpi != nullptr && alert.kpi->thresholds ? &*alert.kpi->thresholds : nullptr;
    if (std::min(row.severity, alert.episode.present) != Severity::kCritical || (rule != nullptr && !rule->warning)) {
      return row.limit;
    }
    const bool is_known = rule != nullptr && rule->critical && rule->segments.empty() && rule->when.empty() &&
                          rule->warning->is_constant() && rule->critical->is_constant() &&
                          rule->warning->code.front().number == row.limit;
    return is_known ? rule->critical->code.front().number : std::nan("");
  }

  Result<void> read_numbers(std::vector<Alert>& alerts) {
    std::map<std::pair<std::uint32_t, Slot>, std::vector<Alert*>> about;
    for (Alert& alert : alerts) {
      if (const auto slot = slot_of(alert)) {
        about[{alert.episode.row.line, *slot}].push_back(&alert);
      }
    }
    std::vector<LinePeriod> periods;
    for (const auto& entry : about) {
      periods.push_back({entry.first.first, entry.first.second});
    }
    return reader_.judged(periods, [&](const VerdictRow& row) {
      for (Alert* alert : about.at({row.line, row.slot})) {
        alert->value = row.value;
        alert->limit = alert->episode.row.rule == "thresholds" ? limit_of(*alert, row) : std::nan("");
      }
    });
  }

  Result<void> read_acknowledgements(std::vector<Alert>& alerts) {
    std::map<std::string_view, Alert*> by_id;
    for (Alert& alert : alerts) {
      by_id.emplace(alert.episode.row.id, &alert);
    }
    const std::vector<AcknowledgementRow> rows = KPI_TRY(reader_.acknowledgements());
    for (const AcknowledgementRow& row : rows) {
      if (const auto alert = by_id.find(row.episode); alert != by_id.end()) {
        alert->second->acknowledgement = row;
      }
    }
    return {};
  }

  const Config& config_;
  HistoryReader& reader_;
  std::map<std::uint32_t, Newest> newest_;  // by line
};

ordered_json number_or_null(double number) {
  return std::isfinite(number) ? ordered_json(number) : ordered_json(nullptr);
}

ordered_json time_or_null(const std::optional<Instant>& instant) {
  return instant ? ordered_json(rfc3339(*instant)) : ordered_json(nullptr);
}

ordered_json text_or_null(const std::string& text) {
  return text.empty() ? ordered_json(nullptr) : ordered_json(text);
}

ordered_json json_of(const std::optional<AcknowledgementRow>& row) {
  if (!row) {
    return nullptr;
  }
  return {{"by", row->by},
          {"comment", row->comment},
          {"at", rfc3339(row->at)},
          {"until", rfc3339(row->until)},
          {"ended", text_or_null(row->ended)}};
}

ordered_json json_of(const Alert& alert) {
  const EpisodeRow& row = alert.episode.row;
  ordered_json segment = ordered_json::object();
  for (const auto& [name, value] : alert.episode.segment) {
    segment[name] = value;
  }
  const bool has_value = std::isfinite(alert.value);
  return {{"id", row.id},
          {"status", alert.is_open() ? "firing" : "resolved"},
          {"kpi", text_or_null(alert.episode.kpi)},
          {"source", text_or_null(alert.source())},
          {"title", alert.kpi == nullptr ? ordered_json(nullptr) : ordered_json(alert.kpi->title)},
          {"segment", segment},
          {"lines", alert.lines == 0 ? ordered_json(nullptr) : ordered_json(alert.lines)},
          {"rule", row.rule},
          {"severity", name_of(alert.episode.present)},
          {"since", rfc3339(row.since)},
          {"pending", time_or_null(row.pending)},
          {"firing", time_or_null(row.firing)},
          {"resolved", time_or_null(row.resolved)},
          {"reason", row.reason == Reason::kNone ? ordered_json(nullptr) : ordered_json(name_of(row.reason))},
          {"restated", row.restated},
          {"stale", alert.is_stale},
          {"value", number_or_null(alert.value)},
          {"formatted", has_value ? ordered_json(value_text(alert.value, alert.kpi)) : ordered_json(nullptr)},
          {"limit", number_or_null(alert.limit)},
          {"error", text_or_null(alert.error)},
          {"acknowledged", json_of(alert.acknowledgement)}};
}

// --- for people ---

CellTone tone_of(const Alert& alert) {
  static constexpr std::array kTones{CellTone::kPlain, CellTone::kNotice, CellTone::kWarning, CellTone::kCritical};
  return alert.is_open() ? kTones.at(static_cast<std::size_t>(alert.episode.present)) : CellTone::kQuiet;
}

std::string name_of_subject(const Alert& alert) {
  if (!alert.source().empty()) {
    return "source " + alert.source();
  }
  const std::string segment = segment_text(alert.episode.segment, alert.kpi);
  return alert.episode.kpi + (segment.empty() ? "" : " " + segment);
}

std::string number_text_of(const Alert& alert) {
  if (std::isnan(alert.value)) {
    return alert.source().empty() && alert.is_open() ? "unknown" : "";
  }
  std::string text = value_text(alert.value, alert.kpi);
  if (!std::isnan(alert.limit)) {
    text += ", limit " + value_text(alert.limit, alert.kpi);
  }
  return text;
}

std::string reason_text(Reason reason) {
  std::string text(name_of(reason));
  std::ranges::replace(text, '_', ' ');
  return text;
}

/// "since 2026-03-28, firing since 2026-03-30", "2026-03-28 to 2026-04-02, recovered".
std::string times_text(const Alert& alert, const Zone& zone) {
  const EpisodeRow& row = alert.episode.row;
  const std::string since = period_start_text(row.since, alert.kpi, zone);
  if (row.resolved) {
    const std::string reason = row.reason == Reason::kNone ? "" : ", " + reason_text(row.reason);
    return since + " to " + period_start_text(*row.resolved, alert.kpi, zone) + reason;
  }
  return "since " + since + (row.firing ? ", firing since " + period_start_text(*row.firing, alert.kpi, zone) : "");
}

/// "acknowledged by anna until 2026-03-31 12:20: on it"
std::string acknowledged_text(const Alert& alert, const Zone& zone) {
  const std::optional<AcknowledgementRow>& row = alert.acknowledgement;
  if (!row || !alert.is_open() || !row->ended.empty()) {
    return "";
  }
  return "acknowledged by " + row->by + " until " + period_start_text(row->until, nullptr, zone) +
         (row->comment.empty() ? "" : ": " + row->comment);
}

/// Where the columns do not fit, there are none.
std::string single_spaced(std::string_view line) {
  std::string out;
  for (const std::string_view word : split(line, ' ')) {
    out += word.empty() ? "" : (out.empty() ? "" : " ") + std::string(word);
  }
  return out;
}

void print_text(const std::vector<Alert>& alerts, const Config& config, bool with_resolved, Io& io) {
  if (alerts.empty()) {
    io.out << (with_resolved ? "no alert has fired yet\n" : "no alert is firing\n");
    return;
  }
  const bool colour = wants_colour(io);
  // A first line each, in columns, then a second with what is long.
  Table heads({{""}, {""}, {""}, {""}});
  for (const Alert& alert : alerts) {
    const std::string rule = alert.source().empty() ? alert.episode.row.rule : "";
    heads.add({{std::string(name_of(alert.episode.present)), tone_of(alert)},
               {name_of_subject(alert), alert.is_open() ? CellTone::kHeading : CellTone::kPlain},
               {printable(rule, 40)},
               {number_text_of(alert)}});
  }
  const std::size_t columns = columns_of(io);
  const std::string text = heads.text(colour);
  const std::string plain = colour ? heads.text(false) : text;
  const std::vector<std::string_view> lines = split(text, '\n');
  const std::vector<std::string_view> widths = split(plain, '\n');
  for (std::size_t i = 0; i < alerts.size(); ++i) {
    const Alert& alert = alerts[i];
    const bool fits = columns == 0 || width_of(widths[i]) <= columns;
    io.out << (fits ? std::string(lines[i]) + "\n" : hanging(single_spaced(widths[i]), 2, columns));
    io.out << (alert.error.empty() ? "" : wrapped(printable(alert.error, 1000), 2, columns));
    const std::string words = acknowledged_text(alert, config.zone);
    io.out << (words.empty() ? "" : wrapped(printable(words, 1000), 2, columns));
    const std::string times = hanging("  " + alert.episode.row.id + "  " + times_text(alert, config.zone), 4, columns);
    io.out << painted(times.substr(0, times.size() - 1), CellTone::kQuiet, colour) << "\n";
  }
}

int alerts(const Arguments& arguments, Io& io) {
  const auto config = load_or_last_good(arguments, Secrets::kChecked, io);
  if (!config) {
    return kExitNo;
  }
  if (const auto code = run_by_owner("alerts", arguments, *config, io)) {
    return *code;
  }
  auto reader = open_history_reader(config->history);
  if (!reader) {
    return complain(io, kExitFailed, reader.error().message);
  }
  const auto now = (*reader)->last_step();
  const std::string kpi = arguments.text("kpi");
  const auto found =
      AlertReader(*config, **reader).read(arguments.has("all"), kpi.empty() ? std::nullopt : std::optional(kpi));
  if (!now || !found) {
    return complain(io, kExitFailed, now ? found.error().message : now.error().message);
  }
  if (!kpi.empty() && found->empty() && config->rules.find(kpi) == nullptr) {
    return complain(io, kExitUsage, unknown_kpi_text(kpi, kpi_names(*config)));
  }
  if (!arguments.has("json")) {
    print_text(*found, *config, arguments.has("all"), io);
    return kExitFine;
  }
  ordered_json list = ordered_json::array();
  for (const Alert& alert : *found) {
    list.push_back(json_of(alert));
  }
  const ordered_json document{{"now", time_or_null(*now)}, {"alerts", std::move(list)}};
  io.out << document.dump(2, ' ', false, ordered_json::error_handler_t::replace) << "\n";
  return kExitFine;
}

}  // namespace

Command alerts_command() {
  return {"alerts",
          "the alerts that fire now, the newest first",
          "kpid alerts                  what fires, since when, and the number\n"
          "kpid alerts --all            those that are over too, each with the number it began with\n"
          "kpid alerts --all revenue    those of one KPI",
          {config_argument(),
           {"kpi", "KPI", "only those of this one", true},
           {"all", "", "those that are over too"},
           json_argument()},
          alerts};
}

}  // namespace kpi
