#pragma once
// A message as plain text in lines of at most 80 columns: for the console, mail, dead letters and as the fallback of
// channels that refuse anything richer. Pure.

#include "rules/routing/message.hpp"

#include <cstddef>
#include <string>

namespace kpi {

inline constexpr std::size_t kTextColumns = 80;

/// The body: every alert with its facts (the worst hundred), or what a message without alerts says. Ends in a newline.
std::string text_message(const Message& message);

/// A line across: "-- Warning ------------------------------------------------ 2026-03-31 06:00 UTC --". Ends in a
/// newline.
std::string text_rule(const Message& message);

}  // namespace kpi
