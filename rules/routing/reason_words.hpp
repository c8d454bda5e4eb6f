#pragma once
// Why an alert is on, or ended, as a sentence in the reader's language. Pure; for describe.cpp.

#include "rules/routing/describe.hpp"

#include <string>

namespace kpi {

/// "below 2.2% for 2 days".
std::string reason_words(const AlertSubject& subject, const Voice& voice);

/// Whether it fires, and the newest period has no data.
bool is_stale(const AlertSubject& subject);

/// The limit that a firing alert's severity stands for; nothing: it has none.
std::optional<Value> crossed_limit(const AlertSubject& subject);
/// How many decimals it takes to tell the value from its limit.
int decimals_for(const AlertSubject& subject, const Value& limit, Language language);
std::string limit_words(const AlertSubject& subject, const Value& limit, Language language);

}  // namespace kpi
