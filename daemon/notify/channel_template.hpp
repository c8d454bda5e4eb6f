#pragma once
// The `template` of a channel: the reader's own words for what an alert says, in Mustache. Its names and sections are
// checked when it is loaded, on a made-up message; what it gives is text, which the channel escapes and fits like any
// other. Immutable; any thread. The only user of kainjow/mustache.

#include "daemon/notify/channel.hpp"
#include "rules/base/result.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace kpi {

class ChannelTemplate {
 public:
  /// Everything that is wrong, a sentence each with the line; empty: nothing.
  static std::vector<std::string> problems_of(std::string_view text);

  /// REQUIRES that the text has no problems.
  explicit ChannelTemplate(std::string text) : text_(std::move(text)) {}

  /// What is said instead of the built-in text. Fails when nothing comes out, or too much.
  [[nodiscard]] Result<std::string> render(const Message& message) const;

 private:
  std::string text_;
};

/// The channel, telling alerts in these words. A template that fails when a message is sent holds nothing back: the
/// built-in words go out, and the outcome says so.
std::unique_ptr<Channel> templated(std::unique_ptr<Channel> channel, ChannelTemplate words);

}  // namespace kpi
