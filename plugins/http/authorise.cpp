// The credential's part of a conversation: where it stands in a request, and how its tokens are fetched, renewed and
// kept.

#include "plugins/http/aws_signature.hpp"
#include "plugins/http/exchange.hpp"
#include "plugins/http/text_template.hpp"
#include "plugins/http/tree_reader.hpp"
#include "plugins/json_text.hpp"
#include "rules/base/text.hpp"

#include <algorithm>

namespace kpi {
namespace {

using std::chrono::milliseconds;
using Type = AuthPlan::Type;

constexpr milliseconds kRenewBefore{60'000};
constexpr std::string_view kGoogleTokens = "https://oauth2.googleapis.com/token";
constexpr std::string_view kJwtGrant = "urn:ietf:params:oauth:grant-type:jwt-bearer";

std::string form_of(const std::vector<std::pair<std::string, std::string>>& pairs) {
  std::string form;
  for (const auto& [name, value] : pairs) {
    if (!value.empty()) {
      form += (form.empty() ? "" : "&") + percent_encoded(name) + '=' + percent_encoded(value);
    }
  }
  return form;
}

/// Unless it is there: the other side's address of the next page has it already.
void add_to_query(std::string& url, const std::string& name, const std::string& value) {
  const std::string begin = percent_encoded(name) + '=';
  if (url.find('?' + begin) == std::string::npos && url.find('&' + begin) == std::string::npos) {
    url += url.find('?') == std::string::npos ? '?' : '&';
    url += begin + percent_encoded(value);
  }
}

/// The word that OAuth has for what is wrong (RFC 6749, 5.2); empty: none.
std::string oauth_error(const Json* json) {
  return json != nullptr && json->is_object() ? json_member(*json, "error") : "";
}

/// Nothing is wrong with the login then: the other side cannot take it now.
bool asks_for_patience(const HttpResponse& response) {
  if (response.status == 408 || response.status == 425 || response.status == 429 || response.status >= 500) {
    return true;
  }
  const auto json = parse_json("answer", response.body);
  const std::string error = oauth_error(json ? &*json : nullptr);
  return error == "temporarily_unavailable" || error == "server_error" || error == "slow_down";
}

/// The one answer that says that the refresh token is dead. Everything else may pass, or is about something else.
bool is_dead_grant(const HttpResponse& response) {
  const auto json = parse_json("answer", response.body);
  return oauth_error(json ? &*json : nullptr) == "invalid_grant";
}

std::optional<double> seconds_of(const Json* value) {
  return value == nullptr ? std::nullopt : parse_number(json_text_of(*value));
}

}  // namespace

Result<std::string> Conversation::text_of(std::string_view name, std::string_view fallback) {
  const OptionTree* node = plan_.auth.find(name);
  if (node == nullptr) {
    return std::string(fallback);
  }
  const auto text = KPI_TRY(render_optional(*node, scope_, Escape::kNone));
  return text ? *text : std::string(fallback);
}

/// Meta's appsecret_proof: whoever has the token alone can do nothing with it.
Result<void> Conversation::add_proof(HttpRequest& request) {
  const std::string key = KPI_TRY(text_of("proof_key"));
  if (!key.empty()) {
    const std::string token = KPI_TRY(text_of("token"));
    const std::string code = KPI_TRY(host_.hmac_sha256(Secret(key), token));
    add_to_query(request.url, KPI_TRY(text_of("proof_name")), hex_of(code));
  }
  return {};
}

Result<void> Conversation::authorise(HttpRequest& request) {
  const AuthPlan& auth = plan_.auth;
  switch (auth.type) {
    case Type::kNone:
      return {};
    case Type::kHeader:
      request.headers.emplace_back(to_lower_ascii(auth.header), auth.prefix + KPI_TRY(text_of("value")));
      return {};
    case Type::kBearer:
      request.headers.emplace_back("authorization", "Bearer " + KPI_TRY(text_of("token")));
      return add_proof(request);
    case Type::kQuery:
      add_to_query(request.url, KPI_TRY(text_of("name")), KPI_TRY(text_of("value")));
      return {};
    case Type::kAwsSigv4:
      return sign_for_aws(request,
                          {.access_key = KPI_TRY(text_of("access_key")),
                           .secret_key = Secret(KPI_TRY(text_of("secret_key"))),
                           .session_token = KPI_TRY(text_of("session_token")),
                           .region = KPI_TRY(text_of("region")),
                           .service = KPI_TRY(text_of("service", "es"))},
                          host_);
    case Type::kBody:
      if (request.body.starts_with('{')) {
        Json body = Json::parse(request.body, nullptr, false);
        body[KPI_TRY(text_of("name"))] = KPI_TRY(text_of("value"));
        request.body = body.dump(-1, ' ', false, Json::error_handler_t::replace);
      } else {
        request.body +=
            (request.body.empty() ? "" : "&") + form_of({{KPI_TRY(text_of("name")), KPI_TRY(text_of("value"))}});
      }
      return {};
    case Type::kBasic: {
      const std::string user = KPI_TRY(text_of("username"));
      const std::string password = KPI_TRY(text_of("password"));
      if (!user.empty() || !password.empty()) {
        request.headers.emplace_back("authorization", "Basic " + base64_of(user + ':' + password, false));
      }
      return {};
    }
    case Type::kJwtDirect:
      request.headers.emplace_back(to_lower_ascii(auth.header), auth.prefix + KPI_TRY(signed_token(true)));
      return {};
    case Type::kRefresh:
    case Type::kClientCredentials:
    case Type::kJwtBearer:
    case Type::kSession:
      break;  // ask() has put the token in
  }
  return {};
}

Result<Secret> Conversation::current_token(RenderScope& scope) {
  const std::lock_guard lock(credential_->token_mutex);
  Credential::Token& token = credential_->token;
  if (!token.is_loaded || needs_token(token)) {
    KPI_TRY(load_token(token));  // another verb may have renewed it, and its refresh token with it
    token.is_loaded = true;
  }
  if (needs_token(token)) {
    KPI_TRY(renew_token(token));
  }
  secrets_.push_back(token.value.reveal());
  scope.values["auth.token"] = token.value.reveal();
  for (const auto& [name, value] : token.exports) {
    scope.values["auth." + name] = value;
  }
  return token.value;
}

bool Conversation::needs_token(const Credential::Token& token) const {
  return token.value.empty() || (token.renew_at && *token.renew_at <= host_.now());
}

void Conversation::drop_token(const Secret& used) {
  const std::lock_guard lock(credential_->token_mutex);
  Credential::Token& token = credential_->token;
  if (!token.value.empty() && token.value.reveal() != used.reveal()) {
    return;  // another source has renewed it meanwhile
  }
  token.refused = used;
  token.value = Secret();
  token.renew_at.reset();
}

/// Two that send one refresh token at once lose it where it is rotated: the second is refused.
Result<void> Conversation::renew_token(Credential::Token& token) {
  CredentialDesk::Held held;
  if (!plan_.settings.state_folder.empty()) {
    auto turn = host_.credentials().hold(
        plan_.settings.state_folder, grant_name_.empty() ? credential_name_ : grant_name_, stop_);
    if (!turn) {
      return fail(turn.error().kind, "the login waits for another process: " + turn.error().message);
    }
    held = *std::move(turn);
    KPI_TRY(load_token(token));
  }
  return needs_token(token) ? fetch_token(token) : Result<void>();
}

Result<void> Conversation::fetch_token(Credential::Token& token) {
  CredentialDesk::Renewal renewal;
  if (plan_.auth.type == Type::kRefresh) {
    renewal = KPI_TRY(host_.credentials().begin_renewal());
  }
  LoginAnswer answer = KPI_TRY(log_in(token.refresh));
  if (plan_.auth.type == Type::kRefresh && !token.refresh.empty() && is_dead_grant(answer.response) &&
      token.refresh.reveal() != KPI_TRY(text_of("refresh_token"))) {
    // Some give another refresh token and let the first one live. Where they refuse it too, the kept one stays.
    answer = KPI_TRY(log_in(Secret()));
  }
  return take_token(answer, token);
}

/// Whoever has this login waits for the same token, and the other side counts them as one: they rest together.
Result<Conversation::LoginAnswer> Conversation::log_in(const Secret& refresh) {
  for (int attempt = 0;; ++attempt) {
    HttpRequest request = plan_.auth.type == Type::kSession ? KPI_TRY(make(plan_.auth.login, scope_, {}))
                                                            : KPI_TRY(token_request(refresh));
    if (const auto turn = login_->begin({.concurrency = 1}, login_book_, stop_); !turn) {
      return fail(turn.error().kind, trouble(request, "the login is held back, " + turn.error().message));
    }
    // What was sent may be dead, and what replaces it is in the answer: that is waited for even when all else stops.
    auto answer = plan_.auth.type == Type::kRefresh ? send(request, std::stop_token()) : send(request);
    login_->end();
    if (!answer &&
        (!was_sent_ || answer.error().kind == ErrorKind::kInvalid || answer.error().kind == ErrorKind::kStopped)) {
      return fail(answer.error().kind, redacted(answer.error().message));
    }
    if (answer && !asks_for_patience(*answer)) {
      return LoginAnswer{std::move(request), *std::move(answer), refresh};
    }
    KPI_TRY(after_login_trouble(request, answer, attempt));
  }
}

Result<void> Conversation::after_login_trouble(const HttpRequest& request,
                                               const Result<HttpResponse>& answer,
                                               int attempt) {
  std::optional<milliseconds> asked;  // by the other side
  if (answer) {
    // What the source says of waits is said of the interface that it reads: a session's login is a part of it.
    const auto json = parse_json("answer", answer->body);
    asked = wait_of(plan_.auth.type == Type::kSession ? plan_.waits : std::vector<WaitRule>{},
                    {&*answer, json ? &*json : nullptr},
                    host_.now());
  }
  const bool may_pass_soon = answer ? answer->status != 429 : answer.error().kind != ErrorKind::kTimeout;
  const milliseconds pause = asked.value_or(may_pass_soon ? milliseconds{1000LL << attempt} : kLongestWait);
  if (attempt + 1 < kAttempts && pause <= kShortWait) {
    return host_.wait(pause, stop_);
  }
  const milliseconds rest = rest_after(login_->count_failure());
  const Instant until = host_.now() + (asked && *asked > kShortWait ? *asked : rest);
  const std::string why = answer ? words_of(*answer) : redacted(answer.error().message);
  login_->rest(login_book_, until, why);
  return fail(answer ? ErrorKind::kUnavailable : answer.error().kind,
              trouble(request, "the login is held back until " + rfc3339(until) + ": " + why));
}

Result<HttpRequest> Conversation::token_request(const Secret& refresh) {
  HttpRequest request = request_within(plan_.network);
  request.method = "POST";
  request.max_body = std::size_t{1} << 20U;
  request.headers = {{"content-type", "application/x-www-form-urlencoded"}, {"accept", "application/json"}};
  const std::string id = KPI_TRY(text_of("client_id"));
  const std::string secret = KPI_TRY(text_of("client_secret"));
  std::vector<std::pair<std::string, std::string>> form;
  request.url = KPI_TRY(text_of("token_url"));
  switch (plan_.auth.type) {
    case Type::kRefresh: {
      request.timeout = std::min(request.timeout, kLongestRenewal);
      const std::string configured = KPI_TRY(text_of("refresh_token"));
      if (!refresh.empty()) {
        secrets_.push_back(refresh.reveal());  // it is not in the configuration, and may be said back
      }
      form = {{"grant_type", "refresh_token"},
              {"refresh_token", refresh.empty() ? configured : refresh.reveal()},
              {"scope", KPI_TRY(text_of("scope"))}};
      break;
    }
    case Type::kClientCredentials:
      form = {{"grant_type", "client_credentials"},
              {"scope", KPI_TRY(text_of("scope"))},
              {"audience", KPI_TRY(text_of("audience"))}};
      break;
    default: {
      if (request.url.empty()) {
        const Json key = KPI_TRY(service_key());
        request.url = json_member(key, "token_uri", kGoogleTokens);
      }
      form = {{"grant_type", std::string(kJwtGrant)}, {"assertion", KPI_TRY(signed_token(false))}};
    }
  }
  if (plan_.auth.in_basic) {
    request.headers.emplace_back("authorization",
                                 "Basic " + base64_of(percent_encoded(id) + ':' + percent_encoded(secret), false));
  } else if (plan_.auth.type != Type::kJwtBearer) {
    form.emplace_back("client_id", id);
    form.emplace_back("client_secret", secret);
  }
  request.body = form_of(form);
  return request;
}

/// Who is to correct what, by what the other side says.
tl::unexpected<Error> Conversation::refusal(const LoginAnswer& answer, const Json* json) const {
  const int status = answer.response.status;
  const std::string error = oauth_error(json);
  const std::string what = "the login is refused, " + words_of(answer.response);
  if (error.empty() && (status < 400 || status >= 500)) {
    return fail(ErrorKind::kUnavailable, trouble(answer.request, what));
  }
  std::string_view remedy = "correct the credential";
  if (error == "invalid_grant" && plan_.auth.type == Type::kRefresh) {
    remedy = "correct the credential (a refresh token that was revoked must be made anew)";
  } else if (error.starts_with("invalid_client") || error == "unauthorized_client") {
    remedy = "correct the id and the secret of the client";
  } else if (error == "invalid_scope") {
    remedy = "correct scope";
  } else if (json == nullptr && status != 401) {
    remedy = "this is no answer of a login: check its address, and whether a proxy or a firewall stands before it";
  }
  return fail(ErrorKind::kInvalid, trouble(answer.request, what + ": " + std::string(remedy)));
}

Result<void> Conversation::take_token(const LoginAnswer& answer, Credential::Token& token) {
  const HttpRequest& request = answer.request;
  const auto json = parse_json("answer", answer.response.body);
  const bool is_fine = answer.response.status >= 200 && answer.response.status < 300 && json;
  const Json* value = !is_fine                            ? nullptr
                      : plan_.auth.type == Type::kSession ? plan_.auth.token.first(*json)
                                                          : JsonSelect::parse("/access_token").value().first(*json);
  const bool has_token = value != nullptr && value->is_string() && !value->get_ref<const std::string&>().empty();
  if (!is_fine || (!has_token && !oauth_error(&*json).empty())) {
    return refusal(answer, json ? &*json : nullptr);
  }
  if (plan_.auth.type == Type::kRefresh) {
    // First: where the other side rotates it, the one that was sent is dead by now.
    const std::string rotated = json_member(*json, "refresh_token");
    token.refresh = rotated.empty() ? answer.refresh : Secret(rotated);
    KPI_TRY(keep_refresh(token));
  }
  if (!has_token) {
    return fail(ErrorKind::kUnavailable, trouble(request, "the login's answer has no token"));
  }
  std::map<std::string, Json> exports;
  for (const auto& [name, path] : plan_.auth.exports) {
    const Json* exported = path.first(*json);
    if (exported == nullptr) {
      return fail(ErrorKind::kUnavailable, trouble(request, "the login's answer has no " + path.text()));
    }
    exports[name] = *exported;
  }
  token.exports = std::move(exports);
  token.value = Secret(value->get<std::string>());
  const auto lives = seconds_of(JsonSelect::parse("/expires_in").value().first(*json));
  token.renew_at.reset();
  milliseconds lifetime = plan_.auth.lifetime;
  if (lifetime.count() == 0 && lives && *lives > 0 && *lives < 1e9) {
    lifetime = milliseconds{static_cast<std::int64_t>(*lives * 1000)};
  }
  if (lifetime.count() > 0) {
    token.renew_at = host_.now() + lifetime - std::min(kRenewBefore, lifetime / 2);
  }
  login_->relax();
  return keep_token(token);
}

/// Where a text of the login was written: of one that is a key of the source, there.
Position Conversation::written_at(std::string_view name) const {
  const OptionTree* node = plan_.auth.find(name);
  if (node == nullptr) {
    return {};
  }
  const auto text = TextTemplate::parse(node->text);
  if (text && text->is_variable()) {
    const auto option = plan_.settings.options.find(text->parts().front().text);
    if (option != plan_.settings.options.end() && option->second.given) {
      return option->second.position;
    }
  }
  return node->position;
}

/// The text of a key's file: its path is relative to the file that names it.
Result<std::string> Conversation::key_file(std::string path, const Position& named_at) {
  if (!path.starts_with('/') && named_at.source != nullptr) {
    const std::string& file = named_at.source->name;
    path = file.substr(0, file.rfind('/') == std::string::npos ? 0 : file.rfind('/') + 1) + path;
  }
  auto file = host_.read_file(path, std::size_t{64} << 10U);
  if (!file) {
    // A key may stand there where its path should: it is not said.
    const std::string& said = file.error().message;
    return fail(file.error().kind,
                "the key's file that is named in " + named_at.text() +
                    (said.starts_with(path) ? said.substr(path.size()) : ": it cannot be read"));
  }
  return std::move(file->text);
}

/// The service account's key: JSON as Google writes it, or a PEM text alone.
Result<Json> Conversation::service_key() {
  std::string_view name = "key";
  std::string text = KPI_TRY(text_of(name));
  if (text.empty()) {
    name = "key_file";
    text = KPI_TRY(text_of(name));
  }
  if (!text.starts_with('{') && !text.starts_with("-----")) {
    text = KPI_TRY(key_file(text, written_at(name)));
  }
  if (text.starts_with("-----")) {
    return Json{{"private_key", text}};
  }
  auto json = parse_json("the service account's key", text);
  if (!json || !json->is_object() || !json->contains("private_key")) {
    return fail(ErrorKind::kInvalid,
                "the service account's key has no private_key: use the JSON file as it was downloaded");
  }
  return *std::move(json);
}

/// A JWT signed with RS256: the bearer itself, or an assertion for the token endpoint.
Result<std::string> Conversation::signed_token(bool is_bearer) {
  const Json key = KPI_TRY(service_key());
  const Secret pem(key.at("private_key").is_string() ? key.at("private_key").get<std::string>() : "");
  secrets_.push_back(pem.reveal());
  const std::int64_t now = host_.now().time_since_epoch().count() / 1000;
  const auto lifetime = plan_.auth.lifetime.count() > 0 ? plan_.auth.lifetime.count() / 1000 : 3600;
  Json header{{"alg", "RS256"}, {"typ", "JWT"}};
  if (const std::string id = KPI_TRY(text_of("key_id", json_member(key, "private_key_id"))); !id.empty()) {
    header["kid"] = id;
  }
  Json claims;
  const std::string issuer = KPI_TRY(text_of("issuer", json_member(key, "client_email")));
  claims["iss"] = issuer;
  if (is_bearer) {
    // Snowflake: ACCOUNT.USER.SHA256:fingerprint of the public key
    claims["iss"] = issuer + ".SHA256:" + base64_of(KPI_TRY(host_.public_key_digest(pem)), false);
  }
  if (const std::string subject = KPI_TRY(text_of("subject")); !subject.empty()) {
    claims["sub"] = subject;
  }
  std::string audience = KPI_TRY(text_of("audience"));
  if (audience.empty() && !is_bearer) {
    audience = KPI_TRY(text_of("token_url", json_member(key, "token_uri", kGoogleTokens)));
  }
  if (!audience.empty()) {
    claims["aud"] = audience;
  }
  if (const std::string scope = KPI_TRY(text_of("scope")); !scope.empty()) {
    claims["scope"] = scope;
  }
  // A clock that is a little ahead of theirs must not make the token one of the future.
  claims["iat"] = now - 30;
  claims["exp"] = now - 30 + std::min<std::int64_t>(lifetime, 3600);
  if (plan_.auth.claims != nullptr) {
    if (const auto more = KPI_TRY(render_json(*plan_.auth.claims, scope_))) {
      claims.update(*more);
    }
  }
  const std::string text = base64_of(header.dump(), true) + '.' + base64_of(claims.dump(), true);
  const std::string signature = base64_of(KPI_TRY(host_.sign_rs256(pem, text)), true);
  // The other side may say it back, and the signature is what makes a token of what anybody may read.
  secrets_.push_back(signature);
  return secrets_.emplace_back(text + '.' + signature);
}

}  // namespace kpi
