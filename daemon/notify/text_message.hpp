#pragma once
// A message as plain text in lines of at most 80 columns: for the console, mail, dead letters and as the fallback of
// channels that refuse anything richer. Pure.

#include "rules/routing/message.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace kpi {

inline constexpr std::size_t kTextColumns = 80;

/// The body: every alert with its facts (the worst hundred), or what a message without alerts says. Ends in a newline.
std::string text_message(const Message& message);

/// A line across: "-- Warning ------------------------------------------------ 2026-03-31 06:00 UTC --". Ends in a
/// newline.
std::string text_rule(const Message& message);

/// `text` after `first`, wrapped between words; further lines are indented as far as `first` is wide.
std::string wrapped_text(const std::string& first, std::string_view text);

}  // namespace kpi
