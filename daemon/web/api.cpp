#include "daemon/web/api.hpp"

#include "daemon/engine/action_link.hpp"
#include "daemon/web/action_page.hpp"
#include "daemon/web/admission.hpp"
#include "daemon/web/query_rules.hpp"
#include "daemon/web/request_parts.hpp"
#include "daemon/web/status_index.hpp"
#include "rules/base/text.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

namespace kpi {
namespace {

using nlohmann::ordered_json;

constexpr std::string_view kPrefix = "/api/v1/";

/// "Tue, 31 Mar 2026 06:00:00 GMT".
std::string http_date(Instant at) {
  constexpr std::array<std::string_view, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<std::string_view, 12> kMonths{
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(std::chrono::floor<std::chrono::seconds>(at - day));
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
                     kDays.at(std::chrono::weekday(day).c_encoding()),
                     static_cast<unsigned>(date.day()),
                     kMonths.at(static_cast<unsigned>(date.month()) - 1),
                     static_cast<int>(date.year()),
                     time.hours().count(),
                     time.minutes().count(),
                     time.seconds().count());
}

/// The address is there, the method is none of its.
WebReply not_allowed(const std::string& methods, std::string_view title) {
  WebReply reply = problem(405, title);
  reply.headers.emplace_back("Allow", methods);
  return reply;
}

std::vector<std::string> parts_of(std::string_view path) {
  std::vector<std::string> parts;
  for (const std::string_view part : split(path, '/')) {
    parts.push_back(url_decoded(part));
  }
  return parts;
}

/// Headers that every answer has: nothing is framed, sniffed or loaded from elsewhere.
void harden(WebReply& reply) {
  reply.headers.emplace_back("X-Content-Type-Options", "nosniff");
  if (std::ranges::find(reply.headers, "Referrer-Policy", &std::pair<std::string, std::string>::first) ==
      reply.headers.end()) {
    reply.headers.emplace_back("Referrer-Policy", "no-referrer");
  }
  reply.headers.emplace_back("Cache-Control", "no-store");
  const bool is_report = reply.type.starts_with("text/html") && reply.body.find("<style>") != std::string::npos;
  reply.headers.emplace_back(
      "Content-Security-Policy",
      is_report ? "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
                : "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
                  "form-action 'self'; base-uri 'none'; frame-ancestors 'none'");
}

/// The exit code of a verb as a status.
int status_of(int code) {
  constexpr std::array<int, 4> kStatus{200, 422, 400, 503};
  return kStatus.at(static_cast<std::size_t>(std::clamp(code, 0, 3)));
}

/// What a verb complained of; what the command line calls --from is "from" in a query.
std::string first_line(std::string_view text) {
  std::string_view line = text.substr(0, text.find('\n'));
  if (line.starts_with("kpid: ")) {
    line.remove_prefix(6);
  }
  std::string words(line);
  for (std::size_t at = words.find("--"); at != std::string::npos; at = words.find("--", at)) {
    words.erase(at, 2);
  }
  return words;
}

}  // namespace

WebReply Api::handle(const WebRequest& request) {
  WebReply reply = route(request);
  harden(reply);
  reply.headers.emplace_back("Date", http_date(ground_.now()));
  return reply;
}

void Api::admit(Secret token, std::vector<std::string> hosts, std::string origin) {
  const std::scoped_lock lock(options_mutex_);
  ApiOptions changed = *options_;
  changed.token = std::move(token);
  changed.hosts = std::move(hosts);
  changed.origin = std::move(origin);
  options_ = std::make_shared<const ApiOptions>(std::move(changed));
}

std::shared_ptr<const ApiOptions> Api::options() const {
  const std::scoped_lock lock(options_mutex_);
  return options_;
}

WebReply Api::route(const WebRequest& request) {
  const std::shared_ptr<const ApiOptions> options = this->options();
  const bool is_api = request.path.starts_with(kPrefix);
  const bool reads = request.method == "GET" || request.method == "HEAD";
  const bool is_told = request.path == "/healthz" || request.path == "/readyz" || request.path == "/metrics";
  if (auto refused = refusal_of(request, *options)) {
    return *std::move(refused);
  }
  if (request.path == "/healthz" && reads) {
    return {200, "text/plain; charset=utf-8", "ok\n", {}, false};
  }
  if (request.path == "/readyz" && reads) {
    const std::string why = ground_.problem();
    return {why.empty() ? 200 : 503, "text/plain; charset=utf-8", (why.empty() ? "ready" : why) + "\n", {}, false};
  }
  if (is_action_path(request.path)) {
    return action_page(request, ground_);
  }
  const bool is_guarded = is_api || request.path == "/metrics";
  if (!request.is_local && !has_token(request, *options) && ((is_guarded && options->is_public) || !reads)) {
    WebReply reply = problem(options->token.empty() ? 403 : 401,
                             options->token.empty() ? "writing over the network wants a `token:` in kpid.yaml"
                                                    : "this wants the token: Authorization: Bearer …");
    reply.headers.emplace_back("WWW-Authenticate", "Bearer");
    return reply;
  }
  if (request.path == "/metrics" && reads) {
    return {200, "text/plain; version=0.0.4; charset=utf-8", ground_.metrics(), {}, false};
  }
  if (is_api) {
    const auto path = parts_of(std::string_view(request.path).substr(kPrefix.size()));
    if (const std::string methods = methods_of(path);
        !methods.empty() && (", " + methods + ",").find(" " + request.method + ",") == std::string::npos) {
      return not_allowed(methods, "this address takes " + methods);
    }
    if (reads) {
      return read(request, path);
    }
    return request.method == "POST" ? write(request, path)
                                    : problem(404, "there is nothing here; /api/v1/openapi.json says what there is");
  }
  const Asset* asset = find_asset(request.path == "/" ? "/index.html" : std::string_view(request.path));
  if (!reads && (asset != nullptr || is_told)) {
    return not_allowed("GET, HEAD", "GET reads");
  }
  if (asset == nullptr) {
    return problem(404, "there is nothing here");
  }
  return {200, std::string(asset->type), std::string(asset->body), {}, false};
}

WebReply Api::read(const WebRequest& request, const std::vector<std::string>& path) {
  if (const std::string wrong = query_problem(path, request.query); !wrong.empty()) {
    return problem(400, wrong);
  }
  const std::string& first = path[0];
  if (path.size() == 1 && first == "status") {
    return {200, "application/json", status()->document(), {}, false};
  }
  if (path.size() == 1 && first == "kpis") {
    return kpis(request);
  }
  if (path.size() == 2 && first == "kpis") {
    return kpi(path[1]);
  }
  if (path.size() == 3 && first == "kpis" && path[2] == "history") {
    return history(request, path[1]);
  }
  if (path.size() == 3 && first == "kpis" && path[2] == "explain") {
    return explain(request, path[1]);
  }
  if (path.size() != 1) {
    return problem(404, "there is nothing here; /api/v1/openapi.json says what there is");
  }
  if (first == "alerts") {
    return alerts(request);
  }
  if (first == "report") {
    return report(request);
  }
  if (first == "check") {
    return check();
  }
  if (first == "openapi.json") {
    return {200, "application/json", std::string(openapi_json()), {}, false};
  }
  if (first == "events") {
    return {200, "text/event-stream", "", {}, true};
  }
  return stored(path, request);
}

WebReply Api::write(const WebRequest& request, const std::vector<std::string>& path) {
  const std::string type = header_of(request, "content-type");
  if (!request.body.empty() && !type.starts_with("application/json")) {
    return problem(415, "the body is JSON: Content-Type: application/json");
  }
  if (request.is_local && path.size() == 1 && path[0] == "verb") {
    return verb_for_owner(request.body);
  }
  const auto action = parse_action(path, request.body, ground_.config()->zone, ground_.now());
  if (!action) {
    return problem(action.error().kind == ErrorKind::kNotFound ? 404 : 400, action.error().message);
  }
  return ask(*action);
}

/// A verb of who may use the socket but not read the history's file; only such as read.
WebReply Api::verb_for_owner(std::string_view body) {
  constexpr std::array<std::string_view, 7> kReading{
      "status", "alerts", "explain", "report", "silence list", "deadletter list", "history export"};
  const auto document = ordered_json::parse(body, nullptr, false);
  std::vector<std::string> words;
  if (document.is_object() && document.contains("words") && document["words"].is_array()) {
    for (const auto& word : document["words"]) {
      words.push_back(word.is_string() ? word.get<std::string>() : "");
    }
  }
  const auto begins = [&](std::string_view verb) {
    return (join(words, " ") + " ").starts_with(std::string(verb) + " ");
  };
  if (std::ranges::none_of(kReading, begins)) {
    return problem(400, "that is no verb that reads");
  }
  const VerbResult result = ground_.verb(words);
  return json_reply({{"code", result.code}, {"out", result.out}, {"err", result.err}});
}

WebReply Api::ask(Action action) {
  const auto answer = ground_.ask(std::move(action));
  if (!answer) {
    const ErrorKind kind = answer.error().kind;
    return problem(kind == ErrorKind::kNotFound  ? 404
                   : kind == ErrorKind::kInvalid ? 422
                                                 : 503,
                   answer.error().message);
  }
  return json_reply(
      {{"text", answer->text}, {"id", answer->id.empty() ? ordered_json(nullptr) : ordered_json(answer->id)}});
}

WebReply Api::verb(std::vector<std::string> words, std::string_view type) {
  VerbResult result = ground_.verb(words);
  if (result.code != 0) {
    return problem(status_of(result.code), first_line(result.err));
  }
  return {200, std::string(type), std::move(result.out), {}, false};
}

WebReply Api::report(const WebRequest& request) {
  std::vector<std::string> words{"report"};
  for (const char* name : {"quarter", "month", "week", "year", "from", "to", "language"}) {
    if (request.query.contains(name)) {
      words.push_back("--" + std::string(name));
      words.push_back(parameter_of(request, name));
    }
  }
  const std::string asked = parameter_of(request, "format");
  const std::string format = asked.empty() ? "json" : asked;
  words.insert(words.end(), {"--format", format});
  const std::string_view type = format == "html"  ? "text/html; charset=utf-8"
                                : format == "csv" ? "text/csv; charset=utf-8"
                                : format == "md"  ? "text/markdown; charset=utf-8"
                                                  : "application/json";
  return verb(std::move(words), type);
}

/// Whether the files on disk would load, and what the last reload was refused for. Of many thousand KPIs that takes a
/// minute of a processor: one is made at a time, and it stands for as long as it took.
WebReply Api::check() {
  const Instant asked = ground_.now();
  {
    const std::scoped_lock lock(check_mutex_);
    const bool is_fresh = check_.text != nullptr && asked >= check_.from && asked < check_.until;
    if (check_.text != nullptr && (is_fresh || check_.is_being_made)) {
      return {200, "application/json", *check_.text, {}, false};
    }
    if (check_.is_being_made) {
      WebReply reply = problem(503, "the files are being checked; ask again in some seconds");
      reply.headers.emplace_back("Retry-After", "5");
      return reply;
    }
    check_.is_being_made = true;
  }
  const VerbResult result = ground_.verb({"check"});
  const std::string refused = ground_.config_errors();
  WebReply reply = json_reply({{"ok", result.code == 0 && refused.empty()},
                               {"diagnostics", result.out + result.err},
                               {"refused", refused.empty() ? ordered_json(nullptr) : ordered_json(refused)}});
  const Instant done = ground_.now();
  const std::scoped_lock lock(check_mutex_);
  check_ = {done, done + (done - asked), std::make_shared<const std::string>(reply.body), false};
  return reply;
}

}  // namespace kpi
