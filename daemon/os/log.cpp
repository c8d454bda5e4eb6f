#include "daemon/os/log.hpp"

#include "rules/base/text.hpp"

#include <nlohmann/json.hpp>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <unistd.h>

#include <array>
#include <cstdlib>
#include <ctime>
#include <new>

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

bool is_json = false;

/// One event on one line, whatever the text holds.
std::string line_of(std::string_view text) {
  const std::string line = printable(text, kMostBytes);
  if (!is_json) {
    return line;
  }
  const nlohmann::json quoted = line;
  return quoted.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

#define KPI_NO_MEMORY "out of memory: it ends here; what is in the history is kept, and the next start goes on from it"

/// Takes no memory and no lock: whoever asked in vain may hold any.
[[noreturn]] void say_and_end() noexcept {
  std::array<char, 256> line{};
  const std::time_t now = std::time(nullptr);
  std::tm time{};
  ::gmtime_r(&now, &time);
  const std::size_t size =
      std::strftime(line.data(),
                    line.size(),
                    is_json ? R"({"time":"%Y-%m-%dT%H:%M:%S.000Z","level":"error","message":")" KPI_NO_MEMORY "\"}\n"
                            : "kpid: error: " KPI_NO_MEMORY "\n",
                    &time);
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), size);
  ::_exit(3);
}

}  // namespace

void log_as_json() {
  is_json = true;
  logger().set_pattern(R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l","message":%v})", spdlog::pattern_time_type::utc);
}

void log_everything() {
  logger().set_level(spdlog::level::debug);
}

void end_without_memory() {
  std::set_new_handler(say_and_end);
}

void log_debug(std::string_view text) {
  if (logger().should_log(spdlog::level::debug)) {
    logger().debug("{}", line_of(text));
  }
}

void log_info(std::string_view text) {
  logger().info("{}", line_of(text));
}

void log_warning(std::string_view text) {
  logger().warn("{}", line_of(text));
}

void log_error(std::string_view text) {
  logger().error("{}", line_of(text));
}

}  // namespace kpi
