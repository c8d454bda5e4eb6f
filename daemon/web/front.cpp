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

/// A label's value as Prometheus reads it.
std::string label_text(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\\' || c == '"') {
      escaped += '\\';
    }
    escaped += c == '\n' ? ' ' : c;
  }
  return escaped;
}

/// The text format of Prometheus, a family after the other.
class Exposition {
 public:
  void family(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    text_ += "# HELP " + name_ + " " + std::string(help) + "\n# TYPE " + name_ + " " + std::string(type) + "\n";
  }

  void sample(double value, std::string_view labels = "") {
    text_ += name_ + (labels.empty() ? "" : "{" + std::string(labels) + "}") + " " + number_text(value) + "\n";
  }

  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string name_;
  std::string text_;
};

double seconds_of(Instant at) {
  return static_cast<double>(at.time_since_epoch().count()) / 1000;
}

/// The same that the status says, KPIs without a sample yet among them.
void add_states(Exposition& out, const std::map<std::string, std::size_t>& counted) {
  std::map<std::string, std::size_t> states{{"ok", 0}, {"pending", 0}, {"no_data", 0}, {"error", 0}, {"firing", 0}};
  for (const auto& [state, count] : counted) {
    states[state] = count;
  }
  out.family("kpid_kpis", "gauge", "KPIs and segments by state.");
  for (const auto& [state, count] : states) {
    out.sample(static_cast<double>(count), "state=\"" + state + "\"");
  }
}

/// Every channel that is configured, idle ones too, and what still waits for others.
std::vector<ChannelQueue> queues_of(const Config& config, HistoryReader& reader) {
  std::vector<ChannelQueue> queues = reader.queues().value_or(std::vector<ChannelQueue>{});
  for (const ChannelConfig& channel : config.channels) {
    if (std::ranges::find(queues, channel.name, &ChannelQueue::channel) == queues.end()) {
      queues.push_back({channel.name});
    }
  }
  return queues;
}

void add_counts(Exposition& out, const Config& config, HistoryReader& reader) {
  const auto sources = reader.sources().value_or(std::vector<SourceRow>{});
  out.family("kpid_source_up", "gauge", "Whether the last poll of a source succeeded.");
  for (const SourceRow& source : sources) {
    out.sample(source.error.empty() ? 1 : 0, "source=\"" + label_text(source.name) + "\"");
  }
  out.family("kpid_source_last_success_timestamp_seconds", "gauge", "When a source was last read without an error.");
  for (const SourceRow& source : sources) {
    out.sample(source.last_success ? seconds_of(*source.last_success) : 0,
               "source=\"" + label_text(source.name) + "\"");
  }
  const std::vector<ChannelQueue> queues = queues_of(config, reader);
  out.family("kpid_channel_queued", "gauge", "Messages that wait for a channel.");
  for (const ChannelQueue& queue : queues) {
    out.sample(static_cast<double>(queue.queued), "channel=\"" + label_text(queue.channel) + "\"");
  }
  out.family("kpid_channel_dead", "gauge", "Messages that a channel will never deliver.");
  for (const ChannelQueue& queue : queues) {
    out.sample(static_cast<double>(queue.dead), "channel=\"" + label_text(queue.channel) + "\"");
  }
  out.family("kpid_channel_refused", "gauge", "Addresses of a channel that refuse what the others take.");
  for (const ChannelQueue& queue : queues) {
    out.sample(static_cast<double>(queue.refused.size()), "channel=\"" + label_text(queue.channel) + "\"");
  }
}

void add_sizes(Exposition& out, const std::string& history) {
  const auto size_of = [](const std::string& path) {
    std::error_code error;
    const auto size = std::filesystem::file_size(path, error);
    return error ? 0.0 : static_cast<double>(size);
  };
  out.family("kpid_history_bytes", "gauge", "The size of the history's file.");
  out.sample(size_of(history));
  out.family("kpid_history_log_bytes", "gauge", "The size of the history's write-ahead log.");
  out.sample(size_of(history + "-wal"));
}

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
    numbers_.messages += summary.messages.size();
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
  Exposition out;
  std::shared_ptr<const Config> config;
  {
    const std::scoped_lock lock(mutex_);
    config = config_;
    const auto counter = [&](std::string_view name, std::uint64_t value, std::string_view help) {
      out.family(name, "counter", help);
      out.sample(static_cast<double>(value));
    };
    out.family("kpid_build_info", "gauge", "The version that runs.");
    out.sample(1, "version=\"" KPI_VERSION "\"");
    out.family("kpid_config_ok", "gauge", "Whether the files on disk are those that run.");
    out.sample(refused_.empty() ? 1 : 0);
    counter("kpid_config_reloads_refused_total", numbers_.reloads_refused, "Reloads that were refused for errors.");
    counter("kpid_steps_total", numbers_.steps, "Steps of the engine since the start.");
    counter("kpid_samples_total", numbers_.new_samples, "New samples since the start.");
    counter("kpid_samples_restated_total", numbers_.restated_samples, "Restated samples since the start.");
    counter("kpid_periods_judged_total", numbers_.judged, "Verdicts written since the start.");
    counter("kpid_messages_total", numbers_.messages, "Messages made since the start.");
    out.family("kpid_history_writable", "gauge", "Whether the last step could be written to the history.");
    out.sample(storage_problem_.empty() ? 1 : 0);
    out.family("kpid_last_step_timestamp_seconds", "gauge", "The time of the last step that is in the history.");
    out.sample(seconds_of(numbers_.last_step));
    out.family("kpid_sources_untried", "gauge", "Sources that have not been polled since the start.");
    out.sample(static_cast<double>(untried_));
  }
  add_sizes(out, config->history);
  if (auto reader = open_history_reader(config->history)) {
    add_states(out, api_->states());
    add_counts(out, *config, **reader);
  }
  return out.text();
}

}  // namespace kpi
