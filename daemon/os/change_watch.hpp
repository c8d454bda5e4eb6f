#pragma once
// Notices that something has changed, by looking at it again and again: what inotify misses (network file systems,
// mounted configuration that is swapped by a symbolic link) is noticed too.

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>

namespace kpi {

/// How files are: which there are, and what of each says whether it is the same.
struct FilesAsSeen {
  struct File {
    std::string mark;        ///< Differs when the file may have changed; empty: there is none.
    std::uint64_t size = 0;  ///< Bytes.

    bool operator==(const File&) const = default;
  };

  std::map<std::string, File> files;

  bool operator==(const FilesAsSeen&) const = default;
};

/// Looks on a thread of its own while it lives. Its calls may be made by any thread.
class ChangeWatch {
 public:
  /// `on_change` is called on the watch's thread once what `look` says differs from what was known and was the same
  /// twice in a row: whoever writes a file is done by then. Where a file is gone, or has lost a quarter, eleven times:
  /// it may be half written, or about to come back.
  ChangeWatch(std::chrono::milliseconds every, std::function<void()> on_change);
  ChangeWatch(const ChangeWatch&) = delete;
  ChangeWatch& operator=(const ChangeWatch&) = delete;
  ChangeWatch(ChangeWatch&&) = delete;
  ChangeWatch& operator=(ChangeWatch&&) = delete;
  ~ChangeWatch();

  /// From now on this is looked at, and `known` is how it was.
  void look_at(std::function<FilesAsSeen()> look, FilesAsSeen known);

 private:
  void run(const std::stop_token& stop);
  /// One look; true: it has changed and rests.
  bool has_changed(const std::function<FilesAsSeen()>& look, std::uint64_t number);

  std::chrono::milliseconds every_;
  std::function<void()> on_change_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::function<FilesAsSeen()> look_;  // these under the mutex
  FilesAsSeen known_;
  FilesAsSeen seen_;
  int rests_ = 0;             // looks in a row that saw the same as the one before
  std::uint64_t number_ = 0;  // of the last look_at()
  std::jthread thread_;       // last: it uses the rest
};

}  // namespace kpi
