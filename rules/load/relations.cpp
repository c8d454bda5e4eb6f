#include "rules/load/relations.hpp"

#include "rules/base/text.hpp"

#include <algorithm>
#include <map>
#include <set>
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
      if (!kpi.inhibits.empty()) {
        check_own_inhibits(kpi, raw.inhibits_positions.front());
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

  /// Whether what `from` holds back, and what that holds back, and so on, ends with `to`.
  [[nodiscard]] bool leads_to(const std::string& from, const std::string& to) const {
    std::set<std::string> seen;
    std::vector<std::string> next{from};
    while (!next.empty()) {
      const std::string id = next.back();
      next.pop_back();
      const Kpi* kpi = seen.insert(id).second && by_name_.contains(id) ? compiled_(id) : nullptr;
      for (const RuleName& inhibited : kpi == nullptr ? std::vector<RuleName>{} : kpi->inhibits) {
        if (inhibited.kpi == to) {
          return true;
        }
        next.push_back(inhibited.kpi);
      }
    }
    return false;
  }

  /// Of two of its own rules that it names each holds the other back.
  void check_own_inhibits(const Kpi& kpi, Position position) {
    const auto is_own = [&](const RuleName& rule) { return rule.kpi == kpi.id; };
    if (std::ranges::count_if(kpi.inhibits, is_own) > 1) {
      diagnostics_.error(
          position,
          "of the rules of " + kpi.id + " that its inhibits names each holds the others back: nobody would be told",
          "name at most one of its own");
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
    if (inhibited.kpi != id && inhibited.kpi < id && leads_to(inhibited.kpi, id)) {
      diagnostics_.error(
          position,
          id + " and what it holds back hold each other back in a ring: of all of them nobody would be told",
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
