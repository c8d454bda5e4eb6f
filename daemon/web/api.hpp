#pragma once
// The page and the API: what each address answers. Reading is done by the verbs of the program themselves, on the
// configuration that runs, so that no number differs from what the command line says; writing becomes an Action for the
// engine's thread. Any thread.

#include "daemon/engine/action.hpp"
#include "daemon/web/http_server.hpp"
#include "rules/base/secret.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kpi {

class LinkSigner;
class StatusIndex;
struct StatusSnapshot;

/// How a verb of the program ended.
struct VerbResult {
  int code = 0;
  std::string out;
  std::string err;
};

/// What the API asks of the daemon around it. Every function may be called by any thread.
struct ApiGround {
  std::function<std::shared_ptr<const Config>()> config;
  std::function<VerbResult(const std::vector<std::string>&)> verb;
  std::function<Result<StatusSnapshot>()> status;  ///< As of now; called by one thread at a time.
  /// Waits for the engine's thread.
  std::function<Result<ActionAnswer>(Action)> ask;
  std::function<std::string()> metrics;        ///< The body of /metrics.
  std::function<std::string()> problem;        ///< Why the daemon is not ready; empty: it is.
  std::function<std::string()> config_errors;  ///< Of the last reload that was refused; empty: none.
  std::function<std::uint64_t()> step;         ///< Grows with each step that changed something.
  std::function<Instant()> now;
  std::shared_ptr<LinkSigner> links{};  ///< Of the links in messages; null: there are none.
};

struct ApiOptions {
  Secret token;                    ///< For writing over TCP; empty: writing over TCP is refused.
  bool is_public = false;          ///< Listens beyond loopback: reading the API wants the token too.
  std::vector<std::string> hosts;  ///< Names that the Host header may have, without a port.
  std::string history;             ///< The file, as the verbs name it: a verb that means another one is refused.
  std::string origin{};            ///< Of public_url, in small letters: "https://kpi.example.com"; empty: none.
};

class Api {
 public:
  Api(ApiGround ground, ApiOptions options)
      : ground_(std::move(ground)), options_(std::make_shared<const ApiOptions>(std::move(options))) {}

  WebReply handle(const WebRequest& request);
  /// After a step: what was asked for lately is read anew before it is asked for again. Any thread.
  void prepare();
  /// From now on this token, these hosts and this origin, and no others.
  void admit(Secret token, std::vector<std::string> hosts, std::string origin = "");
  /// How many KPIs and segments are in which state, as the status says.
  std::map<std::string, std::size_t> states();

 private:
  /// What was said at a step. Polls that fail are no step, so it does not serve for long.
  struct Cached {
    std::uint64_t step = 0;
    Instant at;
    std::shared_ptr<const std::string> text;
  };

  struct CachedCheck {
    Instant from;
    Instant until;
    std::shared_ptr<const std::string> text;
    bool is_being_made = false;
  };

  struct CachedStatus {
    std::uint64_t step = 0;
    Instant at;
    std::shared_ptr<const StatusIndex> index;
  };

  WebReply route(const WebRequest& request);
  WebReply read(const WebRequest& request, const std::vector<std::string>& path);
  WebReply write(const WebRequest& request, const std::vector<std::string>& path);
  WebReply verb(std::vector<std::string> words, std::string_view type = "application/json");
  WebReply verb_for_owner(std::string_view body);
  WebReply ask(Action action);
  WebReply kpis(const WebRequest& request);
  WebReply kpi(const std::string& id);
  [[nodiscard]] WebReply of_kpi(const std::string& id, WebReply reply) const;
  [[nodiscard]] bool is_known(const std::string& id) const;
  WebReply history(const WebRequest& request, const std::string& id);
  WebReply explain(const WebRequest& request, const std::string& id);
  WebReply report(const WebRequest& request);
  WebReply check();
  WebReply stored(const std::vector<std::string>& path, const WebRequest& request);
  [[nodiscard]] bool is_fresh(std::uint64_t step, Instant at) const;
  std::shared_ptr<const StatusIndex> status();
  std::shared_ptr<const StatusIndex> fresh_status();
  /// The document; an answer of another kind when it cannot be read.
  WebReply fresh_alerts();
  [[nodiscard]] bool is_recent(const std::atomic<Instant>& asked) const;
  WebReply alerts(const WebRequest& request);

  [[nodiscard]] std::shared_ptr<const ApiOptions> options() const;

  ApiGround ground_;
  mutable std::mutex options_mutex_;
  std::shared_ptr<const ApiOptions> options_;
  std::mutex status_mutex_;  // held while it is read: whoever asks meanwhile waits for that one
  CachedStatus status_;
  std::mutex alerts_mutex_;
  Cached alerts_;
  std::mutex check_mutex_;  // never held while it is made
  CachedCheck check_;
  std::atomic<Instant> status_asked_{Instant::min()};  // when it was, the last time
  std::atomic<Instant> alerts_asked_{Instant::min()};
  std::atomic<Instant> prepared_{Instant::min()};
};

/// A action as the body of a request says it, by the path after /api/v1: {"silences"}, {"alerts", ID, "ack"}, … Times
/// are RFC 3339, `YYYY-MM-DD[ HH:MM]` in the zone, or a span from `now` ("2 days"). kNotFound: no such path; kInvalid:
/// what is wrong with the body.
Result<Action> parse_action(const std::vector<std::string>& path, std::string_view body, const Zone& zone, Instant now);

/// The same body, for those who send it.
struct ActionRequest {
  std::string method;
  std::string path;
  std::string body;
};

ActionRequest action_request(const Action& action);

/// "kpi=visits, country=SE, severity!=info" as matchers; the error says what is wrong.
Result<std::vector<LabelMatch>> parse_matchers(std::string_view text);

/// Matchers as the history keeps them (SilenceRow::match), for people.
std::string matchers_text(std::string_view stored);

/// A file of the page; null when there is none of that path.
struct Asset {
  std::string_view type;
  std::string_view body;
};

const Asset* find_asset(std::string_view path);

/// The description of the API, OpenAPI 3.1.
std::string_view openapi_json();

}  // namespace kpi
