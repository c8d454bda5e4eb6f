#pragma once
// The web beside the watch: holds what its threads may see of the daemon, passes on what people ask, and counts. The
// engine's thread calls take() and refuse(); everything else may be called by any thread.

#include "daemon/engine/watch.hpp"
#include "daemon/web/api.hpp"
#include "daemon/web/metrics.hpp"
#include "daemon/web/status_index.hpp"

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace kpi {

class Front {
 public:
  /// Runs a verb on the configuration that runs; `refused` says why the files are not.
  using Verb = std::function<VerbResult(
      const std::vector<std::string>& words, std::shared_ptr<const Config> config, std::string refused)>;

  /// The status on the configuration that runs; called by one thread at a time.
  using Status =
      std::function<Result<StatusSnapshot>(const std::shared_ptr<const Config>& config, const std::string& refused)>;

  /// `links`: what the pages behind links in messages go by; null: there are none.
  Front(Inbox& inbox, Clock& clock, Verb verb, Status status, std::shared_ptr<LinkSigner> links);
  Front(const Front&) = delete;
  Front(Front&&) = delete;
  Front& operator=(const Front&) = delete;
  Front& operator=(Front&&) = delete;
  /// Closes the server; no request runs after it.
  ~Front();

  /// Opens the unix socket, and the address that the configuration listens on.
  Result<void> open(const Config& config);

  /// Takes no more requests; false: some are still being answered, and that may go on for long.
  bool close();

  /// What a turn of the watch did.
  void take(const Watch& watch, const StepSummary& summary);
  /// A reload was refused for these errors; empty: the files are as they run.
  void refuse(std::string errors);

 private:
  /// Has what is asked for often read anew and then tells who waits for news, on a thread of the server.
  void prepare_and_announce();
  Result<ActionAnswer> ask(Action action);
  std::string metrics();
  std::string problem();
  [[nodiscard]] std::shared_ptr<const Config> config();
  [[nodiscard]] std::string refused();

  Inbox& inbox_;
  Clock& clock_;
  Verb verb_;
  Status status_;
  std::shared_ptr<LinkSigner> links_;
  std::mutex mutex_;
  std::shared_ptr<const Config> config_;  // these under the mutex
  std::string refused_;
  std::string storage_problem_;
  std::size_t untried_ = 0;
  bool has_stepped_ = false;
  MetricsGround numbers_;  // without what is counted elsewhere
  std::shared_ptr<const WorkCounts> work_;
  std::atomic<std::uint64_t> step_{1};
  std::string listen_;  // that it was opened with
  std::atomic<bool> is_preparing_{false};
  std::unique_ptr<Api> api_;
  std::unique_ptr<WebServer> server_;  // last: its threads use the rest
};

}  // namespace kpi
