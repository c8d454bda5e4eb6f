#pragma once
// Where every KPI, source and channel stands: what the history says, under what the configuration knows. For
// `kpid status`; one thread.

#include "daemon/config/config.hpp"
#include "daemon/store/history_reader.hpp"

#include <optional>
#include <string>
#include <vector>

namespace kpi {

/// A KPI or one of its segments.
struct StatusLine {
  const Kpi* kpi = nullptr;  ///< Of the configuration.
  Labels segment;
  std::optional<StatusRow> row;  ///< None: nothing has been seen of it yet.
  /// As people see it: that of the row, or error while a source fails; no_data without a row.
  KpiState state = KpiState::kNoData;
  Severity severity = Severity::kNone;  ///< The worst that fires, an alert about missing data included.

  /// It fires, and the newest period has no data: a gap ends nothing.
  [[nodiscard]] bool is_stale() const { return state == KpiState::kFiring && verdict() == Verdict::kNoData; }

  [[nodiscard]] Verdict verdict() const { return row ? row->verdict : Verdict::kNoData; }
};

/// A configured source.
struct SourceStatus {
  std::string name;
  std::optional<SourceRow> row;         ///< None: not polled yet.
  Severity severity = Severity::kNone;  ///< Of its alert, while one is open.
};

struct StatusReport {
  std::optional<Instant> now;     ///< Of the last step; none before the first.
  std::vector<StatusLine> lines;  ///< In the order of the files; of each KPI the total first.
  std::vector<SourceStatus> sources;
  std::string trouble;                 ///< Of the machine kpid runs on, as of the last step; empty: none.
  std::vector<ChannelQueue> channels;  ///< Every configured one, and others that still have messages.
};

/// Of one KPI when `only` is not null, with the sources it reads; of all otherwise.
Result<StatusReport> read_status(const Config& config, const Kpi* only, HistoryReader& reader);

/// Whether something fires that is at least so bad.
bool fires(const StatusReport& report, Severity severity);

}  // namespace kpi
