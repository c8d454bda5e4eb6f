#include "daemon/web/metrics.hpp"

#include "daemon/store/history_reader.hpp"
#include "rules/base/text.hpp"

#include <algorithm>
#include <filesystem>

namespace kpi {
namespace {

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

  /// How many there were and how long all of them took; a rate of one by the other is the mean.
  void summary(const WorkCount& work, const std::string& labels = "") {
    const std::string in_braces = labels.empty() ? " " : "{" + labels + "} ";
    text_ += name_ + "_sum" + in_braces + number_text(work.seconds) + "\n";
    text_ += name_ + "_count" + in_braces + std::to_string(work.done) + "\n";
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

/// A value for each of a list, each with its name as a label.
template <class List, class NameOf, class ValueOf>
void add_each(Exposition& out, std::string_view label, const List& list, const NameOf& name_of, const ValueOf& value) {
  for (const auto& one : list) {
    out.sample(static_cast<double>(value(one)), std::string(label) + "=\"" + label_text(name_of(one)) + "\"");
  }
}

void add_sources(Exposition& out, HistoryReader& reader) {
  const auto sources = reader.sources().value_or(std::vector<SourceRow>{});
  const auto add = [&](std::string_view name, std::string_view help, const auto& value) {
    out.family(name, "gauge", help);
    add_each(out, "source", sources, [](const SourceRow& source) { return source.name; }, value);
  };
  add("kpid_source_up", "Whether the last poll of a source succeeded.", [](const SourceRow& source) {
    return source.error.empty();
  });
  add("kpid_source_late",
      "Whether a source owes a period for longer than its stale time.",
      [](const SourceRow& source) { return !source.late.empty(); });
  add("kpid_source_last_success_timestamp_seconds",
      "When a source was last read without an error.",
      [](const SourceRow& source) { return source.last_success ? seconds_of(*source.last_success) : 0; });
}

void add_polls(Exposition& out, const std::map<std::string, WorkCount>& polls) {
  out.family("kpid_source_poll_seconds", "summary", "Polls of a source, and how long they took.");
  for (const auto& [source, work] : polls) {
    out.summary(work, "source=\"" + label_text(source) + "\"");
  }
  out.family("kpid_source_polls_failed_total", "counter", "Polls of a source that failed.");
  const auto name_of = [](const auto& poll) { return poll.first; };
  add_each(out, "source", polls, name_of, [](const auto& poll) { return poll.second.failed; });
}

/// What is queued is in the history; what was delivered is counted from the start on.
void add_channels(Exposition& out,
                  const std::vector<ChannelQueue>& queues,
                  const std::map<std::string, ChannelState>& states,
                  Instant now) {
  const auto add = [&](std::string_view name, std::string_view help, const auto& value) {
    out.family(name, "gauge", help);
    add_each(out, "channel", queues, [](const ChannelQueue& queue) { return queue.channel; }, value);
  };
  add("kpid_channel_queued", "Messages that wait for a channel.", [](const ChannelQueue& queue) {
    return queue.queued;
  });
  add("kpid_channel_oldest_queued_seconds",
      "How long the oldest message has waited for a channel; 0: none waits.",
      [&](const ChannelQueue& queue) {
        return queue.oldest ? std::max(0.0, seconds_of(now) - seconds_of(*queue.oldest)) : 0;
      });
  add("kpid_channel_dead", "Messages that a channel will never deliver.", [](const ChannelQueue& queue) {
    return queue.dead;
  });
  add("kpid_channel_refused",
      "Addresses of a channel that refuse what the others take.",
      [](const ChannelQueue& queue) { return queue.refused.size(); });
  const auto count = [&](std::string_view name, std::string_view help, std::uint64_t ChannelState::* counter) {
    out.family(name, "counter", help);
    const auto name_of = [](const auto& state) { return state.first; };
    add_each(out, "channel", states, name_of, [&](const auto& state) { return state.second.*counter; });
  };
  count("kpid_channel_delivered_total", "Messages that a channel delivered.", &ChannelState::delivered);
  count("kpid_channel_attempts_failed_total", "Attempts of a channel that failed.", &ChannelState::failed);
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

void add_work(Exposition& out, const MetricsGround& ground) {
  const auto counter = [&](std::string_view name, std::uint64_t value, std::string_view help) {
    out.family(name, "counter", help);
    out.sample(static_cast<double>(value));
  };
  const auto gauge = [&](std::string_view name, double value, std::string_view help) {
    out.family(name, "gauge", help);
    out.sample(value);
  };
  out.family("kpid_build_info", "gauge", "The version that runs.");
  out.sample(1, "version=\"" KPI_VERSION "\"");
  gauge("kpid_config_ok", ground.is_config_ok ? 1 : 0, "Whether the files on disk are those that run.");
  counter("kpid_config_reloads_refused_total", ground.reloads_refused, "Reloads that were refused for errors.");
  counter("kpid_steps_total", ground.steps, "Steps of the engine since the start.");
  out.family("kpid_step_seconds", "summary", "Steps, the commit of each with it, and how long they took.");
  out.summary(ground.step_work);
  counter("kpid_steps_failed_total", ground.step_work.failed, "Steps that could not be written to the history.");
  counter("kpid_samples_total", ground.new_samples, "New samples since the start.");
  counter("kpid_samples_restated_total", ground.restated_samples, "Restated samples since the start.");
  counter("kpid_periods_judged_total", ground.judged, "Verdicts written since the start.");
  counter("kpid_forecasts_total", ground.forecasts, "Probabilities of targets that were stated since the start.");
  counter("kpid_messages_total", ground.messages, "Messages made since the start.");
  gauge("kpid_history_writable", ground.is_writable ? 1 : 0, "Whether the last step could be written to the history.");
  gauge("kpid_last_step_timestamp_seconds",
        seconds_of(ground.last_step),
        "The time of the last step that is in the history.");
  gauge("kpid_sources_untried",
        static_cast<double>(ground.untried),
        "Sources that have not been polled since the start.");
}

}  // namespace

std::string metrics_text(const MetricsGround& ground, const Config& config, Instant now) {
  Exposition out;
  add_work(out, ground);
  add_polls(out, ground.polls);
  add_sizes(out, config.history);
  if (auto reader = open_history_reader(config.history)) {
    add_states(out, ground.states);
    add_sources(out, **reader);
    add_channels(out, queues_of(config, **reader), ground.channels, now);
  }
  return out.text();
}

}  // namespace kpi
