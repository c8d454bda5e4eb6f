#pragma once
// One poll's conversation with the other side: requests are made, authorised, sent within the budget, and their answers
// classified, on whatever status. Short waits are waited; long ones are remembered with the credential. One poll; one
// thread.

#include "plugins/http/credential_desk.hpp"
#include "plugins/http/plan.hpp"
#include "plugins/http/render.hpp"

#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace kpi {

/// An answer that may be used.
struct Exchange {
  HttpResponse response;
  std::optional<Json> json;  ///< Where it is JSON.
  OutcomeKind outcome = OutcomeKind::kOk;
  std::string note;
  std::string url;
};

class Conversation {
 public:
  Conversation(const HttpPlan& plan, Host& host, const std::stop_token& stop);

  /// Sends it until there is an answer that may be used, or an error. `change` may alter the request once it is made
  /// (a page); the origin of `url`, if given, replaces the request's address (it must be the same host).
  struct Change {
    std::vector<std::pair<std::string, std::string>> query{};
    std::vector<std::pair<std::string, std::string>> form{};
    std::vector<std::pair<std::string, Json>> body{};  ///< Pointers.
    std::string url{};                                 ///< Instead of the request's.
  };

  Result<Exchange> ask(const RequestPlan& request, const RenderScope& scope, const Change& change);

  Result<Exchange> ask(const RequestPlan& request, const RenderScope& scope) { return ask(request, scope, {}); }

  /// "https://api.example.com: 503 Service Unavailable: …": without anything secret.
  [[nodiscard]] std::string trouble(const HttpRequest& request, std::string_view what) const;
  /// Hides every secret of the source, and what looks like a token.
  [[nodiscard]] std::string redacted(std::string_view text) const;

  [[nodiscard]] const std::vector<std::string>& secrets() const { return secrets_; }

  Result<void> wait(std::chrono::milliseconds time) { return host_.wait(time, stop_); }

  /// How many requests went out, logins included.
  [[nodiscard]] std::size_t sent() const { return sent_; }

  /// "12 of 60 requests in 1h used"; empty without a budget.
  [[nodiscard]] std::string budget_text() const;

 private:
  struct Verdict {
    OutcomeKind kind = OutcomeKind::kOk;
    std::string note{};
    std::optional<std::chrono::milliseconds> wait{};
  };

  Result<HttpRequest> make(const RequestPlan& request, const RenderScope& scope, const Change& change);
  /// kInvalid: an answer named the host that would get the credential.
  Result<void> check_host(const RequestPlan& plan, const std::string& url);
  Result<void> make_body(const RequestPlan& plan, const RenderScope& scope, const Change& change, HttpRequest& request);

  Result<HttpResponse> send(const HttpRequest& request) { return send(request, stop_); }

  /// `stop` gives up the exchange itself; the waits before it end with the poll's.
  Result<HttpResponse> send(const HttpRequest& request, const std::stop_token& stop);
  [[nodiscard]] Verdict judge(const Answer& answer) const;
  [[nodiscard]] std::string note_of(const OutcomeRule& rule, const Answer& answer) const;
  [[nodiscard]] Verdict judge_status(int status) const;
  /// What to do about a bad answer: nothing (ask again), or the error.
  Result<void> after_trouble(const HttpRequest& request,
                             const HttpResponse& response,
                             const Verdict& verdict,
                             int attempt);
  [[nodiscard]] std::string words_of(const HttpResponse& response) const;

  // The credential: authorise.cpp.
  Result<void> authorise(HttpRequest& request);
  Result<void> add_proof(HttpRequest& request);
  /// Fetched if need be; what the login exported goes into `scope`.
  Result<Secret> current_token(RenderScope& scope);
  /// Unless another process does so at the moment: then by what it got.
  Result<void> renew_token(Credential::Token& token);
  Result<void> fetch_token(Credential::Token& token);

  /// What the login said, and to what.
  struct LoginAnswer {
    HttpRequest request;
    HttpResponse response;
    Secret refresh;  ///< The refresh token that was sent; empty: the configured one.
  };

  /// Asks until it says yes or no.
  Result<LoginAnswer> log_in(const Secret& refresh);
  /// What to do where the other side cannot log anybody in now: nothing (ask again), or the error.
  Result<void> after_login_trouble(const HttpRequest& request, const Result<HttpResponse>& answer, int attempt);
  Result<HttpRequest> token_request(const Secret& refresh);
  Result<void> take_token(const LoginAnswer& answer, Credential::Token& token);
  [[nodiscard]] tl::unexpected<Error> refusal(const LoginAnswer& answer, const Json* json) const;
  [[nodiscard]] bool needs_token(const Credential::Token& token) const;
  Result<std::string> signed_token(bool is_bearer);
  Result<std::string> text_of(std::string_view name, std::string_view fallback = "");
  Result<Json> service_key();
  [[nodiscard]] Position written_at(std::string_view name) const;
  Result<std::string> key_file(std::string path, const Position& named_at);
  /// The other side has refused it.
  void drop_token(const Secret& used);

  // What a restart must not lose of it: kept_token.cpp.
  void name_grant();
  Result<void> load_token(Credential::Token& token);
  Result<void> load_refresh(Credential::Token& token);
  Result<void> keep_token(const Credential::Token& token);
  Result<void> keep_refresh(Credential::Token& token);

  const HttpPlan& plan_;
  Host& host_;
  const std::stop_token& stop_;
  std::shared_ptr<Credential> credential_;  ///< Its token.
  std::string credential_name_;
  std::string grant_name_;           ///< Of the refresh token, whichever host its tokens are for; empty: there is none.
  std::shared_ptr<Credential> use_;  ///< Its budget and its rests, or those of a part of it (budget.of).
  std::shared_ptr<Credential> login_;  ///< The rests of its token endpoint, whichever host the token is for.
  std::string host_name_;              ///< What sources without a credential share: the requests under way at a host.
  UseBook book_;
  UseBook login_book_;
  CredentialLimits limits_;
  std::vector<std::string> secrets_;  ///< To be hidden.
  std::set<std::string> origins_;     ///< That the configuration itself names.
  std::size_t sent_ = 0;
  bool was_sent_ = false;  ///< Whether the last request left the house.
  RenderScope scope_;      ///< Of the credential's own requests.
};

/// "https://api.example.com:8443", lower case; empty: no address.
std::string origin_of(std::string_view url);

}  // namespace kpi
