#include "daemon/store/store.hpp"

namespace kpi {

bool StepCommit::is_empty() const {
  return series.empty() && lines.empty() && rule_versions.empty() && target_versions.empty() && definitions.empty() &&
         samples.empty() && verdicts.empty() && statuses.empty() && alerts.empty() && episodes.empty() &&
         sources.empty() && notifications.empty() && deliveries.empty() && reviews.empty() && notes.empty() &&
         entries.empty() && routing.empty() && silences.empty() && acknowledgements.empty() && hushed.empty() &&
         digests.empty() && source_reads.empty() && down_times.empty();
}

}  // namespace kpi
