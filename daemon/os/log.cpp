#include "daemon/os/log.hpp"

#include "rules/base/text.hpp"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <unistd.h>

#include <cstdlib>

namespace kpi {
namespace {

constexpr std::size_t kMostBytes = 4000;

spdlog::logger& logger() {
  static const auto kLogger = [] {
    auto made = std::make_shared<spdlog::logger>("kpid", std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
    // Under systemd the journal has the time already.
    const bool has_journal = std::getenv("JOURNAL_STREAM") != nullptr;  // NOLINT(concurrency-mt-unsafe): read once
    made->set_pattern(has_journal ? "%l: %v" : "%Y-%m-%dT%H:%M:%S.%e%z %^%l%$: %v");
    return made;
  }();
  return *kLogger;
}

}  // namespace

void log_info(std::string_view text) {
  logger().info("{}", printable(text, kMostBytes));
}

void log_warning(std::string_view text) {
  logger().warn("{}", printable(text, kMostBytes));
}

void log_error(std::string_view text) {
  logger().error("{}", printable(text, kMostBytes));
}

}  // namespace kpi
