#include "daemon/engine/entry.hpp"

#include "daemon/review/review_period.hpp"
#include "rules/base/text.hpp"
#include "rules/load/yaml.hpp"

#include <algorithm>
#include <cmath>

namespace kpi {
namespace {

constexpr std::size_t kLongestName = 100;
constexpr std::size_t kLongestNote = 2000;
constexpr std::size_t kLongestLabel = 256;  // as of every source

std::string quoted(std::string_view text) {
  return '"' + printable(text, 64) + '"';
}

/// A source and the place of one of its metrics.
struct Found {
  const SourceConfig* source = nullptr;
  std::size_t metric = 0;
};

Result<Found> find_metric(std::string_view name, const Config& config) {
  std::vector<std::string> names;
  for (const SourceConfig& source : config.sources) {
    if (!source.is_entered) {
      continue;
    }
    for (std::size_t i = 0; i < source.settings.metrics.size(); ++i) {
      names.push_back(source.settings.name + "." + source.settings.metrics[i].name);
      if (names.back() == name) {
        return Found{&source, i};
      }
    }
  }
  const auto& metrics = config.rules.metrics;
  if (std::ranges::find(metrics, name, &Metric::name) != metrics.end()) {
    return fail(ErrorKind::kInvalid,
                quoted(name) + " is not entered by hand: its source delivers it; only those of plugin: manual are");
  }
  if (names.empty()) {
    return fail(ErrorKind::kInvalid, "no source of this configuration is entered by hand: write plugin: manual");
  }
  const std::string near = did_you_mean(name, names);
  return fail(ErrorKind::kInvalid,
              "there is no metric " + quoted(name) + "; " +
                  (near.empty() ? "those entered by hand are " + join(names, ", ") : near));
}

/// `country=SE, device=pc` between the braces.
Result<Labels> read_labels(std::string_view text, const SourceSettings& settings) {
  Labels labels;
  for (const std::string_view part : split(text, ',')) {
    const std::size_t equals = part.find('=');
    if (trim(part).empty() && labels.empty()) {
      continue;
    }
    if (equals == std::string_view::npos || trim(part.substr(equals + 1)).empty()) {
      return fail(ErrorKind::kInvalid, quoted(part) + " is no label: write country=SE");
    }
    std::string_view value = trim(part.substr(equals + 1));
    if (value.size() > 2 && (value.front() == '"' || value.front() == '\'') && value.back() == value.front()) {
      value = value.substr(1, value.size() - 2);  // as labels are written in rules
    }
    const bool has_control = std::ranges::any_of(value, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
    if (value.size() > kLongestLabel || has_control || !is_valid_utf8(value)) {
      return fail(ErrorKind::kInvalid,
                  quoted(value) + " is no value of a label: write one line of at most 256 bytes, in UTF-8");
    }
    labels.emplace_back(trim(part.substr(0, equals)), value);
  }
  std::ranges::sort(labels);
  std::vector<std::string> wanted;
  for (const SourceLabel& label : settings.labels) {
    wanted.push_back(label.name);
  }
  const bool fits = std::ranges::equal(
      labels, wanted, [](const auto& label, const std::string& name) { return label.first == name; });
  if (!fits) {
    return fail(ErrorKind::kInvalid,
                wanted.empty() ? "this source has no labels: leave the braces out"
                               : "the labels of this source are " + join(wanted, ", ") + ": write {" + wanted.front() +
                                     "=…}, each once");
  }
  for (auto& [name, value] : labels) {
    const auto& rename = std::ranges::find(settings.labels, name, &SourceLabel::name)->rename;
    if (const auto renamed = rename.find(value); renamed != rename.end()) {
      value = renamed->second;
    }
  }
  return labels;
}

Result<double> read_value(const std::string& text, const SourceMetric& metric) {
  if (text == "none") {
    return std::nan("");
  }
  SourceText source{"VALUE", text};
  YamlNode node;
  node.kind = YamlNode::Kind::kScalar;
  node.scalar = text;
  node.position = {&source, 1, 1, 1};
  Diagnostics diagnostics;
  const auto number = read_number(node, diagnostics, "the value");
  if (!number) {
    const Diagnostic& trouble = diagnostics.items().front();
    return fail(ErrorKind::kInvalid, trouble.message + (trouble.remedy.empty() ? "" : ": " + trouble.remedy));
  }
  return text.ends_with('%') ? *number : *number * metric.scale;
}

/// The days that a text names: `2026`, `2026-Q1`, `2026-03`, `2026-03-31`. Years and quarters are fiscal, as
/// everywhere.
struct WrittenPeriod {
  Grain::Unit unit = Grain::Unit::kDay;
  Date first;
  Date next;
};

std::optional<WrittenPeriod> read_days(const std::string& text, const CalendarRules& calendar) {
  using Kind = ReviewPeriod::Kind;
  if (text.size() != 4 && text.size() != 7) {
    const auto day = parse_date(text);
    return day ? std::optional(WrittenPeriod{Grain::Unit::kDay, *day, date_of(next_slot(slot_of(*day), Grain{}))})
               : std::nullopt;
  }
  std::string name = text;
  const bool is_quarter = text.size() == 7 && (text[5] == 'Q' || text[5] == 'q');
  if (is_quarter) {
    name[5] = 'Q';
  }
  const Kind kind = text.size() == 4 ? Kind::kYear : is_quarter ? Kind::kQuarter : Kind::kMonth;
  const Grain::Unit unit = text.size() == 4 ? Grain::Unit::kYear
                           : is_quarter     ? Grain::Unit::kQuarter
                                            : Grain::Unit::kMonth;
  const auto period = parse_review_period(kind, name, calendar);
  return period ? std::optional(WrittenPeriod{unit, period->from, period->to}) : std::nullopt;
}

/// A date of a month names the month; a month names no day.
Result<void> check_coarseness(const std::string& text, const WrittenPeriod& days, const SourceSettings& settings) {
  const Grain named{.unit = days.unit};
  const Slot slot = slot_at(days.first, settings.grain, settings.calendar);
  if (settings.grain.is_finer_than(named)) {
    const std::string date = date_text(days.first);
    const std::string form = settings.grain.unit == Grain::Unit::kMonth     ? date.substr(0, 7)
                             : settings.grain.unit == Grain::Unit::kQuarter ? text + "-Q1"
                                                                            : date_text(date_of(slot));
    return fail(ErrorKind::kInvalid,
                quoted(text) + " is a " + named.text() + ", and " + settings.name + " has a value for each " +
                    settings.grain.text() + ": write --for " + form);
  }
  if (days.unit == Grain::Unit::kQuarter && named.is_finer_than(settings.grain)) {
    return fail(ErrorKind::kInvalid,
                quoted(text) + " is a quarter, and " + settings.name + " has a value for each " +
                    settings.grain.text() + ": write a date of the one that is meant, such as " +
                    date_text(days.first));
  }
  const Date last = date_of(next_slot(slot_of(days.next), Grain{}, -1));
  if (slot_at(last, settings.grain, settings.calendar) != slot) {
    return fail(ErrorKind::kInvalid,
                quoted(text) + " lies in two " + settings.grain.text() + "s of " + settings.name +
                    ": write a date of the one that is meant");
  }
  return {};
}

Result<Slot> read_period(const std::string& text, const SourceSettings& settings) {
  if (settings.grain.is_civil()) {
    if (const auto days = read_days(text, settings.calendar)) {
      KPI_TRY(check_coarseness(text, *days, settings));
      return slot_at(days->first, settings.grain, settings.calendar);
    }
    return fail(
        ErrorKind::kInvalid,
        quoted(text) + " is no " + settings.grain.text() + ": write a date of it such as 2026-03-31, or 2026-03");
  }
  const auto local = parse_local(text);
  const auto instant = local ? std::optional(settings.zone.to_instant(*local)) : parse_rfc3339(text);
  if (!instant) {
    return fail(ErrorKind::kInvalid, quoted(text) + " is no time: write 2026-03-31 06:00");
  }
  return slot_at(*instant, settings.grain, settings.zone, settings.calendar);
}

Result<void> check_person(const EntryWords& words) {
  if (trim(words.by).empty()) {
    return fail(ErrorKind::kInvalid, "say who enters it: --by anna");
  }
  if (words.by.size() > kLongestName) {
    return fail(ErrorKind::kInvalid, "the name of who enters it is longer than 100 bytes: shorten it");
  }
  if (words.note.size() > kLongestNote) {
    return fail(ErrorKind::kInvalid, "the note is longer than 2000 bytes: shorten it");
  }
  if (!is_valid_utf8(words.by) || !is_valid_utf8(words.note)) {
    return fail(ErrorKind::kInvalid, "the name and the note must be UTF-8");
  }
  return {};
}

}  // namespace

Result<EntryRow> read_entry(const EntryWords& words, const Config& config, Instant now) {
  const std::size_t brace = words.metric.find('{');
  const std::string name(trim(std::string_view(words.metric).substr(0, brace)));
  const Found found = KPI_TRY(find_metric(name, config));
  const SourceSettings& settings = found.source->settings;
  std::string_view labels;
  if (brace != std::string::npos) {
    if (!words.metric.ends_with('}')) {
      return fail(ErrorKind::kInvalid, quoted(words.metric) + " wants its labels in braces: {country=SE}");
    }
    labels = std::string_view(words.metric).substr(brace + 1, words.metric.size() - brace - 2);
  }
  EntryRow row;
  row.metric = name;
  row.labels = KPI_TRY(read_labels(labels, settings));
  row.value = KPI_TRY(read_value(words.value, settings.metrics[found.metric]));
  row.slot = KPI_TRY(read_period(words.period, settings));
  KPI_TRY(check_person(words));
  row.by = trim(words.by);
  row.note = trim(words.note);
  row.at = now;
  if (start_of(row.slot, settings.grain, settings.zone) > now) {
    return fail(ErrorKind::kInvalid, quoted(words.period) + " has not begun yet: correct --for");
  }
  if (row.slot.ms < 0) {
    return fail(ErrorKind::kInvalid, quoted(words.period) + " lies before 1970: correct --for");
  }
  if (const auto& since = found.source->since; since && row.slot < slot_of(*since)) {
    return fail(ErrorKind::kInvalid,
                quoted(words.period) + " lies before " + date_text(*since) + ", since when " + settings.name +
                    " is read: correct --for, or since");
  }
  if (const auto& kept = config.retention.samples;
      kept && row.slot.ms < shift_instant(now, -*kept, config.zone).time_since_epoch().count()) {
    return fail(ErrorKind::kInvalid,
                quoted(words.period) + " lies before what is kept: retention keeps samples for " + kept->text());
  }
  return row;
}

std::uint32_t source_of_entry(const EntryRow& entry, const Config& config) {
  const auto metric = std::ranges::find(config.rules.metrics, entry.metric, &Metric::name);
  const SourceConfig* source = config.find_source(metric->source);
  return static_cast<std::uint32_t>(source - config.sources.data());
}

std::string entry_period(const EntryRow& entry, const Config& config) {
  const SourceSettings& settings = config.sources[source_of_entry(entry, config)].settings;
  if (!settings.grain.is_civil()) {
    return rfc3339(Instant{Duration{entry.slot.ms}});
  }
  const Date first = date_of(entry.slot);
  const Date last = date_of(next_slot(next_slot(entry.slot, settings.grain), Grain{}, -1));
  const std::string dates = date_text(first) + " to " + date_text(last);
  switch (settings.grain.unit) {
    case Grain::Unit::kDay:
      return date_text(first);
    case Grain::Unit::kMonth:
      return date_text(first).substr(0, 7);
    case Grain::Unit::kQuarter:
      return review_period_holding(ReviewPeriod::Kind::kQuarter, first, settings.calendar).name + " (" + dates + ")";
    case Grain::Unit::kYear:
      return review_period_holding(ReviewPeriod::Kind::kYear, first, settings.calendar).name + " (" + dates + ")";
    default:
      return dates;
  }
}

}  // namespace kpi
