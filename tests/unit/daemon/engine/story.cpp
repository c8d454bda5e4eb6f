#include "tests/unit/daemon/engine/story.hpp"

#include "rules/base/text.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace kpi::test {
namespace {

class TextHost final : public Host {
 public:
  explicit TextHost(std::map<std::string, std::string> files) : files_(std::move(files)) {}

  Result<File> read_file(const std::string& path, std::size_t /*limit*/) override {
    const auto found = files_.find(path);
    if (found == files_.end()) {
      return fail(ErrorKind::kNotFound, path + ": no such file");
    }
    return File{found->second, "1"};
  }

  Result<std::string> file_version(const std::string& /*path*/) override { return "1"; }

 private:
  std::map<std::string, std::string> files_;
};

std::string subject_of(const AlertView& alert) {
  const std::string name = alert.kpi.empty() ? "source " + alert.source : alert.kpi + " " + alert.rule;
  return name + (alert.segment.empty() ? "" : " (" + labels_text(alert.segment) + ")") + ": " + alert.reason;
}

std::string text_of(const Message& message) {
  std::string text = message.channel + " " + std::string(name_of(message.type));
  for (std::size_t i = 0; i < message.alerts.size(); ++i) {
    text += (i == 0 ? " " : ", ") + subject_of(message.alerts[i]);
  }
  return text;
}

std::string text_of(const EpisodeRow& episode) {
  const auto time = [](const std::optional<Instant>& instant) { return instant ? rfc3339(*instant) : "-"; };
  return episode.rule + " " + std::string(name_of(episode.severity)) + " since " + rfc3339(episode.since) +
         " pending " + time(episode.pending) + " firing " + time(episode.firing) + " resolved " +
         time(episode.resolved) + " " + std::string(name_of(episode.reason));
}

}  // namespace

std::shared_ptr<const Config> load(const std::string& config, const std::string& rules) {
  TextHost host({{"kpid.yaml", config}, {"rules.yaml", rules}});
  const ConfigLoad loaded =
      load_rule_files({"kpid.yaml", {"rules.yaml"}, nullptr, std::nullopt, nullptr, {}}, Secrets::kIgnored, host);
  EXPECT_NE(loaded.config, nullptr) << loaded.diagnostics.text();
  return loaded.config;
}

Instant at(std::string_view text) {
  const auto local = parse_local(text);
  EXPECT_TRUE(local) << text;
  return Zone().to_instant(local.value_or(std::chrono::local_time<Duration>{}));
}

FragileStore::FragileStore() {
  auto opened = open_sqlite_store(":memory:");
  EXPECT_TRUE(opened);
  store_ = std::move(*opened);
}

Result<void> FragileStore::commit(const StepCommit& step) {
  if (is_broken) {
    return fail(ErrorKind::kStorage, "the disk is full");
  }
  for (const EpisodeRow& episode : step.episodes) {
    episodes[episode.id] = text_of(episode);
  }
  for (const StatusRow& status : step.statuses) {
    states[status.line] = status.state;
  }
  return store_->commit(step);
}

Result<StoredState> FragileStore::load() {
  Result<StoredState> state = store_->load();
  if (state && lost) {
    std::ranges::for_each(state->sources, [](SourceRow& source) { source.cursor.clear(); });
    state->alerts = lost->alerts ? std::vector<AlertRow>() : std::move(state->alerts);
  }
  return state;
}

Result<void> FragileStore::samples(Slot from,
                                   Slot to,
                                   const std::vector<std::uint32_t>& series,
                                   const std::function<void(const SampleRow&)>& row) {
  return store_->samples(from, to, series, [&](const SampleRow& sample) {
    if (!lost || !lost->samples || !lost->samples(sample.slot)) {
      row(sample);
    }
  });
}

Result<void> FragileStore::verdicts(Slot from,
                                    Slot to,
                                    std::uint32_t line,
                                    const std::function<void(const VerdictRow&)>& row) {
  return store_->verdicts(from, to, line, [&](const VerdictRow& verdict) {
    if (!lost || !lost->verdicts || !lost->verdicts(verdict.slot)) {
      row(verdict);
    }
  });
}

Story::Story(const std::string& config, const std::string& rules, EngineOptions options) : options_(options) {
  restart(config, rules);
}

void Story::restart(const std::string& config, const std::string& rules) {
  config_ = load(config, rules);
  restart();
}

void Story::restart() {
  engine_ = std::make_unique<Engine>(config_, store_, options_);
  const auto restored = engine_->restore(now_);
  ASSERT_TRUE(restored) << restored.error().message;
}

void Story::restart(Lost lost) {
  store_.lost = std::move(lost);
  restart();
  store_.lost.reset();
}

void Story::put(const std::string& metric, std::string_view day, double value, Labels labels) {
  for (std::uint32_t source = 0; source < config_->sources.size(); ++source) {
    const SourceConfig& settings = config_->sources[source];
    for (std::uint32_t i = 0; i < settings.metrics.size(); ++i) {
      if (config_->rules.metrics[settings.metrics[i]].name == metric) {
        Poll& poll = polls_[source];
        const Slot slot = slot_at(at(day), settings.settings.grain, settings.settings.zone, config_->rules.calendar);
        poll.samples.push_back({static_cast<std::uint32_t>(poll.series.size()), slot, value});
        poll.series.push_back({i, std::move(labels)});
        return;
      }
    }
  }
  FAIL() << "there is no metric " << metric;
}

void Story::fail_source(const std::string& source, ErrorKind kind) {
  for (std::uint32_t i = 0; i < config_->sources.size(); ++i) {
    if (config_->sources[i].settings.name == source) {
      failures_[i] = Error{kind, "status 503"};
      return;
    }
  }
  FAIL() << "there is no source " << source;
}

void Story::receive_polls(Instant now) {
  for (std::uint32_t i = 0; i < config_->sources.size(); ++i) {
    const auto failure = failures_.find(i);
    if (failure != failures_.end()) {
      engine_->receive(PollResult{i, now, tl::unexpected(failure->second)});
    } else {
      engine_->receive(PollResult{i, now, polls_[i]});
    }
  }
}

std::vector<std::string> Story::take_step(Instant now) {
  now_ = now;
  const auto summary = engine_->step(now);
  EXPECT_TRUE(summary) << summary.error().message;
  std::vector<std::string> texts;
  if (summary) {
    warnings_ = summary->warnings;
    remarks_ = summary->remarks;
    messages_ = summary->messages.empty() ? messages_ : summary->messages;
    for (const Message& message : summary->messages) {
      texts.push_back(text_of(message));
      told_.push_back(message.id + " " + texts.back());
    }
  }
  return texts;
}

std::vector<std::string> Story::step(std::string_view time) {
  receive_polls(at(time));
  std::vector<std::string> texts = take_step(at(time));
  polls_.clear();
  failures_.clear();
  return texts;
}

std::vector<std::string> Story::pass(std::string_view time) {
  return take_step(at(time));
}

void Story::fail_step(std::string_view time) {
  store_.is_broken = true;
  receive_polls(at(time));
  const auto summary = engine_->step(at(time));
  store_.is_broken = false;
  ASSERT_FALSE(summary);
  EXPECT_EQ(summary.error(), (Error{ErrorKind::kStorage, "the disk is full"}));
}

const Line& Story::line(std::string_view kpi, const Labels& segment) const {
  static const Line kNone;
  const Line* found = engine_->find_line(kpi, segment);
  EXPECT_NE(found, nullptr) << kpi << " " << labels_text(segment);
  return found == nullptr ? kNone : *found;
}

KpiState Story::state(std::string_view kpi, const Labels& segment) const {
  return engine_->state_of(line(kpi, segment));
}

std::vector<std::string> Story::ledger() {
  std::map<std::uint32_t, std::string> names;
  for (const Line& line : engine_->lines()) {
    names[line.id] = config_->rules.kpis[line.kpi].id + " (" + labels_text(line.segment) + ")";
  }
  std::vector<std::string> rows;
  const Slot first{std::numeric_limits<std::int64_t>::min()};
  const Slot last{std::numeric_limits<std::int64_t>::max()};
  const auto read = store_.verdicts(first, last, 0, [&](const VerdictRow& row) {
    rows.push_back(names[row.line] + " " + rfc3339(row.period.start) + ": " +
                   (std::isnan(row.value) ? std::string(name_of(row.reason)) : number_text(row.value)) + " " +
                   std::string(name_of(row.verdict)) + " " + std::string(name_of(row.state)) + " " +
                   (std::isnan(row.limit) ? "" : number_text(row.limit)) + " " +
                   std::string(name_of(row.target_status)) + " " + row.episode);
  });
  EXPECT_TRUE(read);
  std::ranges::sort(rows);
  return rows;
}

}  // namespace kpi::test
