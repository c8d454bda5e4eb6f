// When the rows of an answer are about.

#include "plugins/http/row_builder.hpp"
#include "rules/base/text.hpp"

#include <array>
#include <cmath>

namespace kpi {
namespace {

constexpr std::array<std::string_view, 3> kDateFields{"date", "Date", "day"};

/// The last of the year 9999: what lies beyond is a slip, such as milliseconds read as seconds.
constexpr std::int64_t kLastMs = 253'402'300'799'999;

}  // namespace

const Json* RowBuilder::date_of(const AnswerRow& row) const {
  if (plan_.rows.date.has_field) {
    return row.field(plan_.rows.date.field);
  }
  for (const std::string_view name : kDateFields) {
    if (const Json* value = row.field(JsonSelect::parse(name).value())) {
      return value;
    }
  }
  return nullptr;
}

Slot RowBuilder::slot_of_moment(WrittenTime moment) const {
  const DatePlan& date = plan_.rows.date;
  if (!date.shift.is_zero()) {
    moment.ms = date.shift.ms != 0 ? moment.ms + date.shift.ms : shift_date(Slot{moment.ms}, date.shift).ms;
  }
  return slot_of(moment,
                 {.grain = plan_.settings.grain, .zone = plan_.settings.zone, .calendar = plan_.settings.calendar});
}

/// The first time that the change of a clock leaves open is told.
void RowBuilder::tell_clock(std::uint64_t row, const std::string& text) {
  const DatePlan& date = plan_.rows.date;
  if (plan_.settings.grain.is_civil() || date.form != DatePlan::Form::kText) {
    return;
  }
  const auto moment = date.format.read(text);
  const std::string trouble =
      moment ? clock_trouble(
                   *moment,
                   {.grain = plan_.settings.grain, .zone = plan_.settings.zone, .calendar = plan_.settings.calendar})
             : "";
  if (!trouble.empty() && told_clock_.find(trouble) == std::string::npos) {
    told_clock_ += trouble;
    rows_.tell(row, [&] { return RowProblem{where(row, {}), printable(text, 60) + ": " + trouble}; });
  }
}

std::optional<Slot> RowBuilder::slot_of_row(const AnswerRow& row, const RenderScope& scope, std::string& text) const {
  const DatePlan& date = plan_.rows.date;
  if (date.form == DatePlan::Form::kWindow) {
    return plan_.has_window ? scope.window.start
                            : Slot{plan_.settings.grain.unit == Grain::Unit::kInstant
                                       ? running_.ms - 1
                                       : next_slot(running_, plan_.settings.grain, plan_.settings.zone, -1).ms};
  }
  if (date.form == DatePlan::Form::kParts) {
    std::array<std::string, 3> parts;
    for (std::size_t i = 0; i < parts.size() && i < date.parts.size(); ++i) {
      const Json* part = row.field(date.parts[i]);
      parts.at(i) = part == nullptr ? "" : json_text_of(*part);
      parts.at(i) = parts.at(i).size() == 1 ? '0' + parts.at(i) : parts.at(i);
    }
    text = parts[0] + '-' + parts[1] + '-' + parts[2];
    return slot_of_text(text);
  }
  const Json* value = date_of(row);
  text = value == nullptr ? "" : json_text_of(*value);
  return slot_of_text(text);
}

std::optional<Slot> RowBuilder::slot_of_text(const std::string& text) const {
  using Form = DatePlan::Form;
  const DatePlan& date = plan_.rows.date;
  WrittenTime moment;
  if (date.form == Form::kText || date.form == Form::kParts) {
    const bool cuts = date.only_day && text.size() > 10 && text[4] == '-';
    const auto written = date.format.read(cuts ? std::string_view(text).substr(0, 10) : std::string_view(text));
    if (!written || (!written->has_time && needs_time(plan_.settings.grain))) {
      return std::nullopt;
    }
    moment = *written;
  } else {
    const auto number = parse_number(text);
    if (!number || std::abs(*number) > 1e17) {
      return std::nullopt;
    }
    const double factor = date.form == Form::kSeconds        ? 1000
                          : date.form == Form::kMilliseconds ? 1
                          : date.form == Form::kMicroseconds ? 0.001
                                                             : static_cast<double>(kDayMs);
    // Spreadsheets count days from the 30th of December 1899.
    const double shift = date.form == Form::kSerial ? -25569 : 0;
    moment.ms = static_cast<std::int64_t>(std::floor((*number + shift) * factor + 1e-6));
    moment.is_utc = date.form == Form::kSeconds || date.form == Form::kMilliseconds || date.form == Form::kMicroseconds;
    moment.has_time = true;
  }
  if (moment.ms > kLastMs) {
    return std::nullopt;
  }
  const Slot slot = slot_of_moment(moment);
  return slot.ms < 0 ? std::nullopt : std::optional(slot);
}

}  // namespace kpi
