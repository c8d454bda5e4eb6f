#include "rules/routing/message.hpp"

#include <array>
#include <cstddef>

namespace kpi {

namespace {

// In the order of the enumerators; a word read back is its place in the table.
constexpr std::array<std::string_view, 14> kTypes = {"alert.firing",
                                                     "alert.resolved",
                                                     "alert.reminder",
                                                     "alert.escalated",
                                                     "alert.flapping",
                                                     "alert.no_data",
                                                     "target.status",
                                                     "target.reminder",
                                                     "source.error",
                                                     "source.recovered",
                                                     "config.error",
                                                     "delivery.failed",
                                                     "digest",
                                                     "test"};
static_assert(kTypes.size() == static_cast<std::size_t>(MessageType::kTest) + 1);

}  // namespace

std::string_view name_of(MessageType type) {
  const auto index = static_cast<std::size_t>(type);
  return index < kTypes.size() ? kTypes.at(index) : std::string_view();
}

std::optional<MessageType> parse_message_type(std::string_view name) {
  for (std::size_t i = 0; i < kTypes.size(); ++i) {
    if (kTypes.at(i) == name) {
      return static_cast<MessageType>(i);
    }
  }
  return std::nullopt;
}

std::string key_of(const Voice& voice) {
  const std::string language(name_of(voice.language));
  return voice.zone ? language + " " + voice.zone->name() : language;
}

AlertTexts texts_of(const AlertView& view) {
  AlertTexts texts;
  texts.formatted = view.formatted;
  texts.limit = view.formatted_limit;
  texts.previous = view.formatted_previous;
  texts.since = view.since_text;
  texts.period = view.period_text;
  texts.reason = view.reason;
  if (view.target) {
    texts.goal = view.target->formatted_goal;
    texts.expected = view.target->formatted_expected;
    texts.actual = view.target->formatted_actual;
    texts.problem = view.target->problem;
    texts.projected = view.target->formatted_projected;
    texts.needed = view.target->needed;
  }
  return texts;
}

AlertView in_voice(AlertView view, const Voice& voice) {
  if (const auto found = view.others.find(key_of(voice)); found != view.others.end()) {
    const AlertTexts& texts = found->second;
    view.formatted = texts.formatted;
    view.formatted_limit = texts.limit;
    view.formatted_previous = texts.previous;
    view.since_text = texts.since;
    view.period_text = texts.period;
    view.reason = texts.reason;
    if (view.target) {
      view.target->formatted_goal = texts.goal;
      view.target->formatted_expected = texts.expected;
      view.target->formatted_actual = texts.actual;
      view.target->problem = texts.problem;
      view.target->formatted_projected = texts.projected;
      view.target->needed = texts.needed;
    }
  }
  view.others.clear();
  return view;
}

}  // namespace kpi
