#pragma once
// A digest in words, for channels to lay out: the same lines in plain text, Slack and mail. Pure; every text that comes
// out is one line of valid UTF-8 without control bytes.

#include "rules/routing/message.hpp"

#include <string>
#include <vector>

namespace kpi {

/// One KPI of a digest, as its reader wants it.
struct DigestWords {
  std::string title;
  std::string value;                 ///< "2.1%"; "unknown".
  std::vector<std::string> changes;  ///< "+5% on the period before", "+12% on the year before"
  std::string state;                 ///< "fine", "Critical since 14 March 2026"
  std::string target;                ///< "at risk, at 83% of the pace needed"
  std::string goal;                  ///< "3% by 31 December 2026, 276 days left"
  std::string url;
  bool needs_attention = false;
};

DigestWords words_of(const DigestLine& line, Language language);
/// "Conversion rate (country: SE): Critical, 14 March 2026 to 16 March 2026".
std::string alert_line(const DigestAlert& alert);

/// A list of alerts under its heading; nothing to say in it: one line that says so, or nothing.
struct DigestSection {
  std::string heading;
  std::vector<std::string> lines;
};

/// What fired, and what came and went; in this order, those that are worth a heading.
std::vector<DigestSection> sections_of(const DigestView& digest, Language language);

/// The whole digest in lines of at most 80 columns. REQUIRES that the message has one.
std::string digest_text(const Message& message);

}  // namespace kpi
