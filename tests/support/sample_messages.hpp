#pragma once
// Messages as the daemon would make them, for every test that renders, sends or judges one.

#include "rules/routing/message.hpp"

#include <string>
#include <vector>

namespace kpi::test {

struct SampleMessage {
  std::string name;  ///< Also of its golden files: "firing".
  Message message;
};

/// One of each kind, and the awkward ones: many alerts, hostile texts, hardly any fact.
std::vector<SampleMessage> sample_messages();
/// One of them by name.
Message sample_message(const std::string& name);

}  // namespace kpi::test
