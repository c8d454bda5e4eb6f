#include "plugins/rows.hpp"

#include "rules/base/text.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

namespace kpi {
namespace {

/// A label value stands in messages, links and file names.
constexpr std::size_t kLongestLabel = 256;

std::string slot_text(Slot slot, Grain grain) {
  return grain.is_civil() ? date_text(date_of(slot)) : rfc3339(Instant(Duration(slot.ms)));
}

std::string_view plain_words(MetricKind kind) {
  switch (kind) {
    case MetricKind::kFlow:
      return "a flow";
    case MetricKind::kLevel:
      return "a level";
    case MetricKind::kMean:
      return "a mean";
    case MetricKind::kDistinct:
      return "a distinct count";
  }
  return "";
}

}  // namespace

std::string_view RowCollector::renamed(std::size_t label, std::string_view cell) const {
  const std::string_view value = trim(cell);
  const auto& rename = settings_.labels[label].rename;
  if (rename.empty()) {
    return value;
  }
  const auto found = rename.find(std::string(value));
  return found == rename.end() ? value : std::string_view(found->second);
}

std::int64_t RowCollector::label_set(std::span<const std::string_view> cells) {
  next_key_.clear();
  for (const std::string_view cell : cells) {
    const auto size = static_cast<std::uint32_t>(cell.size());
    for (unsigned shift = 0; shift < 32; shift += 8) {
      next_key_.push_back(static_cast<char>(size >> shift & 0xFFU));
    }
    next_key_.append(cell);
  }
  // Rows often repeat the labels of the row before.
  if (set_ >= 0 && next_key_ == key_) {
    return set_;
  }
  std::swap(key_, next_key_);
  if (const auto known = sets_by_cells_.find(std::string_view(key_)); known != sets_by_cells_.end()) {
    set_ = known->second;
  } else if (!label_trouble(cells).message.empty()) {
    set_ = -1;
  } else {
    set_ = add_label_set(cells);
    sets_by_cells_.emplace(key_, static_cast<std::uint32_t>(set_));
  }
  return set_;
}

bool RowCollector::is_total(std::span<const std::string_view> cells) const {
  for (std::size_t i = 0; i < cells.size(); ++i) {
    // A label whose name no configuration can have is the daemon's own.
    if (settings_.labels[i].name.starts_with('(') || !renamed(i, cells[i]).empty()) {
      return false;
    }
  }
  return !cells.empty() && takes_totals(settings_);
}

RowCollector::LabelTrouble RowCollector::label_trouble(std::span<const std::string_view> cells) const {
  if (is_total(cells)) {
    return {};
  }
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::string_view value = renamed(i, cells[i]);
    const std::string& name = settings_.labels[i].name;
    // One whose name no configuration can have is the daemon's own: it says what an empty cell means.
    if (value.empty() && !name.starts_with('(')) {
      return {.label = i, .message = "no value for label " + name + ": fill the cell in, or rename \"\" to a name"};
    }
    if (value.size() > kLongestLabel) {
      return {.label = i,
              .message = "the value of label " + name + " is longer than " + std::to_string(kLongestLabel) +
                         " bytes: shorten it, or read another column"};
    }
  }
  return {};
}

std::uint32_t RowCollector::add_label_set(std::span<const std::string_view> cells) {
  Labels labels;
  for (std::size_t i = 0; i < cells.size() && !is_total(cells); ++i) {
    labels.emplace_back(settings_.labels[i].name, renamed(i, cells[i]));
  }
  std::ranges::sort(labels);
  const auto [at, added] = sets_.emplace(std::move(labels), static_cast<std::uint32_t>(labels_.size()));
  if (added) {
    labels_.push_back(at->first);
  }
  return at->second;
}

void RowCollector::add(const Row& row, std::span<const RowValue> values) {
  const auto index = static_cast<std::uint32_t>(rows_.size());
  rows_.push_back({.slot = row.slot.ms, .row = row.row, .label_set = row.label_set, .values = index});
  const bool is_total = !settings_.labels.empty() && labels_[row.label_set].empty();
  for (std::uint32_t metric = 0; metric < values.size(); ++metric) {
    const RowValue value = is_total ? of_total(row, metric, values[metric]) : values[metric];
    values_.push_back(value.number);
    states_.push_back(value.state);
  }
}

/// The rows with labels make the total of the others: a number here would be counted twice.
RowValue RowCollector::of_total(const Row& row, std::uint32_t metric, RowValue value) {
  if (settings_.metrics[metric].has_own_total || value.state == RowValue::State::kAbsent) {
    return value;
  }
  if (value.state == RowValue::State::kNumber && !std::isnan(value.number)) {
    problem(row.row, [&] {
      return RowProblem{where_(row.row, metric),
                        "a row without labels, and the total of " + settings_.metrics[metric].name +
                            " is made of the others: leave the cell empty, or write across: none"};
    });
  }
  return {0, RowValue::State::kAbsent};
}

Poll RowCollector::finish() {
  const auto key = [](const Record& record) { return std::pair(record.slot, record.label_set); };
  const auto in_order = [](const Record& record) { return std::tuple(record.slot, record.label_set, record.row); };
  if (!std::ranges::is_sorted(rows_, {}, in_order)) {
    std::ranges::sort(rows_, {}, in_order);
  }
  series_.assign(labels_.size() * settings_.metrics.size(), -1);
  poll_.samples.reserve(values_.size());
  for (std::size_t begin = 0; begin < rows_.size();) {
    std::size_t end = begin + 1;
    while (end < rows_.size() && key(rows_[end]) == key(rows_[begin])) {
      ++end;
    }
    emit(std::span(rows_).subspan(begin, end - begin));
    begin = end;
  }
  find_lost();
  take_problems();
  return std::move(poll_);
}

void RowCollector::note_lost(LostOf& lost, std::span<const RowValue> values) const {
  lost.metrics.resize(settings_.metrics.size());
  for (std::size_t metric = 0; metric < values.size(); ++metric) {
    lost.metrics[metric] = lost.metrics[metric] || values[metric].state != RowValue::State::kAbsent;
  }
}

bool RowCollector::is_lost(const Record& record, std::uint32_t metric) const {
  const auto lost = lost_of_.find(record.slot);
  if (lost == lost_of_.end() || !lost->second.metrics[metric]) {
    return false;
  }
  const SourceMetric& what = settings_.metrics[metric];
  if (!what.has_own_total || settings_.labels.empty()) {
    return true;
  }
  // Where the total is delivered by itself, the others are not taken for the whole; each may yet be a sum.
  return what.kind == MetricKind::kFlow && !labels_[record.label_set].empty();
}

/// Rows are in order by now.
bool RowCollector::has_row_of(std::int64_t slot, std::size_t metric) const {
  const auto same = std::ranges::equal_range(rows_, slot, {}, &Record::slot);
  return std::ranges::any_of(same, [&](const Record& record) {
    return states_[(std::size_t{record.values} * settings_.metrics.size()) + metric] != RowValue::State::kAbsent;
  });
}

void RowCollector::find_lost() {
  for (const auto& [slot, lost] : lost_of_) {
    for (std::size_t metric = 0; metric < lost.metrics.size() && lost_.empty(); ++metric) {
      if (lost.metrics[metric] && !has_row_of(slot, metric)) {
        lost_ = lost.where;
      }
    }
  }
}

void RowCollector::emit(std::span<const Record> same) {
  bool told = false;
  for (std::uint32_t metric = 0; metric < settings_.metrics.size(); ++metric) {
    emit_metric(same, metric, told);
  }
}

void RowCollector::emit_metric(std::span<const Record> same, std::uint32_t metric, bool& told) {
  const bool adds_up = settings_.metrics[metric].kind == MetricKind::kFlow;
  const Record* first = nullptr;
  const Record* unread = nullptr;
  double sum = 0;
  bool tells = false;
  for (const Record& record : same) {
    const std::size_t at = (std::size_t{record.values} * settings_.metrics.size()) + metric;
    if (states_[at] == RowValue::State::kAbsent) {
      continue;
    }
    if (states_[at] == RowValue::State::kUnreadable && !adds_up) {
      unread = unread == nullptr ? &record : unread;  // another row of the period may say it
    } else if (first == nullptr) {
      first = &record;
      sum = values_[at];
    } else if (adds_up) {
      sum += values_[at];  // a NaN stays: part of a sum is not the sum
    } else {
      sum = std::nan("");  // which of them is right nobody knows
      if (!told) {
        duplicate(*first, record, metric);
        tells = true;
      }
    }
  }
  told = told || tells;
  if (first == nullptr && unread != nullptr) {
    first = unread;
    sum = std::nan("");
  }
  if (std::isinf(sum)) {
    problem(first->row, [&] {
      return RowProblem{where_(first->row, metric),
                        "the rows of " + slot_text(Slot{first->slot}, settings_.grain) +
                            " add up to more than a number can be: correct them; until then the value is not known"};
    });
    sum = std::nan("");
  }
  if (first != nullptr && is_lost(*first, metric)) {
    sum = std::nan("");  // a sum without a row that may be its own is no smaller sum, nor is the total
  }
  if (first != nullptr) {
    poll_.samples.push_back({.series = series(first->label_set, metric), .slot = Slot{first->slot}, .value = sum});
  }
}

void RowCollector::duplicate(const Record& first, const Record& again, std::uint32_t metric) {
  problem(again.row, [&] {
    const Labels& labels = labels_[again.label_set];
    const SourceMetric& what = settings_.metrics[metric];
    return RowProblem{.where = where_(again.row, metric),
                      .message = "a second row for " + slot_text(Slot{again.slot}, settings_.grain) +
                                 (labels.empty() ? "" : ", " + printable(labels_text(labels))) + "; the first is " +
                                 where_(first.row, metric) + ", and neither counts: " + what.name + " is " +
                                 std::string(plain_words(what.kind)) +
                                 ", which does not add up, so remove one of them or read the column that tells them "
                                 "apart as a label"};
  });
}

std::uint32_t RowCollector::series(std::uint32_t label_set, std::uint32_t metric) {
  std::int64_t& known = series_[(label_set * settings_.metrics.size()) + metric];
  if (known < 0) {
    known = static_cast<std::int64_t>(poll_.series.size());
    poll_.series.push_back({.metric = metric, .labels = labels_[label_set]});
  }
  return static_cast<std::uint32_t>(known);
}

void RowCollector::take_problems() {
  std::ranges::sort(problems_, {}, [](const KeptProblem& kept) { return std::pair(kept.row, kept.order); });
  poll_.problems.reserve(problems_.size());
  for (KeptProblem& kept : problems_) {
    poll_.problems.push_back(std::move(kept.problem));
  }
  poll_.problem_count = problem_count_;
  if (!lost_.empty()) {
    poll_.remarks.push_back(std::string(kLostRemark) + lost_);
  }
}

}  // namespace kpi
