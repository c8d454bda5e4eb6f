#pragma once
// Whether what was told of an alert has arrived, for `explain`. Any thread; reads the history.

#include "daemon/store/history_reader.hpp"
#include "rules/base/time.hpp"

#include <string>

namespace kpi {

/// What the newest message about an episode waits for, or why it never arrived: "told, but not there yet: …". Empty:
/// it has arrived, or nothing is known of it.
std::string way_text(HistoryReader& history, const std::string& channel, const std::string& episode, const Zone& zone);

}  // namespace kpi
