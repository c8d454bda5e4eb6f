// What the history holds beside KPIs, as lists: silences, reviews, notes, messages; and sources and channels.

#include "daemon/store/history_reader.hpp"
#include "daemon/web/api.hpp"
#include "daemon/web/request_parts.hpp"
#include "daemon/web/status_index.hpp"
#include "rules/base/text.hpp"
#include "rules/model/earlier_names.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <chrono>
#include <optional>
#include <string_view>

namespace kpi {
namespace {

using nlohmann::ordered_json;

}  // namespace

/// What the history holds beside KPIs.
WebReply Api::stored(const std::vector<std::string>& path, const WebRequest& request) {
  const std::string& first = path[0];
  if (first == "sources" || first == "channels") {
    const auto index = status();
    return {200, "application/json", first == "sources" ? index->sources() : index->channels(), {}, false};
  }
  const std::string kpi = parameter_of(request, "kpi");
  if (!kpi.empty() && (first == "reviews" || first == "notes") && !is_known(kpi)) {
    return problem(404, "there is no KPI \"" + printable(kpi, 64) + "\"");
  }
  auto reader = open_history_reader(ground_.config()->history);
  if (!reader) {
    return problem(503, reader.error().message);
  }
  const auto earlier = earlier_names(ground_.config()->rules);
  const auto name_of_now = [&](const std::string& name) {
    const auto now = earlier.find(name);
    return now == earlier.end() ? name : now->second;
  };
  ordered_json rows = ordered_json::array();
  if (first == "silences") {
    const auto silences = (*reader)->silences(request.query.contains("all") ? Instant{} : ground_.now());
    for (const SilenceRow& row : silences.value_or(std::vector<SilenceRow>{})) {
      rows.push_back({{"id", row.id},
                      {"match", ordered_json::parse(row.match, nullptr, false)},
                      {"start", rfc3339(row.start)},
                      {"until", rfc3339(row.end)},
                      {"by", row.by},
                      {"comment", row.comment}});
    }
  } else if (first == "reviews") {
    for (const ReviewRow& row : (*reader)->reviews().value_or(std::vector<ReviewRow>{})) {
      const std::string name = name_of_now(row.kpi);
      if (kpi.empty() || name == kpi) {
        rows.push_back({{"kpi", name}, {"by", row.by}, {"note", row.note}, {"at", rfc3339(row.at)}});
      }
    }
  } else if (first == "notes") {
    constexpr Date kFirst{std::chrono::year{1900}, std::chrono::January, std::chrono::day{1}};
    constexpr Date kEnd{std::chrono::year{2300}, std::chrono::January, std::chrono::day{1}};
    for (const NoteRow& row : (*reader)->notes(kFirst, kEnd).value_or(std::vector<NoteRow>{})) {
      const std::string name = name_of_now(row.kpi);
      if (kpi.empty() || row.kpi.empty() || name == kpi) {
        rows.push_back({{"kpi", name.empty() ? ordered_json(nullptr) : ordered_json(name)},
                        {"date", date_text(row.day)},
                        {"text", row.text},
                        {"by", row.by}});
      }
    }
  } else if (first == "notifications") {
    NotificationFilter filter;
    filter.limit = number_of(request, "limit", 100);
    const std::string state = parameter_of(request, "state");
    filter.state = state == "dead"     ? std::optional(NotificationRow::State::kDead)
                   : state == "queued" ? std::optional(NotificationRow::State::kQueued)
                   : state == "sent"   ? std::optional(NotificationRow::State::kSent)
                                       : std::nullopt;
    constexpr std::array<std::string_view, 3> kStates{"queued", "sent", "dead"};
    for (const NotificationRow& row : (*reader)->notifications(filter).value_or(std::vector<NotificationRow>{})) {
      rows.push_back({{"id", row.id},
                      {"channel", row.channel},
                      {"type", row.type},
                      {"created", rfc3339(row.created)},
                      {"state", kStates.at(static_cast<std::size_t>(row.state))},
                      {"attempts", row.attempts},
                      {"sent", row.sent ? ordered_json(rfc3339(*row.sent)) : ordered_json(nullptr)},
                      {"last_error", row.last_error}});
    }
  } else {
    return problem(404, "there is nothing here; /api/v1/openapi.json says what there is");
  }
  return json_reply({{first, rows}});
}

}  // namespace kpi
