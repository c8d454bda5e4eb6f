#include "plugins/manual.hpp"

#include <map>
#include <utility>

namespace kpi {
namespace {

class ManualSource final : public Source {
 public:
  Result<Poll> poll(const PollRequest& request, Host& /*host*/, const std::stop_token& /*stop*/) override {
    Poll poll;
    std::map<std::pair<std::uint32_t, Labels>, std::uint32_t> series;
    for (const EnteredValue& entered : request.entered) {
      if (request.from && entered.slot < *request.from) {
        continue;
      }
      const auto [known, is_new] =
          series.try_emplace({entered.metric, entered.labels}, static_cast<std::uint32_t>(poll.series.size()));
      if (is_new) {
        poll.series.push_back({.metric = entered.metric, .labels = entered.labels});
      }
      poll.samples.push_back({.series = known->second, .slot = entered.slot, .value = entered.value});
    }
    return poll;
  }
};

std::unique_ptr<Source> create_manual(const SourceSettings& /*settings*/, Diagnostics& /*diagnostics*/) {
  return std::make_unique<ManualSource>();
}

}  // namespace

Plugin manual_plugin() {
  return {.name = "manual",
          .help = "Values that people enter with `kpid enter`, each with its author and a note.",
          .options = {{.key = "remind",
                       .type = OptionSpec::Type::kDuration,
                       .required = false,
                       .fallback = "",
                       .choices = {},
                       .help = "So long after a period's end somebody is reminded that nothing was entered for it."}},
          .metric_options = {},
          .is_entered = true,
          .create = create_manual};
}

}  // namespace kpi
