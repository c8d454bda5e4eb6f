// The addresses below /api/v1/kpis, and what is kept of the status and the alerts between two steps.

#include "daemon/store/history_reader.hpp"
#include "daemon/web/api.hpp"
#include "daemon/web/request_parts.hpp"
#include "daemon/web/status_index.hpp"
#include "rules/base/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <map>

namespace kpi {
namespace {

using nlohmann::ordered_json;

}  // namespace

/// Whether what was read at that step still stands.
bool Api::is_fresh(std::uint64_t step, Instant at) const {
  constexpr std::chrono::seconds kLongest{15};
  const Instant now = ground_.now();
  return step == ground_.step() && now >= at && now < at + kLongest;
}

/// What fires, read once a step; with those that are over, or those of one KPI, for the asking.
WebReply Api::alerts(const WebRequest& request) {
  const std::string kpi = parameter_of(request, "kpi");
  if (!kpi.empty() || request.query.contains("all")) {
    std::vector<std::string> words{"alerts", "--json"};
    if (request.query.contains("all")) {
      words.emplace_back("--all");
    }
    if (!kpi.empty()) {
      words.insert(words.end(), {"--", kpi});  // no option, whatever it begins with
    }
    WebReply reply = verb(std::move(words));
    return kpi.empty() ? reply : of_kpi(kpi, std::move(reply));
  }
  alerts_asked_ = ground_.now();
  return fresh_alerts();
}

WebReply Api::fresh_alerts() {
  const std::scoped_lock lock(alerts_mutex_);
  if (alerts_.text == nullptr || !is_fresh(alerts_.step, alerts_.at)) {
    const std::uint64_t step = ground_.step();
    WebReply reply = verb({"alerts", "--json"});
    if (reply.status != 200) {
      return reply;
    }
    alerts_ = {step, ground_.now(), std::make_shared<const std::string>(std::move(reply.body))};
  }
  return {200, "application/json", *alerts_.text, {}, false};
}

std::map<std::string, std::size_t> Api::states() {
  return fresh_status()->states();
}

/// Where every line stands, read once a step.
std::shared_ptr<const StatusIndex> Api::status() {
  status_asked_ = ground_.now();
  return fresh_status();
}

bool Api::is_recent(const std::atomic<Instant>& asked) const {
  constexpr std::chrono::seconds kLately{10};
  const Instant at = asked.load();
  const Instant now = ground_.now();
  return at != Instant::min() && now >= at && now < at + kLately;
}

void Api::prepare() {
  constexpr std::chrono::milliseconds kPause{500};  // of steps that come faster the next one who asks reads it
  const Instant now = ground_.now();
  const Instant last = prepared_.load();
  if (last != Instant::min() && now >= last && now < last + kPause) {
    return;
  }
  prepared_ = now;
  if (is_recent(status_asked_)) {
    fresh_status();
  }
  if (is_recent(alerts_asked_)) {
    fresh_alerts();
  }
}

std::shared_ptr<const StatusIndex> Api::fresh_status() {
  const std::scoped_lock lock(status_mutex_);
  if (status_.index == nullptr || !is_fresh(status_.step, status_.at)) {
    const std::uint64_t step = ground_.step();
    const auto config = ground_.config();
    status_ = {
        step, ground_.now(), std::make_shared<const StatusIndex>(config, ground_.status().value_or(StatusSnapshot{}))};
  }
  return status_.index;
}

/// Those that match, a page of them: q (in id, title, owner, objective, segment), state, owner, offset, limit (50).
WebReply Api::kpis(const WebRequest& request) {
  StatusIndex::Wanted wanted;
  wanted.word = parameter_of(request, "q");
  wanted.state = parameter_of(request, "state");
  wanted.owner = parameter_of(request, "owner");
  wanted.offset = number_of(request, "offset", 0);
  wanted.limit = number_of(request, "limit", 50);
  wanted.with_values = request.query.contains("spark");
  return {200, "application/json", status()->page(wanted), {}, false};
}

WebReply Api::kpi(const std::string& id) {
  const auto config = ground_.config();
  const Kpi* kpi = config->rules.find(id);
  if (kpi == nullptr) {
    return problem(404, "there is no KPI \"" + printable(id, 64) + "\"");
  }
  return json_reply({{"id", kpi->id},
                     {"title", kpi->title},
                     {"description", kpi->description},
                     {"owner", kpi->owner},
                     {"objective", kpi->objective},
                     {"unit", kpi->unit.text()},
                     {"value", kpi->value.text},
                     {"every", kpi->every.text()},
                     {"runbook", kpi->runbook},
                     {"rule", kpi->text},
                     {"lines", ordered_json::parse(status()->lines_of(id))}});
}

/// What a verb says of a KPI: that there is none of that name is another answer than that something else is wrong.
WebReply Api::of_kpi(const std::string& id, WebReply reply) const {
  return reply.status >= 400 && !is_known(id) ? problem(404, "there is no KPI \"" + printable(id, 64) + "\"")
                                              : std::move(reply);
}

/// Configured, or known to the history from before.
bool Api::is_known(const std::string& id) const {
  if (ground_.config()->rules.find(id) != nullptr) {
    return true;
  }
  const auto reader = open_history_reader(ground_.config()->history);
  const auto lines = reader ? (*reader)->lines() : Result<std::vector<LineRow>>();
  return lines && std::ranges::find(*lines, id, &LineRow::kpi) != lines->end();
}

WebReply Api::history(const WebRequest& request, const std::string& id) {
  std::vector<std::string> words{"history", "export", "--format", "json"};
  for (const char* name : {"segment", "from", "to"}) {
    if (request.query.contains(name)) {
      words.push_back("--" + std::string(name));
      words.push_back(parameter_of(request, name));
    }
  }
  words.insert(words.end(), {"--", id});
  return of_kpi(id, verb(std::move(words)));
}

WebReply Api::explain(const WebRequest& request, const std::string& id) {
  std::vector<std::string> words{"explain"};
  if (request.query.contains("segment")) {
    words.emplace_back("--segment");
    words.push_back(parameter_of(request, "segment"));
  }
  words.insert(words.end(), {"--", id});
  return of_kpi(id, verb(std::move(words), "text/plain; charset=utf-8"));
}

}  // namespace kpi
