#include "plugins/row_reader.hpp"

#include "rules/base/text.hpp"

#include <cmath>

namespace kpi {

RowReader::RowReader(const SourceSettings& settings, RowFormat format, std::optional<Slot> from, Where where)
    : settings_(settings),
      format_(std::move(format)),
      from_(from ? std::optional(first_wanted(*from, settings.grain, settings.zone)) : std::nullopt),
      where_(std::move(where)),
      collector_(settings,
                 [this](std::uint64_t row, std::uint32_t metric) {
                   return where_(row, {.part = Place::Part::kMetric, .index = metric});
                 }),
      written_(settings.metrics.size()),
      values_(settings.metrics.size()) {}

void RowReader::read(std::uint64_t row,
                     std::string_view date,
                     std::span<const std::string_view> labels,
                     std::span<const RowCell> values) {
  if (const auto slot = slot_of_row(row, date)) {
    read_at(row, *slot, labels, values);
  }
}

void RowReader::read_at(std::uint64_t row,
                        Slot slot,
                        std::span<const std::string_view> labels,
                        std::span<const RowCell> values) {
  has_date_ = true;
  if (from_ && slot < *from_) {
    for (std::size_t i = 0; i < values_.size(); ++i) {
      if (values[i].kind == RowCell::Kind::kText) {
        note_written(row, i, values[i].text);
      }
    }
    return;
  }
  for (std::size_t i = 0; i < values_.size(); ++i) {
    values_[i] = value_of(row, i, values[i]);
  }
  const std::int64_t set = collector_.label_set(labels);
  if (set < 0) {
    collector_.lose_of(row, slot, values_, [&] {
      auto trouble = collector_.label_trouble(labels);
      return RowProblem{where_(row, {.part = Place::Part::kLabel, .index = trouble.label}), std::move(trouble.message)};
    });
    return;
  }
  collector_.add({.row = row, .slot = slot, .label_set = static_cast<std::uint32_t>(set)}, values_);
}

RowValue RowReader::value_of(std::uint64_t row, std::size_t metric, const RowCell& cell) {
  const SourceMetric& wanted = settings_.metrics[metric];
  switch (cell.kind) {
    case RowCell::Kind::kNull:
      return {.number = std::nan("")};
    case RowCell::Kind::kAbsent:
      return {.state = RowValue::State::kAbsent};
    case RowCell::Kind::kNumber:
      if (std::isinf(cell.number)) {
        return refuse(
            row, metric, number_text(cell.number) + " is no value: deliver a number, or null where there is none");
      }
      return scaled_value(row, metric, cell.number);
    case RowCell::Kind::kUnusable:
      return refuse(
          row, metric, "is " + std::string(cell.text) + ", not a number: read a part of it, or another column");
    case RowCell::Kind::kText:
      break;
  }
  note_written(row, metric, cell.text);
  const auto number = read_number(cell.text, format_.numbers);
  if (!number) {
    return refuse(row, metric, number_trouble(cell.text, format_.numbers));
  }
  if (wanted.scale == 1 && trim(cell.text).ends_with('%')) {
    return refuse(
        row,
        metric,
        '"' + printable(trim(cell.text)) + "\" is a percentage: if " + wanted.name + " is one, write scale: percent");
  }
  return scaled_value(row, metric, *number);
}

RowValue RowReader::scaled_value(std::uint64_t row, std::size_t metric, double number) {
  const double value = scaled(number, settings_.metrics[metric].scale);
  if (std::isinf(value)) {
    return refuse(
        row, metric, number_text(number) + " times its scale is more than a number can be: correct it, or scale");
  }
  return {.number = value == 0 ? 0 : value};  // no -0
}

void RowReader::note_written(std::uint64_t row, std::size_t metric, std::string_view cell) {
  Written& written = written_[metric];
  if (written.as_read && written.other) {
    return;
  }
  const NumberFormat& numbers = format_.numbers;
  const bool is_given = format_.decimal_is_given || numbers.thousands != NumberFormat::Thousands::kAuto;
  // What may be a fraction or thousands is refused of data; here it is looked at as what it would be.
  const NumberFormat format = numbers.is_fixed && !is_given ? NumberFormat{} : numbers;
  const DecimalSign sign = decimal_sign_of(cell, format, is_given);
  std::optional<WrittenCell>& first = sign == DecimalSign::kAsRead ? written.as_read : written.other;
  if (sign != DecimalSign::kUntold && !first) {
    first = WrittenCell{row, std::string(trim(cell))};
  }
}

/// Where "1,5" stands beside "1,234", or "1.204.511" beside "987.654", one of them is a thousand times what it says or
/// a thousandth of it: neither is believed. Where each answer has some periods only they may never meet, and
/// "1.204.511" alone says how the others are written.
Result<void> RowReader::check_decimal_signs() const {
  const NumberFormat& numbers = format_.numbers;
  const bool is_point = numbers.decimal == '.';
  const bool is_given = format_.decimal_is_given || numbers.thousands != NumberFormat::Thousands::kAuto;
  const bool is_enough = format_.is_part && !format_.decimal_is_given;
  const std::string in_place = numbers.is_fixed ? " in " + std::string(numbers.decimal_place) : ", or correct the file";
  const std::string remedy = numbers.is_fixed && numbers.decimal_place.empty()
                                 ? R"(deliver numbers, or texts such as "7.5")"
                             : is_given ? "correct decimal" + in_place
                                        : R"(write decimal: "," or decimal: ".")" + in_place;
  for (std::size_t i = 0; i < written_.size(); ++i) {
    const auto& [as_read, other] = written_[i];
    if (!other || (!as_read && !is_enough)) {
      continue;
    }
    const auto shown = [&](const WrittenCell& cell) {
      return '"' + printable(cell.text, 40) + "\" (" + where_(cell.row, {.part = Place::Part::kMetric, .index = i}) +
             ')';
    };
    const bool has_sign = other->text.find(is_point ? ',' : '.') != std::string::npos;
    const std::string is_written = shown(*other) + (has_sign ? " has a decimal " : " has its thousands set apart by ") +
                                   (has_sign ? (is_point ? "comma" : "point") : (is_point ? "points" : "commas"));
    const std::string is_read = std::string(" would be read with a decimal ") + (is_point ? "point" : "comma") + ": ";
    const std::string& name = settings_.metrics[i].name;
    return fail(ErrorKind::kInvalid,
                as_read ? "metric " + name + " is written in two ways: " + is_written + ", and " + shown(*as_read) +
                              is_read + remedy
                        : "metric " + name + " is written in another way than it is read: " + is_written +
                              ", and another value" + is_read + remedy);
  }
  return {};
}

RowValue RowReader::refuse(std::uint64_t row, std::size_t metric, std::string message) {
  collector_.problem(row, [&] {
    return RowProblem{where_(row, {.part = Place::Part::kMetric, .index = metric}), std::move(message)};
  });
  return {.number = std::nan(""), .state = RowValue::State::kUnreadable};
}

std::optional<Slot> RowReader::slot_of_row(std::uint64_t row, std::string_view date) {
  if (has_date_ && date == date_cell_ && !date.empty()) {
    return date_slot_;
  }
  const auto refuse_date = [&](const std::string& message) {
    collector_.lose(row, [&] { return RowProblem{where_(row, {.part = Place::Part::kDate, .index = 0}), message}; });
    return std::nullopt;
  };
  if (trim(date).empty()) {
    return refuse_date("the row has no date: fill it in, or remove the row");
  }
  const auto moment = format_.dates.read(date);
  if (!moment) {
    return refuse_date(format_.dates.trouble(date, format_.date_key));
  }
  if (!moment->has_time && needs_time(settings_.grain)) {
    return refuse_date('"' + printable(date) + "\" has no time of day, which grain " + settings_.grain.text() +
                       " needs: read another column, or a coarser grain");
  }
  const Slot slot = slot_of_moment(*moment);
  // A slip of the year would have every period since then judged.
  if (slot.ms < 0) {
    return refuse_date('"' + printable(date) + "\" lies before 1970: correct the year, or the date's format");
  }
  const std::string trouble =
      clock_trouble(*moment, {.grain = settings_.grain, .zone = settings_.zone, .calendar = settings_.calendar});
  if (!trouble.empty() && told_clock_.find(trouble) == std::string::npos) {
    told_clock_ += trouble;
    collector_.problem(row, [&] { return RowProblem{where_(row, {.part = Place::Part::kDate, .index = 0}), trouble}; });
  }
  date_cell_ = date;
  date_slot_ = slot;
  has_date_ = true;
  return slot;
}

Slot RowReader::slot_of_moment(const WrittenTime& moment) const {
  return slot_of(moment, {.grain = settings_.grain, .zone = settings_.zone, .calendar = settings_.calendar});
}

std::optional<Slot> RowReader::slot_of_date(std::string_view date) const {
  const auto moment = trim(date).empty() ? std::nullopt : format_.dates.read(date);
  if (!moment || (!moment->has_time && needs_time(settings_.grain))) {
    return std::nullopt;
  }
  const Slot slot = slot_of_moment(*moment);
  return slot.ms < 0 ? std::nullopt : std::optional(slot);
}

std::span<const RowValue> RowReader::lost_values(std::span<const RowCell> values) {
  for (std::size_t i = 0; i < values_.size(); ++i) {
    const bool is_absent = i < values.size() && values[i].kind == RowCell::Kind::kAbsent;
    values_[i] = {.state = is_absent ? RowValue::State::kAbsent : RowValue::State::kUnreadable};
  }
  return values_;
}

Result<Poll> RowReader::finish(std::string_view what) {
  KPI_TRY(check_decimal_signs());
  if (collector_.row_count() == 0 && !has_date_ && collector_.problem_count() > 0) {
    const RowProblem& first = collector_.first_problem();
    return fail(ErrorKind::kInvalid,
                first.where + ": " + first.message + " (no row of " + std::string(what) + " could be read)");
  }
  return collector_.finish();
}

Slot first_wanted(Slot from, Grain grain, const Zone& zone) {
  return grain.is_civil() ? from : Slot{start_of(from, {}, zone).time_since_epoch().count()};
}

Slot present_slot(Instant now, const SourceSettings& settings) {
  const Slot running = slot_at(now, settings.grain, settings.zone, settings.calendar);
  return settings.grain.unit == Grain::Unit::kInstant ? running : next_slot(running, settings.grain, settings.zone, -1);
}

}  // namespace kpi
