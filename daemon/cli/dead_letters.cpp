#include "daemon/cli/reading.hpp"
#include "daemon/cli/verbs.hpp"
#include "daemon/notify/alert_words.hpp"
#include "daemon/notify/message_json.hpp"
#include "daemon/store/history_reader.hpp"
#include "daemon/store/sqlite_store.hpp"
#include "daemon/web/client.hpp"
#include "rules/base/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <ostream>

namespace kpi {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t kMostListed = 1000;

std::string subject_of(const NotificationRow& row) {
  const Result<Message> message = parse_message_json(row.body);
  return message ? headline(*message) : row.type;
}

int list_dead_letters(const Arguments& arguments, Io& io) {
  const auto config = load_for_verb(arguments, Secrets::kIgnored, io);
  if (!config) {
    return kExitNo;
  }
  const auto reader = open_history_reader(config->history);
  NotificationFilter filter;
  filter.state = NotificationRow::State::kDead;
  filter.limit = kMostListed;
  if (arguments.has("channel")) {
    filter.channel = arguments.text("channel");
  }
  const auto rows = reader ? (*reader)->notifications(filter)
                           : Result<std::vector<NotificationRow>>(tl::unexpected<Error>(reader.error()));
  if (!rows) {
    return complain(io, kExitFailed, rows.error().message);
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
  const auto config = load_for_verb(arguments, Secrets::kIgnored, io);
  if (!config) {
    return kExitNo;
  }
  std::vector<std::string> ids = arguments.list("id");
  if (const auto reader = open_history_reader(config->history); reader && arguments.has("channel")) {
    NotificationFilter filter;
    filter.state = NotificationRow::State::kDead;
    filter.channel = arguments.text("channel");
    filter.limit = kMostListed;
    for (const NotificationRow& row : (*reader)->notifications(filter).value_or(std::vector<NotificationRow>{})) {
      ids.push_back(row.id);
    }
  }
  if (const auto answer = ask_daemon(ResendAction{ids}, *config)) {
    if (!*answer) {
      return complain(io, kExitNo, answer->error().message);
    }
    io.out << (*answer)->text << "\n";
    return kExitFine;
  }
  auto store = open_sqlite_store(config->history);
  if (!store) {
    return complain(io, kExitFailed, store.error().message);
  }
  const auto dead = (*store)->dead_letters(ids, arguments.text("channel"));
  const auto state = (*store)->load();
  if (!dead || !state) {
    return complain(io, kExitFailed, !dead ? dead.error().message : state.error().message);
  }
  StepCommit step;
  step.now = state->last_step.value_or(io.clock.now());
  for (const NotificationRow& row : *dead) {
    DeliveryRow queued;
    queued.id = row.id;
    queued.last_error = row.last_error;
    queued.progress = row.progress;
    step.deliveries.push_back(std::move(queued));
  }
  if (const auto done = (*store)->commit(step); !done) {
    return complain(io, kExitFailed, done.error().message);
  }
  io.out << counted(dead->size(), "message") << " will be sent again\n";
  return dead->size() < ids.size() ? complain(io, kExitNo, "the others are no dead letters") : int{kExitFine};
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
