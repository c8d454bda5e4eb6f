// What one group tells when it wakes: news, the next step of an escalation, a reminder.

#include "rules/base/text.hpp"
#include "rules/routing/decider.hpp"

#include <algorithm>
#include <tuple>

namespace kpi {
namespace {

constexpr std::chrono::seconds kLeastWait{1};
/// How often it is looked at whether another alert still speaks for this one: nobody says when it ceases to.
constexpr std::chrono::minutes kInhibitedLook{5};
constexpr Span kLongestGap{.days = 7};

bool is_end(MessageType type) {
  return type == MessageType::kAlertResolved || type == MessageType::kSourceRecovered;
}

/// The span 2^times over, at most a week unless it is longer itself.
Span grown(const Span& span, std::uint32_t times) {
  Span result = span;
  for (std::uint32_t i = 0; i < times; ++i) {
    if (result.approximate_ms() * 2 > kLongestGap.approximate_ms()) {
      return span.approximate_ms() > kLongestGap.approximate_ms() ? span : kLongestGap;
    }
    result = {result.months * 2, result.days * 2, result.ms * 2};
  }
  return result;
}

}  // namespace

std::optional<Quiet> Decider::quiet_of(const RoutingGroup& group) const {
  const auto [found, is_new] = quiet_.try_emplace(group.route);
  if (is_new) {
    found->second = quiet_at(route_of(group), *context_.rules, context_.now, context_.ground);
  }
  return found->second;
}

std::optional<Decision> Decider::hold_of(const RoutingGroup& group,
                                         const AlertKey& key,
                                         const TrackedAlert& alert,
                                         bool is_end) const {
  if (is_end && context_.incident_channels.contains(group.channel)) {
    return std::nullopt;
  }
  Decision why = decision(group, key, alert);
  const Labels labels = labels_now(alert);  // of one that is over, as bad as it was last
  for (const auto& [id, silence] : state_.silences) {
    if (silence.is_active(context_.now) && matches(silence.match, labels)) {
      why.hold = Hold::kSilenced;
      why.by = silence.by + (silence.comment.empty() ? "" : " (" + silence.comment + ")");
      why.until = silence.end;
      return why;
    }
  }
  if (const auto quiet = quiet_of(group)) {
    why.hold = quiet->mute.empty() ? Hold::kOutsideHours : Hold::kMuted;
    why.by = quiet->mute.empty() ? route_of(group).only : quiet->mute;
    why.until = quiet->until;
    return why;
  }
  why.by = !is_end && context_.speaker_for ? context_.speaker_for(key) : "";
  if (!why.by.empty()) {
    why.hold = Hold::kInhibited;
    why.until = std::max(shifted(route_of(group).interval), Instant{context_.now + kInhibitedLook});
    return why;
  }
  return std::nullopt;
}

std::optional<Decision> Decider::hold_of_reminder(const RoutingGroup& group,
                                                  const AlertKey& key,
                                                  const TrackedAlert& alert) const {
  if (const Acknowledgement* known = acknowledgement_of(alert)) {
    Decision why = decision(group, key, alert);
    why.hold = Hold::kAcknowledged;
    why.by = known->by;
    why.until = known->until;
    return why;
  }
  return hold_of(group, key, alert, false);
}

void Decider::send(const RoutingGroup& group, MessageType type, std::vector<Envelope::Item> items) {
  result_.messages.push_back({group.channel, type, group.labels, std::move(items)});
}

/// Since when nobody has said "I have it"; none: somebody had it until now.
std::optional<Instant> Decider::unanswered_since(const TrackedAlert& alert, const Member& member) const {
  const Instant since = std::max(member.since.value_or(context_.now), alert.acknowledged.value_or(Instant::min()));
  return since < context_.now ? std::optional(since) : std::nullopt;
}

/// The news of one alert that may be told now; when what is held may be.
std::optional<Instant> Decider::collect_news(RoutingGroup& group, const AlertKey& key, Bundles& bundles) {
  TrackedAlert& alert = state_.alerts.find(key)->second;
  Member& member = *member_of(alert, group.id);
  if (member.news.empty()) {
    return std::nullopt;
  }
  std::optional<Instant> next;
  std::vector<News> kept;
  const bool is_too_mild = this->is_too_mild(group, alert, member);
  for (News& news : member.news) {
    if (is_too_mild && news.kind == News::Kind::kFires) {
      result_.decisions.push_back(decision(group, key, alert));
      result_.decisions.back().hold = Hold::kMilder;
      kept.push_back(std::move(news));
      continue;
    }
    if (auto hold = hold_of(group, key, alert, news.kind == News::Kind::kEnds)) {
      next = std::min(next.value_or(Instant::max()), hold->until.value_or(Instant::max()));
      const bool is_hush = hold->hold != Hold::kInhibited;
      news.held_by = is_hush ? hold->by : news.held_by;
      result_.decisions.push_back(std::move(*hold));
      kept.push_back(std::move(news));
      continue;
    }
    Envelope::Item item{key, news.view};
    if (news.kind == News::Kind::kFires) {
      item.unanswered = news.type == MessageType::kAlertEscalated ? unanswered_since(alert, member) : std::nullopt;
      member.told = alert.episode;
      member.severity = news.view ? news.view->severity : alert.present;
      member.since = member.since.value_or(context_.now);
      member.reminded = 0;
    }
    if (member.told == alert.episode) {
      set_reminder(group, alert, member);
    }
    bundles[news.type].push_back(std::move(item));
  }
  member.news = std::move(kept);
  result_.alerts.insert(key);
  return next;
}

/// A message about new alerts shows the whole of the group: those that go on stand behind what is new.
void Decider::list_known(RoutingGroup& group, Bundles& bundles) {
  const auto bundle = bundles.find(MessageType::kAlertFiring);
  if (bundle == bundles.end()) {
    return;
  }
  std::set<AlertKey> listed;
  for (const Envelope::Item& item : bundle->second) {
    listed.insert(item.alert);
  }
  for (const AlertKey& key : state_.members.find(group.id)->second) {
    TrackedAlert& alert = state_.alerts.find(key)->second;
    const bool goes_on = alert.type == MessageType::kAlertFiring && is_known(alert, *member_of(alert, group.id));
    if (goes_on && !listed.contains(key) && !hold_of_reminder(group, key, alert)) {
      bundle->second.push_back({key, std::nullopt, true});
      member_of(alert, group.id)->severity = alert.present;
      set_reminder(group, alert, *member_of(alert, group.id));
      result_.alerts.insert(key);
    }
  }
}

void Decider::tell_news(RoutingGroup& group) {
  if (!group.due || *group.due > context_.now) {
    return;
  }
  Bundles bundles;
  std::optional<Instant> next;
  const std::set<AlertKey> members = state_.members[group.id];
  for (const AlertKey& key : members) {
    if (const auto later = collect_news(group, key, bundles)) {
      next = std::min(next.value_or(Instant::max()), *later);
    }
  }
  group.due = next;
  if (group.kind == RoutingGroup::Kind::kAlerts) {
    list_known(group, bundles);
  }
  send_all(group, bundles);
  for (const AlertKey& key : members) {
    forget_idle(key);
  }
}

/// What ended first.
void Decider::send_all(RoutingGroup& group, Bundles& bundles) {
  for (const bool ends : {true, false}) {
    for (auto& [type, items] : bundles) {
      if (is_end(type) == ends) {
        send(group, type, std::move(items));
      }
    }
  }
  if (!bundles.empty()) {
    group.last = context_.now;
    const bool escalates = group.kind == RoutingGroup::Kind::kAlerts && !route_of(group).escalate.empty();
    group.step = escalates ? std::optional(context_.now) : std::nullopt;
  }
}

/// What became critical is told at once to those who know it as something lesser, and an end to those who keep
/// incidents; what else is new in the group keeps its time.
void Decider::tell_urgent(RoutingGroup& group, const std::set<AlertKey>& alerts) {
  Bundles bundles;
  for (const AlertKey& key : alerts) {
    collect_news(group, key, bundles);
  }
  result_.groups.insert(group.id);
  const bool has_news = std::ranges::any_of(bundles, [](const auto& bundle) { return !is_end(bundle.first); });
  list_known(group, bundles);
  if (has_news) {
    send_all(group, bundles);
  } else {
    for (auto& [type, items] : bundles) {
      send(group, type, std::move(items));  // an end holds back nothing that begins
    }
  }
  for (const AlertKey& key : alerts) {
    forget_idle(key);
  }
  if (state_.members[group.id].empty()) {
    rest(group);
  } else {
    schedule(group);  // what else is due now follows
  }
}

/// Its channel has just read of it: when its going on is worth a word again. What happens to others of its group does
/// not make that more often.
void Decider::set_reminder(RoutingGroup& group, const TrackedAlert& alert, Member& member) {
  const Route& route = route_of(group);
  const bool has_reminders = alert.is_reminded && group.kind == RoutingGroup::Kind::kAlerts && !route.repeat.is_zero();
  if (!has_reminders) {
    member.reminder.reset();
    return;
  }
  member.reminder = shifted(grown(route.repeat, route.repeat_grows ? member.reminded : 0));
  group.reminder = std::min(group.reminder.value_or(Instant::max()), *member.reminder);
}

void Decider::step_up(
    const RoutingGroup& group, const AlertKey& key, TrackedAlert& alert, std::uint32_t step, Instant since) {
  for (const std::string& channel : route_of(group).escalate[step].to) {
    RoutingGroup& next = group_of(RoutingGroup::Kind::kEscalation, group.route, channel, group.labels);
    Member& member = join(key, alert, next);
    if (member.steps > step) {
      continue;  // two channels of a route escalate once
    }
    member.steps = step + 1;
    member.since = since;
    member.news = {{News::Kind::kFires, MessageType::kAlertEscalated, std::nullopt, ""}};
    expect(next, key, alert, member.news.back());
  }
}

/// Takes the steps that are due; when the next one is.
Instant Decider::escalate(const RoutingGroup& group, const AlertKey& key) {
  TrackedAlert& alert = state_.alerts.find(key)->second;
  const std::vector<Route::Step>& steps = route_of(group).escalate;
  const Member& member = *member_of(alert, group.id);
  if (!is_known(alert, member) || alert.type == MessageType::kAlertFlapping) {
    return Instant::max();  // quiet, until it is told that it is steady
  }
  if (!member.since && !member.news.empty()) {
    return Instant::max();  // nobody here could have answered: the steps count from when it is told
  }
  const Instant since = member.since.value_or(alert.fired);  // a step that is taken moves the members
  for (std::uint32_t step = member.steps; step < steps.size(); ++step) {
    const Instant due = after(steps[step].after, since, *context_.rules, context_.ground);
    if (due > context_.now) {
      return due;
    }
    if (auto hold = hold_of_reminder(group, key, alert)) {
      const Instant until = hold->until.value_or(Instant::max());
      result_.decisions.push_back(std::move(*hold));
      return until;
    }
    member_of(alert, group.id)->steps = step + 1;
    result_.alerts.insert(key);
    step_up(group, key, alert, step, since);
  }
  return Instant::max();
}

void Decider::escalate(RoutingGroup& group) {
  if (!group.step || *group.step > context_.now || group.kind != RoutingGroup::Kind::kAlerts) {
    return;
  }
  Instant next = Instant::max();
  const std::set<AlertKey> members = state_.members[group.id];
  for (const AlertKey& key : members) {
    next = std::min(next, escalate(group, key));
  }
  group.step = next == Instant::max() ? std::nullopt : std::optional(next);
}

/// Whether its going on is worth a reminder that is due before `soon`; moves `next` to when it is looked at again.
bool Decider::is_due(const RoutingGroup& group, const AlertKey& key, Instant soon, Instant& next) {
  TrackedAlert& alert = state_.alerts.find(key)->second;
  const Member& member = *member_of(alert, group.id);
  const bool is_worth = alert.is_reminded && alert.type != MessageType::kAlertFlapping &&
                        group.kind == RoutingGroup::Kind::kAlerts && is_known(alert, member) && member.reminder;
  if (!is_worth) {
    return false;
  }
  if (*member.reminder > soon) {
    next = std::min(next, *member.reminder);
    return false;
  }
  if (const auto hold = hold_of_reminder(group, key, alert)) {
    next = std::min(next, std::max(*member.reminder, hold->until.value_or(Instant::max())));
    return false;
  }
  return true;
}

/// Those that are due, with those that soon would be: one message instead of several.
void Decider::remind(RoutingGroup& group) {
  if (!group.reminder || *group.reminder > context_.now) {
    return;
  }
  const Route& route = route_of(group);
  // Not what was told just now: it is no news that it goes on.
  const Instant soon = context_.now + (shifted(route.repeat) - context_.now) / 2;
  std::vector<AlertKey> due;
  Instant next = Instant::max();
  Instant first = Instant::max();
  for (const AlertKey& key : state_.members[group.id]) {
    if (is_due(group, key, soon, next)) {
      due.push_back(key);
      first = std::min(first, *member_of(state_.alerts.find(key)->second, group.id)->reminder);
    }
  }
  const auto is_before = [&](const Span& span) {
    return group.due && *group.due <= shift_instant(first, span, context_.ground.zone);
  };
  group.reminder.reset();
  if (first > context_.now) {  // nothing is, or nothing yet
    next = std::min(next, first);
  } else if (is_before(route.wait) || is_before(route.interval)) {
    next = std::min(next, *group.due);  // news of the group come presently, and may name them
  } else {
    std::vector<Envelope::Item> items;
    for (const AlertKey& key : due) {
      TrackedAlert& alert = state_.alerts.find(key)->second;
      Member& member = *member_of(alert, group.id);
      ++member.reminded;
      member.severity = alert.present;
      set_reminder(group, alert, member);
      result_.alerts.insert(key);
      items.push_back({key, std::nullopt});
    }
    send(group, MessageType::kAlertReminder, std::move(items));
    group.last = context_.now;
  }
  next = std::min(next, group.reminder.value_or(Instant::max()));
  group.reminder = next == Instant::max() ? std::nullopt : std::optional(next);
}

/// A group that nothing is in any more is kept only until its interval is over.
void Decider::rest(RoutingGroup& group) {
  const bool is_empty = state_.members[group.id].empty() && !group.due;
  if (!is_empty) {
    const Instant wake = kpi::wake_of(group);
    wake_at(state_, group.id, wake == Instant::max() ? wake : std::max(wake, Instant{context_.now + kLeastWait}));
    return;
  }
  const Instant end =
      group.last ? shift_instant(*group.last, route_of(group).interval, context_.ground.zone) : context_.now;
  group.reminder.reset();
  group.step = end > context_.now ? std::optional(end) : std::nullopt;
  wake_at(state_, group.id, group.step.value_or(Instant::max()));
  if (!group.step) {
    state_.members.erase(group.id);
    state_.groups.erase(std::string(group.id));
  }
}

void Decider::tell(RoutingGroup& group) {
  result_.groups.insert(group.id);
  tell_news(group);
  escalate(group);
  remind(group);
  rest(group);
}

void Decider::tell_due() {
  if (context_.waits_elapsed) {
    for (auto& [id, group] : state_.groups) {
      if (group.due && *group.due > context_.now) {
        group.due = context_.now;
        wake_at(state_, id, context_.now);
      }
    }
  }
  const std::size_t before = result_.messages.size();
  for (const auto& [id, alerts] : urgent_) {
    tell_urgent(state_.groups.find(id)->second, alerts);
  }
  while (context_.is_warm && !state_.wakes.empty() && state_.wakes.begin()->first <= context_.now) {
    tell(state_.groups.find(state_.wakes.begin()->second)->second);
  }
  put_in_order(before);
}

/// By route, group and channel, as they are configured: the order in which groups wake means nothing.
void Decider::put_in_order(std::size_t first) {
  std::map<std::string_view, std::size_t> places;
  for (const Route& route : context_.rules->routes) {
    for (const std::string& channel : route.to) {
      places.emplace(channel, places.size());
    }
    for (const Route::Step& step : route.escalate) {
      for (const std::string& channel : step.to) {
        places.emplace(channel, places.size());
      }
    }
  }
  const auto place = [&](const Envelope& envelope) {
    const auto found = places.find(envelope.channel);
    return found == places.end() ? places.size() : found->second;
  };
  using Key = std::tuple<const Labels&, std::size_t, bool, MessageType>;
  const auto key = [&](const Envelope& envelope) {
    return Key(envelope.group, place(envelope), !is_end(envelope.type), envelope.type);
  };
  const auto begin = result_.messages.begin() + static_cast<std::ptrdiff_t>(first);
  std::stable_sort(
      begin, result_.messages.end(), [&](const Envelope& a, const Envelope& b) { return key(a) < key(b); });
}

std::vector<Decision> standings(const RoutingState& state, const AlertKey& key, const DecideContext& context) {
  RoutingState copy;  // nothing is moved: only what the decider looks at
  copy.silences = state.silences;
  copy.acknowledgements = state.acknowledgements;
  const Decider decider(copy, context);
  std::vector<Decision> result;
  const auto found = state.alerts.find(key);
  if (found == state.alerts.end()) {
    return result;
  }
  for (const Member& member : found->second.members) {
    const auto group = state.groups.find(member.group);
    if (group != state.groups.end()) {
      result.push_back(decider.standing(group->second, key, found->second, member));
    }
  }
  return result;
}

Decision Decider::standing(const RoutingGroup& group,
                           const AlertKey& key,
                           const TrackedAlert& alert,
                           const Member& member) const {
  Decision result = decision(group, key, alert);
  if (!member.news.empty()) {
    if (member.news.front().kind == News::Kind::kFires && is_too_mild(group, alert, member)) {
      result.hold = Hold::kMilder;
      return result;
    }
    if (auto hold = hold_of(group, key, alert, member.news.front().kind == News::Kind::kEnds)) {
      return *std::move(hold);
    }
    result.hold = !context_.is_warm ? Hold::kWarmUp : Hold::kGroup;
    result.until = group.due;
    return result;
  }
  if (const Acknowledgement* known = acknowledgement_of(alert)) {
    result.hold = Hold::kAcknowledged;
    result.by = known->by;
    result.until = known->until;
    return result;
  }
  if (auto hold = hold_of(group, key, alert, false); hold && is_known(alert, member)) {
    hold->is_told = true;
    return *std::move(hold);
  }
  result.until = group.reminder;
  return result;
}

}  // namespace kpi
