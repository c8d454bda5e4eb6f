#include "plugins/http/exchange.hpp"

#include "plugins/http/tree_reader.hpp"
#include "plugins/json_text.hpp"
#include "rules/base/text.hpp"

#include <algorithm>

namespace kpi {
namespace {

using std::chrono::milliseconds;

/// What is waited for while a poll runs; more is left to a later poll.
constexpr milliseconds kShortWait{15'000};
constexpr milliseconds kFirstRest{30'000};
constexpr milliseconds kLongestRest{900'000};
constexpr int kAttempts = 3;

void collect_secrets(const OptionTree& node, std::vector<std::string>& secrets) {
  if (node.secret && node.secret->reveal().size() >= 4) {
    secrets.push_back(node.secret->reveal());
  }
  for (const OptionTree& item : node.items) {
    collect_secrets(item, secrets);
  }
  for (const auto& [key, value] : node.entries) {
    collect_secrets(value, secrets);
  }
}

bool may_be_json(const HttpResponse& response) {
  const std::string_view body = trim(std::string_view(response.body).substr(0, 64));
  return !body.empty() && (body.front() == '{' || body.front() == '[');
}

/// Where a value of the body goes; objects on the way are made.
void set_at(Json& body, const std::string& pointer, const Json& value) {
  Json* at = &body;
  for (const std::string_view step : split(std::string_view(pointer).substr(1), '/')) {
    at = &(*at)[std::string(step)];
  }
  *at = value;
}

void append_query(std::string& url, const std::vector<std::pair<std::string, std::string>>& pairs) {
  for (const auto& [name, value] : pairs) {
    url += url.find('?') == std::string::npos ? '?' : '&';
    url += name + '=' + value;
  }
}

/// Sets a name that the query has, or adds it.
void set_query(std::string& url, const std::string& name, const std::string& value) {
  const std::string wanted = percent_encoded(name) + '=';
  const std::size_t query = url.find('?');
  for (std::size_t at = query; at != std::string::npos; at = url.find('&', at + 1)) {
    if (url.compare(at + 1, wanted.size(), wanted) == 0) {
      const std::size_t end = std::min(url.find('&', at + 1), url.size());
      url.replace(at + 1, end - at - 1, wanted + percent_encoded(value));
      return;
    }
  }
  append_query(url, {{percent_encoded(name), percent_encoded(value)}});
}

std::string_view name_of(OutcomeKind kind) {
  switch (kind) {
    case OutcomeKind::kRetry:
      return "the other side cannot answer now";
    case OutcomeKind::kRateLimited:
      return "too many requests";
    case OutcomeKind::kQuota:
      return "the quota is used up";
    case OutcomeKind::kReauth:
      return "the credential is refused: check it, and what it may read";
    case OutcomeKind::kConfigError:
      return "the request is refused";
    default:
      return "";
  }
}

}  // namespace

std::string origin_of(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) {
    return "";
  }
  const std::size_t end = std::min(url.find_first_of("/?#", scheme + 3), url.size());
  std::string_view host = url.substr(scheme + 3, end - scheme - 3);
  if (const std::size_t at = host.rfind('@'); at != std::string_view::npos) {
    host.remove_prefix(at + 1);
  }
  return to_lower_ascii(std::string(url.substr(0, scheme + 3)) + std::string(host));
}

Conversation::Conversation(const HttpPlan& plan, Host& host, const std::stop_token& stop)
    : plan_(plan), host_(host), stop_(stop) {
  for (const auto& tree : plan.trees) {
    collect_secrets(*tree, secrets_);
  }
  for (const auto& [name, option] : plan.settings.options) {
    if (option.secret.reveal().size() >= 4) {
      secrets_.push_back(option.secret.reveal());
    }
  }
  scope_.settings = &plan.settings;
  scope_.window_plan = &plan.window;
  scope_.values = plan.values;
  // Sources with one credential share its token, its budget and its rests; those without one share them by address.
  std::string name = "type" + std::to_string(static_cast<int>(plan.auth.type));
  for (const auto& [key, node] : plan.auth.texts) {
    const std::string value = render_text(*node, scope_, Escape::kNone).value_or("");
    name += '\n' + key + '=' + value;
    const bool is_open = key == "client_id" || key == "username" || key == "name" || key.ends_with("_url") ||
                         key == "scope" || key == "audience" || key == "issuer" || key == "subject";
    if (!is_open && value.size() >= 4) {
      secrets_.push_back(value);
    }
  }
  if (plan.auth.login.url != nullptr) {
    name += render_url(*plan.auth.login.url, scope_).value_or("");
    for (const std::string& secret : secrets_) {
      name += '\n' + secret;
    }
  }
  name += '\n' + origin_of(render_url(*plan.steps.back().request.url, scope_).value_or(""));
  const auto digest = host.hmac_sha256(Secret("kpid credential"), name);
  credential_name_ = digest ? base64_of(*digest, true).substr(0, 22) : fingerprint(name);
  credential_ = host.credentials().find(digest ? credential_name_ : name);
  limits_.concurrency =
      static_cast<int>(plan.budget.concurrency == 0 ? plan.network.connections : plan.budget.concurrency);
  limits_.requests = static_cast<std::size_t>(plan.budget.requests);
  limits_.per = plan.budget.per;
}

std::string Conversation::redacted(std::string_view text) const {
  std::string clean(text);
  for (const std::string& secret : secrets_) {
    for (std::size_t at = clean.find(secret); at != std::string::npos; at = clean.find(secret, at + 3)) {
      clean.replace(at, secret.size(), "***");
    }
  }
  return clean;
}

std::string Conversation::trouble(const HttpRequest& request, std::string_view what) const {
  return origin_of(request.url) + ": " + redacted(what);
}

Result<HttpRequest> Conversation::make(const RequestPlan& plan, const Scope& scope, const Change& change) {
  HttpRequest request = request_within(plan_.network);
  request.method = plan.method;
  request.max_body = plan_.max_body;
  request.url = KPI_TRY(render_url(*plan.url, scope));
  if (plan.query != nullptr && change.url.empty()) {
    append_query(request.url, KPI_TRY(render_pairs(*plan.query, scope, true)));
  }
  if (!change.url.empty()) {
    if (origin_of(change.url) != origin_of(request.url)) {
      return fail(ErrorKind::kInvalid,
                  origin_of(request.url) + ": the next page is said to be at " + printable(origin_of(change.url), 80) +
                      ", another host: it is not asked, because the credential would go there");
    }
    request.url = change.url;
  }
  for (const auto& [name, value] : change.query) {
    set_query(request.url, name, value);
  }
  bool has_accept = false;
  if (plan.headers != nullptr) {
    for (auto& [name, value] : KPI_TRY(render_pairs(*plan.headers, scope, false))) {
      request.headers.emplace_back(to_lower_ascii(name), value);
      has_accept = has_accept || request.headers.back().first == "accept";
    }
  }
  if (!has_accept && (plan_.decode.kind == DecodePlan::Kind::kJson || plan_.decode.kind == DecodePlan::Kind::kChunks)) {
    request.headers.emplace_back("accept", "application/json");
  }
  KPI_TRY(make_body(plan, scope, change, request));
  return request;
}

Result<void> Conversation::make_body(const RequestPlan& plan,
                                     const Scope& scope,
                                     const Change& change,
                                     HttpRequest& request) {
  const auto type_is = [&](const char* type) {
    const bool is_set = std::ranges::any_of(request.headers, [](const auto& h) { return h.first == "content-type"; });
    if (!is_set) {
      request.headers.emplace_back("content-type", type);
    }
  };
  switch (plan.body_kind) {
    case RequestPlan::Body::kNone:
      return {};
    case RequestPlan::Body::kJson: {
      auto body = KPI_TRY(render_json(*plan.body, scope));
      Json json = body ? *std::move(body) : Json::object();
      for (const auto& [pointer, value] : change.body) {
        set_at(json, pointer, value);
      }
      request.body = json.dump(-1, ' ', false, Json::error_handler_t::replace);
      type_is("application/json");
      return {};
    }
    case RequestPlan::Body::kForm: {
      auto pairs = KPI_TRY(render_pairs(*plan.body, scope, true));
      for (const auto& [name, value] : change.form) {
        std::erase_if(pairs, [&](const auto& pair) { return pair.first == percent_encoded(name); });
        pairs.emplace_back(percent_encoded(name), percent_encoded(value));
      }
      for (const auto& [name, value] : pairs) {
        request.body += (request.body.empty() ? "" : "&") + name + '=' + value;
      }
      type_is("application/x-www-form-urlencoded");
      return {};
    }
    case RequestPlan::Body::kText:
      request.body = KPI_TRY(render_text(*plan.body, scope, Escape::kNone));
      type_is("text/plain; charset=utf-8");
      return {};
  }
  return {};
}

Result<HttpResponse> Conversation::send(const HttpRequest& request) {
  was_sent_ = false;
  while (true) {
    const Result<Duration> turn = credential_->begin(limits_, host_.now(), stop_);
    if (!turn) {
      return fail(turn.error().kind, trouble(request, turn.error().message));
    }
    if (*turn == Duration{0}) {
      break;
    }
    if (*turn > kShortWait) {
      return fail(
          ErrorKind::kUnavailable,
          trouble(request,
                  "the budget of " + counted(limits_.requests, "request") + " in " +
                      Span{.ms = limits_.per.count()}.text() + " is used up until " + rfc3339(host_.now() + *turn)));
    }
    KPI_TRY(host_.wait(*turn, stop_));
  }
  was_sent_ = true;
  ++sent_;
  auto response = host_.http().send(request, stop_);
  credential_->end();
  return response;
}

Conversation::Verdict Conversation::judge_status(int status) const {
  if (status >= 200 && status < 300) {
    return {};
  }
  if (status == 401) {
    return {.kind = OutcomeKind::kReauth};
  }
  if (status == 429) {
    return {.kind = OutcomeKind::kRateLimited};
  }
  if (status == 408 || status >= 500) {
    return {.kind = OutcomeKind::kRetry};
  }
  if (status >= 300 && status < 400) {
    return {.kind = OutcomeKind::kConfigError,
            .note = "it redirects to another address, which is not followed: write the final address"};
  }
  return {.kind = OutcomeKind::kConfigError};
}

Conversation::Verdict Conversation::judge(const Answer& answer) const {
  for (const OutcomeRule& rule : plan_.outcomes) {
    if (rule.when.holds(answer)) {
      Verdict verdict{.kind = rule.then, .note = rule.note, .wait = std::nullopt};
      verdict.wait = wait_of(rule.wait, answer, host_.now());
      if (!verdict.wait) {
        verdict.wait = wait_of(plan_.waits, answer, host_.now());
      }
      return verdict;
    }
  }
  Verdict verdict = judge_status(answer.response->status);
  if (verdict.kind == OutcomeKind::kRateLimited || verdict.kind == OutcomeKind::kRetry) {
    verdict.wait = wait_of(plan_.waits, answer, host_.now());
  }
  return verdict;
}

/// The other side's own words about what is wrong.
std::string Conversation::words_of(const HttpResponse& response) const {
  std::string words = "status " + std::to_string(response.status);
  if (may_be_json(response)) {
    if (const auto json = parse_json("answer", response.body)) {
      for (const char* path : {"/error/message",
                               "/message",
                               "/error_description",
                               "/error/type",
                               "/error",
                               "/errors/0/message",
                               "/0/message",
                               "/results/0/error",
                               "/errors/0",
                               "/detail",
                               "/messages/0"}) {
        const Json* said = JsonSelect::parse(path).value().first(*json);
        if (said != nullptr && said->is_string()) {
          return words + ": " + printable(redacted(said->get<std::string>()), 300);
        }
      }
    }
  }
  const std::string_view body = trim(response.body);
  if (body.starts_with('<')) {
    return words + " with an HTML page";
  }
  const std::string_view line = body.substr(0, body.find('\n'));
  return line.empty() ? words : words + ": " + printable(redacted(line), 200);
}

Result<void> Conversation::after_trouble(const HttpRequest& request,
                                         const HttpResponse& response,
                                         const Verdict& verdict,
                                         int attempt) {
  const std::string what = trouble(request, words_of(response)) + " (" +
                           (verdict.note.empty() ? std::string(name_of(verdict.kind)) : verdict.note) + ')';
  if (verdict.kind == OutcomeKind::kConfigError || verdict.kind == OutcomeKind::kReauth) {
    return fail(ErrorKind::kInvalid, what);
  }
  const int failures = credential_->count_failure();
  const bool is_limit = verdict.kind == OutcomeKind::kRateLimited || verdict.kind == OutcomeKind::kQuota;
  milliseconds pause{1000LL << std::min(attempt, 4)};
  if (is_limit) {
    pause = std::min(milliseconds{kFirstRest.count() << std::clamp(failures - 1, 0, 5)}, kLongestRest);
  }
  // A little more for each source, so that those which were refused together do not come back together.
  const auto shift = static_cast<std::int64_t>(std::stoull(fingerprint(plan_.settings.name).substr(0, 4), nullptr, 16));
  const milliseconds wait = verdict.wait ? *verdict.wait + milliseconds{shift % 500}
                                         : pause + milliseconds{shift % std::max<std::int64_t>(pause.count() / 4, 1)};
  if (attempt + 1 < kAttempts && wait <= kShortWait && verdict.kind != OutcomeKind::kQuota) {
    return host_.wait(wait, stop_);
  }
  if (is_limit || verdict.wait) {
    credential_->rest(host_.now() + wait,
                      verdict.note.empty() ? name_of(verdict.kind) : std::string_view(verdict.note));
    return fail(ErrorKind::kUnavailable, what + "; not asked again before " + rfc3339(host_.now() + wait));
  }
  return fail(ErrorKind::kUnavailable, what);
}

Result<Exchange> Conversation::ask(const RequestPlan& plan, const Scope& given, const Change& change) {
  bool has_renewed = false;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    Scope scope = given;
    std::vector<std::pair<std::string, std::string>> token;
    if (plan_.auth.has_token()) {
      token.push_back(KPI_TRY(current_token(scope)));  // first: what it exports may stand in the address
    }
    HttpRequest request = KPI_TRY(make(plan, scope, change));
    request.headers.insert(request.headers.end(), token.begin(), token.end());
    KPI_TRY(authorise(request));
    auto response = send(request);
    if (!response) {
      const bool may_repeat = was_sent_ && response.error().kind == ErrorKind::kUnavailable && attempt + 1 < kAttempts;
      if (!may_repeat) {
        return fail(response.error().kind, redacted(response.error().message));
      }
      KPI_TRY(host_.wait(milliseconds{1000LL << attempt}, stop_));
      continue;
    }
    Exchange exchange;
    exchange.url = request.url;
    if (may_be_json(*response) && plan_.decode.kind != DecodePlan::Kind::kLines) {
      if (auto json = parse_json("answer", response->body)) {
        exchange.json = *std::move(json);
      }
    }
    const Verdict verdict = judge({&*response, exchange.json ? &*exchange.json : nullptr});
    exchange.outcome = verdict.kind;
    exchange.note = verdict.note;
    if (verdict.kind <= OutcomeKind::kPartial) {
      credential_->relax();
      exchange.response = *std::move(response);
      return exchange;
    }
    if (verdict.kind == OutcomeKind::kReauth && plan_.auth.has_token() && !has_renewed) {
      has_renewed = true;
      drop_token();
      continue;
    }
    KPI_TRY(after_trouble(request, *response, verdict, attempt));
  }
  return fail(ErrorKind::kUnavailable, plan_.origin + ": no usable answer after " + counted(kAttempts, "attempt"));
}

}  // namespace kpi
