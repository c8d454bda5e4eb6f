#pragma once
// An engine over a history in memory, told day by day what polls bring. The configuration is text; nothing is polled or
// delivered.

#include "daemon/engine/engine.hpp"
#include "daemon/store/sqlite_store.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kpi::test {

/// kpid.yaml and rules.yaml as if they were files. Fails the test when they do not load.
std::shared_ptr<const Config> load(const std::string& config, const std::string& rules);

/// "2026-03-31" or "2026-03-31 06:00", UTC.
Instant at(std::string_view text);

/// What a salvage could not read. Every source is read from its beginning then.
struct Lost {
  std::function<bool(Slot slot)> samples;
  std::function<bool(Slot slot)> verdicts;
  bool alerts = false;
};

/// A store that can be told to fail its commits, and to have lost something.
class FragileStore : public Store {
 public:
  FragileStore();

  Result<StoredState> load() override;

  Result<void> commit(const StepCommit& step) override;

  Result<void> samples(Slot from,
                       Slot to,
                       const std::vector<std::uint32_t>& series,
                       const std::function<void(const SampleRow&)>& row) override;

  Result<void> verdicts(Slot from,
                        Slot to,
                        std::uint32_t line,
                        const std::function<void(const VerdictRow&)>& row) override;

  Result<DeliveryMemory> delivery_memory() override { return store_->delivery_memory(); }

  Result<std::vector<HushedRow>> hushed(Instant from, Instant to) override { return store_->hushed(from, to); }

  [[nodiscard]] bool rolls_up() const override { return store_->rolls_up(); }

  Result<bool> roll_up(const RollUpOrder& order) override { return store_->roll_up(order); }

  Result<void> past_samples(const std::function<void(const SampleRow&)>& row) override {
    return store_->past_samples(row);
  }

  Result<void> newest_revisions(const std::function<void(std::uint32_t series, Slot slot)>& row) override {
    return store_->newest_revisions(row);
  }

  Result<std::vector<EpisodeRow>> episodes_between(Instant from, Instant to) override {
    return store_->episodes_between(from, to);
  }

  bool is_broken = false;
  std::optional<Lost> lost;
  /// Every episode as it was last written, in words, by id.
  std::map<std::string, std::string> episodes;
  std::map<std::uint32_t, KpiState> states;  ///< By line, as its status was last written.

 private:
  std::unique_ptr<Store> store_;
};

class Story {
 public:
  /// Unless told otherwise nothing waits for others of its group, as in `run --once`.
  Story(const std::string& config, const std::string& rules, EngineOptions options = {.waits_elapsed = true});

  /// What the next poll of a source brings for a metric ("web.visits") on a day.
  void put(const std::string& metric, std::string_view day, double value, Labels labels = {});
  /// The next poll of a source fails.
  void fail_source(const std::string& source, ErrorKind kind = ErrorKind::kUnavailable);
  /// Every source is polled, and what they bring is judged. Each message as "channel type subject: reason".
  std::vector<std::string> step(std::string_view time);
  /// The same without polls: time passes.
  std::vector<std::string> pass(std::string_view time);
  /// The step, whose commit is expected to fail.
  void fail_step(std::string_view time);

  /// As after a kill: a new engine over the same history.
  void restart();
  /// As after a salvage; what is lost stands in ledger() all the same, as it was.
  void restart(Lost lost);
  /// As after a reload.
  void restart(const std::string& config, const std::string& rules);

  Engine& engine() { return *engine_; }

  FragileStore& store() { return store_; }

  [[nodiscard]] const Line& line(std::string_view kpi, const Labels& segment = {}) const;
  [[nodiscard]] KpiState state(std::string_view kpi, const Labels& segment = {}) const;
  /// The ledger in words: "visits (total) 2026-03-01: 12 met", in order.
  std::vector<std::string> ledger();

  /// Those of the last step that had any.
  [[nodiscard]] const std::vector<Message>& messages() const { return messages_; }

  /// Ids and texts of all messages so far.
  [[nodiscard]] const std::vector<std::string>& told() const { return told_; }

  /// Of the last step.
  [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }

  /// Of the last step.
  [[nodiscard]] const std::vector<std::string>& remarks() const { return remarks_; }

 private:
  void receive_polls(Instant now);
  std::vector<std::string> take_step(Instant now);

  EngineOptions options_;
  FragileStore store_;
  std::shared_ptr<const Config> config_;
  std::unique_ptr<Engine> engine_;
  std::map<std::uint32_t, Poll> polls_;
  std::map<std::uint32_t, Error> failures_;
  std::vector<std::string> told_;
  std::vector<std::string> warnings_;
  std::vector<std::string> remarks_;
  std::vector<Message> messages_;
  Instant now_;  // of the last step
};

}  // namespace kpi::test
