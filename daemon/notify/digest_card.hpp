#pragma once
// A digest as a card: each KPI stands where an alert would, so that every channel that draws alerts draws digests.
// Pure.

#include "daemon/notify/message_card.hpp"

namespace kpi {

/// REQUIRES that the message has a digest.
MessageCard digest_card(const Message& message);

/// Green, orange or red: how a KPI of a digest stands.
Tone tone_of(const DigestLine& line);

}  // namespace kpi
