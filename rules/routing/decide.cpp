#include "rules/routing/decide.hpp"

#include "rules/base/text.hpp"
#include "rules/routing/decider.hpp"
#include "rules/routing/route_labels.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace kpi {
namespace {

std::string subject_text(const AlertKey& key, const TrackedAlert& alert) {
  const std::string_view kpi = label_value(alert.labels, "kpi");
  return kpi.empty() ? key.rule : std::string(kpi) + " " + key.rule;
}

std::string group_id(RoutingGroup::Kind kind,
                     const std::string& route,
                     const std::string& channel,
                     const Labels& labels) {
  const std::string number = std::to_string(static_cast<int>(kind));
  std::string text = number + "\n" + route + "\n" + channel;
  for (const auto& [name, value] : labels) {
    text += "\n" + name + "\n" + value;
  }
  return fingerprint(text);
}

/// Where the routes lead.
std::vector<std::string> current_groups(const TrackedAlert& alert) {
  std::vector<std::string> groups;
  for (const Member& member : alert.members) {
    if (member.is_current) {
      groups.push_back(member.group);
    }
  }
  return groups;
}

bool is_beginning(const News& news) {
  return news.kind == News::Kind::kFires;
}

bool is_idle(const Member& member) {
  return member.told.empty() && member.news.empty();
}

}  // namespace

Decision Decider::decision(const RoutingGroup& group, const AlertKey& key, const TrackedAlert& alert) const {
  Decision decision;
  decision.channel = group.channel;
  decision.group = group.labels;
  decision.subject = subject_text(key, alert);
  return decision;
}

const Route& Decider::route_of(const RoutingGroup& group) const {
  static const Route kGone;  // of a route that is configured no more
  const auto [found, is_new] = routes_.try_emplace(group.route, &kGone);
  if (is_new) {
    for (const Route& route : context_.rules->routes) {
      if (key_of(route) == group.route) {
        found->second = &route;
        break;
      }
    }
  }
  return *found->second;
}

Instant Decider::shifted(const Span& span) const {
  return shift_instant(context_.now, span, context_.ground.zone);
}

RoutingGroup& Decider::group_of(RoutingGroup::Kind kind,
                                const std::string& route,
                                const std::string& channel,
                                const Labels& labels) {
  std::string id = group_id(kind, route, channel, labels);
  const auto [found, is_new] = state_.groups.try_emplace(id);
  if (is_new) {
    found->second.id = std::move(id);
    found->second.kind = kind;
    found->second.route = route;
    found->second.channel = channel;
    found->second.labels = labels;
    result_.groups.insert(found->first);
  }
  return found->second;
}

RoutingGroup& Decider::group_of(const Destination& destination) {
  const std::string route = key_of(context_.rules->routes[destination.route]);
  return group_of(RoutingGroup::Kind::kAlerts, route, destination.channel, destination.group);
}

Member& Decider::join(const AlertKey& key, TrackedAlert& alert, RoutingGroup& group) {
  if (Member* member = member_of(alert, group.id)) {
    member->is_current = true;
    return *member;
  }
  alert.members.push_back({});
  alert.members.back().group = group.id;
  state_.members[group.id].insert(key);
  if (group.kind == RoutingGroup::Kind::kAlerts) {
    take_over(key, alert, group.id);
  }
  return *member_of(alert, group.id);
}

/// What the channel knows by a route that leads there no more, it still knows.
void Decider::take_over(const AlertKey& key, TrackedAlert& alert, const std::string& id) {
  const std::string& channel = state_.groups.find(id)->second.channel;
  for (const Member& other : alert.members) {
    const auto group = state_.groups.find(other.group);
    const bool is_same = other.group != id && group != state_.groups.end() && group->second.channel == channel &&
                         group->second.kind == RoutingGroup::Kind::kAlerts;
    if (is_same) {
      Member& member = *member_of(alert, id);
      member.told = other.told;
      member.severity = other.severity;
      member.steps = other.steps;
      member.since = other.since;
      member.reminder = other.reminder;
      member.reminded = other.reminded;
      RoutingGroup& here = state_.groups.find(id)->second;
      if (!here.last) {
        here.last = group->second.last;
        here.step = group->second.step;
      }
      if (member.reminder) {
        here.reminder = std::min(here.reminder.value_or(Instant::max()), *member.reminder);
      }
      schedule(here);
      for (const News& news : other.news) {
        if (news.kind == News::Kind::kEnds) {
          member.news.push_back(news);
        }
      }
      leave(key, alert, std::string(other.group));
      return;
    }
  }
}

void Decider::leave(const AlertKey& key, TrackedAlert& alert, const std::string& group) {
  std::erase_if(alert.members, [&](const Member& member) { return member.group == group; });
  const auto members = state_.members.find(group);
  if (members != state_.members.end()) {
    members->second.erase(key);
    result_.groups.insert(group);
  }
}

/// When news of this moment may leave for others of its group.
Instant Decider::due_of(const RoutingGroup& group, bool is_spared, Hold& why) const {
  why = Hold::kGroup;
  if (group.kind != RoutingGroup::Kind::kAlerts || context_.waits_elapsed) {
    return context_.now;
  }
  const Route& route = route_of(group);
  const Instant first = shifted(route.wait);
  const bool has_interval = group.last && !(is_spared && route.interval_spares_critical);
  const Instant next = has_interval ? shift_instant(*group.last, route.interval, context_.ground.zone) : context_.now;
  why = next > first ? Hold::kInterval : Hold::kGroup;
  return std::max(first, next);
}

/// The group has something to tell: when, and until then why not.
void Decider::expect(RoutingGroup& group, const AlertKey& key, const TrackedAlert& alert, News& news, bool is_urgent) {
  Decision why = decision(group, key, alert);
  const bool begins_critical = news.kind == News::Kind::kFires && alert.present == Severity::kCritical;
  Instant due = due_of(group, begins_critical, why.hold);
  if (auto hold = hold_of(group, key, alert, news.kind == News::Kind::kEnds)) {
    news.held_by = hold->hold == Hold::kInhibited ? news.held_by : hold->by;
    due = std::max(due, hold->until.value_or(due));
    why = *std::move(hold);
  } else if (is_urgent && context_.is_warm) {
    urgent_[group.id].insert(key);
    return;
  }
  // What is held longer does not hold back what is not.
  group.due = std::min(group.due.value_or(Instant::max()), due);
  why.until = why.hold == Hold::kGroup || why.hold == Hold::kInterval ? group.due : why.until;
  if (due > context_.now) {
    result_.decisions.push_back(std::move(why));
  }
  result_.groups.insert(group.id);
  schedule(group);
}

void Decider::schedule(const RoutingGroup& group) {
  wake_at(state_, group.id, kpi::wake_of(group));
}

/// What was never told of an alert that is over is told to nobody; where it was held back, the next digest has it.
void Decider::drop_untold(
    const AlertKey& key, TrackedAlert& alert, Member& member, const std::optional<AlertView>& view, bool is_told) {
  const auto news = std::ranges::find_if(member.news, is_beginning);
  if (news == member.news.end()) {
    return;
  }
  const RoutingGroup& group = state_.groups.find(member.group)->second;
  Decision why = decision(group, key, alert);
  const auto hold = hold_of(group, key, alert, false);
  const bool is_held =
      hold && (hold->hold == Hold::kMuted || hold->hold == Hold::kOutsideHours || hold->hold == Hold::kSilenced);
  why.by = !news->held_by.empty() ? news->held_by : is_held ? hold->by : "";
  why.hold = why.by.empty() ? Hold::kOver : Hold::kHushed;
  if (why.hold == Hold::kHushed && view && member.told.empty() && group.kind == RoutingGroup::Kind::kAlerts) {
    result_.hushed.push_back({alert.episode, group.channel, why.by, context_.now, *view});
    result_.hushed.back().view.is_known = is_told;
  }
  if (member.told != alert.episode) {
    result_.decisions.push_back(std::move(why));
  }
  std::erase_if(member.news, is_beginning);
}

void Decider::forget_idle(const AlertKey& key) {
  const auto found = state_.alerts.find(key);
  if (found == state_.alerts.end()) {
    return;
  }
  TrackedAlert& alert = found->second;
  std::vector<std::string> idle;
  for (const Member& member : alert.members) {
    if (is_idle(member) && (!alert.is_firing || !member.is_current)) {
      idle.push_back(member.group);
    }
  }
  for (const std::string& group : idle) {
    leave(key, alert, group);
  }
  if (!alert.is_firing && alert.members.empty()) {
    state_.alerts.erase(found);
  }
}

void Decider::lead(const AlertKey& key, TrackedAlert& alert) {
  result_.alerts.insert(key);
  const std::vector<std::string> before = current_groups(alert);
  for (Member& member : alert.members) {
    const auto group = state_.groups.find(member.group);
    member.is_current = group != state_.groups.end() && group->second.kind != RoutingGroup::Kind::kAlerts;
  }
  const std::set<std::string_view> reached = lead_on(key, alert, before);
  for (const Destination& destination : destinations(alert.labels, alert.also, context_.rules->routes)) {
    if (!reached.contains(destination.channel)) {
      join(key, alert, group_of(destination));
    }
  }
  lead_as_it_is(key, alert);
  // What was on its way along routes that lead there no more is not told.
  for (Member& member : alert.members) {
    if (!member.is_current) {
      std::erase_if(member.news, is_beginning);
    }
  }
  forget_idle(key);
}

/// Who hears of a fallen alert as what it is now, because nobody knew of it then, goes on to. Gives the channels.
std::set<std::string_view> Decider::lead_on(const AlertKey& key,
                                            TrackedAlert& alert,
                                            const std::vector<std::string>& before) {
  std::set<std::string_view> reached;
  if (alert.present >= alert.severity) {
    return reached;
  }
  for (const Destination& destination : destinations(labels_now(alert), alert.also, context_.rules->routes)) {
    const std::string route = key_of(context_.rules->routes[destination.route]);
    const std::string id = group_id(RoutingGroup::Kind::kAlerts, route, destination.channel, destination.group);
    const auto group = state_.groups.find(id);
    if (group != state_.groups.end() && std::ranges::find(before, id) != before.end()) {
      reached.insert(group->second.channel);
      join(key, alert, group->second);
    }
  }
  return reached;
}

/// It fell before anybody knew of it: whoever would have been told had it begun so is told now. Those who wait for
/// news of something worse stay, for it may rise again.
void Decider::lead_as_it_is(const AlertKey& key, TrackedAlert& alert) {
  const auto knows = [&](const Member& member) { return is_known(alert, member); };
  if (alert.present >= alert.severity || std::ranges::any_of(alert.members, knows)) {
    return;
  }
  for (const Destination& destination : destinations(labels_now(alert), alert.also, context_.rules->routes)) {
    const bool is_reached = std::ranges::any_of(alert.members, [&](const Member& member) {
      const auto group = state_.groups.find(member.group);
      return member.is_current && group != state_.groups.end() && group->second.channel == destination.channel &&
             !is_too_mild(group->second, alert, member);
    });
    if (!is_reached) {
      join(key, alert, group_of(destination));
    }
  }
}

/// Whether it fell below what the route is for before the channel knew of it.
bool Decider::is_too_mild(const RoutingGroup& group, const TrackedAlert& alert, const Member& member) const {
  if (alert.present >= alert.severity || member.told == alert.episode || group.kind != RoutingGroup::Kind::kAlerts) {
    return false;
  }
  const std::vector<LabelMatch>& match = route_of(group).match;
  return !matches(match, labels_now(alert)) &&
         std::ranges::none_of(alert.also, [&](const Labels& labels) { return matches(match, labels); });
}

/// Those to whom it was escalated, and to whom no route leads.
bool Decider::is_told_by_steps_alone(const TrackedAlert& alert, const RoutingGroup& group) const {
  return group.kind == RoutingGroup::Kind::kEscalation && std::ranges::none_of(alert.members, [&](const Member& other) {
           const auto found = state_.groups.find(other.group);
           return other.is_current && found != state_.groups.end() && found->second.channel == group.channel &&
                  found->second.kind == RoutingGroup::Kind::kAlerts;
         });
}

void Decider::fire(const AlertEvent& event) {
  TrackedAlert& alert = state_.alerts[event.alert];
  const bool is_new = !alert.is_firing || alert.episode != event.episode;
  bool is_voided = false;
  if (is_new) {
    alert.episode = event.episode;
    alert.fired = context_.now;
    alert.acknowledged.reset();
    for (Member& member : alert.members) {
      member.steps = 0;
      member.since.reset();
    }
  } else {
    is_voided = void_acknowledgement(alert, event.severity);
  }
  const bool is_worse = !is_new && event.severity > alert.severity;
  const std::vector<std::string> before = current_groups(alert);
  alert.is_firing = true;
  alert.is_reminded = event.is_reminded;
  alert.type = event.type;
  alert.severity = event.severity;
  alert.present = event.severity;
  alert.labels = event.labels;
  alert.also = event.also;
  lead(event.alert, alert);
  for (Member& member : alert.members) {
    const bool is_led_here = is_worse && std::ranges::find(before, member.group) == before.end();
    if (is_led_here || is_voided) {
      member.since.reset();
    }
    if (is_led_here) {
      member.steps = 0;
    }
  }
  for (Member& member : alert.members) {
    RoutingGroup& group = state_.groups.find(member.group)->second;
    const bool is_escalated = is_worse && member.told == event.episode && is_told_by_steps_alone(alert, group);
    if (!member.is_current || (group.kind != RoutingGroup::Kind::kAlerts && !is_escalated)) {
      continue;
    }
    std::erase_if(member.news, is_beginning);
    member.news.push_back(
        {News::Kind::kFires, is_escalated ? MessageType::kAlertEscalated : event.type, event.view, ""});
    // Those who know it as something lesser are no new alert's audience, for which `interval` is.
    const bool is_urgent = is_worse && event.severity == Severity::kCritical && member.told == event.episode;
    expect(group, event.alert, alert, member.news.back(), is_urgent);
  }
}

void Decider::end(const AlertEvent& event) {
  TrackedAlert& alert = state_.alerts[event.alert];
  result_.alerts.insert(event.alert);
  alert.is_firing = false;
  alert.episode = alert.episode.empty() ? event.episode : alert.episode;
  alert.labels = event.labels.empty() ? alert.labels : event.labels;
  end_acknowledgement(std::string(alert.episode), Acknowledgement::End::kResolved);
  if (event.is_for_all) {
    for (const Destination& destination : destinations(alert.labels, context_.rules->routes)) {
      join(event.alert, alert, group_of(destination));
    }
  }
  const bool is_told =
      std::ranges::any_of(alert.members, [&](const Member& member) { return member.told == alert.episode; });
  std::set<std::string_view> ending;  // channels: one that knows it by two routes is told once
  for (Member& member : alert.members) {
    drop_untold(event.alert, alert, member, event.view, is_told);
    RoutingGroup& group = state_.groups.find(member.group)->second;
    const bool is_heard = !event.is_silent || context_.incident_channels.contains(group.channel);
    const bool is_news = is_heard && (!member.told.empty() || (event.is_for_all && member.is_current));
    member.told.clear();
    member.severity = Severity::kNone;
    if (is_news && ending.insert(group.channel).second) {
      member.news.push_back({News::Kind::kEnds, event.type, event.view, ""});
      expect(group, event.alert, alert, member.news.back(), context_.incident_channels.contains(group.channel));
    }
  }
  forget_idle(event.alert);
}

void Decider::notice(const AlertEvent& event) {
  TrackedAlert& alert = state_.alerts[event.alert];
  result_.alerts.insert(event.alert);
  if (!alert.is_firing) {
    alert.episode = event.episode;
    alert.labels = event.labels;
  }
  for (const Destination& destination : destinations(event.labels, context_.rules->routes)) {
    RoutingGroup& group = event.is_summary ? group_of(RoutingGroup::Kind::kSummary,
                                                      key_of(context_.rules->routes[destination.route]),
                                                      destination.channel,
                                                      {})
                                           : group_of(destination);
    Member& member = join(event.alert, alert, group);
    member.news.push_back({News::Kind::kNotice, event.type, event.view, ""});
    expect(group, event.alert, alert, member.news.back());
  }
  forget_idle(event.alert);
}

/// It speaks for more than before: those who hear of that know of nothing yet.
void Decider::widen(const AlertEvent& event) {
  const auto found = state_.alerts.find(event.alert);
  if (found != state_.alerts.end() && found->second.is_firing) {
    found->second.also = event.also;
    lead_again(event.alert, found->second);
    result_.alerts.insert(event.alert);
  }
}

/// It falls in silence, and goes on by the same routes; when it rises again, those know it already whose last message
/// said so. What was acknowledged as something milder is news for all.
void Decider::shift(const AlertEvent& event) {
  const auto found = state_.alerts.find(event.alert);
  if (found == state_.alerts.end() || !found->second.is_firing || found->second.present == event.severity) {
    return;
  }
  TrackedAlert& alert = found->second;
  const bool is_worse = event.severity > alert.present;
  const bool is_voided = void_acknowledgement(alert, event.severity);
  alert.present = event.severity;
  lead_again(event.alert, alert);
  result_.alerts.insert(event.alert);
  if (is_worse) {
    look_for_rise(event.alert, alert);
  } else {
    drop_known(alert);
  }
  for (Member& member : alert.members) {
    RoutingGroup& group = state_.groups.find(member.group)->second;
    if (group.reminder && member.reminder) {  // what held it may not hold back what is so bad
      group.reminder = std::min(*group.reminder, std::max(*member.reminder, context_.now));
      schedule(group);
    }
    const bool is_heard = group.kind == RoutingGroup::Kind::kAlerts || is_told_by_steps_alone(alert, group);
    const bool is_news = is_worse && (is_voided || member.severity < event.severity);
    if (!is_news || !is_heard || !is_known(alert, member)) {
      continue;
    }
    if (is_voided) {
      member.since.reset();
    }
    std::erase_if(member.news, is_beginning);
    const bool is_escalated = group.kind != RoutingGroup::Kind::kAlerts;
    member.news.push_back(
        {News::Kind::kFires, is_escalated ? MessageType::kAlertEscalated : alert.type, std::nullopt, ""});
    expect(group, event.alert, alert, member.news.back(), event.severity == Severity::kCritical);
  }
}

/// That it was worse for a while is no news to those who know it as what it is now, and were not told meanwhile.
void Decider::drop_known(TrackedAlert& alert) {
  for (Member& member : alert.members) {
    if (is_known(alert, member) && member.since && alert.present <= member.severity) {
      std::erase_if(member.news, [](const News& news) {
        return is_beginning(news) && !news.view && news.type != MessageType::kAlertFlapping;
      });
    }
  }
}

/// It is as bad again as those were to hear who never did.
void Decider::look_for_rise(const AlertKey& key, TrackedAlert& alert) {
  for (Member& member : alert.members) {
    const auto news = std::ranges::find_if(member.news, is_beginning);
    RoutingGroup& group = state_.groups.find(member.group)->second;
    if (news != member.news.end() && member.told != alert.episode && !group.due) {
      expect(group, key, alert, *news);
    }
  }
}

void Decider::take(const AlertEvent& event) {
  if (event.is_shift) {
    shift(event);
    return;
  }
  if (event.is_wider) {
    widen(event);
    return;
  }
  switch (event.kind) {
    case News::Kind::kFires:
      fire(event);
      break;
    case News::Kind::kEnds:
      end(event);
      break;
    case News::Kind::kNotice:
      notice(event);
      break;
  }
}

Instant wake_of(const RoutingGroup& group) {
  Instant when = Instant::max();
  for (const std::optional<Instant>& one : {group.due, group.reminder, group.step}) {
    when = std::min(when, one.value_or(Instant::max()));
  }
  return when;
}

Member* member_of(TrackedAlert& alert, std::string_view group) {
  const auto found = std::ranges::find(alert.members, group, &Member::group);
  return found == alert.members.end() ? nullptr : &*found;
}

Labels labels_now(const TrackedAlert& alert) {
  Labels labels = alert.labels;
  set_label(labels, "severity", std::string(name_of(alert.present)));
  return labels;
}

bool is_known(const TrackedAlert& alert, const Member& member) {
  return alert.is_firing && member.is_current && member.told == alert.episode;
}

void wake_at(RoutingState& state, const std::string& group, Instant when) {
  const auto known = state.wake_of.find(group);
  if (known != state.wake_of.end()) {
    if (known->second == when) {
      return;
    }
    state.wakes.erase({known->second, group});
    state.wake_of.erase(known);
  }
  if (when != Instant::max()) {
    state.wakes.emplace(when, group);
    state.wake_of.emplace(group, when);
  }
}

Decided decide(RoutingState& state, const std::vector<AlertEvent>& events, const DecideContext& context) {
  std::erase_if(state.silences, [&](const auto& silence) { return silence.second.end <= context.now; });
  std::erase_if(state.acknowledgements, [&](const auto& one) { return one.second.until <= context.now; });
  Decider decider(state, context);
  for (const AlertEvent& event : events) {
    decider.take(event);
  }
  decider.tell_due();
  return decider.take_result();
}

Instant next_wake(const RoutingState& state) {
  return state.wakes.empty() ? Instant::max() : state.wakes.begin()->first;
}

}  // namespace kpi
