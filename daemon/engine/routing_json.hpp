#pragma once
// What routing remembers as the rows that the history keeps: read and written by the engine only.

#include "daemon/store/store.hpp"
#include "rules/routing/decide.hpp"

#include <string>
#include <string_view>

namespace kpi {

std::string key_of_row(const AlertKey& alert);
std::string key_of_group_row(std::string_view group);

std::string encode_tracked(const TrackedAlert& alert);
std::string encode_group(const RoutingGroup& group);

/// Puts a row where it belongs. kStorage when it is not what the functions above write.
Result<void> decode_routing(const RoutingRow& row, RoutingState& state);

SilenceRow row_of(const Silence& silence);
/// kStorage when the row is not what row_of writes.
Result<Silence> silence_of(const SilenceRow& row);

AcknowledgementRow row_of(const Acknowledgement& acknowledgement);
Acknowledgement acknowledgement_of(const AcknowledgementRow& row);

/// One alert as it was, in the form of a message that holds it alone.
std::string encode_view(const AlertView& view);
Result<AlertView> decode_view(std::string_view text);

}  // namespace kpi
