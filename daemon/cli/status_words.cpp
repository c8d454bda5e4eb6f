#include "daemon/cli/status_words.hpp"

#include "daemon/cli/status_json.hpp"
#include "rules/base/text.hpp"

#include <cmath>
#include <tuple>
#include <utility>

namespace kpi {
namespace {

using nlohmann::ordered_json;

std::string dumped(const ordered_json& document) {
  return document.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

/// NaN is a value like any other here: of two rows that know none, neither is news.
bool is_same(double a, double b) {
  return a == b || (std::isnan(a) && std::isnan(b));
}

bool is_same(const StatusRow& a, const StatusRow& b) {
  const auto rest = [](const StatusRow& row) {
    return std::tie(
        row.slot, row.period, row.verdict, row.state, row.severity, row.reason, row.since, row.target, row.provisional);
  };
  return is_same(a.value, b.value) && is_same(a.provisional_value, b.provisional_value) && rest(a) == rest(b);
}

bool is_same_line(const StatusLine& a, const StatusLine& b) {
  return a.kpi == b.kpi && a.state == b.state && a.severity == b.severity && a.segment == b.segment &&
         a.row.has_value() == b.row.has_value() && (!a.row || is_same(*a.row, *b.row));
}

StatusSnapshot::Line words_of(const StatusLine& line) {
  StatusSnapshot::Line words;
  words.kpi = line.kpi;
  words.segment = line.segment;
  words.state = name_of(line.state);
  words.period = line.row ? std::optional(LinePeriod{line.row->line, line.row->slot}) : std::nullopt;
  const ordered_json json = json_of(line);
  words.json = dumped(json);
  words.more = ",\"owner\":" + dumped(line.kpi->owner) + ",\"objective\":" + dumped(line.kpi->objective);
  words.text = to_lower_ascii(line.kpi->id + " " + line.kpi->title + " " + line.kpi->owner + " " + line.kpi->objective +
                              " " + dumped(json["segment"]));
  return words;
}

}  // namespace

Result<StatusSnapshot> StatusWords::read(const std::shared_ptr<const Config>& config, const std::string& refused) {
  const auto reader = KPI_TRY(open_history_reader(config->history));
  StatusReport report = KPI_TRY(read_status(*config, nullptr, *reader));
  if (config != config_) {
    said_.clear();
    config_ = config;
  }
  StatusSnapshot snapshot;
  std::vector<Said> said;
  said.reserve(report.lines.size());
  auto before = said_.begin();
  for (StatusLine& line : report.lines) {
    // Both have the same KPIs in the same order, each with its total first and its segments in theirs.
    while (before != said_.end() &&
           (line.segment.empty() ? before->line.kpi != line.kpi
                                 : before->line.kpi == line.kpi && before->line.segment < line.segment)) {
      ++before;
    }
    auto words = before != said_.end() && is_same_line(before->line, line)
                     ? before->words
                     : std::make_shared<const StatusSnapshot::Line>(words_of(line));
    snapshot.lines.push_back(words);
    said.push_back({std::move(line), std::move(words)});
  }
  said_ = std::move(said);
  const ordered_json head = head_json(report, refused);
  snapshot.now = dumped(head["now"]);
  snapshot.head = dumped(head);
  snapshot.config = dumped(head["config"]);
  snapshot.sources = dumped(sources_json(report));
  snapshot.channels = dumped(channels_json(report));
  return snapshot;
}

}  // namespace kpi
