#include "daemon/web/status_index.hpp"

#include "rules/base/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace kpi {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr std::size_t kMostValues = 30;

template <class Document>
std::string dumped(const Document& document) {
  return document.dump(-1, ' ', false, Document::error_handler_t::replace);
}

std::optional<Instant> start_of_period(const ordered_json& line) {
  const auto period = line.find("period");
  return period != line.end() && period->is_object() ? parse_rfc3339((*period)["start"].get<std::string>())
                                                     : std::nullopt;
}

}  // namespace

StatusIndex::StatusIndex(std::shared_ptr<const Config> config, const std::string& status)
    : config_(std::move(config)), now_("null") {
  std::map<std::string_view, const Kpi*> kpis;
  for (const Kpi& kpi : config_->rules.kpis) {
    kpis.emplace(kpi.id, &kpi);
  }
  const ordered_json document = ordered_json::parse(status, nullptr, false);
  if (!document.is_object()) {
    return;
  }
  now_ = dumped(document["now"]);
  for (const ordered_json& row : document["kpis"]) {
    const auto kpi = kpis.find(row["id"].get_ref<const std::string&>());
    if (kpi == kpis.end()) {
      continue;
    }
    Line line;
    line.kpi = kpi->second;
    for (const auto& [name, value] : row["segment"].items()) {
      line.segment.emplace_back(name, value.get<std::string>());
    }
    line.state = row["state"].get<std::string>();
    line.start = start_of_period(row);
    line.text = to_lower_ascii(line.kpi->id + " " + line.kpi->title + " " + line.kpi->owner + " " +
                               line.kpi->objective + " " + dumped(row["segment"]));
    ordered_json whole = row;
    whole["owner"] = line.kpi->owner;
    whole["objective"] = line.kpi->objective;
    line.json = dumped(whole);
    lines_.push_back(std::move(line));
  }
}

std::string StatusIndex::page(const Wanted& wanted) const {
  const std::string word = to_lower_ascii(wanted.word);
  std::map<std::string, std::size_t> states;
  std::size_t total = 0;
  std::size_t shown = 0;
  std::string rows;
  std::unique_ptr<HistoryReader> reader;
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    const Line& line = lines_[i];
    if ((!wanted.owner.empty() && line.kpi->owner != wanted.owner) ||
        (!word.empty() && line.text.find(word) == std::string::npos)) {
      continue;
    }
    ++states[line.state];
    if ((!wanted.state.empty() && line.state != wanted.state) || total++ < wanted.offset || shown >= wanted.limit) {
      continue;
    }
    rows += shown++ == 0 ? "" : ",";
    rows += wanted.with_values ? line.json.substr(0, line.json.size() - 1) + ",\"spark\":" + values_of(i, reader) + "}"
                               : line.json;
  }
  return "{\"now\":" + now_ + ",\"timezone\":" + dumped(json(config_->zone.name())) +
         ",\"language\":" + dumped(json(name_of(config_->language))) + ",\"total\":" + std::to_string(total) +
         ",\"offset\":" + std::to_string(wanted.offset) + ",\"states\":" + dumped(json(states)) + ",\"kpis\":[" + rows +
         "]}\n";
}

std::string StatusIndex::lines_of(const std::string& kpi) const {
  std::string rows;
  for (const Line& line : lines_) {
    if (line.kpi->id == kpi) {
      rows += (rows.empty() ? "" : ",") + line.json;
    }
  }
  return "[" + rows + "]";
}

/// The last values of a line, null where there is none. `reader` is opened when it is needed, and kept by the caller.
std::string StatusIndex::values_of(std::size_t index, std::unique_ptr<HistoryReader>& reader) const {
  {
    const std::scoped_lock lock(mutex_);
    if (const auto known = values_.find(index); known != values_.end()) {
      return known->second;
    }
  }
  const Line& line = lines_[index];
  ordered_json values = ordered_json::array();
  if (reader == nullptr) {
    if (auto opened = open_history_reader(config_->history)) {
      reader = *std::move(opened);
    }
  }
  if (line.start && reader != nullptr) {
    VerdictFilter filter{line.kpi->id, line.segment};
    const std::int64_t step = std::max<std::int64_t>(60'000, line.kpi->every.span().approximate_ms());
    filter.from = Slot{line.start->time_since_epoch().count() - static_cast<std::int64_t>(kMostValues) * step};
    const auto read = reader->verdicts(filter, [&](const KpiVerdict& verdict) {
      values.push_back(std::isfinite(verdict.row.value) ? ordered_json(verdict.row.value) : ordered_json(nullptr));
    });
    values = read ? std::move(values) : ordered_json::array();
  }
  std::string text = dumped(values);
  const std::scoped_lock lock(mutex_);
  return values_.insert_or_assign(index, std::move(text)).first->second;
}

}  // namespace kpi
