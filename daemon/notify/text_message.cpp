#include "daemon/notify/text_message.hpp"

#include "daemon/notify/alert_words.hpp"
#include "daemon/notify/digest_text.hpp"
#include "rules/base/text.hpp"
#include "rules/words/civil_words.hpp"
#include "rules/words/say.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

namespace kpi {

namespace {

constexpr std::size_t kMaxAlerts = 100;
constexpr std::size_t kMaxLines = 500;
constexpr std::size_t kMaxLine = 2000;
constexpr std::size_t kLabelColumns = 15;

/// Columns of a text, taking every code point for one.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

/// `text` after `first`, wrapped between words; further lines are indented as far as `first` is wide. A word that is
/// wider than a line (a URL) stays whole, so that it can be copied.
std::string wrapped(const std::string& first, std::string_view text) {
  const std::string indent(width(first), ' ');
  std::string out;
  std::string line = first;
  bool is_begun = false;
  for (const std::string_view word : split(text, ' ')) {
    if (word.empty()) {
      continue;
    }
    if (is_begun && width(line) + 1 + width(word) > kTextColumns) {
      out += line + "\n";
      line = indent;
      is_begun = false;
    }
    line += (is_begun ? " " : "") + std::string(word);
    is_begun = true;
  }
  return out + line + "\n";
}

std::string fact_line(std::string_view label, std::string_view text) {
  return text.empty() ? "" : wrapped(fmt::format("  {:<{}}", label, kLabelColumns - 2), text);
}

std::string alert_block(const Message& message, const AlertView& alert, bool with_badge) {
  const AlertWords words = words_of(message, alert);
  std::string out = wrapped("  ", with_badge ? "[" + words.badge + "] " + words.subject : words.subject);
  if (const std::string verdict = verdict_text(words, message.language); !verdict.empty()) {
    out += wrapped("  ", verdict);
  }
  out += "\n";
  for (const Fact& fact : words.facts) {
    out += fact_line(fact.label, fact.text);
  }
  const auto line = [&](Phrase label, const std::string& text) {
    out += fact_line(say(message.language, label), text);
  };
  line(Phrase::kRunbook, words.runbook);
  line(Phrase::kDetails, words.url);
  line(Phrase::kAcknowledge, words.acknowledge_url);
  line(Phrase::kSilence, words.silence_url);
  line(Phrase::kAlert, words.id);
  return out;
}

std::string alerts_text(const Message& message) {
  const std::vector<const AlertView*> alerts = worst_first(message);
  const bool is_one = alerts.size() == 1;
  std::string out;
  if (!is_one) {
    const std::string group = group_text(message);
    out += wrapped("  ", count_text(message, alerts.size()) + (group.empty() ? "" : " (" + group + ")")) + "\n";
  }
  const std::size_t shown = std::min(alerts.size(), kMaxAlerts);
  for (std::size_t i = 0; i < shown; ++i) {
    out += (i == 0 ? "" : "\n") + alert_block(message, *alerts[i], !is_one);
  }
  if (shown < alerts.size()) {
    out += "\n  " + say(message.language, Phrase::kAndMore, {{"n", alerts.size() - shown}}) + "\n";
  }
  return out;
}

/// The rule over a message within a message, as much shorter as it stands further in.
std::string indented_rule(std::string line) {
  const std::size_t dashes = line.find(" ---");
  if (line.starts_with("-- ") && line.ends_with(" --") && dashes != std::string::npos && width(line) == kTextColumns) {
    line.erase(dashes + 1, 2);
  }
  return line;
}

/// "  12 |   value: …" and the caret below: wrapped, the caret would point nowhere.
bool is_source_line(std::string_view line) {
  const std::size_t bar = line.find_first_not_of(" 0123456789");
  return bar != std::string_view::npos && bar > 0 && line[bar] == '|';
}

std::string free_text(const Message& message) {
  const std::string_view text = trim(message.text);
  std::string out;
  const std::vector<std::string_view> lines = split(text, '\n');
  const std::size_t shown = std::min(lines.size(), kMaxLines);
  for (std::size_t i = 0; i < shown; ++i) {
    // A caret under a line of source is at home in its column: what fits stays as it is.
    const std::string line = indented_rule(printable(lines[i], kMaxLine));
    const std::size_t content = std::min({line.find_first_not_of(' '), line.size(), kTextColumns / 2});
    if (line.empty()) {
      out += "\n";
    } else if (width(line) + 2 <= kTextColumns || is_source_line(line)) {
      out += "  " + line + "\n";
    } else {
      out += wrapped(std::string(content + 2, ' '), line);
    }
  }
  if (shown < lines.size()) {
    out += "  " + say(message.language, Phrase::kAndMoreLines, {{"n", lines.size() - shown}}) + "\n";
  }
  return out;
}

}  // namespace

std::string wrapped_text(const std::string& first, std::string_view text) {
  return wrapped(first, text);
}

std::string text_message(const Message& message) {
  if (message.digest) {
    return digest_text(message);
  }
  return is_free_text(message) ? free_text(message) : alerts_text(message);
}

std::string text_rule(const Message& message) {
  const std::string left = "-- " + badge_of(message) + " ";
  const std::string zone = message.zone == Zone() ? " UTC" : "";
  const std::string right = " " + time_words(message.created, message.zone, message.language) + zone + " --";
  const std::size_t used = width(left) + width(right);
  return left + std::string(used < kTextColumns ? kTextColumns - used : 0, '-') + right + "\n";
}

}  // namespace kpi
