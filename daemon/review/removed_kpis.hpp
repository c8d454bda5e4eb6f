#pragma once
// KPIs that are no longer in the rules: a review of a time in which they were judged has them too, by their last
// recorded rule. For read_review.cpp; one thread.

#include "daemon/config/config.hpp"
#include "daemon/store/history_reader.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace kpi {

struct RemovedKpi {
  std::optional<Date> on;  ///< None: the daemon has not taken up the rules of now yet.
  bool loads = true;  ///< False: not with the sources of now, as where its source was removed too. It has no formula.
};

/// The rules of now, and after them those of KPIs that the history has lines of and the rules no longer name.
struct ReviewRules {
  std::shared_ptr<const Config> config;
  std::shared_ptr<const SourceSet> texts;  ///< What positions of removed KPIs point into.
  std::map<std::string, RemovedKpi, std::less<>> removed;
};

/// `config` is not kept where nothing was removed, and must outlive what is returned.
Result<ReviewRules> read_review_rules(const Config& config, HistoryReader& reader);

}  // namespace kpi
