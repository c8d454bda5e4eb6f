#include "tests/unit/daemon/engine/simulation.hpp"

#include "daemon/os/descriptor.hpp"
#include "rules/base/text.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>

namespace kpi::test {
namespace {

/// The log of the daemon has the machine's time: it is of no use here.
class Quiet {
 public:
  Quiet() : saved_(::dup(STDERR_FILENO)), nothing_(::open("/dev/null", O_WRONLY | O_CLOEXEC)) {
    ::dup2(nothing_.get(), STDERR_FILENO);
  }

  ~Quiet() { ::dup2(saved_.get(), STDERR_FILENO); }

  Quiet(const Quiet&) = delete;
  Quiet& operator=(const Quiet&) = delete;
  Quiet(Quiet&&) = delete;
  Quiet& operator=(Quiet&&) = delete;

 private:
  Descriptor saved_;
  Descriptor nothing_;
};

std::string header_of(const HttpRequest& request, std::string_view name) {
  for (const auto& [key, value] : request.headers) {
    if (key == name) {
      return value;
    }
  }
  return "";
}

/// "https://team.example/hook" is "team".
std::string receiver_of(const std::string& url) {
  const std::size_t begin = url.find("//") + 2;
  return url.substr(begin, url.find('.', begin) - begin);
}

}  // namespace

void SimulatedJobs::submit(Job job) {
  jobs_.emplace(clock_.truth + takes_(), std::move(job));
}

Instant SimulatedJobs::next() const {
  return jobs_.empty() || is_hanging ? Instant::max() : jobs_.begin()->first;
}

void SimulatedJobs::run_due() {
  while (!jobs_.empty() && !is_hanging && jobs_.begin()->first <= clock_.truth) {
    const Job job = std::move(jobs_.begin()->second);
    jobs_.erase(jobs_.begin());
    job({});
  }
}

void SimulatedJobs::kill(const std::function<bool()>& has_arrived) {
  for (const auto& [at, job] : std::exchange(jobs_, {})) {
    if (has_arrived()) {
      job({});
    }
  }
}

Result<StoredState> RecordingStore::load() {
  return FragileStore::load();
}

Result<void> RecordingStore::commit(const StepCommit& step) {
  if (before && !is_broken) {
    before();
  }
  KPI_TRY(FragileStore::commit(step));
  for (const LineRow& line : step.lines) {
    lines[line.id] = line.kpi + " (" + labels_text(line.segment) + ")";
  }
  for (const EpisodeRow& episode : step.episodes) {
    if (const auto known = fired.find(episode.id); known != fired.end()) {
      known->second.row = episode;
      known->second.closed = episode.resolved && !known->second.closed ? std::optional(step.now) : known->second.closed;
    } else if (episode.firing && !episode.resolved) {
      fired.emplace(episode.id, Fired{episode, step.now, std::nullopt});
    }
  }
  for (const HushedRow& hushed : step.hushed) {
    hushed_episodes.insert(hushed.episode);
  }
  for (const NotificationRow& row : step.notifications) {
    messages.emplace(row.id, row);
  }
  for (const DeliveryRow& row : step.deliveries) {
    if (const auto message = messages.find(row.id); message != messages.end()) {
      message->second.state = row.state;
      message->second.last_error = row.last_error;
      message->second.next_attempt = row.next_attempt;
    }
  }
  if (after) {
    after();
  }
  return {};
}

class SimulatedWorld::Files final : public Host {
 public:
  explicit Files(SimulatedWorld& world) : world_(world) {}

  Result<File> read_file(const std::string& path, std::size_t /*limit*/) override {
    if (const auto fixed = texts.find(path); fixed != texts.end()) {
      return File{fixed->second, "1"};
    }
    const std::string name = std::filesystem::path(path).filename();
    note_asked(name);
    const std::string text = KPI_TRY(world_.file(name));
    return File{text, fingerprint(text)};
  }

  Result<std::string> file_version(const std::string& path) override {
    const std::string name = std::filesystem::path(path).filename();
    note_asked(name);
    return fingerprint(KPI_TRY(world_.file(name)));
  }

  Instant now() override { return world_.clock.now(); }

  std::map<std::string, std::string> texts;

 private:
  /// Once for each poll, which may look at a file's version before it reads it.
  void note_asked(const std::string& name) {
    std::vector<Instant>& times = world_.asked[name];
    if (times.empty() || times.back() != world_.clock.truth) {
      times.push_back(world_.clock.truth);
    }
  }

  SimulatedWorld& world_;
};

class SimulatedWorld::Network final : public HttpClient {
 public:
  explicit Network(SimulatedWorld& world) : world_(world) {}

  Result<HttpResponse> send(const HttpRequest& request, const std::stop_token& /*stop*/) override {
    const std::string receiver = receiver_of(request.url);
    Result<HttpResponse> answered = world_.answer(receiver);
    const bool is_taken = answered && answered->status >= 200 && answered->status < 300;
    if (is_taken && receiver == "beat") {
      world_.beats.push_back(world_.clock.truth);
    } else if (is_taken) {
      // A status of 299 is an answer that the network loses.
      const bool is_lost = answered->status == 299;
      world_.taken.push_back({world_.clock.truth, receiver, header_of(request, "webhook-id"), world_.life, is_lost});
      world_.note(receiver + " takes " + world_.taken.back().id + (is_lost ? ", and nobody hears of it" : ""));
      if (is_lost) {
        return fail(ErrorKind::kTimeout, "no answer in time");
      }
    }
    return answered;
  }

 private:
  SimulatedWorld& world_;
};

SimulatedWorld::SimulatedWorld(std::uint32_t seed,
                               Instant begin,
                               const std::string& config_text,
                               const std::string& rules)
    : random(seed), jobs(clock, [this] { return takes(); }) {
  clock.truth = begin;
  std::string name = (std::filesystem::temp_directory_path() / "kpid-simulation-XXXXXX").string();
  folder_ = ::mkdtemp(name.data());
  files_ = std::make_unique<Files>(*this);
  network_ = std::make_unique<Network>(*this);
  const std::string main_file = (folder_ / "kpid.yaml").string();
  files_->texts = {{main_file, config_text}, {(folder_ / "rules.yaml").string(), rules}};
  std::ofstream(folder_ / "rules.yaml") << rules;  // the pattern of `rules:` is looked for on the disk
  file = [](const std::string& path) { return Result<std::string>(fail(ErrorKind::kNotFound, path)); };
  answer = [](const std::string&) {
    HttpResponse fine;
    fine.status = 200;
    return Result<HttpResponse>(fine);
  };
  const ConfigLoad loaded = load_config(main_file, Secrets::kRequired, *files_);
  EXPECT_NE(loaded.config, nullptr) << loaded.diagnostics.text();
  if (loaded.config != nullptr) {
    config = std::make_shared<Config>(*loaded.config);
    config->history = (folder_ / "history.db").string();  // for the journal of what was sent; the history is in memory
  }
}

SimulatedWorld::~SimulatedWorld() {
  jobs.request_stop();
  watch.reset();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void SimulatedWorld::note(const std::string& what) {
  std::string text = what;  // the folder has another name each time
  for (std::size_t at = text.find(folder_.string()); at != std::string::npos; at = text.find(folder_.string())) {
    text.erase(at, folder_.string().size());
  }
  log << rfc3339(clock.truth) << ' ' << text << '\n';
}

void SimulatedWorld::start() {
  ++life;
  watch = std::make_unique<Watch>(config, store, World{clock, *files_, *network_, console_, &jobs});
  const Result<void> restored = watch->restore(clock.now());
  EXPECT_TRUE(restored) << restored.error().message;
  watch->on_turn = [this](const StepSummary& summary) {
    turns += store.is_broken ? 0 : 1;
    for (const Decision& decision : summary.decisions) {
      if (decision.hold == Hold::kInhibited || decision.hold == Hold::kOver) {
        held.insert(decision.subject);
      }
    }
    if (summary.new_samples + summary.restated_samples + summary.judged > 0) {
      note(std::to_string(summary.new_samples) + " new, " + std::to_string(summary.restated_samples) + " restated, " +
           std::to_string(summary.judged) + " judged");
    }
    for (const Message& message : summary.messages) {
      note(std::string(name_of(message.type)) + " for " + message.channel + ": " + message.id);
    }
    for (const std::string& warning : summary.warnings) {
      note(warning);
      said.push_back(warning);
    }
  };
}

void SimulatedWorld::wait(Duration idle, Instant end) {
  // An idle time of none is something to be done at once; a millisecond passes, or nothing would ever be over.
  const Duration least = std::chrono::milliseconds{1};
  const Instant event = next_event ? next_event() : Instant::max();
  const Instant idle_until = idle > end - clock.truth ? end : clock.truth + std::max(idle, least);
  clock.truth = std::max(clock.truth + least, std::min({idle_until, jobs.next(), event, end}));
  jobs.run_due();
  if (on_time) {
    on_time();
  }
  if (clock.truth >= end) {
    watch->inbox().post(StopRequest{});
  }
}

void SimulatedWorld::run_until(Instant end) {
  const Quiet quiet;
  if (watch == nullptr) {
    start();
  }
  watch->on_wait = [this, end](Duration idle) { wait(idle, end); };
  try {
    const Result<void> ran = watch->run(reload);
    EXPECT_TRUE(ran) << ran.error().message;
  } catch (const Killed&) {
    kill();
  }
  jobs.request_stop();
  watch.reset();
}

void SimulatedWorld::kill() {
  note("killed");
  jobs.kill([this] { return chance() < 0.5; });
  watch.reset();
}

}  // namespace kpi::test
