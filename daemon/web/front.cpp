#include "daemon/web/front.hpp"

#include "daemon/os/log.hpp"
#include "daemon/store/history_reader.hpp"
#include "daemon/web/client.hpp"
#include "rules/base/text.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <map>

namespace kpi {
namespace {

constexpr std::chrono::seconds kPatience{50};

/// What the Host header may say: where it listens, the names of this machine, and the public one.
std::vector<std::string> hosts_of(const std::string& listen, const Config& config) {
  std::vector<std::string> hosts{"localhost", "127.0.0.1", "[::1]"};
  hosts.push_back(to_lower_ascii(listen.substr(0, listen.rfind(':'))));
  const std::string& url = config.public_url;
  if (const std::size_t begin = url.find("//"); begin != std::string::npos) {
    std::string host = url.substr(begin + 2, url.find('/', begin + 2) - begin - 2);
    host = host.substr(0, host.rfind(':') == std::string::npos ? host.size() : host.rfind(':'));
    hosts.push_back(to_lower_ascii(host));
  }
  return hosts;
}

/// "https://kpi.example.com" of "https://KPI.example.com/kpis/".
std::string origin_of(const std::string& url) {
  const std::size_t slashes = url.find("://");
  return slashes == std::string::npos ? "" : to_lower_ascii(url.substr(0, url.find('/', slashes + 3)));
}

std::string real_path_of(const std::string& path) {
  std::error_code error;
  const auto real = std::filesystem::weakly_canonical(path, error);
  return error ? path : real.string();
}

}  // namespace

Front::Front(Inbox& inbox, Clock& clock, Verb verb, Status status, std::shared_ptr<LinkSigner> links)
    : inbox_(inbox), clock_(clock), verb_(std::move(verb)), status_(std::move(status)), links_(std::move(links)) {}

Front::~Front() {
  server_.reset();
}

Result<void> Front::open(const Config& config) {
  listen_ = config.web.listen;
  ApiGround ground;
  ground.config = [this] { return this->config(); };
  ground.verb = [this](const std::vector<std::string>& words) { return verb_(words, this->config(), this->refused()); };
  ground.status = [this] { return status_(this->config(), this->refused()); };
  ground.ask = [this](Action action) { return ask(std::move(action)); };
  ground.metrics = [this] { return metrics(); };
  ground.problem = [this] { return problem(); };
  ground.config_errors = [this] { return refused(); };
  ground.step = [this] { return step_.load(); };
  ground.now = [this] { return clock_.now(); };
  ground.links = links_;
  api_ = std::make_unique<Api>(std::move(ground),
                               ApiOptions{config.web.token,
                                          config.web.is_public,
                                          hosts_of(listen_, config),
                                          real_path_of(config.history),
                                          origin_of(config.public_url)});
  server_ = KPI_TRY(WebServer::start({config.web.listen, socket_path(config)},
                                     [this](const WebRequest& request) { return api_->handle(request); }));
  if (!config.web.listen.empty()) {
    const std::string& listen = config.web.listen;  // with port 0 the system chooses one
    log_info("listening on " + listen.substr(0, listen.rfind(':') + 1) + std::to_string(server_->port()));
  }
  return {};
}

bool Front::close() {
  constexpr std::chrono::seconds kLastWords{2};
  return server_ == nullptr || server_->close(kLastWords);
}

std::shared_ptr<const Config> Front::config() {
  const std::scoped_lock lock(mutex_);
  return config_;
}

std::string Front::refused() {
  const std::scoped_lock lock(mutex_);
  return refused_;
}

void Front::take(const Watch& watch, const StepSummary& summary) {
  const std::size_t changes = summary.new_samples + summary.restated_samples + summary.judged +
                              summary.messages.size() + summary.warnings.size();
  bool is_news = changes > 0;
  if (api_ != nullptr) {
    // Of the configuration that runs: a token that leaked ends with the reload that changes it.
    api_->admit(watch.config()->web.token, hosts_of(listen_, *watch.config()), origin_of(watch.config()->public_url));
  }
  {
    const std::scoped_lock lock(mutex_);
    is_news = is_news || config_ != watch.config() || untried_ != watch.untried() || !has_stepped_;
    config_ = watch.config();
    untried_ = watch.untried();
    storage_problem_ = watch.storage_problem();
    has_stepped_ = true;
    ++numbers_.steps;
    numbers_.new_samples += summary.new_samples;
    numbers_.restated_samples += summary.restated_samples;
    numbers_.judged += summary.judged;
    numbers_.forecasts += summary.forecasts;
    numbers_.messages += summary.messages.size();
    numbers_.channels = watch.channel_states();
    work_ = watch.work();
    numbers_.last_step = watch.engine().last_step().value_or(Instant{});
  }
  if (is_news) {
    ++step_;
    prepare_and_announce();
  }
}

void Front::prepare_and_announce() {
  if (server_ == nullptr || is_preparing_.exchange(true)) {
    return;  // the one that runs looks for newer steps when it is done
  }
  server_->run([this, server = server_.get()] {
    std::uint64_t number = 0;
    do {
      number = step_.load();
      api_->prepare();
      server->announce(number);
      is_preparing_ = false;
    } while (step_.load() != number && !is_preparing_.exchange(true));
  });
}

void Front::refuse(std::string errors) {
  {
    const std::scoped_lock lock(mutex_);
    refused_ = std::move(errors);
    numbers_.reloads_refused += refused_.empty() ? 0 : 1;
  }
  ++step_;
}

Result<ActionAnswer> Front::ask(Action action) {
  auto pending = std::make_shared<PendingAction>();
  pending->action = std::move(action);
  std::future<Result<ActionAnswer>> answer = pending->answer.get_future();
  inbox_.post(std::move(pending));
  if (answer.wait_for(kPatience) != std::future_status::ready) {
    return fail(ErrorKind::kTimeout, "the daemon is busy; it may still do this");
  }
  try {
    Result<ActionAnswer> done = answer.get();
    ++step_;
    prepare_and_announce();  // what a colleague said is news too
    return done;
  } catch (const std::future_error&) {
    return fail(ErrorKind::kUnavailable, "the daemon is stopping");
  }
}

std::string Front::problem() {
  const std::scoped_lock lock(mutex_);
  if (!storage_problem_.empty()) {
    return storage_problem_;
  }
  if (!has_stepped_) {
    return "the history has not been written since the start";
  }
  return untried_ > 0 ? counted(untried_, "source has", "sources have") + " not been tried yet" : "";
}

std::string Front::metrics() {
  MetricsGround ground;
  std::shared_ptr<const Config> config;
  std::shared_ptr<const WorkCounts> work;
  {
    const std::scoped_lock lock(mutex_);
    ground = numbers_;
    ground.is_config_ok = refused_.empty();
    ground.is_writable = storage_problem_.empty();
    ground.untried = untried_;
    config = config_;
    work = work_;
  }
  if (work != nullptr) {
    ground.polls = work->polls();
    ground.step_work = work->steps();
  }
  ground.states = api_->states();
  return metrics_text(ground, *config, clock_.now());
}

}  // namespace kpi
