#include "rules/routing/route.hpp"

#include <algorithm>
#include <set>

namespace kpi {
namespace {

bool holds(const LabelMatch& match, const Labels& labels) {
  const std::string_view value = label_value(labels, match.label);
  const bool is_listed = std::find(match.values.begin(), match.values.end(), value) != match.values.end();
  return is_listed != match.is_negated;
}

Labels group_of(const Route& route, const Notice& notice) {
  Labels group;
  for (const std::string& key : route.group_by) {
    const std::string_view value = label_value(notice.labels, key);
    if (!value.empty()) {
      group.emplace_back(key, std::string(value));
    }
  }
  if (group.empty() && !label_value(notice.labels, "source").empty()) {
    group.emplace_back("source", std::string(label_value(notice.labels, "source")));
  }
  std::sort(group.begin(), group.end());
  return group;
}

void add(std::vector<Envelope>& envelopes, Envelope wanted, std::size_t notice) {
  const auto same = [&](const Envelope& envelope) {
    return envelope.channel == wanted.channel && envelope.type == wanted.type && envelope.group == wanted.group;
  };
  auto found = std::find_if(envelopes.begin(), envelopes.end(), same);
  if (found == envelopes.end()) {
    found = envelopes.insert(envelopes.end(), std::move(wanted));
  }
  found->notices.push_back(notice);
}

}  // namespace

bool matches(const Route& route, const Labels& labels) {
  return std::all_of(
      route.match.begin(), route.match.end(), [&](const LabelMatch& match) { return holds(match, labels); });
}

std::vector<Envelope> address(std::span<const Notice> notices, std::span<const Route> routes) {
  std::vector<Envelope> envelopes;
  for (std::size_t i = 0; i < notices.size(); ++i) {
    std::set<std::string> reached;
    for (const Route& route : routes) {
      if (!matches(route, notices[i].labels)) {
        continue;
      }
      for (const std::string& channel : route.to) {
        if (reached.insert(channel).second) {
          add(envelopes, Envelope{channel, notices[i].type, group_of(route, notices[i]), {}}, i);
        }
      }
      if (!route.continues) {
        break;
      }
    }
  }
  return envelopes;
}

}  // namespace kpi
