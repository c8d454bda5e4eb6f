#pragma once
// One message as decided: what is told, before a channel gives it a shape. Its JSON form is the generic webhook's body
// (docs/webhook.md) and what the outbox keeps, so that all attempts send the same.

#include "rules/base/calendar.hpp"
#include "rules/base/time.hpp"
#include "rules/base/units.hpp"
#include "rules/model/sample.hpp"
#include "rules/model/verdict.hpp"
#include "rules/routing/digest_view.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kpi {

/// "alert.firing" and its siblings; the words are the contract.
enum class MessageType : std::uint8_t {
  kAlertFiring,
  kAlertResolved,
  kAlertReminder,   ///< It still burns, and nobody has said "I have it".
  kAlertEscalated,  ///< The same, to those who come next.
  kAlertFlapping,   ///< It comes and goes: no more is said until it is steady.
  kAlertNoData,
  kTargetStatus,
  kTargetReminder,
  kSourceError,
  kSourceRecovered,
  kConfigError,
  kDeliveryFailed,
  kDigest,
  kTest,
};

std::string_view name_of(MessageType type);
std::optional<MessageType> parse_message_type(std::string_view name);

/// A KPI's target as a message and `status --json` show it. Ratios are plain numbers; absent is unknown.
struct TargetView {
  TargetStatus status = TargetStatus::kNotStarted;
  double goal = 0;
  std::string formatted_goal;
  std::string deadline;  ///< "2026-12-31": the last day.
  std::optional<double> expected;
  std::string formatted_expected;
  std::optional<double> progress;
  std::optional<double> pace;
  std::optional<double> required;   ///< Per period still needed: change, growth, amount, or share of periods met.
  std::optional<double> recent;     ///< The same over the last four weeks.
  std::optional<double> best;       ///< The best that was ever held for as long as is left.
  std::string needed;               ///< These three in words.
  std::optional<double> projected;  ///< What is measured, at the deadline; with four chances in five between these:
  std::optional<double> projected_low;
  std::optional<double> projected_high;
  std::string formatted_projected;
  std::optional<double> probability;  ///< Of reaching the goal.
  std::string expected_date;          ///< The day by whose end the goal is expected to be reached; empty: none in time.
  std::optional<int> days_left;
  std::string name;              ///< Empty: the KPI's only one.
  std::optional<double> actual;  ///< What has been added up, the mean or the share so far; a level is the value itself.
  std::string formatted_actual;
  std::optional<double> budget;       ///< Misses that a share of met periods allows.
  std::optional<double> budget_left;  ///< Below zero: spent.
  std::optional<double> burn_rate;    ///< Misses so far over those allowed by now.
  std::string judged_by;              ///< "pace" where a forecast was asked for and there is none.
  std::string problem;                ///< Why it cannot be judged, and the remedy.
  std::string formatted_baseline;     ///< The frozen mean that `from: measured` found; else empty.
  bool is_ceiling = false;            ///< A budget that is not to be exceeded.

  bool operator==(const TargetView&) const = default;
};

/// How a receiver is spoken to.
struct Voice {
  Language language = Language::kEnglish;
  std::optional<Zone> zone;  ///< For times of day; none: that of the KPI, or the daemon's.

  bool operator==(const Voice&) const = default;
};

/// "sv", "sv Europe/Stockholm": the name of a voice.
std::string key_of(const Voice& voice);

/// What of an alert is written in a language.
struct AlertTexts {
  std::string formatted;
  std::string limit;
  std::string previous;
  std::string since;
  std::string period;
  std::string reason;
  std::string goal;
  std::string expected;
  std::string actual;
  std::string problem;
  std::string projected;
  std::string needed;

  bool operator==(const AlertTexts&) const = default;
};

/// One alert in a message: everything its reader needs without looking elsewhere.
struct AlertView {
  std::string id;  ///< The episode's.
  bool firing = true;
  std::string kpi;     ///< Empty for an alert about a source or about kpid itself.
  std::string source;  ///< The failing source, for source.*.
  std::string title;
  std::string description;
  std::string rule;  ///< "thresholds", "target", "no_data", or an alert rule's name.
  Labels segment;
  Severity severity = Severity::kWarning;
  std::optional<double> value;
  std::string formatted;
  std::string unit;
  std::optional<double> limit;
  std::string formatted_limit;
  std::optional<Instant> since;
  std::string since_text;  ///< In the channel's zone and language.
  std::optional<Period> period;
  std::string period_text;
  std::optional<double> previous;
  std::string formatted_previous;
  std::optional<TargetView> target;
  std::string owner;
  std::string objective;
  Labels labels;
  std::string reason;                       ///< A whole sentence part: "below 2.2% for 2 days".
  bool is_stale = false;                    ///< It fires, and its newest period has no data.
  bool is_known = false;                    ///< The reader was told before: it goes on beside what is new.
  std::optional<Instant> unanswered_since;  ///< Of an escalation: those who were told then have not acknowledged it.
  std::string runbook;
  std::string url;
  std::string acknowledge_url;  ///< A page that asks before it acts; so does the next.
  std::string silence_url;
  /// The same in the other voices that channels have, by key_of(); until it is known which channel it is for.
  std::map<std::string, AlertTexts, std::less<>> others{};

  bool operator==(const AlertView&) const = default;
};

/// A file that goes with a message: a chart, a review. Mail carries it; other channels leave it out.
struct Attachment {
  std::string name;          ///< "chart.png"
  std::string content_type;  ///< "image/png"
  std::string bytes;
  bool is_inline = false;  ///< A picture that mail shows below its text.

  bool operator==(const Attachment&) const = default;
};

AlertTexts texts_of(const AlertView& view);
/// The alert in one of its other voices; what it is not known in stays as it is.
AlertView in_voice(AlertView view, const Voice& voice);

/// One message to one channel. All alerts are of one type.
struct Message {
  std::string id;  ///< The same for all attempts: `webhook-id`.
  MessageType type = MessageType::kTest;
  std::string channel;
  Instant created;
  Labels group;  ///< What the alerts share: the route's group_by keys and their values.
  std::vector<AlertView> alerts;
  Language language = Language::kEnglish;  ///< Of its reader.
  Zone zone{};                             ///< Likewise: for times of day.
  std::optional<DigestView> digest{};      ///< Of a digest.
  std::string text;  ///< For messages without alerts (test, config.error, delivery.failed): what to say.
  std::vector<Attachment> attachments;

  bool operator==(const Message&) const = default;
};

}  // namespace kpi
