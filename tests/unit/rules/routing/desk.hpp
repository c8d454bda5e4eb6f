#pragma once
// Routing told what happens to alerts by name, on a clock that the test moves. Times are "2026-03-31 06:00", UTC unless
// the test sets a zone.

#include "rules/routing/decide.hpp"

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace kpi::test {

Route route_to(std::vector<std::string> channels, std::vector<LabelMatch> match = {});

class Desk {
 public:
  explicit Desk(std::vector<Route> routes);

  [[nodiscard]] Instant time(std::string_view text) const;

  /// An alert of this name fires; of a segment of the KPI "visits". Nothing is decided before `until`.
  void fires(std::string_view at, const std::string& name, Severity severity = Severity::kWarning);
  /// It goes on, as something milder or as bad again as it was.
  void shifts(std::string_view at, const std::string& name, Severity severity);
  void no_data(std::string_view at, const std::string& name);
  void ends(std::string_view at, const std::string& name);

  void event(std::string_view at, AlertEvent event);

  /// Every message up to this time, in order: "08:00:00 team alert.firing a b". An end is "-a".
  std::vector<std::string> until(std::string_view at);

  /// As the history would give it back.
  void restart();

  [[nodiscard]] DecideContext context(Instant now) const;
  /// Why each channel knows, or does not know, of the alert: "team: muted nights until 2026-03-31 08:00".
  [[nodiscard]] std::vector<std::string> why(std::string_view at, const std::string& name) const;

  void acknowledge(std::string_view at, const std::string& name, std::string_view until);

  RoutingRules rules;
  RoutingState state;
  Zone zone;
  std::set<std::string, std::less<>> incident_channels;
  std::set<std::string> inhibited;  ///< By name.
  bool is_warm = true;
  /// What came and went unheard: "team c by nights".
  std::vector<std::string> hushed;
  std::vector<Acknowledgement> ended;
  Instant last;  ///< Of the decisions so far.
  /// Called between any two decisions.
  std::function<void(RoutingState&)> between;

 private:
  [[nodiscard]] std::vector<std::string> decide_at(Instant now, const std::vector<AlertEvent>& events);
  void pass(Instant until);

  std::vector<std::string> told_;
  std::map<std::string, std::string> episodes_;  // by name: the one that goes on
  int count_ = 0;
};

}  // namespace kpi::test
