#include "plugins/http/plan.hpp"
#include "plugins/http/render.hpp"
#include "plugins/http/tree_reader.hpp"
#include "rules/base/text.hpp"

#include <algorithm>

namespace kpi {
namespace {

void read_date_form(DatePlan& date,
                    const OptionTree& format,
                    const SourceSettings& settings,
                    Diagnostics& diagnostics) {
  using Form = DatePlan::Form;
  static const std::vector<std::pair<std::string, Form>> kForms{{"epoch_s", Form::kSeconds},
                                                                {"%s", Form::kSeconds},
                                                                {"epoch_ms", Form::kMilliseconds},
                                                                {"%Q", Form::kMilliseconds},
                                                                {"epoch_us", Form::kMicroseconds},
                                                                {"serial", Form::kSerial},
                                                                {"epoch_days", Form::kEpochDays}};
  const auto known = std::ranges::find(kForms, format.text, [](const auto& form) { return form.first; });
  if (known != kForms.end()) {
    date.form = known->second;
    return;
  }
  if (format.text == "rfc3339" || format.text == "iso8601") {
    return;
  }
  auto parsed = DateFormat::parse(format.text);
  if (!parsed) {
    diagnostics.error(
        format.position, parsed.error().message, "or one of rfc3339, epoch_s, epoch_ms, epoch_us, epoch_days, serial");
    return;
  }
  if (parsed->precision() && !tells(*parsed->precision(), settings.grain)) {
    diagnostics.error(format.position,
                      "this date format does not tell the period of grain " + settings.grain.text(),
                      "write the format of a finer date, or a coarser grain");
  }
  date.format = *std::move(parsed);
}

DatePlan read_date_plan(const OptionTree& node, const HttpPlan& plan, Diagnostics& diagnostics) {
  const SourceSettings& settings = plan.settings;
  DatePlan date;
  if (node.kind == OptionTree::Kind::kText && node.text == "window") {
    date.form = DatePlan::Form::kWindow;
    return date;
  }
  TreeReader map(node, "rows.date", diagnostics);
  if (const OptionTree* field = map.optional("field")) {
    RenderScope scope;
    scope.settings = &plan.settings;
    scope.window_plan = &plan.window;
    scope.values = plan.values;
    const auto text = render_text(*field, scope, Escape::kNone);
    auto path = text ? JsonSelect::parse(*text) : fail(text.error().kind, text.error().message);
    if (path) {
      date.field = *std::move(path);
      date.has_field = true;
    } else {
      diagnostics.error(field->position, path.error().message);
    }
  }
  if (const OptionTree* format = map.optional("format")) {
    read_date_form(date, *format, settings, diagnostics);
  }
  std::size_t only = 0;
  date.only_day = map.choice("only", {"day"}, only);
  if (date.only_day && needs_time(settings.grain)) {
    // Of a connector the source is what its user may change.
    const bool is_own = node.position.source == settings.position.source;
    diagnostics.error(is_own ? node.position : settings.position,
                      "the rows of " + std::string(is_own ? "rows.date: {only: day}" : "this source") +
                          " are of whole days, and would stand for the first period of grain " + settings.grain.text() +
                          " only",
                      "write grain: day, or a coarser one");
  }
  if (const OptionTree* shift = map.optional("shift")) {
    const auto span = parse_span(shift->text.starts_with('-') ? shift->text.substr(1) : shift->text);
    if (!span) {
      diagnostics.error(shift->position, span.error().message);
    } else {
      date.shift = shift->text.starts_with('-') ? -*span : *span;
    }
  }
  for (const char* part : {"year", "month", "day"}) {
    JsonSelect path;
    if (map.path(part, path)) {
      date.parts.push_back(std::move(path));
    }
  }
  if (!date.parts.empty()) {
    date.form = DatePlan::Form::kParts;
    if (date.parts.size() != 3) {
      diagnostics.error(node.position, "a date of parts has a year, a month and a day");
    }
  }
  map.finish();
  return date;
}

void read_zip(RowPlan& rows, TreeReader& map) {
  rows.names = map.required("names", "paths to the names of the columns, the names themselves, or first_row");
  rows.names_in_first_row = rows.names != nullptr && rows.names->text == "first_row";
  map.path("rows", rows.path);
  const OptionTree* values = map.optional("values");
  for (const OptionTree* item : values == nullptr ? std::vector<const OptionTree*>{} : items_of(*values)) {
    auto path = JsonSelect::parse(item->text.starts_with('/') ? item->text : '/' + item->text);
    if (path) {
      rows.cells.push_back(*std::move(path));
    } else {
      map.diagnostics().error(item->position, path.error().message);
    }
  }
}

void check_scale(const OptionTree& node, double scale, Diagnostics& diagnostics) {
  if (scale == 0) {
    diagnostics.error(node.position, "a scale of 0 makes 0 of every value");
  }
}

void read_value(RowPlan& rows, TreeReader& map) {
  const OptionTree* node = map.optional("value");
  if (node == nullptr) {
    return;
  }
  if (node->kind == OptionTree::Kind::kText) {
    if (auto path = JsonSelect::parse(node->text)) {
      rows.value = *std::move(path);
    }
    rows.value_field = node;
    return;
  }
  TreeReader value(*node, "rows.value", map.diagnostics());
  rows.value_field = value.optional("field");
  double scale = 1;
  if (value.number("scale", scale)) {
    check_scale(*value.optional("scale"), scale, map.diagnostics());
    rows.scales[""] = scale;
  }
  value.finish();
}

/// The fields of the metrics, as their columns or rows.value name them.
std::vector<std::string> fields_of(const RowPlan& rows, const HttpPlan& plan) {
  RenderScope scope;
  scope.settings = &plan.settings;
  scope.window_plan = &plan.window;
  scope.values = plan.values;
  std::vector<std::string> fields;
  for (const SourceMetric& metric : plan.settings.metrics) {
    scope.metric = &metric;
    const std::string& column = plan.field_of(metric);
    const bool is_named = rows.value_field != nullptr && rows.kind != RowPlan::Kind::kPick;
    fields.push_back(is_named ? render_text(*rows.value_field, scope, Escape::kNone).value_or(column) : column);
  }
  return fields;
}

/// A scale of no field would leave values a million times too large, silently. A connector's are for whichever columns
/// its user picks.
void check_scaled_fields(const OptionTree& scales,
                         const RowPlan& rows,
                         const HttpPlan& plan,
                         Diagnostics& diagnostics) {
  if (scales.position.source != plan.settings.position.source) {
    return;
  }
  const std::vector<std::string> fields = fields_of(rows, plan);
  for (const auto& [field, factor] : scales.entries) {
    const std::string key = field_key(field.text);
    if (std::ranges::any_of(fields, [&](const std::string& known) { return field_key(known) == key; })) {
      continue;
    }
    const auto named = std::ranges::find(plan.settings.metrics, field.text, &SourceMetric::name);
    const std::string near = did_you_mean(field.text, fields);
    diagnostics.error(field.position,
                      "no metric reads the field " + printable(field.text, 60) + ", so that its scale changes nothing",
                      named != plan.settings.metrics.end() ? "write its column: " + plan.field_of(*named)
                      : near.empty()                       ? "write the column of a metric"
                                                           : near);
  }
}

void read_scales(RowPlan& rows, TreeReader& map, const HttpPlan& plan) {
  const OptionTree* scales = map.optional("scales");
  if (scales != nullptr) {
    TreeReader inner(*scales, "rows.scales", map.diagnostics());
    for (const auto& [field, factor] : inner.node().entries) {
      if (factor.text == "minor_units") {
        rows.minor_units.push_back(field_key(field.text));
        static_cast<void>(inner.optional(field.text));
        continue;
      }
      double number = 1;
      inner.number(field.text, number);
      check_scale(factor, number, map.diagnostics());
      rows.scales[field_key(field.text)] = number;
    }
    check_scaled_fields(*scales, rows, plan, map.diagnostics());
  }
  const bool has_currency = map.path("currency", rows.currency);
  if (has_currency && rows.minor_units.empty()) {
    map.diagnostics().error(map.optional("currency")->position,
                            "rows.currency tells what minor units are worth, and no field is in them",
                            "write scales: {FIELD: minor_units}, or take it out");
  } else if (!rows.minor_units.empty() && map.optional("currency") == nullptr) {
    map.diagnostics().error(scales->position,
                            "minor_units wants rows.currency: the field with the currency's code",
                            "write it, or a number, such as 0.01");
  }
}

}  // namespace

std::string field_key(std::string_view field) {
  std::string key(field);
  if (key.starts_with('/')) {
    key.erase(0, 1);
    std::ranges::replace(key, '/', '.');
  }
  return key;
}

RowPlan read_rows(const OptionTree& node, const HttpPlan& plan, Diagnostics& diagnostics) {
  static const std::vector<std::string> kKinds{"records", "scalar", "zip", "entries", "pairs", "pick"};
  using Kind = RowPlan::Kind;
  RowPlan rows;
  TreeReader map(node, "rows", diagnostics);
  std::size_t kind = 0;
  map.choice("kind", kKinds, kind);
  rows.kind = static_cast<Kind>(kind);
  map.path("path", rows.path);
  if (rows.kind == Kind::kZip) {
    read_zip(rows, map);
  }
  if (rows.kind == Kind::kEntries) {
    map.integer("levels", 1, 2, rows.levels);
  }
  if (rows.kind == Kind::kPairs) {
    map.path("labels", rows.labels);
    if (!map.path("values", rows.list)) {
      rows.list = JsonSelect::parse("values").value();
    }
  }
  if (rows.kind == Kind::kPick) {
    map.required("list", "the path of the list in a row, such as metrics");
    map.path("list", rows.list);
    map.required("name", "the field of an element with its name");
    map.path("name", rows.name);
  }
  if (rows.kind == Kind::kScalar) {
    std::string header;
    if (map.text("header", header)) {
      rows.header = to_lower_ascii(header);
    }
  }
  read_value(rows, map);
  read_scales(rows, map, plan);
  if (const OptionTree* date = map.optional("date")) {
    rows.date = read_date_plan(*date, plan, diagnostics);
  } else if (rows.kind == Kind::kScalar || rows.kind == Kind::kPick) {
    rows.date.form = DatePlan::Form::kWindow;
  }
  std::size_t group = 0;
  map.choice("group", {"sum", "count", "last", "max", "avg"}, group);
  rows.group = static_cast<RowPlan::Group>(group);
  std::size_t missing = 0;
  map.choice("missing", {"null", "zero"}, missing);  // the source's default too: read with its other keys
  rows.fills_zero = missing == 1;
  map.flag("camel_case", rows.is_camel_case);
  map.path("final_before", rows.final_before);
  map.finish();
  return rows;
}

}  // namespace kpi
