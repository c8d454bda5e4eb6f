#include "daemon/cli/status_report.hpp"

#include "daemon/cli/reading.hpp"
#include "rules/routing/describe.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace kpi {
namespace {

/// Whether the KPI, as configured, has such segments.
bool is_segment_of(const Labels& segment, const Kpi& kpi) {
  std::vector<std::string> labels;
  for (const auto& [name, value] : segment) {
    labels.push_back(name);
  }
  return labels.empty() || std::ranges::find(kpi.split_by, labels) != kpi.split_by.end();
}

/// The names of the sources that a KPI's metrics come from.
std::set<std::string> sources_of(const Kpi& kpi, const Config& config) {
  std::set<std::string> sources;
  for (const MetricInput& input : kpi.value.metrics) {
    sources.insert(config.rules.metrics[input.metric].source);
  }
  return sources;
}

/// Joins rows of the history with the configuration.
class StatusReader {
 public:
  StatusReader(const Config& config, HistoryReader& reader) : config_(config), reader_(reader) {}

  Result<StatusReport> read(const Kpi* only) {
    report_.now = KPI_TRY(reader_.last_step());
    KPI_TRY(read_sources(only));
    KPI_TRY(read_episodes());
    KPI_TRY(read_lines(only));
    if (only == nullptr) {
      KPI_TRY(read_channels());
    }
    return std::move(report_);
  }

 private:
  Result<void> read_sources(const Kpi* only) {
    const std::vector<SourceRow> rows = KPI_TRY(reader_.sources());
    if (const auto self = std::ranges::find(rows, kSelf, &SourceRow::name); self != rows.end()) {
      report_.trouble = self->error;
    }
    for (const SourceConfig& source : config_.sources) {
      const auto row = std::ranges::find(rows, source.settings.name, &SourceRow::name);
      const bool is_known = row != rows.end();
      if (is_known && !row->error.empty()) {
        failing_.insert(source.settings.name);
      }
      if (only == nullptr || sources_of(*only, config_).contains(source.settings.name)) {
        report_.sources.push_back({source.settings.name, is_known ? std::optional(*row) : std::nullopt});
      }
    }
    return {};
  }

  Result<void> read_episodes() {
    return reader_.episodes({.open_only = true}, [&](const KpiEpisode& episode) {
      if (episode.kpi.empty()) {
        const auto source = std::ranges::find_if(
            report_.sources, [&](const SourceStatus& known) { return episode.row.rule == "source:" + known.name; });
        if (source != report_.sources.end()) {
          source->severity = std::max(source->severity, episode.row.severity);
        }
      } else if (episode.row.rule == "no_data") {
        Severity& severity = without_data_[{episode.kpi, episode.segment}];
        severity = std::max(severity, episode.row.severity);
      }
    });
  }

  Result<void> read_lines(const Kpi* only) {
    std::map<std::string, std::map<Labels, StatusRow>, std::less<>> rows;
    std::vector<KpiStatus> statuses = KPI_TRY(reader_.statuses());
    for (KpiStatus& status : statuses) {
      rows[status.kpi].insert_or_assign(std::move(status.segment), std::move(status.row));
    }
    for (const Kpi* kpi : kpis_in_file_order(config_)) {
      if (only != nullptr && kpi != only) {
        continue;
      }
      auto& segments = rows[kpi->id];
      if (!segments.contains({})) {
        report_.lines.push_back(line_of(*kpi, {}, std::nullopt));
      }
      for (auto& [segment, row] : segments) {
        if (is_segment_of(segment, *kpi)) {
          report_.lines.push_back(line_of(*kpi, segment, std::move(row)));
        }
      }
    }
    return {};
  }

  StatusLine line_of(const Kpi& kpi, const Labels& segment, std::optional<StatusRow> row) {
    StatusLine line{&kpi, segment, std::move(row)};
    if (line.row) {
      line.state = line.row->state;
      line.severity = line.row->severity;
    }
    const auto without_data = without_data_.find({kpi.id, segment});
    if (without_data != without_data_.end()) {
      line.severity = std::max(line.severity, without_data->second);
    }
    const auto fails = [&](const std::string& source) { return failing_.contains(source); };
    if (!failing_.empty() && line.state != KpiState::kFiring && std::ranges::any_of(sources_of(kpi, config_), fails)) {
      line.state = KpiState::kError;
    }
    return line;
  }

  Result<void> read_channels() {
    const std::vector<ChannelQueue> queues = KPI_TRY(reader_.queues());
    for (const ChannelConfig& channel : config_.channels) {
      const auto queue = std::ranges::find(queues, channel.name, &ChannelQueue::channel);
      report_.channels.push_back(queue == queues.end() ? ChannelQueue{channel.name} : *queue);
    }
    std::ranges::copy_if(queues, std::back_inserter(report_.channels), [&](const ChannelQueue& queue) {
      return config_.find_channel(queue.channel) == nullptr;
    });
    return {};
  }

  const Config& config_;
  HistoryReader& reader_;
  StatusReport report_;
  std::set<std::string> failing_;                                    // sources
  std::map<std::pair<std::string, Labels>, Severity> without_data_;  // alerts about missing data, by KPI and segment
};

}  // namespace

Result<StatusReport> read_status(const Config& config, const Kpi* only, HistoryReader& reader) {
  return StatusReader(config, reader).read(only);
}

bool fires(const StatusReport& report, Severity severity) {
  const auto is_so_bad = [&](const auto& item) { return item.severity >= severity; };
  return std::ranges::any_of(report.lines, is_so_bad) || std::ranges::any_of(report.sources, is_so_bad);
}

}  // namespace kpi
