#include "plugins/http/row_builder.hpp"

#include "plugins/http/decode.hpp"
#include "plugins/http/tree_reader.hpp"
#include "plugins/json_text.hpp"
#include "rules/base/text.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace kpi {
namespace {

/// "time in seconds": what a date of this form counts; empty for one that is written.
std::string counted_in(DatePlan::Form form) {
  switch (form) {
    case DatePlan::Form::kSeconds:
      return "time in seconds";
    case DatePlan::Form::kMilliseconds:
      return "time in milliseconds";
    case DatePlan::Form::kMicroseconds:
      return "time in microseconds";
    case DatePlan::Form::kSerial:
    case DatePlan::Form::kEpochDays:
      return "number of days";
    case DatePlan::Form::kText:
    case DatePlan::Form::kParts:
    case DatePlan::Form::kWindow:
      return "";
  }
  return "";
}

using Kind = RowPlan::Kind;

/// Currencies whose smallest coin is not a hundredth.
int decimals_of(std::string_view currency) {
  const std::string code = to_lower_ascii(currency);
  static constexpr std::array<std::string_view, 16> kNone{
      "bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "ugx", "vnd", "vuv", "xaf", "xof", "xpf"};
  static constexpr std::array<std::string_view, 5> kThree{"bhd", "jod", "kwd", "omr", "tnd"};
  return std::ranges::find(kNone, code) != kNone.end() ? 0 : std::ranges::find(kThree, code) != kThree.end() ? 3 : 2;
}

std::string fields_of(const AnswerRow& row) {
  std::vector<std::string> names;
  if (row.names != nullptr) {
    names = *row.names;
  } else if (row.object != nullptr && row.object->is_object()) {
    for (const auto& [name, value] : row.object->items()) {
      names.push_back(printable(name, 60));
    }
  }
  if (names.size() > 30) {
    names.resize(30);
    names.emplace_back("…");
  }
  return names.empty() ? "no fields" : join(names, ", ");
}

}  // namespace

RowBuilder::RowBuilder(const HttpPlan& plan, const PollRequest& request, std::string name)
    : plan_(plan),
      name_(std::move(name)),
      running_(slot_at(request.now, plan.settings.grain, plan.settings.zone, plan.settings.calendar)),
      rows_(plan.settings,
            {.dates = plan.rows.date.format,
             .numbers = plan.decode.numbers,
             .date_key = "rows.date.format",
             .decimal_is_given = !plan.decode.numbers.comma_is_doubtful,
             .is_part = true},
            request.from,
            [this](std::uint64_t row, RowReader::Place place) { return where(row, place); }),
      was_seen_(plan.settings.metrics.size()),
      label_texts_(plan.settings.labels.size()),
      labels_(plan.settings.labels.size()),
      cells_(plan.settings.metrics.size()) {
  if (plan.settings.grain.unit == Grain::Unit::kInstant) {
    running_.ms += 1;
  }
  RenderScope scope;
  scope.settings = &plan.settings;
  scope.window_plan = &plan.window;
  scope.values = plan.values;
  for (std::size_t i = 0; i < plan.settings.metrics.size(); ++i) {
    const SourceMetric& metric = plan.settings.metrics[i];
    scope.metric = &metric;
    std::string field = plan.field_of(metric);
    const OptionTree* own = plan.rows.kind == Kind::kPick ? nullptr : plan.rows.value_field;
    if (own != nullptr) {
      field = render_text(*own, scope, Escape::kNone).value_or(field);
    }
    field_names_.push_back(field);
    const std::string key = field_key(field);
    const auto scale = plan.rows.scales.find(key);
    const auto all = plan.rows.scales.find("");
    factors_.push_back(scale != plan.rows.scales.end() ? scale->second
                       : all != plan.rows.scales.end() ? all->second
                                                       : 1);
    in_minor_units_.push_back(std::ranges::find(plan.rows.minor_units, key) != plan.rows.minor_units.end());
    fields_.push_back(JsonSelect::parse(as_answered(field)).value_or(JsonSelect()));
    is_gathering_ = is_gathering_ || group_of(i) != RowPlan::Group::kSum;
  }
  for (const SourceLabel& label : plan.settings.labels) {
    label_fields_.push_back(JsonSelect::parse(as_answered(label.column)).value_or(JsonSelect()));
  }
}

std::string RowBuilder::as_answered(const std::string& field) const {
  if (!plan_.rows.is_camel_case) {
    return field;
  }
  std::string text;
  for (std::size_t i = 0; i < field.size(); ++i) {
    const bool is_joint = field[i] == '_' && i + 1 < field.size() && field[i + 1] >= 'a' && field[i + 1] <= 'z';
    text += is_joint ? static_cast<char>(field[++i] - 'a' + 'A') : field[i];
  }
  return text;
}

RowPlan::Group RowBuilder::group_of(std::size_t metric) const {
  static const std::vector<std::string> kNames{"sum", "count", "last", "max", "avg"};
  const OptionValues& options = plan_.settings.metrics[metric].options;
  const auto option = options.find("group");
  const auto known = option == options.end() ? kNames.end() : std::ranges::find(kNames, option->second.text);
  return known == kNames.end() ? plan_.rows.group : static_cast<RowPlan::Group>(known - kNames.begin());
}

void RowBuilder::read_final(const Json& document) {
  if (!plan_.rows.final_before) {
    return;
  }
  const Json* date = plan_.rows.final_before->first(document);
  const auto read = date == nullptr ? std::nullopt : parse_date(json_text_of(*date).substr(0, 10));
  if (date != nullptr && !date->is_null() && !read) {
    no_final_date_ = json_text_of(*date);
  }
  if (read && plan_.settings.grain.is_civil()) {
    const Slot slot = slot_at(*read, plan_.settings.grain, plan_.settings.calendar);
    final_before_ = final_before_ ? std::min(*final_before_, slot) : slot;
  }
}

Result<void> RowBuilder::take(const Json& document, const HttpResponse& response, const RenderScope& scope) {
  owned_.clear();
  read_final(document);
  for (const AnswerRow& row : KPI_TRY(rows_of(document, response, scope))) {
    if (is_error_line(row)) {
      return fail(ErrorKind::kUnavailable,
                  name_ + ": a line of the answer holds an error: " +
                      printable(row.object->dump(-1, ' ', false, Json::error_handler_t::replace), 200));
    }
    take_row(row, scope);
  }
  return {};
}

bool RowBuilder::is_error_line(const AnswerRow& row) const {
  if (plan_.decode.kind != DecodePlan::Kind::kLines || row.object == nullptr || !says_error(*row.object)) {
    return false;
  }
  // A row may have a column of that name.
  if (plan_.rows.date.form == DatePlan::Form::kText) {
    return date_of(row) == nullptr;
  }
  return std::ranges::none_of(fields_, [&](const JsonSelect& field) { return row.field(field) != nullptr; });
}

void RowBuilder::take_row(const AnswerRow& row, const RenderScope& scope) {
  if (places_.empty()) {
    first_fields_ = fields_of(row);
  }
  const std::uint64_t number = places_.size();
  places_.push_back(name_ + (row.place.empty() || row.place.front() == '/' ? "" : " ") + row.place);
  for (std::size_t i = 0; i < label_fields_.size(); ++i) {
    const JsonSelect& field = label_fields_[i];
    const Json* value = row.field(field);
    const bool is_several = field.may_be_several() && row.object != nullptr && field.all(*row.object).size() > 1;
    if (value != nullptr && (is_several || value->is_structured())) {
      lose(row, scope, [&] {
        return RowProblem{where(number, {.part = RowReader::Place::Part::kLabel, .index = i}),
                          "label " + plan_.settings.labels[i].name + " is " +
                              (is_several ? "several values, not a text: name one of them"
                                          : json_kind(*value) + ", not a text: name a part of it, such as " +
                                                plan_.settings.labels[i].column + "/name")};
      });
      see_metrics(row);
      return;
    }
    label_texts_[i] = value == nullptr ? "" : json_text_of(*value);
    labels_[i] = label_texts_[i];
  }
  std::string text;
  const auto slot = slot_of_row(row, scope, text);
  if (slot && !plan_.has_window && *slot > running_) {
    rows_.tell(number, [&] {
      return RowProblem{where(number, {}),
                        printable(text, 60) +
                            " lies in the future, and the row is left out: correct rows.date, or ask for no such rows"};
    });
    see_metrics(row);
    return;
  }
  if (slot && !is_wanted(*slot, scope)) {
    see_metrics(row);
    count_outside(*slot, scope);
    return;
  }
  if (slot) {
    tell_clock(number, text);
  }
  cell_texts_.clear();
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    cells_[i] = cell_of(row, i, scope);
  }
  if (!slot && !text.empty() && !counted_in(plan_.rows.date.form).empty()) {
    rows_.lose(number, [&] {
      return RowProblem{where(number, {}),
                        printable(text, 60) + " is no " + counted_in(plan_.rows.date.form) +
                            ": correct the field, or rows.date.format"};
    });
  } else if (!slot) {
    rows_.read(number, text, labels_, cells_);  // says why
  } else if (is_gathering_) {
    gather(*slot);
  } else {
    rows_.read_at(number, *slot, labels_, cells_);
  }
}

void RowBuilder::lose(const AnswerRow& row, const RenderScope& scope, const std::function<RowProblem()>& describe) {
  const std::uint64_t number = places_.size() - 1;
  std::string text;
  const auto slot = slot_of_row(row, scope, text);
  if (!slot) {
    rows_.lose(number, describe);
    return;
  }
  if (!is_wanted(*slot, scope)) {
    return;
  }
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    const bool is_about = scope.metric == nullptr || scope.metric == &plan_.settings.metrics[i];
    cells_[i] = is_about ? RowCell{} : RowCell::absent();
  }
  rows_.lose_at(number, *slot, cells_, describe);
}

void RowBuilder::see_metrics(const AnswerRow& row) {
  for (std::size_t i = 0; i < was_seen_.size(); ++i) {
    was_seen_[i] = was_seen_[i] || value_of(row, i) != nullptr;
  }
}

bool RowBuilder::is_wanted(Slot slot, const RenderScope& scope) const {
  if (slot >= running_ || (final_before_ && slot >= *final_before_)) {
    return false;
  }
  return !plan_.has_window || (slot >= scope.window.start && slot < scope.window.end);
}

void RowBuilder::count_outside(Slot slot, const RenderScope& scope) {
  // What runs now, and what is not final yet, is left out in any case.
  const bool is_asked = !plan_.has_window || (slot >= scope.window.start && slot < scope.window.end);
  if (slot > running_ || (slot < running_ && !is_asked)) {
    first_outside_ = outside_ == 0 ? places_.back() : first_outside_;
    ++outside_;
  }
}

std::vector<const Json*> RowBuilder::picked(const AnswerRow& row, std::size_t metric) const {
  if (plan_.rows.kind != Kind::kPick) {
    return fields_[metric].all(*row.object);
  }
  std::vector<const Json*> found;
  for (const Json* list : plan_.rows.list.all(*row.object)) {
    for (auto element = list->begin(); list->is_array() && element != list->end(); ++element) {
      const Json* name = plan_.rows.name.first(*element);
      if (name != nullptr && json_equals(*name, field_names_[metric])) {
        found.push_back(plan_.rows.value.is_root() ? &*element : plan_.rows.value.first(*element));
      }
    }
  }
  return found;
}

const Json* RowBuilder::value_of(const AnswerRow& row, std::size_t metric) const {
  if (plan_.rows.kind == Kind::kPick && row.object != nullptr) {
    if (const std::vector<const Json*> found = picked(row, metric); !found.empty()) {
      return found.front();
    }
  }
  const Json* value = row.field(fields_[metric]);
  if (value == nullptr) {
    const auto whole = row.extra.find("value");
    return whole == row.extra.end() ? nullptr : whole->second;
  }
  return value;
}

bool RowBuilder::is_picked(std::size_t metric) const {
  return plan_.rows.kind == Kind::kPick || field_names_[metric].find("[?") != std::string::npos;
}

std::optional<double> RowBuilder::factor_of(const AnswerRow& row, std::size_t metric) const {
  if (!in_minor_units_[metric] || !plan_.rows.currency) {
    return factors_[metric];
  }
  const Json* currency = row.field(*plan_.rows.currency);
  const std::string code = currency != nullptr && currency->is_string() ? json_text_of(*currency) : "";
  if (code.size() != 3) {
    return std::nullopt;  // a hundredth would be a guess
  }
  return times_power_of_ten(factors_[metric], -decimals_of(code));
}

RowCell RowBuilder::cell_of(const AnswerRow& row, std::size_t metric, const RenderScope& scope) {
  if (scope.metric != nullptr && scope.metric != &plan_.settings.metrics[metric]) {
    return {.kind = RowCell::Kind::kAbsent, .text = {}, .number = 0};
  }
  const Json* value = value_of(row, metric);
  was_seen_[metric] = was_seen_[metric] || value != nullptr;
  const bool may_be_several = is_picked(metric) || fields_[metric].may_be_several();
  if (may_be_several && row.object != nullptr && picked(row, metric).size() > 1) {
    return RowCell::unusable("several values");  // which of them counts nobody knows
  }
  if (value != nullptr && value->is_null() && plan_.rows.kind == Kind::kScalar) {
    // The one value that was asked for: what is not said now takes nothing from what was said before.
    rows_.tell(places_.size() - 1, [&] {
      const RowReader::Place place{.part = RowReader::Place::Part::kMetric, .index = metric};
      return RowProblem{where(places_.size() - 1, place), "null stands where a value is wanted"};
    });
    return {.kind = RowCell::Kind::kAbsent, .text = {}, .number = 0};
  }
  if (value == nullptr && plan_.rows.fills_zero && is_picked(metric)) {
    return RowCell::absent();  // what is not in the list did not happen
  }
  if (value == nullptr || value->is_null()) {
    return {};
  }
  if (value->is_structured()) {
    return RowCell::unusable(value->is_array() ? "a list" : "an object");
  }
  const std::optional<double> known = factor_of(row, metric);
  if (!known) {
    return RowCell::unusable("an amount of an unknown currency (rows.currency)");
  }
  const double factor = *known;
  if (value->is_number()) {
    return RowCell::of(scaled(value->get<double>(), factor));
  }
  std::string& text = cell_texts_.emplace_back(json_text_of(*value));
  const NumberFormat& format = plan_.decode.numbers;
  const auto number = format.decimal == '.' ? parse_number(text) : std::nullopt;
  const auto written = number ? number : read_number(text, format);
  const bool is_plain = written && (number || (factor != 1 && std::isfinite(*written)));
  if (!is_plain) {
    return RowCell::of(std::string_view(text));
  }
  rows_.note_written(places_.size() - 1, metric, text);
  return RowCell::of(scaled(*written, factor));
}

void RowBuilder::gather(Slot slot) {
  const Labels labels(label_texts_.begin(), label_texts_.end());
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    const bool counts = group_of(i) == RowPlan::Group::kCount;
    if (cells_[i].kind == RowCell::Kind::kAbsent || (!counts && cells_[i].kind == RowCell::Kind::kNull)) {
      continue;
    }
    if (!counts && cells_[i].kind != RowCell::Kind::kNumber) {
      std::vector<RowCell> only(cells_.size(), RowCell{.kind = RowCell::Kind::kAbsent, .text = {}, .number = 0});
      only[i] = cells_[i];
      rows_.read_at(places_.size() - 1, slot, labels_, only);  // says what is wrong with it
      gathered_[{i, {slot, labels}}].is_whole = false;
      continue;
    }
    Gathered& sum = gathered_[{i, {slot, labels}}];
    const double number = counts ? 1 : cells_[i].number;
    sum.most = sum.count == 0 ? number : std::max(sum.most, number);
    sum.sum += number;
    sum.last = number;
    ++sum.count;
  }
}

void RowBuilder::flush_gathered() {
  for (const auto& [key, sum] : gathered_) {
    const auto& [metric, at] = key;
    std::vector<RowCell> only(cells_.size(), RowCell{.kind = RowCell::Kind::kAbsent, .text = {}, .number = 0});
    const RowPlan::Group group = group_of(metric);
    const double value = group == RowPlan::Group::kLast      ? sum.last
                         : group == RowPlan::Group::kMax     ? sum.most
                         : group == RowPlan::Group::kAverage ? sum.sum / static_cast<double>(sum.count)
                                                             : sum.sum;
    only[metric] = sum.is_whole ? RowCell::of(value) : RowCell{};
    const std::vector<std::string_view> labels(at.second.begin(), at.second.end());
    rows_.read_at(places_.size() - 1, at.first, labels, only);
  }
  gathered_.clear();
}

std::string RowBuilder::where(std::uint64_t row, RowReader::Place place) const {
  const std::string& at = row < places_.size() ? places_[row] : name_;
  switch (place.part) {
    case RowReader::Place::Part::kDate:
      return at + '/' + (plan_.rows.date.has_field ? plan_.rows.date.field.text() : "date");
    case RowReader::Place::Part::kLabel:
      return at + '/' + plan_.settings.labels[place.index].column;
    case RowReader::Place::Part::kMetric:
      return at + '/' + field_names_[place.index];
  }
  return at;
}

/// A metric of which no row says anything is misspelt; where it is picked out of a list, it may only not have happened.
Result<void> RowBuilder::check_seen() {
  const bool has_fixed_fields = plan_.rows.kind != Kind::kEntries && plan_.rows.kind != Kind::kPairs;
  for (std::size_t i = 0; i < was_seen_.size() && has_fixed_fields && !places_.empty(); ++i) {
    if (was_seen_[i] || group_of(i) == RowPlan::Group::kCount || plan_.per_metric) {
      continue;
    }
    const std::string what =
        "no row has " + printable(field_names_[i], 80) + " for metric " + plan_.settings.metrics[i].name;
    if (!is_picked(i)) {
      return fail(ErrorKind::kInvalid, name_ + ": " + what + ": the first one has " + first_fields_);
    }
    rows_.tell(0, [&] {
      return RowProblem{places_.front(), what + ": correct its name, if it is not that none has come yet"};
    });
  }
  return {};
}

Result<Poll> RowBuilder::finish() {
  flush_gathered();
  KPI_TRY(check_seen());
  Poll poll = KPI_TRY(rows_.finish("the answer"));
  if (outside_ > 0) {
    poll.remarks.push_back(counted(outside_, "row is", "rows are") +
                           " of the future or of days that were not asked for, and left out; the first is " +
                           first_outside_);
  }
  return poll;
}

}  // namespace kpi
