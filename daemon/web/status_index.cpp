#include "daemon/web/status_index.hpp"

#include "rules/base/text.hpp"

#include <nlohmann/json.hpp>

#include <cmath>

namespace kpi {
namespace {

using nlohmann::json;

constexpr int kMostValues = 30;

template <class Document>
std::string dumped(const Document& document) {
  return document.dump(-1, ' ', false, Document::error_handler_t::replace);
}

/// A line with what the page has beside, but for its last brace.
std::string row_of(const StatusSnapshot::Line& line) {
  return line.json.substr(0, line.json.size() - 1) + line.more;
}

}  // namespace

std::string StatusIndex::document() const {
  std::string text = status_.head.substr(0, status_.head.size() - 1) + ",\n\"kpis\":[";
  for (std::size_t i = 0; i < status_.lines.size(); ++i) {
    text += (i == 0 ? "\n" : ",\n") + status_.lines[i]->json;
  }
  return text + "],\n\"sources\":" + status_.sources + ",\n\"channels\":" + status_.channels + "}\n";
}

std::string StatusIndex::page(const Wanted& wanted) const {
  const std::string word = to_lower_ascii(wanted.word);
  std::map<std::string, std::size_t> states;
  std::size_t total = 0;
  std::vector<std::size_t> shown;
  for (std::size_t i = 0; i < status_.lines.size(); ++i) {
    const StatusSnapshot::Line& line = *status_.lines[i];
    if ((!wanted.owner.empty() && line.kpi->owner != wanted.owner) ||
        (!word.empty() && line.text.find(word) == std::string::npos)) {
      continue;
    }
    ++states[line.state];
    if ((wanted.state.empty() || line.state == wanted.state) && total++ >= wanted.offset &&
        shown.size() < wanted.limit) {
      shown.push_back(i);
    }
  }
  const auto values = wanted.with_values ? values_of(shown) : std::map<std::size_t, std::string>();
  std::string rows;
  for (const std::size_t i : shown) {
    rows += (rows.empty() ? "" : ",") + row_of(*status_.lines[i]);
    rows += (wanted.with_values ? ",\"spark\":[" + values.at(i) + "]" : "") + "}";
  }
  return "{\"now\":" + status_.now + ",\"timezone\":" + dumped(json(config_->zone.name())) +
         ",\"language\":" + dumped(json(name_of(config_->language))) + ",\"config\":" + status_.config +
         ",\"total\":" + std::to_string(total) + ",\"offset\":" + std::to_string(wanted.offset) +
         ",\"states\":" + dumped(json(states)) + ",\"kpis\":[" + rows + "]}\n";
}

std::map<std::string, std::size_t> StatusIndex::states() const {
  std::map<std::string, std::size_t> states;
  for (const auto& line : status_.lines) {
    ++states[line->state];
  }
  return states;
}

std::string StatusIndex::lines_of(const std::string& kpi) const {
  std::string rows;
  for (const auto& line : status_.lines) {
    if (line->kpi->id == kpi) {
      rows += (rows.empty() ? "" : ",") + row_of(*line) + "}";
    }
  }
  return "[" + rows + "]";
}

/// The last values of lines, null where one is unknown; read at once, and kept.
std::map<std::size_t, std::string> StatusIndex::values_of(const std::vector<std::size_t>& wanted) const {
  std::map<std::size_t, std::string> values;
  std::vector<LinePeriod> periods;
  std::map<std::uint32_t, std::size_t> unread;  // by the line's number
  const std::scoped_lock lock(mutex_);
  for (const std::size_t index : wanted) {
    const StatusSnapshot::Line& line = *status_.lines[index];
    std::string& text = values[index];
    if (const auto known = values_.find(index); known != values_.end()) {
      text = known->second;
    } else if (line.period && unread.emplace(line.period->line, index).second) {
      for (int back = kMostValues - 1; back >= 0; --back) {
        periods.push_back({line.period->line, next_slot(line.period->slot, line.kpi->every, -back)});
      }
    }
  }
  const auto reader =
      periods.empty() ? Result<std::unique_ptr<HistoryReader>>() : open_history_reader(config_->history);
  if (!reader || *reader == nullptr) {
    return values;
  }
  const auto read = (*reader)->judged(periods, [&](const VerdictRow& row) {
    std::string& text = values[unread.at(row.line)];
    text += (text.empty() ? "" : ",") + (std::isfinite(row.value) ? dumped(json(row.value)) : "null");
  });
  for (const auto& [line, index] : unread) {
    if (read) {
      values_.insert_or_assign(index, values[index]);
    }
  }
  return values;
}

}  // namespace kpi
