#include "daemon/notify/message_card.hpp"

#include "daemon/notify/digest_card.hpp"
#include "rules/base/text.hpp"
#include "rules/words/say.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace kpi {

namespace {

constexpr std::size_t kMaxLine = 500;
constexpr std::size_t kMostLines = 200;
/// More alerts than this are told in a few lines each.
constexpr std::size_t kMostDetailed = 5;

Tone tone_of(Severity severity) {
  return severity == Severity::kCritical  ? Tone::kBad
         : severity == Severity::kWarning ? Tone::kWarning
                                          : Tone::kNeutral;
}

Tone tone_of(TargetStatus status) {
  switch (status) {
    case TargetStatus::kOnTrack:
    case TargetStatus::kAchieved:
      return Tone::kGood;
    case TargetStatus::kAtRisk:
      return Tone::kWarning;
    case TargetStatus::kOffTrack:
    case TargetStatus::kMissed:
      return Tone::kBad;
    case TargetStatus::kNotStarted:
      break;
  }
  return Tone::kNeutral;
}

Tone tone_of(MessageType type, const AlertView& alert) {
  switch (type) {
    case MessageType::kAlertResolved:
    case MessageType::kSourceRecovered:
      return Tone::kGood;
    case MessageType::kAlertNoData:
      return alert.firing ? Tone::kNeutral : Tone::kGood;
    case MessageType::kTargetStatus:
    case MessageType::kTargetReminder:
      return alert.target ? tone_of(alert.target->status) : tone_of(alert.severity);
    default:
      return tone_of(alert.severity);
  }
}

std::string_view mark_of(Tone tone) {
  static constexpr std::array<std::string_view, 4> kMarks{"🔵", "🟢", "🟠", "🔴"};
  return kMarks.at(static_cast<std::size_t>(tone));
}

AlertCard alert_card(const Message& message, const AlertView& alert) {
  AlertWords words = words_of(message, alert);
  AlertCard card;
  card.tone = tone_of(message.type, alert);
  card.mark = mark_of(card.tone);
  card.verdict = verdict_text(words, message.language);
  for (Fact& fact : words.facts) {
    if (fact.kind == FactKind::kAbout) {
      card.about = std::move(fact.text);
    } else {
      card.facts.push_back(std::move(fact));
    }
  }
  card.badge = std::move(words.badge);
  card.subject = std::move(words.subject);
  card.value = std::move(words.value);
  card.url = is_web_address(words.url) ? words.url : "";
  card.acknowledge_url = is_web_address(words.acknowledge_url) ? words.acknowledge_url : "";
  card.silence_url = is_web_address(words.silence_url) ? words.silence_url : "";
  (is_web_address(words.runbook) ? card.runbook : card.advice) = words.runbook;
  card.id = std::move(words.id);
  return card;
}

std::string title_of(const Message& message, const MessageCard& card) {
  if (card.alerts.empty()) {
    return card.badge;
  }
  if (card.alerts.size() == 1) {
    return card.badge + ": " + card.alerts.front().subject;
  }
  const std::string group = group_text(message);
  return counts_text(message) + (group.empty() ? "" : " (" + group + ")");
}

/// What goes with an alert among few: facts in lines of their own; among many only those that say what it is about.
std::string alert_text(const MessageCard& card, const AlertCard& alert, const ChatMarkup& markup, bool is_detailed) {
  const auto bold = [&](const std::string& text) {
    return std::string(markup.bold_open) + markup.escape(text) + std::string(markup.bold_close);
  };
  std::string text =
      alert.mark + " " + bold(alert.subject) + (alert.badge.empty() ? "" : " – " + markup.escape(alert.badge)) + "\n";
  text += alert.verdict.empty() ? "" : markup.escape(alert.verdict) + "\n";
  if (is_detailed) {
    for (const Fact& fact : alert.facts) {
      text += markup.escape(fact.label) + ": " + markup.escape(fact.text) + "\n";
    }
    text += alert.about.empty() ? "" : markup.escape(alert.about) + "\n";
  }
  std::vector<std::string> links;
  if (!alert.url.empty()) {
    links.push_back(markup.link(card.open_text, alert.url));
  }
  if (std::string others = is_detailed ? links_text(card, alert, markup.link) : ""; !others.empty()) {
    links.push_back(std::move(others));
  }
  if (is_detailed && !alert.advice.empty()) {
    links.push_back(markup.escape(card.runbook_text + ": " + alert.advice));
  }
  return text + (links.empty() ? "" : join(links, " · ") + "\n");
}

/// The addresses that kpid itself puts into a message, longest first.
std::vector<std::string> addresses_of(const Message& message) {
  std::vector<std::string> found;
  for (const AlertView& alert : message.alerts) {
    for (const std::string& url : {alert.url, alert.acknowledge_url, alert.silence_url, alert.runbook}) {
      // With these an address could be more than an address.
      if (is_web_address(url) && url.find_first_of("*()[]{}!@") == std::string::npos) {
        found.push_back(url);
      }
    }
  }
  std::ranges::sort(found, std::greater<>(), &std::string::size);
  return found;
}

/// A line of a template. Addresses stand as they are: an escaped one leads nowhere.
std::string line_text(std::string_view line, const std::vector<std::string>& addresses, const ChatMarkup& markup) {
  std::string text;
  while (!line.empty()) {
    std::size_t at = std::string_view::npos;
    const std::string* address = nullptr;
    for (const std::string& one : addresses) {
      if (const std::size_t found = line.find(one); found < at) {
        at = found;
        address = &one;
      }
    }
    text += markup.escape(line.substr(0, at));
    if (address == nullptr) {
      break;
    }
    text += *address;
    line.remove_prefix(at + address->size());
  }
  return text;
}

}  // namespace

MessageCard card_of(const Message& message) {
  if (message.digest) {
    return digest_card(message);
  }
  MessageCard card;
  for (const AlertView* alert : worst_first(message)) {
    card.alerts.push_back(alert_card(message, *alert));
  }
  card.badge = badge_of(message);
  card.headline = headline(message);
  card.title = title_of(message, card);
  if (!card.alerts.empty()) {
    card.tone = card.alerts.front().tone;
    card.mark = card.alerts.front().mark;
  } else {
    card.tone =
        message.type == MessageType::kTest || message.type == MessageType::kDigest ? Tone::kNeutral : Tone::kWarning;
    card.mark = message.type == MessageType::kTest ? "👋" : card.tone == Tone::kNeutral ? "🔵" : "⚠️";
  }
  if (is_free_text(message)) {
    card.alerts.clear();  // a template tells them
    for (const std::string_view line : split(trim(message.text), '\n')) {
      card.lines.push_back(printable(line, kMaxLine));
    }
  }
  card.open_text = say(message.language, Phrase::kOpenInKpid);
  card.runbook_text = say(message.language, Phrase::kRunbook);
  card.acknowledge_text = say(message.language, Phrase::kAcknowledge);
  card.silence_text = say(message.language, Phrase::kSilence);
  return card;
}

std::string links_text(const MessageCard& card,
                       const AlertCard& alert,
                       std::string (*link)(const std::string& text, const std::string& url)) {
  std::vector<std::string> links;
  const auto add = [&](const std::string& text, const std::string& url) {
    if (!url.empty()) {
      links.push_back(link(text, url));
    }
  };
  add(card.runbook_text, alert.runbook);
  add(card.acknowledge_text, alert.acknowledge_url);
  add(card.silence_text, alert.silence_url);
  return join(links, " · ");
}

std::string more_text(const Message& message, std::size_t count) {
  return say(message.language, Phrase::kAndMore, {{"n", count}});
}

std::string more_lines_text(const Message& message, std::size_t count) {
  return say(message.language, Phrase::kAndMoreLines, {{"n", count}});
}

std::string titled(const AlertCard& alert) {
  return alert.badge.empty() ? alert.subject : alert.subject + " – " + alert.badge;
}

std::string_view key_of(FactKind kind) {
  static constexpr std::array<std::string_view, 15> kKeys{"limit",
                                                          "before",
                                                          "since",
                                                          "unanswered",
                                                          "period",
                                                          "target",
                                                          "pace",
                                                          "so_far",
                                                          "due_by_now",
                                                          "misses",
                                                          "forecast",
                                                          "needed",
                                                          "owner",
                                                          "objective",
                                                          "about"};
  static_assert(kKeys.size() == static_cast<std::size_t>(FactKind::kAbout) + 1);
  return kKeys.at(static_cast<std::size_t>(kind));
}

std::string_view colour_of(Tone tone) {
  static constexpr std::array<std::string_view, 4> kColours{"#2f6fb0", "#2e8b57", "#d9822b", "#c0392b"};
  return kColours.at(static_cast<std::size_t>(tone));
}

std::size_t code_points(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string shortened(std::string_view text, std::size_t limit) {
  if (code_points(text) <= limit) {
    return std::string(text);
  }
  std::size_t kept = 0;
  std::size_t end = 0;
  while (end < text.size() && kept + 1 < limit) {
    do {
      ++end;
    } while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U);
    ++kept;
  }
  return std::string(text.substr(0, end)) + "…";
}

bool is_web_address(std::string_view url, std::size_t limit) {
  const bool is_web = url.starts_with("https://") || url.starts_with("http://");
  return is_web && url.size() <= limit && url.find_first_of(" \"'<>\\`|") == std::string_view::npos;
}

std::string chat_text(const Message& message,
                      const ChatMarkup& markup,
                      std::size_t limit,
                      const std::function<std::size_t(std::string_view)>& size) {
  const MessageCard card = card_of(message);
  constexpr std::size_t reserve = 40;  // for what counts the rest
  std::string text;
  std::size_t shown = 0;
  if (card.alerts.empty()) {
    text = card.mark + " " + std::string(markup.bold_open) + markup.escape(card.title) +
           std::string(markup.bold_close) + "\n";
    const std::vector<std::string> addresses = addresses_of(message);
    for (; shown < std::min(card.lines.size(), kMostLines); ++shown) {
      const std::string line = line_text(card.lines[shown], addresses, markup) + "\n";
      if (size(text) + size(line) + reserve > limit) {
        break;
      }
      text += line;
    }
    return shown < card.lines.size() ? text + more_lines_text(message, card.lines.size() - shown) : text;
  }
  if (card.alerts.size() > 1) {
    text = card.mark + " " + std::string(markup.bold_open) + markup.escape(card.title) +
           std::string(markup.bold_close) + "\n\n";
  }
  const bool is_detailed = card.alerts.size() <= kMostDetailed;
  std::size_t used = size(text);
  for (; shown < card.alerts.size(); ++shown) {
    const std::string_view gap = shown == 0 ? "" : "\n";
    std::string item = alert_text(card, card.alerts[shown], markup, is_detailed);
    if (used + size(item) + reserve > limit) {
      item = alert_text(card, card.alerts[shown], markup, false);
    }
    if (used + size(item) + reserve > limit) {
      break;
    }
    used += size(item) + gap.size();
    text += std::string(gap) + item;
  }
  return shown < card.alerts.size() ? text + "\n" + more_text(message, card.alerts.size() - shown) : text;
}

}  // namespace kpi
