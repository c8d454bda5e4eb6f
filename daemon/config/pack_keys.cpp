#include "daemon/config/config_keys.hpp"
#include "rules/base/text.hpp"
#include "rules/load/pack.hpp"

#include <algorithm>
#include <set>

namespace kpi {
namespace {

class PackReader {
 public:
  PackReader(ConfigReading& reading, SourceSet& texts, std::vector<const YamlNode*>& kpis, std::deque<YamlNode>& trees)
      : reading_(reading), diagnostics_(reading.diagnostics), texts_(texts), kpis_(kpis), trees_(trees) {
    for (const YamlNode* own : kpis) {
      for (const auto& [name, body] : own->entries) {
        own_.emplace(name.scalar, name.position);
      }
    }
  }

  void read(const YamlNode& item) {
    MapReader map(item, "packs", diagnostics_);
    if (const YamlNode* name = map.required("use", "the name of a pack, such as acquisition")) {
      read_pack(*name, map);
    }
    map.finish();
  }

  /// Once all packs are known: what only: leaves out may be another's, or the user's own.
  void check_left_out() {
    for (const LeftOut& left : left_out_) {
      if (!own_.contains(left.kpi) && !used_.contains(left.kpi)) {
        diagnostics_.error(left.position,
                           "only leaves out \"" + left.kpi + "\", which " + join(left.users, " and ") +
                               " of the pack \"" + left.pack + "\" " + (left.users.size() == 1 ? "reads" : "read"),
                           "add " + left.kpi + " to only");
        std::erase(kpis_, left.tree);  // or it would be told again, inside the pack
      }
    }
  }

 private:
  struct LeftOut {
    std::string kpi;
    std::string pack;
    std::vector<std::string> users;
    Position position;
    const YamlNode* tree = nullptr;
  };

  void read_pack(const YamlNode& name, MapReader& map) {
    const auto found = std::ranges::find(pack_texts(), std::string_view(name.scalar), &PackText::name);
    if (found == pack_texts().end()) {
      std::vector<std::string> names;
      for (const PackText& pack : pack_texts()) {
        names.emplace_back(pack.name);
      }
      const std::string near = did_you_mean(name.scalar, names);
      diagnostics_.error(name.position,
                         "there is no pack \"" + printable(name.scalar, 60) + "\"",
                         near.empty() ? "packs: " + join(names, " ") : near);
      for (const char* key : {"sources", "metrics", "only", "change"}) {
        map.optional(key);  // fine by themselves
      }
      return;
    }
    const SourceText& text = texts_.add("library/" + std::string(found->name) + ".yaml", std::string(found->text));
    const auto tree = parse_yaml(text, diagnostics_);
    UsedPack used = use_pack(map, name.scalar, tree.value_or(YamlNode()));
    drop_twice(name, used.kpis);
    if (!has_metrics(name, used, map)) {
      return;
    }
    trees_.push_back(std::move(used.kpis));
    kpis_.push_back(&trees_.back());
    const Position only = map.optional("only") == nullptr ? name.position : map.position_of("only");
    for (const auto& [kpi, users] : used.left_out) {
      left_out_.push_back({kpi, name.scalar, {users.begin(), users.end()}, only, &trees_.back()});
    }
  }

  /// A KPI that is there already cannot be given another name: it is the pack's.
  void drop_twice(const YamlNode& pack, YamlNode& kpis) {
    std::erase_if(kpis.entries, [&](const auto& entry) {
      const std::string& name = entry.first.scalar;
      const auto own = own_.find(name);
      const auto [used, is_new] = used_.emplace(name, pack.position);
      if (own == own_.end() && is_new) {
        return false;
      }
      Diagnostic twice;
      twice.position = pack.position;
      twice.message = "the pack \"" + pack.scalar + "\" has a KPI \"" + name + "\", and " +
                      (own == own_.end() ? "another entry of packs has it too" : "so do your rules");
      twice.remedy = own == own_.end()
                         ? "leave it out of one of them, by only: [those that are meant]"
                         : "give yours another name, or leave the pack's out, by only: [those that are meant]";
      twice.related = own == own_.end() ? used->second : own->second;
      twice.related_message = own == own_.end() ? "the other entry" : "yours";
      diagnostics_.add(std::move(twice));
      return true;
    });
  }

  /// Where what a pack calls `own` is bound to a name of the user's.
  static Position place_of(const YamlNode& pack, MapReader& map, const std::string& own) {
    for (const auto& [key, name] : {std::pair("metrics", own), std::pair("sources", own.substr(0, own.find('.')))}) {
      const YamlNode* names = map.optional(key);
      const YamlNode* bound = names == nullptr ? nullptr : names->find(name);
      if (bound != nullptr) {
        return bound->position;
      }
    }
    return pack.position;
  }

  [[nodiscard]] std::string remedy_of(const std::string& own, const std::string& metric) const {
    const std::string bind =
        "bind it: " + (own == metric ? "sources: {" + own.substr(0, own.find('.')) + ": YOURS}, or " : "") +
        "metrics: {" + own + ": YOURS.METRIC}; or pick other KPIs by only: […]";
    std::vector<std::string> known;
    for (const Metric& there : reading_.config.rules.metrics) {
      known.push_back(there.name);
    }
    const std::string near = own == metric ? "" : did_you_mean(metric, known);
    const std::string source = metric.substr(0, metric.find('.'));
    std::set<std::string> sources;
    for (const std::string& there : known) {
      sources.insert(there.substr(0, there.find('.')));
    }
    const std::vector<std::string> names(sources.begin(), sources.end());
    const std::string meant = did_you_mean(source, names);
    const bool has_source = sources.contains(source);
    return !near.empty()                 ? near
           : own == metric || has_source ? bind
                                         : "there is no source \"" + printable(source, 60) + "\"; " +
                                               (meant.empty() ? "sources: " + join(names, " ") + "; " + bind : meant);
  }

  /// Whether the sources have what the pack reads; said once for each metric, where it is bound.
  bool has_metrics(const YamlNode& name, const UsedPack& used, MapReader& map) {
    bool has_all = true;
    for (const auto& [metric, kpis] : used.metrics) {
      if (std::ranges::find(reading_.config.rules.metrics, metric, &Metric::name) !=
          reading_.config.rules.metrics.end()) {
        continue;
      }
      has_all = false;
      const std::vector<std::string> users(kpis.begin(), kpis.end());
      const std::string& own = used.own_names.at(metric);
      diagnostics_.error(place_of(name, map, own),
                         "the pack reads " + own + " (for " + join(users, ", ") + ")" +
                             (own == metric ? "" : ", bound to " + metric) + ", which no source delivers",
                         remedy_of(own, metric));
    }
    return has_all;
  }

  ConfigReading& reading_;
  Diagnostics& diagnostics_;
  SourceSet& texts_;
  std::vector<const YamlNode*>& kpis_;
  std::deque<YamlNode>& trees_;
  std::map<std::string, Position> own_;   ///< KPIs of the rule files.
  std::map<std::string, Position> used_;  ///< Those of packs, and which entry has them.
  std::vector<LeftOut> left_out_;
};

}  // namespace

void read_packs(const YamlNode& list,
                ConfigReading& reading,
                SourceSet& texts,
                std::vector<const YamlNode*>& kpis,
                std::deque<YamlNode>& trees) {
  if (list.kind != YamlNode::Kind::kSequence) {
    reading.diagnostics.error(
        list.position, "packs wants a list", "write packs: [{use: acquisition, sources: {web: ga4}}]");
    return;
  }
  PackReader packs(reading, texts, kpis, trees);
  for (const YamlNode& item : list.items) {
    packs.read(item);
  }
  packs.check_left_out();
}

}  // namespace kpi
