#include "rules/load/relations.hpp"

#include "rules/base/text.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

namespace kpi {
namespace {

class RelationCheck {
 public:
  RelationCheck(const std::vector<RawKpi>& kpis,
                const std::map<std::string, std::size_t, std::less<>>& by_name,
                const std::function<const Kpi*(std::string_view id)>& compiled,
                Diagnostics& diagnostics)
      : raw_(kpis), by_name_(by_name), compiled_(compiled), diagnostics_(diagnostics) {}

  /// What KPIs say of each other: `was` and `inhibits`.
  void run() {
    std::map<std::string, std::string, std::less<>> heirs;
    for (const auto& [id, index] : by_name_) {
      const RawKpi& raw = raw_[index];
      const Kpi& kpi = compiled_(id) != nullptr ? *compiled_(id) : raw.kpi;
      for (std::size_t i = 0; i < kpi.was.size(); ++i) {
        check_was(id, kpi.was[i], raw.was_positions[i], heirs);
      }
      for (std::size_t i = 0; i < kpi.inhibits.size(); ++i) {
        check_inhibits(id, kpi.inhibits[i], raw.inhibits_positions[i]);
      }
    }
  }

 private:
  void check_was(const std::string& id,
                 const std::string& name,
                 Position position,
                 std::map<std::string, std::string, std::less<>>& heirs) {
    const auto living = by_name_.find(name);
    if (living != by_name_.end()) {
      Diagnostic found;
      found.position = position;
      found.message = id + " was \"" + printable(name) + "\", which is still a KPI";
      found.remedy = "take the old KPI out, or leave the name out of `was`";
      found.related = raw_[living->second].kpi.position;
      found.related_message = "defined here";
      diagnostics_.add(std::move(found));
      return;
    }
    const auto [heir, is_first] = heirs.emplace(name, id);
    if (!is_first) {
      diagnostics_.error(position,
                         "\"" + printable(name) + "\" is an earlier name of " + heir->second + " already",
                         "one KPI alone takes over the history of another");
    }
  }

  void check_inhibits(const std::string& id, const RuleName& inhibited, Position position) {
    const std::string whole = printable(inhibited.kpi + (inhibited.rule.empty() ? "" : "." + inhibited.rule));
    if (!by_name_.contains(inhibited.kpi)) {
      std::vector<std::string> names;
      for (const auto& [name, index] : by_name_) {
        names.push_back(name);
      }
      const std::string meant = did_you_mean(inhibited.kpi, names);
      diagnostics_.error(position,
                         "inhibits names \"" + whole + "\", and there is no such KPI",
                         meant.empty() ? "write inhibits: [kpi.rule]" : meant);
      return;
    }
    const Kpi* other = compiled_(inhibited.kpi);
    const auto is_this = [&](const RuleName& rule) { return rule.kpi == id; };
    if (other != nullptr && inhibited.kpi < id && std::ranges::any_of(other->inhibits, is_this)) {
      diagnostics_.error(position,
                         id + " and " + inhibited.kpi + " hold each other back: of both nobody would be told",
                         "leave one of them out");
      return;
    }
    if (other == nullptr || has_rule(*other, inhibited.rule)) {
      return;  // what is wrong with it has been said
    }
    std::vector<std::string> names{"no_data"};
    if (other->thresholds) {
      names.emplace_back("thresholds");
    }
    if (!other->targets.empty()) {
      names.emplace_back("target");
    }
    for (const AlertRule& alert : other->alerts) {
      names.push_back(alert.name);
    }
    diagnostics_.error(position,
                       "inhibits names \"" + whole + "\", and " + inhibited.kpi + " has no such alert rule",
                       printable("it has " + join(names, ", ") + ": write " + inhibited.kpi + "." + names.back()));
  }

  const std::vector<RawKpi>& raw_;
  const std::map<std::string, std::size_t, std::less<>>& by_name_;
  const std::function<const Kpi*(std::string_view id)>& compiled_;
  Diagnostics& diagnostics_;
};

}  // namespace

void check_relations(const std::vector<RawKpi>& kpis,
                     const std::map<std::string, std::size_t, std::less<>>& by_name,
                     const std::function<const Kpi*(std::string_view id)>& compiled,
                     Diagnostics& diagnostics) {
  RelationCheck(kpis, by_name, compiled, diagnostics).run();
}

}  // namespace kpi
