#include "daemon/web/api.hpp"

#include "daemon/engine/action_link.hpp"
#include "daemon/store/history_reader.hpp"
#include "daemon/web/action_page.hpp"
#include "daemon/web/query_rules.hpp"
#include "daemon/web/status_index.hpp"
#include "rules/base/text.hpp"
#include "rules/model/earlier_names.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <map>

namespace kpi {
namespace {

using nlohmann::ordered_json;

constexpr std::string_view kPrefix = "/api/v1/";

std::string dumped(const ordered_json& document) {
  return document.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

WebReply json_reply(const ordered_json& document) {
  return {200, "application/json", dumped(document), {}, false};
}

/// Compares without telling by its time how much was right.
bool is_same(std::string_view a, std::string_view b) {
  unsigned difference = a.size() == b.size() ? 0 : 1;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference |=
        static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i % std::max<std::size_t>(1, b.size())]);
  }
  return difference == 0 && !b.empty();
}

std::string header(const WebRequest& request, const std::string& name) {
  const auto found = request.headers.find(name);
  return found == request.headers.end() ? "" : found->second;
}

/// "localhost:8470" in its two parts; port 0: none is named. No name: it is neither.
struct HostAndPort {
  std::string name;
  std::uint16_t port = 0;

  bool operator==(const HostAndPort&) const = default;
};

HostAndPort host_and_port(std::string_view text) {
  const std::size_t bracket = text.find(']');
  const std::size_t colon = text.rfind(':');
  HostAndPort host;
  if (colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket)) {
    const std::string_view port = text.substr(colon + 1);
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), host.port);
    if (error != std::errc() || end != port.data() + port.size()) {
      return {};
    }
    text = text.substr(0, colon);
  }
  host.name = to_lower_ascii(text);
  return host;
}

/// Whether a page of `origin` ("https://kpi.example.com") is one of `host`. Who speaks TLS for this program may name
/// neither itself nor its port in Host; `own` is then the origin that public_url tells.
bool is_own_page(const std::string& origin, HostAndPort host, const std::string& own) {
  if (!own.empty() && to_lower_ascii(origin) == own) {
    return true;
  }
  constexpr std::uint16_t kHttp = 80;
  constexpr std::uint16_t kHttps = 443;
  const std::size_t slashes = origin.find("://");
  if (slashes == std::string::npos) {
    return false;
  }
  HostAndPort page = host_and_port(std::string_view(origin).substr(slashes + 3));
  const std::uint16_t usual = origin.starts_with("https") ? kHttps : kHttp;
  page.port = page.port == 0 ? usual : page.port;
  host.port = host.port == 0 ? usual : host.port;
  return page == host;
}

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

/// The token of "Authorization: Bearer …"; the scheme's case does not matter.
std::string_view bearer_of(std::string_view authorization) {
  constexpr std::string_view kScheme = "bearer ";
  const bool is_bearer = to_lower_ascii(authorization.substr(0, kScheme.size())) == kScheme;
  return is_bearer ? authorization.substr(kScheme.size()) : std::string_view();
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

/// A number that query_problem() found nothing wrong with.
std::size_t number_of(const WebRequest& request, const std::string& name, std::size_t fallback) {
  const auto found = request.query.find(name);
  const auto number = found == request.query.end() ? std::nullopt : parse_number(found->second);
  return number ? static_cast<std::size_t>(*number) : fallback;
}

std::string query(const WebRequest& request, const std::string& name) {
  const auto found = request.query.find(name);
  return found == request.query.end() ? "" : found->second;
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

WebReply problem(int status, std::string_view title) {
  return {status,
          "application/problem+json",
          dumped({{"type", "about:blank"}, {"title", title}, {"status", status}}),
          {},
          false};
}

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

/// Of a request that is meant for another host, comes from another page or asks for another daemon's history.
std::optional<WebReply> Api::refusal(const WebRequest& request, const ApiOptions& options) const {
  if (request.is_local) {
    const std::string history = header(request, "kpid-history");
    return history.empty() || history == options.history
               ? std::nullopt
               : std::optional(problem(421, "this daemon keeps another history"));
  }
  const HostAndPort host = host_and_port(header(request, "host"));
  const bool is_nameless = request.is_http_1_0 && !request.headers.contains("host");  // no browser asks so
  if (!is_nameless && std::ranges::find(options.hosts, host.name) == options.hosts.end()) {
    return problem(
        421,
        "this is not the host \"" + printable(header(request, "host"), 80) + "\"; its name belongs into public_url");
  }
  const std::string origin = header(request, "origin");
  if (!origin.empty() && !is_own_page(origin, host, options.origin)) {
    return problem(403, "a page of another origin may not ask");
  }
  return std::nullopt;
}

WebReply Api::route(const WebRequest& request) {
  const std::shared_ptr<const ApiOptions> options = this->options();
  const bool is_api = request.path.starts_with(kPrefix);
  const bool reads = request.method == "GET" || request.method == "HEAD";
  const bool is_told = request.path == "/healthz" || request.path == "/readyz" || request.path == "/metrics";
  if (auto refused = refusal(request, *options)) {
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
  const bool has_token =
      !options->token.empty() && is_same(bearer_of(header(request, "authorization")), options->token.reveal());
  if (!request.is_local && !has_token && ((is_guarded && options->is_public) || !reads)) {
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
  const std::string type = header(request, "content-type");
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

/// Whether what was read at that step still stands.
bool Api::is_fresh(std::uint64_t step, Instant at) const {
  constexpr std::chrono::seconds kLongest{15};
  const Instant now = ground_.now();
  return step == ground_.step() && now >= at && now < at + kLongest;
}

/// What fires, read once a step; with those that are over, or those of one KPI, for the asking.
WebReply Api::alerts(const WebRequest& request) {
  const std::string kpi = query(request, "kpi");
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
  wanted.word = query(request, "q");
  wanted.state = query(request, "state");
  wanted.owner = query(request, "owner");
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
      words.push_back(query(request, name));
    }
  }
  words.insert(words.end(), {"--", id});
  return of_kpi(id, verb(std::move(words)));
}

WebReply Api::explain(const WebRequest& request, const std::string& id) {
  std::vector<std::string> words{"explain"};
  if (request.query.contains("segment")) {
    words.emplace_back("--segment");
    words.push_back(query(request, "segment"));
  }
  words.insert(words.end(), {"--", id});
  return of_kpi(id, verb(std::move(words), "text/plain; charset=utf-8"));
}

WebReply Api::report(const WebRequest& request) {
  std::vector<std::string> words{"report"};
  for (const char* name : {"quarter", "month", "week", "year", "from", "to", "language"}) {
    if (request.query.contains(name)) {
      words.push_back("--" + std::string(name));
      words.push_back(query(request, name));
    }
  }
  const std::string asked = query(request, "format");
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

/// What the history holds beside KPIs.
WebReply Api::stored(const std::vector<std::string>& path, const WebRequest& request) {
  const std::string& first = path[0];
  if (first == "sources" || first == "channels") {
    const auto index = status();
    return {200, "application/json", first == "sources" ? index->sources() : index->channels(), {}, false};
  }
  const std::string kpi = query(request, "kpi");
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
    const std::string state = query(request, "state");
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
