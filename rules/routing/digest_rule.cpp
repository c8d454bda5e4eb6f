#include "rules/routing/digest_rule.hpp"

#include "rules/base/text.hpp"

namespace kpi {
namespace {

/// The issue that comes in the period that begins with `slot`: about the one before it.
DigestDue due_in(const DigestRule& rule, Slot slot, const Zone& zone) {
  const Slot before = next_slot(slot, Grain{rule.every, 0}, -1);
  const std::chrono::local_days day{std::chrono::sys_days{date_of(slot)}.time_since_epoch() +
                                    std::chrono::days{rule.day}};
  return {zone.to_instant(day + rule.at), date_of(before), date_of(slot)};
}

Slot period_at(const DigestRule& rule, Instant now, const Zone& zone, const CalendarRules& calendar) {
  const Date today{std::chrono::floor<std::chrono::days>(zone.to_local(now))};
  return slot_at(today, Grain{rule.every, 0}, calendar);
}

}  // namespace

std::string key_of(const DigestRule& rule, const std::string& channel) {
  return Grain{rule.every, 0}.text() + " " + std::to_string(rule.day) + " " + std::to_string(rule.at.count()) + " " +
         fingerprint(text_of(rule.match)) + " " + channel;
}

DigestDue last_due(const DigestRule& rule, Instant now, const Zone& zone, const CalendarRules& calendar) {
  Slot slot = period_at(rule, now, zone, calendar);
  DigestDue due = due_in(rule, slot, zone);
  while (due.at > now) {
    slot = next_slot(slot, Grain{rule.every, 0}, -1);
    due = due_in(rule, slot, zone);
  }
  return due;
}

Instant next_due(const DigestRule& rule, Instant now, const Zone& zone, const CalendarRules& calendar) {
  Slot slot = period_at(rule, now, zone, calendar);
  Instant at = due_in(rule, slot, zone).at;
  while (at <= now) {
    slot = next_slot(slot, Grain{rule.every, 0});
    at = due_in(rule, slot, zone).at;
  }
  return at;
}

}  // namespace kpi
