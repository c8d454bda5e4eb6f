#pragma once
// A message between words and layout: what every channel with cards, fields or paragraphs shows, worst first. Pure;
// every text is valid UTF-8 without control bytes, and not yet escaped for anything.

#include "daemon/notify/alert_words.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace kpi {

/// What colour says.
enum class Tone : std::uint8_t { kNeutral, kGood, kWarning, kBad };

/// One alert.
struct AlertCard {
  Tone tone = Tone::kNeutral;
  std::string mark;   ///< "🟠"
  std::string badge;  ///< "Warning"
  std::string subject;
  std::string value;
  std::string verdict;  ///< "2.1%, below 2.2% for 2 days"
  std::vector<Fact> facts;
  std::string about;
  std::string url;      ///< A web address, or empty.
  std::string runbook;  ///< Likewise.
  std::string acknowledge_url;
  std::string silence_url;
  std::string advice;  ///< The runbook when it is none: "ask the web team".
  std::string id;
};

struct MessageCard {
  Tone tone = Tone::kNeutral;
  std::string mark;
  std::string badge;
  std::string title;     ///< "Warning: Conversion rate (country: SE)", "Critical: 3 alerts (objective: More customers)"
  std::string headline;  ///< One line that says it all.
  std::vector<AlertCard> alerts;
  std::vector<std::string> lines;  ///< Of a message without alerts.
  std::string open_text;           ///< "Open in kpid"
  std::string runbook_text;        ///< "Runbook"
  std::string acknowledge_text;
  std::string silence_text;
};

MessageCard card_of(const Message& message);
/// "[Runbook](…) · [Acknowledge](…) · [Silence](…)": where to go from an alert besides its page; empty: nowhere.
std::string links_text(const MessageCard& card,
                       const AlertCard& alert,
                       std::string (*link)(const std::string& text, const std::string& url));
/// "and 12 more"
std::string more_text(const Message& message, std::size_t count);
/// "and 12 more lines"
std::string more_lines_text(const Message& message, std::size_t count);

/// "Conversion rate (country: SE) – Warning"
std::string titled(const AlertCard& alert);

/// "so_far": what programs call a fact, in every language.
std::string_view key_of(FactKind kind);

/// "#c0392b" and its likes, as mail and chat programs draw them.
std::string_view colour_of(Tone tone);

std::size_t code_points(std::string_view text);
/// At most `limit` code points, with "…" where it was cut.
std::string shortened(std::string_view text, std::size_t limit);
/// An http or https address without spaces or quotes, of at most `limit` bytes.
bool is_web_address(std::string_view url, std::size_t limit = 2000);

/// How a chat program writes.
struct ChatMarkup {
  std::string (*escape)(std::string_view);
  std::string_view bold_open;
  std::string_view bold_close;
  std::string (*link)(const std::string& text, const std::string& url);
};

/// The message as lines of such a markup, at most `limit` by `size`: whole alerts, and how many more there are.
std::string chat_text(const Message& message,
                      const ChatMarkup& markup,
                      std::size_t limit,
                      const std::function<std::size_t(std::string_view)>& size = code_points);

}  // namespace kpi
