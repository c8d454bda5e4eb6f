#pragma once
// The labels of an alert that routes and silences match: the rule's own, the segment's, and the names every alert has.

#include "rules/routing/describe.hpp"

#include <string>

namespace kpi {

void set_label(Labels& labels, const std::string& name, std::string value);

Labels route_labels(const AlertSubject& subject, MessageType type);

}  // namespace kpi
