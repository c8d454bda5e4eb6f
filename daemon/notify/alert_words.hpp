#pragma once
// A message in the words of its language, before a channel lays them out: all channels say the same facts from here.
// Pure; every text that comes out is one line of valid UTF-8 without control bytes.

#include "rules/routing/message.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kpi {

/// What a fact is about: for channels that show some and not others.
enum class FactKind : std::uint8_t {
  kLimit,
  kBefore,
  kSince,
  kUnanswered,
  kPeriod,
  kTarget,
  kPace,
  kSoFar,
  kDueByNow,
  kMisses,
  kForecast,
  kNeeded,
  kOwner,
  kObjective,
  kAbout,
};

/// "Limit", "2.2%".
struct Fact {
  FactKind kind = FactKind::kLimit;
  std::string label;
  std::string text;

  bool operator==(const Fact&) const = default;
};

/// One alert as its reader wants it: what, how bad, the number, then everything around it.
struct AlertWords {
  std::string badge;    ///< "Warning", "Resolved", "No data", "Off track"
  std::string subject;  ///< "Conversion rate (country: SE)"
  std::string value;    ///< "2.1%"; empty when unknown.
  std::string reason;   ///< "below 2.2% for 2 days"; may be empty.
  std::vector<Fact> facts;
  std::string runbook;
  std::string url;
  std::string acknowledge_url;  ///< Pages that ask before they act; empty: there are none.
  std::string silence_url;
  std::string id;

  bool operator==(const AlertWords&) const = default;
};

AlertWords words_of(const Message& message, const AlertView& alert);
/// "2.1%, below 2.2% for 2 days", or what of it is known.
std::string verdict_text(const AlertWords& words, Language language);

/// The alerts, most severe first and otherwise as given: what is left out for want of space matters least.
std::vector<const AlertView*> worst_first(const Message& message);

/// How bad the message is at its worst: "Critical"; for one without alerts its kind, "Test".
std::string badge_of(const Message& message);
/// "3 alerts", "1 source", "12 targets": `count` of what this type of message is about.
std::string count_text(const Message& message, std::size_t count);
/// "Critical: 3 alerts"; of alerts that differ "1 × Critical, 2 × Warning", the worst first. REQUIRES some.
std::string counts_text(const Message& message);
/// What the alerts share, "More customers"; empty when nothing is shared.
std::string group_text(const Message& message);
/// Whether `text` is what is told: there are no alerts, or a template tells them.
bool is_free_text(const Message& message);
/// One line that says it all: a subject, a title, a fallback.
std::string headline(const Message& message);

/// "3% by 31 December 2026, 276 days left".
std::string target_text(const TargetView& target, Language language);
/// "at risk, at 83% of the pace needed".
std::string pace_text(const TargetView& target, Language language);

/// Runs of spaces, tabs and line breaks become one space, other control bytes \xNN; cut after `limit` bytes with "…".
std::string one_line(std::string_view text, std::size_t limit = 300);

}  // namespace kpi
