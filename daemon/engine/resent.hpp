#pragma once
// Dead letters that somebody sends again: those that are still news. What was overtaken meanwhile is not told as if it
// went on. Pure; any thread.

#include "daemon/store/store.hpp"
#include "rules/routing/routing_state.hpp"

#include <vector>

namespace kpi {

struct Resent {
  std::vector<NotificationRow> rows;  ///< To be queued again.
  std::vector<DeliveryRow> skipped;   ///< How the history knows of the others.
};

/// Leaves out what says of alerts that they go on which are over: their end has its own letter, or was told. What some
/// recipients of a channel have goes to the others alone, those who refused it among them.
Resent still_news(std::vector<NotificationRow> dead, const RoutingState& routing, Instant now);

/// "3 messages queued again; 2 are not sent again: what they tell of is over"
std::string text_of(const Resent& resent, std::string_view what, std::string_view whats);

}  // namespace kpi
