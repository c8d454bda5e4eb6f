#include "daemon/notify/channels/slack_blocks.hpp"

#include "daemon/notify/alert_words.hpp"
#include "daemon/notify/message_card.hpp"
#include "rules/base/text.hpp"
#include "rules/words/say.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <string_view>
#include <vector>

namespace kpi {

namespace {

using Json = nlohmann::ordered_json;

// Slack's limits, in characters. The sum is undocumented: about 13,200 is refused as msg_blocks_too_long.
constexpr std::size_t kMaxHeader = 150;
constexpr std::size_t kMaxSection = 3000;
constexpr std::size_t kMaxField = 2000;
constexpr std::size_t kMostFields = 10;
constexpr std::size_t kMaxUrl = 3000;
constexpr std::size_t kMaxBlocks = 50;
constexpr std::size_t kMaxTotal = 12'000;
/// Room kept for the line that counts what found no room.
constexpr std::size_t kReserve = 200;
/// Of one line of a free text, in bytes.
constexpr std::size_t kMaxLine = 500;
/// More alerts than this are told in one paragraph each.
constexpr std::size_t kMaxDetailed = 5;

std::size_t code_points(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

/// The only three characters that mean anything to Slack where a link or a mention could begin.
std::string with_names(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

/// Bold, italic, struck, code.
constexpr std::string_view kFormats = "*_~`";
/// kpid's own sentences name its commands as code.
constexpr std::string_view kFormatsButCode = "*_~";

/// Whether the character could begin or end one of the formats: not within a word (web_visits) or an address.
bool is_format(std::string_view text, std::size_t at, std::string_view formats) {
  if (formats.find(text[at]) == std::string_view::npos) {
    return false;
  }
  const auto is_of_word = [&](std::size_t i) {
    const auto byte = static_cast<unsigned char>(i < text.size() ? text[i] : ' ');
    return byte >= 0x80U || std::isalnum(byte) != 0;
  };
  const std::string_view before = text.substr(0, at);
  const std::size_t space = before.find_last_of(" \n");
  const std::string_view word = space == std::string_view::npos ? before : before.substr(space + 1);
  return word.find("://") == std::string_view::npos && !(at > 0 && is_of_word(at - 1) && is_of_word(at + 1));
}

/// As text alone, in mrkdwn. What formats has no name there: between spaces of no width it stands at no word.
std::string escaped(std::string_view text, std::string_view formats = kFormats) {
  constexpr std::string_view kNoWidth = "\u200B";
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string_view space = is_format(text, i, formats) ? kNoWidth : "";
    out += space;
    out += with_names(text.substr(i, 1));
    out += space;
  }
  return out;
}

std::string_view severity_mark(Severity severity) {
  switch (severity) {
    case Severity::kCritical:
      return "🔴";
    case Severity::kWarning:
      return "🟠";
    case Severity::kInfo:
    case Severity::kNone:
      break;
  }
  return "🔵";
}

std::string_view target_mark(TargetStatus status) {
  switch (status) {
    case TargetStatus::kOnTrack:
      return "🟢";
    case TargetStatus::kAchieved:
      return "🏁";
    case TargetStatus::kAtRisk:
      return "🟠";
    case TargetStatus::kOffTrack:
    case TargetStatus::kMissed:
      return "🔴";
    case TargetStatus::kNotStarted:
      break;
  }
  return "⚪";
}

/// A colour to see from across the room; the badge beside it says the same in a word.
std::string_view mark_of(MessageType type, const AlertView& alert) {
  switch (type) {
    case MessageType::kAlertResolved:
    case MessageType::kSourceRecovered:
      return "🟢";
    case MessageType::kAlertNoData:
      return alert.firing ? "⚪" : "🟢";
    case MessageType::kSourceError:
      return "🔌";
    case MessageType::kTargetStatus:
    case MessageType::kTargetReminder:
      return alert.target ? target_mark(alert.target->status) : severity_mark(alert.severity);
    default:
      return severity_mark(alert.severity);
  }
}

std::string_view mark_of(const Message& message) {
  if (!message.alerts.empty()) {
    return mark_of(message.type, *worst_first(message).front());
  }
  if (message.type == MessageType::kDigest) {
    return "📊";
  }
  return message.type == MessageType::kTest ? "👋" : "⚠️";
}

Json plain_text(std::string text) {
  return {{"type", "plain_text"}, {"text", std::move(text)}, {"emoji", true}};
}

/// `verbatim` keeps Slack from making links and mentions of words that look like them.
Json mrkdwn(std::string text) {
  return {{"type", "mrkdwn"}, {"text", std::move(text)}, {"verbatim", true}};
}

Json header_block(std::string text) {
  return {{"type", "header"}, {"text", plain_text(std::move(text))}};
}

Json section_block(std::string text) {
  return {{"type", "section"}, {"text", mrkdwn(std::move(text))}};
}

Json context_block(std::string text) {
  return {{"type", "context"}, {"elements", Json::array({mrkdwn(std::move(text))})}};
}

bool is_link(std::string_view url) {
  const bool is_web = url.starts_with("https://") || url.starts_with("http://");
  return is_web && code_points(url) <= kMaxUrl && url.find(' ') == std::string_view::npos;
}

Json button(std::string_view text, const std::string& url) {
  return {{"type", "button"}, {"text", plain_text(std::string(text))}, {"url", url}};
}

/// All characters of a block that Slack could count.
std::size_t text_size(const Json& json) {
  if (json.is_string()) {
    return code_points(json.get_ref<const std::string&>());
  }
  std::size_t sum = 0;
  for (const Json& item : json) {
    sum += item.is_primitive() && !item.is_string() ? 0 : text_size(item);
  }
  return sum;
}

/// The blocks so far and the room that is left.
class Page {
 public:
  void add(Json block) {
    used_ += text_size(block);
    blocks_.push_back(std::move(block));
  }

  /// Adds all of an item or nothing of it.
  bool add_whole(std::vector<Json> item) {
    std::size_t size = 0;
    for (const Json& block : item) {
      size += text_size(block);
    }
    if (blocks_.size() + item.size() + 1 > kMaxBlocks || used_ + size + kReserve > kMaxTotal) {
      return false;
    }
    used_ += size;
    std::ranges::move(item, std::back_inserter(blocks_));
    return true;
  }

  Json take() { return std::move(blocks_); }

 private:
  Json blocks_ = Json::array();
  std::size_t used_ = 0;
};

std::string verdict_line(const AlertWords& words, Language language) {
  AlertWords marked = words;
  marked.value = words.value.empty() ? "" : "*" + escaped(words.value) + "*";
  marked.reason = escaped(words.reason);
  return verdict_text(marked, language);
}

Json fact_fields(const AlertWords& words) {
  Json fields = Json::array();
  for (const Fact& fact : words.facts) {
    std::string text = "*" + fact.label + "*\n" + escaped(fact.text);
    if (fact.kind != FactKind::kAbout && code_points(text) <= kMaxField && fields.size() < kMostFields) {
      fields.push_back(mrkdwn(std::move(text)));
    }
  }
  return fields;
}

std::string about_text(const AlertWords& words) {
  const auto about = std::ranges::find(words.facts, FactKind::kAbout, &Fact::kind);
  return about == words.facts.end() ? "" : escaped(about->text);
}

Json link_buttons(const AlertWords& words, Language language) {
  Json buttons = Json::array();
  const auto add = [&](Phrase label, const std::string& url) {
    if (is_link(url)) {
      buttons.push_back(button(say(language, label), url));
    }
  };
  add(Phrase::kOpenInKpid, words.url);
  add(Phrase::kRunbook, words.runbook);
  add(Phrase::kAcknowledge, words.acknowledge_url);
  add(Phrase::kSilence, words.silence_url);
  return buttons;
}

/// The lines as one text, without the last ones where all would be too long for a section.
std::string fitting_lines(std::vector<std::string> lines) {
  std::erase_if(lines, [](const std::string& line) { return line.empty(); });
  while (lines.size() > 1 && code_points(join(lines, "\n")) > kMaxSection) {
    lines.pop_back();
  }
  return join(lines, "\n");
}

/// What could not become a button (a runbook such as "ask the web team") and what `kpid ack` asks for.
std::string small_print(const AlertWords& words, Language language) {
  std::vector<std::string> parts;
  if (!words.runbook.empty() && !is_link(words.runbook)) {
    parts.push_back(say(language, Phrase::kRunbook) + ": " + escaped(words.runbook));
  }
  if (!words.id.empty()) {
    parts.push_back(say(language, Phrase::kAlert) + " " + escaped(words.id));
  }
  return join(parts, " · ");
}

/// "🟠 *Conversion rate (country: SE)* – Warning"
std::string title_line(const Message& message, const AlertView& alert) {
  const AlertWords words = words_of(message, alert);
  return fmt::format("{} *{}* – {}", mark_of(message.type, alert), escaped(words.subject), words.badge);
}

/// An alert with everything around it. `with_title`: the header above does not name it.
std::vector<Json> detailed_alert(const Message& message, const AlertView& alert, bool with_title) {
  const AlertWords words = words_of(message, alert);
  const std::string title = with_title ? title_line(message, alert) : "";
  std::vector<Json> blocks;
  if (std::string text = fitting_lines({title, verdict_line(words, message.language), about_text(words)});
      !text.empty()) {
    blocks.push_back(section_block(std::move(text)));
  }
  if (Json fields = fact_fields(words); !fields.empty()) {
    blocks.push_back({{"type", "section"}, {"fields", std::move(fields)}});
  }
  if (Json buttons = link_buttons(words, message.language); !buttons.empty()) {
    blocks.push_back({{"type", "actions"}, {"elements", std::move(buttons)}});
  }
  if (std::string small = small_print(words, message.language); !small.empty() && code_points(small) <= kMaxField) {
    blocks.push_back(context_block(std::move(small)));
  }
  return blocks;
}

/// An alert among many: what, how bad, since when, whose.
std::vector<Json> short_alert(const Message& message, const AlertView& alert) {
  const AlertWords words = words_of(message, alert);
  std::vector<std::string> parts;
  for (const Fact& fact : words.facts) {
    const bool is_shown = fact.kind == FactKind::kSince || fact.kind == FactKind::kTarget ||
                          fact.kind == FactKind::kPace || fact.kind == FactKind::kOwner;
    if (is_shown) {
      parts.push_back(fact.label + ": " + escaped(fact.text));
    }
  }
  std::vector<Json> blocks;
  blocks.push_back(section_block(
      fitting_lines({title_line(message, alert), verdict_line(words, message.language), join(parts, " · ")})));
  if (is_link(words.url)) {
    blocks.back()["accessory"] = button(say(message.language, Phrase::kOpenInKpid), words.url);
  }
  return blocks;
}

/// The longest of the titles that fits a header, shortest last.
std::string fitting_header(std::string_view mark, const std::vector<std::string>& titles) {
  for (const std::string& title : titles) {
    std::string text = std::string(mark) + " " + with_names(title);
    if (code_points(text) <= kMaxHeader) {
      return text;
    }
  }
  return std::string(mark) + " kpid";
}

/// Lines that share one section.
struct Paragraph {
  std::string text;
  std::size_t lines = 0;
};

/// A template's words may format, and a file's lines are shown as they are; `has_titles`: those may not.
std::vector<Paragraph> paragraphs_of(const std::vector<std::string_view>& lines, bool has_titles) {
  std::vector<Paragraph> paragraphs(1);
  for (const std::string_view line : lines) {
    const std::string shown = printable(line, kMaxLine);
    const std::string text = (has_titles ? escaped(shown, kFormatsButCode) : with_names(shown)) + "\n";
    if (code_points(paragraphs.back().text) + code_points(text) > kMaxSection) {
      paragraphs.emplace_back();
    }
    paragraphs.back().text += text;
    ++paragraphs.back().lines;
  }
  return paragraphs;
}

Json free_text_blocks(const Message& message) {
  Page page;
  page.add(header_block(fitting_header(mark_of(message), {card_of(message).title, badge_of(message)})));
  const std::vector<std::string_view> lines = split(trim(message.text), '\n');
  std::size_t left = lines.size();
  for (Paragraph& paragraph : paragraphs_of(lines, message.type == MessageType::kDeliveryFailed)) {
    if (!page.add_whole({section_block(std::move(paragraph.text))})) {
      break;
    }
    left -= paragraph.lines;
  }
  if (left > 0) {
    page.add(context_block(say(message.language, Phrase::kAndMoreLines, {{"n", left}})));
  }
  return page.take();
}

Json alert_blocks(const Message& message) {
  const std::vector<const AlertView*> alerts = worst_first(message);
  const bool is_one = alerts.size() == 1;
  const std::string group = group_text(message);
  const std::string subject = words_of(message, *alerts.front()).subject;
  const std::string short_title = counts_text(message);
  const std::string full_title = is_one          ? badge_of(message) + ": " + subject
                                 : group.empty() ? short_title
                                                 : short_title + " (" + group + ")";
  const std::string header = fitting_header(mark_of(message), {full_title, short_title});
  const bool names_alert = is_one && header.ends_with(with_names(subject));

  Page page;
  page.add(header_block(header));
  std::size_t shown = 0;
  for (const AlertView* alert : alerts) {
    const bool is_detailed = alerts.size() <= kMaxDetailed;
    std::vector<Json> item = is_detailed ? detailed_alert(message, *alert, !names_alert) : short_alert(message, *alert);
    if (is_detailed && shown > 0) {
      item.insert(item.begin(), Json{{"type", "divider"}});
    }
    if (!page.add_whole(std::move(item)) && !page.add_whole(short_alert(message, *alert))) {
      break;
    }
    ++shown;
  }
  if (shown < alerts.size()) {
    page.add(context_block(say(message.language, Phrase::kAndMore, {{"n", alerts.size() - shown}})));
  }
  return page.take();
}

/// Each KPI of a digest in a paragraph of its own, then what fired.
Json digest_blocks(const Message& message) {
  const MessageCard card = card_of(message);
  Page page;
  page.add(header_block(fitting_header(card.mark, {card.title})));
  std::size_t shown = 0;
  for (const AlertCard& item : card.alerts) {
    std::vector<std::string> lines{item.mark + " *" + escaped(item.subject) + "*" +
                                   (item.badge.empty() ? "" : " – " + escaped(item.badge))};
    lines.push_back(escaped(item.verdict));
    for (const Fact& fact : item.facts) {
      lines.push_back(escaped(fact.label) + ": " + escaped(fact.text));
    }
    std::vector<Json> blocks{section_block(fitting_lines(std::move(lines)))};
    if (is_link(item.url)) {
      blocks.back()["accessory"] = button(card.open_text, item.url);
    }
    if (!page.add_whole(std::move(blocks))) {
      break;
    }
    ++shown;
  }
  if (shown < card.alerts.size()) {
    page.add(context_block(more_text(message, card.alerts.size() - shown)));
  }
  return page.take();
}

}  // namespace

std::string slack_payload(const Message& message) {
  Json payload;
  payload["text"] = std::string(mark_of(message)) + " " + escaped(headline(message));
  payload["blocks"] = message.digest          ? digest_blocks(message)
                      : is_free_text(message) ? free_text_blocks(message)
                                              : alert_blocks(message);
  return payload.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string slack_plain_payload(const Message& message) {
  const Json payload{{"text", std::string(mark_of(message)) + " " + escaped(headline(message))}};
  return payload.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace kpi
