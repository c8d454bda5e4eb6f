#include "plugins/http/exchange.hpp"

#include "plugins/http/decode.hpp"
#include "plugins/http/tree_reader.hpp"
#include "plugins/json_text.hpp"
#include "rules/base/redact.hpp"
#include "rules/base/secret_words.hpp"
#include "rules/base/text.hpp"

#include <algorithm>
#include <array>

namespace kpi {
namespace {

using std::chrono::milliseconds;

/// A secret may be an address: others say back what stands behind its host.
void add_secret(const std::string& secret, std::vector<std::string>& secrets) {
  constexpr std::size_t least = 4;
  if (secret.size() < least) {
    return;
  }
  secrets.push_back(secret);
  const std::size_t scheme = secret.find("://");
  const std::size_t path = scheme == std::string::npos ? scheme : secret.find('/', scheme + 3);
  if (path == std::string::npos) {
    return;
  }
  for (const std::string_view part : split(std::string_view(secret).substr(path), '?')) {
    for (const std::string_view pair : split(part, '&')) {
      const std::string_view value = pair.substr(pair.find('=') == std::string_view::npos ? 0 : pair.find('=') + 1);
      if (value.size() >= 2 * least) {
        secrets.emplace_back(value);
      }
    }
  }
}

void collect_secrets(const OptionTree& node, std::vector<std::string>& secrets) {
  if (node.secret && node.items.empty()) {
    add_secret(node.secret->reveal(), secrets);
  }
  for (const std::string_view secret : secrets_in_address(node.text)) {
    add_secret(std::string(secret), secrets);
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

Conversation::Conversation(const HttpPlan& plan, Host& host, const std::stop_token& stop)
    : plan_(plan), host_(host), stop_(stop), book_{host, plan.settings.state_folder, ""}, login_book_(book_) {
  for (const auto& tree : plan.trees) {
    collect_secrets(*tree, secrets_);
  }
  for (const auto& [name, option] : plan.settings.options) {
    add_secret(option.secret.reveal(), secrets_);
  }
  for (const auto& [key, value] : plan.values) {
    if (key.starts_with("secret.") && value.is_string()) {
      add_secret(value.get<std::string>(), secrets_);
    }
  }
  scope_.settings = &plan.settings;
  scope_.window_plan = &plan.window;
  scope_.values = plan.values;
  // Sources with one credential share its token, its budget and its rests; one without has its own.
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
  if (plan.auth.has_token()) {
    const auto login = host.hmac_sha256(Secret("kpid login"), name);
    login_book_.name = (login ? base64_of(*login, true).substr(0, 22) : fingerprint(name)) + ".login";
    login_ = host.credentials().find(login_book_.name);
  }
  const std::string origin = origin_of(render_url(*plan.steps.back().request.url, scope_).value_or(""));
  name_grant();
  name += '\n' + origin;
  if (plan.auth.type == AuthPlan::Type::kNone) {
    name += '\n' + plan.settings.name;
    host_name_ = "host\n" + origin;
  }
  const auto digest = host.hmac_sha256(Secret("kpid credential"), name);
  credential_name_ = digest ? base64_of(*digest, true).substr(0, 22) : fingerprint(name);
  credential_ = host.credentials().find(digest ? credential_name_ : name);
  std::string part;
  if (plan.budget.of != nullptr) {
    part = '\n' + render_text(*plan.budget.of, scope_, Escape::kNone).value_or("");
  }
  use_ = part.empty() ? credential_ : host.credentials().find(credential_name_ + part);
  book_.name = credential_name_ + (part.empty() ? "" : '.' + fingerprint(part)) + ".use";
  limits_.concurrency =
      static_cast<int>(plan.budget.concurrency == 0 ? plan.network.connections : plan.budget.concurrency);
  limits_.requests = static_cast<std::size_t>(plan.budget.requests);
  limits_.per = plan.budget.per;
}

std::string Conversation::redacted(std::string_view text) const {
  Redactor redactor;
  for (const std::string& secret : secrets_) {
    redactor.add(secret);
  }
  return redactor.redacted(text);
}

std::string Conversation::trouble(const HttpRequest& request, std::string_view what) const {
  return origin_of(request.url) + ": " + redacted(what);
}

std::string Conversation::budget_text() const {
  if (limits_.requests == 0) {
    return "";
  }
  return std::to_string(use_->spent(limits_, host_.now())) + " of " + counted(limits_.requests, "request") + " in " +
         Span{.ms = limits_.per.count()}.text() + " used";
}

Result<HttpResponse> Conversation::send(const HttpRequest& request, const std::stop_token& stop) {
  was_sent_ = false;
  while (true) {
    const Result<Duration> turn = use_->begin(limits_, book_, stop_);
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
  std::optional<CredentialPlace> place;
  if (!host_name_.empty()) {
    auto taken = CredentialPlace::take(host_, host_name_, limits_.concurrency, stop_);
    if (!taken) {
      use_->end();
      return tl::unexpected(taken.error());
    }
    place.emplace(*std::move(taken));
  }
  was_sent_ = true;
  ++sent_;
  auto response = host_.http().send(request, stop);
  use_->end();
  return response;
}

Conversation::Verdict Conversation::judge_status(int status) const {
  // A job that is waited for may say so until it is done.
  const bool waits = std::ranges::any_of(plan_.steps, [](const StepPlan& step) { return step.until.has_value(); });
  if (status == 202 && !waits) {
    return {.kind = OutcomeKind::kRetry, .note = "it is accepted and not done yet, so that this is not the answer"};
  }
  if (status == 206) {
    return {.kind = OutcomeKind::kRetry,
            .note = "a part of the answer came; where a header Range asks for it, take it out of request.headers"};
  }
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
  if (status == 304) {
    return {.kind = OutcomeKind::kConfigError,
            .note =
                "it says that nothing has changed, which was not asked: take If-None-Match and If-Modified-Since out "
                "of request.headers"};
  }
  if (status >= 300 && status < 400) {
    return {.kind = OutcomeKind::kConfigError,
            .note = "it redirects to another address, which is not followed: write the final address"};
  }
  return {.kind = OutcomeKind::kConfigError};
}

namespace {

/// Of an answer in chunks, any of them may say it.
bool some_part_says_error(const Json& answer, DecodePlan::Kind kind) {
  return kind == DecodePlan::Kind::kChunks && answer.is_array()
             ? std::ranges::any_of(answer, [](const Json& chunk) { return says_error(chunk); })
             : says_error(answer);
}

}  // namespace

std::string Conversation::note_of(const OutcomeRule& rule, const Answer& answer) const {
  std::vector<std::string> said;
  for (const JsonSelect& path : answer.json == nullptr ? std::vector<JsonSelect>{} : rule.said) {
    for (const Json* place : path.all(*answer.json)) {
      for (const Json& text : place->is_array() ? *place : Json::array({*place})) {
        said.push_back(json_text_of(text));
      }
    }
  }
  return rule.said.empty() ? rule.note : printable(redacted(join(said, "; ")), 500);
}

Conversation::Verdict Conversation::judge(const Answer& answer) const {
  for (const OutcomeRule& rule : plan_.outcomes) {
    if (rule.when.holds(answer)) {
      Verdict verdict{.kind = rule.then, .note = note_of(rule, answer), .wait = std::nullopt};
      verdict.wait = wait_of(rule.wait, answer, host_.now());
      if (!verdict.wait) {
        verdict.wait = wait_of(plan_.waits, answer, host_.now());
      }
      return verdict;
    }
  }
  Verdict verdict = judge_status(answer.response->status);
  if (verdict.kind == OutcomeKind::kOk && answer.json != nullptr &&
      some_part_says_error(*answer.json, plan_.decode.kind)) {
    // What stands beside the error may be a part.
    return {.kind = OutcomeKind::kRetry, .note = "the answer holds an error", .wait = std::nullopt};
  }
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
  const std::string_view line = body.substr(0, std::min<std::size_t>(body.find('\n'), 2000));
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
  const int failures = use_->count_failure();
  const bool is_limit = verdict.kind == OutcomeKind::kRateLimited || verdict.kind == OutcomeKind::kQuota;
  milliseconds pause{1000LL << std::min(attempt, 4)};
  if (is_limit) {
    pause = rest_after(failures);
  }
  // A little more for each source, so that those which were refused together do not come back together.
  const auto shift = static_cast<std::int64_t>(std::stoull(fingerprint(plan_.settings.name).substr(0, 4), nullptr, 16));
  const milliseconds wait = verdict.wait ? *verdict.wait + milliseconds{shift % 500}
                                         : pause + milliseconds{shift % std::max<std::int64_t>(pause.count() / 4, 1)};
  if (attempt + 1 < kAttempts && wait <= kShortWait && verdict.kind != OutcomeKind::kQuota) {
    return host_.wait(wait, stop_);
  }
  if (is_limit || verdict.wait) {
    use_->rest(
        book_, host_.now() + wait, verdict.note.empty() ? name_of(verdict.kind) : std::string_view(verdict.note));
    return fail(ErrorKind::kUnavailable, what + "; not asked again before " + rfc3339(host_.now() + wait));
  }
  return fail(ErrorKind::kUnavailable, what);
}

Result<Exchange> Conversation::ask(const RequestPlan& plan, const RenderScope& given, const Change& change) {
  bool has_renewed = false;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    RenderScope scope = given;
    Secret token;
    if (plan_.auth.has_token()) {
      token = KPI_TRY(current_token(scope));  // first: what it exports may stand in the address
    }
    HttpRequest request = KPI_TRY(make(plan, scope, change));
    if (!token.empty()) {
      request.headers.emplace_back(to_lower_ascii(plan_.auth.header), plan_.auth.prefix + token.reveal());
    }
    KPI_TRY(authorise(request));
    auto response = send(request);
    if (!response) {
      const bool may_repeat = was_sent_ && response.error().kind == ErrorKind::kUnavailable && attempt + 1 < kAttempts;
      if (!may_repeat) {
        const bool is_large = response.error().message.find("is larger than") != std::string::npos;
        return fail(
            response.error().kind,
            redacted(response.error().message) +
                (is_large ? ": ask for less at once (window.max_span, paginate), or raise decode.max_bytes" : ""));
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
      use_->relax();
      exchange.response = *std::move(response);
      return exchange;
    }
    if (verdict.kind == OutcomeKind::kReauth && plan_.auth.has_token() && !has_renewed) {
      has_renewed = true;
      drop_token(token);
      continue;
    }
    KPI_TRY(after_trouble(request, *response, verdict, attempt));
  }
  return fail(ErrorKind::kUnavailable, plan_.origin + ": no usable answer after " + counted(kAttempts, "attempt"));
}

}  // namespace kpi
