// Digests: each issue goes out once, in the commit that says so.

#include "daemon/engine/digest_maker.hpp"
#include "daemon/engine/engine.hpp"
#include "daemon/engine/routing_json.hpp"
#include "rules/base/text.hpp"
#include "rules/words/say.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>

namespace kpi {
namespace {

constexpr std::size_t kMaxReview = 8U << 20U;

Instant midnight(Date date, const Zone& zone) {
  return zone.to_instant(std::chrono::local_days{std::chrono::sys_days{date}.time_since_epoch()});
}

}  // namespace

Instant Engine::next_digest() const {
  if (!last_step_) {
    return Instant::max();
  }
  Instant next = Instant::max();
  for (const DigestRule& rule : config_->digests) {
    const Instant due = last_due(rule, *last_step_, config_->zone, rules_.calendar).at;
    const bool waits = std::ranges::any_of(rule.to, [&](const std::string& channel) {
      const auto known = digests_.find(kpi::key_of(rule, channel));
      return known != digests_.end() && known->second < due;
    });
    next = std::min(next, waits ? warm_at() : next_due(rule, *last_step_, config_->zone, rules_.calendar));
  }
  return next;
}

/// When the period began that was fine again: people say "until Monday" of what was seen to be over on Tuesday night.
std::optional<Instant> Engine::fine_from(const EpisodeRow& row) const {
  const std::uint32_t place = row.line < line_of_id_.size() ? line_of_id_[row.line] : 0;
  if (place == 0 || !row.resolved || row.reason != Reason::kRecovered) {
    return row.resolved;
  }
  const Line& line = lines_[place - 1];
  const Kpi& kpi = rules_.kpis[line.kpi];
  const Instant began = start_of(ended_with(line, *row.resolved, Slot{}), kpi.every, kpi.zone);
  return began > row.since ? began : *row.resolved;
}

/// What went on in the period, as the history has it. What was held back from others while somebody was told of it was
/// no secret.
Result<DigestEvents> Engine::events_of(const DigestDue& due, const std::string& channel) const {
  const Instant from = midnight(due.from, config_->zone);
  const Instant to = midnight(due.to, config_->zone);
  std::map<std::string, EpisodeRow> episodes;
  for (EpisodeRow& row : KPI_TRY(store_.episodes_between(from, to))) {
    episodes.insert_or_assign(row.id, std::move(row));
  }
  DigestEvents events;
  for (auto& [id, row] : episodes) {
    const LineRow line = stored_line(row.line);
    const std::optional<Instant> end = fine_from(row);
    if (row.firing && row.line != 0 && (!end || *end > from)) {
      events.episodes.push_back({line.kpi, line.segment, std::move(row), end});
    }
  }
  std::ranges::sort(
      events.episodes, {}, [](const DigestEpisode& episode) { return std::tuple(episode.row.since, episode.row.id); });
  for (const HushedRow& row : KPI_TRY(store_.hushed(from, to))) {
    auto view = decode_view(row.view);
    if (view && (row.channel == channel || !view->is_known)) {
      const bool is_known = view->period && view->since && view->period->start > *view->since;
      const std::optional<Instant> end = is_known ? std::optional(view->period->start) : std::nullopt;
      events.hushed.push_back({*std::move(view), row.at, end});
    }
  }
  return events;
}

/// After the commit of what was judged: a review that goes with one is made from the same history.
Result<void> Engine::tell_digests(Instant now, StepSummary& summary) {
  for (const DigestRule& rule : config_->digests) {
    const DigestDue due = last_due(rule, now, config_->zone, rules_.calendar);
    for (const std::string& channel : rule.to) {
      const std::string key = kpi::key_of(rule, channel);
      const auto [known, is_new] = digests_.try_emplace(key, due.at);
      if (!is_new && (known->second >= due.at || !is_warm(now))) {
        continue;
      }
      if (!is_new) {
        send(KPI_TRY(make_digest(rule, due, channel, now, summary)), summary);
      }
      known->second = due.at;
      commit_.digests.push_back({key, due.at});
    }
  }
  return {};
}

Result<Message> Engine::make_digest(
    const DigestRule& rule, const DigestDue& due, const std::string& channel, Instant now, StepSummary& summary) {
  const Voice voice = config_->voice_of(channel);
  const DigestEvents events = KPI_TRY(events_of(due, channel));
  Message message;
  message.type = MessageType::kDigest;
  message.channel = channel;
  message.created = now;
  message.language = voice.language;
  message.zone = voice.zone.value_or(config_->zone);
  message.digest = DigestMaker(*this, rule, due, voice, now).make(events);
  for (DigestLine& line : message.digest->lines) {
    line.url = page_of(line.kpi, {});
  }
  const ChannelConfig* to = config_->find_channel(channel);
  const bool takes_files = to != nullptr && to->type == "email";
  if (rule.has_review && options_.make_review && takes_files) {
    const auto review = options_.make_review(*config_, period_of(rule, due, rules_.calendar), voice.language);
    if (review && review->size() <= kMaxReview) {
      message.attachments.push_back({"review.html", "text/html", *review, false});
      message.digest->notes.push_back(say(voice.language, Phrase::kReviewAttached));
    } else {
      summary.warnings.push_back("the review could not be attached to a digest for " + channel + ": " +
                                 (review ? "it is larger than 8 MiB" : review.error().message));
    }
  }
  message.text = message.digest->title;
  const std::string key = kpi::key_of(rule, channel);
  const std::array<std::string_view, 2> parts{key, "digest"};
  message.id = "msg_" + stable_id(due.at.time_since_epoch().count(), parts);
  return message;
}

}  // namespace kpi
