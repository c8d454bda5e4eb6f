#include "daemon/store/stored_rows.hpp"

#include "daemon/store/row_text.hpp"
#include "rules/base/text.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace kpi::sqlite {
namespace {

constexpr std::array kStates{
    std::pair{NotificationRow::State::kQueued, std::string_view("queued")},
    std::pair{NotificationRow::State::kSent, std::string_view("sent")},
    std::pair{NotificationRow::State::kDead, std::string_view("dead")},
};

NotificationRow::State message_state(const std::string& text) {
  for (const auto& [state, name] : kStates) {
    if (name == text) {
      return state;
    }
  }
  throw BadRow(fmt::format("it holds a message in the unknown state \"{}\"", printable(text, 32)));
}

}  // namespace

VerdictRow verdict_row(const Row& row, Words& words) {
  VerdictRow verdict;
  verdict.slot = row.slot(0);
  verdict.line = row.id(1);
  verdict.period = {row.instant(2), row.instant(3)};
  verdict.value = row.real(4);
  verdict.limit = row.real(5);
  verdict.verdict = words.value<Verdict>(row.integer(6));
  verdict.severity = words.value<Severity>(row.integer(7));
  verdict.state = words.value<KpiState>(row.integer(8));
  verdict.reason = words.value<Reason>(row.integer(9));
  verdict.goal = row.real(10);
  verdict.expected = row.real(11);
  verdict.target_status = words.value<TargetStatus>(row.integer(12));
  verdict.episode = row.text(13);
  verdict.rule_version = row.id(14);
  return verdict;
}

Instant judged_at(const Row& row) {
  return row.instant(15);
}

StatusRow status_row(const Row& row, Words& words) {
  StatusRow status;
  status.line = row.id(0);
  status.slot = row.slot(1);
  status.period = {row.instant(2), row.instant(3)};
  status.value = row.real(4);
  status.verdict = words.value<Verdict>(row.integer(5));
  status.state = words.value<KpiState>(row.integer(6));
  status.severity = words.value<Severity>(row.integer(7));
  status.reason = words.value<Reason>(row.integer(8));
  status.since = row.optional_instant(9);
  status.target = row.text(10);
  if (const auto start = row.optional_instant(11)) {
    status.provisional = Period{*start, row.instant(12)};
    status.provisional_value = row.real(13);
  }
  return status;
}

EpisodeRow episode_row(const Row& row) {
  EpisodeRow episode;
  episode.id = row.text(0);
  episode.line = row.id(1);  // NULL is 0.
  episode.rule = row.text(2);
  episode.severity = word_value<Severity>(row.text(3));
  episode.since = row.instant(4);
  episode.pending = row.optional_instant(5);
  episode.firing = row.optional_instant(6);
  episode.resolved = row.optional_instant(7);
  episode.reason = word_value<Reason>(row.text(8));
  episode.restated = row.integer(9) != 0;
  return episode;
}

SourceRow source_row(const Row& row) {
  SourceRow source;
  source.name = row.text(0);
  source.cursor = row.text(1);
  source.last_poll = row.optional_instant(2);
  source.last_success = row.optional_instant(3);
  source.error = row.text(4);
  source.problems = texts_from_json(row.text(5));
  source.problem_count = static_cast<std::size_t>(row.integer(6));
  source.late = row.text(7);
  source.next_poll = row.optional_instant(8);
  source.kept_from = row.is_null(9) ? std::nullopt : std::optional(row.slot(9));
  source.failures = static_cast<int>(row.integer(10));
  source.quota = texts_from_json(row.text(11));
  source.read_until = row.optional_instant(12);
  return source;
}

NotificationRow notification_row(const Row& row) {
  NotificationRow message;
  message.id = row.text(0);
  message.channel = row.text(1);
  message.type = row.text(2);
  message.created = row.instant(3);
  message.body = row.text(4);
  message.state = message_state(row.text(5));
  message.attempts = static_cast<int>(row.integer(6));
  message.next_attempt = row.optional_instant(7);
  message.sent = row.optional_instant(8);
  message.last_error = row.text(9);
  message.progress = row.text(10);
  return message;
}

SilenceRow silence_row(const Row& row) {
  SilenceRow silence;
  silence.id = row.text(0);
  silence.match = row.text(1);
  silence.start = row.instant(2);
  silence.end = row.instant(3);
  silence.by = row.text(4);
  silence.comment = row.text(5);
  silence.created = row.instant(6);
  return silence;
}

AcknowledgementRow acknowledgement_row(const Row& row) {
  AcknowledgementRow acknowledgement;
  acknowledgement.episode = row.text(0);
  acknowledgement.by = row.text(1);
  acknowledgement.comment = row.text(2);
  acknowledgement.at = row.instant(3);
  acknowledgement.until = row.instant(4);
  acknowledgement.severity = word_value<Severity>(row.text(5));
  acknowledgement.ended = row.text(6);
  acknowledgement.ended_at = row.optional_instant(7);
  return acknowledgement;
}

HushedRow hushed_row(const Row& row) {
  return {row.text(0), row.text(1), row.text(2), row.instant(3), row.text(4)};
}

std::string_view name_of(NotificationRow::State state) {
  for (const auto& [known, name] : kStates) {
    if (known == state) {
      return name;
    }
  }
  return {};
}

}  // namespace kpi::sqlite
