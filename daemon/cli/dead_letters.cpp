#include "daemon/cli/asking.hpp"
#include "daemon/cli/owner.hpp"
#include "daemon/cli/reading.hpp"
#include "daemon/cli/verbs.hpp"
#include "daemon/notify/alert_words.hpp"
#include "daemon/notify/message_json.hpp"
#include "daemon/store/history_reader.hpp"
#include "rules/base/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <iterator>
#include <ostream>

namespace kpi {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t kMostListed = 1000;

std::string subject_of(const NotificationRow& row) {
  const Result<Message> message = parse_message_json(row.body);
  return message ? headline(*message) : row.type;
}

Result<std::vector<NotificationRow>> dead_letters(const Arguments& arguments, const Config& config) {
  const auto reader = KPI_TRY(open_history_reader(config.history));
  NotificationFilter filter;
  filter.state = NotificationRow::State::kDead;
  filter.limit = kMostListed;
  if (arguments.has("channel")) {
    filter.channel = arguments.text("channel");
  }
  return reader->notifications(filter);
}

/// Of a channel that is neither configured nor has any: a slip of the pen, which is said.
bool is_unknown_channel(const Arguments& arguments,
                        const Config& config,
                        const std::vector<NotificationRow>& rows,
                        Io& io) {
  const std::string channel = arguments.text("channel");
  if (channel.empty() || !rows.empty() || config.find_channel(channel) != nullptr) {
    return false;
  }
  std::vector<std::string> names;
  std::ranges::transform(config.channels, std::back_inserter(names), &ChannelConfig::name);
  const std::string near = did_you_mean(channel, names);
  complain(io,
           kExitUsage,
           "there is no channel \"" + printable(channel, 64) + "\"" +
               (near.empty() ? "; there are " + join(names, ", ") : "; " + near));
  return true;
}

int list_dead_letters(const Arguments& arguments, Io& io) {
  const auto config = load_or_last_good(arguments, Secrets::kIgnored, io);
  if (!config) {
    return kExitNo;
  }
  if (const auto code = run_by_owner("deadletter list", arguments, *config, io)) {
    return *code;
  }
  const auto rows = dead_letters(arguments, *config);
  if (!rows) {
    return complain(io, kExitFailed, rows.error().message);
  }
  if (is_unknown_channel(arguments, *config, *rows, io)) {
    return kExitUsage;
  }
  if (arguments.has("json")) {
    ordered_json list = ordered_json::array();
    for (const NotificationRow& row : *rows) {
      list.push_back({{"id", row.id},
                      {"channel", row.channel},
                      {"type", row.type},
                      {"created", rfc3339(row.created)},
                      {"attempts", row.attempts},
                      {"error", row.last_error},
                      {"subject", subject_of(row)}});
    }
    io.out << list.dump(2, ' ', false, ordered_json::error_handler_t::replace) << "\n";
    return kExitFine;
  }
  for (const NotificationRow& row : *rows) {
    io.out << row.id << "  " << local_text(row.created, config->zone) << "  to " << printable(row.channel, 60) << "\n  "
           << subject_of(row) << "\n  " << counted(static_cast<std::size_t>(row.attempts), "attempt") << ": "
           << printable(row.last_error, 300) << "\n";
  }
  if (rows->empty()) {
    io.out << "there are no dead letters\n";
  }
  return kExitFine;
}

int resend_dead_letters(const Arguments& arguments, Io& io) {
  const auto config = load_or_last_good(arguments, Secrets::kIgnored, io);
  if (!config) {
    return kExitNo;
  }
  ResendAction action{arguments.list("id")};
  if (action.ids.empty() && arguments.has("channel")) {
    const auto rows = dead_letters(arguments, *config);
    if (!rows) {
      return complain(io, kExitFailed, rows.error().message);
    }
    if (is_unknown_channel(arguments, *config, *rows, io)) {
      return kExitUsage;
    }
    std::ranges::transform(*rows, std::back_inserter(action.ids), &NotificationRow::id);
    if (action.ids.empty()) {
      io.out << "there are no dead letters of " << printable(arguments.text("channel"), 60) << "\n";
      return kExitFine;
    }
  }
  return ask(action, config, io);
}

}  // namespace

Command deadletter_list_command() {
  return {"deadletter list",
          "messages that could not be delivered",
          "kpid deadletter list                   newest first, with the reason\n"
          "kpid deadletter list --channel growth",
          {{"channel", "NAME", "of this channel only"}, config_argument(), json_argument()},
          list_dead_letters};
}

Command deadletter_resend_command() {
  return {"deadletter resend",
          "queue messages again that could not be delivered",
          "kpid deadletter resend --channel growth    all of them; without a channel those of all\n"
          "kpid deadletter resend msg_01K3…",
          {{"id", "ID", "these only", true, true}, {"channel", "NAME", "of this channel only"}, config_argument()},
          resend_dead_letters};
}

}  // namespace kpi
