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

}  // namespace kpi
