#include "daemon/config/parse_files.hpp"

#include "daemon/config/literal_secrets.hpp"

#include <system_error>

#include <algorithm>
#include <atomic>
#include <future>
#include <thread>

namespace kpi {
namespace {

/// Less text is parsed before another thread is at work.
constexpr std::size_t kWorthAThread = 64U << 10U;

}  // namespace

void parse_files(std::vector<ParsedFile>& files) {
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t i = next++; i < files.size(); i = next++) {
      if (files[i].text != nullptr) {
        files[i].tree = parse_yaml(*files[i].text, files[i].diagnostics);
        hide_lines_like_secrets(files[i].diagnostics);
      }
    }
  };
  std::size_t bytes = 0;
  for (const ParsedFile& file : files) {
    bytes += file.text != nullptr ? file.text->text.size() : 0;
  }
  const std::size_t cores = std::max(1U, std::thread::hardware_concurrency());
  std::vector<std::future<void>> others;
  for (std::size_t i = 1; i < std::min({cores, files.size(), bytes / kWorthAThread}); ++i) {
    try {
      others.push_back(std::async(std::launch::async, work));
    } catch (const std::system_error&) {
      break;  // no more threads: the others do it
    }
  }
  work();
  for (std::future<void>& other : others) {
    other.get();
  }
}

}  // namespace kpi
