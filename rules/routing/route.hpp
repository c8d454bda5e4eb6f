#pragma once
// Who is told what: which channels a notice goes to, and which notices share a message.

#include "rules/model/sample.hpp"
#include "rules/routing/message.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace kpi {

/// One condition of a route: the label has one of the values, or (negated) none of them.
struct LabelMatch {
  std::string label;
  std::vector<std::string> values;
  bool is_negated = false;

  bool operator==(const LabelMatch&) const = default;
};

/// First match wins unless `continues`.
struct Route {
  std::vector<LabelMatch> match;  ///< All must hold; empty matches everything.
  std::vector<std::string> to;
  bool continues = false;
  std::vector<std::string> group_by{"kpi"};

  bool operator==(const Route&) const = default;
};

/// Something to tell: its labels are what routes match (kpi, owner, objective, severity, type, source, the segment's
/// and the rule's own).
struct Notice {
  MessageType type = MessageType::kTest;
  Labels labels;
};

/// Notices that share one message to one channel.
struct Envelope {
  std::string channel;
  MessageType type = MessageType::kTest;
  Labels group;
  std::vector<std::size_t> notices;  ///< Indices, ascending.

  bool operator==(const Envelope&) const = default;
};

bool matches(const Route& route, const Labels& labels);

/// The messages for these notices, in order of their first notice. A channel that two routes name gets a notice once.
std::vector<Envelope> address(std::span<const Notice> notices, std::span<const Route> routes);

}  // namespace kpi
