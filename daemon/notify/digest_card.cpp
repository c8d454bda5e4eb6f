#include "daemon/notify/digest_card.hpp"

#include "daemon/notify/digest_text.hpp"
#include "rules/base/text.hpp"
#include "rules/words/say.hpp"

#include <algorithm>

namespace kpi {

namespace {

/// So many alerts of a section are named: channels take no more in one place.
constexpr std::size_t kMostListed = 12;

std::string_view mark_of(Tone tone) {
  switch (tone) {
    case Tone::kGood:
      return "🟢";
    case Tone::kWarning:
      return "🟠";
    case Tone::kBad:
      return "🔴";
    case Tone::kNeutral:
      break;
  }
  return "⚪";
}

AlertCard kpi_card(const DigestLine& line, Language language) {
  const DigestWords words = words_of(line, language);
  AlertCard card;
  card.tone = tone_of(line);
  card.mark = mark_of(card.tone);
  card.badge = words.state;
  card.subject = words.title;
  card.value = words.value;
  card.verdict = words.value;
  for (const std::string& change : words.changes) {
    card.verdict = say(language, Phrase::kValueAndReason, {{"value", card.verdict}, {"reason", change}});
  }
  if (!words.goal.empty()) {
    card.facts.push_back({FactKind::kTarget, say(language, Phrase::kTarget), words.goal});
  }
  if (!words.target.empty()) {
    card.facts.push_back({FactKind::kPace, say(language, Phrase::kPace), words.target});
  }
  card.url = is_web_address(words.url) ? words.url : "";
  return card;
}

/// A heading and its lines, where a KPI would stand.
AlertCard section_card(const DigestSection& section, Language language) {
  AlertCard card;
  card.mark = section.lines.empty() ? "🟢" : "🔔";
  card.tone = section.lines.empty() ? Tone::kGood : Tone::kNeutral;
  card.subject = section.heading;
  const std::size_t shown = std::min(section.lines.size(), kMostListed);
  for (std::size_t i = 0; i < shown; ++i) {
    card.verdict += (i == 0 ? "• " : "\n• ") + section.lines[i];
  }
  if (shown < section.lines.size()) {
    card.verdict += "\n" + say(language, Phrase::kAndMore, {{"n", section.lines.size() - shown}});
  }
  return card;
}

}  // namespace

Tone tone_of(const DigestLine& line) {
  if (line.state == KpiState::kFiring && line.severity == Severity::kCritical) {
    return Tone::kBad;
  }
  const bool is_lost = line.target_status == TargetStatus::kMissed || line.target_status == TargetStatus::kOffTrack;
  if (is_lost) {
    return Tone::kBad;
  }
  if (line.state == KpiState::kNoData || line.state == KpiState::kError) {
    return Tone::kNeutral;
  }
  return line.needs_attention ? Tone::kWarning : Tone::kGood;
}

MessageCard digest_card(const Message& message) {
  const DigestView& digest = *message.digest;
  MessageCard card;
  card.badge = badge_of(message);
  card.title = one_line(digest.title);
  card.headline = headline(message);
  for (const DigestLine& line : digest.lines) {
    card.alerts.push_back(kpi_card(line, message.language));
    card.tone = std::max(card.tone, card.alerts.back().tone);
  }
  card.mark = "📊";
  AlertCard summary;
  summary.mark = mark_of(card.tone);
  summary.tone = card.tone;
  summary.subject = one_line(digest.summary);
  std::vector<std::string> notes;
  std::ranges::transform(
      digest.notes, std::back_inserter(notes), [](const std::string& note) { return one_line(note); });
  summary.verdict = join(notes, " ");
  card.alerts.insert(card.alerts.begin(), std::move(summary));
  for (const DigestSection& section : sections_of(digest, message.language)) {
    card.alerts.push_back(section_card(section, message.language));
  }
  card.open_text = say(message.language, Phrase::kOpenInKpid);
  card.runbook_text = say(message.language, Phrase::kRunbook);
  card.acknowledge_text = say(message.language, Phrase::kAcknowledge);
  card.silence_text = say(message.language, Phrase::kSilence);
  return card;
}

}  // namespace kpi
