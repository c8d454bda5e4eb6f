#pragma once
// The `message` of an alert rule: text with placeholders in braces. Checked when it is loaded, filled when it is told.

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace kpi {

inline constexpr std::size_t kMaxMessageBytes = 1000;

/// The names that may stand in braces: "title", "segment", …
std::span<const std::string> placeholder_names();

/// What is wrong with a message, and the remedy.
struct TemplateError {
  std::string message;
  std::string remedy;

  bool operator==(const TemplateError&) const = default;
};

std::optional<TemplateError> check_message(std::string_view text);

/// The text with each placeholder replaced, once: braces in what is put in mean nothing.
std::string fill_message(std::string_view text, const std::function<std::string(std::string_view)>& value_of);

}  // namespace kpi
