#include "daemon/notify/digest_text.hpp"

#include "daemon/notify/alert_words.hpp"
#include "daemon/notify/text_message.hpp"
#include "rules/base/text.hpp"
#include "rules/words/say.hpp"

#include <algorithm>

namespace kpi {

namespace {

constexpr std::size_t kMostLines = 200;
constexpr std::size_t kMaxUrl = 4000;

std::string kpi_block(const DigestLine& line, Language language) {
  const DigestWords words = words_of(line, language);
  std::string out = wrapped_text(words.needs_attention ? "! " : "  ", words.title + ": " + words.value);
  const auto add = [&](const std::string& text) { out += text.empty() ? "" : wrapped_text("    ", text); };
  add(join(words.changes, "; "));
  add(words.state);
  add(words.goal.empty() ? "" : say(language, Phrase::kTarget) + ": " + words.goal);
  add(words.target);
  return out;
}

}  // namespace

DigestWords words_of(const DigestLine& line, Language language) {
  DigestWords words;
  words.title = one_line(line.title.empty() ? line.kpi : line.title);
  words.value = line.formatted.empty() ? say(language, Phrase::kUnknown) : one_line(line.formatted);
  if (!line.change.empty()) {
    words.changes.push_back(say(language, Phrase::kChangeSinceBefore, {{"change", one_line(line.change)}}));
  }
  if (!line.change_on_year.empty()) {
    words.changes.push_back(say(language, Phrase::kChangeSinceYear, {{"change", one_line(line.change_on_year)}}));
  }
  words.state = one_line(line.state_text);
  // Where the target is what is wrong, the state has said how it stands.
  words.target = line.state_text.starts_with(line.target) ? "" : one_line(line.target);
  words.goal = one_line(line.goal);
  words.url = one_line(line.url, kMaxUrl);
  words.needs_attention = line.needs_attention;
  return words;
}

std::string alert_line(const DigestAlert& alert) {
  std::string subject = one_line(alert.title);
  std::vector<std::string> labels;
  labels.reserve(alert.segment.size());
  for (const auto& [name, value] : alert.segment) {
    labels.push_back(one_line(name) + ": " + one_line(value));
  }
  subject += labels.empty() ? "" : " (" + join(labels, ", ") + ")";
  return subject + ": " + one_line(alert.text);
}

std::vector<DigestSection> sections_of(const DigestView& digest, Language language) {
  std::vector<DigestSection> sections;
  const auto add = [&](Phrase heading, const std::vector<DigestAlert>& alerts) {
    DigestSection section{say(language, heading), {}};
    for (const DigestAlert& alert : alerts) {
      section.lines.push_back(alert_line(alert));
    }
    sections.push_back(std::move(section));
  };
  if (!digest.alerts.empty()) {
    add(Phrase::kDigestAlerts, digest.alerts);
  } else if (digest.hushed.empty()) {
    sections.push_back({say(language, Phrase::kDigestNoAlerts), {}});
  }
  if (!digest.hushed.empty()) {
    add(Phrase::kDigestHushed, digest.hushed);
  }
  return sections;
}

std::string digest_text(const Message& message) {
  const DigestView& digest = *message.digest;
  std::string out = wrapped_text("  ", one_line(digest.title)) + wrapped_text("  ", one_line(digest.summary)) + "\n";
  const std::size_t shown = std::min(digest.lines.size(), kMostLines);
  for (std::size_t i = 0; i < shown; ++i) {
    out += kpi_block(digest.lines[i], message.language);
  }
  if (shown < digest.lines.size()) {
    out += "  " + say(message.language, Phrase::kAndMore, {{"n", digest.lines.size() - shown}}) + "\n";
  }
  for (const DigestSection& section : sections_of(digest, message.language)) {
    out += "\n" + wrapped_text("  ", section.heading);
    for (const std::string& line : section.lines) {
      out += wrapped_text("  - ", line);
    }
  }
  for (const std::string& note : digest.notes) {
    out += "\n" + wrapped_text("  ", one_line(note));
  }
  return out;
}

}  // namespace kpi
