#include "rules/routing/route.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

namespace kpi {
namespace {

bool holds(const LabelMatch& match, const Labels& labels) {
  const std::string_view value = label_value(labels, match.label);
  const bool is_listed = std::ranges::find(match.values, value) != match.values.end();
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
  std::ranges::sort(group);
  const auto twice = std::ranges::unique(group);
  group.erase(twice.begin(), twice.end());
  return group;
}

/// Collects envelopes, each channel, type and group once.
class Sorting {
 public:
  void add(const std::string& channel, MessageType type, Labels group, std::size_t notice) {
    const auto [found, is_new] = index_.try_emplace({channel, type, group}, envelopes_.size());
    if (is_new) {
      envelopes_.push_back(Envelope{channel, type, std::move(group), {}});
    }
    envelopes_[found->second].notices.push_back(notice);
  }

  std::vector<Envelope> take() { return std::move(envelopes_); }

 private:
  std::map<std::tuple<std::string, MessageType, Labels>, std::size_t> index_;
  std::vector<Envelope> envelopes_;
};

}  // namespace

bool matches(const Route& route, const Labels& labels) {
  return std::ranges::all_of(route.match, [&](const LabelMatch& match) { return holds(match, labels); });
}

std::vector<Envelope> address(std::span<const Notice> notices, std::span<const Route> routes) {
  Sorting sorting;
  for (std::size_t i = 0; i < notices.size(); ++i) {
    std::set<std::string> reached;
    for (const Route& route : routes) {
      if (!matches(route, notices[i].labels)) {
        continue;
      }
      for (const std::string& channel : route.to) {
        if (reached.insert(channel).second) {
          sorting.add(channel, notices[i].type, group_of(route, notices[i]), i);
        }
      }
      if (!route.continues) {
        break;
      }
    }
  }
  return sorting.take();
}

}  // namespace kpi
